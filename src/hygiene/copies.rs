//! Text that came from somewhere else, known by fingerprints: hashes of so many words in a row, the
//! smallest of each few neighbours kept (winnowing, Schleimer, Wilkerson, Aiken 2003).

use std::collections::BTreeSet;

use prose::words::{Shingles, Words};
use prose::{Copy, SHINGLE_WORDS};
use serde::{Deserialize, Serialize};

use super::finding::{Found, Rule, excerpt};
use super::frame::Frame;
use crate::ids::TaskId;
use crate::text::floor;

/// One of so many neighbouring shingles is kept: a copy of `SHINGLE_WORDS + WINDOW - 1` words is found.
const WINDOW: usize = 3;
/// So many words of a shingle must have a letter: columns of numbers are no fingerprint.
const WORDS_MIN: usize = 4;
/// And so many must differ, or they mean nothing.
const DIFFERENT_MIN: usize = 5;

/// Whose text it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", content = "of", rename_all = "snake_case")]
pub enum ForeignKind {
    /// A planner's document or message, by name.
    Planner(String),
    /// The fields of a task in the backlog.
    Task(TaskId),
    /// Messages of another attempt, by name.
    Attempt(String),
    /// What a tool printed, by name.
    Tool(String),
}

impl ForeignKind {
    /// Whose it is, in words.
    pub(super) fn tell(&self) -> String {
        match self {
            Self::Planner(name) => format!("what the planner wrote ({name})"),
            Self::Task(id) => format!("task {id}"),
            Self::Attempt(name) => format!("what another attempt said ({name})"),
            Self::Tool(name) => format!("the output of a tool ({name})"),
        }
    }
}

/// Fingerprints of text that must not be repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prints {
    sources: Vec<ForeignKind>,
    /// Hash and index of its source, sorted.
    prints: Vec<(u64, u32)>,
}

impl Prints {
    /// Adds a text. Takes time in proportion to all that is known; add many texts in one call.
    pub fn add<'a>(&mut self, texts: impl IntoIterator<Item = (ForeignKind, &'a str)>) {
        for (kind, text) in texts {
            let source = self.source(kind);
            self.prints.extend(winnowed(text).into_iter().map(|hash| (hash, source)));
        }
        self.prints.sort_unstable();
        self.prints.dedup();
    }

    fn source(&mut self, kind: ForeignKind) -> u32 {
        let known = self.sources.iter().position(|source| *source == kind);
        let index = known.unwrap_or_else(|| {
            self.sources.push(kind);
            self.sources.len() - 1
        });
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// All hashes, ascending.
    pub(super) fn hashes(&self) -> impl Iterator<Item = u64> {
        self.prints.iter().map(|(hash, _)| *hash)
    }

    /// Everyone who said what a hash stands for.
    fn sources_of(&self, hash: u64) -> impl Iterator<Item = (u32, &ForeignKind)> {
        let from = self.prints.partition_point(|(known, _)| *known < hash);
        let equal = self.prints[from..].iter().take_while(move |(known, _)| *known == hash);
        equal.filter_map(|(_, source)| Some((*source, self.sources.get(*source as usize)?)))
    }
}

/// The kept hashes of a text.
fn winnowed(text: &str) -> Vec<u64> {
    let mut shingles = Shingles::<SHINGLE_WORDS>::default();
    let mut is_named = [false; SHINGLE_WORDS];
    let mut all = Vec::new();
    for (index, word) in Words::new(text).enumerate() {
        is_named[index % SHINGLE_WORDS] = text[word.from..word.to].contains(|c: char| !c.is_ascii_digit());
        if let Some(hash) = shingles.push(word.hash) {
            let is_rich = is_named.iter().filter(|named| **named).count() >= WORDS_MIN
                && shingles.different() >= DIFFERENT_MIN;
            // A poor shingle keeps its place in the window, but is never the smallest.
            all.push(if is_rich { hash } else { u64::MAX });
        }
    }
    let windows = all.windows(WINDOW.min(all.len()).max(1));
    let mut hashes: Vec<u64> = windows.filter_map(|window| window.iter().min().copied()).collect();
    hashes.retain(|hash| *hash != u64::MAX);
    hashes.dedup();
    hashes
}

/// All shingles of a text.
fn shingles(texts: &[&str]) -> BTreeSet<u64> {
    let mut all = BTreeSet::new();
    for text in texts {
        let mut shingles = Shingles::<SHINGLE_WORDS>::default();
        all.extend(Words::new(text).filter_map(|word| shingles.push(word.hash)));
    }
    all
}

/// A passage that one source also has.
struct Passage {
    from: usize,
    to: usize,
    source: u32,
}

/// One finding for each passage. Neighbouring hits of a source are one passage.
pub(super) fn findings(text: &str, frame: &Frame, hits: &[Copy]) -> Vec<Found> {
    let Some(prints) = frame.prints.filter(|_| !hits.is_empty()) else {
        return Vec::new();
    };
    let (given, fields) = (shingles(frame.given), shingles(frame.fields));
    let is_foreign = |hash: u64, kind: &ForeignKind| match kind {
        ForeignKind::Task(id) => {
            id != frame.own && !frame.dependencies.contains(id) && !fields.contains(&hash)
        }
        _ => true,
    };
    let mut passages: Vec<Passage> = Vec::new();
    for hit in hits.iter().filter(|hit| !given.contains(&hit.hash)) {
        let sources = || prints.sources_of(hit.hash).filter(|(_, kind)| is_foreign(hit.hash, kind));
        let goes_on = |passage: &Passage| sources().any(|(source, _)| source == passage.source);
        match passages.last_mut() {
            Some(last) if hit.from <= last.to && goes_on(last) => last.to = hit.to,
            _ => passages.extend(sources().next().map(|(source, _)| Passage {
                from: hit.from,
                to: hit.to,
                source,
            })),
        }
    }
    passages.iter().map(|passage| tell(text, prints, passage)).collect()
}

fn tell(text: &str, prints: &Prints, passage: &Passage) -> Found {
    let (from, to) = widened(text, passage.from, passage.to);
    let source = prints.sources.get(passage.source as usize).map(ForeignKind::tell).unwrap_or_default();
    Found {
        rule: Rule::Copied,
        from,
        to,
        weight: 90,
        message: format!(
            "\"{}\" repeats {source}: leave it out, or say what this task needs of it in its own fields",
            excerpt(text, from, to)
        ),
    }
}

/// The passage with the words around it that the kept hashes may have missed: up to the ends of its
/// sentence when they are near.
pub(super) fn widened(text: &str, from: usize, to: usize) -> (usize, usize) {
    const NEAR: usize = 48;
    let is_end = |c: char| matches!(c, '.' | '!' | '?' | '\n' | ';');
    let start = floor(text, from.saturating_sub(NEAR));
    let before = &text[start..from];
    let from = match before.rfind(is_end) {
        Some(at) => {
            let gap = &before[at..];
            from - gap.trim_start_matches(is_end).trim_start_matches([' ', '-', '*']).len()
        }
        None if start == 0 => 0,
        None => from,
    };
    let end = floor(text, (to + NEAR).min(text.len()));
    let to = text[to..end].find(is_end).map_or(to, |at| match text.as_bytes()[to + at] {
        b'\n' => to + at,
        _ => to + at + text[to + at..].chars().next().map_or(1, char::len_utf8),
    });
    (from, to)
}
