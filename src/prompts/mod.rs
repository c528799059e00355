//! Which prompt each agent gets: ours, a person's file in place of it, and variants of either to compare.
//! A prompt is known by its hash, so that figures can be told apart by the text that was at work.

mod fill;
mod sources;
mod variants;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::definitions::Role;

pub use fill::{Values, Variable};
pub use sources::{Registered, gather};
pub use variants::{USUAL, choose, is_name};

/// Where a person's prompts are, from the root of their checkout.
pub const DIRECTORY: &str = ".opencode/multi-agent-coder/prompts";
/// The largest prompt that is taken: it is sent with every turn of its agent.
pub const PROMPT_BYTES_MAX: usize = 20_000;
/// The options, or groups of options, that prompts are made with. Without them, and without a prompt of the
/// person's, all prompts are the usual ones.
pub const OPTIONS: [&str; 3] = ["outputDir", "context", "prompts"];
/// Hex digits of a prompt's hash: 64 bits, as in the journal.
const HASH_DIGITS: usize = 16;

/// What the host finds when it is configured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PromptSources {
    /// The plugin's options as the person wrote them.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub options: serde_json::Value,
    /// The files in the person's directory of prompts.
    pub files: Vec<PromptFile>,
    /// Prompts that the person set in the host's own configuration, by agent. They win.
    pub own: BTreeMap<String, String>,
    /// What was registered when the host started, where it looks again: that stays until it is restarted.
    pub registered: Option<PromptsInUse>,
}

/// A file in the person's directory of prompts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PromptFile {
    /// Its name, without the directory.
    pub name: String,
    /// What is in it.
    pub content: PromptContent,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PromptContent {
    /// A text in UTF-8.
    Text {
        /// It.
        text: String,
    },
    /// Something else.
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// The prompts at work, for a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct PromptsInUse {
    /// The hash of each agent's prompt, by the agent's name at the host.
    pub hashes: BTreeMap<String, String>,
    /// What is wrong with the person's files: no agent is asked until that is put right.
    pub problems: Vec<String>,
    /// What the person may not expect.
    pub notes: Vec<String>,
}

/// Which prompt an ask was made with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PromptUse {
    /// The agent at the host: the role's name, or `role~variant`.
    pub agent: String,
    /// The hash of its prompt; `None` when the host did not tell.
    pub hash: Option<String>,
}

impl PromptUse {
    /// The agent, whichever variant of its prompt it had.
    pub fn role(&self) -> &str {
        self.agent.split_once('~').map_or(self.agent.as_str(), |(role, _)| role)
    }
}

/// The name of an agent at the host.
pub fn agent_name(role: Role, variant: &str) -> String {
    match variant {
        USUAL => role.agent().to_owned(),
        variant => format!("{}~{variant}", role.agent()),
    }
}

/// How a prompt is known: the first 16 hex digits of its SHA-256.
pub fn hash(prompt: &str) -> String {
    let digest = Sha256::digest(prompt.as_bytes());
    let mut hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.truncate(HASH_DIGITS);
    hex
}
