//! A small git in memory that behaves as the real one does under us: refs move by compare-and-swap,
//! work that lies in a worktree is rescued before it is reset, whole files conflict.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use multi_agent_coder::effect::git::{
    Change, Checkout, Comparison, GitOperation, GitOutcome, Guarded, HeldMerge, Repository,
};
use multi_agent_coder::ids::{CommitId, Slot, TaskId, TrackId};

use crate::common::tree::{
    Tree, attempts, composed, diff, difference, directory, listed, measured, related, three_way, without,
};

/// A commit. Its id is its place in the list.
#[derive(Debug)]
pub struct Commit {
    pub parents: Vec<CommitId>,
    pub tree: Rc<Tree>,
    /// Set for our merges: the track and the task.
    pub task: Option<(TrackId, TaskId)>,
}

/// A directory of the pool.
#[derive(Debug, Default)]
pub struct Worktree {
    pub tree: Tree,
    /// The commit it was prepared at.
    pub at: Option<CommitId>,
    /// A tree of it that is in a ref.
    collected: Option<Rc<Tree>>,
    /// A preparation got to its end.
    pub is_ready: bool,
}

/// The repository.
#[derive(Debug)]
pub struct Git {
    /// The branch that the person is on.
    pub branch: String,
    pub dirty_files: u32,
    pub commits: Vec<Commit>,
    pub refs: BTreeMap<String, CommitId>,
    pub worktrees: BTreeMap<Slot, Worktree>,
    /// What could make git run a program.
    pub guard: Vec<Guarded>,
    /// How often work was rescued.
    pub rescues: u32,
}

