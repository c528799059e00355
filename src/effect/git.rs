//! Git. Nothing here touches the person's HEAD, index or files, except `Land`, which they asked for.

mod found;

use serde::{Deserialize, Serialize};

use crate::ids::{CommitId, Slot, TaskId, TrackId};
pub use found::{
    Change, Checkout, Comparison, Guarded, HeldAttempt, HeldMerge, ListedFile, MeasuredFile, Relation,
    Repository,
};

/// What can be asked of git.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum GitOperation {
    /// Look at the repository. Resolves as `Inspected`.
    Inspect {
        /// A full ref name to look up as well, for example `refs/heads/mac/login`; or `<commit>^{commit}`,
        /// to learn whether a commit is there.
        reference: Option<String>,
    },
    /// List the files of a commit. Resolves as `Listed`.
    List {
        /// The commit.
        commit: CommitId,
        /// At most so many files.
        files_max: u32,
    },
    /// The text of a file as a commit has it. Resolves as `Shown`.
    Show {
        /// The commit.
        commit: CommitId,
        /// Its path from the repository's root, with `/`.
        path: String,
        /// A larger file is not shown.
        bytes_max: u32,
    },
    /// How files of a commit are, without their texts. Resolves as `Measured`.
    Measure {
        /// The commit.
        commit: CommitId,
        /// Their paths from the repository's root, with `/`.
        paths: Vec<String>,
        /// The lines of a larger file are not counted.
        bytes_max: u32,
    },
    /// Make a worktree of the pool a clean copy of a commit: created, or reset and cleaned, detached,
    /// linked. Work that lies in it is kept first, under `refs/mac/rescued/`. Resolves as `Prepared`.
    Prepare {
        /// Which directory of the pool.
        slot: Slot,
        /// The commit to show.
        at: CommitId,
        /// The pool's parent directory; `None` for the default outside the repository.
        worktrees_dir: Option<String>,
        /// Paths in the person's checkout to link when they exist.
        link: Vec<String>,
        /// Paths in the person's checkout to copy when they exist.
        copy: Vec<String>,
        /// Ignored paths that survive the cleaning.
        keep: Vec<String>,
        /// What git's configuration must be like; else it resolves as `Tampered`.
        guard: Vec<Guarded>,
    },
    /// Commit everything in a worktree to a ref of ours. Resolves as `Collected`.
    Collect {
        /// Which directory of the pool.
        slot: Slot,
        /// The commit the work began from: the parent of the new one.
        base: CommitId,
        /// The full name of the ref to set.
        reference: String,
        /// The commit message.
        message: String,
        /// The diff is cut after so many bytes.
        diff_bytes_max: u32,
        /// What git's configuration must be like; else it resolves as `Tampered`.
        guard: Vec<Guarded>,
    },
    /// What a kept commit changes. Resolves as `Collected`.
    Recall {
        /// The commit it began from.
        base: CommitId,
        /// It.
        commit: CommitId,
        /// The diff is cut after so many bytes.
        diff_bytes_max: u32,
    },
    /// Compare what the host or git would act on in a worktree with a commit, before a session or a
    /// command starts there. Resolves as `Clean` or `Tampered`.
    Examine {
        /// Which directory of the pool.
        slot: Slot,
        /// The commit.
        at: CommitId,
    },
    /// A fingerprint of what an agent has changed so far. Resolves as `Glanced`.
    Glance {
        /// Which directory of the pool.
        slot: Slot,
    },
    /// What the person's own changes are, for a review. Resolves as `Compared`, or `Unknown`.
    Compare {
        /// A branch or a commit; `None` for what is not committed.
        name: Option<String>,
        /// Paths that are left out of what is not committed, with `/`.
        without: Vec<String>,
        /// The diff is cut after so many bytes.
        diff_bytes_max: u32,
    },
    /// The state of the person's checkout. Resolves as `Seen`.
    Look,
    /// What the refs hold of a track. Resolves as `Held`.
    Hold {
        /// The track.
        track: TrackId,
        /// The tip of its integration branch; `None` when there is none.
        tip: Option<CommitId>,
    },
    /// Merge a commit without any checkout. Resolves as `Merged` or `Conflicted`.
    Merge {
        /// The integration tip.
        onto: CommitId,
        /// The work.
        commit: CommitId,
        /// The merge commit's message.
        message: String,
        /// The task, for the commit's trailer.
        task: TaskId,
        /// The track, for the commit's trailer.
        track: TrackId,
        /// What git's configuration must be like; else it resolves as `Tampered`.
        guard: Vec<Guarded>,
    },
    /// Commit the files of one commit with some of another's in their place, without any checkout.
    /// Resolves as `Made`.
    Compose {
        /// Whose files.
        base: CommitId,
        /// Whose files are taken for `paths`.
        from: CommitId,
        /// Which paths, with `/`; one that is not in `from` is gone.
        paths: Vec<String>,
        /// The parents of the new commit.
        parents: Vec<CommitId>,
        /// The full name of the ref to set.
        reference: String,
        /// The commit message.
        message: String,
        /// What git's configuration must be like; else it resolves as `Tampered`.
        guard: Vec<Guarded>,
    },
    /// Take back what a track brought to a branch, without any checkout: its merges between two commits,
    /// or all between them when none of those is its own. Resolves as `Made` or `Conflicted`.
    Revert {
        /// The commit to take it out of; it holds `until`.
        tip: CommitId,
        /// The commit before the track's work.
        since: CommitId,
        /// The commit with all of it.
        until: CommitId,
        /// The track.
        track: TrackId,
        /// The full name of the ref to set.
        reference: String,
        /// The commit message.
        message: String,
        /// What git's configuration must be like; else it resolves as `Tampered`.
        guard: Vec<Guarded>,
    },
    /// Move a ref by compare-and-swap. Resolves as `Moved` or `Stale`.
    Move {
        /// The full ref name.
        reference: String,
        /// Where to.
        to: CommitId,
        /// Where it must be now; `None` when it must not exist.
        from: Option<CommitId>,
    },
    /// How two commits lie to each other. Resolves as `Related`.
    Relate {
        /// One.
        ours: CommitId,
        /// The other.
        theirs: CommitId,
    },
    /// Fast-forward the person's branch, files included, if that leaves their changes alone.
    /// Resolves as `Landed` or `Refused`.
    Land {
        /// The branch they must still be on.
        branch: String,
        /// Where it goes.
        to: CommitId,
        /// What git's configuration must be like; else it resolves as `Tampered`.
        guard: Vec<Guarded>,
    },
}

