//! What becomes of an attempt that did not end in a merge: its lesson is kept, its worktree is given
//! back, and the task starts afresh, rests, or is given up with a reason.

use crate::effect::Operation;
use crate::effect::timer::TimerOperation;
use crate::engine::Turn;
use crate::evidence::{Failure, FailureClass, distill, remember};
use crate::resilience::backoff::{TASK, seed};
use crate::resilience::provider::Admission;
use crate::resilience::trouble::TroubleClass;
use crate::run::implement::attempt::Attempt;
use crate::run::implement::{ImplementRun, Stop, Wait};
use crate::run::{Waiter, tampering};
use crate::text::{code_span, cut, duration};
use crate::track::{Life, Record};

/// After so many troubles of the host in a row, each waited out, the run stops.
pub(crate) const TROUBLES_MAX: u32 = 5;
/// After so many troubles of its provider in a row a task is set aside for this run. A provider that is
/// down for all is left alone before that; this is for what fails with one task only.
pub(crate) const PROVIDER_TROUBLES_MAX: u32 = 10;
/// So much of a refusal is told at the end.
const REASON_BYTES_MAX: usize = 600;

/// What to do about a message that was altered before an agent read it.
const MEDDLER: &str = "Another plugin adds to messages, most likely in its `chat.message` hook: look at \
                       `.opencode/plugin`, at `plugin` in `opencode.json` and at the same in `~/.config/opencode`. Turn \
                       it off, or make it leave our agents alone";

/// What a failure means for its task.
enum Next {
    /// Another attempt, from a clean worktree.
    Again,
    /// Another attempt, from a better spec if there is one.
    Rebase { why: String },
    /// Another attempt later; this one does not count.
    Rest { wait_ms: u64 },
    /// Another attempt, when its provider may be asked again or in another run; this one does not count.
    Later,
    /// Another attempt in another run; this one does not count.
    SetAside,
    /// The same, and nothing else starts either: it would only meet the same trouble.
    StopAll,
    /// No more attempts; the budget that is used up, if that is why.
    GiveUp { cap: Option<String> },
}

impl ImplementRun {
    /// An attempt failed.
    pub(crate) fn failed(&mut self, turn: &mut Turn, attempt: &Attempt, failure: Failure) {
        if attempt.approved.is_some() {
            return self.not_merged(turn, attempt, &failure);
        }
        let rebase = self.rebase_reason(turn, attempt, &failure);
        let rests = self.rests(turn, attempt.task, &failure);
        let told = self.take_lessons(turn, attempt, &failure);
        let Some(record) = self.track.records.get_mut(attempt.task) else { return };
        record.spent_ms += turn.shared.now_ms.saturating_sub(attempt.started_ms);
        count(record, &failure);
        if failure.is_of_work() {
            record.add_try(attempt.number, false);
        }
        record.left = if failure.consumes_attempt() { None } else { attempt.left() };
        let headline = failure.headline();
        record.error = Some(headline.clone());
        let next = self.next_after(turn, attempt, &failure, rebase, rests);
        let is_last_straw = matches!(next, Next::StopAll);
        let text = self.settle(turn, attempt.task, next, &failure, &told);
        if let Some(record) = self.track.records.get_mut(attempt.task) {
            record.history.push(format!("Attempt {}: {text}.", attempt.number));
        }
        if is_last_straw {
            self.stop(
                turn,
                match &failure {
                    // What to do about it stands at its end.
                    Failure::Provider { message, .. } => {
                        Stop::Refused(format!("the provider refused: {}", cut(message, REASON_BYTES_MAX)))
                    }
                    Failure::Altered { .. } => Stop::Refused(format!("{headline}. {MEDDLER}")),
                    _ => Stop::Trouble(headline),
                },
            );
        }
        self.ended(turn, attempt, false, &text);
    }

