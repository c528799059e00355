//! Commands of the project: its gates and its set-up. Each runs in a process group of its own.

use serde::{Deserialize, Serialize};

/// What can be asked of processes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ProcessOperation {
    /// Run a command line in a shell.
    Run {
        /// The absolute directory.
        directory: String,
        /// The command line.
        command: String,
        /// After so long its group is ended and it resolves as `TimedOut`.
        #[cfg_attr(test, ts(type = "number"))]
        timeout_ms: u64,
        /// So much of the end of its output is kept.
        tail_bytes: u32,
    },
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ProcessOutcome {
    /// By itself, or by a signal: then the code is 128 and the signal's number.
    Exited {
        /// The exit code.
        code: i32,
        /// How long it ran.
        #[cfg_attr(test, ts(type = "number"))]
        duration_ms: u64,
        /// The end of what it printed, both streams as they came.
        tail: String,
    },
    /// It took too long.
    TimedOut {
        /// How long it ran.
        #[cfg_attr(test, ts(type = "number"))]
        duration_ms: u64,
        /// The end of what it printed.
        tail: String,
    },
    /// A `Cancel` stopped it.
    Aborted,
    /// It never ran.
    Failed {
        /// Why.
        message: String,
    },
}
