//! All that is known of one provider, and whether one more may ask it.

use serde::{Deserialize, Serialize};

use super::breaker::{Breaker, Change, Gate};
use super::rate::Rate;
use super::slots::Slots;
use super::trouble::{Diagnosis, TroubleClass};
use crate::text::cut;

/// So much of a provider's message is kept for a person.
const MESSAGE_BYTES_MAX: usize = 200;

/// A provider of models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provider {
    /// Whether it works.
    pub breaker: Breaker,
    slots: Slots,
    rate: Rate,
    /// Its latest trouble, and what it said, for the person.
    pub latest: Option<(TroubleClass, String)>,
    /// Whether the person was told that the host waits for it; forgotten with the next success.
    is_told: bool,
}

/// Who asks it now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// How many do, or are about to.
    pub asks: usize,
    /// Whether one of them is a probe.
    pub is_probed: bool,
}

/// Whether one more may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Go {
        /// Whether all others wait for how it goes.
        is_probe: bool,
    },
    /// When another ask has ended.
    Full,
    /// Not before a time.
    Wait {
        /// Which, in milliseconds since the Unix epoch.
        until_ms: u64,
        /// Whether it is the provider that needs the pause, not our own brake.
        is_rest: bool,
    },
    /// Not in this command.
    Parked {
        /// When it makes sense again, if anybody said.
        until_ms: Option<u64>,
    },
}

/// What a person should hear of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Of the breaker.
    pub change: Change,
    /// How many places there are now, if they became fewer.
    pub fewer: Option<u8>,
}

impl Provider {
    /// One that nothing is known of.
    pub fn new(asks_max: u8) -> Self {
        Self {
            breaker: Breaker::default(),
            slots: Slots::new(asks_max),
            rate: Rate::default(),
            latest: None,
            is_told: false,
        }
    }

    /// A person gave a command: all places again, and a provider that rested is looked at by one
    /// probe. Gives whether there is anything to look at.
    pub fn begin(&mut self, now_ms: u64, asks_max: u8) -> bool {
        self.slots = Slots::new(asks_max);
        self.is_told = false;
        self.breaker.look_again(now_ms)
    }

    /// Whether one more may ask. A review of work that is done takes its place before new work.
    pub fn admit(&self, now_ms: u64, live: Live, is_review: bool) -> Admission {
        match self.breaker.gate(now_ms, live.is_probed) {
            Gate::Parked { until_ms } => return Admission::Parked { until_ms },
            Gate::Wait { until_ms } => return Admission::Wait { until_ms, is_rest: true },
            Gate::Probing => return Admission::Full,
            Gate::Probe => return Admission::Go { is_probe: true },
            Gate::Free => {}
        }
        if !is_review && live.asks >= usize::from(self.slots.count()) {
            return Admission::Full;
        }
        match self.rate.wait_ms(now_ms) {
            0 => Admission::Go { is_probe: false },
            wait_ms => Admission::Wait { until_ms: now_ms + wait_ms, is_rest: false },
        }
    }

    /// One asks it now.
    pub fn started(&mut self, now_ms: u64) {
        self.rate.take(now_ms);
    }

    /// An ask failed, perhaps by its fault; `message` is what it said.
    pub fn failed(
        &mut self,
        now_ms: u64,
        trouble: Diagnosis,
        message: &str,
        is_probe: bool,
        seed: u64,
    ) -> News {
        if !trouble.class.is_of_provider() {
            return News::default();
        }
        self.latest = Some((trouble.class, cut(message, MESSAGE_BYTES_MAX)));
        let change = self.breaker.failed(now_ms, trouble, is_probe, seed);
        let fewer = self.slots.halve(now_ms).then(|| self.slots.count());
        News { change, fewer }
    }

    /// An ask ended well.
    pub fn succeeded(&mut self) -> News {
        self.is_told = false;
        let change = self.breaker.succeeded();
        self.slots.succeeded();
        News { change, fewer: None }
    }

