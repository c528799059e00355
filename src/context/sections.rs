//! The sections of PLAN.md that a task refers to.
//!
//! The rule: a section is referred to when the task's title, description, criteria, constraints or
//! gotchas hold its title word for word; titles of one word, and those that every plan has, only after
//! `section`, `§` or in quotes. The section of a function, whose title is its signature, also when they
//! call it or name it as code. At most two sections are taken, in the plan's order.

use crate::backlog::TaskSpec;
use crate::plan::Planner;
use crate::plan::headings::{Line, normal, scan, unnumbered};

/// So many sections are taken at most.
const SECTIONS_MAX: usize = 2;

/// A section of a plan: its own text, without that of the sections in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PlanSection {
    /// The line of its heading, from 1.
    pub line: u32,
    /// Its title without number and marks.
    pub title: String,
    /// Its text.
    pub body: String,
}

/// The sections that a task refers to, in order.
pub(super) fn referred(plan: &str, task: &TaskSpec) -> Vec<PlanSection> {
    let text = text_of(task);
    let said = words_of(&text);
    let is_meant = |title: &str| is_named(title, &said) || is_called(title, &text);
    let named = sections(plan)
        .into_iter()
        .filter(|section| !section.body.trim().is_empty() && is_meant(&section.title));
    named.take(SECTIONS_MAX).collect()
}

/// Everything a task says that can refer to a section.
fn text_of(task: &TaskSpec) -> String {
    let context = &task.context;
    let lines = [&task.title, &task.description].into_iter().chain(&task.acceptance);
    let text: Vec<&str> =
        lines.chain(&context.constraints).chain(&context.gotchas).map(String::as_str).collect();
    text.join(" ; ")
}

/// A text as lower-case words with one space between them and around them; quotes and the paragraph
/// sign stay.
fn words_of(text: &str) -> String {
    let mut out = String::from(" ");
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            '§' => out.push_str(" § "),
            '"' | '“' | '”' => out.push_str(" \" "),
            c if c.is_alphanumeric() => out.push(c),
            _ => out.push(' '),
        }
    }
    let words: Vec<&str> = out.split_whitespace().collect();
    format!(" {} ", words.join(" "))
}

/// Whether a task names a title.
fn is_named(title: &str, said: &str) -> bool {
    let plain: String = normal(title).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let name = words.join(" ");
    let is_after = |lead: &str| said.contains(&format!(" {lead}{name} "));
    let is_quoted = ["section ", "§ ", "\" "].into_iter().any(is_after);
    let is_telling = words.len() > 1 && !is_standard(&name);
    !name.is_empty() && (is_quoted || is_telling && said.contains(&format!(" {name} ")))
}

/// Whether a text calls the function that a title is the signature of (`name(`), or names it as code
/// (`` `name` ``).
fn is_called(title: &str, text: &str) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    // The first name before a bracket: a receiver, as Go writes it, stands in brackets without one.
    let mut names = title.match_indices('(').map(|(at, _)| {
        let start = title[..at].rfind(|c| !is_of_name(c)).map_or(0, |at| at + 1);
        title.get(start..at).unwrap_or_default()
    });
    let Some(name) = names.find(|name| !name.is_empty()) else { return false };
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + name.len()..].chars().next());
        !before.is_some_and(is_of_name) && (after == Some('(') || before == Some('`') && after == before)
    })
}

/// Titles that every plan has say nothing about a task.
fn is_standard(name: &str) -> bool {
    const MERGED: [&str; 7] = [
        "unified plan",
        "product specification",
        "architecture design",
        "quality assurance",
        "risks mitigation",
        "unit tests",
        "integration tests",
    ];
    let required = Planner::ALL.iter().flat_map(|planner| planner.required());
    MERGED.contains(&name) || required.into_iter().any(|title| normal(title) == name)
}

/// Every section from level 2 on.
fn sections(plan: &str) -> Vec<PlanSection> {
    let mut found: Vec<PlanSection> = Vec::new();
    for (line, number) in scan(plan).lines.into_iter().zip(1u32..) {
        match line {
            Line::Heading { level: 1, .. } => {
                // What stands below the document's own title belongs to no section.
                found.push(PlanSection { line: number, title: String::new(), body: String::new() });
            }
            Line::Heading { title, .. } => {
                let title = unnumbered(title.trim()).trim_matches(['*', '`', ':']).to_owned();
                found.push(PlanSection { line: number, title, body: String::new() });
            }
            Line::Text(text) => {
                if let Some(section) = found.last_mut() {
                    section.body.push_str(text);
                    section.body.push('\n');
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::sample_task;
    use super::*;

    const PLAN: &str = "# Unified Plan\n\nA plan.\n\n## 1. Product Specification\n\nAll of it.\n\n\
        ### Token bucket refills\n\n- Refills add tokens.\n\n### Storage\n\nIn memory.\n\n\
        ## 3. Architecture Design\n\n### Clock and Time Source\n\nMonotonic.\n\n### Empty one\n\n```\n# no\n```\n";

    fn titles(description: &str) -> Vec<String> {
        let mut task = sample_task();
        task.title = "A title".to_owned();
        task.acceptance.clear();
        task.description = description.to_owned();
        referred(PLAN, &task)
            .into_iter()
            .map(|section| format!("{}:{}", section.line, section.title))
            .collect()
    }

    #[test]
    fn a_signature_is_found_by_a_call_or_the_name_as_code() {
        let title = "Shortener.resolve(slug: string, now?: number)";
        let cases = [
            ("Shortener.resolve(slug, now) knows expired links.", true),
            ("Let `resolve` count.", true),
            ("Let resolve count, as (resolve) does.", false),
            ("Call unresolve(slug) or `resolved`.", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_called(title, text), expected, "{text}");
        }
        assert!(is_called("func (w *Window) Allow(now time.Time) bool", "Window.Allow(now)"));
        assert!(!is_called("(notes)", "see (notes)") && !is_called("Notes", "notes()"));
    }

    #[test]
    fn sections_are_found_by_name() {
        let cases: [(&str, &[&str]); 8] = [
            ("See section Storage.", &["13:Storage"]),
            ("As in \"Storage\".", &["13:Storage"]),
            ("The storage is slow.", &[]),
            ("the clock and time source", &["19:Clock and Time Source"]),
            ("time comes from the clock's source", &[]),
            ("A refill of the bucket takes a token", &[]),
            ("the product specification", &[]),
            (
                "§ Storage, §Product Specification, token bucket refills",
                &["5:Product Specification", "9:Token bucket refills"],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(titles(text), expected, "{text}");
        }
    }
}
