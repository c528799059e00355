//! The parts of a markdown text: fenced blocks, paragraphs and list items.

use super::finding::{Found, Rule};
use super::lines::Lines;
use crate::fences;

/// So many lines a fenced block may have: a pattern, not a file.
pub(super) const BLOCK_LINES_MAX: usize = 20;
/// And so many bytes: 20 lines of 100.
const BLOCK_BYTES_MAX: usize = 2_000;
/// All fenced blocks together: a file cut in slices is a file.
const ALL_LINES_MAX: usize = 3 * BLOCK_LINES_MAX;

/// A fenced block with its fences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fenced {
    pub from: usize,
    pub to: usize,
    /// Between the fences.
    pub lines: usize,
    pub bytes: usize,
}

/// A paragraph, a heading or a list item, with its marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub from: usize,
    pub to: usize,
    pub lines: usize,
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
pub(super) enum BlockKind {
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
pub(super) enum Part {
    Fenced(Fenced),
    Block(Block),
}

/// The parts of a text in order, read line by line. A fence that never ends goes to the end.
pub(super) struct Parts<'a> {
    text: &'a str,
    lines: Lines<'a>,
    /// A fenced block that is not closed yet, and the marks that close it.
    open: Option<(Fenced, &'a str)>,
    /// A block that may go on.
    block: Option<Block>,
}

/// The parts of a text.
pub(super) fn parts(text: &str) -> Parts<'_> {
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

/// Fenced blocks that are too long, each or together.
pub(super) fn findings(fenced: &[Fenced]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut lines_so_far = 0;
    for block in fenced {
        let was_within = lines_so_far <= ALL_LINES_MAX;
        lines_so_far += block.lines;
        let what = if block.lines > BLOCK_LINES_MAX {
            format!("a code block of {} lines, at most {BLOCK_LINES_MAX} are allowed", block.lines)
        } else if block.bytes > BLOCK_BYTES_MAX {
            format!("a code block of {}", crate::text::bytes(block.bytes as u64))
        } else if was_within && lines_so_far > ALL_LINES_MAX {
            format!("more than {ALL_LINES_MAX} lines of code in {} blocks", fenced.len())
        } else {
            continue;
        };
        let message = format!("{what}: name the file and the lines instead");
        found.push(Found { rule: Rule::LongBlock, from: block.from, to: block.to, weight: 100, message });
    }
    found
}
