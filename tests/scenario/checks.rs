//! The invariants: held against every effect, every state, and what is left at the end.

use std::collections::BTreeSet;

use multi_agent_coder::backlog::Status;
use multi_agent_coder::effect::chat::ChatOperation;
use multi_agent_coder::effect::git::GitOperation;
use multi_agent_coder::effect::process::ProcessOperation;
use multi_agent_coder::effect::session::{Purpose, SessionOperation};
use multi_agent_coder::effect::timer::TimerOperation;
use multi_agent_coder::effect::{Effect, Operation};
use multi_agent_coder::engine::Engine;
use multi_agent_coder::event::CommandName;
use multi_agent_coder::ids::SessionId;
use multi_agent_coder::journal::Journal;

use crate::agents::PLAN_MARK;
use crate::common::tree::directory;
use crate::world::World;

impl World {
    /// What must hold of an effect, looked at just before it is performed.
    pub(crate) fn check_effect(&mut self, effect: &Effect) {
        assert!(
            self.seen_effect.is_none_or(|seen| effect.id.0 > seen),
            "the id {:?} was used before",
            effect.id
        );
        self.seen_effect = Some(effect.id.0);
        self.check_stopped(&effect.operation);
        match &effect.operation {
            Operation::Session(operation) => self.check_session(operation),
            Operation::Git(operation) => self.check_git(operation),
            Operation::Process(ProcessOperation::Run { timeout_ms, directory, .. }) => {
                assert!(*timeout_ms > 0, "I13: a process without a deadline");
                assert!(self.is_free(directory), "two things work in {directory}");
            }
            Operation::Timer(TimerOperation::Sleep { duration_ms }) => {
                assert!((1..=300_000).contains(duration_ms), "I13: a wait without end");
            }
            Operation::Chat(operation) => self.check_chat(operation),
            _ => {}
        }
    }

    /// After Esc nothing that takes time begins.
    fn check_stopped(&self, operation: &Operation) {
        let is_new_work = matches!(
            operation,
            Operation::Session(SessionOperation::Create { .. } | SessionOperation::Ask { .. })
                | Operation::Process(_)
                | Operation::Timer(_)
        );
        let is_stopped = self.open.keys().any(|chat| self.stopped.contains(chat));
        assert!(!(is_new_work && is_stopped), "begun after Esc: {operation:?}\n{}", self.transcript);
    }

