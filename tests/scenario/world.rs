//! The scripted world: a virtual clock and everything that answers effects, in a chosen order.

use std::collections::{BTreeMap, BTreeSet};

use multi_agent_coder::backlog::{TaskSpec, render};
use multi_agent_coder::effect::catalogue::{CatalogueEntry, CatalogueOperation, CatalogueOutcome};
use multi_agent_coder::effect::chat::ChatOperation;
use multi_agent_coder::effect::file::{Expected, FileOperation, FileOutcome, FileRef, Place};
use multi_agent_coder::effect::process::{ProcessOperation, ProcessOutcome};
use multi_agent_coder::effect::session::{Purpose, SessionOperation};
use multi_agent_coder::effect::timer::{TimerOperation, TimerOutcome};
use multi_agent_coder::effect::{Effect, Operation, Outcome};
use multi_agent_coder::engine::Engine;
use multi_agent_coder::event::{CommandName, Event, Setting, Stamped};
use multi_agent_coder::ids::{EffectId, ModelRef, SessionId};

use crate::agents::{Act, Agents, backlog, key};
use crate::git::{Git, hash};

/// In which order effects that are under way end.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// As long as they take.
    Time,
    /// The youngest first.
    Reversed,
    /// Drawn with this seed.
    Shuffled(u64),
}

/// An effect under way.
#[derive(Clone, Debug)]
pub struct Pending {
    pub id: EffectId,
    pub operation: Operation,
    pub due_ms: u64,
    pub act: Option<Act>,
    /// Known already for what is over at once; its answer is only on its way.
    pub outcome: Option<Outcome>,
    pub is_cancelled: bool,
}

/// A session of ours.
#[derive(Clone, Debug)]
pub struct Session {
    pub purpose: Purpose,
    pub directory: Option<String>,
    pub is_removed: bool,
    pub asks: u32,
}

/// Something that was sent to an agent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub purpose: Purpose,
    pub model: String,
    pub text: String,
    pub at_ms: u64,
}

/// All of it.
#[derive(Clone)]
pub struct World {
    pub engine: Engine,
    pub now_ms: u64,
    pub order: Order,
    pub pending: Vec<Pending>,
    pub git: Git,
    pub files: BTreeMap<(Place, String), String>,
    pub agents: Agents,
    pub sessions: BTreeMap<SessionId, Session>,
    pub sent: Vec<Sent>,
    pub setting: Setting,
    /// Models that the catalogue does not have.
    pub unknown_models: BTreeSet<String>,
    /// Deleting a session does not work.
    pub keeps_sessions: bool,
    /// What a `Cancel` hits ends by itself a moment earlier.
    pub cancel_is_late: bool,
    /// Git works at once and only its answer takes time.
    pub git_is_eager: bool,
    /// Whether each end is followed by a replay of everything so far.
    pub is_replayed: bool,
    pub transcript: String,
    pub ends: BTreeMap<SessionId, Option<String>>,
    pub log: Vec<(Stamped, Vec<Effect>)>,
    /// The commands that are open, with what they are.
    pub open: BTreeMap<SessionId, CommandName>,
    /// Chats whose command was told to stop.
    pub stopped: BTreeSet<SessionId>,
    titles: BTreeMap<EffectId, String>,
    chats: u32,
    pub(crate) seen_effect: Option<u64>,
}

/// 2025-06-01T12:00:00Z.
const START_MS: u64 = 1_748_779_200_000;
const PACKAGE: &str =
    r#"{"name":"shop","scripts":{"test":"node --test","lint":"eslint ."},"type":"module"}"#;

impl World {
    /// A project with tests and a linter, and a feature request in `feature.md`.
    pub fn new(tasks: Vec<TaskSpec>) -> Self {
        let mut world = Self {
            engine: Engine::new(),
            now_ms: START_MS,
            order: Order::Time,
            pending: Vec::new(),
            git: Git::new(&[("package.json", PACKAGE), ("src/index.js", "export {}\n")]),
            files: BTreeMap::new(),
            agents: Agents {
                tasks,
                ..Agents::default()
            },
            sessions: BTreeMap::new(),
            sent: Vec::new(),
            setting: Setting {
                options: serde_json::json!({}),
                model: ModelRef::parse("acme/large"),
                small_model: ModelRef::parse("acme/small"),
                agents: Default::default(),
                seed: 7,
            },
            unknown_models: BTreeSet::new(),
            keeps_sessions: false,
            cancel_is_late: false,
            git_is_eager: false,
            is_replayed: true,
            transcript: String::new(),
            ends: BTreeMap::new(),
            log: Vec::new(),
            open: BTreeMap::new(),
            stopped: BTreeSet::new(),
            titles: BTreeMap::new(),
            chats: 0,
            seen_effect: None,
        };
        let request = "# Feature Request: Cart\n\nA cart with discounts and tax.\n";
        world.put(Place::Person, "feature.md", request);
        world
    }

