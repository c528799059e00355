//! What keeps an attempt from starting although a worker is free: its provider, the machine's memory, a
//! budget. Each wait has a time at which it is looked at again.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::definitions::Role;
use crate::effect::Operation;
use crate::effect::timer::TimerOperation;
use crate::engine::Turn;
use crate::ids::{EffectId, ModelRef};
use crate::options::ReviewMode;
use crate::resilience::provider::{Admission, Live};
use crate::resilience::trouble::TroubleClass;
use crate::route::{Work, work_of};
use crate::run::Waiter;
use crate::run::implement::attempt::{Attempt, Reviewing, Stage, role};
use crate::run::implement::left::Remains;
use crate::run::implement::room::Room;
use crate::run::implement::{ImplementRun, Stop, Wait};
use crate::run::providers::{self, QUOTA_ADVICE, clock, provider_of};
use crate::track::Life;

/// No timer is longer: what was slept through is noticed soon, and so is a clock that was set.
pub(crate) const SLEEP_MS_MAX: u64 = 5 * 60 * 1000;

/// What `/implement` keeps in mind of all that.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Care {
    /// The timer that looks again, and when it rings.
    wake: Option<(EffectId, u64)>,
    /// The timer that looks at what agents change.
    pub(super) pulse: Option<EffectId>,
    pub(super) room: Room,
    /// The run's budget is used up: nobody is asked any more.
    pub(super) is_spent: bool,
    /// Whose budget the person was warned of: a task's, or the run's.
    pub(super) alerted: BTreeSet<Option<usize>>,
    /// Tasks that nothing more is tried for in this run, and why.
    pub(crate) set_aside: BTreeMap<usize, String>,
}

/// Why nothing starts just now.
#[derive(Default)]
pub(super) struct Hold {
    until_ms: Option<u64>,
    is_full: bool,
    parked: BTreeSet<String>,
    refused: BTreeSet<String>,
}

impl Hold {
    /// Whether all of some providers have said no.
    pub(super) fn is_refused_by(&self, providers: &BTreeSet<String>) -> bool {
        self.refused.is_superset(providers)
    }

    pub(super) fn add(&mut self, admission: Admission, provider: &str) {
        self.refused.insert(provider.to_owned());
        match admission {
            Admission::Go { .. } => {}
            Admission::Full => self.is_full = true,
            Admission::Wait { until_ms, .. } => {
                self.until_ms = Some(self.until_ms.map_or(until_ms, |known| known.min(until_ms)));
            }
            Admission::Parked { .. } => {
                self.parked.insert(provider.to_owned());
            }
        }
    }
}

impl ImplementRun {
    /// Every provider that an attempt may ask first.
    pub(super) fn providers(&self) -> BTreeSet<String> {
        let workers = [
            (Role::Implementer, Work::CodeImplementation),
            (Role::Implementer, Work::SimpleChange),
            (Role::Documenter, Work::Documentation),
        ];
        let reviewer = (self.run.options.review != ReviewMode::Off).then_some((Role::Reviewer, Work::Review));
        let is_due = (0..self.track.records.len()).any(|task| self.is_rebase_due(task));
        let rebase = is_due.then_some((Role::Rebase, Work::Rebase));
        let words = (!self.wordless.is_empty()).then_some((Role::Compressor, Work::Documentation));
        let asked = workers.into_iter().chain(reviewer).chain(rebase).chain(words);
        let models = asked.map(|(role, work)| self.run.model(role, work));
        models.map(|model| provider_of(model.as_ref()).to_owned()).collect()
    }

    /// Begins to mind the providers: one that was left alone is tried again.
    pub(super) fn meet_providers(&self, turn: &mut Turn) {
        for name in self.providers() {
            providers::meet(turn, &self.run, &name);
        }
    }

    /// The model that is asked first when a task goes on: the reviewer's when its work is done already, the
    /// one for better specs when it is to have one. `None` when none is asked.
    pub(super) fn first_model(&self, task: usize) -> Option<Option<ModelRef>> {
        if self.is_rebase_due(task) {
            return Some(self.rebase_model());
        }
        if self.needs_words(task) {
            return Some(self.wording_model());
        }
        let spec = self.track.backlog.tasks.get(task)?;
        if !self.is_kept(task) {
            return Some(self.run.model(role(spec), work_of(spec)));
        }
        (self.run.options.review != ReviewMode::Off).then(|| self.run.model(Role::Reviewer, Work::Review))
    }

    /// Whether the work of a task is done and only waits to be judged.
    pub(super) fn is_kept(&self, task: usize) -> bool {
        let left = self.track.records.get(task).and_then(|record| record.left.as_ref());
        left.is_some_and(|left| matches!(left.remains, Remains::Kept { .. }))
    }

    /// Whether a task may go on now, and the provider that says so.
    pub(super) fn admission(&self, turn: &mut Turn, task: usize) -> (Admission, String) {
        let Some(model) = self.first_model(task) else {
            return (Admission::Go { is_probe: false }, String::new());
        };
        let name = provider_of(model.as_ref()).to_owned();
        let (now_ms, asks_max) = (turn.shared.now_ms, self.run.options.max_workers);
        if self.run.options.review != ReviewMode::Off {
            // Work that nobody can review is not begun.
            let reviewer = self.run.model(Role::Reviewer, Work::Review);
            let provider = turn.shared.provider(reviewer.as_ref(), asks_max);
            let parked = provider.admit(now_ms, Live::default(), true);
            if matches!(parked, Admission::Parked { .. }) {
                return (parked, provider_of(reviewer.as_ref()).to_owned());
            }
        }
        let live = self.live_at(&name);
        (turn.shared.provider(model.as_ref(), asks_max).admit(now_ms, live, false), name)
    }