/// How a git operation ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum GitOutcome {
    /// What the repository looks like.
    Inspected {
        /// Its state.
        repository: Repository,
    },
    /// The files of a commit, in git's order.
    Listed {
        /// Paths and sizes.
        files: Vec<ListedFile>,
        /// More were there than asked for.
        is_cut: bool,
    },
    /// The file's text.
    Shown {
        /// `None` when it is not there, too large or not UTF-8.
        text: Option<String>,
    },
    /// Those of the files that there are, in the order in which they were asked for.
    Measured {
        /// They.
        files: Vec<MeasuredFile>,
    },
    /// The worktree is ready.
    Prepared {
        /// Its absolute path.
        directory: String,
    },
    /// What the worktree held.
    Collected {
        /// The new commit; `None` when nothing had changed.
        commit: Option<CommitId>,
        /// The changed paths.
        changes: Vec<Change>,
        /// The unified diff, perhaps cut.
        diff: String,
        /// Its full size in bytes.
        #[cfg_attr(test, ts(type = "number"))]
        diff_bytes: u64,
        /// Changed configuration of git or the host, left out of the commit.
        left_out: Vec<String>,
    },
    /// Nothing there was changed that the host or git would act on.
    Clean,
    /// Something that the host or git acts on is not what it should be; nothing was done.
    Tampered {
        /// What: names of `guard`, or paths in the worktree.
        names: Vec<String>,
    },
    /// What an agent has changed so far.
    Glanced {
        /// Equal while nothing changes.
        digest: String,
    },
    /// What the person's own changes are.
    Compared {
        /// What was compared.
        comparison: Comparison,
        /// The changed paths.
        changes: Vec<Change>,
        /// The unified diff, perhaps cut.
        diff: String,
        /// Its full size in bytes.
        #[cfg_attr(test, ts(type = "number"))]
        diff_bytes: u64,
    },
    /// There is no branch and no commit of that name.
    Unknown,
    /// The person's checkout.
    Seen {
        /// Its state.
        checkout: Checkout,
    },
    /// What the refs hold of a track.
    Held {
        /// Attempts whose work is in a ref.
        attempts: Vec<HeldAttempt>,
        /// Merges on the integration branch, newest first.
        merges: Vec<HeldMerge>,
    },
    /// The merge commit exists; no ref points at it yet.
    Merged {
        /// It.
        commit: CommitId,
    },
    /// The two do not go together.
    Conflicted {
        /// Paths in conflict.
        paths: Vec<String>,
    },
    /// The commit exists, and the ref points at it.
    Made {
        /// It.
        commit: CommitId,
    },
    /// The ref is where it should be.
    Moved,
    /// The ref was somewhere else, and stayed there.
    Stale {
        /// Where; `None` when it does not exist.
        actual: Option<CommitId>,
    },
    /// How the two commits lie.
    Related {
        /// Seen from `ours`.
        relation: Relation,
    },
    /// The branch and the files are there.
    Landed,
    /// Landing was not possible; nothing changed.
    Refused {
        /// Why, in git's words or ours.
        reason: String,
    },
    /// Git failed in a way that none of the above describes.
    Failed {
        /// What was tried and what git said.
        message: String,
    },
}
