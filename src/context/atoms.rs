//! What a text may not lose when it is made shorter: paths, names, numbers, versions, addresses,
//! error codes, quoted texts, and what it forbids.
//!
//! The reading is conservative: a word that may be a name is one. Bodies of files shown in fences
//! and lines of logs that tell of no error hold no atoms; see [`super::document`].

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::document::{Block, blocks, fold};
use super::{lexer, negation};

/// The kinds of what must be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtomKind {
    /// `src/a.ts`, `src/a.ts:3-9`, `package.json`, `src/**/*.rs`.
    Path,
    /// Code in backticks, a name by its form (`snake_case`, `camelCase`, `utf-8`), a call, a flag.
    Identifier,
    /// The text between quotes.
    Quoted,
    /// A number with its unit: `30s` for `30 seconds`, `five` after `at most`.
    Number,
    /// `1.2.3`, `v2`, `^18.0`.
    Version,
    /// An address.
    Url,
    /// `E0308`, `TS2322`, `ENOENT`.
    ErrorCode,
    /// A clause that says no, in lower case from its negation on: `must not write to git`.
    Negation,
}

/// Something that must be kept, in the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Atom {
    /// What it is.
    pub kind: AtomKind,
    /// Its text.
    pub text: String,
}

impl Atom {
    pub(super) fn new(kind: AtomKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            AtomKind::Identifier => write!(f, "`{}`", self.text),
            AtomKind::Quoted | AtomKind::Negation => write!(f, "\"{}\"", self.text),
            _ => f.write_str(&self.text),
        }
    }
}

/// All atoms of a text in the order of the text, each once.
pub fn atoms(text: &str) -> Vec<Atom> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for block in blocks(&fold(text)) {
        for atom in of_block(&block) {
            if seen.insert(atom.clone()) {
                found.push(atom);
            }
        }
    }
    found
}

/// The atoms of a block, perhaps with repeats.
pub(super) fn of_block(block: &Block) -> Vec<Atom> {
    match block {
        Block::Blank => Vec::new(),
        Block::Prose { sentences, .. } => sentences.iter().flat_map(|text| of_sentence(text)).collect(),
        Block::Heading(text) => of_sentence(text),
        Block::Log(line) => of_log(line),
        Block::Fence { body, file: None, .. } => body.lines().flat_map(of_code).collect(),
        Block::Fence { file: Some(file), .. } => vec![Atom::new(AtomKind::Path, file.path)],
    }
}

/// The atoms of a sentence.
pub(super) fn of_sentence(text: &str) -> Vec<Atom> {
    let mut found = Vec::new();
    lexer::read(text, &mut found);
    negation::read(text, &mut found);
    found
}

/// The atoms of a line in a fence: `!` and `no` are no words there.
fn of_code(line: &str) -> Vec<Atom> {
    let mut found = Vec::new();
    lexer::read(line, &mut found);
    found
}

/// What a line of a log has to tell: nothing, unless it tells of an error. Times and process ids
/// around the error are noise.
pub(super) fn of_log(line: &str) -> Vec<Atom> {
    if !super::logs::tells_error(line) {
        return Vec::new();
    }
    let mut found = of_code(line);
    found.retain(|atom| matches!(atom.kind, AtomKind::Path | AtomKind::Quoted | AtomKind::ErrorCode));
    found
}

/// Checks that a shorter wording says all that must be kept. Names may lose their backticks or quotes;
/// what is forbidden may be worded otherwise as long as one negated clause has all its words that
/// carry meaning.
///
/// # Errors
/// The atoms that are lost, in the order of the original.
pub fn keeps_atoms(original: &str, shorter: &str) -> Result<(), Vec<Atom>> {
    let shorter = fold(shorter);
    let kept = atoms(&shorter);
    let forbidden: Vec<BTreeSet<String>> = kept
        .iter()
        .filter(|atom| atom.kind == AtomKind::Negation)
        .map(|atom| negation::content(&atom.text))
        .collect();
    let kept: BTreeSet<&Atom> = kept.iter().collect();
    let is_kept = |atom: &Atom| match atom.kind {
        _ if kept.contains(atom) => true,
        AtomKind::Negation => {
            let words = negation::content(&atom.text);
            forbidden.iter().any(|other| words.is_subset(other))
        }
        AtomKind::Number => false,
        _ => is_within(&atom.text, &shorter),
    };
    let lost: Vec<Atom> = atoms(original).into_iter().filter(|atom| !is_kept(atom)).collect();
    if lost.is_empty() { Ok(()) } else { Err(lost) }
}

