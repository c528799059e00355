//! What becomes of each effect: when it does what it does, how that ends, and when the answer comes.

use multi_agent_coder::audit::audit;
use multi_agent_coder::effect::audit::{AuditOperation, AuditOutcome};
use multi_agent_coder::effect::catalogue::{CatalogueEntry, CatalogueOperation, CatalogueOutcome};
use multi_agent_coder::effect::chat::ChatOperation;
use multi_agent_coder::effect::file::{Expected, FileOperation, FileOutcome};
use multi_agent_coder::effect::git::{GitOperation, GitOutcome};
use multi_agent_coder::effect::machine::{MachineOperation, MachineOutcome};
use multi_agent_coder::effect::process::{ProcessOperation, ProcessOutcome};
use multi_agent_coder::effect::session::SessionOperation;
use multi_agent_coder::effect::timer::{TimerOperation, TimerOutcome};
use multi_agent_coder::effect::{Effect, Operation, Outcome};
use multi_agent_coder::event::CommandName;
use multi_agent_coder::ids::EffectId;

use crate::common::files::{self, hash, key};
use crate::common::tree::Tree;
use crate::coverage::Class;
use crate::git::slot_of;
use crate::process::Flight;
use crate::setup::Death;
use crate::world::{BACKLOG, Item, MEMORY, World, trace};

/// A timer's usual end.
pub fn elapsed() -> Outcome {
    Outcome::Timer(TimerOutcome::Elapsed)
}

impl World {
    /// Begins what an effect asks for.
    pub fn take_on(&mut self, effect: Effect) {
        let Effect { id, operation } = effect;
        match &operation {
            Operation::Chat(operation) => return self.show(operation),
            Operation::Cancel(hit) => return self.cancel(*hit),
            _ => {}
        }
        let mut flight =
            Flight { operation, outcome: None, is_cancelled: false, is_answered: false, deed: None };
        let (acts_ms, answers_ms) = self.delays(&mut flight);
        // Writes of a file keep their order, so they are over at once; only the answer takes time.
        let is_file = matches!(flight.operation, Operation::File(_));
        if let Some(process) = &mut self.process {
            process.flights.insert(id, flight);
        }
        if is_file {
            self.acts(id);
        } else {
            self.after(acts_ms, Item::Acts(id));
        }
        self.after(acts_ms + answers_ms, Item::Arrives(id));
    }

    /// How long an effect takes to do what it does, and its answer to come.
    fn delays(&mut self, flight: &mut Flight) -> (u64, u64) {
        match &flight.operation {
            Operation::Session(SessionOperation::Ask { .. }) => return self.take_on_ask(flight),
            Operation::Timer(TimerOperation::Sleep { duration_ms }) => return (*duration_ms, 0),
            _ => {}
        }
        let base = if matches!(flight.operation, Operation::Process(_)) { 2_000 } else { 3 };
        let is_slow = self.goes_wrong(self.setup.rates.slow);
        let most = if is_slow { 400 } else { 3 };
        (base * self.rng.between(1, most), self.rng.between(1, most))
    }

    fn cancel(&mut self, id: EffectId) {
        let is_late = self.goes_wrong(200);
        let delay_ms = self.rng.between(1, 1_000);
        let Some(flight) = self.process.as_mut().and_then(|process| process.flights.get_mut(&id)) else {
            return;
        };
        if flight.outcome.is_none() && !is_late {
            flight.is_cancelled = true;
        } else {
            self.coverage.hit(Class::EscLate);
        }
        self.after(delay_ms, Item::Arrives(id));
    }

    /// An effect does what it does, if it has not.
    pub fn acts(&mut self, id: EffectId) {
        let Some(mut flight) = self.process.as_mut().and_then(|process| process.flights.remove(&id)) else {
            return;
        };
        let is_first = flight.outcome.is_none();
        if is_first {
            let outcome = self.outcome_of(id, &mut flight);
            trace!(
                self,
                "        {} is done: {}",
                id.0,
                format!("{outcome:?}").chars().take(160).collect::<String>()
            );
            flight.outcome = Some(outcome);
        }
        let kind = kind(&flight.operation);
        if let Some(process) = &mut self.process {
            process.flights.insert(id, flight);
        }
        if is_first && self.death == Some(Death::Acted(kind)) {
            self.hit(Class::CrashActed);
            self.die();
        }
    }

