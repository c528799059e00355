//! What a host reads when it sums a long session up.

/// Our rules for what a summary keeps and leaves out, and the task with its constraints and what failed
/// before: all of `context`, since nothing else of it is sure to be in the summary.
pub fn kept(context: &str) -> String {
    format!("{}\n\n{}\n", include_str!("../../prompts/compaction.md").trim_end(), context.trim_end())
}

#[cfg(test)]
mod tests {
    use super::super::{Inputs, compile, sample_task};
    use super::*;

    #[test]
    fn a_summary_is_asked_for_with_the_rules_and_the_whole_task() {
        let evidence = ["Don't round down: 10 !== 9 (test, test/limiter.test.js:7)".to_owned()];
        let context = compile(&Inputs::of(&sample_task(), &evidence, 3_000)).unwrap().text;
        let text = kept(&context);
        let at = text.find("\nThe task:\n\n# T02: Limit refills").expect("it ends with the task");
        assert!(text[..at].contains("Leave out:"));
        assert!(text.ends_with(&context));
        assert!(text[at..].contains(&evidence[0]));
        assert!(at < 1_500, "every summary reads it");
    }
}
