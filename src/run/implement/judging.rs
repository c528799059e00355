//! The judges of an attempt's work: what it changed, the project's gates, the reviewer.

use crate::run::implement::attempt::{Attempt, Collected, Ending, Examining, Stage};

use crate::effect::git::{Change, GitOperation, GitOutcome};
use crate::effect::stored::sha256;
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::evidence::Failure;
use crate::gates;
use crate::ids::CommitId;
use crate::options::ReviewMode;
use crate::review::GateReport;
use crate::run::gating::Gating;
use crate::run::implement::ImplementRun;
use crate::run::implement::door::KeptWork;
use crate::run::implement::working::DIFF_BYTES_MAX;
use crate::run::{Progress, git_failure};
use crate::text::bytes;

impl ImplementRun {
    pub(super) fn collected(
        &mut self,
        turn: &mut Turn,
        mut attempt: Attempt,
        directory: String,
        failure: Option<Ending>,
        outcome: &Outcome,
    ) {
        let Outcome::Git(GitOutcome::Collected { commit, changes, diff, diff_bytes, left_out }) = outcome
        else {
            return self.failed(turn, &attempt, Failure::Host { message: git_failure(outcome) });
        };
        if let Some(record) = self.track.records.get_mut(attempt.task) {
            record.changes.clone_from(changes);
            record.reports.clear();
        }
        match (failure, commit) {
            (Some(Ending::Interrupted), _) => self.interrupted(turn, &attempt),
            (Some(Ending::Failed(failure)), commit) => {
                if let Some(commit) = commit.as_ref().filter(|_| self.touched(changes).is_empty()) {
                    self.keep_work(&attempt, commit, diff);
                }
                self.failed(turn, &attempt, failure);
            }
            (None, _) if !left_out.is_empty() => {
                self.failed(turn, &attempt, Failure::Forbidden { paths: left_out.clone() });
            }
            (None, None) => self.failed(turn, &attempt, Failure::Empty),
            (None, Some(_)) if !self.touched(changes).is_empty() => {
                let paths = self.touched(changes);
                self.failed(turn, &attempt, Failure::OffLimits { paths });
            }
            (None, Some(commit)) => {
                attempt.kept = Some(commit.clone());
                self.keep_work(&attempt, commit, diff);
                if self.is_stopping() {
                    return self.interrupted(turn, &attempt);
                }
                if attempt.rework.as_ref().is_some_and(|rework| rework.changes_nothing(diff)) {
                    return self.failed(turn, &attempt, Failure::Empty);
                }
                let diff = self.readable_diff(turn, attempt.task, diff, *diff_bytes);
                let work = Collected { commit: commit.clone(), changes: changes.clone(), diff };
                self.gate(turn, attempt, directory, work);
            }
        }
    }

    /// What work changed that no task may change.
    fn touched(&self, changes: &[Change]) -> Vec<String> {
        self.track.backlog.limits.touched(changes.iter().map(|change| change.path.as_str()))
    }

    /// Work is in a ref; a person may look at it there.
    fn keep_work(&mut self, attempt: &Attempt, commit: &CommitId, diff: &str) {
        if let Some(record) = self.track.records.get_mut(attempt.task) {
            let (number, base, commit) = (attempt.number, attempt.base.clone(), commit.clone());
            let (changes, diff_hash) = (record.changes.clone(), Some(sha256(diff)));
            record.work = Some(KeptWork { number, base, commit, changes, diff_hash });
            record.issues.clear();
        }
    }

    /// The worktree shows the work that was left: what does it change?
    pub(super) fn recall(&mut self, turn: &mut Turn, attempt: Attempt, directory: String, commit: CommitId) {
        let operation = GitOperation::Recall {
            base: attempt.base.clone(),
            commit: commit.clone(),
            diff_bytes_max: DIFF_BYTES_MAX,
        };
        turn.request(attempt.wait(), Operation::Git(operation));
        self.enter(attempt, Stage::Recalling { directory, commit });
    }

