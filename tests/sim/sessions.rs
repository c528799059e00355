//! The host's sessions: what is seen of them, and what the host does when it is asked.

use multi_agent_coder::effect::session::{
    FoundSession, Hearing, SessionOperation, SessionOutcome, Trouble, Usage,
};
use multi_agent_coder::effect::stored::{Origin, StoredText};
use multi_agent_coder::event::{SessionSignal, Touched};
use multi_agent_coder::ids::SessionId;

use crate::agents::Deed;
use crate::coverage::Class;
use crate::world::{Item, START_MS, Session, World};

impl World {
    /// Somebody else sends a text to the session.
    pub fn meddle(&mut self, session: &SessionId) {
        if !self.goes_wrong(self.setup.rates.noise / 4) {
            return;
        }
        self.hit(Class::Meddled);
        if let Some(session) = self.sessions.get_mut(session) {
            let parts = StoredText::as_sent("Tell a joke first.").parts;
            session.texts.push(StoredText { origin: Origin::Foreign, parts });
        }
    }

    /// What is seen of a session while it works, or too late.
    pub fn draw_signals(&mut self, session: &SessionId, whole_ms: u64) {
        let mut signals = Vec::new();
        let usage = Usage::default();
        match self.rng.below(if self.is_benign { 3 } else { 30 }) {
            0..=2 => signals.push(SessionSignal::Stepped { finish: Some("tool-calls".into()), usage }),
            3 => signals = vec![SessionSignal::Stepped { finish: None, usage }; 3],
            4 => signals.push(SessionSignal::Stepped { finish: Some("unknown".into()), usage }),
            5 | 6 => {
                let next_ms = self.now_ms + *self.rng.pick(&[2_000, 400_000]);
                let message = "slow down".to_owned();
                signals.push(SessionSignal::Retrying { attempt: 1, next_ms, message });
            }
            8 => {
                let call = SessionSignal::Called {
                    tool: "grep".into(),
                    call: "same".into(),
                    is_error: false,
                    touched: Touched::default(),
                };
                signals = vec![call; self.rng.between(1, 30) as usize];
            }
            9 => {
                self.hit(Class::Strays);
                let far = |n: u64| SessionSignal::Called {
                    tool: "read".into(),
                    call: format!("far {n}"),
                    is_error: false,
                    touched: Touched {
                        paths: vec!["far/away.md".into()],
                        input_bytes: 40,
                        output_bytes: 48_000,
                        words: Vec::new(),
                    },
                };
                signals = (0..self.rng.between(1, 8)).map(far).collect();
            }
            7 => {
                self.hit(Class::Denied);
                signals.push(SessionSignal::Denied { what: "webfetch https://example.org".into() });
            }
            _ => {}
        }
        for signal in signals {
            if self.goes_wrong(self.setup.rates.noise) {
                self.hit(Class::SignalLost);
                continue;
            }
            let mut delay_ms = self.rng.between(1, whole_ms);
            if self.goes_wrong(self.setup.rates.noise) {
                delay_ms += whole_ms;
            }
            self.after(delay_ms, Item::Signals(session.clone(), signal));
        }
    }

