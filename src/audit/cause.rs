//! Who was behind an event: the person, an agent, a command of the project, git, the provider, a restart.

use std::collections::BTreeMap;

use crate::effect::file::FileOperation;
use crate::effect::git::{GitOperation, GitOutcome};
use crate::effect::process::{ProcessOperation, ProcessOutcome};
use crate::effect::session::{SessionOperation, SessionOutcome, Trouble};
use crate::effect::{Effect, Operation, Outcome};
use crate::event::{CommandName, Event};
use crate::ids::EffectId;
use crate::text::cut;

/// Words of others are cut after so many bytes.
const WORDS_BYTES_MAX: usize = 100;

/// What was asked of the world and not answered yet, so that an answer can be traced to who gave it.
#[derive(Default)]
pub(super) struct Causes {
    asked: BTreeMap<EffectId, Asked>,
}

/// Who will answer.
enum Asked {
    /// An agent.
    Agent(String),
    /// A command of the project.
    Command(String),
    /// Git, to do this.
    Git(&'static str),
    /// A file of this path.
    Read(String),
    /// The clock.
    Rest,
    /// Something else.
    Other,
}

impl Causes {
    /// Remembers who is asked.
    pub fn note(&mut self, effect: Effect) {
        let asked = match effect.operation {
            Operation::Session(
                SessionOperation::Ask { agent, .. } | SessionOperation::Nudge { agent, .. },
            ) => Asked::Agent(agent),
            Operation::Session(SessionOperation::Create { purpose, .. }) => Asked::Agent(purpose.agent),
            Operation::Process(ProcessOperation::Run { command, .. }) => Asked::Command(command),
            Operation::Git(operation) => Asked::Git(what(&operation)),
            Operation::File(FileOperation::Read { file, .. }) => Asked::Read(file.path),
            Operation::Timer(_) => Asked::Rest,
            Operation::Chat(_) | Operation::Cancel(_) => return,
            _ => Asked::Other,
        };
        self.asked.insert(effect.id, asked);
    }

    /// Who or what an event comes from, in a few words.
    pub fn of(&mut self, event: &Event) -> String {
        match event {
            Event::Opened { version, .. } => {
                self.asked.clear();
                format!("restart, version {}", words(version))
            }
            Event::Checkpoint { .. } => "checkpoint".to_owned(),
            Event::Command { name, arguments, .. } => {
                words(format!("person: {} {arguments}", command(*name)).trim_end())
            }
            Event::Cancelled { .. } => "person: Esc".to_owned(),
            Event::Session { .. } => "sign from a session".to_owned(),
            Event::Resolved { id, outcome } => {
                let asked = self.asked.remove(id).unwrap_or(Asked::Other);
                answered(&asked, outcome)
            }
        }
    }
}

fn command(name: CommandName) -> &'static str {
    match name {
        CommandName::Plan => "/plan",
        CommandName::Backlog => "/backlog",
        CommandName::Implement => "/implement",
        CommandName::Review => "/review",
        CommandName::Regenerate => "/regenerate",
        CommandName::Progress => "/progress",
        CommandName::Metrics => "/metrics",
        CommandName::Spec => "/spec",
    }
}

fn what(operation: &GitOperation) -> &'static str {
    match operation {
        GitOperation::Prepare { .. } => "worktree prepared",
        GitOperation::Collect { .. } | GitOperation::Recall { .. } => "work collected",
        GitOperation::Merge { .. } => "merge made",
        GitOperation::Compose { .. } | GitOperation::Revert { .. } => "commit made",
        GitOperation::Move { .. } => "merge recorded",
        GitOperation::Land { .. } => "landed",
        GitOperation::Hold { .. } => "refs compared",
        _ => "repository looked at",
    }
}

fn answered(asked: &Asked, outcome: &Outcome) -> String {
    let agent = |asked: &Asked| match asked {
        Asked::Agent(agent) => format!("agent {}", words(agent)),
        _ => "an agent".to_owned(),
    };
    match outcome {
        Outcome::Session(SessionOutcome::Failed { trouble, .. }) => match trouble {
            Trouble::Deadline => format!("{} was not done in time", agent(asked)),
            Trouble::Silent => format!("{} fell silent", agent(asked)),
            Trouble::Error { name, status, message } => {
                let status = status.map(|status| format!(" {status}")).unwrap_or_default();
                format!("provider: {} ({})", words(&format!("{name}{status}: {message}")), agent(asked))
            }
        },
        Outcome::Session(SessionOutcome::Answered { .. }) => format!("{} answered", agent(asked)),
        Outcome::Session(SessionOutcome::Aborted { .. }) => format!("{} was stopped", agent(asked)),
        Outcome::Session(SessionOutcome::Created { .. }) => format!("{} got a session", agent(asked)),
        Outcome::Session(_) => "host: sessions looked at".to_owned(),
        Outcome::Process(outcome) => process(asked, outcome),
        Outcome::Git(outcome) => git(asked, outcome),
        Outcome::File(_) => match asked {
            Asked::Read(path) => format!("person: {} as it was read", words(path)),
            _ => "file written".to_owned(),
        },
        Outcome::Timer(_) => "rest over".to_owned(),
        Outcome::Catalogue(_) => "catalogue of models read".to_owned(),
        _ => "machine looked at".to_owned(),
    }
}

fn process(asked: &Asked, outcome: &ProcessOutcome) -> String {
    let command = match asked {
        Asked::Command(command) => format!("command `{}`", words(command)),
        _ => "a command".to_owned(),
    };
    match outcome {
        ProcessOutcome::Exited { code, .. } => format!("{command} exited with {code}"),
        ProcessOutcome::TimedOut { .. } => format!("{command} took too long"),
        ProcessOutcome::Aborted => format!("{command} was stopped"),
        ProcessOutcome::Failed { message } => format!("{command} could not run: {}", words(message)),
    }
}

fn git(asked: &Asked, outcome: &GitOutcome) -> String {
    match (outcome, asked) {
        (GitOutcome::Failed { message }, _) => format!("git: {}", words(message)),
        (GitOutcome::Conflicted { .. }, _) => "git: merge conflict".to_owned(),
        (GitOutcome::Stale { .. }, _) => "git: branch was elsewhere".to_owned(),
        (GitOutcome::Tampered { names }, _) => {
            format!("git: configuration changed: {}", words(&names.join(", ")))
        }
        (_, Asked::Git(what)) => format!("git: {what}"),
        _ => "git".to_owned(),
    }
}

/// The beginning of what others wrote, on one line and without control characters.
pub(super) fn words(text: &str) -> String {
    let plain = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    cut(&plain.collect::<String>(), WORDS_BYTES_MAX)
}