    /// A world whose backlog is written already.
    pub fn planned(tasks: Vec<TaskSpec>) -> Self {
        let mut world = Self::new(tasks.clone());
        let text = render(&backlog(tasks));
        world.put(Place::Repository, "tasks/BACKLOG.yaml", &text);
        world
    }

    /// Somebody writes a file.
    pub fn put(&mut self, place: Place, path: &str, text: &str) {
        self.files.insert((place, path.to_owned()), text.to_owned());
    }

    /// A file of the checkout.
    pub fn file(&self, path: &str) -> Option<&str> {
        let key = (Place::Repository, path.to_owned());
        self.files.get(&key).map(String::as_str)
    }

    /// Gives a command and waits until nothing is under way. `None` when it went well.
    pub fn command(&mut self, name: CommandName, arguments: &str) -> Option<String> {
        let chat = self.start(name, arguments);
        self.run();
        self.end_of(&chat)
    }

    /// Everything that was sent to an agent, oldest first: `planner-spec`, `T01`, `review T01`.
    pub fn sent_to(&self, who: &str) -> Vec<&str> {
        let sent = self.sent.iter().filter(|sent| key(&sent.purpose) == who);
        sent.map(|sent| sent.text.as_str()).collect()
    }

    /// Panics unless the person was told something.
    pub fn assert_said(&self, text: &str) {
        assert!(
            self.transcript.contains(text),
            "{text:?} was not said:\n{}",
            self.transcript
        );
    }

    /// How a chat's command ended.
    pub fn end_of(&self, chat: &SessionId) -> Option<String> {
        let end = self.ends.get(chat);
        end.unwrap_or_else(|| panic!("the command never ended:\n{}", self.transcript))
            .clone()
    }

    /// Gives a command in a chat of its own.
    pub fn start(&mut self, name: CommandName, arguments: &str) -> SessionId {
        self.chats += 1;
        let chat = SessionId(format!("chat-{}", self.chats));
        self.transcript
            .push_str(&format!("> /{} {arguments}\n\n", command(name)));
        self.open.insert(chat.clone(), name);
        self.step(Event::Command {
            chat: chat.clone(),
            name,
            arguments: arguments.to_owned(),
            setting: self.setting.clone(),
        });
        chat
    }

    /// The person presses Esc.
    pub fn cancel(&mut self, chat: &SessionId) {
        if self.open.contains_key(chat) {
            self.stopped.insert(chat.clone());
        }
        self.step(Event::Cancelled { chat: chat.clone() });
    }

    /// The process dies with everything in flight, and a new one opens the journal.
    pub fn reopen(&mut self) {
        self.pending.clear();
        self.open.clear();
        for worktree in self.git.worktrees.values_mut() {
            worktree.is_orphan = true;
        }
        self.step(Event::Opened {
            version: "0.1.0".into(),
        });
    }

    /// Delivers outcomes until none is left.
    pub fn run(&mut self) {
        while self.deliver() {
            assert!(self.log.len() < 20_000, "it never ends");
        }
        self.check_quiet();
    }

    /// Delivers outcomes until something holds; panics when it never does.
    pub fn run_until(&mut self, holds: impl Fn(&Self) -> bool) {
        while !holds(self) {
            assert!(
                self.deliver(),
                "it never came to that:\n{}",
                self.transcript
            );
        }
    }

    /// Delivers one outcome.
    pub fn deliver(&mut self) -> bool {
        let Some(index) = self.pick() else {
            return false;
        };
        let pending = self.pending.remove(index);
        self.now_ms = pending.due_ms.max(self.now_ms + 1);
        let id = pending.id;
        let outcome = self.outcome(pending);
        self.step(Event::Resolved { id, outcome });
        true
    }

