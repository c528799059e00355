//! Merges the three planning documents by structure into `PLAN.md`. No model has a part in it.

use super::headings::{Line, normal, scan, unnumbered};

/// A section of the plan.
struct Target {
    /// Its heading without the number.
    heading: &'static str,
    /// The planners' section whose text opens it, as [`normal`] spells it.
    opening: &'static str,
    /// The planners' sections that become parts of it.
    parts: &'static [&'static str],
}

const TARGETS: [Target; 7] = [
    Target {
        heading: "Product Specification",
        opening: "requirements",
        parts: &["constraints", "open questions"],
    },
    Target { heading: "Acceptance Criteria", opening: "acceptance criteria", parts: &[] },
    Target {
        heading: "Architecture Design",
        opening: "design overview",
        parts: &["components", "data flow", "patterns to follow"],
    },
    Target { heading: "API Specification", opening: "api specification", parts: &[] },
    Target { heading: "Quality Assurance", opening: "test plan", parts: &["security considerations"] },
    Target { heading: "Risks & Mitigation", opening: "risks", parts: &[] },
    Target { heading: "Gotchas", opening: "gotchas", parts: &[] },
];

/// Where a document's unknown sections go: spec, arch, qa.
const HOMES: [usize; 3] = [0, 2, 4];

/// A section of a planner's document.
#[derive(Default)]
struct Section {
    /// `None` for the text before the first heading.
    title: Option<String>,
    /// Whether it is a document's title rather than a section of it.
    is_top: bool,
    /// Its lines, deeper headings included.
    body: Vec<BodyLine>,
}

enum BodyLine {
    Heading { level: usize, title: String },
    Text(String),
}

/// The unified plan. Every text line of the three documents is in it; the same inputs give the same
/// bytes.
pub fn merge(spec: &str, arch: &str, qa: &str) -> String {
    let mut openings: [Vec<Section>; 7] = Default::default();
    let mut parts: [Vec<(usize, Section)>; 7] = Default::default();
    for (document, home) in [spec, arch, qa].into_iter().zip(HOMES) {
        for section in sections(document) {
            match place(&section) {
                Some((target, None)) => openings[target].push(section),
                Some((target, Some(rank))) => parts[target].push((rank, section)),
                None if section.title.is_none() => openings[home].insert(0, section),
                None => parts[home].push((usize::MAX, section)),
            }
        }
    }
    let mut plan = String::from("# Unified Plan\n");
    for (index, target) in TARGETS.iter().enumerate() {
        let mut blocks: Vec<String> = Vec::new();
        blocks.extend(openings[index].iter().map(|section| body(section, 0)));
        // The order of the table first, then the order in which the planners wrote.
        parts[index].sort_by_key(|(rank, _)| *rank);
        blocks.extend(parts[index].iter().map(|(_, section)| part(section)));
        blocks.retain(|block| !block.is_empty());
        if blocks.is_empty() {
            blocks.push("None.".to_owned());
        }
        plan.push_str(&format!("\n## {}. {}\n\n", index + 1, target.heading));
        plan.push_str(&blocks.join("\n\n"));
        plan.push('\n');
    }
    plan
}

/// The target of a section, and its rank among the parts there; `None` when nobody asked for it.
fn place(section: &Section) -> Option<(usize, Option<usize>)> {
    let title = normal(section.title.as_deref()?);
    if section.is_top {
        return None;
    }
    TARGETS.iter().enumerate().find_map(|(index, target)| {
        if target.opening == title {
            return Some((index, None));
        }
        let rank = target.parts.iter().position(|part| *part == title)?;
        Some((index, Some(rank)))
    })
}

/// Cuts a document at its headings of level 1 and 2.
fn sections(document: &str) -> Vec<Section> {
    let scan = scan(document.trim_start_matches('\u{feff}'));
    let mut sections = vec![Section::default()];
    for line in scan.lines {
        let body_line = match line {
            Line::Heading { level, title } if level <= 2 => {
                sections.push(Section {
                    title: Some(title.to_owned()),
                    is_top: level == 1,
                    body: Vec::new(),
                });
                continue;
            }
            Line::Heading { level, title } => BodyLine::Heading { level, title: title.to_owned() },
            Line::Text(text) => BodyLine::Text(text.to_owned()),
        };
        if let Some(section) = sections.last_mut() {
            section.body.push(body_line);
        }
    }
    // A fence that nobody closed would swallow the sections that follow in the plan.
    if let (Some(mark), Some(section)) = (scan.open_fence, sections.last_mut()) {
        section.body.push(BodyLine::Text(mark.to_owned()));
    }
    sections
}

