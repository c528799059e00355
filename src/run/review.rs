//! The review of an attempt: a fresh session a part of the diff, one verdict made of all.

use serde::Serialize;

use crate::backlog::TaskSpec;
use crate::context::{Altered, read_back};
use crate::definitions::Role;
use crate::effect::session::{Hearing, Purpose, SessionOperation, SessionOutcome, Usage};
use crate::effect::timer::{TimerOperation, TimerOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::event::SessionSignal;
use crate::ids::{EffectId, ModelRef, SessionId, TaskId};
use crate::metrics::Entry;
use crate::prompts::PromptUse;
use crate::resilience::backoff::{TASK, seed};
use crate::resilience::provider::{Admission, Live};
use crate::resilience::trouble::Remedy;
use crate::review::{GateReport, Verdict, combine, parse_verdict, review_prompt, split_diff};
use crate::route::Work;
use crate::run::asked::Asked;
use crate::run::implement::care::SLEEP_MS_MAX;
use crate::run::implement::failure::{PROVIDER_TROUBLES_MAX, TROUBLES_MAX};
use crate::run::providers::AskTrouble;
use crate::run::{Run, Waiter, session_failure, silent_ms};
use crate::text::duration;

/// A larger diff is reviewed in parts of this size.
const PART_BYTES_MAX: usize = 60 * 1000;
/// While somebody else tries a provider, it is looked again after this time.
const PROBED_MS: u64 = 15_000;

/// A review under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Review {
    /// The worktree; `None` for the person's checkout.
    directory: Option<String>,
    attempt: u32,
    /// What the project's checks said, if they ran.
    reports: Option<Vec<GateReport>>,
    parts: Vec<String>,
    verdicts: Vec<Verdict>,
    /// Reviewers in a row that gave no verdict.
    troubles: u32,
    /// The reviewer at work tries a provider that was in trouble.
    is_probe: bool,
    stage: Stage,
}

/// What it waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    Creating,
    Asking {
        session: SessionId,
        asked: Asked,
        is_second: bool,
    },
    /// Nobody can be asked just now; a reviewer is asked when the rest is over.
    Resting {
        timer: EffectId,
    },
}

/// What a review works with at a step.
pub struct Around<'a> {
    /// The command.
    pub run: &'a Run,
    /// What is reviewed.
    pub subject: &'a Subject,
    /// Who else asks the reviewer's provider.
    pub live: Live,
    /// What the turns of the reviewer at work have cost so far.
    pub spent: Usage,
    /// Whether anything may be asked at all.
    pub may_ask: bool,
    /// Who hears of the next step.
    pub waiter: Waiter,
}

/// What is reviewed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Subject {
    /// What it is called in a sentence: `T01`.
    pub name: String,
    /// The title of its sessions.
    pub title: String,
    /// What it is held against.
    pub acceptance: Vec<String>,
    /// The task, if it is one's work.
    pub task: Option<TaskId>,
}

impl Subject {
    /// A task's work.
    pub fn of(task: &TaskSpec) -> Self {
        Self {
            name: task.id.to_string(),
            title: format!("Review of {}: {}", task.id, task.title),
            acceptance: task.acceptance.clone(),
            task: Some(task.id.clone()),
        }
    }
}

/// What a step made of a review.
pub enum Reviewed {
    /// It goes on.
    More(Box<Review>),
    /// It is done.
    Done(Verdict),
    /// It cannot go on in this run.
    Postponed,
    /// The provider does not accept what is asked of it.
    Refused(AskTrouble),
    /// The reviewer read more than it was sent.
    Altered(Altered),
    /// No verdict is to be had.
    Failed(String),
}

impl Review {
    /// Begins with the first part of the diff.
    pub fn begin(
        turn: &mut Turn,
        around: &Around,
        attempt: u32,
        directory: Option<String>,
        (diff, reports): (&str, Option<Vec<GateReport>>),
    ) -> Reviewed {
        let review = Self {
            directory,
            attempt,
            reports,
            parts: split_diff(diff, PART_BYTES_MAX),
            verdicts: Vec::new(),
            troubles: 0,
            is_probe: false,
            stage: Stage::Creating,
        };
        review.next(turn, around)
    }

    /// How many parts the diff has.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Whether somebody is asked, or about to be.
    pub fn is_asking(&self) -> bool {
        !matches!(self.stage, Stage::Resting { .. })
    }

    /// Whether its reviewer tries a provider that was in trouble.
    pub fn is_probe(&self) -> bool {
        self.is_probe
    }

    /// The session at work.
    pub fn session(&self) -> Option<&SessionId> {
        match &self.stage {
            Stage::Asking { session, .. } => Some(session),
            _ => None,
        }
    }

