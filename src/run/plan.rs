//! `/plan`: read the request, map the repository, let three planners explore in parallel, delete
//! their sessions and see them gone, merge what they wrote. `draft` goes on from there.

use serde::Serialize;

use crate::backlog::{self, Status};
use crate::definitions::Role;
use crate::effect::file::{Expected, FileOperation, FileOutcome, FileRef, Place};
use crate::effect::session::{Purpose, SessionOperation, SessionOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::gates;
use crate::ids::{EffectId, SessionId};
use crate::metrics::Entry;
use crate::plan::map::{MapInput, repository_map};
use crate::plan::request::{Request, read_request};
use crate::plan::{Planner, clean_document, merge, missing_sections};
use crate::route::Work;
use crate::run::draft::DraftRun;
use crate::run::survey::Survey;
use crate::run::{Progress, Run, Waiter, session_failure};
use crate::text::list;

/// A request above this is refused before it is read: far more than a person writes.
const REQUEST_BYTES_MAX: u32 = 64 * 1024;
/// Documents of ours are read up to this size, the limit of a backlog.
pub(crate) const DOCUMENT_BYTES_MAX: u32 = 1024 * 1024;
/// A session without any sign of life for so long is given up. The host itself waits 5 minutes for
/// a silent provider before it tries again, so this is longer.
pub(crate) const SILENT_MS: u64 = 6 * 60 * 1000;
/// What `/plan --new` puts aside.
const DOCUMENTS: [&str; 5] = ["BACKLOG.yaml", "PLAN.md", "SPEC.md", "ARCH.md", "QA.md"];

/// `/plan` under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanRun {
    run: Run,
    is_new: bool,
    is_stopping: bool,
    stage: Stage,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    /// The request's file is being read.
    Request { path: String },
    /// An earlier backlog is being looked for.
    Earlier { request: Request },
    /// Earlier documents are being put aside, one after the other; the last one is under way.
    Aside { request: Request, into: String, left: Vec<String>, is_reading: bool },
    /// A map made earlier for the same tree is being looked for.
    CachedMap { request: Request, path: String },
    /// The map is being made.
    Survey { request: Request, path: String, survey: Survey },
    /// The planners work.
    Planning { request: Request, seats: Vec<Seat> },
    /// Their sessions are being deleted.
    Clearing { request: Request, left: usize, kept: Vec<String>, result: Result<Vec<String>, String> },
    /// The documents are being written.
    Writing { request: Request, left: usize, plan: String, problem: Option<String> },
}

/// A planner at work.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Seat {
    planner: Planner,
    /// Its session, once there is one.
    session: Option<SessionId>,
    /// Its line in the chat.
    entry: Option<EffectId>,
    work: SeatWork,
}

/// What a planner does.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum SeatWork {
    /// Its session is being made.
    Creating { context: String },
    /// It was asked; `ask` is the effect to cancel.
    Asking { ask: EffectId, is_second: bool },
    /// It wrote its document.
    Done { document: String },
    /// It did not.
    Failed { reason: String },
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
    let (is_new, argument) = match arguments.strip_prefix("--new") {
        Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => (true, rest.trim()),
        _ => (false, arguments),
    };
    if let Some(option) = argument.split_whitespace().next().filter(|word| word.starts_with("--")) {
        return turn.fail(
            &run.chat,
            format!("/plan has no option {option}. It takes --new, then a file or a text."),
        );
    }
    if argument.is_empty() {
        return turn.fail(
            &run.chat,
            "/plan needs a feature request: a file (`/plan feature.md`) or a text (`/plan add a --json flag`).",
        );
    }
    let plan =
        PlanRun { run, is_new, is_stopping: false, stage: Stage::Request { path: argument.to_owned() } };
    if looks_like_file(argument) {
        turn.request(Waiter::Plan(Wait::Step), read(Place::Person, argument, REQUEST_BYTES_MAX));
        return Activity::Plan(plan);
    }
    plan.requested(turn, argument)
}

