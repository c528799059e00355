//! The fields of a task as an agent writes them: one fenced block with a `task:`, prose around it.

use serde::{Deserialize, Serialize};
use serde_yaml::Value;

use crate::backlog::TaskSpec;
use crate::reply;

/// A longer block is not read: a spec that fits a context is far shorter.
const BLOCK_BYTES_MAX: usize = 32 * 1024;

/// Fields of a task that change. One that is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskFields {
    /// What to build.
    pub description: Option<String>,
    /// When it is done.
    pub acceptance: Option<Vec<String>>,
    /// Files it touches.
    pub files_hint: Option<Vec<String>>,
    /// What must hold.
    pub constraints: Option<Vec<String>>,
    /// What to follow.
    pub patterns: Option<Vec<String>>,
    /// What to know.
    pub gotchas: Option<Vec<String>>,
}

impl TaskFields {
    /// The task with these fields. Identity, dependencies and estimate stay.
    pub fn apply(&self, task: &TaskSpec) -> TaskSpec {
        let mut better = task.clone();
        let set = |field: &mut Vec<String>, value: &Option<Vec<String>>| {
            if let Some(value) = value {
                field.clone_from(value);
            }
        };
        if let Some(description) = &self.description {
            better.description.clone_from(description);
        }
        set(&mut better.acceptance, &self.acceptance);
        set(&mut better.scope.files_hint, &self.files_hint);
        set(&mut better.context.constraints, &self.constraints);
        set(&mut better.context.patterns, &self.patterns);
        set(&mut better.context.gotchas, &self.gotchas);
        better
    }
}

/// The block with a `task:` in a reply. The error is a sentence to send back to the agent, `form` its end.
pub(super) fn task_block(text: &str, form: &str) -> Result<Value, String> {
    let blocks = reply::blocks(text);
    let mut found = blocks.iter().filter(|block| block.lines().any(|line| line.starts_with("task:")));
    let block = match (found.next(), found.next()) {
        (Some(block), None) => block,
        (Some(_), Some(_)) => return Err(format!("Your reply holds more than one `task:`. {form}")),
        (None, _) => return Err(format!("Your reply holds no `task:`. {form}")),
    };
    if block.len() > BLOCK_BYTES_MAX {
        return Err(format!(
            "The block has {} bytes and at most {BLOCK_BYTES_MAX} are read. {form}",
            block.len()
        ));
    }
    reply::value(block)
        .ok_or_else(|| format!("The block is no YAML that can be read: quote every string. {form}"))
}

/// The fields below a block's `task:`.
pub(super) fn fields_of(block: &Value) -> Result<TaskFields, String> {
    let Some(task) = block.get("task").filter(|task| task.is_mapping()) else {
        return Err("`task:` must hold the fields of the task.".to_owned());
    };
    let lines = |parent: Option<&Value>, name: &str| parent?.get(name).map(reply::lines_of);
    let (scope, context) = (task.get("scope"), task.get("context"));
    let description = task.get("description").map(|text| reply::text_of(text).trim().to_owned());
    Ok(TaskFields {
        description: description.filter(|text| !text.is_empty()),
        acceptance: lines(Some(task), "acceptance"),
        files_hint: lines(scope, "files_hint"),
        constraints: lines(context, "constraints"),
        patterns: lines(context, "patterns"),
        gotchas: lines(context, "gotchas"),
    })
}
