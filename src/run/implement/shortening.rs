//! Before anything starts: tasks that are too long for a context, each put into fewer words by an agent
//! that is asked once. The spec stays the person's; only the context has the shorter wording.

use std::collections::VecDeque;

use serde::Serialize;

use crate::backlog::TaskSpec;
use crate::context::{ContextTooLarge, Inputs, Others, Unclean, compile_clean};
use crate::definitions::Role;
use crate::effect::session::{Purpose, SessionOperation, SessionOutcome};
use crate::effect::stored::sha256;
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::event::SessionSignal;
use crate::ids::{EffectId, ModelRef, SessionId};
use crate::metrics::Entry;
use crate::rebase::{parse_wording, wording_prompt};
use crate::resilience::provider::{Admission, Live};
use crate::route::Work;
use crate::run::asked::Asked;
use crate::run::implement::{ImplementRun, Stage as RunStage, Wait};
use crate::run::providers::{self, provider_of};
use crate::run::{Waiter, session_failure, silent_ms};
use crate::text::bytes;
use crate::track::Wording;

/// Tasks that are being put into fewer words, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Shortening {
    left: VecDeque<usize>,
    /// Why some of them stay as they are.
    problems: Vec<String>,
    stage: Stage,
}

/// What the first of them waits for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
enum Stage {
    /// Its turn.
    #[default]
    Next,
    /// The session is being made.
    Creating,
    /// The author works.
    Asking { session: SessionId, entry: EffectId, asked: Asked },
}

/// Whether a wording is of this spec. Only what a worker reads counts.
fn key(spec: &TaskSpec) -> String {
    let parts = (&spec.title, &spec.description, &spec.acceptance, &spec.scope.files_hint, &spec.context);
    sha256(&serde_json::to_string(&parts).expect("texts and lists of them are always JSON"))
}

impl ImplementRun {
    /// The task in the words that its worker reads.
    pub(super) fn worded(&self, task: usize) -> Option<&TaskSpec> {
        let (spec, record) = (self.track.backlog.tasks.get(task)?, self.track.records.get(task)?);
        Some(
            record
                .wording
                .as_ref()
                .filter(|wording| wording.of == key(spec))
                .map_or(spec, |wording| &wording.spec),
        )
    }

    /// Why a task does not fit as it is; `None` when it does.
    fn too_large(&self, task: usize, spec: &TaskSpec, others: &Others) -> Option<ContextTooLarge> {
        let inputs = Inputs { task: spec, ..self.inputs(task)? };
        match compile_clean(&inputs, others) {
            Err(Unclean::TooLarge(problem)) => Some(problem),
            _ => None,
        }
    }

    /// Begins with the tasks that do not fit, even in the words that are known. A wording is forgotten when
    /// its task fits without.
    pub(super) fn shorten(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        if !self.wish.asks_an_agent() {
            return self.settle_branch(turn);
        }
        let others = Others::of(&self.track.backlog.tasks);
        let startable: Vec<usize> = self.startable().collect();
        let mut left = VecDeque::new();
        for task in startable {
            let Some(worded) = self.worded(task) else { continue };
            if self.too_large(task, worded, &others).is_some() {
                left.push_back(task);
            } else if self.too_large(task, &self.track.backlog.tasks[task], &others).is_none() {
                self.track.records[task].wording = None;
            }
        }
        if !left.is_empty() {
            providers::meet(turn, &self.run, provider_of(self.author_model().as_ref()));
        }
        self.next_to_shorten(turn, Shortening { left, ..Shortening::default() })
    }

    fn next_to_shorten(mut self: Box<Self>, turn: &mut Turn, mut shortening: Shortening) -> Activity {
        while let Some(task) = shortening.left.front().copied() {
            match self.held_back(turn) {
                None => {
                    self.create_author(turn, task);
                    shortening.stage = Stage::Creating;
                    self.stage = RunStage::Shortening(shortening);
                    return Activity::Implement(self);
                }
                Some(why) => {
                    let problem =
                        self.refusal(task, &format!("nobody was asked for fewer words, because {why}"));
                    shortening.problems.push(problem);
                    shortening.left.pop_front();
                }
            }
        }
        if shortening.problems.is_empty() {
            return self.settle_branch(turn);
        }
        let text = self.unsendable(&shortening.problems);
        self.leave(turn, text)
    }

