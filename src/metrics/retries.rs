//! What came of second attempts: of those that tried the same spec again, and of those that had a better one.

use serde::{Deserialize, Serialize};

use super::{Ledger, Usage};
use crate::ids::{TaskId, TrackId};
use crate::route::Work;
use crate::text;

/// With fewer of a kind nobody can tell luck from merit.
const FEW: u32 = 10;

/// What an attempt followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Nothing, or a person who gave the task another set of attempts.
    #[default]
    First,
    /// A failed attempt at the same spec.
    Retry,
    /// A better spec.
    Rebase,
}

/// An attempt that passed or fell short, with those before it that did neither: trouble or a conflict ended
/// them, or their work was changed further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// The number of the last one.
    pub attempt: u32,
    /// What it followed.
    pub origin: Origin,
    /// Whether its work was merged.
    pub has_passed: bool,
    /// How long all that took, in milliseconds.
    pub duration_ms: u64,
}

/// The attempts of a kind, all together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Kind {
    tried: u32,
    passed: u32,
    usage: Usage,
    duration_ms: u64,
}

/// Plain retries beside attempts that had a better spec.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Retries {
    plain: Kind,
    rebased: Kind,
    /// What it took to ask for better specs, those that were not used included.
    specs: Usage,
    asked: u32,
}

impl Retries {
    /// The second attempts among the tries of tasks.
    pub fn of<'a>(
        tasks: impl Iterator<Item = (&'a TrackId, &'a TaskId, &'a [Try])>,
        ledger: &Ledger,
    ) -> Self {
        let mut retries = Self::default();
        for (track, task, tries) in tasks {
            let mut after = 0;
            for one in tries {
                let attempts = after + 1..=one.attempt;
                after = one.attempt;
                let kind = match one.origin {
                    Origin::First => continue,
                    Origin::Retry => &mut retries.plain,
                    Origin::Rebase => &mut retries.rebased,
                };
                kind.tried += 1;
                kind.passed += u32::from(one.has_passed);
                kind.usage += ledger.of_attempts(track, task, attempts, |work| work != Work::Rebase);
                kind.duration_ms += one.duration_ms;
            }
        }
        for entry in ledger.entries.iter().filter(|entry| entry.work == Work::Rebase) {
            retries.specs += entry.usage;
            retries.asked += 1;
        }
        retries
    }

    /// Both kinds side by side, with their numbers beside their rates.
    pub fn report(&self) -> String {
        let row = |name: &str, kind: &Kind| {
            let per = |sum: u64, n: u32, tell: fn(u64) -> String| match sum.checked_div(n.into()) {
                Some(mean) if sum > 0 => tell(mean),
                _ => "-".to_owned(),
            };
            let rate = match (100 * u64::from(kind.passed)).checked_div(kind.tried.into()) {
                Some(percent) => format!("{} of {} ({percent}%)", kind.passed, kind.tried),
                None => "no data yet".to_owned(),
            };
            let cost = if kind.tried == 0 {
                "-".to_owned()
            } else {
                text::usd(kind.usage.cost_usd / f64::from(kind.tried))
            };
            vec![
                name.to_owned(),
                rate,
                per(kind.usage.tokens(), kind.tried, text::number),
                cost,
                per(kind.duration_ms, kind.tried, text::duration),
            ]
        };
        let rows =
            [row("a failed attempt at the same spec", &self.plain), row("a better spec", &self.rebased)];
        let mut out = text::table(&["after", "passed", "#tokens each", "#cost each", "#time each"], &rows);
        if self.asked > 0 {
            out.push_str(&format!(
                "\nBetter specs were asked for in {}: {} tokens, {} more.\n",
                text::count(self.asked as usize, "agent run", "agent runs"),
                text::number(self.specs.tokens()),
                text::usd(self.specs.cost_usd),
            ));
        }
        let is_few = self.plain.tried.min(self.rebased.tried) < FEW;
        if is_few && self.plain.tried + self.rebased.tried > 0 {
            out.push_str(&format!(
                "\nWith fewer than {FEW} of each, the difference between them says nothing.\n"
            ));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::Entry;
    use super::*;

    fn one(attempt: u32, origin: Origin, has_passed: bool) -> Try {
        Try { attempt, origin, has_passed, duration_ms: 60_000 * u64::from(attempt) }
    }

    fn entry(task: &str, attempt: u32, work: Work, tokens: u64) -> Entry {
        Entry {
            work,
            model: None,
            prompt: None,
            track: Some("cart-1".into()),
            task: Some(task.into()),
            attempt,
            usage: Usage { input_tokens: tokens, cost_usd: tokens as f64 / 1e4, ..Usage::default() },
            duration_ms: 0,
        }
    }

    #[test]
    fn both_kinds_are_told_with_their_numbers() {
        let ledger = Ledger {
            entries: vec![
                entry("T01", 1, Work::CodeImplementation, 9_000),
                entry("T01", 2, Work::CodeImplementation, 1_000),
                entry("T01", 2, Work::Review, 500),
                entry("T01", 2, Work::Rebase, 700),
                entry("T01", 3, Work::CodeImplementation, 2_000),
                entry("T02", 2, Work::CodeImplementation, 500),
            ],
        };
        let first =
            [one(1, Origin::First, false), one(2, Origin::Retry, false), one(3, Origin::Rebase, true)];
        let second = [one(1, Origin::First, false), one(2, Origin::Retry, true)];
        let (track, ids): (TrackId, [TaskId; 2]) = ("cart-1".into(), ["T01".into(), "T02".into()]);
        let tasks = [(&track, &ids[0], &first[..]), (&track, &ids[1], &second[..])];
        insta::assert_snapshot!(Retries::of(tasks.into_iter(), &ledger).report(), @r"
        | after                             | passed        | tokens each | cost each | time each |
        | --------------------------------- | ------------- | ----------: | --------: | --------: |
        | a failed attempt at the same spec | 1 of 2 (50%)  |       1,000 |     $0.10 |     2 min |
        | a better spec                     | 1 of 1 (100%) |       2,000 |     $0.20 |     3 min |

        Better specs were asked for in 1 agent run: 700 tokens, $0.0700 more.

        With fewer than 10 of each, the difference between them says nothing.
        ");
    }

    #[test]
    fn nothing_is_no_result() {
        insta::assert_snapshot!(Retries::default().report(), @r"
        | after                             | passed      | tokens each | cost each | time each |
        | --------------------------------- | ----------- | ----------: | --------: | --------: |
        | a failed attempt at the same spec | no data yet |           - |         - |         - |
        | a better spec                     | no data yet |           - |         - |         - |
        ");
    }
}
