//! What runs: one file a command or a stretch of one. Each takes its state and an outcome, and gives
//! the state that follows.

pub mod asked;
pub mod author;
pub mod desk;
pub mod documents;
pub mod draft;
pub(crate) mod fitness;
pub mod gating;
pub mod ground;
pub mod health;
pub mod implement;
pub mod look;
pub mod order;
pub(crate) mod overheard;
pub(crate) mod patterns;
pub mod plan;
pub mod providers;
pub mod recover;
pub mod regenerate;
pub mod review;
pub(crate) mod specs;
pub mod survey;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::definitions::{Role, beside};
use crate::effect::Outcome;
use crate::effect::git::{GitOutcome, Repository};
use crate::effect::session::{Rule, SessionOutcome, Trouble};
use crate::engine::{Activity, Shared, Turn};
use crate::event::{CommandName, Setting};
use crate::ids::{ModelRef, SessionId, TaskId, TrackId};
use crate::options::Options;
use crate::prompts::{PromptUse, agent_name, choose};
use crate::route::{Routing, Work};
use crate::text::{bullets, duration, list};
use crate::track::Track;

/// A session without any sign of life for so long is given up. The host itself waits 5 minutes for
/// a silent provider before it tries again, so this is longer.
const SILENT_MS: u64 = 6 * 60 * 1000;

/// How long an ask with a deadline may be silent: at most half of it, so that the two can be told apart.
pub(crate) fn silent_ms(timeout_ms: u64) -> u64 {
    SILENT_MS.min(timeout_ms / 2)
}

/// What a command works with from its start to its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// The chat it was given in.
    pub chat: SessionId,
    /// The person's options.
    pub options: Options,
    /// Which model does what, unless the person set one for the agent itself.
    pub routing: Routing,
    /// Models that the person set for agents.
    pub agents: BTreeMap<String, ModelRef>,
    /// What the person says of further tools of agents.
    pub tool_rules: BTreeMap<String, Vec<Rule>>,
    /// The track it works on, once the backlog was read.
    pub track: Option<TrackId>,
    /// The repository when the command began.
    pub repository: Repository,
    /// When it began, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// The hash of each agent's prompt, by the agent's name at the host.
    pub prompts: BTreeMap<String, String>,
    /// Seed for jitter and for the choice between prompts.
    pub seed: u32,
}

impl Run {
    /// The model for a kind of work that an agent does.
    pub fn model(&self, role: Role, work: Work) -> Option<ModelRef> {
        self.agents.get(role.agent()).or_else(|| self.routing.model(work)).cloned()
    }

    /// What a session of a role may do.
    pub fn rules(&self, role: Role) -> Vec<Rule> {
        let further = self.tool_rules.get(role.agent()).map(Vec::as_slice).unwrap_or_default();
        [role.rules(), beside(further)].concat()
    }

    /// Which agent at the host does a role's work on a task, and with which prompt. The same for every
    /// text that is sent to one session.
    pub fn prompt(&self, role: Role, task: Option<&TaskId>, attempt: u32) -> PromptUse {
        let none = BTreeMap::new();
        let variants = self.options.prompts.get(role.agent()).unwrap_or(&none);
        let task = task.map(ToString::to_string).unwrap_or_default();
        let own = agent_name(role, choose(variants, self.seed, role, &task, attempt));
        // Where the person set the agent's prompt in the host's configuration there are no variants of it.
        let is_registered = self.prompts.is_empty() || self.prompts.contains_key(&own);
        let agent = if is_registered { own } else { role.agent().to_owned() };
        let hash = self.prompts.get(&agent).cloned();
        PromptUse { agent, hash }
    }

    /// Every model that may be used, once.
    pub fn models(&self) -> Vec<ModelRef> {
        let mut models = self.routing.models();
        models.extend(self.agents.values().cloned());
        models.sort();
        models.dedup();
        models
    }

    /// What a model is used for: kinds of work and agents.
    pub fn uses_of(&self, model: &ModelRef) -> Vec<String> {
        let works = Work::ALL.into_iter().filter(|work| self.routing.model(*work) == Some(model));
        let agents = self.agents.iter().filter(|(_, own)| *own == model);
        let agents = agents.map(|(agent, _)| format!("agent {agent}"));
        works.map(|work| work.name().to_owned()).chain(agents).collect()
    }

    /// The path of a document for people, from the repository's root.
    pub fn document(&self, name: &str) -> String {
        document(&self.options, name)
    }
}

/// The path of a document for people, from the repository's root.
pub fn document(options: &Options, name: &str) -> String {
    format!("{}/{name}", options.output_dir.trim_end_matches('/'))
}

/// Who waits for an effect. When no command runs only a look or nobody does, so only those are read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Waiter {
    /// The preconditions of a command.
    #[serde(skip_deserializing)]
    Ground,
    /// `/plan`.
    #[serde(skip_deserializing)]
    Plan(plan::Wait),
    /// The making of a backlog.
    #[serde(skip_deserializing)]
    Draft(draft::Wait),
    /// `/implement` as a whole.
    #[serde(skip_deserializing)]
    Implement(implement::Wait),
    /// One attempt at one task.
    #[serde(skip_deserializing)]
    Attempt(implement::attempt::Wait),
    /// `/review`.
    #[serde(skip_deserializing)]
    Desk,
    /// `/regenerate`, which waits for one thing at a time.
    #[serde(skip_deserializing)]
    Regenerate,
    /// A question that only needs a file.
    Look(Box<look::Wait>),
    /// A question about specs.
    SpecLook(Box<specs::look::Wait>),
    /// `/spec save`.
    #[serde(skip_deserializing)]
    Spec,
    /// A document for people.
    #[serde(skip_deserializing)]
    Document {
        /// Its path from the repository's root.
        path: String,
    },
    /// Nobody: the books are kept by the engine itself, or the effect is a courtesy.
    Nobody,
}

