//! Putting right what a process left behind that ended in the middle of a command. Before any command
//! does anything: sessions nobody knows of are found, agents that had finished are heard, their work is
//! committed, and every session is deleted. The person reads one paragraph on it.

use serde::Serialize;

use crate::context::read_back;
use crate::effect::git::GitOutcome;
use crate::effect::session::{SessionOperation, SessionOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::{Shared, Turn};
use crate::ids::{SessionId, TaskId, TrackId};
use crate::metrics::Entry;
use crate::route::work_of;
use crate::run::implement::attempt::role;
use crate::run::implement::left::Remains;
use crate::run::implement::working::{BLOCKED, collection};
use crate::run::{Progress, Run, Waiter};
use crate::text::{count, list};
use crate::track::{Life, Record, interrupted};

/// A recovery under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recovery {
    step: Step,
    /// Nothing is said of it.
    is_quiet: bool,
    /// The host did not answer: the next command looks for sessions again.
    is_search_due: bool,
    /// Tasks whose agents had finished.
    taken: Vec<String>,
    /// Tasks whose agents had not.
    lost: Vec<String>,
    /// Sessions whose deletion was asked for.
    sessions: Vec<SessionId>,
}

/// What it waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Step {
    /// Sessions that nobody knows of are being looked for.
    Finding,
    /// An agent's last word is being looked up; once more when the host could not say.
    Recalling { place: Place, is_second: bool },
    /// An agent's work is being committed.
    Collecting(Place),
    /// Sessions are being deleted, so many still.
    Removing { left: usize },
}

/// A task of a track.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Place {
    track: TrackId,
    task: TaskId,
}

impl Recovery {
    /// Begins one. Done when there is nothing to wait for.
    pub fn begin(turn: &mut Turn, run: &Run, is_quiet: bool) -> Progress<Self, ()> {
        let recovery = Self {
            step: Step::Finding,
            is_quiet,
            is_search_due: false,
            taken: Vec::new(),
            lost: Vec::new(),
            sessions: Vec::new(),
        };
        let parents: Vec<SessionId> = turn.shared.interrupted.chats.iter().cloned().collect();
        if parents.is_empty() {
            return recovery.next(turn, run);
        }
        turn.request(Waiter::Ground, Operation::Session(SessionOperation::Find { parents }));
        Progress::More(recovery)
    }

    /// The attempt whose agent's last word is being looked up in a session.
    pub(crate) fn recalling(&self, shared: &Shared, seen: &SessionId) -> Option<(TrackId, TaskId, u32)> {
        let Step::Recalling { place, .. } = &self.step else { return None };
        let track = shared.tracks.get(&place.track)?;
        let left = track.records.get(track.index_of(&place.task)?)?.left.as_ref()?;
        match &left.remains {
            Remains::Asked { session, .. } if session == seen => {
                Some((place.track.clone(), place.task.clone(), left.number))
            }
            _ => None,
        }
    }

    /// A step ended.
    pub fn resolved(mut self, turn: &mut Turn, run: &Run, outcome: &Outcome) -> Progress<Self, ()> {
        match self.step.clone() {
            Step::Finding => {
                let Outcome::Session(SessionOutcome::Found { sessions }) = outcome else {
                    self.is_search_due = true;
                    return self.next(turn, run);
                };
                for found in sessions {
                    turn.shared.sessions.insert(found.session.clone(), found.directory.clone());
                }
            }
            Step::Recalling { place, is_second } => {
                let is_unknown = matches!(outcome, Outcome::Session(SessionOutcome::Failed { .. }));
                if is_unknown && !is_second && ask_again(turn, &place) {
                    // The host may have been slow, and an agent's work is dear.
                    self.step = Step::Recalling { place, is_second: true };
                    return Progress::More(self);
                }
                self.recalled(turn, run, &place, outcome);
            }
            Step::Collecting(place) => self.collected(turn, &place, outcome),
            Step::Removing { left } if left > 1 => {
                self.step = Step::Removing { left: left - 1 };
                return Progress::More(self);
            }
            Step::Removing { .. } => {
                self.tell(turn, run);
                return Progress::Done(());
            }
        }
        self.next(turn, run)
    }

    /// The next attempt that may have come further than anybody heard.
    fn next(mut self, turn: &mut Turn, run: &Run) -> Progress<Self, ()> {
        let tracks = turn.shared.tracks.iter();
        let found = tracks.flat_map(|(id, track)| {
            let tasks = track.backlog.tasks.iter().zip(&track.records);
            tasks.map(move |(task, record)| (id, task, record))
        });
        let open = found.filter_map(|(track, task, record)| {
            let left = record.left.as_ref().filter(|_| record.life == Life::Waiting)?;
            let place = Place { track: track.clone(), task: task.id.clone() };
            match &left.remains {
                Remains::Asked { session, .. } => {
                    let operation = Operation::Session(recall(turn, session));
                    Some((Step::Recalling { place, is_second: false }, operation))
                }
                Remains::Answered { slot } => {
                    let operation = collection(run, track, task, left.number, left.base.clone(), *slot);
                    Some((Step::Collecting(place), Operation::Git(operation)))
                }
                Remains::Kept { .. } => None,
            }
        });
        match { open }.next() {
            Some((step, operation)) => {
                turn.request(Waiter::Ground, operation);
                self.step = step;
                Progress::More(self)
            }
            None => self.remove(turn, run),
        }
    }

