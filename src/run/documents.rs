//! The documents people read: how they are read and written, and what an existing backlog holds.

use std::collections::BTreeMap;

use crate::backlog::{self, Status, TaskSpec};
use crate::effect::file::{Expected, FileOperation, FileOutcome, FileRef, Place};
use crate::effect::{Operation, Outcome};
use crate::ids::TrackId;
use crate::text::list;
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

/// What an existing backlog holds.
pub(crate) enum Standing {
    /// Nothing that was started.
    Untouched,
    /// Work, described.
    Started(String),
    /// Not a backlog.
    Unreadable,
}

/// Whether a backlog may be replaced without asking. The file may lag behind what we know of its track.
pub(crate) fn standing(text: &str, tracks: &BTreeMap<TrackId, Track>) -> Standing {
    let Ok(backlog) = backlog::parse(text) else {
        return Standing::Unreadable;
    };
    let known = tracks.get(&backlog.track_id).cloned();
    let track = Track::adopt(known, backlog);
    let is_started = |(task, record): &(&TaskSpec, &Record)| {
        record.begun > 0 || task.attempts > 0 || !matches!(task.status, Status::Pending | Status::Ready)
    };
    let tasks = track.backlog.tasks.iter().zip(&track.records);
    let started: Vec<String> = tasks.filter(is_started).map(|(task, _)| task.id.to_string()).collect();
    if started.is_empty() { Standing::Untouched } else { Standing::Started(list(&started)) }
}

/// A sentence for a file operation that went wrong.
pub(crate) fn file_failure(outcome: &Outcome, path: &str) -> String {
    match outcome {
        Outcome::File(FileOutcome::Failed { message }) => message.clone(),
        Outcome::File(FileOutcome::Missing) => format!("there is no {path}"),
        Outcome::File(FileOutcome::TooLarge { bytes }) => {
            format!("{path} is too large ({bytes} bytes)")
        }
        Outcome::File(FileOutcome::NotText) => format!("{path} is not a text file (UTF-8)"),
        Outcome::File(FileOutcome::Changed) => {
            format!("{path} was changed by somebody else meanwhile")
        }
        other => format!("{path}: an answer that does not fit: {other:?}"),
    }
}
