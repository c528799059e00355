//! Backlogs as YAML that people read and edit: the same bytes for the same backlog.
//!
//! A text is written plain only when every YAML reader takes it for that text, as a block when it has
//! lines, and in double quotes otherwise.

use std::borrow::Cow;
use std::fmt::Write;

use super::{Backlog, CONSTRAINTS, DONT_TOUCH, Limits, TaskSpec};

/// `BACKLOG.yaml`; `parse` gives the same backlog back.
pub fn render(backlog: &Backlog) -> String {
    let mut out = Writer::default();
    out.value(0, "version:", &backlog.version);
    out.value(0, "track_id:", backlog.track_id.as_str());
    if let Some(revision) = backlog.revision {
        out.line(0, &["revision: ", &revision.to_string()]);
    }
    out.value(0, "created_at:", &backlog.created_at);
    if let Some(updated_at) = &backlog.updated_at {
        out.value(0, "updated_at:", updated_at);
    }
    out.body(&backlog.limits, &backlog.tasks);
    out.text
}

/// What is asked for, without how far it got: the body of a template.
pub(crate) fn render_skeleton(limits: &Limits, tasks: &[TaskSpec]) -> String {
    let mut out = Writer { text: String::new(), is_progress_told: false };
    out.body(limits, tasks);
    out.text
}

/// One task alone, as in `T01.yaml`.
pub fn render_task(task: &TaskSpec) -> String {
    let mut out = Writer::default();
    out.task(0, task);
    out.text
}

struct Writer {
    text: String,
    /// Whether status, attempts and errors are written.
    is_progress_told: bool,
}

impl Default for Writer {
    fn default() -> Self {
        Self { text: String::new(), is_progress_told: true }
    }
}

impl Writer {
    fn body(&mut self, limits: &Limits, tasks: &[TaskSpec]) {
        for (key, items) in [(CONSTRAINTS, &limits.constraints), (DONT_TOUCH, &limits.dont_touch)] {
            if !items.is_empty() {
                self.list(0, &format!("{key}:"), items);
            }
        }
        self.line(0, &["tasks:"]);
        for task in tasks {
            // The dash takes the place of the first key's indentation.
            let first = self.text.len() + 2;
            self.task(4, task);
            self.text.replace_range(first..first + 1, "-");
        }
    }

    fn task(&mut self, indent: usize, task: &TaskSpec) {
        self.value(indent, "id:", task.id.as_str());
        self.value(indent, "title:", &task.title);
        self.value(indent, "description:", &task.description);
        if self.is_progress_told {
            self.value(indent, "status:", task.status.as_str());
        }
        let ids: Vec<Cow<str>> = task.depends_on.iter().map(|id| inline(id.as_str())).collect();
        self.line(indent, &["depends_on: [", &ids.join(", "), "]"]);
        self.list(indent, "acceptance:", &task.acceptance);
        self.line(indent, &["scope:"]);
        self.list(indent + 2, "files_hint:", &task.scope.files_hint);
        let hours = task.scope.estimated_hours.to_string();
        self.line(indent + 2, &["estimated_hours: ", &hours]);
        self.line(indent, &["context:"]);
        self.list(indent + 2, "constraints:", &task.context.constraints);
        self.list(indent + 2, "patterns:", &task.context.patterns);
        self.list(indent + 2, "gotchas:", &task.context.gotchas);
        if self.is_progress_told {
            self.progress(indent, task);
        }
        if let Some(kind) = task.kind {
            self.value(indent, "type:", kind.as_str());
        }
    }

    fn progress(&mut self, indent: usize, task: &TaskSpec) {
        self.line(indent, &["attempts: ", &task.attempts.to_string()]);
        if let Some(last_attempt) = &task.last_attempt {
            self.value(indent, "lastAttempt:", last_attempt);
        }
        if let Some(error) = &task.error {
            self.value(indent, "error:", error);
        }
    }

    /// One line. The file is written again and again while work goes on, so its parts are only copied.
    fn line(&mut self, indent: usize, parts: &[&str]) {
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.text.extend(parts.iter().copied());
        self.text.push('\n');
    }

    fn list(&mut self, indent: usize, key: &str, items: &[String]) {
        if items.is_empty() {
            self.line(indent, &[key, " []"]);
            return;
        }
        self.line(indent, &[key]);
        for item in items {
            self.value(indent + 2, "-", item);
        }
    }

    /// A text after `key:` or `-`.
    fn value(&mut self, indent: usize, lead: &str, text: &str) {
        let Some(lines) = block_lines(text) else {
            self.line(indent, &[lead, " ", &inline(text)]);
            return;
        };
        let chomp = if text.ends_with('\n') { "" } else { "-" };
        self.line(indent, &[lead, " |", chomp]);
        for line in lines {
            if line.is_empty() {
                self.text.push('\n');
            } else {
                self.line(indent + 2, &[line]);
            }
        }
    }
}

/// The lines of a text that a block (`|`) keeps exactly; `None` when quotes are safer.
fn block_lines(text: &str) -> Option<Vec<&str>> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    if !body.contains('\n') {
        return None;
    }
    let lines: Vec<&str> = body.split('\n').collect();
    let is_plain = |line: &&str| {
        !line.chars().any(needs_escape)
            && !line.starts_with('\t')
            && (line.is_empty() || !line.trim_matches(' ').is_empty())
    };
    let begins_well = lines.first()?.starts_with(|c| c != ' ');
    let ends_well = !lines.last()?.is_empty();
    (begins_well && ends_well && lines.iter().all(is_plain)).then_some(lines)
}

/// A text on one line.
pub(crate) fn inline(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { Cow::Owned(quoted(text)) }
}

/// Whether a text without quotes can only be taken for itself, in lists in brackets too.
fn is_plain(text: &str) -> bool {
    // Words that some YAML reader takes for a boolean, a null or a number.
    const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && text.chars().all(|c| {
            c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '(' | ')' | '+' | '=' | '\'')
        })
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// A text in double quotes.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut written = 0;
    for (at, c) in text.char_indices() {
        if !matches!(c, '"' | '\\' | '\n' | '\t') && !needs_escape(c) {
            continue;
        }
        out.push_str(&text[written..at]);
        written = at + c.len_utf8();
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
        }
    }
    out.push_str(&text[written..]);
    out.push('"');
    out
}

/// Characters that YAML does not allow as they are, or takes for line breaks. All are below U+10000.
fn needs_escape(c: char) -> bool {
    c != '\t'
        && (c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'))
}
