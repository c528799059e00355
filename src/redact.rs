//! Secrets are taken out of what agents, processes and providers say, before it is written anywhere.
//!
//! Two things count as a secret: a value of the person's environment whose variable is named like one,
//! and a text in a well-known shape, such as a GitHub token. Each becomes `[redacted: what it was]`.
//! What only might be a secret stays: a commit id or a hash must survive. One pass, no backtracking.

mod event;
mod key_block;
mod shapes;

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Shorter values of the environment are left alone: they are words of everyday texts as well.
const VALUE_BYTES_MIN: usize = 12;
/// How a text of ours begins that stands for a secret.
const LABEL: &str = "[redacted: ";
/// The longest name of a variable that is shown.
const NAME_BYTES_MAX: usize = 64;
/// What a variable is called whose name is not shown.
const NAMELESS: &str = "environment";

/// Names that hold one of these are names of secrets.
const SECRET_WORDS: [&str; 9] =
    ["SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "TOKEN", "APIKEY", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY"];
/// Names that end so are names of secrets.
const SECRET_ENDS: [&str; 4] = ["_KEY", "_PASS", "_PAT", "_PW"];
/// Names that end so only tell where a secret is, or whose.
const HARMLESS_ENDS: [&str; 8] = ["_FILE", "_PATH", "_DIR", "_URL", "_URI", "_ID", "_NAME", "_SOCK"];

/// Knows the secrets of the person's environment and the shapes of others.
#[derive(Clone, Debug)]
pub struct Redactor {
    /// Longer ones first, so that one that begins like another is found whole.
    secrets: Vec<Secret>,
    /// The first two bytes of all that is looked for.
    begins: Pairs,
}

#[derive(Clone, Debug)]
struct Secret {
    name: String,
    value: String,
}

/// Bytes from `start` to `end` that are to be replaced.
#[derive(Clone, Debug, PartialEq)]
struct Span<'a> {
    start: usize,
    end: usize,
    what: &'a str,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new(&BTreeMap::new())
    }
}

impl Redactor {
    /// A redactor for the variables of the person's environment.
    pub fn new(environment: &BTreeMap<String, String>) -> Self {
        let is_secret = |name: &str, value: &str| {
            value.len() >= VALUE_BYTES_MIN && !value.contains(LABEL) && is_secret_name(name)
        };
        let trimmed = environment.iter().map(|(name, value)| (name, value.trim()));
        let mut secrets: Vec<_> = trimmed
            .filter(|(name, value)| is_secret(name, value))
            .map(|(name, value)| Secret { name: shown(name).to_owned(), value: value.to_owned() })
            .collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.value.len()));
        let mut begins = Pairs::default();
        begins.add(LABEL);
        shapes::beginnings().for_each(|text| begins.add(text));
        secrets.iter().for_each(|secret| begins.add(&secret.value));
        Self { secrets, begins }
    }

    /// The text without its secrets; the text itself when it has none.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let spans = self.spans(text);
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut redacted = String::with_capacity(text.len());
        let mut done = 0;
        for Span { start, end, what } in spans {
            redacted.push_str(&text[done..start]);
            redacted.push_str(LABEL);
            redacted.push_str(what);
            redacted.push(']');
            done = end;
        }
        redacted.push_str(&text[done..]);
        Cow::Owned(redacted)
    }

    /// What to replace, in order and without overlaps: secrets that overlap go together.
    fn spans<'a>(&'a self, text: &str) -> Vec<Span<'a>> {
        let bytes = text.as_bytes();
        let mut spans: Vec<Span> = Vec::new();
        let mut shapes = shapes::Shapes::new(bytes);
        let mut at = 0;
        while let Some(next) = self.begins.next(bytes, at) {
            let covered = spans.last().map_or(0, |span| span.end);
            if next >= covered
                && let Some(length) = self.label_length(&text.as_bytes()[next..])
            {
                at = next + length;
                continue;
            }
            at = next + 1;
            let literal =
                self.secrets.iter().find(|secret| bytes[next..].starts_with(secret.value.as_bytes()));
            let literal = literal.map(|Secret { name, value }| (next, next + value.len(), name.as_str()));
            let shape = shapes.find(next, covered);
            for (start, end, what) in literal.into_iter().chain(shape) {
                add(&mut spans, Span { start, end, what });
            }
        }
        spans
    }

    /// The length of what an earlier pass put here, so that a second one changes nothing.
    fn label_length(&self, rest: &[u8]) -> Option<usize> {
        let inner = rest.strip_prefix(LABEL.as_bytes())?;
        let end = inner.iter().take(NAME_BYTES_MAX + 1).position(|byte| *byte == b']')?;
        let what = std::str::from_utf8(&inner[..end]).ok()?;
        let is_ours = shapes::is_kind(what) || self.secrets.iter().any(|secret| secret.name == what);
        is_ours.then_some(LABEL.len() + end + 1)
    }
}

/// Adds a span; those it overlaps become one with it.
fn add<'a>(spans: &mut Vec<Span<'a>>, mut span: Span<'a>) {
    while let Some(last) = spans.pop_if(|last| span.start < last.end) {
        if last.start <= span.start {
            span = Span { end: span.end.max(last.end), ..last };
        } else {
            span.end = span.end.max(last.end);
        }
    }
    spans.push(span);
}

/// Whether a variable of this name holds a secret.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let is_one = SECRET_WORDS.iter().any(|word| name.contains(word))
        || SECRET_ENDS.iter().any(|end| name.ends_with(end));
    let is_harmless = name.contains("PUBLIC") || HARMLESS_ENDS.iter().any(|end| name.ends_with(end));
    is_one && !is_harmless
}

/// The name of a variable, if it can stand in a label.
fn shown(name: &str) -> &str {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_plain && name.len() <= NAME_BYTES_MAX { name } else { NAMELESS }
}

/// A set of byte pairs: one bit for each of the 65,536.
#[derive(Clone, Debug)]
struct Pairs(Vec<u64>);

impl Default for Pairs {
    fn default() -> Self {
        Self(vec![0; 1024])
    }
}

impl Pairs {
    /// Adds the first two bytes of a text.
    fn add(&mut self, text: &str) {
        if let [first, second, ..] = *text.as_bytes() {
            let pair = usize::from(first) << 8 | usize::from(second);
            self.0[pair >> 6] |= 1 << (pair & 63);
        }
    }

    /// The next place, from `at` on, where a pair of the set stands.
    fn next(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let found = bytes.get(at..)?.windows(2).position(|window| {
            let pair = usize::from(window[0]) << 8 | usize::from(window[1]);
            self.0[pair >> 6] >> (pair & 63) & 1 == 1
        });
        found.map(|offset| at + offset)
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