    /// How an effect ends, with all that it does to the world.
    pub fn outcome_of(&mut self, _id: EffectId, flight: &mut Flight) -> Outcome {
        let is_cancelled = flight.is_cancelled;
        match &flight.operation {
            Operation::Session(operation) => {
                Outcome::Session(self.perform_session(operation, flight.deed.as_ref(), is_cancelled))
            }
            Operation::Git(operation) => Outcome::Git(self.perform_git(operation)),
            Operation::File(operation) => Outcome::File(self.perform_file(operation)),
            Operation::Process(ProcessOperation::Run { directory, command, timeout_ms, .. }) => {
                if is_cancelled {
                    return Outcome::Process(ProcessOutcome::Aborted);
                }
                Outcome::Process(self.perform_process(directory, command, *timeout_ms))
            }
            Operation::Timer(TimerOperation::Sleep { .. }) if is_cancelled => {
                Outcome::Timer(TimerOutcome::Aborted)
            }
            Operation::Timer(TimerOperation::Sleep { .. }) => elapsed(),
            Operation::Catalogue(CatalogueOperation::Look { models }) => {
                if self.goes_wrong(self.setup.rates.catalogue) {
                    self.hit(Class::CatalogueFailed);
                    let message = "the host answered 500".to_owned();
                    return Outcome::Catalogue(CatalogueOutcome::Failed { message });
                }
                let entry = |model: &_| CatalogueEntry::Known {
                    model: Clone::clone(model),
                    input_usd: 3.0,
                    output_usd: 15.0,
                    context_tokens: 200_000,
                };
                Outcome::Catalogue(CatalogueOutcome::Found { models: models.iter().map(entry).collect() })
            }
            Operation::Audit(AuditOperation::Verify { lines_max }) => {
                let audit = audit(&self.disk, self.head.as_deref(), *lines_max as usize);
                Outcome::Audit(AuditOutcome::Verified { audit })
            }
            Operation::Machine(MachineOperation::Look) => {
                let memory_bytes = 16 << 30;
                Outcome::Machine(match self.rng.below(if self.is_benign { 1 } else { 8 }) {
                    0..=5 => MachineOutcome::Seen { memory_bytes, free_bytes: 8 << 30 },
                    6 => MachineOutcome::Seen { memory_bytes, free_bytes: 100 << 20 },
                    _ => MachineOutcome::Unknown,
                })
            }
            Operation::Chat(_) | Operation::Cancel(_) => unreachable!("never answered"),
        }
    }

    fn perform_git(&mut self, operation: &GitOperation) -> GitOutcome {
        let fails = self.goes_wrong(self.setup.rates.git);
        let message = "git was killed".to_owned();
        if fails {
            self.hit(Class::GitFailed);
            if self.rng.chance(500) {
                return GitOutcome::Failed { message };
            }
        }
        let rescues = self.git.rescues;
        let outcome = self.git.perform(operation);
        if self.git.rescues > rescues {
            self.hit(Class::Rescued);
        }
        self.note_git(operation, &outcome);
        if !fails {
            return outcome;
        }
        // It was done, and the answer does not say so.
        match (operation, &outcome) {
            (GitOperation::Move { to, .. }, GitOutcome::Moved) if self.rng.chance(500) => {
                self.hit(Class::MovedUnheard);
                GitOutcome::Stale { actual: Some(to.clone()) }
            }
            _ => GitOutcome::Failed { message },
        }
    }

