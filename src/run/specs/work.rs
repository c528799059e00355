//! What a track knows of the feature that it builds.

use std::collections::BTreeSet;

use crate::backlog::{Backlog, TaskSpec};
use crate::engine::Turn;
use crate::ids::CommitId;
use crate::prompts::PromptUse;
use crate::spec::{Metadata, Reason, Rebase, Saved, Work};
use crate::text::rfc3339;
use crate::track::{Life, SpecVersion, Track};

/// The work of a track, with the better specs that the feature's history does not have yet.
pub(super) fn of_track(
    track: &Track,
    turn: &Turn,
    title: String,
    landed: Option<CommitId>,
    saved: Option<&Saved>,
) -> Work {
    let id = &track.backlog.track_id;
    let entries = || turn.shared.ledger.entries.iter().filter(|entry| entry.track.as_ref() == Some(id));
    let models: BTreeSet<String> =
        entries().filter_map(|entry| entry.model.as_ref()).map(ToString::to_string).collect();
    let merged = track.records.iter().filter(|record| matches!(record.life, Life::Merged { .. }));
    let changed: BTreeSet<String> =
        merged.flat_map(|record| record.changes.iter().map(|change| change.path.clone())).collect();
    let (tasks, rebases) = rebases(track, saved.map(|saved| &saved.metadata));
    let backlog = Backlog { tasks, ..track.backlog.clone() };
    Work {
        title,
        track: id.clone(),
        base: track.base.clone(),
        landed,
        is_again: track.feature.is_some(),
        attempts: track.records.iter().map(|record| record.begun).sum(),
        cost_usd: rounded(entries().map(|entry| entry.usage.cost_usd).sum()),
        models: models.into_iter().collect(),
        prompts: entries().filter_map(|entry| hash_of(entry.prompt.as_ref()?)).collect(),
        changed: changed.into_iter().collect(),
        is_templated: turn.shared.templated.contains(id),
        backlog,
        rebases,
    }
}

/// The agent and the hash of its prompt, as far as that is known.
fn hash_of(prompt: &PromptUse) -> Option<(String, String)> {
    Some((prompt.agent.clone(), prompt.hash.clone()?))
}

/// An amount to the millionth of a dollar.
fn rounded(usd: f64) -> f64 {
    (usd * 1e6).round() / 1e6
}

/// The tasks before the better specs that are new, and those one after the other.
fn rebases(track: &Track, known: Option<&Metadata>) -> (Vec<TaskSpec>, Vec<Rebase>) {
    let mut tasks = track.backlog.tasks.clone();
    // The time, the task and the spec that came then.
    let mut steps: Vec<(&SpecVersion, usize, TaskSpec)> = Vec::new();
    for (index, record) in track.records.iter().enumerate() {
        let Some(task) = track.backlog.tasks.get(index) else { continue };
        let specs = record.former_specs.iter().chain([task]);
        let specs: Vec<&TaskSpec> = specs.collect();
        // The latest version came with the spec that stands there now, and so on backwards.
        let first = specs.len().saturating_sub(record.versions.len());
        let versions = record.versions.iter().zip(specs.iter().skip(first));
        let new: Vec<_> = versions.filter(|(version, _)| !is_known(known, task, version)).collect();
        if let Some(before) = specs.len().checked_sub(new.len() + 1).and_then(|at| specs.get(at))
            && !new.is_empty()
        {
            tasks[index] = (*before).clone();
        }
        steps.extend(new.into_iter().map(|(version, spec)| (version, index, (*spec).clone())));
    }
    steps.sort_by_key(|(version, index, _)| (version.at_ms, *index));
    let before = tasks.clone();
    let rebases = steps.into_iter().map(|(version, index, spec)| {
        let why = format!("{}: {}", spec.id, version.why);
        tasks[index] = spec;
        let backlog = Backlog { tasks: tasks.clone(), ..track.backlog.clone() };
        Rebase { at: rfc3339(version.at_ms), why, backlog }
    });
    let rebases = rebases.collect();
    (before, rebases)
}

/// Whether a feature's history tells of a better spec for a task.
fn is_known(known: Option<&Metadata>, task: &TaskSpec, version: &SpecVersion) -> bool {
    let at = rfc3339(version.at_ms);
    let mark = format!("({}: {})", task.id, version.why);
    known.is_some_and(|known| {
        let told = known.history.iter().filter(|entry| entry.reason == Reason::Rebase && entry.at == at);
        told.flat_map(|entry| &entry.changes).any(|line| line.ends_with(&mark))
    })
}
