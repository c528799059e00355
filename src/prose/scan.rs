//! One look at all words: where ids, copies and words of talk may be. What is found here is only a
//! place to look closer, so that plain text costs almost nothing.

use super::filter::Filter;
use super::lexicon::{self, Class};
use crate::words::{Word, Words, hash_of_all, roll};

/// So many words in a row make a shingle. Fewer would take common phrases for copies.
pub const SHINGLE_WORDS: usize = 7;

/// So many words are read at once, whatever part they are of: short loops over many words, in which almost
/// nothing depends on the word, are what a processor does best.
const AHEAD_MAX: usize = 512;
/// And so many behind a place where what was read ahead had to be thrown away.
const AHEAD_MIN: usize = 8;

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

/// Hashes to look for.
struct Known {
    /// Ascending.
    hashes: Vec<u64>,
    filter: Filter,
}

/// A text that is read once, part by part.
pub(super) struct Scan<'a> {
    text: &'a str,
    words: Words<'a>,
    /// First words of ids.
    ids: Known,
    /// Shingles that may not be repeated.
    shingles: Known,
    /// As many words before this part as a shingle has, those of this part, and those read ahead. Before the
    /// first word of the text there are some of no length.
    read: Vec<Word>,
    /// What each of them does.
    classes: Vec<Class>,
    /// Where this part begins among them.
    part: usize,
    /// Where it ends.
    next: usize,
    /// The hash of the last words that make a shingle.
    shingle: u64,
    /// How many words are read next.
    ahead: usize,
    /// Where words stand that an id begins with.
    pub id_places: Vec<usize>,
    /// Shingles that are known.
    pub copies: Vec<Copy>,
}

impl Known {
    fn new(mut hashes: Vec<u64>) -> Self {
        hashes.sort_unstable();
        Self { filter: Filter::new(hashes.len(), hashes.iter().copied()), hashes }
    }

    #[inline]
    fn has(&self, hash: u64) -> bool {
        self.filter.may_hold(hash) && self.hashes.binary_search(&hash).is_ok()
    }
}

impl<'a> Scan<'a> {
    pub fn new(text: &'a str, ids: Vec<u64>, shingles: Vec<u64>) -> Self {
        Self {
            text,
            words: Words::new(text),
            ids: Known::new(ids),
            shingles: Known::new(shingles),
            read: vec![Word { from: 0, to: 0, hash: 0 }; SHINGLE_WORDS],
            classes: vec![0; SHINGLE_WORDS],
            part: SHINGLE_WORDS,
            next: SHINGLE_WORDS,
            shingle: 0,
            ahead: AHEAD_MIN,
            id_places: Vec::new(),
            copies: Vec::new(),
        }
    }

    /// Goes on to the words up to a place.
    pub fn read_to(&mut self, end: usize) {
        self.part = self.next;
        loop {
            let ahead = &self.read[self.next..];
            self.next += ahead.iter().position(|word| word.from >= end).unwrap_or(ahead.len());
            if self.words().last().is_some_and(|word| word.to > end) {
                self.cut(end);
            }
            if self.next < self.read.len() || !self.read_ahead() {
                return;
            }
        }
    }

    /// The words that were read last.
    pub fn words(&self) -> &[Word] {
        &self.read[self.part..self.next]
    }

    /// What each of them does.
    pub fn classes(&self) -> &[Class] {
        &self.classes[self.part..self.next]
    }

    /// Reads more words, if there are any.
    fn read_ahead(&mut self) -> bool {
        let forgotten = self.part - SHINGLE_WORDS;
        self.read.drain(..forgotten);
        self.classes.drain(..forgotten);
        self.part -= forgotten;
        self.next -= forgotten;
        let from = self.read.len();
        self.words.read(self.ahead, &mut self.read);
        self.ahead = (2 * self.ahead).min(AHEAD_MAX);
        self.look_at(from);
        from < self.read.len()
    }

    /// What the words behind so many do; looks for ids and known shingles among them.
    fn look_at(&mut self, from: usize) {
        let classes = lexicon::known();
        for group in self.read[from - SHINGLE_WORDS..].windows(SHINGLE_WORDS + 1) {
            let [left, first, .., last] = group else { break };
            self.classes.push(classes.class_of(last.hash));
            if self.ids.has(last.hash) {
                self.id_places.push(last.from);
            }
            self.shingle = roll::<SHINGLE_WORDS>(self.shingle, last.hash, left.hash);
            if self.shingles.has(self.shingle) && first.to > 0 {
                self.copies.push(Copy { hash: self.shingle, from: first.from, to: last.to });
            }
        }
    }

    /// The last word of the part is joined by a hyphen with a part that it does not belong to: reads it
    /// without that, and all behind it anew.
    #[cold]
    fn cut(&mut self, end: usize) {
        self.next -= 1;
        let whole = self.read[self.next];
        self.read.truncate(self.next);
        self.classes.truncate(self.next);
        drop_last(&mut self.id_places, |from| *from >= whole.from);
        drop_last(&mut self.copies, |copy| copy.to > whole.from);
        let last: Vec<u64> = self.read[self.next - SHINGLE_WORDS..].iter().map(|word| word.hash).collect();
        self.shingle = hash_of_all(&last);
        let inside = Words::new(&self.text[whole.from..end]).next();
        let (to, hash) = inside.map_or((end, 0), |word| (whole.from + word.to, word.hash));
        self.read.push(Word { from: whole.from, to, hash });
        self.look_at(self.next);
        self.next += 1;
        self.words = Words::starting(self.text, end);
        self.ahead = AHEAD_MIN;
    }
}

fn drop_last<T>(all: &mut Vec<T>, is_over: impl Fn(&T) -> bool) {
    while all.last().is_some_and(&is_over) {
        all.pop();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::layout::{self, Part};

    proptest! {
        #[test]
        fn each_part_has_its_own_words(text in "(([a-zü*]{1,20}[ ,.]|[a-z]{1,3}-\n|\n\n?|- |# |> |```\n){0,12}){0,12}") {
            let mut scan = Scan::new(&text, Vec::new(), Vec::new());
            for part in layout::parts(&text) {
                let (from, to) = match part {
                    Part::Fenced(block) => (block.from, block.to),
                    Part::Block(block) => (block.from, block.to),
                };
                scan.read_to(to);
                let moved = |word: Word| Word { from: from + word.from, to: from + word.to, ..word };
                let own: Vec<Word> = Words::new(&text[from..to]).map(moved).collect();
                prop_assert_eq!(scan.words(), own);
                prop_assert_eq!(scan.words().len(), scan.classes().len());
            }
        }
    }
}
