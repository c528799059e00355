//! The last look at a text before a worker gets it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::backlog::TaskSpec;
use crate::ids::TaskId;
use crate::text;

/// So many lines a fenced block may have: a pattern, not a file.
const BLOCK_LINES_MAX: usize = 20;

/// Something that should not be in a context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Where, from 1.
    pub line: u32,
    /// Which rule it breaks.
    pub rule: Rule,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the context: {}", self.line, self.message)
    }
}

/// What a context is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// It keeps its size.
    Size,
    /// It names no task but its own and its dependencies.
    ForeignTask,
    /// It shows no whole files.
    LongBlock,
}

/// Every breach of a rule, by line. `ids` are the tasks of the backlog: nothing else can be foreign.
/// An id without a letter or without a digit (`12`, `setup`) is also a plain word, so it counts only
/// after the word `task`.
pub fn verify(text: &str, task: &TaskSpec, ids: &[TaskId], bytes_max: usize) -> Vec<Finding> {
    let mut findings: Vec<Finding> = size(text, bytes_max).into_iter().collect();
    findings.extend(foreign_tasks(text, task, ids));
    findings.extend(long_blocks(text));
    findings.sort_by_key(|finding| (finding.line, finding.rule));
    findings
}

fn size(text: &str, bytes_max: usize) -> Option<Finding> {
    let over = text.len().checked_sub(bytes_max).filter(|over| *over > 0)?;
    let within = text.as_bytes().iter().take(bytes_max);
    Some(Finding {
        line: 1 + within.filter(|byte| **byte == b'\n').count() as u32,
        rule: Rule::Size,
        message: format!(
            "the text is {} and at most {} fit: cut {}",
            text::bytes(text.len() as u64),
            text::bytes(bytes_max as u64),
            text::bytes(over as u64)
        ),
    })
}

/// One finding for each line and each foreign task that it names.
fn foreign_tasks(text: &str, task: &TaskSpec, ids: &[TaskId]) -> Vec<Finding> {
    let own: BTreeSet<&str> = task.depends_on.iter().chain([&task.id]).map(TaskId::as_str).collect();
    let foreign: BTreeSet<&str> = ids.iter().map(TaskId::as_str).filter(|id| !own.contains(id)).collect();
    let mut places: BTreeSet<(u32, &str)> = BTreeSet::new();
    for (number, line) in (1u32..).zip(text.lines()) {
        let mut before = "";
        for word in words(line) {
            places.extend(named(word, before, &own, &foreign).map(|id| (number, id)));
            before = word;
        }
    }
    places
        .into_iter()
        .map(|(line, id)| Finding {
            line,
            rule: Rule::ForeignTask,
            message: format!(
                "names task {id}, which {} does not depend on: leave it out, or add it to depends_on",
                task.id
            ),
        })
        .collect()
}

/// The words of a line: runs of the characters that ids are made of, without dashes around them.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .map(|word| word.trim_matches('-'))
        .filter(|word| !word.is_empty())
}

/// The foreign tasks that a word names: the word itself, or a part of it between dashes (`T02-T04`)
/// unless the whole word is one of the task's own.
fn named<'a>(
    word: &str,
    before: &str,
    own: &BTreeSet<&str>,
    foreign: &BTreeSet<&'a str>,
) -> impl Iterator<Item = &'a str> + use<'a> {
    let counts = |id: &&&str| is_distinct(id) || before.eq_ignore_ascii_case("task");
    let mut found = Vec::new();
    if let Some(id) = foreign.get(word).filter(counts) {
        found.push(*id);
    } else if !own.contains(word) {
        let parts = word.split('-').filter_map(|part| foreign.get(part));
        found.extend(parts.filter(counts).copied());
    }
    found.into_iter()
}

/// Whether an id cannot be taken for a plain word or number.
fn is_distinct(id: &str) -> bool {
    id.contains(|c: char| c.is_ascii_digit()) && id.contains(|c: char| c.is_ascii_alphabetic())
}

