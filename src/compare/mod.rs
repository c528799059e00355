//! Two versions of a feature compared: what was asked of them, what the gates say of each, what the tests
//! of one say of the other, and what they are made of. Values in, values out.

mod gaps;
mod names;
#[cfg(test)]
mod properties;
mod report;
mod tests_of;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::effect::git::Change;
use crate::evidence::complaints;
use crate::gates::GateName;
use crate::ids::TaskId;
use crate::review::GateReport;
pub use gaps::{Gap, Touched, completeness, gap};
pub use names::{has_names, public_names};
pub use report::{describe, table_of};
pub use tests_of::is_test;

/// A version of a feature.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// What it is called in tables: `before`, `now`, `version 2`.
    pub name: String,
    /// What was asked of it.
    pub criteria: BTreeSet<Criterion>,
    /// What the gates say of it, with its own tests.
    pub gates: Vec<Verdict>,
    /// What it changed where it began, by path.
    pub changes: Vec<Change>,
    /// Names that the files it changed give to others.
    pub names: BTreeSet<PublicName>,
    /// The size of the files it changed, in bytes.
    pub bytes: u64,
    /// What making it cost, in US dollars; `None` when nobody knows.
    pub cost_usd: Option<f64>,
    /// How long its attempts took, in milliseconds; `None` when nobody knows.
    pub duration_ms: Option<u64>,
}

/// Something that a task must bring about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Criterion {
    /// The task.
    pub task: TaskId,
    /// What must hold.
    pub text: String,
}

/// A name that a file gives to others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PublicName {
    /// The file.
    pub path: String,
    /// The name.
    pub name: String,
}

/// What a gate said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which gate.
    pub gate: GateName,
    /// How it ended.
    pub mark: Mark,
    /// What it complains of, when it is red.
    pub complaints: Vec<String>,
}

/// How a gate ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Well.
    Green,
    /// Badly.
    Red,
    /// Well, and it ran no test.
    Empty,
}

/// The tests of one version against the code of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crossing {
    /// The version whose code it is.
    pub code: String,
    /// The version whose tests they are.
    pub tests: String,
    /// What came of it.
    pub result: CrossResult,
}

/// What came of running tests against other code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CrossResult {
    /// The gates ran.
    Ran {
        /// What they say.
        gates: Vec<Verdict>,
    },
    /// They could not tell anything.
    Untold {
        /// Why.
        why: String,
    },
}

/// What two versions have in common and what not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sets<T> {
    /// Only in the first.
    pub only_left: Vec<T>,
    /// In both.
    pub both: Vec<T>,
    /// Only in the second.
    pub only_right: Vec<T>,
}

/// A figure of each version.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair<T> {
    /// Of the first.
    pub left: T,
    /// Of the second.
    pub right: T,
}

/// Two versions compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What each is called.
    pub names: Pair<String>,
    /// What was asked.
    pub criteria: Sets<Criterion>,
    /// What the gates say of each with its own tests.
    pub gates: Pair<Vec<Verdict>>,
    /// The tests of each against the code of the other.
    pub crossings: Vec<Crossing>,
    /// Files that each changed.
    pub files: Sets<String>,
    /// Names that each gives to others.
    pub public: Sets<PublicName>,
    /// Lines that each added, less those it removed.
    pub lines: Pair<i64>,
    /// The size of the files that each changed, in bytes.
    pub bytes: Pair<u64>,
    /// What each cost, in US dollars.
    pub cost_usd: Pair<Option<f64>>,
    /// How long the attempts at each took, in milliseconds.
    pub duration_ms: Pair<Option<u64>>,
}

/// Compares two versions. With the two swapped and the crossings the same, it is the same turned round.
pub fn compare(left: &Version, right: &Version, crossings: Vec<Crossing>) -> Comparison {
    let files = |version: &Version| version.changes.iter().map(|change| change.path.clone()).collect();
    let lines = |version: &Version| {
        version.changes.iter().map(|change| i64::from(change.added) - i64::from(change.removed)).sum()
    };
    Comparison {
        names: Pair { left: left.name.clone(), right: right.name.clone() },
        criteria: sets(&left.criteria, &right.criteria),
        gates: Pair { left: left.gates.clone(), right: right.gates.clone() },
        crossings,
        files: sets(&files(left), &files(right)),
        public: sets(&left.names, &right.names),
        lines: Pair { left: lines(left), right: lines(right) },
        bytes: Pair { left: left.bytes, right: right.bytes },
        cost_usd: Pair { left: left.cost_usd, right: right.cost_usd },
        duration_ms: Pair { left: left.duration_ms, right: right.duration_ms },
    }
}

impl Comparison {
    /// Whether nothing that can be seen from outside differs: what was asked, what the gates say of both,
    /// and what the tests of each say of the other.
    pub fn behaves_the_same(&self) -> bool {
        let marks = |gates: &[Verdict]| gates.iter().map(|verdict| (verdict.gate, verdict.mark)).collect();
        let (left, right): (Vec<_>, Vec<_>) = (marks(&self.gates.left), marks(&self.gates.right));
        self.criteria.is_same() && left == right && !self.crossings.iter().any(Crossing::is_red)
    }
}

impl Comparison {
    /// Whether a gate proves less of the second than of the first.
    pub fn has_worse_gates(&self) -> bool {
        let before = |gate: GateName| {
            let found = self.gates.left.iter().find(|verdict| verdict.gate == gate);
            found.map(|verdict| verdict.mark)
        };
        let is_worse =
            |verdict: &Verdict| verdict.mark != Mark::Green && before(verdict.gate) != Some(verdict.mark);
        self.gates.right.iter().any(is_worse)
    }

    /// Whether tests ran on both.
    pub fn is_tested(&self) -> bool {
        let is_proof = |verdict: &Verdict| verdict.gate == GateName::Test && verdict.mark == Mark::Green;
        [&self.gates.left, &self.gates.right].iter().all(|gates| gates.iter().any(is_proof))
    }
}

impl Crossing {
    /// Whether tests failed there, or could not even run.
    pub fn is_red(&self) -> bool {
        matches!(&self.result, CrossResult::Ran { gates } if is_red(gates))
    }
}

impl<T> Sets<T> {
    /// Whether nothing is in one only.
    pub fn is_same(&self) -> bool {
        self.only_left.is_empty() && self.only_right.is_empty()
    }
}

/// Reads what gates said.
pub fn verdicts(reports: &[GateReport]) -> Vec<Verdict> {
    let verdict = |report: &GateReport| {
        let mark = match (report.has_failed(), report.ran_no_test) {
            (true, _) => Mark::Red,
            (false, true) => Mark::Empty,
            (false, false) => Mark::Green,
        };
        let complaints = match mark {
            Mark::Red => complaints(&report.gate.command, report.code, &report.tail),
            Mark::Green | Mark::Empty => Vec::new(),
        };
        Verdict { gate: report.gate.name, mark, complaints }
    };
    reports.iter().map(verdict).collect()
}

/// Whether a gate is red, or tests ran nothing.
pub fn is_red(gates: &[Verdict]) -> bool {
    gates.iter().any(|verdict| verdict.mark != Mark::Green)
}

fn sets<T: Clone + Ord>(left: &BTreeSet<T>, right: &BTreeSet<T>) -> Sets<T> {
    Sets {
        only_left: left.difference(right).cloned().collect(),
        both: left.intersection(right).cloned().collect(),
        only_right: right.difference(left).cloned().collect(),
    }
}
