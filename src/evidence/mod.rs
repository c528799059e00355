//! Why an attempt failed, and what the next one should know of it: at most five lines, never a
//! transcript.

mod compilers;
mod output;
mod runners;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::gates::GateName;
use crate::text;

/// So many lines of evidence are kept for a task.
pub const LINES_MAX: usize = 5;
/// So long is a line of evidence at most, in UTF-8 bytes.
pub const LINE_BYTES_MAX: usize = 200;

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Failure {
    /// A check of the project said no.
    Gate {
        /// Which.
        gate: GateName,
        /// Its command line.
        command: String,
        /// Its exit code; `None` when it was stopped at its deadline.
        code: Option<i32>,
        /// The end of what it printed; see [`relative`] for the paths in it.
        tail: String,
    },
    /// The reviewer asked for changes.
    Review {
        /// What for.
        issues: Vec<String>,
    },
    /// The attempt took too long.
    Timeout {
        /// How long, in milliseconds.
        after_ms: u64,
    },
    /// Nothing was heard from the session.
    Silent {
        /// For how long, in milliseconds.
        after_ms: u64,
    },
    /// The agent did the same thing again and again.
    Loop {
        /// What.
        what: String,
    },
    /// The agent said that it cannot go on.
    Blocked {
        /// Why.
        reason: String,
    },
    /// The provider of the model failed.
    Provider {
        /// What it said.
        message: String,
    },
    /// The work does not merge with what was merged meanwhile.
    Conflict {
        /// Paths in conflict.
        paths: Vec<String>,
    },
    /// Nothing was changed.
    Empty,
    /// Something was changed that no task may change.
    Forbidden {
        /// Paths.
        paths: Vec<String>,
    },
    /// The task's context could not be sent.
    Context {
        /// What is wrong with it.
        findings: Vec<String>,
    },
    /// A budget is used up.
    Budget {
        /// Which.
        message: String,
    },
    /// The host, git or the disk failed.
    Host {
        /// How.
        message: String,
    },
}

/// The kinds of failure, as they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// A check of the project said no.
    Gate,
    /// The reviewer asked for changes.
    Review,
    /// Too long, silent, or going in circles.
    Timeout,
    /// The agent gave up.
    Blocked,
    /// The provider failed.
    Provider,
    /// The work does not merge.
    Conflict,
    /// Nothing was changed.
    Empty,
    /// A forbidden path was changed.
    Forbidden,
    /// The context could not be sent.
    Context,
    /// A budget is used up.
    Budget,
    /// The host, git or the disk failed.
    Host,
}

impl Failure {
    /// The kind it is counted under.
    pub fn class(&self) -> FailureClass {
        match self {
            Self::Gate { .. } => FailureClass::Gate,
            Self::Review { .. } => FailureClass::Review,
            Self::Timeout { .. } | Self::Silent { .. } | Self::Loop { .. } => FailureClass::Timeout,
            Self::Blocked { .. } => FailureClass::Blocked,
            Self::Provider { .. } => FailureClass::Provider,
            Self::Conflict { .. } => FailureClass::Conflict,
            Self::Empty => FailureClass::Empty,
            Self::Forbidden { .. } => FailureClass::Forbidden,
            Self::Context { .. } => FailureClass::Context,
            Self::Budget { .. } => FailureClass::Budget,
            Self::Host { .. } => FailureClass::Host,
        }
    }

    /// Whether the task had its chance: trouble of the provider or the host is not its fault.
    pub fn consumes_attempt(&self) -> bool {
        !matches!(self.class(), FailureClass::Provider | FailureClass::Host)
    }

