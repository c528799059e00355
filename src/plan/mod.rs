//! Planning: reading the request, describing the repository, judging and merging the documents.

mod headings;
pub mod map;
mod merge;
pub mod request;
mod tree;

pub use merge::merge;

use headings::{Line, fence, normal, scan};
use serde::{Deserialize, Serialize};

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
            Self::Spec => &[
                "Requirements",
                "Acceptance Criteria",
                "Constraints",
                "Open Questions",
            ],
            Self::Arch => &[
                "Design Overview",
                "Components",
                "API Specification",
                "Data Flow",
                "Patterns to Follow",
            ],
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

/// The lines within a fence that wraps the whole document, if there is one.
fn unwrapped<'a, 'l>(lines: &'l [&'a str]) -> Option<&'l [&'a str]> {
    let opening = lines.iter().position(|line| fence(line).is_some())?;
    let has_heading = |lines: &[&str]| is_heading(lines.iter().find(|l| !l.trim().is_empty()));
    let (before, rest) = (&lines[..opening], &lines[opening + 1..]);
    if before.iter().any(|line| is_heading(Some(line))) || !has_heading(rest) {
        return None;
    }
    let (mark, info) = fence(lines[opening])?;
    if !matches!(info.to_lowercase().as_str(), "" | "md" | "markdown") {
        return None;
    }
    // Fences within the document come in pairs, so an odd one out closes the wrapping.
    let marks = rest.iter().filter(|line| is_fence_of(line, mark)).count();
    let closing = rest
        .iter()
        .rposition(|line| fence(line).is_some_and(|(m, info)| info.is_empty() && m == mark));
    match closing {
        Some(closing) if marks % 2 == 1 => Some(&rest[..closing]),
        _ => Some(rest),
    }
}

fn is_heading(line: Option<&&str>) -> bool {
    line.is_some_and(|line| matches!(scan(line).lines.first(), Some(Line::Heading { .. })))
}

fn is_fence_of(line: &str, mark: &str) -> bool {
    fence(line).is_some_and(|(found, _)| found == mark)
}

/// The lines from the first heading on; all of them when there is none.
fn from_first_heading<'a, 'l>(text: &str, lines: &'l [&'a str]) -> &'l [&'a str] {
    let scanned = scan(text).lines;
    let first = scanned
        .iter()
        .position(|line| matches!(line, Line::Heading { .. }));
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
    required
        .filter(|title| !filled.contains(&normal(title)))
        .collect()
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
        assert_eq!(
            missing_sections(Planner::Spec, ""),
            Planner::Spec.required()
        );
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
            assert!(
                prompt.len() <= bytes_max,
                "{} bytes: {prompt}",
                prompt.len()
            );
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
