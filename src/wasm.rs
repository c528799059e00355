//! The boundary: typed values in, typed values out. This module and those in it are the only ones that name
//! wasm_bindgen. [`host`] is what JavaScript does for us.
//!
//! [`Core`] drives the engine: it journals what happened, steps, hands the effects to the host and
//! feeds their outcomes back as they arrive, in any order.

#[cfg(feature = "bench")]
mod bench;
mod host;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::{Function, Promise};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::effect::{Effect, Operation};
use crate::engine::{Engine, VERSION};
use crate::event::{Event, Stamped, Tidied};
use crate::hygiene::Heard;
use crate::journal::{Journal, Replay};
use crate::redact::Redactor;
use crate::run::look::look;
use host::{
    CoreHost, JsAudit, JsCommandName, JsDefinitions, JsEnvironment, JsEvent, JsHeard, JsPromptSources,
    JsSpeech,
};

/// Runs before anything else when the module is loaded.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // The next call gets a fresh instance instead of a broken one.
        wasm_bindgen::handler::schedule_reinit();
    }));
}

/// The commands and agents to register with the host, with the person's prompts that it found.
#[wasm_bindgen]
pub fn definitions(sources: JsPromptSources) -> Result<JsDefinitions, JsError> {
    let sources = from_js(sources.into())?;
    Ok(to_js(&crate::definitions::definitions(&sources))?.into())
}

/// A text as it may be written somewhere: without secrets, those of the environment among them.
#[wasm_bindgen]
pub fn redact(text: &str, environment: JsEnvironment) -> Result<String, JsError> {
    Ok(redactor(environment)?.redact(text).into_owned())
}

/// Whether a command only looks: it changes nothing, so it needs no journal of its own.
#[wasm_bindgen(js_name = onlyLooks)]
pub fn only_looks(name: JsCommandName, arguments: &str) -> Result<bool, JsError> {
    Ok(look(from_js(name.into())?, arguments).is_some())
}

/// What a journal says of itself and of its tasks; `head` is the text of its head file.
#[wasm_bindgen]
pub fn audit(journal: &str, head: Option<String>, lines_max: usize) -> Result<JsAudit, JsError> {
    Ok(to_js(&crate::audit::audit(journal, head.as_deref(), lines_max))?.into())
}

/// Fingerprints of what a session holds; none when there is nothing worth one. The texts themselves are kept
/// nowhere.
#[wasm_bindgen]
pub fn overheard(speech: JsSpeech) -> Result<Option<JsHeard>, JsError> {
    let heard = Heard::of(&from_js(speech.into())?);
    Ok(if heard.is_empty() { None } else { Some(to_js(&heard)?.into()) })
}

/// The engine of one repository, with its journal and the effects that are under way.
#[wasm_bindgen]
pub struct Core {
    shared: Rc<Shared>,
}

struct Shared {
    host: CoreHost,
    inner: RefCell<Inner>,
}

struct Inner {
    redactor: Redactor,
    engine: Engine,
    /// `None` when nothing that happens is to be kept.
    journal: Option<Journal>,
    /// Events that happened and are not in the journal yet.
    inbox: Vec<Stamped>,
    /// Someone is emptying the inbox.
    is_pumping: bool,
    /// Effects asked for and not answered yet.
    in_flight: usize,
    is_halted: bool,
    /// Those who wait for quiet.
    quiet: Vec<Function>,
}

#[wasm_bindgen]
impl Core {
    /// A core with an empty journal. The secrets of the environment are taken out of all that happens.
    #[wasm_bindgen(constructor)]
    pub fn new(host: CoreHost, environment: JsEnvironment) -> Result<Self, JsError> {
        let inner = Inner {
            redactor: redactor(environment)?,
            engine: Engine::new(),
            journal: Some(Journal::new()),
            inbox: Vec::new(),
            is_pumping: false,
            in_flight: 0,
            is_halted: false,
            quiet: Vec::new(),
        };
        Ok(Self { shared: Rc::new(Shared { host, inner: RefCell::new(inner) }) })
    }

    /// Replays a journal, checked against its head record, and notes that a new process took over and
    /// ended so many `processes` of the one before. Returns how many bytes of the text are good: a torn
    /// last line is to be cut off there. Throws when the journal is damaged.
    pub fn open(&self, journal: &str, head: Option<String>, processes: u32) -> Result<usize, JsError> {
        let replay = Journal::open(journal, head.as_deref())?;
        let torn_bytes = u32::try_from(journal.len() - replay.valid_bytes).unwrap_or(u32::MAX);
        let valid_bytes = replay.valid_bytes;
        self.replay(&replay)?;
        self.shared.inner.borrow_mut().journal = Some(replay.journal);
        let version = VERSION.to_owned();
        self.shared.receive(Event::Opened { version, tidied: Tidied { processes, torn_bytes } });
        Ok(valid_bytes)
    }

    /// Replays a journal that another process may be writing, to answer commands that only look.
    /// Nothing is persisted from then on. Throws when the journal is damaged.
    pub fn look(&self, journal: &str) -> Result<(), JsError> {
        self.replay(&Journal::open(journal, None)?)?;
        self.shared.inner.borrow_mut().journal = None;
        Ok(())
    }

    /// Takes an event in. Everything that follows from it happens by itself.
    pub fn dispatch(&self, event: JsEvent) -> Result<(), JsError> {
        let event = from_js(event.into())?;
        self.shared.receive(event);
        Ok(())
    }

