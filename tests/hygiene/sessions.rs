//! A case judged as contexts are: of other tasks all is known, of what was said in sessions what is kept.

use super::corpus::Case;
use super::hygiene::{Finding, Heard, Overheard, Prints, Speech};
use super::ids::SessionId;
use super::judge::{findings_by, kind};

/// What the rules find in a case.
pub fn findings(case: &Case) -> Vec<Finding> {
    let is_task = |kind: &str| kind == "task";
    let tasks = case.foreign.iter().filter(|foreign| is_task(&foreign.kind));
    let mut prints = Prints::default();
    prints.add(tasks.map(|foreign| (kind(foreign), foreign.text.as_str())));
    let mut overheard = Overheard::default();
    for (n, foreign) in case.foreign.iter().filter(|foreign| !is_task(&foreign.kind)).enumerate() {
        let text = vec![foreign.text.clone()];
        let speech = match foreign.kind.as_str() {
            "tool" => Speech { outputs: text, ..Speech::default() },
            _ => Speech { said: text, ..Speech::default() },
        };
        overheard.listen(&SessionId(format!("s{n}")), kind(foreign), &Heard::of(&speech), &[]);
    }
    findings_by(case, &prints, Some(&overheard))
}
