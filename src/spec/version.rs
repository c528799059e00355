//! Semantic versions of specs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A semantic version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    /// Raised when a criterion is removed or changed.
    pub major: u32,
    /// Raised when a criterion is added.
    pub minor: u32,
    /// Raised when anything is worded differently.
    pub patch: u32,
}

/// How much a change matters to who relies on the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The same is asked for in other words.
    Patch,
    /// More is asked for.
    Minor,
    /// Something else is asked for.
    Major,
}

impl Version {
    /// What every feature begins with.
    pub const FIRST: Self = Self { major: 1, minor: 0, patch: 0 };

    /// The version after a change.
    #[must_use]
    pub fn raised(self, level: Level) -> Self {
        let next = |part: u32| part.saturating_add(1);
        match level {
            Level::Major => Self { major: next(self.major), minor: 0, patch: 0 },
            Level::Minor => Self { minor: next(self.minor), patch: 0, ..self },
            Level::Patch => Self { patch: next(self.patch), ..self },
        }
    }

    /// Reads `1.2.3`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        let version = Self { major: parts.next()??, minor: parts.next()??, patch: parts.next()?? };
        (parts.next().is_none() && version.to_string() == text).then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no version, as in 1.2.3"))
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_are_read_or_refused() {
        assert_eq!(Version::parse("1.20.3"), Some(Version { major: 1, minor: 20, patch: 3 }));
        for text in
            ["", "1", "1.2", "1.2.3.4", "1.2.x", "01.2.3", "v1.2.3", "1.2.3 ", "+1.2.3", "1.2.4294967296"]
        {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn raising_goes_up_and_more_matters_more(parts in any::<[u16; 3]>()) {
            let [major, minor, patch] = parts.map(u32::from);
            let version = Version { major, minor, patch };
            prop_assert_eq!(Version::parse(&version.to_string()), Some(version));
            let raised = [Level::Patch, Level::Minor, Level::Major].map(|level| version.raised(level));
            prop_assert!(version < raised[0] && raised.is_sorted());
        }
    }
}
