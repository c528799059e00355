//! What is said already: equal sentences, and nearly equal ones by their runs of three words.

use std::collections::BTreeMap;

use prose::words::{Words, hash_of_all};

/// Shorter texts are equal by chance (`None`, `Yes`), in words.
const WORDS_MIN: usize = 4;
/// From so many words on, texts are also compared by their parts.
const NEAR_WORDS_MIN: usize = 8;
/// A text is said already when so much of it, in percent, is in one earlier text.
const NEAR_PERCENT: usize = 80;
/// Words of a shingle.
const SHINGLE: usize = 3;

/// A text's words without case and punctuation, as hashes.
pub(crate) fn words(text: &str) -> Vec<u64> {
    Words::new(text).map(|word| word.hash).collect()
}

fn shingles(words: &[u64]) -> impl Iterator<Item = u64> {
    words.windows(SHINGLE).map(hash_of_all)
}

/// The texts seen so far, numbered by their caller.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    whole: BTreeMap<u64, usize>,
    shingles: BTreeMap<u64, usize>,
}

impl Seen {
    /// The earlier text of the same words, however few.
    pub fn equal(&self, words: &[u64]) -> Option<usize> {
        let found = self.whole.get(&hash_of_all(words));
        found.filter(|_| !words.is_empty()).copied()
    }

    /// The earlier text that says the same.
    pub fn find(&self, words: &[u64]) -> Option<usize> {
        if words.len() < WORDS_MIN {
            return None;
        }
        let equal = self.equal(words);
        if equal.is_some() || words.len() < NEAR_WORDS_MIN {
            return equal;
        }
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for shingle in shingles(words) {
            if let Some(owner) = self.shingles.get(&shingle) {
                *shared.entry(*owner).or_default() += 1;
            }
        }
        let all = words.len() - SHINGLE + 1;
        let best = shared.into_iter().max_by_key(|(owner, count)| (*count, usize::MAX - owner));
        best.filter(|(_, count)| count * 100 >= all * NEAR_PERCENT).map(|(owner, _)| owner)
    }

    /// Adds a text. What two texts share belongs to the first.
    pub fn add(&mut self, words: &[u64], number: usize) {
        self.whole.entry(hash_of_all(words)).or_insert(number);
        for shingle in shingles(words) {
            self.shingles.entry(shingle).or_insert(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(first: &str, second: &str) -> bool {
        let mut seen = Seen::default();
        seen.add(&words(first), 7);
        seen.find(&words(second)) == Some(7)
    }

    #[test]
    fn equal_but_for_case_and_marks_is_a_repeat() {
        assert!(finds("The limit is the capacity.", "- the limit  is the **capacity**"));
        assert!(!finds("None at all.", "None at all."));
        assert!(!finds("The limit is the capacity.", "The limit is the duration."));
    }

    #[test]
    fn nearly_equal_is_a_repeat() {
        let text =
            "Every worker gets a fresh session in a clean worktree that starts at the tip of the branch";
        assert!(finds(text, &format!("So {text}")));
        assert!(finds(&format!("{text}, and is told what to do there by its context"), text));
        assert!(!finds(
            text,
            "Every worker gets a used session in some dirty worktree that starts far from the tip"
        ));
    }
}
