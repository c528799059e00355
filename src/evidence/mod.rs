//! Why an attempt failed, and what the next one should know of it: at most five lines, never a
//! transcript.

mod compilers;
mod failure;
mod javascript;
mod lessons;
mod output;
mod runners;

use std::borrow::Cow;

use crate::resilience::trouble::TroubleClass;
use crate::text;
pub use failure::{Failure, FailureClass};
pub use lessons::{Lesson, remember};
pub(crate) use lessons::{fault, file_of};

/// So many lines of evidence are kept for a task.
pub const LINES_MAX: usize = 5;
/// So long is a line of evidence at most, in UTF-8 bytes.
pub const LINE_BYTES_MAX: usize = 200;

/// What the next attempt should know: at most [`LINES_MAX`] lines `Don't X: Y (source, file:line)`
/// of at most [`LINE_BYTES_MAX`] bytes. Nothing where the agent could not have done better.
pub fn distill(failure: &Failure) -> Vec<String> {
    let mut lines: Vec<String> = match failure {
        Failure::Gate { gate, command, code: Some(0), .. } => {
            let why = format!("`{command}` ran no test");
            vec![line("leave it without tests that run", &why, &gate.to_string(), None)]
        }
        Failure::Gate { gate, command, code, tail } => {
            let gate = gate.to_string();
            output::faults(command, *code, tail)
                .iter()
                .map(|fault| line(&fault.dont, &fault.why, &gate, fault.place.as_deref()))
                .collect()
        }
        Failure::Review { issues, .. } => issues.iter().map(|issue| reviewed(issue)).collect(),
        Failure::Timeout { after_ms } => {
            let why = format!("the attempt was not done after {}", text::duration(*after_ms));
            vec![line("do more than the criteria ask for", &why, "timeout", None)]
        }
        Failure::Silent { after_ms } => {
            let why = format!("nothing was heard for {}", text::duration(*after_ms));
            let dont = "start commands that wait for input or do not end";
            vec![line(dont, &why, "timeout", None)]
        }
        Failure::Loop { what } => vec![line("repeat what brings nothing new", what, "loop", None)],
        Failure::Drift { what } => vec![line("read far from the task's files", what, "drift", None)],
        Failure::Blocked { reason } => {
            vec![line("stop at what blocked the last attempt", reason, "blocked", None)]
        }
        Failure::Conflict { paths } => {
            let why = format!("other work changed {} meanwhile", some(paths));
            vec![line("rely on how it was before", &why, "merge conflict", None)]
        }
        Failure::Empty => {
            vec![line("end without a change", "the last attempt changed no file", "empty", None)]
        }
        Failure::Forbidden { paths } => {
            let why = format!("no task may change {}", some(paths));
            vec![line("change configuration of git or the host", &why, "forbidden", None)]
        }
        Failure::OffLimits { paths } => {
            let why = "such work is not taken; do it without that";
            vec![line(&format!("change {}", some(paths)), why, "off limits", None)]
        }
        Failure::Provider { class: TroubleClass::Truncated, message } => {
            vec![line("write everything in one answer", message, "length", None)]
        }
        Failure::Provider { class: TroubleClass::ContextOverflow, message } => {
            vec![line("read or print whole large files", message, "context", None)]
        }
        Failure::Provider { class: TroubleClass::ContentFilter, message } => {
            vec![line("write again what the provider's filter stops", message, "filter", None)]
        }
        Failure::Provider { .. }
        | Failure::Context { .. }
        | Failure::Altered { .. }
        | Failure::Budget { .. }
        | Failure::Host { .. } => Vec::new(),
    };
    let mut seen: Vec<String> = Vec::new();
    lines.retain(|line| {
        let is_new = !seen.contains(line);
        seen.push(line.clone());
        is_new
    });
    lines.truncate(LINES_MAX);
    lines
}

