//! The ways in which an attempt can fail.

use serde::{Deserialize, Serialize};

use super::{shown, shown_command, shown_paths};
use crate::context::Altered;
use crate::gates::GateName;
use crate::resilience::trouble::TroubleClass;
use crate::text;

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Failure {
    /// A check of the project said no.
    Gate {
        /// Which.
        gate: GateName,
        /// Its command line.
        command: String,
        /// Its exit code; `None` when it was stopped at its deadline, 0 when it ran no test.
        code: Option<i32>,
        /// The end of what it printed; see [`super::relative`] for the paths in it.
        tail: String,
    },
    /// The reviewer asked for changes.
    Review {
        /// What for.
        issues: Vec<String>,
        /// It says that the task itself is at fault.
        is_of_spec: bool,
    },
    /// The attempt took too long.
    Timeout {
        /// How long, in milliseconds.
        after_ms: u64,
    },
    /// Nothing was heard from the session.
    Silent {
        /// For how long, in milliseconds.
        after_ms: u64,
    },
    /// The agent did the same thing again and again.
    Loop {
        /// What.
        what: String,
    },
    /// The agent read and wrote far from its task.
    Drift {
        /// What.
        what: String,
    },
    /// The agent said that it cannot go on.
    Blocked {
        /// Why.
        reason: String,
    },
    /// The provider of the model failed, or stopped the answer for a reason.
    Provider {
        /// How.
        class: TroubleClass,
        /// What it said.
        message: String,
    },
    /// The work does not merge with what was merged meanwhile.
    Conflict {
        /// Paths in conflict.
        paths: Vec<String>,
    },
    /// Nothing was changed.
    Empty,
    /// Something was changed that no task may change.
    Forbidden {
        /// Paths.
        paths: Vec<String>,
    },
    /// Something was changed that the person wants left alone.
    OffLimits {
        /// Paths.
        paths: Vec<String>,
    },
    /// The task's context could not be sent.
    Context {
        /// What is wrong with it.
        findings: Vec<String>,
    },
    /// The session does not hold what its agent was to read, and only that.
    Altered {
        /// What differs, and where.
        what: String,
        /// It is the first message, so that every session would meet the same.
        is_first: bool,
    },
    /// The task's budget is used up.
    Budget {
        /// What that means for it.
        message: String,
    },
    /// The host, git or the disk failed.
    Host {
        /// How.
        message: String,
    },
}

/// The kinds of failure, as they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// A check of the project said no.
    Gate,
    /// The reviewer asked for changes.
    Review,
    /// Too long, or going in circles.
    Timeout,
    /// Far from its task.
    Drift,
    /// The agent gave up, or could not finish its answer.
    Blocked,
    /// The provider failed.
    Provider,
    /// The work does not merge.
    Conflict,
    /// Nothing was changed.
    Empty,
    /// A forbidden path was changed.
    Forbidden,
    /// The context could not be sent.
    Context,
    /// A budget is used up.
    Budget,
    /// The host, git or the disk failed.
    Host,
}

impl FailureClass {
    /// Whether something around the task failed, not the work on it.
    pub fn is_trouble(self) -> bool {
        matches!(self, Self::Provider | Self::Host)
    }
}

impl From<Altered> for Failure {
    fn from(Altered { what, is_first }: Altered) -> Self {
        Self::Altered { what, is_first }
    }
}

impl Failure {
    /// The kind it is counted under.
    pub fn class(&self) -> FailureClass {
        match self {
            Self::Gate { .. } => FailureClass::Gate,
            Self::Review { .. } => FailureClass::Review,
            Self::Timeout { .. } | Self::Loop { .. } => FailureClass::Timeout,
            Self::Drift { .. } => FailureClass::Drift,
            Self::Blocked { .. } => FailureClass::Blocked,
            Self::Provider { class, .. } if class.counts() => FailureClass::Blocked,
            Self::Provider { .. } | Self::Silent { .. } => FailureClass::Provider,
            Self::Conflict { .. } => FailureClass::Conflict,
            Self::Empty => FailureClass::Empty,
            Self::Forbidden { .. } | Self::OffLimits { .. } => FailureClass::Forbidden,
            Self::Context { .. } | Self::Altered { .. } => FailureClass::Context,
            Self::Budget { .. } => FailureClass::Budget,
            Self::Host { .. } => FailureClass::Host,
        }
    }

    /// Whether the task had its chance: trouble of the provider or the host is not its fault, and an
    /// empty purse is not either, nor is what others put into its session.
    pub fn consumes_attempt(&self) -> bool {
        let is_altered = matches!(self, Self::Altered { .. });
        !self.class().is_trouble() && self.class() != FailureClass::Budget && !is_altered
    }

    /// Whether the attempt itself fell short. Two tasks that collide say nothing about either, and a context
    /// that cannot be sent was read by nobody.
    pub fn is_of_work(&self) -> bool {
        self.consumes_attempt() && !matches!(self.class(), FailureClass::Conflict | FailureClass::Context)
    }

    /// The failure in one sentence for a person, without the final stop.
    pub fn headline(&self) -> String {
        match self {
            Self::Gate { gate, command, code: Some(0), .. } => {
                format!("the {gate} gate failed: {} ran no test", shown_command(command))
            }
            Self::Gate { gate, command, code: Some(code), .. } => {
                format!("the {gate} gate failed: {} ended with exit code {code}", shown_command(command))
            }
            Self::Gate { gate, command, code: None, .. } => {
                format!("the {gate} gate failed: {} was stopped at its deadline", shown_command(command))
            }
            Self::Review { issues, .. } => match issues.as_slice() {
                [] => "the reviewer asked for changes without naming one".to_owned(),
                [only] => format!("the reviewer asked for a change: {}", text::code_span(&shown(only))),
                [first, rest @ ..] => {
                    let first = text::code_span(&shown(first));
                    format!("the reviewer asked for {} changes, first: {first}", rest.len() + 1)
                }
            },
            Self::Timeout { after_ms } => {
                format!("the attempt was not done after {}", text::duration(*after_ms))
            }
            Self::Silent { after_ms } => {
                format!("nothing was heard from the agent for {}", text::duration(*after_ms))
            }
            Self::Loop { what } => format!("the agent went in circles: {}", shown(what)),
            Self::Drift { what } => format!("the agent strayed from its task: {}", shown(what)),
            Self::Blocked { reason } => format!("the agent is blocked: {}", text::code_span(&shown(reason))),
            Self::Provider { class, message } if class.counts() => shown(message),
            Self::Provider { class: TroubleClass::Refused, message } => {
                format!("the provider refused: {}", shown(message))
            }
            Self::Provider { message, .. } => format!("the provider failed: {}", shown(message)),
            Self::Conflict { paths } => {
                format!("the work conflicts with merged work in {}", shown_paths(paths))
            }
            Self::Empty => "the agent changed nothing".to_owned(),
            Self::Forbidden { paths } => {
                format!("the agent changed {}, which no task may change", shown_paths(paths))
            }
            Self::OffLimits { paths } => {
                format!(
                    "the agent changed {}, which the backlog's dont_touch leaves alone",
                    shown_paths(paths)
                )
            }
            Self::Context { findings } => match findings.first() {
                Some(first) => format!("the context cannot be sent: {}", shown(first)),
                None => "the context cannot be sent".to_owned(),
            },
            Self::Altered { what, .. } => format!("its agent read more than its task: {}", shown(what)),
            Self::Budget { message } => shown(message),
            Self::Host { message } => format!("the host failed: {}", shown(message)),
        }
    }
}
