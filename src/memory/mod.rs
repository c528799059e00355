//! What earlier work taught, in four tiers. An entry's worth decays with time, grows when an attempt
//! that read it passes, and shrinks when one fails; a person can read and edit all of it.
//!
//! A lesson is born in the tier of its attempt and widens when it proves itself, never by anybody's
//! opinion: to its plan when one attempt passed that had read it ([`Memory::judge`]), and to the narrowest
//! tier that holds for both when it is taught a second time ([`Memory::learn`]), which for two plans is
//! the project. What a person wrote or moved stays where they put it.

mod decay;
mod file;
mod merge;
mod notebook;
#[cfg(test)]
mod tests;

pub use file::{FileProblem, Listed, MemoryFile, parse, render};
pub use notebook::Notebook;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use decay::relevance;
use merge::merge;
use serde::{Deserialize, Serialize};

use crate::context::repeats;
use crate::evidence;
use crate::ids::{TaskId, TrackId};
use crate::schedule::is_among;
use crate::text;

/// So long is a text at most, in UTF-8 bytes.
const TEXT_BYTES_MAX: usize = 200;
/// The score of a new entry, in thousandths.
const SCORE_NEW: u32 = 1_000;
/// No score is higher: an old hit must be able to fade.
const SCORE_MAX: u32 = 4_000;
/// What an attempt that passed adds to the relevance of what it had read.
const SCORE_GAIN: u32 = 500;
/// What of its relevance an entry keeps after an attempt that failed, in percent.
const KEPT_PERCENT: u32 = 60;
/// Entries of less relevance are forgotten: a new one after 3.3 half-lives or 5 failures.
const SCORE_FLOOR: u32 = 100;
/// So many entries are kept at most: a person can still read them.
const ENTRIES_MAX: usize = 200;
/// So many deletions are remembered at most; the oldest go first.
const DELETED_MAX: usize = 200;

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
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 3] = [Self::Person, Self::Failure, Self::Review];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Failure => "failure",
            Self::Review => "review",
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

    /// The task that it belongs to, with its plan.
    fn task(&self) -> Option<(&TrackId, &TaskId)> {
        match self {
            Self::Project | Self::Feature { .. } => None,
            Self::Task { track, task } | Self::Attempt { track, task, .. } => Some((track, task)),
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

    /// Whether it says something to a task that works on these files: what failed in one file is noise to
    /// whoever works elsewhere. What a person wrote is for all of its tier, and so is what names no file.
    pub fn concerns(&self, files_hint: &[String]) -> bool {
        if self.source == Source::Person || self.tier.task().is_some() {
            return true;
        }
        let Some(file) = evidence::file_of(&self.text) else { return true };
        // Go tells a test's file without its directory; `pkg/` may hold any.
        let name = |hint: &String| hint.rsplit('/').next().unwrap_or_default().to_owned();
        let names: Vec<String> = files_hint.iter().map(name).collect();
        is_among(file, files_hint) || !file.contains('/') && is_among(file, &names)
    }

    /// It helped: what held for one task alone holds for its plan.
    fn widen(&mut self) {
        if self.source != Source::Person
            && let Tier::Task { track, .. } | Tier::Attempt { track, .. } = &self.tier
        {
            self.tier = Tier::Feature { track: track.clone() };
        }
    }

    /// Whether it is worth keeping. What a person wrote is not ours to throw away.
    fn is_kept(&self, at_ms: u64) -> bool {
        self.source == Source::Person || self.relevance(at_ms) >= SCORE_FLOOR
    }

    fn set_score(&mut self, score: u32, at_ms: u64) {
        self.score = score.min(SCORE_MAX);
        self.scored_ms = at_ms;
    }
}

impl Memory {
    /// Whether nothing is remembered, not even a deletion.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.deleted.is_empty()
    }

    /// Learns a text, cut to its limits, unless it says nothing or a person deleted it. What is known
    /// becomes as relevant as a new entry, and holds from now on wherever it was taught.
    pub fn learn(&mut self, tier: Tier, text: &str, source: Source, at_ms: u64) {
        let text = one_line(text);
        if repeats::words(&text).is_empty() || self.deleted.iter().any(|other| is_same_lesson(other, &text)) {
            return;
        }
        let is_known = |entry: &&mut Entry| {
            let may_hold_here = entry.source != Source::Person || covers(&entry.tier, &tier);
            may_hold_here && is_same_lesson(&entry.text, &text)
        };
        if let Some(entry) = self.entries.iter_mut().find(is_known) {
            if !covers(&entry.tier, &tier) {
                entry.tier = common(&entry.tier, &tier);
            }
            return entry.set_score(entry.relevance(at_ms).max(SCORE_NEW), at_ms);
        }
        let id = self.next_id();
        self.entries.push(Entry {
            id,
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
    }

    /// What became of an attempt that had read these entries. Ids that are gone are passed over.
    pub fn judge(&mut self, ids: &[String], has_passed: bool, at_ms: u64) {
        for entry in self.entries.iter_mut().filter(|entry| ids.contains(&entry.id)) {
            let now = entry.relevance(at_ms);
            entry.used = entry.used.saturating_add(1);
            if has_passed {
                entry.passed = entry.passed.saturating_add(1);
                entry.widen();
                entry.set_score(now.saturating_add(SCORE_GAIN), at_ms);
            } else {
                entry.failed = entry.failed.saturating_add(1);
                entry.set_score(now * KEPT_PERCENT / 100, at_ms);
            }
        }
    }

    /// The entries that hold for a task, best first. Of equals the narrower tier goes first, then the
    /// younger one.
    pub fn select(&self, track: &TrackId, task: &TaskId, at_ms: u64) -> Vec<&Entry> {
        let is_for_it = |entry: &&Entry| entry.tier.holds(track, task) && entry.is_kept(at_ms);
        let mut found: Vec<&Entry> = self.entries.iter().filter(is_for_it).collect();
        // The youngest come first where nothing else decides.
        found.reverse();
        found.sort_by_key(|entry| {
            (Reverse(entry.relevance(at_ms)), Reverse(depth(&entry.tier)), Reverse(entry.created_ms))
        });
        found
    }

    /// Forgets what is not worth keeping any more, and the least relevant of too many.
    pub fn forget(&mut self, at_ms: u64) {
        self.entries.retain(|entry| entry.is_kept(at_ms));
        let over = self.entries.len().saturating_sub(ENTRIES_MAX);
        if over > 0 {
            let worth = |entry: &Entry| (entry.source == Source::Person, entry.relevance(at_ms));
            let mut order: Vec<_> = self.entries.iter().map(worth).zip(0..).collect();
            order.sort_unstable();
            let gone: BTreeSet<usize> = order.into_iter().take(over).map(|(_, index)| index).collect();
            let mut index = 0..;
            self.entries.retain(|_| index.next().is_some_and(|index| !gone.contains(&index)));
        }
        let over = self.deleted.len().saturating_sub(DELETED_MAX);
        self.deleted.drain(..over);
    }

    /// A task has another spec: what held for it alone stands in that, or holds no longer.
    pub fn end_task(&mut self, track: &TrackId, task: &TaskId) {
        self.entries.retain(|entry| match &entry.tier {
            Tier::Project | Tier::Feature { .. } => true,
            Tier::Task { .. } | Tier::Attempt { .. } => !entry.tier.holds(track, task),
        });
    }

    /// A plan is done: what held for its tasks and attempts alone goes.
    pub fn end_track(&mut self, track: &TrackId) {
        self.entries.retain(|entry| {
            matches!(entry.tier, Tier::Project | Tier::Feature { .. }) || entry.tier.track() != Some(track)
        });
    }

    /// What it holds, in half a sentence.
    pub fn summary(&self) -> String {
        let of = |name: &str| self.entries.iter().filter(|entry| entry.tier.as_str() == name).count();
        let tiers = ["project", "feature", "task", "attempt"].map(|name| (of(name), name));
        let tiers: Vec<String> =
            tiers.into_iter().filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n} {name}")).collect();
        if tiers.is_empty() {
            return "nothing was learned yet".to_owned();
        }
        let sum = |count: fn(&Entry) -> u32| self.entries.iter().map(count).map(u64::from).sum::<u64>();
        format!(
            "{} ({}), read {}, {} of them by an attempt that passed",
            text::count(self.entries.len(), "entry", "entries"),
            text::list(&tiers),
            text::count(sum(|entry| entry.used) as usize, "time", "times"),
            text::number(sum(|entry| entry.passed)),
        )
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

/// The narrowest tier that holds where either of two holds.
fn common(one: &Tier, other: &Tier) -> Tier {
    match (one.task(), other.task(), one.track(), other.track()) {
        (Some((track, task)), Some(place), ..) if place == (track, task) => {
            Tier::Task { track: track.clone(), task: task.clone() }
        }
        (.., Some(track), Some(same)) if track == same => Tier::Feature { track: track.clone() },
        _ => Tier::Project,
    }
}

/// Whether two texts teach the same, whatever the numbers in them.
pub(crate) fn is_same_lesson(one: &str, other: &str) -> bool {
    is_same(one, other) || evidence::fault(one) == evidence::fault(other)
}

/// Whether two texts have the same words.
fn is_same(one: &str, other: &str) -> bool {
    repeats::words(one) == repeats::words(other)
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
