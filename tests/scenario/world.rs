//! The scripted world: a virtual clock and everything that answers effects, in a chosen order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use multi_agent_coder::backlog::{TaskSpec, render};
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::session::{Hearing, Purpose, SessionOperation, SessionOutcome};
use multi_agent_coder::effect::stored::StoredText;
use multi_agent_coder::effect::{Effect, Operation, Outcome};
use multi_agent_coder::engine::{Engine, VERSION};
use multi_agent_coder::event::{CommandName, Event, SessionSignal, Setting, Stamped, Tidied};
use multi_agent_coder::hygiene::{Heard, Speech};
use multi_agent_coder::ids::{EffectId, ModelRef, SessionId};

use crate::agents::{Act, Agents, backlog, key};
use crate::git::Git;

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
    /// How its latest ask ended, for who comes later.
    pub answer: Option<SessionOutcome>,
    /// What it was sent, as the host stored it.
    pub texts: Vec<StoredText>,
}

/// What somebody else puts into sessions of ours.
#[derive(Clone, Debug)]
pub enum Meddling {
    /// A part more in each message.
    Part(String),
    /// A message more.
    Message(String),
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
    /// Sessions whose deletion nobody heard of.
    pub removed_unheard: BTreeSet<SessionId>,
    pub sent: Vec<Sent>,
    /// So many times nothing can be learned of what became of a session.
    pub recalls_failing: u32,
    /// The next search for sessions does not work.
    pub is_search_failing: bool,
    /// What was said to agents at work.
    pub nudges: Vec<Sent>,
    pub setting: Setting,
    /// Tokens that each ask reads from the provider's cache.
    pub cached_tokens: u64,
    /// Models that the catalogue does not have.
    pub unknown_models: BTreeSet<String>,
    /// Whose sessions others meddle with, by the name of `sent_to`.
    pub meddling: BTreeMap<String, Meddling>,
    /// What agents say and read on their way to the end of an ask, by the name of `sent_to`, ask by ask.
    pub speeches: BTreeMap<String, VecDeque<Speech>>,
    /// Deleting a session does not work.
    pub keeps_sessions: bool,
    /// What a `Cancel` hits ends by itself a moment earlier.
    pub cancel_is_late: bool,
    /// Git works at once and only its answer takes time.
    pub git_is_eager: bool,
    /// What share of the machine's memory is free, in percent.
    pub free_percent: u64,
    /// Whether each end is followed by a replay of everything so far.
    pub is_replayed: bool,
    pub transcript: String,
    pub ends: BTreeMap<SessionId, Option<String>>,
    pub log: Vec<(Stamped, Vec<Effect>)>,
    /// The commands that are open, with what they are.
    pub open: BTreeMap<SessionId, CommandName>,
    /// Chats whose command was told to stop.
    pub stopped: BTreeSet<SessionId>,
    pub titles: BTreeMap<EffectId, String>,
    chats: u32,
    pub(crate) seen_effect: Option<u64>,
}

