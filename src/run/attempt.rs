//! One attempt at one task: a clean worktree, a fresh session with a compiled and verified context,
//! the work collected into a ref, judged by gates and a reviewer, then queued for `merge`. However it
//! ends, the work is in a ref before the worktree is used again.

use serde::Serialize;

use crate::backlog::TaskSpec;
use crate::context;
use crate::definitions::Role;
use crate::effect::file::{Expected, FileOutcome, Place};
use crate::effect::git::{Change, GitOperation, GitOutcome};
use crate::effect::session::{Purpose, SessionOperation, SessionOutcome, Trouble};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::event::SessionSignal;
use crate::evidence::Failure;
use crate::ids::{CommitId, EffectId, SessionId, Slot};
use crate::metrics::Entry;
use crate::options::ReviewMode;
use crate::review::{GateReport, Verdict};
use crate::route::{Work, work_of};
use crate::run::gating::{Check, Gating, Preparation};
use crate::run::implement::ImplementRun;
use crate::run::plan::{SILENT_MS, file_failure, write};
use crate::run::review::Review;
use crate::run::{Progress, Waiter, git_failure, session_failure};
use crate::track::Life;

/// A diff is kept up to this size: enough for a review in parts, little enough for a journal line.
const DIFF_BYTES_MAX: u32 = 1024 * 1024;
/// After so many turns in a row without a finish reason the host would ask the model for ever.
const BAD_STREAMS_MAX: u32 = 3;
/// What an agent's last message begins with when it cannot go on.
const BLOCKED: &str = "BLOCKED:";

/// An attempt that is alive.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attempt {
    /// Counted from 1 for each task; names the ref.
    pub number: u32,
    /// Its worktree directory.
    pub slot: Slot,
    /// The integration tip it began from.
    pub base: CommitId,
    /// When it began, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// Its line in the chat, once it has a session.
    pub entry: Option<EffectId>,
    /// The agent's last message.
    pub notes: String,
    /// How far it is.
    pub stage: Stage,
}

/// How far an attempt is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Stage {
    /// The worktree is being made ready.
    Preparing(Preparation),
    /// What will be sent is being written down.
    Recording { directory: String, context: String },
    /// The session is being made.
    Opening { directory: String, context: String },
    /// The agent works.
    Working { directory: String, session: SessionId, ask: EffectId, bad_streams: u32 },
    /// Its work is being committed; an end that was already bad is kept.
    Collecting { directory: String, failure: Option<Ending> },
    /// The project's commands judge it.
    Gating { directory: String, work: Collected, gating: Gating },
    /// The reviewer judges it.
    Reviewing { work: Collected, review: Review },
    /// It waits for its turn to be merged.
    Queued { work: Collected },
    /// A merge commit is being made.
    Merging { work: Collected, tries: u32 },
    /// The merge combined parallel work: the gates run on the result.
    Rechecking { work: Collected, tries: u32, merge: CommitId, check: Check },
    /// The integration branch is being moved to the merge commit.
    Moving { work: Collected, tries: u32, merge: CommitId },
}

/// Why an attempt is over before its work was judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Ending {
    /// It failed.
    Failed(Failure),
    /// The run is stopping; the attempt does not count.
    Interrupted,
}

/// Work in a ref.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Collected {
    /// The commit.
    pub commit: CommitId,
    /// What it changes.
    pub changes: Vec<Change>,
    /// Its diff, perhaps cut.
    pub diff: String,
}

/// What an attempt waits for: always one thing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wait {
    /// The task's index.
    pub task: usize,
    /// The attempt's number: a late outcome of an earlier one finds nobody.
    pub attempt: u32,
}

impl Attempt {
    /// Whether its work is done and is being judged or merged.
    pub fn is_judged(&self) -> bool {
        !matches!(
            self.stage,
            Stage::Preparing(_)
                | Stage::Recording { .. }
                | Stage::Opening { .. }
                | Stage::Working { .. }
                | Stage::Collecting { .. }
        )
    }

    /// The merge commit that the integration branch is being moved to.
    pub fn moving_to(&self) -> Option<&CommitId> {
        match &self.stage {
            Stage::Moving { merge, .. } => Some(merge),
            _ => None,
        }
    }

    fn wait(&self, task: usize) -> Waiter {
        Waiter::Attempt(Wait { task, attempt: self.number })
    }
}