    /// An attempt at a task starts: its provider is asked soon.
    pub(super) fn count_start(&self, turn: &mut Turn, task: usize) {
        let (now_ms, asks_max) = (turn.shared.now_ms, self.run.options.max_workers);
        if let Some(model) = self.first_model(task) {
            turn.shared.provider(model.as_ref(), asks_max).started(now_ms);
        }
    }

    /// Who asks a provider now, or is about to.
    pub(super) fn live_at(&self, name: &str) -> Live {
        let mut live = Live::default();
        for (spec, record) in self.track.backlog.tasks.iter().zip(&self.track.records) {
            let (model, is_probe) = match &record.life {
                Life::Running(attempt) => match &attempt.stage {
                    Stage::Preparing(_)
                    | Stage::Measuring(_)
                    | Stage::Recording { .. }
                    | Stage::Opening { .. }
                    | Stage::Working(_) => (self.run.model(role(spec), work_of(spec)), attempt.is_probe),
                    Stage::Reviewing(Reviewing { review, .. }) if review.is_asking() => {
                        (self.run.model(Role::Reviewer, Work::Review), review.is_probe())
                    }
                    _ => continue,
                },
                Life::Rebasing(rebasing) => (self.rebase_model(), rebasing.author.is_probe),
                Life::Shortening(author) => (self.wording_model(), author.is_probe),
                _ => continue,
            };
            if provider_of(model.as_ref()) == name {
                live.asks += 1;
                live.is_probed |= is_probe;
            }
        }
        live
    }

    /// Attempts that are alive.
    pub(super) fn running(&self) -> impl Iterator<Item = &Attempt> {
        self.track.records.iter().filter_map(|record| match &record.life {
            Life::Running(attempt) => Some(&**attempt),
            _ => None,
        })
    }

    /// Nothing can start now: it is looked at again in time, or the run ends if no time is near.
    pub(super) fn hold_back(&mut self, turn: &mut Turn, hold: Hold) {
        if let Some(until_ms) = hold.until_ms {
            self.wake_at(turn, until_ms);
        } else if !hold.is_full
            && !hold.parked.is_empty()
            && !self.track.records.iter().any(|record| record.life.is_alive())
        {
            let text = self.parked_text(turn, &hold.parked);
            self.stop(turn, Stop::Parked(text));
        }
    }

    fn parked_text(&self, turn: &Turn, names: &BTreeSet<String>) -> String {
        let now_ms = turn.shared.now_ms;
        let mut until_ms: Option<u64> = None;
        let mut reasons = Vec::new();
        let mut is_quota = false;
        for (name, provider) in turn.shared.providers.iter().filter(|(name, _)| names.contains(*name)) {
            if let Admission::Parked { until_ms: Some(at_ms) } = provider.admit(now_ms, Live::default(), true)
            {
                until_ms = Some(until_ms.map_or(at_ms, |known| known.min(at_ms)));
            }
            if let Some((class, message)) = &provider.latest {
                is_quota |= *class == TroubleClass::Quota;
                reasons.push(format!("{name} ({}): {}", class.words(), message.trim_end_matches('.')));
            }
        }
        let reasons = reasons.join("; ");
        match until_ms.filter(|at_ms| *at_ms > now_ms) {
            Some(at_ms) => {
                format!("Parked until {}: {reasons}. `/implement` goes on then.", clock(at_ms, now_ms))
            }
            None if is_quota => format!("Parked: {reasons}. {QUOTA_ADVICE} Then `/implement` goes on."),
            None => format!("Parked: {reasons}. `/implement` tries again."),
        }
    }

    /// Looks again at a time, unless that is done earlier anyway.
    pub(super) fn wake_at(&mut self, turn: &mut Turn, until_ms: u64) {
        let now_ms = turn.shared.now_ms;
        let duration_ms = until_ms.saturating_sub(now_ms).clamp(1, SLEEP_MS_MAX);
        let at_ms = now_ms + duration_ms;
        match self.care.wake {
            Some((_, known_ms)) if known_ms <= at_ms => return,
            Some((timer, _)) => turn.cancel(timer),
            None => {}
        }
        let operation = Operation::Timer(TimerOperation::Sleep { duration_ms });
        let timer = turn.request(Waiter::Implement(Wait::Wake { at_ms }), operation);
        self.care.wake = Some((timer, at_ms));
    }

    /// A timer rang, or was cancelled; what can start is looked at after every event.
    pub(super) fn woken(&mut self, at_ms: u64) {
        self.care.wake.take_if(|(_, known_ms)| *known_ms == at_ms);
    }

    /// Nothing will start any more: no timer has to ring.
    pub(super) fn cancel_timers(&mut self, turn: &mut Turn) {
        for timer in self.care.wake.take().map(|(timer, _)| timer).into_iter().chain(self.care.pulse.take()) {
            turn.cancel(timer);
        }
    }
}
