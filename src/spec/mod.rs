//! The spec repository: what a feature is, kept so that its code can be built again from it.
//!
//! Each feature has a directory (`feature-001-user-auth`) with its documents and `metadata.yaml`; an index
//! beside them lists all. A version is raised by what changed in the spec (`version`).

mod compare;
mod context;
mod criteria;
mod edits;
mod history;
mod id;
mod index;
mod metadata;
#[cfg(test)]
mod properties;
mod version;

pub use compare::{SpecChange, changed_document, compare_backlogs, compare_document, untried};
pub use context::context_document;
pub use edits::{Edited, Texts, backlog_of, differing_files, is_of_feature};
pub use history::{Rebase, Saved, Work, lost};
pub use id::FeatureId;
pub use index::{Index, Listed};
pub use metadata::{HistoryEntry, Metadata, Reason, SpecStatus, parse, render};
pub use version::{Level, Version};

use std::fmt;

use serde::{Deserialize, Serialize};

/// The documents of a feature, beside `metadata.yaml`, in the order in which people read them.
pub const DOCUMENTS: [&str; 7] =
    ["REQUEST.md", "SPEC.md", "ARCH.md", "QA.md", "PLAN.md", "BACKLOG.yaml", "context.md"];
/// What is known of a feature beside its documents.
pub const METADATA: &str = "metadata.yaml";
/// The index, in the directory that holds the features.
pub const INDEX: &str = ".metadata.json";

/// Something in a file of the spec repository that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file's path as a person finds it.
    pub path: String,
    /// From 1; `None` when it is about the whole file.
    pub line: Option<u32>,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}
