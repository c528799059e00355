//! `/plan`: read the request, map the repository, let three planners explore in parallel, delete
//! their sessions and see them gone, merge what they wrote. `draft` goes on from there. A template that
//! is filled in goes the same way without planners.

mod asked;
mod planners;
mod request;
pub(crate) mod template;

use crate::run::documents::{DOCUMENT_BYTES_MAX, Writes, read, write};
use crate::run::plan::asked::{Ask, asked};
use crate::run::plan::planners::Seat;
use crate::run::plan::request::Aside;
use crate::run::plan::template::{Names, Use};
use serde::Serialize;

use crate::effect::Outcome;
use crate::effect::file::{Expected, FileOutcome, Place};
use crate::effect::session::SessionOutcome;
use crate::engine::{Activity, Turn};
use crate::gates;
use crate::ids::SessionId;
use crate::plan::intake::{REQUEST_TEMPLATE, plan_section};
use crate::plan::map::{MapInput, repository_map};
use crate::plan::request::Request;
use crate::plan::{Planner, merge};
use crate::run::draft::DraftRun;
use crate::run::survey::{Survey, Surveyed};
use crate::run::{Progress, Run, Waiter};
use crate::template::Filled;
use crate::text::list;

/// `/plan` under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanRun {
    run: Run,
    is_new: bool,
    is_stopping: bool,
    /// What the project tells every agent: whoever repeats it repeats no planner.
    rules: Vec<String>,
    stage: Stage,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    /// The request's file is being read.
    Request { path: String },
    /// A template of the person's own is being looked for.
    Template { name: String, wanted: Use },
    /// The names of the person's own templates are being looked up.
    OwnTemplates { names: Names },
    /// They are being read, one after the other.
    OwnTemplate { name: String, left: Vec<String>, lines: Vec<String> },
    /// A file that was not there is being written.
    New { path: String, told: String },
    /// An earlier backlog is being looked for.
    Earlier { goal: Goal },
    /// Earlier documents are being put aside.
    Aside { goal: Goal, aside: Aside },
    /// A map made earlier for the same tree is being looked for.
    CachedMap { request: Request, path: String },
    /// The map is being made; when it is there already, the project's rules are being read.
    Survey { request: Request, map: Map, survey: Survey },
    /// The planners work.
    Planning { request: Request, seats: Vec<Seat> },
    /// Their sessions are being deleted.
    Clearing(Clearing),
    /// The documents are being written.
    Writing { then: Then, writes: Writes },
}

/// What planners are told of the repository.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Map {
    /// It is the same tree that it was made of.
    Known(String),
    /// It is still to be made and kept here.
    New { path: String },
}

/// The planners are done.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Clearing {
    request: Request,
    /// Sessions that are still there.
    left: usize,
    /// Sessions that stay there.
    kept: Vec<String>,
    /// The documents, or why there are none.
    result: Result<Vec<String>, String>,
}

/// What is to be planned.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Goal {
    /// A request, by planners.
    Request(Request),
    /// A template that was filled in.
    Filled(Box<Filled>),
}

/// What follows when the documents are written.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Then {
    /// A backlog is made of the plan.
    Draft { title: String, plan: String },
    /// The backlog is there.
    Filled(Box<Filled>),
}

/// What `/plan` waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Wait {
    /// The one step of a stage that has one.
    Step,
    /// A planner's session or answer.
    Seat(Planner),
    /// A session's deletion.
    Removal { session: SessionId },
    /// A document.
    Document { path: String },
    /// A copy of the map for next time.
    MapCopy,
}

/// Begins with everything in place.
pub fn begin(turn: &mut Turn, run: Run, arguments: &str) -> Activity {
    let ask = match asked(arguments) {
        Ok(ask) => ask,
        Err(problem) => return turn.fail(&run.chat, problem),
    };
    let is_new = matches!(ask, Ask::Request { is_new: true, .. } | Ask::Template { is_new: true, .. });
    let stage = Stage::Request { path: String::new() };
    let plan = PlanRun { run, is_new, is_stopping: false, rules: Vec::new(), stage };
    match ask {
        Ask::Request { argument, .. } => plan.read_request(turn, argument),
        Ask::Template { name, values, .. } => plan.find_template(turn, name, Use::Fill { values }),
        Ask::Show { name } => plan.find_template(turn, name, Use::Show),
        Ask::Copy { name } => plan.find_template(turn, name, Use::Copy),
        Ask::Templates => plan.list_own(turn, Names::List),
        Ask::Init { path } => {
            let told = format!("{path} is in the root of the repository. Fill it in, then `/plan {path}`.");
            plan.write_new(turn, path, REQUEST_TEMPLATE.to_owned(), told)
        }
    }
}

