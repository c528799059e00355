//! Backlogs for tests.

use super::{Scope, Status, TaskContext, TaskSpec};
use crate::ids::TaskId;

/// A valid task with dependencies.
pub(super) fn task(id: &str, depends_on: &[&str]) -> TaskSpec {
    TaskSpec {
        id: TaskId::from(id),
        title: format!("Title of {id}"),
        description: "What to do".into(),
        status: Status::Pending,
        depends_on: depends_on.iter().map(|&id| TaskId::from(id)).collect(),
        acceptance: vec!["It works".into()],
        scope: Scope {
            files_hint: vec!["src/a.rs".into()],
            estimated_hours: 2.0,
        },
        context: TaskContext::default(),
        attempts: 0,
        last_attempt: None,
        error: None,
        kind: None,
    }
}
