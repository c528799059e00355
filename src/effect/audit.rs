//! The journal, read as a record of who changed what.

use serde::{Deserialize, Serialize};

use crate::audit::Audit;

/// What can be asked of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AuditOperation {
    /// Verify it and tell its changes. Resolves as `Verified` or `Failed`.
    Verify {
        /// At most so many changes, the latest.
        lines_max: u32,
    },
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AuditOutcome {
    /// It was read.
    Verified {
        /// What is in it.
        audit: Audit,
    },
    /// It could not be read.
    Failed {
        /// Why.
        message: String,
    },
}
