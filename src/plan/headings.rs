//! A scanner for markdown headings that knows fences, so that a `# comment` in code is no heading.

use prose::fences::{closes, fence};

/// A line of a document, by what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// An ATX heading outside of fences.
    Heading {
        /// Its number of `#`, 1 to 6.
        level: usize,
        /// Its text without the marks around it.
        title: &'a str,
    },
    /// Anything else; without its line ending.
    Text(&'a str),
}

/// A document's lines, and the fence that is still open at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scan<'a> {
    /// In order; line endings are gone.
    pub(crate) lines: Vec<Line<'a>>,
    /// The mark that would close it, for example three backticks.
    pub(crate) open_fence: Option<&'a str>,
}

/// Reads all lines of a document.
pub(crate) fn scan(text: &str) -> Scan<'_> {
    let mut open_fence: Option<&str> = None;
    let mut lines = Vec::new();
    for raw in text.lines() {
        let line = raw.trim_end_matches('\r');
        let mark = fence(line);
        match (open_fence, mark) {
            (Some(open), Some(_)) if closes(line, open) => open_fence = None,
            (None, Some((mark, _))) => open_fence = Some(mark),
            (None, None) => {
                if let Some((level, title)) = heading(line) {
                    lines.push(Line::Heading { level, title });
                    continue;
                }
            }
            (Some(_), _) => {}
        }
        lines.push(Line::Text(line));
    }
    Scan { lines, open_fence }
}

/// The level and title of a heading line.
fn heading(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start_matches(' ');
    if line.len() - text.len() > 3 {
        return None;
    }
    let rest = text.trim_start_matches('#');
    let level = text.len() - rest.len();
    if !(1..=6).contains(&level) || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let title = rest.trim();
    let bare = title.trim_end_matches('#');
    let is_closed = bare.is_empty() || bare.ends_with([' ', '\t']);
    Some((level, if is_closed { bare.trim_end() } else { title }))
}

/// A title as it is compared: lower case, without numbering, emphasis and a colon at the end.
pub(crate) fn normal(title: &str) -> String {
    let plain: String = title.chars().filter(|c| !matches!(c, '*' | '_' | '`')).collect();
    let words: Vec<&str> = unnumbered(plain.trim()).split_whitespace().collect();
    words.join(" ").trim_end_matches(':').to_lowercase()
}

/// A title without the number before it: `2.1 Scope` and `3) Scope`, but not `3D view` or `2024`.
pub(crate) fn unnumbered(title: &str) -> &str {
    let rest = title.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let is_number = title.starts_with(|c: char| c.is_ascii_digit());
    let name = rest.trim_start_matches([')', ':', '-', ' ']);
    let is_parted = name.len() < rest.len() || title[..title.len() - rest.len()].ends_with('.');
    if is_number && is_parted && !name.is_empty() { name } else { title }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(text: &str) -> Vec<(usize, &str)> {
        scan(text)
            .lines
            .into_iter()
            .filter_map(|line| match line {
                Line::Heading { level, title } => Some((level, title)),
                Line::Text(_) => None,
            })
            .collect()
    }

    #[test]
    fn finds_headings_of_every_level() {
        let text = "# A\n## B ##\r\n   ### C #\n#\n#### D#x\n####### seven\n#tag\n    # code\n";
        let found = titles(text);
        assert_eq!(found, [(1, "A"), (2, "B"), (3, "C"), (1, ""), (4, "D#x")]);
    }

    #[test]
    fn a_heading_within_a_fence_is_text() {
        let text = "````md\n## no\n```\n## no\n````\n## yes\n~~~\n# no\n```\n~~~ x\n# no\n~~~\n# yes";
        assert_eq!(titles(text), [(2, "yes"), (1, "yes")]);
        assert_eq!(scan(text).open_fence, None);
    }

    #[test]
    fn an_unclosed_fence_is_told() {
        assert_eq!(scan("# a\n  ```rust\n# b\n").open_fence, Some("```"));
        assert_eq!(scan("```one``` line\n# b\n").open_fence, None);
    }

    #[test]
    fn titles_compare_without_case_numbers_and_marks() {
        for title in ["Data Flow", "4. data flow", "4) Data  Flow:", "3.2 **Data Flow**", "2 - DATA FLOW"] {
            assert_eq!(normal(title), "data flow", "{title}");
        }
        assert_eq!(normal("2024"), "2024");
        assert_eq!(normal("3D View"), "3d view");
        assert_eq!(normal("Phase 2"), "phase 2");
    }
}
