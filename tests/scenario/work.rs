//! The world's sessions and processes: what agents do to a worktree, what commands say of it.

use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::process::ProcessOutcome;
use multi_agent_coder::effect::session::{FoundSession, SessionOperation, SessionOutcome, Trouble, Usage};
use multi_agent_coder::effect::stored::{Origin, StoredText};
use multi_agent_coder::ids::{SessionId, Slot};

use crate::agents::{Act, key};
use crate::common::tree::{Tree, directory};
use crate::world::{Meddling, Pending, Sent, Session, World};

impl World {
    /// An agent gets a text: what will it do, and how long will it take?
    pub(crate) fn take_on_ask(&mut self, pending: &mut Pending) {
        let Operation::Session(SessionOperation::Ask { session, model, text, timeout_ms, silent_ms, .. }) =
            &pending.operation
        else {
            return;
        };
        let known = self.sessions.get_mut(session).expect("checked before");
        known.asks += 1;
        known.texts.push(StoredText::as_sent(text));
        self.meddle(session);
        let known = self.sessions.get_mut(session).expect("checked before");
        let purpose = known.purpose.clone();
        self.sent.push(Sent {
            purpose: purpose.clone(),
            model: model.as_ref().map(ToString::to_string).unwrap_or_default(),
            text: text.clone(),
            at_ms: self.now_ms,
        });
        let act = self.agents.next(&purpose);
        pending.due_ms = self.now_ms
            + match act {
                Act::Hang => *timeout_ms,
                Act::Silent => *silent_ms,
                _ => 60_000 + 1_000 * self.sent.len() as u64,
            };
        pending.act = Some(act);
    }

    /// What somebody else puts into the sessions of an agent.
    fn meddle(&mut self, session: &SessionId) {
        let Some(known) = self.sessions.get_mut(session) else { return };
        let parts = |text: &str| {
            let mut parts = StoredText::as_sent(text).parts;
            parts.iter_mut().for_each(|part| (part.differs_at, part.excerpt) = (0, text.to_owned()));
            parts
        };
        match self.meddling.get(&key(&known.purpose)) {
            Some(Meddling::Part(more)) => {
                known.texts.iter_mut().for_each(|text| text.parts.extend(parts(more)))
            }
            Some(Meddling::Message(more)) => {
                known.texts.push(StoredText { origin: Origin::Foreign, parts: parts(more) });
            }
            None => {}
        }
    }

    pub(crate) fn perform_session(
        &mut self,
        operation: &SessionOperation,
        act: Option<Act>,
        is_cancelled: bool,
    ) -> SessionOutcome {
        match operation {
            SessionOperation::Create { directory, purpose, .. } => {
                let id = SessionId(format!("ses-{}", self.sessions.len() + 1));
                let session = Session {
                    purpose: purpose.clone(),
                    directory: directory.clone(),
                    is_removed: false,
                    asks: 0,
                    answer: None,
                    texts: Vec::new(),
                };
                self.sessions.insert(id.clone(), session);
                SessionOutcome::Created { session: id }
            }
            SessionOperation::Remove { session, .. } => {
                if self.keeps_sessions {
                    let reason = "the host answered 500".to_owned();
                    return SessionOutcome::Kept { reason };
                }
                let known = self.sessions.get_mut(session).expect("checked before");
                known.is_removed = true;
                SessionOutcome::Removed
            }
            SessionOperation::Ask { session, .. } => {
                let outcome = self.act(session, act.expect("set when taken on"), is_cancelled);
                let known = self.sessions.get_mut(session).expect("checked before");
                known.answer = Some(outcome.clone());
                outcome
            }
            SessionOperation::Nudge { session, text, .. } => {
                let purpose = self.sessions[session].purpose.clone();
                let nudge = Sent { purpose, model: String::new(), text: text.clone(), at_ms: self.now_ms };
                self.nudges.push(nudge);
                SessionOutcome::Nudged
            }
            SessionOperation::Recall { .. } if self.recalls_failing > 0 => {
                self.recalls_failing -= 1;
                let message = "no answer within 10 s".to_owned();
                let trouble = Trouble::Error { name: "TimeoutError".into(), status: None, message };
                SessionOutcome::Failed { trouble, usage: Usage::default() }
            }
            SessionOperation::Recall { session, .. } => match self.sessions.get(session) {
                None | Some(Session { is_removed: true, .. }) => SessionOutcome::Removed,
                Some(Session { answer: Some(answer @ SessionOutcome::Answered { .. }), .. }) => {
                    answer.clone()
                }
                Some(_) => SessionOutcome::Unfinished { usage: Usage::default() },
            },
            SessionOperation::Find { .. } if std::mem::take(&mut self.is_search_failing) => {
                let trouble =
                    Trouble::Error { name: "APIError".into(), status: Some(500), message: "down".into() };
                SessionOutcome::Failed { trouble, usage: Usage::default() }
            }
            SessionOperation::Find { .. } => {
                let there = self.sessions.iter().filter(|(_, session)| !session.is_removed);
                let found = there.map(|(id, session)| FoundSession {
                    session: id.clone(),
                    directory: session.directory.clone(),
                    purpose: session.purpose.clone(),
                });
                SessionOutcome::Found { sessions: found.collect() }
            }
        }
    }

