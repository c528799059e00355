//! YAML text as a tree of texts, lists and maps with line numbers, and a guard against texts that
//! would cost too much or mean something else than they seem to.
//!
//! Scalars stay text: whether `1.0` is a version or a number is the reader's decision. So nothing is
//! lost by YAML's guesses (`no`, `2026-01-01`, `1e5`).

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::problem::{Problem, shown};

/// A backlog of 2,000 tasks takes about half of it.
pub(crate) const BYTES_MAX: usize = 1024 * 1024;
/// Nested lists and maps; a backlog needs five.
const DEPTH_MAX: usize = 32;
/// Keys of one map; a task has twelve. Keeps the search for duplicates cheap.
const KEYS_MAX: usize = 100;
/// Problems after which reading on is not worth it.
const PROBLEMS_MAX: usize = 100;
/// Lines with tabs that are reported one by one.
const TAB_PROBLEMS_MAX: usize = 20;

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// Counted from 1.
    pub line: u32,
    /// What is there.
    pub value: Value,
}

/// A YAML value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// Any other scalar, as text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the text; keys are unique.
    Map(Vec<Entry>),
}

/// A key of a map and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub key: String,
    /// The key's line, counted from 1.
    pub line: u32,
    /// The value.
    pub node: Node,
}

impl Node {
    /// The entry of a map; `None` when absent or when this is no map.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The line of `scope.files_hint[1]`, or of the nearest part of that path that exists.
    pub fn line_at(&self, path: &str) -> u32 {
        let mut node = self;
        let mut line = self.line;
        for part in path.split('.') {
            let (key, index) = match part.split_once('[') {
                Some((key, index)) => (key, index.trim_end_matches(']').parse().ok()),
                None => (part, None::<usize>),
            };
            let Some(entry) = node.entry(key) else { break };
            (node, line) = (&entry.node, entry.line);
            if let (Some(index), Value::List(items)) = (index, &node.value) {
                let Some(item) = items.get(index) else { break };
                (node, line) = (item, item.line);
            }
        }
        line
    }
}

/// Reads one YAML document. Problems name lines but neither tasks nor fields.
pub(crate) fn read_tree(text: &str) -> Result<Node, Vec<Problem>> {
    if text.len() > BYTES_MAX {
        let message = format!(
            "the text has {} bytes and at most {BYTES_MAX} are read: split the plan in two",
            text.len()
        );
        return Err(vec![problem(None, message)]);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => builder.take(event, line_of(span.start.line()))?,
            Err(error) => {
                let mut problems = tab_problems(text);
                let line = Some(line_of(error.marker().line()));
                problems.push(problem(line, describe(error.info())));
                return Err(problems);
            }
        }
    }
    builder.finish()
}

/// A parser's error in our words.
fn describe(info: &str) -> String {
    // The parser's own limit for brackets in brackets comes before ours.
    if info == "recursion limit exceeded" {
        too_deep()
    } else {
        format!("this is not valid YAML here: {info}")
    }
}

fn too_deep() -> String {
    format!("lists and maps are nested deeper than {DEPTH_MAX} levels")
}

fn line_of(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

fn problem(line: Option<u32>, message: String) -> Problem {
    Problem { task: None, field: None, line, message }
}

/// Lines indented with tabs. Only looked for in a text that is no YAML: inside a block of text a tab
/// is an ordinary character.
fn tab_problems(text: &str) -> Vec<Problem> {
    text.lines()
        .zip(1..)
        .filter(|(line, _)| {
            let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
            indent < line.len() && line[..indent].contains('\t')
        })
        .take(TAB_PROBLEMS_MAX)
        .map(|(_, number)| {
            problem(Some(number), "the line is indented with a tab, which YAML forbids: use spaces".into())
        })
        .collect()
}

/// A list or map that is not finished yet.
#[derive(Debug)]
enum Open {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(String, u32)> },
}

/// Builds the tree from the parser's events without recursion.
#[derive(Debug, Default)]
struct Builder {
    open: Vec<(Open, u32)>,
    root: Option<Node>,
    problems: Vec<Problem>,
}

