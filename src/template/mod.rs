//! Templates of backlogs: tasks with `{{VARIABLES}}`, filled in without any model.
//!
//! A template is YAML, read by the pass that reads backlogs. Values take the place of variables in texts
//! that are parsed already, so a value is never read as YAML, and what it holds is never filled in again.

mod fill;
mod phrase;
mod plan;
mod read;
mod save;
pub mod shipped;

pub use fill::{Filled, Misfit};
pub use plan::{Documents, documents};
pub use read::parse;
pub use save::save;

use crate::backlog::tree::Node;
use crate::text::table;
use phrase::Phrase;

/// A template that can be filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Names it in commands.
    pub name: String,
    /// What it is for, in a sentence or two.
    pub description: String,
    /// In the order of the file.
    pub variables: Vec<Variable>,
    title: Phrase,
    /// `tasks`, and what it lays down for all of them.
    skeleton: Node,
}

/// What a person gives a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// `[A-Z][A-Z0-9_]*`
    pub name: String,
    /// What to write there, perhaps with an example.
    pub description: String,
    /// What stands for it when it is not given; `None` when it must be.
    default: Option<Phrase>,
    /// A regular expression that all of a value has to match.
    pattern: Option<String>,
}

impl Variable {
    /// Whether a value has to be given.
    pub fn is_required(&self) -> bool {
        self.default.is_none()
    }
}

impl Template {
    /// What it takes, as a table.
    pub fn usage(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .variables
            .iter()
            .map(|variable| {
                let default = match &variable.default {
                    None => "required".to_owned(),
                    Some(default) => format!("`{}`", default.source()),
                };
                vec![variable.name.clone(), default, variable.description.clone()]
            })
            .collect();
        table(&["Variable", "Default", "What it is"], &rows)
    }
}

/// Whether a word can name a template: it becomes a file name.
pub fn is_name(word: &str) -> bool {
    const CHARS_MAX: usize = 64;
    word.len() <= CHARS_MAX
        && word.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests;
