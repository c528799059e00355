//! What is not done at the end of a run, why, and what to do about it.

use crate::evidence::FailureClass;
use crate::run::desk::request::Decision;
use crate::run::ground::TRUST_CONFIG;
use crate::run::implement::fates::why;
use crate::run::implement::{ImplementRun, Stop, Wish};
use crate::text::{bullets, list};
use crate::track::Life;

impl ImplementRun {
    /// The tasks that were asked for and have not come as far as they can.
    pub(super) fn open(&self) -> Vec<usize> {
        let (blockers, doors) = (self.track.blockers(), self.track.behind_doors());
        // What waits for the person's own word has come as far as it can; not so what they just approved.
        let is_held = |index: usize| {
            let is_at_door = matches!(self.track.records[index].life, Life::Held { .. });
            let is_behind = doors[index].is_some() && blockers[index].is_none();
            (is_at_door || is_behind) && self.wish != Wish::Decide(Decision::Approve)
        };
        let is_open = |index: &usize| !self.track.records[*index].life.is_done() && !is_held(*index);
        self.wanted.iter().copied().filter(is_open).collect()
    }

    /// What was asked for and is not done, with reasons.
    pub(super) fn not_done(&self, open: &[usize]) -> String {
        let blockers = self.track.blockers();
        let reasons = open.iter().map(|index| {
            let aside = self.care.set_aside.get(index).map(|why| format!("set aside: {why}"));
            let why = aside.unwrap_or_else(|| why(&self.track, *index, blockers[*index].as_ref()));
            format!("{}: {why}", self.track.backlog.tasks[*index].id)
        });
        let tasks = if self.wanted.len() == 1 { "task" } else { "tasks" };
        let are = if open.len() == 1 { "is" } else { "are" };
        let what = format!("{} of {} {tasks} {are} not done", open.len(), self.wanted.len());
        format!("{what}:\n{}", bullets(reasons))
    }

    /// What stopped a run whose command is another one, which says what to do.
    fn errand_advice(&self) -> String {
        match &self.stopping {
            Some(Stop::Person) => "Stopped.".to_owned(),
            Some(Stop::Tampered(what)) => format!(
                "Stopped: {what}. `git config --list --show-origin` shows settings and where they are. Undo what was \
                 not you; or take them as they are with {TRUST_CONFIG}."
            ),
            Some(Stop::Budget(reason) | Stop::Refused(reason) | Stop::Trouble(reason)) => {
                format!("Stopped: {reason}.")
            }
            Some(Stop::Parked(text)) => text.clone(),
            None => format!("What failed and why is in {}.", self.run.document("")),
        }
    }

    /// What to do about tasks that are not done.
    pub(super) fn advice(&self, open: &[usize]) -> String {
        if self.is_errand() {
            return self.errand_advice();
        }
        if self.wish == Wish::Decide(Decision::Approve)
            && matches!(self.stopping, None | Some(Stop::Person))
            && let Some(task) = open.first().and_then(|index| self.track.backlog.tasks.get(*index))
        {
            // `/implement` leaves to the person what waits for them.
            return format!("`/review {}` shows what there is to decide.", task.id);
        }
        match &self.stopping {
            Some(stop) => stop_advice(stop),
            None => self.next_steps(open),
        }
    }

    fn next_steps(&self, open: &[usize]) -> String {
        let failed = |is_meant: fn(FailureClass) -> bool| -> Vec<String> {
            let is_one = |index: &&usize| match &self.track.records[**index].life {
                Life::Failed { class } => is_meant(*class),
                _ => false,
            };
            let id = |index: &usize| self.track.backlog.tasks[*index].id.to_string();
            open.iter().filter(is_one).map(id).collect()
        };
        let spent = failed(|class| class == FailureClass::Budget);
        let at_fault = failed(|class| class != FailureClass::Budget);
        let mut advice = Vec::new();
        if !at_fault.is_empty() {
            let ids = at_fault.join(" ");
            advice.push(format!(
                "Improve {} in the backlog, then `/implement`; or `/implement {ids}` for another set of attempts.",
                list(&at_fault)
            ));
        }
        if !spent.is_empty() {
            let ids = spent.join(" ");
            advice.push(format!("Raise options.budget, then `/implement {ids}`."));
        }
        if !self.care.set_aside.is_empty() {
            advice.push("`/implement` tries again what was set aside.".to_owned());
        }
        if advice.is_empty() {
            advice.push("`/implement` without ids takes every task that can start.".to_owned());
        }
        advice.join(" ")
    }
}

/// What to do about what stopped a run.
fn stop_advice(stop: &Stop) -> String {
    match stop {
        Stop::Person => "Stopped. `/implement` goes on from here.".to_owned(),
        Stop::Budget(reason) => format!(
            "Stopped: {reason}. `/implement` goes on with a new budget for its run; `budget` in the options sets how large."
        ),
        Stop::Tampered(what) => format!(
            "Stopped: {what}. `git config --list --show-origin` shows settings and where they are. Undo what \
             was not you, then `/implement` goes on; `/implement {TRUST_CONFIG}` takes them as they are."
        ),
        Stop::Refused(reason) => format!("Stopped: {reason}. Then `/implement` goes on."),
        Stop::Parked(text) => text.clone(),
        Stop::Trouble(reason) => {
            format!("Stopped: {reason}. When the trouble is over, `/implement` goes on.")
        }
    }
}
