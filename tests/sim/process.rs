//! A process with an engine in it, driven as `src/wasm.rs` drives it: events are gathered, written,
//! stepped, and only then their effects are performed. It can die at every point of that.

use std::collections::BTreeMap;

use multi_agent_coder::effect::{Effect, Operation, Outcome};
use multi_agent_coder::engine::Engine;
use multi_agent_coder::event::{Event, Stamped, Tidied};
use multi_agent_coder::ids::EffectId;
use multi_agent_coder::journal::Journal;

use crate::agents::Deed;
use crate::coverage::Class;
use crate::setup::Death;
use crate::world::{Item, STEP, World, trace};

/// A running process.
pub struct Process {
    pub engine: Engine,
    journal: Journal,
    /// What happened and is not being written yet.
    pub inbox: Vec<Stamped>,
    /// What is being written.
    writing: Option<Writing>,
    /// Everything on the disk was stepped.
    is_stepped: bool,
    pub flights: BTreeMap<EffectId, Flight>,
    /// The last effect of the processes before it.
    before: Option<u64>,
    /// What was performed, kept in runs that are looked at closely.
    performed: Vec<Effect>,
}

/// Events on their way to the disk.
struct Writing {
    events: Vec<Stamped>,
    lines: String,
    /// The head record that follows.
    head: String,
}

/// An effect under way.
pub struct Flight {
    pub operation: Operation,
    /// Known once it did what it does.
    pub outcome: Option<Outcome>,
    pub is_cancelled: bool,
    /// Its answer is on its way into the journal.
    pub is_answered: bool,
    /// What an agent will do.
    pub deed: Option<Deed>,
}

impl World {
    /// Opens the journal in a new process.
    fn open_process(&mut self) {
        let disk = std::mem::take(&mut self.disk);
        let replay = Journal::open(&disk, self.head.as_deref())
            .unwrap_or_else(|error| panic!("I9: the journal cannot be opened: {error}"));
        let torn = disk.len() - replay.valid_bytes;
        if torn > 0 {
            self.hit(Class::CrashTorn);
        }
        let mut engine = Engine::new();
        for event in replay.events_from(Engine::can_begin_at).expect("events of this version") {
            engine.replay(&event);
        }
        if let Some(expected) = self.expected.take() {
            assert!(engine == expected, "I9: the replay differs from what was live");
            self.hit(Class::ReplayedMidway);
        }
        if self.setup.is_sampled {
            let mut whole = Engine::new();
            for event in replay.events() {
                whole.replay(&event.expect("an event of this version"));
            }
            assert_eq!(whole.state_hash(), engine.state_hash(), "I9: replayed from the last checkpoint");
            self.hit(Class::ReplayedWhole);
        }
        trace!(self, "== a process opens {} bytes, {torn} of them torn", disk.len());
        let (journal, valid_bytes) = (replay.journal, replay.valid_bytes);
        self.disk = disk;
        self.disk.truncate(valid_bytes);
        let processes = std::mem::take(&mut self.orphans);
        let tidied = Tidied { processes, torn_bytes: torn as u32 };
        self.process = Some(Process {
            engine,
            journal,
            inbox: Vec::new(),
            writing: None,
            is_stepped: true,
            flights: BTreeMap::new(),
            before: self.books.largest_effect,
            performed: Vec::new(),
        });
        self.receive(Event::Opened { version: "0.1.0".into(), tidied });
    }

    /// An event enters from outside; a command opens the journal first.
    pub fn receive(&mut self, event: Event) {
        if self.process.is_none() {
            if !matches!(event, Event::Command { .. }) {
                return;
            }
            self.open_process();
        }
        let at_ms = self.now_ms;
        if let Some(process) = &mut self.process {
            process.inbox.push(Stamped { at_ms, event });
        }
        self.write();
    }

