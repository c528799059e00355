//! Keeping every worker busy, within the budget, until nothing is left to start.

use crate::run::implement::{ImplementRun, Stage, Stop};

use crate::definitions::Role;
use crate::engine::{Activity, Turn};
use crate::ids::ModelRef;
use crate::metrics::{Ledger, estimate};
use crate::options::ReviewMode;
use crate::route::{Work, work_of};
use crate::run::implement::attempt::role;
use crate::schedule::overlap;
use crate::text::{count, number, usd};
use crate::track::Life;

impl ImplementRun {
    pub(super) fn work(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        self.stage = Stage::Working;
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
        self.look_at_checkout(turn);
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
                if self.is_over() { self.finish(turn) } else { Activity::Implement(self) }
            }
            Stage::Closing { .. } => self.close(turn),
            _ => Activity::Implement(self),
        }
    }

    pub(super) fn dispatch(&mut self, turn: &mut Turn) {
        while self.stopping.is_none() {
            let Some(slot) = self.free.first().copied() else {
                return;
            };
            let Some(task) = self.next_task() else { return };
            self.free.remove(&slot);
            self.start(turn, task, slot);
        }
    }

    /// The ready task with the longest way to go; one that touches the same files as a running one
    /// has to wait a little, up to its own hours.
    pub(super) fn next_task(&mut self) -> Option<usize> {
        let tasks = &self.track.backlog.tasks;
        let running: Vec<usize> = (0..tasks.len())
            .filter(|index| matches!(self.track.records[*index].life, Life::Running(_)))
            .collect();
        self.schedule.next(|index| {
            let task = &tasks[index];
            let files = &task.scope.files_hint;
            let shared = running.iter().map(|other| overlap(files, &tasks[*other].scope.files_hint));
            shared.fold(0.0, f64::max) * task.scope.estimated_hours
        })
    }

    pub(super) fn watch_budget(&mut self, turn: &mut Turn) {
        let budget = self.run.options.budget.clone();
        if budget.run_usd.is_none() && budget.run_tokens.is_none() {
            return;
        }
        let spent = self.own_ledger(turn).total();
        let tokens = spent.tokens();
        let shares = [
            budget
                .run_usd
                .map(|cap| (spent.cost_usd / cap, format!("{} of {}", usd(spent.cost_usd), usd(cap)))),
            budget.run_tokens.map(|cap| {
                (tokens as f64 / cap as f64, format!("{} of {} tokens", number(tokens), number(cap)))
            }),
        ];
        for (share, what) in shares.into_iter().flatten() {
            if share >= 1.0 && self.stopping.is_none() {
                self.stop(turn, Stop::Budget(format!("the budget is used up ({what})")));
            } else if share >= budget.alert_at && !self.has_alerted {
                self.has_alerted = true;
                turn.say(&self.run.chat, format!("**Note:** {what} of the run's budget is used."));
            }
        }
    }

    /// What this run has cost.
    pub(crate) fn own_ledger(&self, turn: &Turn) -> Ledger {
        Ledger { entries: turn.shared.ledger.entries.iter().skip(self.ledger_from).cloned().collect() }
    }

    pub(super) fn is_over(&self) -> bool {
        let is_alive = |life: &Life| matches!(life, Life::Running(_) | Life::Resting { .. });
        let is_quiet = !self.track.records.iter().any(|record| is_alive(&record.life));
        is_quiet && (self.stopping.is_some() || self.schedule.ready() == 0)
    }
}