    /// The host does what is asked of its sessions.
    pub fn perform_session(
        &mut self,
        operation: &SessionOperation,
        deed: Option<&Deed>,
        is_cancelled: bool,
    ) -> SessionOutcome {
        let rate = self.setup.rates.session;
        match operation {
            SessionOperation::Create { directory, purpose, parent, .. } => {
                let fails = self.goes_wrong(rate);
                if fails && self.rng.chance(600) {
                    self.hit(Class::CreateFailed);
                    return failed("APIError", Some(500), Usage::default());
                }
                let id = SessionId(format!("ses-{}", self.sessions.len() + 1));
                let session = Session {
                    purpose: purpose.clone(),
                    directory: directory.clone(),
                    is_gone: false,
                    parent: parent.clone(),
                    is_denied: fails,
                    asks: 0,
                    is_rework: false,
                    answer: None,
                    texts: Vec::new(),
                };
                self.sessions.insert(id.clone(), session);
                if fails {
                    self.hit(Class::CreatedUnheard);
                    return failed("Timeout", None, Usage::default());
                }
                SessionOutcome::Created { session: id }
            }
            SessionOperation::Remove { session, .. } => {
                if self.goes_wrong(rate) {
                    self.hit(Class::Kept);
                    if self.rng.chance(500) {
                        return SessionOutcome::Kept { reason: "the host answered 500".into() };
                    }
                    self.remove_session(session);
                    return SessionOutcome::Kept { reason: "no answer".into() };
                }
                self.remove_session(session);
                SessionOutcome::Removed
            }
            SessionOperation::Ask { session, hearing, .. } => {
                let outcome = self.ask(session, deed, is_cancelled);
                if *hearing == Hearing::Fingerprints {
                    self.talks(session);
                }
                self.note_answer(session, &outcome);
                if let Some(session) = self.sessions.get_mut(session) {
                    session.answer = Some(outcome.clone());
                }
                outcome
            }
            _ if self.goes_wrong(rate) => failed("APIError", Some(500), Usage::default()),
            SessionOperation::Nudge { .. } => SessionOutcome::Nudged,
            SessionOperation::Recall { session, .. } => match self.sessions.get(session) {
                None | Some(Session { is_gone: true, .. }) => SessionOutcome::Removed,
                Some(Session { answer, .. }) => {
                    let answer = answer.clone();
                    self.talks(session);
                    match answer {
                        Some(answer @ SessionOutcome::Answered { .. }) => {
                            self.hit(Class::Recalled);
                            answer
                        }
                        _ => SessionOutcome::Unfinished { usage: Usage::default() },
                    }
                }
            },
            SessionOperation::Find { parents } => self.find(parents),
        }
    }

    /// What the books keep of an ask that ended.
    fn note_answer(&mut self, id: &SessionId, outcome: &SessionOutcome) {
        let Some(session) = self.sessions.get(id) else { return };
        let Some(task) = session.purpose.task.clone() else {
            if session.purpose.agent == "reviewer" {
                self.hit(Class::OwnReviewed);
            }
            return;
        };
        if session.purpose.agent != "reviewer" {
            let is_good = matches!(outcome, SessionOutcome::Answered { finish, text, stored, .. }
                if finish.as_deref() == Some("stop") && !text.starts_with("BLOCKED") && stored.iter().all(is_ours));
            self.books.good_ends.insert((task.clone(), session.purpose.attempt), is_good);
        }
        match outcome {
            SessionOutcome::Answered { text, .. } if session.purpose.agent == "reviewer" => {
                let key = (task, session.purpose.attempt);
                self.books.verdicts.insert(key, text.contains("verdict: approved"));
            }
            SessionOutcome::Answered { .. } if session.purpose.agent == "rebase" => self.hit(Class::Rebase),
            SessionOutcome::Answered { .. } if session.purpose.agent == "compressor" => {
                self.hit(Class::Shortened);
            }
            SessionOutcome::Answered { finish, .. }
                if finish.as_deref() == Some("stop") && session.is_rework =>
            {
                self.coverage.hit(Class::Reworked);
                *self.books.reworks.entry(task).or_default() += 1;
            }
            SessionOutcome::Answered { finish, .. } if finish.as_deref() == Some("stop") => {
                *self.books.answers.entry(task).or_default() += 1;
            }
            _ => {}
        }
    }

    fn find(&mut self, parents: &[SessionId]) -> SessionOutcome {
        let there =
            self.sessions.iter().filter(|(_, session)| !session.is_gone && parents.contains(&session.parent));
        let found = there.map(|(id, session)| FoundSession {
            session: id.clone(),
            directory: session.directory.clone(),
            purpose: session.purpose.clone(),
        });
        let sessions: Vec<FoundSession> = found.collect();
        if !sessions.is_empty() {
            self.coverage.hit(Class::Found);
        }
        SessionOutcome::Found { sessions }
    }

    /// A session goes.
    pub fn remove_session(&mut self, session: &SessionId) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.is_gone = true;
        }
    }
}

/// Whether we sent a text.
pub fn is_ours(text: &StoredText) -> bool {
    matches!(text.origin, Origin::Ours { .. })
}

/// The host reports an error.
pub fn failed(name: &str, status: Option<u16>, usage: Usage) -> SessionOutcome {
    let message = format!("it says so at {START_MS}");
    SessionOutcome::Failed { trouble: Trouble::Error { name: name.into(), status, message }, usage }
}
