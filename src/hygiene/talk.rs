//! Deliberation: sentences that tell how agents came to a task instead of what it is.

use super::finding::{Found, Rule, excerpt};
use super::layout::{Block, BlockKind};
use super::lexicon::{DONT, Pull};
use super::points::{may_tell, points};
use super::sentence::{Sentence, Sentences};
use crate::words::{Word, swar};

/// From so many points on a sentence is talk.
const ENOUGH: u32 = 3;

/// The talk of a text, as its blocks are added in order.
#[derive(Default)]
pub(super) struct Talk {
    sentences: Sentences,
    /// How much each of them is talk.
    points: Vec<u32>,
    found: Vec<Found>,
}

impl Talk {
    /// Adds a block with its words and what they pull at.
    pub fn add(&mut self, text: &str, block: &Block, words: &[Word], pull: Pull) {
        let inside = &text[block.from..block.to];
        let asks = || swar::has(inside.as_bytes(), swar::is_byte(b'?'));
        let is_pulled = pull.is_enough(false) || pull.is_enough(true) && asks();
        if block.kind == BlockKind::Quote || !is_pulled || !(may_tell(words) || asks()) {
            return;
        }
        self.sentences.read(inside, block.from, words);
        self.points.clear();
        self.points.extend(self.sentences.iter().map(|(sentence, tokens)| points(sentence, tokens)));
        let is_talk = self.points.iter().any(|points| *points > 1);
        // A lesson tells what not to do, and why: `Don't X: Y`.
        if !is_talk || self.sentences.begins_with(DONT) {
            return;
        }
        // Cells of tables are often samples.
        let enough = if block.kind == BlockKind::Row { ENOUGH + 1 } else { ENOUGH };
        self.add_passages(text, enough);
    }

    /// One finding for each passage of talk.
    pub fn findings(self) -> Vec<Found> {
        self.found
    }

    /// Neighbouring sentences of talk as one.
    fn add_passages(&mut self, text: &str, enough: u32) {
        let mut passage: Option<(usize, usize, u32)> = None;
        for (at, (sentence, _)) in self.sentences.iter().enumerate() {
            let Sentence { from, to, .. } = *sentence;
            passage = match passage {
                _ if !is_talk(&self.points, at, enough) => {
                    self.found.extend(passage.map(|passage| tell(text, passage)));
                    None
                }
                Some((from, _, points)) => Some((from, to, points.max(self.points[at]))),
                None => Some((from, to, self.points[at])),
            };
        }
        self.found.extend(passage.map(|passage| tell(text, passage)));
    }
}

/// A weak sentence counts beside another.
fn is_talk(points: &[u32], at: usize, enough: u32) -> bool {
    let beside = |other: Option<usize>| other.and_then(|other| points.get(other)).copied().unwrap_or(0);
    let neighbour = beside(at.checked_sub(1)).max(beside(Some(at + 1)));
    let is_weak_talk = points[at] >= 2 && neighbour >= 2 || points[at] >= 1 && neighbour >= enough;
    points[at] >= enough || enough == ENOUGH && is_weak_talk
}

fn tell(text: &str, (from, to, points): (usize, usize, u32)) -> Found {
    Found {
        rule: Rule::Deliberation,
        from,
        to,
        weight: (50 + 10 * points).min(95) as u8,
        message: format!(
            "\"{}\" tells how the work went, not what to do: leave it out, or say only what was decided",
            excerpt(text, from, to)
        ),
    }
}
