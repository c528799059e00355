//! One look at all words: where ids, copies and words of talk may be. What is found here is only a
//! place to look closer, so that plain text costs almost nothing.

use super::filter::Filter;
use super::lexicon::{self, Pull};
use crate::words::{Word, Words, roll};

/// So many words in a row make a shingle. Fewer would take common phrases for copies.
pub const SHINGLE_WORDS: usize = 7;
/// So many words are kept before earlier ones are forgotten.
const KEPT_MAX: usize = 1_024;

/// A shingle with its place.
#[derive(Clone, Copy, Debug)]
pub struct Copy {
    /// The hash of its words.
    pub hash: u64,
    /// Where it begins, in bytes.
    pub from: usize,
    /// Where it ends, in bytes.
    pub to: usize,
}

/// A text that is read once, part by part.
pub(super) struct Scan<'a> {
    text: &'a str,
    words: Words<'a>,
    /// Words of ids and of talk.
    marked: Filter,
    ids: Vec<u64>,
    /// Shingles that may not be repeated, ascending.
    known: Vec<u64>,
    copied: Filter,
    /// The words of this part, and as many before it as a shingle may have.
    kept: Vec<Word>,
    /// Where this part begins among them.
    part: usize,
    /// The hash of the last words that make a shingle.
    shingle: u64,
    /// Where words stand that an id begins with.
    pub id_places: Vec<usize>,
    /// Shingles that are known.
    pub copies: Vec<Copy>,
}

impl<'a> Scan<'a> {
    pub fn new(text: &'a str, mut ids: Vec<u64>, mut known: Vec<u64>) -> Self {
        ids.sort_unstable();
        known.sort_unstable();
        let marked = ids.iter().copied().chain(lexicon::triggers());
        Self {
            text,
            words: Words::new(text),
            marked: Filter::new(ids.len() + lexicon::TRIGGERS, marked),
            copied: Filter::new(known.len(), known.iter().copied()),
            ids,
            known,
            kept: Vec::new(),
            part: 0,
            shingle: 0,
            id_places: Vec::new(),
            copies: Vec::new(),
        }
    }

    /// Reads the words up to a place; what they pull at.
    pub fn read_to(&mut self, end: usize) -> Pull {
        if self.kept.len() > KEPT_MAX {
            self.kept.drain(..self.kept.len() - SHINGLE_WORDS);
        }
        self.part = self.kept.len();
        let mut pull = Pull::default();
        while let Some(word) = self.words.next_before(end) {
            let word = if word.to > end { self.cut(word.from, end) } else { word };
            if self.marked.may_hold(word.hash) {
                self.mark(word, &mut pull);
            }
            let left = self.kept.len().checked_sub(SHINGLE_WORDS).and_then(|at| self.kept.get(at));
            self.shingle = roll::<SHINGLE_WORDS>(self.shingle, word.hash, left.map_or(0, |word| word.hash));
            self.kept.push(word);
            if self.copied.may_hold(self.shingle) {
                self.look_for_copy(word.to);
            }
        }
        pull
    }

    #[inline]
    fn mark(&mut self, word: Word, pull: &mut Pull) {
        pull.add(lexicon::class_of(word.hash));
        if self.ids.binary_search(&word.hash).is_ok() {
            self.id_places.push(word.from);
        }
    }

    /// Whether the last words are known, up to a place.
    #[cold]
    fn look_for_copy(&mut self, to: usize) {
        if let [.., first, _, _, _, _, _, _] = self.kept[..]
            && self.known.binary_search(&self.shingle).is_ok()
        {
            self.copies.push(Copy { hash: self.shingle, from: first.from, to });
        }
    }

    /// A word that a hyphen joins with a part that it does not belong to, without that.
    #[cold]
    fn cut(&mut self, from: usize, end: usize) -> Word {
        self.words = Words::starting(self.text, end);
        let whole = Word { from, to: end, hash: 0 };
        Words::new(&self.text[from..end]).next().map_or(whole, |word| Word {
            from,
            to: from + word.to,
            ..word
        })
    }

    /// The words that were read last.
    pub fn words(&self) -> &[Word] {
        &self.kept[self.part..]
    }
}
