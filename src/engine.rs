//! The engine: one event in, the effects it causes out. Pure, deterministic and total.
//!
//! The state has two halves. [`Shared`] outlives commands: tracks, figures, open sessions, and who
//! waits for which effect. [`Activity`] is the command that runs now; each step takes it by value and
//! gives back what it became. A late, doubled or foreign event finds nobody waiting and changes nothing.

mod turn;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::backlog::Status;
use crate::effect::git::Guarded;
use crate::effect::process::ProcessOperation;
use crate::effect::session::{SessionOperation, SessionOutcome};
use crate::effect::timer::TimerOperation;
use crate::effect::{Effect, Operation, Outcome};
use crate::event::{Event, SessionSignal, Stamped, Tidied};
use crate::hygiene::Overheard;
use crate::ids::{EffectId, SessionId, TaskId, TrackId};
use crate::memory::Notebook;
use crate::metrics::{Ledger, Price};
use crate::resilience::provider::Provider;
use crate::run::desk::DeskRun;
use crate::run::draft::DraftRun;
use crate::run::ground::Ground;
use crate::run::health::Health;
use crate::run::implement::ImplementRun;
use crate::run::implement::finish::Shortfall;
use crate::run::patterns::Planned;
use crate::run::plan::PlanRun;
use crate::run::regenerate::RegenerateRun;
use crate::run::regenerate::state::Regenerations;
use crate::run::specs::command::SpecRun;
use crate::run::{self, Waiter};
use crate::spec::FeatureId;
use crate::track::Track;
pub(crate) use turn::Turn;

/// The version of these rules, which is the package's.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The engine of one repository.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Engine {
    shared: Shared,
    activity: Activity,
}

/// The command that runs now.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) enum Activity {
    /// None.
    #[default]
    Idle,
    /// One whose preconditions are being looked at.
    Ground(Ground),
    /// `/plan`, up to PLAN.md.
    Plan(PlanRun),
    /// The backlog is made from PLAN.md, for `/plan` or `/backlog`.
    Draft(DraftRun),
    /// `/implement`, and a decision given to `/review`.
    Implement(Box<ImplementRun>),
    /// `/review`.
    Desk(Box<DeskRun>),
    /// `/regenerate`, but for the time in which `/implement`'s run works for it.
    Regenerate(Box<RegenerateRun>),
    /// `/spec save`.
    Spec(Box<SpecRun>),
}

impl Activity {
    /// The chat it was given in.
    fn chat(&self) -> Option<&SessionId> {
        match self {
            Self::Idle => None,
            Self::Ground(ground) => Some(ground.chat()),
            Self::Plan(run) => Some(run.chat()),
            Self::Draft(run) => Some(run.chat()),
            Self::Implement(run) => Some(&run.run.chat),
            Self::Desk(run) => Some(run.chat()),
            Self::Regenerate(run) => Some(run.chat()),
            Self::Spec(run) => Some(run.chat()),
        }
    }
}

/// What outlives a command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Shared {
    /// The time of the event that is being handled, in milliseconds since the Unix epoch.
    pub now_ms: u64,
    /// The version of the package that is at work.
    version: String,
    next_effect: u64,
    waiting: BTreeMap<EffectId, Waiting>,
    /// Sessions of ours that exist at the host, with the directory they work in.
    pub sessions: BTreeMap<SessionId, Option<String>>,
    /// Every track whose tasks were ever started here.
    pub tracks: BTreeMap<TrackId, Track>,
    /// What each backlog was made from.
    pub planned: BTreeMap<TrackId, Planned>,
    /// The track of the latest command.
    pub current: Option<TrackId>,
    /// What every ask has cost.
    pub ledger: Ledger,
    /// Prices by `provider/model`, from the host's catalogue.
    pub prices: BTreeMap<String, Price>,
    /// What models can take in tokens, by the same names; none of those that nobody knows it of.
    pub context_tokens: BTreeMap<String, u32>,
    /// Why the latest `/implement` ended before all was done; `None` when it did not.
    pub shortfall: Option<Shortfall>,
    /// What earlier work taught.
    pub notebook: Notebook,
    /// The latest verdict on a commit without any work of ours on it.
    pub health: Option<Health>,
    /// What we may have written last into documents for people, as SHA-256 by path, oldest first: of
    /// what is being written nobody knows yet whether it is there.
    pub written: BTreeMap<String, Vec<String>>,
    /// What is known of the health of providers, by name.
    pub providers: BTreeMap<String, Provider>,
    /// What processes that are gone left behind, until it was put right.
    pub interrupted: Interrupted,
    /// The feature that each track was given here: its number is no other's, whatever the index says.
    pub features: BTreeMap<TrackId, FeatureId>,
    /// SHA-256 of what each track's feature was saved from last: from then on its spec is a person's to edit.
    pub saved: BTreeMap<TrackId, String>,
    /// Tracks that were planned from a template.
    pub templated: BTreeSet<TrackId>,
    /// What git's configuration was like before it was changed under a run; until that is undone, or
    /// taken as it is by the person.
    pub guard: Option<Vec<Guarded>>,
    /// Features that were built again.
    pub regenerations: Regenerations,
    /// What agents said that belongs into no other's context.
    pub overheard: Overheard,
}

