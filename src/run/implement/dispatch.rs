//! Keeping every worker busy, within the budget, until nothing is left to start.

use crate::run::implement::care::Hold;
use crate::run::implement::{ImplementRun, Stage};

use crate::definitions::Role;
use crate::engine::{Activity, Turn};
use crate::ids::ModelRef;
use crate::metrics::estimate;
use crate::options::ReviewMode;
use crate::resilience::provider::Admission;
use crate::route::{Work, work_of};
use crate::run::implement::attempt::role;
use crate::schedule::overlap;
use crate::text::{count, number, usd};
use crate::track::Life;

impl ImplementRun {
    pub(super) fn work(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        self.stage = Stage::Working;
        self.decide(turn);
        let open: Vec<usize> = self
            .wanted
            .iter()
            .copied()
            .filter(|index| self.track.records[*index].life == Life::Waiting)
            .collect();
        if self.schedule.ready() > 0 {
            let works = self.planned_works(&open);
            let past = &turn.shared.ledger;
            let figure = estimate(&works, &turn.shared.prices, past);
            let text = format!(
                "Implementing {} of `{}` with up to {}. Estimate: about {} tokens, {}.",
                count(open.len(), "task", "tasks"),
                self.track.backlog.track_id,
                count(usize::from(self.run.options.max_workers), "worker", "workers"),
                number(figure.tokens),
                usd(figure.cost_usd)
            );
            turn.say(&self.run.chat, text);
            self.estimate = Some(figure);
        }
        if self.schedule.ready() > 0 {
            self.meet_providers(turn);
        }
        self.look_at_checkout(turn);
        self.record_unheard(turn);
        self.touch_file();
        self.go_on(turn)
    }

    pub(super) fn planned_works(&self, open: &[usize]) -> Vec<(Work, Option<ModelRef>)> {
        let mut works = Vec::new();
        for task in open.iter().filter_map(|index| self.track.backlog.tasks.get(*index)) {
            let work = work_of(task);
            works.push((work, self.run.model(role(task), work)));
            if self.run.options.review != ReviewMode::Off {
                works.push((Work::Review, self.run.model(Role::Reviewer, Work::Review)));
            }
        }
        works
    }

    /// Whatever can go on after an event does: merges, new attempts, files, the end.
    pub(crate) fn go_on(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        match &self.stage {
            Stage::Working => {
                self.merge_next(turn);
                self.watch_budget(turn);
                self.dispatch(turn);
                self.flush(turn);
                if !self.is_over() {
                    return Activity::Implement(self);
                }
                self.cancel_timers(turn);
                self.finish(turn)
            }
            Stage::Closing { .. } => self.close(turn),
            _ => Activity::Implement(self),
        }
    }

    /// Starts what can start. What cannot is looked at again in time.
    pub(super) fn dispatch(&mut self, turn: &mut Turn) {
        while self.stopping.is_none() && self.schedule.ready() > 0 {
            let Some(slot) = self.free.first().copied() else {
                return;
            };
            match self.next_start(turn) {
                Ok((task, is_probe)) if self.has_room(turn) => {
                    self.count_start(turn, task);
                    if self.is_rebase_due(task) {
                        self.begin_rebase(turn, task, is_probe);
                        continue;
                    }
                    if self.needs_words(task) {
                        self.begin_words(turn, task, is_probe);
                        continue;
                    }
                    self.free.remove(&slot);
                    self.start(turn, task, slot, is_probe);
                }
                Ok((task, _)) => return self.schedule.give_back(task),
                Err(hold) => return self.hold_back(turn, hold),
            }
        }
    }

    /// The best ready task whose provider may be asked, and whether it is a probe; or why there is none.
    fn next_start(&mut self, turn: &mut Turn) -> Result<(usize, bool), Hold> {
        let (mut hold, mut passed_over) = (Hold::default(), Vec::new());
        let running: Vec<usize> = self.running().map(|attempt| attempt.task).collect();
        let providers = self.providers();
        let mut found = None;
        // Once every provider has said no there is nobody left to ask.
        while !hold.is_refused_by(&providers)
            && let Some(task) = self.next_task(&running)
        {
            if self.is_spent(turn, task) {
                continue;
            }
            match self.admission(turn, task) {
                (Admission::Go { is_probe }, _) => {
                    found = Some((task, is_probe));
                    break;
                }
                (admission, provider) => hold.add(admission, &provider),
            }
            passed_over.push(task);
        }
        for task in passed_over {
            self.schedule.give_back(task);
        }
        found.ok_or(hold)
    }

    /// The ready task with the longest way to go; one that touches the same files as a running one
    /// has to wait a little, up to its own hours.
    pub(super) fn next_task(&mut self, running: &[usize]) -> Option<usize> {
        let tasks = &self.track.backlog.tasks;
        self.schedule.next(|index| {
            let task = &tasks[index];
            let files = &task.scope.files_hint;
            let shared = running.iter().map(|other| overlap(files, &tasks[*other].scope.files_hint));
            shared.fold(0.0, f64::max) * task.scope.estimated_hours
        })
    }

    pub(super) fn is_over(&self) -> bool {
        let is_quiet = !self.track.records.iter().any(|record| record.life.is_alive());
        is_quiet && (self.stopping.is_some() || self.schedule.ready() == 0)
    }
}
