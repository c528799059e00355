//! What every command does about its providers: an ask that ended is weighed, and the person is told
//! when a provider rests, works again, or is left alone.

use serde::Serialize;

use crate::effect::session::{SessionOutcome, Trouble};
use crate::engine::{Shared, Turn};
use crate::ids::ModelRef;
use crate::resilience::backoff;
use crate::resilience::breaker::{Change, FAILURES_MAX, Gate};
use crate::resilience::provider::{News, Provider};
use crate::resilience::trouble::{self, Diagnosis, Remedy, TroubleClass};
use crate::run::{Run, session_failure};
use crate::text::{count, duration, rfc3339};

/// What stands for the provider where the host chooses the model.
const UNNAMED: &str = "the host's provider";
/// The host may wait for the provider as long as it says, even an hour. Longer than this we wait
/// ourselves, with the worktree and the worker's place free. Its own five tries take 70 s.
const PATIENCE_MS: u64 = 90_000;

/// What to do when there is no more to be had for the money.
pub const QUOTA_ADVICE: &str = "Add credit there, wait until the quota is renewed, or choose another model.";

/// Trouble that an ask ended with, or was ended for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AskTrouble {
    /// What it is.
    pub diagnosis: Diagnosis,
    /// What was said.
    pub message: String,
    /// What to do, where a person must.
    pub advice: Option<&'static str>,
}

impl AskTrouble {
    /// What was said and what to do, without the final stop.
    pub fn told(&self) -> String {
        let message = self.message.trim_end_matches('.');
        match self.advice {
            Some(advice) => format!("{message}. {}", advice.trim_end_matches('.')),
            None => message.to_owned(),
        }
    }
}

/// The provider of a model.
pub fn provider_of(model: Option<&ModelRef>) -> &str {
    model.map_or(UNNAMED, |model| &model.provider)
}

impl Shared {
    /// What is known of a model's provider.
    pub fn provider(&mut self, model: Option<&ModelRef>, asks_max: u8) -> &mut Provider {
        let name = provider_of(model).to_owned();
        self.providers.entry(name).or_insert_with(|| Provider::new(asks_max))
    }
}

/// Begins to mind a provider for a command: one that was left alone is tried again.
pub fn meet(turn: &mut Turn, run: &Run, name: &str) {
    let now_ms = turn.shared.now_ms;
    let Some(provider) = turn.shared.providers.get_mut(name) else { return };
    if provider.begin(now_ms, run.options.max_workers) {
        let why = provider.latest.as_ref().map_or("", |(class, _)| class.words());
        let text = format!("{name} was left alone because of trouble ({why}); one ask tries it first.");
        turn.say(&run.chat, text);
    }
}

/// The trouble that an ask ended with; `None` when it ended well, at its deadline, or was stopped.
pub fn trouble_of(outcome: &SessionOutcome, timeout_ms: u64) -> Option<AskTrouble> {
    let diagnosis = trouble::of_end(outcome)?;
    let message = match (diagnosis.class, outcome) {
        (TroubleClass::Truncated, _) => "the answer was cut off at the model's limit".to_owned(),
        (TroubleClass::ContentFilter, _) => "the provider's content filter stopped the answer".to_owned(),
        (TroubleClass::ContextOverflow, _) => "the session outgrew what the model can read".to_owned(),
        (_, SessionOutcome::Answered { finish, .. }) => {
            let finish = finish.as_deref().unwrap_or("none");
            format!("the model's stream ended badly (finish reason: {finish})")
        }
        (_, other) => session_failure(other, timeout_ms),
    };
    let advice = match outcome {
        SessionOutcome::Failed { trouble: Trouble::Error { name, status, message }, .. } => {
            advice(diagnosis.class, name, *status, message)
        }
        _ => None,
    };
    Some(AskTrouble { diagnosis, message, advice })
}

/// What a person can do about a kind of trouble.
fn advice(class: TroubleClass, name: &str, status: Option<u16>, message: &str) -> Option<&'static str> {
    match class.remedy() {
        Remedy::Stop => Some(trouble::advice(name, status, message)),
        Remedy::Park => Some(QUOTA_ADVICE),
        Remedy::Wait | Remedy::Again => None,
    }
}

/// An ask ended: what does it say of its provider? `waiting` tasks cannot start without it.
pub fn weigh(
    turn: &mut Turn,
    run: &Run,
    model: Option<&ModelRef>,
    trouble: Option<&AskTrouble>,
    outcome: &SessionOutcome,
    is_probe: bool,
    waiting: usize,
) {
    let now_ms = turn.shared.now_ms;
    let provider = turn.shared.provider(model, run.options.max_workers);
    let news = match trouble {
        Some(AskTrouble { diagnosis, message, .. }) if diagnosis.class.is_of_provider() => {
            let seed = backoff::seed(&[u64::from(run.seed), now_ms]);
            provider.failed(now_ms, *diagnosis, message, is_probe, seed)
        }
        // What counts against the agent came from a provider that works.
        Some(AskTrouble { diagnosis, .. }) if diagnosis.class.counts() => provider.succeeded(),
        None if matches!(outcome, SessionOutcome::Answered { .. }) => provider.succeeded(),
        _ => News::default(),
    };
    tell(turn, run, model, news, waiting);
}

