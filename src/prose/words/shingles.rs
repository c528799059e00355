//! Fingerprints of words in a row.

const BASE: u64 = 0x2545_f491_4f6c_dd1d;

/// Hashes of so many words in a row, rolling.
#[derive(Debug)]
pub struct Shingles<const WORDS: usize> {
    words: [u64; WORDS],
    count: usize,
    slot: usize,
    hash: u64,
}

impl<const WORDS: usize> Default for Shingles<WORDS> {
    fn default() -> Self {
        Self { words: [0; WORDS], count: 0, slot: 0, hash: 0 }
    }
}

impl<const WORDS: usize> Shingles<WORDS> {
    /// The hash of the last words, once there are enough.
    #[inline]
    pub fn push(&mut self, word: u64) -> Option<u64> {
        let leaving = std::mem::replace(&mut self.words[self.slot], word);
        self.slot = if self.slot + 1 == WORDS { 0 } else { self.slot + 1 };
        self.hash = roll::<WORDS>(self.hash, word, leaving);
        self.count += 1;
        (self.count >= WORDS).then_some(self.hash)
    }

    /// How many of the last words differ.
    pub fn different(&self) -> usize {
        let mut words = self.words;
        words.sort_unstable();
        words.windows(2).filter(|pair| pair[0] != pair[1]).count() + 1
    }
}

/// The hash of some words in a row, however many.
pub fn hash_of_all(words: &[u64]) -> u64 {
    words.iter().fold(0, |hash, word| next(hash, *word))
}

/// The hash of so many words in a row, when the last is new and the one that stood before the first has
/// left; that was 0 where there was none.
#[inline]
pub fn roll<const WORDS: usize>(hash: u64, word: u64, leaving: u64) -> u64 {
    next(hash, word).wrapping_sub(leaving.wrapping_mul(const { BASE.wrapping_pow(WORDS as u32) }))
}

#[inline]
fn next(hash: u64, word: u64) -> u64 {
    hash.wrapping_mul(BASE).wrapping_add(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_rolling_hash_is_that_of_its_words(words in proptest::collection::vec(0u64.., 0..20)) {
            let mut shingles = Shingles::<3>::default();
            let rolling: Vec<u64> = words.iter().filter_map(|word| shingles.push(*word)).collect();
            let each: Vec<u64> = words.windows(3).map(hash_of_all).collect();
            prop_assert_eq!(rolling, each);
        }
    }
}
