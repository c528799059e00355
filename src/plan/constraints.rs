//! What a plan demands of all its tasks.

use super::headings::{Line, normal, scan};
use prose::fences::fence;

/// So many constraints of a plan hold for every task: more would crowd out what a task is about.
const CONSTRAINTS_MAX: usize = 8;
/// A longer item is prose, not a constraint.
const CONSTRAINT_BYTES_MAX: usize = 200;

/// The list items below the plan's headings `Constraints`, without those of other parts of it: the first
/// [`CONSTRAINTS_MAX`] of at most [`CONSTRAINT_BYTES_MAX`] bytes.
pub fn constraints(plan: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    let (mut is_inside, mut is_fenced, mut is_open) = (false, false, false);
    for line in scan(plan).lines {
        let text = match line {
            Line::Heading { title, .. } => {
                is_inside = normal(title) == "constraints";
                is_open = false;
                continue;
            }
            Line::Text(text) => text,
        };
        is_fenced ^= fence(text).is_some();
        let is_read = is_inside && !is_fenced;
        match (item(text), items.last_mut()) {
            (Some(text), _) if is_read => {
                items.push(text.to_owned());
                is_open = true;
            }
            (None, Some(last)) if is_read && is_open && text.starts_with(' ') && !text.trim().is_empty() => {
                last.push(' ');
                last.push_str(text.trim());
            }
            _ => is_open = false,
        }
    }
    items.retain(|item| {
        item.len() <= CONSTRAINT_BYTES_MAX && !matches!(normal(item).trim_end_matches('.'), "" | "none")
    });
    items.truncate(CONSTRAINTS_MAX);
    items
}

/// The text of a list item, without its mark and box.
fn item(line: &str) -> Option<&str> {
    let text = line.trim_start();
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = number.len() < text.len();
    let text = match text.strip_prefix(['-', '*', '+']) {
        Some(rest) => rest,
        None => number.strip_prefix(['.', ')']).filter(|_| is_numbered)?,
    };
    let text = text.strip_prefix(' ')?.trim();
    let boxes = ["[ ] ", "[x] ", "[X] "];
    Some(boxes.iter().find_map(|mark| text.strip_prefix(mark)).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_items_of_the_constraints_are_read_and_nothing_else() {
        let plan = "# Unified Plan\n\n## 1. Product Specification\n\n- Carts have prices.\n\n### Constraints\n\n\
            Words on them.\n\n- Node 20,\n  no newer\n* [ ] no new dependency\n1. amounts in cents\n\n\
            A paragraph - with a dash.\n```\n- code\n```\n- None.\n\n#### Why\n\n- we looked\n\n\
            ### Open Questions\n\n- which currency?\n\n## CONSTRAINTS:\n\n- the API stays\n";
        assert_eq!(
            constraints(plan),
            ["Node 20, no newer", "no new dependency", "amounts in cents", "the API stays"]
        );
    }

    #[test]
    fn only_so_many_short_ones_count() {
        assert_eq!(constraints(""), [""; 0]);
        assert_eq!(constraints("## Constraints\n\nNone.\n"), [""; 0]);
        let plan = format!("## Constraints\n- {}\n{}", "x".repeat(201), "- one\n".repeat(20));
        assert_eq!(constraints(&plan).len(), CONSTRAINTS_MAX);
    }
}
