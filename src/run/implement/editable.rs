//! A file of ours that a person may edit while work goes on: it is only replaced when it is still what we
//! wrote or read last. An edit made meanwhile stays and is read by the next command.

use serde::Serialize;

use crate::effect::Outcome;
use crate::effect::file::{Expected, FileOutcome};
use crate::run::documents::file_failure;

/// Such a file, and how it lags behind what we know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EditableFile {
    /// Of what we wrote or read last; `None` when there was no file.
    hash: Option<String>,
    state: State,
}

/// What the file is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
enum State {
    /// It shows what we know.
    #[default]
    Fresh,
    /// It does not.
    Stale,
    /// It is being written, and we may know more again.
    Writing { is_stale: bool },
    /// A person edited it, or it cannot be read or written: it is left alone until the next command.
    LeftAlone,
}

impl EditableFile {
    /// A file that was just read, with its hash; `None` when there is none.
    pub fn read(hash: Option<String>) -> Self {
        Self { hash, state: State::Fresh }
    }

    /// A file that is not ours to write in this run.
    pub fn left_alone() -> Self {
        Self { hash: None, state: State::LeftAlone }
    }

    /// Something it shows has changed.
    pub fn touch(&mut self) {
        self.state = match self.state {
            State::Fresh | State::Stale => State::Stale,
            State::Writing { .. } => State::Writing { is_stale: true },
            State::LeftAlone => State::LeftAlone,
        };
    }

    /// Whether nothing is being written or waits to be.
    pub fn is_settled(&self) -> bool {
        matches!(self.state, State::Fresh | State::LeftAlone)
    }

    /// Whether it lags and no write is under way.
    pub fn is_due(&self) -> bool {
        self.state == State::Stale
    }

    /// Whether there is a file, as far as we know.
    pub fn exists(&self) -> bool {
        self.hash.is_some()
    }

    /// It need not be written after all.
    pub fn pass(&mut self) {
        self.state = State::Fresh;
    }

    /// A write of it begins, and insists on this.
    pub fn begin(&mut self) -> Expected {
        self.state = State::Writing { is_stale: false };
        self.hash.clone().map_or(Expected::Missing, |hash| Expected::Hash { hash })
    }

    /// A write of it ended. Gives what a person has to know of that.
    pub fn ended(&mut self, outcome: &Outcome, path: &str) -> Option<String> {
        if let Outcome::File(FileOutcome::Written { hash, .. }) = outcome {
            let is_stale = matches!(self.state, State::Writing { is_stale: true });
            self.hash = Some(hash.clone());
            self.state = if is_stale { State::Stale } else { State::Fresh };
            return None;
        }
        self.state = State::LeftAlone;
        Some(match outcome {
            Outcome::File(FileOutcome::Changed) => format!(
                "**Note:** {path} was edited while this runs, so it is left as you wrote it. The next command reads \
                 the edit."
            ),
            other => format!("**Note:** {path} could not be written: {}", file_failure(other, path)),
        })
    }
}
