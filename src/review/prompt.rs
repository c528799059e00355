//! The reviewer's request: criteria, results of the gates, and the diff. Nothing else.

use super::GateReport;
use crate::backlog::TaskSpec;

/// So much of a red gate's output is shown.
const TAIL_BYTES_MAX: usize = 2_000;

/// What a reviewer is sent for one part of a diff; `part` counts from 1. Of the task it holds only
/// the acceptance criteria, so that the work is judged by what was promised.
pub fn review_prompt(
    task: &TaskSpec,
    reports: &[GateReport],
    diff_part: &str,
    part: usize,
    parts: usize,
) -> String {
    let mut text = String::from("## Acceptance criteria\n\n");
    for (index, criterion) in task.acceptance.iter().enumerate() {
        text.push_str(&format!("{}. {}\n", index + 1, criterion.trim()));
    }
    text.push_str("\n## Checks of the project\n\n");
    if reports.is_empty() {
        text.push_str("None are configured.\n");
    }
    for report in reports {
        text.push_str(&result(report));
    }
    let title = if parts > 1 { format!("Diff, part {part} of {parts}") } else { "Diff".to_owned() };
    text.push_str(&format!("\n## {title}\n\n"));
    if parts > 1 {
        text.push_str(
            "Other reviewers judge the other parts. That a criterion is not met here, or that \
             something is not defined here, is no issue when another part may hold it.\n\n",
        );
    }
    text.push_str(&fenced("diff", diff_part));
    text
}

/// A gate's result in a line, with the end of its output when it is not green.
fn result(report: &GateReport) -> String {
    let outcome = match report.code {
        Some(0) if report.ran_no_test => "passed, but ran no test".to_owned(),
        Some(0) => "passed".to_owned(),
        Some(code) => format!("failed with exit code {code}"),
        None => "took too long and was stopped".to_owned(),
    };
    let line = format!("- {} (`{}`): {outcome}\n", report.gate.name, report.gate.command);
    if report.is_green() || report.tail.trim().is_empty() {
        return line;
    }
    format!("{line}\n{}\n", fenced("text", end_of(&report.tail)))
}

/// The last bytes of an output, from the beginning of a line where there is one.
fn end_of(tail: &str) -> &str {
    let mut start = tail.len().saturating_sub(TAIL_BYTES_MAX);
    if start == 0 {
        return tail;
    }
    while !tail.is_char_boundary(start) {
        start += 1;
    }
    let end = &tail[start..];
    end.split_once('\n').map_or(end, |(_, lines)| lines)
}

/// A text within a fence that nothing in it can close.
fn fenced(info: &str, text: &str) -> String {
    let runs = text.split(|c| c != '`').map(str::len);
    let mark = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    format!("{mark}{info}\n{}\n{mark}\n", text.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backlog::{Scope, Status, TaskContext};
    use crate::gates::{Gate, GateName};

    fn task() -> TaskSpec {
        TaskSpec {
            id: "T07".into(),
            title: "Secret title".to_owned(),
            description: "Secret description".to_owned(),
            status: Status::Review,
            depends_on: vec!["T03".into()],
            acceptance: vec!["Prints JSON".to_owned(), "Exits with 2".to_owned()],
            scope: Scope { files_hint: vec!["src/secret.ts".to_owned()], estimated_hours: 1.0 },
            context: TaskContext::default(),
            attempts: 1,
            last_attempt: None,
            error: None,
            kind: None,
        }
    }

    fn report(name: GateName, code: Option<i32>, tail: &str) -> GateReport {
        GateReport {
            gate: Gate { name, command: format!("npm run {name}") },
            code,
            duration_ms: 1_200,
            tail: tail.to_owned(),
            ran_no_test: false,
        }
    }

    #[test]
    fn a_review_sees_criteria_checks_and_diff() {
        let reports = [
            report(GateName::Test, Some(0), "12 passing"),
            report(GateName::Lint, Some(1), "src/a.ts:1 unused\n"),
            report(GateName::Typecheck, None, ""),
        ];
        insta::assert_snapshot!(review_prompt(&task(), &reports, "+a\n+```\n", 1, 1));
    }

    #[test]
    fn a_part_of_a_review_says_so() {
        let text = review_prompt(&task(), &[], "+a\n", 2, 3);
        assert!(text.contains("## Diff, part 2 of 3\n"));
        assert!(text.contains("None are configured."));
    }

    #[test]
    fn nothing_else_of_the_task_is_told() {
        let text = review_prompt(&task(), &[], "", 1, 1).to_lowercase();
        for word in ["secret", "t07", "t03"] {
            assert!(!text.contains(word), "{word}");
        }
    }

    #[test]
    fn a_long_output_is_cut_at_its_beginning() {
        let tail = format!("{}the end\n", "ä line\n".repeat(1_000));
        let text = review_prompt(&task(), &[report(GateName::Test, Some(1), &tail)], "", 1, 1);
        assert!(text.len() < TAIL_BYTES_MAX + 400);
        assert!(text.contains("```text\nä line\n") && text.contains("the end\n```"));
    }

    #[test]
    fn a_gate_without_tests_is_not_green() {
        let mut report = report(GateName::Test, Some(0), "0 passing");
        assert!(report.is_green());
        report.ran_no_test = true;
        assert!(!report.is_green());
        assert!(review_prompt(&task(), &[report], "", 1, 1).contains("passed, but ran no test"));
    }
}
