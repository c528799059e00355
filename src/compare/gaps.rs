//! Where versions made from one spec behave differently, the spec left something open. Which of its
//! criteria such a difference touches is a judgement by words and files, not a proof.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Criterion, CrossResult, Crossing, Mark, Verdict};
use crate::ids::TaskId;

/// A difference in behaviour between two versions made from one spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The version whose code it is.
    pub code: String,
    /// The version whose tests it fails.
    pub tests: String,
    /// What the gates complain of.
    pub complaints: Vec<String>,
    /// The criteria that it touches.
    pub criteria: Vec<Criterion>,
}

/// A task of the version whose tests failed, and the test files that its work changed.
pub type Touched = (TaskId, Vec<String>);

/// The gap that a crossing shows; `None` when it shows none. Tasks count when a complaint names a test file
/// of theirs, else all that changed a test, else all. Of their criteria those count that share the most
/// words with the complaints, or all when none shares two.
pub fn gap(crossing: &Crossing, criteria: &BTreeSet<Criterion>, touched: &[Touched]) -> Option<Gap> {
    let CrossResult::Ran { gates } = &crossing.result else {
        return None;
    };
    let red: Vec<&Verdict> = gates.iter().filter(|verdict| verdict.mark != Mark::Green).collect();
    if red.is_empty() {
        return None;
    }
    let complaints: Vec<String> = red.iter().flat_map(|verdict| verdict.complaints.clone()).collect();
    let tasks = tasks_of(&complaints, touched);
    let asked: Vec<&Criterion> = match criteria.iter().filter(|one| tasks.contains(&&one.task)).collect() {
        none if Vec::is_empty(&none) => criteria.iter().collect(),
        some => some,
    };
    let said = words(&complaints.join(" "));
    let shared = |criterion: &Criterion| words(&criterion.text).intersection(&said).count();
    let most = asked.iter().map(|criterion| shared(criterion)).max().unwrap_or_default();
    const SHARED_MIN: usize = 2;
    let is_meant = |criterion: &&&Criterion| most < SHARED_MIN || shared(criterion) == most;
    Some(Gap {
        code: crossing.code.clone(),
        tests: crossing.tests.clone(),
        criteria: asked.iter().filter(is_meant).map(|criterion| (*criterion).clone()).collect(),
        complaints,
    })
}

/// The share of the criteria that no gap touches, 0 to 1; 1 when there are none.
pub fn completeness(criteria: &BTreeSet<Criterion>, gaps: &[Gap]) -> f64 {
    let is_touched = |criterion: &&Criterion| gaps.iter().any(|gap| gap.criteria.contains(criterion));
    let touched = criteria.iter().filter(is_touched).count();
    if criteria.is_empty() { 1.0 } else { 1.0 - touched as f64 / criteria.len() as f64 }
}

fn tasks_of<'a>(complaints: &[String], touched: &'a [Touched]) -> Vec<&'a TaskId> {
    let names = |path: &String| complaints.iter().any(|complaint| complaint.contains(path.as_str()));
    let named: Vec<&TaskId> =
        touched.iter().filter(|(_, paths)| paths.iter().any(names)).map(|(task, _)| task).collect();
    if !named.is_empty() {
        return named;
    }
    touched.iter().filter(|(_, paths)| !paths.is_empty()).map(|(task, _)| task).collect()
}

/// Words that tell something: of four letters or more, or with a digit, in lower case.
fn words(text: &str) -> BTreeSet<String> {
    const COMMON: [&str; 14] = [
        "must", "should", "with", "when", "that", "this", "test", "tests", "expected", "values", "error",
        "from", "have", "strictly",
    ];
    const LETTERS_MIN: usize = 4;
    let is_telling = |word: &&str| {
        word.chars().count() >= LETTERS_MIN && !COMMON.contains(word)
            || word.chars().any(|c| c.is_ascii_digit())
    };
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(is_telling).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::GateName;

    fn criterion(task: &str, text: &str) -> Criterion {
        Criterion { task: task.into(), text: text.to_owned() }
    }

    fn crossing(mark: Mark, complaint: &str) -> Crossing {
        let complaints = vec![complaint.to_owned()];
        let gates = vec![Verdict { gate: GateName::Test, mark, complaints }];
        Crossing { code: "1".into(), tests: "2".into(), result: CrossResult::Ran { gates } }
    }

    fn asked() -> BTreeSet<Criterion> {
        let texts = [
            ("T01", "a cart without items has the total 0"),
            ("T01", "an unknown coupon is refused"),
            ("T02", "prices are shown with two digits"),
        ];
        texts.iter().map(|(task, text)| criterion(task, text)).collect()
    }

    #[test]
    fn a_difference_touches_the_criteria_that_it_speaks_of() {
        let touched = [("T01".into(), vec!["test/cart.js".to_owned()]), ("T02".into(), vec![])];
        let red = crossing(Mark::Red, "\"an unknown coupon\": 1 is not 2 (test/cart.js:7)");
        let found = gap(&red, &asked(), &touched).map(|gap| gap.criteria);
        assert_eq!(found, Some(vec![criterion("T01", "an unknown coupon is refused")]));
        let vague = crossing(Mark::Red, "\"x\": 1 is not 2 (test/cart.js:7)");
        let found = gap(&vague, &asked(), &touched).map(|gap| gap.criteria.len());
        assert_eq!(found, Some(2), "all of the task");
        let nowhere = crossing(Mark::Red, "it printed nothing");
        assert_eq!(gap(&nowhere, &asked(), &[]).map(|gap| gap.criteria.len()), Some(3), "all");
        assert_eq!(gap(&crossing(Mark::Green, ""), &asked(), &touched), None);
    }

    #[test]
    fn completeness_is_the_share_without_a_difference() {
        let gaps = [gap(&crossing(Mark::Red, "unknown coupon"), &asked(), &[]).unwrap()];
        assert!((completeness(&asked(), &gaps) - 2.0 / 3.0).abs() < 1e-9);
        assert!((completeness(&asked(), &[]) - 1.0).abs() < 1e-9);
        assert!((completeness(&BTreeSet::new(), &gaps) - 1.0).abs() < 1e-9);
    }
}