/// A model turn ended well. Gives whether a provider that rested works again.
pub fn answered(turn: &mut Turn, run: &Run, model: Option<&ModelRef>) -> bool {
    let change = turn.shared.provider(model, run.options.max_workers).answered();
    tell(turn, run, model, News { change, fewer: None }, 0);
    change == Change::Closed
}

/// The host waits for the provider. Gives the trouble to end the ask with, when that takes too long.
pub fn retried(
    turn: &mut Turn,
    run: &Run,
    model: Option<&ModelRef>,
    next_ms: u64,
    message: &str,
) -> Option<AskTrouble> {
    let now_ms = turn.shared.now_ms;
    let class = trouble::of_retry(message);
    let wait_ms = next_ms.saturating_sub(now_ms);
    if class.remedy() == Remedy::Park {
        let diagnosis = trouble::of_error("APIError", None, message);
        return Some(AskTrouble { diagnosis, message: message.to_owned(), advice: Some(QUOTA_ADVICE) });
    }
    let wait = duration(wait_ms);
    if wait_ms > PATIENCE_MS {
        let message = format!("it asks to wait {wait}: {message}");
        let diagnosis = Diagnosis { class, retry_ms: Some(wait_ms) };
        return Some(AskTrouble { diagnosis, message, advice: None });
    }
    let name = provider_of(model).to_owned();
    if turn.shared.provider(model, run.options.max_workers).retried(now_ms, class, message) {
        let text = format!("{name} is in trouble ({}); OpenCode tries again in {wait}.", class.words());
        turn.say(&run.chat, text);
    }
    None
}

/// What the person hears of a provider.
fn tell(turn: &mut Turn, run: &Run, model: Option<&ModelRef>, news: News, waiting: usize) {
    let name = provider_of(model).to_owned();
    let now_ms = turn.shared.now_ms;
    let why = turn.shared.provider(model, run.options.max_workers).latest.clone();
    let why = why.map_or("", |(class, _)| class.words());
    let wait = |until_ms: u64| duration(until_ms.saturating_sub(now_ms));
    let tasks = match waiting {
        0 => String::new(),
        1 => "; 1 task waits".to_owned(),
        n => format!("; {} wait", count(n, "task", "tasks")),
    };
    let text = match news.change {
        Change::None => None,
        Change::Held { until_ms } => Some(format!("{name} asks to wait {} ({why}){tasks}.", wait(until_ms))),
        Change::Opened { until_ms, is_again: false } => Some(format!(
            "**Note:** {name} failed {FAILURES_MAX} times in a row ({why}), so it rests for {}; then one ask tries it{tasks}.",
            wait(until_ms)
        )),
        Change::Opened { until_ms, is_again: true } => {
            Some(format!("{name} still fails ({why}); the next try is in {}{tasks}.", wait(until_ms)))
        }
        Change::Parked { until_ms } => {
            let until = until_ms.map(|at| format!(" until {}", clock(at, now_ms))).unwrap_or_default();
            Some(format!("**Note:** {name} is left alone{until} ({why}){tasks}."))
        }
        Change::Closed => Some(format!("{name} works again.")),
    };
    if let Some(text) = text {
        turn.say(&run.chat, text);
    }
    // One that rests is asked by one at a time anyway.
    if let (Change::None, Some(fewer)) = (news.change, news.fewer) {
        let most = count(usize::from(fewer), "agent", "agents");
        turn.say(&run.chat, format!("{name} is asked by at most {most} at once for now ({why})."));
    }
}

/// A time of day in UTC, to the next whole minute, with the date when it is another day than now.
pub fn clock(at_ms: u64, now_ms: u64) -> String {
    let text = rfc3339(at_ms.div_ceil(60_000).saturating_mul(60_000));
    let (day, time) = (text.get(..10).unwrap_or_default(), text.get(11..16).unwrap_or_default());
    if rfc3339(now_ms).starts_with(day) { format!("{time} UTC") } else { format!("{day} {time} UTC") }
}

/// The providers that rest or are left alone, a sentence each.
pub fn resting(shared: &Shared) -> Vec<String> {
    let now_ms = shared.now_ms;
    let sentence = |(name, provider): (&String, &Provider)| {
        let what = match provider.breaker.gate(now_ms, false) {
            Gate::Free | Gate::Probing => return None,
            Gate::Probe => "is tried by one task at a time".to_owned(),
            Gate::Wait { until_ms } => format!("rests until {}", clock(until_ms, now_ms)),
            Gate::Parked { until_ms: Some(at_ms) } if at_ms > now_ms => {
                format!("is left alone until {}", clock(at_ms, now_ms))
            }
            Gate::Parked { .. } => "is left alone; `/implement` tries it again".to_owned(),
        };
        let why = provider.latest.as_ref().map(|(class, message)| format!(" ({}: {message})", class.words()));
        Some(format!("{name} {what}{}.", why.unwrap_or_default()))
    };
    shared.providers.iter().filter_map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_rounded_up_and_has_its_date_when_it_is_another() {
        let noon = 1_748_779_200_000;
        assert_eq!(clock(noon, noon), "12:00 UTC");
        assert_eq!(clock(noon + 1, noon), "12:01 UTC");
        assert_eq!(clock(noon + 14 * 3_600_000, noon), "2025-06-02 02:00 UTC");
    }

    #[test]
    fn where_the_host_chooses_the_provider_has_a_name_too() {
        assert_eq!(provider_of(ModelRef::parse("acme/large").as_ref()), "acme");
        assert_eq!(provider_of(None), UNNAMED);
    }
}