/// Whether a text holds another one that does not go on within a word.
fn is_within(part: &str, text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/');
    text.match_indices(part).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + part.len()..].chars().next();
        let goes_on =
            |next: Option<char>, own: Option<char>| next.is_some_and(is_word) && own.is_some_and(is_word);
        !goes_on(before, part.chars().next()) && !goes_on(after, part.chars().next_back())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let name = |kind: AtomKind| serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned();
        atoms(text).into_iter().map(|atom| format!("{} {}", name(atom.kind), atom.text)).collect()
    }

    #[test]
    fn what_must_be_kept() {
        let cases: [(&str, &[&str]); 24] = [
            ("See src/limiter.js:3-9, and ./a/b.", &["path src/limiter.js:3-9", "path ./a/b"]),
            ("Edit package.json (and Makefile).", &["path package.json", "path Makefile"]),
            ("Tests are in src/**/*.test.ts", &["path src/**/*.test.ts"]),
            ("input/output and/or client/server", &[]),
            ("Call refill(9, 5, 10) or parse().", &["identifier refill(9, 5, 10)", "identifier parse()"]),
            ("the test(s) of `max workers`", &["identifier max workers"]),
            ("`src/a.rs` holds it", &["path src/a.rs"]),
            (
                "maxRetries, RateLimiter, a_b and utf-8",
                &["identifier maxRetries", "identifier RateLimiter", "identifier a_b", "identifier utf-8"],
            ),
            ("a well-known state-of-the-art Limiter", &[]),
            ("context.maxBytes, e.g. of a.m. and i.e. this", &["identifier context.maxBytes"]),
            ("Pass --dags or -n", &["identifier --dags", "identifier -n"]),
            ("Within 30 seconds or 250ms", &["number 30s", "number 250ms"]),
            ("At most five of 2,000 tasks", &["number five", "number 2,000 tasks"]),
            ("At least 95% for $2.50", &["number 95%", "number $2.50"]),
            ("Node 22.1.0, ^18.2 and v2", &["version 22.1.0", "version ^18.2", "version v2"]),
            ("It says \"too many requests\" then", &["quoted too many requests"]),
            ("It's the dogs' and 'empty rate' here", &["quoted empty rate"]),
            ("see https://a.b/c?d=1.", &["url https://a.b/c?d=1"]),
            (
                "E0308, TS2322 and ENOENT, ERR_X",
                &["error_code E0308", "error_code TS2322", "error_code ENOENT", "error_code ERR_X"],
            ),
            ("The worker must not write to git, but may read.", &["negation must not write to git"]),
            ("Don't retry; never wait.", &["negation don't retry", "negation never wait"]),
            ("It works without a network.", &["negation without a network"]),
            ("Use no new dependency.", &["negation no new dependency"]),
            ("I am not sure, no doubt. Not only this.", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn list_numbers_are_no_atoms() {
        assert_eq!(told("1. First\n2) Second\n- 3 tasks"), ["number 3 tasks"]);
    }

    #[test]
    fn bodies_of_files_and_quiet_logs_hold_none() {
        let text = "```js src/a.js:5-5\nconst maxA = 5;\n```\n\
                    2026-01-01T10:00:00Z INFO took 35 ms\n\
                    2026-01-01T10:00:01Z ERROR pid 9: ENOENT at src/b.js:3\n\
                    ```\nconst maxB = 1;\n```";
        assert_eq!(
            told(text),
            ["path src/a.js", "error_code ENOENT", "path src/b.js:3", "identifier maxB", "number 1"]
        );
    }

    #[test]
    fn a_shorter_wording_is_held_against_the_longer_one() {
        let long = "The worker must not write files to `src/a.js` within 30 seconds. It says \"no rate\".";
        assert_eq!(keeps_atoms(long, "Never write files to src/a.js within 30 s; say no rate"), Ok(()));
        let lost = keeps_atoms(long, "Write files to src/a.jsx within 3 s: \"no rate\"").unwrap_err();
        let lost: Vec<String> = lost.iter().map(Atom::to_string).collect();
        assert_eq!(lost, ["src/a.js", "30s", "\"must not write files to src/a.js within 30 seconds\""]);
    }
}
