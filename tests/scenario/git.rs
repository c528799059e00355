//! A tiny git in memory: commits are sets of files, merges look at whole files.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use multi_agent_coder::effect::git::{
    Checkout, Comparison, GitOperation, GitOutcome, Guarded, HeldMerge, Repository,
};
use multi_agent_coder::ids::{CommitId, Slot, TaskId, TrackId};

use crate::common::files::hash;
use crate::common::tree::{
    Tree, attempts, composed, difference, directory, listed, measured, related, three_way, without,
};

/// A commit.
#[derive(Clone, Debug)]
pub struct Commit {
    pub parents: Vec<CommitId>,
    pub tree: Tree,
    /// Set for our merges.
    pub task: Option<(TrackId, TaskId)>,
}

/// A directory of the pool.
#[derive(Clone, Debug, Default)]
pub struct Worktree {
    pub tree: Tree,
    /// It holds work that is in no ref.
    pub is_dirty: bool,
    /// The process died while it was in use.
    pub is_orphan: bool,
}

/// The repository.
#[derive(Clone, Debug)]
pub struct Git {
    pub is_repository: bool,
    pub branch: Option<String>,
    pub has_mac_branch: bool,
    pub dirty_files: u32,
    pub commits: BTreeMap<CommitId, Commit>,
    pub refs: BTreeMap<String, CommitId>,
    pub worktrees: BTreeMap<Slot, Worktree>,
    /// What could make git run a program.
    pub guard: Vec<Guarded>,
    /// Files of the checkout that differ from HEAD, for a review.
    pub uncommitted: Tree,
    /// Why the person's checkout does not allow to land.
    pub refuse: Option<String>,
    /// What the next operations of a kind end with instead: `merge`, `move`, `collect`, `prepare`, `revert`.
    pub planned: Vec<(&'static str, GitOutcome)>,
    /// Whether what is planned is answered after the operation was done all the same.
    pub is_done_unheard: bool,
}

pub const MAIN: &str = "refs/heads/main";

impl Git {
    /// A repository with one commit on `main`.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let mut git = Self {
            is_repository: true,
            branch: Some("main".into()),
            has_mac_branch: false,
            dirty_files: 0,
            commits: BTreeMap::new(),
            refs: BTreeMap::new(),
            worktrees: BTreeMap::new(),
            guard: Vec::new(),
            uncommitted: Tree::new(),
            refuse: None,
            planned: Vec::new(),
            is_done_unheard: false,
        };
        let tree = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let first = git.add(Vec::new(), tree, None);
        git.refs.insert(MAIN.into(), first);
        git
    }

    fn add(&mut self, parents: Vec<CommitId>, tree: Tree, task: Option<(TrackId, TaskId)>) -> CommitId {
        let id = CommitId(format!("{:040x}", self.commits.len() + 1));
        let commit = Commit { parents, tree, task };
        self.commits.insert(id.clone(), commit);
        id
    }

    /// Somebody commits files on a ref.
    pub fn commit_on(&mut self, reference: &str, files: &[(&str, &str)]) -> CommitId {
        let parent = self.refs[reference].clone();
        let mut tree = self.commits[&parent].tree.clone();
        for (path, text) in files {
            tree.insert((*path).into(), (*text).into());
        }
        let id = self.add(vec![parent], tree, None);
        self.refs.insert(reference.into(), id.clone());
        id
    }

    /// Somebody merges a commit into a ref, with a merge commit of their own.
    pub fn merge_on(&mut self, reference: &str, commit: &CommitId) {
        let tree = self.commits[commit].tree.clone();
        let id = self.add(vec![self.refs[reference].clone(), commit.clone()], tree, None);
        self.refs.insert(reference.into(), id);
    }

    /// The files of a ref.
    pub fn tree(&self, reference: &str) -> &Tree {
        &self.commits[&self.refs[reference]].tree
    }

    /// The tasks merged into a ref, oldest first.
    pub fn merges(&self, reference: &str) -> Vec<String> {
        let mut tasks = Vec::new();
        let mut at = self.refs.get(reference);
        while let Some(commit) = at.and_then(|id| self.commits.get(id)) {
            tasks.extend(commit.task.as_ref().map(|(_, task)| task.to_string()));
            at = commit.parents.first();
        }
        tasks.reverse();
        tasks
    }

    /// Whether a task of a track is merged into a ref.
    pub fn has_merged(&self, reference: &str, track: &TrackId, task: &TaskId) -> bool {
        let tip = self.refs.get(reference);
        let mut held = tip.map(|tip| self.ancestors(tip)).unwrap_or_default().into_iter();
        held.any(|id| self.commits[&id].task.as_ref() == Some(&(track.clone(), task.clone())))
    }

    fn ancestors(&self, of: &CommitId) -> BTreeSet<CommitId> {
        let mut seen = BTreeSet::new();
        let mut open = vec![of.clone()];
        while let Some(id) = open.pop() {
            if seen.insert(id.clone()) {
                open.extend(self.commits[&id].parents.iter().cloned());
            }
        }
        seen
    }

    /// Whether a commit has all that another has.
    pub fn holds(&self, ours: &CommitId, theirs: &CommitId) -> bool {
        self.ancestors(ours).contains(theirs)
    }

    /// Does what is asked.
    pub fn perform(&mut self, operation: &GitOperation) -> GitOutcome {
        let kind = match operation {
            GitOperation::Merge { .. } => "merge",
            GitOperation::Move { .. } => "move",
            GitOperation::Collect { .. } => "collect",
            GitOperation::Prepare { .. } => "prepare",
            GitOperation::Revert { .. } => "revert",
            _ => "",
        };
        if let Some(at) = self.planned.iter().position(|(of, _)| *of == kind) {
            if let GitOperation::Collect { slot, .. } = operation {
                // What was not committed lies there until somebody comes for it.
                self.worktrees.entry(*slot).or_default().is_orphan = true;
            }
            let outcome = self.planned.remove(at).1;
            if self.is_done_unheard {
                self.perform(operation);
            }
            return outcome;
        }
        match operation {
            GitOperation::Inspect { reference } => self.inspect(reference.as_deref()),
            GitOperation::List { commit, .. } => listed(&self.commits[commit].tree),
            GitOperation::Measure { commit, paths, .. } => measured(&self.commits[commit].tree, paths),
            GitOperation::Show { commit, path, .. } => {
                GitOutcome::Shown { text: self.commits[commit].tree.get(path).cloned() }
            }
            GitOperation::Prepare { slot, at, .. } => {
                let tree = self.commits[at].tree.clone();
                let worktree = self.worktrees.entry(*slot).or_default();
                assert!(
                    !worktree.is_dirty || worktree.is_orphan,
                    "I5: work in w{} is in no ref and would be lost",
                    slot.0
                );
                *worktree = Worktree { tree, ..Worktree::default() };
                GitOutcome::Prepared { directory: directory(*slot) }
            }
            GitOperation::Collect { slot, base, reference, diff_bytes_max, .. } => {
                self.collect(*slot, base, reference, *diff_bytes_max as usize)
            }
            GitOperation::Recall { base, commit, diff_bytes_max } => {
                let [old, new] = [base, commit].map(|id| &self.commits[id].tree);
                difference(old, new, Some(commit.clone()), *diff_bytes_max as usize)
            }
            GitOperation::Examine { slot, at } => {
                let base = &self.commits[at].tree;
                let tree = &self.worktrees[slot].tree;
                let is_changed = |path: &&String| is_forbidden(path) && tree.get(*path) != base.get(*path);
                let names: Vec<String> = tree.keys().filter(is_changed).cloned().collect();
                if names.is_empty() { GitOutcome::Clean } else { GitOutcome::Tampered { names } }
            }
            GitOperation::Glance { slot } => {
                GitOutcome::Glanced { digest: hash(&format!("{:?}", self.worktrees[slot].tree)) }
            }
            GitOperation::Compare { name, without, .. } => self.compare(name.as_deref(), without),
            GitOperation::Look => GitOutcome::Seen { checkout: self.checkout() },
            GitOperation::Hold { track, tip } => self.hold(track, tip.as_ref()),
            GitOperation::Merge { onto, commit, task, track, .. } => self.merge(onto, commit, (track, task)),
            GitOperation::Compose { base, from, paths, parents, reference, .. } => {
                let tree = composed(self.tree_of(base), &self.tree_of(from), paths);
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
                assert!(self.commits.contains_key(to), "the new commit does not exist");
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
        self.commits[id].tree.clone()
    }

    /// A commit that a ref of ours points at.
    fn made(&mut self, parents: Vec<CommitId>, tree: Tree, reference: &str) -> GitOutcome {
        assert!(reference.starts_with("refs/mac/"), "I8: {reference} is not ours");
        let commit = self.add(parents, tree, None);
        self.refs.insert(reference.to_owned(), commit.clone());
        GitOutcome::Made { commit }
    }

    fn inspect(&self, reference: Option<&str>) -> GitOutcome {
        if !self.is_repository {
            return GitOutcome::Inspected { repository: Repository::default() };
        }
        let head = self.refs.get(MAIN).cloned();
        let repository = Repository {
            is_repository: true,
            name: "shop".into(),
            tree: head.as_ref().map(|id| hash(&format!("{:?}", self.commits[id].tree))),
            head,
            branch: self.branch.clone(),
            dirty_files: self.dirty_files,
            dirty_paths: (0..self.dirty_files).map(|n| format!("dirty-{n}.txt")).collect(),
            has_mac_branch: self.has_mac_branch,
            reference: reference.and_then(|name| match name.strip_suffix("^{commit}") {
                Some(id) => Some(CommitId::from(id)).filter(|id| self.commits.contains_key(id)),
                None => self.refs.get(name).cloned(),
            }),
            guard: self.guard.clone(),
        };
        GitOutcome::Inspected { repository }
    }

    fn collect(&mut self, slot: Slot, base: &CommitId, reference: &str, diff_max: usize) -> GitOutcome {
        assert!(reference.starts_with("refs/mac/"), "I8: {reference} is not ours");
        let old = self.commits[base].tree.clone();
        let worktree = self.worktrees.entry(slot).or_default();
        worktree.is_dirty = false;
        let left_out: Vec<String> = worktree.tree.keys().filter(|path| is_forbidden(path)).cloned().collect();
        let mut new = worktree.tree.clone();
        new.retain(|path, _| !left_out.contains(path));
        let commit = (new != old).then(|| self.add(vec![base.clone()], new.clone(), None));
        if let Some(commit) = &commit {
            let earlier = self.refs.insert(reference.to_owned(), commit.clone());
            let is_lost = earlier.is_some_and(|earlier| self.commits[&earlier].tree != new);
            assert!(!is_lost, "I5: {reference} held other work");
        }
        without(difference(&old, &new, commit, diff_max), left_out)
    }

    fn compare(&self, name: Option<&str>, without: &[String]) -> GitOutcome {
        let head = &self.refs[MAIN];
        let parent = |commit: &CommitId| self.commits[commit].parents.first().cloned();
        let (comparison, from, new) = match name {
            None => {
                let mut tree = self.commits[head].tree.clone();
                tree.extend(self.uncommitted.clone());
                tree.retain(|path, _| !without.iter().any(|own| path.starts_with(&format!("{own}/"))));
                (Comparison::Uncommitted, head.clone(), tree)
            }
            Some(name) => match (self.refs.get(&format!("refs/heads/{name}")), name) {
                (Some(tip), _) => {
                    (Comparison::Ahead { name: name.into() }, head.clone(), self.commits[tip].tree.clone())
                }
                (None, "HEAD") => {
                    let comparison = Comparison::Commit { commit: head.clone() };
                    (comparison, parent(head).unwrap_or(head.clone()), self.commits[head].tree.clone())
                }
                _ => return GitOutcome::Unknown,
            },
        };
        match difference(&self.commits[&from].tree, &new, None, usize::MAX) {
            GitOutcome::Collected { changes, diff, diff_bytes, .. } => {
                GitOutcome::Compared { comparison, changes, diff, diff_bytes }
            }
            other => other,
        }
    }

    fn checkout(&self) -> Checkout {
        let head = self.refs.get(MAIN).cloned();
        let dirty = |n: u32| Guarded { name: format!("dirty-{n}.txt"), hash: hash("dirty") };
        let uncommitted = |(name, text): (&String, &String)| Guarded { name: name.clone(), hash: hash(text) };
        let files =
            (0..self.dirty_files).map(dirty).chain(self.uncommitted.iter().map(uncommitted)).collect();
        Checkout { head, branch: self.branch.clone(), files }
    }

    fn hold(&self, track: &TrackId, tip: Option<&CommitId>) -> GitOutcome {
        let mut merges = Vec::new();
        let mut at = tip;
        while let Some((id, commit)) = at.and_then(|id| Some((id, self.commits.get(id)?))) {
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
        let ours = self.ancestors(onto);
        if ours.contains(commit) {
            return GitOutcome::Merged { commit: onto.clone() };
        }
        let mut open = VecDeque::from([commit.clone()]);
        let mut base = Tree::new();
        while let Some(id) = open.pop_front() {
            if ours.contains(&id) {
                base = self.commits[&id].tree.clone();
                break;
            }
            open.extend(self.commits[&id].parents.iter().cloned());
        }
        let theirs = self.tree_of(commit);
        let merged = match three_way(self.tree_of(onto), &base, &theirs) {
            Ok(merged) => merged,
            Err(paths) => return GitOutcome::Conflicted { paths },
        };
        let parents = vec![onto.clone(), commit.clone()];
        GitOutcome::Merged { commit: self.add(parents, merged, Some((what.0.clone(), what.1.clone()))) }
    }

    fn land(&mut self, branch: &str, to: &CommitId) -> GitOutcome {
        if let Some(reason) = self.refuse.clone() {
            return GitOutcome::Refused { reason };
        }
        let head = self.refs[MAIN].clone();
        if self.branch.as_deref() != Some(branch) || !self.ancestors(to).contains(&head) {
            let reason = format!("{branch} has moved on");
            return GitOutcome::Refused { reason };
        }
        self.refs.insert(MAIN.into(), to.clone());
        GitOutcome::Landed
    }
}

/// Whether git or the host acts on a file of this name.
fn is_forbidden(path: &str) -> bool {
    path.starts_with(".git/") || path == "opencode.json"
}