impl Builder {
    /// Takes one event in. An error means that going on is not worth it.
    fn take(&mut self, event: Event, line: u32) -> Result<(), Vec<Problem>> {
        match event {
            Event::Alias(_) => {
                self.note(line, "aliases (*name) are not allowed: write the value out");
                self.add(null(line));
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.check_marks(anchor, tag.is_some(), line);
                let is_null =
                    style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if is_null { Value::Null } else { Value::Text(text.into_owned()) };
                self.add(Node { line, value });
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_marks(anchor, tag.is_some(), line);
                self.push(Open::List(Vec::new()), line)?;
            }
            Event::MappingStart(anchor, tag) => {
                self.check_marks(anchor, tag.is_some(), line);
                let map = Open::Map { entries: Vec::new(), key: None };
                self.push(map, line)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::DocumentStart(_) if self.root.is_some() => {
                let message = "a second document begins here: keep one, without --- lines";
                self.note(line, message);
                return Err(std::mem::take(&mut self.problems));
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
        if self.problems.len() >= PROBLEMS_MAX {
            return Err(std::mem::take(&mut self.problems));
        }
        Ok(())
    }

    fn check_marks(&mut self, anchor: usize, has_tag: bool, line: u32) {
        if anchor > 0 {
            self.note(line, "anchors (&name) are not allowed: write the value out");
        }
        if has_tag {
            self.note(line, "tags (!name) are not allowed: quote the text instead");
        }
    }

    fn push(&mut self, open: Open, line: u32) -> Result<(), Vec<Problem>> {
        if self.open.len() >= DEPTH_MAX {
            self.note(line, &too_deep());
            return Err(std::mem::take(&mut self.problems));
        }
        self.open.push((open, line));
        Ok(())
    }

    fn close(&mut self) {
        let Some((open, line)) = self.open.pop() else {
            return;
        };
        let value = match open {
            Open::List(items) => Value::List(items),
            Open::Map { entries, .. } => Value::Map(entries),
        };
        self.add(Node { line, value });
    }

    /// Puts a finished value where it belongs.
    fn add(&mut self, node: Node) {
        let Some((open, _)) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        let line = node.line;
        let complaint = match open {
            Open::List(items) => {
                items.push(node);
                None
            }
            Open::Map { entries, key } => match key.take() {
                Some((key, line)) => add_entry(entries, Entry { key, line, node }),
                None => {
                    let (text, complaint) = key_text(node.value);
                    *key = Some((text, line));
                    complaint.map(|message| (line, message))
                }
            },
        };
        if let Some((line, message)) = complaint {
            self.note(line, &message);
        }
    }

    fn note(&mut self, line: u32, message: &str) {
        self.problems.push(problem(Some(line), message.to_owned()));
    }

    fn finish(self) -> Result<Node, Vec<Problem>> {
        if self.problems.is_empty() { Ok(self.root.unwrap_or_else(|| null(1))) } else { Err(self.problems) }
    }
}

fn null(line: u32) -> Node {
    Node { line, value: Value::Null }
}

/// Adds an entry; a complaint when its key is there already.
fn add_entry(entries: &mut Vec<Entry>, entry: Entry) -> Option<(u32, String)> {
    if let Some(first) = entries.iter().find(|other| other.key == entry.key) {
        let message = format!(
            "the key {} is there already, in line {}: keep one of them",
            shown(&entry.key),
            first.line
        );
        return Some((entry.line, message));
    }
    if entries.len() == KEYS_MAX {
        return Some((entry.line, format!("a map has more than {KEYS_MAX} keys")));
    }
    entries.push(entry);
    None
}

/// A key's text; a complaint when it is none.
fn key_text(value: Value) -> (String, Option<String>) {
    match value {
        Value::Text(text) => (text, None),
        Value::Null | Value::List(_) | Value::Map(_) => {
            (String::new(), Some("a key must be a plain word".into()))
        }
    }
}
