//! The backlog: the file `BACKLOG.yaml`, the same tasks as an agent writes them, and their rules.
//!
//! Text becomes a tree with line numbers (`tree`), the tree becomes tasks (`read`), tasks are held
//! against the rules (`rules`). Each step collects every problem it sees instead of stopping at one.

#[cfg(test)]
mod bad_ids;
#[cfg(test)]
mod bad_inputs;
mod draft;
pub(crate) mod fields;
mod limits;
pub(crate) mod problem;
#[cfg(test)]
mod properties;
mod read;
pub(crate) mod render;
mod rules;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod tree;

pub use draft::parse_draft;
pub use limits::Limits;
pub(crate) use limits::{CONSTRAINTS, DONT_TOUCH};
pub use problem::Problem;
pub use read::parse;
pub(crate) use read::read_skeleton;
pub use render::{render, render_task};
pub(crate) use rules::hint_problem;
pub use rules::validate;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{TaskId, TrackId};

/// A plan cut into tasks, as `BACKLOG.yaml` holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backlog {
    /// The version of the file's format, for example `1.0`.
    pub version: String,
    /// Names the plan; part of branch and ref names. `^[a-z0-9][a-z0-9-]{0,47}$`
    pub track_id: TrackId,
    /// Which state of the track the file shows, counted up by us; `None` when a person wrote it.
    #[serde(default)]
    pub revision: Option<u64>,
    /// When the backlog was made, as RFC 3339 text; never interpreted.
    pub created_at: String,
    /// When it was last written, as RFC 3339 text; never interpreted.
    #[serde(default)]
    pub updated_at: Option<String>,
    /// What holds for all of them: `constraints` and `dont_touch` in the file.
    #[serde(flatten)]
    pub limits: Limits,
    /// The tasks in the order of the file; 1 to 2,000.
    pub tasks: Vec<TaskSpec>,
}

impl Backlog {
    /// Tasks of which nothing else is known yet.
    pub(crate) fn of(tasks: Vec<TaskSpec>) -> Self {
        Self {
            version: String::new(),
            track_id: TrackId(String::new()),
            revision: None,
            created_at: String::new(),
            updated_at: None,
            limits: Limits::default(),
            tasks,
        }
    }
}

/// One task: what an implementer is asked to do, and how far it got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskSpec {
    /// Unique in the backlog, ignoring case. `^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`
    pub id: TaskId,
    /// One line that names the task.
    pub title: String,
    /// What is to be done.
    pub description: String,
    /// How far it got.
    pub status: Status,
    /// The tasks that must be merged before this one starts.
    pub depends_on: Vec<TaskId>,
    /// What must hold when it is done; at least one.
    pub acceptance: Vec<String>,
    /// Where the work is, and how much.
    pub scope: Scope,
    /// What the implementer has to know.
    pub context: TaskContext,
    /// Attempts so far.
    pub attempts: u32,
    /// When the last attempt began, as RFC 3339 text; never interpreted.
    #[serde(rename = "lastAttempt", default)]
    pub last_attempt: Option<String>,
    /// Why the last attempt failed.
    #[serde(default)]
    pub error: Option<String>,
    /// The kind of work, when the backlog says it.
    #[serde(rename = "type", default)]
    pub kind: Option<WorkKind>,
}

/// Where a task's work is, and how much of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// Paths or globs relative to the repository's root, with `/`; at least one.
    pub files_hint: Vec<String>,
    /// A guess in hours; 0 when there is none.
    pub estimated_hours: f64,
}

/// What an implementer has to know beside the task itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskContext {
    /// What must not be broken.
    pub constraints: Vec<String>,
    /// What to imitate.
    pub patterns: Vec<String>,
    /// What goes wrong easily.
    pub gotchas: Vec<String>,
}

/// How far a task got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A dependency is not merged yet.
    Pending,
    /// It can start.
    Ready,
    /// An attempt is under way.
    InProgress,
    /// Its work waits for a verdict.
    Review,
    /// Merged.
    Completed,
    /// Given up.
    Failed,
    /// Its spec is being improved.
    Rebasing,
}

impl Status {
    /// Every status, in the order of a task's life.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Ready,
        Self::InProgress,
        Self::Review,
        Self::Completed,
        Self::Failed,
        Self::Rebasing,
    ];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::InProgress => "in_progress",
            Self::Review => "review",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Rebasing => "rebasing",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kind of a task's work; decides which model does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkKind {
    /// Programming.
    Code,
    /// Writing documents.
    Documentation,
    /// A change that a small model can do.
    Simple,
}

impl WorkKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Code, Self::Documentation, Self::Simple];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Documentation => "documentation",
            Self::Simple => "simple",
        }
    }
}

impl fmt::Display for WorkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
