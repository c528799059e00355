//! The files and lines that a task's patterns name, held against the project.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::atoms::{AtomKind, atoms};
use super::compress::KnownFile;
use crate::text;

/// A file, or lines of one, that a text names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    /// As it is written, without `./` before it.
    pub path: String,
    /// First and last line, from 1; the same for a single one.
    pub lines: Option<(u32, u32)>,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lines {
            None => f.write_str(&self.path),
            Some((from, to)) if from == to => write!(f, "{}:{from}", self.path),
            Some((from, to)) => write!(f, "{}:{from}-{to}", self.path),
        }
    }
}

/// Something wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatternProblem {
    /// Its index in `context.patterns`.
    pub index: usize,
    /// What it names.
    pub reference: Reference,
    /// What is wrong with that.
    pub fault: PatternFault,
}

struct Told<'a>(&'a PatternProblem);

/// What is wrong with a file or lines that are named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PatternFault {
    /// There is no such file.
    Missing {
        /// The file that was probably meant.
        nearest: Option<String>,
    },
    /// The file ends before.
    OutOfRange {
        /// How many lines it has.
        lines: u32,
    },
    /// The last line comes before the first, or a line is 0.
    Backwards,
    /// The file is another one than when the plan was made.
    Changed,
}

impl PatternProblem {
    /// What is wrong and what to do, without the pattern's name.
    pub fn told(&self) -> String {
        Told(self).to_string()
    }
}

impl fmt::Display for PatternProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "context.patterns[{}]: {}", self.index, self.told())
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PatternProblem { reference, fault, .. } = self.0;
        match fault {
            PatternFault::Missing { nearest: Some(nearest) } => {
                write!(f, "{} does not exist: did you mean {nearest}?", reference.path)
            }
            PatternFault::Missing { nearest: None } => {
                write!(
                    f,
                    "{} does not exist: name a file of the project, or leave the pattern out",
                    reference.path
                )
            }
            PatternFault::OutOfRange { lines } => {
                let lines = text::count(*lines as usize, "line", "lines");
                write!(f, "{reference} is out of range: the file has {lines}")
            }
            PatternFault::Backwards => {
                write!(
                    f,
                    "{reference} names no lines: write the first one before the last one, counted from 1"
                )
            }
            PatternFault::Changed => write!(
                f,
                "{} has changed since the plan was made: check that {reference} still shows the pattern",
                reference.path
            ),
        }
    }
}

/// The files and lines that a pattern names, each once, in order. Globs and folders are none.
pub fn references(pattern: &str) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    for atom in atoms(pattern).into_iter().filter(|atom| atom.kind == AtomKind::Path) {
        let (path, lines) = split(&atom.text);
        let path = path.strip_prefix("./").unwrap_or(path);
        let is_file = !path.ends_with('/') && !path.contains(['*', '{', '$', '~']) && !path.starts_with('/');
        let reference = Reference { path: path.to_owned(), lines };
        if is_file && !found.contains(&reference) {
            found.push(reference);
        }
    }
    found
}

/// `src/a.ts:3-9`, `src/a.ts:3`, `src/a.ts:3:7`, `src/a.ts#L3-L9`, or a path alone.
fn split(text: &str) -> (&str, Option<(u32, u32)>) {
    let Some(at) = text.find([':', '#']) else {
        return (text, None);
    };
    let range = text[at + 1..].split(':').next().unwrap_or_default();
    let number = |text: &str| text.trim_start_matches('L').parse::<u32>().ok();
    let (from, to) = range.split_once(['-', '–']).unwrap_or((range, range));
    (&text[..at], number(from).zip(number(to)))
}

/// What is wrong with patterns at a commit whose files these are.
pub fn check_patterns(patterns: &[String], files: &[KnownFile]) -> Vec<PatternProblem> {
    let known: BTreeMap<&str, u32> = files.iter().map(|file| (file.path.as_str(), file.lines)).collect();
    let fault = |reference: &Reference| match (known.get(reference.path.as_str()), reference.lines) {
        (None, _) => is_named_as_file(&reference.path)
            .then(|| PatternFault::Missing { nearest: nearest(&reference.path, files) }),
        (Some(_), Some((from, to))) if from == 0 || to < from => Some(PatternFault::Backwards),
        (Some(lines), Some((_, to))) if to > *lines => Some(PatternFault::OutOfRange { lines: *lines }),
        (Some(_), _) => None,
    };
    each(patterns, fault)
}

