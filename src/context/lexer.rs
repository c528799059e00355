//! Words and quoted texts of a sentence, and which of them are atoms.

use super::atoms::{Atom, AtomKind};
use super::names::{is_error_code, is_identifier, is_path};
use crate::text::floor;

/// Quotes longer than this are sentences, not names, in bytes.
const QUOTE_BYTES_MAX: usize = 100;
/// Code in backticks longer than this is none, in bytes.
const CODE_BYTES_MAX: usize = 4_000;
/// The marks around longer words stay, in bytes.
const WORD_BYTES_MAX: usize = 300;
/// Calls longer than this are code, in bytes.
const CALL_BYTES_MAX: usize = 80;

/// Adds the atoms of a sentence, except for what it forbids.
pub(super) fn read(text: &str, found: &mut Vec<Atom>) {
    let mut at = 0;
    let mut before = [""; 2];
    while let Some(c) = text[at..].chars().next() {
        if is_gap(c) {
            at += c.len_utf8();
            continue;
        }
        if let Some((inner, len)) = quoted(text, at) {
            let kind = if c == '`' { AtomKind::Identifier } else { AtomKind::Quoted };
            found.extend(in_quotes(kind, inner));
            at += len;
            before = [before[1], ""];
            continue;
        }
        let len = word_len(&text[at..]);
        let word = trim(&text[at..at + len]);
        at += len;
        if let Some(atom) = classify(word, before, &text[at..]) {
            found.push(atom);
        }
        before = [before[1], word];
    }
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '—' | '…' | '|')
}

/// The text in quotes or backticks that begins here, and the bytes that it takes.
fn quoted(text: &str, at: usize) -> Option<(&str, usize)> {
    let rest = &text[at..];
    let open = rest.chars().next()?;
    let (lead, close) = match open {
        '`' => {
            let marks = rest.len() - rest.trim_start_matches('`').len();
            (marks, &rest[..marks])
        }
        '"' => (1, "\""),
        '“' => ('“'.len_utf8(), "”"),
        '\'' if !text[..at].ends_with(char::is_alphanumeric) => (1, "'"),
        _ => return None,
    };
    let limit = floor(rest, lead + if open == '`' { CODE_BYTES_MAX } else { QUOTE_BYTES_MAX });
    let body = rest.get(lead..limit)?;
    let mut ends = body.match_indices(close).map(|(end, _)| end);
    let end = match open {
        // An apostrophe within a word ends nothing.
        '\'' => ends.find(|end| !body[end + 1..].starts_with(char::is_alphanumeric))?,
        _ => ends.next()?,
    };
    let inner = body[..end].trim();
    (!inner.is_empty()).then_some((inner, lead + end + close.len()))
}

fn in_quotes(kind: AtomKind, inner: &str) -> Option<Atom> {
    let text = match inner.contains(char::is_whitespace) {
        true => inner.split_whitespace().collect::<Vec<_>>().join(" "),
        false => inner.to_owned(),
    };
    let is_path = !text.contains(' ') && is_path(&text);
    let kind = if kind == AtomKind::Identifier && is_path { AtomKind::Path } else { kind };
    text.contains(char::is_alphanumeric).then(|| Atom::new(kind, text)).or_else(|| {
        // Signs in backticks (`?`) count, a lone dash between quotes does not.
        (kind == AtomKind::Identifier).then(|| Atom::new(kind, inner))
    })
}

/// The bytes up to the word's end. A call goes on to its closing bracket.
fn word_len(rest: &str) -> usize {
    let mut before = None;
    for (at, c) in rest.char_indices() {
        if at > 0 && (is_gap(c) || matches!(c, '`' | '"' | '“')) {
            return at;
        }
        let is_name = before.is_some_and(|b: char| b.is_ascii_alphanumeric() || b == '_');
        if c == '(' && is_name {
            let end = floor(rest, at + CALL_BYTES_MAX);
            if let Some(close) = rest[at..end].find(')').map(|close| at + close + 1) {
                return close + word_end(&rest[close..]);
            }
        }
        before = Some(c);
    }
    rest.len()
}

fn word_end(rest: &str) -> usize {
    rest.find(|c: char| is_gap(c) || matches!(c, '`' | '"' | '“' | '(')).unwrap_or(rest.len())
}

