//! What came of each prompt: what its asks cost, and how first attempts went that were made with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Ledger, Try, Usage};
use crate::ids::{TaskId, TrackId};
use crate::prompts::PromptUse;
use crate::text;

/// With fewer first attempts each, two prompts that are equally good differ by 25 points in one case of
/// twenty: 1.96 · √(2 · ¼ / 30).
const FEW: u32 = 30;

/// The figures of all prompts that were at work.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PromptFigures(BTreeMap<PromptUse, Figures>);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Figures {
    asks: u32,
    usage: Usage,
    /// First attempts that passed or fell short.
    tried: u32,
    passed: u32,
}

impl PromptFigures {
    /// From all asks, and the first of the tries of each task. A first attempt in which an agent had several
    /// prompts counts for none of them.
    pub fn of<'a>(
        tasks: impl Iterator<Item = (&'a TrackId, &'a TaskId, &'a [Try])>,
        ledger: &Ledger,
    ) -> Self {
        let mut all: BTreeMap<PromptUse, Figures> = BTreeMap::new();
        for entry in &ledger.entries {
            if let Some(prompt) = &entry.prompt {
                let figures = all.entry(prompt.clone()).or_default();
                figures.asks += 1;
                figures.usage += entry.usage;
            }
        }
        for (track, task, tries) in tasks {
            let Some(first) = tries.first() else { continue };
            let is_its = |entry: &&Entry| {
                entry.track.as_ref() == Some(track)
                    && entry.task.as_ref() == Some(task)
                    && entry.attempt <= first.attempt
            };
            let used: BTreeSet<&PromptUse> =
                ledger.entries.iter().filter(is_its).filter_map(|entry| entry.prompt.as_ref()).collect();
            for prompt in &used {
                let is_of_role = |other: &&&PromptUse| other.role() == prompt.role();
                if used.iter().filter(is_of_role).count() == 1 {
                    let figures = all.entry((*prompt).clone()).or_default();
                    figures.tried += 1;
                    figures.passed += u32::from(first.has_passed);
                }
            }
        }
        Self(all)
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A row a prompt, with the numbers beside the rates.
    pub fn report(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .0
            .iter()
            .map(|(prompt, figures)| {
                vec![
                    prompt.agent.clone(),
                    prompt.hash.clone().unwrap_or_else(|| "-".to_owned()),
                    figures.asks.to_string(),
                    text::usd(figures.usage.cost_usd),
                    text::usd(figures.usage.cost_usd / f64::from(figures.asks.max(1))),
                    first_attempts(figures),
                ]
            })
            .collect();
        text::table(&["agent", "prompt", "#runs", "#cost", "#cost each", "first attempts that passed"], &rows)
    }
}

fn first_attempts(figures: &Figures) -> String {
    match (figures.passed, figures.tried) {
        (_, 0) => "-".to_owned(),
        (passed, tried) if tried < FEW => format!("{passed} of {tried}: too few to tell"),
        (passed, tried) => format!("{passed} of {tried} ({}%)", 100 * passed / tried),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::entry;
    use super::super::{Origin, Try};
    use super::*;
    use crate::route::Work;

    fn used(agent: &str) -> Option<PromptUse> {
        Some(PromptUse { agent: agent.to_owned(), hash: Some(format!("{:0>16}", agent.len())) })
    }

    fn ask(work: Work, task: &str, attempt: u32, agent: &str) -> Entry {
        Entry { attempt, prompt: used(agent), ..entry(work, "a/large", Some(task), 1_000) }
    }

    fn first(attempt: u32, has_passed: bool) -> Vec<Try> {
        vec![Try { attempt, origin: Origin::First, has_passed, duration_ms: 1 }]
    }

    fn figures(ledger: &Ledger, tries: &[(TaskId, Vec<Try>)]) -> PromptFigures {
        let track = TrackId::from("cart-1");
        PromptFigures::of(tries.iter().map(|(task, tries)| (&track, task, tries.as_slice())), ledger)
    }

    #[test]
    fn first_attempts_count_for_the_one_prompt_that_made_them() {
        let mut ledger = Ledger::default();
        let code = Work::CodeImplementation;
        for entry in [
            ask(code, "T01", 1, "implementer"),
            ask(Work::Review, "T01", 1, "reviewer"),
            ask(code, "T02", 1, "implementer~short"),
            ask(code, "T02", 2, "implementer"),
            // Trouble ended the first, and the second had another prompt.
            ask(code, "T03", 1, "implementer"),
            ask(code, "T03", 2, "implementer~short"),
            Entry { prompt: None, ..ask(code, "T04", 1, "implementer") },
        ] {
            ledger.add(entry);
        }
        let tries = [
            ("T01".into(), first(1, true)),
            ("T02".into(), first(1, false)),
            ("T03".into(), first(2, true)),
            ("T04".into(), first(1, true)),
            ("T05".into(), Vec::new()),
        ];
        insta::assert_snapshot!(figures(&ledger, &tries).report(), @r"
        | agent             | prompt           | runs |    cost | cost each | first attempts that passed |
        | ----------------- | ---------------- | ---: | ------: | --------: | -------------------------- |
        | implementer       | 0000000000000011 |    3 | $0.0030 |   $0.0010 | 1 of 1: too few to tell    |
        | implementer~short | 0000000000000017 |    2 | $0.0020 |   $0.0010 | 0 of 1: too few to tell    |
        | reviewer          | 0000000000000008 |    1 | $0.0010 |   $0.0010 | 1 of 1: too few to tell    |
        ");
        assert!(figures(&Ledger::default(), &[]).is_empty());
    }

    #[test]
    fn rates_are_told_from_thirty_on() {
        let few = Figures { tried: 29, passed: 29, ..Figures::default() };
        assert_eq!(first_attempts(&few), "29 of 29: too few to tell");
        let enough = Figures { tried: 30, passed: 20, ..Figures::default() };
        assert_eq!(first_attempts(&enough), "20 of 30 (66%)");
        assert_eq!(first_attempts(&Figures::default()), "-");
    }
}
