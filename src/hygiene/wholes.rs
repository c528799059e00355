//! What is too short for a run of words and yet whole: a sentence of nine words, a short answer of a tool. A
//! part of that length may well be in two texts by chance, or be quoted with reason; all of it seldom is.

use prose::layout::{self, Part};
use prose::words::{Word, hash_of_all};

use super::marks::{Reading, Run, WINDOW_MIN, different, mark};

impl Reading {
    /// Words of the shortest whole.
    const fn whole_min(self) -> usize {
        match self {
            Self::Talk => 9,
            Self::Output => 16,
        }
    }
}

/// The fingerprint of a text that is whole; `None` when it is too short, says too little, or has so many runs
/// that one of them is kept anyway.
fn whole(text: &str, at: usize, reading: Reading) -> Option<Run> {
    let words = reading.of(text);
    if !(reading.whole_min()..reading.words() + WINDOW_MIN - 1).contains(&words.len()) {
        return None;
    }
    // What is longer has a run, by which it is known.
    let words = &words[..words.len().min(reading.words())];
    let is_telling =
        different(words, words.len()).first().is_some_and(|count| *count >= reading.different_min());
    let run = || Run {
        mark: mark(hash_of_all(&hashes(words))),
        from: at + words[0].from,
        to: at + words[words.len() - 1].to,
    };
    is_telling.then(run)
}

fn hashes(words: &[Word]) -> Vec<u64> {
    words.iter().map(|word| word.hash).collect()
}

/// Those of what was said: of its sentences, or of one answer of a tool.
pub(super) fn said(text: &str, reading: Reading) -> Vec<Run> {
    match reading {
        Reading::Talk => sentences(text, 0),
        Reading::Output => whole(text, 0, reading).into_iter().collect(),
    }
}

/// Those of a text that may repeat them: of its sentences, or of its paragraphs and fenced blocks.
pub(super) fn written(text: &str, reading: Reading) -> Vec<Run> {
    let in_part = |part: Part| match (part, reading) {
        (Part::Block(block), Reading::Talk) => sentences(&text[block.from..block.to], block.from),
        (Part::Block(block), Reading::Output) => {
            whole(&text[block.from..block.to], block.from, reading).into_iter().collect()
        }
        (Part::Fenced(_), Reading::Talk) => Vec::new(),
        (Part::Fenced(block), Reading::Output) => {
            // The first line may name a language.
            let lines = &text[block.from..block.to];
            let from = lines.find('\n').map_or(lines.len(), |end| end + 1);
            whole(&lines[from..], block.from + from, reading).into_iter().collect()
        }
    };
    layout::parts(text).flat_map(in_part).collect()
}

/// Those that a text would have if it were cut in any way.
pub(super) fn possible(text: &str, reading: Reading) -> Vec<u64> {
    let hashes = hashes(&reading.of(text));
    let lengths = reading.whole_min()..reading.words();
    lengths.flat_map(|length| hashes.windows(length).map(|words| mark(hash_of_all(words)))).collect()
}

/// The sentences of a paragraph that begins at a place.
fn sentences(paragraph: &str, at: usize) -> Vec<Run> {
    let is_end = |(end, _): &(usize, &str)| paragraph[end + 1..].starts_with(char::is_whitespace);
    let ends = paragraph.match_indices(['.', '!', '?']).filter(is_end).map(|(end, _)| end + 1);
    let mut from = 0;
    let mut found = Vec::new();
    for end in ends.chain([paragraph.len()]) {
        found.extend(whole(&paragraph[from..end], at + from, Reading::Talk));
        from = end;
    }
    found
}
