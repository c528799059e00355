//! The session of an attempt: what it is told, how it ends.

use crate::run::implement::attempt::{Attempt, Ending, GivenUp, Stage, Working, role};

use crate::backlog::{Backlog, TaskSpec};
use crate::context::{self, Altered};
use crate::definitions::no_edits;
use crate::effect::git::GitOperation;
use crate::effect::session::{Focus, Hearing, Purpose, SessionOperation, SessionOutcome, Trouble, Usage};
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::evidence::Failure;
use crate::ids::{CommitId, SessionId, Slot, TaskId, TrackId};
use crate::metrics::Entry;
use crate::resilience::loops::LoopWatch;
use crate::resilience::trouble::TroubleClass;
use crate::route::work_of;
use crate::run::implement::ImplementRun;
use crate::run::implement::door::reference;
use crate::run::providers::AskTrouble;
use crate::run::{Run, Waiter, providers, session_failure, silent_ms};

/// A diff is kept up to this size: enough for a review in parts, little enough for a journal line.
pub(super) const DIFF_BYTES_MAX: u32 = 1024 * 1024;
/// What an agent's last message begins with when it cannot go on.
pub(crate) const BLOCKED: &str = "BLOCKED:";

/// A shorter id, or one without a digit, stands in the code of any project.
const FOREIGN_ID_MIN: usize = 3;

impl ImplementRun {
    pub(super) fn create(&mut self, turn: &mut Turn, attempt: Attempt, directory: String, context: String) {
        let Some(spec) = self.track.backlog.tasks.get(attempt.task) else {
            return;
        };
        let operation = SessionOperation::Create {
            directory: Some(directory.clone()),
            parent: self.run.chat.clone(),
            title: format!("{} {}", spec.id, spec.title),
            rules: [self.run.rules(role(spec)), no_edits(&self.track.backlog.limits.host_globs())].concat(),
            purpose: Purpose {
                agent: role(spec).agent().to_owned(),
                task: Some(spec.id.to_string()),
                attempt: attempt.number,
            },
        };
        turn.request(attempt.wait(), Operation::Session(operation));
        self.enter(attempt, Stage::Opening { directory, context });
    }

    pub(super) fn opened(
        &mut self,
        turn: &mut Turn,
        attempt: Attempt,
        directory: String,
        context: String,
        outcome: &Outcome,
    ) {
        let message = match outcome {
            Outcome::Session(SessionOutcome::Created { session }) => {
                return self.send(turn, attempt, directory, context, session);
            }
            Outcome::Session(other) => session_failure(other, self.run.options.task_timeout_ms),
            other => format!("{other:?}"),
        };
        self.failed(turn, &attempt, Failure::Host { message });
    }

    fn send(
        &mut self,
        turn: &mut Turn,
        mut attempt: Attempt,
        directory: String,
        context: String,
        session: &SessionId,
    ) {
        // A cap that was reached while the worktree was made ready counts too.
        if self.stopping.is_some() {
            turn.remove_session(session, Waiter::Nobody);
            return self.interrupted(turn, &attempt);
        }
        let Some(spec) = self.track.backlog.tasks.get(attempt.task) else {
            return;
        };
        let agent = role(spec).agent();
        // Attempts that do not count are not counted here either.
        let nth = self.track.records.get(attempt.task).map_or(1, |record| record.attempts + 1);
        let nth = if nth > 1 { format!(" (attempt {nth})") } else { String::new() };
        let title = format!("{} {}{nth}", spec.id, spec.title);
        attempt.entry = Some(turn.open(&self.run.chat, title, agent, session));
        let focus = Focus { keep: context::kept(&context), words: foreign_ids(spec, &self.track.backlog) };
        let drift = self.drift_watch(turn, spec, attempt.number, &context);
        let operation = SessionOperation::Ask {
            session: session.clone(),
            directory: Some(directory.clone()),
            agent: self.run.prompt(role(spec), Some(&spec.id), attempt.number).agent,
            model: self.run.model(role(spec), work_of(spec)),
            text: context,
            timeout_ms: self.run.options.task_timeout_ms,
            silent_ms: silent_ms(self.run.options.task_timeout_ms),
            focus: Some(focus),
            hearing: Hearing::Fingerprints,
        };
        let ask = turn.request(attempt.wait(), Operation::Session(operation));
        self.agent_begins(attempt.task);
        self.begin_pulse(turn);
        let watch = LoopWatch::begin(turn.shared.now_ms);
        let session = session.clone();
        self.enter(
            attempt,
            Stage::Working(Box::new(Working { directory, session, ask, watch, drift, given_up: None })),
        );
    }

