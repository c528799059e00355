//! The fields of a feature request: what it lays down for every task, and what of the template that
//! `/plan --init` writes is still as it was.

use super::headings::{Line, normal, scan};
use crate::backlog::{Limits, hint_problem};
use crate::text::list;

/// What `/plan --init` writes.
pub const REQUEST_TEMPLATE: &str = include_str!("../../templates/request.md");
/// The section of PLAN.md that carries a request's limits.
const PLAN_SECTION: &str = "Constraints of the Request";
/// One of these has to say something before there is anything to plan.
const NEEDED: [&str; 3] = ["Story", "Problem", "Requirements"];

/// What a text lays down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaidDown {
    /// For every task.
    pub limits: Limits,
    /// What the person should know of it, a sentence each.
    pub notes: Vec<String>,
}

/// The part of a text that a line belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Constraints,
    DontTouch,
    Other,
}

/// Reads the limits of a request or of a plan: the entries below the headings `Constraints` and `Don't
/// touch`, and entries that begin with `Don't touch:`.
pub fn limits_of(text: &str) -> LaidDown {
    let mut laid = LaidDown::default();
    for (part, entry) in entries(text) {
        match (part, forbidden(&entry)) {
            (Part::DontTouch, _) => laid.forbid(&entry),
            (Part::Constraints, Some(rest)) => laid.forbid(rest),
            (Part::Constraints, None) => laid.limits.constraints.push(entry),
            (Part::Other, _) => {}
        }
    }
    laid
}

impl LaidDown {
    /// Takes the paths of an entry; what names none is told to the workers in words.
    fn forbid(&mut self, entry: &str) {
        for piece in pieces(entry) {
            match path_of(piece) {
                Some(path) if self.limits.dont_touch.iter().any(|known| known == path) => {}
                Some(path) => self.limits.dont_touch.push(path.to_owned()),
                None => {
                    self.limits.constraints.push(format!("Don't touch: {piece}"));
                    self.notes.push(format!(
                        "\"{piece}\" names no path, so workers are told not to touch it, and nothing checks that they \
                         don't; a path or glob relative to the repository's root is denied and checked"
                    ));
                }
            }
        }
    }
}

/// The parts of an entry that each name something: what stands in backticks, and what commas part.
fn pieces(entry: &str) -> Vec<&str> {
    let is_quoting = entry.contains('`');
    let mut found = Vec::new();
    for (at, span) in entry.split('`').enumerate() {
        let parts = span.split(',').map(str::trim);
        // Between names in backticks there may be any words.
        let names = |part: &&str| !is_quoting || part.contains(['/', '*']) && path_of(part).is_some();
        match at % 2 {
            0 => found.extend(parts.filter(names)),
            _ => found.push(span.trim()),
        }
    }
    found.retain(|piece| !piece.is_empty());
    found
}

/// The path that a piece of text begins with.
fn path_of(piece: &str) -> Option<&str> {
    let word = piece.split_whitespace().next()?;
    let is_alone = word.len() == piece.len();
    let looks_like_one = is_alone || word.contains(['/', '.', '*']);
    (looks_like_one && hint_problem(word).is_none()).then_some(word)
}

/// The rest of `Don't touch: …`.
fn forbidden(entry: &str) -> Option<&str> {
    let (lead, rest) = entry.split_once(':')?;
    is_dont_touch(lead).then(|| rest.trim())
}

fn is_dont_touch(title: &str) -> bool {
    let title = normal(title).replace('’', "'");
    matches!(title.as_str(), "don't touch" | "dont touch" | "do not touch")
}

/// The entries of a text, each on one line, with the part they are in.
fn entries(text: &str) -> Vec<(Part, String)> {
    let mut found: Vec<(Part, String)> = Vec::new();
    let (mut part, mut goes_on) = (Part::Other, false);
    for line in scan(text).lines {
        let line = match line {
            Line::Heading { level, title } => {
                part = part_of(part, level, title);
                goes_on = false;
                continue;
            }
            Line::Text(line) => line,
        };
        let bare = bare(line);
        let is_item = bare.len() < line.trim().len();
        let is_nothing =
            bare.is_empty() || bare.starts_with("<!--") || normal(bare).trim_end_matches('.') == "none";
        match found.last_mut().filter(|_| goes_on && !is_item && !is_nothing) {
            Some((_, entry)) => *entry = format!("{entry} {bare}"),
            None if !is_nothing && !is_instruction(line) => found.push((part, bare.to_owned())),
            None => {}
        }
        goes_on = !is_nothing && !is_instruction(line);
    }
    let one_line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    found.into_iter().map(|(part, entry)| (part, one_line(entry))).collect()
}

