//! What a run is for, and what that lets it do.

use serde::Serialize;

use crate::run::desk::request::Decision;
use crate::run::implement::ImplementRun;
use crate::run::implement::fates::status_word;
use crate::text::list;
use crate::track::Life;

/// What a run is for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Wish {
    /// Whatever can be done.
    All,
    /// What a person decided on one task.
    Decide(Decision),
    /// The person's branch gets everything that is merged.
    Land,
}

impl Wish {
    /// Whether an agent may work for it.
    pub(super) fn asks_an_agent(&self) -> bool {
        match self {
            Self::All => true,
            Self::Decide(decision) => decision.asks_an_agent(),
            Self::Land => false,
        }
    }

    /// Whether it may start work on a task that stands there.
    pub(super) fn starts(&self, life: &Life) -> bool {
        match self {
            Self::All => !matches!(life, Life::Held { .. }),
            Self::Decide(_) | Self::Land => self.asks_an_agent(),
        }
    }
}

impl ImplementRun {
    /// Why a wish cannot be done, if it cannot.
    pub(super) fn wish_problem(&self) -> Option<String> {
        match &self.wish {
            Wish::All => None,
            Wish::Decide(decision) => {
                let task = self.wanted.first().copied()?;
                self.objection(task, decision)
            }
            Wish::Land => {
                let open: Vec<String> = (0..self.track.records.len())
                    .filter(|index| !self.track.records[*index].life.is_done())
                    .map(|index| {
                        let status = status_word(self.track.status(index), false);
                        format!("{} ({status})", self.track.backlog.tasks[index].id)
                    })
                    .collect();
                (!open.is_empty()).then(|| {
                    let are = if open.len() == 1 { "is" } else { "are" };
                    format!("nothing was landed, because {} {are} not merged yet.", list(&open))
                })
            }
        }
    }
}