    pub(super) fn recalled(
        &mut self,
        turn: &mut Turn,
        attempt: Attempt,
        directory: String,
        commit: CommitId,
        outcome: &Outcome,
    ) {
        let Outcome::Git(GitOutcome::Collected { changes, diff, diff_bytes, .. }) = outcome else {
            return self.failed(turn, &attempt, Failure::Host { message: git_failure(outcome) });
        };
        if let Some(record) = self.track.records.get_mut(attempt.task) {
            record.changes.clone_from(changes);
            record.reports.clear();
        }
        let paths = self.touched(changes);
        if !paths.is_empty() {
            // The person may have said so since.
            return self.failed(turn, &attempt, Failure::OffLimits { paths });
        }
        self.keep_work(&attempt, &commit, diff);
        let diff = self.readable_diff(turn, attempt.task, diff, *diff_bytes);
        let work = Collected { commit, changes: changes.clone(), diff };
        self.gate(turn, attempt, directory, work);
    }

    /// The diff for the reviewer. Where it is cut, the person and the reviewer are told.
    fn readable_diff(&self, turn: &mut Turn, task: usize, diff: &str, diff_bytes: u64) -> String {
        if diff_bytes <= u64::from(DIFF_BYTES_MAX) || self.run.options.review == ReviewMode::Off {
            return diff.to_owned();
        }
        let (shown, all) = (bytes(u64::from(DIFF_BYTES_MAX)), bytes(diff_bytes));
        if let Some(spec) = self.track.backlog.tasks.get(task) {
            let text = format!(
                "**Note:** the diff of {} has {all}; the reviewer sees the first {shown} and is told so.",
                spec.id
            );
            turn.say(&self.run.chat, text);
        }
        format!(
            "{}\n(The diff is cut here: it has {all}, and you were shown the first {shown}.)\n",
            diff.trim_end()
        )
    }

    fn gate(&mut self, turn: &mut Turn, attempt: Attempt, directory: String, work: Collected) {
        let task = attempt.task;
        let options = &self.run.options;
        let progress = Gating::begin(turn, options, directory.clone(), &self.gates, attempt.wait());
        self.gating_goes_on(turn, attempt, directory, work, progress);
        self.record_task(turn, task);
    }

    pub(super) fn gating_goes_on(
        &mut self,
        turn: &mut Turn,
        attempt: Attempt,
        directory: String,
        work: Collected,
        progress: Progress<Gating, Vec<GateReport>>,
    ) {
        match progress {
            Progress::More(gating) => self.enter(attempt, Stage::Gating { directory, work, gating }),
            Progress::Done(reports) => self.gated(turn, attempt, directory, work, reports),
            Progress::Aborted => self.interrupted(turn, &attempt),
            Progress::Failed(message) => self.failed(turn, &attempt, Failure::Host { message }),
        }
    }

    fn gated(
        &mut self,
        turn: &mut Turn,
        attempt: Attempt,
        directory: String,
        work: Collected,
        reports: Vec<GateReport>,
    ) {
        if let Some(record) = self.track.records.get_mut(attempt.task) {
            record.reports.clone_from(&reports);
        }
        let brings_tests = !self.allow_red && work.changes.iter().any(|change| gates::is_test(&change.path));
        if let Some(report) = self.health.condemned(&reports, brings_tests) {
            let failure = gate_failure(report);
            return self.failed(turn, &attempt, failure);
        }
        if self.run.options.review == ReviewMode::Off {
            return self.queue(turn, attempt, work);
        }
        // The commands ran what the agent wrote, and the reviewer's session opens where they ran.
        let operation = GitOperation::Examine { slot: attempt.slot, at: work.commit.clone() };
        turn.request(attempt.wait(), Operation::Git(operation));
        self.enter(attempt, Stage::Examining(Examining { directory, work, reports }));
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
