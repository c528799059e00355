//! The parts of a markdown text: fenced blocks, paragraphs and list items.

use super::finding::{Found, Rule};

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
    pub kind: BlockKind,
}

impl Block {
    /// Whether a plain line below still belongs to it.
    fn goes_on(&self) -> bool {
        matches!(self.kind, BlockKind::Plain | BlockKind::Item)
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

/// The parts of a text in order.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub fenced: Vec<Fenced>,
    pub blocks: Vec<Block>,
}

/// Reads a text line by line. A fence that never ends goes to the end.
pub(super) fn read(text: &str) -> Layout {
    let mut layout = Layout::default();
    let mut open: Option<(Fenced, &str)> = None;
    let mut at = 0;
    let mut is_running = false;
    for line in text.split_inclusive('\n') {
        let (from, to) = (at, at + line.len());
        at = to;
        let found = if may_be_fence(line) { fence(line) } else { None };
        match (&mut open, found) {
            (Some((block, marks)), Some((closing, ""))) if closing.starts_with(*marks) => {
                layout.fenced.push(Fenced { to, ..*block });
                open = None;
            }
            (Some((block, _)), _) => {
                block.lines += 1;
                block.bytes += line.len();
            }
            (None, Some((marks, _))) => {
                open = Some((Fenced { from, to: text.len(), lines: 0, bytes: 0 }, marks));
                is_running = false;
            }
            (None, None) => is_running = layout.add(line, from, to, is_running),
        }
    }
    layout.fenced.extend(open.map(|(block, _)| block));
    layout
}

impl Layout {
    /// Adds a line outside of fences; whether a paragraph goes on after it.
    fn add(&mut self, line: &str, from: usize, to: usize, is_running: bool) -> bool {
        let Some(kind) = kind(line) else {
            return false;
        };
        match self.blocks.last_mut() {
            Some(last) if is_running && kind == BlockKind::Plain && last.goes_on() => last.to = to,
            Some(last) if is_running && kind == BlockKind::Quote && last.kind == kind => last.to = to,
            _ => self.blocks.push(Block { from, to, kind }),
        }
        true
    }
}

/// `None` for an empty line.
fn kind(line: &str) -> Option<BlockKind> {
    let bytes = line.as_bytes();
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
fn may_be_fence(line: &str) -> bool {
    let first = line.bytes().find(|byte| !matches!(byte, b' ' | b'\t' | b'-'));
    matches!(first, Some(b'`' | b'~'))
}

/// The marks of a fence (three or more backticks or tildes) and what follows them on the line.
/// Any indentation and list marker is allowed, since blocks also sit inside list items.
fn fence(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start().trim_start_matches("- ").trim();
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let marks = &line[..line.len() - rest.len()];
    (marks.len() >= 3 && !(mark == '`' && rest.contains('`'))).then_some((marks, rest.trim()))
}

/// Fenced blocks that are too long, each or together.
pub(super) fn findings(layout: &Layout) -> Vec<Found> {
    let mut found = Vec::new();
    let mut lines_so_far = 0;
    for block in &layout.fenced {
        let was_within = lines_so_far <= ALL_LINES_MAX;
        lines_so_far += block.lines;
        let what = if block.lines > BLOCK_LINES_MAX {
            format!("a code block of {} lines, at most {BLOCK_LINES_MAX} are allowed", block.lines)
        } else if block.bytes > BLOCK_BYTES_MAX {
            format!("a code block of {}", crate::text::bytes(block.bytes as u64))
        } else if was_within && lines_so_far > ALL_LINES_MAX {
            format!("more than {ALL_LINES_MAX} lines of code in {} blocks", layout.fenced.len())
        } else {
            continue;
        };
        let message = format!("{what}: name the file and the lines instead");
        found.push(Found { rule: Rule::LongBlock, from: block.from, to: block.to, weight: 100, message });
    }
    found
}
