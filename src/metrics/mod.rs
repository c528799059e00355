//! What was spent on what, what the next run may cost, and how both are told.

mod drift;
mod estimate;
mod prompts;
mod report;
mod retries;

use std::collections::BTreeMap;
use std::ops::{Add, AddAssign, RangeInclusive};

use serde::{Deserialize, Serialize};

use crate::effect::session::Usage;
use crate::ids::{ModelRef, TaskId, TrackId};
use crate::prompts::PromptUse;
use crate::route::Work;
pub use drift::Drift;
pub use estimate::{Estimate, Price, estimate};
pub use prompts::PromptFigures;
pub use report::{TaskFigures, metrics, report};
pub use retries::{Origin, Retries, Try};

/// One ask of a session: what for, with which model, and what it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The kind of work.
    pub work: Work,
    /// The model; `None` when the host chose.
    pub model: Option<ModelRef>,
    /// The track of its task; every track has ids like `T01`.
    pub track: Option<TrackId>,
    /// The task, if it was for one.
    pub task: Option<TaskId>,
    /// Which attempt at the task, from 1; 0 when it was for none.
    pub attempt: u32,
    /// What the host counted.
    pub usage: Usage,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The prompt of the agent; `None` when that is not known.
    #[serde(default)]
    pub prompt: Option<PromptUse>,
}

/// Every ask there was, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// The asks.
    pub entries: Vec<Entry>,
}

impl Ledger {
    /// Notes one more ask.
    pub fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// What all of them took.
    pub fn total(&self) -> Usage {
        sum(self.entries.iter())
    }

    /// What each kind of work took; kinds without an ask are left out.
    pub fn by_work(&self) -> BTreeMap<Work, Usage> {
        let mut sums: BTreeMap<Work, Usage> = BTreeMap::new();
        for entry in &self.entries {
            *sums.entry(entry.work).or_default() += entry.usage;
        }
        sums
    }

    /// What each model took; `None` collects what ran on a model of the host's choice.
    pub fn by_model(&self) -> BTreeMap<Option<ModelRef>, Usage> {
        let mut sums: BTreeMap<Option<ModelRef>, Usage> = BTreeMap::new();
        for entry in &self.entries {
            *sums.entry(entry.model.clone()).or_default() += entry.usage;
        }
        sums
    }

    /// What the tasks of a track took, all attempts together.
    pub fn of_track(&self, track: &TrackId) -> Usage {
        sum(self.entries.iter().filter(|entry| entry.task.is_some() && entry.track.as_ref() == Some(track)))
    }

    /// What a task took, all attempts together.
    pub fn of_task(&self, track: &TrackId, task: &TaskId) -> Usage {
        let is_its =
            |entry: &&Entry| entry.track.as_ref() == Some(track) && entry.task.as_ref() == Some(task);
        sum(self.entries.iter().filter(is_its))
    }

    /// What attempts took for the kinds of work that count.
    pub fn of_attempts(
        &self,
        track: &TrackId,
        task: &TaskId,
        attempts: RangeInclusive<u32>,
        counts: impl Fn(Work) -> bool,
    ) -> Usage {
        let is_its = |entry: &&Entry| {
            let is_place = entry.track.as_ref() == Some(track) && entry.task.as_ref() == Some(task);
            is_place && attempts.contains(&entry.attempt) && counts(entry.work)
        };
        sum(self.entries.iter().filter(is_its))
    }
}

fn sum<'a>(entries: impl Iterator<Item = &'a Entry>) -> Usage {
    entries.fold(Usage::default(), |sum, entry| sum + entry.usage)
}

impl Usage {
    /// Every token that went through the model: sent, read from a cache and received.
    pub fn tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens).saturating_add(self.cached_tokens)
    }
}

impl Usage {
    /// The larger of two counts of the same ask: what was counted turn by turn stands in where the host
    /// could not be asked for the sum.
    pub fn or_more(self, other: Self) -> Self {
        let is_more = other.tokens() > self.tokens() || other.cost_usd > self.cost_usd;
        if is_more { other } else { self }
    }
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cached_tokens: self.cached_tokens.saturating_add(other.cached_tokens),
            cost_usd: self.cost_usd + other.cost_usd,
            steps: self.steps.saturating_add(other.steps),
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn entry(work: Work, model: &str, task: Option<&str>, tokens: u64) -> Entry {
        Entry {
            work,
            model: ModelRef::parse(model),
            track: task.map(|_| TrackId::from("cart-1")),
            task: task.map(TaskId::from),
            attempt: u32::from(task.is_some()),
            usage: Usage {
                input_tokens: tokens,
                output_tokens: tokens / 10,
                cached_tokens: tokens * 2,
                cost_usd: tokens as f64 / 1e6,
                steps: 4,
            },
            duration_ms: 30_000,
            prompt: None,
        }
    }

    #[test]
    fn sums_by_task_work_and_model_agree_with_the_total() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.total(), Usage::default());
        ledger.add(entry(Work::Planning, "a/small", None, 1_000));
        ledger.add(entry(Work::CodeImplementation, "a/large", Some("T01"), 10_000));
        ledger.add(entry(Work::CodeImplementation, "a/large", Some("T01"), 20_000));
        ledger.add(entry(Work::Review, "", Some("T02"), 500));
        let total = ledger.total();
        assert_eq!(total.tokens(), 31_500 * 31 / 10);
        assert_eq!(total.steps, 16);
        let track = "cart-1".into();
        assert_eq!(ledger.of_task(&track, &"T01".into()).input_tokens, 30_000);
        assert_eq!(ledger.of_task(&track, &"T03".into()), Usage::default());
        assert_eq!(ledger.of_task(&"tax-2".into(), &"T01".into()), Usage::default());
        let by_work = ledger.by_work();
        assert_eq!(by_work.len(), 3);
        assert_eq!(by_work.values().map(Usage::tokens).sum::<u64>(), total.tokens());
        let by_model = ledger.by_model();
        assert_eq!(by_model[&None].input_tokens, 500);
        assert_eq!(by_model.values().map(Usage::tokens).sum::<u64>(), total.tokens());
    }

    #[test]
    fn sums_do_not_overflow() {
        let most = Usage { input_tokens: u64::MAX, steps: u32::MAX, ..Usage::default() };
        assert_eq!((most + most).tokens(), u64::MAX);
    }
}