/// What processes that are gone left behind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Interrupted {
    /// The chats whose commands were at work.
    pub chats: BTreeSet<SessionId>,
    /// Processes of theirs that were ended.
    pub processes: u32,
}

impl Shared {
    /// The command has ended before all that it asked for: nobody waits for the rest, and a checkpoint
    /// must not name those who did.
    fn forget_waiters(&mut self) {
        for waiting in self.waiting.values_mut() {
            if !waiting.waiter.is_look() {
                waiting.waiter = Waiter::Nobody;
            }
        }
    }
}

/// Who waits for an effect, and since when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Waiting {
    waiter: Waiter,
    since_ms: u64,
    nature: Nature,
}

/// What an effect under way means to the engine's own books.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Nature {
    /// It runs to its end by itself, soon.
    Short,
    /// It takes time, and a `Cancel` ends it.
    Long,
    /// A session will exist.
    Creates { directory: Option<String> },
    /// A session will be gone.
    Removes { session: SessionId },
}

impl Nature {
    fn of(operation: &Operation) -> Self {
        match operation {
            Operation::Session(SessionOperation::Create { directory, .. }) => {
                Self::Creates { directory: directory.clone() }
            }
            Operation::Session(SessionOperation::Remove { session, .. }) => {
                Self::Removes { session: session.clone() }
            }
            Operation::Session(SessionOperation::Ask { .. })
            | Operation::Process(ProcessOperation::Run { .. })
            | Operation::Timer(TimerOperation::Sleep { .. }) => Self::Long,
            _ => Self::Short,
        }
    }
}

impl Engine {
    /// An engine that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an event in and gives the effects it causes, in order.
    pub fn step(&mut self, stamped: &Stamped) -> Vec<Effect> {
        self.advance(stamped, false)
    }

    /// Takes in an event of the past and gives the effects it had; they are not performed again, and
    /// texts that were dear to make may be left out of them. Afterwards the engine knows the same as
    /// after [`Engine::step`].
    ///
    /// What another version did since its last checkpoint is not judged by the rules of this one: its
    /// effects had other numbers. Only the chats are kept, whose sessions may be left; the refs tell
    /// what became of the work.
    pub fn replay(&mut self, stamped: &Stamped) -> Vec<Effect> {
        let is_own = self.shared.version == VERSION;
        match &stamped.event {
            Event::Opened { .. } | Event::Checkpoint { .. } => self.advance(stamped, true),
            _ if is_own => self.advance(stamped, true),
            Event::Command { chat, .. } => {
                self.shared.interrupted.chats.insert(chat.clone());
                Vec::new()
            }
            Event::Resolved { .. } | Event::Cancelled { .. } | Event::Session { .. } => Vec::new(),
        }
    }

    fn advance(&mut self, stamped: &Stamped, is_past: bool) -> Vec<Effect> {
        self.shared.now_ms = stamped.at_ms;
        let activity = std::mem::take(&mut self.activity);
        let mut turn = Turn { shared: &mut self.shared, is_past, effects: Vec::new() };
        self.activity = match &stamped.event {
            Event::Opened { version, tidied } => opened(activity, &mut turn, version, *tidied),
            Event::Checkpoint { state } => restored(activity, &mut turn, state),
            Event::Command { chat, name, arguments, setting } => {
                run::given(activity, &mut turn, chat, *name, arguments, setting)
            }
            Event::Resolved { id, outcome } => resolved(activity, &mut turn, *id, outcome),
            Event::Cancelled { chat } => run::cancelled(activity, &mut turn, chat),
            Event::Session { session, signal } => signalled(activity, &mut turn, session, signal),
        };
        let effects = turn.effects;
        if self.activity == Activity::Idle {
            self.shared.forget_waiters();
        }
        effects
    }

