//! Words of a text, folded: equal hashes for words that look equal to a reader. Where plain
//! words begin and end is seen for 64 bytes at once; only words with something else in them are read
//! letter by letter.

mod fold;
mod shingles;
pub(crate) mod swar;

pub use fold::{Folded, fold};
pub use shingles::{Shingles, hash_of_all, roll};

use swar::{Places, WINDOW};

/// A word with its place in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it begins, in bytes.
    pub from: usize,
    /// Where it ends, in bytes.
    pub to: usize,
    /// Equal for words that look equal.
    pub hash: u64,
}

/// The words of a text from a place on.
pub struct Words<'a> {
    bytes: &'a [u8],
    text: &'a str,
    /// Where the bytes begin that the next two speak of. No plain word begins before it and goes on in it.
    base: usize,
    /// Letters and digits.
    plain: Places,
    /// What is still to be read: where plain words begin, and all bytes beyond ASCII.
    left: Places,
}

/// An odd number with well mixed bits (the golden ratio).
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

impl<'a> Words<'a> {
    /// The words of a text.
    pub fn new(text: &'a str) -> Self {
        Self::starting(text, 0)
    }

    /// Begins at a place, which must lie between characters.
    pub fn starting(text: &'a str, at: usize) -> Self {
        let mut words = Self { bytes: text.as_bytes(), text, base: at, plain: 0, left: 0 };
        words.load(at);
        words
    }

    fn load(&mut self, at: usize) {
        let mut room = [0; WINDOW];
        let window = swar::window(self.bytes, at, &mut room);
        self.base = at;
        self.plain = swar::places(window, swar::is_plain);
        self.left = self.plain & !(self.plain << 1);
        if swar::has(window, swar::is_high) {
            self.left |= swar::places(window, swar::is_high);
        }
    }

    /// Adds so many of the next words, or somewhat more; fewer at the end of the text.
    pub fn read(&mut self, count: usize, words: &mut Vec<Word>) {
        let end = words.len() + count;
        while words.len() < end {
            let window = Window { bytes: self.bytes, base: self.base, plain: self.plain };
            let mut left = self.left;
            while let Some(word) = window.next_plain(left) {
                words.push(word);
                left &= left - 1;
            }
            self.left = left;
            if self.left != 0 {
                words.extend(self.other());
            } else if !self.load_next() {
                return;
            }
        }
    }

    /// Whether there is another window.
    fn load_next(&mut self) -> bool {
        let next = self.base + WINDOW;
        let is_there = next < self.bytes.len();
        if is_there {
            self.load(next);
        }
        is_there
    }

    /// At what is no plain word, or may not be one: a word, or nothing and the place to go on at.
    fn other(&mut self) -> Option<Word> {
        let at = self.left.trailing_zeros();
        let from = self.base + at as usize;
        let length = (!(self.plain >> at)).trailing_zeros();
        if length == 0 {
            return self.beyond_ascii(from);
        }
        if (at + length) as usize == WINDOW && at > 0 {
            self.load(from);
            return None;
        }
        self.slow(from)
    }

    /// At a character beyond ASCII: a word that begins with it, or nothing and the place behind it.
    #[cold]
    fn beyond_ascii(&mut self, from: usize) -> Option<Word> {
        let c = self.text[from..].chars().next()?;
        match fold(c) {
            Folded::Letter(_) | Folded::Two(..) => self.slow(from),
            Folded::Nothing | Folded::Separator(_) => {
                self.go_on(from + c.len_utf8());
                None
            }
        }
    }

    /// Leaves out what stands before a place.
    fn go_on(&mut self, at: usize) {
        match at - self.base {
            within @ 0..WINDOW => self.left &= u64::MAX << within,
            _ => self.load(at),
        }
    }

    /// A word that holds, or may go on with, something else than plain letters.
    #[cold]
    fn slow(&mut self, from: usize) -> Option<Word> {
        let mut hasher = Hasher::default();
        let mut at = from;
        let mut to = from;
        while let Some(c) = self.text.get(at..).and_then(|rest| rest.chars().next()) {
            let next = at + c.len_utf8();
            if c.is_ascii_alphanumeric() {
                hasher.push(c.to_ascii_lowercase() as u8);
                to = next;
            } else if c.is_ascii() {
                let Some(joined) = self.join(at).filter(|_| to > from) else {
                    break;
                };
                at = joined;
                continue;
            } else {
                let folded = fold(c);
                match folded {
                    Folded::Nothing => {}
                    Folded::Letter(letter) => hasher.push_char(letter),
                    Folded::Two(first, second) => {
                        hasher.push_char(first);
                        hasher.push_char(second);
                    }
                    Folded::Separator(_) => break,
                }
                if folded != Folded::Nothing {
                    to = next;
                }
            }
            at = next;
        }
        self.go_on(at.max(from + 1));
        (to > from).then(|| Word { from, to, hash: hasher.finish() })
    }

