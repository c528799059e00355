//! The session of an attempt: what it reads, what it is told, how it ends.

use crate::run::implement::attempt::{Attempt, Ending, Stage, role};

use crate::backlog::TaskSpec;
use crate::context;
use crate::effect::git::GitOperation;
use crate::effect::session::{Purpose, SessionOperation, SessionOutcome, Trouble};
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::event::SessionSignal;
use crate::evidence::Failure;
use crate::ids::{CommitId, SessionId, Slot, TrackId};
use crate::metrics::Entry;
use crate::route::work_of;
use crate::run::SILENT_MS;
use crate::run::implement::ImplementRun;
use crate::run::{Run, Waiter, session_failure};
use crate::text::duration;
use crate::track::Life;

/// A diff is kept up to this size: enough for a review in parts, little enough for a journal line.
pub(super) const DIFF_BYTES_MAX: u32 = 1024 * 1024;
/// After so many turns in a row without a finish reason the host would ask the model for ever.
const BAD_STREAMS_MAX: u32 = 3;
/// The host may wait for the provider as long as it says, even an hour. Longer than this we wait
/// ourselves, with the worktree and the worker's place free. Its own five tries take 70 s.
const PATIENCE_MS: u64 = 90_000;
/// What an agent's last message begins with when it cannot go on.
pub(crate) const BLOCKED: &str = "BLOCKED:";

impl ImplementRun {
    /// The worktree is ready: what does the agent get to read?
    pub(super) fn compile(&mut self, turn: &mut Turn, task: usize, mut attempt: Attempt, directory: String) {
        let ids = self.track.ids();
        let (Some(spec), Some(record)) =
            (self.track.backlog.tasks.get(task), self.track.records.get_mut(task))
        else {
            return;
        };
        let bytes_max = self.run.options.context.max_bytes;
        // A lesson that names another task would only make the context unclean: it stays behind.
        let is_clean = |line: &&String| context::verify(line, spec, &ids, bytes_max).is_empty();
        let evidence: Vec<String> = record.evidence.iter().filter(is_clean).cloned().collect();
        let findings: Vec<String> = match context::compile(spec, &evidence, bytes_max) {
            Ok(context) => {
                let findings = context::verify(&context, spec, &ids, bytes_max);
                if findings.is_empty() {
                    record.context_bytes = u32::try_from(context.len()).unwrap_or(u32::MAX);
                    let path = self.context_path(task);
                    turn.write_document(attempt.wait(task), &path, context.clone());
                    attempt.stage = Stage::Recording { directory, context };
                    return self.put_back(task, attempt);
                }
                findings.iter().map(ToString::to_string).collect()
            }
            Err(problem) => vec![problem.to_string()],
        };
        self.failed(turn, task, &attempt, Failure::Context { findings });
    }

    pub(super) fn create(
        &mut self,
        turn: &mut Turn,
        task: usize,
        mut attempt: Attempt,
        directory: String,
        context: String,
    ) {
        let Some(spec) = self.track.backlog.tasks.get(task) else {
            return;
        };
        let operation = SessionOperation::Create {
            directory: Some(directory.clone()),
            parent: self.run.chat.clone(),
            title: format!("{} {}", spec.id, spec.title),
            rules: role(spec).rules(),
            purpose: Purpose {
                agent: role(spec).agent().to_owned(),
                task: Some(spec.id.to_string()),
                attempt: attempt.number,
            },
        };
        turn.request(attempt.wait(task), Operation::Session(operation));
        attempt.stage = Stage::Opening { directory, context };
        self.put_back(task, attempt);
    }

    pub(super) fn send(
        &mut self,
        turn: &mut Turn,
        task: usize,
        mut attempt: Attempt,
        directory: String,
        context: String,
        session: &SessionId,
    ) {
        if self.is_stopping() {
            turn.remove_session(session, Waiter::Nobody);
            return self.interrupted(turn, task, &attempt);
        }
        let Some(spec) = self.track.backlog.tasks.get(task) else {
            return;
        };
        let agent = role(spec).agent();
        // Attempts that do not count are not counted here either.
        let nth = self.track.records.get(task).map_or(1, |record| record.attempts + 1);
        let nth = if nth > 1 { format!(" (attempt {nth})") } else { String::new() };
        let title = format!("{} {}{nth}", spec.id, spec.title);
        attempt.entry = Some(turn.open(&self.run.chat, title, agent, session));
        let operation = SessionOperation::Ask {
            session: session.clone(),
            directory: Some(directory.clone()),
            agent: agent.to_owned(),
            model: self.run.model(role(spec), work_of(spec)),
            text: context,
            timeout_ms: self.run.options.task_timeout_ms,
            silent_ms: SILENT_MS,
        };
        let ask = turn.request(attempt.wait(task), Operation::Session(operation));
        self.agent_begins(task);
        attempt.stage =
            Stage::Working { directory, session: session.clone(), ask, bad_streams: 0, given_up: None };
        self.put_back(task, attempt);
    }