/// 2025-06-01T12:00:00Z.
const START_MS: u64 = 1_748_779_200_000;
const PACKAGE: &str = r#"{"name":"shop","scripts":{"test":"node --test","lint":"eslint ."},"type":"module"}"#;

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
            agents: Agents { tasks, ..Agents::default() },
            sessions: BTreeMap::new(),
            removed_unheard: BTreeSet::new(),
            sent: Vec::new(),
            recalls_failing: 0,
            is_search_failing: false,
            nudges: Vec::new(),
            setting: Setting {
                options: serde_json::json!({}),
                model: ModelRef::parse("acme/large"),
                small_model: ModelRef::parse("acme/small"),
                agents: Default::default(),
                prompts: Default::default(),
                tool_rules: Default::default(),
                seed: 7,
            },
            cached_tokens: 0,
            unknown_models: BTreeSet::new(),
            meddling: BTreeMap::new(),
            speeches: BTreeMap::new(),
            keeps_sessions: false,
            cancel_is_late: false,
            git_is_eager: false,
            free_percent: 80,
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
        world.open();
        world
    }

    /// A process opens the journal.
    fn open(&mut self) {
        self.step(Event::Opened { version: VERSION.into(), tidied: Tidied::default() });
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

    /// Waits for the end of a command that goes well and merges everything.
    pub fn finish(mut self, chat: &SessionId) -> Self {
        self.run();
        assert_eq!(self.end_of(chat), None, "{}", self.transcript);
        self.assert_all_merged();
        self
    }

    /// Everything that was sent to an agent, oldest first: `planner-spec`, `T01`, `review T01`.
    pub fn sent_to(&self, who: &str) -> Vec<&str> {
        let sent = self.sent.iter().filter(|sent| key(&sent.purpose) == who);
        sent.map(|sent| sent.text.as_str()).collect()
    }

    /// Panics unless the person was told something.
    pub fn assert_said(&self, text: &str) {
        assert!(self.transcript.contains(text), "{text:?} was not said:\n{}", self.transcript);
    }

    /// How a chat's command ended.
    pub fn end_of(&self, chat: &SessionId) -> Option<String> {
        let end = self.ends.get(chat);
        end.unwrap_or_else(|| panic!("the command never ended:\n{}", self.transcript)).clone()
    }

    /// Gives a command in a chat of its own.
    pub fn start(&mut self, name: CommandName, arguments: &str) -> SessionId {
        self.chats += 1;
        let chat = SessionId(format!("chat-{}", self.chats));
        let line = format!("> /{} {arguments}", command(name));
        self.transcript.push_str(line.trim_end());
        self.transcript.push_str("\n\n");
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
        self.open();
    }

    /// What sessions were asked for comes to its end, and nobody hears of it.
    pub fn finish_unheard(&mut self) {
        let pending: Vec<Pending> = self.pending.drain(..).collect();
        for pending in pending {
            if let Operation::Session(operation) = &pending.operation {
                if let SessionOperation::Remove { session, .. } = operation {
                    self.removed_unheard.insert(session.clone());
                }
                self.outcome(pending);
            }
        }
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
            assert!(self.deliver(), "it never came to that:\n{}", self.transcript);
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
        let operation = pending.operation.clone();
        let outcome = self.outcome(pending);
        self.overhear(&operation, &outcome);
        self.step(Event::Resolved { id, outcome });
        true
    }

    /// The host tells what a session holds before it tells its end.
    fn overhear(&mut self, operation: &Operation, outcome: &Outcome) {
        let (session, sent, outcome) = match (operation, outcome) {
            (
                Operation::Session(SessionOperation::Ask {
                    session,
                    text,
                    hearing: Hearing::Fingerprints,
                    ..
                }),
                Outcome::Session(outcome),
            ) => (session, vec![text.clone()], outcome),
            (Operation::Session(SessionOperation::Recall { session, .. }), Outcome::Session(outcome)) => {
                (session, Vec::new(), outcome)
            }
            _ => return,
        };
        let who = self.sessions.get(session).map(|session| key(&session.purpose)).unwrap_or_default();
        let said = self.speeches.get_mut(&who).and_then(VecDeque::pop_front);
        let mut speech = said.unwrap_or_default();
        speech.sent.extend(sent);
        if let SessionOutcome::Answered { text, .. } = outcome {
            speech.last.clone_from(text);
        }
        let heard = Heard::of(&speech);
        if !heard.is_empty() {
            let signal = SessionSignal::Overheard { heard };
            self.step(Event::Session { session: session.clone(), signal });
        }
    }

    fn pick(&self) -> Option<usize> {
        let places = 0..self.pending.len();
        let soonest = places.min_by_key(|at| (self.pending[*at].due_ms, self.pending[*at].id));
        let is_slow = |pending: &Pending| {
            let waits = matches!(pending.act, Some(Act::Hang | Act::Silent))
                || matches!(pending.operation, Operation::Timer(_));
            waits && !pending.is_cancelled
        };
        let mut quick: Vec<usize> =
            (0..self.pending.len()).filter(|at| !is_slow(&self.pending[*at])).collect();
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
        let stamped = Stamped { at_ms: self.now_ms, event };
        let was_idle = self.engine.is_idle();
        let effects = self.engine.step(&stamped);
        for effect in &effects {
            self.check_effect(effect);
            self.take_on(effect);
        }
        self.log.push((stamped, effects));
        self.check_state();
        if !was_idle && self.engine.is_idle() {
            let event = self.engine.checkpoint();
            let stamped = Stamped { at_ms: self.now_ms, event: event.clone() };
            assert!(Engine::can_begin_at(&stamped), "a checkpoint that nobody can read: {stamped:?}");
            self.step(event);
        }
    }
}

fn command(name: CommandName) -> String {
    format!("{name:?}").to_lowercase()
}
