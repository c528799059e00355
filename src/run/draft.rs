//! The making of a backlog from PLAN.md, in a fresh session that is deleted afterwards: the last part
//! of `/plan`, and all of `/backlog`.

mod asking;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::backlog::{self, Backlog, Limits, TaskSpec};
use crate::definitions::Role;
use crate::effect::file::{Expected, FileOutcome, Place};
use crate::effect::session::{Purpose, SessionOperation};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::event::SessionSignal;
use crate::hygiene::ForeignKind;
use crate::ids::{EffectId, SessionId, TrackId};
use crate::plan::intake::limits_of;
use crate::plan::request::read_request;
use crate::run::asked::Asked;
use crate::run::documents::{
    DOCUMENT_BYTES_MAX, Standing, Writes, archive, file_failure, read, standing, write,
};
use crate::run::order::summary;
use crate::run::overheard;
use crate::run::patterns::{Measured, Planned};
use crate::run::{Run, Waiter};
use crate::text::{rfc3339, slug};

/// A track id has at most 48 characters: the title's part, a dash and 6 hex digits of time.
const TRACK_TITLE_MAX: usize = 32;

/// A backlog in the making.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DraftRun {
    run: Run,
    /// What the plan lays down for all tasks.
    limits: Limits,
    is_stopping: bool,
    /// Where the plan is.
    plan_path: String,
    /// The backlog that this one takes the place of: it may be repeated. Empty when there is none.
    earlier: String,
    /// Files that the patterns of the tasks name.
    measured: Measured,
    stage: Stage,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    /// The existing backlog is being looked at.
    Earlier,
    /// The existing backlog is being kept elsewhere.
    Aside,
    /// The plan is being read.
    Plan,
    /// The session is being made.
    Creating { title: String, plan: String },
    /// The agent was asked.
    Asking { talk: Talk, asked: Asked },
    /// The files that its tasks' patterns name are being looked at; `listed` are all files, once known.
    Looking { talk: Talk, tasks: Vec<TaskSpec>, listed: Option<Vec<String>> },
    /// Its session is being deleted.
    Removing { title: String, result: Result<Vec<TaskSpec>, String> },
    /// The files are being written.
    Writing { backlog: Backlog, writes: Writes },
}

/// The agent's session, and how far it got there.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Talk {
    /// What the backlog is for.
    title: String,
    session: SessionId,
    /// Its line in the chat.
    entry: EffectId,
    /// How often it was told what is wrong.
    corrections: u32,
}

/// What it waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Wait {
    /// The one step of a stage that has one.
    Step,
    /// A file.
    Document { path: String },
}

/// Who its agent is, where what agents say is remembered.
pub(crate) fn speaker() -> ForeignKind {
    ForeignKind::Planner(Role::Backlog.agent().to_owned())
}

/// `/backlog [plan file]`.
pub fn begin(turn: &mut Turn, run: Run, arguments: &str) -> Activity {
    if arguments.starts_with("--") {
        return turn.fail(
            &run.chat,
            format!("/backlog has no option {arguments}. It takes --check, or a plan file."),
        );
    }
    let plan_path = if arguments.is_empty() { run.document("PLAN.md") } else { arguments.to_owned() };
    turn.request(
        Waiter::Draft(Wait::Step),
        read(Place::Repository, &run.document("BACKLOG.yaml"), DOCUMENT_BYTES_MAX),
    );
    Activity::Draft(DraftRun::new(run, plan_path, Stage::Earlier))
}

impl DraftRun {
    fn new(run: Run, plan_path: String, stage: Stage) -> Self {
        Self {
            run,
            limits: Limits::default(),
            is_stopping: false,
            plan_path,
            earlier: String::new(),
            measured: Measured::default(),
            stage,
        }
    }

    /// Begins with tasks that no agent has made.
    pub fn filled(turn: &mut Turn, run: Run, title: &str, limits: Limits, tasks: Vec<TaskSpec>) -> Activity {
        let track = track_id(turn, title);
        turn.shared.templated.insert(track);
        let plan_path = run.document("PLAN.md");
        Self { limits, ..Self::new(run, plan_path, Stage::Plan) }.lay_down(turn, title, tasks)
    }

