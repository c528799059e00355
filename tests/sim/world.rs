//! The world that outlives processes: git, files, sessions, the journal on disk, the person, a clock.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use multi_agent_coder::backlog::{Backlog, TaskSpec, parse, render};
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::session::{Purpose, SessionOutcome};
use multi_agent_coder::effect::stored::StoredText;
use multi_agent_coder::engine::Engine;
use multi_agent_coder::event::{CommandName, Event, SessionSignal};
use multi_agent_coder::ids::{CommitId, EffectId, SessionId};

use crate::coverage::{Class, Coverage};
use crate::git::Git;
use crate::process::Process;
use crate::rng::Rng;
use crate::setup::{Act, Death, Setup, backlog};

thread_local! {
    /// How many events the run has seen, for messages.
    pub static STEP: Cell<u64> = const { Cell::new(0) };
    /// Whether the run tells what happens.
    pub static IS_TRACED: Cell<bool> = const { Cell::new(false) };
}

/// Tells what happens, when somebody wants to know.
macro_rules! trace {
    ($world:expr, $($words:tt)*) => {
        if $crate::world::IS_TRACED.get() {
            println!("{:>5} {:>9} ms  {}", $world.step, $world.now_ms - $crate::world::START_MS, format!($($words)*));
        }
    };
}
pub(crate) use trace;

/// What is going to happen.
#[derive(Clone, Debug)]
pub enum Item {
    /// An effect does what it does.
    Acts(EffectId),
    /// Its answer arrives.
    Arrives(EffectId),
    /// A session shows something.
    Signals(SessionId, SessionSignal),
    /// Something is heard once more, or late.
    Again(Event),
    /// What was being written is on the disk.
    Written,
}

/// A session of ours at the host.
#[derive(Clone, Debug)]
pub struct Session {
    pub purpose: Purpose,
    pub directory: Option<String>,
    pub is_gone: bool,
    /// The chat it belongs to.
    pub parent: SessionId,
    /// The host said that it was not made, so nobody can know of it.
    pub is_denied: bool,
    pub asks: u32,
    /// It was given work to change.
    pub is_rework: bool,
    /// How its latest ask ended, for who comes later.
    pub answer: Option<SessionOutcome>,
    /// What it was sent, as the host stored it.
    pub texts: Vec<StoredText>,
}

/// A command that has not ended.
#[derive(Clone, Debug)]
pub struct Command {
    pub name: CommandName,
    pub arguments: String,
    /// When the engine was told to stop it.
    pub stopped_ms: Option<u64>,
}

/// What the checkers remember.
#[derive(Debug, Default)]
pub struct Books {
    /// Tasks whose merge is on their integration branch, by track.
    pub merged: BTreeSet<(String, String)>,
    /// Words that agents wrote into files, and the directory they are in.
    pub words: BTreeMap<String, String>,
    /// What the asks of the running `/implement` have cost.
    pub spent_usd: f64,
    pub spent_tokens: u64,
    /// The branch of the integration was taken away or set back by the person.
    pub is_branch_lost: bool,
    /// Tasks that the person called done.
    pub given: BTreeSet<String>,
    /// Where the engine was told that its branch is.
    pub told_tip: Option<(String, CommitId)>,
    /// What the reviewer said of an attempt at a task last.
    pub verdicts: BTreeMap<(String, u32), bool>,
    /// Whether the agent of an attempt at a task came to a good end.
    pub good_ends: BTreeMap<(String, u32), bool>,
    /// Answers of workers in the running command, by task.
    pub answers: BTreeMap<String, u64>,
    /// Tasks that the person approved.
    pub approved: BTreeSet<String>,
    /// Tasks that the person wanted changed.
    pub sent_back: BTreeSet<String>,
    /// By task: how often an agent that was to change its work answered.
    pub reworks: BTreeMap<String, u64>,
    /// Troubles of the host in the running command: they may cost an answer more.
    pub troubles: u64,
    /// What each task depends on, as the running command read it; empty after an edit beside it.
    pub depends_on: BTreeMap<String, Vec<String>>,
    /// Documents of ours that the person edited.
    pub edited: BTreeSet<String>,
    /// Lines of the memory that the person deleted.
    pub unlearned: BTreeSet<String>,
    /// What agents repeated that the engine knew from other sessions, and what it could not know.
    pub repeated: BTreeSet<String>,
    pub leaked: BTreeSet<String>,
    pub largest_effect: Option<u64>,
    /// The track of the version that a `/regenerate` built last.
    pub version: String,
}

