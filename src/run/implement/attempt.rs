//! One attempt at one task: a clean worktree, a fresh session with a compiled and verified context,
//! the work collected into a ref, judged by gates and a reviewer, then queued for `merge`. However it
//! ends, the work is in a ref before the worktree is used again.

mod stage;

use serde::Serialize;

use crate::backlog::TaskSpec;
use crate::definitions::Role;
use crate::effect::Outcome;
use crate::effect::git::GitOutcome;
use crate::effect::session::Usage;
use crate::engine::{Activity, Turn};
use crate::evidence::Failure;
use crate::ids::{CommitId, EffectId, Slot};
use crate::route::{Work, work_of};
use crate::run::gating::Preparation;
use crate::run::implement::ImplementRun;
use crate::run::implement::left::{Left, Remains};
use crate::run::implement::rework::Rework;
use crate::run::{Progress, Waiter};
use crate::track::Life;

pub use stage::{Collected, Ending, Examining, GivenUp, Measuring, Reviewing, Stage, Working};

/// An attempt that is alive.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attempt {
    /// Its task's index.
    pub task: usize,
    /// Counted from 1 for each task; names the ref.
    pub number: u32,
    /// Its worktree directory.
    pub slot: Slot,
    /// The integration tip that its work began from.
    pub base: CommitId,
    /// When it began, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// Its line in the chat, once it has a session.
    pub entry: Option<EffectId>,
    /// The agent's last message.
    pub notes: String,
    /// What was denied to its agent last.
    pub denied: Option<String>,
    /// The work that it is to change, and how; `None` when it begins from a clean tip.
    pub rework: Option<Rework>,
    /// What the task was before the person approved this work; `None` when nobody did.
    pub approved: Option<Box<Life>>,
    /// Its work, once it is in a ref and waits to be judged.
    pub kept: Option<CommitId>,
    /// Its agent tries a provider that was in trouble, and all others wait for how that goes.
    pub is_probe: bool,
    /// How often its agent put its worktree back to what it had been before.
    pub reverts: u32,
    /// What the agent at work has cost so far; what earlier ones cost is in the ledger.
    pub live: Usage,
    /// How far it is.
    pub stage: Stage,
}

/// What an attempt waits for: always one thing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wait {
    /// The task's index.
    pub task: usize,
    /// The attempt's number: a late outcome of an earlier one finds nobody.
    pub attempt: u32,
}

impl Attempt {
    /// One that begins now, on a clean tip.
    pub(super) fn new(task: usize, number: u32, slot: Slot, base: CommitId, now_ms: u64) -> Self {
        Self {
            task,
            number,
            slot,
            base,
            started_ms: now_ms,
            entry: None,
            notes: String::new(),
            denied: None,
            rework: None,
            approved: None,
            kept: None,
            is_probe: false,
            reverts: 0,
            live: Usage::default(),
            stage: Stage::Over,
        }
    }

    /// Whether its work is done and is being judged or merged.
    pub fn is_judged(&self) -> bool {
        self.stage.is_judged()
    }

    /// Who waits for its next step.
    pub(super) fn wait(&self) -> Waiter {
        Waiter::Attempt(Wait { task: self.task, attempt: self.number })
    }
}

/// The agent that works on a task.
pub(crate) fn role(task: &TaskSpec) -> Role {
    if work_of(task) == Work::Documentation { Role::Documenter } else { Role::Implementer }
}

impl ImplementRun {
    /// Starts an attempt in a free directory of the pool, or goes on with what an earlier one left.
    pub(crate) fn start(&mut self, turn: &mut Turn, task: usize, slot: Slot, is_probe: bool) {
        self.try_spec(turn, task);
        let Some(record) = self.track.records.get_mut(task) else {
            return;
        };
        let now_ms = turn.shared.now_ms;
        record.last_attempt_ms = Some(now_ms);
        let fresh = Attempt {
            rework: record.rework.clone(),
            is_probe,
            ..Attempt::new(task, record.begun + 1, slot, self.tip.clone(), now_ms)
        };
        let (attempt, stage) = match record.left.take() {
            Some(Left { number, base, notes, remains: Remains::Kept { commit } }) => {
                let attempt = Attempt { number, base, notes, kept: Some(commit.clone()), ..fresh };
                let preparation = Preparation::begin(turn, &self.run, slot, commit.clone(), attempt.wait());
                (attempt, Stage::Resuming { commit, preparation })
            }
            _ => {
                record.begun += 1;
                let mut attempt = fresh;
                let mut at = self.tip.clone();
                if let Some(rework) = &attempt.rework {
                    (at, attempt.base) = (rework.commit.clone(), rework.base.clone());
                }
                let preparation = Preparation::begin(turn, &self.run, slot, at, attempt.wait());
                (attempt, Stage::Preparing(preparation))
            }
        };
        self.enter(attempt, stage);
        self.record_spec(turn, task);
        self.record_task(turn, task);
    }

