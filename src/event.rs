//! Everything that can happen to the engine. Each variant says when it happens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::effect::Outcome;
use crate::effect::session::{Rule, Usage};
use crate::effect::stored::StoredText;
use crate::hygiene::Heard;
use crate::ids::{EffectId, ModelRef, SessionId};
use crate::prompts::PromptsInUse;

/// An event and when it happened. This is what the journal holds, one a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Stamped {
    /// Milliseconds since the Unix epoch, from the host's clock.
    #[cfg_attr(test, ts(type = "number"))]
    pub at_ms: u64,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A new process opened the journal: whatever was in flight before is in flight no more.
    Opened {
        /// The version of the package that opened it.
        version: String,
        /// What the host put right before.
        #[serde(default)]
        tidied: Tidied,
    },
    /// A command ended and none is running. A replay may begin here: a newer version, whose rules may
    /// differ, need not judge the past again.
    Checkpoint {
        /// All that outlives a command, as the engine wrote it.
        #[cfg_attr(test, ts(type = "unknown"))]
        state: serde_json::Value,
    },
    /// A person gave one of our commands.
    Command {
        /// The chat it was typed in; its answer is shown there.
        chat: SessionId,
        /// Which command.
        name: CommandName,
        /// Everything that was typed after the command's name.
        arguments: String,
        /// What the host knows at this moment.
        setting: Setting,
    },
    /// An effect ended, well or badly.
    Resolved {
        /// Which effect.
        id: EffectId,
        /// How it ended.
        outcome: Outcome,
    },
    /// The person pressed Esc in a chat with a running command, or the process was asked to stop.
    Cancelled {
        /// The chat whose command is to stop.
        chat: SessionId,
    },
    /// Something worth knowing happened inside a session of ours that is still working.
    Session {
        /// The session.
        session: SessionId,
        /// What was seen.
        signal: SessionSignal,
    },
}

/// What an earlier process left behind and the host put right when it opened the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Tidied {
    /// Processes that were still running and were ended.
    pub processes: u32,
    /// Bytes of a torn last line that were cut off the journal.
    pub torn_bytes: u32,
}

/// The commands a person can type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CommandName {
    /// `/plan <file or text>`
    Plan,
    /// `/backlog [--check]`
    Backlog,
    /// `/implement [task ids…] [--allow-red] [--trust-config]`
    Implement,
    /// `/review [task ids… | decision | branch or commit] [--json]`
    Review,
    /// `/regenerate <feature id> [--times N]`, `/regenerate --all [--keep-going]`
    Regenerate,
    /// `/progress [--audit]`
    Progress,
    /// `/metrics`
    Metrics,
    /// `/spec [save | show <feature>]`
    Spec,
}

/// What the host knows when a command is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Setting {
    /// The plugin's options as the person wrote them; the engine validates them.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub options: serde_json::Value,
    /// The person's `model`, when one is set.
    pub model: Option<ModelRef>,
    /// The person's `small_model`, when one is set.
    pub small_model: Option<ModelRef>,
    /// Models that the person set for agents of ours in the host's configuration, by agent.
    pub agents: BTreeMap<String, ModelRef>,
    /// What the person says in the host's configuration of tools beside those that agents of ours have rules
    /// for, by agent; the last that fits a tool counts.
    #[serde(default)]
    pub tool_rules: BTreeMap<String, Vec<Rule>>,
    /// The prompts that the agents were registered with.
    #[serde(default)]
    pub prompts: PromptsInUse,
    /// Seed for jitter and for the choice between prompts, drawn once a command.
    pub seed: u32,
}

/// What a tool call brought into its session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Touched {
    /// The files and directories it was called with, relative to the session's directory where they are in
    /// it, else absolute; the first 20.
    pub paths: Vec<String>,
    /// Size of its input, as JSON, in UTF-8 bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub input_bytes: u64,
    /// Size of its output in UTF-8 bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub output_bytes: u64,
    /// Which of the words that are looked for stand in its output.
    pub words: Vec<String>,
}

/// A sign of life or trouble from a working session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SessionSignal {
    /// A model turn ended.
    Stepped {
        /// The finish reason that the provider gave; `None` when the stream just ended.
        finish: Option<String>,
        /// What this turn cost.
        #[serde(default)]
        usage: Usage,
    },
    /// A tool call ended.
    Called {
        /// The tool.
        tool: String,
        /// A hash of the tool and what it was called with: equal calls have equal ones.
        call: String,
        /// The call failed.
        is_error: bool,
        /// What it brought into the session.
        #[serde(default)]
        touched: Touched,
    },
    /// The host waits before it calls the provider again.
    Retrying {
        /// Which try comes next, from 1.
        attempt: u32,
        /// When, in milliseconds since the Unix epoch.
        #[cfg_attr(test, ts(type = "number"))]
        next_ms: u64,
        /// What the provider said.
        message: String,
    },
    /// The session was read back for the first time since its agent began, or holds other texts than the
    /// last time.
    Stored {
        /// Its texts, oldest first.
        texts: Vec<StoredText>,
    },
    /// Its agent is done with a text, or was stopped: fingerprints of all that the session holds.
    Overheard {
        /// Them.
        heard: Heard,
    },
    /// A permission was asked or a question put that nobody can answer; it was denied at once.
    Denied {
        /// What was asked for.
        what: String,
    },
}
