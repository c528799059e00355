//! What words do that talk about work is made of. Frozen: the corpus in `tests/hygiene` says what each
//! change costs.

mod classes;
mod idioms;

use std::hint::select_unpredictable;
use std::sync::LazyLock;

pub(super) use classes::*;

use super::filter::Filter;
use crate::words::{Word, Words, hash_of};

struct Lexicon {
    words: Known,
    /// Hashes of the words, and the weight; sorted.
    idioms: Vec<(Vec<u64>, u8)>,
    /// The first words of each idiom, at most [`START_WORDS`].
    starts: Filter,
}

const PLACES_LOG: u32 = 12;
/// Far more than words, so that each finds one.
const PLACES: usize = 1 << PLACES_LOG;

/// Words by their hashes, each in one of two places (cuckoo hashing, Pagh, Rodler 2001): what a word does is
/// known after two looks, whatever they show. A hash of 0 is an empty place.
pub(super) struct Known(Box<[(u64, Class); PLACES]>);

impl Known {
    /// What a word does; 0 for all that are not known.
    #[inline]
    pub fn class_of(&self, hash: u64) -> Class {
        let class = |(known, class): (u64, Class)| select_unpredictable(known == hash, class, 0);
        class(self.0[first_place(hash)]) | class(self.0[second_place(hash)])
    }

    fn add(&mut self, hash: u64, class: Class) {
        let places = [first_place(hash), second_place(hash)];
        if let Some(place) = places.into_iter().find(|place| self.0[*place].0 == hash) {
            self.0[place].1 |= class;
            return;
        }
        // Who is in the way moves to its other place.
        let (mut word, mut at) = ((hash, class), places[0]);
        loop {
            std::mem::swap(&mut word, &mut self.0[at]);
            match word {
                (0, _) => return,
                (hash, _) if at == first_place(hash) => at = second_place(hash),
                (hash, _) => at = first_place(hash),
            }
        }
    }
}

fn first_place(hash: u64) -> usize {
    (hash >> (64 - PLACES_LOG)) as usize
}

fn second_place(hash: u64) -> usize {
    (hash >> (64 - 2 * PLACES_LOG)) as usize % PLACES
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut words = Known(Box::new([(0, 0); PLACES]));
    for (class, list) in CLASSES {
        for word in list.split_whitespace() {
            words.add(hash_of(word), *class);
        }
    }
    let mut idioms = Vec::new();
    for (weight, phrases) in idioms::IDIOMS {
        for phrase in phrases.split(", ") {
            idioms.push((add_idiom(&mut words, weight, phrase), weight));
        }
    }
    idioms.sort();
    let start = |words: &[u64]| words.iter().take(START_WORDS).fold(0, |hash, word| go_on(hash, *word));
    let starts = Filter::new(idioms.len(), idioms.iter().map(|(words, _)| start(words)));
    Lexicon { words, idioms, starts }
});

/// Adds the words by which an idiom is noticed; all of its words.
fn add_idiom(known: &mut Known, weight: u8, phrase: &str) -> Vec<u64> {
    let words: Vec<Word> = Words::new(phrase).collect();
    // A rare word is the best key; a phrase with a word that pulls by itself needs none.
    let class = |word: &Word| known.class_of(word.hash);
    let rank = |word: &&Word| (class(word) & COMMON == 0, word.to - word.from);
    let pulls = words.iter().any(|word| class(word) & STRONG & !KEY != 0);
    let key = words.iter().max_by_key(rank).filter(|_| !pulls).map(|word| word.hash);
    if let Some(key) = key {
        known.add(key, if weight >= 3 { KEY } else { WEAK_KEY });
    }
    if let Some(first) = words.first() {
        known.add(first.hash, IDIOM);
    }
    words.iter().map(|word| word.hash).collect()
}

/// By so many words an idiom is told from almost all that begins like one.
const START_WORDS: usize = 3;

/// The hash of some words in a row and one more.
#[inline]
fn go_on(hash: u64, word: u64) -> u64 {
    hash.rotate_left(7) ^ word
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

/// What the words of a block do, and how many of them are of `MOOD`: whether a closer look is worth while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pull {
    pub classes: Class,
    moods: u32,
}

impl Pull {
    pub fn of(classes: &[Class]) -> Self {
        let start = Self { classes: 0, moods: 0 };
        classes.iter().fold(start, |Self { classes, moods }, class| Self {
            classes: classes | class,
            moods: moods + u32::from(class & MOOD != 0),
        })
    }

    /// Whether it is enough; a question needs less.
    pub fn is_enough(self, asks: bool) -> bool {
        let has = |class: Class| self.classes & class != 0;
        has(STRONG) || has(NOUN) && has(PAST) || self.moods >= 2 || asks && (has(MIGHT) || self.moods > 0)
    }
}

/// All words that are known.
pub(super) fn known() -> &'static Known {
    &LEXICON.words
}

/// Whether an idiom may begin with any of some words.
pub(super) fn may_hold_idiom(words: &[Word], classes: &[Class]) -> bool {
    let starts = classes.iter().enumerate().filter(|(_, class)| *class & IDIOM != 0);
    starts.map(|(at, _)| words[at..].iter().map(|word| word.hash)).any(may_be_idiom)
}

fn may_be_idiom(words: impl Iterator<Item = u64>) -> bool {
    let mut starts = words.take(START_WORDS).scan(0, |hash, word| {
        *hash = go_on(*hash, word);
        Some(*hash)
    });
    let known = &LEXICON.starts;
    starts.any(|start| known.may_hold(start))
}

/// The weight and the length of the longest idiom at the beginning of some words, of which the first is
/// of a class.
#[inline]
pub(super) fn idiom(class: Class, words: impl Iterator<Item = u64> + Clone) -> Option<(u8, usize)> {
    if class & IDIOM == 0 || !may_be_idiom(words.clone()) {
        return None;
    }
    longest_idiom(words)
}

fn longest_idiom(words: impl Iterator<Item = u64> + Clone) -> Option<(u8, usize)> {
    let first = words.clone().next()?;
    let idioms = &LEXICON.idioms;
    let from = idioms.partition_point(|(idiom, _)| idiom[0] < first);
    let candidates = idioms[from..].iter().take_while(|(idiom, _)| idiom[0] == first);
    let fits = |idiom: &[u64]| words.clone().take(idiom.len()).eq(idiom.iter().copied());
    let longest = candidates.filter(|(idiom, _)| fits(idiom)).max_by_key(|(idiom, _)| idiom.len());
    longest.map(|(idiom, weight)| (*weight, idiom.len()))
}