impl PlanRun {
    /// The chat of the command.
    pub fn chat(&self) -> &SessionId {
        &self.run.chat
    }

    /// The person wants it to stop. Sessions are deleted all the same.
    pub fn cancelled(mut self, turn: &mut Turn) -> Activity {
        self.is_stopping = true;
        turn.cancel_all();
        Activity::Plan(self)
    }

    /// Something it waited for ended.
    pub fn resolved(mut self, turn: &mut Turn, wait: Wait, outcome: &Outcome, took_ms: u64) -> Activity {
        let stage = std::mem::replace(&mut self.stage, Stage::Request { path: String::new() });
        match (stage, wait) {
            (Stage::Request { path }, Wait::Step) => self.request_read(turn, &path, outcome),
            (Stage::Template { name, wanted }, Wait::Step) => self.template_read(turn, name, wanted, outcome),
            (Stage::OwnTemplates { names }, Wait::Step) => self.own_listed(turn, names, outcome),
            (Stage::OwnTemplate { name, left, lines }, Wait::Step) => {
                self.own_read(turn, &name, left, lines, outcome)
            }
            (Stage::New { path, told }, Wait::Step) => self.new_written(turn, &path, told, outcome),
            (Stage::Earlier { goal }, Wait::Step) => self.earlier_read(turn, goal, outcome),
            (Stage::Aside { goal, aside }, Wait::Step) => self.put_aside(turn, goal, aside, outcome),
            (Stage::CachedMap { request, path }, Wait::Step) => self.map_read(turn, request, path, outcome),
            (Stage::Survey { request, map, survey }, Wait::Step) => {
                self.surveyed(turn, request, map, survey, outcome)
            }
            (Stage::Planning { request, seats }, Wait::Seat(planner)) => {
                self.seat_resolved(turn, request, seats, planner, outcome, took_ms)
            }
            (Stage::Clearing(clearing), Wait::Removal { session }) => {
                self.removed(turn, clearing, &session, outcome)
            }
            (Stage::Writing { then, writes }, Wait::Document { path }) => {
                self.written(turn, then, writes.ended(&path, outcome))
            }
            (stage, _) => {
                self.stage = stage;
                Activity::Plan(self)
            }
        }
    }

    fn look_for_map(mut self, turn: &mut Turn, request: Request) -> Activity {
        if self.is_stopping {
            return turn.fail(&self.run.chat, "stopped; nothing was written");
        }
        let tree = self.run.repository.tree.as_deref().unwrap_or("unknown");
        let path = format!("maps/{tree}.md");
        turn.request(Waiter::Plan(Wait::Step), read(Place::State, &path, DOCUMENT_BYTES_MAX));
        self.stage = Stage::CachedMap { request, path };
        Activity::Plan(self)
    }

    fn map_read(mut self, turn: &mut Turn, request: Request, path: String, outcome: &Outcome) -> Activity {
        let Some(head) = self.run.repository.head.clone() else {
            return turn.fail(&self.run.chat, "the repository has no commit");
        };
        let waiter = Waiter::Plan(Wait::Step);
        let (map, survey) = match outcome {
            Outcome::File(FileOutcome::Read { text, .. }) => {
                (Map::Known(text.clone()), Survey::of_rules(turn, head, waiter))
            }
            _ => (Map::New { path }, Survey::begin(turn, head, waiter)),
        };
        self.stage = Stage::Survey { request, map, survey };
        Activity::Plan(self)
    }

