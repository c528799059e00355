//! A block of prose as sentences of classified words; what is quoted or code has no class.

use super::lexicon::{Class, class_of};
use crate::text::floor;
use crate::words::{Folded, Words, fold};

/// What stands between a word and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// Nothing that ends anything.
    Space,
    /// An apostrophe, as in `let's`.
    Apostrophe,
    /// A comma, a colon, a dash, a bracket.
    Clause,
    /// A colon.
    Colon,
    /// The end of a sentence.
    Sentence,
}

/// A word of a sentence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// 0 when it is quoted or part of a name.
    pub hash: u64,
    pub class: Class,
    pub gap: Gap,
    pub is_quoted: bool,
    /// Whether the block begins with it.
    pub is_first: bool,
}

/// A sentence with its place and how it ends.
#[derive(Debug)]
pub(super) struct Sentence {
    pub from: usize,
    pub to: usize,
    pub tokens: Vec<Token>,
    pub is_question: bool,
    pub is_exclaimed: bool,
}

/// Longer sentences are cut, so that the time for a text grows with its length only.
const TOKENS_MAX: usize = 200;

/// The sentences of a block that begins at `from`.
pub(super) fn sentences(block: &str, from: usize) -> Vec<Sentence> {
    let quoted = quoted(block);
    let mut sentences: Vec<Sentence> = Vec::new();
    let mut end = 0;
    let mut at = 0;
    for word in Words::new(block) {
        while quoted.get(at).is_some_and(|(_, to)| *to <= word.from) {
            at += 1;
        }
        let is_quoted = quoted.get(at).is_some_and(|(from, _)| *from <= word.from);
        let (gap, closed, mark) = gap(&block[end..word.from]);
        if let Some(last) = sentences.last_mut() {
            last.to = from + end + if gap == Gap::Sentence { closed } else { 0 };
            last.is_question |= mark == '?' && gap == Gap::Sentence && !is_inside(&quoted, end);
            last.is_exclaimed |= mark == '!' && gap == Gap::Sentence && !is_inside(&quoted, end);
        }
        let is_long = sentences.last().is_some_and(|last| last.tokens.len() >= TOKENS_MAX);
        if is_long || sentences.is_empty() || (gap == Gap::Sentence && !is_quoted) {
            let from = from + word.from;
            sentences.push(Sentence {
                from,
                to: from,
                tokens: Vec::new(),
                is_question: false,
                is_exclaimed: false,
            });
        }
        if let Some(sentence) = sentences.last_mut() {
            // Parts of names and paths are no words: `let_me_think`, `try.run`.
            let is_name = is_name(block, word.from, word.to);
            let is_mute = is_quoted || is_name;
            let (hash, class) = if is_mute { (0, 0) } else { (word.hash, class_of(word.hash)) };
            sentence.tokens.push(Token { hash, class, gap, is_quoted, is_first: end == 0 });
            sentence.to = from + word.to;
        }
        end = word.to;
    }
    if let Some(last) = sentences.last_mut() {
        let rest = &block[end..];
        let marks = rest.trim_end();
        last.is_question |= marks.contains('?') && !is_inside(&quoted, end);
        last.is_exclaimed |= marks.contains('!') && !is_inside(&quoted, end);
        last.to = from + end + marks.len();
    }
    sentences
}

/// Whether a word hangs on another without a space, by what names and paths are joined with.
fn is_name(block: &str, from: usize, to: usize) -> bool {
    let bytes = block.as_bytes();
    let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let is_joint = |at: usize| matches!(bytes.get(at), Some(b'_' | b'.' | b'/' | b'\\' | b'@' | b'='));
    from >= 2 && is_joint(from - 1) && is_letter(from - 2) || is_joint(to) && is_letter(to + 1)
}

fn is_inside(quoted: &[(usize, usize)], at: usize) -> bool {
    let next = quoted.partition_point(|(_, to)| *to <= at);
    quoted.get(next).is_some_and(|(from, _)| *from <= at)
}

/// What a gap does, how many of its bytes still belong to the sentence before it, and its mark.
fn gap(text: &str) -> (Gap, usize, char) {
    if text == " " {
        return (Gap::Space, 0, ' ');
    }
    let mut gap = Gap::Space;
    let mut ended: Option<(usize, char)> = None;
    for (at, c) in text.char_indices() {
        let c = match c.is_ascii() {
            true => c,
            false => match fold(c) {
                Folded::Separator(c) => c,
                _ => continue,
            },
        };
        let after = at + text[at..].chars().next().map_or(1, char::len_utf8);
        match c {
            '.' | '!' | '?' | '…' | '。' => {
                ended = Some((after, if ended.is_some_and(|(_, mark)| mark == '?') { '?' } else { c }))
            }
            ' ' | '\n' | '\t' | '\r' => {
                if let Some((closed, mark)) = ended {
                    return (Gap::Sentence, closed, mark);
                }
            }
            '\'' | '’' | '‘' if gap == Gap::Space => gap = Gap::Apostrophe,
            ':' => gap = gap.max(Gap::Colon),
            ',' | ';' | '(' | ')' | '[' | ']' | '–' | '—' | '|' | '/' => gap = gap.max(Gap::Clause),
            _ => {}
        }
    }
    if gap == Gap::Apostrophe && text.contains(' ') {
        gap = Gap::Space;
    }
    if text.contains(" - ") {
        gap = Gap::Clause;
    }
    (gap, 0, ' ')
}

/// The ranges inside quotation marks and code spans, ascending.
pub(super) fn quoted(block: &str) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let mut chars = block.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, c)) = chars.next() {
        let close: &[char] = match c {
            '"' => &['"'],
            '“' => &['”', '“'],
            '„' => &['“', '”', '‟'],
            '«' => &['»'],
            '»' => &['«'],
            '‘' => &['’'],
            '`' => &['`'],
            '\'' if !before.is_alphanumeric() => &['\''],
            _ => {
                before = c;
                continue;
            }
        };
        before = c;
        let start = at + c.len_utf8();
        if let Some(end) = closing(block, start, close, c) {
            ranges.push((at, end));
            while chars.peek().is_some_and(|(at, _)| *at < end) {
                chars.next();
            }
            before = ' ';
        }
    }
    ranges
}

/// Behind the mark that closes what was opened, looked for within a few sentences.
fn closing(block: &str, start: usize, close: &[char], open: char) -> Option<usize> {
    const BYTES_MAX: usize = 600;
    let end = floor(block, (start + BYTES_MAX).min(block.len()));
    let text = &block[start..end];
    let mut found = text.match_indices(close).map(|(at, mark)| (at, at + mark.len()));
    let is_end = |(at, to): &(usize, usize)| {
        // An apostrophe inside a word closes nothing.
        !matches!(open, '\'' | '‘')
            || !text[*to..].starts_with(char::is_alphanumeric) && *at > 0 && !text[..*at].ends_with(' ')
    };
    found.find(is_end).map(|(_, to)| start + to)
}
