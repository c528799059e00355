//! Changes to a text, of the kinds that hands, merges and disks make.

use proptest::prelude::*;
use proptest::sample::select;

/// A change at a place of the text.
#[derive(Clone, Debug)]
pub enum Mutation {
    /// Some characters are gone.
    Drop { at: usize, length: usize },
    /// A text was put in.
    Insert { at: usize, text: String },
    /// A character became another.
    Replace { at: usize, with: char },
    /// A line is there twice.
    Double { line: usize },
    /// A line is gone.
    DropLine { line: usize },
    /// Two lines changed places.
    Swap { one: usize, other: usize },
    /// A line moved to the right or to the left.
    Indent { line: usize, by: isize },
    /// Nothing follows.
    Cut { at: usize },
}

/// Words that mean something to one of the readers.
const WORDS: [&str; 40] = [
    ": ",
    "- ",
    "\n",
    "\t",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    "#",
    "&a",
    "*a",
    "!!str ",
    "|",
    ">-",
    "---\n",
    "...",
    "<<: ",
    "? ",
    "```",
    "````",
    "T01",
    "T02",
    "t01",
    "../x",
    "null",
    "~",
    "1e309",
    "-1",
    "\u{0}",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{feff}",
    "\r\n",
    "verdict: ",
    "issues:",
    "## ",
    "sk-",
    "-----",
];

/// A few changes to a text of about so many characters.
pub fn mutations(length: usize) -> impl Strategy<Value = Vec<Mutation>> {
    let at = 0..length + 1;
    let line = 0..60_usize;
    let text = prop_oneof![
        4 => select(WORDS.to_vec()).prop_map(str::to_owned),
        1 => "[ -~]{1,12}",
        1 => any::<String>(),
    ];
    let mutation = prop_oneof![
        (at.clone(), 1..12_usize).prop_map(|(at, length)| Mutation::Drop { at, length }),
        (at.clone(), text).prop_map(|(at, text)| Mutation::Insert { at, text }),
        (at.clone(), any::<char>()).prop_map(|(at, with)| Mutation::Replace { at, with }),
        (at.clone(), prop::char::range(' ', '~')).prop_map(|(at, with)| Mutation::Replace { at, with }),
        line.clone().prop_map(|line| Mutation::Double { line }),
        line.clone().prop_map(|line| Mutation::DropLine { line }),
        (line.clone(), line.clone()).prop_map(|(one, other)| Mutation::Swap { one, other }),
        (line, -4..5_isize).prop_map(|(line, by)| Mutation::Indent { line, by }),
        at.prop_map(|at| Mutation::Cut { at }),
    ];
    prop::collection::vec(mutation, 0..5)
}

/// The text after all changes. Places beyond its end are its end.
pub fn mutated(text: &str, mutations: &[Mutation]) -> String {
    mutations.iter().fold(text.to_owned(), apply)
}

fn apply(mut text: String, mutation: &Mutation) -> String {
    let place = |text: &str, at: usize| text.char_indices().nth(at).map_or(text.len(), |(place, _)| place);
    match mutation {
        Mutation::Drop { at, length } => {
            let (from, to) = (place(&text, *at), place(&text, at + length));
            text.replace_range(from..to, "");
        }
        Mutation::Insert { at, text: inserted } => text.insert_str(place(&text, *at), inserted),
        Mutation::Replace { at, with } => {
            let (from, to) = (place(&text, *at), place(&text, at + 1));
            text.replace_range(from..to, &with.to_string());
        }
        Mutation::Cut { at } => text.truncate(place(&text, *at)),
        Mutation::Double { line } => {
            return lines(&text, |lines| lines.insert(*line, lines[*line].clone()), *line);
        }
        Mutation::DropLine { line } => return lines(&text, |lines| drop(lines.remove(*line)), *line),
        Mutation::Swap { one, other } => {
            return lines(&text, |lines| lines.swap(*one, *other), *one.max(other));
        }
        Mutation::Indent { line, by } => {
            let indent = |line: &str| {
                let old = line.len() - line.trim_start_matches(' ').len();
                let new = old.saturating_add_signed(*by);
                format!("{}{}", " ".repeat(new), &line[old..])
            };
            return lines(&text, |lines| lines[*line] = indent(&lines[*line]), *line);
        }
    }
    text
}

/// Changes the lines of a text that has at least this one.
fn lines(text: &str, change: impl FnOnce(&mut Vec<String>), last: usize) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    if last < lines.len() {
        change(&mut lines);
    }
    lines.concat()
}
