//! A better spec for a task that keeps failing. Its author reads the spec and the distilled failures; a
//! good proposal becomes the task's next version, and work starts afresh from that.

use serde::Serialize;

use crate::backlog::{TaskSpec, validate};
use crate::context::{Inputs, Others, Unclean, compile_clean};
use crate::definitions::Role;
use crate::effect::Operation;
use crate::effect::Outcome;
use crate::effect::session::{Purpose, SessionOperation, SessionOutcome};
use crate::engine::Turn;
use crate::event::SessionSignal;
use crate::evidence::Failure;
use crate::ids::{EffectId, ModelRef, SessionId};
use crate::metrics::{Entry, Origin, estimate};
use crate::prompts::PromptUse;
use crate::rebase::{Effort, Proposal, changes, is_messy, parse_proposal, rebase_prompt};
use crate::route::{Work, work_of};
use crate::run::asked::Asked;
use crate::run::implement::attempt::{Attempt, role};
use crate::run::implement::{ImplementRun, Wait, rework};
use crate::run::{Waiter, session_failure, silent_ms};
use crate::schedule::overlap;
use crate::text::count;
use crate::track::{Life, Record, SpecVersion};

/// A better spec is asked for so often in one set of attempts: what two authors did not mend, a third will not.
const REBASES_MAX: usize = 2;

/// A better spec in the making.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rebasing {
    /// Why it is asked for, in half a sentence.
    why: String,
    /// Its author tries a provider that was in trouble, and all others wait for how that goes.
    pub(super) is_probe: bool,
    entry: Option<EffectId>,
    stage: Stage,
}

/// What it waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    /// The session is being made.
    Creating,
    /// The author works.
    Asking { session: SessionId, asked: Asked, is_second: bool },
}

impl ImplementRun {
    /// Why a task should get a better spec after a failure that counts; `None` when it should not.
    pub(super) fn rebase_reason(
        &self,
        turn: &Turn,
        task: usize,
        attempt: &Attempt,
        failure: &Failure,
    ) -> Option<String> {
        let (spec, record) = (self.track.backlog.tasks.get(task)?, self.track.records.get(task)?);
        let options = &self.run.options.rebase;
        if !options.enabled
            || !failure.is_of_work()
            || self.stopping.is_some()
            || record.rebases >= REBASES_MAX
        {
            return None;
        }
        if matches!(failure, Failure::Review { is_of_spec: true, .. }) {
            return Some("the reviewer says that the task itself is at fault".to_owned());
        }
        if let Some(why) = attempt.rework.as_ref().and_then(|rework| rework::rebase_reason(rework, failure)) {
            return Some(why);
        }
        let failures = record.failures + 1;
        if failures >= options.after_attempts {
            let attempts = count(failures as usize, "attempt", "attempts");
            return Some(format!("{attempts} at this version failed"));
        }
        let work = work_of(spec);
        let expected =
            estimate(&[(work, self.run.model(role(spec), work))], &turn.shared.prices, &turn.shared.ledger);
        let is_stray = |path: &String| overlap(std::slice::from_ref(path), &spec.scope.files_hint) == 0.0;
        let track = &self.track.backlog.track_id;
        let own = attempt.number..=attempt.number;
        let spent = turn.shared.ledger.of_attempts(track, &spec.id, own, |kind| kind == work);
        is_messy(&Effort {
            steps: spent.steps,
            reverts: attempt.reverts,
            tokens: spent.tokens(),
            tokens_expected: expected.tokens,
            stray_files: record.changes.iter().filter(|change| is_stray(&change.path)).count(),
        })
    }

    /// Whether a better spec is to be asked for before another attempt at a task begins.
    pub(super) fn is_rebase_due(&self, task: usize) -> bool {
        let is_due = |record: &Record| record.rebase_due.is_some();
        self.run.options.rebase.enabled && self.track.records.get(task).is_some_and(is_due)
    }

    /// Asks for a better spec. The task waits meanwhile and takes no worker's place.
    pub(super) fn begin_rebase(&mut self, turn: &mut Turn, task: usize, is_probe: bool) {
        let (Some(spec), Some(record)) =
            (self.track.backlog.tasks.get(task), self.track.records.get_mut(task))
        else {
            return;
        };
        let operation = SessionOperation::Create {
            directory: None,
            parent: self.run.chat.clone(),
            title: format!("Better spec for {}: {}", spec.id, spec.title),
            rules: Role::Rebase.rules(),
            purpose: Purpose {
                agent: Role::Rebase.agent().to_owned(),
                task: Some(spec.id.to_string()),
                attempt: record.begun,
            },
        };
        turn.request(Waiter::Implement(Wait::Rebase { task }), Operation::Session(operation));
        let why = record.rebase_due.clone().unwrap_or_default();
        record.life =
            Life::Rebasing(Box::new(Rebasing { why, is_probe, entry: None, stage: Stage::Creating }));
        self.record_task(turn, task);
    }

