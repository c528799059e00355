//! Words of a text, folded: equal hashes for words that look equal to a reader. Plain words of up to
//! eight letters, nearly all there are, are read in one step.

mod fold;
mod shingles;

pub(crate) use fold::{Folded, fold};
pub(crate) use shingles::{Shingles, hash_of_all};

/// A word with its place in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub from: usize,
    pub to: usize,
    pub hash: u64,
}

/// The words of a text from a place on.
pub(crate) struct Words<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
}

const HIGH: u64 = 0x8080_8080_8080_8080;
const LOW_CASE: u64 = 0x2020_2020_2020_2020;
/// An odd number with well mixed bits (the golden ratio).
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

impl<'a> Words<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), text, at: 0 }
    }

    /// Begins at a place, which must lie between characters.
    pub fn starting(text: &'a str, at: usize) -> Self {
        Self { bytes: text.as_bytes(), text, at }
    }

    /// A word that holds, or may go on with, something else than plain letters.
    #[cold]
    fn slow(&mut self, from: usize) -> Option<Word> {
        let mut folder = Hasher::default();
        let mut at = from;
        let mut to = from;
        while let Some(c) = self.text.get(at..).and_then(|rest| rest.chars().next()) {
            let next = at + c.len_utf8();
            if c.is_ascii_alphanumeric() {
                folder.push(c.to_ascii_lowercase() as u8);
                to = next;
            } else if c.is_ascii() {
                let Some(joined) = self.join(at).filter(|_| to > from) else {
                    break;
                };
                at = joined;
                continue;
            } else {
                match fold(c) {
                    Folded::Nothing => {}
                    Folded::Letter(letter) => folder.push_char(letter),
                    Folded::Two(first, second) => {
                        folder.push_char(first);
                        folder.push_char(second);
                    }
                    Folded::Separator(_) => break,
                }
                if !matches!(fold(c), Folded::Nothing) {
                    to = next;
                }
            }
            at = next;
        }
        self.at = at.max(from + 1);
        (to > from).then(|| Word { from, to, hash: folder.finish() })
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

    #[inline]
    fn next(&mut self) -> Option<Word> {
        loop {
            let from = self.at;
            let Some(chunk) = chunk(self.bytes, from) else {
                return self.tail();
            };
            let length = plain_length(chunk);
            if length == 0 {
                let byte = self.bytes[from];
                if byte < 0x80 {
                    self.at += 1;
                    continue;
                }
                self.at = from;
                if let Some(word) = self.slow_from_high() {
                    return Some(word);
                }
                continue;
            }
            if length < 8 {
                let end = from + length as usize;
                let next = (chunk >> (8 * length)) as u8;
                // What may continue a word is looked at more closely.
                if next >= 0x80 || next == b'*' || next == b'-' {
                    if next == b'-'
                        && self.bytes.get(end + 1).is_some_and(|byte| *byte != b'\n' && *byte != b'\r')
                    {
                        self.at = end;
                        return Some(Word { from, to: end, hash: short_hash(chunk, length) });
                    }
                    return self.slow(from);
                }
                // Mostly a space: the next word begins behind it.
                self.at = end + 1;
                return Some(Word { from, to: end, hash: short_hash(chunk, length) });
            }
            return self.long(from);
        }
    }
}

impl Words<'_> {
    /// A word of more than seven plain letters.
    fn long(&mut self, from: usize) -> Option<Word> {
        let mut hash = 0u64;
        let mut at = from;
        while let Some(chunk) = chunk(self.bytes, at) {
            let length = plain_length(chunk);
            if length == 8 {
                hash = step(hash, chunk | LOW_CASE);
                at += 8;
                continue;
            }
            let end = at + length as usize;
            let next = (chunk >> (8 * length)) as u8;
            if next >= 0x80 || next == b'*' || next == b'-' {
                return self.slow(from);
            }
            if length > 0 {
                hash = step(hash, lowered(chunk, length));
            }
            self.at = end;
            return Some(Word { from, to: end, hash });
        }
        self.slow(from)
    }

    /// Less than eight bytes are left.
    fn tail(&mut self) -> Option<Word> {
        while let Some(byte) = self.bytes.get(self.at) {
            if byte.is_ascii_alphanumeric() {
                return self.slow(self.at);
            }
            if *byte < 0x80 {
                self.at += 1;
            } else if let Some(word) = self.slow_from_high() {
                return Some(word);
            }
        }
        None
    }

    /// At a character beyond ASCII: a word that begins with it, or nothing and the place behind it.
    fn slow_from_high(&mut self) -> Option<Word> {
        let from = self.at;
        let c = self.text.get(from..)?.chars().next()?;
        match fold(c) {
            Folded::Letter(_) | Folded::Two(..) => self.slow(from),
            Folded::Nothing | Folded::Separator(_) => {
                self.at = from + c.len_utf8();
                None
            }
        }
    }
}

#[inline]
fn chunk(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8).and_then(|slice| slice.try_into().ok()).map(u64::from_le_bytes)
}

/// How many of eight bytes, from the first, are ASCII letters and digits.
#[inline]
fn plain_length(chunk: u64) -> u32 {
    let seven = chunk & !HIGH;
    let low = seven | LOW_CASE;
    // In each byte the high bit says "at least"; no byte is above 0x7f, so nothing carries over.
    let letter = (low + 0x1f1f_1f1f_1f1f_1f1f) & !(low + 0x0505_0505_0505_0505);
    let digit = (seven + 0x5050_5050_5050_5050) & !(seven + 0x4646_4646_4646_4646);
    let plain = (letter | digit) & !chunk & HIGH;
    (plain ^ HIGH).trailing_zeros() / 8
}

#[inline]
fn lowered(chunk: u64, length: u32) -> u64 {
    (chunk | LOW_CASE) & !(u64::MAX << (8 * length))
}

#[inline]
fn step(hash: u64, chunk: u64) -> u64 {
    let mixed = (hash ^ chunk).wrapping_mul(MIX);
    mixed ^ (mixed >> 32)
}

#[inline]
fn short_hash(chunk: u64, length: u32) -> u64 {
    step(0, lowered(chunk, length))
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
pub(crate) fn hash_of(word: &str) -> u64 {
    Words::new(word).next().map_or(0, |word| word.hash)
}

/// Whether a hash is that of a number below 100, or of an ordinal such as `2nd`.
pub(crate) fn is_number_hash(hash: u64) -> bool {
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
