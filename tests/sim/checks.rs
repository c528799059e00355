//! The invariants, held against each effect, each state, and what is left when all is quiet.

use std::collections::BTreeSet;

use multi_agent_coder::backlog::Status;
use multi_agent_coder::effect::chat::ChatOperation;
use multi_agent_coder::effect::file::{FileOperation, FileOutcome, Place};
use multi_agent_coder::effect::git::{GitOperation, GitOutcome};
use multi_agent_coder::effect::process::{ProcessOperation, ProcessOutcome};
use multi_agent_coder::effect::session::{Purpose, SessionOperation, SessionOutcome};
use multi_agent_coder::effect::timer::TimerOperation;
use multi_agent_coder::effect::{Effect, Operation, Outcome};
use multi_agent_coder::event::{CommandName, Event, SessionSignal};
use multi_agent_coder::ids::{CommitId, SessionId};

use crate::agents::{PLAN_MARK, REWORK_MARK};
use crate::answers::gate;
use crate::common::tree::directory;
use crate::coverage::Class;
use crate::git::slot_of;
use crate::sessions::is_ours;
use crate::setup::{OFF_LIMITS, mark};
use crate::world::{BACKLOG, Command, World, dependencies};

/// No wait of ours is longer than this.
const WAIT_MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// A stopped command ends within this: what it waits for is over soon.
const STOP_MS_MAX: u64 = 2 * 60 * 1000;

/// Whether a command changes nothing.
pub fn is_look(command: &Command) -> bool {
    match command.name {
        CommandName::Progress | CommandName::Metrics => true,
        CommandName::Backlog => command.arguments == "--check",
        CommandName::Spec => matches!(command.arguments.split_whitespace().next(), None | Some("show")),
        CommandName::Plan | CommandName::Implement | CommandName::Review | CommandName::Regenerate => false,
    }
}

impl World {
    /// Keeps the books on an event that the engine waits for.
    pub fn account(&mut self, event: &Event) {
        match event {
            Event::Resolved { id, outcome } => {
                let Some(process) = &mut self.process else { return };
                let flight = process.flights.remove(id);
                self.books.troubles += u64::from(is_trouble(outcome));
                let operation = flight.as_ref().map(|flight| &flight.operation);
                match (outcome, operation) {
                    (
                        Outcome::Git(GitOutcome::Stale { actual }),
                        Some(Operation::Git(GitOperation::Move { reference, .. })),
                    ) => self.books.told_tip = actual.clone().map(|actual| (reference.clone(), actual)),
                    (Outcome::Git(GitOutcome::Moved | GitOutcome::Inspected { .. }), _) => {
                        self.books.told_tip = None;
                    }
                    _ => {}
                }
                let is_ask =
                    |operation| matches!(operation, Operation::Session(SessionOperation::Ask { .. }));
                if let Outcome::Session(outcome) = outcome
                    && flight.is_some_and(|flight| is_ask(flight.operation))
                    && let Some(usage) = outcome.usage()
                {
                    self.books.spent_usd += usage.cost_usd;
                    self.books.spent_tokens += usage.tokens();
                }
            }
            Event::Session { signal, .. } => {
                let is_bad =
                    |finish: &Option<String>| finish.as_deref().is_none_or(|finish| finish == "unknown");
                self.books.troubles += u64::from(match signal {
                    SessionSignal::Stepped { finish, .. } => is_bad(finish),
                    SessionSignal::Retrying { .. } | SessionSignal::Called { .. } => true,
                    SessionSignal::Denied { .. }
                    | SessionSignal::Stored { .. }
                    | SessionSignal::Overheard { .. } => false,
                });
            }
            Event::Cancelled { chat } => {
                if let Some(command) = self.open.get_mut(chat) {
                    command.stopped_ms = Some(self.now_ms);
                }
            }
            Event::Command {
                name: CommandName::Implement | CommandName::Review | CommandName::Regenerate,
                ..
            } if self.is_free_for_commands() => {
                self.books.spent_usd = 0.0;
                self.books.spent_tokens = 0;
                self.books.answers.clear();
                self.books.reworks.clear();
                self.books.troubles = 0;
                self.books.depends_on =
                    self.backlog().map(|backlog| dependencies(&backlog)).unwrap_or_default();
            }
            _ => {}
        }
    }

    /// Whether features are being built again.
    fn is_rebuilding(&self) -> bool {
        self.open.values().any(|command| command.name == CommandName::Regenerate)
    }

