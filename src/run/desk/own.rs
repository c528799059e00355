//! A review of the person's own changes: what is not committed, a commit, or a branch. The reviewer reads
//! the diff and what the person holds it against, nothing else.

use crate::definitions::Role;
use crate::effect::git::{Change, Comparison, GitOperation, GitOutcome};
use crate::effect::session::Usage;
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::evidence::Failure;
use crate::resilience::provider::Live;
use crate::review::Verdict;
use crate::route::Work;
use crate::run::desk::{DeskRun, Stage};
use crate::run::providers::{self, provider_of};
use crate::run::review::{Around, Review, Reviewed, Subject};
use crate::run::{Waiter, git_failure};
use crate::text::{bullets, bytes, count};

/// A larger diff is cut, and that is said.
const DIFF_BYTES_MAX: u32 = 1024 * 1024;

impl DeskRun {
    /// Looks up what the person changed. The documents of ours in the checkout are no change of theirs.
    pub(super) fn compare(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        let options = &self.run.options;
        let own = [&options.output_dir, &options.specs_dir];
        let operation = GitOperation::Compare {
            name: self.names.first().cloned(),
            without: own.map(|directory| directory.trim_end_matches('/').to_owned()).to_vec(),
            diff_bytes_max: DIFF_BYTES_MAX,
        };
        turn.request(Waiter::Desk, Operation::Git(operation));
        self.stage = Stage::Comparing;
        Activity::Desk(self)
    }

    pub(super) fn compared(self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let (comparison, changes, diff, diff_bytes) = match outcome {
            Outcome::Git(GitOutcome::Compared { comparison, changes, diff, diff_bytes }) => {
                (comparison, changes, diff, *diff_bytes)
            }
            Outcome::Git(GitOutcome::Unknown) => {
                let name = self.names.first().map_or("", String::as_str);
                let text = format!(
                    "`{name}` is no task of the backlog, no branch and no commit. A pull request has to be fetched \
                     first; then name its branch."
                );
                return turn.fail(&self.run.chat, text);
            }
            other => return turn.fail(&self.run.chat, git_failure(other)),
        };
        let name = name_of(comparison);
        if changes.is_empty() {
            let waits = if self.names.is_empty() { "Nothing waits for your review. " } else { "" };
            turn.say(&self.run.chat, format!("{waits}There is nothing to review: {name} change no file."));
            turn.end(&self.run.chat, None);
            return Activity::Idle;
        }
        turn.say(&self.run.chat, format!("Reviewing {name}: {}.", extent(changes)));
        let mut text = diff.clone();
        if diff_bytes > u64::from(DIFF_BYTES_MAX) {
            let (shown, all) = (bytes(u64::from(DIFF_BYTES_MAX)), bytes(diff_bytes));
            turn.say(
                &self.run.chat,
                format!("**Note:** the diff has {all}; the reviewer sees the first {shown}."),
            );
            text.push_str(&format!(
                "\n(The diff is cut here: it has {all}, and you were shown the first {shown}.)\n"
            ));
        }
        let subject = Subject {
            title: format!("Review of {name}"),
            name,
            acceptance: self.criteria.clone(),
            task: None,
        };
        let model = self.run.model(Role::Reviewer, Work::Review);
        providers::meet(turn, &self.run, provider_of(model.as_ref()));
        let around = self.around(&subject, Usage::default());
        let reviewed = Review::begin(turn, &around, 0, None, (&text, None));
        if let Reviewed::More(review) = &reviewed
            && review.parts() > 1
        {
            let text = format!("The diff is large, so it is reviewed in {} parts.", review.parts());
            turn.say(&self.run.chat, text);
        }
        self.goes_on(turn, subject, Usage::default(), reviewed)
    }

    pub(super) fn review_resolved(
        self: Box<Self>,
        turn: &mut Turn,
        subject: Subject,
        review: Review,
        spent: Usage,
        outcome: &Outcome,
        took_ms: u64,
    ) -> Activity {
        let around = self.around(&subject, spent);
        let reviewed = review.resolved(turn, &around, outcome, took_ms);
        let is_counted = matches!(outcome, Outcome::Session(outcome) if outcome.usage().is_some());
        let spent = if is_counted { Usage::default() } else { spent };
        self.goes_on(turn, subject, spent, reviewed)
    }

    fn around<'a>(&'a self, subject: &'a Subject, spent: Usage) -> Around<'a> {
        Around {
            run: &self.run,
            subject,
            live: Live::default(),
            spent,
            may_ask: !self.is_stopping,
            waiter: Waiter::Desk,
        }
    }

    fn goes_on(
        mut self: Box<Self>,
        turn: &mut Turn,
        subject: Subject,
        spent: Usage,
        reviewed: Reviewed,
    ) -> Activity {
        let chat = self.run.chat.clone();
        let issues = match reviewed {
            Reviewed::More(review) => {
                self.stage = Stage::Reviewing { subject, review, spent };
                return Activity::Desk(self);
            }
            Reviewed::Postponed if self.is_stopping => {
                return turn.fail(&chat, "stopped before there was a verdict");
            }
            Reviewed::Postponed => {
                return turn.fail(
                    &chat,
                    "the reviewer's provider is in trouble. Try again later; /progress says until when.",
                );
            }
            Reviewed::Refused(trouble) => return turn.fail(&chat, trouble.told()),
            Reviewed::Altered(altered) => return turn.fail(&chat, Failure::from(altered).headline()),
            Reviewed::Failed(message) => return turn.fail(&chat, format!("no review: {message}")),
            Reviewed::Done(Verdict::Approved) => Vec::new(),
            Reviewed::Done(Verdict::ChangesRequested { issues } | Verdict::Rebase { issues }) => issues,
        };
        let text = match issues.as_slice() {
            [] if subject.acceptance.is_empty() => "The reviewer found no defect.".to_owned(),
            [] => "The reviewer found no defect, and everything you hold it against is met.".to_owned(),
            issues => format!("The reviewer found:\n\n{}", bullets(issues)),
        };
        turn.say(&chat, text);
        turn.end(&chat, None);
        Activity::Idle
    }
}

/// What is compared, as the subject of a sentence in the plural.
fn name_of(comparison: &Comparison) -> String {
    match comparison {
        Comparison::Uncommitted => "your uncommitted changes".to_owned(),
        Comparison::Commit { commit } => {
            format!("the changes of commit {}", commit.as_str().get(..10).unwrap_or_default())
        }
        Comparison::Ahead { name } => format!("the changes of branch {name}"),
        Comparison::Since { name } => format!("your commits since {name}"),
    }
}

fn extent(changes: &[Change]) -> String {
    let (added, removed) = changes.iter().fold((0, 0), |(added, removed), change| {
        (added + u64::from(change.added), removed + u64::from(change.removed))
    });
    format!("{}, {added} lines added, {removed} removed", count(changes.len(), "file", "files"))
}
