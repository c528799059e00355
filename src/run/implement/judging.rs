//! The judges of an attempt's work: what it changed, the project's gates, the reviewer.

use crate::run::implement::attempt::{Attempt, Collected, Ending, Stage};

use crate::effect::Outcome;
use crate::effect::git::GitOutcome;
use crate::engine::Turn;
use crate::evidence::Failure;
use crate::options::ReviewMode;
use crate::review::{GateReport, Verdict};
use crate::run::gating::Gating;
use crate::run::implement::ImplementRun;
use crate::run::review::Review;
use crate::run::{Progress, git_failure};

impl ImplementRun {
    pub(super) fn collected(
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

    pub(super) fn gate(
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

    pub(super) fn gated(
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
        let of = (&self.track.backlog.track_id, attempt.number);
        let review = Review::begin(turn, &self.run, spec, of, directory, (&work.diff, reports), waiter);
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

    pub(super) fn reviewed(
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
