//! From a task to the text that its worker is sent.

use thiserror::Error;

use crate::backlog::TaskSpec;
use crate::ids::TaskId;
use crate::text;

/// What must be said of a task is more than fits.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", self.tell())]
pub struct ContextTooLarge {
    /// The task.
    pub task: TaskId,
    /// Size of what must be said, in UTF-8 bytes.
    pub bytes: usize,
    /// What fits.
    pub bytes_max: usize,
    /// The largest parts with their sizes in bytes, at most three, named as the backlog names them.
    pub largest: Vec<(String, usize)>,
}

impl ContextTooLarge {
    fn tell(&self) -> String {
        let size = |bytes: usize| text::bytes(bytes as u64);
        let parts: Vec<String> =
            self.largest.iter().map(|(name, bytes)| format!("{name} ({})", size(*bytes))).collect();
        format!(
            "the context of task {} takes {} and at most {} fit: cut {} or split the task; its largest parts are {}",
            self.task,
            size(self.bytes),
            size(self.bytes_max),
            size(self.bytes - self.bytes_max),
            text::list(&parts)
        )
    }
}

/// A heading with the lines below it.
struct Section<'a> {
    title: &'static str,
    /// How the backlog names the lines.
    field: &'static str,
    lines: &'a [String],
    /// So many of its lines are written.
    kept: usize,
}

impl<'a> Section<'a> {
    fn new(title: &'static str, field: &'static str, lines: &'a [String]) -> Self {
        let kept = lines.len();
        Self { title, field, lines, kept }
    }

    fn write(&self, out: &mut String) {
        if self.kept == 0 {
            return;
        }
        out.push_str(&format!("\n## {}\n\n", self.title));
        for line in &self.lines[..self.kept] {
            out.push_str(&item(line));
        }
    }
}

/// Writes a task's context as markdown of at most `bytes_max` bytes. Title, description, acceptance
/// criteria, constraints and files are always in it, whole. Evidence (newest first), patterns and
/// gotchas follow as far as they fit: what does not is left out from the back.
///
/// # Errors
/// [`ContextTooLarge`] when what must be in it does not fit.
pub fn compile(task: &TaskSpec, evidence: &[String], bytes_max: usize) -> Result<String, ContextTooLarge> {
    let context = &task.context;
    let must = [
        Section::new("Acceptance criteria", "acceptance", &task.acceptance),
        Section::new("Constraints", "context.constraints", &context.constraints),
        Section::new("Files", "scope.files_hint", &task.scope.files_hint),
    ];
    let mut text = format!("# {}: {}\n", task.id, task.title.trim());
    if !task.description.trim().is_empty() {
        text.push_str(&format!("\n{}\n", task.description.trim()));
    }
    for section in &must {
        section.write(&mut text);
    }
    if text.len() > bytes_max {
        return Err(ContextTooLarge {
            task: task.id.clone(),
            bytes: text.len(),
            bytes_max,
            largest: largest(task, &must),
        });
    }
    let mut optional = [
        Section::new("Learned from failed attempts", "evidence", evidence),
        Section::new("Patterns to follow", "context.patterns", &context.patterns),
        Section::new("Gotchas", "context.gotchas", &context.gotchas),
    ];
    fit(&mut optional, bytes_max - text.len());
    for section in &optional {
        section.write(&mut text);
    }
    Ok(text)
}

/// Leaves lines out from the back until the sections take at most so many bytes.
fn fit(sections: &mut [Section], bytes_max: usize) {
    let mut room = bytes_max;
    let mut is_full = false;
    for section in sections {
        let heading = section.title.len() + "\n## \n\n".len();
        let mut kept = 0;
        for line in section.lines {
            let bytes = item(line).len() + if kept == 0 { heading } else { 0 };
            is_full |= bytes > room;
            if is_full {
                break;
            }
            room -= bytes;
            kept += 1;
        }
        section.kept = kept;
    }
}

