//! The review of an attempt: a fresh session a part of the diff, one verdict made of all.

use serde::Serialize;

use crate::backlog::TaskSpec;
use crate::definitions::Role;
use crate::effect::session::{Purpose, SessionOperation, SessionOutcome};
use crate::effect::timer::{TimerOperation, TimerOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::ids::SessionId;
use crate::metrics::Entry;
use crate::review::{GateReport, Verdict, combine, parse_verdict, review_prompt, split_diff};
use crate::route::Work;
use crate::run::implement::failure::{TROUBLES_MAX, rest_ms};
use crate::run::{Progress, Run, SILENT_MS, Waiter, session_failure};
use crate::text::duration;

/// A larger diff is reviewed in parts of this size.
const PART_BYTES_MAX: usize = 60 * 1000;

/// A review under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Review {
    directory: String,
    attempt: u32,
    reports: Vec<GateReport>,
    parts: Vec<String>,
    verdicts: Vec<Verdict>,
    is_stopping: bool,
    /// Reviewers in a row that gave no verdict.
    troubles: u32,
    stage: Stage,
}

/// What it waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    Creating,
    Asking {
        session: SessionId,
        is_second: bool,
    },
    /// The last reviewer gave no verdict; another is asked when the rest is over.
    Resting,
}

impl Review {
    /// Begins with the first part of the diff.
    pub fn begin(
        turn: &mut Turn,
        run: &Run,
        task: &TaskSpec,
        attempt: u32,
        directory: &str,
        (diff, reports): (&str, Vec<GateReport>),
        waiter: Waiter,
    ) -> Self {
        let review = Self {
            directory: directory.to_owned(),
            attempt,
            reports,
            parts: split_diff(diff, PART_BYTES_MAX),
            verdicts: Vec::new(),
            is_stopping: false,
            troubles: 0,
            stage: Stage::Creating,
        };
        review.create(turn, run, task, waiter);
        review
    }

    /// Asks for nothing more; an answer that makes it complete still counts.
    pub fn stopping(mut self) -> Self {
        self.is_stopping = true;
        self
    }

