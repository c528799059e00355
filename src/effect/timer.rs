//! Waiting.

use serde::{Deserialize, Serialize};

/// What can be asked of the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TimerOperation {
    /// Resolve later.
    Sleep {
        /// How much later.
        #[cfg_attr(test, ts(type = "number"))]
        duration_ms: u64,
    },
}

/// How a wait ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TimerOutcome {
    /// It is time.
    Elapsed,
    /// A `Cancel` came first.
    Aborted,
}
