//! Trees of files, as git in memory keeps, compares and merges them.

use std::collections::{BTreeMap, BTreeSet};

use multi_agent_coder::effect::git::{Change, GitOutcome, HeldAttempt, ListedFile, MeasuredFile, Relation};
use multi_agent_coder::ids::{CommitId, Slot, TaskId, TrackId};

use super::files::hash;

/// Files by path.
pub type Tree = BTreeMap<String, String>;

/// A merge of whole files; the paths that both changed when it does not go.
pub fn three_way(mut ours: Tree, base: &Tree, theirs: &Tree) -> Result<Tree, Vec<String>> {
    let mut paths = Vec::new();
    for path in base.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        let (old, new, mine) = (base.get(path), theirs.get(path), ours.get(path).cloned());
        if old == new || mine.as_ref() == new {
            continue;
        }
        if mine.as_ref() != old {
            paths.push(path.clone());
        } else if let Some(text) = new {
            ours.insert(path.clone(), text.clone());
        } else {
            ours.remove(path);
        }
    }
    if paths.is_empty() { Ok(ours) } else { Err(paths) }
}

/// One tree with the given paths as another has them.
pub fn composed(mut tree: Tree, theirs: &Tree, paths: &[String]) -> Tree {
    for path in paths {
        match theirs.get(path) {
            Some(text) => tree.insert(path.clone(), text.clone()),
            None => tree.remove(path),
        };
    }
    tree
}

/// What a collection answers for work that is a commit now, or none.
pub fn difference(old: &Tree, new: &Tree, commit: Option<CommitId>, diff_max: usize) -> GitOutcome {
    let paths: BTreeSet<&String> =
        old.keys().chain(new.keys()).filter(|path| old.get(*path) != new.get(*path)).collect();
    let lines = |text: Option<&String>| text.map_or(0, |text| text.lines().count() as u32);
    let change = |path: &&String| Change {
        path: (*path).clone(),
        added: lines(new.get(*path)),
        removed: lines(old.get(*path)),
    };
    let changes: Vec<Change> = paths.iter().map(change).collect();
    let mut diff: String = paths.iter().map(|path| diff(path, old.get(*path), new.get(*path))).collect();
    let diff_bytes = diff.len() as u64;
    diff.truncate(diff_max);
    GitOutcome::Collected { commit, changes, diff_bytes, diff, left_out: Vec::new() }
}

/// The same, when some paths were not taken.
pub fn without(outcome: GitOutcome, left_out: Vec<String>) -> GitOutcome {
    match outcome {
        GitOutcome::Collected { commit, changes, diff, diff_bytes, .. } => {
            GitOutcome::Collected { commit, changes, diff, diff_bytes, left_out }
        }
        other => other,
    }
}

/// One file's part of a diff.
pub fn diff(path: &str, old: Option<&String>, new: Option<&String>) -> String {
    let side = |mark: char, text: Option<&String>| -> String {
        let lines = text.map(String::as_str).unwrap_or_default().lines();
        lines.map(|line| format!("{mark}{line}\n")).collect()
    };
    format!(
        "diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n{}{}",
        side('-', old),
        side('+', new)
    )
}

/// All files of a tree.
pub fn listed(tree: &Tree) -> GitOutcome {
    let file = |(path, text): (&String, &String)| ListedFile { path: path.clone(), bytes: text.len() as u32 };
    GitOutcome::Listed { files: tree.iter().map(file).collect(), is_cut: false }
}

/// How long some files of a tree are.
pub fn measured(tree: &Tree, paths: &[String]) -> GitOutcome {
    let file = |path: &String| {
        let text = tree.get(path)?;
        let lines = Some(text.lines().count() as u32);
        Some(MeasuredFile { path: path.clone(), blob: hash(text), lines })
    };
    GitOutcome::Measured { files: paths.iter().filter_map(file).collect() }
}

/// How two commits are related, by whether ours holds theirs and theirs ours.
pub fn related(ours_holds: bool, theirs_holds: bool) -> GitOutcome {
    let relation = match (ours_holds, theirs_holds) {
        (true, true) => Relation::Same,
        (true, false) => Relation::Ahead,
        (false, true) => Relation::Behind,
        (false, false) => Relation::Diverged,
    };
    GitOutcome::Related { relation }
}

/// The attempts of a track that refs hold.
pub fn attempts(refs: &BTreeMap<String, CommitId>, track: &TrackId) -> Vec<HeldAttempt> {
    let prefix = format!("refs/mac/{track}/");
    let attempts = refs.iter().filter_map(|(name, commit)| {
        let (task, number) = name.strip_prefix(&prefix)?.split_once('/')?;
        let number = number.parse().ok()?;
        Some(HeldAttempt { task: TaskId(task.to_owned()), number, commit: commit.clone() })
    });
    attempts.collect()
}

/// The absolute path of a directory of the pool.
pub fn directory(slot: Slot) -> String {
    format!("/pool/w{}", slot.0)
}
