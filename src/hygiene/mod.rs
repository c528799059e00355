//! The last look at a text before an agent gets it: what does not belong is found, named and, where it
//! came from a source that may be missing, dropped. Structure counts first (declared ids, where text
//! came from, fences, quotes), words last.

mod copies;
mod filter;
mod finding;
mod frame;
mod ids;
mod layout;
mod lexicon;
mod lines;
mod look;
mod machine;
mod marks;
mod overheard;
mod past;
mod points;
mod scan;
mod sentence;
mod speech;
mod starts;
mod talk;

pub use copies::{ForeignKind, Prints};
pub use finding::{Finding, Rule};
pub use frame::Frame;
pub use marks::Marks;
pub use overheard::{Echo, Overheard};
pub use speech::{Heard, Speech};

use layout::Part;
use machine::Machine;
use scan::Scan;
use talk::Talk;

/// Every breach of a rule, by place. Takes time in proportion to the text's length.
pub fn verify(text: &str, frame: &Frame) -> Vec<Finding> {
    let mut scan = Scan::new(text, frame);
    let (mut machine, mut talk, mut fenced) = (Machine::default(), Talk::default(), Vec::new());
    for part in layout::parts(text) {
        match part {
            Part::Fenced(block) => {
                scan.read_to(block.to);
                machine.add_fenced(text);
                fenced.push(block);
            }
            Part::Block(block) => {
                let pull = scan.read_to(block.to);
                let is_code = machine.add(text, &block);
                if !is_code {
                    talk.add(text, &block, scan.words(), pull);
                }
            }
        }
    }
    let mut found = Vec::new();
    found.extend(size(text, frame.bytes_max));
    found.extend(ids::findings(text, frame, &scan.id_places));
    found.extend(layout::findings(&fenced));
    found.extend(machine.findings(text));
    found.extend(copies::findings(text, frame, &scan.copies));
    found.extend(overheard::findings(text, frame));
    found.extend(talk.findings());
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