    /// Stops what it waits for. It ends as postponed.
    pub fn call_off(&self, turn: &mut Turn) {
        match &self.stage {
            Stage::Asking { asked, .. } => turn.cancel(asked.ask),
            Stage::Resting { timer } => turn.cancel(*timer),
            Stage::Creating => {}
        }
    }

    /// Something was seen in its session. Gives whether a provider that rested works again.
    pub fn signalled(&mut self, turn: &mut Turn, run: &Run, signal: &SessionSignal) -> bool {
        let model = self.model(run);
        match &mut self.stage {
            Stage::Asking { asked, .. } => asked.signalled(turn, run, model.as_ref(), signal),
            _ => false,
        }
    }

    /// A step ended. Done gives the verdict.
    pub fn resolved(mut self, turn: &mut Turn, around: &Around, outcome: &Outcome, took_ms: u64) -> Reviewed {
        let outcome = match (&self.stage, outcome) {
            (Stage::Resting { .. }, Outcome::Timer(TimerOutcome::Elapsed)) => return self.next(turn, around),
            (Stage::Resting { .. }, _) => return Reviewed::Postponed,
            (_, Outcome::Session(outcome)) => outcome,
            (_, other) => return Reviewed::Failed(format!("an answer that does not fit: {other:?}")),
        };
        match (self.stage.clone(), outcome) {
            (Stage::Creating, SessionOutcome::Created { session }) if !around.may_ask => {
                turn.remove_session(session, Waiter::Nobody);
                Reviewed::Postponed
            }
            (Stage::Creating, SessionOutcome::Created { session }) => {
                let part = self.verdicts.len();
                let diff = self.parts.get(part).map_or("", String::as_str);
                let (criteria, reports) = (&around.subject.acceptance, self.reports.as_deref());
                let text = review_prompt(criteria, reports, diff, part + 1, self.parts.len());
                self.ask(turn, around, session, text, false);
                Reviewed::More(Box::new(self))
            }
            (Stage::Asking { session, asked, is_second }, outcome) => {
                self.account(turn, around, outcome, took_ms);
                self.answered(turn, around, &session, asked, is_second, outcome)
            }
            (Stage::Creating | Stage::Resting { .. }, other) => Reviewed::Failed(session_failure(other, 0)),
        }
    }

    fn answered(
        mut self,
        turn: &mut Turn,
        around: &Around,
        session: &SessionId,
        asked: Asked,
        is_second: bool,
        outcome: &SessionOutcome,
    ) -> Reviewed {
        let (run, timeout_ms) = (around.run, around.run.options.task_timeout_ms);
        let is_probe = std::mem::take(&mut self.is_probe);
        let model = self.model(run);
        let trouble = asked.ended(turn, run, model.as_ref(), outcome, timeout_ms, is_probe);
        // An answer that was cut off may hold its verdict.
        let is_bad = trouble.as_ref().is_some_and(|trouble| !trouble.diagnosis.class.counts());
        let text = match outcome {
            SessionOutcome::Answered { text, .. } if !is_bad => text,
            other => {
                turn.remove_session(session, Waiter::Nobody);
                return match trouble {
                    Some(trouble) if trouble.diagnosis.class.remedy() == Remedy::Stop => {
                        Reviewed::Refused(trouble)
                    }
                    Some(trouble) => self.rest(turn, around, &trouble.message, PROVIDER_TROUBLES_MAX),
                    None if matches!(other, SessionOutcome::Aborted { .. }) => Reviewed::Postponed,
                    None => self.rest(turn, around, &session_failure(other, timeout_ms), TROUBLES_MAX),
                };
            }
        };
        if let SessionOutcome::Answered { stored, .. } = outcome
            && let Err(altered) = read_back(stored, None)
        {
            turn.remove_session(session, Waiter::Nobody);
            return Reviewed::Altered(altered);
        }
        match parse_verdict(text) {
            Ok(verdict) => {
                turn.remove_session(session, Waiter::Nobody);
                self.verdicts.push(verdict);
                self.troubles = 0;
                if self.verdicts.len() >= self.parts.len() {
                    return Reviewed::Done(combine(self.verdicts));
                }
                self.next(turn, around)
            }
            Err(problem) if !is_second && around.may_ask => {
                self.ask(turn, around, session, problem, true);
                Reviewed::More(Box::new(self))
            }
            Err(problem) => {
                turn.remove_session(session, Waiter::Nobody);
                let reason = format!("the reviewer gave no verdict, asked twice: {problem}");
                self.rest(turn, around, &reason, TROUBLES_MAX)
            }
        }
    }

