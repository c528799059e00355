//! The audit: who changed which task's status, and when, as the journal tells it. Its chain is verified,
//! and all of it is replayed by an engine of its own; nothing is believed that is not in it.

mod cause;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::backlog::Status;
use crate::effect::Outcome;
use crate::effect::file::FileOutcome;
use crate::engine::Engine;
use crate::event::{Event, Stamped};
use crate::ids::{TaskId, TrackId};
use crate::journal::Journal;
use crate::text::{count, rfc3339};
use crate::track::Track;
use cause::{Causes, words};

/// What a journal says of itself and of its tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Audit {
    /// So many records are good, from the first on.
    #[cfg_attr(test, ts(type = "number"))]
    pub records: u64,
    /// When the first of them was written, in milliseconds since the Unix epoch.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub first_ms: Option<u64>,
    /// When the last of them was written.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub last_ms: Option<u64>,
    /// The hash of the last of them.
    pub head: String,
    /// What is wrong with what follows them, and what to do; `None` when all is well.
    pub problem: Option<String>,
    /// So many changes are older than those in `lines`.
    #[cfg_attr(test, ts(type = "number"))]
    pub older: u64,
    /// The latest changes, oldest first: line of the journal, time, task, change, who.
    pub lines: Vec<String>,
}

impl Audit {
    /// What a person reads.
    pub fn report(&self) -> String {
        let time = |at_ms: Option<u64>| at_ms.map(rfc3339).unwrap_or_else(|| "never".to_owned());
        let state = match &self.problem {
            None => format!("the chain is whole, its head is `{}`", self.head),
            Some(problem) => format!("**damaged after that**: {problem}"),
        };
        let mut text = format!(
            "Journal: {} from {} to {}; {state}.\n",
            count(self.records as usize, "record", "records"),
            time(self.first_ms),
            time(self.last_ms)
        );
        if self.lines.is_empty() {
            text.push_str("\nNo task has changed yet.\n");
            return text;
        }
        if self.older > 0 {
            text.push_str(&format!(
                "\n{} not shown.\n",
                count(self.older as usize, "older change is", "older changes are")
            ));
        }
        text.push_str(&format!("\n```text\n{}\n```\n", self.lines.join("\n")));
        text
    }
}

/// A change of a task's status.
struct Change {
    line: usize,
    at_ms: u64,
    track: TrackId,
    task: TaskId,
    from: Option<Status>,
    to: Option<Status>,
    who: String,
}

/// Audits a journal's text and that of its head file; at most `lines_max` changes are told.
pub fn audit(text: &str, head: Option<&str>, lines_max: usize) -> Audit {
    let (replay, problem) = Journal::examine(text, head);
    let mut problem = problem.map(|error| error.to_string());
    let mut book = Book::default();
    let mut changes = VecDeque::new();
    let mut older = 0;
    let mut first_ms = None;
    let mut last_ms = None;
    for (event, line) in replay.events().zip(1..) {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                problem = problem.or_else(|| Some(error.to_string()));
                break;
            }
        };
        first_ms = first_ms.or(Some(event.at_ms));
        last_ms = Some(event.at_ms);
        changes.extend(book.take(&event, line));
        let surplus = changes.len().saturating_sub(lines_max);
        changes.drain(..surplus);
        older += surplus as u64;
    }
    let has_many_tracks = book.known.len() > 1;
    Audit {
        records: replay.journal.records(),
        first_ms,
        last_ms,
        head: replay.journal.head().to_owned(),
        problem,
        older,
        lines: changes.iter().map(|change| change.line(has_many_tracks)).collect(),
    }
}

/// What is known while the journal is read.
#[derive(Default)]
struct Book {
    engine: Engine,
    causes: Causes,
    known: BTreeMap<TrackId, BTreeMap<TaskId, Status>>,
    /// The track that was looked at last, and its revision then.
    seen: Option<(TrackId, u64)>,
}

impl Book {
    /// The changes that an event brings.
    fn take(&mut self, stamped: &Stamped, line: usize) -> Vec<Change> {
        let who = self.causes.of(&stamped.event);
        for effect in self.engine.replay(stamped) {
            self.causes.note(effect);
        }
        // A command has none until it has read its backlog.
        let Some(track) = self.engine.track().filter(|track| !track.records.is_empty()) else {
            return Vec::new();
        };
        let seen = (track.backlog.track_id.clone(), track.revision);
        let is_seen = self.seen.replace(seen.clone()).as_ref() == Some(&seen);
        // Within a command every change has a revision, and most events change no task.
        if is_seen && is_within(&stamped.event) {
            debug_assert_eq!(self.known.get(&seen.0), Some(&statuses(track)), "line {line}");
            return Vec::new();
        }
        let now = statuses(track);
        let id = track.backlog.track_id.clone();
        let before = self.known.get(&id).cloned().unwrap_or_default();
        if before == now {
            return Vec::new();
        }
        let gone = before.keys().filter(|task| !now.contains_key(task)).map(|task| (task, None));
        let there = now.iter().map(|(task, status)| (task, Some(*status)));
        let changed = |(task, to)| {
            let from = before.get(task).copied();
            let why = setback(track, task, from, to);
            let who = why.map_or_else(|| who.clone(), |why| format!("{who} ({why})"));
            let change =
                Change { line, at_ms: stamped.at_ms, track: id.clone(), task: task.clone(), from, to, who };
            (from != to).then_some(change)
        };
        let changes = there.chain(gone).filter_map(changed).collect();
        self.known.insert(id, now);
        changes
    }
}

fn statuses(track: &Track) -> BTreeMap<TaskId, Status> {
    track.ids().into_iter().zip(track.statuses()).collect()
}

/// Whether an event belongs to the inside of a command. What is read at its start, or is not there, may
/// bring edits of a person, and what they ask for.
fn is_within(event: &Event) -> bool {
    match event {
        Event::Resolved { outcome, .. } => {
            !matches!(outcome, Outcome::File(FileOutcome::Read { .. } | FileOutcome::Missing))
        }
        Event::Session { .. } => true,
        Event::Opened { .. } | Event::Checkpoint { .. } | Event::Command { .. } | Event::Cancelled { .. } => {
            false
        }
    }
}

/// Why an attempt came to nothing.
fn setback(track: &Track, task: &TaskId, from: Option<Status>, to: Option<Status>) -> Option<String> {
    let was_alive = matches!(from, Some(Status::InProgress | Status::Review));
    let is_back = !matches!(to, Some(Status::Review | Status::Completed));
    let record = track.index_of(task).and_then(|index| track.records.get(index))?;
    record.history.last().filter(|_| was_alive && is_back).map(|sentence| words(sentence))
}

impl Change {
    fn line(&self, has_many_tracks: bool) -> String {
        let Self { line, task, track, who, .. } = self;
        let at = rfc3339(self.at_ms).replace('T', " ").replace('Z', " UTC");
        let task = if has_many_tracks { format!("{track}/{task}") } else { task.to_string() };
        let from = self.from.map_or("new", Status::as_str);
        let to = self.to.map_or("removed", Status::as_str);
        format!("#{line}  {at}  {task}  {from} -> {to}  {who}")
    }
}

#[cfg(test)]
mod tests;