/// The agent that works on a task.
pub(crate) fn role(task: &TaskSpec) -> Role {
    if work_of(task) == Work::Documentation { Role::Documenter } else { Role::Implementer }
}

impl ImplementRun {
    /// Starts an attempt in a free directory of the pool.
    pub(crate) fn start(&mut self, turn: &mut Turn, task: usize, slot: Slot) {
        let Some(record) = self.track.records.get_mut(task) else {
            return;
        };
        record.begun += 1;
        record.last_attempt_ms = Some(turn.shared.now_ms);
        let number = record.begun;
        let waiter = Waiter::Attempt(Wait { task, attempt: number });
        let preparation = Preparation::begin(turn, &self.run.options, slot, self.tip.clone(), waiter);
        record.life = Life::Running(Box::new(Attempt {
            number,
            slot,
            base: self.tip.clone(),
            started_ms: turn.shared.now_ms,
            entry: None,
            notes: String::new(),
            stage: Stage::Preparing(preparation),
        }));
        self.record_spec(turn, task);
        self.record_task(turn, task);
    }

    /// Something an attempt waited for ended.
    pub fn attempt_resolved(
        mut self: Box<Self>,
        turn: &mut Turn,
        wait: Wait,
        outcome: &Outcome,
        took_ms: u64,
    ) -> Activity {
        let Some(attempt) = self.take_attempt(&wait) else {
            return Activity::Implement(self);
        };
        self.attempt_goes_on(turn, wait.task, attempt, outcome, took_ms);
        self.go_on(turn)
    }

    /// Takes a live attempt out of its record, if it is the one that is meant.
    fn take_attempt(&mut self, wait: &Wait) -> Option<Attempt> {
        let record = self.track.records.get_mut(wait.task)?;
        match std::mem::take(&mut record.life) {
            Life::Running(attempt) if attempt.number == wait.attempt => Some(*attempt),
            other => {
                record.life = other;
                None
            }
        }
    }

    /// Puts a live attempt back.
    pub(crate) fn put_back(&mut self, task: usize, attempt: Attempt) {
        if let Some(record) = self.track.records.get_mut(task) {
            record.life = Life::Running(Box::new(attempt));
        }
    }

    fn attempt_goes_on(
        &mut self,
        turn: &mut Turn,
        task: usize,
        mut attempt: Attempt,
        outcome: &Outcome,
        took_ms: u64,
    ) {
        let waiter = attempt.wait(task);
        let stage = std::mem::replace(
            &mut attempt.stage,
            Stage::Collecting { directory: String::new(), failure: None },
        );
        // Whatever comes next in these stages takes time, and the stop came before it.
        let is_over = matches!(
            stage,
            Stage::Preparing(_) | Stage::Recording { .. } | Stage::Gating { .. } | Stage::Rechecking { .. }
        );
        if self.is_stopping() && is_over {
            return self.interrupted(turn, task, &attempt);
        }
        match stage {
            Stage::Preparing(preparation) => match preparation.resolved(turn, outcome, waiter) {
                Progress::More(preparation) => {
                    attempt.stage = Stage::Preparing(preparation);
                    self.put_back(task, attempt);
                }
                Progress::Done(directory) => self.compile(turn, task, attempt, directory),
                Progress::Aborted => self.interrupted(turn, task, &attempt),
                Progress::Failed(message) => self.failed(turn, task, &attempt, Failure::Host { message }),
            },
            Stage::Recording { directory, context } => match outcome {
                Outcome::File(FileOutcome::Written { .. }) => {
                    self.create(turn, task, attempt, directory, context)
                }
                other => {
                    let message = file_failure(other, "the task's context file");
                    self.failed(turn, task, &attempt, Failure::Host { message });
                }
            },
            Stage::Opening { directory, context } => match outcome {
                Outcome::Session(SessionOutcome::Created { session }) => {
                    self.send(turn, task, attempt, directory, context, session);
                }
                Outcome::Session(other) => {
                    let message = session_failure(other, self.run.options.task_timeout_ms);
                    self.failed(turn, task, &attempt, Failure::Host { message });
                }
                other => self.failed(turn, task, &attempt, Failure::Host { message: format!("{other:?}") }),
            },
            Stage::Working { directory, session, bad_streams, .. } => {
                self.worked(turn, task, attempt, directory, &session, bad_streams, outcome, took_ms);
            }
            Stage::Collecting { directory, failure } => {
                self.collected(turn, task, attempt, directory, failure, outcome);
            }
            Stage::Gating { directory, work, gating } => match gating.resolved(turn, outcome, waiter) {
                Progress::More(gating) => {
                    attempt.stage = Stage::Gating { directory, work, gating };
                    self.put_back(task, attempt);
                }
                Progress::Done(reports) => self.gated(turn, task, attempt, &directory, work, reports),
                Progress::Aborted => self.interrupted(turn, task, &attempt),
                Progress::Failed(message) => self.failed(turn, task, &attempt, Failure::Host { message }),
            },
            Stage::Reviewing { work, review } => {
                let Some(spec) = self.track.backlog.tasks.get(task) else {
                    return;
                };
                let review = if self.is_stopping() { review.stopping() } else { review };
                match review.resolved(turn, &self.run, spec, outcome, took_ms, waiter) {
                    Progress::More(review) => {
                        attempt.stage = Stage::Reviewing { work, review };
                        self.put_back(task, attempt);
                    }
                    Progress::Done(verdict) => self.reviewed(turn, task, attempt, work, verdict),
                    Progress::Aborted => self.interrupted(turn, task, &attempt),
                    Progress::Failed(message) => {
                        let failure = Failure::Host { message: format!("no review: {message}") };
                        self.failed(turn, task, &attempt, failure);
                    }
                }
            }
            merging => self.merge_goes_on(turn, task, attempt, merging, outcome),
        }
    }

