//! Planning: reading the request, describing the repository, judging and merging the documents.

mod constraints;
pub(crate) mod headings;
pub mod intake;
pub mod map;
mod merge;
mod modules;
pub mod request;
mod tree;

pub use constraints::constraints;
pub use merge::merge;

use headings::{Line, normal, scan};
use serde::{Deserialize, Serialize};

use prose::fences::fence;

/// The planners. Each writes one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Planner {
    /// What is wanted.
    Spec,
    /// How it is built.
    Arch,
    /// How it is checked and what can go wrong.
    Qa,
}

impl Planner {
    /// All of them, in the order their documents are merged.
    pub const ALL: [Self; 3] = [Self::Spec, Self::Arch, Self::Qa];

    /// The agent's name.
    pub fn agent(self) -> &'static str {
        match self {
            Self::Spec => "planner-spec",
            Self::Arch => "planner-arch",
            Self::Qa => "planner-qa",
        }
    }

    /// The file name of its document.
    pub fn document(self) -> &'static str {
        match self {
            Self::Spec => "SPEC.md",
            Self::Arch => "ARCH.md",
            Self::Qa => "QA.md",
        }
    }

    /// The titles of the level 2 sections its document must have; its prompt names the same.
    pub fn required(self) -> &'static [&'static str] {
        match self {
            Self::Spec => &["Requirements", "Acceptance Criteria", "Constraints", "Open Questions"],
            Self::Arch => {
                &["Design Overview", "Components", "API Specification", "Data Flow", "Patterns to Follow"]
            }
            Self::Qa => &["Test Plan", "Risks", "Security Considerations", "Gotchas"],
        }
    }
}

/// A planner's reply as a document: without a fence around it all and without the words before the
/// first heading. Ends with one newline; empty when the reply is blank.
pub fn clean_document(reply: &str) -> String {
    let text = reply.trim_start_matches('\u{feff}');
    let lines: Vec<&str> = text.lines().map(|l| l.trim_end_matches('\r')).collect();
    let body = unwrapped(&lines).unwrap_or_else(|| from_first_heading(text, &lines));
    let document = body.join("\n");
    let document = document.trim_matches('\n').trim_end();
    if document.trim().is_empty() {
        return String::new();
    }
    format!("{document}\n")
}

/// The lines within a fence that wraps the whole document, if there is one before any heading.
fn unwrapped<'a, 'l>(lines: &'l [&'a str]) -> Option<&'l [&'a str]> {
    let mut open: Option<&str> = None;
    for (index, line) in lines.iter().enumerate() {
        match (open, fence(line)) {
            (None, Some((mark, info))) => {
                let rest = &lines[index + 1..];
                if is_wrapping(info, rest) {
                    return Some(&rest[..end_of_wrapping(mark, rest)]);
                }
                open = Some(mark);
            }
            (Some(opened), Some((mark, ""))) if mark.starts_with(opened) => open = None,
            (None, None) if is_heading(line) => return None,
            _ => {}
        }
    }
    None
}

/// Whether a fence with this info text and these lines after it wraps a document.
fn is_wrapping(info: &str, rest: &[&str]) -> bool {
    let first = rest.iter().find(|line| !line.trim().is_empty());
    matches!(info.to_lowercase().as_str(), "" | "md" | "markdown")
        && first.is_some_and(|line| is_heading(line))
}

/// Where the wrapped lines end. Fences within the document come in pairs, so an odd one out closes
/// the wrapping; without one it was never closed.
fn end_of_wrapping(mark: &str, rest: &[&str]) -> usize {
    let marks: Vec<(usize, &str)> = rest
        .iter()
        .enumerate()
        .filter_map(|(index, line)| Some((index, fence(line)?)))
        .filter_map(|(index, (found, info))| (found == mark).then_some((index, info)))
        .collect();
    let last = marks.iter().rev().find(|(_, info)| info.is_empty());
    match last {
        Some((index, _)) if marks.len() % 2 == 1 => *index,
        _ => rest.len(),
    }
}

fn is_heading(line: &str) -> bool {
    matches!(scan(line).lines.first(), Some(Line::Heading { .. }))
}

/// The lines from the first heading on; all of them when there is none.
fn from_first_heading<'a, 'l>(text: &str, lines: &'l [&'a str]) -> &'l [&'a str] {
    let scanned = scan(text).lines;
    let first = scanned.iter().position(|line| matches!(line, Line::Heading { .. }));
    &lines[first.unwrap_or(0)..]
}

