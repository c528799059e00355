//! What is seen of agents at work: their calls, the ends of their turns, what they change. An agent in
//! circles is told so once and then stopped; a provider in trouble is not waited for in a worktree.

use crate::context::read_back;
use crate::effect::git::{GitOperation, GitOutcome};
use crate::effect::session::SessionOperation;
use crate::effect::timer::{TimerOperation, TimerOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::event::SessionSignal;
use crate::ids::SessionId;
use crate::resilience::loops::{Circle, Verdict};
use crate::resilience::trouble::is_good_finish;
use crate::route::work_of;
use crate::run::asked::endless_stream;
use crate::run::implement::attempt::{GivenUp, Stage, role};
use crate::run::implement::{ImplementRun, Wait};
use crate::run::{Waiter, providers};
use crate::track::Life;

/// How often it is looked at what agents have changed. Stagnation takes five times as long.
const PULSE_MS: u64 = 2 * 60 * 1000;

impl ImplementRun {
    /// Something was seen in a session.
    pub fn signalled(
        mut self: Box<Self>,
        turn: &mut Turn,
        seen: &SessionId,
        signal: &SessionSignal,
    ) -> Activity {
        if let Some(works_again) = self.rebase_signalled(turn, seen, signal) {
            return if works_again { self.go_on(turn) } else { Activity::Implement(self) };
        }
        let is_its = |stage: &Stage| match stage {
            Stage::Working { session, .. } => session == seen,
            Stage::Reviewing { review, .. } => review.session() == Some(seen),
            _ => false,
        };
        let Some(task) = self.running().find(|(_, attempt)| is_its(&attempt.stage)).map(|(task, _)| task)
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
        let (watch, ask, given_up) = match &mut attempt.stage {
            Stage::Reviewing { review, .. } => return review.signalled(turn, &self.run, signal),
            Stage::Working { watch, ask, given_up, .. } => (watch, *ask, given_up),
            _ => return false,
        };
        match signal {
            SessionSignal::Denied { what } => attempt.denied = Some(what.clone()),
            SessionSignal::Called { tool, call, is_error } => {
                let verdict = watch.called(tool, call, *is_error);
                self.judge(turn, task, verdict);
            }
            SessionSignal::Stepped { finish, .. } => {
                let verdict = watch.stepped(finish.as_deref());
                self.judge(turn, task, verdict);
                if is_good_finish(finish.as_deref()) {
                    return providers::answered(turn, &self.run, model.as_ref());
                }
            }
            SessionSignal::Stored { texts } => {
                if given_up.is_none()
                    && let Err(altered) = read_back(texts, record.context_sha256.as_deref())
                {
                    *given_up = Some(GivenUp::Altered(altered));
                    turn.cancel(ask);
                }
            }
            SessionSignal::Retrying { next_ms, message, .. } => {
                if given_up.is_none()
                    && let Some(trouble) =
                        providers::retried(turn, &self.run, model.as_ref(), *next_ms, message)
                {
                    *given_up = Some(GivenUp::Trouble(trouble));
                    turn.cancel(ask);
                }
            }
        }
        false
    }

    /// What the loop watch says is done.
    fn judge(&mut self, turn: &mut Turn, task: usize, verdict: Verdict) {
        let (Some(spec), Some(record)) =
            (self.track.backlog.tasks.get(task), self.track.records.get_mut(task))
        else {
            return;
        };
        let Life::Running(attempt) = &mut record.life else {
            return;
        };
        let Stage::Working { session, directory, ask, given_up, .. } = &mut attempt.stage else {
            return;
        };
        if given_up.is_some() {
            return;
        }
        let why = match verdict {
            Verdict::Fine => return,
            Verdict::Nudge(text) => {
                let operation = SessionOperation::Nudge {
                    session: session.clone(),
                    directory: Some(directory.clone()),
                    agent: self.run.prompt(role(spec), Some(&spec.id), attempt.number).agent,
                    model: self.run.model(role(spec), work_of(spec)),
                    text,
                };
                turn.request(Waiter::Nobody, Operation::Session(operation));
                let text = format!("{} seems to go in circles; its agent was told so.", spec.id);
                return turn.say(&self.run.chat, text);
            }
            Verdict::Abort(Circle::Agent(what)) => GivenUp::Loop { what },
            Verdict::Abort(Circle::Stream) => GivenUp::Trouble(endless_stream()),
        };
        *given_up = Some(why);
        turn.cancel(*ask);
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
        if self.is_stopping() || !matches!(outcome, Outcome::Timer(TimerOutcome::Elapsed)) {
            return;
        }
        let mut is_at_work = false;
        for (task, attempt) in self.running() {
            if let Stage::Working { given_up: None, .. } = attempt.stage {
                let waiter = Waiter::Implement(Wait::Glance { task, attempt: attempt.number });
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
        if let Stage::Working { watch, .. } = &mut attempt.stage
            && attempt.number == number
        {
            let verdict = watch.glanced(digest, now_ms);
            self.judge(turn, task, verdict);
        }
    }
}