    /// A model turn ended well: enough to know that a provider that rested works again.
    pub fn answered(&mut self) -> Change {
        match self.breaker {
            Breaker::Closed { .. } => Change::None,
            _ => self.breaker.succeeded(),
        }
    }

    /// The host waits for it. Gives whether that is news to the person.
    pub fn retried(&mut self, now_ms: u64, class: TroubleClass, message: &str) -> bool {
        self.latest = Some((class, cut(message, MESSAGE_BYTES_MAX)));
        self.slots.halve(now_ms);
        !std::mem::replace(&mut self.is_told, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resilience::breaker::FAILURES_MAX;

    const NOW_MS: u64 = 1_000_000;
    const BUSY: Diagnosis = Diagnosis { class: TroubleClass::Overloaded, retry_ms: None };

    fn live(asks: usize) -> Live {
        Live { asks, is_probed: false }
    }

    #[test]
    fn places_are_limited_but_not_for_reviews() {
        let mut provider = Provider::new(3);
        let go = Admission::Go { is_probe: false };
        assert_eq!(provider.admit(NOW_MS, live(2), false), go);
        assert_eq!(provider.admit(NOW_MS, live(3), false), Admission::Full);
        assert_eq!(provider.admit(NOW_MS, live(3), true), go);
        let news = provider.failed(NOW_MS, BUSY, "down", false, 1);
        assert_eq!(news, News { change: Change::None, fewer: Some(1) });
        assert_eq!(provider.admit(NOW_MS, live(1), false), Admission::Full);
        (0..3).for_each(|_| assert_eq!(provider.succeeded(), News::default()));
        assert_eq!(provider.admit(NOW_MS, live(1), false), go, "one place more");
    }

    #[test]
    fn one_probe_at_a_time_and_its_first_turn_is_enough() {
        let mut provider = Provider::new(3);
        for _ in 0..FAILURES_MAX {
            provider.failed(NOW_MS, BUSY, "down", false, 1);
        }
        let Admission::Wait { until_ms, is_rest: true } = provider.admit(NOW_MS, live(0), true) else {
            panic!("{provider:?}");
        };
        // One that began before is still at work: that is no reason not to probe.
        assert_eq!(provider.admit(until_ms, live(1), false), Admission::Go { is_probe: true });
        let probed = Live { asks: 1, is_probed: true };
        assert_eq!(provider.admit(until_ms, probed, true), Admission::Full);
        assert_eq!(provider.answered(), Change::Closed);
        assert_eq!(provider.answered(), Change::None);
    }

    #[test]
    fn what_is_not_its_fault_changes_nothing() {
        let mut provider = Provider::new(3);
        for class in [TroubleClass::Host, TroubleClass::Refused, TroubleClass::Truncated] {
            let before = provider.clone();
            provider.failed(NOW_MS, Diagnosis { class, retry_ms: None }, "down", false, 1);
            assert_eq!(provider, before);
        }
    }

    #[test]
    fn retries_are_told_once_an_episode() {
        let mut provider = Provider::new(3);
        assert!(provider.retried(NOW_MS, TroubleClass::RateLimited, "slow down"));
        assert!(!provider.retried(NOW_MS + 60_000, TroubleClass::RateLimited, "slow down"));
        provider.succeeded();
        assert!(provider.retried(NOW_MS + 90_000, TroubleClass::RateLimited, "slow down"));
    }

    #[test]
    fn a_command_looks_again() {
        let mut provider = Provider::new(3);
        assert!(!provider.begin(NOW_MS, 3));
        let quota = Diagnosis { class: TroubleClass::Quota, retry_ms: Some(3_600_000) };
        provider.failed(NOW_MS, quota, "down", false, 1);
        let parked = Admission::Parked { until_ms: Some(NOW_MS + 3_600_000) };
        assert_eq!(provider.admit(NOW_MS + 9_000_000, live(0), false), parked);
        assert!(provider.begin(NOW_MS + 60_000, 3));
        assert_eq!(provider.admit(NOW_MS + 60_000, live(0), false), Admission::Go { is_probe: true });
    }
}
