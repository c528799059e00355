//! What differs between two texts of a spec, and how much that matters: criteria that are removed or
//! changed, criteria that are added, and wording.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Level;
use super::criteria::{Criterion, compare_criteria, criteria_in};
use crate::backlog::{Backlog, Status, TaskSpec};
use crate::text::{count, list};

/// Something that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecChange {
    /// How much it matters.
    pub level: Level,
    /// A readable line.
    pub text: String,
}

impl SpecChange {
    pub(super) fn new(level: Level, text: String) -> Self {
        Self { level, text }
    }
}

/// What differs between two backlogs, what matters most first; empty when both ask for the same. How far
/// their tasks got is no part of a spec.
pub fn compare_backlogs(old: &Backlog, new: &Backlog) -> Vec<SpecChange> {
    let mut changes = compare_tasks(&untried(&old.tasks), &untried(&new.tasks));
    if old.limits != new.limits {
        changes.push(SpecChange::new(Level::Patch, "what holds for all tasks changed".to_owned()));
    }
    changes
}

/// What differs between two lists of tasks; how far they got counts as well.
pub(super) fn compare_tasks(old: &[TaskSpec], new: &[TaskSpec]) -> Vec<SpecChange> {
    let mut changes = compare_criteria(&criteria_of(old), &criteria_of(new));
    let mut patch = |text| changes.push(SpecChange::new(Level::Patch, text));
    for task in old.iter().filter(|task| same_in(new, task).is_none()) {
        patch(format!("the task {} ({}) was removed", task.id, task.title.trim()));
    }
    for task in new {
        match same_in(old, task) {
            None => patch(format!("the task {} ({}) was added", task.id, task.title.trim())),
            Some(former) => {
                let fields = differing(former, task);
                if !fields.is_empty() {
                    patch(format!("{}: changed {}", task.id, list(&fields)));
                }
            }
        }
    }
    let common = |tasks: &[TaskSpec], others: &[TaskSpec]| -> Vec<String> {
        let known = tasks.iter().filter(|task| same_in(others, task).is_some());
        known.map(|task| task.id.to_string()).collect()
    };
    if common(old, new) != common(new, old) {
        patch("the tasks are in another order".to_owned());
    }
    changes.sort_by_key(|change| Reverse(change.level));
    changes
}

/// The task with the same id.
fn same_in<'a>(tasks: &'a [TaskSpec], task: &TaskSpec) -> Option<&'a TaskSpec> {
    tasks.iter().find(|other| other.id == task.id)
}

fn criteria_of(tasks: &[TaskSpec]) -> Vec<Criterion<'_>> {
    let criteria = tasks.iter().flat_map(|task| {
        let of = task.id.as_str();
        task.acceptance.iter().map(move |text| Criterion { of, text })
    });
    criteria.collect()
}

/// The fields of a task that differ, but for criteria that are told one by one.
fn differing(old: &TaskSpec, new: &TaskSpec) -> Vec<String> {
    let fields = [
        ("the title", old.title != new.title),
        ("the description", old.description != new.description),
        ("the order of criteria", is_reordered(&old.acceptance, &new.acceptance)),
        ("what it depends on", old.depends_on != new.depends_on),
        ("the files", old.scope.files_hint != new.scope.files_hint),
        ("the estimate", old.scope.estimated_hours != new.scope.estimated_hours),
        ("the constraints", old.context.constraints != new.context.constraints),
        ("the patterns", old.context.patterns != new.context.patterns),
        ("the gotchas", old.context.gotchas != new.context.gotchas),
        ("the type", old.kind != new.kind),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect()
}

/// Whether both hold the same criteria, one after the other otherwise.
fn is_reordered(old: &[String], new: &[String]) -> bool {
    let sorted = |texts: &[String]| {
        let mut texts = texts.to_vec();
        texts.sort();
        texts
    };
    old != new && sorted(old) == sorted(new)
}

/// The tasks as a spec holds them: what is asked for, without how far each got.
pub fn untried(tasks: &[TaskSpec]) -> Vec<TaskSpec> {
    let plain = |task: &TaskSpec| TaskSpec {
        status: Status::Pending,
        attempts: 0,
        last_attempt: None,
        error: None,
        ..task.clone()
    };
    tasks.iter().map(plain).collect()
}

/// What differs between two texts of a document; `None` where there is none. Those of `SPEC.md` have
/// criteria, too.
pub fn compare_document(name: &str, old: Option<&str>, new: Option<&str>) -> Vec<SpecChange> {
    let (old, new) = (old.map(str::trim), new.map(str::trim));
    if old == new {
        return Vec::new();
    }
    let criteria = |text: Option<&str>| match text {
        Some(text) if name == "SPEC.md" => criteria_in(text),
        _ => Vec::new(),
    };
    let (before, after) = (criteria(old), criteria(new));
    let told = |criteria: &[String]| match criteria.len() {
        0 => String::new(),
        n => format!(" with {}", count(n, "criterion", "criteria")),
    };
    let level = |criteria: &[String], level| if criteria.is_empty() { Level::Patch } else { level };
    match (old, new) {
        (None, _) => {
            let text = format!("{name} was added{}", told(&after));
            vec![SpecChange::new(level(&after, Level::Minor), text)]
        }
        (_, None) => {
            let text = format!("{name} was removed{}", told(&before));
            vec![SpecChange::new(level(&before, Level::Major), text)]
        }
        _ => {
            let changes = compare_criteria(&of_document(name, &before), &of_document(name, &after));
            if changes.is_empty() { vec![changed_document(name)] } else { changes }
        }
    }
}

fn of_document<'a>(name: &'a str, criteria: &'a [String]) -> Vec<Criterion<'a>> {
    criteria.iter().map(|text| Criterion { of: name, text }).collect()
}

/// A document changed, and more is not known.
pub fn changed_document(name: &str) -> SpecChange {
    SpecChange::new(Level::Patch, format!("{name} changed"))
}

/// The most that any of the changes matters; `None` without any.
pub fn level_of(changes: &[SpecChange]) -> Option<Level> {
    changes.iter().map(|change| change.level).max()
}

/// Lines that are told once.
pub fn texts_of(changes: &[SpecChange]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let is_new = |change: &&SpecChange| seen.insert(change.text.clone());
    changes.iter().filter(is_new).map(|change| change.text.clone()).collect()
}
