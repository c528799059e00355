//! The text a worker is sent: compiled from its task alone, within a size, and checked before it
//! goes.

mod atoms;
mod clean;
mod compaction;
mod compile;
#[cfg(test)]
mod compile_tests;
mod compress;
#[cfg(test)]
mod compress_tests;
mod document;
mod draft;
mod echoes;
mod inputs;
mod lexer;
mod logs;
mod names;
mod negation;
mod patterns;
mod provenance;
mod read_back;
pub(crate) mod repeats;
mod sections;
mod too_large;
mod wording;

pub use atoms::{Atom, keeps_atoms};
pub use clean::{Others, Unclean, compile_clean};
pub use compaction::kept;
#[cfg(test)]
pub use compile::compile;
pub use compress::KnownFile;
#[cfg(all(target_arch = "wasm32", feature = "bench"))]
pub use compress::compress;
pub use echoes::{echoes, fields};
pub use inputs::{Inputs, Remembered};
pub use patterns::{PatternProblem, changed_patterns, check_patterns, pattern_paths};
pub use provenance::{Context, Source};
pub use read_back::{Altered, read_back};
pub use too_large::ContextTooLarge;

/// A task with something in every field.
#[cfg(test)]
pub(crate) fn sample_task() -> crate::backlog::TaskSpec {
    let lines = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    crate::backlog::TaskSpec {
        id: "T02".into(),
        title: "Limit refills to the capacity".to_owned(),
        description: "A refill adds tokens over time.\nIt must stop at the capacity.".to_owned(),
        status: crate::backlog::Status::Ready,
        depends_on: vec!["T01".into()],
        acceptance: lines(&["refill(9, 5, 10) is 10", "refill(1, 2, 10) is 3"]),
        scope: crate::backlog::Scope {
            files_hint: lines(&["src/limiter.js", "test/limiter.test.js"]),
            estimated_hours: 1.0,
        },
        context: crate::backlog::TaskContext {
            constraints: lines(&["No new dependency"]),
            patterns: lines(&["Pure functions as in src/clock.js:4-20", "Errors are TypeErrors"]),
            gotchas: lines(&["Rates may be fractions"]),
        },
        attempts: 0,
        last_attempt: None,
        error: None,
        kind: None,
    }
}
