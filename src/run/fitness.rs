//! Whether the tasks of a new backlog can be done at all: each has to fit what its worker is sent, and
//! none may need what the person wants left alone.

use crate::backlog::{Limits, Problem, TaskSpec};
use crate::context::{Inputs, Others, compile_clean};

/// Everything that keeps valid tasks from being sent to workers; empty when nothing does.
pub(crate) fn misfits(tasks: &[TaskSpec], limits: &Limits, bytes_max: usize) -> Vec<Problem> {
    let others = Others::of(tasks);
    let contexts = tasks.iter().flat_map(|task| {
        let inputs = Inputs { limits, ..Inputs::of(task, &[], bytes_max) };
        context_problems(&inputs, &others)
    });
    limits.problems(tasks).into_iter().chain(contexts).collect()
}

/// What is wrong with the context of a task; what could be left out of it, too.
fn context_problems(inputs: &Inputs, others: &Others) -> Vec<Problem> {
    let messages = match compile_clean(inputs, others) {
        Ok(clean) => clean.left_out,
        Err(problem) => problem.lines(),
    };
    let task = inputs.task.id.to_string();
    let problem = |message| Problem { task: Some(task.clone()), field: None, line: None, message };
    messages.into_iter().map(problem).collect()
}
