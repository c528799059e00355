//! The documents people read: how they are read and written, and what an existing backlog holds.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::backlog::{self, Status, TaskSpec};
use crate::effect::file::{Expected, FileOperation, FileOutcome, FileRef, Place};
use crate::effect::{Operation, Outcome};
use crate::ids::TrackId;
use crate::text::{list, number};
use crate::track::{Record, Track};

/// Documents of ours are read up to this size, the limit of a backlog.
pub(crate) const DOCUMENT_BYTES_MAX: u32 = 1024 * 1024;

/// A request to read a file.
pub(crate) fn read(place: Place, path: &str, bytes_max: u32) -> Operation {
    Operation::File(FileOperation::Read { file: FileRef { place, path: path.to_owned() }, bytes_max })
}

/// A request to write a file of ours.
pub(crate) fn write(place: Place, path: &str, text: String, expected: Expected) -> Operation {
    Operation::File(FileOperation::Write { file: FileRef { place, path: path.to_owned() }, text, expected })
}

/// Documents that are being written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Writes {
    left: usize,
    /// What went wrong first.
    problem: Option<String>,
}

impl Writes {
    /// So many of them begin.
    pub(crate) fn begin(count: usize) -> Self {
        Self { left: count, problem: None }
    }

    /// The write of one ended. `None` when it was the last, the error when one of them failed.
    pub(crate) fn ended(mut self, path: &str, outcome: &Outcome) -> Result<Option<Self>, String> {
        if !matches!(outcome, Outcome::File(FileOutcome::Written { .. })) {
            self.problem.get_or_insert_with(|| file_failure(outcome, path));
        }
        self.left -= 1;
        match self.problem {
            _ if self.left > 0 => Ok(Some(self)),
            Some(problem) => Err(problem),
            None => Ok(None),
        }
    }
}

/// What an existing backlog holds.
pub(crate) enum Standing {
    /// Nothing that was started.
    Untouched,
    /// Work that is not all done, described.
    Started(String),
    /// Every task is done; the track whose work is only on its integration branch, if it is.
    Finished { unlanded: Option<TrackId> },
    /// Not a backlog.
    Unreadable,
}

impl Standing {
    /// Why a backlog is not simply replaced, after its name.
    pub(crate) fn obstacle(&self) -> String {
        match self {
            Self::Untouched => "has no started task".to_owned(),
            Self::Started(what) => format!("has work in it ({what}), and `/implement` goes on with it"),
            Self::Finished { .. } => "is done, and its tasks would be cut anew".to_owned(),
            Self::Unreadable => {
                "cannot be read as a backlog, so it is left alone; `/backlog --check` says what is wrong"
                    .to_owned()
            }
        }
    }
}

/// Where the documents of a plan are kept when another takes their place, inside the output directory.
pub(crate) fn archive(backlog: &str, now_ms: u64) -> String {
    let track =
        backlog::parse(backlog).map_or_else(|_| "unreadable".to_owned(), |known| known.track_id.to_string());
    format!("archive/{track}-{}", now_ms / 1000)
}

/// Whether a backlog may be replaced without asking. The file may lag behind what we know of its track.
pub(crate) fn standing(text: &str, tracks: &BTreeMap<TrackId, Track>) -> Standing {
    let Ok(backlog) = backlog::parse(text) else {
        return Standing::Unreadable;
    };
    let known = tracks.get(&backlog.track_id).cloned();
    let (track, _) = Track::adopt(known, backlog);
    let is_started = |(task, record): &(&TaskSpec, &Record)| {
        record.begun > 0 || task.attempts > 0 || !matches!(task.status, Status::Pending | Status::Ready)
    };
    if track.is_complete() {
        let unlanded = track.is_unlanded().then_some(track.backlog.track_id);
        return Standing::Finished { unlanded };
    }
    let tasks = track.backlog.tasks.iter().zip(&track.records);
    let started: Vec<String> = tasks.filter(is_started).map(|(task, _)| task.id.to_string()).collect();
    if started.is_empty() { Standing::Untouched } else { Standing::Started(list(&started)) }
}

/// A sentence for a file operation that went wrong.
pub(crate) fn file_failure(outcome: &Outcome, path: &str) -> String {
    match outcome {
        Outcome::File(FileOutcome::Failed { message }) => message.clone(),
        Outcome::File(FileOutcome::Missing) => format!("there is no {path}"),
        Outcome::File(FileOutcome::TooLarge { bytes }) => format!(
            "{path} is too large: {} bytes, and at most 1 MiB ({} bytes) is read. Plan a smaller feature at a time.",
            number(*bytes),
            number(u64::from(DOCUMENT_BYTES_MAX))
        ),
        Outcome::File(FileOutcome::NotText) => format!("{path} is not a text file (UTF-8)"),
        Outcome::File(FileOutcome::Changed) => {
            format!("{path} was changed by somebody else meanwhile")
        }
        other => format!("{path}: an answer that does not fit: {other:?}"),
    }
}
