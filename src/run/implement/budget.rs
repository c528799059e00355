//! Budgets, while agents work: what each turn of a model costs counts at once, so that no more is spent
//! than the calls under way.

use crate::effect::session::Usage;
use crate::engine::Turn;
use crate::evidence::FailureClass;
use crate::metrics::Ledger;
use crate::run::implement::attempt::{Attempt, GivenUp, Reviewing, Stage};
use crate::run::implement::{ImplementRun, Stop};
use crate::text::{number, usd};
use crate::track::Life;

/// What was spent of a budget: the larger part of the two, and in words.
struct Share {
    part: f64,
    what: String,
}

fn share(spent: Usage, cap_usd: Option<f64>, cap_tokens: Option<u64>) -> Option<Share> {
    let tokens = spent.tokens();
    let usd = cap_usd.map(|cap| Share {
        part: spent.cost_usd / cap,
        what: format!("{} of {}", usd(spent.cost_usd), usd(cap)),
    });
    let tokens = cap_tokens.map(|cap| Share {
        part: tokens as f64 / cap as f64,
        what: format!("{} of {} tokens", number(tokens), number(cap)),
    });
    match (usd, tokens) {
        (Some(usd), Some(tokens)) if tokens.part > usd.part => Some(tokens),
        (usd, tokens) => usd.or(tokens),
    }
}

impl ImplementRun {
    /// What this run has cost.
    pub(crate) fn own_ledger(&self, turn: &Turn) -> Ledger {
        Ledger { entries: turn.shared.ledger.entries.iter().skip(self.ledger_from).cloned().collect() }
    }

    /// What this run has cost, the agents at work included.
    fn spent(&self, turn: &Turn) -> Usage {
        let ended = turn.shared.ledger.entries.iter().skip(self.ledger_from).map(|entry| entry.usage);
        ended.chain(self.running().map(|attempt| attempt.live)).fold(Usage::default(), |sum, x| sum + x)
    }

    /// Warns of the run's budget, and stops everything that costs when it is used up.
    pub(super) fn watch_budget(&mut self, turn: &mut Turn) {
        let budget = &self.run.options.budget;
        let (cap_usd, cap_tokens, alert_at) = (budget.run_usd, budget.run_tokens, budget.alert_at);
        if cap_usd.is_none() && cap_tokens.is_none() || self.care.is_spent {
            return;
        }
        let Some(Share { part, what }) = share(self.spent(turn), cap_usd, cap_tokens) else {
            return;
        };
        if part >= alert_at && self.care.alerted.insert(None) {
            turn.say(&self.run.chat, format!("**Note:** {what} of the run's budget is used."));
        }
        if part >= 1.0 {
            self.care.is_spent = true;
            // Whatever else stopped the run first is what the person has to know.
            if self.stopping.is_none() {
                self.stop(turn, Stop::Budget(format!("the budget is used up ({what})")));
            }
            for record in &mut self.track.records {
                if let Life::Running(attempt) = &mut record.life {
                    call_off(turn, attempt, GivenUp::RunBudget);
                }
            }
        }
    }

    /// Warns of a task's budget, and stops its agent when it is used up.
    pub(super) fn watch_task_budget(&mut self, turn: &mut Turn, task: usize) {
        let Some(Share { part, what }) = self.task_share(turn, task) else {
            return;
        };
        let Some(spec) = self.track.backlog.tasks.get(task) else {
            return;
        };
        if part >= self.run.options.budget.alert_at && self.care.alerted.insert(Some(task)) {
            turn.say(&self.run.chat, format!("**Note:** {what} of the budget of {} is used.", spec.id));
        }
        if part >= 1.0
            && let Some(Life::Running(attempt)) =
                self.track.records.get_mut(task).map(|record| &mut record.life)
        {
            call_off(turn, attempt, GivenUp::TaskBudget);
        }
    }

    fn task_share(&self, turn: &Turn, task: usize) -> Option<Share> {
        let budget = &self.run.options.budget;
        if budget.task_usd.is_none() && budget.task_tokens.is_none() {
            return None;
        }
        let (spec, record) = (self.track.backlog.tasks.get(task)?, self.track.records.get(task)?);
        let live = match &record.life {
            Life::Running(attempt) => attempt.live,
            _ => Usage::default(),
        };
        let spent = turn.shared.ledger.of_task(&self.track.backlog.track_id, &spec.id) + live;
        share(spent, budget.task_usd, budget.task_tokens)
    }

    /// How much of its budget the run has spent, in words, when that is all of it.
    pub(super) fn spent_budget(&self, turn: &Turn) -> Option<String> {
        let budget = &self.run.options.budget;
        let share = share(self.spent(turn), budget.run_usd, budget.run_tokens);
        share.filter(|share| share.part >= 1.0).map(|share| share.what)
    }

    /// How much of its budget a task has spent, in words, when that is all of it.
    pub(super) fn spent_cap(&self, turn: &Turn, task: usize) -> Option<String> {
        self.task_share(turn, task).filter(|share| share.part >= 1.0).map(|share| share.what)
    }

    /// A task whose budget is used up cannot ask anybody. Gives whether that is so.
    pub(super) fn is_spent(&mut self, turn: &mut Turn, task: usize) -> bool {
        let Some(cap) = self.spent_cap(turn, task).filter(|_| self.first_model(task).is_some()) else {
            return false;
        };
        let Some(record) = self.track.records.get_mut(task) else { return false };
        let text = format!("its budget is used up ({cap})");
        record.life = Life::Failed { class: FailureClass::Budget };
        record.error = Some(text.clone());
        self.schedule.remove(task);
        if let Some(spec) = self.track.backlog.tasks.get(task) {
            turn.say(&self.run.chat, format!("**{}** is not started: {text}.", spec.id));
        }
        self.record_task(turn, task);
        true
    }
}

/// Stops what an attempt asks for. Gates and merges cost nothing and go on.
fn call_off(turn: &mut Turn, attempt: &mut Attempt, why: GivenUp) {
    match &mut attempt.stage {
        Stage::Working(working) if working.given_up.is_none() => {
            working.given_up = Some(why);
            turn.cancel(working.ask);
        }
        Stage::Reviewing(Reviewing { review, .. }) => review.call_off(turn),
        _ => {}
    }
}
