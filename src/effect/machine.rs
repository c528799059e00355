//! The machine: how much it can still take.

use serde::{Deserialize, Serialize};

/// What can be asked of the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MachineOperation {
    /// Look at its memory. Resolves as `Seen` or `Unknown`.
    Look,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MachineOutcome {
    /// Its memory, or what a container may use of it.
    Seen {
        /// All of it, in bytes.
        #[cfg_attr(test, ts(type = "number"))]
        memory_bytes: u64,
        /// What programs can still get, in bytes.
        #[cfg_attr(test, ts(type = "number"))]
        free_bytes: u64,
    },
    /// The system does not say.
    Unknown,
}
