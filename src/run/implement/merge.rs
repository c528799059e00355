//! Integration: one merge at a time, made without a checkout, checked when it combined parallel work,
//! and only then the branch moves, by compare-and-swap.

use crate::effect::git::{GitOperation, GitOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::evidence::Failure;
use crate::ids::CommitId;
use crate::review::GateReport;
use crate::run::gating::Check;
use crate::run::implement::ImplementRun;
use crate::run::implement::attempt::{Attempt, Collected, Stage};
use crate::run::implement::judging::gate_failure;
use crate::run::patterns::Measured;
use crate::run::{Progress, git_failure};
use crate::text::{bytes, count, duration};
use crate::track::Life;

/// Somebody else may move the integration branch; after so many losses against them the attempt fails.
const TRIES_MAX: u32 = 5;

impl ImplementRun {
    /// Work that passed its judges waits for its turn.
    pub(crate) fn queue(&mut self, turn: &mut Turn, attempt: Attempt, work: Collected) {
        let task = attempt.task;
        self.enter(attempt, Stage::Queued { work });
        self.queue.push_back(task);
        self.record_task(turn, task);
    }

    /// Merges what waits, if nothing is being merged.
    pub(crate) fn merge_next(&mut self, turn: &mut Turn) {
        if self.merging.is_some() {
            return;
        }
        let Some(task) = self.queue.pop_front() else {
            return;
        };
        let is_queued = |attempt: &Attempt| matches!(attempt.stage, Stage::Queued { .. });
        if let Some(mut attempt) = self.take_attempt(task, is_queued)
            && let Stage::Queued { work } = std::mem::replace(&mut attempt.stage, Stage::Over)
        {
            self.merging = Some(task);
            self.merge(turn, attempt, work, 1);
        }
    }

    fn merge(&mut self, turn: &mut Turn, attempt: Attempt, work: Collected, tries: u32) {
        if let Some(spec) = self.track.backlog.tasks.get(attempt.task) {
            let operation = GitOperation::Merge {
                onto: self.tip.clone(),
                commit: work.commit.clone(),
                message: format!("Merge {}: {}", spec.id, spec.title),
                task: spec.id.clone(),
                track: self.track.backlog.track_id.clone(),
                guard: self.run.repository.guard.clone(),
            };
            turn.request(attempt.wait(), Operation::Git(operation));
        }
        self.enter(attempt, Stage::Merging { work, tries });
    }

    /// A step of a merge ended.
    pub(crate) fn merge_goes_on(
        &mut self,
        turn: &mut Turn,
        attempt: Attempt,
        stage: Stage,
        outcome: &Outcome,
    ) {
        match (stage, outcome) {
            // Nothing was left to merge: the branch has the work, though nobody heard of its move.
            (Stage::Merging { work, .. }, Outcome::Git(GitOutcome::Merged { commit }))
                if *commit == self.tip =>
            {
                self.merged(turn, &attempt, &work, commit.clone());
            }
            (Stage::Merging { work, tries }, Outcome::Git(GitOutcome::Merged { commit })) => {
                // What a person approved may never have passed, or been judged with other work.
                let is_judged = attempt.base == self.tip && attempt.approved.is_none();
                if is_judged || self.gates.is_empty() {
                    return self.move_branch(turn, attempt, work, tries, commit.clone());
                }
                if self.is_stopping() {
                    return self.interrupted(turn, &attempt);
                }
                let merge = commit.clone();
                let check =
                    Check::begin(turn, &self.run, attempt.slot, merge.clone(), &self.gates, attempt.wait());
                self.enter(attempt, Stage::Rechecking { work, tries, merge, check });
            }
            (Stage::Merging { .. }, Outcome::Git(GitOutcome::Conflicted { paths })) => {
                self.failed(turn, &attempt, Failure::Conflict { paths: paths.clone() });
            }
            (Stage::Rechecking { work, tries, merge, check }, outcome) => {
                let progress = check.resolved(turn, &self.run.options, outcome, attempt.wait());
                self.rechecked(turn, attempt, work, tries, merge, progress);
            }
            (Stage::Moving { work, merge, .. }, Outcome::Git(GitOutcome::Moved)) => {
                self.merged(turn, &attempt, &work, merge);
            }
            // Git was killed after it had moved the branch.
            (Stage::Moving { work, merge, .. }, Outcome::Git(GitOutcome::Stale { actual: Some(actual) }))
                if *actual == merge =>
            {
                self.merged(turn, &attempt, &work, merge);
            }
            // Perhaps it moved, perhaps not: a second try tells.
            (Stage::Moving { work, tries, merge }, Outcome::Git(GitOutcome::Failed { .. }))
                if tries < TRIES_MAX && !self.is_stopping() =>
            {
                self.move_branch(turn, attempt, work, tries + 1, merge);
            }
            (Stage::Moving { work, tries, .. }, Outcome::Git(GitOutcome::Stale { actual: Some(actual) }))
                if tries < TRIES_MAX =>
            {
                self.tip = actual.clone();
                self.measured = Measured::default();
                self.merge(turn, attempt, work, tries + 1);
            }
            (_, other) => self.failed(turn, &attempt, Failure::Host { message: git_failure(other) }),
        }
    }

    /// The gates ran on the merge commit, or go on.
    fn rechecked(
        &mut self,
        turn: &mut Turn,
        attempt: Attempt,
        work: Collected,
        tries: u32,
        merge: CommitId,
        progress: Progress<Check, Vec<GateReport>>,
    ) {
        match progress {
            Progress::More(check) => self.enter(attempt, Stage::Rechecking { work, tries, merge, check }),
            Progress::Done(reports) => {
                let failure = self.health.condemned(&reports, false).map(gate_failure);
                if let Some(record) = self.track.records.get_mut(attempt.task) {
                    record.reports = reports;
                }
                match failure {
                    Some(failure) => self.failed(turn, &attempt, failure),
                    None => self.move_branch(turn, attempt, work, tries, merge),
                }
            }
            Progress::Aborted => self.interrupted(turn, &attempt),
            Progress::Failed(message) => self.failed(turn, &attempt, Failure::Host { message }),
        }
    }

    fn move_branch(
        &mut self,
        turn: &mut Turn,
        attempt: Attempt,
        work: Collected,
        tries: u32,
        merge: CommitId,
    ) {
        let operation =
            GitOperation::Move { reference: self.branch(), to: merge.clone(), from: Some(self.tip.clone()) };
        turn.request(attempt.wait(), Operation::Git(operation));
        self.enter(attempt, Stage::Moving { work, tries, merge });
    }

    fn merged(&mut self, turn: &mut Turn, attempt: &Attempt, work: &Collected, merge: CommitId) {
        self.tip = merge.clone();
        work.changes.iter().for_each(|change| self.measured.forget(&change.path));
        self.track.tip = Some(merge.clone());
        self.health.commit = Some(merge.clone());
        turn.shared.health = Some(self.health.clone());
        self.schedule.complete(attempt.task);
        self.judge_memory(turn, attempt.task, true);
        let took_ms = turn.shared.now_ms.saturating_sub(attempt.started_ms);
        let Some(record) = self.track.records.get_mut(attempt.task) else {
            return;
        };
        record.life = Life::Merged { commit: merge };
        // The one that was given up for is counted.
        let was_failed = attempt.approved.as_ref().is_some_and(|life| matches!(**life, Life::Failed { .. }));
        record.attempts += u32::from(!was_failed);
        record.troubles = 0;
        record.error = None;
        (record.rework, record.work, record.left) = (None, None, None);
        record.issues.clear();
        for report in &mut record.reports {
            // What a green gate printed is of no more use, and a checkpoint would carry it along.
            report.tail.clear();
        }
        record.spent_ms += took_ms;
        record.add_try(attempt.number, true);
        let counted = record.earlier_attempts + record.attempts;
        let mut tries = count(counted as usize, "attempt", "attempts");
        if record.reworks > 0 {
            let reworks = count(record.reworks as usize, "change", "changes");
            tries = format!("{tries} and {reworks} after a review");
        }
        if attempt.number != counted + record.reworks {
            // Its number counts those that were stopped or met trouble, too.
            tries.push_str(" that count");
        }
        let mut time = duration(took_ms);
        if record.spent_ms > took_ms {
            time = format!("{time} ({} with what came before)", duration(record.spent_ms));
        }
        let text = format!(
            "merged after {tries}: {} changed, {} of context, {}",
            count(work.changes.len(), "file", "files"),
            bytes(u64::from(record.context_bytes)),
            time
        );
        record.history.push(format!("Attempt {}: {text}.", attempt.number));
        self.ended(turn, attempt, true, &text);
    }
}
