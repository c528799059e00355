//! A context and where every byte of it comes from.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text;

/// What a worker is sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// The text, byte for byte.
    pub text: String,
    /// In the order of the text, without gaps: every byte is in exactly one.
    pub spans: Vec<Span>,
    /// What was left out, in the order in which it was looked at.
    pub dropped: Vec<Dropped>,
}

/// A part of a context's text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Its first byte.
    pub from: usize,
    /// The byte behind its last one.
    pub to: usize,
    /// Where it comes from.
    pub source: Source,
}

/// Where a part of a context comes from. Indexes count from 0, as the backlog's problems name them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Source {
    /// A heading of the compiler's own.
    Heading,
    /// The task's id and title.
    Title,
    /// The task's description.
    Description,
    /// `acceptance[index]`.
    Acceptance {
        /// Its index.
        index: usize,
    },
    /// `context.constraints[index]`.
    Constraint {
        /// Its index.
        index: usize,
    },
    /// What the backlog lays down for all its tasks.
    Limit {
        /// Its index.
        index: usize,
    },
    /// `scope.files_hint[index]`.
    File {
        /// Its index.
        index: usize,
    },
    /// A change that is asked for of work that is there.
    Issue {
        /// Its index.
        index: usize,
    },
    /// A constraint of the project.
    ProjectConstraint {
        /// Its index.
        index: usize,
    },
    /// What a failed attempt taught.
    Evidence {
        /// Its index, newest first.
        index: usize,
    },
    /// `context.patterns[index]`.
    Pattern {
        /// Its index.
        index: usize,
    },
    /// `context.gotchas[index]`.
    Gotcha {
        /// Its index.
        index: usize,
    },
    /// A section of PLAN.md.
    Plan {
        /// The line of its heading, from 1.
        line: u32,
        /// Its title.
        title: String,
    },
    /// An entry of the memory.
    Memory {
        /// Its id.
        id: String,
    },
}

impl Source {
    /// Whether a context can do without it.
    pub fn is_optional(&self) -> bool {
        match self {
            Self::Heading
            | Self::Title
            | Self::Description
            | Self::Acceptance { .. }
            | Self::Constraint { .. }
            | Self::Limit { .. }
            | Self::File { .. } => false,
            Self::Issue { .. }
            | Self::ProjectConstraint { .. }
            | Self::Evidence { .. }
            | Self::Pattern { .. }
            | Self::Gotcha { .. }
            | Self::Plan { .. }
            | Self::Memory { .. } => true,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Heading => f.write_str("heading"),
            Self::Title => f.write_str("title"),
            Self::Description => f.write_str("description"),
            Self::Acceptance { index } => write!(f, "acceptance[{index}]"),
            Self::Constraint { index } => write!(f, "context.constraints[{index}]"),
            Self::Limit { index } => write!(f, "backlog limit {}", index + 1),
            Self::File { index } => write!(f, "scope.files_hint[{index}]"),
            Self::Issue { index } => write!(f, "change {}", index + 1),
            Self::ProjectConstraint { index } => write!(f, "project constraint {}", index + 1),
            Self::Evidence { index } => write!(f, "lesson {}", index + 1),
            Self::Pattern { index } => write!(f, "context.patterns[{index}]"),
            Self::Gotcha { index } => write!(f, "context.gotchas[{index}]"),
            Self::Plan { line, title } => write!(f, "PLAN.md:{line} ({title})"),
            Self::Memory { id } => write!(f, "memory {id}"),
        }
    }
}

/// Something that is not in a context though a source has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dropped {
    /// Where it comes from.
    pub source: Source,
    /// How much it is, in UTF-8 bytes.
    pub bytes: usize,
    /// Why it was left out.
    pub why: Why,
}

/// Why something is not in a context.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Why {
    /// What comes first by rank took all the room.
    NoRoom,
    /// Another part says it already.
    Repeats {
        /// Which.
        of: Source,
    },
    /// Only this part of it says nothing that must be kept.
    Shortened,
    /// It shows files where it should name them.
    Body,
    /// It has no text.
    Empty,
    /// It was taken out on request.
    Excluded,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): ", self.source, text::bytes(self.bytes as u64))?;
        match &self.why {
            Why::NoRoom => f.write_str("no room is left"),
            Why::Repeats { of } => write!(f, "{of} says it already"),
            Why::Shortened => f.write_str("shortened"),
            Why::Body => f.write_str("shows a file instead of naming its lines"),
            Why::Empty => f.write_str("has no text"),
            Why::Excluded => f.write_str("taken out"),
        }
    }
}

impl Context {
    /// Adds text from a source.
    pub(super) fn push(&mut self, text: &str, source: Source) {
        if text.is_empty() {
            return;
        }
        let from = self.text.len();
        self.text.push_str(text);
        self.spans.push(Span { from, to: self.text.len(), source });
    }

    /// The source of a byte; `None` behind the end.
    pub fn source_at(&self, byte: usize) -> Option<&Source> {
        let at = self.spans.partition_point(|span| span.to <= byte);
        self.spans.get(at).map(|span| &span.source)
    }
}
