//! A text as folded white space, blocks and sentences: what compression and the search for atoms see.

use super::logs::is_log;
use prose::fences::{closes, fence};

/// Lines of a paragraph that are all at least this long were wrapped, not broken on purpose; in bytes.
const WRAPPED_BYTES_MIN: usize = 50;
/// A fenced block of at least so many lines that names a file shows the file, not an example.
const BODY_LINES_MIN: usize = 10;

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Block<'a> {
    /// An empty line.
    Blank,
    /// A heading with its marks.
    Heading(&'a str),
    /// A paragraph, list item, quote or table row.
    Prose {
        /// Indentation and mark (`- `, `1. `, `> `).
        lead: &'a str,
        /// Its sentences.
        sentences: Vec<&'a str>,
    },
    /// A line of a log or of a stack.
    Log(&'a str),
    /// A fenced block.
    Fence {
        /// All of it with its marks, without the last line ending.
        whole: &'a str,
        /// What is between the marks.
        body: &'a str,
        /// The file that it shows.
        file: Option<Shown<'a>>,
    },
}

/// The file that a fenced block shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shown<'a> {
    /// Its path.
    pub path: &'a str,
    /// The lines shown, when the block says so.
    pub range: Option<(u32, u32)>,
}

/// A text without line endings of other systems, invisible characters, white space at line ends, runs
/// of spaces or of empty lines; wrapped lines are joined. Fenced blocks keep their inner space.
/// Never longer than the text; folding again changes nothing.
pub(super) fn fold(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut open: Option<String> = None;
    // The lines from here on may be one wrapped paragraph.
    let mut start: Option<usize> = None;
    for raw in text.split('\n') {
        let raw = &visible(raw);
        let mark = fence(raw);
        let is_code = open.is_some() || mark.is_some();
        match (&open, mark) {
            (Some(marks), Some((closing, ""))) if closing.starts_with(marks.as_str()) => open = None,
            (None, Some((marks, _))) => open = Some(marks.to_owned()),
            _ => {}
        }
        let line = if is_code { raw.trim_end().to_owned() } else { fold_line(raw) };
        let goes_on = !is_code && start.is_some() && is_plain(&line);
        if !goes_on {
            join_wrapped(&mut out, start.take());
            if line.is_empty() && !is_code && out.last().is_none_or(String::is_empty) {
                continue;
            }
            let can_start = !is_code && (is_plain(&line) || item_lead(&line) > 0);
            start = can_start.then_some(out.len());
        }
        out.push(line);
    }
    join_wrapped(&mut out, start);
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out.join("\n")
}

fn visible(line: &str) -> String {
    line.chars().filter(|c| !matches!(c, '\u{200b}' | '\u{feff}' | '\u{ad}' | '\r')).collect()
}

/// One line: its indentation stays, except before nothing.
fn fold_line(raw: &str) -> String {
    let text = raw.trim_start();
    let indent: String = raw[..raw.len() - text.len()].chars().filter(|c| matches!(c, ' ' | '\t')).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() { String::new() } else { format!("{indent}{}", words.join(" ")) }
}

/// Makes one line of the lines from `start` on when they were wrapped.
fn join_wrapped(out: &mut Vec<String>, start: Option<usize>) {
    let Some(start) = start else { return };
    let lines = &out[start..];
    let is_wrapped =
        lines.len() > 1 && lines[..lines.len() - 1].iter().all(|line| line.len() >= WRAPPED_BYTES_MIN);
    if is_wrapped {
        let first = lines[0].clone();
        let rest = lines[1..].iter().map(|line| line.trim_start());
        let joined = std::iter::once(first.as_str()).chain(rest).collect::<Vec<_>>().join(" ");
        out.truncate(start);
        out.push(joined);
    }
}

/// Whether a folded line can be the middle of a paragraph.
fn is_plain(line: &str) -> bool {
    let text = line.trim_start();
    !text.is_empty()
        && !text.starts_with(['#', '>', '|'])
        && text.contains(char::is_alphanumeric)
        && item_lead(line) == 0
        && fence(line).is_none()
        && !is_log(line)
}

/// The bytes of indentation and list mark before an item's text; 0 for what is no item.
fn item_lead(line: &str) -> usize {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mark = if text.starts_with(['-', '*', '+', '•']) {
        text.chars().next().map_or(0, char::len_utf8)
    } else if (1..=3).contains(&digits) && text[digits..].starts_with(['.', ')']) {
        digits + 1
    } else {
        return 0;
    };
    let Some(rest) = text[mark..].strip_prefix(' ') else { return 0 };
    let task =
        ["[ ] ", "[x] ", "[X] "].iter().find(|task| rest.starts_with(**task)).map_or(0, |task| task.len());
    indent + mark + 1 + task
}

/// The blocks of a folded text.
pub(super) fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found: Vec<Block> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line = line_at(text, at);
        if let Some((marks, info)) = fence(line) {
            let len = fence_len(&text[at..], marks);
            found.extend(fence_blocks(&text[at..at + len], info, found.last()));
            at += len + 1;
            continue;
        }
        found.push(block(line));
        at += line.len() + 1;
    }
    found
}

fn line_at(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    &rest[..rest.find('\n').unwrap_or(rest.len())]
}

fn block(line: &str) -> Block<'_> {
    let text = line.trim_start();
    if text.is_empty() {
        return Block::Blank;
    }
    let hashes = text.len() - text.trim_start_matches('#').len();
    if (1..=6).contains(&hashes) && text[hashes..].starts_with(' ') {
        return Block::Heading(line);
    }
    if is_log(line) {
        return Block::Log(line);
    }
    let lead = match item_lead(line) {
        0 => line.len() - text.trim_start_matches(['>', ' ']).len(),
        lead => lead,
    };
    let body = &line[lead..];
    let sentences = if text.starts_with('|') { vec![body] } else { sentences(body) };
    Block::Prose { lead: &line[..lead], sentences }
}

