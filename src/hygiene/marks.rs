//! What was said in a session as fingerprints, so that it can be known again though the text is nowhere
//! kept: hashes of so many words in a row, the smallest of each few neighbours (winnowing, Schleimer,
//! Wilkerson, Aiken 2003).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use prose::layout::{self, BlockKind, Part};
use prose::quoted;
use prose::words::{Shingles, Word, Words};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::wholes;

/// One of so many neighbours is kept, as long as that makes no more than [`MARKS_MAX`].
pub(super) const WINDOW_MIN: usize = 3;
/// So many fingerprints a text may leave, each kind of it by itself: 8 KiB in the journal. Of a longer text
/// fewer neighbours are kept, so that longer copies only are sure to be found.
const MARKS_MAX: usize = 1024;
/// So many of them may be of what is whole.
const WHOLES_MAX: usize = MARKS_MAX / 4;
/// Bits of a fingerprint: the chance that 500 words of a context meet one of 16,384 by accident is 3 in
/// 100 million.
const BITS: u32 = 48;

/// What of a text is read, and how much of it in a row is a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Sentences: ten words in a row. Fewer are a turn of phrase that two authors come upon. Names, paths
    /// and numbers count for nothing: whoever speaks of the same code has to write them.
    Talk,
    /// All but numbers, because tools number the lines that they show: forty words in a row, about eight
    /// lines. What a task may well quote of a file or of a log is shorter: an error message, a signature,
    /// an example, a paragraph of a README.
    Output,
}

impl Reading {
    /// Words of a fingerprint.
    pub(super) const fn words(self) -> usize {
        match self {
            Self::Talk => 10,
            Self::Output => 40,
        }
    }

    /// So many of them must differ: the rows of a table and the dots of a progress bar say nothing.
    pub(super) const fn different_min(self) -> usize {
        match self {
            Self::Talk => 7,
            Self::Output => 16,
        }
    }

    /// The words of a text that count.
    pub(super) fn of(self, text: &str) -> Vec<Word> {
        let counts = |word: &Word| match self {
            Self::Talk => !is_of_code(text, word),
            Self::Output => !text[word.from..word.to].bytes().all(|byte| byte.is_ascii_digit()),
        };
        Words::new(text).filter(counts).collect()
    }
}

/// So far from a word it is looked for the ends of what it is a part of, in bytes.
const TOKEN_BYTES_MAX: usize = 80;

/// Whether a word is a number, a name of code, or stands in something without spaces that is none of prose: a
/// path, a call, an option of a command.
fn is_of_code(text: &str, word: &Word) -> bool {
    let bytes = text.as_bytes();
    let before = bytes[..word.from].iter().rev().take(TOKEN_BYTES_MAX);
    let before = before.take_while(|byte| !byte.is_ascii_whitespace()).count();
    let after = bytes[word.to..].iter().take(TOKEN_BYTES_MAX);
    let after = after.take_while(|byte| !byte.is_ascii_whitespace()).count();
    let token = &bytes[word.from - before..word.to + after];
    // What stands around words of prose, in it as well as at its ends.
    let is_mark = |byte: &u8| b"\"'(),.;:!?*[]".contains(byte);
    let from = token.iter().position(|byte| !is_mark(byte)).unwrap_or_default();
    let to = token.iter().rposition(|byte| !is_mark(byte)).map_or(from, |last| last + 1);
    let token = &token[from..to];
    let is_joint = |byte: &u8| byte.is_ascii_digit() || b"_/\\@$#=<>()[]{}|~+`.:".contains(byte);
    let is_camel = |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
    token.starts_with(b"-") || token.iter().any(is_joint) || token.windows(2).any(is_camel)
}

/// So many words in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Its fingerprint.
    pub mark: u64,
    pub from: usize,
    pub to: usize,
}

/// Every run of the words that count, and what is whole, by place.
pub(super) fn runs_and_wholes(text: &str, reading: Reading) -> Vec<Run> {
    let mut all = runs(text, reading);
    all.extend(wholes::written(text, reading));
    all.sort_by_key(|run| (run.from, run.to));
    all
}

/// Every run of the words that count.
fn runs(text: &str, reading: Reading) -> Vec<Run> {
    let words = reading.of(text);
    let length = reading.words();
    let marks = rolled(&words, reading);
    let place = |(run, mark): (&[Word], u64)| Run { mark, from: run[0].from, to: run[length - 1].to };
    words.windows(length).zip(marks).map(place).collect()
}

/// A fingerprint of each run of words.
fn rolled(words: &[Word], reading: Reading) -> Vec<u64> {
    fn of<const WORDS: usize>(words: &[Word]) -> Vec<u64> {
        let mut shingles = Shingles::<WORDS>::default();
        words.iter().filter_map(|word| shingles.push(word.hash)).map(mark).collect()
    }
    match reading {
        Reading::Talk => of::<{ Reading::Talk.words() }>(words),
        Reading::Output => of::<{ Reading::Output.words() }>(words),
    }
}

/// The fingerprint of words in a row by their hash.
pub(super) fn mark(hash: u64) -> u64 {
    const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
    (hash ^ (hash >> 32)).wrapping_mul(MIX) >> (64 - BITS)
}

/// Fingerprints, ascending. As JSON one string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Marks(#[cfg_attr(test, ts(type = "string"))] Vec<u64>);