/// What a red gate complains of, for a person: at most [`LINES_MAX`] lines, each with its place.
pub fn complaints(command: &str, code: Option<i32>, tail: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for fault in output::faults(command, code, tail) {
        let test = fault.dont.strip_prefix("break ").map(|name| format!("{name}: ")).unwrap_or_default();
        let place = fault.place.map(|place| format!(" ({place})")).unwrap_or_default();
        let line = text::cut(&flat(&format!("{test}{}{place}", fault.why)), LINE_BYTES_MAX);
        if lines.len() < LINES_MAX && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Makes the paths of a directory in a text relative to it, `file://` addresses included. For the
/// tails of gates, which name files by the worktree they ran in.
pub fn relative(text: &str, directory: &str) -> String {
    let root = directory.trim_end_matches(['/', '\\']);
    if root.is_empty() {
        return text.to_owned();
    }
    let mut out = text.to_owned();
    for end in ['/', '\\'] {
        for start in ["file:///", "file://", ""] {
            // `file:///C:/x` on Windows, `file:///home/x` elsewhere: the root brings its own slash.
            out = out.replace(&format!("{start}{root}{end}"), "");
        }
    }
    out
}

/// An issue of a review; the place that it names goes where places go.
fn reviewed(issue: &str) -> String {
    let is_file = |place: &String| place.contains(['.', '/']);
    let named = |word: &str| output::place(word.trim_matches(['`', '[', ']', '.', ';'])).filter(is_file);
    let place = issue.split_whitespace().find_map(named);
    let (first, rest) = issue.trim().split_once(char::is_whitespace).unwrap_or((issue, ""));
    // `src/a.js:3: it is off by one`
    let why = if named(first).is_some() && !rest.is_empty() {
        rest.trim_start_matches(['-', '–', ' '])
    } else {
        issue
    };
    line("leave this open", why, "review", place.as_deref())
}

/// One line of evidence within its limits; the reason gives way before the rest does.
fn line(dont: &str, why: &str, source: &str, place: Option<&str>) -> String {
    const DONT_BYTES_MAX: usize = 80;
    const PLACE_BYTES_MAX: usize = 70;
    let start = format!("Don't {}: ", text::cut(&flat(dont), DONT_BYTES_MAX));
    let end = match place {
        Some(place) => format!(" ({source}, {})", cut_front(&flat(place), PLACE_BYTES_MAX)),
        None => format!(" ({source})"),
    };
    let room = LINE_BYTES_MAX.saturating_sub(start.len() + end.len());
    format!("{start}{}{end}", text::cut(&flat(why), room))
}

/// A text on one line, without control characters or a final stop.
fn flat(text: &str) -> String {
    let plain: Cow<str> = if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        text.chars().filter(|c| !c.is_control() || c.is_whitespace()).collect::<String>().into()
    } else {
        text.into()
    };
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_owned()
}

/// Keeps the end of a path, which says more than its start.
fn cut_front(path: &str, bytes_max: usize) -> String {
    if path.len() <= bytes_max {
        return path.to_owned();
    }
    let mut at = path.len() - (bytes_max - '…'.len_utf8());
    while !path.is_char_boundary(at) {
        at += 1;
    }
    format!("…{}", &path[at..])
}

/// A text as part of a headline.
fn shown(text: &str) -> String {
    text::cut(&flat(text), LINE_BYTES_MAX)
}

/// A command as part of a headline. Its final dots are its own: `go test ./...`.
fn shown_command(command: &str) -> String {
    let plain: String = command.chars().filter(|c| !c.is_control()).collect();
    text::code_span(&text::cut(&plain, LINE_BYTES_MAX))
}

/// The first paths, and how many more there are.
fn some(paths: &[String]) -> String {
    first_of(paths, flat)
}

/// The same as part of a headline, which is Markdown: `__init__.py` stays whole.
fn shown_paths(paths: &[String]) -> String {
    first_of(paths, |path| text::code_span(&flat(path)))
}

fn first_of(paths: &[String], shown: impl Fn(&str) -> String) -> String {
    const SHOWN: usize = 3;
    let mut parts: Vec<String> = paths.iter().take(SHOWN).map(|path| shown(path)).collect();
    if paths.len() > SHOWN {
        parts.push(text::count(paths.len() - SHOWN, "other", "others"));
    }
    text::list(&parts)
}

#[cfg(test)]
mod tests;
