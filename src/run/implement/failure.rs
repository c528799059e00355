//! What becomes of an attempt that did not end in a merge: its lesson is kept, its worktree is given
//! back, and the task starts afresh, rests, or is given up with a reason.

use crate::effect::Operation;
use crate::effect::session::Usage;
use crate::effect::timer::TimerOperation;
use crate::engine::Turn;
use crate::evidence::{Failure, FailureClass, accumulate, distill};
use crate::options::BudgetOptions;
use crate::run::implement::attempt::Attempt;
use crate::run::implement::{ImplementRun, Stop, Wait};
use crate::run::{Waiter, tampering};
use crate::text::{duration, number, usd};
use crate::track::{Life, Record};

/// The first wait after provider trouble; each further one in a row is twice as long.
const REST_MS: u64 = 5_000;
/// The longest wait.
const REST_MS_MAX: u64 = 5 * 60 * 1000;
/// After so many troubles in a row, each waited out, the run stops.
pub(crate) const TROUBLES_MAX: u32 = 5;

/// What a failure means for its task.
enum Next {
    /// Another attempt, from a clean worktree.
    Again,
    /// Another attempt later; this one does not count.
    Rest { wait_ms: u64 },
    /// Another attempt, in another run; this one does not count.
    Later,
    /// The same, and nothing else starts either: it would only meet the same trouble.
    StopAll,
    /// No more attempts.
    GiveUp,
}

impl ImplementRun {
    /// An attempt failed.
    pub(crate) fn failed(&mut self, turn: &mut Turn, task: usize, attempt: &Attempt, failure: Failure) {
        let took_ms = turn.shared.now_ms.saturating_sub(attempt.started_ms);
        let attempts_max = self.run.options.max_retries;
        let is_stopping = self.stopping.is_some();
        let seed = self.run.seed;
        let spec = self.track.backlog.tasks.get(task);
        let Some(record) = self.track.records.get_mut(task) else { return };
        record.spent_ms += took_ms;
        let track = &self.track.backlog.track_id;
        let spent = spec.map(|spec| turn.shared.ledger.of_task(track, &spec.id)).unwrap_or_default();
        let cap = task_cap(&self.run.options.budget, &spent);
        let lessons = distill(&failure);
        let told = lessons.first().map(|lesson| format!(". It is told: {lesson}")).unwrap_or_default();
        record.evidence = accumulate(&record.evidence, lessons);
        count(record, &failure);
        record.left = if failure.consumes_attempt() { None } else { attempt.left() };
        let next = match failure.consumes_attempt() {
            _ if cap.is_some() => Next::GiveUp,
            true if is_hopeless(record, &failure, attempts_max) => Next::GiveUp,
            true => Next::Again,
            false if record.troubles >= TROUBLES_MAX => Next::StopAll,
            false if is_stopping => Next::Later,
            false => Next::Rest { wait_ms: rest_ms(record.troubles, seed, task, attempt.number) },
        };
        let is_last_straw = matches!(next, Next::StopAll);
        let headline = failure.headline();
        record.error = Some(headline.clone());
        let text = match next {
            Next::Again => {
                record.life = Life::Waiting;
                self.schedule.give_back(task);
                format!(
                    "{headline}. Starting again from a clean worktree ({} of {attempts_max} attempts used){told}",
                    record.attempts
                )
            }
            Next::Rest { wait_ms } => {
                let operation = Operation::Timer(TimerOperation::Sleep { duration_ms: wait_ms });
                let timer = turn.request(Waiter::Implement(Wait::Rest { task }), operation);
                record.life = Life::Resting { timer };
                format!(
                    "{headline}. Trying again in {}; this does not count as an attempt",
                    duration(wait_ms)
                )
            }
            Next::Later => {
                record.life = Life::Waiting;
                self.schedule.give_back(task);
                format!("{headline}. This does not count as an attempt")
            }
            Next::StopAll => {
                record.life = Life::Waiting;
                record.troubles = 0;
                self.schedule.give_back(task);
                format!("{headline}. That was {TROUBLES_MAX} times in a row, so nothing new starts")
            }
            Next::GiveUp => {
                let class = if cap.is_some() { FailureClass::Budget } else { failure.class() };
                record.life = Life::Failed { class };
                self.schedule.remove(task);
                match cap {
                    Some(cap) => {
                        record.error = Some(format!("{headline}; its budget is used up ({cap})"));
                        format!("{headline}. Given up, because the task's budget is used up ({cap})")
                    }
                    None => {
                        format!("{headline}. Given up after {} of {attempts_max} attempts", record.attempts)
                    }
                }
            }
        };
        record.history.push(format!("Attempt {}: {text}.", attempt.number));
        if is_last_straw {
            self.stop(turn, Stop::Trouble(headline));
        }
        self.ended(turn, task, attempt, false, &text);
    }

