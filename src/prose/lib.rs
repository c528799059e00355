//! Texts read fast: words, lines, blocks, and what in them the rules for contexts have to look at. A crate of
//! its own because it is built for speed, and all else for size: Cargo has one such choice for a crate.
//! It knows no rule and has no message: `hygiene` judges what is seen here.

pub mod fences;
mod filter;
pub mod layout;
mod lexicon;
mod lines;
mod look;
mod machine;
mod past;
mod points;
mod scan;
mod sentence;
mod starts;
mod talk;
pub mod words;

pub use machine::Run;
pub use scan::{Copy, SHINGLE_WORDS};
pub use sentence::quoted;
pub use talk::Passage;

use layout::{Fenced, Part};
use machine::Machine;
use scan::Scan;
use talk::Talk;

/// What in a text is worth judging, each by place.
#[derive(Debug, Default)]
pub struct Seen {
    /// The fenced blocks.
    pub fenced: Vec<Fenced>,
    /// Lines in a row that programs wrote.
    pub runs: Vec<Run>,
    /// Where words begin that an id begins with.
    pub ids: Vec<usize>,
    /// Words in a row that are known.
    pub copies: Vec<Copy>,
    /// Sentences that tell how the work went.
    pub talk: Vec<Passage>,
}

/// Reads a text once, in time that grows with its length only. `ids` are the first words of ids, `shingles`
/// so many words in a row that are known ([`SHINGLE_WORDS`]); each as hashes, in any order.
pub fn read(text: &str, ids: Vec<u64>, shingles: Vec<u64>) -> Seen {
    let mut scan = Scan::new(text, ids, shingles);
    let (mut machine, mut talk, mut fenced) = (Machine::default(), Talk::default(), Vec::new());
    for part in layout::parts(text) {
        match part {
            Part::Fenced(block) => {
                scan.read_to(block.to);
                machine.add_fenced();
                fenced.push(block);
            }
            Part::Block(block) => {
                scan.read_to(block.to);
                let is_code = machine.add(text, &block);
                if !is_code {
                    talk.add(text, &block, scan.words(), scan.classes());
                }
            }
        }
    }
    Seen { fenced, runs: machine.runs(), ids: scan.id_places, copies: scan.copies, talk: talk.passages() }
}

/// The last place between characters that is not behind `at`, in bytes.
pub fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
