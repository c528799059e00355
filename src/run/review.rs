//! The review of an attempt: a fresh session a part of the diff, one verdict made of all.

use serde::Serialize;

use crate::backlog::TaskSpec;
use crate::definitions::Role;
use crate::effect::session::{Purpose, SessionOperation, SessionOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::ids::{SessionId, TrackId};
use crate::metrics::Entry;
use crate::review::{GateReport, Verdict, combine, parse_verdict, review_prompt, split_diff};
use crate::route::Work;
use crate::run::{Progress, Run, SILENT_MS, Waiter, session_failure};

/// A larger diff is reviewed in parts of this size.
const PART_BYTES_MAX: usize = 60 * 1000;

/// A review under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Review {
    directory: String,
    track: TrackId,
    attempt: u32,
    reports: Vec<GateReport>,
    parts: Vec<String>,
    verdicts: Vec<Verdict>,
    is_stopping: bool,
    stage: Stage,
}

/// What it waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    Creating,
    Asking { session: SessionId, is_second: bool },
}

impl Review {
    /// Begins with the first part of the diff.
    pub fn begin(
        turn: &mut Turn,
        run: &Run,
        task: &TaskSpec,
        (track, attempt): (&TrackId, u32),
        directory: &str,
        (diff, reports): (&str, Vec<GateReport>),
        waiter: Waiter,
    ) -> Self {
        let review = Self {
            directory: directory.to_owned(),
            track: track.clone(),
            attempt,
            reports,
            parts: split_diff(diff, PART_BYTES_MAX),
            verdicts: Vec::new(),
            is_stopping: false,
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
        let Outcome::Session(outcome) = outcome else {
            return Progress::Failed(format!("an answer that does not fit: {outcome:?}"));
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
            (Stage::Creating, other) => Progress::Failed(session_failure(other, 0)),
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
                return Progress::Failed(session_failure(other, run.options.task_timeout_ms));
            }
        };
        match verdict {
            Ok(verdict) => {
                turn.remove_session(session, Waiter::Nobody);
                self.verdicts.push(verdict);
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
                Progress::Failed(format!("the reviewer gave no verdict, asked twice: {problem}"))
            }
        }
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
                task: Some((self.track.clone(), task.id.clone())),
                attempt: self.attempt,
                usage,
                duration_ms: took_ms,
            });
        }
    }
}