/// A list item; the further lines of a longer text are indented below it.
fn item(text: &str) -> String {
    format!("- {}\n", text.trim().replace('\n', "\n  "))
}

/// The largest parts of what must be said.
fn largest(task: &TaskSpec, sections: &[Section]) -> Vec<(String, usize)> {
    const SHOWN: usize = 3;
    let mut parts =
        vec![("title".to_owned(), task.title.len()), ("description".to_owned(), task.description.len())];
    for section in sections {
        for (i, line) in section.lines.iter().enumerate() {
            parts.push((format!("{}[{i}]", section.field), line.len()));
        }
    }
    parts.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    parts.truncate(SHOWN);
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample_task;
    use super::*;

    fn evidence() -> Vec<String> {
        vec![
            "Don't break \"never above\": 14 !== 10 (test, test/limiter.test.js:6)".to_owned(),
            "Don't leave no-undef: 'toknes' is not defined (lint, src/limiter.js:3)".to_owned(),
        ]
    }

    #[test]
    fn a_whole_context() {
        insta::assert_snapshot!(compile(&sample_task(), &evidence(), 3_000).unwrap());
    }

    #[test]
    fn empty_sections_are_not_written() {
        let mut task = sample_task();
        task.context = crate::backlog::TaskContext::default();
        task.description = " ".to_owned();
        insta::assert_snapshot!(compile(&task, &[], 3_000).unwrap());
    }

    #[test]
    fn optional_lines_are_left_out_from_the_back() {
        let whole = compile(&sample_task(), &evidence(), 3_000).unwrap();
        let cut = compile(&sample_task(), &evidence(), whole.len() - 1).unwrap();
        assert!(whole.starts_with(&cut) && cut.len() < whole.len());
        assert!(cut.contains("Learned from failed attempts") && cut.contains("Patterns to follow"));
    }

    #[test]
    fn a_heading_alone_is_not_written() {
        let mut task = sample_task();
        task.context.gotchas = vec!["x".repeat(100)];
        task.context.patterns.clear();
        let whole = compile(&task, &[], 3_000).unwrap();
        let no_room = compile(&task, &[], whole.len() - 50).unwrap();
        assert!(!no_room.contains("Gotchas"));
    }

    #[test]
    fn too_much_is_refused_with_what_to_cut() {
        let mut task = sample_task();
        task.description = "x".repeat(2_000);
        task.acceptance.push("y".repeat(1_200));
        let error = compile(&task, &[], 3_000).unwrap_err();
        insta::assert_snapshot!(error);
        assert_eq!(error.largest[1], ("acceptance[2]".to_owned(), 1_200));
    }

    fn lines() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[a-zä#`|*][a-zä #`|*.]{0,60}[a-z.]", 0..5)
    }

    proptest! {
        #[test]
        fn never_over_the_limit_and_never_without_a_must(
            (description, acceptance, constraints) in ("[a-zä.]{0,300}", lines(), lines()),
            (files, patterns, gotchas, evidence) in (lines(), lines(), lines(), lines()),
            bytes_max in 0usize..1_500,
        ) {
            let mut task = sample_task();
            task.description = description;
            task.acceptance = acceptance;
            task.scope.files_hint = files;
            task.context = crate::backlog::TaskContext { constraints, patterns, gotchas };
            match compile(&task, &evidence, bytes_max) {
                Ok(text) => {
                    prop_assert!(text.len() <= bytes_max);
                    prop_assert!(text.contains(&task.title) && text.contains(&task.description));
                    let must = task.acceptance.iter().chain(&task.context.constraints);
                    for line in must.chain(&task.scope.files_hint) {
                        let written = format!("- {line}");
                        prop_assert!(text.lines().any(|line| line == written));
                    }
                }
                Err(error) => {
                    prop_assert!(error.bytes > bytes_max);
                    // The limit that it names is indeed enough.
                    prop_assert!(compile(&task, &evidence, error.bytes).is_ok());
                }
            }
        }
    }
}