    /// Something was seen in a session: a stream without an end is stopped before the host loops, and
    /// what was denied is kept for the next attempt.
    pub fn signalled(&mut self, turn: &mut Turn, seen: &SessionId, signal: &SessionSignal) {
        for record in &mut self.track.records {
            let Life::Running(attempt) = &mut record.life else {
                continue;
            };
            let Stage::Working { session, ask, bad_streams, given_up, .. } = &mut attempt.stage else {
                continue;
            };
            if session != seen {
                continue;
            }
            match signal {
                SessionSignal::Stepped { finish, .. } => {
                    let is_bad = finish.as_deref().is_none_or(|finish| finish == "unknown");
                    *bad_streams = if is_bad { *bad_streams + 1 } else { 0 };
                    if *bad_streams == BAD_STREAMS_MAX {
                        *given_up =
                            Some("the model's stream ended three times without a finish reason".to_owned());
                        turn.cancel(*ask);
                    }
                }
                SessionSignal::Retrying { next_ms, message, .. } => {
                    let wait_ms = next_ms.saturating_sub(turn.shared.now_ms);
                    if wait_ms > PATIENCE_MS && given_up.is_none() {
                        let wait = duration(wait_ms);
                        *given_up = Some(format!("it asks to wait {wait}: {message}"));
                        turn.cancel(*ask);
                    }
                }
                SessionSignal::Denied { what } => attempt.denied = Some(what.clone()),
                SessionSignal::Called { .. } => {}
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one stage, taken apart")]
    pub(super) fn worked(
        &mut self,
        turn: &mut Turn,
        task: usize,
        mut attempt: Attempt,
        directory: String,
        session: &SessionId,
        given_up: Option<String>,
        outcome: &Outcome,
        took_ms: u64,
    ) {
        let (Outcome::Session(outcome), Some(spec)) = (outcome, self.track.backlog.tasks.get(task)) else {
            return self.put_back(task, attempt);
        };
        if let Some(usage) = outcome.usage() {
            turn.shared.ledger.add(Entry {
                work: work_of(spec),
                model: self.run.model(role(spec), work_of(spec)),
                track: self.run.track.clone(),
                task: Some(spec.id.clone()),
                attempt: attempt.number,
                usage,
                duration_ms: took_ms,
            });
        }
        if let SessionOutcome::Answered { text, .. } = outcome {
            attempt.notes = text.clone();
        }
        let failure = if let Some(message) = given_up {
            Some(Ending::Failed(Failure::Provider { message }))
        } else if self.is_stopping() && matches!(outcome, SessionOutcome::Aborted { .. }) {
            Some(Ending::Interrupted)
        } else {
            self.ending(outcome, attempt.denied.as_deref()).map(Ending::Failed)
        };
        let track = &self.track.backlog.track_id;
        let operation =
            collection(&self.run, track, spec, attempt.number, attempt.base.clone(), attempt.slot);
        turn.request(attempt.wait(task), Operation::Git(operation));
        self.look_at_checkout(turn);
        turn.remove_session(session, Waiter::Nobody);
        attempt.stage = Stage::Collecting { directory, failure };
        self.put_back(task, attempt);
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
                match finish.as_deref() {
                    Some("stop") => None,
                    Some("tool-calls") => {
                        let what = denied.map(|what| format!(": {what}")).unwrap_or_default();
                        Some(Failure::Blocked { reason: format!("a permission it needed was denied{what}") })
                    }
                    Some("length") => Some(Failure::Blocked {
                        reason: "its answer was cut off at the model's limit".to_owned(),
                    }),
                    other => {
                        let finish = other.unwrap_or("none");
                        let message = format!("the model's stream ended badly (finish reason: {finish})");
                        Some(Failure::Provider { message })
                    }
                }
            }
            SessionOutcome::Failed { trouble: Trouble::Deadline, .. } => {
                Some(Failure::Timeout { after_ms: timeout_ms })
            }
            SessionOutcome::Failed { trouble: Trouble::Silent, .. } => {
                Some(Failure::Silent { after_ms: SILENT_MS })
            }
            other => Some(Failure::Provider { message: session_failure(other, timeout_ms) }),
        }
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
        reference: format!("refs/mac/{track}/{}/{attempt}", task.id),
        message: format!("{}: {}\n\nAttempt {attempt}.\n", task.id, task.title),
        diff_bytes_max: DIFF_BYTES_MAX,
        guard: run.repository.guard.clone(),
    }
}
