//! `/implement`: look, check the project's health, then keep every worker busy with the task that has
//! the longest way still to go, until nothing is left to start.

mod advice;
pub mod attempt;
mod begin;
mod budget;
pub(crate) mod care;
mod check_up;
mod deciding;
mod dispatch;
pub mod door;
mod editable;
pub(crate) mod failure;
pub(crate) mod fates;
pub mod files;
pub mod finish;
mod judging;
pub mod left;
mod memory;
mod merge;
mod opening;
mod patterns;
mod reading;
pub mod rebasing;
mod reviewing;
mod rewording;
pub mod rework;
mod room;
pub mod shortening;
mod signals;
mod standing;
mod stop;
mod watch;
mod wish;
mod wording;
pub(crate) mod working;

use std::collections::{BTreeSet, VecDeque};

use serde::Serialize;

use crate::effect::Outcome;
use crate::engine::{Activity, Turn};
use crate::gates::{Gate, TestFiles};
use crate::ids::{CommitId, Slot};
use crate::metrics::Estimate;
use crate::run::Run;
use crate::run::health::Health;
pub use crate::run::implement::begin::{begin, begin_for, begin_wish};
use crate::run::implement::care::Care;
pub(crate) use crate::run::implement::check_up::chosen_gates;
use crate::run::implement::editable::EditableFile;
use crate::run::implement::opening::Opening;
use crate::run::implement::reading::Plan;
pub use crate::run::implement::stop::Stop;
use crate::run::implement::watch::Watch;
pub use crate::run::implement::wish::Wish;
use crate::run::patterns::Measured;
use crate::run::regenerate::RegenerateRun;
use crate::run::specs::save::Save;
use crate::schedule::Schedule;
use crate::track::Track;

/// `/implement` under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImplementRun {
    /// What every command has.
    pub run: Run,
    /// The tasks and what becomes of them.
    pub track: Track,
    pub(crate) schedule: Schedule,
    /// The tasks named by the person; all when they named none.
    pub(crate) wanted: BTreeSet<usize>,
    named: Vec<String>,
    pub(crate) wish: Wish,
    allow_red: bool,
    pub(crate) gates: Vec<Gate>,
    /// The project's own tests, by their names.
    tests: Option<TestFiles>,
    /// What the gates say without our work.
    pub(crate) health: Health,
    /// The integration tip.
    pub(crate) tip: CommitId,
    pub(crate) free: BTreeSet<Slot>,
    /// Tasks that wait to be merged.
    pub(crate) queue: VecDeque<usize>,
    pub(crate) merging: Option<usize>,
    pub(crate) stopping: Option<Stop>,
    plan: Plan,
    /// What the project tells every agent.
    rules: Vec<String>,
    /// Files that patterns name, as the integration tip has them.
    measured: Measured,
    pub(crate) file: EditableFile,
    pub(crate) memory: memory::Use,
    pub(crate) watch: Watch,
    /// Where this run's entries begin in the ledger.
    pub(crate) ledger_from: usize,
    pub(crate) estimate: Option<Estimate>,
    pub(crate) care: Care,
    /// Tasks that are too long for a context as far as is known, and nobody was asked for fewer words yet.
    wordless: BTreeSet<usize>,
    has_told_of_writes: bool,
    /// Who gets the run back at its end; the person when there is nobody.
    errand: Option<Box<RegenerateRun>>,
    pub(crate) stage: Stage,
}

/// How a run on an errand ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// All that was asked for is merged.
    Done,
    /// The project's own checks fail where it was to begin.
    Unhealthy,
    /// It is not done.
    Short {
        /// What is not, and why.
        reason: String,
        /// The run was stopped: nothing else would come further now.
        is_over: bool,
    },
}

/// How far `/implement` is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Stage {
    /// Everything before a task may start.
    Opening(Box<Opening>),
    /// Tasks are at work.
    Working,
    /// The person's branch is being moved.
    Landing,
    /// Its spec is being saved.
    Saving {
        /// How far that is.
        save: Box<Save>,
        /// What landing came to.
        landing: String,
    },
    /// The last files are being written.
    Closing {
        /// What `/implement` ends with.
        error: Option<String>,
    },
}

/// What `/implement` as a whole waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Wait {
    /// The one step of a stage that has one.
    Step,
    /// The backlog file.
    File,
    /// The file of the memory.
    MemoryFile,
    /// A look at the person's checkout.
    Checkout,
    /// A better spec for a task.
    Rebase {
        /// Its index.
        task: usize,
    },
    /// Fewer words for a task.
    Words {
        /// Its index.
        task: usize,
    },
    /// A task that rests after provider trouble.
    Rest {
        /// Its index.
        task: usize,
    },
    /// A time at which more may start.
    Wake {
        /// When, in milliseconds since the Unix epoch.
        at_ms: u64,
    },
    /// A look at the machine's memory.
    Memory,
    /// It is time to look at what agents have changed.
    Pulse,
    /// What an agent has changed.
    Glance {
        /// Its task's index.
        task: usize,
        /// Its attempt's number.
        attempt: u32,
    },
}

impl ImplementRun {
    /// The full name of the integration branch.
    pub(crate) fn branch(&self) -> String {
        format!("refs/heads/mac/{}", self.track.backlog.track_id)
    }

    /// Whether it works for another command.
    pub(crate) fn is_errand(&self) -> bool {
        self.errand.is_some()
    }

    /// Whether it is over and only its last files are being written.
    pub(crate) fn is_closing(&self) -> bool {
        matches!(self.stage, Stage::Closing { .. })
    }

    /// Whether it was given with `/review`.
    pub(crate) fn is_of_review(&self) -> bool {
        self.wish != Wish::All
    }

    /// The command as the person gave it: an errand has documents of its own below theirs.
    pub(super) fn given(&self) -> &Run {
        self.errand.as_ref().map_or(&self.run, |errand| errand.run())
    }

    /// Whether nothing new starts.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping == Some(Stop::Person)
    }

    /// Something it waited for ended.
    pub fn resolved(
        mut self: Box<Self>,
        turn: &mut Turn,
        wait: Wait,
        outcome: &Outcome,
        took_ms: u64,
    ) -> Activity {
        match wait {
            Wait::Rebase { task } => self.rebase_resolved(turn, task, outcome, took_ms),
            Wait::Words { task } => self.words_resolved(turn, task, outcome, took_ms),
            Wait::File => self.file_resolved(turn, outcome),
            Wait::MemoryFile => self.memory_written(turn, outcome),
            Wait::Rest { task } => self.rested(task),
            Wait::Checkout => self.checkout_seen(outcome),
            Wait::Wake { at_ms } => self.woken(at_ms),
            Wait::Memory => self.memory_seen(turn, outcome),
            Wait::Pulse => self.pulse(turn, outcome),
            Wait::Glance { task, attempt } => self.glanced(turn, task, attempt, outcome),
            Wait::Step => return self.step_resolved(turn, outcome, took_ms),
        }
        self.go_on(turn)
    }

    fn step_resolved(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome, took_ms: u64) -> Activity {
        turn.guard(&self.run, outcome);
        match std::mem::replace(&mut self.stage, Stage::Working) {
            Stage::Opening(opening) => self.opening_resolved(turn, *opening, outcome, took_ms),
            Stage::Landing => self.landed(turn, outcome),
            Stage::Saving { save, landing } => self.saved(turn, *save, landing, outcome),
            other @ (Stage::Working | Stage::Closing { .. }) => {
                self.stage = other;
                self.go_on(turn)
            }
        }
    }
}