    /// Whether a ref is the branch of the work under way.
    fn is_own_branch(&self, reference: &str) -> bool {
        let Some(track) = reference.strip_prefix("refs/heads/mac/") else { return false };
        // The branch of a version comes before its documents.
        let is_version = track.starts_with("feature-") && track.contains("-r");
        track == self.at_work() || self.is_rebuilding() && is_version
    }

    /// Whether a command that comes now is begun, and not refused because of another one.
    fn is_free_for_commands(&self) -> bool {
        self.process.as_ref().is_some_and(|process| process.engine.is_idle())
    }

    /// What must hold of an operation at the moment it is decided.
    pub fn check_decision(&mut self, operation: &Operation) {
        self.check_stopped(operation);
        let Operation::Session(SessionOperation::Ask { session, .. }) = operation else { return };
        let Some(session) = self.sessions.get(session) else { return };
        // What is judged and merged is finished work, which a cap must not lose.
        if !is_worker(&session.purpose) {
            return;
        }
        let budget = &self.setup.options["budget"];
        let usd = budget["runUsd"].as_f64().is_some_and(|cap| self.books.spent_usd >= cap);
        let tokens = budget["runTokens"].as_u64().is_some_and(|cap| self.books.spent_tokens >= cap);
        assert!(!usd && !tokens, "I14: asked with the budget used up: {budget} {:?}", self.books.spent_usd);
    }

    /// What must hold of an effect just before it is performed.
    pub fn check_effect(&mut self, effect: &Effect) {
        let is_new = self.books.largest_effect.is_none_or(|largest| effect.id.0 > largest);
        assert!(is_new, "I4: the effect id {:?} was used before", effect.id);
        self.books.largest_effect = Some(effect.id.0);
        match &effect.operation {
            Operation::Session(operation) => self.check_session(operation),
            Operation::Git(operation) => self.check_git(operation),
            Operation::Process(ProcessOperation::Run { timeout_ms, directory, .. }) => {
                assert!((1..=WAIT_MS_MAX).contains(timeout_ms), "I13: a process without a deadline");
                assert!(self.is_free(directory), "I2: two things work in {directory}");
            }
            Operation::Timer(TimerOperation::Sleep { duration_ms }) => {
                assert!((1..=300_000).contains(duration_ms), "I13: a wait of {duration_ms} ms");
                self.hit(Class::Rested);
            }
            Operation::Chat(operation) => self.check_chat(operation),
            Operation::File(operation) => self.check_file(operation),
            Operation::Catalogue(_) | Operation::Machine(_) | Operation::Audit(_) | Operation::Cancel(_) => {}
        }
    }

    /// After Esc nothing that takes time begins, and the end is near.
    fn check_stopped(&self, operation: &Operation) {
        let is_work = matches!(
            operation,
            Operation::Session(SessionOperation::Create { .. } | SessionOperation::Ask { .. })
                | Operation::Process(_)
                | Operation::Timer(_)
        );
        for stopped_ms in self.open.values().filter_map(|command| command.stopped_ms) {
            assert!(!is_work, "Esc: begun after it: {operation:?}");
            assert!(self.now_ms - stopped_ms < STOP_MS_MAX, "Esc: it takes for ever");
        }
    }

    fn check_chat(&self, operation: &ChatOperation) {
        let (ChatOperation::Say { chat, .. }
        | ChatOperation::Open { chat, .. }
        | ChatOperation::Close { chat, .. }
        | ChatOperation::End { chat, .. }) = operation;
        assert!(self.open.contains_key(chat), "{chat} has no open command: {operation:?}");
    }

    fn check_file(&self, operation: &FileOperation) {
        let FileOperation::Write { file, .. } = operation else { return };
        let is_ours = match file.place {
            Place::Repository => ["tasks/", "specs/"].iter().any(|own| file.path.starts_with(own)),
            Place::State => true,
            Place::Person => false,
        };
        assert!(is_ours && !file.path.contains(".."), "I6: {file:?} is not ours to write");
        let is_theirs = self.is_rebuilding() && file.path == BACKLOG;
        assert!(!is_theirs, "the person's plan is written while a feature is built again");
    }

