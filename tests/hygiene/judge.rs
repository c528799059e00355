//! The rules on a case of the corpus.

use super::corpus::{Case, Foreign};
use super::hygiene::{Finding, ForeignKind, Frame, Heard, Overheard, Prints, Speech, verify};
use super::ids::{SessionId, TaskId};

/// What the rules find in a case.
pub fn findings(case: &Case) -> Vec<Finding> {
    let own = TaskId(case.own.clone());
    let names = |ids: &[String]| -> Vec<TaskId> { ids.iter().map(|id| TaskId(id.clone())).collect() };
    let (ids, dependencies) = (names(&case.ids), names(&case.dependencies));
    let mut prints = Prints::default();
    let tasks = case.foreign.iter().filter(|foreign| foreign.kind == "task");
    prints.add(tasks.map(|foreign| (kind(foreign), foreign.text.as_str())));
    let overheard = overheard(case);
    let frame = Frame {
        own: &own,
        dependencies: &dependencies,
        ids: &ids,
        bytes_max: case.bytes_max,
        prints: Some(&prints),
        overheard: Some(&overheard),
        fields: &[&case.fields],
        given: &[&case.given],
        asked: &[],
    };
    verify(&case.text, &frame)
}

/// What was said in sessions, one for each text.
fn overheard(case: &Case) -> Overheard {
    let mut overheard = Overheard::default();
    for (n, foreign) in case.foreign.iter().filter(|foreign| foreign.kind != "task").enumerate() {
        let text = vec![foreign.text.clone()];
        let speech = match foreign.kind.as_str() {
            "tool" => Speech { outputs: text, ..Speech::default() },
            _ => Speech { said: text, ..Speech::default() },
        };
        overheard.listen(&SessionId(format!("s{n}")), kind(foreign), &Heard::of(&speech), &[]);
    }
    overheard
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