    /// Begins to write what happened, unless something is being written.
    fn write(&mut self) {
        let Some(process) = &mut self.process else { return };
        if process.writing.is_some() || process.inbox.is_empty() {
            return;
        }
        let events = std::mem::take(&mut process.inbox);
        let lines: String = events.iter().map(|event| process.journal.append(event)).collect();
        if events.len() > 1 {
            self.coverage.hit(Class::Group);
        }
        process.writing = Some(Writing { events, lines, head: process.journal.head_record() });
        let slow = if self.is_benign { 0 } else { *self.rng.pick(&[0, 0, 1, 2, 8]) };
        self.after(slow, Item::Written);
        if self.death == Some(Death::Writing) {
            self.die();
        }
    }

    /// What was being written is durable: it is stepped, and then its effects are performed.
    pub fn written(&mut self) {
        let Some(process) = &mut self.process else { return };
        let Some(Writing { events, lines, head }) = process.writing.take() else { return };
        self.disk.push_str(&lines);
        let earlier = self.head.replace(head);
        if self.death == Some(Death::Durable) {
            process.is_stepped = false;
            self.hit(Class::CrashDurable);
            if self.rng.chance(500) {
                self.head = earlier;
            }
            return self.die();
        }
        let was_idle = process.engine.is_idle();
        let mut effects = Vec::new();
        for event in &events {
            effects.extend(self.step_one(event));
        }
        let Some(process) = &mut self.process else { return };
        if !was_idle && process.engine.is_idle() {
            let event = process.engine.checkpoint();
            process.inbox.insert(0, Stamped { at_ms: self.now_ms, event });
            self.coverage.hit(Class::Checkpoint);
        }
        if self.setup.is_sampled {
            process.performed.extend(effects.iter().cloned());
        }
        let dies_after = match self.death {
            Some(Death::Among) if effects.len() > 1 => self.rng.below(effects.len() as u64) as usize,
            _ => usize::MAX,
        };
        for (at, effect) in effects.into_iter().enumerate() {
            if at >= dies_after {
                self.hit(Class::CrashAmong);
                return self.die();
            }
            self.check_effect(&effect);
            self.take_on(effect);
            if self.process.is_none() {
                return;
            }
        }
        self.check_state();
        self.write();
    }

    fn step_one(&mut self, event: &Stamped) -> Vec<Effect> {
        self.step += 1;
        STEP.set(self.step);
        trace!(self, "{}", told(&event.event));
        let is_stale = self.is_stale(&event.event);
        if !is_stale {
            self.account(&event.event);
        }
        let process = self.process.as_mut().expect("a process steps");
        let before = (is_stale && self.rng.chance(250)).then(|| process.engine.clone());
        let effects = process.engine.step(event);
        if is_stale {
            assert!(effects.is_empty(), "I4: {} caused {effects:?}", told(&event.event));
        }
        if let Some(mut before) = before {
            // An event that nobody ever waited for sets the clock and nothing else.
            let id = EffectId(u64::MAX);
            let nothing = Event::Resolved { id, outcome: crate::answers::elapsed() };
            before.step(&Stamped { at_ms: event.at_ms, event: nothing });
            assert!(before == process.engine, "I4: {} changed the state", told(&event.event));
            self.coverage.hit(Class::LateHash);
        }
        if is_stale {
            self.note_stale(&event.event);
        }
        for effect in &effects {
            trace!(self, "        {:?} {}", effect.id.0, asked(&effect.operation));
            self.check_decision(&effect.operation);
        }
        effects
    }

    /// Whether the engine must take no notice of an event: its effect was answered before, or belongs
    /// to a process that is gone.
    fn is_stale(&self, event: &Event) -> bool {
        match event {
            Event::Resolved { id, .. } => {
                !self.process.as_ref().is_some_and(|process| process.flights.contains_key(id))
            }
            _ => false,
        }
    }

    fn note_stale(&mut self, event: &Event) {
        let Event::Resolved { id, .. } = event else { return };
        let is_own = self.process.as_ref().is_some_and(|process| Some(id.0) > process.before);
        self.hit(if is_own { Class::Duplicate } else { Class::DuplicateLater });
    }

