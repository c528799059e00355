//! What the rules find in labelled cases.

use multi_agent_coder::hygiene::{Finding, ForeignKind, Frame, Prints, verify};
use multi_agent_coder::ids::TaskId;

use crate::corpus::{Case, Foreign};

/// The findings of a case.
pub fn findings(case: &Case) -> Vec<Finding> {
    let own = TaskId(case.own.clone());
    let names = |ids: &[String]| -> Vec<TaskId> { ids.iter().map(|id| TaskId(id.clone())).collect() };
    let (ids, dependencies) = (names(&case.ids), names(&case.dependencies));
    let mut prints = Prints::default();
    prints.add(case.foreign.iter().map(|foreign| (kind(foreign), foreign.text.as_str())));
    let frame = Frame {
        own: &own,
        dependencies: &dependencies,
        ids: &ids,
        bytes_max: case.bytes_max,
        prints: Some(&prints),
        fields: &[&case.fields],
        given: &[&case.given],
        spans: &[],
    };
    verify(&case.text, &frame)
}

fn kind(foreign: &Foreign) -> ForeignKind {
    let name = foreign.name.clone();
    match foreign.kind.as_str() {
        "task" => ForeignKind::Task(TaskId(name)),
        "attempt" => ForeignKind::Attempt(name),
        "tool" => ForeignKind::Tool(name),
        _ => ForeignKind::Planner(name),
    }
}

/// How many cases were judged how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Score {
    pub hit: usize,
    pub missed: usize,
    pub false_alarm: usize,
    pub clean: usize,
}

impl Score {
    /// Counts a case: a contaminated one is found when a finding touches what was put in.
    pub fn add(&mut self, case: &Case, findings: &[Finding]) {
        match (case.is_clean(), is_found(case, findings)) {
            (true, true) => self.false_alarm += 1,
            (true, false) => self.clean += 1,
            (false, true) => self.hit += 1,
            (false, false) => self.missed += 1,
        }
    }

    pub fn recall(&self) -> f64 {
        self.hit as f64 / (self.hit + self.missed).max(1) as f64
    }

    pub fn false_positives(&self) -> f64 {
        self.false_alarm as f64 / (self.false_alarm + self.clean).max(1) as f64
    }
}

/// Whether anything was found in a clean case, or what was put in in another.
pub fn is_found(case: &Case, findings: &[Finding]) -> bool {
    match case.is_clean() {
        true => !findings.is_empty(),
        false => findings.iter().any(|f| case.spans.iter().any(|(from, to)| f.from < *to && *from < f.to)),
    }
}
