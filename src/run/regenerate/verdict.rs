//! What a comparison says: of a new version beside the previous one, or of several beside each other.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::compare::{
    Comparison, Criterion, CrossResult, Crossing, Gap, Version, compare, completeness, describe, gap,
    table_of,
};
use crate::run::regenerate::comparing::Compared;
use crate::text::count;

impl Compared {
    /// The comparison with the previous version; `None` when several were built (`is_only`).
    pub fn only(&self, is_only: bool) -> Option<Comparison> {
        match (self.subjects.as_slice(), is_only) {
            ([before, now], true) => Some(compare(&before.version, &now.version, self.crossings.clone())),
            _ => None,
        }
    }

    /// Where the versions differ, and all that was asked of them.
    pub fn gaps(&self) -> (BTreeSet<Criterion>, Vec<Gap>) {
        let subjects = &self.subjects;
        let criteria: BTreeSet<Criterion> =
            subjects.iter().flat_map(|subject| subject.version.criteria.clone()).collect();
        let of = |crossing: &Crossing| {
            let tests = subjects.iter().find(|subject| subject.version.name == crossing.tests)?;
            gap(crossing, &tests.version.criteria, &tests.touched)
        };
        let gaps = self.crossings.iter().filter_map(of).collect();
        (criteria, gaps)
    }

    /// What came of it, for people and for scripts.
    pub fn told(&self, feature: &str, is_only: bool) -> (String, Value) {
        if let Some(comparison) = self.only(is_only) {
            let value = json!({ "feature": feature, "same": comparison.behaves_the_same(), "comparison": comparison });
            return (comparison_text(&comparison), value);
        }
        let (criteria, gaps) = self.gaps();
        let versions: Vec<&Version> = self.subjects.iter().map(|subject| &subject.version).collect();
        let value = json!({
            "feature": feature, "completeness": completeness(&criteria, &gaps), "gaps": gaps,
            "versions": versions, "crossings": self.crossings,
        });
        (self.gaps_text(&criteria, &gaps), value)
    }

    fn gaps_text(&self, criteria: &BTreeSet<Criterion>, gaps: &[Gap]) -> String {
        let mut text = String::new();
        let subjects = &self.subjects;
        for (left, right) in subjects.iter().zip(subjects.iter().skip(1)) {
            let between = |crossing: &&Crossing| {
                let names = [&left.version.name, &right.version.name];
                names.contains(&&crossing.code) && names.contains(&&crossing.tests)
            };
            let crossings = self.crossings.iter().filter(between).cloned().collect();
            let _ = writeln!(text, "{}", table_of(&compare(&left.version, &right.version, crossings)));
        }
        let open = gaps.iter().flat_map(|gap| &gap.criteria).collect::<BTreeSet<_>>().len();
        let _ = writeln!(
            text,
            "Completeness of the spec: {:.0} % ({} of {} without a difference between {} versions).",
            completeness(criteria, gaps) * 100.0,
            criteria.len() - open,
            count(criteria.len(), "criterion", "criteria"),
            subjects.len()
        );
        for gap in gaps {
            let _ = writeln!(
                text,
                "\n**A gap**: the code of `{}` does not pass the tests of `{}`: {}",
                gap.code,
                gap.tests,
                gap.complaints.join("; ")
            );
            for criterion in &gap.criteria {
                let _ = writeln!(text, "- {}: {}", criterion.task, criterion.text);
            }
        }
        for crossing in &self.crossings {
            if let CrossResult::Untold { why } = &crossing.result {
                let _ = writeln!(
                    text,
                    "\nThe tests of `{}` were not run on the code of `{}`: {why}.",
                    crossing.tests, crossing.code
                );
            }
        }
        text
    }
}

/// Why a new version is red: its own gates, or what the previous one was tested for.
pub fn problem(comparison: &Comparison) -> Option<String> {
    let now = &comparison.names.right;
    if comparison.has_worse_gates() {
        return Some("the checks of the new version fail".to_owned());
    }
    let fails = comparison.crossings.iter().any(|crossing| crossing.code == *now && crossing.is_red());
    fails.then(|| "the new version does not pass the tests of the previous one".to_owned())
}

fn comparison_text(comparison: &Comparison) -> String {
    let verdict = match (problem(comparison), comparison.behaves_the_same()) {
        (Some(problem), _) => format!("**Different**: {problem}."),
        (None, true) if comparison.is_tested() => {
            "**The same behaviour**, as far as the tests of both tell.".to_owned()
        }
        (None, true) => "**No difference found**, and no test ran that could tell one.".to_owned(),
        (None, false) => {
            "**Passes what the previous version was tested for**, and differs from it; see below.".to_owned()
        }
    };
    format!("{}\n{verdict}\n\n{}", table_of(comparison), describe(comparison))
}
