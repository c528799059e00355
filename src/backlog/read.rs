//! From the tree to tasks: the shape of the file. Whatever does not fit is noted, a default is taken
//! instead, and reading goes on.

use std::collections::BTreeSet;

use super::problem::{Finding, Problem, hint, shown};
use super::tree::{Node, Value, read_tree};
use super::{Backlog, Scope, Status, TaskContext, TaskSpec, WorkKind, rules};
use crate::ids::{TaskId, TrackId};

/// Keys of the file's head.
const HEAD_KEYS: [&str; 5] = ["version", "track_id", "created_at", "updated_at", "tasks"];
/// Keys of a task.
const TASK_KEYS: [&str; 12] = [
    "id",
    "title",
    "description",
    "status",
    "depends_on",
    "acceptance",
    "scope",
    "context",
    "attempts",
    "lastAttempt",
    "error",
    "type",
];
/// Keys of a task's `scope`.
const SCOPE_KEYS: [&str; 2] = ["files_hint", "estimated_hours"];
/// Keys of a task's `context`.
const CONTEXT_KEYS: [&str; 3] = ["constraints", "patterns", "gotchas"];

/// Whose text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// The file: head and progress count.
    File,
    /// An agent: only the tasks count, and none has been tried yet.
    Agent,
}

/// Reads `BACKLOG.yaml`; the error lists everything that is wrong with it, by line.
pub fn parse(text: &str) -> Result<Backlog, Vec<Problem>> {
    read(text, Author::File)
}

/// Reads a backlog; for an agent's the head is not looked at and stays empty.
pub(super) fn read(text: &str, author: Author) -> Result<Backlog, Vec<Problem>> {
    let root = read_tree(text)?;
    let mut reader = Reader {
        findings: Vec::new(),
    };
    let backlog = reader.backlog(&root, author);
    let findings = with_rules(reader.findings, &backlog.tasks);
    if findings.is_empty() {
        return Ok(backlog);
    }
    let mut problems: Vec<Problem> = findings
        .into_iter()
        .map(|finding| Problem {
            task: finding
                .task
                .map(|index| rules::label(&backlog.tasks, index)),
            line: Some(line_of(&root, &finding)),
            field: Some(finding.field).filter(|field| !field.is_empty()),
            message: finding.message,
        })
        .collect();
    problems.sort_by_key(|problem| problem.line);
    Err(problems)
}

/// Adds what the rules say, except about fields that could not be read in the first place.
fn with_rules(shape: Vec<Finding>, tasks: &[TaskSpec]) -> Vec<Finding> {
    let root = |finding: &Finding| {
        let field = finding.field.split('[').next().unwrap_or_default();
        (finding.task, field.to_owned())
    };
    let unread: BTreeSet<(Option<usize>, String)> = shape.iter().map(root).collect();
    let is_unread = |finding: &Finding| {
        let (task, field) = root(finding);
        let parent = field.split('.').next().unwrap_or_default().to_owned();
        // Without its list of tasks, or as no map at all, nothing more can be said of it.
        [field, parent, String::new()]
            .into_iter()
            .any(|field| unread.contains(&(task, field)))
    };
    let more = rules::check(tasks)
        .into_iter()
        .filter(|finding| !is_unread(finding));
    let more: Vec<Finding> = more.collect();
    shape.into_iter().chain(more).collect()
}

/// The line of a finding.
fn line_of(root: &Node, finding: &Finding) -> u32 {
    let node = match (
        finding.task,
        root.entry("tasks").map(|entry| &entry.node.value),
    ) {
        (Some(index), Some(Value::List(items))) => items.get(index).unwrap_or(root),
        _ => root,
    };
    node.line_at(&finding.field)
}

/// Collects what does not fit.
struct Reader {
    findings: Vec<Finding>,
}

/// A map within a task or the file's head.
#[derive(Clone, Copy)]
struct Fields<'a> {
    node: &'a Node,
    /// The task; `None` for the head.
    task: Option<usize>,
    /// `scope.`, `context.` or nothing.
    prefix: &'static str,
}

impl<'a> Fields<'a> {
    /// The value of a key; `None` when it is absent or null.
    fn get(self, key: &str) -> Option<&'a Node> {
        let node = &self.node.entry(key)?.node;
        (node.value != Value::Null).then_some(node)
    }
}

