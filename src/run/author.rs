//! An agent that is asked for a text about a task, in a session of its own and in no worktree: a better
//! spec, a shorter wording. Its session is made, asked, perhaps asked again, and deleted.

use serde::Serialize;

use crate::backlog::TaskSpec;
use crate::definitions::Role;
use crate::effect::session::{Hearing, Purpose, SessionOperation, SessionOutcome, Trouble};
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::event::SessionSignal;
use crate::ids::{EffectId, ModelRef, SessionId};
use crate::metrics::Entry;
use crate::prompts::PromptUse;
use crate::resilience::trouble::Remedy;
use crate::route::Work;
use crate::run::asked::Asked;
use crate::run::providers::AskTrouble;
use crate::run::{Run, Waiter, session_failure, silent_ms};

/// What an author is asked for; the same at each of its steps.
pub struct Commission<'a> {
    /// The command.
    pub run: &'a Run,
    /// Who it is.
    pub role: Role,
    /// What its turns count as.
    pub work: Work,
    /// What its sessions are called, before the task's id.
    pub title: &'static str,
    /// What its line in the chat ends with when it wrote nothing.
    pub nothing: &'static str,
    /// The task.
    pub task: &'a TaskSpec,
    /// The task's latest attempt.
    pub attempt: u32,
    /// Who hears of the next step.
    pub waiter: Waiter,
}

impl Commission<'_> {
    /// The model that writes.
    pub fn model(&self) -> Option<ModelRef> {
        self.run.model(self.role, self.work)
    }

    fn prompt(&self) -> PromptUse {
        self.run.prompt(self.role, Some(&self.task.id), self.attempt)
    }

    fn timeout_ms(&self) -> u64 {
        self.run.options.planning_timeout_ms
    }

    fn account(&self, turn: &mut Turn, outcome: &SessionOutcome, took_ms: u64) {
        if let Some(usage) = outcome.usage() {
            turn.shared.ledger.add(Entry {
                work: self.work,
                model: self.model(),
                track: self.run.track.clone(),
                task: Some(self.task.id.clone()),
                attempt: self.attempt,
                usage,
                duration_ms: took_ms,
                prompt: Some(self.prompt()),
            });
        }
    }
}

/// An author at work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Author {
    /// It tries a provider that was in trouble, and all others wait for how that goes.
    pub is_probe: bool,
    stage: Stage,
}

/// What it waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    /// Its session is being made.
    Creating,
    /// It writes.
    Asking { open: Open, asked: Asked },
}

/// A session whose author has nothing to do just now, and its line in the chat.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Open {
    session: SessionId,
    entry: EffectId,
}

/// What a step brought.
pub enum Authored {
    /// It goes on.
    More(Author),
    /// A text. Its author may be asked again, or the session is closed.
    Text(Open, String),
    /// Nothing. Its session is deleted.
    Nothing(Lack),
}

/// Why there is no text.
#[derive(Clone, Debug, PartialEq)]
pub enum Lack {
    /// It was stopped.
    Stopped,
    /// It was asked, and the same question would end in the same way.
    Silence(String),
    /// Its provider or the host is in trouble.
    Trouble {
        /// What was said and what to do.
        told: String,
        /// Whether only a person can help.
        is_refusal: bool,
    },
}

impl Lack {
    /// Half a sentence for a person.
    pub fn told(&self) -> &str {
        match self {
            Self::Stopped => "stopped",
            Self::Silence(told) | Self::Trouble { told, .. } => told,
        }
    }

    fn of(trouble: Option<AskTrouble>, outcome: &SessionOutcome, timeout_ms: u64) -> Self {
        let told = trouble.as_ref().map_or_else(|| session_failure(outcome, timeout_ms), AskTrouble::told);
        match (trouble.map(|trouble| trouble.diagnosis.class.remedy()), outcome) {
            (None, SessionOutcome::Aborted { .. }) => Self::Stopped,
            (None, SessionOutcome::Failed { trouble: Trouble::Deadline, .. }) | (Some(Remedy::Again), _) => {
                Self::Silence(told)
            }
            (remedy, _) => Self::Trouble { told, is_refusal: remedy == Some(Remedy::Stop) },
        }
    }
}

