//! The end of `/implement`: land when everything is merged, then say what was done, what was not, and
//! what to do about it.

use serde::{Deserialize, Serialize};

use crate::effect::git::{GitOperation, GitOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::ids::TrackId;
use crate::metrics::report;
use crate::options::LandMode;
use crate::run::implement::fates::figures;
use crate::run::implement::{End, ImplementRun, Stage, Wait, Wish};
use crate::run::providers::clock;
use crate::run::specs::save::Save;
use crate::run::{Progress, Waiter, git_failure};
use crate::text::cut;

/// So much of the reason why a run ended is kept, in bytes.
const REASON_BYTES_MAX: usize = 600;

/// Why the latest `/implement` ended before all was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shortfall {
    track: TrackId,
    at_ms: u64,
    reason: String,
}

impl Shortfall {
    /// One that is seen now.
    pub fn new(track: &TrackId, at_ms: u64, reason: &str) -> Self {
        Self { track: track.clone(), at_ms, reason: cut(reason, REASON_BYTES_MAX) }
    }

    /// When and why, in sentences, if it was with this track.
    pub fn told(&self, track: &TrackId, now_ms: u64) -> Option<String> {
        let reason = self.reason.trim_end();
        (self.track == *track)
            .then(|| format!("The last `/implement` ended at {}: {reason}", clock(self.at_ms, now_ms)))
    }
}

impl ImplementRun {
    /// Nothing is left to start and nothing is under way.
    pub(crate) fn finish(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        self.track.landed = None;
        let branch = self.run.repository.branch.clone();
        let is_wanted = self.run.options.land == LandMode::Auto || self.wish == Wish::Land;
        let is_to_land = self.track.is_complete() && is_wanted;
        match branch {
            _ if self.is_errand() => self.conclude(turn, ""),
            Some(branch) if is_to_land && !self.is_stopping() => {
                let operation = GitOperation::Land {
                    branch,
                    to: self.tip.clone(),
                    guard: self.run.repository.guard.clone(),
                };
                turn.request(Waiter::Implement(Wait::Step), Operation::Git(operation));
                self.stage = Stage::Landing;
                Activity::Implement(self)
            }
            _ => {
                let track = &self.track.backlog.track_id;
                let text = if is_to_land && self.is_stopping() {
                    format!(
                        "Everything is merged on `mac/{track}`, but stopped before it landed; `/implement` lands it."
                    )
                } else if self.track.is_complete() {
                    format!(
                        "Everything is merged on `mac/{track}`. `git merge mac/{track}` brings it to your branch."
                    )
                } else if self.track.records.iter().any(|record| record.life.is_done()) {
                    format!(
                        "What is merged is on `mac/{track}`; your branch gets it when every task is merged."
                    )
                } else {
                    "Nothing is merged yet.".to_owned()
                };
                self.conclude(turn, &text)
            }
        }
    }

    /// Landing ended.
    pub(crate) fn landed(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let track = &self.track.backlog.track_id;
        let branch = self.run.repository.branch.clone().unwrap_or_default();
        let text = match outcome {
            Outcome::Git(GitOutcome::Landed) => {
                let landing = format!("`{branch}` now has everything (fast-forward from `mac/{track}`).");
                self.track.landed = Some(branch);
                let waiter = Waiter::Implement(Wait::Step);
                let save = Box::new(Save::begin(turn, &self.run, Some(self.tip.clone()), waiter));
                self.stage = Stage::Saving { save, landing };
                return Activity::Implement(self);
            }
            Outcome::Git(GitOutcome::Refused { reason }) => format!(
                "Not landed, so that nothing of yours is touched: {reason}. Everything is merged on `mac/{track}`; \
                 `git merge mac/{track}` brings it to your branch."
            ),
            other => format!("Not landed: {}. Everything is merged on `mac/{track}`.", git_failure(other)),
        };
        self.conclude(turn, &text)
    }

    /// The spec was saved, as far as that went: what landed has landed.
    pub(crate) fn saved(
        mut self: Box<Self>,
        turn: &mut Turn,
        save: Save,
        landing: String,
        outcome: &Outcome,
    ) -> Activity {
        let waiter = Waiter::Implement(Wait::Step);
        let spec = match save.resolved(turn, &self.run, &self.track, outcome, waiter) {
            Progress::More(save) => {
                self.stage = Stage::Saving { save: Box::new(save), landing };
                return Activity::Implement(self);
            }
            Progress::Done(kept) => kept.told(),
            Progress::Failed(reason) => {
                format!("**Note:** the spec was not saved: {reason}. `/spec save` tries again.")
            }
            Progress::Aborted => "**Note:** the spec was not saved. `/spec save` tries again.".to_owned(),
        };
        self.conclude(turn, &format!("{landing}\n\n{spec}"))
    }

    /// Says how it went and waits for the last files.
    fn conclude(mut self: Box<Self>, turn: &mut Turn, landing: &str) -> Activity {
        let ledger = self.own_ledger(turn);
        let figures = figures(&self.track, &turn.shared.ledger);
        turn.say(&self.run.chat, report(&figures, &ledger, self.estimate));
        if !landing.is_empty() {
            turn.say(&self.run.chat, landing);
        }
        if let Some(text) = self.watch.report(&self.track.backlog, &self.given().options) {
            turn.say(&self.run.chat, text);
        }
        if let Some(text) = self.door_text() {
            turn.say(&self.run.chat, text);
        }
        if self.track.is_complete() {
            self.forget_tasks(turn);
        }
        let open = self.open();
        let advice = (!open.is_empty()).then(|| self.advice(&open));
        let (track, now_ms) = (&self.track.backlog.track_id, turn.shared.now_ms);
        if !self.is_errand() {
            // What a person decided since makes the reason old.
            let ended = advice.as_ref().filter(|_| !self.is_of_review());
            turn.shared.shortfall = ended.map(|advice| Shortfall::new(track, now_ms, advice));
        }
        let is_landed = self.wish != Wish::Land || self.track.landed.is_some();
        let error = advice
            .map(|advice| format!("{}\n{advice}", self.not_done(&open)))
            .or_else(|| (!is_landed).then(|| "nothing was landed".to_owned()));
        self.stage = Stage::Closing { error };
        self.flush(turn);
        self.close(turn)
    }

    /// Ends the command once the last file is written.
    pub(crate) fn close(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        self.flush(turn);
        if !self.file.is_settled() || !self.memory.file.is_settled() || turn.is_awaited() {
            return Activity::Implement(self);
        }
        let Stage::Closing { error } = self.stage.clone() else {
            return Activity::Implement(self);
        };
        let (chat, is_over) = (self.run.chat.clone(), self.stopping.is_some());
        let errand = self.errand.take();
        self.keep_track(turn, errand.is_some());
        match (errand, error) {
            (None, error) => {
                turn.end(&chat, error);
                Activity::Idle
            }
            (Some(errand), None) if is_over => {
                let reason = "stopped; every task is merged".to_owned();
                errand.built(turn, End::Short { reason, is_over })
            }
            (Some(errand), None) => errand.built(turn, End::Done),
            (Some(errand), Some(reason)) => errand.built(turn, End::Short { reason, is_over }),
        }
    }
}