/// A word without the marks of the sentence around it.
fn trim(word: &str) -> &str {
    let mut word = word;
    if word.len() > WORD_BYTES_MAX {
        return word;
    }
    loop {
        let before = word;
        word = word.trim_start_matches(['(', '[', '{', '"', '\'', ',', ';', '’', '‘']);
        word = word.trim_end_matches([',', ';', ':', '!', '?', '.', '"', '\'', '’']);
        for (open, close) in [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>')] {
            let count = |c: char| word.chars().filter(|own| *own == c).count();
            if word.ends_with(close) && count(open) < count(close) {
                word = &word[..word.len() - 1];
            }
        }
        for mark in ["**", "*", "_"] {
            let inner = word.strip_prefix(mark).and_then(|word| word.strip_suffix(mark));
            word = inner.filter(|inner| !inner.starts_with(['_', '/'])).unwrap_or(word);
        }
        if word == before {
            return word;
        }
    }
}

fn classify(word: &str, before: [&str; 2], after: &str) -> Option<Atom> {
    if !word.bytes().any(is_telling) {
        return number_word(word, before, after);
    }
    let first_digit =
        word.trim_start_matches(['+', '-', '~', '<', '>', '=', '≤', '≥', '$', '€', '^', '#', '±']);
    if word.contains("://") || word.starts_with("www.") {
        Some(Atom::new(AtomKind::Url, word))
    } else if first_digit.starts_with(|c: char| c.is_ascii_digit()) && !word.contains(['_', '(']) {
        Some(number(word, first_digit, after))
    } else if word.len() > 1
        && word.starts_with(['v', 'V'])
        && word[1..].bytes().all(|b| b.is_ascii_digit() || b == b'.')
    {
        Some(Atom::new(AtomKind::Version, word))
    } else if is_error_code(word) {
        Some(Atom::new(AtomKind::ErrorCode, word))
    } else if is_path(word) {
        Some(Atom::new(AtomKind::Path, word))
    } else if is_identifier(word) {
        Some(Atom::new(AtomKind::Identifier, word))
    } else {
        None
    }
}

/// Whether a byte can make a word more than a plain one. Most words end here.
fn is_telling(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase() || (byte.is_ascii_punctuation() && byte != b'\'')
}

/// A version or a number; its unit is what follows directly or as the next word.
fn number(word: &str, digits: &str, after: &str) -> Atom {
    let dots = digits.bytes().filter(|b| *b == b'.').count();
    let is_plain = digits.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+'));
    if is_plain && (dots > 1 || (dots == 1 && word.starts_with(['^', '~']))) {
        return Atom::new(AtomKind::Version, word);
    }
    let end = digits.find(|c: char| c.is_alphabetic()).unwrap_or(digits.len());
    let lead = &word[..word.len() - digits.len()];
    let (value, own_unit) = digits.split_at(end);
    if let Some(unit) = unit(own_unit) {
        return Atom::new(AtomKind::Number, format!("{lead}{value}{unit}"));
    }
    let text = if own_unit.is_empty() { with_unit(word, after) } else { word.to_owned() };
    Atom::new(AtomKind::Number, text)
}

/// A number written as a word counts after a word of measure: `at most five`.
fn number_word(word: &str, before: [&str; 2], after: &str) -> Option<Atom> {
    const WORDS: [&str; 16] = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "twenty",
        "once", "twice", "hundred", "zero",
    ];
    const MEASURES: [&str; 8] = ["most", "least", "exactly", "than", "within", "only", "every", "first"];
    let is_measured = MEASURES.iter().any(|measure| before[1].eq_ignore_ascii_case(measure))
        || (before[0].eq_ignore_ascii_case("up") && before[1] == "to");
    (is_measured && WORDS.contains(&word)).then(|| Atom::new(AtomKind::Number, with_unit(word, after)))
}

/// A number with the unit that is its next word.
fn with_unit(number: &str, after: &str) -> String {
    let next = after.split_whitespace().next().filter(|_| after.starts_with(char::is_whitespace));
    match next.and_then(|next| unit(next.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '%'))) {
        Some(unit) if unit.len() > 3 => format!("{number} {unit}"),
        Some(unit) => format!("{number}{unit}"),
        None => number.to_owned(),
    }
}

/// A unit by its short name, or as it is for things that are counted.
pub(super) fn unit(word: &str) -> Option<&str> {
    Some(match word {
        "ms" | "millisecond" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "min",
        "h" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "B" | "byte" | "bytes" => "B",
        "KB" | "kB" | "kilobytes" => "KB",
        "MB" | "megabytes" => "MB",
        "GB" | "gigabytes" => "GB",
        "KiB" | "MiB" | "GiB" | "px" | "Hz" | "MHz" | "rps" | "%" | "x" => word,
        "percent" => "%",
        "weeks" | "months" | "years" | "times" | "requests" | "retries" | "attempts" | "lines" | "tokens"
        | "tasks" | "files" | "workers" | "characters" | "chars" | "items" | "rows" | "entries" | "calls"
        | "messages" | "users" | "connections" | "threads" | "digits" => word,
        _ => return None,
    })
}