impl Git {
    /// A repository with one commit on `main`.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let mut git = Self {
            branch: "main".into(),
            dirty_files: 0,
            commits: Vec::new(),
            refs: BTreeMap::new(),
            worktrees: BTreeMap::new(),
            guard: Vec::new(),
            rescues: 0,
        };
        let tree = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let first = git.add(Vec::new(), tree, None);
        git.refs.insert(git.head(), first);
        git
    }

    /// The full name of the person's branch.
    pub fn head(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    fn add(&mut self, parents: Vec<CommitId>, tree: Tree, task: Option<(TrackId, TaskId)>) -> CommitId {
        self.commits.push(Commit { parents, tree: Rc::new(tree), task });
        CommitId(format!("{:040x}", self.commits.len()))
    }

    /// A commit, if it exists.
    pub fn commit(&self, id: &CommitId) -> Option<&Commit> {
        let place = usize::from_str_radix(&id.0, 16).ok()?;
        self.commits.get(place.checked_sub(1)?)
    }

    fn tree(&self, id: &CommitId) -> Rc<Tree> {
        self.commit(id).map(|commit| commit.tree.clone()).unwrap_or_default()
    }

    /// Somebody commits a file on a ref.
    pub fn commit_on(&mut self, reference: &str, path: &str, text: &str) {
        let Some(parent) = self.refs.get(reference).cloned() else { return };
        let mut tree = (*self.tree(&parent)).clone();
        tree.insert(path.into(), text.into());
        let id = self.add(vec![parent], tree, None);
        self.refs.insert(reference.into(), id);
    }

    /// Somebody merges a commit into a ref, theirs first where both changed a file.
    pub fn merge_into(&mut self, reference: &str, commit: &CommitId) {
        let Some(parent) = self.refs.get(reference).cloned() else { return };
        let mut tree = (*self.tree(commit)).clone();
        tree.extend((*self.tree(&parent)).clone());
        let id = self.add(vec![parent, commit.clone()], tree, None);
        self.refs.insert(reference.into(), id);
    }

    /// The tasks whose merge commits a commit holds, newest first.
    pub fn merges(&self, from: &CommitId) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let mut open = vec![from.clone()];
        let mut tasks = Vec::new();
        while let Some(id) = open.pop() {
            if let Some(commit) = self.commit(&id)
                && seen.insert(id)
            {
                tasks.extend(commit.task.as_ref().map(|(_, task)| task.as_str()));
                open.extend(commit.parents.iter().cloned());
            }
        }
        tasks
    }

    /// The same, of one track only.
    pub fn merges_of(&self, from: &CommitId, track: &str) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut open = vec![from.clone()];
        let mut tasks = Vec::new();
        while let Some(id) = open.pop() {
            if let Some(commit) = self.commit(&id)
                && seen.insert(id)
            {
                let own = commit.task.as_ref().filter(|(of, _)| of.as_str() == track);
                tasks.extend(own.map(|(_, task)| task.to_string()));
                open.extend(commit.parents.iter().cloned());
            }
        }
        tasks
    }

    /// Whether a commit holds another.
    pub fn holds(&self, ours: &CommitId, theirs: &CommitId) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![ours.clone()];
        while let Some(id) = open.pop() {
            if id == *theirs {
                return true;
            }
            // Parents come before their children in the list.
            if let Some(commit) = self.commit(&id)
                && seen.insert(id)
            {
                open.extend(commit.parents.iter().filter(|parent| **parent >= *theirs).cloned());
            }
        }
        false
    }

    /// Does what is asked.
    pub fn perform(&mut self, operation: &GitOperation) -> GitOutcome {
        if let GitOperation::Prepare { guard, .. }
        | GitOperation::Collect { guard, .. }
        | GitOperation::Merge { guard, .. }
        | GitOperation::Compose { guard, .. }
        | GitOperation::Revert { guard, .. }
        | GitOperation::Land { guard, .. } = operation
            && *guard != self.guard
        {
            let changed = self.guard.iter().chain(guard);
            let names = changed.map(|entry| entry.name.clone()).collect();
            return GitOutcome::Tampered { names };
        }
        match operation {
            GitOperation::Inspect { reference } => self.inspect(reference.as_deref()),
            GitOperation::List { commit, .. } => listed(&self.tree(commit)),
            GitOperation::Measure { commit, paths, .. } => measured(&self.tree(commit), paths),
            GitOperation::Show { commit, path, .. } => {
                GitOutcome::Shown { text: self.tree(commit).get(path).cloned() }
            }
            GitOperation::Prepare { slot, at, .. } => {
                self.prepare(*slot, at);
                GitOutcome::Prepared { directory: directory(*slot) }
            }
            GitOperation::Collect { slot, base, reference, diff_bytes_max, .. } => {
                self.collect(*slot, base, reference, *diff_bytes_max as usize)
            }
            GitOperation::Recall { base, commit, diff_bytes_max } => {
                let diff_max = *diff_bytes_max as usize;
                difference(&self.tree(base), &self.tree(commit), Some(commit.clone()), diff_max)
            }
            GitOperation::Examine { slot, at } => self.examine(*slot, at),
            GitOperation::Glance { slot } => match self.worktrees.get(slot) {
                Some(worktree) => GitOutcome::Glanced { digest: format!("{:?}", worktree.tree) },
                None => GitOutcome::Failed { message: "the worktree was never made ready".into() },
            },
            GitOperation::Compare { name, .. } => self.compare(name.is_some()),
            GitOperation::Look => GitOutcome::Seen { checkout: self.checkout() },
            GitOperation::Hold { track, tip } => self.hold(track, tip.as_ref()),
            GitOperation::Merge { onto, commit, task, track, .. } => self.merge(onto, commit, (track, task)),
            GitOperation::Compose { base, from, paths, parents, reference, .. } => {
                let tree = composed(self.tree_of(base), &self.tree(from), paths);
                self.made(parents.clone(), tree, reference)
            }
            GitOperation::Revert { tip, since, until, reference, .. } => {
                let [ours, base, theirs] = [tip, until, since].map(|id| self.tree_of(id));
                match three_way(ours, &base, &theirs) {
                    Ok(tree) => self.made(vec![tip.clone()], tree, reference),
                    Err(paths) => GitOutcome::Conflicted { paths },
                }
            }
            GitOperation::Move { reference, to, from } => {
                let actual = self.refs.get(reference).cloned();
                if actual != *from {
                    return GitOutcome::Stale { actual };
                }
                self.refs.insert(reference.clone(), to.clone());
                GitOutcome::Moved
            }
            GitOperation::Relate { ours, theirs } => {
                related(self.holds(ours, theirs), self.holds(theirs, ours))
            }
            GitOperation::Land { branch, to, .. } => self.land(branch, to),
        }
    }

    /// The files of a commit, for a change.
    fn tree_of(&self, id: &CommitId) -> Tree {
        (*self.tree(id)).clone()
    }

    /// A commit that a ref of ours points at.
    fn made(&mut self, parents: Vec<CommitId>, tree: Tree, reference: &str) -> GitOutcome {
        assert!(reference.starts_with("refs/mac/"), "I8: {reference} is not ours");
        let commit = self.add(parents, tree, None);
        self.refs.insert(reference.to_owned(), commit.clone());
        GitOutcome::Made { commit }
    }

    fn inspect(&self, reference: Option<&str>) -> GitOutcome {
        let head = self.refs.get(&self.head()).cloned();
        let repository = Repository {
            is_repository: true,
            name: "shop".into(),
            // A tree's name only has to tell trees apart.
            tree: head.as_ref().map(ToString::to_string),
            head,
            branch: Some(self.branch.clone()),
            dirty_files: self.dirty_files,
            dirty_paths: (0..self.dirty_files).map(|n| format!("dirty-{n}.txt")).collect(),
            has_mac_branch: false,
            reference: reference.and_then(|name| match name.strip_suffix("^{commit}") {
                Some(id) => Some(CommitId::from(id)).filter(|id| self.commit(id).is_some()),
                None => self.refs.get(name).cloned(),
            }),
            guard: self.guard.clone(),
        };
        GitOutcome::Inspected { repository }
    }

    /// Keeps what lies in a directory and is in no ref yet.
    pub fn rescue(&mut self, slot: Slot) {
        let Some(worktree) = self.worktrees.get(&slot) else { return };
        let Some(at) = worktree.at.clone().filter(|_| worktree.is_ready) else { return };
        let is_collected = worktree.collected.as_deref() == Some(&worktree.tree);
        if is_collected || *self.tree(&at) == worktree.tree {
            return;
        }
        let commit = self.add(vec![at], self.worktrees[&slot].tree.clone(), None);
        self.refs.insert(format!("refs/mac/rescued/w{}/{commit}", slot.0), commit);
        self.rescues += 1;
    }

    fn prepare(&mut self, slot: Slot, at: &CommitId) {
        self.rescue(slot);
        let worktree = Worktree {
            tree: (*self.tree(at)).clone(),
            at: Some(at.clone()),
            collected: None,
            is_ready: true,
        };
        self.worktrees.insert(slot, worktree);
    }

    fn collect(&mut self, slot: Slot, base: &CommitId, reference: &str, diff_max: usize) -> GitOutcome {
        let old = self.tree(base);
        let Some(worktree) = self.worktrees.get_mut(&slot).filter(|worktree| worktree.is_ready) else {
            return GitOutcome::Failed { message: "the worktree was never made ready".into() };
        };
        let is_left_out = |path: &&String| is_forbidden(path) && !old.contains_key(*path);
        let left_out: Vec<String> = worktree.tree.keys().filter(is_left_out).cloned().collect();
        if !left_out.is_empty() {
            self.rescue(slot);
        }
        let Some(worktree) = self.worktrees.get_mut(&slot) else {
            return GitOutcome::Failed { message: "no worktree".into() };
        };
        worktree.tree.retain(|path, _| !left_out.contains(path));
        let new = Rc::new(worktree.tree.clone());
        if new == old {
            let (changes, diff) = (Vec::new(), String::new());
            return GitOutcome::Collected { commit: None, changes, diff_bytes: 0, diff, left_out };
        }
        worktree.collected = Some(new.clone());
        let commit = self.add(vec![base.clone()], (*new).clone(), None);
        self.refs.insert(reference.to_owned(), commit.clone());
        without(difference(&old, &new, Some(commit), diff_max), left_out)
    }

    /// What the person did by hand is all in the head of their branch.
    fn compare(&self, is_named: bool) -> GitOutcome {
        if is_named {
            return GitOutcome::Unknown;
        }
        let changed = |n: u32| Change { path: format!("dirty-{n}.txt"), added: 1, removed: 0 };
        let changes: Vec<Change> = (0..self.dirty_files).map(changed).collect();
        let diff: String =
            changes.iter().map(|change| diff(&change.path, None, Some(&"dirty\n".to_owned()))).collect();
        let (comparison, diff_bytes) = (Comparison::Uncommitted, diff.len() as u64);
        GitOutcome::Compared { comparison, changes, diff, diff_bytes }
    }

    fn examine(&self, slot: Slot, at: &CommitId) -> GitOutcome {
        let Some(worktree) = self.worktrees.get(&slot) else {
            return GitOutcome::Failed { message: "the worktree was never made ready".into() };
        };
        let base = self.tree(at);
        let is_changed = |path: &&String| is_forbidden(path) && worktree.tree.get(*path) != base.get(*path);
        let names: Vec<String> = worktree.tree.keys().filter(is_changed).cloned().collect();
        if names.is_empty() { GitOutcome::Clean } else { GitOutcome::Tampered { names } }
    }

    fn checkout(&self) -> Checkout {
        let dirty = |n: u32| Guarded { name: format!("dirty-{n}.txt"), hash: "dirty".into() };
        Checkout {
            head: self.refs.get(&self.head()).cloned(),
            branch: Some(self.branch.clone()),
            files: (0..self.dirty_files).map(dirty).collect(),
        }
    }

    fn hold(&self, track: &TrackId, tip: Option<&CommitId>) -> GitOutcome {
        let mut merges = Vec::new();
        let mut at = tip;
        while let Some((id, commit)) = at.and_then(|id| Some((id, self.commit(id)?))) {
            if let Some((of, task)) = &commit.task
                && of == track
            {
                merges.push(HeldMerge { task: task.clone(), commit: id.clone() });
            }
            at = commit.parents.first();
        }
        GitOutcome::Held { attempts: attempts(&self.refs, track), merges }
    }

    fn merge(&mut self, onto: &CommitId, commit: &CommitId, what: (&TrackId, &TaskId)) -> GitOutcome {
        if self.holds(onto, commit) {
            return GitOutcome::Merged { commit: onto.clone() };
        }
        let mut at = commit.clone();
        while !self.holds(onto, &at) {
            match self.commit(&at).and_then(|commit| commit.parents.first()) {
                Some(parent) => at = parent.clone(),
                None => break,
            }
        }
        let (base, theirs) = (self.tree(&at), self.tree(commit));
        let merged = match three_way(self.tree_of(onto), &base, &theirs) {
            Ok(merged) => merged,
            Err(paths) => return GitOutcome::Conflicted { paths },
        };
        let parents = vec![onto.clone(), commit.clone()];
        GitOutcome::Merged { commit: self.add(parents, merged, Some((what.0.clone(), what.1.clone()))) }
    }

    fn land(&mut self, branch: &str, to: &CommitId) -> GitOutcome {
        let refused = |reason: &str| GitOutcome::Refused { reason: reason.to_owned() };
        if self.branch != branch {
            return refused("the checkout is on another branch now");
        }
        if self.dirty_files > 0 {
            return refused("uncommitted changes are in the way");
        }
        let head = self.refs[&self.head()].clone();
        if self.holds(&head, to) {
            return GitOutcome::Landed;
        }
        if !self.holds(to, &head) {
            return refused("the branch has moved on and no longer fast-forwards");
        }
        self.refs.insert(self.head(), to.clone());
        GitOutcome::Landed
    }
}

/// Whether git or the host acts on a file of this name.
fn is_forbidden(path: &str) -> bool {
    path == "opencode.json"
}

/// The directory of the pool at a path.
pub fn slot_of(path: &str) -> Option<Slot> {
    path.strip_prefix("/pool/w")?.parse().ok().map(Slot)
}
