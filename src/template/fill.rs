//! A template with values becomes the tasks of a backlog.

use std::collections::BTreeMap;

use super::phrase::Phrase;
use super::read::whole;
use super::{Template, Variable};
use crate::backlog::problem::{Problem, hint, shown};
use crate::backlog::tree::{BYTES_MAX, Entry, Node, Value};
use crate::backlog::{Limits, TaskSpec, read_skeleton};

/// A longer value does not fit what a worker is sent.
const VALUE_BYTES_MAX: usize = 4_000;

/// A template that was filled in.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Filled {
    /// The template's name.
    pub template: String,
    /// What the template is for.
    pub description: String,
    /// Names the plan.
    pub title: String,
    /// Every variable and what stands for it, in the template's order.
    pub values: Vec<(String, String)>,
    /// What holds for all tasks.
    pub limits: Limits,
    /// The tasks, none of them tried yet.
    pub tasks: Vec<TaskSpec>,
}

/// Why a template cannot be filled in with the values given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// A value is required and was not given.
    #[error("{name} is missing: {description}")]
    Missing {
        /// The variable.
        name: String,
        /// What it is.
        description: String,
    },
    /// There is no such variable.
    #[error("there is no variable {}{hint} (known: {known})", shown(name))]
    Unknown {
        /// The name given.
        name: String,
        /// The nearest known one, as the end of a sentence.
        hint: String,
        /// All known ones.
        known: String,
    },
    /// A variable was given more than once.
    #[error("{name} is given twice: keep one")]
    Twice {
        /// The variable.
        name: String,
    },
    /// A value is not of the form that the template asks for.
    #[error("{name} cannot be {}: it has to match `{pattern}` ({description})", shown(value))]
    Form {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
        /// What it has to match.
        pattern: String,
        /// What it is.
        description: String,
    },
    /// A value is too long.
    #[error("{name} is longer than {VALUE_BYTES_MAX} bytes: shorten it")]
    TooLong {
        /// The variable.
        name: String,
    },
    /// With these values it is too large for a backlog.
    #[error("filled in, the template is larger than {BYTES_MAX} bytes")]
    TooLarge,
    /// What it makes is no valid backlog.
    #[error("{0}")]
    Backlog(Problem),
}

impl Template {
    /// The tasks with the values given, defaults for the rest. The error lists everything at once.
    pub fn fill(&self, given: &[(String, String)]) -> Result<Filled, Vec<Misfit>> {
        let (values, misfits) = self.values(given);
        if !misfits.is_empty() {
            return Err(misfits);
        }
        let value = |name: &str| values.get(name).map(String::as_str);
        let too_large = || vec![Misfit::TooLarge];
        let title = self.title.fill(value, BYTES_MAX).ok_or_else(too_large)?;
        let mut room = BYTES_MAX;
        let root = fill_node(&self.skeleton, &values, &mut room).ok_or_else(too_large)?;
        let (limits, tasks) = read_skeleton(&root)
            .map_err(|problems| problems.into_iter().map(Misfit::Backlog).collect::<Vec<_>>())?;
        let in_order = self.variables.iter().map(|variable| variable.name.clone());
        Ok(Filled {
            template: self.name.clone(),
            description: self.description.clone(),
            title: title.split_whitespace().collect::<Vec<_>>().join(" "),
            values: in_order
                .map(|name| (name.clone(), values.get(&name).cloned().unwrap_or_default()))
                .collect(),
            limits,
            tasks,
        })
    }

    /// What stands for each variable, and what is wrong with that.
    fn values(&self, given: &[(String, String)]) -> (BTreeMap<String, String>, Vec<Misfit>) {
        let known: Vec<&str> = self.variables.iter().map(|variable| variable.name.as_str()).collect();
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        let mut misfits = Vec::new();
        for (name, value) in given {
            if !known.contains(&name.as_str()) {
                let (hint, known) = (hint(name, &known), known.join(", "));
                misfits.push(Misfit::Unknown { name: name.clone(), hint, known });
            } else if values.insert(name.clone(), value.clone()).is_some() {
                misfits.push(Misfit::Twice { name: name.clone() });
            }
        }
        for variable in &self.variables {
            if !values.contains_key(&variable.name) && variable.is_required() {
                let (name, description) = (variable.name.clone(), variable.description.clone());
                misfits.push(Misfit::Missing { name, description });
            }
        }
        if misfits.is_empty() {
            self.add_defaults(&mut values, &mut misfits);
            misfits.extend(self.variables.iter().filter_map(|variable| {
                let value = values.get(&variable.name)?;
                form(variable, value)
            }));
        }
        (values, misfits)
    }

    /// Adds the defaults whose own variables are known, until there are no more. They form no cycle, so
    /// in the end all are.
    fn add_defaults(&self, values: &mut BTreeMap<String, String>, misfits: &mut Vec<Misfit>) {
        for _ in &self.variables {
            for Variable { name, default, .. } in &self.variables {
                let Some(default) = default.as_ref().filter(|_| !values.contains_key(name)) else { continue };
                if !default.variables().all(|name| values.contains_key(name)) {
                    continue;
                }
                let text = default.fill(|name| values.get(name).map(String::as_str), VALUE_BYTES_MAX);
                if text.is_none() {
                    misfits.push(Misfit::TooLong { name: name.clone() });
                }
                values.insert(name.clone(), text.unwrap_or_default());
            }
        }
    }
}

/// What is wrong with a value itself.
fn form(variable: &Variable, value: &str) -> Option<Misfit> {
    let name = variable.name.clone();
    if value.len() > VALUE_BYTES_MAX {
        return Some(Misfit::TooLong { name });
    }
    let pattern = variable.pattern.clone()?;
    let is_match = whole(&pattern).is_ok_and(|pattern| pattern.is_match(value));
    let description = variable.description.clone();
    (!is_match).then(|| Misfit::Form { name, value: value.to_owned(), pattern, description })
}

/// A tree with values in its texts; `None` when they take more than the room that is left.
fn fill_node(node: &Node, values: &BTreeMap<String, String>, room: &mut usize) -> Option<Node> {
    let value = match &node.value {
        Value::Null => Value::Null,
        Value::Text(text) => {
            let value = |name: &str| values.get(name).map(String::as_str);
            let text = Phrase::parse(text).fill(value, *room)?;
            *room -= text.len();
            Value::Text(text)
        }
        Value::List(items) => {
            let items: Option<Vec<Node>> = items.iter().map(|item| fill_node(item, values, room)).collect();
            Value::List(items?)
        }
        Value::Map(entries) => {
            let entries: Option<Vec<Entry>> = entries
                .iter()
                .map(|entry| Some(Entry { node: fill_node(&entry.node, values, room)?, ..entry.clone() }))
                .collect();
            Value::Map(entries?)
        }
    };
    Some(Node { line: node.line, value })
}