    /// What the books and the table keep of an operation that was done.
    fn note_git(&mut self, operation: &GitOperation, outcome: &GitOutcome) {
        match (operation, outcome) {
            (GitOperation::Move { reference, to, .. }, GitOutcome::Moved) => self.note_move(reference, to),
            (_, GitOutcome::Stale { .. }) => self.hit(Class::Stale),
            (_, GitOutcome::Conflicted { .. }) => self.hit(Class::Conflict),
            (_, GitOutcome::Landed) => self.hit(Class::Landed),
            (_, GitOutcome::Refused { .. }) => self.hit(Class::LandRefused),
            (_, GitOutcome::Tampered { .. }) => self.hit(Class::Tampered),
            (GitOperation::Recall { .. }, GitOutcome::Collected { .. }) => self.hit(Class::TakenOver),
            (_, GitOutcome::Collected { left_out, .. }) if !left_out.is_empty() => self.hit(Class::Forbidden),
            _ => {}
        }
    }

    fn perform_file(&mut self, operation: &FileOperation) -> FileOutcome {
        let fails = self.goes_wrong(self.setup.rates.file);
        let message = "the disk is full".to_owned();
        if fails {
            self.hit(Class::FileFailed);
            if self.rng.chance(600) {
                return FileOutcome::Failed { message };
            }
        }
        let outcome = match operation {
            FileOperation::Read { file, bytes_max } => {
                let outcome = files::read(&self.files, file, *bytes_max);
                if matches!(outcome, FileOutcome::Read { .. }) {
                    self.books.edited.remove(&file.path);
                }
                outcome
            }
            FileOperation::List { directory, depth_max, files_max, .. } => {
                files::list(&self.files, directory, *depth_max, *files_max)
            }
            FileOperation::Write { file, text, expected } => {
                self.note_version(&file.path, text);
                let found = self.files.get(&key(file)).cloned();
                let found = found.as_ref();
                let is_expected = found == Some(text)
                    || match expected {
                        Expected::Anything | Expected::Ours { .. } => true,
                        Expected::Missing => found.is_none(),
                        Expected::Hash { hash: expected } => {
                            found.is_some_and(|found| hash(found) == *expected)
                        }
                    };
                if !is_expected {
                    self.hit(Class::FileChanged);
                    return FileOutcome::Changed;
                }
                let mut kept = None;
                if let (Expected::Ours { hashes }, Some(found)) = (expected, found)
                    && found != text
                    && !hashes.contains(&hash(found))
                {
                    let is_theirs = self.books.edited.remove(&file.path);
                    assert!(is_theirs, "{} is called an edit of the person, and it is ours", file.path);
                    let beside = format!("{}.edited", file.path);
                    let edit = found.clone();
                    self.hit(Class::EditKept);
                    self.files.insert((file.place, beside.clone()), edit);
                    kept = Some(beside);
                }
                let is_shared = [BACKLOG, MEMORY].contains(&file.path.as_str());
                let is_lost = is_shared && found.is_some_and(|found| found != text);
                let is_edited = self.books.edited.contains(&file.path);
                assert!(!is_lost || !is_edited, "the person's edit of {} is lost", file.path);
                if file.path == MEMORY {
                    if found == Some(text) {
                        // They deleted what was forgotten in the same moment: nobody can tell that they did.
                        let is_listed = |line: &String| text.contains(line.trim_start_matches("    text: "));
                        self.books.unlearned.retain(is_listed);
                    }
                    let again = self.books.unlearned.iter().find(|line| text.contains(*line));
                    assert_eq!(again, None, "what the person deleted came back");
                    self.hit(Class::Learned);
                }
                if file.path == BACKLOG {
                    self.note_track(text);
                }
                self.files.insert(key(file), text.clone());
                FileOutcome::Written { hash: hash(text), kept }
            }
        };
        if fails { FileOutcome::Failed { message } } else { outcome }
    }

