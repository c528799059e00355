//! The rules on a case of the corpus.

use super::corpus::{Case, Foreign};
use super::hygiene::{Finding, ForeignKind, Frame, Overheard, Prints, verify};
use super::ids::TaskId;

/// What the rules find in a case.
pub fn findings(case: &Case) -> Vec<Finding> {
    let mut prints = Prints::default();
    prints.add(case.foreign.iter().map(|foreign| (kind(foreign), foreign.text.as_str())));
    findings_by(case, &prints, None)
}

/// The same by these fingerprints.
pub fn findings_by(case: &Case, prints: &Prints, overheard: Option<&Overheard>) -> Vec<Finding> {
    let own = TaskId(case.own.clone());
    let names = |ids: &[String]| -> Vec<TaskId> { ids.iter().map(|id| TaskId(id.clone())).collect() };
    let (ids, dependencies) = (names(&case.ids), names(&case.dependencies));
    let frame = Frame {
        own: &own,
        dependencies: &dependencies,
        ids: &ids,
        bytes_max: case.bytes_max,
        prints: Some(prints),
        overheard,
        fields: &[&case.fields],
        given: &[&case.given],
        not_overheard: &[],
    };
    verify(&case.text, &frame)
}

/// Whose a foreign text is.
pub fn kind(foreign: &Foreign) -> ForeignKind {
    let name = foreign.name.clone();
    match foreign.kind.as_str() {
        "task" => ForeignKind::Task(TaskId(name)),
        "attempt" => ForeignKind::Attempt(name),
        "tool" => ForeignKind::Tool(name),
        _ => ForeignKind::Planner(name),
    }
}