impl Reader {
    fn backlog(&mut self, root: &Node, author: Author) -> Backlog {
        let head = self.fields(root, None, "", &HEAD_KEYS);
        let tasks = match head.get("tasks").map(|node| &node.value) {
            Some(Value::List(items)) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.task(item, index, author))
                .collect(),
            Some(_) => {
                self.note(
                    head,
                    "tasks",
                    "must be a list: begin each task with `- id:`".into(),
                );
                Vec::new()
            }
            None => Vec::new(),
        };
        let mut backlog = Backlog {
            version: String::new(),
            track_id: TrackId(String::new()),
            created_at: String::new(),
            updated_at: None,
            tasks,
        };
        if author == Author::File {
            backlog.version = self.required(head, "version");
            backlog.track_id = TrackId(self.required(head, "track_id"));
            backlog.created_at = self.required(head, "created_at");
            backlog.updated_at = self.text(head, "updated_at");
            let track = backlog.track_id.as_str();
            if let Some(message) = rules::track_problem(track).filter(|_| !track.is_empty()) {
                self.note(head, "track_id", message);
            }
        }
        backlog
    }

    fn task(&mut self, node: &Node, index: usize, author: Author) -> TaskSpec {
        let fields = self.fields(node, Some(index), "", &TASK_KEYS);
        let scope = self.part(fields, "scope", "scope.", &SCOPE_KEYS);
        let context = self.part(fields, "context", "context.", &CONTEXT_KEYS);
        let mut task = TaskSpec {
            id: TaskId(self.text(fields, "id").unwrap_or_default()),
            title: self.text(fields, "title").unwrap_or_default(),
            description: self.text(fields, "description").unwrap_or_default(),
            status: Status::Pending,
            depends_on: self
                .texts(fields, "depends_on")
                .into_iter()
                .map(TaskId)
                .collect(),
            acceptance: self.texts(fields, "acceptance"),
            scope: Scope {
                files_hint: scope.map_or_else(Vec::new, |scope| self.texts(scope, "files_hint")),
                estimated_hours: scope
                    .and_then(|scope| self.number(scope, "estimated_hours", "a number of hours"))
                    .unwrap_or(0.0),
            },
            context: context.map_or_else(TaskContext::default, |context| TaskContext {
                constraints: self.texts(context, "constraints"),
                patterns: self.texts(context, "patterns"),
                gotchas: self.texts(context, "gotchas"),
            }),
            attempts: 0,
            last_attempt: None,
            error: None,
            kind: self.word(fields, "type", &WorkKind::ALL, WorkKind::as_str),
        };
        if author == Author::File {
            let status = self.word(fields, "status", &Status::ALL, Status::as_str);
            task.status = status.unwrap_or(Status::Pending);
            task.attempts = self
                .number(fields, "attempts", "a whole number from 0")
                .unwrap_or(0);
            task.last_attempt = self.text(fields, "lastAttempt");
            task.error = self.text(fields, "error");
        }
        task
    }

    fn note(&mut self, fields: Fields, key: &str, message: String) {
        self.findings.push(Finding {
            task: fields.task,
            field: format!("{}{key}", fields.prefix),
            message,
        });
    }

    /// Takes a map and notes the keys that do not belong there.
    fn fields<'a>(
        &mut self,
        node: &'a Node,
        task: Option<usize>,
        prefix: &'static str,
        known: &[&str],
    ) -> Fields<'a> {
        let fields = Fields { node, task, prefix };
        let Value::Map(entries) = &node.value else {
            let name = prefix.trim_end_matches('.');
            let message = format!("must be a map of {}", known.join(", "));
            self.note(
                Fields {
                    prefix: "",
                    ..fields
                },
                name,
                message,
            );
            return fields;
        };
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                let message = format!(
                    "the key {} is not known here{} (known: {})",
                    shown(&entry.key),
                    hint(&entry.key, known),
                    known.join(", ")
                );
                self.note(fields, &entry.key, message);
            }
        }
        fields
    }

    /// A map inside a task; `None` when it is left out.
    fn part<'a>(
        &mut self,
        task: Fields<'a>,
        key: &str,
        prefix: &'static str,
        known: &[&str],
    ) -> Option<Fields<'a>> {
        let node = task.get(key)?;
        Some(self.fields(node, task.task, prefix, known))
    }

    fn required(&mut self, fields: Fields, key: &str) -> String {
        let is_absent = fields.get(key).is_none();
        let text = self.text(fields, key).unwrap_or_default();
        let is_blank = matches!(fields.get(key).map(|node| &node.value), Some(Value::Text(text)) if text.trim().is_empty());
        if matches!(fields.node.value, Value::Map(_)) && (is_absent || is_blank) {
            self.note(fields, key, format!("{key} is missing: write one"));
        }
        text
    }

    fn text(&mut self, fields: Fields, key: &str) -> Option<String> {
        match &fields.get(key)?.value {
            Value::Text(text) => Some(text.clone()),
            _ => {
                self.note(fields, key, "must be a text; quote it when in doubt".into());
                None
            }
        }
    }

    fn texts(&mut self, fields: Fields, key: &str) -> Vec<String> {
        let Some(node) = fields.get(key) else {
            return Vec::new();
        };
        let Value::List(items) = &node.value else {
            self.note(
                fields,
                key,
                "must be a list: begin each entry with `- `".into(),
            );
            return Vec::new();
        };
        let mut texts = Vec::with_capacity(items.len());
        for (position, item) in items.iter().enumerate() {
            if let Value::Text(text) = &item.value {
                texts.push(text.clone());
            } else {
                let message = match item.value {
                    Value::Map(_) => "must be a text: quote an entry that holds a colon",
                    _ => "must be a text",
                };
                self.note(fields, &format!("{key}[{position}]"), message.into());
            }
        }
        texts
    }

    fn number<N: std::str::FromStr>(
        &mut self,
        fields: Fields,
        key: &str,
        expected: &str,
    ) -> Option<N> {
        let text = self.text(fields, key)?;
        let number = text.trim().parse().ok();
        if number.is_none() {
            self.note(fields, key, format!("{} must be {expected}", shown(&text)));
        }
        number
    }

    /// One of a few words.
    fn word<W: Copy>(
        &mut self,
        fields: Fields,
        key: &str,
        all: &[W],
        name: fn(W) -> &'static str,
    ) -> Option<W> {
        let text = self.text(fields, key)?;
        let found = all.iter().copied().find(|&word| name(word) == text);
        if found.is_none() {
            let known: Vec<&str> = all.iter().copied().map(name).collect();
            let message = format!(
                "{} is no {key}{} (known: {})",
                shown(&text),
                hint(&text, &known),
                known.join(", ")
            );
            self.note(fields, key, message);
        }
        found
    }
}
