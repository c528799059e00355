//! What the person sees in the chat where they typed the command. Never answered.

use serde::{Deserialize, Serialize};

use crate::ids::{EffectId, SessionId};

/// What can be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChatOperation {
    /// Some markdown, in whole paragraphs.
    Say {
        /// Where.
        chat: SessionId,
        /// What.
        text: String,
    },
    /// A line for an agent at work, with its session to jump into.
    Open {
        /// Where.
        chat: SessionId,
        /// Names the line when it ends: the id of this effect.
        entry: EffectId,
        /// What it is called.
        title: String,
        /// The agent at work.
        agent: String,
        /// Its session.
        session: SessionId,
    },
    /// That line is done.
    Close {
        /// Where.
        chat: SessionId,
        /// Which line.
        entry: EffectId,
        /// It went well.
        is_ok: bool,
        /// The result, in a sentence.
        text: String,
    },
    /// The command is over; the chat's turn ends.
    End {
        /// Where.
        chat: SessionId,
        /// Why it failed; `None` when it did not.
        error: Option<String>,
    },
}
