//! Where a person decides: work that waits for `/review`, and what each decision makes of it.

use serde::{Deserialize, Serialize};

use crate::effect::git::Change;
use crate::engine::Turn;
use crate::evidence::Failure;
use crate::ids::{CommitId, TaskId, TrackId};
use crate::run::implement::ImplementRun;
use crate::run::implement::attempt::Attempt;
use crate::text::list;
use crate::track::{Life, Record};

/// Why a task waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Door {
    /// Its work passed the checks and the reviewer.
    Passed,
    /// The person approved it, and it does not go with what is merged.
    Conflict {
        /// Paths in conflict.
        paths: Vec<String>,
    },
    /// The person approved it, and it could not be merged.
    NotMerged {
        /// Why.
        why: String,
    },
}

/// Work of a task that lies in a ref of its attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptWork {
    /// The attempt's number.
    pub number: u32,
    /// The commit that it began from.
    pub base: CommitId,
    /// It.
    pub commit: CommitId,
    /// What it changes.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// SHA-256 of its diff, if that is known.
    #[serde(default)]
    pub diff_hash: Option<String>,
}

/// What a person may look at and decide on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Waits {
    /// It passed, and the option says that a person has the last word.
    Review,
    /// It was approved and is in conflict with merged work.
    Conflict,
    /// It was approved and could not be merged.
    NotMerged,
    /// Its reviewer asked for changes that nobody has made yet.
    ChangesRequested,
    /// It was given up, and its work is worth a look.
    Failed,
}

/// Why a task waits for a person; `None` when it does not.
pub fn waits(record: &Record) -> Option<Waits> {
    match &record.life {
        Life::Held { door: Door::Passed } => Some(Waits::Review),
        Life::Held { door: Door::Conflict { .. } } => Some(Waits::Conflict),
        Life::Held { door: Door::NotMerged { .. } } => Some(Waits::NotMerged),
        Life::Waiting if record.rework.is_some() => Some(Waits::ChangesRequested),
        Life::Failed { .. } if record.work.is_some() => Some(Waits::Failed),
        _ => None,
    }
}

impl ImplementRun {
    /// The judges are content. With `review: "manual"` a person has the last word.
    pub(super) fn hold_at_door(&mut self, turn: &mut Turn, attempt: &Attempt) {
        let Some(spec) = self.track.backlog.tasks.get(attempt.task) else { return };
        let text = format!("waits for your review: `/review {}`", spec.id);
        if let Some(record) = self.track.records.get_mut(attempt.task) {
            record.spent_ms += turn.shared.now_ms.saturating_sub(attempt.started_ms);
            record.troubles = 0;
            record.error = None;
            record.rework = None;
            record.life = Life::Held { door: Door::Passed };
            record.history.push(format!("Attempt {}: passed, and waits for a person.", attempt.number));
        }
        self.schedule.remove(attempt.task);
        self.ended(turn, attempt, true, &text);
    }

    /// What was approved did not become a merge. It waits for the next word on it.
    pub(super) fn not_merged(&mut self, turn: &mut Turn, attempt: &Attempt, failure: &Failure) {
        let headline = failure.headline();
        if let Some(record) = self.track.records.get_mut(attempt.task) {
            record.spent_ms += turn.shared.now_ms.saturating_sub(attempt.started_ms);
            record.error = Some(headline.clone());
            record.life = Life::Held {
                door: match failure {
                    Failure::Conflict { paths } => Door::Conflict { paths: paths.clone() },
                    _ => Door::NotMerged { why: headline.clone() },
                },
            };
            record.history.push(format!("Attempt {}: approved by the person; {headline}.", attempt.number));
        }
        self.ended(turn, attempt, false, &format!("not merged: {headline}"));
    }

    /// The tasks that wait for a person, as a paragraph for the end of a run.
    pub(super) fn door_text(&self) -> Option<String> {
        let tasks = self.track.backlog.tasks.iter().zip(&self.track.records);
        let held = tasks.filter(|(_, record)| matches!(record.life, Life::Held { .. }));
        let ids: Vec<String> = held.map(|(task, _)| task.id.to_string()).collect();
        let wait = if ids.len() == 1 { "waits" } else { "wait" };
        (!ids.is_empty()).then(|| {
            format!("{} {wait} for your review: `/review` shows what there is to decide.", list(&ids))
        })
    }
}

/// The ref of an attempt.
pub(crate) fn reference(track: &TrackId, task: &TaskId, attempt: u32) -> String {
    format!("refs/mac/{track}/{task}/{attempt}")
}