    /// The agent has ended: its turns are counted, its provider is weighed, and what it left in its worktree
    /// is committed, however it ended.
    pub(super) fn worked(
        &mut self,
        turn: &mut Turn,
        mut attempt: Attempt,
        working: Box<Working>,
        outcome: &Outcome,
        took_ms: u64,
    ) {
        let (Outcome::Session(outcome), Some(spec)) = (outcome, self.track.backlog.tasks.get(attempt.task))
        else {
            return self.enter(attempt, Stage::Working(working));
        };
        let Working { directory, session, watch, drift, given_up, .. } = *working;
        attempt.reverts = watch.reverts();
        self.account_work(turn, spec, &attempt, outcome, took_ms);
        if let SessionOutcome::Answered { text, .. } = outcome {
            attempt.notes = text.clone();
        }
        let failure = self.ending(outcome, attempt.denied.as_deref());
        // One that had finished when it was called off has finished.
        let is_finished = failure.is_none() && matches!(outcome, SessionOutcome::Answered { .. });
        let given_up = given_up.filter(|_| !is_finished);
        self.weigh_work(turn, spec, &attempt, outcome, given_up.as_ref());
        (attempt.is_probe, attempt.live) = (false, Usage::default());
        let failure = match self.altered(attempt.task, outcome, given_up.as_ref()) {
            Some(altered) => Some(Ending::Failed(altered.into())),
            None => self.how_it_ended(outcome, given_up, failure),
        };
        let track = &self.track.backlog.track_id;
        let operation =
            collection(&self.run, track, spec, attempt.number, attempt.base.clone(), attempt.slot);
        turn.request(attempt.wait(), Operation::Git(operation));
        self.look_at_checkout(turn);
        turn.remove_session(&session, Waiter::Nobody);
        if let Some(record) = self.track.records.get_mut(attempt.task) {
            record.sessions.push(drift.figures().clone());
        }
        self.enter(attempt, Stage::Collecting { directory, failure });
    }

    fn account_work(
        &self,
        turn: &mut Turn,
        spec: &TaskSpec,
        attempt: &Attempt,
        outcome: &SessionOutcome,
        took_ms: u64,
    ) {
        if let Some(usage) = outcome.usage().map(|usage| usage.or_more(attempt.live)) {
            turn.shared.ledger.add(Entry {
                work: work_of(spec),
                model: self.run.model(role(spec), work_of(spec)),
                track: self.run.track.clone(),
                task: Some(spec.id.clone()),
                attempt: attempt.number,
                usage,
                duration_ms: took_ms,
                prompt: Some(self.run.prompt(role(spec), Some(&spec.id), attempt.number)),
            });
        }
    }

    /// What its end says of its provider.
    fn weigh_work(
        &self,
        turn: &mut Turn,
        spec: &TaskSpec,
        attempt: &Attempt,
        outcome: &SessionOutcome,
        given_up: Option<&GivenUp>,
    ) {
        let trouble = match given_up {
            Some(GivenUp::Trouble(trouble)) => Some(trouble.clone()),
            Some(_) => None,
            None => providers::trouble_of(outcome, self.run.options.task_timeout_ms),
        };
        let (model, waiting) = (self.run.model(role(spec), work_of(spec)), self.schedule.ready() + 1);
        let (model, is_probe) = (model.as_ref(), attempt.is_probe);
        providers::weigh(turn, &self.run, model, trouble.as_ref(), outcome, is_probe, waiting);
    }

    /// A result counts only when its agent has read its task and nothing else.
    fn altered(&self, task: usize, outcome: &SessionOutcome, given_up: Option<&GivenUp>) -> Option<Altered> {
        match (given_up, outcome) {
            (Some(GivenUp::Altered(altered)), _) => Some(altered.clone()),
            (_, SessionOutcome::Answered { stored, .. }) => {
                let sent = self.track.records.get(task).and_then(|record| record.context_sha256.as_deref());
                context::read_back(stored, sent).err()
            }
            _ => None,
        }
    }

