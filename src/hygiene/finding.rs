//! What is wrong with a text, and where.

use std::fmt;

use prose::words::{Folded, fold};
use serde::{Deserialize, Serialize};

use crate::text::floor;

/// What a text is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// It keeps its size.
    Size,
    /// It names no task but its own and its dependencies.
    ForeignTask,
    /// It shows no whole files.
    LongBlock,
    /// It holds no output of tools, except as quoted or fenced data.
    ToolOutput,
    /// It repeats no text of planners, other tasks, attempts or tools.
    Copied,
    /// It tells the task, not how agents came to it.
    Deliberation,
}

/// Something that should not be in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which rule it breaks.
    pub rule: Rule,
    /// Where it begins, in bytes.
    pub from: usize,
    /// Where it ends, in bytes.
    pub to: usize,
    /// The line of its beginning, from 1.
    pub line: u32,
    /// What is wrong, where it came from, and what to do.
    pub message: String,
    /// How sure the rule is, in percent.
    pub weight: u8,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the context: {}", self.line, self.message)
    }
}

/// A finding before its line and its source are known.
pub(super) struct Found {
    pub rule: Rule,
    pub from: usize,
    pub to: usize,
    pub weight: u8,
    pub message: String,
}

/// Orders findings by place and counts lines.
pub(super) fn finish(text: &str, mut found: Vec<Found>) -> Vec<Finding> {
    found.sort_by_key(|found| (found.from, found.rule, found.to));
    let (mut line, mut counted) = (1, 0);
    let mut findings = Vec::with_capacity(found.len());
    for Found { rule, from, to, weight, message } in found {
        let between = &text.as_bytes()[counted..from];
        line += between.iter().filter(|byte| **byte == b'\n').count() as u32;
        counted = from;
        findings.push(Finding { rule, from, to, line, message, weight });
    }
    findings
}

/// The beginning of a passage, for a message: one line, at most so many bytes.
pub(super) fn excerpt(text: &str, from: usize, to: usize) -> String {
    const BYTES_MAX: usize = 60;
    let end = floor(text, (from + 4 * BYTES_MAX).min(to));
    let line = text[from..end].split_whitespace().collect::<Vec<_>>().join(" ");
    let is_hidden = |c: char| matches!(fold(c), Folded::Nothing);
    let shown: String = line.chars().filter(|c| c.is_ascii() || !is_hidden(*c)).collect();
    crate::text::cut(&shown, BYTES_MAX)
}
