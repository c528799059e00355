//! How long to wait: a time that doubles, drawn from a seed so that nobody comes back in step and a
//! replay waits the same.

/// Longer than this nothing is waited for: the provider is left alone until then, and the person is
/// told. A quarter of an hour is what a person may still expect to wait without being asked.
pub const WAIT_MS_MAX: u64 = 15 * 60 * 1000;
/// No wait is shorter.
pub const WAIT_MS_MIN: u64 = 1_000;

/// A wait that doubles with each failure in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The most after the first failure, in milliseconds.
    pub first_ms: u64,
    /// The most ever, in milliseconds.
    pub max_ms: u64,
}

/// For a task or a review after provider or host trouble. The host tried for 70 s itself by then.
pub const TASK: Backoff = Backoff { first_ms: 5_000, max_ms: 5 * 60 * 1000 };
/// For a provider that failed for everybody: a minute at first, as rate limits are counted by minutes.
pub const BREAKER: Backoff = Backoff { first_ms: 60_000, max_ms: WAIT_MS_MAX };

impl Backoff {
    /// The longest wait after so many failures in a row, counted from 1.
    pub fn most_ms(self, failures: u32) -> u64 {
        let doublings = failures.saturating_sub(1).min(32);
        self.first_ms.saturating_mul(1 << doublings).min(self.max_ms)
    }

    /// Full jitter: anything between the shortest wait and the longest. Waiters spread best this way.
    pub fn full_ms(self, failures: u32, seed: u64) -> u64 {
        between(WAIT_MS_MIN, self.most_ms(failures), seed)
    }

    /// Between half of the longest wait and all of it, for one that waits alone: it has nobody to
    /// keep out of step with, and a short draw would only waste a probe.
    pub fn half_ms(self, failures: u32, seed: u64) -> u64 {
        let most_ms = self.most_ms(failures);
        between(most_ms / 2, most_ms, seed)
    }
}

/// A number that depends on nothing but its parts.
pub fn seed(parts: &[u64]) -> u64 {
    parts.iter().fold(0, |sum, part| mix(sum ^ mix(*part)))
}

fn between(least: u64, most: u64, seed: u64) -> u64 {
    let most = most.max(least);
    least + mix(seed) % (most - least + 1)
}

/// splitmix64's step and mixing constants.
fn mix(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_wait_is_within_its_bounds(failures in 0u32..2_000, x in any::<u64>(), first in 1_000u64..100_000) {
            let backoff = Backoff { first_ms: first, max_ms: 300_000 };
            let most = backoff.most_ms(failures);
            prop_assert!((first..=300_000).contains(&most));
            prop_assert!((WAIT_MS_MIN..=most.max(WAIT_MS_MIN)).contains(&backoff.full_ms(failures, x)));
            prop_assert!((most / 2..=most).contains(&backoff.half_ms(failures, x)));
            prop_assert!(backoff.most_ms(failures + 1) >= most);
            prop_assert_eq!(backoff.full_ms(failures, x), backoff.full_ms(failures, x));
        }
    }

    #[test]
    fn it_doubles_up_to_its_most() {
        let most: Vec<u64> = (1..=8).map(|n| TASK.most_ms(n) / 1_000).collect();
        assert_eq!(most, [5, 10, 20, 40, 80, 160, 300, 300]);
    }

    #[test]
    fn jitter_is_full() {
        let draws: Vec<u64> = (0..1_000).map(|n| TASK.full_ms(5, seed(&[7, n]))).collect();
        assert!(draws.iter().any(|ms| *ms < 5_000) && draws.iter().any(|ms| *ms > 75_000));
        let mean = draws.iter().sum::<u64>() / 1_000;
        assert!((37_000..44_000).contains(&mean), "{mean}");
    }

    #[test]
    fn seeds_differ_by_part_and_by_order() {
        assert_ne!(seed(&[1, 2]), seed(&[2, 1]));
        assert_ne!(seed(&[1]), seed(&[1, 0]));
        assert_eq!(seed(&[3, 4]), seed(&[3, 4]));
    }
}
