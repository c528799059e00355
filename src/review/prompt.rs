//! The reviewer's request: criteria, results of the gates, and the diff. Nothing else.

use super::GateReport;

/// So much of a red gate's output is shown.
const TAIL_BYTES_MAX: usize = 2_000;

/// What a reviewer is sent for one part of a diff; `part` counts from 1. Of a task it holds only the
/// acceptance criteria, so that the work is judged by what was promised. Without reports the checks did not run.
pub fn review_prompt(
    criteria: &[String],
    reports: Option<&[GateReport]>,
    diff_part: &str,
    part: usize,
    parts: usize,
) -> String {
    let mut text = String::from("## Acceptance criteria\n\n");
    if criteria.is_empty() {
        text.push_str("None are stated: look for defects only.\n");
    }
    for (index, criterion) in criteria.iter().enumerate() {
        text.push_str(&format!("{}. {}\n", index + 1, criterion.trim()));
    }
    text.push_str("\n## Checks of the project\n\n");
    match reports {
        None => text.push_str("They were not run.\n"),
        Some([]) => text.push_str("None are configured.\n"),
        Some(_) => {}
    }
    for report in reports.unwrap_or_default() {
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
    use crate::gates::{Gate, GateName};

    fn criteria() -> [String; 2] {
        ["Prints JSON", "Exits with 2"].map(str::to_owned)
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
        insta::assert_snapshot!(review_prompt(&criteria(), Some(&reports), "+a\n+```\n", 1, 1));
    }

    #[test]
    fn a_part_of_a_review_says_so() {
        let text = review_prompt(&criteria(), Some(&[]), "+a\n", 2, 3);
        assert!(text.contains("## Diff, part 2 of 3\n"));
        assert!(text.contains("None are configured."));
    }

    #[test]
    fn without_criteria_and_checks_it_says_so() {
        let text = review_prompt(&[], None, "+a\n", 1, 1);
        assert!(text.contains("None are stated: look for defects only.\n"), "{text}");
        assert!(text.contains("They were not run.\n"), "{text}");
    }

    #[test]
    fn a_long_output_is_cut_at_its_beginning() {
        let tail = format!("{}the end\n", "ä line\n".repeat(1_000));
        let text = review_prompt(&criteria(), Some(&[report(GateName::Test, Some(1), &tail)]), "", 1, 1);
        assert!(text.len() < TAIL_BYTES_MAX + 400);
        assert!(text.contains("```text\nä line\n") && text.contains("the end\n```"));
    }

    #[test]
    fn a_gate_without_tests_is_not_green() {
        let mut report = report(GateName::Test, Some(0), "0 passing");
        assert!(report.is_green());
        report.ran_no_test = true;
        assert!(!report.is_green());
        assert!(review_prompt(&criteria(), Some(&[report]), "", 1, 1).contains("passed, but ran no test"));
    }
}