/// The part that a heading begins. In a plan, deeper headings of that name are the planners'.
fn part_of(now: Part, level: usize, title: &str) -> Part {
    let name = normal(title);
    let is_ours = name == "constraints" || name == normal(PLAN_SECTION);
    match level {
        0..=2 if is_ours => Part::Constraints,
        0..=2 if is_dont_touch(title) => Part::DontTouch,
        0..=2 => Part::Other,
        _ if now != Part::Other && is_dont_touch(title) => Part::DontTouch,
        _ if now == Part::DontTouch => Part::Constraints,
        _ => now,
    }
}

/// A line without its mark of a list.
fn bare(line: &str) -> &str {
    let line = line.trim();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = (rest.len() < line.len()).then(|| rest.strip_prefix(['.', ')'])).flatten();
    let item = line.strip_prefix(['-', '*', '+', '•']).or(numbered);
    let item = item.filter(|item| item.is_empty() || item.starts_with([' ', '\t'])).unwrap_or(line).trim();
    ["[ ]", "[x]", "[X]"].iter().find_map(|mark| item.strip_prefix(mark)).unwrap_or(item).trim()
}

/// The section of PLAN.md that carries limits, so that `/backlog` finds them there; empty for none.
pub fn plan_section(limits: &Limits) -> String {
    if limits.is_empty() {
        return String::new();
    }
    let constraints: String = limits.constraints.iter().map(|line| format!("- {line}\n")).collect();
    let paths: String = limits.dont_touch.iter().map(|path| format!("- `{path}`\n")).collect();
    let paths = if paths.is_empty() { paths } else { format!("\n### Don't touch\n\n{paths}") };
    let constraints = if constraints.is_empty() { constraints } else { format!("\n{constraints}") };
    format!("\n## 8. {PLAN_SECTION}\n{constraints}{paths}")
}

/// A request without what it still has of the template, and the headings below which that stood.
pub(super) fn without_template(text: &str) -> (String, Vec<&'static str>) {
    let untouched = untouched(text);
    if !text.lines().any(is_of_template) {
        return (text.to_owned(), untouched);
    }
    let mut kept: Vec<&str> = Vec::new();
    for line in text.lines().filter(|line| !is_of_template(line)) {
        let is_blank_again = line.trim().is_empty() && kept.last().is_none_or(|last| last.trim().is_empty());
        if !is_blank_again {
            kept.push(line);
        }
    }
    (without_empty_sections(&kept), untouched)
}

/// Lines without the headings below which nothing is left.
fn without_empty_sections(lines: &[&str]) -> String {
    let level = |line: &str| match scan(line).lines.first() {
        Some(Line::Heading { level, .. }) => Some(*level),
        _ => None,
    };
    let mut out: Vec<&str> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let is_empty = level(line).filter(|level| *level > 1).is_some_and(|own| {
            let rest = lines[at + 1..].iter();
            rest.take_while(|next| level(next).is_none_or(|next| next > own))
                .all(|next| next.trim().is_empty() || level(next).is_some())
        });
        let is_blank_again = line.trim().is_empty() && out.last().is_some_and(|last| last.trim().is_empty());
        if !is_empty && !is_blank_again {
            out.push(line);
        }
    }
    out.join("\n").trim().to_owned()
}

/// Why a request that was made from the template cannot be planned yet.
pub(super) fn is_unfilled(text: &str, untouched: &[&str]) -> bool {
    let is_left = |field: &&str| {
        let is_it = |line: &Line| matches!(line, Line::Heading { title, .. } if title == field);
        scan(text).lines.iter().any(is_it)
    };
    let is_silent = |field: &&str| untouched.contains(field) && !is_left(field);
    untouched.contains(&TITLE) || NEEDED.iter().all(is_silent)
}

/// What the person should know of the fields that they left alone.
pub(super) fn untouched_note(untouched: &[&str]) -> Option<String> {
    let fields: Vec<String> = untouched.iter().map(|field| (*field).to_owned()).collect();
    (!fields.is_empty()).then(|| {
        format!(
            "the request still has the template's own text under {}, and that was left out",
            list(&fields)
        )
    })
}

/// How the first line of the template is called.
pub(super) const TITLE: &str = "the title";

/// The fields of the template that still hold its text.
fn untouched(text: &str) -> Vec<&'static str> {
    let mut field = TITLE;
    let mut found: Vec<&'static str> = Vec::new();
    for line in scan(REQUEST_TEMPLATE).lines {
        let placeholder = match line {
            Line::Heading { level: 1, .. } => REQUEST_TEMPLATE.lines().next().unwrap_or_default(),
            Line::Heading { title, .. } => {
                field = title;
                continue;
            }
            Line::Text(line) => line,
        };
        let is_there =
            is_placeholder(placeholder) && text.lines().any(|line| line.trim() == placeholder.trim());
        if is_there && !found.contains(&field) {
            found.push(field);
        }
    }
    found
}

