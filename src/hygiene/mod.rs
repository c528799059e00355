//! The last look at a text before an agent gets it: what does not belong is found, named and, where it
//! came from a source that may be missing, dropped. Structure counts first (declared ids, where text
//! came from, fences, quotes), words last.

mod blocks;
mod copies;
mod finding;
mod frame;
mod ids;
mod marks;
mod overheard;
mod speech;
mod wholes;

pub use copies::{ForeignKind, Prints};
pub use finding::{Finding, Rule};
pub use frame::Frame;
pub use marks::Marks;
pub use overheard::{Echo, Overheard};
pub use speech::{Heard, Speech};

use finding::{Found, excerpt};
use prose::{Passage, words::hash_of};

/// Every breach of a rule, by place. Takes time in proportion to the text's length.
pub fn verify(text: &str, frame: &Frame) -> Vec<Finding> {
    let ids = frame.ids.iter().map(|id| hash_of(id.as_str())).collect();
    let shingles = frame.prints.map(|prints| prints.hashes().collect()).unwrap_or_default();
    let seen = prose::read(text, ids, shingles);
    let mut found = Vec::new();
    found.extend(size(text, frame.bytes_max));
    found.extend(ids::findings(text, frame, &seen.ids));
    found.extend(blocks::fenced(&seen.fenced));
    found.extend(seen.runs.iter().filter_map(|run| blocks::run(text, run)));
    found.extend(copies::findings(text, frame, &seen.copies));
    found.extend(overheard::findings(text, frame));
    found.extend(seen.talk.iter().map(|passage| talk(text, passage)));
    finding::finish(text, found)
}

fn talk(text: &str, passage: &Passage) -> Found {
    let Passage { from, to, points } = *passage;
    Found {
        rule: Rule::Deliberation,
        from,
        to,
        weight: (50 + 10 * points).min(95) as u8,
        message: format!(
            "\"{}\" tells how the work went, not what to do: leave it out, or say only what was decided",
            excerpt(text, from, to)
        ),
    }
}

fn size(text: &str, bytes_max: usize) -> Option<Found> {
    let over = text.len().checked_sub(bytes_max).filter(|over| *over > 0)?;
    Some(Found {
        rule: Rule::Size,
        from: crate::text::floor(text, bytes_max),
        to: text.len(),
        weight: 100,
        message: format!(
            "the text is {} and at most {} fit: cut {}",
            crate::text::bytes(text.len() as u64),
            crate::text::bytes(bytes_max as u64),
            crate::text::bytes(over as u64)
        ),
    })
}

#[cfg(test)]
mod overheard_tests;
#[cfg(test)]
mod tests;