    /// Something an attempt waited for ended.
    pub fn attempt_resolved(
        mut self: Box<Self>,
        turn: &mut Turn,
        wait: Wait,
        outcome: &Outcome,
        took_ms: u64,
    ) -> Activity {
        let is_its = |attempt: &Attempt| attempt.number == wait.attempt;
        let Some(attempt) = self.take_attempt(wait.task, is_its) else {
            return Activity::Implement(self);
        };
        match outcome {
            // While it is looked for, it is the attempt's own doing.
            Outcome::Git(GitOutcome::Tampered { names }) if !matches!(attempt.stage, Stage::Examining(_)) => {
                self.tampered(turn, &attempt, names);
            }
            _ => self.attempt_goes_on(turn, attempt, outcome, took_ms),
        }
        self.go_on(turn)
    }

    /// Takes a live attempt out of its record, if it is the one that is meant.
    pub(super) fn take_attempt(
        &mut self,
        task: usize,
        is_meant: impl Fn(&Attempt) -> bool,
    ) -> Option<Attempt> {
        let record = self.track.records.get_mut(task)?;
        match std::mem::take(&mut record.life) {
            Life::Running(attempt) if is_meant(&attempt) => Some(*attempt),
            other => {
                record.life = other;
                None
            }
        }
    }

    /// A live attempt goes on in its next stage.
    pub(super) fn enter(&mut self, mut attempt: Attempt, stage: Stage) {
        attempt.stage = stage;
        if let Some(record) = self.track.records.get_mut(attempt.task) {
            record.life = Life::Running(Box::new(attempt));
        }
    }

    fn attempt_goes_on(&mut self, turn: &mut Turn, mut attempt: Attempt, outcome: &Outcome, took_ms: u64) {
        let stage = std::mem::replace(&mut attempt.stage, Stage::Over);
        if self.is_stopping() && stage.ends_with_a_stop() {
            return self.interrupted(turn, &attempt);
        }
        match stage {
            Stage::Preparing(preparation) => self.prepared(turn, attempt, preparation, outcome),
            Stage::Resuming { commit, preparation } => {
                self.resumed(turn, attempt, commit, preparation, outcome);
            }
            Stage::Recalling { directory, commit } => {
                self.recalled(turn, attempt, directory, commit, outcome);
            }
            Stage::Measuring(measuring) => self.patterns_read(turn, attempt, measuring, outcome),
            Stage::Recording { directory, context } => {
                self.recorded(turn, attempt, directory, context, outcome);
            }
            Stage::Opening { directory, context } => self.opened(turn, attempt, directory, context, outcome),
            Stage::Working(working) => self.worked(turn, attempt, working, outcome, took_ms),
            Stage::Collecting { directory, failure } => {
                self.collected(turn, attempt, directory, failure, outcome);
            }
            Stage::Gating { directory, work, gating } => {
                let progress = gating.resolved(turn, outcome, attempt.wait());
                self.gating_goes_on(turn, attempt, directory, work, progress);
            }
            Stage::Examining(examining) => self.examined(turn, attempt, examining, outcome),
            Stage::Reviewing(reviewing) => self.review_resolved(turn, attempt, reviewing, outcome, took_ms),
            merging => self.merge_goes_on(turn, attempt, merging, outcome),
        }
    }

    fn prepared(&mut self, turn: &mut Turn, attempt: Attempt, preparation: Preparation, outcome: &Outcome) {
        match preparation.resolved(turn, outcome, attempt.wait()) {
            Progress::More(preparation) => self.enter(attempt, Stage::Preparing(preparation)),
            Progress::Done(directory) => self.read_patterns(turn, attempt, directory),
            Progress::Aborted => self.interrupted(turn, &attempt),
            Progress::Failed(message) => self.failed(turn, &attempt, Failure::Host { message }),
        }
    }

    fn resumed(
        &mut self,
        turn: &mut Turn,
        mut attempt: Attempt,
        commit: CommitId,
        preparation: Preparation,
        outcome: &Outcome,
    ) {
        match preparation.resolved(turn, outcome, attempt.wait()) {
            Progress::More(preparation) => self.enter(attempt, Stage::Resuming { commit, preparation }),
            Progress::Done(directory) => self.recall(turn, attempt, directory, commit),
            Progress::Aborted => self.interrupted(turn, &attempt),
            Progress::Failed(message) => {
                // What cannot be gone on with is done again.
                attempt.kept = None;
                self.failed(turn, &attempt, Failure::Host { message });
            }
        }
    }
}
