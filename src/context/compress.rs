//! Texts made shorter without a model: the same bytes for the same text, and nothing is lost that
//! must be kept, or there is no shorter text.
//!
//! Always: white space is folded, bodies of known files become `path:from-to`, what was said already
//! goes. Only when it is still too much: words that say nothing go, then the sentences that are worth
//! least, then asides.

use std::collections::BTreeSet;

use thiserror::Error;

use super::atoms::{Atom, AtomKind, atoms};
use super::document::{blocks, fold};
use super::draft::{Draft, Kind};
use super::repeats::Seen;
use super::{negation, wording};
use crate::text;

/// A file of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// Relative to the repository's root, with `/`.
    pub path: String,
    /// How many lines it has.
    pub lines: u32,
}

/// A text that cannot be made short enough without a loss.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", self.tell())]
pub struct Refusal {
    /// What must be kept and does not fit, by rank.
    pub atoms: Vec<Atom>,
    /// The least that the text takes with all its atoms, in UTF-8 bytes.
    pub bytes_needed: usize,
    /// What would fit.
    pub bytes_max: usize,
}

impl Refusal {
    fn tell(&self) -> String {
        const SHOWN: usize = 5;
        let size = |bytes: usize| text::bytes(bytes as u64);
        let shown: Vec<String> = self.atoms.iter().take(SHOWN).map(Atom::to_string).collect();
        let more = match self.atoms.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let without = if shown.is_empty() {
            String::new()
        } else {
            format!(" without losing {}{more}", shown.join(", "))
        };
        format!(
            "the text cannot be made shorter than {} and {} fit{without}",
            size(self.bytes_needed),
            size(self.bytes_max)
        )
    }
}

/// A text of at most `bytes_max` bytes that keeps every atom of `text`. The result is never longer
/// than the text, and compressing it again changes nothing.
///
/// # Errors
/// [`Refusal`] when what must be kept does not fit.
pub fn compress(text: &str, bytes_max: usize, files: &[KnownFile]) -> Result<String, Refusal> {
    let mut text = fold(text);
    // Each round is shorter than the one before. That the last one finds nothing makes the result
    // one that stays as it is.
    loop {
        let shorter = round(&text, bytes_max, files).map(|shorter| fold(&shorter));
        match shorter {
            Ok(shorter) if shorter.len() < text.len() && holds(&shorter, &text) => text = shorter,
            _ if text.len() <= bytes_max => return Ok(text),
            Err(refusal) => return Err(refusal),
            Ok(_) => {
                let (atoms, bytes_needed) = (atoms(&text), text.len());
                return Err(Refusal { atoms, bytes_needed, bytes_max });
            }
        }
    }
}

/// Whether every atom of the longer text is in the shorter one word for word; lines may be added to a
/// path.
fn holds(shorter: &str, longer: &str) -> bool {
    let held: BTreeSet<Atom> = atoms(shorter).into_iter().collect();
    atoms(longer).iter().all(|atom| {
        held.contains(atom)
            || (atom.kind == AtomKind::Path
                && held.iter().any(|other| {
                    let rest = other.text.strip_prefix(&atom.text);
                    other.kind == AtomKind::Path && rest.is_some_and(|rest| rest.starts_with(':'))
                }))
    })
}

/// One pass over a folded text.
fn round(text: &str, bytes_max: usize, files: &[KnownFile]) -> Result<String, Refusal> {
    let blocks = blocks(text);
    let mut draft = Draft::new(&blocks, files);
    let repeats = drop_repeats(&mut draft);
    let mut out = finish(&mut draft, &repeats);
    if out.len() <= bytes_max {
        return Ok(out);
    }
    for index in 0..draft.parts.len() {
        let part = &draft.parts[index];
        if !part.kept || !matches!(part.kind, Kind::Sentence | Kind::Item) {
            continue;
        }
        if let Some(text) = wording::without_fillers(&part.text) {
            draft.reword(index, text);
        }
    }
    let order = order_to_go(&draft);
    let mut gone: Vec<usize> = Vec::new();
    for index in order {
        if draft.can_go(&draft.parts[index]) {
            draft.leave_out(index);
            gone.push(index);
        }
    }
    out = put_back(&mut draft, &repeats, &gone, bytes_max);
    if out.len() > bytes_max {
        drop_asides(&mut draft);
        out = finish(&mut draft, &[repeats, gone].concat());
    }
    if out.len() <= bytes_max { Ok(out) } else { Err(refusal(&draft, out.len(), bytes_max)) }
}

/// Leaves out what an earlier part says already, and gives back which parts those are.
fn drop_repeats(draft: &mut Draft) -> Vec<usize> {
    let mut seen = Seen::default();
    let mut gone = Vec::new();
    for index in 0..draft.parts.len() {
        let part = &draft.parts[index];
        if matches!(part.kind, Kind::Heading | Kind::Fence) {
            continue;
        }
        let earlier = seen.find(&part.words).filter(|earlier| {
            let earlier = &draft.parts[*earlier].text;
            draft.can_go(part) && negation::count(earlier) == negation::count(&part.text)
        });
        if earlier.is_some() {
            draft.leave_out(index);
            gone.push(index);
        } else {
            seen.add(&part.words, index);
        }
    }
    gone
}