    /// Where a word goes on that is interrupted by emphasis or by a hyphen at the end of a line.
    fn join(&self, at: usize) -> Option<usize> {
        let rest = &self.bytes[at..];
        let skip = match rest {
            [b'*', ..] => rest.iter().take_while(|byte| **byte == b'*').count(),
            [b'-', b'\n', ..] => 2 + rest[2..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count(),
            [b'-', b'\r', b'\n', ..] => {
                3 + rest[3..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
            }
            _ => return None,
        };
        let goes_on = rest.get(skip).is_some_and(|byte| match rest[0] {
            b'-' => byte.is_ascii_lowercase(),
            _ => byte.is_ascii_alphanumeric(),
        });
        goes_on.then_some(at + skip)
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        loop {
            let window = Window { bytes: self.bytes, base: self.base, plain: self.plain };
            if let Some(word) = window.next_plain(self.left) {
                self.left &= self.left - 1;
                return Some(word);
            }
            if self.left != 0 {
                if let Some(word) = self.other() {
                    return Some(word);
                }
            } else if !self.load_next() {
                return None;
            }
        }
    }
}

/// What plain words are read from.
struct Window<'a> {
    bytes: &'a [u8],
    base: usize,
    plain: Places,
}

impl Window<'_> {
    /// The word at the first of some places, if it is surely plain.
    #[inline(always)]
    fn next_plain(&self, left: Places) -> Option<Word> {
        if left == 0 {
            return None;
        }
        let at = left.trailing_zeros();
        let length = (!(self.plain >> at)).trailing_zeros();
        let from = self.base + at as usize;
        let to = from + length as usize;
        if length == 0 || (at + length) as usize == WINDOW || may_go_on(self.bytes, to) {
            return None;
        }
        Some(Word { from, to, hash: hash_plain(self.bytes, from, length as usize) })
    }
}

/// Whether a word may go on behind its plain letters.
#[inline]
fn may_go_on(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at) {
        Some(0x80.. | b'*') => true,
        Some(b'-') => matches!(bytes.get(at + 1), Some(b'\n' | b'\r')),
        _ => false,
    }
}

#[inline]
fn step(hash: u64, eight: u64) -> u64 {
    let mixed = (hash ^ eight).wrapping_mul(MIX);
    mixed ^ (mixed >> 32)
}

/// The hash of a word of so many letters and digits, at least one, that begins at `from`.
#[inline(always)]
fn hash_plain(bytes: &[u8], from: usize, length: usize) -> u64 {
    match swar::eight(bytes, from) {
        Some(eight) if length <= 8 => step(0, swar::lowered(eight, length)),
        _ => hash_long(0, &bytes[from..], length),
    }
}

/// The same for a longer word, or near the end of a text, when so much is read of it.
fn hash_long(hash: u64, bytes: &[u8], length: usize) -> u64 {
    match swar::eight(bytes, 0) {
        Some(eight) if length <= 8 => step(hash, swar::lowered(eight, length)),
        Some(eight) => hash_long(step(hash, swar::lowered(eight, 8)), &bytes[8..], length - 8),
        None => hash_last(hash, &bytes[..length]),
    }
}

/// The same near the end of a text, where eight bytes cannot be read.
#[cold]
fn hash_last(hash: u64, word: &[u8]) -> u64 {
    let mut hasher = Hasher { hash, ..Hasher::default() };
    word.iter().for_each(|byte| hasher.push(byte.to_ascii_lowercase()));
    hasher.finish()
}

/// The hash of a word that is given letter by letter.
#[derive(Default)]
struct Hasher {
    hash: u64,
    chunk: u64,
    length: u32,
}

impl Hasher {
    fn push(&mut self, byte: u8) {
        self.chunk |= u64::from(byte) << (8 * self.length);
        self.length += 1;
        if self.length == 8 {
            self.hash = step(self.hash, self.chunk);
            (self.chunk, self.length) = (0, 0);
        }
    }

    fn push_char(&mut self, c: char) {
        let mut buffer = [0; 4];
        for byte in c.encode_utf8(&mut buffer).bytes() {
            self.push(byte);
        }
    }

    fn finish(self) -> u64 {
        if self.length == 0 { self.hash } else { step(self.hash, self.chunk) }
    }
}

/// The hash of the first word of a text, 0 when there is none.
pub fn hash_of(word: &str) -> u64 {
    Words::new(word).next().map_or(0, |word| word.hash)
}

/// Whether a hash is that of a number below 100, or of an ordinal such as `2nd`.
pub fn is_number_hash(hash: u64) -> bool {
    static NUMBERS: std::sync::LazyLock<Vec<u64>> = std::sync::LazyLock::new(|| {
        let forms = |n: u32| ["", "st", "nd", "rd", "th"].map(|ending| hash_of(&format!("{n}{ending}")));
        let mut hashes: Vec<u64> = (0..100).flat_map(forms).collect();
        hashes.sort_unstable();
        hashes
    });
    NUMBERS.binary_search(&hash).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<&str> {
        Words::new(text).map(|word| &text[word.from..word.to]).collect()
    }

    #[test]
    fn words_end_where_a_reader_sees_their_end() {
        assert_eq!(words("We store  amounts, (in) cents."), ["We", "store", "amounts", "in", "cents"]);
        assert_eq!(words("extraordinarily long-winded x"), ["extraordinarily", "long", "winded", "x"]);
        assert_eq!(words("für Größe 日本"), ["für", "Größe", "日本"]);
        assert_eq!(words("a_b c-d"), ["a", "b", "c", "d"]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn disguises_fold_away() {
        let plain = hash_of("explored");
        let disguised = [
            "EXPLORED",
            "ex\u{200b}plored",
            "\u{feff}explored",
            "ex**plor**ed",
            "ex-\n  plored",
            "ｅｘｐｌｏｒｅｄ",
            "ехрlоrеd",
            "e\u{301}xplored",
            "ex\u{ad}plored,",
        ];
        for word in disguised {
            assert_eq!(hash_of(word), plain, "{word}");
        }
        assert_eq!(hash_of("reconsidered"), hash_of("RECON\u{200b}SIDERED"));
        assert_ne!(hash_of("explored"), hash_of("explorer"));
        assert_ne!(hash_of("a"), hash_of("b"));
    }

    proptest! {
        #[test]
        fn the_fast_and_the_slow_way_agree(text in "[a-zA-Z0-9 .,*\\-\nüе\u{200b}_]{0,60}") {
            for word in Words::new(&text) {
                let slow = Words::starting(&text, word.from).slow(word.from);
                prop_assert_eq!(slow, Some(word));
            }
        }
    }
}
