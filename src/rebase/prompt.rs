//! What the rebase agent reads: the spec and what failed attempts taught, nothing of their talk.

use crate::backlog::{TaskSpec, render_task};
use crate::text::bullets;

/// The text for the agent. `failures` are one sentence an attempt, oldest first; `lessons` are the
/// distilled ones, newest first.
pub fn rebase_prompt(task: &TaskSpec, failures: &[String], lessons: &[String], bytes_max: usize) -> String {
    let mut text = format!("The task as it is:\n\n```yaml\n{}```\n", spec(task));
    if !failures.is_empty() {
        // What was done about it afterwards is of no use here.
        let ends = failures.iter().filter_map(|text| text.split(". ").next());
        text.push_str(&format!("\nHow its attempts ended:\n\n{}\n", bullets(ends)));
    }
    if !lessons.is_empty() {
        text.push_str(&format!("\nWhat they taught:\n\n{}\n", bullets(lessons)));
    }
    text.push_str(&format!(
        "\nThe whole task must stay under {bytes_max} bytes, and names no task but itself and those it depends on.\n"
    ));
    text
}

/// The task without what only the books are interested in.
pub(super) fn spec(task: &TaskSpec) -> String {
    let is_of_books = |line: &&str| {
        let key = line.split(':').next().unwrap_or_default();
        !["status", "attempts", "lastAttempt", "error"].contains(&key)
    };
    render_task(task).lines().filter(is_of_books).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backlog::samples::valid;

    #[test]
    fn it_holds_the_spec_the_ends_and_the_lessons() {
        let task = crate::backlog::parse_draft(&format!("```yaml\n{}```", valid())).unwrap()[0].clone();
        let failures = vec!["Attempt 1: the test gate failed".to_owned()];
        let lessons = vec!["Don't add floats: 0.1 + 0.2 is not 0.3 (test, a.test.js:7)".to_owned()];
        let text = rebase_prompt(&task, &failures, &lessons, 2_900);
        for part in [&task.title, &task.acceptance[0], &failures[0], &lessons[0]] {
            assert!(text.contains(part.as_str()), "{part}: {text}");
        }
        let plain = rebase_prompt(&task, &[], &[], 2_900);
        assert!(!plain.contains("taught") && !plain.contains("status:"), "{plain}");
    }
}