/// Whether a line stands in the template to be replaced or to explain it.
fn is_of_template(line: &str) -> bool {
    let line = line.trim();
    is_instruction(line)
        || REQUEST_TEMPLATE.lines().any(|known| is_placeholder(known) && known.trim() == line)
}

/// Whether a line of the template only explains a field.
fn is_instruction(line: &str) -> bool {
    let is_text = |known: &&str| !known.is_empty() && !known.starts_with('#') && !known.contains('<');
    let line = line.trim();
    line.starts_with("<!-- Fill in")
        || REQUEST_TEMPLATE.lines().map(str::trim).filter(is_text).any(|known| known == line)
}

/// Whether a line of the template is to be replaced.
fn is_placeholder(line: &str) -> bool {
    line.contains('<') && !line.starts_with("<!--")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::plan::request::{RequestProblem, read_request};

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn the_fields_of_a_request_are_read() {
        let text = "# Feature Request: Cart\n\nIt must be fast.\n\n## Constraints\n\n- Node 20\n  must do\n\
            * Don’t touch: src/pay/**, `db/schema.sql`\n1. No new dependency\n- None.\n\n### Don't touch\n\
            - legacy/ (another team)\n- the mailer\n- src/pay/**\n\n## Context\n- Deadline: May\n";
        let laid = limits_of(text);
        assert_eq!(
            laid.limits.constraints,
            ["Node 20 must do", "No new dependency", "Don't touch: the mailer"]
        );
        assert_eq!(laid.limits.dont_touch, ["src/pay/**", "db/schema.sql", "legacy/"]);
        assert_eq!(laid.notes.len(), 1);
        assert!(laid.notes[0].starts_with("\"the mailer\" names no path"), "{:?}", laid.notes);
    }

    #[test]
    fn a_free_text_lays_nothing_down() {
        for text in
            ["add a --json flag", "# Cart\n\nConstraints: be quick\n", "## Deep\n### Constraints\n- x\n"]
        {
            assert_eq!(limits_of(text), LaidDown::default(), "{text}");
        }
    }

    #[test]
    fn a_plan_carries_them() {
        let limits = Limits { constraints: strings(&["No dependency"]), dont_touch: strings(&["src/**"]) };
        let plan = format!(
            "# Unified Plan\n\n## 1. Product\n\n### Constraints\n\n- a planner's\n{}",
            plan_section(&limits)
        );
        assert_eq!(limits_of(&plan).limits, limits);
        assert_eq!(plan_section(&Limits::default()), "");
    }

    #[test]
    fn the_template_as_it_is_cannot_be_planned() {
        let told = read_request(REQUEST_TEMPLATE).unwrap_err();
        let all = [
            "the title",
            "Story",
            "Problem",
            "Requirements",
            "Constraints",
            "Don't touch",
            "Success criteria",
            "Context",
        ];
        assert_eq!(told, RequestProblem::Untouched { fields: strings(&all) });
        let titled = REQUEST_TEMPLATE.replace("<its name in a few words>", "Cart");
        assert!(matches!(read_request(&titled), Err(RequestProblem::Untouched { .. })));
    }

    #[test]
    fn what_was_left_of_the_template_is_not_read() {
        let filled = REQUEST_TEMPLATE
            .replace("<its name in a few words>", "Cart")
            .replace("<One thing that it must do, so that somebody else could check it.>", "Totals are right")
            .replace("<src/billing/**>", "src/pay/**");
        let request = read_request(&filled).unwrap();
        assert_eq!(request.title, "Cart");
        assert_eq!(
            request.text,
            "# Feature request: Cart\n\n## Requirements\n\n- Totals are right\n\n## Constraints\n\n### Don't touch\n\n- src/pay/**"
        );
        assert_eq!(request.limits.dont_touch, ["src/pay/**"]);
        assert_eq!(request.limits.constraints, Vec::<String>::new());
        assert_eq!(
            request.notes,
            [
                "the request still has the template's own text under Story, Problem, Requirements, Constraints, \
              Success criteria and Context, and that was left out"
            ]
        );
    }

    proptest! {
        #[test]
        fn reading_is_total_and_a_plan_keeps_what_was_read(text in "([-#* a-z`,./:’']{0,12}\n){0,12}") {
            let text = format!("## Constraints\n{text}");
            let read = limits_of(&text).limits;
            prop_assert_eq!(limits_of(&plan_section(&read)).limits, read);
        }

        #[test]
        fn any_text_is_read(text in any::<String>()) {
            let _ = limits_of(&text);
            let _ = without_template(&text);
        }
    }
}