    /// What a failure teaches its task and the memory. Gives what the person hears of that.
    fn take_lessons(&mut self, turn: &mut Turn, attempt: &Attempt, failure: &Failure) -> String {
        let lessons = distill(failure);
        if failure.is_of_work() {
            self.judge_memory(turn, attempt.task, false);
            self.learn(turn, attempt.task, attempt.number, failure, &lessons);
        }
        let told = lessons.first().map(|lesson| format!(". It is told: {}", code_span(lesson)));
        let told = told.unwrap_or_default();
        let Some(record) = self.track.records.get_mut(attempt.task) else { return told };
        let mut taught = lessons;
        if failure.consumes_attempt()
            && let Some(rework) = record.rework.take()
            && failure.class() != FailureClass::Review
        {
            // What its reviewer asked for holds for other work, too.
            taught.extend(distill(&Failure::Review { issues: rework.issues, is_of_spec: false }));
        }
        // Trouble of the provider or the host says nothing about what is known.
        if failure.consumes_attempt() || !taught.is_empty() {
            record.evidence = remember(&record.evidence, taught);
        }
        told
    }

    /// What a failure means for its task.
    fn next_after(
        &self,
        turn: &Turn,
        attempt: &Attempt,
        failure: &Failure,
        rebase: Option<String>,
        rests: bool,
    ) -> Next {
        let cap = self.spent_cap(turn, attempt.task);
        let record = &self.track.records[attempt.task];
        let is_stopping = self.stopping.is_some();
        match failure.consumes_attempt() {
            _ if cap.is_some() || matches!(failure, Failure::Budget { .. }) => Next::GiveUp { cap },
            true if is_hopeless(record, failure, self.run.options.max_retries) => Next::GiveUp { cap },
            true => rebase.map_or(Next::Again, |why| Next::Rebase { why }),
            false if is_refused(failure) => Next::StopAll,
            false if matches!(failure, Failure::Altered { .. }) && !is_stopping => Next::SetAside,
            false if failure.class() == FailureClass::Host && record.troubles >= TROUBLES_MAX => {
                Next::StopAll
            }
            false if is_stopping || rests => Next::Later,
            false if record.troubles >= PROVIDER_TROUBLES_MAX => Next::SetAside,
            false => {
                let parts = [u64::from(self.run.seed), attempt.task as u64, u64::from(attempt.number)];
                Next::Rest { wait_ms: TASK.full_ms(record.troubles, seed(&parts)) }
            }
        }
    }

    /// Does what comes next. Gives what the person hears of it.
    fn settle(&mut self, turn: &mut Turn, task: usize, next: Next, failure: &Failure, told: &str) -> String {
        let (headline, attempts_max) = (failure.headline(), self.run.options.max_retries);
        let record = &mut self.track.records[task];
        let used = format!("{} of {attempts_max} attempts", record.attempts);
        record.life = Life::Waiting;
        match next {
            Next::Rebase { why } => {
                record.rebase_due = Some(why.clone());
                self.schedule.give_back(task);
                format!(
                    "{headline}. Before it starts again ({used} used) its spec is looked at, because {why}"
                )
            }
            Next::Again => {
                self.schedule.give_back(task);
                format!("{headline}. Starting again from a clean worktree ({used} used){told}")
            }
            Next::Rest { wait_ms } => {
                rest(turn, record, task, wait_ms);
                let wait = duration(wait_ms);
                format!("{headline}. Trying again in {wait}; this does not count as an attempt")
            }
            Next::Later => {
                self.schedule.give_back(task);
                format!("{headline}. This does not count as an attempt")
            }
            Next::SetAside => {
                self.schedule.remove(task);
                self.care.set_aside.insert(task, headline.clone());
                let why = match failure {
                    Failure::Altered { .. } => "It".to_owned(),
                    _ => format!("That was {PROVIDER_TROUBLES_MAX} times in a row, so it"),
                };
                format!("{headline}. {why} is left for the next run; this does not count as an attempt")
            }
            Next::StopAll => {
                record.troubles = 0;
                self.schedule.give_back(task);
                let why = match failure.class() {
                    FailureClass::Host => format!("That was {TROUBLES_MAX} times in a row, so"),
                    _ => "So".to_owned(),
                };
                format!("{headline}. {why} nothing new starts; this does not count as an attempt")
            }
            Next::GiveUp { cap } => {
                let class = if cap.is_some() { FailureClass::Budget } else { failure.class() };
                record.life = Life::Failed { class };
                self.schedule.remove(task);
                match cap {
                    Some(cap) if matches!(failure, Failure::Budget { .. }) => format!("{headline} ({cap})"),
                    Some(cap) => {
                        record.error = Some(format!("{headline}; its budget is used up ({cap})"));
                        format!("{headline}. Given up, because the task's budget is used up ({cap})")
                    }
                    None => format!("{headline}. Given up after {used}"),
                }
            }
        }
    }

