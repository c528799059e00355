//! What a gate printed, down to what went wrong where.

use std::collections::BTreeSet;

use regex_lite::Regex;

use super::{LINES_MAX, compilers, runners};

/// One thing that went wrong.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    /// What not to do again, after `Don't`.
    pub dont: String,
    /// How it showed.
    pub why: String,
    /// `file:line`, or the file alone.
    pub place: Option<String>,
}

impl Fault {
    /// A test that failed.
    pub fn test(name: &str, why: String, place: Option<String>) -> Self {
        let dont = format!("break \"{}\"", name.trim());
        Self { dont, why, place }
    }

    /// An error of a compiler or linter, with its rule where it has one.
    pub fn error(rule: &str, why: &str, place: Option<String>) -> Self {
        let dont = match rule {
            "" => "leave an error".to_owned(),
            _ => format!("leave {rule}"),
        };
        let why = why.to_owned();
        Self { dont, why, place }
    }
}

/// What went wrong in a gate, in the order it was printed: as its tool tells it when the tool is
/// known, else the last telling lines.
pub(super) fn faults(command: &str, code: Option<i32>, tail: &str) -> Vec<Fault> {
    let text = plain(tail);
    let lines: Vec<&str> = text.lines().collect();
    let Some(code) = code else {
        let last = telling(&lines).pop();
        let why = last.map_or("it was stopped and had printed nothing".to_owned(), |last| {
            format!("it was stopped; its last words: {last}")
        });
        let dont = format!("let `{command}` run into its deadline");
        return vec![Fault { dont, why, place: None }];
    };
    let mut found = runners::faults(&lines);
    found.extend(compilers::faults(&lines));
    if found.is_empty() {
        found = compilers::generic(&lines);
    }
    if found.is_empty() {
        let why = match telling(&lines).join("; ") {
            words if words.is_empty() => "it printed nothing".to_owned(),
            words => words,
        };
        let dont = format!("leave `{command}` failing with exit code {code}");
        found.push(Fault { dont, why, place: None });
    }
    if found.len() > LINES_MAX { spread(found) } else { found }
}

/// Faults at places of their own first: the cases of one test fail at the same line.
fn spread(faults: Vec<Fault>) -> Vec<Fault> {
    let mut places: BTreeSet<String> = BTreeSet::new();
    let is_new = |fault: &Fault| fault.place.as_ref().is_none_or(|place| places.insert(place.clone()));
    let (mut first, again): (Vec<Fault>, Vec<Fault>) = faults.into_iter().partition(is_new);
    first.extend(again);
    first
}

/// The last lines that seem to say what is wrong, at most three; else the last three.
fn telling<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    const SHOWN: usize = 3;
    const SIGNS: [&str; 8] =
        ["error", "fail", "expected", "cannot", "not found", "undefined", "exception", "panic"];
    // npm's own epilogue repeats that the command failed, which the exit code says already.
    let is_noise = |line: &str| {
        line.starts_with("npm error")
            || line.starts_with("npm ERR!")
            || line.starts_with("at ")
            || !line.contains(char::is_alphanumeric)
    };
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|line| !is_noise(line)).collect();
    let has_sign = |line: &&&str| {
        let line = line.to_lowercase();
        SIGNS.iter().any(|sign| line.contains(sign))
    };
    let signs: Vec<&str> = lines.iter().filter(has_sign).copied().collect();
    let chosen = if signs.is_empty() { lines } else { signs };
    chosen[chosen.len().saturating_sub(SHOWN)..].to_vec()
}

/// A terminal's output without escape sequences; a carriage return starts a new line.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Skips the rest of an escape sequence: CSI up to its final byte, OSC up to BEL or ST, else one
/// character.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars>) {
    match chars.next() {
        Some('[') => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
        Some(']') => {
            while let Some(c) = chars.next() {
                if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                    break;
                }
            }
        }
        _ => {}
    }
}

/// `file:line` out of a word such as `(file:///a/b.js:3:9)`; `None` when it names no line.
pub(super) fn place(word: &str) -> Option<String> {
    let word = word
        .trim()
        .trim_start_matches(['(', '\'', '"', '❯', ' '])
        .trim_end_matches([')', '\'', '"', ':', ',']);
    let word = word.strip_prefix("file://").unwrap_or(word);
    let word = word.strip_prefix("./").unwrap_or(word);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (rest, last) = word.rsplit_once(':')?;
    let (file, line) = match rest.rsplit_once(':') {
        Some((file, line)) if is_number(line) && is_number(last) => (file, line),
        _ if is_number(last) => (rest, last),
        _ => return None,
    };
    (!file.is_empty() && !file.starts_with("node:")).then(|| format!("{file}:{line}"))
}

/// A constant pattern of one of the readers.
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern is valid")
}

/// The lines after `from` up to the first that ends the block.
pub(super) fn block<'a>(lines: &[&'a str], from: usize, is_end: impl Fn(&str) -> bool) -> Vec<&'a str> {
    let rest = lines.iter().skip(from + 1);
    rest.take_while(|line| !is_end(line)).copied().collect()
}

/// A message without the names that every failed assertion carries.
pub(super) fn strip(message: &str) -> String {
    message
        .trim()
        .trim_start_matches("AssertionError [ERR_ASSERTION]: ")
        .trim_start_matches("AssertionError: ")
        .replace(" [Error]:", ":")
}
