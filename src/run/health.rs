//! The health check: the project's own gates on a commit that holds none of the run's work. A gate
//! that is red or tests nothing there would lie about every task after it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::gates::{Gate, GateName, TestFiles};
use crate::ids::CommitId;
use crate::review::GateReport;
use crate::text::{duration, list};

/// So many lines of a red gate's output are shown.
const TAIL_LINES: usize = 25;

/// What the gates say of a commit before we change anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// The commit; `None` before the first check.
    pub commit: Option<CommitId>,
    /// The gates that ran.
    pub gates: Vec<Gate>,
    /// Those that were red. With `--allow-red` they do not judge tasks.
    pub red: BTreeSet<GateName>,
    /// The test command ran no test.
    pub runs_no_test: bool,
}

impl Health {
    /// Reads the reports of a check.
    pub fn of(commit: CommitId, reports: &[GateReport]) -> Self {
        Self {
            commit: Some(commit),
            gates: reports.iter().map(|report| report.gate.clone()).collect(),
            red: reports.iter().filter(|report| report.has_failed()).map(|report| report.gate.name).collect(),
            runs_no_test: reports.iter().any(|report| report.ran_no_test),
        }
    }

    /// Whether it holds for this commit and these gates, and says that all is well.
    pub fn is_good_for(&self, commit: &CommitId, gates: &[Gate]) -> bool {
        let is_good = self.red.is_empty() && !self.runs_no_test;
        self.commit.as_ref() == Some(commit) && self.gates == gates && is_good
    }

    /// The first report that condemns work: red where the base was not, tests that no longer run, or tests
    /// that the work brings and the command passes over.
    pub fn condemned<'a>(&self, reports: &'a [GateReport], brings_tests: bool) -> Option<&'a GateReport> {
        let mut judging = reports.iter().filter(|report| !self.red.contains(&report.gate.name));
        judging
            .find(|report| report.has_failed() || report.ran_no_test && (brings_tests || !self.runs_no_test))
    }
}

/// Whether a gate cannot judge work: it fails without any, or passes over the project's tests.
fn is_red(report: &GateReport, tests: Option<&TestFiles>) -> bool {
    report.has_failed() || report.ran_no_test && tests.is_some()
}

/// What is shown when gates are red on the base, in a project that has these tests.
pub fn red_text(reports: &[GateReport], tests: Option<&TestFiles>) -> String {
    let red: Vec<&GateReport> = reports.iter().filter(|report| is_red(report, tests)).collect();
    let failed: Vec<String> = red
        .iter()
        .filter(|report| report.has_failed())
        .map(|report| format!("`{}`", report.gate.command))
        .collect();
    let mut text = match failed.as_slice() {
        [] => "The project's tests do not run.\n".to_owned(),
        _ => format!("The project is not healthy before any task starts: {} failed.\n", list(&failed)),
    };
    for report in red {
        let how = match (report.code, tests) {
            (Some(0), Some(tests)) => format!("ran no test, though there are {}", tests.told()),
            (Some(code), _) => format!("exit code {code}"),
            (None, _) => "stopped, it took too long".to_owned(),
        };
        let lines: Vec<&str> = report.tail.trim_end().lines().collect();
        let from = lines.len().saturating_sub(TAIL_LINES);
        text.push_str(&format!(
            "\n`{}` ({how}, {}):\n\n```text\n{}\n```\n",
            report.gate.command,
            duration(report.duration_ms),
            lines.get(from..).unwrap_or_default().join("\n")
        ));
    }
    text.push_str(
        "\nChecks run in a worktree of the commit. Files that git does not hold, such as `.env` or a virtual \
         environment, are there only if the options `worktree.link`, `worktree.copy` or `worktree.setup` bring them.\n",
    );
    text
}

/// One line on gates that are green; `None` when none is.
pub fn green_text(reports: &[GateReport]) -> Option<String> {
    let parts: Vec<String> = reports
        .iter()
        .filter(|report| report.is_green())
        .map(|report| {
            let took = duration(report.duration_ms);
            format!("`{}` ({took})", report.gate.command)
        })
        .collect();
    let verb = if parts.len() == 1 { "is" } else { "are" };
    (!parts.is_empty()).then(|| format!("Health check: {} {verb} green.", list(&parts)))
}
