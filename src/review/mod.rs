//! The review of a task's work: what the reviewer is asked, and what its answer means.

mod diff;
mod prompt;
mod verdict;

pub use diff::split_diff;
pub use prompt::review_prompt;
pub use verdict::{Verdict, combine, parse_verdict};

use serde::{Deserialize, Serialize};

use crate::gates::Gate;

/// How a gate ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateReport {
    /// Which.
    pub gate: Gate,
    /// Its exit code; `None` when it took too long.
    pub code: Option<i32>,
    /// How long it ran.
    pub duration_ms: u64,
    /// The end of what it printed.
    pub tail: String,
    /// It says that it ran no test at all.
    pub ran_no_test: bool,
}

impl GateReport {
    /// Whether the command ended badly. One that ran no test has not, and proves nothing either.
    pub fn has_failed(&self) -> bool {
        self.code != Some(0)
    }

    /// Whether the gate proves something: it ended well, and tests that were to run did run.
    pub fn is_green(&self) -> bool {
        self.code == Some(0) && !self.ran_no_test
    }
}