    /// Asks a fresh reviewer for the next part, as soon as the provider may be asked.
    fn next(mut self, turn: &mut Turn, around: &Around) -> Reviewed {
        if !around.may_ask {
            return Reviewed::Postponed;
        }
        let now_ms = turn.shared.now_ms;
        let model = self.model(around.run);
        let provider = turn.shared.provider(model.as_ref(), around.run.options.max_workers);
        let wait_ms = match provider.admit(now_ms, around.live, true) {
            Admission::Go { is_probe } => {
                provider.started(now_ms);
                self.is_probe = is_probe;
                self.create(turn, around);
                self.stage = Stage::Creating;
                return Reviewed::More(Box::new(self));
            }
            Admission::Parked { .. } => return Reviewed::Postponed,
            Admission::Wait { until_ms, .. } => until_ms.saturating_sub(now_ms),
            Admission::Full => PROBED_MS,
        };
        self.sleep(turn, around, wait_ms)
    }

    fn sleep(mut self, turn: &mut Turn, around: &Around, wait_ms: u64) -> Reviewed {
        let duration_ms = wait_ms.clamp(1, SLEEP_MS_MAX);
        let operation = Operation::Timer(TimerOperation::Sleep { duration_ms });
        self.stage = Stage::Resting { timer: turn.request(around.waiter.clone(), operation) };
        Reviewed::More(Box::new(self))
    }

    /// Trouble with a reviewer is waited out: the work is done and stays as it is.
    fn rest(mut self, turn: &mut Turn, around: &Around, reason: &str, troubles_max: u32) -> Reviewed {
        self.troubles += 1;
        if !around.may_ask {
            return Reviewed::Postponed;
        }
        if self.troubles >= troubles_max {
            return Reviewed::Failed(reason.to_owned());
        }
        let (run, now_ms) = (around.run, turn.shared.now_ms);
        // The time tells apart the reviews of tasks that fail in the same way.
        let parts = [u64::from(run.seed), now_ms, u64::from(self.attempt)];
        let mut wait_ms = TASK.full_ms(self.troubles, seed(&parts));
        let model = self.model(run);
        match turn.shared.provider(model.as_ref(), run.options.max_workers).admit(now_ms, around.live, true) {
            Admission::Parked { .. } => return Reviewed::Postponed,
            Admission::Wait { until_ms, .. } => wait_ms = wait_ms.max(until_ms.saturating_sub(now_ms)),
            Admission::Go { .. } | Admission::Full => {}
        }
        let (name, reason, wait) = (&around.subject.name, reason.trim_end_matches('.'), duration(wait_ms));
        turn.say(&run.chat, format!("{name} could not be reviewed: {reason}. Trying again in {wait}."));
        self.sleep(turn, around, wait_ms)
    }

    fn model(&self, run: &Run) -> Option<ModelRef> {
        run.model(Role::Reviewer, Work::Review)
    }

    fn create(&self, turn: &mut Turn, around: &Around) {
        let (run, subject) = (around.run, around.subject);
        let operation = SessionOperation::Create {
            directory: self.directory.clone(),
            parent: run.chat.clone(),
            title: subject.title.clone(),
            rules: run.rules(Role::Reviewer),
            purpose: Purpose {
                agent: Role::Reviewer.agent().to_owned(),
                task: subject.task.as_ref().map(ToString::to_string),
                attempt: self.attempt,
            },
        };
        turn.request(around.waiter.clone(), Operation::Session(operation));
    }

    fn ask(&mut self, turn: &mut Turn, around: &Around, session: &SessionId, text: String, is_second: bool) {
        let timeout_ms = around.run.options.task_timeout_ms;
        let operation = SessionOperation::Ask {
            session: session.clone(),
            directory: self.directory.clone(),
            agent: self.prompt(around).agent,
            model: self.model(around.run),
            text,
            timeout_ms,
            silent_ms: silent_ms(timeout_ms),
            focus: None,
            hearing: Hearing::AnswerOnly,
        };
        let ask = turn.request(around.waiter.clone(), Operation::Session(operation));
        let asked = Asked::begin(turn, ask);
        self.stage = Stage::Asking { session: session.clone(), asked, is_second };
    }

    fn prompt(&self, around: &Around) -> PromptUse {
        around.run.prompt(Role::Reviewer, around.subject.task.as_ref(), self.attempt)
    }

    fn account(&self, turn: &mut Turn, around: &Around, outcome: &SessionOutcome, took_ms: u64) {
        if let Some(usage) = outcome.usage().map(|usage| usage.or_more(around.spent)) {
            turn.shared.ledger.add(Entry {
                work: Work::Review,
                model: self.model(around.run),
                track: around.run.track.clone(),
                task: around.subject.task.clone(),
                attempt: self.attempt,
                usage,
                duration_ms: took_ms,
                prompt: Some(self.prompt(around)),
            });
        }
    }
}
