//! From the tree to tasks: the shape of the file. Whatever does not fit is noted, a default is taken
//! instead, and reading goes on.

use std::collections::BTreeSet;

use super::fields::{Fields, Reader};
use super::problem::{Finding, Problem};
use super::tree::{Node, Value, read_tree};
use super::{
    Backlog, CONSTRAINTS, DONT_TOUCH, Limits, Scope, Status, TaskContext, TaskSpec, WorkKind, limits, rules,
};
use crate::ids::{TaskId, TrackId};

/// Keys of the file's head.
const HEAD_KEYS: [&str; 8] =
    ["version", "track_id", "revision", "created_at", "updated_at", CONSTRAINTS, DONT_TOUCH, "tasks"];
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

/// Exact in every reader of YAML, JavaScript included, and never reached by counting.
const REVISION_MAX: u64 = 1 << 53;

/// Problems that are told one by one; who reads more than that begins anew.
const PROBLEMS_MAX: usize = 200;

/// Whose text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// The file: head and progress count.
    File,
    /// An agent: only the tasks count, and none has been tried yet.
    Agent,
    /// A template that was filled in: the same, and what it lays down for all tasks.
    Template,
}

/// Reads `BACKLOG.yaml`; the error lists everything that is wrong with it, by line.
pub fn parse(text: &str) -> Result<Backlog, Vec<Problem>> {
    read(text, Author::File)
}

/// Reads a backlog; for an agent's the head is not looked at and stays empty.
pub(super) fn read(text: &str, author: Author) -> Result<Backlog, Vec<Problem>> {
    read_node(&read_tree(text)?, author)
}

/// What holds for all tasks, and the tasks, of a tree that is neither a file nor an agent's. The lines of
/// its problems are those of the tree.
pub(crate) fn read_skeleton(root: &Node) -> Result<(Limits, Vec<TaskSpec>), Vec<Problem>> {
    read_node(root, Author::Template).map(|backlog| (backlog.limits, backlog.tasks))
}

fn read_node(root: &Node, author: Author) -> Result<Backlog, Vec<Problem>> {
    let mut reader = Reader::default();
    let backlog = reader.backlog(root, author);
    let findings = with_rules(reader.findings, &backlog);
    if findings.is_empty() {
        return Ok(backlog);
    }
    let mut problems: Vec<Problem> = findings
        .into_iter()
        .map(|finding| Problem {
            task: finding.task.map(|index| rules::label(&backlog.tasks, index)),
            line: finding.line.or_else(|| Some(line_of(root, &finding))),
            field: Some(finding.field).filter(|field| !field.is_empty()),
            message: finding.message,
        })
        .collect();
    problems.sort_by_key(|problem| problem.line);
    cut_flood(&mut problems);
    Err(problems)
}

/// Keeps the first problems and counts the others.
fn cut_flood(problems: &mut Vec<Problem>) {
    let more = problems.len().saturating_sub(PROBLEMS_MAX);
    if more > 0 {
        problems.truncate(PROBLEMS_MAX);
        problems.push(Problem {
            task: None,
            field: None,
            line: None,
            message: format!("and {more} problems more"),
        });
    }
}

/// Adds what the rules say, except about fields that could not be read in the first place.
fn with_rules(shape: Vec<Finding>, backlog: &Backlog) -> Vec<Finding> {
    let root = |finding: &Finding| {
        let field = finding.field.split('[').next().unwrap_or_default();
        (finding.task, field.to_owned())
    };
    let unread: BTreeSet<(Option<usize>, String)> = shape.iter().map(root).collect();
    let is_unread = |finding: &Finding| {
        let (task, field) = root(finding);
        let parent = field.split('.').next().unwrap_or_default().to_owned();
        // Without its list of tasks, or as no map at all, nothing more can be said of it.
        [field, parent, String::new()].into_iter().any(|field| unread.contains(&(task, field)))
    };
    let all = rules::check(&backlog.tasks).into_iter().chain(limits::check(&backlog.limits, &backlog.tasks));
    let more: Vec<Finding> = all.filter(|finding| !is_unread(finding)).collect();
    shape.into_iter().chain(more).collect()
}

/// The line of a finding.
fn line_of(root: &Node, finding: &Finding) -> u32 {
    let node = match (finding.task, root.entry("tasks").map(|entry| &entry.node.value)) {
        (Some(index), Some(Value::List(items))) => items.get(index).unwrap_or(root),
        _ => root,
    };
    node.line_at(&finding.field)
}

impl Reader {
    fn backlog(&mut self, root: &Node, author: Author) -> Backlog {
        let head = self.fields(root, None, "", &HEAD_KEYS);
        let items = self.maps(head, "tasks", "task with `- id:`").iter().enumerate();
        let mut backlog = Backlog::of(items.map(|(index, item)| self.task(item, index, author)).collect());
        if author != Author::Agent {
            backlog.limits = Limits {
                constraints: self.texts(head, CONSTRAINTS),
                dont_touch: self.texts(head, DONT_TOUCH),
            };
        }
        if author == Author::File {
            backlog.version = self.required(head, "version");
            backlog.track_id = TrackId(self.required(head, "track_id"));
            backlog.revision = self.revision(head);
            backlog.created_at = self.required(head, "created_at");
            backlog.updated_at = self.text(head, "updated_at");
            let track = backlog.track_id.as_str();
            if let Some(message) = rules::track_problem(track).filter(|_| !track.is_empty()) {
                self.note(head, "track_id", message);
            }
        }
        backlog
    }

    fn revision(&mut self, head: Fields) -> Option<u64> {
        let revision =
            self.number(head, "revision", "a whole number as we wrote it; remove it if in doubt")?;
        if revision > REVISION_MAX {
            let message = format!("{revision} is larger than any revision of ours: remove it");
            self.note(head, "revision", message);
        }
        Some(revision)
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
            depends_on: self.texts(fields, "depends_on").into_iter().map(TaskId).collect(),
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
            task.attempts = self.number(fields, "attempts", "a whole number from 0").unwrap_or(0);
            task.last_attempt = self.text(fields, "lastAttempt");
            task.error = self.text(fields, "error");
        }
        task
    }
}
