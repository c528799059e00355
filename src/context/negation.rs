//! Clauses that say no.

use std::collections::BTreeSet;

use super::atoms::{Atom, AtomKind};

/// So many words of a clause count at most.
const WORDS_MAX: usize = 14;

/// Adds a sentence's negated clauses: from the negation (and the verb before it that it belongs to)
/// to the clause's end.
pub(super) fn read(sentence: &str, found: &mut Vec<Atom>) {
    // Few sentences say no, and looking is cheap.
    if !may_negate(sentence) {
        return;
    }
    let words: Vec<String> = sentence.split_whitespace().map(str::to_lowercase).collect();
    let mut at = 0;
    while at < words.len() {
        if !is_negation(&words, at) {
            at += 1;
            continue;
        }
        let end = clause_end(&words, at);
        let mut start =
            at - usize::from(at > 0 && is_auxiliary(bare(&words[at - 1])) && !ends_clause(&words[at - 1]));
        let has_content = |from: usize| words[from..end].iter().any(|word| is_content(bare(word)));
        if !has_content(at + 1) {
            // "…, if it is not.": what it is about stands before.
            let first = at.saturating_sub(WORDS_MAX);
            start = (first..at).rev().find(|&i| ends_clause(&words[i])).map_or(first, |i| i + 1);
        }
        let start = start.max(end.saturating_sub(2 * WORDS_MAX));
        let clause: Vec<&str> =
            words[start..end].iter().map(|word| bare(word)).filter(|w| !w.is_empty()).collect();
        if clause.iter().any(|word| is_content(word)) {
            found.push(Atom::new(AtomKind::Negation, clause.join(" ")));
        }
        at = end;
    }
}

/// Whether two sentences say no equally often: `must log` and `must not log` do not.
pub(super) fn count(sentence: &str) -> usize {
    if !may_negate(sentence) {
        return 0;
    }
    let words: Vec<String> = sentence.split_whitespace().map(str::to_lowercase).collect();
    (0..words.len()).filter(|&at| is_negator(bare(&words[at]))).count()
}

/// The words of a clause that carry its meaning, without a plural's `s`. Numbers and their units are
/// atoms of their own and may be written differently.
pub(super) fn content(clause: &str) -> BTreeSet<String> {
    clause
        .split_whitespace()
        .map(bare)
        .filter(|word| is_content(word) && !is_quantity(word))
        .map(|word| word.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(word).to_owned())
        .collect()
}

const NEGATORS: [&str; 16] = [
    "not",
    "no",
    "never",
    "without",
    "cannot",
    "nor",
    "neither",
    "none",
    "nothing",
    "nobody",
    "nowhere",
    "unless",
    "except",
    "avoid",
    "forbidden",
    "prohibited",
];

fn may_negate(sentence: &str) -> bool {
    sentence.split_whitespace().any(|word| {
        let word = bare(word);
        NEGATORS.iter().any(|known| known.eq_ignore_ascii_case(word)) || is_contracted(word)
    })
}

fn is_contracted(word: &str) -> bool {
    ["n't", "n’t", "N'T", "N’T"].iter().any(|end| word.ends_with(end))
}

fn is_negator(word: &str) -> bool {
    NEGATORS.contains(&word) || is_contracted(word)
}

/// Whether the clause at `at` says no about its matter, and not about what somebody thinks.
fn is_negation(words: &[String], at: usize) -> bool {
    const STANCES: [&str; 16] = [
        "sure",
        "only",
        "doubt",
        "wonder",
        "matter",
        "idea",
        "know",
        "think",
        "believe",
        "necessarily",
        "problem",
        "surprise",
        "least",
        "mention",
        "mind",
        "worry",
    ];
    let word = bare(&words[at]);
    let next = words.get(at + 1).map_or("", |next| bare(next));
    let is_abbreviation = words[at] == "no." && next.starts_with(|c: char| c.is_ascii_digit());
    is_negator(word) && !is_abbreviation && (ends_clause(&words[at]) || !STANCES.contains(&next))
}

/// The index behind the clause's last word.
fn clause_end(words: &[String], at: usize) -> usize {
    const TURNS: [&str; 8] =
        ["but", "because", "although", "though", "while", "whereas", "since", "otherwise"];
    let limit = words.len().min(at + WORDS_MAX);
    for end in at + 1..limit {
        if ends_clause(&words[end - 1]) || TURNS.contains(&words[end].as_str()) {
            return end;
        }
    }
    limit
}

fn ends_clause(word: &str) -> bool {
    word.ends_with([',', ';', ':', '.', '!', '?', '—']) || word.ends_with("),")
}

/// A word without the marks around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| {
        matches!(
            c,
            ',' | ';'
                | ':'
                | '.'
                | '!'
                | '?'
                | '('
                | ')'
                | '"'
                | '\''
                | '`'
                | '*'
                | '“'
                | '”'
                | '—'
                | '['
                | ']'
        )
    })
}

fn is_auxiliary(word: &str) -> bool {
    const WORDS: [&str; 19] = [
        "must", "should", "shall", "may", "can", "could", "will", "would", "do", "does", "did", "is", "are",
        "was", "were", "has", "have", "need", "be",
    ];
    WORDS.contains(&word)
}

fn is_quantity(word: &str) -> bool {
    const UNITS_BYTES_MAX: usize = 3;
    word.starts_with(|c: char| c.is_ascii_digit())
        || super::lexer::unit(word).is_some_and(|unit| unit.len() <= UNITS_BYTES_MAX)
}

fn is_content(word: &str) -> bool {
    const EMPTY: [&str; 36] = [
        "a", "an", "the", "to", "of", "in", "on", "at", "by", "for", "from", "with", "and", "or", "as", "it",
        "its", "this", "that", "these", "those", "there", "any", "all", "be", "been", "if", "when", "than",
        "then", "so", "we", "you", "they", "ever", "into",
    ];
    !word.is_empty() && !EMPTY.contains(&word) && !is_negator(word) && !is_auxiliary(word)
}
