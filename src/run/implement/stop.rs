//! What keeps new work from starting, and the ways out before any work began.

use serde::Serialize;

use crate::engine::{Activity, Turn};
use crate::run::implement::finish::Shortfall;
use crate::run::implement::{End, ImplementRun, Stage};
use crate::track::Life;

/// Why nothing new starts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Stop {
    /// The person said so.
    Person,
    /// A cap was reached.
    Budget(String),
    /// What makes git run programs was changed.
    Tampered(String),
    /// Trouble that does not end and is nobody's fault here: the host, the disk.
    Trouble(String),
    /// A provider, or the host, does not accept what we ask for.
    Refused(String),
    /// What is left to do needs a provider that is left alone for now.
    Parked(String),
}

impl ImplementRun {
    /// Nothing new starts from now on, so nobody has to wait for a rest to end.
    pub(super) fn stop(&mut self, turn: &mut Turn, why: Stop) {
        self.stop_for(why);
        for record in &self.track.records {
            if let Life::Resting { timer, .. } = &record.life {
                turn.cancel(*timer);
            }
        }
    }

    /// Trouble while a person's stop winds down must not set the run going again, and what makes git run
    /// programs has to be told in any case.
    fn stop_for(&mut self, why: Stop) {
        let is_outranked = match &self.stopping {
            Some(Stop::Tampered(_)) => true,
            Some(Stop::Person) => !matches!(why, Stop::Tampered(_)),
            _ => false,
        };
        if !is_outranked {
            self.stopping = Some(why);
        }
    }

    /// The person wants it to stop.
    pub fn cancelled(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        if matches!(self.stage, Stage::Landing | Stage::Saving { .. } | Stage::Closing { .. }) {
            if self.is_errand() {
                // This run is over, what it works for is not.
                self.stop_for(Stop::Person);
            }
            return Activity::Implement(self);
        }
        self.stop_for(Stop::Person);
        turn.cancel_all();
        self.go_on(turn)
    }

    /// Ends before any work began. What is known of the track stays.
    pub(super) fn leave(mut self: Box<Self>, turn: &mut Turn, error: impl Into<String>) -> Activity {
        let (chat, reason) = (self.run.chat.clone(), error.into());
        let is_unhealthy = !self.health.red.is_empty();
        let is_over = self.stopping.is_some();
        let errand = self.errand.take();
        let backlog = &self.track.backlog;
        if errand.is_none() && !backlog.tasks.is_empty() {
            turn.shared.shortfall = Some(Shortfall::new(&backlog.track_id, turn.shared.now_ms, &reason));
        }
        self.keep_track(turn, errand.is_some());
        match errand {
            None => turn.fail(&chat, reason),
            Some(errand) if is_unhealthy => errand.built(turn, End::Unhealthy),
            Some(errand) => errand.built(turn, End::Short { reason, is_over }),
        }
    }

    /// The same, because of what is to be cut: the person's file shows it first, if it lags behind.
    pub(super) fn refuse(mut self: Box<Self>, turn: &mut Turn, error: String) -> Activity {
        if !self.file.is_due() {
            return self.leave(turn, error);
        }
        if self.errand.is_none() {
            let shortfall = Shortfall::new(&self.track.backlog.track_id, turn.shared.now_ms, &error);
            turn.shared.shortfall = Some(shortfall);
        }
        self.stage = Stage::Closing { error: Some(error) };
        self.close(turn)
    }

    /// Hands the track back to what outlives the command. That of an errand is not the person's plan.
    pub(crate) fn keep_track(self: Box<Self>, turn: &mut Turn, is_errand: bool) {
        if !self.track.backlog.tasks.is_empty() {
            let id = self.track.backlog.track_id.clone();
            if !is_errand {
                turn.shared.current = Some(id.clone());
            }
            turn.shared.tracks.insert(id, self.track);
        }
    }
}
