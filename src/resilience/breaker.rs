//! A circuit breaker for each provider: closed while it works, open after failures in a row, then one
//! probe at a time until one gets through; parked when waiting in a command makes no sense.

use serde::{Deserialize, Serialize};

use super::backoff::{BREAKER, WAIT_MS_MAX, WAIT_MS_MIN};
use super::trouble::{Diagnosis, TroubleClass};

/// So many failures in a row open it.
pub const FAILURES_MAX: u32 = 5;
/// After so many probes that failed in a row the provider is left alone: a quarter of an hour by then.
pub const PROBES_MAX: u32 = 4;

/// What is known of a provider's health.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Breaker {
    /// It works, as far as is known.
    Closed {
        /// Failures in a row.
        failures: u32,
        /// Until when it asked to be left alone, in milliseconds since the Unix epoch; 0 when not.
        hold_until_ms: u64,
    },
    /// It failed too often. From `until_ms` on one may try.
    Open {
        /// When.
        until_ms: u64,
        /// Probes that failed since it opened.
        failed_probes: u32,
    },
    /// Left alone until a person gives a command again.
    Parked {
        /// When it makes sense, in milliseconds since the Unix epoch; `None` when nobody said.
        until_ms: Option<u64>,
        /// Why.
        class: TroubleClass,
    },
}

/// Whether one more may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Yes.
    Free,
    /// Yes, and all others wait for how it goes.
    Probe,
    /// Somebody tries right now.
    Probing,
    /// Not before a time.
    Wait {
        /// Which, in milliseconds since the Unix epoch.
        until_ms: u64,
    },
    /// Not in this command.
    Parked {
        /// When it makes sense again, if anybody said.
        until_ms: Option<u64>,
    },
}

/// What a person should hear of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// Nothing new.
    #[default]
    None,
    /// It asked to be left alone until then.
    Held {
        /// When, in milliseconds since the Unix epoch.
        until_ms: u64,
    },
    /// It failed too often, or a probe failed: nothing is asked of it until then.
    Opened {
        /// When, in milliseconds since the Unix epoch.
        until_ms: u64,
        /// Whether a probe had just failed.
        is_again: bool,
    },
    /// It is left alone in this command.
    Parked {
        /// When it makes sense again, if anybody said.
        until_ms: Option<u64>,
    },
    /// It works again.
    Closed,
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { failures: 0, hold_until_ms: 0 }
    }
}

impl Breaker {
    /// Whether one more may ask; `is_probed` while a probe is under way.
    pub fn gate(&self, now_ms: u64, is_probed: bool) -> Gate {
        match self {
            Self::Closed { hold_until_ms, .. } if is_ahead(*hold_until_ms, now_ms) => {
                Gate::Wait { until_ms: *hold_until_ms }
            }
            Self::Closed { .. } => Gate::Free,
            Self::Open { .. } if is_probed => Gate::Probing,
            Self::Open { until_ms, .. } if is_ahead(*until_ms, now_ms) => Gate::Wait { until_ms: *until_ms },
            Self::Open { .. } => Gate::Probe,
            Self::Parked { until_ms, .. } => Gate::Parked { until_ms: *until_ms },
        }
    }

    /// An ask failed by the provider's fault. Of those that were under way when it opened only the
    /// time it asks for counts.
    pub fn failed(&mut self, now_ms: u64, trouble: Diagnosis, is_probe: bool, seed: u64) -> Change {
        // Less than any wait is no news, and waited out anyway.
        let asked_ms = trouble.retry_ms.filter(|ms| *ms >= WAIT_MS_MIN);
        if trouble.class == TroubleClass::Quota || asked_ms.is_some_and(|ms| ms > WAIT_MS_MAX) {
            return self.park(asked_ms.map(|ms| now_ms.saturating_add(ms)), trouble.class);
        }
        let asked_until_ms = now_ms.saturating_add(asked_ms.unwrap_or(0));
        match self {
            Self::Closed { failures, hold_until_ms } if *failures + 1 < FAILURES_MAX => {
                *failures += 1;
                if asked_until_ms <= (*hold_until_ms).max(now_ms) {
                    return Change::None;
                }
                *hold_until_ms = asked_until_ms;
                Change::Held { until_ms: asked_until_ms }
            }
            Self::Closed { .. } => {
                let until_ms = now_ms.saturating_add(BREAKER.half_ms(1, seed)).max(asked_until_ms);
                *self = Self::Open { until_ms, failed_probes: 0 };
                Change::Opened { until_ms, is_again: false }
            }
            Self::Open { until_ms, failed_probes } if !is_probe => {
                if asked_until_ms > *until_ms {
                    *self = Self::Open { until_ms: asked_until_ms, failed_probes: *failed_probes };
                }
                Change::None
            }
            Self::Open { failed_probes, .. } => {
                let failed_probes = *failed_probes + 1;
                let until_ms =
                    now_ms.saturating_add(BREAKER.half_ms(failed_probes + 1, seed)).max(asked_until_ms);
                if failed_probes >= PROBES_MAX {
                    return self.park(Some(until_ms), trouble.class);
                }
                *self = Self::Open { until_ms, failed_probes };
                Change::Opened { until_ms, is_again: true }
            }
            Self::Parked { .. } => Change::None,
        }
    }

    /// An ask went well, or a probe gave a sign of life.
    pub fn succeeded(&mut self) -> Change {
        let was_closed = matches!(self, Self::Closed { .. });
        *self = Self::default();
        if was_closed { Change::None } else { Change::Closed }
    }

    /// A person gave a command: one probe may look again, whatever time was named. Gives whether there
    /// is anything to look at.
    pub fn look_again(&mut self, now_ms: u64) -> bool {
        match self {
            Self::Closed { .. } => false,
            Self::Open { .. } | Self::Parked { .. } => {
                *self = Self::Open { until_ms: now_ms, failed_probes: 0 };
                true
            }
        }
    }

    fn park(&mut self, until_ms: Option<u64>, class: TroubleClass) -> Change {
        let was_parked = matches!(self, Self::Parked { .. });
        let until_ms = match self {
            Self::Parked { until_ms: known, .. } => (*known).max(until_ms),
            _ => until_ms,
        };
        *self = Self::Parked { until_ms, class };
        if was_parked { Change::None } else { Change::Parked { until_ms } }
    }
}

/// Whether a time is still to come. One that is further away than any wait was set before the clock
/// was turned back: nobody waits for that.
fn is_ahead(until_ms: u64, now_ms: u64) -> bool {
    until_ms > now_ms && until_ms - now_ms <= WAIT_MS_MAX
}

#[cfg(test)]
mod tests;
