//! What earlier work taught, in four tiers. An entry's worth decays with time, grows when an attempt
//! that read it passes, and shrinks when one fails; a person can read and edit all of it.

mod decay;
mod file;
mod merge;
#[cfg(test)]
mod tests;

pub use decay::relevance;
pub use file::{FileProblem, Listed, MemoryFile, parse, render};
pub use merge::merge;

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::context::repeats;
use crate::ids::{TaskId, TrackId};
use crate::text;

/// So long is a text at most, in UTF-8 bytes.
pub const TEXT_BYTES_MAX: usize = 200;
/// The score of a new entry, in thousandths.
pub const SCORE_NEW: u32 = 1_000;
/// No score is higher: an old hit must be able to fade.
pub const SCORE_MAX: u32 = 4_000;
/// What an attempt that passed adds to the relevance of what it had read.
pub const SCORE_GAIN: u32 = 500;
/// What of its relevance an entry keeps after an attempt that failed, in percent.
const KEPT_PERCENT: u32 = 60;
/// Entries of less relevance are forgotten: a new one after 3.3 half-lives or 5 failures.
pub const SCORE_FLOOR: u32 = 100;
/// So many entries are kept at most.
const ENTRIES_MAX: usize = 500;
/// So many deletions are remembered at most; the oldest go first.
const DELETED_MAX: usize = 500;

/// All that is remembered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// In the order in which they were learned.
    pub entries: Vec<Entry>,
    /// Texts that a person deleted and that are not learned again.
    pub deleted: Vec<String>,
    /// How many ids were given out.
    pub given: u32,
}

/// One thing learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// `m1`, `m2`, …; never given twice.
    pub id: String,
    /// Where it holds.
    pub tier: Tier,
    /// One line of at most [`TEXT_BYTES_MAX`] bytes.
    pub text: String,
    /// Who said it.
    pub source: Source,
    /// When it was learned, in milliseconds.
    pub created_ms: u64,
    /// Its worth at `scored_ms`, in thousandths.
    pub score: u32,
    /// The moment of the score, in milliseconds.
    pub scored_ms: u64,
    /// How many attempts had read it when they ended.
    pub used: u32,
    /// How many of them passed.
    pub passed: u32,
    /// How many failed.
    pub failed: u32,
}

/// Where an entry holds, from the widest to the narrowest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Tier {
    /// Everywhere in the project.
    Project,
    /// In one plan.
    Feature {
        /// Which.
        track: TrackId,
    },
    /// In one task.
    Task {
        /// Its plan.
        track: TrackId,
        /// Which.
        task: TaskId,
    },
    /// In one attempt and those that follow it soon.
    Attempt {
        /// The plan.
        track: TrackId,
        /// The task.
        task: TaskId,
        /// Which, from 1.
        attempt: u32,
    },
}

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A person, in the file.
    Person,
    /// A failed attempt.
    Failure,
    /// A review.
    Review,
    /// The plan.
    Plan,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::Person, Self::Failure, Self::Review, Self::Plan];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Failure => "failure",
            Self::Review => "review",
            Self::Plan => "plan",
        }
    }
}

impl Tier {
    /// The word in the file.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Feature { .. } => "feature",
            Self::Task { .. } => "task",
            Self::Attempt { .. } => "attempt",
        }
    }

    /// Whether it holds for an attempt at a task.
    fn holds(&self, at_track: &TrackId, at_task: &TaskId) -> bool {
        match self {
            Self::Project => true,
            Self::Feature { track } => track == at_track,
            Self::Task { track, task } | Self::Attempt { track, task, .. } => {
                track == at_track && task == at_task
            }
        }
    }

    /// The plan that it belongs to.
    fn track(&self) -> Option<&TrackId> {
        match self {
            Self::Project => None,
            Self::Feature { track } | Self::Task { track, .. } | Self::Attempt { track, .. } => Some(track),
        }
    }
}

impl Entry {
    /// Its worth at a moment, in thousandths.
    pub fn relevance(&self, at_ms: u64) -> u32 {
        relevance(self.score, &self.tier, at_ms.saturating_sub(self.scored_ms))
    }

    fn set_score(&mut self, score: u32, at_ms: u64) {
        self.score = score.min(SCORE_MAX);
        self.scored_ms = at_ms;
    }
}

