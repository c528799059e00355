//! The parts of a markdown text: fenced blocks, paragraphs and list items.

use super::lines::Lines;
use crate::fences;

/// A fenced block with its fences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fenced {
    /// Where it begins, in bytes.
    pub from: usize,
    /// Where it ends, in bytes.
    pub to: usize,
    /// Lines between the fences.
    pub lines: usize,
    /// Bytes between the fences.
    pub bytes: usize,
}

/// A paragraph, a heading or a list item, with its marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it begins, in bytes.
    pub from: usize,
    /// Where it ends, in bytes.
    pub to: usize,
    /// How many lines it has.
    pub lines: usize,
    /// What it is by its beginning.
    pub kind: BlockKind,
}

impl Block {
    /// Whether a line right below still belongs to it.
    fn goes_on(&self, kind: BlockKind) -> bool {
        matches!(
            (self.kind, kind),
            (BlockKind::Plain | BlockKind::Item, BlockKind::Plain) | (BlockKind::Quote, BlockKind::Quote)
        )
    }
}

/// What a block is by its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// Lines of a paragraph.
    Plain,
    /// An item of a list with its marker.
    Item,
    /// A heading.
    Heading,
    /// Text that is somebody else's: lines that begin with `>`.
    Quote,
    /// A row of a table.
    Row,
}

/// A part of a text. Empty lines belong to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Code.
    Fenced(Fenced),
    /// Words.
    Block(Block),
}

/// The parts of a text in order, read line by line. A fence that never ends goes to the end.
pub struct Parts<'a> {
    text: &'a str,
    lines: Lines<'a>,
    /// A fenced block that is not closed yet, and the marks that close it.
    open: Option<(Fenced, &'a str)>,
    /// A block that may go on.
    block: Option<Block>,
}

/// The parts of a text.
pub fn parts(text: &str) -> Parts<'_> {
    Parts { text, lines: Lines::between(text, 0, text.len()), open: None, block: None }
}

impl Iterator for Parts<'_> {
    type Item = Part;

    #[inline]
    fn next(&mut self) -> Option<Part> {
        while let Some((from, to)) = self.lines.next() {
            let line = &self.text.as_bytes()[from..to];
            let found = if may_be_fence(line) { fence(&self.text[from..to]) } else { None };
            let ended = match (&mut self.open, found) {
                (Some((fenced, marks)), Some((closing, ""))) if closing.starts_with(*marks) => {
                    let closed = Fenced { to, ..*fenced };
                    self.open = None;
                    return Some(Part::Fenced(closed));
                }
                (Some((fenced, _)), _) => {
                    fenced.lines += 1;
                    fenced.bytes += line.len();
                    None
                }
                (None, Some((marks, _))) => {
                    self.open = Some((Fenced { from, to: self.text.len(), lines: 0, bytes: 0 }, marks));
                    self.block.take()
                }
                (None, None) => self.add(line, from, to),
            };
            if let Some(block) = ended {
                return Some(Part::Block(block));
            }
        }
        let block = self.block.take().map(Part::Block);
        block.or_else(|| self.open.take().map(|(fenced, _)| Part::Fenced(fenced)))
    }
}

impl Parts<'_> {
    /// Adds a line outside of fences; the block that it ends.
    fn add(&mut self, line: &[u8], from: usize, to: usize) -> Option<Block> {
        let Some(kind) = kind(line) else {
            return self.block.take();
        };
        match &mut self.block {
            Some(block) if block.goes_on(kind) => {
                block.to = to;
                block.lines += 1;
                None
            }
            _ => self.block.replace(Block { from, to, lines: 1, kind }),
        }
    }
}

/// `None` for an empty line.
fn kind(bytes: &[u8]) -> Option<BlockKind> {
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let next = bytes.get(start + 1);
    Some(match bytes[start] {
        b'-' | b'*' | b'+' if matches!(next, Some(b' ' | b'\t')) => BlockKind::Item,
        b'0'..=b'9' if is_number_marker(&bytes[start..]) => BlockKind::Item,
        b'#' if bytes[start..].iter().find(|byte| **byte != b'#') == Some(&b' ') => BlockKind::Heading,
        b'>' => BlockKind::Quote,
        b'|' => BlockKind::Row,
        _ => BlockKind::Plain,
    })
}

fn is_number_marker(bytes: &[u8]) -> bool {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits <= 3 && matches!(bytes.get(digits..digits + 2), Some([b'.' | b')', b' ']))
}

/// A quick look: only lines whose first marks are backticks or tildes can be fences.
fn may_be_fence(line: &[u8]) -> bool {
    let first = line.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'-'));
    matches!(first, Some(b'`' | b'~'))
}

/// A line that begins or ends a fenced block, which may be the beginning of a list's item.
fn fence(line: &str) -> Option<(&str, &str)> {
    fences::fence(line.trim_start().trim_start_matches("- "))
}