    fn recalled(&mut self, turn: &mut Turn, run: &Run, place: &Place, outcome: &Outcome) {
        let Outcome::Session(outcome) = outcome else {
            return self.forget(turn, place);
        };
        let Some(track) = turn.shared.tracks.get_mut(&place.track) else {
            return;
        };
        let Some(index) = track.index_of(&place.task) else {
            return;
        };
        let (Some(task), Some(record)) = (track.backlog.tasks.get(index), track.records.get_mut(index))
        else {
            return;
        };
        let Some(left) = record.left.as_mut() else {
            return;
        };
        if let Some(usage) = outcome.usage() {
            turn.shared.ledger.add(Entry {
                work: work_of(task),
                model: run.model(role(task), work_of(task)),
                track: Some(place.track.clone()),
                task: Some(place.task.clone()),
                attempt: left.number,
                usage,
                duration_ms: 0,
                // The seed of that run is gone, and with it which variant it was.
                prompt: None,
            });
        }
        match (outcome, &left.remains) {
            (SessionOutcome::Answered { text, finish, stored, .. }, Remains::Asked { slot, .. })
                if finish.as_deref() == Some("stop")
                    && !text.trim_start().starts_with(BLOCKED)
                    && read_back(stored, record.context_sha256.as_deref()).is_ok() =>
            {
                left.notes.clone_from(text);
                left.remains = Remains::Answered { slot: *slot };
            }
            _ => self.forget(turn, place),
        }
    }

    fn collected(&mut self, turn: &mut Turn, place: &Place, outcome: &Outcome) {
        let Outcome::Git(GitOutcome::Collected { commit: Some(commit), left_out, .. }) = outcome else {
            return self.forget(turn, place);
        };
        if !left_out.is_empty() {
            return self.forget(turn, place);
        }
        if let Some(left) = record_of(turn, place).and_then(|record| record.left.as_mut()) {
            left.remains = Remains::Kept { commit: commit.clone() };
            self.taken.push(place.task.to_string());
        }
    }

    /// There is nothing to go on with: the task starts afresh. Files that lie in its worktree are kept
    /// under a ref before that is used again.
    fn forget(&mut self, turn: &mut Turn, place: &Place) {
        if let Some(record) = record_of(turn, place)
            && let Some(left) = record.left.take()
        {
            record.history.push(interrupted(left.number));
        }
        self.lost.push(place.task.to_string());
    }

    /// Deletes every session that is left.
    fn remove(mut self, turn: &mut Turn, run: &Run) -> Progress<Self, ()> {
        let sessions = turn.shared.sessions.keys().filter(|session| !turn.is_removing(session));
        self.sessions = sessions.cloned().collect();
        for session in &self.sessions {
            turn.remove_session(session, Waiter::Ground);
        }
        if self.sessions.is_empty() {
            self.tell(turn, run);
            return Progress::Done(());
        }
        self.step = Step::Removing { left: self.sessions.len() };
        Progress::More(self)
    }

    /// Says what was found and done.
    fn tell(self, turn: &mut Turn, run: &Run) {
        let interrupted = std::mem::take(&mut turn.shared.interrupted);
        if self.is_search_due {
            turn.shared.interrupted.chats = interrupted.chats;
        }
        let is_there = |session: &&SessionId| turn.shared.sessions.contains_key(*session);
        let kept = self.sessions.iter().filter(is_there).count();
        let deleted = self.sessions.len() - kept;
        let mut parts = Vec::new();
        if !self.taken.is_empty() {
            let whose = if self.taken.len() == 1 { "its" } else { "their" };
            parts.push(format!("{} had been finished, and {whose} work is taken over", list(&self.taken)));
        }
        if !self.lost.is_empty() {
            let starts = if self.lost.len() == 1 { "starts" } else { "start" };
            parts.push(format!(
                "{} {starts} afresh, and what lay in a worktree is kept under `refs/mac`",
                list(&self.lost)
            ));
        }
        if deleted > 0 {
            parts.push(format!("{} of ours deleted", count(deleted, "session", "sessions")));
        }
        if interrupted.processes > 0 {
            let what = count(interrupted.processes as usize, "process", "processes");
            parts.push(format!("{what} of ours ended"));
        }
        if kept > 0 {
            let what = count(kept, "session", "sessions");
            let text =
                format!("**Note:** {what} of ours could not be deleted. The next command tries again.");
            turn.say(&run.chat, text);
        }
        if !parts.is_empty() && !self.is_quiet {
            let text = format!("Left over from an earlier run, and put right: {}.", parts.join("; "));
            turn.say(&run.chat, text);
        }
    }
}

/// Asks once more for an agent's last word. Gives whether there is one to ask for.
fn ask_again(turn: &mut Turn, place: &Place) -> bool {
    let left = record_of(turn, place).and_then(|record| record.left.as_ref());
    let Some(Remains::Asked { session, .. }) = left.map(|left| left.remains.clone()) else {
        return false;
    };
    let operation = recall(turn, &session);
    turn.request(Waiter::Ground, Operation::Session(operation));
    true
}

fn recall(turn: &Turn, session: &SessionId) -> SessionOperation {
    let directory = turn.shared.sessions.get(session).cloned().flatten();
    SessionOperation::Recall { session: session.clone(), directory }
}

fn record_of<'a>(turn: &'a mut Turn, place: &Place) -> Option<&'a mut Record> {
    turn.shared.tracks.get_mut(&place.track)?.record_mut(&place.task)
}