    /// The failure in one sentence for a person, without the final stop.
    pub fn headline(&self) -> String {
        match self {
            Self::Gate {
                gate,
                command,
                code: Some(code),
                ..
            } => {
                format!(
                    "the {gate} gate failed: `{}` ended with exit code {code}",
                    shown(command)
                )
            }
            Self::Gate {
                gate,
                command,
                code: None,
                ..
            } => {
                format!(
                    "the {gate} gate failed: `{}` was stopped at its deadline",
                    shown(command)
                )
            }
            Self::Review { issues } => match issues.as_slice() {
                [] => "the reviewer asked for changes without naming one".to_owned(),
                [only] => format!("the reviewer asked for a change: {}", shown(only)),
                [first, rest @ ..] => format!(
                    "the reviewer asked for {} changes, first: {}",
                    rest.len() + 1,
                    shown(first)
                ),
            },
            Self::Timeout { after_ms } => {
                format!(
                    "the attempt was not done after {}",
                    text::duration(*after_ms)
                )
            }
            Self::Silent { after_ms } => {
                format!(
                    "nothing was heard from the agent for {}",
                    text::duration(*after_ms)
                )
            }
            Self::Loop { what } => format!("the agent went in circles: {}", shown(what)),
            Self::Blocked { reason } => format!("the agent is blocked: {}", shown(reason)),
            Self::Provider { message } => format!("the provider failed: {}", shown(message)),
            Self::Conflict { paths } => {
                format!("the work conflicts with merged work in {}", some(paths))
            }
            Self::Empty => "the agent changed nothing".to_owned(),
            Self::Forbidden { paths } => format!(
                "the agent changed {}, which no task may change",
                some(paths)
            ),
            Self::Context { findings } => match findings.first() {
                Some(first) => format!("the context cannot be sent: {}", shown(first)),
                None => "the context cannot be sent".to_owned(),
            },
            Self::Budget { message } => format!("the budget is used up: {}", shown(message)),
            Self::Host { message } => format!("the host failed: {}", shown(message)),
        }
    }
}

/// What the next attempt should know: at most [`LINES_MAX`] lines `Don't X: Y (source, file:line)`
/// of at most [`LINE_BYTES_MAX`] bytes. Nothing where the agent could not have done better.
pub fn distill(failure: &Failure) -> Vec<String> {
    let mut lines: Vec<String> = match failure {
        Failure::Gate {
            gate,
            command,
            code,
            tail,
        } => {
            let gate = gate.to_string();
            output::faults(command, *code, tail)
                .iter()
                .map(|fault| line(&fault.dont, &fault.why, &gate, fault.place.as_deref()))
                .collect()
        }
        Failure::Review { issues } => issues
            .iter()
            .map(|issue| line("leave this open", issue, "review", None))
            .collect(),
        Failure::Timeout { after_ms } => {
            let why = format!(
                "the attempt was not done after {}",
                text::duration(*after_ms)
            );
            vec![line(
                "do more than the criteria ask for",
                &why,
                "timeout",
                None,
            )]
        }
        Failure::Silent { after_ms } => {
            let why = format!("nothing was heard for {}", text::duration(*after_ms));
            let dont = "start commands that wait for input or do not end";
            vec![line(dont, &why, "timeout", None)]
        }
        Failure::Loop { what } => vec![line("repeat what brings nothing new", what, "loop", None)],
        Failure::Blocked { reason } => {
            vec![line(
                "stop at what blocked the last attempt",
                reason,
                "blocked",
                None,
            )]
        }
        Failure::Conflict { paths } => {
            let why = format!("other work changed {} meanwhile", some(paths));
            vec![line(
                "rely on how it was before",
                &why,
                "merge conflict",
                None,
            )]
        }
        Failure::Empty => {
            vec![line(
                "end without a change",
                "the last attempt changed no file",
                "empty",
                None,
            )]
        }
        Failure::Forbidden { paths } => {
            let why = format!("no task may change {}", some(paths));
            vec![line(
                "change configuration of git or the host",
                &why,
                "forbidden",
                None,
            )]
        }
        Failure::Provider { .. }
        | Failure::Context { .. }
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

/// Adds what a new failure taught to what is known: newest first, nothing twice, at most
/// [`LINES_MAX`] lines.
pub fn accumulate(old: &[String], new: Vec<String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in new.into_iter().chain(old.iter().cloned()) {
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
        text.chars()
            .filter(|c| !c.is_control() || c.is_whitespace())
            .collect::<String>()
            .into()
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

/// The first paths, and how many more there are.
fn some(paths: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut parts: Vec<String> = paths.iter().take(SHOWN).map(|path| flat(path)).collect();
    if paths.len() > SHOWN {
        parts.push(text::count(paths.len() - SHOWN, "other", "others"));
    }
    text::list(&parts)
}

#[cfg(test)]
mod tests;
