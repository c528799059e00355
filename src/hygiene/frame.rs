//! What is known about a text when it is verified.

use super::copies::Prints;
use super::overheard::Overheard;
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
    /// What was said in sessions of agents.
    pub overheard: Option<&'a Overheard>,
    /// The task's own fields: other tasks may say the same.
    pub fields: &'a [&'a str],
    /// What may be repeated whoever else said it: the request, the plan's sections that the task refers
    /// to, constraints of the project, distilled evidence.
    pub given: &'a [&'a str],
    /// What a reviewer wants changed, who knows the work and no session's words, and what a person wrote by
    /// hand: it may repeat what was said in sessions.
    pub not_overheard: &'a [&'a str],
}