impl Books {
    /// Attempts are counted from one again: other work begins.
    fn forget_attempts(&mut self) {
        self.verdicts.clear();
        self.good_ends.clear();
        self.answers.clear();
        self.reworks.clear();
        self.approved.clear();
        self.sent_back.clear();
    }
}

/// All of it.
pub struct World {
    pub rng: Rng,
    pub setup: Setup,
    pub is_benign: bool,
    pub now_ms: u64,
    pub step: u64,
    pub git: Git,
    pub files: BTreeMap<(Place, String), String>,
    pub sessions: BTreeMap<SessionId, Session>,
    /// The journal's bytes.
    pub disk: String,
    /// The journal's head record.
    pub head: Option<String>,
    /// Processes that outlived their process and are ended when the journal is opened.
    pub orphans: u32,
    pub process: Option<Process>,
    /// What the next process must know after its replay.
    pub expected: Option<Engine>,
    /// What is going to happen, by time and order.
    pub queue: BTreeMap<(u64, u64), Item>,
    queued: u64,
    /// How the running process will die.
    pub death: Option<Death>,
    pub open: BTreeMap<SessionId, Command>,
    /// How the latest command ended; `None` when its process died.
    pub end: Option<Result<(), String>>,
    pub chats: u32,
    pub words: u64,
    pub books: Books,
    pub coverage: Coverage,
    /// The latest backlog that a person could read.
    pub readable: Backlog,
    /// The track that the engine wrote into the backlog last.
    pub track: String,
    /// The track of the version of a feature that is being built again.
    pub version: Option<String>,
}

/// What each task of a backlog depends on.
pub fn dependencies(backlog: &Backlog) -> BTreeMap<String, Vec<String>> {
    let after = |task: &TaskSpec| {
        let names = task.depends_on.iter().map(ToString::to_string).collect();
        (task.id.to_string(), names)
    };
    backlog.tasks.iter().map(after).collect()
}

/// 2025-06-01T12:00:00Z.
pub const START_MS: u64 = 1_748_779_200_000;
/// More events than any honest command takes.
const STEPS_MAX: u64 = 6_000;
const PACKAGE: &str = r#"{"name":"shop","scripts":{"test":"node --test","lint":"eslint ."},"type":"module"}"#;

