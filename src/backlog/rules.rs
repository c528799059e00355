//! The rules that hold for any list of tasks, wherever it came from.

use std::collections::{BTreeMap, BTreeSet};

use super::TaskSpec;
use super::problem::{Finding, Problem, shown};
use crate::ids::TaskId;
use crate::schedule::{Node, Schedule};

/// Tasks of one backlog; more is several plans.
const TASKS_MAX: usize = 2_000;
/// Cycles that are reported in one go; mending one often mends others.
const CYCLES_MAX: usize = 10;
/// Letters of an id: it becomes part of file and ref names.
const ID_CHARS_MAX: usize = 32;
/// Letters of a track id.
const TRACK_CHARS_MAX: usize = 48;
/// `refs/mac/rescued/` holds work that was found in a worktree and belongs to no attempt.
const RESCUED: &str = "rescued";
/// Bytes of one file hint.
const HINT_BYTES_MAX: usize = 512;
/// About five years of work; above it the number is a slip.
const HOURS_MAX: f64 = 10_000.0;

/// Holds tasks against every rule that needs no text; empty when all is well.
pub fn validate(tasks: &[TaskSpec]) -> Vec<Problem> {
    named(check(tasks), tasks)
}

/// Findings with the names of their tasks.
pub(super) fn named(findings: Vec<Finding>, tasks: &[TaskSpec]) -> Vec<Problem> {
    findings
        .into_iter()
        .map(|finding| Problem {
            task: finding.task.map(|index| label(tasks, index)),
            field: Some(finding.field).filter(|field| !field.is_empty()),
            line: None,
            message: finding.message,
        })
        .collect()
}

/// How a problem names a task: its id, or its number when that cannot be one.
pub(super) fn label(tasks: &[TaskSpec], index: usize) -> String {
    match tasks.get(index) {
        Some(task) if is_well_formed(task.id.as_str()) => task.id.to_string(),
        _ => format!("number {}", index + 1),
    }
}

/// As [`validate`], with positions instead of names.
pub(super) fn check(tasks: &[TaskSpec]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if tasks.is_empty() || tasks.len() > TASKS_MAX {
        let message = if tasks.is_empty() {
            "there are no tasks: write at least one".to_owned()
        } else {
            format!("there are {} tasks and at most {TASKS_MAX} are run: split the plan in two", tasks.len())
        };
        findings.push(Finding { task: None, field: "tasks".into(), line: None, message });
        return findings;
    }
    for (index, task) in tasks.iter().enumerate() {
        check_task(index, task, &mut findings);
    }
    check_unique(tasks, &mut findings);
    let edges = check_dependencies(tasks, &mut findings);
    check_cycles(tasks, edges, &mut findings);
    findings
}

/// What can be said about a task without the others.
fn check_task(index: usize, task: &TaskSpec, findings: &mut Vec<Finding>) {
    let mut note = |field: String, message: String| {
        findings.push(Finding { task: Some(index), field, line: None, message });
    };
    if let Some(message) = id_problem(task.id.as_str()) {
        note("id".into(), message);
    }
    for (field, text) in [("title", &task.title), ("description", &task.description)] {
        if text.trim().is_empty() {
            note(field.into(), format!("the {field} is missing: write one"));
        }
    }
    // It becomes part of commit messages and of names on the screen.
    if task.title.trim().contains(is_break) {
        let message = "the title holds a line break or a control character: write one plain line";
        note("title".into(), message.into());
    }
    if task.acceptance.is_empty() {
        let message = "there are no acceptance criteria: write at least one that can be checked";
        note("acceptance".into(), message.into());
    }
    if task.scope.files_hint.is_empty() {
        let message = "there are no file hints: name the files or globs the task will touch";
        note("scope.files_hint".into(), message.into());
    }
    for (position, file) in task.scope.files_hint.iter().enumerate() {
        if let Some(message) = hint_problem(file) {
            note(format!("scope.files_hint[{position}]"), message);
        }
    }
    let lists = [
        ("acceptance", &task.acceptance),
        ("context.constraints", &task.context.constraints),
        ("context.patterns", &task.context.patterns),
        ("context.gotchas", &task.context.gotchas),
    ];
    for (field, items) in lists {
        for (position, _) in items.iter().enumerate().filter(|(_, item)| item.trim().is_empty()) {
            note(format!("{field}[{position}]"), "the entry is empty: fill it in or remove it".into());
        }
    }
    if !(0.0..=HOURS_MAX).contains(&task.scope.estimated_hours) {
        note(
            "scope.estimated_hours".into(),
            format!(
                "{} hours is no estimate: write a number from 0 to {HOURS_MAX}",
                task.scope.estimated_hours
            ),
        );
    }
}

/// Why a text cannot be a task's id; `None` when it can.
fn id_problem(id: &str) -> Option<String> {
    if id.is_empty() {
        return Some("the id is missing: write one, for example T01".into());
    }
    if !is_well_formed(id) {
        return Some(format!(
            "{} cannot be an id: use 1 to {ID_CHARS_MAX} letters, digits, - and _, and begin with a letter or digit",
            shown(id)
        ));
    }
    is_reserved(id).then(|| {
        format!("{} cannot be an id: a file of that name means something else, choose another", shown(id))
    })
}