impl Memory {
    /// Learns a text, cut to its limits, and gives its id. What is known in a tier that holds there
    /// becomes as relevant as a new entry instead. `None` for no text, and for what a person deleted.
    pub fn learn(&mut self, tier: Tier, text: &str, source: Source, at_ms: u64) -> Option<String> {
        let text = one_line(text);
        let words = repeats::words(&text);
        if words.is_empty() || self.deleted.iter().any(|other| repeats::words(other) == words) {
            return None;
        }
        let is_known =
            |entry: &&mut Entry| covers(&entry.tier, &tier) && repeats::words(&entry.text) == words;
        if let Some(entry) = self.entries.iter_mut().find(is_known) {
            entry.set_score(entry.relevance(at_ms).max(SCORE_NEW), at_ms);
            return Some(entry.id.clone());
        }
        let id = self.next_id();
        self.entries.push(Entry {
            id: id.clone(),
            tier,
            text,
            source,
            created_ms: at_ms,
            score: SCORE_NEW,
            scored_ms: at_ms,
            used: 0,
            passed: 0,
            failed: 0,
        });
        Some(id)
    }

    /// What became of an attempt that had read these entries. Ids that are gone are passed over.
    pub fn judge(&mut self, ids: &[String], has_passed: bool, at_ms: u64) {
        for entry in self.entries.iter_mut().filter(|entry| ids.contains(&entry.id)) {
            let now = entry.relevance(at_ms);
            entry.used = entry.used.saturating_add(1);
            if has_passed {
                entry.passed = entry.passed.saturating_add(1);
                entry.set_score(now.saturating_add(SCORE_GAIN), at_ms);
            } else {
                entry.failed = entry.failed.saturating_add(1);
                entry.set_score(now * KEPT_PERCENT / 100, at_ms);
            }
        }
    }

    /// The entries for an attempt at a task, best first, as many as fit as list items into `bytes_max`
    /// bytes. Of equals the narrower tier goes first, then the younger one.
    pub fn select(&self, track: &TrackId, task: &TaskId, at_ms: u64, bytes_max: usize) -> Vec<&Entry> {
        const FRAME_BYTES: usize = "- \n".len();
        let mut found: Vec<(usize, &Entry)> =
            self.entries.iter().enumerate().filter(|(_, entry)| entry.tier.holds(track, task)).collect();
        found.retain(|(_, entry)| entry.relevance(at_ms) >= SCORE_FLOOR);
        found.sort_by(|(index, a), (other, b)| {
            let rank = |entry: &Entry| (Reverse(entry.relevance(at_ms)), Reverse(depth(&entry.tier)));
            rank(a).cmp(&rank(b)).then(b.created_ms.cmp(&a.created_ms)).then(other.cmp(index))
        });
        let mut room = bytes_max;
        let mut fits = |entry: &Entry| {
            let rest = room.checked_sub(entry.text.len() + FRAME_BYTES);
            room = rest.unwrap_or(room);
            rest.is_some()
        };
        found.into_iter().map(|(_, entry)| entry).filter(|entry| fits(entry)).collect()
    }

    /// Forgets what is not worth keeping any more, and the least relevant of too many.
    pub fn forget(&mut self, at_ms: u64) {
        self.entries.retain(|entry| entry.relevance(at_ms) >= SCORE_FLOOR);
        let over = self.entries.len().saturating_sub(ENTRIES_MAX);
        if over > 0 {
            let mut order: Vec<(u32, usize)> =
                self.entries.iter().map(|entry| entry.relevance(at_ms)).zip(0..).collect();
            order.sort_unstable();
            let mut gone: Vec<usize> = order.into_iter().take(over).map(|(_, index)| index).collect();
            gone.sort_unstable();
            for index in gone.into_iter().rev() {
                self.entries.remove(index);
            }
        }
        let over = self.deleted.len().saturating_sub(DELETED_MAX);
        self.deleted.drain(..over);
    }

    /// A plan is done: what held for its tasks and attempts alone goes.
    pub fn end_track(&mut self, track: &TrackId) {
        self.entries.retain(|entry| {
            matches!(entry.tier, Tier::Project | Tier::Feature { .. }) || entry.tier.track() != Some(track)
        });
    }

    fn next_id(&mut self) -> String {
        loop {
            self.given = self.given.saturating_add(1);
            let id = format!("m{}", self.given);
            if self.entries.iter().all(|entry| entry.id != id) || self.given == u32::MAX {
                return id;
            }
        }
    }
}

/// Whether what holds in one tier holds in all of the other.
fn covers(wide: &Tier, narrow: &Tier) -> bool {
    match (wide, narrow) {
        (Tier::Project, _) => true,
        (Tier::Feature { track }, _) => narrow.track() == Some(track),
        (Tier::Task { track, task }, Tier::Task { .. } | Tier::Attempt { .. }) => narrow.holds(track, task),
        _ => wide == narrow,
    }
}

fn depth(tier: &Tier) -> u8 {
    match tier {
        Tier::Project => 0,
        Tier::Feature { .. } => 1,
        Tier::Task { .. } => 2,
        Tier::Attempt { .. } => 3,
    }
}

/// A text on one line within its limit.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text::cut(&plain.split_whitespace().collect::<Vec<_>>().join(" "), TEXT_BYTES_MAX)
}