    /// An attempt was stopped from outside. It does not count, and starts afresh another time.
    pub(crate) fn interrupted(&mut self, turn: &mut Turn, task: usize, attempt: &Attempt) {
        if let Some(record) = self.track.records.get_mut(task) {
            record.spent_ms += turn.shared.now_ms.saturating_sub(attempt.started_ms);
            record.life = Life::Waiting;
            record.left = attempt.left();
            record.history.push(format!("Attempt {}: stopped; it does not count.", attempt.number));
        }
        self.schedule.give_back(task);
        self.ended(turn, task, attempt, false, "stopped; its work so far is kept");
    }

    /// What makes git run programs was changed while agents worked: nothing more is run with it. What
    /// the attempt has done stays where it is and is taken over when the person gives the command again.
    pub(crate) fn tampered(&mut self, turn: &mut Turn, task: usize, attempt: &Attempt, names: &[String]) {
        self.stop(turn, Stop::Tampered(tampering(names)));
        turn.cancel_all();
        self.interrupted(turn, task, attempt);
    }

    /// A rest is over, or was cut short because the run stops.
    pub(crate) fn rested(&mut self, task: usize) {
        if let Some(record) = self.track.records.get_mut(task)
            && matches!(record.life, Life::Resting { .. })
        {
            record.life = Life::Waiting;
            self.schedule.give_back(task);
        }
    }

    /// What every end of an attempt has in common.
    pub(crate) fn ended(&mut self, turn: &mut Turn, task: usize, attempt: &Attempt, is_ok: bool, text: &str) {
        self.free.insert(attempt.slot);
        if self.merging == Some(task) {
            self.merging = None;
        }
        if let Some(entry) = attempt.entry {
            // A screen shows no text for a failed line, so the reason is a paragraph of its own.
            turn.close(&self.run.chat, entry, is_ok, if is_ok { text } else { "not merged" });
        }
        if let Some(spec) = self.track.backlog.tasks.get(task) {
            turn.say(&self.run.chat, format!("**{}**: {text}.", spec.id));
        }
        self.record_notes(turn, task, &attempt.notes);
        self.record_task(turn, task);
    }
}

/// Counts a failure: against the attempts, or as trouble in a row.
fn count(record: &mut Record, failure: &Failure) {
    if failure.consumes_attempt() {
        record.attempts += 1;
        record.troubles = 0;
    } else {
        record.troubles += 1;
    }
}

/// Whether another attempt would bring nothing, or was not allowed.
fn is_hopeless(record: &Record, failure: &Failure, attempts_max: u32) -> bool {
    failure.class() == FailureClass::Context || record.attempts >= attempts_max
}

/// The cap that a task has reached, in words.
fn task_cap(budget: &BudgetOptions, spent: &Usage) -> Option<String> {
    let tokens = spent.tokens();
    if budget.task_usd.is_some_and(|cap| spent.cost_usd >= cap) {
        return Some(usd(spent.cost_usd));
    }
    let is_over = budget.task_tokens.is_some_and(|cap| tokens >= cap);
    is_over.then(|| format!("{} tokens", number(tokens)))
}

/// How long to wait after so many troubles in a row: between half and all of a time that doubles, so
/// that several tasks do not come back at once.
pub(crate) fn rest_ms(troubles: u32, seed: u32, task: usize, attempt: u32) -> u64 {
    let doubled = REST_MS.saturating_mul(1 << (troubles.clamp(1, TROUBLES_MAX) - 1)).min(REST_MS_MAX);
    doubled / 2 + doubled / 2 * u64::from(jitter(seed, task, attempt)) / 1000
}

/// A number from 0 to 999 that depends on nothing but its inputs (splitmix64's mixing constants).
fn jitter(seed: u32, task: usize, attempt: u32) -> u32 {
    let mut x = (u64::from(seed) << 32) ^ ((task as u64) << 8) ^ u64::from(attempt);
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) % 1000) as u32
}
