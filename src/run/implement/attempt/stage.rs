//! How far an attempt is, and what it has at each stage.

use serde::Serialize;

use crate::context::Altered;
use crate::effect::git::Change;
use crate::evidence::Failure;
use crate::ids::{CommitId, EffectId, SessionId};
use crate::resilience::drift::DriftWatch;
use crate::resilience::loops::LoopWatch;
use crate::review::GateReport;
use crate::run::gating::{Check, Gating, Preparation};
use crate::run::patterns::Measured;
use crate::run::providers::AskTrouble;
use crate::run::review::Review;

/// How far an attempt is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Stage {
    /// Between two stages, and at the end.
    Over,
    /// The worktree is being made ready.
    Preparing(Preparation),
    /// The same, to judge work that an earlier process or command left.
    Resuming { commit: CommitId, preparation: Preparation },
    /// What that work changes is being looked up.
    Recalling { directory: String, commit: CommitId },
    /// Files that the task's patterns name are being looked at.
    Measuring(Measuring),
    /// What will be sent is being written down.
    Recording { directory: String, context: String },
    /// The session is being made.
    Opening { directory: String, context: String },
    /// The agent works.
    Working(Box<Working>),
    /// Its work is being committed; an end that was already bad is kept.
    Collecting { directory: String, failure: Option<Ending> },
    /// The project's commands judge it.
    Gating { directory: String, work: Collected, gating: Gating },
    /// What those commands left in the worktree is looked at, before a session opens there.
    Examining(Examining),
    /// The reviewer judges it.
    Reviewing(Reviewing),
    /// It waits for its turn to be merged.
    Queued { work: Collected },
    /// A merge commit is being made.
    Merging { work: Collected, tries: u32 },
    /// The merge combined parallel work: the gates run on the result.
    Rechecking { work: Collected, tries: u32, merge: CommitId, check: Check },
    /// The integration branch is being moved to the merge commit.
    Moving { work: Collected, tries: u32, merge: CommitId },
}

impl Stage {
    /// Whether the work is done and is being judged or merged.
    pub(super) fn is_judged(&self) -> bool {
        !matches!(
            self,
            Self::Over
                | Self::Preparing(_)
                | Self::Measuring(_)
                | Self::Recording { .. }
                | Self::Opening { .. }
                | Self::Working(_)
                | Self::Collecting { .. }
        )
    }

    /// Whether a person's stop ends it here: whatever comes next takes time, and the stop came before it.
    pub(super) fn ends_with_a_stop(&self) -> bool {
        matches!(
            self,
            Self::Preparing(_)
                | Self::Resuming { .. }
                | Self::Recalling { .. }
                | Self::Measuring(_)
                | Self::Recording { .. }
                | Self::Gating { .. }
                | Self::Examining(_)
                | Self::Rechecking { .. }
        )
    }
}

/// A look at files that patterns name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measuring {
    /// The worktree.
    pub directory: String,
    /// The files.
    pub paths: Vec<String>,
    /// What is known of all others.
    pub known: Measured,
}

/// An agent at work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Working {
    /// The worktree.
    pub directory: String,
    /// Its session.
    pub session: SessionId,
    /// The effect to cancel.
    pub ask: EffectId,
    /// Whether it goes in circles.
    pub watch: LoopWatch,
    /// Whether it strays.
    pub drift: DriftWatch,
    /// Why it was stopped by us.
    pub given_up: Option<GivenUp>,
}

/// A look at what the project's commands left in the worktree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Examining {
    /// The worktree.
    pub directory: String,
    /// The work.
    pub work: Collected,
    /// What the commands said of it.
    pub reports: Vec<GateReport>,
}

/// Work before its reviewer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reviewing {
    /// The work.
    pub work: Collected,
    /// How far the review is.
    pub review: Review,
}

/// Why an agent at work was stopped by us.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum GivenUp {
    /// Its provider is in trouble.
    Trouble(AskTrouble),
    /// It went in circles.
    Loop { what: String },
    /// It strayed from its task.
    Drift { what: String },
    /// Its session does not hold what it was sent, and only that.
    Altered(Altered),
    /// The run's budget is used up.
    RunBudget,
    /// The task's budget is used up.
    TaskBudget,
}

/// Why an attempt is over before its work was judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Ending {
    /// It failed.
    Failed(Failure),
    /// The run is stopping; the attempt does not count.
    Interrupted,
}

/// Work in a ref.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Collected {
    /// The commit.
    pub commit: CommitId,
    /// What it changes.
    pub changes: Vec<Change>,
    /// Its diff, perhaps cut.
    pub diff: String,
}
