//! What becomes of a feature: its version is raised by what changed, with the reason, and its work lands.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::compare::{SpecChange, compare_backlogs, level_of, texts_of};
use super::{FeatureId, HistoryEntry, Metadata, Reason, SpecStatus, Version};
use crate::backlog::Backlog;
use crate::ids::{CommitId, TrackId};
use crate::text::count;

/// So many changes of one version are told.
const CHANGES_MAX: usize = 30;

/// What a track knows of the feature that it builds.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// What people call the feature.
    pub title: String,
    /// The track.
    pub track: TrackId,
    /// The commit that it began from.
    pub base: Option<CommitId>,
    /// The commit with all of its work, when that is landed.
    pub landed: Option<CommitId>,
    /// Whether it builds a feature again that was there.
    pub is_again: bool,
    /// Attempts that were begun.
    pub attempts: u32,
    /// What they cost.
    pub cost_usd: f64,
    /// The models at work, as `provider/model`.
    pub models: Vec<String>,
    /// The prompts that they worked with: a hash by the agent's name.
    pub prompts: BTreeMap<String, String>,
    /// The paths that were changed.
    pub changed: Vec<String>,
    /// Whether it was planned from a template.
    pub is_templated: bool,
    /// The backlog before any of `rebases`.
    pub backlog: Backlog,
    /// The better specs that came since the feature was saved last, oldest first.
    pub rebases: Vec<Rebase>,
}

/// A better spec for one task.
#[derive(Clone, Debug, PartialEq)]
pub struct Rebase {
    /// When, as RFC 3339 text.
    pub at: String,
    /// Why, in half a sentence, with the task's id.
    pub why: String,
    /// The backlog since then.
    pub backlog: Backlog,
}

/// What a feature's spec was when it was saved last.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// What was known of it.
    pub metadata: Metadata,
    /// Its backlog; `None` when the text of its version is lost.
    pub backlog: Option<Backlog>,
}

impl Metadata {
    /// Raises the version by what changed. Gives whether anything did.
    pub fn revise(&mut self, at: &str, reason: Reason, changes: &[SpecChange]) -> bool {
        let Some(level) = level_of(changes) else {
            return false;
        };
        let mut changes = changes.to_vec();
        changes.sort_by_key(|change| Reverse(change.level));
        self.version = self.version.raised(level);
        self.note(at, reason, texts_of(&changes));
        true
    }

    /// Something happened that may leave the version as it is.
    pub fn note(&mut self, at: &str, reason: Reason, mut changes: Vec<String>) {
        let more = changes.len().saturating_sub(CHANGES_MAX);
        if more > 0 {
            changes.truncate(CHANGES_MAX);
            changes.push(format!("and {more} more"));
        }
        at.clone_into(&mut self.updated_at);
        self.history.push(HistoryEntry { version: self.version, at: at.to_owned(), reason, changes });
    }

    /// A feature that was just planned.
    pub fn first(id: FeatureId, work: &Work, now: &str) -> Self {
        let tasks = &work.backlog.tasks;
        let criteria = tasks.iter().map(|task| task.acceptance.len()).sum();
        let told = format!(
            "{} with {}",
            count(tasks.len(), "task", "tasks"),
            count(criteria, "criterion", "criteria")
        );
        let mut first = Self {
            id,
            title: work.title.clone(),
            track: work.track.clone(),
            version: Version::FIRST,
            status: SpecStatus::Draft,
            created_at: now.to_owned(),
            updated_at: now.to_owned(),
            base: None,
            result: None,
            attempts: 0,
            cost_usd: 0.0,
            models: Vec::new(),
            prompts: BTreeMap::new(),
            completeness: None,
            depends_on: None,
            builds_on: Vec::new(),
            changed: Vec::new(),
            history: Vec::new(),
        };
        let reason = if work.is_templated { Reason::Template } else { Reason::Plan };
        first.note(&work.backlog.created_at, reason, vec![told]);
        first
    }

    /// The feature after a track has worked on it. `documents` is what differs in them, and `builds_on`
    /// the features before it that changed the same paths.
    pub fn worked_on(
        saved: Saved,
        work: &Work,
        documents: &[SpecChange],
        builds_on: Vec<FeatureId>,
        now: &str,
    ) -> Self {
        let mut metadata = saved.metadata;
        let mut changes = match &saved.backlog {
            Some(backlog) => compare_backlogs(backlog, &work.backlog),
            None => vec![lost(metadata.version)],
        };
        changes.extend_from_slice(documents);
        metadata.revise(now, Reason::Person, &changes);
        let mut backlog = &work.backlog;
        for rebase in &work.rebases {
            let mut changes = compare_backlogs(backlog, &rebase.backlog);
            if let Some(first) = changes.first_mut() {
                first.text = format!("{} ({})", first.text, rebase.why);
            }
            metadata.revise(&rebase.at, Reason::Rebase, &changes);
            backlog = &rebase.backlog;
        }
        work.track.clone_into(&mut metadata.track);
        metadata.base = work.base.clone().or(metadata.base);
        (metadata.attempts, metadata.cost_usd) = (work.attempts, work.cost_usd);
        (metadata.models, metadata.changed) = (work.models.clone(), work.changed.clone());
        work.prompts.clone_into(&mut metadata.prompts);
        metadata.builds_on = builds_on;
        if let Some(commit) = &work.landed
            && (metadata.result.as_ref() != Some(commit) || metadata.status != SpecStatus::Deployed)
        {
            metadata.result = Some(commit.clone());
            metadata.status = SpecStatus::Deployed;
            let reason = if work.is_again { Reason::Regenerated } else { Reason::Landed };
            metadata.note(now, reason, vec![format!("landed as {commit}")]);
        }
        metadata
    }
}

/// A version whose text is not there any more: what changed since cannot be told, so it may be anything.
pub fn lost(version: Version) -> SpecChange {
    let text = format!("BACKLOG.yaml changed, and the text of version {version} is not kept");
    SpecChange { level: super::Level::Major, text }
}
