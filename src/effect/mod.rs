//! Everything the engine can ask of the world. One file a room: each holds what can be asked, how
//! that can end, and nothing else; `js-shim/src/effects/` has a file of the same name that does it.
//!
//! Every effect but `chat` and `cancel` is answered by exactly one `Event::Resolved`.

pub mod audit;
pub mod catalogue;
pub mod chat;
pub mod file;
pub mod git;
pub mod machine;
pub mod process;
pub mod session;
pub mod stored;
pub mod timer;

use serde::{Deserialize, Serialize};

use crate::ids::EffectId;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Effect {
    /// Names the outcome.
    pub id: EffectId,
    /// What to do.
    #[serde(flatten)]
    pub operation: Operation,
}

/// What to do, by room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", content = "operation", rename_all = "snake_case")]
pub enum Operation {
    /// Talk to the host's sessions.
    Session(session::SessionOperation),
    /// Work on the repository with git.
    Git(git::GitOperation),
    /// Read or write a file.
    File(file::FileOperation),
    /// Run a command of the project.
    Process(process::ProcessOperation),
    /// Wait.
    Timer(timer::TimerOperation),
    /// Look models up.
    Catalogue(catalogue::CatalogueOperation),
    /// Look at the machine.
    Machine(machine::MachineOperation),
    /// Read the journal as a record.
    Audit(audit::AuditOperation),
    /// Show the person something. Never answered.
    Chat(chat::ChatOperation),
    /// Stop an effect that is under way; it then resolves as aborted. Never answered itself.
    Cancel(EffectId),
}

impl Operation {
    /// Whether an `Event::Resolved` follows.
    pub fn is_answered(&self) -> bool {
        !matches!(self, Self::Chat(_) | Self::Cancel(_))
    }
}

/// How an effect ended, by room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", content = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Of a session operation.
    Session(session::SessionOutcome),
    /// Of a git operation.
    Git(git::GitOutcome),
    /// Of a file operation.
    File(file::FileOutcome),
    /// Of a process.
    Process(process::ProcessOutcome),
    /// Of a timer.
    Timer(timer::TimerOutcome),
    /// Of a look-up.
    Catalogue(catalogue::CatalogueOutcome),
    /// Of a look at the machine.
    Machine(machine::MachineOutcome),
    /// Of an audit.
    Audit(audit::AuditOutcome),
}