    fn pick(&self) -> Option<usize> {
        let places = 0..self.pending.len();
        let soonest = places.min_by_key(|at| (self.pending[*at].due_ms, self.pending[*at].id));
        let is_slow = |pending: &Pending| {
            let waits = matches!(pending.act, Some(Act::Hang | Act::Silent))
                || matches!(pending.operation, Operation::Timer(_));
            waits && !pending.is_cancelled
        };
        let mut quick: Vec<usize> = (0..self.pending.len())
            .filter(|at| !is_slow(&self.pending[*at]))
            .collect();
        quick.sort_by_key(|at| self.pending[*at].id);
        match (self.order, quick.len()) {
            (Order::Time, _) | (_, 0) => soonest,
            (Order::Reversed, _) => quick.last().copied(),
            (Order::Shuffled(seed), n) => {
                let mut x = seed ^ (self.log.len() as u64) << 20;
                x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
                x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                x ^= x >> 31;
                Some(quick[(x % n as u64) as usize])
            }
        }
    }

    /// Hands an event to the engine and takes on what it causes.
    pub fn step(&mut self, event: Event) {
        let stamped = Stamped {
            at_ms: self.now_ms,
            event,
        };
        let effects = self.engine.step(&stamped);
        for effect in &effects {
            self.check_effect(effect);
            self.take_on(effect);
        }
        self.log.push((stamped, effects));
        self.check_state();
    }

    fn take_on(&mut self, effect: &Effect) {
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
            Operation::File(operation) => {
                pending.outcome = Some(Outcome::File(self.perform_file(operation)))
            }
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

    fn outcome(&mut self, pending: Pending) -> Outcome {
        if let Some(outcome) = pending.outcome {
            return outcome;
        }
        match &pending.operation {
            Operation::Session(operation) => {
                Outcome::Session(self.perform_session(operation, pending.act, pending.is_cancelled))
            }
            Operation::Git(operation) => Outcome::Git(self.git.perform(operation)),
            Operation::Process(_) if pending.is_cancelled => {
                Outcome::Process(ProcessOutcome::Aborted)
            }
            Operation::Process(ProcessOperation::Run {
                directory, command, ..
            }) => Outcome::Process(self.perform_process(directory, command)),
            Operation::Timer(_) if pending.is_cancelled => Outcome::Timer(TimerOutcome::Aborted),
            Operation::Timer(_) => Outcome::Timer(TimerOutcome::Elapsed),
            Operation::Catalogue(CatalogueOperation::Look { models }) => {
                let models = models.iter().map(|model| self.entry(model)).collect();
                Outcome::Catalogue(CatalogueOutcome::Found { models })
            }
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
        CatalogueEntry::Known {
            model,
            input_usd: 3.0,
            output_usd: 15.0,
            context_tokens: 200_000,
        }
    }

    fn perform_file(&mut self, operation: &FileOperation) -> FileOutcome {
        let key = |file: &FileRef| (file.place, file.path.clone());
        match operation {
            FileOperation::Read { file, bytes_max } => match self.files.get(&key(file)) {
                None => FileOutcome::Missing,
                Some(text) if text.len() > *bytes_max as usize => FileOutcome::TooLarge {
                    bytes: text.len() as u64,
                },
                Some(text) => FileOutcome::Read {
                    text: text.clone(),
                    hash: hash(text),
                },
            },
            FileOperation::Write {
                file,
                text,
                expected,
            } => {
                let found = self.files.get(&key(file)).map(|text| hash(text));
                let is_expected = match expected {
                    Expected::Anything => true,
                    Expected::Missing => found.is_none(),
                    Expected::Hash { hash } => found.as_ref() == Some(hash),
                };
                if !is_expected {
                    return FileOutcome::Changed;
                }
                self.files.insert(key(file), text.clone());
                FileOutcome::Written { hash: hash(text) }
            }
        }
    }

    fn show(&mut self, id: EffectId, operation: &ChatOperation) {
        match operation {
            ChatOperation::Say { text, .. } => self.transcript.push_str(text),
            ChatOperation::Open { title, agent, .. } => {
                self.titles.insert(id, title.clone());
                self.transcript
                    .push_str(&format!("[{agent}] {title} …\n\n"));
            }
            ChatOperation::Close {
                entry, is_ok, text, ..
            } => {
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

fn command(name: CommandName) -> String {
    format!("{name:?}").to_lowercase()
}