/// The bytes of a fenced block, without the last line ending.
fn fence_len(text: &str, marks: &str) -> usize {
    let mut at = line_at(text, 0).len();
    while at < text.len() {
        let line = line_at(text, at + 1);
        at += 1 + line.len();
        if closes(line, marks) {
            break;
        }
    }
    at
}

/// A fenced block; one of logs as its lines, with the marks as quiet lines of their own.
fn fence_blocks<'a>(whole: &'a str, info: &'a str, before: Option<&Block<'a>>) -> Vec<Block<'a>> {
    const LOGS: [&str; 6] = ["log", "logs", "console", "output", "stderr", "stdout"];
    let from = whole.find('\n').map_or(whole.len(), |at| at + 1);
    let to = whole.rfind('\n').filter(|at| *at >= from && fence(&whole[at + 1..]).is_some());
    let body = &whole[from..to.unwrap_or(whole.len()).max(from)];
    let lines = body.lines().filter(|line| !line.trim().is_empty());
    let (logs, all) = lines.fold((0, 0), |(logs, all), line| (logs + usize::from(is_log(line)), all + 1));
    // Two thirds: messages of several lines stand between those that look like a log's.
    if LOGS.contains(&info) || (all > 2 && logs * 3 >= all * 2) {
        return body
            .lines()
            .map(|line| if line.is_empty() { Block::Blank } else { Block::Log(line) })
            .collect();
    }
    let file = shown_file(info, body, before).filter(|shown| shown.range.is_some() || all >= BODY_LINES_MIN);
    vec![Block::Fence { whole, body, file }]
}

/// The file that a fence names: in its info text, in a comment on its first line, or in the line above.
fn shown_file<'a>(info: &'a str, body: &'a str, before: Option<&Block<'a>>) -> Option<Shown<'a>> {
    let comment = body
        .lines()
        .next()
        .map(|line| line.trim())
        .filter(|line| ["//", "#", "--", "/*", "<!--", ";"].iter().any(|mark| line.starts_with(mark)));
    let above = match before {
        Some(Block::Prose { sentences, .. }) => sentences.last().copied().filter(|text| text.ends_with(':')),
        Some(Block::Heading(text)) => Some(*text),
        _ => None,
    };
    [Some(info), comment, above].into_iter().flatten().find_map(one_path)
}

/// The path in a text that names exactly one.
fn one_path(text: &str) -> Option<Shown<'_>> {
    let trimmed = |word: &'_ str| -> (usize, usize) {
        let start = word.trim_start_matches(['`', '"', '\'', '(', '*']).len();
        let lead = word.len() - start;
        let end = word.trim_end_matches(['`', '"', '\'', ')', '*', ':', ',', '.', '}']).len();
        (lead, end.max(lead))
    };
    let words = text.split(|c: char| c.is_whitespace() || c == '=').filter(|word| !word.is_empty());
    let mut found = words.filter_map(|word| {
        let (from, to) = trimmed(word);
        path_and_range(&word[from..to])
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// `src/a.ts`, `src/a.ts:3-9`, `3:9:src/a.ts`.
fn path_and_range(word: &str) -> Option<Shown<'_>> {
    let is_path =
        |path: &str| path.contains(['/', '.']) && super::names::is_path(path) && !path.contains(':');
    let parts: Vec<&str> = word.split(':').collect();
    match parts.as_slice() {
        [path] if is_path(path) => Some(Shown { path, range: None }),
        [path, lines] if is_path(path) => {
            let (from, to) = lines.split_once('-').unwrap_or((lines, lines));
            Some(Shown { path, range: Some((from.parse().ok()?, to.parse().ok()?)) })
        }
        [from, to, path] if is_path(path) => {
            Some(Shown { path, range: Some((from.parse().ok()?, to.parse().ok()?)) })
        }
        _ => None,
    }
}

/// The sentences of a line. Inside backticks nothing ends, and neither does an abbreviation.
pub(super) fn sentences(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut in_code = false;
    let bytes = line.as_bytes();
    for (at, b) in bytes.iter().enumerate() {
        match b {
            b'`' => in_code = !in_code,
            b' ' if !in_code
                && at > start
                && ends_sentence(&line[start..at])
                && begins_sentence(&line[at + 1..]) =>
            {
                found.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < line.len() {
        found.push(&line[start..]);
    }
    found
}

fn ends_sentence(text: &str) -> bool {
    const ABBREVIATIONS: [&str; 14] =
        ["e.g", "i.e", "etc", "vs", "no", "approx", "fig", "cf", "resp", "incl", "dr", "mr", "ca", "max"];
    let bare = text.trim_end_matches([')', '"', '\'', '”', '*', '`', '_']);
    if !bare.ends_with(['.', '!', '?']) {
        return false;
    }
    let word = bare.rsplit(' ').next().unwrap_or(bare).trim_start_matches('(');
    let name = word.trim_end_matches('.');
    !(bare.ends_with('.') && ABBREVIATIONS.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

fn begins_sentence(rest: &str) -> bool {
    let bare = rest.trim_start_matches(['(', '"', '\'', '“', '*', '_', '`', '[']);
    bare.starts_with(|c: char| c.is_uppercase() || c.is_numeric() || !c.is_ascii())
        || rest.starts_with(['`', '"', '“'])
}
