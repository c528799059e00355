//! A text in parts that can be kept or left out one by one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::atoms::{Atom, of_log, of_sentence};
use super::compress::KnownFile;
use super::document::Block;
use super::repeats;

/// A sentence, heading, line of a log or fenced block.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Index of its block.
    pub block: usize,
    /// How it is written.
    pub text: Cow<'a, str>,
    /// What it is.
    pub kind: Kind,
    /// Numbers of its atoms, each once.
    pub atoms: Vec<usize>,
    /// Its words as hashes.
    pub words: Vec<u64>,
    /// Whether it is written.
    pub kept: bool,
}

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of a paragraph.
    Sentence,
    /// Of a list item or quote.
    Item,
    /// Goes with what is below it.
    Heading,
    /// Of a log.
    Log,
    /// Stays as it is.
    Fence,
}

/// A text in parts.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    blocks: &'a [Block<'a>],
    /// In the order of the text.
    pub parts: Vec<Part<'a>>,
    numbers: BTreeMap<Atom, usize>,
    /// In how many kept parts an atom is.
    pub holders: Vec<usize>,
}

impl<'a> Draft<'a> {
    /// All parts of a text, all kept; blocks that show a known file become references to it.
    pub fn new(blocks: &'a [Block<'a>], files: &[KnownFile]) -> Self {
        let mut draft = Self { blocks, parts: Vec::new(), numbers: BTreeMap::new(), holders: Vec::new() };
        for (index, block) in blocks.iter().enumerate() {
            match block {
                Block::Blank => {}
                Block::Heading(text) => {
                    draft.add(index, Kind::Heading, Cow::Borrowed(text), of_sentence(text))
                }
                Block::Log(line) => draft.add(index, Kind::Log, Cow::Borrowed(line), of_log(line)),
                Block::Prose { lead, sentences } => {
                    let kind = if lead.is_empty() { Kind::Sentence } else { Kind::Item };
                    for text in sentences {
                        draft.add(index, kind, Cow::Borrowed(text), of_sentence(text));
                    }
                }
                Block::Fence { whole, .. } => {
                    let atoms = super::atoms::of_block(block);
                    match reference(block, files) {
                        Some(text) => draft.add(index, Kind::Fence, Cow::Owned(text), atoms),
                        None => draft.add(index, Kind::Fence, Cow::Borrowed(whole), atoms),
                    }
                }
            }
        }
        draft
    }

    fn add(&mut self, block: usize, kind: Kind, text: Cow<'a, str>, atoms: Vec<Atom>) {
        let atoms = self.intern(atoms);
        for atom in &atoms {
            self.holders[*atom] += 1;
        }
        let words = if kind == Kind::Fence { Vec::new() } else { repeats::words(&text) };
        self.parts.push(Part { block, text, kind, atoms, words, kept: true });
    }

    fn intern(&mut self, atoms: Vec<Atom>) -> Vec<usize> {
        let mut own: Vec<usize> = Vec::with_capacity(atoms.len());
        for atom in atoms {
            let next = self.numbers.len();
            let number = *self.numbers.entry(atom).or_insert(next);
            if number == next {
                self.holders.push(0);
            }
            own.push(number);
        }
        own.sort_unstable();
        own.dedup();
        own
    }

    /// Whether every atom of a part is in another part that is kept.
    pub fn can_go(&self, part: &Part) -> bool {
        part.atoms.iter().all(|atom| self.holders[*atom] > 1)
    }

    /// Leaves a part out.
    pub fn leave_out(&mut self, index: usize) {
        let part = &mut self.parts[index];
        part.kept = false;
        for atom in &part.atoms {
            self.holders[*atom] -= 1;
        }
    }

    /// Gives a part other words when they are fewer bytes and hold all its atoms. Atoms that come to
    /// be by the change are not counted as held.
    pub fn reword(&mut self, index: usize, text: String) -> bool {
        let now = self.intern(of_sentence(&text));
        let part = &mut self.parts[index];
        let is_better = text.len() < part.text.len() && part.atoms.iter().all(|atom| now.contains(atom));
        if is_better {
            part.words = repeats::words(&text);
            part.text = Cow::Owned(text);
        }
        is_better
    }

    /// The names of all atoms by their numbers.
    pub fn names(&self) -> Vec<&Atom> {
        let mut names: Vec<(&Atom, usize)> =
            self.numbers.iter().map(|(atom, number)| (atom, *number)).collect();
        names.sort_unstable_by_key(|(_, number)| *number);
        names.into_iter().map(|(atom, _)| atom).collect()
    }

    /// The text of the kept parts.
    pub fn render(&self) -> String {
        let mut out = String::new();
        let mut parts = self.parts.iter().peekable();
        let mut is_apart = false;
        for (index, block) in self.blocks.iter().enumerate() {
            is_apart |= *block == Block::Blank;
            let mut is_first = true;
            while let Some(part) = parts.next_if(|part| part.block == index) {
                if !part.kept {
                    continue;
                }
                if !is_first {
                    out.push(' ');
                } else {
                    if !out.is_empty() {
                        out.push_str(if is_apart { "\n\n" } else { "\n" });
                    }
                    is_apart = false;
                    if let Block::Prose { lead, .. } = block {
                        out.push_str(lead);
                    }
                }
                out.push_str(&part.text);
                is_first = false;
            }
        }
        out
    }
}

/// `path:from-to` for a block that shows a known file.
fn reference(block: &Block, files: &[KnownFile]) -> Option<String> {
    let Block::Fence { whole, file: Some(shown), .. } = block else { return None };
    let file = files.iter().find(|file| file.path == shown.path)?;
    let (from, to) = shown.range.unwrap_or((1, file.lines));
    let text = format!("{}:{from}-{to}", file.path);
    (text.len() < whole.len()).then_some(text)
}