    fn check_chat(&self, operation: &ChatOperation) {
        let chat = match operation {
            ChatOperation::Say { chat, .. }
            | ChatOperation::Open { chat, .. }
            | ChatOperation::Close { chat, .. }
            | ChatOperation::End { chat, .. } => chat,
        };
        assert!(self.open.contains_key(chat), "{chat} has no open command: {operation:?}");
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
            // What is recalled may be gone by now.
            SessionOperation::Recall { .. } => return,
            SessionOperation::Remove { session, directory }
            | SessionOperation::Nudge { session, directory, .. }
            | SessionOperation::Ask { session, directory, .. } => (session, directory),
        };
        let session = self.sessions.get(id).expect("a session that exists");
        let is_gone = session.is_removed && !self.removed_unheard.contains(id);
        assert!(!is_gone, "{id} is gone already: {operation:?}");
        assert_eq!(session.directory, *directory, "{id} lives elsewhere");
        let SessionOperation::Ask { text, timeout_ms, silent_ms, agent, .. } = operation else {
            return;
        };
        assert!(*timeout_ms > 0 && *silent_ms > 0, "I13: no deadline");
        let role = agent.split('~').next().unwrap_or_default();
        assert_eq!(role, session.purpose.agent);
        let is_ask = |operation: &Operation| matches!(operation, Operation::Session(SessionOperation::Ask { session, .. }) if session == id);
        let is_busy = self.pending.iter().any(|pending| is_ask(&pending.operation));
        assert!(!is_busy, "{id} is asked twice at once");
        if let Some(task) = &session.purpose.task {
            self.check_text(id, &session.purpose, task, text);
        }
    }

    /// I15, and fresh sessions for workers.
    fn check_text(&self, id: &SessionId, purpose: &Purpose, task: &str, text: &str) {
        assert!(!text.contains(PLAN_MARK), "I15: planning text for {task}");
        for other in self.agents.tasks.iter().filter(|t| t.id.as_str() != task) {
            assert!(!text.contains(&other.description), "I15: text of {} for {task}", other.id);
        }
        if matches!(purpose.agent.as_str(), "reviewer" | "rebase" | "compressor") {
            return;
        }
        assert_eq!(self.sessions[id].asks, 0, "a worker's session is used again");
        let is_its =
            |path: &str| path.starts_with("tasks/") && path.ends_with(&format!("/{task}.context.md"));
        let mut sent = self.files.iter().filter(|((_, path), _)| is_its(path));
        assert!(sent.any(|(_, written)| written == text), "I15: what was sent is not on disk");
    }

    fn check_git(&self, operation: &GitOperation) {
        match operation {
            GitOperation::Move { reference, .. } => {
                assert!(reference.starts_with("refs/heads/mac/"), "I8: {reference} is not ours")
            }
            GitOperation::Merge { task, track, onto, commit, .. } => {
                let branch = format!("refs/heads/mac/{track}");
                let is_again = self.git.has_merged(&branch, track, task) && !self.git.holds(onto, commit);
                assert!(!is_again, "I3: {task} again");
            }
            GitOperation::Prepare { slot, .. } | GitOperation::Collect { slot, .. } => {
                let directory = directory(*slot);
                assert!(self.is_free(&directory), "two things work in {directory}");
            }
            GitOperation::Land { .. } => {
                let is_done = |(_, status): &(_, Status)| *status == Status::Completed;
                assert!(self.engine.statuses().iter().all(is_done), "landed too soon");
            }
            _ => {}
        }
    }

    /// Whether nothing is at work in a directory.
    fn is_free(&self, at: &str) -> bool {
        !self.pending.iter().any(|pending| match &pending.operation {
            Operation::Session(SessionOperation::Ask { directory, .. }) => directory.as_deref() == Some(at),
            Operation::Process(ProcessOperation::Run { directory, .. }) => directory == at,
            Operation::Git(GitOperation::Prepare { slot, .. } | GitOperation::Collect { slot, .. }) => {
                directory(*slot) == at
            }
            _ => false,
        })
    }

    /// What must hold after every step.
    pub(crate) fn check_state(&self) {
        let workers: Vec<&str> = self
            .pending
            .iter()
            .filter_map(|pending| match &pending.operation {
                Operation::Session(SessionOperation::Ask { session, .. }) => {
                    let purpose = &self.sessions[session].purpose;
                    purpose.task.as_deref()
                }
                _ => None,
            })
            .collect();
        let distinct: BTreeSet<&str> = workers.iter().copied().collect();
        assert_eq!(workers.len(), distinct.len(), "I2: two attempts at one task");
        let max = self.setting.options["maxWorkers"].as_u64().unwrap_or(3);
        // What waits for the person has the same status as what is judged.
        let is_held = self.setting.options["review"] == "manual";
        let is_live =
            |status: &Status| *status == Status::InProgress || *status == Status::Review && !is_held;
        let statuses = self.engine.statuses();
        let live = statuses.iter().filter(|(_, status)| is_live(status)).count();
        assert!(live as u64 <= max, "{live} attempts at once");
        let is_look = |name: &CommandName| {
            matches!(name, CommandName::Progress | CommandName::Metrics | CommandName::Backlog)
        };
        let commands = self.open.values().filter(|name| !is_look(name)).count();
        assert!(commands <= 1, "two commands at once");
        let merged = self.git.merges("refs/heads/mac/cart-1");
        let once: BTreeSet<&String> = merged.iter().collect();
        assert_eq!(merged.len(), once.len(), "I3: merged twice: {merged:?}");
    }

    /// What must hold once nothing is under way.
    pub(crate) fn check_quiet(&self) {
        assert!(self.engine.is_idle(), "it hangs:\n{}", self.transcript);
        assert!(self.open.is_empty(), "never ended: {:?}", self.open);
        if !self.keeps_sessions {
            for (id, session) in &self.sessions {
                assert!(session.is_removed, "I11: {id} is left: {:?}", session.purpose);
            }
        }
        for (slot, worktree) in &self.git.worktrees {
            let is_kept = !worktree.is_dirty || worktree.is_orphan;
            assert!(is_kept, "I5: work in w{} is in no ref", slot.0);
        }
        for ((_, path), text) in &self.files {
            let is_sent = path.ends_with(".context.md");
            assert!(!is_sent || !text.contains(PLAN_MARK), "I15: {path}");
        }
        if self.is_replayed {
            self.check_replay();
        }
    }

    /// What was recorded, as a journal with its head record.
    pub(crate) fn journal(&self) -> (String, String) {
        let mut journal = Journal::new();
        let text = self.log.iter().map(|(event, _)| journal.append(event)).collect();
        (text, journal.head_record())
    }

    /// I9: the recorded events give the same effects and the same state, out of a journal too.
    fn check_replay(&self) {
        let mut journal = Journal::new();
        let text: String = self.log.iter().map(|(event, _)| journal.append(event)).collect();
        let head = journal.head_record();
        let replay = Journal::open(&text, Some(&head)).expect("a journal that was just written");
        let mut engine = Engine::new();
        let mut silent = Engine::new();
        for (read, (written, effects)) in replay.events().zip(&self.log) {
            let read = &read.expect("an event that was just written");
            assert_eq!(read, written, "I9: an event changed in the journal");
            assert_eq!(engine.step(read), *effects, "I9: other effects");
            silent.replay(read);
        }
        assert_eq!(engine.state_hash(), self.engine.state_hash(), "I9");
        assert_eq!(silent.state_hash(), self.engine.state_hash(), "I9: replayed without effects");
        let mut late = Engine::new();
        for read in replay.events_from(Engine::can_begin_at).expect("events that were just written") {
            late.replay(&read);
        }
        assert_eq!(late.state_hash(), self.engine.state_hash(), "I9: replayed from the last checkpoint");
    }

    /// Every task is on the integration branch once, and the person's branch has it all.
    pub fn assert_all_merged(&self) {
        let mut merged = self.git.merges("refs/heads/mac/cart-1");
        merged.sort();
        let tasks: Vec<String> = self.agents.tasks.iter().map(|t| t.id.to_string()).collect();
        assert_eq!(merged, tasks, "{}", self.transcript);
        assert_eq!(
            self.git.refs[crate::git::MAIN],
            self.git.refs["refs/heads/mac/cart-1"],
            "not landed:\n{}",
            self.transcript
        );
        let file = self.file("tasks/BACKLOG.yaml").unwrap_or_default();
        let backlog = multi_agent_coder::backlog::parse(file).expect("a valid backlog");
        for task in backlog.tasks {
            assert_eq!(task.status, Status::Completed, "{}", task.id);
        }
    }
}
