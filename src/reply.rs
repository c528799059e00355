//! YAML in agents' replies: its fenced blocks, and reading them within bounds.

use serde_yaml::Value;

/// More brackets within brackets are not read: the YAML parser takes quadratic time on hostile input.
const DEPTH_MAX: usize = 32;

/// The fenced blocks of a reply; the whole reply when it has none. A block that was never closed still
/// counts.
pub fn blocks(reply: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<Vec<&str>> = None;
    for line in reply.trim_start_matches('\u{feff}').lines() {
        // Not as in documents: agents also end a block with the line that began it.
        let is_fence = line.trim_start().starts_with("```");
        match (&mut open, is_fence) {
            (None, true) => open = Some(Vec::new()),
            (Some(_), true) => blocks.extend(open.take().map(|lines| lines.join("\n"))),
            (Some(lines), false) => lines.push(line),
            (None, false) => {}
        }
    }
    blocks.extend(open.map(|lines| lines.join("\n")));
    if blocks.is_empty() {
        blocks.push(reply.to_owned());
    }
    blocks
}

/// A block as YAML; `None` when it is none, or nests deeper than any answer needs.
pub fn value(block: &str) -> Option<Value> {
    if is_deep(block) { None } else { serde_yaml::from_str(block).ok() }
}

/// Whether brackets or lists nest deeper than any answer needs.
pub fn is_deep(block: &str) -> bool {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for c in block.chars() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    let is_nested_list = block.lines().any(|line| line.matches("- ").count() > DEPTH_MAX);
    deepest > DEPTH_MAX || is_nested_list
}

/// A value as texts of one line each, without empty ones: a list gives one an item, anything else one.
pub fn lines_of(value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(items) => one_line_each(items.iter().map(text_of).collect()),
        other => one_line_each(vec![text_of(other)]),
    }
}

/// Texts on one line each, without empty ones.
pub fn one_line_each(texts: Vec<String>) -> Vec<String> {
    let one_line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    texts.into_iter().map(one_line).filter(|text| !text.is_empty()).collect()
}

/// Any value as a text. Agents write `place: text` without quotes, which is a mapping in YAML.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Mapping(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| format!("{}: {}", text_of(key), text_of(value)));
            pairs.collect::<Vec<_>>().join("; ")
        }
        Value::Sequence(items) => items.iter().map(text_of).collect::<Vec<_>>().join("; "),
        other => serde_yaml::to_string(other).unwrap_or_default().trim_end().to_owned(),
    }
}