/// Fenced blocks that are too long, at their opening line. A block that never ends goes to the end.
fn long_blocks(text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut open: Option<(u32, &str)> = None;
    let last = text.lines().count() as u32 + 1;
    let mut close = |from: u32, to: u32| {
        let lines = (to - from - 1) as usize;
        if lines > BLOCK_LINES_MAX {
            findings.push(Finding {
                line: from,
                rule: Rule::LongBlock,
                message: format!(
                    "a code block of {lines} lines, at most {BLOCK_LINES_MAX} are allowed: name the file and the lines instead"
                ),
            });
        }
    };
    for (number, line) in (1u32..).zip(text.lines()) {
        match (open, fence(line)) {
            (None, Some((marks, _))) => open = Some((number, marks)),
            (Some((from, marks)), Some((closing, ""))) if closing.starts_with(marks) => {
                close(from, number);
                open = None;
            }
            _ => {}
        }
    }
    if let Some((from, _)) = open {
        close(from, last);
    }
    findings
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{compile, sample_task};
    use super::*;

    fn ids(names: &[&str]) -> Vec<TaskId> {
        names.iter().map(|name| TaskId::from(*name)).collect()
    }

    fn found(text: &str, names: &[&str]) -> Vec<String> {
        let findings = verify(text, &sample_task(), &ids(names), 3_000);
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_compiled_context_is_clean() {
        let text = compile(&sample_task(), &["Don't stop: T01 went well".to_owned()], 3_000).unwrap();
        assert_eq!(found(&text, &["T01", "T02", "T03"]), [""; 0]);
    }

    #[test]
    fn a_foreign_task_is_named_with_its_line() {
        assert_eq!(
            found("fine\nlike T03 did, see T03", &["T01", "T02", "T03"]),
            [
                "line 2 of the context: names task T03, which T02 does not depend on: leave it out, or add it to depends_on"
            ]
        );
    }

    #[test]
    fn ids_are_whole_words() {
        let names = ["T1", "T03", "T02-b", "api", "7", "T04"];
        let clean =
            ["T10 and T1x and xT1 and _T1", "T030", "the api and 7 retries", "rest-api", "T02", "ÄT03"];
        for text in clean {
            assert_eq!(found(text, &names), [""; 0], "{text}");
        }
        let bad = ["T1.", "`T03`", "tasks/T03.yaml", "T02-b", "task api", "Task 7:", "-T03-", "T01-T04"];
        for text in bad {
            assert_eq!(found(text, &names).len(), 1, "{text}");
        }
        assert_eq!(found("T03-T04", &names).len(), 2);
    }

    #[test]
    fn a_part_of_its_own_id_is_not_foreign() {
        let mut task = sample_task();
        task.id = "T02-b".into();
        task.depends_on.clear();
        let all = ids(&["T02", "T02-b"]);
        assert_eq!(verify("# T02-b: more", &task, &all, 100), []);
        assert_eq!(verify("# T02: more", &task, &all, 100).len(), 1);
    }

    #[test]
    fn the_size_is_checked_where_it_is_exceeded() {
        let findings = verify("abc\ndef\nghi", &sample_task(), &[], 6);
        assert_eq!(
            findings,
            [Finding {
                line: 2,
                rule: Rule::Size,
                message: "the text is 11 bytes and at most 6 bytes fit: cut 5 bytes".to_owned(),
            }]
        );
        assert_eq!(verify("abcdef", &sample_task(), &[], 6), []);
    }

    #[test]
    fn long_blocks_are_found_fences_aware() {
        let body = "x\n".repeat(21);
        let short = "x\n".repeat(20);
        assert_eq!(found(&format!("a\n```js\n{short}```\n"), &[]), [""; 0]);
        assert_eq!(found(&format!("a\n```js\n{body}```\n"), &[]).len(), 1);
        assert!(found(&format!("a\n```js\n{body}```\n"), &[])[0].starts_with("line 2 "));
        assert_eq!(found(&format!("~~~\n{body}"), &[]).len(), 1, "never closed");
        assert_eq!(found(&format!("- ~~~\n{body}  ~~~\n"), &[]).len(), 1, "in a list item");
        let nested = format!("````\n```\n{short}```\n````\n");
        assert_eq!(found(&nested, &[]).len(), 1, "an inner fence does not close the outer one");
        let two = format!("```\n{short}```\n```\n{short}```\n");
        assert_eq!(found(&two, &[]), [""; 0]);
    }

    proptest! {
        #[test]
        fn a_planted_foreign_id_is_found(
            before in "([a-z]{1,8}[ .,:;(`/'\"\n]){0,20}",
            after in "([ .,:;)`/'\"\n][a-z]{1,8}){0,20}",
            at in 0usize..3,
        ) {
            let id = ["T03", "auth2", "T04-x"][at];
            let text = format!("{before}{id}{after}");
            let findings = verify(&text, &sample_task(), &ids(&["T01", "T02", "T03", "auth2", "T04-x"]), 3_000);
            let line = 1 + before.matches('\n').count() as u32;
            prop_assert_eq!(findings.len(), 1);
            prop_assert_eq!((findings[0].line, findings[0].rule), (line, Rule::ForeignTask));
        }

        #[test]
        fn any_text_is_read(text in "(\\PC|\n|```|~~~|T0[1-4]|-){0,80}", bytes_max in 0usize..100) {
            let findings = verify(&text, &sample_task(), &ids(&["T01", "T03"]), bytes_max);
            let lines = text.lines().count().max(1) as u32 + 1;
            prop_assert!(findings.iter().all(|finding| (1..=lines).contains(&finding.line)));
        }
    }
}