    /// The worktree is ready: what does the agent get to read?
    fn compile(&mut self, turn: &mut Turn, task: usize, mut attempt: Attempt, directory: String) {
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
                    let path = self.run.document(&format!("{}.context.md", spec.id));
                    let operation = write(Place::Repository, &path, context.clone(), Expected::Anything);
                    turn.request(attempt.wait(task), operation);
                    attempt.stage = Stage::Recording { directory, context };
                    return self.put_back(task, attempt);
                }
                findings.iter().map(ToString::to_string).collect()
            }
            Err(problem) => vec![problem.to_string()],
        };
        self.failed(turn, task, &attempt, Failure::Context { findings });
    }

    fn create(
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

    fn send(
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
        let nth = if attempt.number > 1 { format!(" (attempt {})", attempt.number) } else { String::new() };
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
        attempt.stage = Stage::Working { directory, session: session.clone(), ask, bad_streams: 0 };
        self.put_back(task, attempt);
    }

    /// Something was seen in a session: a stream without an end is stopped before the host loops.
    pub fn signalled(&mut self, turn: &mut Turn, seen: &SessionId, signal: &SessionSignal) {
        let SessionSignal::Stepped { finish } = signal else {
            return;
        };
        for record in &mut self.track.records {
            let Life::Running(attempt) = &mut record.life else {
                continue;
            };
            let Stage::Working { session, ask, bad_streams, .. } = &mut attempt.stage else {
                continue;
            };
            if session != seen {
                continue;
            }
            let is_bad = finish.as_deref().is_none_or(|finish| finish == "unknown");
            *bad_streams = if is_bad { *bad_streams + 1 } else { 0 };
            if *bad_streams == BAD_STREAMS_MAX {
                turn.cancel(*ask);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one stage, taken apart")]
    fn worked(
        &mut self,
        turn: &mut Turn,
        task: usize,
        mut attempt: Attempt,
        directory: String,
        session: &SessionId,
        bad_streams: u32,
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
                task: Some(spec.id.clone()),
                attempt: attempt.number,
                usage,
                duration_ms: took_ms,
            });
        }
        if let SessionOutcome::Answered { text, .. } = outcome {
            attempt.notes = text.clone();
        }
        let failure = if bad_streams >= BAD_STREAMS_MAX {
            let message = "the model's stream ended three times without a finish reason".to_owned();
            Some(Ending::Failed(Failure::Provider { message }))
        } else if self.is_stopping() && matches!(outcome, SessionOutcome::Aborted { .. }) {
            Some(Ending::Interrupted)
        } else {
            self.ending(outcome).map(Ending::Failed)
        };
        let operation = GitOperation::Collect {
            slot: attempt.slot,
            base: attempt.base.clone(),
            reference: format!("refs/mac/{}/{}/{}", self.track.backlog.track_id, spec.id, attempt.number),
            message: format!("{}: {}\n\nAttempt {}.\n", spec.id, spec.title, attempt.number),
            diff_bytes_max: DIFF_BYTES_MAX,
        };
        turn.request(attempt.wait(task), Operation::Git(operation));
        turn.remove_session(session, Waiter::Nobody);
        attempt.stage = Stage::Collecting { directory, failure };
        self.put_back(task, attempt);
    }

    /// Why an ask was not a good one, if it was not.
    fn ending(&self, outcome: &SessionOutcome) -> Option<Failure> {
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
                        Some(Failure::Blocked { reason: "a permission it needed was denied".to_owned() })
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

    fn collected(
        &mut self,
        turn: &mut Turn,
        task: usize,
        attempt: Attempt,
        directory: String,
        failure: Option<Ending>,
        outcome: &Outcome,
    ) {
        let Outcome::Git(GitOutcome::Collected { commit, changes, diff, left_out, .. }) = outcome else {
            return self.failed(turn, task, &attempt, Failure::Host { message: git_failure(outcome) });
        };
        if let Some(record) = self.track.records.get_mut(task) {
            record.changes.clone_from(changes);
            record.reports.clear();
        }
        match (failure, commit) {
            (Some(Ending::Interrupted), _) => self.interrupted(turn, task, &attempt),
            (Some(Ending::Failed(failure)), _) => self.failed(turn, task, &attempt, failure),
            (None, _) if !left_out.is_empty() => {
                self.failed(turn, task, &attempt, Failure::Forbidden { paths: left_out.clone() });
            }
            (None, None) => self.failed(turn, task, &attempt, Failure::Empty),
            (None, Some(_)) if self.is_stopping() => self.interrupted(turn, task, &attempt),
            (None, Some(commit)) => {
                let work = Collected { commit: commit.clone(), changes: changes.clone(), diff: diff.clone() };
                self.gate(turn, task, attempt, directory, work);
            }
        }
    }

    fn gate(
        &mut self,
        turn: &mut Turn,
        task: usize,
        mut attempt: Attempt,
        directory: String,
        work: Collected,
    ) {
        let waiter = attempt.wait(task);
        match Gating::begin(turn, &self.run.options, directory.clone(), &self.gates, waiter) {
            Progress::More(gating) => {
                attempt.stage = Stage::Gating { directory, work, gating };
                self.put_back(task, attempt);
                self.record_task(turn, task);
            }
            Progress::Done(reports) => self.gated(turn, task, attempt, &directory, work, reports),
            Progress::Aborted => self.interrupted(turn, task, &attempt),
            Progress::Failed(message) => self.failed(turn, task, &attempt, Failure::Host { message }),
        }
    }

    fn gated(
        &mut self,
        turn: &mut Turn,
        task: usize,
        mut attempt: Attempt,
        directory: &str,
        work: Collected,
        reports: Vec<GateReport>,
    ) {
        if let Some(record) = self.track.records.get_mut(task) {
            record.reports.clone_from(&reports);
        }
        if let Some(report) = self.health.condemned(&reports) {
            let failure = gate_failure(report);
            return self.failed(turn, task, &attempt, failure);
        }
        let Some(spec) = self.track.backlog.tasks.get(task) else {
            return;
        };
        if self.run.options.review == ReviewMode::Off {
            return self.queue(turn, task, attempt, work);
        }
        let waiter = attempt.wait(task);
        let review =
            Review::begin(turn, &self.run, spec, attempt.number, directory, (&work.diff, reports), waiter);
        if review.parts() > 1 {
            let parts = review.parts();
            turn.say(
                &self.run.chat,
                format!("{}: the diff is large, so it is reviewed in {parts} parts.", spec.id),
            );
        }
        attempt.stage = Stage::Reviewing { work, review };
        self.put_back(task, attempt);
    }

    fn reviewed(
        &mut self,
        turn: &mut Turn,
        task: usize,
        attempt: Attempt,
        work: Collected,
        verdict: Verdict,
    ) {
        match verdict {
            Verdict::Approved => self.queue(turn, task, attempt, work),
            Verdict::ChangesRequested { issues } | Verdict::Rebase { issues } => {
                self.failed(turn, task, &attempt, Failure::Review { issues });
            }
        }
    }
}

/// A red gate, as a failure.
pub(crate) fn gate_failure(report: &GateReport) -> Failure {
    Failure::Gate {
        gate: report.gate.name,
        command: report.gate.command.clone(),
        code: report.code,
        tail: report.tail.clone(),
    }
}
