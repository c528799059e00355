//! The review loop: work that its reviewer wants changed goes to a fresh agent, which reads what was asked
//! for and the task, and finds the work in its directory. So it goes at most twice; then, or when nothing
//! changes, the spec is looked at.

use serde::{Deserialize, Serialize};

use crate::effect::stored::sha256;
use crate::engine::Turn;
use crate::evidence::{Failure, distill};
use crate::ids::CommitId;
use crate::options::ReviewMode;
use crate::review::Verdict;
use crate::run::implement::ImplementRun;
use crate::run::implement::attempt::{Attempt, Collected};
use crate::text::cut;
use crate::track::Life;

/// What two agents did not get right, a third will not.
const REWORKS_MAX: u32 = 2;
/// So much of an issue is sent: a reviewer is asked for one line each.
const ISSUE_BYTES_MAX: usize = 600;

/// Work that goes back, and what was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rework {
    /// Counted from 1 for the work of one attempt.
    pub nth: u32,
    /// The work.
    pub commit: CommitId,
    /// The commit that the work began from; what is made of it is compared with that, too.
    pub base: CommitId,
    /// What was asked for, one line each.
    pub issues: Vec<String>,
    /// SHA-256 of the diff of the work, if that is known: the same again is no change.
    pub diff_hash: Option<String>,
}

impl Rework {
    /// Whether the same diff came out as went in.
    pub fn changes_nothing(&self, diff: &str) -> bool {
        self.diff_hash.as_ref().is_some_and(|hash| *hash == sha256(diff))
    }

    /// Whether the same is asked for again. Lines move when code changes, so their numbers do not count.
    fn is_repeated_by(&self, issues: &[String]) -> bool {
        let plain = |issues: &[String]| {
            let mut all: Vec<String> = issues.iter().map(|issue| without_numbers(issue)).collect();
            all.sort();
            all.dedup();
            all
        };
        plain(&self.issues) == plain(issues)
    }
}

impl ImplementRun {
    /// There is a verdict on an attempt's work.
    pub(super) fn reviewed(&mut self, turn: &mut Turn, attempt: Attempt, work: Collected, verdict: Verdict) {
        if let (Verdict::ChangesRequested { issues } | Verdict::Rebase { issues }, Some(record)) =
            (&verdict, self.track.records.get_mut(attempt.task))
        {
            record.issues.clone_from(issues);
        }
        match verdict {
            Verdict::Approved if self.run.options.review == ReviewMode::Manual && !self.is_errand() => {
                self.hold_at_door(turn, &attempt);
            }
            Verdict::Approved => self.queue(turn, attempt, work),
            Verdict::ChangesRequested { issues } => {
                self.changes_requested(turn, &attempt, &work, issues);
            }
            Verdict::Rebase { issues } => {
                self.failed(turn, &attempt, Failure::Review { issues, is_of_spec: true });
            }
        }
    }

    /// The work goes back, unless that was tried often enough or brought nothing.
    fn changes_requested(
        &mut self,
        turn: &mut Turn,
        attempt: &Attempt,
        work: &Collected,
        issues: Vec<String>,
    ) {
        let nth = attempt.rework.as_ref().map_or(1, |rework| rework.nth + 1);
        let is_stuck = attempt.rework.as_ref().is_some_and(|rework| rework.is_repeated_by(&issues));
        let rework = Rework {
            nth,
            commit: work.commit.clone(),
            base: attempt.base.clone(),
            issues: issues.iter().map(|issue| cut(issue, ISSUE_BYTES_MAX)).collect(),
            diff_hash: Some(sha256(&work.diff)),
        };
        let failure = Failure::Review { issues: rework.issues.clone(), is_of_spec: false };
        let can_ask = self.can_ask_for(attempt.task, &rework.issues)
            || self.could_make_room(attempt.task, &rework.issues);
        if nth > REWORKS_MAX || is_stuck || !can_ask {
            return self.failed(turn, attempt, failure);
        }
        self.learn(turn, attempt.task, attempt.number, &failure, &distill(&failure));
        let headline = failure.headline();
        let text = format!("{headline}. A fresh agent changes the work there is ({nth} of {REWORKS_MAX})");
        if let Some(record) = self.track.records.get_mut(attempt.task) {
            record.spent_ms += turn.shared.now_ms.saturating_sub(attempt.started_ms);
            record.troubles = 0;
            record.reworks += 1;
            record.error = Some(headline);
            record.left = None;
            record.rework = Some(rework);
            record.life = Life::Waiting;
            record.history.push(format!("Attempt {}: {text}.", attempt.number));
        }
        self.look_at_length(attempt.task);
        self.schedule.give_back(attempt.task);
        self.ended(turn, attempt, false, &text);
    }
}

/// Why a spec is looked at after a rework that failed in this way.
pub(super) fn rebase_reason(rework: &Rework, failure: &Failure) -> Option<String> {
    match failure {
        Failure::Review { issues, .. } if rework.is_repeated_by(issues) => {
            Some("the reviewer asked for the same again".to_owned())
        }
        Failure::Review { .. } => {
            Some(format!("the reviewer was not content after {} tries", rework.nth + 1))
        }
        Failure::Empty => Some("an agent that was to change its work changed nothing".to_owned()),
        _ => None,
    }
}

/// A text in lower case and single spaces, without the numbers that follow a colon.
fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_after_colon = false;
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars().flat_map(char::to_lowercase) {
        is_after_colon = c == ':' || is_after_colon && c.is_ascii_digit();
        if c == ':' || !is_after_colon {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rework(issues: &[&str]) -> Rework {
        Rework {
            nth: 1,
            commit: CommitId("a".into()),
            base: CommitId("b".into()),
            issues: issues.iter().map(|issue| (*issue).to_owned()).collect(),
            diff_hash: Some(sha256("+a\n")),
        }
    }

    #[test]
    fn the_same_on_another_line_is_the_same() {
        let issues = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let rework = rework(&["src/a.ts:12: no test for 0", "b.ts:3:4: leaks"]);
        assert!(rework.is_repeated_by(&issues(&["b.ts:7:1: Leaks", "src/a.ts:14:  no test for 0"])));
        assert!(!rework.is_repeated_by(&issues(&["b.ts:3:4: leaks"])));
        assert!(!rework.is_repeated_by(&issues(&["src/a.ts:12: no test for 1", "b.ts:3:4: leaks"])));
        assert!(rework.changes_nothing("+a\n") && !rework.changes_nothing("+b\n"));
    }
}