    /// All that outlives a command, to begin a replay with.
    pub fn checkpoint(&self) -> Event {
        // By way of its text: all that is written is written by one serializer, and the package is smaller.
        let text = serde_json::to_string(&self.shared).expect("the state has string keys only");
        Event::Checkpoint { state: serde_json::from_str(&text).expect("what was written is JSON") }
    }

    /// Whether a replay may begin with this event: a checkpoint that this version can read.
    pub fn can_begin_at(stamped: &Stamped) -> bool {
        matches!(&stamped.event, Event::Checkpoint { state } if Shared::deserialize(state).is_ok())
    }

    /// A hash of everything the engine knows, 64 hex digits. Equal after equal events, everywhere.
    pub fn state_hash(&self) -> String {
        let state = serde_json::to_vec(&(&self.shared, &self.activity))
            .expect("the state has string keys only, so it is always JSON");
        hex(&Sha256::digest(&state))
    }

    /// The track of the running or the latest command.
    pub(crate) fn track(&self) -> Option<&Track> {
        run::current_track(&self.activity, &self.shared)
    }

    /// Every task of the running or the latest command, with its status.
    pub fn statuses(&self) -> Vec<(TaskId, Status)> {
        let of = |track: &Track| track.ids().into_iter().zip(track.statuses()).collect();
        self.track().map(of).unwrap_or_default()
    }

    /// Whether a command is running.
    pub fn is_idle(&self) -> bool {
        self.activity == Activity::Idle
    }
}

/// A process that is gone took everything with it that was in flight.
fn opened(activity: Activity, turn: &mut Turn, version: &str, tidied: Tidied) -> Activity {
    turn.shared.waiting.clear();
    version.clone_into(&mut turn.shared.version);
    let interrupted = &mut turn.shared.interrupted;
    interrupted.processes += tidied.processes;
    interrupted.chats.extend(activity.chat().cloned());
    if let Activity::Implement(mut run) = activity {
        if !run.is_closing() && !run.is_errand() {
            let (track, reason) = (&run.track.backlog.track_id, "its process ended before it did.");
            turn.shared.shortfall = Some(Shortfall::new(track, turn.shared.now_ms, reason));
        }
        run.track.interrupt();
        let is_errand = run.is_errand();
        run.keep_track(turn, is_errand);
    }
    Activity::Idle
}

/// What was written when a command ended is what is known. A state that this version cannot read was
/// replayed from the events before it.
fn restored(activity: Activity, turn: &mut Turn, state: &serde_json::Value) -> Activity {
    if activity == Activity::Idle
        && let Ok(shared) = Shared::deserialize(state)
    {
        *turn.shared = Shared { now_ms: turn.shared.now_ms, ..shared };
    }
    activity
}

fn resolved(activity: Activity, turn: &mut Turn, id: EffectId, outcome: &Outcome) -> Activity {
    let Some(Waiting { waiter, since_ms, nature }) = turn.shared.waiting.remove(&id) else {
        return activity;
    };
    match (nature, outcome) {
        (Nature::Creates { directory }, Outcome::Session(SessionOutcome::Created { session })) => {
            turn.shared.sessions.insert(session.clone(), directory);
        }
        (Nature::Removes { session }, Outcome::Session(SessionOutcome::Removed)) => {
            turn.shared.sessions.remove(&session);
        }
        _ => {}
    }
    let took_ms = turn.shared.now_ms.saturating_sub(since_ms);
    run::resolved(activity, turn, waiter, outcome, took_ms)
}

fn signalled(activity: Activity, turn: &mut Turn, session: &SessionId, signal: &SessionSignal) -> Activity {
    if let SessionSignal::Overheard { heard } = signal {
        run::overheard::listen(&activity, turn.shared, session, heard);
        return activity;
    }
    match activity {
        Activity::Implement(run) => run.signalled(turn, session, signal),
        Activity::Plan(mut run) => {
            run.signalled(turn, session, signal);
            Activity::Plan(run)
        }
        Activity::Draft(mut run) => {
            run.signalled(turn, session, signal);
            Activity::Draft(run)
        }
        Activity::Desk(mut run) => {
            run.signalled(turn, session, signal);
            Activity::Desk(run)
        }
        other @ (Activity::Idle | Activity::Ground(_) | Activity::Regenerate(_) | Activity::Spec(_)) => other,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
