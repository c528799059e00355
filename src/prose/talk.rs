//! Deliberation: sentences that tell how agents came to a task instead of what it is.

use super::layout::{Block, BlockKind};
use super::lexicon::{Class, DONT, Pull};
use super::points::{may_tell, points};
use super::sentence::{Sentence, Sentences};
use crate::words::{Word, swar};

/// From so many points on a sentence is talk.
const ENOUGH: u32 = 3;

/// Sentences of talk in a row.
#[derive(Clone, Copy, Debug)]
pub struct Passage {
    /// Where it begins, in bytes.
    pub from: usize,
    /// Where it ends, in bytes.
    pub to: usize,
    /// How much its worst sentence is talk.
    pub points: u32,
}

/// The talk of a text, as its blocks are added in order.
#[derive(Default)]
pub(super) struct Talk {
    sentences: Sentences,
    /// How much each of them is talk.
    points: Vec<u32>,
    passages: Vec<Passage>,
}

impl Talk {
    /// Adds a block with its words and what each of them does.
    pub fn add(&mut self, text: &str, block: &Block, words: &[Word], classes: &[Class]) {
        let inside = &text[block.from..block.to];
        let asks = || swar::has(inside.as_bytes(), swar::is_byte(b'?'));
        let pull = Pull::of(classes);
        let is_pulled = pull.is_enough(false) || pull.is_enough(true) && asks();
        if block.kind == BlockKind::Quote || !is_pulled || !(may_tell(pull.classes, words, classes) || asks())
        {
            return;
        }
        self.sentences.read(inside, block.from, words, classes);
        self.points.clear();
        self.points.extend(self.sentences.iter().map(|(sentence, tokens)| points(sentence, tokens)));
        let is_talk = self.points.iter().any(|points| *points > 1);
        // A lesson tells what not to do, and why: `Don't X: Y`.
        if !is_talk || self.sentences.begins_with(DONT) {
            return;
        }
        // Cells of tables are often samples.
        let enough = if block.kind == BlockKind::Row { ENOUGH + 1 } else { ENOUGH };
        self.add_passages(enough);
    }

    /// All of it.
    pub fn passages(self) -> Vec<Passage> {
        self.passages
    }

    /// Neighbouring sentences of talk as one.
    fn add_passages(&mut self, enough: u32) {
        let mut open: Option<Passage> = None;
        for (at, (sentence, _)) in self.sentences.iter().enumerate() {
            let Sentence { from, to, .. } = *sentence;
            let points = self.points[at];
            open = match open {
                _ if !is_talk(&self.points, at, enough) => {
                    self.passages.extend(open);
                    None
                }
                Some(passage) => Some(Passage { to, points: points.max(passage.points), ..passage }),
                None => Some(Passage { from, to, points }),
            };
        }
        self.passages.extend(open);
    }
}

/// A weak sentence counts beside another.
fn is_talk(points: &[u32], at: usize, enough: u32) -> bool {
    let beside = |other: Option<usize>| other.and_then(|other| points.get(other)).copied().unwrap_or(0);
    let neighbour = beside(at.checked_sub(1)).max(beside(Some(at + 1)));
    let is_weak_talk = points[at] >= 2 && neighbour >= 2 || points[at] >= 1 && neighbour >= enough;
    points[at] >= enough || enough == ENOUGH && is_weak_talk
}
