//! What has become of one task: where it stands, what it has cost, and what the next attempt has to know.

use serde::{Deserialize, Serialize};

use crate::backlog::TaskSpec;
use crate::effect::git::Change;
use crate::evidence::{FailureClass, Lesson};
use crate::ids::{CommitId, EffectId};
use crate::metrics::{Origin, Try};
use crate::resilience::drift;
use crate::review::GateReport;
use crate::run::author::Author;
use crate::run::implement::attempt::Attempt;
use crate::run::implement::door::{Door, KeptWork};
use crate::run::implement::left::Left;
use crate::run::implement::rebasing::Rebasing;
use crate::run::implement::rework::Rework;

/// What has become of a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Where it stands.
    pub life: Life,
    /// The track's revision with our latest change of it; 0 when we never changed it.
    pub revision: u64,
    /// The specs that ours took the place of, oldest first; before them those of ours that were taken back.
    pub former_specs: Vec<TaskSpec>,
    /// Attempts that count against `maxRetries`.
    pub attempts: u32,
    /// Attempts that counted before the person asked for another set of them.
    pub earlier_attempts: u32,
    /// Attempts ever begun; names their refs.
    pub begun: u32,
    /// Provider or host trouble in a row, in this run.
    pub troubles: u32,
    /// What failed attempts taught, newest first.
    pub evidence: Vec<Lesson>,
    /// What the latest context left out of its sources, and why, a line each.
    pub not_in_context: Vec<String>,
    /// The task in fewer words, if it is too long for a context.
    pub wording: Option<Wording>,
    /// The latest answer of whoever was asked for fewer words.
    pub shortened: Option<Shortened>,
    /// Size of the latest context in UTF-8 bytes.
    pub context_bytes: u32,
    /// SHA-256 of the file that holds it, in hex; `None` before it was written.
    pub context_sha256: Option<String>,
    /// The entries of the memory that the latest context held, by id.
    pub memory: Vec<String>,
    /// When the latest attempt began, in milliseconds since the Unix epoch.
    pub last_attempt_ms: Option<u64>,
    /// Time spent in attempts.
    pub spent_ms: u64,
    /// Why the latest attempt failed.
    pub error: Option<String>,
    /// What the sessions of its agents gathered, oldest first.
    pub sessions: Vec<drift::Figures>,
    /// How each attempt ended, a sentence each, oldest first.
    pub history: Vec<String>,
    /// What the gates said of the latest work.
    pub reports: Vec<GateReport>,
    /// What the latest work changed.
    pub changes: Vec<Change>,
    /// What the latest attempt left behind, if it was stopped from outside.
    pub left: Option<Left>,
    /// The latest work that is in a ref.
    pub work: Option<KeptWork>,
    /// What its reviewer asked for.
    pub issues: Vec<String>,
    /// Work that goes back to an agent.
    pub rework: Option<Rework>,
    /// How often work went back.
    pub reworks: u32,
    /// Attempts that counted since the spec last changed.
    pub failures: u32,
    /// How often a better spec was asked for in this set of attempts.
    pub rebases: usize,
    /// Why a better spec is to be asked for before another attempt begins.
    pub rebase_due: Option<String>,
    /// What the next attempt follows.
    pub origin: Origin,
    /// The attempts that passed or fell short, oldest first.
    pub tries: Vec<Try>,
    /// The versions of the spec after the first one, oldest first.
    pub versions: Vec<SpecVersion>,
    /// The latest version is a better spec that no attempt has begun from: it may be taken back.
    pub untried: Option<Untried>,
}

/// What is not known of the former spec otherwise while nobody has worked by a better one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Untried {
    /// The former spec in fewer words, if it needed them.
    pub wording: Option<Wording>,
}

/// A task in fewer words, for its context only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wording {
    /// SHA-256 of the spec that it stands for; an edited spec needs another one.
    pub of: String,
    /// What a worker reads instead.
    pub spec: TaskSpec,
}

/// The answer of an author who was asked for a task in fewer words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shortened {
    /// SHA-256 of what was asked: nobody is asked the same twice.
    pub of: String,
    /// What is wrong with the answer; `None` when its wording is used.
    pub refusal: Option<String>,
}

impl Shortened {
    /// What is wrong with the answer.
    pub fn why(&self) -> &str {
        self.refusal.as_deref().unwrap_or("it is too long as well")
    }
}

/// A version of a task's spec that replaced another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpecVersion {
    /// Counted from 2: the first is the backlog's.
    pub number: u32,
    /// When it was accepted, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Why another one was asked for.
    pub why: String,
    /// What was wrong with the one before.
    pub reasoning: String,
    /// How sure its author is, 0 to 1.
    pub confidence: f64,
    /// What differs, as lines of a diff.
    pub changes: Vec<String>,
}

/// Where a task stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Life {
    /// Nothing is going on: it waits for its dependencies, or for a free worker.
    #[default]
    Waiting,
    /// An attempt is alive. Not when no command runs, so it is never read back.
    #[serde(skip_deserializing)]
    Running(Box<Attempt>),
    /// The provider is in trouble; the timer tells when to try again.
    Resting {
        /// The timer.
        timer: EffectId,
        /// When it rings, in milliseconds since the Unix epoch.
        #[serde(default)]
        until_ms: u64,
    },
    /// A better spec is being made. Not when no command runs, so it is never read back.
    #[serde(skip_deserializing)]
    Rebasing(Box<Rebasing>),
    /// It is being put into fewer words. Not when no command runs, so it is never read back.
    #[serde(skip_deserializing)]
    Shortening(Box<Author>),
    /// Its work is on the integration branch.
    Merged {
        /// The merge commit.
        commit: CommitId,
    },
    /// The backlog said that it is completed when we first saw it.
    Given,
    /// A person has the next word.
    Held {
        /// Why.
        door: Door,
    },
    /// No more attempts.
    Failed {
        /// Of which kind the last failure was.
        class: FailureClass,
    },
}

impl Record {
    /// The texts of what failed attempts taught, newest first.
    pub fn lessons(&self) -> Vec<String> {
        self.evidence.iter().map(|lesson| lesson.text.clone()).collect()
    }

    /// The person wants another set of attempts.
    pub fn start_over(&mut self) {
        self.life = Life::Waiting;
        self.earlier_attempts += std::mem::take(&mut self.attempts);
        self.failures = 0;
        self.rebases = 0;
        self.rework = None;
        self.rebase_due = None;
        self.origin = Origin::First;
    }

    /// Attempts that count, of all sets, with those that changed refused work: what people are shown.
    pub fn all_attempts(&self) -> u32 {
        self.earlier_attempts + self.attempts + self.reworks
    }

    /// An attempt passed or fell short.
    pub fn add_try(&mut self, attempt: u32, has_passed: bool) {
        let earlier_ms: u64 = self.tries.iter().map(|earlier| earlier.duration_ms).sum();
        let duration_ms = self.spent_ms.saturating_sub(earlier_ms);
        let origin = std::mem::replace(&mut self.origin, Origin::Retry);
        self.tries.push(Try { attempt, origin, has_passed, duration_ms });
    }
}

impl Life {
    /// Whether something is under way that comes back to the task.
    pub fn is_alive(&self) -> bool {
        matches!(self, Self::Running(_) | Self::Resting { .. } | Self::Rebasing(_) | Self::Shortening(_))
    }

    /// Whether dependents may start.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Merged { .. } | Self::Given)
    }
}