    /// Why the author may not be asked now.
    fn held_back(&self, turn: &mut Turn) -> Option<String> {
        if let Some(what) = self.spent_budget(turn) {
            return Some(format!("the budget is used up ({what})"));
        }
        let (now_ms, asks_max, model) =
            (turn.shared.now_ms, self.run.options.max_workers, self.author_model());
        let provider = turn.shared.provider(model.as_ref(), asks_max);
        match provider.admit(now_ms, Live::default(), false) {
            Admission::Go { .. } => {
                provider.started(now_ms);
                None
            }
            _ => Some(format!("{} rests", provider_of(model.as_ref()))),
        }
    }

    fn author_model(&self) -> Option<ModelRef> {
        self.run.model(Role::Compressor, Work::Documentation)
    }

    fn refusal(&self, task: usize, why: &str) -> String {
        let others = Others::of(&self.track.backlog.tasks);
        let problem = self.track.backlog.tasks.get(task).and_then(|spec| self.too_large(task, spec, &others));
        problem.map(|problem| format!("{problem}; {why}")).unwrap_or_default()
    }

    fn create_author(&self, turn: &mut Turn, task: usize) {
        let spec = &self.track.backlog.tasks[task];
        let operation = SessionOperation::Create {
            directory: None,
            parent: self.run.chat.clone(),
            title: format!("Shorter wording for {}: {}", spec.id, spec.title),
            rules: Role::Compressor.rules(),
            purpose: Purpose {
                agent: Role::Compressor.agent().to_owned(),
                task: Some(spec.id.to_string()),
                attempt: self.track.records[task].begun,
            },
        };
        turn.request(Waiter::Implement(Wait::Step), Operation::Session(operation));
    }

    /// A step of it ended.
    pub(super) fn shortening_resolved(
        mut self: Box<Self>,
        turn: &mut Turn,
        mut shortening: Shortening,
        outcome: &Outcome,
        took_ms: u64,
    ) -> Activity {
        let timeout_ms = self.run.options.planning_timeout_ms;
        let (Some(task), Outcome::Session(outcome)) = (shortening.left.front().copied(), outcome) else {
            return self.leave(turn, "the host gave an answer that does not fit");
        };
        let result = match (std::mem::take(&mut shortening.stage), outcome) {
            (Stage::Creating, SessionOutcome::Created { session }) if self.is_stopping() => {
                turn.remove_session(session, Waiter::Nobody);
                Err("stopped".to_owned())
            }
            (Stage::Creating, SessionOutcome::Created { session }) => {
                shortening.stage = self.ask_author(turn, task, session);
                self.stage = RunStage::Shortening(shortening);
                return Activity::Implement(self);
            }
            (Stage::Asking { session, entry, asked }, outcome) => {
                self.account_wording(turn, task, outcome, took_ms);
                turn.remove_session(&session, Waiter::Nobody);
                let model = self.author_model();
                let trouble = asked.ended(turn, &self.run, model.as_ref(), outcome, timeout_ms, false);
                let result = match (trouble, outcome) {
                    (None, SessionOutcome::Answered { text, .. }) => self.take_wording(task, text),
                    (Some(trouble), _) => Err(trouble.told()),
                    (None, other) => Err(session_failure(other, timeout_ms)),
                };
                let end =
                    result.as_ref().map_or_else(|_| "no shorter wording".to_owned(), |bytes| bytes.clone());
                turn.close(&self.run.chat, entry, result.is_ok(), end);
                result
            }
            (_, other) => Err(session_failure(other, timeout_ms)),
        };
        if self.is_stopping() {
            return self.leave(turn, "stopped before any task began");
        }
        shortening.left.pop_front();
        match result {
            Ok(size) => {
                let text = format!(
                    "**{}** is too long for a context, so its worker gets a shorter wording of it ({size}). {} keeps yours.",
                    self.track.backlog.tasks[task].id,
                    self.run.document("BACKLOG.yaml")
                );
                turn.say(&self.run.chat, text);
            }
            Err(why) => {
                let why = format!(
                    "a shorter wording was asked for and cannot be used: {}",
                    why.trim_end_matches('.')
                );
                shortening.problems.push(self.refusal(task, &why));
            }
        }
        self.next_to_shorten(turn, shortening)
    }

