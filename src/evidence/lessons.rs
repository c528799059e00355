//! What a task's failed attempts taught, kept while it is of use.

use serde::{Deserialize, Serialize};

use super::LINES_MAX;

/// After so many failed attempts in a row that did not repeat it, a lesson is left out: every attempt
/// begins anew, so one without it proves little, and three prove enough to make room for others.
const UNREPEATED_MAX: u32 = 3;

/// A line of evidence and how long ago it was true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept")]
pub struct Lesson {
    /// `Don't X: Y (source, file:line)`.
    pub text: String,
    /// Failed attempts since then that did not repeat it.
    pub unrepeated: u32,
}

/// A lesson as it is read back: earlier versions kept its text alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Text(String),
    Lesson { text: String, unrepeated: u32 },
}

impl From<Kept> for Lesson {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Text(text) => Self { text, unrepeated: 0 },
            Kept::Lesson { text, unrepeated } => Self { text, unrepeated },
        }
    }
}

/// What is known after one more failed attempt: its lines first, then what is older and not yet too
/// old, at most [`LINES_MAX`]. A fault that was repeated is told in its newest words.
pub fn remember(old: &[Lesson], new: Vec<String>) -> Vec<Lesson> {
    let aged = old.iter().map(|lesson| Lesson { unrepeated: lesson.unrepeated + 1, ..lesson.clone() });
    let mut lessons: Vec<Lesson> = Vec::new();
    for text in new {
        if !lessons.iter().any(|lesson| lesson.text == text) {
            lessons.push(Lesson { text, unrepeated: 0 });
        }
    }
    // What one attempt did wrong in two places is two lessons; what a later one did again is one.
    let repeated: Vec<String> = lessons.iter().map(|lesson| fault(&lesson.text)).collect();
    let aged = aged.filter(|lesson| lesson.unrepeated < UNREPEATED_MAX);
    lessons.extend(aged.filter(|lesson| !repeated.contains(&fault(&lesson.text))));
    lessons.truncate(LINES_MAX);
    lessons
}

/// The file that a line speaks of, when it names one and its path was not cut.
pub(crate) fn file_of(line: &str) -> Option<&str> {
    let (_, place) = line.strip_suffix(')')?.rsplit_once(" (")?.1.split_once(", ")?;
    let file = place.rsplit_once(':').map_or(place, |(file, _)| file);
    (!file.is_empty() && !file.starts_with('…')).then_some(file)
}

/// What makes two lines tell of the same fault: for a test its name and gate; for all else the words
/// and the file, whatever the numbers, since lines move and values change.
pub(crate) fn fault(line: &str) -> String {
    let (body, source) = line.rsplit_once(" (").unwrap_or((line, ""));
    let file = source.trim_end_matches(')').split(':').next().unwrap_or(source);
    let is_test = body.starts_with("Don't break \"");
    match body.split_once("\": ").filter(|_| is_test) {
        Some((test, _)) => format!("{test} {}", file.split(", ").next().unwrap_or(file)),
        None => {
            let body: String = body.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            let words: Vec<&str> = body.split('0').filter(|part| !part.is_empty()).collect();
            format!("{} {file}", words.join("0"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lessons: &[Lesson]) -> Vec<&str> {
        lessons.iter().map(|lesson| lesson.text.as_str()).collect()
    }

    fn after(old: &[Lesson], new: &[&str]) -> Vec<Lesson> {
        remember(old, new.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn a_repeated_fault_is_told_once_in_its_newest_words() {
        let first = after(
            &[],
            &["Don't break \"a\": 14 !== 10 (test, a.js:6)", "Don't leave no-undef: x (lint, a.js:3)"],
        );
        let then = after(
            &first,
            &["Don't break \"a\": 13 !== 10 (test, a.js:7)", "Don't leave no-undef: x (lint, b.js:3)"],
        );
        assert_eq!(
            texts(&then),
            [
                "Don't break \"a\": 13 !== 10 (test, a.js:7)",
                "Don't leave no-undef: x (lint, b.js:3)",
                "Don't leave no-undef: x (lint, a.js:3)"
            ]
        );
    }

    #[test]
    fn the_file_of_a_line_is_read_from_its_source() {
        assert_eq!(file_of("Don't break \"a (b)\": 1 (test, src/a.js:6)"), Some("src/a.js"));
        assert_eq!(file_of("Don't leave no-undef: x (lint, b.js)"), Some("b.js"));
        let cut = "Don't break \"a\": 1 (test, …/deep/down/a.js:6)";
        for line in
            ["Don't leave this open: f(1) is 2 (review)", "Run the build (first, always) before", cut, ""]
        {
            assert_eq!(file_of(line), None, "{line}");
        }
    }

    #[test]
    fn what_differs_in_one_attempt_is_kept_and_texts_are_read_back() {
        let issues =
            ["Don't leave this open: f(1) is 2 (review)", "Don't leave this open: f(3) is 4 (review)"];
        assert_eq!(texts(&after(&[], &issues)), issues);
        let old: Vec<Lesson> =
            serde_json::from_str("[\"Don't a\", {\"text\": \"Don't b\", \"unrepeated\": 2}]").unwrap();
        assert_eq!(texts(&after(&old, &[])), ["Don't a"]);
    }

    #[test]
    fn a_lesson_that_is_not_repeated_ages_out() {
        let mut lessons = after(&[], &["Don't leave this open: no test for 0 (review)"]);
        for _ in 1..UNREPEATED_MAX {
            lessons = after(&lessons, &["Don't end without a change: none (empty)"]);
            assert_eq!(lessons.len(), 2);
        }
        lessons = after(&lessons, &["Don't end without a change: none (empty)"]);
        assert_eq!(texts(&lessons), ["Don't end without a change: none (empty)"]);
    }

    #[test]
    fn the_newest_five_are_kept() {
        let old = after(&[], &["Don't a", "Don't b", "Don't c", "Don't d"]);
        let lessons = after(&old, &["Don't x", "Don't y"]);
        assert_eq!(texts(&lessons), ["Don't x", "Don't y", "Don't a", "Don't b", "Don't c"]);
    }
}