    /// Whether the provider that a task needs rests anyway, so that the task need not rest by itself.
    fn rests(&self, turn: &mut Turn, task: usize, failure: &Failure) -> bool {
        let rests =
            |admission| matches!(admission, Admission::Wait { is_rest: true, .. } | Admission::Parked { .. });
        failure.class() == FailureClass::Provider && rests(self.admission(turn, task).0)
    }

    /// An attempt was stopped from outside. It does not count, and starts afresh another time.
    pub(crate) fn interrupted(&mut self, turn: &mut Turn, attempt: &Attempt) {
        self.put_down(turn, attempt, "stopped; its work so far is kept");
    }

    /// Finished work cannot be reviewed now. It is kept, and its review comes another time.
    pub(super) fn shelve(&mut self, turn: &mut Turn, attempt: &Attempt) {
        let is_stopped = self.is_stopping();
        let text =
            if is_stopped { "stopped; its work is kept" } else { "its work is kept, to be reviewed later" };
        self.put_down(turn, attempt, text);
    }

    fn put_down(&mut self, turn: &mut Turn, attempt: &Attempt, text: &str) {
        if let Some(record) = self.track.records.get_mut(attempt.task) {
            record.spent_ms += turn.shared.now_ms.saturating_sub(attempt.started_ms);
            match &attempt.approved {
                Some(before) => record.life = (**before).clone(),
                None => {
                    record.life = Life::Waiting;
                    record.left = attempt.left();
                    record.history.push(format!("Attempt {}: {text}; it does not count.", attempt.number));
                }
            }
        }
        self.schedule.give_back(attempt.task);
        self.ended(turn, attempt, false, text);
    }

    /// What makes git run programs was changed while agents worked: nothing more is run with it. What
    /// the attempt has done stays where it is and is taken over when the person gives the command again.
    pub(crate) fn tampered(&mut self, turn: &mut Turn, attempt: &Attempt, names: &[String]) {
        self.stop(turn, Stop::Tampered(tampering(names)));
        turn.shared.guard = Some(self.run.repository.guard.clone());
        turn.cancel_all();
        self.interrupted(turn, attempt);
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
    pub(crate) fn ended(&mut self, turn: &mut Turn, attempt: &Attempt, is_ok: bool, text: &str) {
        self.free.insert(attempt.slot);
        if self.merging == Some(attempt.task) {
            self.merging = None;
        }
        if let Some(entry) = attempt.entry {
            // A screen shows no text for a failed line, so what follows from it is a paragraph of its own.
            let reason = text.split(". ").next().unwrap_or(text);
            turn.close(&self.run.chat, entry, is_ok, if is_ok { text } else { reason });
        }
        if let Some(spec) = self.track.backlog.tasks.get(attempt.task) {
            turn.say(&self.run.chat, format!("**{}**: {text}.", spec.id));
        }
        self.record_notes(turn, attempt.task, &attempt.notes);
        self.record_task(turn, attempt.task);
    }
}

/// A task waits for a time before it goes on.
pub(super) fn rest(turn: &mut Turn, record: &mut Record, task: usize, wait_ms: u64) {
    let operation = Operation::Timer(TimerOperation::Sleep { duration_ms: wait_ms });
    let timer = turn.request(Waiter::Implement(Wait::Rest { task }), operation);
    record.life = Life::Resting { timer, until_ms: turn.shared.now_ms + wait_ms };
}

/// Counts a failure: against the attempts, or as trouble in a row.
fn count(record: &mut Record, failure: &Failure) {
    if failure.consumes_attempt() {
        record.attempts += 1;
        record.failures += u32::from(failure.is_of_work());
        record.troubles = 0;
    } else if failure.class().is_trouble() {
        record.troubles += 1;
    }
}

/// Whether another attempt would bring nothing, or was not allowed.
fn is_hopeless(record: &Record, failure: &Failure, attempts_max: u32) -> bool {
    failure.class() == FailureClass::Context || record.attempts >= attempts_max
}

/// Whether the same would be met again, whatever the task.
fn is_refused(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Provider { class: TroubleClass::Refused, .. } | Failure::Altered { is_first: true, .. }
    )
}
