//! The project's own checks: which there are, and whether one of them ran anything at all.

mod detect;
mod javascript;
mod no_test;
mod python;
mod test_files;

pub use detect::{build_caches, detect};
pub use no_test::ran_no_test;
pub use test_files::{TestFiles, is_test, test_files};

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a check is for. The order is the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateName {
    /// The tests.
    Test,
    /// The linter.
    Lint,
    /// The type checker.
    Typecheck,
}

impl fmt::Display for GateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Test => "test",
            Self::Lint => "lint",
            Self::Typecheck => "typecheck",
        })
    }
}

/// A check of the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// What it is for.
    pub name: GateName,
    /// The command line, for a shell in the project's root.
    pub command: String,
}
