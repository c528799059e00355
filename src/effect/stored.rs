//! What the host has stored of the texts that a session was sent: facts, for the engine to judge.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A text in a session, as the host has stored it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StoredText {
    /// Whose it is.
    pub origin: Origin,
    /// What it is made of, in order.
    pub parts: Vec<StoredPart>,
}

/// Whose a stored text is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Origin {
    /// We sent it, to be answered or to be read by an agent at work.
    Ours {
        /// SHA-256 of what was sent, in hex.
        sha256: String,
    },
    /// The host's: it sums the session up, or goes on after that.
    Host,
    /// A person's or another plugin's.
    Foreign,
}

/// A part of a stored text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StoredPart {
    /// The host's name for its kind: `text`, `file`, …
    pub kind: String,
    /// SHA-256 of its text, in hex; of its JSON when it has none.
    pub sha256: String,
    /// Size of the same in UTF-8 bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// Where it begins to differ from the text that was asked last, in bytes; 0 when it has nothing to
    /// do with that.
    #[cfg_attr(test, ts(type = "number"))]
    pub differs_at: u64,
    /// At most 120 bytes from there on.
    pub excerpt: String,
}

impl StoredText {
    /// A text of ours that was stored as it was sent.
    pub fn as_sent(text: &str) -> Self {
        let part = StoredPart {
            kind: "text".to_owned(),
            sha256: sha256(text),
            bytes: text.len() as u64,
            differs_at: text.len() as u64,
            excerpt: String::new(),
        };
        Self { origin: Origin::Ours { sha256: sha256(text) }, parts: vec![part] }
    }
}

/// SHA-256 of a text, in hex.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
