//! Criteria of two specs, matched with each other: first those that are the same, then those that say the
//! same, then those that moved to another task, then those that are alike.

use std::collections::BTreeSet;

use super::Level;
use super::compare::SpecChange;
use crate::plan::headings::{Line, normal, scan};
use crate::text::cut;

/// The section of SPEC.md that holds criteria.
const SECTION: &str = "acceptance criteria";
/// A criterion in a sentence is cut after so many bytes.
const SHOWN_BYTES_MAX: usize = 160;

/// A criterion and what it is of: a task, or a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Criterion<'a> {
    pub of: &'a str,
    pub text: &'a str,
}

/// What differs between the criteria of two specs.
pub(super) fn compare_criteria(old: &[Criterion], new: &[Criterion]) -> Vec<SpecChange> {
    let (mut old, mut new) = (old.to_vec(), new.to_vec());
    let mut changes = Vec::new();
    take_pairs(&mut old, &mut new, |old, new| old == new);
    for (old, new) in take_pairs(&mut old, &mut new, |old, new| old.of == new.of && is_same(old, new)) {
        let text = format!("{}: {} is worded {}", new.of, shown(&old), shown(&new));
        changes.push(SpecChange::new(Level::Patch, text));
    }
    for (old, new) in take_pairs(&mut old, &mut new, is_same) {
        let text = format!("{} moved from {} to {}", shown(&new), old.of, new.of);
        changes.push(SpecChange::new(Level::Patch, text));
    }
    for (old, new) in take_pairs(&mut old, &mut new, |old, new| old.of == new.of && is_alike(old, new)) {
        let text = format!("{}: {} became {}", new.of, shown(&old), shown(&new));
        changes.push(SpecChange::new(Level::Major, text));
    }
    for gone in &old {
        let text = format!("{}: {} was removed", gone.of, shown(gone));
        changes.push(SpecChange::new(Level::Major, text));
    }
    for come in &new {
        let text = format!("{}: {} was added", come.of, shown(come));
        changes.push(SpecChange::new(Level::Minor, text));
    }
    changes
}

/// Takes out of both what belongs together, each at most once.
fn take_pairs<'a>(
    old: &mut Vec<Criterion<'a>>,
    new: &mut Vec<Criterion<'a>>,
    belong: impl Fn(&Criterion, &Criterion) -> bool,
) -> Vec<(Criterion<'a>, Criterion<'a>)> {
    let mut pairs = Vec::new();
    old.retain(|one| match new.iter().position(|other| belong(one, other)) {
        Some(at) => {
            pairs.push((*one, new.remove(at)));
            false
        }
        None => true,
    });
    pairs
}

/// Whether two criteria say the same in other dress. What could be meant, as a sign or a digit, counts.
fn is_same(old: &Criterion, new: &Criterion) -> bool {
    plain(old.text) == plain(new.text)
}

/// A criterion without spaces at will, code marks, a capital at its beginning and a full stop at its end.
fn plain(text: &str) -> String {
    let text = text.replace('`', "");
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let text = text.trim_end_matches(['.', ';', ',', ' ']);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Whether at least half of the words of two criteria are the same.
fn is_alike(old: &Criterion, new: &Criterion) -> bool {
    let words = |text: &str| -> BTreeSet<String> {
        let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        parts.map(str::to_lowercase).collect()
    };
    let (old, new) = (words(old.text), words(new.text));
    2 * old.intersection(&new).count() >= old.union(&new).count()
}

fn shown(criterion: &Criterion) -> String {
    let words: Vec<&str> = criterion.text.split_whitespace().collect();
    format!("\"{}\"", cut(&words.join(" "), SHOWN_BYTES_MAX))
}

/// The criteria of a `SPEC.md`: the list items of its section "Acceptance Criteria".
pub(super) fn criteria_in(text: &str) -> Vec<String> {
    let mut criteria: Vec<String> = Vec::new();
    let mut level_of_section = None;
    let mut is_open = false;
    for line in scan(text).lines {
        match line {
            Line::Heading { level, title } => {
                if level_of_section.is_none_or(|section| level <= section) {
                    level_of_section = (normal(title) == SECTION).then_some(level);
                }
                is_open = false;
            }
            Line::Text(_) if level_of_section.is_none() => {}
            Line::Text(line) => match (item(line), criteria.last_mut()) {
                (Some(text), _) => {
                    criteria.push(text.to_owned());
                    is_open = true;
                }
                // An item goes on in indented lines.
                (None, Some(last)) if is_open && line.starts_with([' ', '\t']) && !line.trim().is_empty() => {
                    last.push(' ');
                    last.push_str(line.trim());
                }
                _ => is_open = false,
            },
        }
    }
    criteria
}

/// The text of a list item, without its mark and its box.
fn item(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = if digits.len() < line.len() {
        digits.strip_prefix(['.', ')'])?
    } else {
        line.strip_prefix(['-', '*', '+'])?
    };
    let text = rest.strip_prefix([' ', '\t'])?.trim();
    let boxed = ["[ ] ", "[x] ", "[X] "].into_iter().find_map(|mark| text.strip_prefix(mark));
    Some(boxed.unwrap_or(text)).filter(|text| !text.is_empty())
}
