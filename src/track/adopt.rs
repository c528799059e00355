//! A backlog file meets what is known of its track. The file wins, except where it speaks of something
//! that has changed since it was read.
//!
//! A file of ours names the revision it shows. Where a task has changed after that, what the file says of
//! it is old: its status is no wish, and the spec of merged work is no edit. A file without a revision
//! was written by hand and counts as it stands. So does one with a revision that nobody here knows: then
//! the journal is older than the file.

use std::collections::BTreeSet;

use super::{Life, Record, Track};
use crate::backlog::{Backlog, Status, TaskSpec};
use crate::ids::TaskId;

impl Track {
    /// A track from the backlog file as a person left it, and what was known of the same track. With a
    /// sentence for everything in the file that does not count.
    pub fn adopt(known: Option<Self>, mut backlog: Backlog) -> (Self, Vec<String>) {
        let mut notes = Vec::new();
        let revision = known.as_ref().map_or(0, |track| track.revision);
        if let Some(read) = backlog.revision.filter(|read| known.is_some() && *read > revision) {
            notes.push(format!(
                "the backlog file has revision {read} and {revision} is the latest that the journal knows, so the \
                 journal is older than the file; what the file says counts"
            ));
        }
        let (mut earlier, tip, landed, base, feature) = match known {
            Some(track) => {
                let tasks = track.backlog.tasks.into_iter().zip(track.records);
                let earlier = tasks.chain(track.removed).collect();
                (earlier, track.tip, track.landed, track.base, track.feature)
            }
            None => (Vec::new(), None, None, None, None),
        };
        let read = backlog.revision;
        let records = backlog
            .tasks
            .iter_mut()
            .map(|task| match earlier.iter().find(|(known, _)| known.id == task.id) {
                Some((known, record)) => adopt_task(task, known, record.clone(), read, &mut notes),
                None if task.status == Status::Completed => Record { life: Life::Given, ..Record::default() },
                None => Record::default(),
            })
            .collect();
        let kept: BTreeSet<&TaskId> = backlog.tasks.iter().map(|task| &task.id).collect();
        earlier.retain(|(task, _): &(TaskSpec, Record)| !kept.contains(&task.id));
        let revision = revision.max(read.unwrap_or_default());
        (Self { backlog, records, removed: earlier, tip, revision, landed, base, feature }, notes)
    }
}

/// A task that is known, as the file has it now.
fn adopt_task(
    task: &mut TaskSpec,
    known: &TaskSpec,
    mut record: Record,
    read: Option<u64>,
    notes: &mut Vec<String>,
) -> Record {
    let is_old = read.is_some_and(|read| read < record.revision);
    if is_old && record.former_specs.iter().any(|former| is_same_work(task, former)) {
        // Nobody edited it: it is what stood there before we improved it.
        take_over(task, known);
    }
    let is_same = is_same_work(task, known);
    if !is_same {
        // Work on another spec is no work on this one.
        record.left = None;
        record.rework = None;
        record.rebase_due = None;
        record.untried = None;
        record.work = None;
    }
    if let Some(read) = read.filter(|read| *read < record.revision) {
        let since = record.revision;
        match record.life {
            Life::Merged { .. } if !is_same => {
                notes.push(format!(
                    "{}: your edit was not taken: it was made on revision {read}, and {} was merged in revision {since}",
                    task.id, task.id
                ));
                take_over(task, known);
            }
            Life::Failed { .. } | Life::Held { .. } if !is_same => record.start_over(),
            Life::Waiting | Life::Failed { .. } => {
                notes.extend(ignored_wish(task, &record, read));
            }
            _ => {}
        }
        return record;
    }
    match record.life {
        Life::Waiting | Life::Failed { .. } | Life::Held { .. } if task.status == Status::Completed => {
            record.life = Life::Given;
        }
        Life::Held { .. } if !is_same || matches!(task.status, Status::Pending | Status::Ready) => {
            record.start_over();
        }
        Life::Given if task.status != Status::Completed => record.life = Life::Waiting,
        Life::Failed { .. } if task.status != Status::Failed || !is_same => record.start_over(),
        _ => {}
    }
    record
}

/// The known spec takes the place of the file's, but for its dependencies: those that are known may name
/// tasks that are gone.
fn take_over(task: &mut TaskSpec, known: &TaskSpec) {
    let depends_on = std::mem::take(&mut task.depends_on);
    *task = TaskSpec { depends_on, status: task.status, ..known.clone() };
}

/// A sentence for a status that looks like a person's wish and came too late to be one.
fn ignored_wish(task: &TaskSpec, record: &Record, read: u64) -> Option<String> {
    let TaskSpec { id, status, .. } = task;
    let happened = match (&record.life, status) {
        (Life::Failed { .. }, Status::Completed | Status::Pending | Status::Ready) => "failed",
        (_, Status::Completed) => "was at work",
        _ => return None,
    };
    let since = record.revision;
    Some(format!(
        "{id}: its status `{status}` was not taken: it was written on revision {read}, and {id} {happened} in \
         revision {since}. Set it again if you still want it"
    ))
}

/// Whether two specs ask for the same.
fn is_same_work(a: &TaskSpec, b: &TaskSpec) -> bool {
    let asks = |task: &TaskSpec| TaskSpec {
        status: Status::Pending,
        attempts: 0,
        last_attempt: None,
        error: None,
        ..task.clone()
    };
    asks(a) == asks(b)
}

#[cfg(test)]
mod tests;
