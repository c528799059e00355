//! Lines that begin and end blocks of code in markdown.

/// The marks of such a line, three or more backticks or tildes, and the text behind them. It may be
/// indented by any white space: agents put blocks into lists.
pub fn fence(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let marks = &line[..line.len() - rest.len()];
    // Three backticks, text and a backtick again are code within a line.
    let is_inline = mark == '`' && rest.contains('`');
    (marks.len() >= 3 && !is_inline).then_some((marks, rest.trim()))
}

/// Whether a line ends the block that such marks began.
pub fn closes(line: &str, marks: &str) -> bool {
    fence(line).is_some_and(|(closing, info)| info.is_empty() && closing.starts_with(marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_marks_or_more_are_a_fence() {
        assert_eq!(fence("```"), Some(("```", "")));
        assert_eq!(fence("  ~~~~ rust `x` \r\n"), Some(("~~~~", "rust `x`")));
        for line in ["", "``", "`` ```", "```one``` line", "- ```", "text ```"] {
            assert_eq!(fence(line), None, "{line}");
        }
    }

    #[test]
    fn a_block_ends_with_as_many_marks_of_its_kind_alone() {
        assert!(closes("  ````", "```"));
        for line in ["``", "~~~", "```rust", "text"] {
            assert!(!closes(line, "```"), "{line}");
        }
    }
}
