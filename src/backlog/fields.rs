//! Fields of a map, read one by one. Whatever does not fit is noted and left out.

use super::problem::{Finding, cut, hint, shown};
use super::tree::{Node, Value};

/// Collects what does not fit.
#[derive(Default)]
pub(crate) struct Reader {
    /// What did not fit so far.
    pub findings: Vec<Finding>,
}

/// A map within a task or the file's head.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    node: &'a Node,
    /// The task; `None` for the head.
    task: Option<usize>,
    /// `scope.`, `context.` or nothing.
    prefix: &'static str,
}

impl<'a> Fields<'a> {
    /// The value of a key; `None` when it is absent or null.
    pub fn get(self, key: &str) -> Option<&'a Node> {
        let node = &self.node.entry(key)?.node;
        (node.value != Value::Null).then_some(node)
    }
}

impl Reader {
    /// Notes what is wrong with a key.
    pub fn note(&mut self, fields: Fields, key: &str, message: String) {
        self.findings.push(Finding {
            task: fields.task,
            field: format!("{}{key}", fields.prefix),
            line: None,
            message,
        });
    }

    /// Takes a map and notes the keys that do not belong there.
    pub fn fields<'a>(
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
            self.note(Fields { prefix: "", ..fields }, name, message);
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
                self.findings.push(Finding {
                    task,
                    field: format!("{prefix}{}", cut(&entry.key)),
                    line: Some(entry.line),
                    message,
                });
            }
        }
        fields
    }

    /// A map inside a task; `None` when it is left out.
    pub fn part<'a>(
        &mut self,
        task: Fields<'a>,
        key: &str,
        prefix: &'static str,
        known: &[&str],
    ) -> Option<Fields<'a>> {
        let node = task.get(key)?;
        Some(self.fields(node, task.task, prefix, known))
    }

    /// A text that must be there; empty when it is not, with a note.
    pub fn required(&mut self, fields: Fields, key: &str) -> String {
        let text = self.text(fields, key).unwrap_or_default();
        let is_unreadable = fields.get(key).is_some_and(|node| !matches!(node.value, Value::Text(_)));
        let is_map = matches!(fields.node.value, Value::Map(_));
        if text.trim().is_empty() && is_map && !is_unreadable {
            self.note(fields, key, format!("{key} is missing: write one"));
        }
        text
    }

    /// A text; `None` when it is left out.
    pub fn text(&mut self, fields: Fields, key: &str) -> Option<String> {
        match &fields.get(key)?.value {
            Value::Text(text) => Some(text.clone()),
            _ => {
                self.note(fields, key, "must be a text; quote it when in doubt".into());
                None
            }
        }
    }

    /// A list of texts; empty when it is left out.
    pub fn texts(&mut self, fields: Fields, key: &str) -> Vec<String> {
        let Some(node) = fields.get(key) else {
            return Vec::new();
        };
        let Value::List(items) = &node.value else {
            self.note(fields, key, "must be a list: begin each entry with `- `".into());
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

    /// A list of maps; empty when it is left out. `begin` tells how one begins: ``entry with `- text:` ``.
    pub fn maps<'a>(&mut self, fields: Fields<'a>, key: &str, begin: &str) -> &'a [Node] {
        match fields.get(key).map(|node| &node.value) {
            Some(Value::List(items)) => items,
            Some(_) => {
                self.note(fields, key, format!("must be a list: begin each {begin}"));
                &[]
            }
            None => &[],
        }
    }

    /// What did not fit, by line, at most `most` of it. The findings count `items`, if they count.
    pub fn told(self, root: &Node, items: &[Node], most: usize) -> Vec<(u32, String)> {
        let told = |finding: Finding| {
            let node = finding.task.and_then(|index| items.get(index)).unwrap_or(root);
            let line = finding.line.unwrap_or_else(|| node.line_at(&finding.field));
            let field = if finding.field.is_empty() { String::new() } else { format!("{}: ", finding.field) };
            (line, format!("{field}{}", finding.message))
        };
        let mut told: Vec<(u32, String)> = self.findings.into_iter().map(told).collect();
        told.sort_by_key(|(line, _)| *line);
        told.truncate(most);
        told
    }

    /// A number; `None` when it is left out.
    pub fn number<N: std::str::FromStr>(&mut self, fields: Fields, key: &str, expected: &str) -> Option<N> {
        let text = self.text(fields, key)?;
        let number = text.trim().parse().ok();
        if number.is_none() {
            self.note(fields, key, format!("{} must be {expected}", shown(&text)));
        }
        number
    }

    /// One of a few words; `None` when it is left out.
    pub fn word<W: Copy>(
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
            let message =
                format!("{} is no {key}{} (known: {})", shown(&text), hint(&text, &known), known.join(", "));
            self.note(fields, key, message);
        }
        found
    }
}