    /// The answer of an effect arrives.
    pub fn arrives(&mut self, id: EffectId) {
        if !self.process.as_ref().is_some_and(|process| process.flights.contains_key(&id)) {
            return;
        }
        self.acts(id);
        let Some(process) = &mut self.process else { return };
        let Some(flight) = process.flights.get_mut(&id).filter(|flight| !flight.is_answered) else { return };
        let Some(outcome) = flight.outcome.clone() else { return };
        flight.is_answered = true;
        let event = Event::Resolved { id, outcome };
        self.remember(&event);
        self.receive(event);
    }

    /// Whether nothing is under way any more: then the journal is closed.
    pub fn is_over(&mut self) -> bool {
        let Some(process) = &self.process else { return true };
        if process.writing.is_some() || !process.inbox.is_empty() || !process.flights.is_empty() {
            return false;
        }
        assert!(process.engine.is_idle(), "I1: nothing is under way and the command does not end");
        assert!(self.open.is_empty(), "I1: a command never ended: {:?}", self.open);
        self.check_quiet();
        self.close();
        true
    }

    fn close(&mut self) {
        if let Some(process) = self.process.take() {
            self.rederive(&process);
            trace!(self, "== the process closes the journal");
            self.expected = Some(process.engine);
        }
        self.death = None;
    }

    /// The process dies with everything in it.
    pub fn die(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        trace!(self, "== the process dies ({:?})", self.death);
        self.hit(Class::Crash);
        self.death = None;
        if !process.inbox.is_empty() {
            self.hit(Class::CrashUnwritten);
        }
        let is_whole = process.writing.is_none() && process.is_stepped;
        if let Some(Writing { lines, .. }) = process.writing.take() {
            let whole = lines.len();
            let mut cut = *self.rng.pick(&[0, whole, self.rng.clone().below(whole as u64 + 1) as usize]);
            if self.rng.chance(500) {
                cut = self.rng.below(whole as u64 + 1) as usize;
            }
            while !lines.is_char_boundary(cut) {
                cut -= 1;
            }
            self.disk.push_str(&lines[..cut]);
        }
        // The head record is never synced.
        if self.rng.chance(100) {
            self.head = self.head.take().map(|head| head[..head.len() / 2].to_owned());
        }
        // What a process began may get to its end without it; nobody hears of that.
        let ids: Vec<EffectId> = process.flights.keys().copied().collect();
        let mut unheard = Vec::new();
        for id in ids {
            let Some(mut flight) = process.flights.remove(&id) else { continue };
            if flight.outcome.is_none() && self.goes_wrong(300) {
                self.hit(Class::LateChild);
                self.orphans += u32::from(matches!(flight.operation, Operation::Process(_)));
                flight.outcome = Some(self.outcome_of(id, &mut flight));
            }
            if let Some(outcome) = flight.outcome {
                unheard.push(Event::Resolved { id, outcome });
            }
        }
        self.rederive(&process);
        self.expected = is_whole.then_some(process.engine);
        self.queue.retain(|_, item| matches!(item, Item::Again(_) | Item::Signals(..)));
        for event in unheard {
            self.remember(&event);
        }
        self.open.clear();
        self.version = None;
        self.end = None;
    }

    /// I10: what was performed follows from what is on the disk.
    fn rederive(&mut self, process: &Process) {
        if !self.setup.is_sampled {
            return;
        }
        let Ok(replay) = Journal::open(&self.disk, None) else { return };
        let mut engine = Engine::new();
        let mut derived = BTreeMap::new();
        for event in replay.events().map_while(Result::ok) {
            derived.extend(engine.step(&event).into_iter().map(|effect| (effect.id, effect)));
        }
        for effect in &process.performed {
            assert_eq!(derived.get(&effect.id), Some(effect), "I10: no cause in the journal");
        }
        self.hit(Class::Rederived);
    }
}

/// An event in a line.
fn told(event: &Event) -> String {
    let text = match event {
        Event::Checkpoint { .. } => "checkpoint".to_owned(),
        Event::Command { chat, name, arguments, .. } => format!("{chat}: /{name:?} {arguments}"),
        other => format!("{other:?}"),
    };
    text.chars().take(240).collect()
}

/// An operation in a line.
fn asked(operation: &Operation) -> String {
    format!("{operation:?}").chars().take(240).collect()
}