    fn perform_process(&mut self, at: &str, command: &str, timeout_ms: u64) -> ProcessOutcome {
        if self.goes_wrong(self.setup.rates.process) {
            let (duration_ms, tail) = (timeout_ms, "half of the output".to_owned());
            return match self.rng.below(3) {
                0 => {
                    self.hit(Class::ProcessFailed);
                    ProcessOutcome::Failed { message: "no such shell".into() }
                }
                1 => {
                    self.hit(Class::GateTimeout);
                    ProcessOutcome::TimedOut { duration_ms, tail }
                }
                _ => ProcessOutcome::Exited { code: 137, duration_ms, tail },
            };
        }
        let worktree = slot_of(at).and_then(|slot| self.git.worktrees.get(&slot));
        let Some(worktree) = worktree else {
            return ProcessOutcome::Failed { message: format!("there is no {at}") };
        };
        let (code, tail) = gate(&worktree.tree, command);
        if code != 0 {
            let is_together = !tail.contains("BUG") && tail.contains("HALF");
            self.coverage.hit(if is_together { Class::RedTogether } else { Class::RedGate });
        }
        ProcessOutcome::Exited { code, duration_ms: 2_000, tail }
    }

    fn show(&mut self, operation: &ChatOperation) {
        match operation {
            ChatOperation::Say { text, .. } => {
                if text.contains("goes back to its former spec") {
                    self.coverage.hit(Class::TakenBack);
                }
                trace!(self, "        | {}", text.trim_end());
            }
            ChatOperation::End { chat, error } => {
                trace!(self, "        | the end: {error:?}");
                let command = self.open.remove(chat).expect("checked before");
                if command.name == CommandName::Regenerate {
                    self.version = None;
                }
                if !crate::checks::is_look(&command) {
                    self.end = Some(error.clone().map_or(Ok(()), Err));
                }
            }
            ChatOperation::Open { .. } | ChatOperation::Close { .. } => {}
        }
    }
}

/// What a crash can be aimed at.
fn kind(operation: &Operation) -> &'static str {
    match operation {
        Operation::Git(GitOperation::Move { .. }) => "move",
        Operation::Git(GitOperation::Merge { .. }) => "merge",
        Operation::Git(GitOperation::Collect { .. }) => "collect",
        Operation::Git(GitOperation::Prepare { .. }) => "prepare",
        Operation::Git(GitOperation::Land { .. }) => "land",
        Operation::Git(_) => "look",
        Operation::Session(SessionOperation::Create { .. }) => "create",
        Operation::Session(SessionOperation::Ask { .. }) => "ask",
        Operation::Session(SessionOperation::Remove { .. }) => "remove",
        Operation::Session(_) => "recall",
        Operation::File(_) => "file",
        Operation::Process(_) => "process",
        Operation::Timer(_)
        | Operation::Catalogue(_)
        | Operation::Machine(_)
        | Operation::Audit(_)
        | Operation::Chat(_)
        | Operation::Cancel(_) => "other",
    }
}

/// What a project's command says of its files. `BUG` makes the tests red, `UGLY` the linter; `HALF` is
/// fine in one file and red in two; `UNTESTED` leaves no test to run.
pub fn gate(tree: &Tree, command: &str) -> (i32, String) {
    let with = |word: &str| -> Vec<&str> {
        let files = tree.iter().filter(|(_, text)| text.contains(word));
        files.map(|(path, _)| path.as_str()).collect()
    };
    if command.contains("lint") {
        return match with("UGLY").first() {
            Some(path) => (1, format!("{path}\n  1:1  error  'x' is unused  no-unused-vars\n")),
            None => (0, String::new()),
        };
    }
    if !command.contains("test") {
        return (0, String::new());
    }
    let (bugs, halves) = (with("BUG"), with("HALF"));
    let why = if bugs.is_empty() { "HALF" } else { "BUG" };
    match bugs.first().or(halves.get(1)) {
        Some(path) => (
            1,
            format!(
                "ℹ tests 5\nℹ pass 4\nℹ fail 1\n\n✖ failing tests:\n\ntest at {path}:7:3\n✖ sums up (0.9ms)\n  AssertionError [ERR_ASSERTION]: {why}\n"
            ),
        ),
        None if !with("UNTESTED").is_empty() => (0, "ℹ tests 0\nℹ pass 0\nℹ fail 0\n".into()),
        None => (0, "ℹ tests 5\nℹ pass 5\nℹ fail 0\n".into()),
    }
}