impl Author {
    /// Begins with its session.
    pub fn begin(turn: &mut Turn, commission: &Commission, is_probe: bool) -> Self {
        let Commission { role, task, attempt, title, .. } = *commission;
        let operation = SessionOperation::Create {
            directory: None,
            parent: commission.run.chat.clone(),
            title: format!("{title} for {}: {}", task.id, task.title),
            rules: commission.run.rules(role),
            purpose: Purpose { agent: role.agent().to_owned(), task: Some(task.id.to_string()), attempt },
        };
        turn.request(commission.waiter.clone(), Operation::Session(operation));
        Self { is_probe, stage: Stage::Creating }
    }

    /// A step ended. `text` is what it is asked when its session is there; `None` when nothing may be asked
    /// any more.
    pub fn resolved(
        self,
        turn: &mut Turn,
        commission: &Commission,
        text: Option<String>,
        outcome: &Outcome,
        took_ms: u64,
    ) -> Authored {
        let Outcome::Session(outcome) = outcome else {
            let told = format!("an answer that does not fit: {outcome:?}");
            return Authored::Nothing(Lack::Trouble { told, is_refusal: false });
        };
        match (self.stage, outcome) {
            (Stage::Creating, SessionOutcome::Created { session }) => {
                let Some(text) = text else {
                    turn.remove_session(session, Waiter::Nobody);
                    return Authored::Nothing(Lack::Stopped);
                };
                let Commission { title, task, role, run, .. } = commission;
                let title = format!("{title} for {} {}", task.id, task.title);
                let entry = turn.open(&run.chat, title, role.agent(), session);
                let open = Open { session: session.clone(), entry };
                Authored::More(open.ask(turn, commission, text, self.is_probe))
            }
            (Stage::Creating, other) => Authored::Nothing(Lack::of(None, other, commission.timeout_ms())),
            (Stage::Asking { open, asked }, outcome) => {
                commission.account(turn, outcome, took_ms);
                let (model, timeout_ms) = (commission.model(), commission.timeout_ms());
                let trouble =
                    asked.ended(turn, commission.run, model.as_ref(), outcome, timeout_ms, self.is_probe);
                match (trouble, outcome) {
                    (None, SessionOutcome::Answered { text, .. }) => Authored::Text(open, text.clone()),
                    (trouble, other) => {
                        open.close(turn, commission.run, Err(commission.nothing));
                        Authored::Nothing(Lack::of(trouble, other, timeout_ms))
                    }
                }
            }
        }
    }

    /// Something was seen in a session. `None` when it is not its own, else whether a provider that rested
    /// works again.
    pub fn signalled(
        &mut self,
        turn: &mut Turn,
        run: &Run,
        model: Option<&ModelRef>,
        seen: &SessionId,
        signal: &SessionSignal,
    ) -> Option<bool> {
        let Stage::Asking { open, asked } = &mut self.stage else { return None };
        if open.session != *seen {
            return None;
        }
        let works_again = asked.signalled(turn, run, model, signal);
        self.is_probe &= !works_again;
        Some(works_again)
    }
}

impl Open {
    /// Asks once more in the same session.
    pub fn again(self, turn: &mut Turn, commission: &Commission, text: String) -> Author {
        self.ask(turn, commission, text, false)
    }

    fn ask(self, turn: &mut Turn, commission: &Commission, text: String, is_probe: bool) -> Author {
        let timeout_ms = commission.timeout_ms();
        let operation = SessionOperation::Ask {
            session: self.session.clone(),
            directory: None,
            agent: commission.prompt().agent,
            model: commission.model(),
            text,
            timeout_ms,
            silent_ms: silent_ms(timeout_ms),
            focus: None,
            hearing: Hearing::AnswerOnly,
        };
        let ask = turn.request(commission.waiter.clone(), Operation::Session(operation));
        Author { is_probe, stage: Stage::Asking { open: self, asked: Asked::begin(turn, ask) } }
    }

    /// Deletes the session and ends its line in the chat, with what came of it.
    pub fn close(self, turn: &mut Turn, run: &Run, end: Result<&str, &str>) {
        turn.remove_session(&self.session, Waiter::Nobody);
        turn.close(&run.chat, self.entry, end.is_ok(), end.unwrap_or_else(|nothing| nothing));
    }
}
