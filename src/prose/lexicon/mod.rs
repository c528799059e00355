//! What words do that talk about work is made of. Frozen: the corpus in `tests/hygiene` says what each
//! change costs.

mod classes;
mod idioms;

use std::sync::LazyLock;

pub(super) use classes::*;

use super::filter::Filter;
use crate::words::{Word, Words, hash_of};

struct Lexicon {
    /// Open addressing by the upper bits of the hash; 0 is empty.
    words: Vec<(u64, Class)>,
    /// Hashes of the words, and the weight; sorted.
    idioms: Vec<(Vec<u64>, u8)>,
    /// The first two words of each idiom.
    pairs: Filter,
}

/// Far more places than words, so that a look-up rarely goes on.
const PLACES_LOG: u32 = 12;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut words = vec![(0, 0); 1 << PLACES_LOG];
    for (class, list) in CLASSES {
        for word in list.split_whitespace() {
            add(&mut words, hash_of(word), *class);
        }
    }
    let mut idioms = Vec::new();
    for (weight, phrases) in idioms::IDIOMS {
        for phrase in phrases.split(", ") {
            idioms.push((add_idiom(&mut words, weight, phrase), weight));
        }
    }
    idioms.sort();
    let pairs = Filter::new(
        idioms.len(),
        idioms.iter().map(|(words, _)| pair(words[0], words.get(1).copied().unwrap_or_default())),
    );
    Lexicon { words, idioms, pairs }
});

/// Adds the words by which an idiom is noticed; all of its words.
fn add_idiom(known: &mut [(u64, Class)], weight: u8, phrase: &str) -> Vec<u64> {
    let words: Vec<Word> = Words::new(phrase).collect();
    // A rare word is the best key; a phrase with a word that pulls by itself needs none.
    let class = |word: &Word| class_in(known, word.hash);
    let rank = |word: &&Word| (class(word) & COMMON == 0, word.to - word.from);
    let pulls = words.iter().any(|word| class(word) & STRONG & !KEY != 0);
    let key = words.iter().max_by_key(rank).filter(|_| !pulls).map(|word| word.hash);
    if let Some(key) = key {
        add(known, key, if weight >= 3 { KEY } else { WEAK_KEY });
    }
    if let Some(first) = words.first() {
        add(known, first.hash, IDIOM);
    }
    words.iter().map(|word| word.hash).collect()
}

fn add(words: &mut [(u64, Class)], hash: u64, class: Class) {
    let mut at = place(hash);
    while words[at].0 != 0 && words[at].0 != hash {
        at = (at + 1) % words.len();
    }
    words[at].0 = hash;
    words[at].1 |= class;
}

fn place(hash: u64) -> usize {
    (hash >> (64 - PLACES_LOG)) as usize
}

#[inline]
fn class_in(words: &[(u64, Class)], hash: u64) -> Class {
    let mut at = place(hash);
    loop {
        match words[at] {
            (known, class) if known == hash => return class,
            (0, _) => return 0,
            _ => at = (at + 1) % words.len(),
        }
    }
}

/// A hash of two words in a row, of which the second may be missing.
#[inline]
fn pair(first: u64, second: u64) -> u64 {
    first ^ second.rotate_left(7)
}

/// Words that are everywhere: bad keys.
const COMMON: Class = SMALL | BETWEEN | MAY | FEW | CONDITION | BE | DO_NEXT | HAVE | JOINING | PRIOR;
/// One such word in a block is enough for a closer look.
const STRONG: Class =
    I | WE | LET | MY | ME | AGENT | SOMEBODY | HESITATION | COURTESY | ALONE | KEY | DISPUTE | OPINION;
/// One of these …
const NOUN: Class = ROLE | OPTION | ATTEMPT | DEBATE;
/// … with one of these is enough.
const PAST: Class = WAS | TOLD | WORKED | MIGHT;
/// Two of these are enough.
const MOOD: Class = DOUBT | STORY | OPENER | VERDICT | FRAGMENT | GOING_ON | TOLD | WAS | WEAK_KEY;

/// Whether the words of a block, with how many of them are of `MOOD`, make a closer look worth while.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pull {
    classes: Class,
    moods: u32,
}

impl Pull {
    /// Adds a word.
    pub fn add(&mut self, class: Class) {
        self.classes |= class;
        self.moods += u32::from(class & MOOD != 0);
    }

    /// Whether it is enough; a question needs less.
    pub fn is_enough(self, asks: bool) -> bool {
        let has = |class: Class| self.classes & class != 0;
        has(STRONG) || has(NOUN) && has(PAST) || self.moods >= 2 || asks && (has(MIGHT) || self.moods > 0)
    }
}

/// Classes that count for a closer look.
const TRIGGER: Class = STRONG | NOUN | PAST | MOOD;

/// At least as many as there are triggers.
pub(super) const TRIGGERS: usize = 1_024;

/// The hashes of all words that make a closer look worth while.
pub(super) fn triggers() -> impl Iterator<Item = u64> {
    LEXICON.words.iter().filter(|(_, class)| class & TRIGGER != 0).map(|(hash, _)| *hash)
}

/// What a word does; 0 for all others.
#[inline]
pub(super) fn class_of(hash: u64) -> Class {
    class_in(&LEXICON.words, hash)
}

/// What any of some words do.
pub(super) fn classes_of(words: &[Word]) -> Class {
    let known = LEXICON.words.as_slice();
    words.iter().fold(0, |classes, word| classes | class_in(known, word.hash))
}

/// Whether an idiom may begin with any of some words.
pub(super) fn may_hold_idiom(words: &[Word]) -> bool {
    let Lexicon { words: known, pairs, .. } = &*LEXICON;
    let next = words.iter().skip(1).map(|word| word.hash).chain([0]);
    let mut both = words.iter().map(|word| word.hash).zip(next);
    both.any(|(first, second)| {
        class_in(known, first) & IDIOM != 0
            && (pairs.may_hold(pair(first, second)) || pairs.may_hold(pair(first, 0)))
    })
}

/// The weight and the length of the longest idiom at the beginning of some words, of which the first is
/// of a class.
#[inline]
pub(super) fn idiom(class: Class, words: impl Iterator<Item = u64> + Clone) -> Option<(u8, usize)> {
    if class & IDIOM == 0 {
        return None;
    }
    let mut both = words.clone();
    let (first, second) = (both.next()?, both.next().unwrap_or_default());
    let pairs = &LEXICON.pairs;
    let may_be = pairs.may_hold(pair(first, second)) || pairs.may_hold(pair(first, 0));
    if may_be { longest_idiom(first, words) } else { None }
}

fn longest_idiom(first: u64, words: impl Iterator<Item = u64> + Clone) -> Option<(u8, usize)> {
    let idioms = &LEXICON.idioms;
    let from = idioms.partition_point(|(idiom, _)| idiom[0] < first);
    let candidates = idioms[from..].iter().take_while(|(idiom, _)| idiom[0] == first);
    let fits = |idiom: &[u64]| words.clone().take(idiom.len()).eq(idiom.iter().copied());
    let longest = candidates.filter(|(idiom, _)| fits(idiom)).max_by_key(|(idiom, _)| idiom.len());
    longest.map(|(idiom, weight)| (*weight, idiom.len()))
}
