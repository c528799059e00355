//! What is seen of agents at work: their calls, the ends of their turns, what they change. An agent in
//! circles is told so once and then stopped; a provider in trouble is not waited for in a worktree.

use crate::backlog::TaskSpec;
use crate::context::read_back;
use crate::definitions::Role;
use crate::effect::git::{GitOperation, GitOutcome};
use crate::effect::session::SessionOperation;
use crate::effect::timer::{TimerOperation, TimerOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::event::SessionSignal;
use crate::ids::{SessionId, TaskId};
use crate::resilience::drift::{self, DriftWatch};
use crate::resilience::loops::{self, Circle};
use crate::resilience::trouble::{SUMMARY, is_good_finish};
use crate::route::work_of;
use crate::run::asked::endless_stream;
use crate::run::implement::attempt::{GivenUp, Reviewing, Stage, Working, role};
use crate::run::implement::{ImplementRun, Stop, Wait};
use crate::run::{Waiter, providers};
use crate::track::Life;

/// How often it is looked at what agents have changed. Stagnation takes five times as long.
const PULSE_MS: u64 = 2 * 60 * 1000;

/// What to do about an agent at work.
enum Response {
    /// Nothing.
    Nothing,
    /// Tell the person, in half a sentence that begins with the task.
    Tell(String),
    /// Tell the agent, and the person that it was told.
    Nudge { what: String, text: String },
    /// Stop it.
    Stop(GivenUp),
}

impl From<loops::Verdict> for Response {
    fn from(verdict: loops::Verdict) -> Self {
        match verdict {
            loops::Verdict::Fine => Self::Nothing,
            loops::Verdict::Nudge(text) => Self::Nudge { what: "seems to go in circles".to_owned(), text },
            loops::Verdict::Abort(Circle::Agent(what)) => Self::Stop(GivenUp::Loop { what }),
            loops::Verdict::Abort(Circle::Stream) => Self::Stop(GivenUp::Trouble(endless_stream())),
        }
    }
}

impl From<drift::Verdict> for Response {
    fn from(verdict: drift::Verdict) -> Self {
        match verdict {
            drift::Verdict::Fine => Self::Nothing,
            drift::Verdict::Alert(what) => Self::Tell(what),
            drift::Verdict::Nudge(text) => Self::Nudge { what: "is far from its task".to_owned(), text },
            drift::Verdict::Abort(what) => Self::Stop(GivenUp::Drift { what }),
        }
    }
}

impl ImplementRun {
    /// Something was seen in a session.
    pub fn signalled(
        mut self: Box<Self>,
        turn: &mut Turn,
        seen: &SessionId,
        signal: &SessionSignal,
    ) -> Activity {
        if self.shortening_signalled(turn, seen, signal) {
            return Activity::Implement(self);
        }
        if let Some(works_again) = self.author_signalled(turn, seen, signal) {
            return if works_again { self.go_on(turn) } else { Activity::Implement(self) };
        }
        let is_its = |stage: &Stage| match stage {
            Stage::Working(working) => working.session == *seen,
            Stage::Reviewing(Reviewing { review, .. }) => review.session() == Some(seen),
            _ => false,
        };
        let Some(task) = self.running().find(|attempt| is_its(&attempt.stage)).map(|attempt| attempt.task)
        else {
            return Activity::Implement(self);
        };
        let works_again = self.worker_signalled(turn, task, signal);
        if let SessionSignal::Stepped { usage, .. } = signal {
            if let Some(Life::Running(attempt)) =
                self.track.records.get_mut(task).map(|record| &mut record.life)
            {
                attempt.live += *usage;
            }
            self.watch_task_budget(turn, task);
            self.watch_budget(turn);
        }
        if works_again { self.go_on(turn) } else { Activity::Implement(self) }
    }

    /// Something was seen in a session. `None` when it is no author's, else whether a provider that rested
    /// works again.
    fn author_signalled(
        &mut self,
        turn: &mut Turn,
        seen: &SessionId,
        signal: &SessionSignal,
    ) -> Option<bool> {
        let (rebase, words) = (self.rebase_model(), self.wording_model());
        let run = &self.run;
        self.track.records.iter_mut().find_map(|record| match &mut record.life {
            Life::Rebasing(one) => one.author.signalled(turn, run, rebase.as_ref(), seen, signal),
            Life::Shortening(author) => author.signalled(turn, run, words.as_ref(), seen, signal),
            _ => None,
        })
    }

    /// The task and the attempt that an agent in a session works on.
    pub(crate) fn worker_of(&self, session: &SessionId) -> Option<(&TaskId, u32)> {
        let is_its = |stage: &Stage| matches!(stage, Stage::Working(working) if working.session == *session);
        let attempt = self.running().find(|attempt| is_its(&attempt.stage))?;
        Some((&self.track.backlog.tasks.get(attempt.task)?.id, attempt.number))
    }

    /// Gives whether a provider that rested works again.
    fn worker_signalled(&mut self, turn: &mut Turn, task: usize, signal: &SessionSignal) -> bool {
        let (Some(spec), Some(record)) =
            (self.track.backlog.tasks.get(task), self.track.records.get_mut(task))
        else {
            return false;
        };
        let Life::Running(attempt) = &mut record.life else {
            return false;
        };
        let model = self.run.model(role(spec), work_of(spec));
        let Working { watch, drift, ask, given_up, .. } = match &mut attempt.stage {
            Stage::Reviewing(Reviewing { review, .. }) => return review.signalled(turn, &self.run, signal),
            Stage::Working(working) => &mut **working,
            _ => return false,
        };
        match signal {
            SessionSignal::Overheard { .. } => {}
            SessionSignal::Denied { what } => attempt.denied = Some(what.clone()),
            SessionSignal::Called { tool, call, is_error, touched } => {
                let circles = watch.called(tool, call, *is_error).into();
                let strays = drift.called(tool, touched).into();
                self.respond(turn, task, circles);
                self.respond(turn, task, strays);
            }
            SessionSignal::Stepped { finish, usage } => {
                let circles = watch.stepped(finish.as_deref()).into();
                let fills = match finish.as_deref() {
                    Some(SUMMARY) => drift.summed_up(),
                    _ => drift.stepped(usage.tokens()),
                };
                self.respond(turn, task, circles);
                self.respond(turn, task, fills.into());
                if is_good_finish(finish.as_deref()) {
                    return providers::answered(turn, &self.run, model.as_ref());
                }
            }
            SessionSignal::Stored { texts } => {
                if given_up.is_none()
                    && let Err(altered) = read_back(texts, record.context_sha256.as_deref())
                {
                    *given_up = Some(GivenUp::Altered(altered));
                    turn.cancel(*ask);
                }
            }
            SessionSignal::Retrying { next_ms, message, .. } => {
                if given_up.is_none()
                    && let Some(trouble) =
                        providers::retried(turn, &self.run, model.as_ref(), *next_ms, message)
                {
                    *given_up = Some(GivenUp::Trouble(trouble));
                    turn.cancel(*ask);
                }
            }
        }
        false
    }

    /// What the watches say is done.
    fn respond(&mut self, turn: &mut Turn, task: usize, response: Response) {
        let (Some(spec), Some(record)) =
            (self.track.backlog.tasks.get(task), self.track.records.get_mut(task))
        else {
            return;
        };
        let Life::Running(attempt) = &mut record.life else {
            return;
        };
        let Stage::Working(working) = &mut attempt.stage else {
            return;
        };
        let Working { session, directory, ask, given_up, .. } = &mut **working;
        if given_up.is_some() {
            return;
        }
        match response {
            Response::Nothing => {}
            Response::Tell(what) => turn.say(&self.run.chat, format!("{} {what}.", spec.id)),
            Response::Nudge { what, text } => {
                let operation = SessionOperation::Nudge {
                    session: session.clone(),
                    directory: Some(directory.clone()),
                    agent: self.run.prompt(role(spec), Some(&spec.id), attempt.number).agent,
                    model: self.run.model(role(spec), work_of(spec)),
                    text,
                };
                turn.request(Waiter::Nobody, Operation::Session(operation));
                turn.say(&self.run.chat, format!("{} {what}; its agent was told so.", spec.id));
            }
            Response::Stop(why) => {
                *given_up = Some(why);
                turn.cancel(*ask);
            }
        }
    }

    /// The watch over how far a session strays from its task.
    pub(super) fn drift_watch(
        &self,
        turn: &Turn,
        spec: &TaskSpec,
        attempt: u32,
        context: &str,
    ) -> DriftWatch {
        let model = self.run.model(role(spec), work_of(spec)).map(|model| model.to_string());
        let limit_tokens = model.and_then(|model| turn.shared.context_tokens.get(&model).copied());
        DriftWatch::begin(attempt, context, &spec.scope.files_hint)
            .with_limit(limit_tokens.unwrap_or_default().into())
            .describing(role(spec) == Role::Documenter)
    }

    /// An agent begins to work: from now on it is looked at what changes.
    pub(super) fn begin_pulse(&mut self, turn: &mut Turn) {
        if self.care.pulse.is_none() {
            let operation = Operation::Timer(TimerOperation::Sleep { duration_ms: PULSE_MS });
            self.care.pulse = Some(turn.request(Waiter::Implement(Wait::Pulse), operation));
        }
    }

    /// It is time to look at what agents have changed.
    pub(super) fn pulse(&mut self, turn: &mut Turn, outcome: &Outcome) {
        self.care.pulse = None;
        // Either stop has ended whoever would be looked after.
        let is_stopped = matches!(self.stopping, Some(Stop::Person | Stop::Tampered(_)));
        if is_stopped || !matches!(outcome, Outcome::Timer(TimerOutcome::Elapsed)) {
            return;
        }
        let mut is_at_work = false;
        for attempt in self.running() {
            if matches!(&attempt.stage, Stage::Working(working) if working.given_up.is_none()) {
                let waiter = Waiter::Implement(Wait::Glance { task: attempt.task, attempt: attempt.number });
                turn.request(waiter, Operation::Git(GitOperation::Glance { slot: attempt.slot }));
                is_at_work = true;
            }
        }
        if is_at_work {
            self.begin_pulse(turn);
        }
    }

    /// It was looked at what an agent has changed.
    pub(super) fn glanced(&mut self, turn: &mut Turn, task: usize, number: u32, outcome: &Outcome) {
        let now_ms = turn.shared.now_ms;
        let record = self.track.records.get_mut(task);
        let (Some(Life::Running(attempt)), Outcome::Git(GitOutcome::Glanced { digest })) =
            (record.map(|record| &mut record.life), outcome)
        else {
            return;
        };
        if let Stage::Working(working) = &mut attempt.stage
            && attempt.number == number
        {
            let verdict = working.watch.glanced(digest, now_ms);
            self.respond(turn, task, verdict.into());
        }
    }
}
