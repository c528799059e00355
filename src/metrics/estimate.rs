//! What work may cost, before it is done.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Entry, Ledger, Usage, sum};
use crate::ids::ModelRef;
use crate::route::Work;

/// What a model costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// US dollars a million input tokens.
    pub input_usd: f64,
    /// US dollars a million output tokens.
    pub output_usd: f64,
}

/// Prices by full model name, `provider/model`.
pub type Prices = BTreeMap<String, Price>;

/// A guess at tokens and cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Tokens of every kind, cached ones included.
    pub tokens: u64,
    /// US dollars, of the work whose price is known.
    pub cost_usd: f64,
    /// Pieces of work whose price is not known.
    pub unpriced: usize,
}

/// From so many asks of a kind on, their mean is a better guess than the typical figures.
const PAST_MIN: usize = 3;

/// What reading a token from a provider's cache costs, as a part of its input price. Providers ask
/// between 0.1 and 0.5; the catalogue does not say.
const CACHED_PART: f64 = 0.25;

/// Guesses what pieces of work will take, each once, with the model it would run on.
pub fn estimate(works: &[(Work, Option<ModelRef>)], prices: &Prices, past: &Ledger) -> Estimate {
    let mut whole = Estimate::default();
    for (work, model) in works {
        let of_kind = |entry: &&Entry| entry.work == *work;
        let on_model = |entry: &&Entry| of_kind(entry) && entry.model == *model;
        let expected = mean(past, of_kind).unwrap_or_else(|| typical(*work));
        whole.tokens = whole.tokens.saturating_add(expected.tokens());
        // What this very model cost before is better than any price list: it knows the cache.
        let cost = mean(past, on_model).map(|usage| usage.cost_usd).or_else(|| {
            let price = prices.get(&model.as_ref()?.to_string())?;
            Some(price.of(&expected))
        });
        match cost {
            Some(cost) => whole.cost_usd += cost,
            None => whole.unpriced += 1,
        }
    }
    whole
}

impl Price {
    /// What a use of the model costs, in US dollars.
    fn of(&self, usage: &Usage) -> f64 {
        let input = usage.input_tokens as f64 + usage.cached_tokens as f64 * CACHED_PART;
        (input * self.input_usd + usage.output_tokens as f64 * self.output_usd) / 1e6
    }
}

/// The mean of the past asks that match; `None` when they are too few to say anything.
fn mean(past: &Ledger, matches: impl Fn(&&Entry) -> bool) -> Option<Usage> {
    let count = past.entries.iter().filter(&matches).count();
    if count < PAST_MIN {
        return None;
    }
    let sum = sum(past.entries.iter().filter(&matches));
    let n = count as u64;
    Some(Usage {
        input_tokens: sum.input_tokens / n,
        output_tokens: sum.output_tokens / n,
        cached_tokens: sum.cached_tokens / n,
        cost_usd: sum.cost_usd / count as f64,
        steps: 0,
    })
}

/// The typical use of a kind of work: assumed model turns, each of which reads about 8,000 tokens
/// (the host's system prompt with its tools takes 5,000 of them, most from the cache after the
/// first turn) and writes about 400. An order of magnitude for a first run, nothing more.
fn typical(work: Work) -> Usage {
    let turns = match work {
        Work::Planning => 12,
        Work::CodeImplementation => 15,
        Work::Documentation => 8,
        Work::SimpleChange => 6,
        Work::Rebase => 4,
        Work::BacklogGeneration | Work::Review => 2,
    };
    Usage {
        input_tokens: 5_000 + turns * 1_500,
        output_tokens: turns * 400,
        cached_tokens: (turns - 1) * 6_500,
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::entry;
    use super::*;

    fn prices() -> Prices {
        let price = Price { input_usd: 2.0, output_usd: 10.0 };
        BTreeMap::from([("a/large".to_owned(), price)])
    }

    #[test]
    fn a_first_estimate_is_typical_use_at_the_list_price() {
        let large = ModelRef::parse("a/large");
        let works = [(Work::Review, large.clone()), (Work::Review, large)];
        let guess = estimate(&works, &prices(), &Ledger::default());
        assert_eq!(guess.tokens, 2 * (8_000 + 800 + 6_500));
        let one = (8_000.0 + 6_500.0 * 0.25) * 2.0 / 1e6 + 800.0 * 10.0 / 1e6;
        assert!((guess.cost_usd - 2.0 * one).abs() < 1e-9, "{guess:?}");
        assert_eq!(guess.unpriced, 0);
    }

    #[test]
    fn work_without_a_price_is_counted_and_not_guessed() {
        let works = [(Work::Review, None), (Work::Review, ModelRef::parse("x/y"))];
        let guess = estimate(&works, &prices(), &Ledger::default());
        assert_eq!((guess.cost_usd, guess.unpriced), (0.0, 2));
        assert!(guess.tokens > 0);
    }

    #[test]
    fn three_past_asks_replace_the_typical_use() {
        let mut past = Ledger::default();
        let works = [(Work::Review, ModelRef::parse("a/large"))];
        let before = estimate(&works, &prices(), &past);
        for tokens in [1_000, 2_000] {
            past.add(entry(Work::Review, "a/large", None, tokens));
        }
        assert_eq!(estimate(&works, &prices(), &past), before, "two are too few");
        past.add(entry(Work::Review, "b/other", None, 3_000));
        let mixed = estimate(&works, &prices(), &past);
        assert_eq!(mixed.tokens, 2_000 + 200 + 4_000);
        assert!((mixed.cost_usd - (3_000.0 * 2.0 + 200.0 * 10.0) / 1e6).abs() < 1e-9);
        past.add(entry(Work::Review, "a/large", None, 6_000));
        let own = estimate(&works, &prices(), &past);
        assert!((own.cost_usd - 0.003).abs() < 1e-9, "the mean cost on this model: {own:?}");
        past.add(entry(Work::Planning, "a/large", None, 900_000));
        assert_eq!(estimate(&works, &prices(), &past), own, "another kind of work");
    }
}