    /// How many parts the diff has.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    fn create(&self, turn: &mut Turn, run: &Run, task: &TaskSpec, waiter: Waiter) {
        let operation = SessionOperation::Create {
            directory: Some(self.directory.clone()),
            parent: run.chat.clone(),
            title: format!("Review of {}: {}", task.id, task.title),
            rules: Role::Reviewer.rules(),
            purpose: Purpose {
                agent: Role::Reviewer.agent().to_owned(),
                task: Some(task.id.to_string()),
                attempt: self.attempt,
            },
        };
        turn.request(waiter, Operation::Session(operation));
    }

    /// A step ended. Done gives the verdict.
    pub fn resolved(
        mut self,
        turn: &mut Turn,
        run: &Run,
        task: &TaskSpec,
        outcome: &Outcome,
        took_ms: u64,
        waiter: Waiter,
    ) -> Progress<Self, Verdict> {
        let outcome = match (&self.stage, outcome) {
            (Stage::Resting, Outcome::Timer(TimerOutcome::Elapsed)) if !self.is_stopping => {
                self.create(turn, run, task, waiter);
                self.stage = Stage::Creating;
                return Progress::More(self);
            }
            (Stage::Resting, _) => return Progress::Aborted,
            (_, Outcome::Session(outcome)) => outcome,
            (_, other) => return Progress::Failed(format!("an answer that does not fit: {other:?}")),
        };
        match (self.stage.clone(), outcome) {
            (Stage::Creating, SessionOutcome::Created { session }) if self.is_stopping => {
                turn.remove_session(session, Waiter::Nobody);
                Progress::Aborted
            }
            (Stage::Creating, SessionOutcome::Created { session }) => {
                let part = self.verdicts.len();
                let diff = self.parts.get(part).map_or("", String::as_str);
                let text = review_prompt(task, &self.reports, diff, part + 1, self.parts.len());
                self.ask(turn, run, session, text, waiter);
                self.stage = Stage::Asking { session: session.clone(), is_second: false };
                Progress::More(self)
            }
            (Stage::Creating | Stage::Resting, other) => Progress::Failed(session_failure(other, 0)),
            (Stage::Asking { session, is_second }, outcome) => {
                self.account(turn, run, task, outcome, took_ms);
                self.answered(turn, run, task, &session, is_second, outcome, waiter)
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one stage, taken apart")]
    fn answered(
        mut self,
        turn: &mut Turn,
        run: &Run,
        task: &TaskSpec,
        session: &SessionId,
        is_second: bool,
        outcome: &SessionOutcome,
        waiter: Waiter,
    ) -> Progress<Self, Verdict> {
        let verdict = match outcome {
            SessionOutcome::Answered { text, .. } => parse_verdict(text),
            SessionOutcome::Aborted { .. } => {
                turn.remove_session(session, Waiter::Nobody);
                return Progress::Aborted;
            }
            other => {
                turn.remove_session(session, Waiter::Nobody);
                let reason = session_failure(other, run.options.task_timeout_ms);
                return self.rest(turn, run, task, reason, waiter);
            }
        };
        match verdict {
            Ok(verdict) => {
                turn.remove_session(session, Waiter::Nobody);
                self.verdicts.push(verdict);
                self.troubles = 0;
                if self.verdicts.len() >= self.parts.len() {
                    return Progress::Done(combine(self.verdicts));
                }
                if self.is_stopping {
                    return Progress::Aborted;
                }
                self.create(turn, run, task, waiter);
                self.stage = Stage::Creating;
                Progress::More(self)
            }
            Err(_) if self.is_stopping => {
                turn.remove_session(session, Waiter::Nobody);
                Progress::Aborted
            }
            Err(problem) if !is_second => {
                self.ask(turn, run, session, problem, waiter);
                self.stage = Stage::Asking { session: session.clone(), is_second: true };
                Progress::More(self)
            }
            Err(problem) => {
                turn.remove_session(session, Waiter::Nobody);
                let reason = format!("the reviewer gave no verdict, asked twice: {problem}");
                self.rest(turn, run, task, reason, waiter)
            }
        }
    }

    /// Trouble with a reviewer is waited out: the work is done and stays as it is.
    fn rest(
        mut self,
        turn: &mut Turn,
        run: &Run,
        task: &TaskSpec,
        reason: String,
        waiter: Waiter,
    ) -> Progress<Self, Verdict> {
        self.troubles += 1;
        if self.is_stopping {
            return Progress::Aborted;
        }
        if self.troubles >= TROUBLES_MAX {
            return Progress::Failed(reason);
        }
        // The time tells apart the reviews of tasks that fail in the same way.
        let wait_ms = rest_ms(self.troubles, run.seed ^ turn.shared.now_ms as u32, 0, self.attempt);
        let reason = reason.trim_end_matches('.');
        let text =
            format!("{} could not be reviewed: {reason}. Trying again in {}.", task.id, duration(wait_ms));
        turn.say(&run.chat, text);
        turn.request(waiter, Operation::Timer(TimerOperation::Sleep { duration_ms: wait_ms }));
        self.stage = Stage::Resting;
        Progress::More(self)
    }

    fn ask(&self, turn: &mut Turn, run: &Run, session: &SessionId, text: String, waiter: Waiter) {
        let operation = SessionOperation::Ask {
            session: session.clone(),
            directory: Some(self.directory.clone()),
            agent: Role::Reviewer.agent().to_owned(),
            model: run.model(Role::Reviewer, Work::Review),
            text,
            timeout_ms: run.options.task_timeout_ms,
            silent_ms: SILENT_MS,
        };
        turn.request(waiter, Operation::Session(operation));
    }

    fn account(&self, turn: &mut Turn, run: &Run, task: &TaskSpec, outcome: &SessionOutcome, took_ms: u64) {
        if let Some(usage) = outcome.usage() {
            turn.shared.ledger.add(Entry {
                work: Work::Review,
                model: run.model(Role::Reviewer, Work::Review),
                track: run.track.clone(),
                task: Some(task.id.clone()),
                attempt: self.attempt,
                usage,
                duration_ms: took_ms,
            });
        }
    }
}
