//! The reviewer of an attempt's work: asked once the gates are content and its worktree is as it was left.

use crate::definitions::Role;
use crate::effect::Outcome;
use crate::effect::git::GitOutcome;
use crate::effect::session::Usage;
use crate::engine::Turn;
use crate::evidence::Failure;
use crate::route::Work;
use crate::run::git_failure;
use crate::run::implement::attempt::{Attempt, Collected, Examining, Reviewing, Stage};
use crate::run::implement::{ImplementRun, Stop};
use crate::run::providers::provider_of;
use crate::run::review::{Around, Review, Reviewed, Subject};

impl ImplementRun {
    pub(super) fn examined(
        &mut self,
        turn: &mut Turn,
        attempt: Attempt,
        examining: Examining,
        outcome: &Outcome,
    ) {
        let Examining { directory, work, reports } = examining;
        match outcome {
            Outcome::Git(GitOutcome::Clean) => {}
            Outcome::Git(GitOutcome::Tampered { names }) => {
                return self.failed(turn, &attempt, Failure::Forbidden { paths: names.clone() });
            }
            other => {
                return self.failed(turn, &attempt, Failure::Host { message: git_failure(other) });
            }
        }
        if self.spent_cap(turn, attempt.task).is_some() {
            let message = "its budget is used up, so it is not reviewed; its work is kept".to_owned();
            return self.failed(turn, &attempt, Failure::Budget { message });
        }
        let Some(subject) = self.track.backlog.tasks.get(attempt.task).map(Subject::of) else { return };
        let around = self.around(&attempt, &subject);
        let reviewed =
            Review::begin(turn, &around, attempt.number, Some(directory), (&work.diff, Some(reports)));
        if let Reviewed::More(review) = &reviewed
            && review.parts() > 1
        {
            let (name, parts) = (&subject.name, review.parts());
            turn.say(
                &self.run.chat,
                format!("{name}: the diff is large, so it is reviewed in {parts} parts."),
            );
        }
        self.review_goes_on(turn, attempt, work, reviewed);
    }

    /// A step of a review ended.
    pub(super) fn review_resolved(
        &mut self,
        turn: &mut Turn,
        mut attempt: Attempt,
        Reviewing { work, review }: Reviewing,
        outcome: &Outcome,
        took_ms: u64,
    ) {
        let Some(subject) = self.track.backlog.tasks.get(attempt.task).map(Subject::of) else { return };
        let around = self.around(&attempt, &subject);
        let reviewed = review.resolved(turn, &around, outcome, took_ms);
        if matches!(outcome, Outcome::Session(outcome) if outcome.usage().is_some()) {
            // It is in the ledger now.
            attempt.live = Usage::default();
        }
        self.review_goes_on(turn, attempt, work, reviewed);
    }

    /// What a review of a task works with.
    fn around<'a>(&'a self, attempt: &Attempt, subject: &'a Subject) -> Around<'a> {
        let model = self.run.model(Role::Reviewer, Work::Review);
        // Other trouble than these is not the reviewer's, and work that is done is judged.
        let is_over = self.care.is_spent || matches!(self.stopping, Some(Stop::Person | Stop::Tampered(_)));
        Around {
            run: &self.run,
            subject,
            live: self.live_at(provider_of(model.as_ref())),
            spent: attempt.live,
            may_ask: !is_over,
            waiter: attempt.wait(),
        }
    }

    fn review_goes_on(&mut self, turn: &mut Turn, attempt: Attempt, work: Collected, reviewed: Reviewed) {
        match reviewed {
            Reviewed::More(review) => {
                self.enter(attempt, Stage::Reviewing(Reviewing { work, review: *review }));
            }
            Reviewed::Done(verdict) => self.reviewed(turn, attempt, work, verdict),
            Reviewed::Postponed => self.shelve(turn, &attempt),
            Reviewed::Refused(trouble) => {
                let (class, message) = (trouble.diagnosis.class, trouble.told());
                self.failed(turn, &attempt, Failure::Provider { class, message });
            }
            Reviewed::Altered(altered) => self.failed(turn, &attempt, altered.into()),
            Reviewed::Failed(message) => {
                let failure = Failure::Host { message: format!("no review: {message}") };
                self.failed(turn, &attempt, failure);
            }
        }
    }
}