    fn how_it_ended(
        &self,
        outcome: &SessionOutcome,
        given_up: Option<GivenUp>,
        failure: Option<Failure>,
    ) -> Option<Ending> {
        let timeout_ms = self.run.options.task_timeout_ms;
        match given_up {
            Some(GivenUp::Trouble(trouble)) => Some(Ending::Failed(trouble_failure(&trouble, timeout_ms))),
            Some(GivenUp::Loop { what }) => Some(Ending::Failed(Failure::Loop { what })),
            Some(GivenUp::Drift { what }) => Some(Ending::Failed(Failure::Drift { what })),
            Some(GivenUp::RunBudget) => Some(Ending::Interrupted),
            Some(GivenUp::TaskBudget) => Some(Ending::Failed(Failure::Budget {
                message: "its budget is used up, so its agent was stopped".to_owned(),
            })),
            None if self.stopping.is_some() && matches!(outcome, SessionOutcome::Aborted { .. }) => {
                Some(Ending::Interrupted)
            }
            Some(GivenUp::Altered(_)) | None => failure.map(Ending::Failed),
        }
    }

    /// Why an ask was not a good one, if it was not.
    pub(super) fn ending(&self, outcome: &SessionOutcome, denied: Option<&str>) -> Option<Failure> {
        let timeout_ms = self.run.options.task_timeout_ms;
        match outcome {
            SessionOutcome::Answered { text, finish, .. } => {
                let first = text.trim_start().lines().next().unwrap_or_default();
                if let Some(reason) = first.strip_prefix(BLOCKED) {
                    return Some(Failure::Blocked { reason: reason.trim().to_owned() });
                }
                if finish.as_deref() == Some("tool-calls") {
                    let what = denied.map(|what| format!(": {what}")).unwrap_or_default();
                    let reason = format!("a permission it needed was denied{what}");
                    return Some(Failure::Blocked { reason });
                }
            }
            SessionOutcome::Failed { trouble: Trouble::Deadline, .. } => {
                return Some(Failure::Timeout { after_ms: timeout_ms });
            }
            SessionOutcome::Failed { .. } => {}
            other => return Some(Failure::Host { message: session_failure(other, timeout_ms) }),
        }
        providers::trouble_of(outcome, timeout_ms).map(|trouble| trouble_failure(&trouble, timeout_ms))
    }
}

/// The ids of tasks that a task has nothing to do with, as far as they are no plain words.
fn foreign_ids(task: &TaskSpec, backlog: &Backlog) -> Vec<String> {
    let is_foreign = |id: &&TaskId| **id != task.id && !task.depends_on.contains(id);
    let is_telling = |id: &&str| id.len() >= FOREIGN_ID_MIN && id.contains(|c: char| c.is_ascii_digit());
    let ids = backlog.tasks.iter().map(|task| &task.id).filter(is_foreign);
    ids.map(TaskId::as_str).filter(is_telling).map(str::to_owned).collect()
}

/// Trouble as the failure of an attempt.
fn trouble_failure(trouble: &AskTrouble, timeout_ms: u64) -> Failure {
    match trouble.diagnosis.class {
        TroubleClass::Silent => Failure::Silent { after_ms: silent_ms(timeout_ms) },
        TroubleClass::Host => Failure::Host { message: trouble.message.clone() },
        class => Failure::Provider { class, message: trouble.told() },
    }
}

/// Committing what an agent did in a directory of the pool.
pub(crate) fn collection(
    run: &Run,
    track: &TrackId,
    task: &TaskSpec,
    attempt: u32,
    base: CommitId,
    slot: Slot,
) -> GitOperation {
    GitOperation::Collect {
        slot,
        base,
        reference: reference(track, &task.id, attempt),
        message: format!("{}: {}\n\nAttempt {attempt}.\n", task.id, task.title),
        diff_bytes_max: DIFF_BYTES_MAX,
        guard: run.repository.guard.clone(),
    }
}
