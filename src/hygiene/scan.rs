//! One look at all words: where ids, copies and words of talk may be. What is found here is only a
//! place to look closer, so that plain text costs almost nothing.

use super::copies::SHINGLE_WORDS;
use super::frame::Frame;
use super::lexicon::{self, Class};
use crate::words::{Shingles, Words, hash_of};

/// Places to look closer at.
#[derive(Debug, Default)]
pub(super) struct Hits {
    /// Where a word stands that an id begins with.
    pub ids: Vec<usize>,
    /// Shingles that are known.
    pub copies: Vec<Copy>,
    /// Where words stand that may be part of talk, and what they do.
    pub talk: Vec<(usize, Class)>,
}

/// A shingle with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copy {
    pub hash: u64,
    pub from: usize,
    pub to: usize,
}

/// Reads the whole text once.
pub(super) fn scan(text: &str, frame: &Frame) -> Hits {
    let mut filter = Filter::new(frame.ids.len() + lexicon::TRIGGERS);
    let mut ids: Vec<u64> = frame.ids.iter().map(|id| hash_of(id.as_str())).collect();
    ids.sort_unstable();
    for hash in ids.iter().copied().chain(lexicon::triggers()) {
        filter.add(hash);
    }
    let known: Vec<u64> = frame.prints.map(|prints| prints.hashes().collect()).unwrap_or_default();
    let mut copies = Filter::new(known.len());
    for hash in &known {
        copies.add(*hash);
    }
    let mut hits = Hits::default();
    let mut shingles = Shingles::<SHINGLE_WORDS>::default();
    let mut starts = [0; SHINGLE_WORDS];
    let mut slot = 0;
    for word in Words::new(text) {
        if filter.may_hold(word.hash) {
            if ids.binary_search(&word.hash).is_ok() {
                hits.ids.push(word.from);
            }
            let class = lexicon::class_of(word.hash);
            if class & lexicon::TRIGGER != 0 {
                hits.talk.push((word.from, class));
            }
        }
        if known.is_empty() {
            continue;
        }
        starts[slot] = word.from;
        slot = if slot + 1 == SHINGLE_WORDS { 0 } else { slot + 1 };
        if let Some(hash) = shingles.push(word.hash)
            && copies.may_hold(hash)
            && known.binary_search(&hash).is_ok()
        {
            let from = starts[slot];
            hits.copies.push(Copy { hash, from, to: word.to });
        }
    }
    hits
}

/// A set of bits that says "not there" quickly and surely.
struct Filter {
    bits: Vec<u64>,
    shift: u32,
}

impl Filter {
    /// With room for so many hashes: about one of 32 bits is set.
    fn new(hashes: usize) -> Self {
        let bits = (32 * hashes).next_power_of_two().max(64);
        Self { bits: vec![0; bits / 64], shift: 64 - bits.trailing_zeros() }
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        let bit = hash.wrapping_mul(0xd6e8_feb8_6659_fd93) >> self.shift;
        ((bit / 64) as usize, 1 << (bit % 64))
    }

    fn add(&mut self, hash: u64) {
        let (at, bit) = self.place(hash);
        if let Some(bits) = self.bits.get_mut(at) {
            *bits |= bit;
        }
    }

    #[inline]
    fn may_hold(&self, hash: u64) -> bool {
        let (at, bit) = self.place(hash);
        self.bits.get(at).is_some_and(|bits| bits & bit != 0)
    }
}