    fn ask_author(&self, turn: &mut Turn, task: usize, session: &SessionId) -> Stage {
        let spec = &self.track.backlog.tasks[task];
        let title = format!("Shorter wording for {} {}", spec.id, spec.title);
        let entry = turn.open(&self.run.chat, title, Role::Compressor.agent(), session);
        let others = Others::of(&self.track.backlog.tasks);
        let problem = self.too_large(task, spec, &others);
        let timeout_ms = self.run.options.planning_timeout_ms;
        let prompt = self.run.prompt(Role::Compressor, Some(&spec.id), self.track.records[task].begun);
        let operation = SessionOperation::Ask {
            session: session.clone(),
            directory: None,
            agent: prompt.agent,
            model: self.author_model(),
            text: problem.map(|problem| wording_prompt(spec, &problem)).unwrap_or_default(),
            timeout_ms,
            silent_ms: silent_ms(timeout_ms),
            focus: None,
        };
        let ask = turn.request(Waiter::Implement(Wait::Step), Operation::Session(operation));
        Stage::Asking { session: session.clone(), entry, asked: Asked::begin(turn, ask) }
    }

    /// Takes a wording that keeps all, fits and is clean. Gives its context's size, or what is wrong with it.
    fn take_wording(&mut self, task: usize, reply: &str) -> Result<String, String> {
        let (of, shorter) = {
            let spec = &self.track.backlog.tasks[task];
            (key(spec), parse_wording(spec, reply)?)
        };
        let inputs = self.inputs(task).ok_or_else(|| "the task is gone".to_owned())?;
        let clean =
            compile_clean(&Inputs { task: &shorter, ..inputs }, &Others::of(&self.track.backlog.tasks));
        let size = match clean {
            Ok(clean) => bytes(clean.context.text.len() as u64),
            Err(Unclean::TooLarge(problem)) => {
                return Err(format!("it still takes {}", bytes(problem.bytes as u64)));
            }
            Err(problem) => return Err(problem.lines().join("; ")),
        };
        self.track.records[task].wording = Some(Wording { of, spec: shorter });
        Ok(size)
    }

    fn account_wording(&self, turn: &mut Turn, task: usize, outcome: &SessionOutcome, took_ms: u64) {
        let (spec, record) = (&self.track.backlog.tasks[task], &self.track.records[task]);
        if let Some(usage) = outcome.usage() {
            turn.shared.ledger.add(Entry {
                work: Work::Documentation,
                model: self.author_model(),
                track: self.run.track.clone(),
                task: Some(spec.id.clone()),
                attempt: record.begun,
                usage,
                duration_ms: took_ms,
                prompt: Some(self.run.prompt(Role::Compressor, Some(&spec.id), record.begun)),
            });
        }
    }

    /// Something was seen in a session. Gives whether it was this author's.
    pub(super) fn shortening_signalled(
        &mut self,
        turn: &mut Turn,
        seen: &SessionId,
        signal: &SessionSignal,
    ) -> bool {
        let model = self.author_model();
        let RunStage::Shortening(Shortening { stage: Stage::Asking { session, asked, .. }, .. }) =
            &mut self.stage
        else {
            return false;
        };
        if session == seen {
            asked.signalled(turn, &self.run, model.as_ref(), signal);
        }
        session == seen
    }
}
