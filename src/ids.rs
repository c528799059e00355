//! Names that cross the boundary. A newtype each, so that one cannot be taken for another.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares a transparent string newtype.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text of the name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

name!(
    /// A task's id as the backlog spells it: data, never a path. The backlog parser checks its form.
    TaskId
);
name!(
    /// A session of the host: a chat of the person, or one of ours.
    SessionId
);
name!(
    /// A git commit, 40 hex digits.
    CommitId
);
name!(
    /// A backlog's `track_id`; part of branch and ref names.
    TrackId
);

/// Identifies an effect from its request to its outcome. Counted up, never used twice in a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(transparent)]
pub struct EffectId(#[cfg_attr(test, ts(type = "number"))] pub u64);

/// A worktree directory of the pool, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Slot(pub u8);

/// A model as the host names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModelRef {
    /// The provider's id, for example `anthropic`.
    pub provider: String,
    /// The model's id at that provider; it may hold slashes.
    pub model: String,
}

impl ModelRef {
    /// Reads `provider/model`; `None` when either half is missing.
    pub fn parse(text: &str) -> Option<Self> {
        let (provider, model) = text.split_once('/')?;
        if provider.is_empty() || model.is_empty() {
            return None;
        }
        Some(Self { provider: provider.to_owned(), model: model.to_owned() })
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}