/// A section's text without blank lines around it, its headings moved down by `shift` levels.
fn body(section: &Section, shift: usize) -> String {
    let lines: Vec<String> = section
        .body
        .iter()
        .map(|line| match line {
            BodyLine::Heading { level, title } => {
                format!("{} {title}", "#".repeat((level + shift).min(6)))
            }
            BodyLine::Text(text) => text.clone(),
        })
        .collect();
    let is_filled = |line: &String| !line.trim().is_empty();
    let first = lines.iter().position(is_filled).unwrap_or(lines.len());
    let end = lines.iter().rposition(is_filled).map_or(first, |i| i + 1);
    lines[first..end].join("\n")
}

/// A section as a `###` part, without a number of its own; empty when it has no text.
fn part(section: &Section) -> String {
    let text = body(section, 1);
    match &section.title {
        Some(title) if !text.is_empty() => format!("### {}\n\n{text}", unnumbered(title)),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPEC: &str = "# SPEC: login\n\nFor the web shop.\n\n## Requirements\n- R1\n\n\
        ### Later\n- R2\n## Acceptance Criteria\n- [ ] A1\n## Constraints\n### Time\n- C1\n\
        ## Open Questions\nNone.\n## Glossary\n- G1\n";
    const ARCH: &str = "## Patterns to Follow\n- `src/a.ts:1-9`\n## 1. Design overview\nSmall.\n\
        ## 2. Components\n- K1\n## 3. API Specification\n### login()\n- Input: x\n\
        ## 4. Data Flow\n1. D1\n";
    const QA: &str = "## Test Plan\n### Unit Tests\n- T1\n```sh\n# Risks\n```\n## Risks\n\
        | Risk | Impact |\n|---|---|\n| slow | low |\n## Security Considerations\n- S1\n\
        ## Gotchas\n- X1\n";

    #[test]
    fn sections_go_where_they_belong() {
        insta::assert_snapshot!(merge(SPEC, ARCH, QA));
    }

    #[test]
    fn an_empty_plan_still_has_its_sections() {
        let plan = merge("", "", "");
        assert!(plan.starts_with("# Unified Plan\n\n## 1. Product Specification\n\nNone.\n"));
        assert_eq!(plan.matches("\n## ").count(), 7);
    }

    #[test]
    fn an_unclosed_fence_swallows_nothing() {
        let plan = merge("## Requirements\n~~~~js\nx\n", ARCH, QA);
        assert!(plan.contains("~~~~js\nx\n~~~~\n\n## 2. Acceptance Criteria\n"));
    }

    #[test]
    fn a_section_in_the_wrong_document_finds_its_place() {
        let plan = merge("## Requirements\n- R\n## Risks\n- from the spec", "", QA);
        let risks = plan.split("## 6. Risks & Mitigation\n").nth(1);
        assert!(risks.is_some_and(|text| text.starts_with("\n- from the spec\n\n| Risk")));
    }

    /// Whether a line is an ATX heading, told without the scanner.
    fn looks_like_heading(line: &str) -> bool {
        let text = line.trim_start_matches(' ');
        let rest = text.trim_start_matches('#');
        let level = text.len() - rest.len();
        line.len() - text.len() <= 3
            && (1..=6).contains(&level)
            && (rest.is_empty() || rest.starts_with([' ', '\t']))
    }

    /// Arbitrary text, and text made of what could confuse the merge.
    fn document() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("## Requirements"),
            Just("# Title"),
            Just("### Deep"),
            Just("## Unknown"),
            Just("## Gotchas"),
            Just("```"),
            Just("~~~~ x"),
            Just("~~~~"),
            Just("- item"),
            Just("    # code"),
            Just("#tag"),
            Just(""),
            Just("text\r"),
        ];
        prop_oneof![
            any::<String>(),
            proptest::collection::vec(piece, 0..25).prop_map(|pieces| pieces.join("\n")),
        ]
    }

    proptest! {
        #[test]
        fn no_line_of_text_is_lost(spec in document(), arch in document(), qa in document()) {
            let plan = merge(&spec, &arch, &qa);
            prop_assert_eq!(&plan, &merge(&spec, &arch, &qa));
            let found: Vec<&str> = plan.lines().map(|l| l.trim_end_matches('\r')).collect();
            for text in [&spec, &arch, &qa] {
                for line in text.trim_start_matches('\u{feff}').lines() {
                    let line = line.trim_end_matches('\r');
                    if !line.trim().is_empty() && !looks_like_heading(line) {
                        prop_assert!(found.contains(&line), "lost {:?}", line);
                    }
                }
            }
            let closed = scan(&plan);
            prop_assert_eq!(closed.open_fence, None);
            let numbered = closed.lines.iter().filter(|line| {
                matches!(line, Line::Heading { level: 2, .. })
            });
            prop_assert_eq!(numbered.count(), 7);
        }
    }
}