/// The kept parts that may go, those that are worth least first.
fn order_to_go(draft: &Draft) -> Vec<usize> {
    let mut said: BTreeSet<u64> = BTreeSet::new();
    let mut block = usize::MAX;
    let mut ranked: Vec<(i32, usize)> = Vec::new();
    let count = draft.parts.len().max(1);
    for (index, part) in draft.parts.iter().enumerate().filter(|(_, part)| part.kept) {
        let is_first = part.block != block;
        block = part.block;
        let known = part.words.iter().filter(|word| said.contains(word)).count();
        let redundancy = (30 * known / part.words.len().max(1)) as i32;
        said.extend(&part.words);
        let kind = match part.kind {
            Kind::Sentence => 0,
            Kind::Item => 10,
            Kind::Log => -100,
            // Headings go with what is below them, fences never.
            Kind::Heading | Kind::Fence => continue,
        };
        let place = if index == 0 { 20 } else { 5 * i32::from(is_first) } - (10 * index / count) as i32;
        ranked.push((wording::worth(&part.text, part.atoms.len()) + kind + place - redundancy, index));
    }
    // Of equals the later one goes first.
    ranked.sort_unstable_by_key(|(rank, index)| (*rank, usize::MAX - index));
    ranked.into_iter().map(|(_, index)| index).collect()
}

/// Takes the most valuable of the parts that went back in, as many as fit in a row.
fn put_back(draft: &mut Draft, repeats: &[usize], gone: &[usize], bytes_max: usize) -> String {
    let show = |draft: &mut Draft, from: usize| {
        for (nth, index) in gone.iter().enumerate() {
            draft.parts[*index].kept = nth >= from;
        }
        finish(draft, &[repeats, &gone[..from]].concat())
    };
    // The least number of parts, in order, without which it fits.
    let (mut low, mut high) = (0, gone.len());
    while low < high {
        let middle = (low + high) / 2;
        if show(draft, middle).len() <= bytes_max {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    show(draft, low)
}

/// Cuts asides that hold no atom out of every kept sentence. What is longer than a sentence can be is
/// left as it is.
fn drop_asides(draft: &mut Draft) {
    const BYTES_MAX: usize = 2_000;
    for index in 0..draft.parts.len() {
        if draft.parts[index].text.len() > BYTES_MAX {
            continue;
        }
        while draft.parts[index].kept && matches!(draft.parts[index].kind, Kind::Sentence | Kind::Item) {
            let text = draft.parts[index].text.to_string();
            let shorter = wording::asides(&text)
                .into_iter()
                .map(|(from, to)| format!("{}{}", &text[..from], &text[to..]));
            let is_cut = shorter.into_iter().any(|shorter| draft.reword(index, shorter));
            if !is_cut {
                break;
            }
        }
    }
}

/// The draft as text, without the headings under which nothing is left of what was there.
fn finish(draft: &mut Draft, gone: &[usize]) -> String {
    let is_gone: BTreeSet<usize> = gone.iter().copied().collect();
    let level = |text: &str| text.trim_start().bytes().take_while(|b| *b == b'#').count();
    // From the end, so that a heading of headings sees what became of them.
    let mut left: Vec<(usize, bool, bool)> = Vec::new();
    for index in (0..draft.parts.len()).rev() {
        let part = &draft.parts[index];
        if part.kind != Kind::Heading {
            left.push((usize::MAX, part.kept, is_gone.contains(&index)));
            continue;
        }
        let own = level(&part.text);
        let (mut has_text, mut has_lost) = (false, false);
        while let Some((_, kept, lost)) = left.pop_if(|(level, _, _)| *level > own) {
            has_text |= kept;
            has_lost |= lost;
        }
        // Other parts may have gone because the heading holds their atoms.
        let stays = has_text || !has_lost || !part.atoms.is_empty();
        draft.parts[index].kept = stays;
        left.push((own, stays, has_lost));
    }
    draft.render()
}

/// Which atoms do not fit: those of the parts behind the most valuable ones.
fn refusal(draft: &Draft, bytes_needed: usize, bytes_max: usize) -> Refusal {
    let mut order = order_to_go(draft);
    order.reverse();
    let mut room = bytes_max;
    let mut held: BTreeSet<usize> = BTreeSet::new();
    let mut missing: Vec<usize> = Vec::new();
    for index in order {
        let part = &draft.parts[index];
        match room.checked_sub(part.text.len() + 1) {
            Some(rest) => {
                room = rest;
                held.extend(&part.atoms);
            }
            None => missing.extend(&part.atoms),
        }
    }
    let names = draft.names();
    let mut told = BTreeSet::new();
    missing.retain(|atom| !held.contains(atom) && told.insert(*atom));
    let atoms = missing.into_iter().map(|atom| names[atom].clone()).collect();
    Refusal { atoms, bytes_needed, bytes_max }
}