    fn check_session(&self, operation: &SessionOperation) {
        let (id, directory) = match operation {
            SessionOperation::Create { parent, .. } => {
                assert!(self.open.contains_key(parent), "{parent} is no open command");
                return;
            }
            SessionOperation::Find { parents } => {
                assert!(!parents.is_empty(), "a search without a place");
                return;
            }
            SessionOperation::Recall { session, directory } => (session, directory),
            SessionOperation::Nudge { session, directory, text, .. } => {
                let task = self.sessions[session].purpose.task.clone().unwrap_or_default();
                self.check_text(&task, text);
                (session, directory)
            }
            SessionOperation::Remove { session, directory }
            | SessionOperation::Ask { session, directory, .. } => (session, directory),
        };
        let session = self.sessions.get(id).expect("a session that was made");
        assert_eq!(session.directory, *directory, "{id} lives elsewhere");
        let SessionOperation::Ask { text, timeout_ms, silent_ms, agent, .. } = operation else { return };
        for limit_ms in [timeout_ms, silent_ms] {
            assert!((1..=WAIT_MS_MAX).contains(limit_ms), "I13: an ask without a deadline");
        }
        assert_eq!(*agent, session.purpose.agent, "another agent answers");
        let Some(task) = &session.purpose.task else { return };
        if is_worker(&session.purpose) {
            self.check_worker(id, task, text);
        }
        self.check_text(task, text);
    }

    /// A worker is about to be asked.
    fn check_worker(&self, id: &SessionId, task: &str, text: &str) {
        let session = &self.sessions[id];
        assert_eq!(session.asks, 0, "I15: a worker's session is used again");
        let live = self.asked_workers().into_iter().filter(|(_, other)| *other == task).count();
        assert_eq!(live, 0, "I2: two live attempts at {task}");
        let at = session.directory.as_deref().unwrap_or_default();
        assert!(self.is_free(at), "I2: two things work in {at}");
        let known = (self.at_work().to_owned(), task.to_owned());
        assert!(!self.books.merged.contains(&known), "I3: {task} is merged and asked again");
        let answers = self.books.answers.get(task).copied().unwrap_or_default();
        let retries = self.setup.options["maxRetries"].as_u64().unwrap_or(3);
        if text.contains(REWORK_MARK) {
            self.check_rework(task, at, answers);
        } else {
            assert!(answers < retries + self.books.troubles, "I1: {task} is tried {answers} times and again");
        }
        for other in self.books.depends_on.get(task).into_iter().flatten() {
            let is_merged = self.books.merged.contains(&(self.at_work().to_owned(), other.clone()));
            let is_done = is_merged || self.books.given.contains(other);
            assert!(is_done, "I1: {task} begins before {other}, which it depends on");
        }
        let file = format!("{}/{task}.context.md", self.documents());
        assert!(self.file(&file) == Some(text), "I15: what {task} was sent is not in {file}");
    }

    /// Work that an agent is to change was refused, is kept, and did not go back too often.
    fn check_rework(&self, task: &str, at: &str, answers: u64) {
        let reworks = self.books.reworks.get(task).copied().unwrap_or_default();
        // The work of an earlier command goes back in this one.
        let most = 2 * (answers + self.books.troubles + 1);
        assert!(reworks < most, "I1: the work of {task} went back {reworks} times");
        // A person may delete a worktree at any moment: then nothing tells what it showed.
        let worktree = slot_of(at).and_then(|slot| self.git.worktrees.get(&slot));
        let Some(begins) = worktree.and_then(|worktree| worktree.at.as_ref()) else { return };
        let prefix = format!("refs/mac/{}/{task}/", self.at_work());
        let mut held = self.git.refs.iter().filter(|(_, commit)| begins == *commit);
        let number: Option<u32> = held.find_map(|(name, _)| name.strip_prefix(&prefix)?.parse().ok());
        let number = number.expect("I5: work that goes back is in no ref of its attempt");
        let verdict = self.books.verdicts.get(&(task.to_owned(), number));
        let is_refused = verdict == Some(&false) || self.books.sent_back.contains(task);
        assert!(is_refused, "the work of {task} goes back and nobody refused it");
    }