    /// Begins with a plan at hand, and the text of the backlog that this one takes the place of.
    pub fn begin(
        turn: &mut Turn,
        run: Run,
        title: &str,
        plan_path: String,
        plan: String,
        earlier: String,
    ) -> Activity {
        let operation = SessionOperation::Create {
            directory: None,
            parent: run.chat.clone(),
            title: format!("Backlog: {title}"),
            rules: run.rules(Role::Backlog),
            purpose: Purpose { agent: Role::Backlog.agent().to_owned(), task: None, attempt: 0 },
        };
        turn.request(Waiter::Draft(Wait::Step), Operation::Session(operation));
        // What the plan says is for everyone, whoever said it first.
        turn.shared.overheard.forget(&[plan.as_str()]);
        // What its agent drafted another time it may draft again.
        turn.shared.overheard.forget_speaker(&speaker());
        let limits = limits_of(&plan).limits;
        let stage = Stage::Creating { title: title.to_owned(), plan };
        Activity::Draft(Self { limits, earlier, ..Self::new(run, plan_path, stage) })
    }

    /// The chat of the command.
    pub fn chat(&self) -> &SessionId {
        &self.run.chat
    }

    /// The person wants it to stop. The session is deleted all the same.
    pub fn cancelled(mut self, turn: &mut Turn) -> Activity {
        self.is_stopping = true;
        turn.cancel_all();
        Activity::Draft(self)
    }

    /// Something was seen in its agent's session.
    pub fn signalled(&mut self, turn: &mut Turn, seen: &SessionId, signal: &SessionSignal) {
        let model = self.model();
        if let Stage::Asking { talk, asked } = &mut self.stage
            && talk.session == *seen
        {
            asked.signalled(turn, &self.run, model.as_ref(), signal);
        }
    }

    /// Whether it is its agent's session.
    pub(crate) fn is_asking(&self, seen: &SessionId) -> bool {
        matches!(&self.stage, Stage::Asking { talk, .. } if talk.session == *seen)
    }

    /// Something it waited for ended.
    pub fn resolved(mut self, turn: &mut Turn, wait: Wait, outcome: &Outcome, took_ms: u64) -> Activity {
        let stage = std::mem::replace(&mut self.stage, Stage::Plan);
        match (stage, wait, outcome) {
            (Stage::Earlier, Wait::Step, outcome) => self.earlier_read(turn, outcome),
            (Stage::Aside, Wait::Step, outcome) => self.put_aside(turn, outcome),
            (Stage::Plan, Wait::Step, outcome) => self.plan_read(turn, outcome),
            (Stage::Creating { title, plan }, Wait::Step, Outcome::Session(outcome)) => {
                self.created(turn, title, &plan, outcome)
            }
            (Stage::Asking { talk, asked }, Wait::Step, Outcome::Session(outcome)) => {
                self.answered(turn, talk, asked, outcome, took_ms)
            }
            (Stage::Looking { talk, tasks, listed }, Wait::Step, outcome) => {
                self.looked(turn, talk, tasks, listed, outcome)
            }
            (Stage::Removing { title, result }, Wait::Step, outcome) => {
                self.removed(turn, &title, result, outcome)
            }
            (Stage::Writing { backlog, writes }, Wait::Document { path }, outcome) => {
                self.written(turn, backlog, writes.ended(&path, outcome))
            }
            (stage, ..) => {
                self.stage = stage;
                Activity::Draft(self)
            }
        }
    }

    fn earlier_read(mut self, turn: &mut Turn, outcome: &Outcome) -> Activity {
        if self.is_stopping {
            return turn.fail(&self.run.chat, "stopped; nothing was written");
        }
        let path = self.run.document("BACKLOG.yaml");
        let text = match outcome {
            Outcome::File(FileOutcome::Missing) => return self.read_plan(turn),
            Outcome::File(FileOutcome::Read { text, .. }) => text,
            Outcome::File(FileOutcome::TooLarge { .. } | FileOutcome::NotText) => "",
            other => return turn.fail(&self.run.chat, file_failure(other, &path)),
        };
        let standing = standing(text, &turn.shared.tracks);
        if !matches!(standing, Standing::Untouched) {
            let text = format!("{path} {}; `/plan --new …` starts over.", standing.obstacle());
            return turn.fail(&self.run.chat, text);
        }
        let copy = self.run.document(&format!("{}/BACKLOG.yaml", archive(text, turn.shared.now_ms)));
        turn.say(&self.run.chat, format!("The earlier backlog is kept in {copy}."));
        self.earlier = text.to_owned();
        turn.request(
            Waiter::Draft(Wait::Step),
            write(Place::Repository, &copy, text.to_owned(), Expected::Missing),
        );
        self.stage = Stage::Aside;
        Activity::Draft(self)
    }