impl Waiter {
    /// Whether it is a question, which goes on beside any command.
    pub fn is_look(&self) -> bool {
        matches!(self, Self::Look(_) | Self::SpecLook(_))
    }
}

/// What an outcome made of a part of a run.
pub enum Progress<More, Done> {
    /// It goes on.
    More(More),
    /// It is done.
    Done(Done),
    /// It was stopped.
    Aborted,
    /// It cannot be done.
    Failed(String),
}

/// A command was given.
pub fn given(
    activity: Activity,
    turn: &mut Turn,
    chat: &SessionId,
    name: CommandName,
    arguments: &str,
    setting: &Setting,
) -> Activity {
    let options = match crate::options::read_options(&setting.options) {
        Ok(options) => options,
        Err(problems) => {
            let text = format!("the plugin's options have problems:\n{}", bullets(&problems));
            turn.end(chat, Some(text));
            return activity;
        }
    };
    if let Some(look) = look::look(name, arguments) {
        look::given(turn, chat, look, options);
        return activity;
    }
    if activity != Activity::Idle {
        let text = "another command is still running on this repository. Wait for it, or stop it with Esc \
                    in its own chat. /progress works meanwhile.";
        turn.end(chat, Some(text.to_owned()));
        return activity;
    }
    ground::given(turn, chat, name, arguments, options, setting)
}

/// An effect ended that somebody waited for, `took_ms` after it was asked for.
pub fn resolved(
    activity: Activity,
    turn: &mut Turn,
    waiter: Waiter,
    outcome: &Outcome,
    took_ms: u64,
) -> Activity {
    match (activity, waiter) {
        (activity, Waiter::Look(wait)) => {
            look::resolved(&activity, turn, *wait, outcome);
            activity
        }
        (activity, Waiter::SpecLook(wait)) => {
            specs::look::resolved(turn, *wait, outcome);
            activity
        }
        (Activity::Spec(run), Waiter::Spec) => run.resolved(turn, outcome),
        (Activity::Ground(ground), Waiter::Ground) => ground.resolved(turn, outcome),
        (Activity::Plan(run), Waiter::Plan(wait)) => run.resolved(turn, wait, outcome, took_ms),
        (Activity::Draft(run), Waiter::Draft(wait)) => run.resolved(turn, wait, outcome, took_ms),
        (Activity::Desk(run), Waiter::Desk) => run.resolved(turn, outcome, took_ms),
        (Activity::Implement(run), Waiter::Implement(wait)) => run.resolved(turn, wait, outcome, took_ms),
        (Activity::Regenerate(run), Waiter::Regenerate) => run.resolved(turn, outcome),
        (Activity::Implement(run), Waiter::Document { path }) => run.document_resolved(turn, path, outcome),
        (Activity::Implement(run), Waiter::Attempt(wait)) => {
            run.attempt_resolved(turn, wait, outcome, took_ms)
        }
        (activity, _) => activity,
    }
}

/// The person wants a command to stop. Nothing new starts; what takes time is ended.
pub fn cancelled(activity: Activity, turn: &mut Turn, chat: &SessionId) -> Activity {
    match activity {
        Activity::Ground(ground) if ground.chat() == chat => ground.cancelled(),
        Activity::Plan(run) if run.chat() == chat => run.cancelled(turn),
        Activity::Draft(run) if run.chat() == chat => run.cancelled(turn),
        Activity::Implement(run) if run.run.chat == *chat => run.cancelled(turn),
        Activity::Desk(run) if run.chat() == chat => run.cancelled(turn),
        Activity::Regenerate(run) if run.chat() == chat => run.cancelled(turn),
        other => other,
    }
}

/// The track of the running or the latest command.
pub fn current_track<'a>(activity: &'a Activity, shared: &'a Shared) -> Option<&'a Track> {
    match activity {
        Activity::Implement(run) => Some(&run.track),
        _ => shared.current.as_ref().and_then(|id| shared.tracks.get(id)),
    }
}

/// A sentence for an outcome that a git operation should not have had.
pub fn git_failure(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Git(GitOutcome::Failed { message }) => message.clone(),
        Outcome::Git(GitOutcome::Stale { actual }) => match actual {
            Some(commit) => format!("the ref was moved by somebody else, to {commit}"),
            None => "the ref is gone".to_owned(),
        },
        Outcome::Git(GitOutcome::Tampered { names }) => tampering(names),
        other => format!("git gave an answer that does not fit: {other:?}"),
    }
}

/// Half a sentence for a change of what makes git run programs.
pub fn tampering(names: &[String]) -> String {
    format!(
        "git's configuration was changed while this ran, and such changes can make git run programs: {}",
        list(names)
    )
}

/// A sentence for what went wrong with a session.
pub fn session_failure(outcome: &SessionOutcome, timeout_ms: u64) -> String {
    match outcome {
        SessionOutcome::Failed { trouble, .. } => match trouble {
            Trouble::Error { name, status, message } => {
                let status = status.map(|status| format!(" (HTTP {status})")).unwrap_or_default();
                format!("{name}{status}: {message}")
            }
            Trouble::Deadline => format!("not done after {}", duration(timeout_ms)),
            Trouble::Silent => "nothing was heard from it for too long".to_owned(),
        },
        SessionOutcome::Aborted { .. } => "stopped".to_owned(),
        other => format!("the host gave an answer that does not fit: {other:?}"),
    }
}