/// One word with a dot or a slash in it, or anything that ends like a text file.
fn looks_like_file(argument: &str) -> bool {
    let is_word = !argument.contains(char::is_whitespace);
    let has_ending = [".md", ".markdown", ".txt"].iter().any(|ending| argument.ends_with(ending));
    has_ending && !argument.contains('\n') || is_word && argument.contains(['.', '/'])
}

/// A request to read a file.
pub(crate) fn read(place: Place, path: &str, bytes_max: u32) -> Operation {
    Operation::File(FileOperation::Read { file: FileRef { place, path: path.to_owned() }, bytes_max })
}

/// A request to write a file of ours.
pub(crate) fn write(place: Place, path: &str, text: String, expected: Expected) -> Operation {
    Operation::File(FileOperation::Write { file: FileRef { place, path: path.to_owned() }, text, expected })
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
            (Stage::Earlier { request }, Wait::Step) => self.earlier_read(turn, request, outcome),
            (Stage::Aside { request, into, left, is_reading }, Wait::Step) => {
                self.put_aside(turn, request, into, left, is_reading, outcome)
            }
            (Stage::CachedMap { request, path }, Wait::Step) => self.map_read(turn, request, path, outcome),
            (Stage::Survey { request, path, survey }, Wait::Step) => {
                self.surveyed(turn, request, path, survey, outcome)
            }
            (Stage::Planning { request, seats }, Wait::Seat(planner)) => {
                self.seat_resolved(turn, request, seats, planner, outcome, took_ms)
            }
            (Stage::Clearing { request, left, kept, result }, Wait::Removal { session }) => {
                self.removed(turn, request, left, kept, result, &session, outcome)
            }
            (Stage::Writing { request, left, plan, problem }, Wait::Document { path }) => {
                self.written(turn, request, left, plan, problem, &path, outcome)
            }
            (stage, _) => {
                self.stage = stage;
                Activity::Plan(self)
            }
        }
    }

    fn request_read(self, turn: &mut Turn, path: &str, outcome: &Outcome) -> Activity {
        let chat = self.run.chat.clone();
        match outcome {
            Outcome::File(FileOutcome::Read { text, .. }) => self.requested(turn, text),
            Outcome::File(FileOutcome::Missing) => turn.fail(
                &chat,
                format!("there is no file {path}. Give the path of a feature request, or its text in several words."),
            ),
            Outcome::File(FileOutcome::TooLarge { bytes }) => turn.fail(
                &chat,
                format!("{path} has {bytes} bytes; a feature request has at most {REQUEST_BYTES_MAX}. Keep what matters."),
            ),
            Outcome::File(FileOutcome::NotText) => {
                turn.fail(&chat, format!("{path} is not a text file (UTF-8)."))
            }
            other => turn.fail(&chat, file_failure(other, path)),
        }
    }

    fn requested(mut self, turn: &mut Turn, text: &str) -> Activity {
        let request = match read_request(text) {
            Ok(request) => request,
            Err(problem) => return turn.fail(&self.run.chat, problem.to_string()),
        };
        if let Some(warning) = &request.warning {
            turn.say(&self.run.chat, format!("**Note:** {warning}"));
        }
        let backlog = self.run.document("BACKLOG.yaml");
        turn.request(Waiter::Plan(Wait::Step), read(Place::Repository, &backlog, DOCUMENT_BYTES_MAX));
        self.stage = Stage::Earlier { request };
        Activity::Plan(self)
    }

    fn earlier_read(mut self, turn: &mut Turn, request: Request, outcome: &Outcome) -> Activity {
        let path = self.run.document("BACKLOG.yaml");
        let standing = match outcome {
            Outcome::File(FileOutcome::Missing) => return self.look_for_map(turn, request),
            Outcome::File(FileOutcome::Read { text, .. }) => standing(text),
            Outcome::File(FileOutcome::TooLarge { .. } | FileOutcome::NotText) => Standing::Unreadable,
            other => return turn.fail(&self.run.chat, file_failure(other, &path)),
        };
        match standing {
            Standing::Untouched => {
                let text = format!("{path} has no started task; the new plan will replace it.");
                turn.say(&self.run.chat, text);
                self.look_for_map(turn, request)
            }
            Standing::Started(_) | Standing::Unreadable if self.is_new => {
                let track = turn.shared.current.as_ref().map_or("earlier", |track| track.as_str());
                let into = format!("archive/{track}-{}", turn.shared.now_ms / 1000);
                let left: Vec<String> = DOCUMENTS.iter().rev().map(|name| (*name).to_owned()).collect();
                let first = self.run.document(DOCUMENTS[0]);
                turn.request(Waiter::Plan(Wait::Step), read(Place::Repository, &first, DOCUMENT_BYTES_MAX));
                turn.say(&self.run.chat, format!("The earlier plan is kept in {}.", self.run.document(&into)));
                self.stage = Stage::Aside { request, into, left, is_reading: true };
                Activity::Plan(self)
            }
            Standing::Started(what) => turn.fail(
                &self.run.chat,
                format!(
                    "{path} has work in it ({what}). /implement goes on with it; `/plan --new …` starts over and \
                     keeps the old documents in {}.",
                    self.run.document("archive/")
                ),
            ),
            Standing::Unreadable => turn.fail(
                &self.run.chat,
                format!(
                    "{path} exists and cannot be read as a backlog, so it is not overwritten. `/backlog --check` \
                     says what is wrong; `/plan --new …` starts over and keeps it in {}.",
                    self.run.document("archive/")
                ),
            ),
        }
    }

    /// Reads a document and writes its copy, until none is left.
    fn put_aside(
        mut self,
        turn: &mut Turn,
        request: Request,
        into: String,
        mut left: Vec<String>,
        is_reading: bool,
        outcome: &Outcome,
    ) -> Activity {
        let copy = |name: &str| self.run.document(&format!("{into}/{name}"));
        match (is_reading, outcome, left.last()) {
            (true, Outcome::File(FileOutcome::Read { text, .. }), Some(name)) => {
                let operation = write(Place::Repository, &copy(name), text.clone(), Expected::Missing);
                turn.request(Waiter::Plan(Wait::Step), operation);
                self.stage = Stage::Aside { request, into, left, is_reading: false };
                return Activity::Plan(self);
            }
            (true, Outcome::File(FileOutcome::Missing), _)
            | (false, Outcome::File(FileOutcome::Written { .. }), _) => {
                left.pop();
            }
            (_, other, name) => {
                let name = name.map_or("a document", String::as_str);
                let what = file_failure(other, name);
                return turn.fail(
                    &self.run.chat,
                    format!("the earlier plan could not be kept, so nothing was changed: {what}"),
                );
            }
        }
        let Some(name) = left.last() else {
            return self.look_for_map(turn, request);
        };
        turn.request(
            Waiter::Plan(Wait::Step),
            read(Place::Repository, &self.run.document(name), DOCUMENT_BYTES_MAX),
        );
        self.stage = Stage::Aside { request, into, left, is_reading: true };
        Activity::Plan(self)
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
        if let Outcome::File(FileOutcome::Read { text, .. }) = outcome {
            let map = text.clone();
            return self.seat_planners(turn, request, &map);
        }
        let Some(head) = self.run.repository.head.clone() else {
            return turn.fail(&self.run.chat, "the repository has no commit");
        };
        let survey = Survey::begin(turn, head, Waiter::Plan(Wait::Step));
        self.stage = Stage::Survey { request, path, survey };
        Activity::Plan(self)
    }

    fn surveyed(
        mut self,
        turn: &mut Turn,
        request: Request,
        path: String,
        survey: Survey,
        outcome: &Outcome,
    ) -> Activity {
        match survey.resolved(turn, outcome, Waiter::Plan(Wait::Step)) {
            Progress::More(survey) => {
                self.stage = Stage::Survey { request, path, survey };
                Activity::Plan(self)
            }
            Progress::Failed(reason) => {
                turn.fail(&self.run.chat, format!("the repository could not be mapped: {reason}"))
            }
            Progress::Aborted => turn.fail(&self.run.chat, "stopped; nothing was written"),
            Progress::Done(found) => {
                let gates = gates::detect(&found.files, &found.manifests);
                let map = repository_map(&MapInput {
                    name: &self.run.repository.name,
                    files: &found.files,
                    is_cut: found.is_cut,
                    manifests: &found.manifests,
                    gates: &gates,
                });
                turn.request(
                    Waiter::Plan(Wait::MapCopy),
                    write(Place::State, &path, map.clone(), Expected::Anything),
                );
                self.seat_planners(turn, request, &map)
            }
        }
    }

    fn seat_planners(mut self, turn: &mut Turn, request: Request, map: &str) -> Activity {
        if self.is_stopping {
            return turn.fail(&self.run.chat, "stopped; nothing was written");
        }
        turn.say(&self.run.chat, format!("Planning **{}** with three planners.", request.title));
        let context = format!("{map}\n\n# Feature request\n\n{}\n", request.text.trim());
        let seats = Planner::ALL
            .into_iter()
            .map(|planner| {
                let operation = SessionOperation::Create {
                    directory: None,
                    parent: self.run.chat.clone(),
                    title: format!("{}: {}", planner.document(), request.title),
                    rules: role(planner).rules(),
                    purpose: Purpose { agent: planner.agent().to_owned(), task: None, attempt: 0 },
                };
                turn.request(Waiter::Plan(Wait::Seat(planner)), Operation::Session(operation));
                let work = SeatWork::Creating { context: context.clone() };
                Seat { planner, session: None, entry: None, work }
            })
            .collect();
        self.stage = Stage::Planning { request, seats };
        Activity::Plan(self)
    }

    fn seat_resolved(
        mut self,
        turn: &mut Turn,
        request: Request,
        mut seats: Vec<Seat>,
        planner: Planner,
        outcome: &Outcome,
        took_ms: u64,
    ) -> Activity {
        if let Some(index) = seats.iter().position(|seat| seat.planner == planner) {
            let seat = seats.remove(index);
            let seat = self.seat_goes_on(turn, &request, seat, outcome, took_ms);
            seats.insert(index, seat);
        }
        let has_failed = seats.iter().any(|seat| matches!(seat.work, SeatWork::Failed { .. }));
        if has_failed {
            // One missing document means no plan, so the others need not go on.
            for seat in &seats {
                if let SeatWork::Asking { ask, .. } = &seat.work {
                    turn.cancel(*ask);
                }
            }
        }
        let is_over = |seat: &Seat| matches!(seat.work, SeatWork::Done { .. } | SeatWork::Failed { .. });
        if !seats.iter().all(is_over) {
            self.stage = Stage::Planning { request, seats };
            return Activity::Plan(self);
        }
        self.clear(turn, request, seats)
    }

    fn seat_goes_on(
        &self,
        turn: &mut Turn,
        request: &Request,
        mut seat: Seat,
        outcome: &Outcome,
        took_ms: u64,
    ) -> Seat {
        let Outcome::Session(outcome) = outcome else {
            return seat;
        };
        if let Some(usage) = outcome.usage() {
            let model = self.run.model(role(seat.planner), Work::Planning);
            let entry =
                Entry { work: Work::Planning, model, task: None, attempt: 0, usage, duration_ms: took_ms };
            turn.shared.ledger.add(entry);
        }
        match (&seat.work, outcome) {
            (SeatWork::Creating { context }, SessionOutcome::Created { session }) => {
                let context = context.clone();
                seat.session = Some(session.clone());
                if self.is_stopping {
                    seat.work = SeatWork::Failed { reason: "stopped".to_owned() };
                    return seat;
                }
                let title = format!("{} for {}", seat.planner.document(), request.title);
                seat.entry = Some(turn.open(&self.run.chat, title, seat.planner.agent(), session));
                seat.work = self.ask(turn, seat.planner, session, context, false);
            }
            (SeatWork::Asking { is_second, .. }, SessionOutcome::Answered { text, .. }) => {
                let document = clean_document(text);
                let missing = missing_sections(seat.planner, &document);
                seat.work = match (&seat.session, missing.as_slice()) {
                    (_, []) => SeatWork::Done { document },
                    (Some(session), missing) if !is_second && !self.is_stopping => {
                        let text = format!(
                            "These required sections are missing or empty: {}. Reply with the complete document.",
                            missing.join(", ")
                        );
                        self.ask(turn, seat.planner, session, text, true)
                    }
                    (_, missing) => {
                        let missing: Vec<String> =
                            missing.iter().map(|title| format!("\"{title}\"")).collect();
                        SeatWork::Failed { reason: format!("its document still lacks {}", list(&missing)) }
                    }
                };
            }
            (_, other) => {
                let reason = session_failure(other, self.run.options.planning_timeout_ms);
                seat.work = SeatWork::Failed { reason };
            }
        }
        if let Some(entry) = seat.entry {
            match &seat.work {
                SeatWork::Done { document } => {
                    let lines = document.lines().count();
                    turn.close(
                        &self.run.chat,
                        entry,
                        true,
                        format!("{}: {lines} lines", seat.planner.document()),
                    );
                }
                SeatWork::Failed { reason } => turn.close(&self.run.chat, entry, false, reason.clone()),
                _ => {}
            }
        }
        seat
    }

    fn ask(
        &self,
        turn: &mut Turn,
        planner: Planner,
        session: &SessionId,
        text: String,
        is_second: bool,
    ) -> SeatWork {
        let operation = SessionOperation::Ask {
            session: session.clone(),
            directory: None,
            agent: planner.agent().to_owned(),
            model: self.run.model(role(planner), Work::Planning),
            text,
            timeout_ms: self.run.options.planning_timeout_ms,
            silent_ms: SILENT_MS,
        };
        let ask = turn.request(Waiter::Plan(Wait::Seat(planner)), Operation::Session(operation));
        SeatWork::Asking { ask, is_second }
    }

    /// Deletes the planners' sessions, however it went.
    fn clear(mut self, turn: &mut Turn, request: Request, seats: Vec<Seat>) -> Activity {
        let mut left = 0;
        for session in seats.iter().filter_map(|seat| seat.session.as_ref()) {
            turn.remove_session(session, Waiter::Plan(Wait::Removal { session: session.clone() }));
            left += 1;
        }
        let failures: Vec<String> = seats
            .iter()
            .filter_map(|seat| match &seat.work {
                SeatWork::Failed { reason } if reason != "stopped" => {
                    Some(format!("{}: {reason}", seat.planner.agent()))
                }
                _ => None,
            })
            .collect();
        let result = if self.is_stopping {
            Err("stopped; nothing was written".to_owned())
        } else if failures.is_empty() {
            let document = |seat: Seat| match seat.work {
                SeatWork::Done { document } => document,
                _ => String::new(),
            };
            Ok(seats.into_iter().map(document).collect())
        } else {
            Err(format!("planning failed, nothing was written. {}", failures.join("; ")))
        };
        if left == 0 {
            return self.cleared(turn, request, &[], result);
        }
        self.stage = Stage::Clearing { request, left, kept: Vec::new(), result };
        Activity::Plan(self)
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one stage, taken apart")]
    fn removed(
        mut self,
        turn: &mut Turn,
        request: Request,
        left: usize,
        mut kept: Vec<String>,
        result: Result<Vec<String>, String>,
        session: &SessionId,
        outcome: &Outcome,
    ) -> Activity {
        if !matches!(outcome, Outcome::Session(SessionOutcome::Removed)) {
            kept.push(session.to_string());
        }
        if left > 1 {
            self.stage = Stage::Clearing { request, left: left - 1, kept, result };
            return Activity::Plan(self);
        }
        self.cleared(turn, request, &kept, result)
    }

    fn cleared(
        mut self,
        turn: &mut Turn,
        request: Request,
        kept: &[String],
        result: Result<Vec<String>, String>,
    ) -> Activity {
        if !kept.is_empty() {
            turn.say(
                &self.run.chat,
                format!(
                    "**Note:** OpenCode kept {}; the next command tries to delete them again.",
                    list(kept)
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
        let plan = merge(spec, arch, qa);
        let mut files: Vec<(&str, &String)> =
            Planner::ALL.iter().map(|planner| planner.document()).zip(&documents).collect();
        files.push(("PLAN.md", &plan));
        for (name, text) in &files {
            let path = self.run.document(name);
            turn.request(
                Waiter::Plan(Wait::Document { path: path.clone() }),
                write(Place::Repository, &path, (*text).clone(), Expected::Anything),
            );
        }
        let left = files.len();
        if kept.is_empty() {
            turn.say(&self.run.chat, "The planners' sessions are deleted; only their documents remain.");
        }
        self.stage = Stage::Writing { request, left, plan, problem: None };
        Activity::Plan(self)
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one stage, taken apart")]
    fn written(
        mut self,
        turn: &mut Turn,
        request: Request,
        left: usize,
        plan: String,
        problem: Option<String>,
        path: &str,
        outcome: &Outcome,
    ) -> Activity {
        let problem = match outcome {
            Outcome::File(FileOutcome::Written { .. }) => problem,
            other => problem.or_else(|| Some(file_failure(other, path))),
        };
        if left > 1 {
            self.stage = Stage::Writing { request, left: left - 1, plan, problem };
            return Activity::Plan(self);
        }
        if let Some(problem) = problem {
            return turn.fail(&self.run.chat, problem);
        }
        if self.is_stopping {
            return turn.fail(&self.run.chat, "stopped; the plan is written, `/backlog` makes its backlog");
        }
        DraftRun::begin(turn, self.run, &request.title, plan)
    }
}

fn role(planner: Planner) -> Role {
    match planner {
        Planner::Spec => Role::PlannerSpec,
        Planner::Arch => Role::PlannerArch,
        Planner::Qa => Role::PlannerQa,
    }
}

/// What an existing backlog holds.
pub(crate) enum Standing {
    /// Nothing that was started.
    Untouched,
    /// Work, described.
    Started(String),
    /// Not a backlog.
    Unreadable,
}

/// Whether a backlog may be replaced without asking.
pub(crate) fn standing(text: &str) -> Standing {
    let Ok(backlog) = backlog::parse(text) else {
        return Standing::Unreadable;
    };
    let started: Vec<String> = backlog
        .tasks
        .iter()
        .filter(|task| task.attempts > 0 || !matches!(task.status, Status::Pending | Status::Ready))
        .map(|task| task.id.to_string())
        .collect();
    if started.is_empty() { Standing::Untouched } else { Standing::Started(list(&started)) }
}

/// A sentence for a file operation that went wrong.
pub(crate) fn file_failure(outcome: &Outcome, path: &str) -> String {
    match outcome {
        Outcome::File(FileOutcome::Failed { message }) => message.clone(),
        Outcome::File(FileOutcome::Missing) => format!("there is no {path}"),
        Outcome::File(FileOutcome::TooLarge { bytes }) => {
            format!("{path} is too large ({bytes} bytes)")
        }
        Outcome::File(FileOutcome::NotText) => format!("{path} is not a text file (UTF-8)"),
        Outcome::File(FileOutcome::Changed) => {
            format!("{path} was changed by somebody else meanwhile")
        }
        other => format!("{path}: an answer that does not fit: {other:?}"),
    }
}
