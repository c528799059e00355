//! An ask under way whose agent is only listened to: a planner, a reviewer. It is ended early when its
//! provider asks for more time than anybody waits, or when its turns never end.

use serde::Serialize;

use crate::effect::session::SessionOutcome;
use crate::engine::Turn;
use crate::event::SessionSignal;
use crate::ids::{EffectId, ModelRef};
use crate::resilience::loops::{LoopWatch, Verdict};
use crate::resilience::trouble::{Diagnosis, TroubleClass, is_good_finish};
use crate::run::Run;
use crate::run::providers::{self, AskTrouble};

/// An ask under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Asked {
    /// The effect to cancel.
    pub ask: EffectId,
    watch: LoopWatch,
    given_up: Option<AskTrouble>,
}

impl Asked {
    /// One that begins now.
    pub fn begin(turn: &Turn, ask: EffectId) -> Self {
        Self { ask, watch: LoopWatch::begin(turn.shared.now_ms), given_up: None }
    }

    /// Something was seen in its session. Gives whether a provider that rested works again.
    pub fn signalled(
        &mut self,
        turn: &mut Turn,
        run: &Run,
        model: Option<&ModelRef>,
        signal: &SessionSignal,
    ) -> bool {
        let trouble = match signal {
            SessionSignal::Stepped { finish, .. } => match self.watch.stepped(finish.as_deref()) {
                Verdict::Abort(_) => Some(endless_stream()),
                _ if is_good_finish(finish.as_deref()) => return providers::answered(turn, run, model),
                _ => None,
            },
            SessionSignal::Retrying { next_ms, message, .. } if self.given_up.is_none() => {
                providers::retried(turn, run, model, *next_ms, message)
            }
            _ => None,
        };
        if self.given_up.is_none() && trouble.is_some() {
            self.given_up = trouble;
            turn.cancel(self.ask);
        }
        false
    }

    /// It ended: with which trouble, and what does that say of its provider?
    pub fn ended(
        self,
        turn: &mut Turn,
        run: &Run,
        model: Option<&ModelRef>,
        outcome: &SessionOutcome,
        timeout_ms: u64,
        is_probe: bool,
    ) -> Option<AskTrouble> {
        let trouble = providers::trouble_of(outcome, timeout_ms);
        // One that answered all the same when it was called off has answered.
        let is_answer = matches!(outcome, SessionOutcome::Answered { .. });
        let trouble = if is_answer && trouble.is_none() { None } else { self.given_up.or(trouble) };
        providers::weigh(turn, run, model, trouble.as_ref(), outcome, is_probe, 0);
        trouble
    }
}

/// A model whose turns never end properly: the host would ask it for ever.
pub fn endless_stream() -> AskTrouble {
    AskTrouble {
        diagnosis: Diagnosis { class: TroubleClass::BadStream, retry_ms: None },
        message: "the model's stream ended three times without a finish reason".to_owned(),
        advice: None,
    }
}
