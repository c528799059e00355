//! The documents of a plan that was made from a template: what the tasks say, ordered as planners order it.

use super::Filled;
use crate::backlog::TaskSpec;
use crate::plan::intake::plan_section;
use crate::plan::merge;

/// The documents of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    /// `SPEC.md`
    pub spec: String,
    /// `ARCH.md`
    pub arch: String,
    /// `QA.md`
    pub qa: String,
    /// `PLAN.md`
    pub plan: String,
    /// `REQUEST.md`
    pub request: String,
}

/// The documents; the same template and values give the same bytes.
pub fn documents(filled: &Filled) -> Documents {
    let tasks = &filled.tasks;
    let values: String =
        filled.values.iter().map(|(name, value)| format!("- {name}: {}\n", one_line(value))).collect();
    let works: String = tasks
        .iter()
        .map(|task| format!("### {}: {}\n\n{}\n\n", task.id, one_line(&task.title), task.description.trim()))
        .collect();
    let origin = format!("Made from the template `{}`. {}", filled.template, one_line(&filled.description));
    let requirements = format!("{}\n\n{origin}\n\n{values}\n{works}", filled.title);
    let acceptance: String = tasks
        .iter()
        .map(|task| format!("### {}: {}\n\n{}\n", task.id, one_line(&task.title), items(&task.acceptance)))
        .collect();
    let spec = [
        section("Requirements", &requirements),
        section("Acceptance Criteria", &acceptance),
        section("Constraints", &items(&all(tasks, |task| &task.context.constraints))),
        section("Open Questions", "None."),
    ]
    .concat();
    let arch = [
        section("Design Overview", &order(tasks)),
        section("Components", &components(tasks)),
        section("Patterns to Follow", &items(&all(tasks, |task| &task.context.patterns))),
    ]
    .concat();
    let qa = [
        section(
            "Test Plan",
            "Each task is held against its acceptance criteria, the project's checks and a review.",
        ),
        section("Gotchas", &items(&all(tasks, |task| &task.context.gotchas))),
    ]
    .concat();
    let plan = format!("{}{}", merge(&spec, &arch, &qa), plan_section(&filled.limits));
    let request = format!("# {}\n\n{origin}\n\n{values}", filled.title);
    Documents { spec, arch, qa, plan, request }
}

fn section(title: &str, text: &str) -> String {
    let text = if text.trim().is_empty() { "None." } else { text.trim() };
    format!("## {title}\n\n{text}\n\n")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn items(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {}\n", one_line(line))).collect()
}

/// What the tasks say in a field, each line once.
fn all(tasks: &[TaskSpec], field: fn(&TaskSpec) -> &Vec<String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in tasks.iter().flat_map(field) {
        if !lines.contains(line) {
            lines.push(line.clone());
        }
    }
    lines
}

fn order(tasks: &[TaskSpec]) -> String {
    let line = |task: &TaskSpec| {
        let after: Vec<&str> = task.depends_on.iter().map(|id| id.as_str()).collect();
        let after = if after.is_empty() { String::new() } else { format!(" (after {})", after.join(", ")) };
        format!("- {}: {}{after}\n", task.id, one_line(&task.title))
    };
    tasks.iter().map(line).collect()
}

fn components(tasks: &[TaskSpec]) -> String {
    let files =
        |task: &TaskSpec| task.scope.files_hint.iter().map(|file| format!("`{file}`")).collect::<Vec<_>>();
    tasks.iter().map(|task| format!("- {}: {}\n", task.id, files(task).join(", "))).collect()
}
