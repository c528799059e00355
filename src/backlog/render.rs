//! Backlogs as YAML that people read and edit: the same bytes for the same backlog.
//!
//! A text is written plain only when every YAML reader takes it for that text, as a block when it has
//! lines, and in double quotes otherwise.

use std::fmt::Write;

use super::{Backlog, TaskSpec};

/// `BACKLOG.yaml`; `parse` gives the same backlog back.
pub fn render(backlog: &Backlog) -> String {
    let mut out = Writer::default();
    out.field(0, "version", &backlog.version);
    out.field(0, "track_id", backlog.track_id.as_str());
    out.field(0, "created_at", &backlog.created_at);
    if let Some(updated_at) = &backlog.updated_at {
        out.field(0, "updated_at", updated_at);
    }
    out.line(0, "tasks:");
    for task in &backlog.tasks {
        // The dash takes the place of the first key's indentation.
        let first = out.text.len() + 2;
        out.task(4, task);
        out.text.replace_range(first..first + 1, "-");
    }
    out.text
}

/// One task alone, as in `T01.yaml`.
pub fn render_task(task: &TaskSpec) -> String {
    let mut out = Writer::default();
    out.task(0, task);
    out.text
}

#[derive(Default)]
struct Writer {
    text: String,
}

impl Writer {
    fn task(&mut self, indent: usize, task: &TaskSpec) {
        self.field(indent, "id", task.id.as_str());
        self.field(indent, "title", &task.title);
        self.field(indent, "description", &task.description);
        self.field(indent, "status", task.status.as_str());
        let ids: Vec<String> = task.depends_on.iter().map(|id| inline(id.as_str())).collect();
        self.line(indent, &format!("depends_on: [{}]", ids.join(", ")));
        self.list(indent, "acceptance", &task.acceptance);
        self.line(indent, "scope:");
        self.list(indent + 2, "files_hint", &task.scope.files_hint);
        let hours = task.scope.estimated_hours;
        self.line(indent + 2, &format!("estimated_hours: {hours}"));
        self.line(indent, "context:");
        self.list(indent + 2, "constraints", &task.context.constraints);
        self.list(indent + 2, "patterns", &task.context.patterns);
        self.list(indent + 2, "gotchas", &task.context.gotchas);
        self.line(indent, &format!("attempts: {}", task.attempts));
        if let Some(last_attempt) = &task.last_attempt {
            self.field(indent, "lastAttempt", last_attempt);
        }
        if let Some(error) = &task.error {
            self.field(indent, "error", error);
        }
        if let Some(kind) = task.kind {
            self.field(indent, "type", kind.as_str());
        }
    }

    fn line(&mut self, indent: usize, content: &str) {
        let _ = writeln!(self.text, "{:indent$}{content}", "");
    }

    fn field(&mut self, indent: usize, key: &str, text: &str) {
        self.value(indent, &format!("{key}:"), text);
    }

    fn list(&mut self, indent: usize, key: &str, items: &[String]) {
        if items.is_empty() {
            self.line(indent, &format!("{key}: []"));
            return;
        }
        self.line(indent, &format!("{key}:"));
        for item in items {
            self.value(indent + 2, "-", item);
        }
    }

    /// A text after `key:` or `-`.
    fn value(&mut self, indent: usize, lead: &str, text: &str) {
        let Some(lines) = block_lines(text) else {
            self.line(indent, &format!("{lead} {}", inline(text)));
            return;
        };
        let chomp = if text.ends_with('\n') { "" } else { "-" };
        self.line(indent, &format!("{lead} |{chomp}"));
        for line in lines {
            if line.is_empty() {
                self.text.push('\n');
            } else {
                self.line(indent + 2, line);
            }
        }
    }
}

/// The lines of a text that a block (`|`) keeps exactly; `None` when quotes are safer.
fn block_lines(text: &str) -> Option<Vec<&str>> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let lines: Vec<&str> = body.split('\n').collect();
    let is_plain = |line: &&str| {
        !line.chars().any(needs_escape)
            && !line.starts_with('\t')
            && (line.is_empty() || !line.trim_matches(' ').is_empty())
    };
    let begins_well = lines.first()?.starts_with(|c| c != ' ');
    let ends_well = !lines.last()?.is_empty();
    (lines.len() > 1 && begins_well && ends_well && lines.iter().all(is_plain)).then_some(lines)
}

/// A text on one line.
fn inline(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Whether a text without quotes can only be taken for itself, in lists in brackets too.
fn is_plain(text: &str) -> bool {
    // Words that some YAML reader takes for a boolean, a null or a number.
    const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && text.chars().all(|c| c.is_alphanumeric() || " _-./()+='".contains(c))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// A text in double quotes.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if needs_escape(c) => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Characters that YAML does not allow as they are, or takes for line breaks. All are below U+10000.
fn needs_escape(c: char) -> bool {
    c != '\t'
        && (c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'))
}
