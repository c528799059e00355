//! Tasks that a text names although its own task does not depend on them.

use prose::words::{Word, Words, hash_of};

use super::finding::{Found, Rule};
use super::frame::Frame;
use crate::ids::TaskId;
use crate::text::floor;

/// So far before a place a compound (`rest-T03`) may begin, in bytes.
const COMPOUND_BYTES_MAX: usize = 64;
/// Shorter ids count in their own case only: `t1` is a plain name.
const ANY_CASE_MIN: usize = 3;

/// An id as words: `auth-2` is two.
struct Id<'a> {
    id: &'a TaskId,
    words: Vec<u64>,
    is_foreign: bool,
}

/// Words joined by dashes and underscores.
struct Compound {
    words: Vec<Word>,
    /// What stands before each word but the first.
    joints: Vec<char>,
}

/// One finding for each mention. `places` are words that an id begins with.
pub(super) fn findings(text: &str, frame: &Frame, places: &[usize]) -> Vec<Found> {
    if places.is_empty() {
        return Vec::new();
    }
    let mut ids: Vec<Id> = frame
        .ids
        .iter()
        .chain(frame.dependencies)
        .chain([frame.own])
        .map(|id| Id {
            id,
            words: Words::new(id.as_str()).map(|word| word.hash).collect(),
            is_foreign: id != frame.own && !frame.dependencies.contains(id),
        })
        .filter(|id| !id.words.is_empty())
        .collect();
    ids.sort_by_key(|id| id.words[0]);
    let task = hash_of("task");
    let mut found: Vec<Found> = Vec::new();
    let mut read_to = 0;
    for place in places.iter().copied() {
        if place < read_to {
            continue;
        }
        let (compound, before) = compound_at(text, place, read_to);
        read_to = compound.words.last().map_or(place, |word| word.to);
        for (id, from, to) in named(text, &compound, before == Some(task), &ids) {
            found.push(Found {
                rule: Rule::ForeignTask,
                from,
                to,
                weight: 100,
                message: format!(
                    "names task {id}, which {} does not depend on: leave it out, or add it to depends_on",
                    frame.own
                ),
            });
        }
    }
    found
}

/// The whole compound that a word is part of, and the word before it on the same line.
fn compound_at(text: &str, place: usize, read_to: usize) -> (Compound, Option<u64>) {
    let start = floor(text, place.saturating_sub(COMPOUND_BYTES_MAX).max(read_to));
    // The first word may be cut in two when the text before it is longer.
    let is_cut = start > 0 && start < place;
    let gap = text[start..place].find(char::is_whitespace).filter(|_| is_cut);
    let start = gap.map_or(start, |at| start + at);
    let mut before = None;
    let mut compound = Compound { words: Vec::new(), joints: Vec::new() };
    let mut end = start;
    for word in Words::starting(text, start) {
        let gap = &text[end.min(word.from)..word.from];
        let joint = match gap {
            "-" | "－" | "\u{2010}" | "\u{2011}" => Some('-'),
            "_" | "＿" => Some('_'),
            _ => None,
        };
        match joint.filter(|_| !compound.words.is_empty()) {
            Some(joint) => compound.joints.push(joint),
            None if word.from > place => break,
            None => {
                before = compound.words.last().map(|word| word.hash).filter(|_| !gap.contains('\n'));
                compound.joints.clear();
                compound.words.clear();
                // A word that hangs on an underscore is part of a name.
                if gap.ends_with('_') {
                    compound.joints.push('_');
                }
            }
        }
        compound.words.push(word);
        end = word.to;
    }
    (compound, before)
}

/// The foreign tasks of a compound: all of it, or parts of it whose neighbours are ids or plain words.
fn named<'a>(
    text: &str,
    compound: &Compound,
    is_after_task: bool,
    ids: &[Id<'a>],
) -> Vec<(&'a TaskId, usize, usize)> {
    let words = &compound.words;
    let is_part = compound.joints.len() + 1 > words.len();
    let counts = |id: &Id| id.is_foreign && (is_distinct(id.id.as_str()) || is_after_task);
    let place = |id: &Id<'a>, words: &[Word]| Some((id.id, words.first()?.from, words.last()?.to));
    let whole = (!is_part).then(|| starting(ids, words).iter().find(|id| matches(text, words, id))).flatten();
    if let Some(id) = whole {
        return place(id, words).filter(|_| counts(id)).into_iter().collect();
    }
    let (mut found, mut at) = (Vec::new(), 0);
    while at < words.len() {
        let rest = &words[at..];
        let fits = |id: &&Id| rest.len() >= id.words.len() && matches(text, &rest[..id.words.len()], id);
        let longest = starting(ids, rest).iter().filter(fits).max_by_key(|id| id.words.len());
        let Some(id) = longest else {
            if !is_plain(&text[words[at].from..words[at].to]) {
                return Vec::new();
            }
            at += 1;
            continue;
        };
        found.extend(place(id, &rest[..id.words.len()]).filter(|_| counts(id)));
        at += id.words.len();
    }
    if compound.joints.contains(&'_') { Vec::new() } else { found }
}

/// The ids that begin with the first of the words.
fn starting<'i, 'a>(ids: &'i [Id<'a>], words: &[Word]) -> &'i [Id<'a>] {
    let hash = words.first().map_or(0, |word| word.hash);
    let from = ids.partition_point(|id| id.words[0] < hash);
    let to = ids.partition_point(|id| id.words[0] <= hash);
    &ids[from..to]
}

fn matches(text: &str, words: &[Word], id: &Id) -> bool {
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return false;
    };
    let written = &text[first.from..last.to];
    let any_case = id.id.as_str().len() >= ANY_CASE_MIN && !is_in_path(text, first.from, last.to);
    let has_case = any_case || written == id.id.as_str() || !written.is_ascii();
    has_case
        && words.len() == id.words.len()
        && words.iter().zip(&id.words).all(|(word, hash)| word.hash == *hash)
}

/// Whether a place is part of a path or of a file's name: `src/t01.js`.
fn is_in_path(text: &str, from: usize, to: usize) -> bool {
    let bytes = text.as_bytes();
    let is_joined = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    from > 0 && matches!(bytes[from - 1], b'/' | b'.' | b'\\')
        || matches!(bytes.get(to), Some(b'/' | b'\\'))
        || bytes.get(to) == Some(&b'.') && is_joined(to + 1)
}

/// Whether an id cannot be taken for a plain word or number.
fn is_distinct(id: &str) -> bool {
    id.contains(|c: char| c.is_ascii_digit()) && id.contains(|c: char| c.is_ascii_alphabetic())
}

/// `notes` in `T03-notes`, but not `A7Q` in the part number `T03-A7Q`.
fn is_plain(word: &str) -> bool {
    word.chars().all(|c| c.is_lowercase()) && word.chars().count() > 1
}
