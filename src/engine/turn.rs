//! One step of the engine: what it may change, and what it asks for.

use super::{Activity, Nature, Shared, Waiting};
use crate::effect::chat::ChatOperation;
use crate::effect::file::{Expected, Place};
use crate::effect::git::GitOutcome;
use crate::effect::session::SessionOperation;
use crate::effect::stored::sha256;
use crate::effect::{Effect, Operation, Outcome};
use crate::ids::{EffectId, SessionId};
use crate::run::documents::write;
use crate::run::{Run, Waiter};

/// So many versions of a document can be on their way to the disk before one was heard of.
const WRITTEN_MAX: usize = 8;

/// One step: what it may change, and the effects it has caused so far.
pub(crate) struct Turn<'a> {
    /// What outlives the command.
    pub shared: &'a mut Shared,
    /// Nobody performs the effects: what is dear and only for them need not be made.
    pub is_past: bool,
    pub(super) effects: Vec<Effect>,
}

impl Turn<'_> {
    /// Asks for something; `waiter` is told how it ended.
    pub fn request(&mut self, waiter: Waiter, operation: Operation) -> EffectId {
        debug_assert!(operation.is_answered(), "nobody can wait for what is not answered");
        let nature = Nature::of(&operation);
        let id = self.push(operation);
        let since_ms = self.shared.now_ms;
        self.shared.waiting.insert(id, Waiting { waiter, since_ms, nature });
        id
    }

    /// Stops an effect that takes time. It still resolves, as aborted.
    pub fn cancel(&mut self, id: EffectId) {
        if self.shared.waiting.get(&id).is_some_and(|waiting| waiting.nature == Nature::Long) {
            self.push(Operation::Cancel(id));
        }
    }

    /// Stops every effect that takes time.
    pub fn cancel_all(&mut self) {
        let ids: Vec<_> = self.shared.waiting.keys().copied().collect();
        for id in ids {
            self.cancel(id);
        }
    }

    /// Whether a command waits for anything still.
    pub fn is_awaited(&self) -> bool {
        let is_own = |waiter: &Waiter| !(*waiter == Waiter::Nobody || waiter.is_look());
        self.shared.waiting.values().any(|waiting| is_own(&waiting.waiter))
    }

    /// Remembers what git's configuration was like when a command began, if that was changed under it: the
    /// next command must not take the change for the person's.
    pub fn guard(&mut self, run: &Run, outcome: &Outcome) {
        if let Outcome::Git(GitOutcome::Tampered { .. }) = outcome {
            self.shared.guard = Some(run.repository.guard.clone());
        }
    }

    /// Writes a document for people. What is ours is replaced, an edit is kept beside it.
    pub fn write_document(&mut self, waiter: Waiter, path: &str, text: String) {
        self.write_over(waiter, path, text, &[]);
    }

    /// The same for a document of which more is known than what we wrote here: SHA-256 of what else may be
    /// replaced.
    pub fn write_over(&mut self, waiter: Waiter, path: &str, text: String, known: &[String]) {
        let mut hashes = self.shared.written.get(path).cloned().unwrap_or_default();
        hashes.extend(known.iter().filter(|hash| !hashes.contains(hash)).cloned().collect::<Vec<_>>());
        self.remember_document(path, &text);
        self.request(waiter, write(Place::Repository, path, text, Expected::Ours { hashes }));
    }

    /// A document for people is being written.
    pub fn remember_document(&mut self, path: &str, text: &str) {
        let hashes = self.shared.written.entry(path.to_owned()).or_default();
        let hash = sha256(text);
        hashes.retain(|known| *known != hash);
        hashes.push(hash);
        let surplus = hashes.len().saturating_sub(WRITTEN_MAX);
        hashes.drain(..surplus);
    }

    /// Whether nobody heard how the last write of a document ended: it may hold what was there before.
    pub fn is_document_unsure(&self, path: &str) -> bool {
        self.shared.written.get(path).is_some_and(|hashes| hashes.len() > 1)
    }

    /// A document for people holds what has this hash, or what was written after it.
    pub fn document_is_written(&mut self, path: &str, hash: &str) {
        if let Some(hashes) = self.shared.written.get_mut(path)
            && let Some(at) = hashes.iter().position(|known| known == hash)
        {
            hashes.drain(..at);
        }
    }

    /// Whether a document has what we wrote there last, as far as we know.
    pub fn is_document_own(&self, path: &str, hash: &str) -> bool {
        self.shared.written.get(path).is_some_and(|hashes| hashes.iter().any(|known| known == hash))
    }

    /// A person's edit of a document counts: what we wrote there before would be an edit again.
    pub fn take_document(&mut self, path: &str, hash: &str) {
        self.shared.written.insert(path.to_owned(), vec![hash.to_owned()]);
    }

    /// Whatever a document holds now is an edit.
    pub fn forget_document(&mut self, path: &str) {
        self.shared.written.remove(path);
    }

    /// Whether a session's deletion is under way.
    pub fn is_removing(&self, session: &SessionId) -> bool {
        let removes = |waiting: &Waiting| matches!(&waiting.nature, Nature::Removes { session: gone } if gone == session);
        self.shared.waiting.values().any(removes)
    }

    /// Deletes a session.
    pub fn remove_session(&mut self, session: &SessionId, waiter: Waiter) {
        let directory = self.shared.sessions.get(session).cloned().flatten();
        self.request(
            waiter,
            Operation::Session(SessionOperation::Remove { session: session.clone(), directory }),
        );
    }

    /// Shows a paragraph.
    pub fn say(&mut self, chat: &SessionId, text: impl Into<String>) {
        let text = format!("{}\n\n", text.into().trim_end());
        self.push(Operation::Chat(ChatOperation::Say { chat: chat.clone(), text }));
    }

    /// Shows an agent at work. The id names the line for [`Turn::close`].
    pub fn open(&mut self, chat: &SessionId, title: String, agent: &str, session: &SessionId) -> EffectId {
        let entry = EffectId(self.shared.next_effect);
        let (chat, agent, session) = (chat.clone(), agent.to_owned(), session.clone());
        self.push(Operation::Chat(ChatOperation::Open { chat, entry, title, agent, session }))
    }

    /// Ends the line of an agent.
    pub fn close(&mut self, chat: &SessionId, entry: EffectId, is_ok: bool, text: impl Into<String>) {
        let (chat, text) = (chat.clone(), text.into());
        self.push(Operation::Chat(ChatOperation::Close { chat, entry, is_ok, text }));
    }

    /// Ends the command. With an error it counts as failed.
    pub fn end(&mut self, chat: &SessionId, error: Option<String>) {
        self.push(Operation::Chat(ChatOperation::End { chat: chat.clone(), error }));
    }

    /// Ends the command as failed.
    pub fn fail(&mut self, chat: &SessionId, error: impl Into<String>) -> Activity {
        self.end(chat, Some(error.into()));
        Activity::Idle
    }

    fn push(&mut self, operation: Operation) -> EffectId {
        let id = EffectId(self.shared.next_effect);
        self.shared.next_effect += 1;
        self.effects.push(Effect { id, operation });
        id
    }
}
