//! What is wrong with a backlog, told so that it can be found and mended.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text;

/// One thing that is wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The task's id, or `number 3` when the id itself cannot be read.
    pub task: Option<String>,
    /// The field within the task or the file, for example `scope.files_hint[1]`.
    pub field: Option<String>,
    /// Counted from 1 in the text that was parsed.
    pub line: Option<u32>,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.line.map(|line| format!("line {line}")),
            self.task.as_ref().map(|task| format!("task {task}")),
            self.field.as_ref().map(|field| format!("field {field}")),
        ];
        let place: Vec<String> = parts.into_iter().flatten().collect();
        if !place.is_empty() {
            write!(f, "{}: ", place.join(", "))?;
        }
        f.write_str(&self.message)
    }
}

/// A problem whose task is known by its position, before ids and lines are filled in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    /// Position in the list of tasks; `None` for the file's head.
    pub task: Option<usize>,
    /// Dotted path within the task or the file; empty for the whole of it.
    pub field: String,
    /// Counted from 1, when the path does not lead there.
    pub line: Option<u32>,
    /// What is wrong and what to do.
    pub message: String,
}

/// Characters of a foreign text that a message quotes.
const QUOTED_CHARS_MAX: usize = 60;

/// A foreign text as a message shows it: quoted, escaped, cut.
pub(crate) fn shown(text: &str) -> String {
    format!("\"{}\"", cut(text))
}

/// A foreign text on one line of bounded length.
pub(crate) fn cut(text: &str) -> String {
    let head: String = text.chars().take(QUOTED_CHARS_MAX).collect();
    let rest = if head.len() < text.len() { "…" } else { "" };
    format!("{}{rest}", head.escape_debug())
}

/// The known word that `word` was probably meant to be, ignoring case and `-` for `_`.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |c| if matches!(c, '-' | ' ') { '_' } else { c };
    let word: String = word.chars().take(QUOTED_CHARS_MAX).map(plain).collect();
    text::nearest(&word, known.iter().copied())
}

/// `; did you mean "…"?` when a known word is near, else nothing.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    nearest(word, known).map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_only_the_parts_that_are_known() {
        let mut problem = Problem {
            task: Some("T03".into()),
            field: Some("depends_on".into()),
            line: Some(12),
            message: "is wrong".into(),
        };
        assert_eq!(problem.to_string(), "line 12, task T03, field depends_on: is wrong");
        problem.line = None;
        problem.field = None;
        assert_eq!(problem.to_string(), "task T03: is wrong");
        problem.task = None;
        assert_eq!(problem.to_string(), "is wrong");
    }

    #[test]
    fn names_a_near_word_and_no_far_one() {
        let known = ["pending", "in_progress", "completed"];
        assert_eq!(nearest("complete", &known), Some("completed"));
        assert_eq!(nearest("In-Progress", &known), Some("in_progress"));
        assert_eq!(nearest("done", &known), None);
        assert_eq!(nearest(&"x".repeat(100_000), &known), None);
    }

    #[test]
    fn quotes_what_would_break_a_line_and_cuts_what_is_long() {
        assert_eq!(shown("a\nb\u{1b}"), r#""a\nb\u{1b}""#);
        assert_eq!(shown(&"é".repeat(61)), format!("\"{}…\"", "é".repeat(60)));
    }
}
