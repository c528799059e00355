//! What has become of each task, as people read it.

use crate::backlog::Status;
use crate::ids::TaskId;
use crate::metrics::{Drift, TaskFigures};
use crate::run::implement::door::Door;
use crate::run::implement::left::Left;
use crate::run::providers::clock;
use crate::text::list;
use crate::track::{Life, Track};

/// Why a task is not done, in half a sentence; `blocker` is the failed task that it waits for.
pub(crate) fn why(track: &Track, index: usize, blocker: Option<&TaskId>) -> String {
    let Some(record) = track.records.get(index) else {
        return String::new();
    };
    match &record.life {
        Life::Failed { .. } => record.error.clone().unwrap_or_else(|| "failed".to_owned()),
        Life::Resting { until_ms, .. } => {
            let error = record.error.as_deref().unwrap_or("provider trouble");
            format!("rests until {}: {error}", clock(*until_ms, *until_ms))
        }
        Life::Waiting => {
            let waits: Vec<String> = track.waits_for(index).iter().map(ToString::to_string).collect();
            let is_taken_over = record.left.as_ref().is_some_and(Left::is_finished);
            match (blocker, waits.is_empty()) {
                (Some(failed), _) => format!("blocked, because {failed} failed"),
                (None, false) => format!("waits for {}", list(&waits)),
                (None, true) if record.rebase_due.is_some() => {
                    "its spec is looked at before it starts again".to_owned()
                }
                (None, true) if is_taken_over => "its work is kept and judged next time".to_owned(),
                (None, true) if record.begun > 0 => "stopped, starts afresh next time".to_owned(),
                (None, true) => "not started".to_owned(),
            }
        }
        Life::Held { door: Door::Passed } => "waits for your review".to_owned(),
        Life::Held { .. } => {
            let error = record.error.as_deref().unwrap_or("not merged");
            format!("waits for your review: {error}")
        }
        Life::Running(_) => "at work".to_owned(),
        Life::Rebasing(_) => "its spec is being improved".to_owned(),
        Life::Shortening(_) => "it is being put into fewer words".to_owned(),
        Life::Merged { .. } | Life::Given => String::new(),
    }
}

/// The figures of every task.
pub(crate) fn figures(track: &Track, ledger: &crate::metrics::Ledger) -> Vec<TaskFigures> {
    track
        .standing()
        .map(|(index, task, record, blocker)| {
            let usage = ledger.of_task(&track.backlog.track_id, &task.id);
            TaskFigures {
                id: task.id.clone(),
                title: task.title.clone(),
                status: status_word(track.status(index), blocker.is_some()),
                attempts: record.all_attempts(),
                context_bytes: record.context_bytes,
                drift: record.sessions.iter().map(Drift::of).collect(),
                tokens: usage.tokens(),
                cost_usd: usage.cost_usd,
                duration_ms: record.spent_ms,
            }
        })
        .collect()
}

/// A status as people read it.
pub(crate) fn status_word(status: Status, is_blocked: bool) -> String {
    let word = status.as_str().replace('_', " ");
    if is_blocked { "blocked".to_owned() } else { word }
}
