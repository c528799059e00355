//! What git operations find: the repository, its files, what we have in its refs, what changed.

use serde::{Deserialize, Serialize};

use crate::ids::{CommitId, TaskId};

/// What a repository looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Repository {
    /// `false` outside a git repository; all else is then empty.
    pub is_repository: bool,
    /// The repository's directory name.
    pub name: String,
    /// The commit of HEAD; `None` before the first commit.
    pub head: Option<CommitId>,
    /// The tree of HEAD, 40 hex digits.
    pub tree: Option<String>,
    /// The branch of HEAD; `None` when detached.
    pub branch: Option<String>,
    /// Tracked files that differ from HEAD.
    pub dirty_files: u32,
    /// The first of them, at most 50.
    #[serde(default)]
    pub dirty_paths: Vec<String>,
    /// A branch named `mac` exists and would collide with `mac/<track>`.
    pub has_mac_branch: bool,
    /// The commit of the reference that was asked for.
    pub reference: Option<CommitId>,
    /// What must stay as it is while we work.
    #[serde(default)]
    pub guard: Vec<Guarded>,
}

/// Something in git's configuration that can make git run a program or act elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Guarded {
    /// What it is called, for people: `core.fsmonitor in .git/config`, `.git/hooks/pre-commit`.
    pub name: String,
    /// A hash of its value.
    pub hash: String,
}

/// The person's checkout, as far as an agent could have changed it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Checkout {
    /// The commit of HEAD.
    pub head: Option<CommitId>,
    /// The branch of HEAD.
    pub branch: Option<String>,
    /// Files that differ from HEAD, untracked ones included, with what tells their state; at most 500.
    pub files: Vec<Guarded>,
}

/// An attempt whose work is in a ref of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HeldAttempt {
    /// The task.
    pub task: TaskId,
    /// The attempt's number.
    pub number: u32,
    /// Its work.
    pub commit: CommitId,
}

/// A merge of a task's work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HeldMerge {
    /// The task.
    pub task: TaskId,
    /// The merge commit.
    pub commit: CommitId,
}

/// A file of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ListedFile {
    /// Its path from the repository's root, with `/`.
    pub path: String,
    /// Its size.
    pub bytes: u32,
}

/// A file of a commit, by what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MeasuredFile {
    /// Its path from the repository's root, with `/`.
    pub path: String,
    /// Git's id of its content.
    pub blob: String,
    /// How many lines it has; `None` when it is too large for counting.
    pub lines: Option<u32>,
}

/// A changed path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Change {
    /// The path, with `/`.
    pub path: String,
    /// Lines added; 0 for binary files.
    pub added: u32,
    /// Lines removed; 0 for binary files.
    pub removed: u32,
}

/// What was compared for a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Comparison {
    /// The files of the checkout with HEAD.
    Uncommitted,
    /// A commit with its first parent.
    Commit {
        /// It.
        commit: CommitId,
    },
    /// A branch that holds HEAD and more, with HEAD.
    Ahead {
        /// Its name as it was given.
        name: String,
    },
    /// HEAD with where it left a branch.
    Since {
        /// The branch's name as it was given.
        name: String,
    },
}

/// How one commit lies to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The same commit.
    Same,
    /// Ours holds theirs and more.
    Ahead,
    /// Theirs holds ours and more.
    Behind,
    /// Each has what the other lacks.
    Diverged,
}