    fn act(&mut self, session: &SessionId, act: Act, is_cancelled: bool) -> SessionOutcome {
        let known = self.sessions[session].clone();
        // Figures that a sloppy reader of JSON numbers would get wrong in the last bit.
        let n = self.sent.len() as u64;
        let usage = Usage {
            input_tokens: 3_000 + n,
            output_tokens: 400,
            cached_tokens: self.cached_tokens,
            cost_usd: 0.01 + n as f64 / 30_011.0,
            steps: 3,
        };
        let answered = |text: &str, finish: Option<&str>| SessionOutcome::Answered {
            text: text.to_owned(),
            text_bytes: text.len() as u64,
            finish: finish.map(str::to_owned),
            usage,
            stored: known.texts.clone(),
        };
        let is_worker = matches!(known.purpose.agent.as_str(), "implementer" | "documenter");
        if is_cancelled {
            if is_worker {
                self.write(&known, &[("half.txt".into(), "half done\n".into())]);
            }
            return SessionOutcome::Aborted { usage };
        }
        let task = known.purpose.task.clone().unwrap_or_default();
        let text = format!("{task} attempt {}\n", known.purpose.attempt);
        let usual = vec![(self.agents.file_of(&task), text)];
        match act {
            Act::Reply(text) => answered(&text, Some("stop")),
            Act::Change(files) => {
                self.write(&known, &files);
                answered("Done.", Some("stop"))
            }
            Act::Note(text) => {
                self.write(&known, &usual);
                answered(&text, Some("stop"))
            }
            Act::Finish(finish) => {
                self.write(&known, &usual);
                answered("And then", finish)
            }
            Act::Fail(trouble) => SessionOutcome::Failed { trouble, usage },
            Act::Hang => {
                self.write(&known, &usual);
                let trouble = Trouble::Deadline;
                SessionOutcome::Failed { trouble, usage }
            }
            Act::Silent => {
                let trouble = Trouble::Silent;
                SessionOutcome::Failed { trouble, usage }
            }
        }
    }

    fn write(&mut self, session: &Session, files: &[(String, String)]) {
        let slots = (1..=8).map(Slot);
        let mut own = slots.filter(|slot| session.directory == Some(directory(*slot)));
        let Some(slot) = own.next() else { return };
        let worktree = self.git.worktrees.get_mut(&slot).expect("prepared before");
        worktree.is_dirty = true;
        for (path, text) in files {
            worktree.tree.insert(path.clone(), text.clone());
        }
    }

    pub(crate) fn perform_process(&self, at: &str, command: &str) -> ProcessOutcome {
        let worktree = self
            .git
            .worktrees
            .iter()
            .find(|(slot, _)| directory(**slot) == at)
            .map(|(_, worktree)| worktree)
            .unwrap_or_else(|| panic!("{command} runs in {at}, which was never prepared"));
        let (code, tail) = gate(&worktree.tree, command);
        if code == -1 {
            let (duration_ms, tail) = (600_000, tail);
            return ProcessOutcome::TimedOut { duration_ms, tail };
        }
        ProcessOutcome::Exited { code, duration_ms: 2_000, tail }
    }
}

/// What a project's command says of its files. `BUG` in a file makes the tests red, `UGLY` the linter;
/// `HALF` is fine alone and red in two files; `SLOW` never ends; `UNTESTED` leaves no test to run. A line
/// `NEEDS word` in a test is red while no other file has the word.
fn gate(tree: &Tree, command: &str) -> (i32, String) {
    let with = |word: &str| -> Vec<&str> {
        let files = tree.iter().filter(|(_, text)| text.contains(word));
        files.map(|(path, _)| path.as_str()).collect()
    };
    if command.contains("lint") {
        return match with("UGLY").first() {
            Some(path) => (1, format!("{path}\n  1:1  error  'x' is unused  no-unused-vars\n")),
            None => (0, String::new()),
        };
    }
    let half = with("HALF");
    let bugs = with("BUG");
    let needs = needs(tree);
    let bug = bugs.first().or(half.get(1)).copied().or(needs);
    match bug {
        _ if !with("SLOW").is_empty() => (-1, "✔ one test\n".into()),
        Some(path) => (
            1,
            format!(
                "✖ sums up (0.9ms)\nℹ tests 5\nℹ pass 4\nℹ fail 1\n\n✖ failing tests:\n\ntest at {path}:7:3\n✖ sums up (0.9ms)\n  AssertionError [ERR_ASSERTION]: 3 !== 4\n      at TestContext.<anonymous> (file:///pool/w1/{path}:7:3)\n"
            ),
        ),
        None if !with("UNTESTED").is_empty() => (0, "ℹ tests 0\nℹ pass 0\nℹ fail 0\n".into()),
        None => (0, "ℹ tests 5\nℹ pass 5\nℹ fail 0\n".into()),
    }
}

/// The first test that does not find what it needs in any file but tests.
fn needs(tree: &Tree) -> Option<&str> {
    let is_test = |path: &str| path.contains("test");
    let is_there = |word: &str| tree.iter().any(|(path, text)| !is_test(path) && text.contains(word));
    let lacks = |text: &str| {
        let mut words = text.lines().filter_map(|line| line.strip_prefix("NEEDS "));
        words.any(|word| !is_there(word))
    };
    tree.iter().find(|(path, text)| is_test(path) && lacks(text)).map(|(path, _)| path.as_str())
}
