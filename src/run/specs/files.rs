//! Several files one after the other: read, or written.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::effect::Outcome;
use crate::effect::file::{FileOutcome, Place};
use crate::engine::Turn;
use crate::run::documents::{DOCUMENT_BYTES_MAX, file_failure, read};
use crate::run::{Progress, Waiter};

/// Files on their way from the disk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Reading {
    /// The last one is under way.
    left: Vec<String>,
    found: Found,
}

/// What was found, by path.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Found {
    texts: BTreeMap<String, (String, String)>,
    unusable: BTreeMap<String, String>,
}

impl Found {
    /// The text of a file; `None` when it is not there or cannot be read.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(|(text, _)| text.as_str())
    }

    /// The SHA-256 of a file that was read.
    pub fn hash(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(|(_, hash)| hash.as_str())
    }

    /// Why a file that is there cannot be read.
    pub fn problem(&self, path: &str) -> Option<&str> {
        self.unusable.get(path).map(String::as_str)
    }
}

impl Reading {
    /// Begins with the first file; done at once without any.
    pub fn begin(turn: &mut Turn, mut paths: Vec<String>, waiter: Waiter) -> Progress<Self, Found> {
        paths.reverse();
        Self { left: paths, found: Found::default() }.next(turn, waiter)
    }

    /// A file was read.
    pub fn resolved(mut self, turn: &mut Turn, outcome: &Outcome, waiter: Waiter) -> Progress<Self, Found> {
        if let Some(path) = self.left.pop() {
            match outcome {
                Outcome::File(FileOutcome::Read { text, hash }) => {
                    self.found.texts.insert(path, (text.clone(), hash.clone()));
                }
                Outcome::File(FileOutcome::Missing) => {}
                other => {
                    self.found.unusable.insert(path.clone(), file_failure(other, &path));
                }
            }
        }
        self.next(turn, waiter)
    }

    fn next(self, turn: &mut Turn, waiter: Waiter) -> Progress<Self, Found> {
        match self.left.last() {
            None => Progress::Done(self.found),
            Some(path) => {
                turn.request(waiter, read(Place::Repository, path, DOCUMENT_BYTES_MAX));
                Progress::More(self)
            }
        }
    }
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Draft {
    /// Its path from the repository's root.
    pub path: String,
    /// All of it.
    pub text: String,
    /// The SHA-256 of what may be replaced. Anything else is an edit, and is kept beside it.
    pub known: Vec<String>,
}

/// Files on their way to the disk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Writing {
    /// The last one is under way.
    left: Vec<Draft>,
    written: Written,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Written {
    /// The SHA-256 of each file, by path.
    pub hashes: BTreeMap<String, String>,
    /// A sentence for each edit that was there.
    pub notes: Vec<String>,
}

impl Writing {
    /// Begins with the first file; done at once without any.
    pub fn begin(turn: &mut Turn, mut drafts: Vec<Draft>, waiter: Waiter) -> Progress<Self, Written> {
        drafts.reverse();
        Self { left: drafts, written: Written::default() }.next(turn, waiter)
    }

    /// A file was written. What cannot be written ends it.
    pub fn resolved(mut self, turn: &mut Turn, outcome: &Outcome, waiter: Waiter) -> Progress<Self, Written> {
        let path = self.left.pop().map(|draft| draft.path).unwrap_or_default();
        match outcome {
            Outcome::File(FileOutcome::Written { hash, kept }) => {
                turn.document_is_written(&path, hash);
                if let Some(kept) = kept {
                    self.written.notes.push(format!(
                        "{path} had been edited meanwhile and was written anew; your version is {kept}"
                    ));
                }
                self.written.hashes.insert(path, hash.clone());
            }
            other => return Progress::Failed(file_failure(other, &path)),
        }
        self.next(turn, waiter)
    }

    fn next(self, turn: &mut Turn, waiter: Waiter) -> Progress<Self, Written> {
        match self.left.last() {
            None => Progress::Done(self.written),
            Some(Draft { path, text, known }) => {
                turn.write_over(waiter, path, text.clone(), known);
                Progress::More(self)
            }
        }
    }
}