    pub(super) fn rebase_model(&self) -> Option<ModelRef> {
        self.run.model(Role::Rebase, Work::Rebase)
    }

    fn author(&self, task: usize) -> Option<PromptUse> {
        let (spec, record) = (self.track.backlog.tasks.get(task)?, self.track.records.get(task)?);
        Some(self.run.prompt(Role::Rebase, Some(&spec.id), record.begun))
    }

    /// Something was seen in a session. `None` when it is no author's, else whether a provider that rested
    /// works again.
    pub(super) fn rebase_signalled(
        &mut self,
        turn: &mut Turn,
        seen: &SessionId,
        signal: &SessionSignal,
    ) -> Option<bool> {
        let model = self.rebase_model();
        for record in &mut self.track.records {
            if let Life::Rebasing(rebasing) = &mut record.life
                && let Stage::Asking { session, asked, .. } = &mut rebasing.stage
                && session == seen
            {
                let works_again = asked.signalled(turn, &self.run, model.as_ref(), signal);
                rebasing.is_probe &= !works_again;
                return Some(works_again);
            }
        }
        None
    }

    /// A step of a rebase ended.
    pub(super) fn rebase_resolved(&mut self, turn: &mut Turn, task: usize, outcome: &Outcome, took_ms: u64) {
        let Some(record) = self.track.records.get_mut(task) else { return };
        let Life::Rebasing(mut rebasing) = std::mem::take(&mut record.life) else { return };
        let Outcome::Session(outcome) = outcome else {
            return self.rebased(
                turn,
                task,
                &rebasing,
                Err(format!("an answer that does not fit: {outcome:?}")),
            );
        };
        match (rebasing.stage.clone(), outcome) {
            (Stage::Creating, SessionOutcome::Created { session }) if self.is_stopping() => {
                turn.remove_session(session, Waiter::Nobody);
                self.rebased(turn, task, &rebasing, Err("stopped".to_owned()));
            }
            (Stage::Creating, SessionOutcome::Created { session }) => {
                let Some(spec) = self.track.backlog.tasks.get(task) else { return };
                let title = format!("Better spec for {} {}", spec.id, spec.title);
                rebasing.entry = Some(turn.open(&self.run.chat, title, Role::Rebase.agent(), session));
                let record = &self.track.records[task];
                let bytes_max = self.run.options.context.max_bytes;
                let text = rebase_prompt(spec, &record.history, &record.lessons(), bytes_max);
                self.ask_for_spec(turn, task, rebasing, session.clone(), text, false);
            }
            (Stage::Creating, other) => {
                let reason = session_failure(other, self.run.options.planning_timeout_ms);
                self.rebased(turn, task, &rebasing, Err(reason));
            }
            (Stage::Asking { session, asked, is_second }, outcome) => {
                self.account_rebase(turn, task, outcome, took_ms);
                let (model, timeout_ms) = (self.rebase_model(), self.run.options.planning_timeout_ms);
                let is_probe = std::mem::take(&mut rebasing.is_probe);
                let trouble = asked.ended(turn, &self.run, model.as_ref(), outcome, timeout_ms, is_probe);
                let proposal = match (trouble, outcome) {
                    (None, SessionOutcome::Answered { text, .. }) => {
                        parse_proposal(text).and_then(|proposal| self.better_spec(task, proposal))
                    }
                    (Some(trouble), _) => {
                        return self.drop_rebase(turn, task, &rebasing, &session, trouble.told());
                    }
                    (None, other) => {
                        let reason = session_failure(other, timeout_ms);
                        return self.drop_rebase(turn, task, &rebasing, &session, reason);
                    }
                };
                match proposal {
                    Err(problem) if !is_second && !self.is_stopping() => {
                        self.ask_for_spec(turn, task, rebasing, session, problem, true);
                    }
                    result => {
                        turn.remove_session(&session, Waiter::Nobody);
                        self.rebased(turn, task, &rebasing, result);
                    }
                }
            }
        }
    }

    fn ask_for_spec(
        &mut self,
        turn: &mut Turn,
        task: usize,
        mut rebasing: Box<Rebasing>,
        session: SessionId,
        text: String,
        is_second: bool,
    ) {
        let timeout_ms = self.run.options.planning_timeout_ms;
        let operation = SessionOperation::Ask {
            session: session.clone(),
            directory: None,
            agent: self.author(task).map_or_else(|| Role::Rebase.agent().to_owned(), |author| author.agent),
            model: self.rebase_model(),
            text,
            timeout_ms,
            silent_ms: silent_ms(timeout_ms),
            focus: None,
        };
        let ask = turn.request(Waiter::Implement(Wait::Rebase { task }), Operation::Session(operation));
        rebasing.stage = Stage::Asking { session, asked: Asked::begin(turn, ask), is_second };
        if let Some(record) = self.track.records.get_mut(task) {
            record.life = Life::Rebasing(rebasing);
        }
    }