/// Which of the files that patterns name are not what they were: blob ids by path, when the plan was
/// made and now. A file that is unknown to either is not judged.
pub fn changed_patterns(
    patterns: &[String],
    planned: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
) -> Vec<PatternProblem> {
    each(patterns, |reference| {
        let (before, blob) = (planned.get(&reference.path)?, now.get(&reference.path)?);
        (blob != before).then_some(PatternFault::Changed)
    })
}

/// The paths whose lines and blob ids are needed to check patterns: sorted, each once.
pub fn pattern_paths(patterns: &[String]) -> Vec<String> {
    let paths = patterns.iter().flat_map(|pattern| references(pattern)).map(|reference| reference.path);
    let mut paths: Vec<String> = paths.collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

fn each(patterns: &[String], fault: impl Fn(&Reference) -> Option<PatternFault>) -> Vec<PatternProblem> {
    let mut problems = Vec::new();
    for (index, pattern) in patterns.iter().enumerate() {
        for reference in references(pattern) {
            if let Some(fault) = fault(&reference) {
                problems.push(PatternProblem { index, reference, fault });
            }
        }
    }
    problems
}

/// Whether a path can only be meant as a file of the project: `node.js` and `client/server` are words.
fn is_named_as_file(path: &str) -> bool {
    const WORDS: [&str; 6] = ["node.js", "next.js", "vue.js", "three.js", "express.js", "d3.js"];
    let name = path.rsplit('/').next().unwrap_or(path);
    let has_extension = name.trim_start_matches('.').contains('.');
    has_extension && !WORDS.contains(&path.to_lowercase().as_str())
}

/// The file that a path was probably meant to be: the same name elsewhere if it is the only one, else
/// the nearest path.
fn nearest(path: &str, files: &[KnownFile]) -> Option<String> {
    let name = |path: &'_ str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let own = name(path);
    let mut same = files.iter().filter(|file| name(&file.path) == own);
    if let (Some(only), None) = (same.next(), same.next()) {
        return Some(only.path.clone());
    }
    text::nearest(path, files.iter().map(|file| file.path.as_str())).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn files() -> Vec<KnownFile> {
        let file = |path: &str, lines| KnownFile { path: path.to_owned(), lines };
        vec![
            file("src/limiter.js", 40),
            file("src/clock.js", 12),
            file("Makefile", 3),
            file("test/clock.js", 5),
        ]
    }

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn references_are_read_in_every_form() {
        let told = |text: &str| references(text).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            told("Pure functions as in ./src/clock.js:4-20, see `src/a.ts:3`."),
            ["src/clock.js:4-20", "src/a.ts:3"]
        );
        assert_eq!(
            told("src/a.ts#L3-L9 and src/a.ts:3:7 and Makefile"),
            ["src/a.ts:3-9", "src/a.ts:3", "Makefile"]
        );
        assert_eq!(told("Errors are TypeErrors, in src/**/*.ts, src/ and /etc/x.conf"), [""; 0]);
    }

    #[test]
    fn what_does_not_exist_or_is_out_of_range_is_told() {
        let patterns = lines(&[
            "as in src/limiter.js:30-40 and Makefile:3",
            "as in src/limiter.js:30-41",
            "as in lib/limiter.js:3",
            "as in src/clok.js",
            "as in src/clock.js:9-3",
            "as node.js does; client/src; src/nothing/like/it.rs",
        ]);
        let told: Vec<String> = check_patterns(&patterns, &files()).iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn what_changed_since_the_plan_is_told() {
        let blobs = |texts: &[(&str, &str)]| -> BTreeMap<String, String> {
            texts.iter().map(|(path, blob)| ((*path).to_owned(), (*blob).to_owned())).collect()
        };
        let planned = blobs(&[("src/limiter.js", "a"), ("src/clock.js", "b"), ("Makefile", "c")]);
        let now = blobs(&[("src/limiter.js", "a"), ("src/clock.js", "B"), ("new.js", "d")]);
        let patterns = lines(&["src/limiter.js:3", "src/clock.js:4-20 and Makefile", "new.js"]);
        let problems = changed_patterns(&patterns, &planned, &now);
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"));
        assert_eq!(pattern_paths(&patterns), ["Makefile", "new.js", "src/clock.js", "src/limiter.js"]);
    }

    proptest! {
        #[test]
        fn any_pattern_is_read(text in ".{0,80}", from in 0u32..60, to in 0u32..60) {
            let _ = check_patterns(&[text], &files());
            let problems = check_patterns(&[format!("see src/limiter.js:{from}-{to}")], &files());
            prop_assert_eq!(problems.is_empty(), from > 0 && from <= to && to <= 40);
        }
    }
}
