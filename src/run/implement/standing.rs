//! Where the integration branch stands before any work: beside the person's branch, and beside what git
//! and the journal know of the track.

use crate::effect::git::{GitOperation, GitOutcome, Relation};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::run::implement::opening::Opening;
use crate::run::implement::{ImplementRun, Wait};
use crate::run::{Waiter, git_failure};

impl ImplementRun {
    pub(super) fn tip_found(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let Outcome::Git(GitOutcome::Inspected { repository }) = outcome else {
            return self.leave(turn, git_failure(outcome));
        };
        self.run.repository = repository.clone();
        let Some(head) = repository.head.clone() else {
            return self.leave(turn, "the repository has no commit");
        };
        let own = format!("mac/{}", self.track.backlog.track_id);
        if repository.branch.as_ref() == Some(&own) {
            let text = format!(
                "`{own}` is checked out here, and work cannot be merged into it under your files. Switch to \
                 another branch (`git switch <branch>`), then `/implement`."
            );
            return self.leave(turn, text);
        }
        match repository.reference.clone() {
            // It begins where it was told to, whatever the person's branch holds.
            Some(tip) if self.is_errand() => {
                self.tip = tip;
                self.hold(turn)
            }
            Some(tip) => {
                self.tip = tip.clone();
                let operation = GitOperation::Relate { ours: head, theirs: tip };
                turn.request(Waiter::Implement(Wait::Step), Operation::Git(operation));
                self.opens(Opening::Relating)
            }
            None => {
                self.tip = head.clone();
                let Some(merged) = self.track.tip.clone() else {
                    return self.hold(turn);
                };
                // It may have landed before the branch was deleted.
                let operation = GitOperation::Relate { ours: head, theirs: merged };
                turn.request(Waiter::Implement(Wait::Step), Operation::Git(operation));
                self.opens(Opening::Relating)
            }
        }
    }

    /// The person's branch may have moved since the integration branch was made.
    pub(super) fn related(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let Outcome::Git(GitOutcome::Related { relation }) = outcome else {
            return self.leave(turn, git_failure(outcome));
        };
        if self.run.repository.reference.is_none() {
            return match relation {
                Relation::Same | Relation::Ahead => self.hold(turn),
                Relation::Behind | Relation::Diverged => self.leave_without_branch(turn),
            };
        }
        let head = self.run.repository.head.clone();
        match (relation, head) {
            (Relation::Ahead, Some(head)) => self.tip = head,
            (Relation::Diverged, _) => {
                let track = self.track.backlog.track_id.clone();
                let text = format!(
                    "**Note:** your branch and `mac/{track}` have both moved on, so this run cannot land by itself. \
                     Work is on `mac/{track}`; merge it when the run is done."
                );
                turn.say(&self.run.chat, text);
            }
            _ => {}
        }
        self.hold(turn)
    }

    /// What do the refs say of the track? Nobody may have heard of the last things that git did.
    fn hold(self: Box<Self>, turn: &mut Turn) -> Activity {
        let track = self.track.backlog.track_id.clone();
        // The branch's own line tells: the person may have merged it into theirs, aside from its line.
        let tip = self.run.repository.reference.clone().unwrap_or_else(|| self.tip.clone());
        let operation = GitOperation::Hold { track, tip: Some(tip) };
        turn.request(Waiter::Implement(Wait::Step), Operation::Git(operation));
        self.opens(Opening::Holding)
    }

    pub(super) fn held(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let Outcome::Git(GitOutcome::Held { attempts, merges }) = outcome else {
            return self.leave(turn, git_failure(outcome));
        };
        for held in attempts {
            if let Some(record) = self.track.record_mut(&held.task) {
                // The ref of an attempt is never used twice.
                record.begun = record.begun.max(held.number);
            }
            self.meet_moved_work(turn, held);
        }
        let mut newest = None;
        for held in merges {
            let Some(index) = self.track.index_of(&held.task) else {
                continue;
            };
            if self.track.take_merge(index, &held.commit) {
                self.schedule.complete(index);
                self.judge_memory(turn, index, true);
                self.record_task(turn, index);
                newest = newest.or(Some(&held.commit));
            }
        }
        if let Some(newest) = newest {
            // It was made on top of all that was known.
            self.track.tip = Some(newest.clone());
        }
        let Some(theirs) = self.track.tip.clone() else {
            return self.survey(turn);
        };
        let operation = GitOperation::Relate { ours: self.tip.clone(), theirs };
        turn.request(Waiter::Implement(Wait::Step), Operation::Git(operation));
        self.opens(Opening::Proving)
    }

    /// What counts as merged must be in what the next tasks start from.
    pub(super) fn proved(self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        match outcome {
            Outcome::Git(GitOutcome::Related { relation: Relation::Same | Relation::Ahead }) => {
                self.survey(turn)
            }
            Outcome::Git(GitOutcome::Related { .. }) => {
                let branch = format!("mac/{}", self.track.backlog.track_id);
                let tip = self.track.tip.as_ref().map(ToString::to_string).unwrap_or_default();
                let text = format!(
                    "`{branch}` was moved and no longer holds all the work that was merged there. \
                     `git branch -f {branch} {tip}` brings it back."
                );
                self.leave(turn, text)
            }
            other => self.leave(turn, git_failure(other)),
        }
    }

    /// Merged work is on no branch: nothing may be built as if it were there.
    fn leave_without_branch(self: Box<Self>, turn: &mut Turn) -> Activity {
        let branch = format!("mac/{}", self.track.backlog.track_id);
        let tip = self.track.tip.as_ref().map(ToString::to_string).unwrap_or_default();
        let text = format!(
            "the branch `{branch}` is gone, and your branch does not hold the commits that were merged there. \
             `git branch {branch} {tip}` brings it back. If you took the work over in another form, \
             `git branch {branch}` goes on from your branch."
        );
        self.leave(turn, text)
    }

    pub(super) fn settle_branch(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        let from = self.run.repository.reference.clone();
        if from.is_none() && self.track.base.is_none() {
            self.track.base = Some(self.tip.clone());
        }
        if from.as_ref() == Some(&self.tip) {
            return self.check_health(turn);
        }
        let operation = GitOperation::Move { reference: self.branch(), to: self.tip.clone(), from };
        turn.request(Waiter::Implement(Wait::Step), Operation::Git(operation));
        self.opens(Opening::Branch)
    }

    pub(super) fn branch_set(self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        match outcome {
            Outcome::Git(GitOutcome::Moved) => self.check_health(turn),
            other => {
                let text = format!("the integration branch could not be set: {}", git_failure(other));
                self.leave(turn, text)
            }
        }
    }
}