    fn surveyed(
        mut self,
        turn: &mut Turn,
        request: Request,
        map: Map,
        survey: Survey,
        outcome: &Outcome,
    ) -> Activity {
        match survey.resolved(turn, outcome, Waiter::Plan(Wait::Step)) {
            Progress::More(survey) => {
                self.stage = Stage::Survey { request, map, survey };
                Activity::Plan(self)
            }
            Progress::Failed(reason) => {
                turn.fail(&self.run.chat, format!("the repository could not be mapped: {reason}"))
            }
            Progress::Aborted => turn.fail(&self.run.chat, "stopped; nothing was written"),
            Progress::Done(found) => {
                self.rules = found.rules();
                let map = match map {
                    Map::Known(map) => map,
                    Map::New { path } => self.draw_map(turn, &path, &found),
                };
                self.seat_planners(turn, request, &map)
            }
        }
    }

    /// Makes the map, and keeps a copy for next time.
    fn draw_map(&self, turn: &mut Turn, path: &str, found: &Surveyed) -> String {
        let map = repository_map(&MapInput {
            name: &self.run.repository.name,
            files: &found.files,
            is_cut: found.is_cut,
            manifests: &found.manifests,
            gates: &gates::detect(&found.files, &found.manifests),
        });
        let copy = write(Place::State, path, map.clone(), Expected::Anything);
        turn.request(Waiter::Plan(Wait::MapCopy), copy);
        map
    }

    fn removed(
        self,
        turn: &mut Turn,
        mut clearing: Clearing,
        session: &SessionId,
        outcome: &Outcome,
    ) -> Activity {
        if !matches!(outcome, Outcome::Session(SessionOutcome::Removed)) {
            clearing.kept.push(session.to_string());
        }
        clearing.left -= 1;
        self.cleared(turn, clearing)
    }

    /// Goes on once the planners' sessions are gone.
    fn cleared(mut self, turn: &mut Turn, clearing: Clearing) -> Activity {
        if clearing.left > 0 {
            self.stage = Stage::Clearing(clearing);
            return Activity::Plan(self);
        }
        let Clearing { request, kept, result, .. } = clearing;
        if !kept.is_empty() {
            turn.say(
                &self.run.chat,
                format!(
                    "**Note:** OpenCode kept {}; the next command tries to delete them again.",
                    list(&kept)
                ),
            );
        }
        let documents = match result {
            Ok(documents) => documents,
            Err(reason) => return turn.fail(&self.run.chat, reason),
        };
        let [spec, arch, qa] = documents.as_slice() else {
            return turn.fail(&self.run.chat, "a planning document got lost");
        };
        let plan = format!("{}{}", merge(spec, arch, qa), plan_section(&request.limits));
        let documents = Planner::ALL.iter().map(|planner| planner.document()).zip(documents);
        let files: Vec<(&str, String)> = documents
            .chain([("PLAN.md", plan.clone()), ("REQUEST.md", format!("{}\n", request.text))])
            .collect();
        if kept.is_empty() {
            turn.say(&self.run.chat, "The planners' sessions are deleted; only their documents remain.");
        }
        self.write_documents(turn, &files, Then::Draft { title: request.title, plan })
    }

    fn write_documents(mut self, turn: &mut Turn, files: &[(&str, String)], then: Then) -> Activity {
        for (name, text) in files {
            let path = self.run.document(name);
            turn.request(
                Waiter::Plan(Wait::Document { path: path.clone() }),
                write(Place::Repository, &path, text.clone(), Expected::Anything),
            );
        }
        self.stage = Stage::Writing { then, writes: Writes::begin(files.len()) };
        Activity::Plan(self)
    }

    fn written(mut self, turn: &mut Turn, then: Then, writes: Result<Option<Writes>, String>) -> Activity {
        match writes {
            Ok(Some(writes)) => {
                self.stage = Stage::Writing { then, writes };
                return Activity::Plan(self);
            }
            Err(problem) => return turn.fail(&self.run.chat, problem),
            Ok(None) => {}
        }
        if self.is_stopping {
            return turn.fail(&self.run.chat, "stopped; the plan is written, `/backlog` makes its backlog");
        }
        match then {
            Then::Draft { title, plan } => {
                let path = self.run.document("PLAN.md");
                DraftRun::begin(turn, self.run, &title, path, plan, String::new())
            }
            Then::Filled(filled) => {
                let Filled { title, limits, tasks, .. } = *filled;
                DraftRun::filled(turn, self.run, &title, limits, tasks)
            }
        }
    }
}