fn is_well_formed(id: &str) -> bool {
    id.len() <= ID_CHARS_MAX
        && id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Names that cannot be files on Windows, and the one that would overwrite the backlog itself.
fn is_reserved(id: &str) -> bool {
    is_device(id) || id.eq_ignore_ascii_case("backlog")
}

/// Names that Windows takes for a device, in every directory: no file and no ref can have them.
fn is_device(id: &str) -> bool {
    let id = id.to_ascii_lowercase();
    let is_port = id.len() == 4
        && (id.starts_with("com") || id.starts_with("lpt"))
        && id.ends_with(|c: char| c.is_ascii_digit());
    is_port || matches!(id.as_str(), "con" | "prn" | "aux" | "nul")
}

/// Why a text cannot be a track id; `None` when it can.
pub(super) fn track_problem(id: &str) -> Option<String> {
    let is_well_formed = id.len() <= TRACK_CHARS_MAX
        && id.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !is_well_formed {
        return Some(format!(
            "{} cannot be a track id: use 1 to {TRACK_CHARS_MAX} small letters, digits and -, and begin with a letter or digit",
            shown(id)
        ));
    }
    (is_device(id) || id == RESCUED).then(|| {
        format!("{} cannot be a track id: a ref of that name means something else, choose another", shown(id))
    })
}

/// Why a text cannot be a file hint; `None` when it can.
pub(crate) fn hint_problem(path: &str) -> Option<String> {
    let is_drive =
        path.as_bytes().get(1) == Some(&b':') && path.starts_with(|c: char| c.is_ascii_alphabetic());
    let complaint = if path.trim().is_empty() {
        "is empty: fill it in or remove it"
    } else if path.len() > HINT_BYTES_MAX {
        "is longer than 512 bytes: shorten it"
    } else if path.chars().any(char::is_control) {
        "holds a control character: write a plain path"
    } else if path.starts_with(['/', '~', '\\']) || is_drive {
        "is absolute: write it relative to the repository's root"
    } else if path.split(['/', '\\']).any(|part| part == "..") {
        "leaves the repository with ..: write it relative to the repository's root"
    } else if path.contains('\\') {
        "has a backslash: separate directories with /"
    } else {
        return None;
    };
    Some(format!("{} {complaint}", shown(path)))
}

/// Ids differ in more than case: they become file names.
fn check_unique(tasks: &[TaskSpec], findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<String, &TaskId> = BTreeMap::new();
    for (index, task) in tasks.iter().enumerate() {
        if task.id.as_str().is_empty() {
            continue;
        }
        let folded = task.id.as_str().to_ascii_lowercase();
        if let Some(first) = seen.get(&folded) {
            findings.push(Finding {
                task: Some(index),
                field: "id".into(),
                line: None,
                message: format!(
                    "the id is taken by an earlier task, {}: choose another (case does not count)",
                    shown(first.as_str())
                ),
            });
        } else {
            seen.insert(folded, &task.id);
        }
    }
}

/// Every dependency names another task, once. Returns the edges that do, for the search for cycles.
fn check_dependencies(tasks: &[TaskSpec], findings: &mut Vec<Finding>) -> Vec<Vec<usize>> {
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    let mut folded: BTreeMap<String, &str> = BTreeMap::new();
    for (index, task) in tasks.iter().enumerate() {
        let id = task.id.as_str();
        positions.entry(id).or_insert(index);
        folded.entry(id.to_ascii_lowercase()).or_insert(id);
    }
    let mut edges = vec![Vec::new(); tasks.len()];
    for (index, task) in tasks.iter().enumerate() {
        let mut seen = BTreeSet::new();
        for (position, dependency) in task.depends_on.iter().enumerate() {
            let name = dependency.as_str();
            let message = if !seen.insert(name) {
                format!("{} is listed twice: remove one", shown(name))
            } else if *dependency == task.id {
                format!("the task depends on itself: remove {}", shown(name))
            } else if let Some(&target) = positions.get(name) {
                edges[index].push(target);
                continue;
            } else if let Some(near) = folded.get(&name.to_ascii_lowercase()) {
                format!("there is no task {}; did you mean {}?", shown(name), shown(near))
            } else {
                format!("there is no task {}: correct or remove it", shown(name))
            };
            findings.push(Finding {
                task: Some(index),
                field: format!("depends_on[{position}]"),
                line: None,
                message,
            });
        }
    }
    edges
}

/// Reports cycles one after the other, each cut open at its last edge before the next is looked for.
fn check_cycles(tasks: &[TaskSpec], mut edges: Vec<Vec<usize>>, findings: &mut Vec<Finding>) {
    for _ in 0..CYCLES_MAX {
        let nodes: Vec<Node> = edges
            .iter()
            .map(|depends_on| Node { depends_on: depends_on.clone(), estimated_hours: 0.0 })
            .collect();
        let Err(cycle) = Schedule::new(&nodes) else {
            return;
        };
        let [first, second, ..] = cycle.0[..] else {
            return;
        };
        let path: Vec<&str> = cycle.0.iter().map(|&index| tasks[index].id.as_str()).collect();
        findings.push(Finding {
            task: Some(first),
            field: "depends_on".into(),
            line: None,
            message: format!(
                "the tasks wait for each other: {}; remove one of these dependencies",
                path.join(" -> ")
            ),
        });
        edges[first].retain(|&dependency| dependency != second);
    }
}