/// The required sections that a document does not have, or has without any text.
pub fn missing_sections(planner: Planner, document: &str) -> Vec<&'static str> {
    let mut filled = Vec::new();
    let mut current = None;
    for line in scan(document).lines {
        match line {
            Line::Heading { level: 1, .. } => current = None,
            Line::Heading { level: 2, title } => current = Some(normal(title)),
            Line::Text(text) if !text.trim().is_empty() => filled.extend(current.clone()),
            Line::Heading { .. } | Line::Text(_) => {}
        }
    }
    let required = planner.required().iter().copied();
    required.filter(|title| !filled.contains(&normal(title))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const QA: &str = "## 1. Test plan:\n### Unit Tests\n- a\n## RISKS\n- b\n\
        ## Security Considerations\nNone.\n## **Gotchas**\n- c\n";

    #[test]
    fn a_complete_document_misses_nothing() {
        assert!(missing_sections(Planner::Qa, QA).is_empty());
    }

    #[test]
    fn every_missing_section_is_named() {
        assert_eq!(missing_sections(Planner::Spec, ""), Planner::Spec.required());
        let document = "# Requirements\n- a\n## Acceptance Criteria\n### Login\n\n\
            ```\n## Constraints\n```\n## Open Questions\n \n";
        assert_eq!(
            missing_sections(Planner::Spec, document),
            ["Requirements", "Constraints", "Open Questions"]
        );
    }

    #[test]
    fn chatter_and_a_wrapping_fence_are_dropped() {
        let wanted = "## A\n\n```ts\nx\n```\n\n- b\n";
        for reply in [
            wanted.to_owned(),
            format!("\u{feff}I looked around.\n\n{wanted}\n\n"),
            format!("Here it is:\n```markdown\n{wanted}```\nTell me more!"),
            format!("````md\r\n{}````", wanted.replace('\n', "\r\n")),
            format!("```\n\n{wanted}\n```"),
            format!("I ran\n```sh\nls\n```\nand found:\n\n```markdown\n{wanted}```"),
            format!("I ran\n```sh\n# ls\n```\n{wanted}"),
            format!("```markdown\n{wanted}"),
        ] {
            assert_eq!(clean_document(&reply), wanted, "{reply:?}");
        }
    }

    #[test]
    fn a_fence_after_the_first_heading_wraps_nothing() {
        let document = "## A\n```\n# comment\n```\n";
        assert_eq!(clean_document(document), document);
        assert_eq!(clean_document(" \n\n"), "");
        assert_eq!(clean_document("no headings at all"), "no headings at all\n");
    }

    #[test]
    fn prompts_name_every_required_section() {
        let prompts = [
            include_str!("../../prompts/planner-spec.md"),
            include_str!("../../prompts/planner-arch.md"),
            include_str!("../../prompts/planner-qa.md"),
        ];
        for (planner, prompt) in Planner::ALL.into_iter().zip(prompts) {
            let lines: Vec<&str> = prompt.lines().collect();
            for title in planner.required() {
                assert!(lines.contains(&format!("## {title}").as_str()), "{title}");
            }
        }
    }

    #[test]
    fn the_example_of_the_backlog_prompt_is_valid() {
        let tasks = crate::backlog::parse_draft(include_str!("../../prompts/backlog.md"));
        assert_eq!(tasks.map(|tasks| tasks.len()), Ok(1));
    }

    #[test]
    fn prompts_stay_small() {
        // Each is part of every request of its agent; the workers' are sent most often.
        for (prompt, bytes_max) in [
            (include_str!("../../prompts/planner-spec.md"), 1_200),
            (include_str!("../../prompts/planner-arch.md"), 1_200),
            (include_str!("../../prompts/planner-qa.md"), 1_200),
            (include_str!("../../prompts/backlog.md"), 1_200),
            (include_str!("../../prompts/implementer.md"), 1_000),
            (include_str!("../../prompts/documenter.md"), 1_000),
            (include_str!("../../prompts/reviewer.md"), 1_200),
        ] {
            assert!(prompt.len() <= bytes_max, "{} bytes: {prompt}", prompt.len());
        }
    }

    proptest! {
        #[test]
        fn cleaning_is_total_and_ends_with_one_newline(reply in "[a#`~ \n\r-]{0,60}") {
            let document = clean_document(&reply);
            prop_assert!(document.is_empty() || document.ends_with('\n'));
            prop_assert!(!document.ends_with("\n\n"));
        }
    }
}
