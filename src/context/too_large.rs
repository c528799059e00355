//! A task of which more must be said than fits, and what to do about it.

use std::collections::BTreeMap;

use thiserror::Error;

use super::atoms::{Atom, AtomKind, atoms};
use super::compress::Refusal;
use super::provenance::Source;
use crate::backlog::TaskSpec;
use crate::ids::TaskId;
use crate::text;

/// So many parts are named as the largest.
const LARGEST_SHOWN: usize = 3;
/// So many of the names and numbers that do not fit are shown.
const ATOMS_SHOWN: usize = 3;

/// What must be said of a task is more than fits.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", self.tell())]
pub struct ContextTooLarge {
    /// The task.
    pub task: TaskId,
    /// Size of what must be said at least, in UTF-8 bytes.
    pub bytes: usize,
    /// What fits.
    pub bytes_max: usize,
    /// The largest parts with their sizes in bytes, at most three, named as the backlog names them.
    pub largest: Vec<(String, usize)>,
    /// What keeps the description from being shortened further.
    pub atoms: Vec<Atom>,
    /// A second task that could be made of it.
    pub split: Option<Box<Split>>,
}

/// Acceptance criteria that would make a task of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Their indexes, in order; never all.
    pub criteria: Vec<usize>,
    /// The file they share; `None` when they only stand together.
    pub file: Option<String>,
}

impl ContextTooLarge {
    /// What is wrong with a task whose parts are known to take `bytes` at least.
    pub(super) fn new(
        task: &TaskSpec,
        limits: &[String],
        bytes: usize,
        bytes_max: usize,
        refusal: Option<Refusal>,
    ) -> Self {
        Self {
            task: task.id.clone(),
            bytes,
            bytes_max,
            largest: largest(task, limits),
            atoms: refusal.map_or_else(Vec::new, |refusal| refusal.atoms),
            split: split(task).map(Box::new),
        }
    }

    fn tell(&self) -> String {
        let size = |bytes: usize| text::bytes(bytes as u64);
        let parts: Vec<String> =
            self.largest.iter().map(|(name, bytes)| format!("{name} ({})", size(*bytes))).collect();
        let mut out = format!(
            "the context of task {} takes {} and at most {} fit: cut {} or split the task; its largest parts are {}",
            self.task,
            size(self.bytes),
            size(self.bytes_max),
            size(self.bytes - self.bytes_max),
            text::list(&parts)
        );
        if !self.atoms.is_empty() {
            let shown: Vec<String> = self.atoms.iter().take(ATOMS_SHOWN).map(Atom::to_string).collect();
            let more = if self.atoms.len() > ATOMS_SHOWN { " and more" } else { "" };
            out.push_str(&format!(
                "; its description cannot be shortened without losing {}{more}",
                shown.join(", ")
            ));
        }
        if let Some(split) = &self.split {
            let names = ranges(&split.criteria);
            out.push_str(&match &split.file {
                Some(file) => format!("; to split: {names} share {file} and would make a second task"),
                None => format!("; to split: {names} would make a second task"),
            });
        }
        out
    }
}

/// `acceptance[1], acceptance[3] to [5]`.
fn ranges(indexes: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for index in indexes {
        match runs.last_mut() {
            Some((_, to)) if *to + 1 == *index => *to = *index,
            _ => runs.push((*index, *index)),
        }
    }
    let run = |(from, to): &(usize, usize)| {
        if from == to { format!("acceptance[{from}]") } else { format!("acceptance[{from}] to [{to}]") }
    };
    text::list(&runs.iter().map(run).collect::<Vec<_>>())
}

/// The largest parts of what must be said.
fn largest(task: &TaskSpec, limits: &[String]) -> Vec<(String, usize)> {
    let mut parts =
        vec![("title".to_owned(), task.title.len()), ("description".to_owned(), task.description.len())];
    for (field, lines) in [
        ("acceptance", &task.acceptance),
        ("context.constraints", &task.context.constraints),
        ("scope.files_hint", &task.scope.files_hint),
    ] {
        parts.extend(lines.iter().enumerate().map(|(i, line)| (format!("{field}[{i}]"), line.len())));
    }
    parts.extend(
        limits.iter().enumerate().map(|(i, line)| (Source::Limit { index: i }.to_string(), line.len())),
    );
    parts.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    parts.truncate(LARGEST_SHOWN);
    parts
}

/// The criteria that share a file with each other and not with the rest; of several such groups the
/// one nearest to half of all criteria by size. Without one, the second half.
fn split(task: &TaskSpec) -> Option<Split> {
    let all = task.acceptance.len();
    if all < 2 {
        return None;
    }
    let bytes = |indexes: &[usize]| indexes.iter().map(|i| task.acceptance[*i].len()).sum::<usize>();
    let half = bytes(&(0..all).collect::<Vec<_>>()) / 2;
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, line) in task.acceptance.iter().enumerate() {
        for file in files_of(line, &task.scope.files_hint) {
            groups.entry(file).or_default().push(index);
        }
    }
    let shared = groups.into_iter().filter(|(_, own)| own.len() > 1 && own.len() < all);
    let best = shared.min_by_key(|(_, own)| (bytes(own).abs_diff(half), own[0]));
    if let Some((file, criteria)) = best {
        return Some(Split { criteria, file: Some(file) });
    }
    let mut before = 0;
    let from = task.acceptance.iter().position(|line| {
        before += line.len();
        before > half
    })?;
    let criteria: Vec<usize> = (from.max(1)..all).collect();
    Some(Split { criteria, file: None })
}

/// The files that a criterion is about: those it names, and those of the task that it names by the
/// file's name without folder or extension.
fn files_of(line: &str, hints: &[String]) -> Vec<String> {
    let named = atoms(line).into_iter().filter(|atom| atom.kind == AtomKind::Path);
    let mut files: Vec<String> =
        named.map(|atom| atom.text.split(':').next().unwrap_or(&atom.text).to_owned()).collect();
    for hint in hints {
        let name = hint.rsplit('/').next().unwrap_or(hint);
        let stem = name.split('.').next().unwrap_or(name);
        const STEM_BYTES_MIN: usize = 4;
        let is_named = stem.len() >= STEM_BYTES_MIN
            && line
                .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')))
                .any(|word| word == stem);
        if is_named && !files.contains(hint) {
            files.push(hint.clone());
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::super::sample_task;
    use super::*;

    #[test]
    fn criteria_that_share_a_file_make_a_second_task() {
        let mut task = sample_task();
        task.scope.files_hint = vec!["src/limiter.js".to_owned(), "src/clock.js".to_owned()];
        task.acceptance =
            ["limiter stops at 10", "clock ticks", "src/clock.js:3 is pure", "clock is monotonic"]
                .map(str::to_owned)
                .to_vec();
        let error = ContextTooLarge::new(&task, &[], 3_100, 3_000, None);
        assert_eq!(
            error.split,
            Some(Box::new(Split { criteria: vec![1, 2, 3], file: Some("src/clock.js".to_owned()) }))
        );
        assert!(
            error
                .to_string()
                .ends_with("to split: acceptance[1] to [3] share src/clock.js and would make a second task")
        );
    }

    #[test]
    fn without_files_the_second_half_does() {
        let mut task = sample_task();
        task.acceptance = ["it works"; 4].map(str::to_owned).to_vec();
        assert_eq!(split(&task), Some(Split { criteria: vec![2, 3], file: None }));
        task.acceptance.truncate(1);
        assert_eq!(split(&task), None);
    }
}
