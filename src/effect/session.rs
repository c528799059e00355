//! Sessions of the host: created with their own rules, asked once or a few times, removed.

use serde::{Deserialize, Serialize};

use crate::effect::stored::StoredText;
use crate::ids::{ModelRef, SessionId};

/// What can be asked of sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SessionOperation {
    /// Make a fresh session. Resolves as `Created`, `Failed` or `Aborted`.
    Create {
        /// Where it works: an absolute worktree path, or `None` for the person's checkout.
        directory: Option<String>,
        /// The chat it belongs to.
        parent: SessionId,
        /// What the person sees as its name.
        title: String,
        /// Ordered permission rules, the last match wins.
        rules: Vec<Rule>,
        /// What it is for; kept with the session so that an orphan can be told from a chat.
        purpose: Purpose,
    },
    /// Send a text and wait until the session has nothing more to do.
    /// Resolves as `Answered`, `Failed` or `Aborted`.
    Ask {
        /// The session.
        session: SessionId,
        /// The same directory as at its creation.
        directory: Option<String>,
        /// Which agent answers.
        agent: String,
        /// Which model; `None` leaves it to the host.
        model: Option<ModelRef>,
        /// The text, sent byte for byte.
        text: String,
        /// When to abort it and resolve as `Failed` with [`Trouble::Deadline`].
        #[cfg_attr(test, ts(type = "number"))]
        timeout_ms: u64,
        /// Without any event from it for so long it is aborted with [`Trouble::Silent`].
        #[cfg_attr(test, ts(type = "number"))]
        silent_ms: u64,
        /// What holds a long session to its task; `None` where that is not needed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        focus: Option<Focus>,
        /// Whether what the session holds is told when the ask ends.
        #[serde(default)]
        hearing: Hearing,
    },
    /// Say something to a session that is at work; it reads it at its next step.
    /// Resolves as `Nudged` or `Failed`.
    Nudge {
        /// The session.
        session: SessionId,
        /// The same directory as at its creation.
        directory: Option<String>,
        /// Which agent answers.
        agent: String,
        /// Which model; `None` leaves it to the host.
        model: Option<ModelRef>,
        /// The text, sent byte for byte.
        text: String,
    },
    /// What became of a session whose asker is gone; what it holds is told as fingerprints. Resolves as
    /// `Answered` when it has said its last word, as `Unfinished` when it has not, as `Removed` when it does
    /// not exist, else as `Failed`.
    Recall {
        /// The session.
        session: SessionId,
        /// The same directory as at its creation.
        directory: Option<String>,
    },
    /// Sessions of ours below chats, by the purpose that was kept with them.
    /// Resolves as `Found` or `Failed`.
    Find {
        /// The chats.
        parents: Vec<SessionId>,
    },
    /// Delete a session and look whether it is gone. Resolves as `Removed`, `Kept`.
    Remove {
        /// The session.
        session: SessionId,
        /// The same directory as at its creation.
        directory: Option<String>,
    },
}

/// Whether what an agent says on the way to its answer could come up again where it does not belong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Hearing {
    /// What the session holds is told as fingerprints, by the signal `Overheard`.
    #[default]
    Fingerprints,
    /// Only its answer is read, and taken apart by a program: nothing else is told.
    AnswerOnly,
}

/// What holds a long session to its task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Focus {
    /// What the host's own agent reads when it sums the session up.
    pub keep: String,
    /// Words that are looked for in what tools answer: whole, in this very spelling.
    pub words: Vec<String>,
}

/// How a session operation ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SessionOutcome {
    /// The session exists.
    Created {
        /// Its id.
        session: SessionId,
    },
    /// The agent said its last word.
    Answered {
        /// The text parts of its last message, at most 1 MiB of them.
        text: String,
        /// Their full size in UTF-8 bytes.
        #[serde(default)]
        #[cfg_attr(test, ts(type = "number"))]
        text_bytes: u64,
        /// The finish reason of its last message: `stop` when it ended by itself, `tool-calls` when
        /// a denied permission stopped it, `length` when it was cut off, `None` for a bad stream.
        finish: Option<String>,
        /// What this ask cost.
        usage: Usage,
        /// The texts that the session holds, oldest first, read together with the answer.
        #[serde(default)]
        stored: Vec<StoredText>,
    },
    /// It could not be done, or went wrong on the way.
    Failed {
        /// What went wrong.
        trouble: Trouble,
        /// What was spent all the same.
        usage: Usage,
    },
    /// A `Cancel` stopped it.
    Aborted {
        /// What was spent all the same.
        usage: Usage,
    },
    /// It was told.
    Nudged,
    /// It has not said its last word, and may still be at work.
    Unfinished {
        /// What it has cost so far.
        usage: Usage,
    },
    /// Sessions of ours.
    Found {
        /// Them.
        sessions: Vec<FoundSession>,
    },
    /// The host answered 404.
    Removed,
    /// It is still there.
    Kept {
        /// What the host said.
        reason: String,
    },
}

impl SessionOutcome {
    /// What was spent, by an ask.
    pub fn usage(&self) -> Option<Usage> {
        match self {
            Self::Answered { usage, .. } | Self::Failed { usage, .. } | Self::Aborted { usage } => {
                Some(*usage)
            }
            Self::Unfinished { usage } => Some(*usage),
            Self::Created { .. } | Self::Nudged | Self::Found { .. } | Self::Removed | Self::Kept { .. } => {
                None
            }
        }
    }
}

/// A session of ours at the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FoundSession {
    /// Its id.
    pub session: SessionId,
    /// Where it works; `None` in the person's checkout.
    pub directory: Option<String>,
    /// What it was made for.
    pub purpose: Purpose,
}

/// What went wrong with a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Trouble {
    /// The host or the provider answered with an error.
    Error {
        /// The host's name for it, for example `APIError`.
        name: String,
        /// The HTTP status, when there was one.
        status: Option<u16>,
        /// What it said.
        message: String,
    },
    /// Not done after `timeout_ms`.
    Deadline,
    /// Nothing heard for `silent_ms`.
    Silent,
}

/// Tokens and money as the host counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Usage {
    /// Tokens sent, without those read from a cache.
    #[cfg_attr(test, ts(type = "number"))]
    pub input_tokens: u64,
    /// Tokens received, reasoning included.
    #[cfg_attr(test, ts(type = "number"))]
    pub output_tokens: u64,
    /// Tokens read from a cache.
    #[cfg_attr(test, ts(type = "number"))]
    pub cached_tokens: u64,
    /// US dollars.
    pub cost_usd: f64,
    /// Model turns.
    pub steps: u32,
}

/// A permission rule of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Rule {
    /// The host's name of the permission: `edit`, `bash`, `read`, … or `*`.
    pub permission: String,
    /// A glob over what is asked for.
    pub pattern: String,
    /// What happens.
    pub action: RuleAction,
}

/// What a permission rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RuleAction {
    /// Go ahead.
    Allow,
    /// Refuse.
    Deny,
}

/// What a session is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Purpose {
    /// The agent it was made for.
    pub agent: String,
    /// The task it works on, if any.
    pub task: Option<String>,
    /// Which attempt at that task, from 1; 0 when there is none.
    pub attempt: u32,
}
