//! How many sessions may be asked at a provider in a time: a brake against what runs away, not a
//! limit that honest work meets.

use serde::{Deserialize, Serialize};

/// On the average one start in so many milliseconds: 30 a minute. Eight workers whose attempts last a
/// minute, each with a review, need 16.
const INTERVAL_MS: u64 = 2_000;
/// So many at once after a pause: all workers, their reviews, and as many again.
const BURST: u64 = 32;

/// A bucket of starts, kept as the time at which it will be full again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    full_at_ms: u64,
}

impl Rate {
    /// How long until one more may start, in milliseconds; 0 for now.
    pub fn wait_ms(&self, now_ms: u64) -> u64 {
        let owed_ms = self.full_at_ms.saturating_sub(now_ms);
        // More than the whole bucket is owed only when the clock was turned back.
        if owed_ms > BURST * INTERVAL_MS { 0 } else { owed_ms.saturating_sub((BURST - 1) * INTERVAL_MS) }
    }

    /// One starts now.
    pub fn take(&mut self, now_ms: u64) {
        let owed_ms = self.full_at_ms.saturating_sub(now_ms);
        let owed_ms = if owed_ms > BURST * INTERVAL_MS { 0 } else { owed_ms };
        self.full_at_ms = now_ms + (owed_ms + INTERVAL_MS).min(BURST * INTERVAL_MS);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_and_then_one_in_two_seconds() {
        let mut rate = Rate::default();
        for _ in 0..BURST {
            assert_eq!(rate.wait_ms(50_000), 0);
            rate.take(50_000);
        }
        assert_eq!(rate.wait_ms(50_000), INTERVAL_MS);
        assert_eq!(rate.wait_ms(51_500), 500);
        assert_eq!(rate.wait_ms(52_000), 0);
        rate.take(52_000);
        assert_eq!(rate.wait_ms(52_000), INTERVAL_MS);
        assert_eq!(rate.wait_ms(0), 0, "a clock that was turned back");
    }

    proptest! {
        #[test]
        fn never_more_than_the_bucket_and_its_refill(pauses in prop::collection::vec(0u64..5_000, 1..300)) {
            let (mut rate, mut now_ms, mut starts) = (Rate::default(), 1_000_000, 0);
            for pause in pauses {
                now_ms += pause;
                let wait_ms = rate.wait_ms(now_ms);
                prop_assert!(wait_ms <= INTERVAL_MS);
                if wait_ms == 0 {
                    rate.take(now_ms);
                    starts += 1;
                }
                prop_assert!(starts <= BURST + (now_ms - 1_000_000) / INTERVAL_MS);
            }
        }
    }
}
