//! The person's options: read from JSON, every problem named, every gap filled.

mod keys;
mod kind;
mod read;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ids::ModelRef;

pub use read::read_options;

/// Everything a person can set, checked and complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// Which model does which kind of work.
    pub models: ModelOptions,
    /// Attempts that may be at work at once, 1 to 8.
    pub max_workers: u8,
    /// Attempts per task, 1 to 10.
    pub max_retries: u32,
    /// Deadline of a worker or reviewer, in milliseconds.
    pub task_timeout_ms: u64,
    /// Deadline of any other agent, in milliseconds.
    pub planning_timeout_ms: u64,
    /// Where documents go, relative to the repository.
    pub output_dir: String,
    /// Where specs go, relative to the repository.
    pub specs_dir: String,
    /// Where worktrees live, absolute; `None` leaves it to the host's data directory.
    pub worktrees_dir: Option<String>,
    /// What a worktree gets besides the commit's files.
    pub worktree: WorktreeOptions,
    /// The project's checks.
    pub gates: GateOptions,
    /// Who judges changes.
    pub review: ReviewMode,
    /// What happens when all is merged.
    pub land: LandMode,
    /// When to improve a spec.
    pub rebase: RebaseOptions,
    /// The text a worker is sent.
    pub context: ContextOptions,
    /// What may be spent.
    pub budget: BudgetOptions,
    /// The variants of an agent's prompt with their weights, by agent; nothing where there is one prompt.
    #[serde(default)]
    pub prompts: BTreeMap<String, BTreeMap<String, u32>>,
}

/// Models that a person named; `None` leaves the choice to `route`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelOptions {
    /// For the planners.
    pub planning: Option<ModelRef>,
    /// For documentation tasks.
    pub documentation: Option<ModelRef>,
    /// For code tasks.
    pub code_implementation: Option<ModelRef>,
    /// For simple tasks.
    pub simple_change: Option<ModelRef>,
    /// For reviews.
    pub review: Option<ModelRef>,
    /// For improving specs.
    pub rebase: Option<ModelRef>,
    /// For writing the backlog.
    pub backlog_generation: Option<ModelRef>,
}

/// What a worktree gets besides the commit's files. Paths are relative to the repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorktreeOptions {
    /// Linked from the checkout when present.
    pub link: Vec<String>,
    /// Copied from the checkout when present.
    pub copy: Vec<String>,
    /// Left alone by the reset between tasks; `None` for what is found to be a build cache.
    pub keep: Option<Vec<String>>,
    /// A command line to run before each task.
    pub setup: Option<String>,
}

/// The project's checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GateOptions {
    /// Its tests.
    pub test: GateOption,
    /// Its linter.
    pub lint: GateOption,
    /// Its type checker.
    pub typecheck: GateOption,
    /// Deadline of each, in milliseconds.
    pub timeout_ms: u64,
}

/// Where a check comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateOption {
    /// From the project's manifests.
    #[default]
    Detect,
    /// There is none.
    Off,
    /// This command line.
    Command(String),
}

/// Who judges changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewMode {
    /// A reviewing agent.
    Auto,
    /// A reviewing agent, and then a person.
    Manual,
    /// The gates alone.
    Off,
}

/// What happens when all tasks are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LandMode {
    /// The person's branch is fast-forwarded, if their changes allow it.
    Auto,
    /// The integration branch is left for the person.
    Never,
}

/// When to improve a task's spec before it is tried again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RebaseOptions {
    /// Whether at all.
    pub enabled: bool,
    /// After how many failed attempts, 1 to 10.
    pub after_attempts: u32,
    /// How sure the better spec must be, 0 to 1.
    pub confidence: f64,
}

/// Limits of the text a worker is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextOptions {
    /// Its size in UTF-8 bytes, 500 to 100,000.
    pub max_bytes: usize,
}

/// What may be spent; `None` is no limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BudgetOptions {
    /// US dollars a run.
    pub run_usd: Option<f64>,
    /// US dollars a task, all attempts together.
    pub task_usd: Option<f64>,
    /// Tokens a run.
    pub run_tokens: Option<u64>,
    /// Tokens a task, all attempts together.
    pub task_tokens: Option<u64>,
    /// At which part of a budget to warn, 0 to 1.
    pub alert_at: f64,
}

/// One thing wrong with the options.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{path}: expected {expected}, found {found}")]
pub struct OptionProblem {
    /// Where, for example `options.gates.test`.
    pub path: String,
    /// What should be there.
    pub expected: String,
    /// What is there, as JSON, shortened.
    pub found: String,
}