impl World {
    /// The world of a seed.
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let setup = Setup::draw(&mut rng);
        let readable = backlog(setup.tasks.clone());
        let mut world = Self {
            rng,
            is_benign: false,
            now_ms: START_MS,
            step: 0,
            git: Git::new(&[("package.json", PACKAGE), ("src/index.js", "export {}\n")]),
            files: BTreeMap::new(),
            sessions: BTreeMap::new(),
            disk: String::new(),
            head: None,
            orphans: 0,
            process: None,
            expected: None,
            queue: BTreeMap::new(),
            queued: 0,
            death: None,
            open: BTreeMap::new(),
            end: None,
            chats: 0,
            words: 0,
            books: Books::default(),
            coverage: Coverage::new(),
            track: readable.track_id.to_string(),
            version: None,
            readable,
            setup,
        };
        world.put(Place::Person, "feature.md", "# Feature Request: Cart\n\nA cart with discounts and tax.\n\n## Constraints\n\n- Don't touch: off/\n");
        if world.setup.is_planned {
            let text = render(&world.readable);
            world.put(Place::Repository, BACKLOG, &text);
        }
        world
    }

    /// Somebody writes a file.
    pub fn put(&mut self, place: Place, path: &str, text: &str) {
        self.files.insert((place, path.to_owned()), text.to_owned());
    }

    /// A file of the checkout.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.get(&(Place::Repository, path.to_owned())).map(String::as_str)
    }

    /// The backlog, when it can be read.
    pub fn backlog(&self) -> Option<Backlog> {
        parse(self.file(BACKLOG)?).ok()
    }

    /// Somebody writes the backlog: which track is it?
    pub fn note_track(&mut self, text: &str) {
        if let Some((_, rest)) = text.split_once("track_id: ") {
            self.track = rest.lines().next().unwrap_or_default().trim_matches('"').to_owned();
        }
    }

    /// The track that is worked on.
    pub fn at_work(&self) -> &str {
        self.version.as_deref().unwrap_or(&self.track)
    }

    /// Where the documents of the work under way lie.
    pub fn documents(&self) -> String {
        self.version.as_ref().map_or("tasks".into(), |track| format!("{VERSIONS}{track}"))
    }

    /// A version of a feature is begun, or gone on with.
    pub fn note_version(&mut self, path: &str, text: &str) {
        let Some(track) = path.strip_prefix(VERSIONS).and_then(|rest| rest.strip_suffix("/BACKLOG.yaml"))
        else {
            return;
        };
        self.version = Some(track.to_owned());
        self.books.depends_on = parse(text).map(|backlog| dependencies(&backlog)).unwrap_or_default();
        if self.books.version != track {
            self.books.version = track.to_owned();
            self.books.forget_attempts();
        }
    }

    /// The full name of the integration branch.
    pub fn branch(&self) -> String {
        format!("refs/heads/mac/{}", self.track)
    }

    /// Notes that something of a class happened.
    pub fn hit(&mut self, class: Class) {
        self.coverage.hit(class);
    }

    /// True as often as a rate says, unless the world is benign.
    pub fn goes_wrong(&mut self, permille: u64) -> bool {
        !self.is_benign && self.rng.chance(permille)
    }

    /// Plans something.
    pub fn after(&mut self, delay_ms: u64, item: Item) {
        self.queued += 1;
        self.queue.insert((self.now_ms + delay_ms, self.queued), item);
    }

    /// Lets things happen until the process has closed its journal or is dead. `beside` holds what the
    /// person does after so many events.
    pub fn run(&mut self, beside: &[(u64, Act)]) {
        let begin = self.step;
        let mut beside = beside.iter();
        let mut next = beside.next();
        loop {
            while let Some((at, act)) = next
                && self.step - begin >= *at
            {
                self.person(*act);
                next = beside.next();
            }
            if self.is_over() {
                return;
            }
            let Some((key, item)) = self.queue.pop_first() else {
                panic!("I1: nothing is under way and the engine waits{}", self.still_open());
            };
            self.now_ms = self.now_ms.max(key.0);
            self.happen(item);
            assert!(self.step - begin < STEPS_MAX, "I1: it never ends{}", self.still_open());
        }
    }

    fn still_open(&self) -> String {
        self.open.iter().map(|(chat, command)| format!("; {chat}: {command:?}")).collect()
    }

    fn happen(&mut self, item: Item) {
        match item {
            Item::Acts(id) => self.acts(id),
            Item::Arrives(id) => self.arrives(id),
            Item::Written => self.written(),
            Item::Signals(session, signal) => {
                if self.sessions.get(&session).is_none_or(|session| session.is_gone) {
                    self.hit(Class::SignalLate);
                }
                let event = Event::Session { session, signal };
                self.remember(&event);
                self.receive(event);
            }
            Item::Again(event) => self.receive(event),
        }
    }

    /// Keeps an event to be heard again, perhaps in a later process.
    pub fn remember(&mut self, event: &Event) {
        if self.goes_wrong(self.setup.rates.noise) {
            let delay_ms = *self.rng.pick(&[0, 3, 40, 2_000, 90_000, 3_600_000]);
            self.after(delay_ms, Item::Again(event.clone()));
        }
    }
}

/// Where the documents of versions are that are built again.
const VERSIONS: &str = "tasks/regenerate/";
/// Where the backlog is.
pub const BACKLOG: &str = "tasks/BACKLOG.yaml";
pub const MEMORY: &str = "tasks/memory.yaml";