    fn account_rebase(&self, turn: &mut Turn, task: usize, outcome: &SessionOutcome, took_ms: u64) {
        let (Some(spec), Some(record)) = (self.track.backlog.tasks.get(task), self.track.records.get(task))
        else {
            return;
        };
        if let Some(usage) = outcome.usage() {
            turn.shared.ledger.add(Entry {
                work: Work::Rebase,
                model: self.rebase_model(),
                track: self.run.track.clone(),
                task: Some(spec.id.clone()),
                attempt: record.begun,
                usage,
                duration_ms: took_ms,
                prompt: self.author(task),
            });
        }
    }

    /// The task as proposed, if it may stand in the backlog and can be sent. The error is for the author.
    fn better_spec(&self, task: usize, proposal: Proposal) -> Result<(Proposal, TaskSpec), String> {
        let spec = self.track.backlog.tasks.get(task).ok_or_else(|| "the task is gone".to_owned())?;
        let better = proposal.fields.apply(spec);
        let mut tasks = self.track.backlog.tasks.clone();
        tasks[task] = better.clone();
        let own = spec.id.to_string();
        let limits = &self.track.backlog.limits;
        let all = validate(&tasks).into_iter().chain(limits.problems(&tasks));
        let problems = all.filter(|problem| problem.task.as_ref() == Some(&own));
        let mut problems: Vec<String> = problems.map(|problem| problem.to_string()).collect();
        let bytes_max = self.run.options.context.max_bytes;
        let inputs = Inputs { limits, ..Inputs::of(&better, &[], bytes_max) };
        problems.extend(
            compile_clean(&inputs, &Others::of(&tasks)).map_or_else(Unclean::lines, |clean| clean.left_out),
        );
        if problems.is_empty() {
            Ok((proposal, better))
        } else {
            let problems: String = problems.iter().map(|problem| format!("- {problem}\n")).collect();
            Err(format!("The task as you propose it cannot be used:\n{problems}Send the whole block again."))
        }
    }

    fn drop_rebase(
        &mut self,
        turn: &mut Turn,
        task: usize,
        rebasing: &Rebasing,
        session: &SessionId,
        reason: String,
    ) {
        turn.remove_session(session, Waiter::Nobody);
        self.rebased(turn, task, rebasing, Err(reason));
    }

    /// There is a better spec, or there is none: the task starts again either way.
    fn rebased(
        &mut self,
        turn: &mut Turn,
        task: usize,
        rebasing: &Rebasing,
        result: Result<(Proposal, TaskSpec), String>,
    ) {
        let (least, is_stopping) = (self.run.options.rebase.confidence, self.is_stopping());
        let result = result.and_then(|(proposal, better)| {
            if proposal.confidence < least {
                Err(format!("its author is only {} sure, and {least} is asked for", proposal.confidence))
            } else {
                Ok((proposal, better))
            }
        });
        let (Some(spec), Some(record)) =
            (self.track.backlog.tasks.get(task), self.track.records.get_mut(task))
        else {
            return;
        };
        record.life = Life::Waiting;
        if !is_stopping {
            record.rebase_due = None;
            record.rebases += 1;
        }
        let is_ok = result.is_ok();
        let (text, better) = match result {
            Ok((proposal, better)) => {
                let changes = changes(spec, &better);
                let number = record.versions.len() as u32 + 2;
                let text = format!(
                    "**{}** has a better spec (version {number}, confidence {}): {}\n\n```diff\n{}\n```",
                    spec.id,
                    proposal.confidence,
                    proposal.reasoning,
                    changes.join("\n")
                );
                record.versions.push(SpecVersion {
                    number,
                    at_ms: turn.shared.now_ms,
                    why: rebasing.why.clone(),
                    reasoning: proposal.reasoning,
                    confidence: proposal.confidence,
                    changes,
                });
                record.origin = Origin::Rebase;
                // What they taught stands in the spec now.
                record.evidence.clear();
                (text, Some(better))
            }
            Err(reason) => {
                (format!("**{}** keeps its spec: {}.", spec.id, reason.trim_end_matches('.')), None)
            }
        };
        record.failures = 0;
        if let Some(better) = better {
            self.forget_task(turn, task);
            self.track.respecify(task, better);
        }
        self.schedule.give_back(task);
        if let Some(entry) = rebasing.entry {
            let end = if is_ok { "a better spec" } else { "no better spec" };
            turn.close(&self.run.chat, entry, is_ok, end);
        }
        turn.say(&self.run.chat, text);
        self.record_notes(turn, task, "");
        self.record_task(turn, task);
    }
}