impl Marks {
    /// Those of texts; what `known` has is left out.
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = &'a str>, reading: Reading, known: &[u64]) -> Self {
        let texts: Vec<&str> = texts.into_iter().collect();
        let said = texts.iter().flat_map(|text| wholes::said(text, reading)).map(|run| run.mark);
        let mut wholes: Vec<u64> = said.filter(|mark| known.binary_search(mark).is_err()).collect();
        wholes.sort_unstable();
        wholes.dedup();
        wholes.truncate(WHOLES_MAX);
        let marks_max = MARKS_MAX - wholes.len();
        // A window may reach over two texts: no mark does.
        let all: Vec<u64> = texts.iter().flat_map(|text| telling(text, reading, known)).collect();
        // About two of `window` neighbours are kept.
        let count = all.iter().filter(|mark| **mark != NOTHING).count();
        let mut window = (2 * count / marks_max).max(WINDOW_MIN);
        loop {
            let mut kept = smallest(&all, window);
            kept.sort_unstable();
            kept.dedup();
            if kept.len() <= marks_max {
                let mut marks = Self(kept);
                marks.add(Self(wholes));
                return marks;
            }
            window *= 2;
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, mark: u64) -> bool {
        self.0.binary_search(&mark).is_ok()
    }

    pub(super) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort_unstable();
        self.0.dedup();
    }

    /// Takes those out that are known, ascending.
    pub(super) fn forget(&mut self, known: &[u64]) {
        self.0.retain(|mark| known.binary_search(mark).is_err());
    }
}

/// A mark that says nothing keeps its place among its neighbours, and is never the smallest.
const NOTHING: u64 = u64::MAX;

/// The marks of a text in order, with [`NOTHING`] for those that are known or too poor.
fn telling(text: &str, reading: Reading, known: &[u64]) -> Vec<u64> {
    let words = reading.of(text);
    let all = rolled(&words, reading).into_iter().zip(different(&words, reading.words()));
    all.map(|(mark, different)| {
        let is_telling = different >= reading.different_min() && known.binary_search(&mark).is_err();
        if is_telling { mark } else { NOTHING }
    })
    .collect()
}

/// How many different words are in each `length` in a row.
pub(super) fn different(words: &[Word], length: usize) -> Vec<usize> {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    let mut different = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        *counts.entry(word.hash).or_default() += 1;
        if let Some(gone) = index.checked_sub(length).and_then(|gone| words.get(gone))
            && let Some(count) = counts.get_mut(&gone.hash)
        {
            *count -= 1;
            if *count == 0 {
                counts.remove(&gone.hash);
            }
        }
        if index + 1 >= length {
            different.push(counts.len());
        }
    }
    different
}

/// The smallest of each `window` neighbours.
fn smallest(marks: &[u64], window: usize) -> Vec<u64> {
    let window = window.min(marks.len()).max(1);
    let mut kept = Vec::new();
    let mut best = None;
    for (last, neighbours) in marks.windows(window).enumerate().map(|(at, all)| (at + window - 1, all)) {
        let first = last + 1 - window;
        let is_new = |best: usize| best < first || marks[last] < marks[best];
        if best.is_none_or(is_new) {
            // Of equal ones the last: it stays in the window for longest.
            let smallest = neighbours.iter().zip(first..).min_by_key(|(mark, at)| (**mark, Reverse(*at)));
            kept.extend(smallest.map(|(mark, _)| *mark).filter(|mark| *mark != NOTHING));
            best = smallest.map(|(_, at)| at);
        }
    }
    kept
}

/// Every mark that something in texts could have, ascending.
pub(super) fn all_marks<'a>(texts: impl IntoIterator<Item = &'a str>, reading: Reading) -> Vec<u64> {
    let in_text = |text: &str| {
        let mut marks = rolled(&reading.of(text), reading);
        marks.extend(wholes::possible(text, reading));
        marks
    };
    let mut marks: Vec<u64> = texts.into_iter().flat_map(in_text).collect();
    marks.sort_unstable();
    marks.dedup();
    marks
}

/// What of a text are its author's own words: no code, nothing that it quotes.
pub(super) fn own_words(text: &str) -> Vec<&str> {
    let (mut parts, mut quotes) = (Vec::new(), Vec::new());
    for part in layout::parts(text) {
        let Part::Block(block) = part else {
            continue;
        };
        if block.kind == BlockKind::Quote {
            continue;
        }
        let block = &text[block.from..block.to];
        let mut from = 0;
        quoted(block, &mut quotes);
        for (start, end) in &quotes {
            parts.push(&block[from..*start]);
            from = *end;
        }
        parts.push(&block[from..]);
    }
    parts
}

/// Characters of a mark: 6 bits each.
const DIGITS: usize = (BITS / 6) as usize;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Serialize for Marks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digit = |mark: u64, at: usize| ALPHABET[(mark >> (6 * at) & 63) as usize] as char;
        let text: String =
            self.0.iter().flat_map(|mark| (0..DIGITS).rev().map(move |at| digit(*mark, at))).collect();
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Marks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let value = |digit: &u8| ALPHABET.iter().position(|known| known == digit).map(|at| at as u64);
        let mark = |digits: &[u8]| digits.iter().try_fold(0, |mark, digit| Some(mark << 6 | value(digit)?));
        let marks: Option<Vec<u64>> = text.as_bytes().chunks(DIGITS).map(mark).collect();
        let marks = marks.filter(|marks| text.len() == DIGITS * marks.len() && marks.is_sorted());
        marks.map(Self).ok_or_else(|| de::Error::custom("no fingerprints"))
    }
}
