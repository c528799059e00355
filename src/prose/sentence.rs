//! A block of prose as sentences of classified words; what is quoted or code has no class.

use super::lexicon::Class;
use crate::floor;
use crate::words::{Folded, Word, fold, swar};

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
#[derive(Clone, Copy, Debug)]
pub(super) struct Sentence {
    pub from: usize,
    pub to: usize,
    pub is_question: bool,
    pub is_exclaimed: bool,
    /// Where its words begin among all.
    first: usize,
}

/// Longer sentences are cut, so that the time for a text grows with its length only.
const TOKENS_MAX: usize = 200;

/// The sentences of a block. Made once and filled anew for each block.
#[derive(Debug, Default)]
pub(super) struct Sentences {
    sentences: Vec<Sentence>,
    tokens: Vec<Token>,
    quoted: Vec<(usize, usize)>,
}

impl Sentences {
    /// Each sentence with its words.
    pub fn iter(&self) -> impl Iterator<Item = (&Sentence, &[Token])> {
        let ends = self.sentences.iter().skip(1).map(|next| next.first).chain([self.tokens.len()]);
        self.sentences.iter().zip(ends).map(|(sentence, end)| (sentence, &self.tokens[sentence.first..end]))
    }

    /// Whether the first word is of a class.
    pub fn begins_with(&self, class: Class) -> bool {
        self.tokens.first().is_some_and(|token| token.class & class != 0)
    }

    /// Reads a block that begins at `from`; the places of its words, each with what it does, are those in the
    /// text.
    pub fn read(&mut self, block: &str, from: usize, words: &[Word], classes: &[Class]) {
        self.sentences.clear();
        self.tokens.clear();
        quoted(block, &mut self.quoted);
        let mut end = 0;
        let mut at = 0;
        for (word, class) in words.iter().zip(classes) {
            let (word_from, word_to) = (word.from - from, (word.to - from).min(block.len()));
            while self.quoted.get(at).is_some_and(|(_, to)| *to <= word_from) {
                at += 1;
            }
            let is_quoted = self.quoted.get(at).is_some_and(|(from, _)| *from <= word_from);
            let (gap, closed, mark) = gap(&block[end..word_from]);
            if gap == Gap::Sentence {
                let is_inside = is_inside(&self.quoted, end);
                self.close(from + end + closed, mark == '?' && !is_inside, mark == '!' && !is_inside);
            }
            let is_long =
                self.sentences.last().is_some_and(|last| self.tokens.len() - last.first >= TOKENS_MAX);
            if is_long || self.sentences.is_empty() || (gap == Gap::Sentence && !is_quoted) {
                self.open(word.from);
            }
            // Parts of names and paths are no words: `let_me_think`, `try.run`.
            let is_mute = is_quoted || is_name(block, word_from, word_to);
            let (hash, class) = if is_mute { (0, 0) } else { (word.hash, *class) };
            self.tokens.push(Token { hash, class, gap, is_quoted, is_first: end == 0 });
            end = word_to;
            if let Some(last) = self.sentences.last_mut() {
                last.to = from + end;
            }
        }
        let marks = block[end..].trim_end();
        let is_inside = is_inside(&self.quoted, end);
        self.close(
            from + end + marks.len(),
            marks.contains('?') && !is_inside,
            marks.contains('!') && !is_inside,
        );
    }

    fn open(&mut self, from: usize) {
        let first = self.tokens.len();
        self.sentences.push(Sentence { from, to: from, is_question: false, is_exclaimed: false, first });
    }

    fn close(&mut self, to: usize, is_question: bool, is_exclaimed: bool) {
        if let Some(last) = self.sentences.last_mut() {
            last.to = to;
            last.is_question |= is_question;
            last.is_exclaimed |= is_exclaimed;
        }
    }
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
pub fn quoted(block: &str, ranges: &mut Vec<(usize, usize)>) {
    ranges.clear();
    let marks = |eight| {
        let is = |mark: u8| swar::is_byte(mark)(eight);
        is(b'"') | is(b'\'') | is(b'`') | swar::is_high(eight)
    };
    if !swar::has(block.as_bytes(), marks) {
        return;
    }
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
