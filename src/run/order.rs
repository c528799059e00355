//! The order of tasks: as the scheduler sees them, and as a person reads it.

use crate::backlog::{Backlog, TaskSpec};
use crate::ids::TaskId;
use crate::run::Run;
use crate::schedule::{Node, Schedule};
use crate::text::{code_span, count, table};

/// The tasks in the order they would start, and what to do next.
pub(crate) fn summary(backlog: &Backlog, run: &Run) -> String {
    let rows: Vec<Vec<String>> = starting_order(&backlog.tasks)
        .into_iter()
        .enumerate()
        .filter_map(|(place, index)| Some((place, backlog.tasks.get(index)?)))
        .map(|(place, task)| {
            let after: Vec<&str> = task.depends_on.iter().map(|id| id.as_str()).collect();
            vec![
                (place + 1).to_string(),
                task.id.to_string(),
                task.title.clone(),
                if after.is_empty() { "–".to_owned() } else { after.join(", ") },
                format!("{}", task.scope.estimated_hours),
                task.scope.files_hint.iter().map(|file| code_span(file)).collect::<Vec<_>>().join(", "),
            ]
        })
        .collect();
    let hours: f64 = backlog.tasks.iter().map(|task| task.scope.estimated_hours).sum();
    format!(
        "{}\n\n{} in {}, about {hours:.1} hours of work by the estimates, up to {} at once. The plan is in {}.\n\n\
         **Next:** read or edit the backlog, then `/implement`.",
        table(&["#Order", "Task", "Title", "After", "#Hours", "Files"], &rows).trim_end(),
        count(backlog.tasks.len(), "task", "tasks"),
        run.document("BACKLOG.yaml"),
        run.options.max_workers,
        run.document("PLAN.md"),
    )
}

/// Indexes in the order in which tasks would start, and so be merged.
pub(crate) fn starting_order(tasks: &[TaskSpec]) -> Vec<usize> {
    let Ok(mut schedule) = Schedule::new(&nodes(tasks)) else {
        return Vec::new();
    };
    let mut order = Vec::new();
    while let Some(index) = schedule.next(|_| 0.0) {
        schedule.complete(index);
        order.push(index);
    }
    order
}

/// The tasks as the scheduler sees them.
pub(crate) fn nodes(tasks: &[TaskSpec]) -> Vec<Node> {
    let index_of = |id: &TaskId| tasks.iter().position(|task| task.id == *id);
    tasks
        .iter()
        .map(|task| Node {
            depends_on: task.depends_on.iter().filter_map(index_of).collect(),
            estimated_hours: task.scope.estimated_hours,
        })
        .collect()
}
