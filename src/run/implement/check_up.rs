//! The project's health before any work: its own checks, run on the commit to start from.

use crate::effect::Outcome;
use crate::engine::{Activity, Turn};
use crate::gates::{Gate, GateName};
use crate::ids::Slot;
use crate::options::{GateOption, Options, ReviewMode};
use crate::review::GateReport;
use crate::run::desk::request::Decision;
use crate::run::gating::Check;
use crate::run::health::{Health, green_text, red_text};
use crate::run::implement::opening::Opening;
use crate::run::implement::{ImplementRun, Wait, Wish};
use crate::run::{Progress, Waiter};
use crate::text::{count, list};
use crate::track::Life;

/// Why nothing starts where the test command passes over the project's tests.
const UNTESTED: &str = "the test command runs none of the project's tests, so it would take any work for good. Set \
                        options.gates.test to the command that runs them, and commit what it needs; or \
                        `/implement --allow-red`, which goes on though none of them judges the work.";

impl ImplementRun {
    pub(super) fn check_health(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        let dirty = self.run.repository.dirty_files;
        if dirty > 0 {
            let what = count(dirty as usize, "file has", "files have");
            let text = format!(
                "**Note:** {what} changes that are not committed. They stay as they are, and workers do not see them."
            );
            turn.say(&self.run.chat, text);
        }
        let waits = self.track.records.iter().any(|record| record.life == Life::Waiting);
        let approves = self.wish == Wish::Decide(Decision::Approve);
        if (!waits || self.schedule.ready() == 0) && !approves {
            return self.work(turn);
        }
        if self.gates.is_empty() {
            let judge =
                if self.run.options.review == ReviewMode::Off { "nothing" } else { "only the reviewer" };
            let text = format!(
                "**Note:** no test, lint or type-check command was found in this project, so {judge} judges the work. \
                 Set options.gates.test to a command."
            );
            turn.say(&self.run.chat, text);
            return self.work(turn);
        }
        if let Some(health) = &turn.shared.health
            && (health.is_good_for(&self.tip, &self.gates)
                || self.is_of_review() && health.gates == self.gates)
        {
            self.health = health.clone();
            return self.work(turn);
        }
        let waiter = Waiter::Implement(Wait::Step);
        let check = Check::begin(turn, &self.run, Slot(1), self.tip.clone(), &self.gates, waiter);
        self.opens(Opening::Health(check))
    }

    pub(super) fn health_resolved(
        mut self: Box<Self>,
        turn: &mut Turn,
        check: Check,
        outcome: &Outcome,
    ) -> Activity {
        let waiter = Waiter::Implement(Wait::Step);
        match check.resolved(turn, &self.run.options, outcome, waiter) {
            Progress::More(check) => self.opens(Opening::Health(check)),
            Progress::Aborted => self.leave(turn, "stopped before any task began"),
            Progress::Failed(reason) => self.leave(turn, format!("the health check could not run: {reason}")),
            Progress::Done(reports) => {
                self.health = Health::of(self.tip.clone(), &reports);
                if !self.health.red.is_empty() || self.health.runs_no_test && self.tests.is_some() {
                    turn.say(&self.run.chat, red_text(&reports, self.tests.as_ref()));
                    if !self.allow_red && !self.is_of_review() {
                        let has_failed = reports.iter().any(GateReport::has_failed);
                        let why = if has_failed { red(&self.health) } else { UNTESTED.to_owned() };
                        return self.leave(turn, why);
                    }
                } else if let Some(text) = green_text(&reports) {
                    turn.say(&self.run.chat, text);
                }
                if let Some(report) = reports.iter().find(|report| report.ran_no_test && self.tests.is_none())
                {
                    let text = format!(
                        "**Note:** the test command ran no test: `{}`. It cannot tell good work from bad; add a test or \
                         set options.gates.test.",
                        report.gate.command
                    );
                    turn.say(&self.run.chat, text);
                }
                turn.shared.health = Some(self.health.clone());
                self.work(turn)
            }
        }
    }
}

/// Why nothing starts on a commit whose checks fail.
fn red(health: &Health) -> String {
    let options: Vec<String> = health.red.iter().map(|gate| format!("options.gates.{gate}")).collect();
    format!(
        "the project's own checks fail before any task starts, so they could not judge one. Fix and commit; or set {} \
         to a command that works here, or to false; or `/implement --allow-red`, which ignores the failing commands \
         when work is judged.",
        list(&options)
    )
}

/// The gates to run: what the person said, else what was found.
pub(crate) fn chosen_gates(options: &Options, detected: Vec<Gate>) -> Vec<Gate> {
    let choose = |name: GateName, option: &GateOption| match option {
        GateOption::Detect => detected.iter().find(|gate| gate.name == name).cloned(),
        GateOption::Off => None,
        GateOption::Command(command) => Some(Gate { name, command: command.clone() }),
    };
    [
        choose(GateName::Test, &options.gates.test),
        choose(GateName::Lint, &options.gates.lint),
        choose(GateName::Typecheck, &options.gates.typecheck),
    ]
    .into_iter()
    .flatten()
    .collect()
}
