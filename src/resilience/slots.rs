//! How many may ask a provider at once: one more after three successes in a row, half on trouble.

use serde::{Deserialize, Serialize};

/// So many successes in a row allow one more.
const SUCCESSES: u8 = 3;
/// Trouble that several meet within this time is one trouble, in milliseconds.
const EPISODE_MS: u64 = 10_000;

/// The places at a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    count: u8,
    count_max: u8,
    successes: u8,
    /// When it was last halved, in milliseconds since the Unix epoch.
    halved_ms: Option<u64>,
}

impl Slots {
    /// All places, at least one.
    pub fn new(count_max: u8) -> Self {
        let count_max = count_max.max(1);
        Self { count: count_max, count_max, successes: 0, halved_ms: None }
    }

    /// How many may ask at once.
    pub fn count(&self) -> u8 {
        self.count
    }

    /// An ask went well.
    pub fn succeeded(&mut self) {
        self.successes += 1;
        if self.successes == SUCCESSES {
            self.successes = 0;
            self.count = self.count.saturating_add(1).min(self.count_max);
        }
    }

    /// The provider is in trouble. Gives whether there are fewer places now.
    pub fn halve(&mut self, now_ms: u64) -> bool {
        self.successes = 0;
        if self.halved_ms.is_some_and(|at_ms| now_ms.abs_diff(at_ms) < EPISODE_MS) {
            return false;
        }
        self.halved_ms = Some(now_ms);
        let before = self.count;
        self.count = (self.count / 2).max(1);
        self.count < before
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn three_successes_in_a_row_give_one_place_and_trouble_halves_them() {
        let mut slots = Slots::new(8);
        assert!(slots.halve(0) && slots.count() == 4);
        assert!(!slots.halve(9_999), "the same trouble");
        assert!(slots.halve(10_000) && slots.halve(20_000) && slots.count() == 1);
        assert!(!slots.halve(30_000) && slots.count() == 1);
        let counts = |slots: &mut Slots, n| -> Vec<u8> {
            let mut count = |_| {
                slots.succeeded();
                slots.count()
            };
            (0..n).map(&mut count).collect()
        };
        assert_eq!(counts(&mut slots, 6), [1, 1, 2, 2, 2, 3]);
        assert_eq!(counts(&mut slots, 2), [3, 3]);
        slots.halve(40_000);
        assert_eq!(counts(&mut slots, 3), [1, 1, 2], "no longer in a row");
    }

    proptest! {
        #[test]
        fn there_is_always_a_place_and_never_too_many(max in 0u8..=255, steps in prop::collection::vec(any::<(bool, u64)>(), 0..200)) {
            let mut slots = Slots::new(max);
            for (is_good, at_ms) in steps {
                if is_good { slots.succeeded(); } else { slots.halve(at_ms); }
                prop_assert!((1..=max.max(1)).contains(&slots.count()));
            }
        }
    }
}
