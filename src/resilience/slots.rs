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

    /// An ask went well. Gives whether there is one place more.
    pub fn succeeded(&mut self) -> bool {
        self.successes += 1;
        if self.successes < SUCCESSES {
            return false;
        }
        self.successes = 0;
        let has_grown = self.count < self.count_max;
        self.count = self.count.saturating_add(1).min(self.count_max);
        has_grown
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
        let grown: Vec<bool> = (0..6).map(|_| slots.succeeded()).collect();
        assert_eq!(grown, [false, false, true, false, false, true]);
        assert_eq!(slots.count(), 3);
        slots.succeeded();
        slots.succeeded();
        slots.halve(40_000);
        assert!(!slots.succeeded(), "no longer in a row");
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
