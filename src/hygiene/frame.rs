//! What is known about a text when it is verified.

use serde::{Deserialize, Serialize};

use super::copies::Prints;
use crate::ids::TaskId;

/// What a text is held against. Borrowed: made for a call.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The task that the text is about.
    pub own: &'a TaskId,
    /// The tasks that it depends on.
    pub dependencies: &'a [TaskId],
    /// All tasks of the backlog. Nothing else can be foreign.
    pub ids: &'a [TaskId],
    /// So many bytes fit.
    pub bytes_max: usize,
    /// Text that must not be repeated.
    pub prints: Option<&'a Prints>,
    /// The task's own fields: other tasks may say the same.
    pub fields: &'a [&'a str],
    /// What may be repeated whoever else said it: the request, the plan's sections that the task refers
    /// to, constraints of the project, distilled evidence.
    pub given: &'a [&'a str],
    /// Which part of the text came from where; may be empty.
    pub spans: &'a [Span],
}

/// A part of a text that came from one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Where it begins, in bytes.
    pub from: usize,
    /// Where it ends, in bytes.
    pub to: usize,
    /// Its source as a person knows it: `acceptance[2]`, `memory of the project`.
    pub source: String,
    /// Whether the text is complete without it.
    pub is_optional: bool,
}
