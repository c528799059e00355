//! What an attempt leaves behind when it is stopped from outside: by a person, by trouble, or because
//! its process is gone. Whatever was finished is taken over by the next attempt instead of done again.

use serde::{Deserialize, Serialize};

use crate::ids::{CommitId, SessionId, Slot};
use crate::run::implement::attempt::{Attempt, Stage};

/// What a stopped attempt left behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Left {
    /// The attempt's number: who takes it over goes on with it.
    pub number: u32,
    /// The commit it began from.
    pub base: CommitId,
    /// The agent's last message.
    pub notes: String,
    /// How far it was.
    pub remains: Remains,
}

impl Left {
    /// Whether the agent is known to have finished, so that its work goes on to be judged.
    pub fn is_finished(&self) -> bool {
        !matches!(self.remains, Remains::Asked { .. })
    }
}

/// How far a stopped attempt was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Remains {
    /// The agent was at work. Nobody heard whether it finished.
    Asked {
        /// Where.
        slot: Slot,
        /// Its session.
        session: SessionId,
    },
    /// The agent had finished; its work lies in its directory.
    Answered {
        /// Which.
        slot: Slot,
    },
    /// Its work is in a ref, and is to be judged.
    Kept {
        /// The commit.
        commit: CommitId,
    },
}

impl Attempt {
    /// What is left when it ends now and here; `None` when there is nothing to go on with.
    pub fn left(&self) -> Option<Left> {
        if self.approved.is_some() {
            // What it was before is put back.
            return None;
        }
        let slot = self.slot;
        let remains = match (&self.stage, &self.kept) {
            (_, Some(commit)) => Remains::Kept { commit: commit.clone() },
            (Stage::Working(working), None) if working.given_up.is_none() => {
                Remains::Asked { slot, session: working.session.clone() }
            }
            (Stage::Collecting { failure: None, .. }, None) => Remains::Answered { slot },
            _ => return None,
        };
        let (number, base, notes) = (self.number, self.base.clone(), self.notes.clone());
        Some(Left { number, base, notes, remains })
    }
}
