//! A look at a commit: its files, and the texts of those that tell how the project is built.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::effect::git::{GitOperation, GitOutcome, ListedFile};
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::ids::CommitId;
use crate::plan::map::{MANIFESTS, RULES};
use crate::run::{Progress, Waiter, git_failure};

/// At most so many files are listed: enough for a map, little enough for a journal line.
pub(crate) const FILES_MAX: u32 = 20_000;
/// A manifest above this is not read: a map quotes a few lines of it.
const MANIFEST_BYTES_MAX: u32 = 64 * 1024;

/// A survey under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Survey {
    commit: CommitId,
    found: Surveyed,
    /// Manifests still to be read; the last one is being read. `None` while the files are listed.
    left: Option<Vec<String>>,
}

/// What a survey found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Surveyed {
    /// The files of the commit.
    pub files: Vec<ListedFile>,
    /// There are more.
    pub is_cut: bool,
    /// Texts of the manifests by path.
    pub manifests: BTreeMap<String, String>,
}

impl Survey {
    /// Begins one. `waiter` is told of each step.
    pub fn begin(turn: &mut Turn, commit: CommitId, waiter: Waiter) -> Self {
        let operation = GitOperation::List { commit: commit.clone(), files_max: FILES_MAX };
        turn.request(waiter, Operation::Git(operation));
        Self { commit, found: Surveyed::default(), left: None }
    }

    /// Begins one of the project's rules alone, without the list of files.
    pub fn of_rules(turn: &mut Turn, commit: CommitId, waiter: Waiter) -> Self {
        let left: Vec<String> = RULES.iter().map(|path| (*path).to_owned()).collect();
        let survey = Self { commit, found: Surveyed::default(), left: None };
        survey.show(turn, left, waiter)
    }

    /// A step ended.
    pub fn resolved(
        mut self,
        turn: &mut Turn,
        outcome: &Outcome,
        waiter: Waiter,
    ) -> Progress<Self, Surveyed> {
        match (self.left.take(), outcome) {
            (None, Outcome::Git(GitOutcome::Listed { files, is_cut })) => {
                let is_there = |path: &&&str| files.iter().any(|file| file.path == ***path);
                let left = MANIFESTS.iter().filter(is_there).map(|path| (*path).to_owned()).collect();
                self.found = Surveyed { files: files.clone(), is_cut: *is_cut, manifests: BTreeMap::new() };
                self.next(turn, left, waiter)
            }
            (Some(mut left), Outcome::Git(GitOutcome::Shown { text })) => {
                if let (Some(path), Some(text)) = (left.pop(), text) {
                    self.found.manifests.insert(path, text.clone());
                }
                self.next(turn, left, waiter)
            }
            (_, other) => Progress::Failed(git_failure(other)),
        }
    }

    fn next(self, turn: &mut Turn, left: Vec<String>, waiter: Waiter) -> Progress<Self, Surveyed> {
        if left.is_empty() {
            Progress::Done(self.found)
        } else {
            Progress::More(self.show(turn, left, waiter))
        }
    }

    /// Asks for the last of the texts that are left.
    fn show(self, turn: &mut Turn, left: Vec<String>, waiter: Waiter) -> Self {
        let operation = GitOperation::Show {
            commit: self.commit.clone(),
            path: left.last().cloned().unwrap_or_default(),
            bytes_max: MANIFEST_BYTES_MAX,
        };
        turn.request(waiter, Operation::Git(operation));
        Self { left: Some(left), ..self }
    }
}

impl Surveyed {
    /// What the project tells whoever works on it.
    pub fn rules(&self) -> Vec<String> {
        RULES.iter().filter_map(|path| self.manifests.get(*path).cloned()).collect()
    }
}