    /// Resolves when nothing is under way.
    pub fn quiet(&self) -> Promise {
        let shared = self.shared.clone();
        Promise::new(&mut |resolve, _| {
            shared.inner.borrow_mut().quiet.push(resolve);
            shared.tell_quiet();
        })
    }

    fn replay(&self, replay: &Replay) -> Result<(), JsError> {
        let mut inner = self.shared.inner.borrow_mut();
        for event in replay.events_from(Engine::can_begin_at)? {
            inner.engine.replay(&event);
        }
        Ok(())
    }
}

impl Shared {
    /// Takes an event in. Secrets leave it here, before it is written or acted on, so that a replay meets
    /// what the live engine met.
    fn receive(self: &Rc<Self>, mut event: Event) {
        // A clock before 1970 or a NaN reads as 0.
        let at_ms = self.host.now() as u64;
        let mut inner = self.inner.borrow_mut();
        if inner.is_halted {
            return;
        }
        inner.redactor.redact_event(&mut event);
        inner.inbox.push(Stamped { at_ms, event });
        if !std::mem::replace(&mut inner.is_pumping, true) {
            spawn_local(self.clone().pump());
        }
    }

    /// Journals and steps until the inbox is empty. Events that arrive during a write share the next.
    async fn pump(self: Rc<Self>) {
        loop {
            let (events, record) = {
                let mut inner = self.inner.borrow_mut();
                let events = std::mem::take(&mut inner.inbox);
                if events.is_empty() {
                    inner.is_pumping = false;
                    break;
                }
                let record = |journal: &mut Journal| {
                    let lines: String = events.iter().map(|event| journal.append(event)).collect();
                    (lines, journal.head_record())
                };
                let record = inner.journal.as_mut().map(record);
                (events, record)
            };
            if let Some((lines, head)) = record
                && let Err(error) = JsFuture::from(self.host.persist(&lines, &head)).await
            {
                self.halt(&error);
                break;
            }
            let effects: Vec<Effect> = {
                let mut inner = self.inner.borrow_mut();
                // The host may have broken its word during the write.
                if inner.is_halted {
                    break;
                }
                let was_idle = inner.engine.is_idle();
                let effects: Vec<_> = events.iter().flat_map(|event| inner.engine.step(event)).collect();
                if !was_idle && inner.engine.is_idle() {
                    let event = inner.engine.checkpoint();
                    // Before all that has not been stepped: it knows nothing of that.
                    inner.inbox.insert(0, Stamped { at_ms: self.host.now() as u64, event });
                }
                inner.in_flight += effects.iter().filter(|effect| effect.operation.is_answered()).count();
                effects
            };
            for effect in effects {
                self.execute(effect);
            }
        }
        self.tell_quiet();
    }

    fn execute(self: &Rc<Self>, effect: Effect) {
        match &effect.operation {
            Operation::Chat(operation) => {
                if let Ok(operation) = to_js(operation) {
                    self.host.show(operation);
                }
            }
            Operation::Cancel(id) => self.host.cancel(id.0 as f64),
            _ => spawn_local(self.clone().answer(effect)),
        }
    }

    async fn answer(self: Rc<Self>, effect: Effect) {
        let outcome = match to_js(&effect) {
            Ok(value) => JsFuture::from(self.host.perform(value)).await,
            Err(error) => Err(error.into()),
        };
        let outcome = outcome.and_then(|value| from_js(value).map_err(JsValue::from));
        self.inner.borrow_mut().in_flight -= 1;
        match outcome {
            Ok(outcome) => self.receive(Event::Resolved { id: effect.id, outcome }),
            // The host broke its word. Going on would wait for ever, so stop where everyone can see it.
            Err(error) => self.halt(&error),
        }
    }

    fn halt(&self, error: &JsValue) {
        {
            let mut inner = self.inner.borrow_mut();
            inner.is_halted = true;
            inner.is_pumping = false;
            inner.inbox.clear();
        }
        let reason = js_sys::Error::from(error.clone()).message();
        self.host.halted(&reason.as_string().unwrap_or_else(|| format!("{error:?}")));
        self.tell_quiet();
    }

    fn tell_quiet(&self) {
        let waiting = {
            let mut inner = self.inner.borrow_mut();
            let is_busy = inner.is_pumping || inner.in_flight > 0 || !inner.inbox.is_empty();
            if is_busy && !inner.is_halted {
                return;
            }
            std::mem::take(&mut inner.quiet)
        };
        for resolve in waiting {
            // A resolve function does not throw.
            let _ = resolve.call0(&JsValue::NULL);
        }
    }
}

fn redactor(environment: JsEnvironment) -> Result<Redactor, JsError> {
    let environment: BTreeMap<String, Option<String>> = from_js(environment.into())?;
    let set = |(name, value): (String, Option<String>)| Some((name, value?));
    Ok(Redactor::new(&environment.into_iter().filter_map(set).collect()))
}

/// The same serializer as for the journal: each more would be there once more for every type.
fn to_js<T: Serialize>(value: &T) -> Result<JsValue, JsError> {
    let text = serde_json::to_string(value)?;
    js_sys::JSON::parse(&text).map_err(|_| JsError::new("no JSON"))
}

/// By way of a plain value, which is decoded as a checkpoint is. The halves of a character that was cut in
/// two, which no UTF-8 text can hold, become replacement characters.
fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, JsError> {
    let value: Value = serde_wasm_bindgen::from_value(value)?;
    Ok(T::deserialize(&value)?)
}