    fn put_aside(self, turn: &mut Turn, outcome: &Outcome) -> Activity {
        match outcome {
            Outcome::File(FileOutcome::Written { .. }) => self.read_plan(turn),
            other => {
                let what = file_failure(other, "a copy of the earlier backlog");
                turn.fail(
                    &self.run.chat,
                    format!("the earlier backlog could not be kept, so nothing was changed: {what}"),
                )
            }
        }
    }

    fn read_plan(mut self, turn: &mut Turn) -> Activity {
        if self.is_stopping {
            return turn.fail(&self.run.chat, "stopped; nothing was changed");
        }
        turn.request(Waiter::Draft(Wait::Step), read(Place::Repository, &self.plan_path, DOCUMENT_BYTES_MAX));
        self.stage = Stage::Plan;
        Activity::Draft(self)
    }

    fn plan_read(self, turn: &mut Turn, outcome: &Outcome) -> Activity {
        if self.is_stopping {
            return turn.fail(&self.run.chat, "stopped; nothing was written");
        }
        let plan_path = self.plan_path;
        match outcome {
            Outcome::File(FileOutcome::Read { text, .. }) if text.trim().is_empty() => {
                turn.fail(&self.run.chat, format!("{plan_path} is empty. `/plan <feature>` writes one."))
            }
            Outcome::File(FileOutcome::Read { text, .. }) => {
                // A plan that was not made by /plan has a title of its own.
                let title = read_request(text).map_or_else(|_| "plan".to_owned(), |request| request.title);
                Self::begin(turn, self.run, &title, plan_path, text.clone(), self.earlier)
            }
            Outcome::File(FileOutcome::Missing) => {
                turn.fail(&self.run.chat, format!("there is no {plan_path}. `/plan <feature>` writes one."))
            }
            other => turn.fail(&self.run.chat, file_failure(other, &plan_path)),
        }
    }

    /// Writes the backlog, and each task in a file of its own.
    fn lay_down(mut self, turn: &mut Turn, title: &str, tasks: Vec<TaskSpec>) -> Activity {
        let backlog = Backlog {
            version: "1.0".to_owned(),
            track_id: track_id(turn, title),
            revision: Some(0),
            created_at: rfc3339(turn.shared.now_ms),
            updated_at: None,
            limits: self.limits.clone(),
            tasks,
        };
        let mut files = vec![("BACKLOG.yaml".to_owned(), backlog::render(&backlog))];
        files.extend(
            backlog.tasks.iter().map(|task| (format!("{}.yaml", task.id), backlog::render_task(task))),
        );
        let writes = Writes::begin(files.len());
        for (name, text) in files {
            let path = self.run.document(&name);
            let waiter = Waiter::Draft(Wait::Document { path: path.clone() });
            turn.remember_document(&path, &text);
            turn.request(waiter, write(Place::Repository, &path, text, Expected::Anything));
        }
        self.stage = Stage::Writing { backlog, writes };
        Activity::Draft(self)
    }

    fn written(
        mut self,
        turn: &mut Turn,
        backlog: Backlog,
        writes: Result<Option<Writes>, String>,
    ) -> Activity {
        match writes {
            Ok(Some(writes)) => {
                self.stage = Stage::Writing { backlog, writes };
                return Activity::Draft(self);
            }
            Err(problem) => return turn.fail(&self.run.chat, problem),
            Ok(None) => {}
        }
        turn.shared.current = Some(backlog.track_id.clone());
        let (plan_path, blobs) = (self.plan_path.clone(), self.measured.blobs());
        let planned = Planned { plan_path, blobs, lines: BTreeSet::new() };
        turn.shared.planned.insert(backlog.track_id.clone(), planned);
        // A template is its person's.
        if !turn.shared.templated.contains(&backlog.track_id) {
            let lines = backlog.tasks.iter().flat_map(overheard::lines);
            overheard::wrote(turn.shared, &backlog.track_id, lines);
        }
        turn.say(&self.run.chat, summary(&backlog, &self.run));
        turn.end(&self.run.chat, None);
        Activity::Idle
    }
}

/// The name of a plan that is made now.
fn track_id(turn: &Turn, title: &str) -> TrackId {
    let second = turn.shared.now_ms / 1000;
    TrackId(format!("{}-{:06x}", slug(title, TRACK_TITLE_MAX), second & 0xff_ffff))
}
