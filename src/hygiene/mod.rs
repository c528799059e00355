//! The last look at a text before an agent gets it: what does not belong is found, named and, where it
//! came from a source that may be missing, dropped. Structure counts first (declared ids, where text
//! came from, fences, quotes), words last.

mod copies;
mod finding;
mod frame;
mod ids;
mod layout;
mod lexicon;
mod machine;
mod marks;
mod overheard;
mod scan;
mod sentence;
mod speech;
mod talk;

pub use copies::{ForeignKind, Prints};
pub use finding::{Finding, Rule};
pub use frame::Frame;
pub use marks::Marks;
pub use overheard::{Echo, Overheard};
pub use speech::{Heard, Speech};

/// Every breach of a rule, by place. Takes time in proportion to the text's length.
pub fn verify(text: &str, frame: &Frame) -> Vec<Finding> {
    let layout = layout::read(text);
    let hits = scan::scan(text, frame);
    let mut found = Vec::new();
    found.extend(size(text, frame.bytes_max));
    found.extend(ids::findings(text, frame, &hits.ids));
    found.extend(layout::findings(&layout));
    found.extend(machine::findings(text, &layout));
    found.extend(copies::findings(text, frame, &hits.copies));
    found.extend(overheard::findings(text, frame));
    found.extend(talk::findings(text, &layout, &hits.talk));
    finding::finish(text, found)
}

fn size(text: &str, bytes_max: usize) -> Option<finding::Found> {
    let over = text.len().checked_sub(bytes_max).filter(|over| *over > 0)?;
    Some(finding::Found {
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
