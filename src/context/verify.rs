//! The last look at a text before a worker gets it; the rules are in [`crate::hygiene`].

use crate::backlog::TaskSpec;
use crate::hygiene::{self, Finding, Frame};
use crate::ids::TaskId;

/// Every breach of a rule, by place. `ids` are the tasks of the backlog. Nothing is known here of text
/// that must not be repeated.
pub fn verify(text: &str, task: &TaskSpec, ids: &[TaskId], bytes_max: usize) -> Vec<Finding> {
    let frame = Frame {
        own: &task.id,
        dependencies: &task.depends_on,
        ids,
        bytes_max,
        prints: None,
        fields: &[],
        given: &[],
        spans: &[],
    };
    hygiene::verify(text, &frame)
}

#[cfg(test)]
mod tests {
    use super::super::{compile_task, sample_task};
    use super::*;

    #[test]
    fn a_compiled_context_is_clean() {
        let text = compile_task(&sample_task(), &["Don't stop: T01 went well".to_owned()], 3_000).unwrap();
        assert_eq!(verify(&text, &sample_task(), &["T01".into(), "T02".into(), "T03".into()], 3_000), []);
    }
}