    /// What goes to a worker or a reviewer is about their task alone, lessons of the memory aside.
    fn check_text(&self, task: &str, text: &str) {
        let (text, known) = text.split_once("\n## Known from earlier work\n\n").unwrap_or((text, ""));
        let is_lesson = |line: &str| line.starts_with("- Don't ") || line.starts_with("- mine ");
        assert!(known.lines().all(is_lesson), "I15: no lesson for {task}: {known}");
        assert!(!text.contains(PLAN_MARK), "I15: planning text for {task}");
        let repeated = self.books.repeated.iter().find(|said| text.contains(said.as_str()));
        assert!(repeated.is_none(), "I15: what another session said for {task}: {text}");
        let own = mark(task);
        let foreign = text.match_indices("own-mark-").find(|(at, _)| {
            let rest = &text[*at..];
            let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c == '-')).unwrap_or(rest.len());
            rest[..end] != own
        });
        assert!(foreign.is_none(), "I15: text of another task for {task}: {text}");
    }

    fn check_git(&mut self, operation: &GitOperation) {
        match operation {
            GitOperation::Move { reference, from, to } => {
                assert!(self.is_own_branch(reference), "I8: {reference} is not ours to move");
                let told = self.books.told_tip.as_ref().filter(|(told, _)| told == reference);
                assert!(
                    told.is_none_or(|(_, tip)| Some(tip) == from.as_ref()),
                    "I7: from where the branch is known not to be"
                );
                let is_made = self.git.commit(to).is_some();
                assert!(is_made, "I7: to a commit that does not exist");
                let track = reference.trim_start_matches("refs/heads/mac/");
                let has_merges = self.books.merged.iter().any(|(of, _)| of == track);
                assert!(from.is_some() || !has_merges || self.books.is_branch_lost, "I7: no swap");
            }
            GitOperation::Collect { slot, reference, .. } => {
                // What an earlier process left is put away before a version is gone on with.
                let own = [self.at_work(), &self.books.version].map(|track| format!("refs/mac/{track}/"));
                let is_ours = own.iter().any(|own| reference.starts_with(own));
                assert!(is_ours, "I8: {reference} is not ours");
                assert!(self.is_free(&directory(*slot)), "I2: two things work in w{}", slot.0);
                if !reference.ends_with("/1") {
                    self.hit(Class::Retried);
                }
            }
            GitOperation::Prepare { slot, at, .. } => {
                let is_merge = self.git.commit(at).is_some_and(|commit| commit.task.is_some());
                if is_merge && !self.git.refs.values().any(|tip| tip == at) {
                    self.hit(Class::Combined);
                }
                assert!(self.is_free(&directory(*slot)), "I2: two things work in w{}", slot.0);
                let workers = self.setup.options["maxWorkers"].as_u64().unwrap_or(3);
                assert!(u64::from(slot.0) <= workers, "I2: w{} is not in the pool", slot.0);
            }
            GitOperation::Merge { commit, task, .. } => {
                let prefix = format!("refs/mac/{}/{task}/", self.at_work());
                let mut held = self.git.refs.iter().filter(|(_, held)| *held == commit);
                let number = held.find_map(|(name, _)| name.strip_prefix(&prefix)?.parse().ok());
                let number: u32 = number.expect("I5: what is merged is in no ref of its attempt");
                let is_approved = self.books.approved.contains(task.as_str());
                let end = self.books.good_ends.get(&(task.to_string(), number));
                let is_good = end == Some(&true) || is_approved;
                assert!(is_good, "{task} is merged and its agent came to no good end");
                let is_off_limits = |path: &String| path.starts_with(OFF_LIMITS);
                let tree = self.git.commit(commit).map(|commit| commit.tree.clone()).unwrap_or_default();
                assert!(!tree.keys().any(is_off_limits), "{task} is merged with what is to be left alone");
                let mut review = self.setup.options["review"].as_str();
                if self.version.is_some() && review == Some("manual") {
                    // The person judges a version as a whole, at its end.
                    review = Some("auto");
                }
                assert!(
                    review != Some("manual") || is_approved,
                    "{task} is merged and no person approved it"
                );
                if review == Some("auto") && !is_approved {
                    let verdict = self.books.verdicts.get(&(task.to_string(), number));
                    assert_eq!(verdict, Some(&true), "{task} is merged and no reviewer approved it");
                }
            }
            GitOperation::Land { branch, .. } => {
                assert!(!self.is_rebuilding(), "I6: landed what was built again");
                let is_asked = self.open.values().any(|command| command.arguments == "land");
                assert!(is_asked || self.setup.options["land"] == "auto", "I6: landed unasked");
                let is_theirs = matches!(branch.as_str(), "main" | "topic");
                assert!(is_theirs, "I6: landed on {branch}");
                let statuses = self.process.as_ref().map(|process| process.engine.statuses());
                let is_done = |(_, status): &(_, Status)| *status == Status::Completed;
                assert!(statuses.iter().flatten().all(is_done), "I6: landed with open tasks");
            }
            _ => {}
        }
    }

    /// Whether nothing is at work in a directory.
    fn is_free(&self, at: &str) -> bool {
        let Some(process) = &self.process else { return true };
        !process.flights.values().any(|flight| match &flight.operation {
            Operation::Session(SessionOperation::Ask { directory, .. }) => directory.as_deref() == Some(at),
            Operation::Process(ProcessOperation::Run { directory, .. }) => directory == at,
            Operation::Git(GitOperation::Prepare { slot, .. } | GitOperation::Collect { slot, .. }) => {
                directory(*slot) == at
            }
            _ => false,
        })
    }

    /// The workers that have not answered, with their tasks.
    fn asked_workers(&self) -> Vec<(&SessionId, &str)> {
        let Some(process) = &self.process else { return Vec::new() };
        let asked = process.flights.values().filter_map(|flight| match &flight.operation {
            Operation::Session(SessionOperation::Ask { session, .. }) => {
                let purpose = &self.sessions.get(session)?.purpose;
                is_worker(purpose).then_some((session, purpose.task.as_deref()?))
            }
            _ => None,
        });
        asked.collect()
    }

    /// The person took work of ours off every branch: what nobody heard of may be done again.
    pub fn note_loss(&mut self) {
        self.books.is_branch_lost = true;
        self.books.merged.clear();
        for reference in [self.branch(), self.git.head()] {
            if let Some(tip) = self.git.refs.get(&reference).cloned() {
                self.note_merges(&tip);
            }
        }
    }

    /// The tasks whose merges a commit of a branch holds.
    pub fn note_merges(&mut self, tip: &CommitId) {
        let tasks = self.git.merges(tip).into_iter().map(|task| (self.track.clone(), task.to_owned()));
        let tasks: Vec<_> = tasks.collect();
        self.books.merged.extend(tasks);
    }

    /// The integration branch was moved by us.
    pub fn note_move(&mut self, reference: &str, to: &CommitId) {
        let track = reference.trim_start_matches("refs/heads/mac/").to_owned();
        let merges = self.git.merges_of(to, &track);
        let once: BTreeSet<&String> = merges.iter().collect();
        assert_eq!(merges.len(), once.len(), "I3: two merge commits of one task: {merges:?}");
        for task in merges {
            if self.books.merged.insert((track.clone(), task)) {
                self.coverage.hit(Class::TaskMerged);
            }
        }
        if self.setup.has_gates {
            let tree = &self.git.commit(to).expect("checked before").tree;
            let (code, tail) = gate(tree, "npm test");
            assert_eq!(code, 0, "the branch moved to a commit that the tests condemn: {tail}");
        }
    }

    /// What must hold after every step.
    pub fn check_state(&self) {
        let Some(process) = &self.process else { return };
        let workers = self.setup.options["maxWorkers"].as_u64().unwrap_or(3);
        // What waits for the person has the same status as what is judged.
        let is_held = self.setup.options["review"] == "manual" || !self.books.approved.is_empty();
        let is_live =
            |status: &Status| *status == Status::InProgress || *status == Status::Review && !is_held;
        let live = process.engine.statuses().iter().filter(|(_, status)| is_live(status)).count();
        assert!(live as u64 <= workers, "I2: {live} attempts at once");
    }
}

/// Whether something went wrong that is not the fault of a task.
fn is_trouble(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Git(outcome) => matches!(
            outcome,
            GitOutcome::Failed { .. } | GitOutcome::Stale { .. } | GitOutcome::Tampered { .. }
        ),
        Outcome::File(outcome) => matches!(outcome, FileOutcome::Failed { .. }),
        Outcome::Process(outcome) => matches!(outcome, ProcessOutcome::Failed { .. }),
        Outcome::Session(outcome) => match outcome {
            SessionOutcome::Failed { .. } => true,
            SessionOutcome::Answered { stored, .. } => !stored.iter().all(is_ours),
            _ => false,
        },
        Outcome::Timer(_) | Outcome::Catalogue(_) | Outcome::Machine(_) | Outcome::Audit(_) => false,
    }
}

/// Whether a session is one that works on a task.
fn is_worker(purpose: &Purpose) -> bool {
    matches!(purpose.agent.as_str(), "implementer" | "documenter")
}
