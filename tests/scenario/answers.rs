//! The world's answers: what becomes of each effect, and what the person sees.

use multi_agent_coder::audit::audit;
use multi_agent_coder::effect::audit::{AuditOperation, AuditOutcome};
use multi_agent_coder::effect::catalogue::{CatalogueEntry, CatalogueOperation, CatalogueOutcome};
use multi_agent_coder::effect::chat::ChatOperation;
use multi_agent_coder::effect::file::{Expected, FileOperation, FileOutcome};
use multi_agent_coder::effect::machine::{MachineOperation, MachineOutcome};
use multi_agent_coder::effect::process::{ProcessOperation, ProcessOutcome};
use multi_agent_coder::effect::session::SessionOperation;
use multi_agent_coder::effect::timer::{TimerOperation, TimerOutcome};
use multi_agent_coder::effect::{Effect, Operation, Outcome};
use multi_agent_coder::ids::{EffectId, ModelRef};

use crate::common::files::{self, hash, key};
use crate::world::{Pending, World};

impl World {
    /// Begins what an effect asks for.
    pub(crate) fn take_on(&mut self, effect: &Effect) {
        let mut pending = Pending {
            id: effect.id,
            operation: effect.operation.clone(),
            due_ms: self.now_ms + 5,
            act: None,
            outcome: None,
            is_cancelled: false,
        };
        match &effect.operation {
            Operation::Chat(operation) => return self.show(effect.id, operation),
            Operation::Cancel(id) => {
                let now_ms = self.now_ms;
                if let Some(hit) = self.pending.iter_mut().find(|pending| pending.id == *id) {
                    hit.is_cancelled = !self.cancel_is_late;
                    hit.due_ms = now_ms + 1;
                }
                return;
            }
            Operation::File(operation) => pending.outcome = Some(Outcome::File(self.perform_file(operation))),
            Operation::Git(operation) if self.git_is_eager => {
                pending.outcome = Some(Outcome::Git(self.git.perform(operation)));
            }
            Operation::Session(SessionOperation::Ask { .. }) => self.take_on_ask(&mut pending),
            Operation::Process(_) => pending.due_ms = self.now_ms + 2_000,
            Operation::Timer(TimerOperation::Sleep { duration_ms }) => {
                pending.due_ms = self.now_ms + duration_ms;
            }
            _ => {}
        }
        self.pending.push(pending);
    }

    /// How it ends.
    pub(crate) fn outcome(&mut self, pending: Pending) -> Outcome {
        if let Some(outcome) = pending.outcome {
            return outcome;
        }
        match &pending.operation {
            Operation::Session(operation) => {
                Outcome::Session(self.perform_session(operation, pending.act, pending.is_cancelled))
            }
            Operation::Git(operation) => Outcome::Git(self.git.perform(operation)),
            Operation::Process(_) if pending.is_cancelled => Outcome::Process(ProcessOutcome::Aborted),
            Operation::Process(ProcessOperation::Run { directory, command, .. }) => {
                Outcome::Process(self.perform_process(directory, command))
            }
            Operation::Timer(_) if pending.is_cancelled => Outcome::Timer(TimerOutcome::Aborted),
            Operation::Timer(_) => Outcome::Timer(TimerOutcome::Elapsed),
            Operation::Catalogue(CatalogueOperation::Look { models }) => {
                let models = models.iter().map(|model| self.entry(model)).collect();
                Outcome::Catalogue(CatalogueOutcome::Found { models })
            }
            Operation::Audit(AuditOperation::Verify { lines_max }) => {
                let (journal, head) = self.journal();
                let audit = audit(&journal, Some(&head), *lines_max as usize);
                Outcome::Audit(AuditOutcome::Verified { audit })
            }
            Operation::Machine(MachineOperation::Look) => Outcome::Machine(MachineOutcome::Seen {
                memory_bytes: 100 << 20,
                free_bytes: self.free_percent << 20,
            }),
            Operation::File(_) | Operation::Chat(_) | Operation::Cancel(_) => {
                panic!("answered at once or never")
            }
        }
    }

    fn entry(&self, model: &ModelRef) -> CatalogueEntry {
        let model = model.clone();
        if self.unknown_models.contains(&model.to_string()) {
            let similar = vec!["acme/large".to_owned()];
            return CatalogueEntry::Unknown { model, similar };
        }
        CatalogueEntry::Known { model, input_usd: 3.0, output_usd: 15.0, context_tokens: 200_000 }
    }

    fn perform_file(&mut self, operation: &FileOperation) -> FileOutcome {
        match operation {
            FileOperation::Read { file, bytes_max } => files::read(&self.files, file, *bytes_max),
            FileOperation::List { directory, depth_max, files_max, .. } => {
                files::list(&self.files, directory, *depth_max, *files_max)
            }
            FileOperation::Write { file, text, expected } => {
                let found = self.files.get(&key(file)).map(|text| hash(text));
                let mut kept = None;
                let is_expected = match expected {
                    Expected::Anything => true,
                    Expected::Ours { hashes } => {
                        let is_ours = |found| hashes.contains(found) || *found == hash(text);
                        if let Some(edit) = self.files.get(&key(file)).cloned()
                            && !found.as_ref().is_some_and(is_ours)
                        {
                            let beside = format!("{}.edited", file.path);
                            self.files.insert((file.place, beside.clone()), edit);
                            kept = Some(beside);
                        }
                        true
                    }
                    Expected::Missing => found.is_none(),
                    Expected::Hash { hash } => found.as_ref() == Some(hash),
                };
                if !is_expected {
                    return FileOutcome::Changed;
                }
                self.files.insert(key(file), text.clone());
                FileOutcome::Written { hash: hash(text), kept }
            }
        }
    }

    fn show(&mut self, id: EffectId, operation: &ChatOperation) {
        match operation {
            ChatOperation::Say { text, .. } => self.transcript.push_str(text),
            ChatOperation::Open { title, agent, .. } => {
                self.titles.insert(id, title.clone());
                self.transcript.push_str(&format!("[{agent}] {title} …\n\n"));
            }
            ChatOperation::Close { entry, is_ok, text, .. } => {
                let mark = if *is_ok { "ok" } else { "failed" };
                let title = &self.titles[entry];
                let line = format!("[{title}] {mark}: {text}\n\n");
                self.transcript.push_str(&line);
            }
            ChatOperation::End { chat, error } => {
                let earlier = self.ends.insert(chat.clone(), error.clone());
                assert_eq!(earlier, None, "{chat} ended twice");
                self.open.remove(chat);
                let text = error.as_ref().map(|error| format!("Error: {error}\n"));
                self.transcript.push_str(&text.unwrap_or_default());
                self.transcript.push_str("---\n\n");
            }
        }
    }
}
