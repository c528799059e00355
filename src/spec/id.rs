//! Names of features: `feature-001-user-auth`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::slug;

const PREFIX: &str = "feature-";
/// The name of a directory, readable in a list.
const SLUG_BYTES_MAX: usize = 40;
/// Six digits: far more features than a project has.
const NUMBER_MAX: u32 = 999_999;

/// A feature's name: a number that is never used twice, and words of its title.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FeatureId {
    number: u32,
    slug: String,
}

impl FeatureId {
    /// The feature with this number, from 1, and title.
    pub fn new(number: u32, title: &str) -> Self {
        Self { number: number.clamp(1, NUMBER_MAX), slug: slug(title, SLUG_BYTES_MAX) }
    }

    /// From 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The words of its title, as in its directory's name.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Reads the name of a feature's directory.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, name) = text.strip_prefix(PREFIX)?.split_once('-')?;
        let found = Self { number: number.parse().ok()?, slug: name.to_owned() };
        let is_number = (1..=NUMBER_MAX).contains(&found.number);
        let is_slug = !name.is_empty() && slug(name, SLUG_BYTES_MAX) == name;
        (is_number && is_slug && found.to_string() == text).then_some(found)
    }

    /// Whether a person means it: its whole name, or its number as in `feature-001`, `001` or `1`.
    pub fn is_meant_by(&self, text: &str) -> bool {
        let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
        let number = text.strip_prefix(PREFIX).unwrap_or(&text);
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        text == self.to_string() || is_number && number.parse() == Ok(self.number)
    }
}

impl fmt::Display for FeatureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{:03}-{}", self.number, self.slug)
    }
}

impl TryFrom<String> for FeatureId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
            .ok_or_else(|| format!("{text:?} is no feature's name, as in feature-001-user-auth"))
    }
}

impl From<FeatureId> for String {
    fn from(id: FeatureId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_a_number_and_words() {
        let id = FeatureId::new(1, "User auth: magic links!");
        assert_eq!(id.to_string(), "feature-001-user-auth-magic-links");
        for meant in ["feature-001-user-auth-magic-links", "feature-001", "Feature-1", "001", "1"] {
            assert!(id.is_meant_by(meant), "{meant}");
        }
        for other in ["", "feature-", "feature-002", "feature-001-user", "user-auth", "-1", "+1"] {
            assert!(!id.is_meant_by(other), "{other}");
        }
    }

    #[test]
    fn what_is_no_feature_is_told_apart() {
        for text in [
            "feature-1-a",
            "feature-000-a",
            "feature-001",
            "feature-001-",
            "feature-001-A b",
            "x",
            "templates",
        ] {
            assert_eq!(FeatureId::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_read_back(number in 1u32..=NUMBER_MAX, title in ".{0,80}") {
            let id = FeatureId::new(number, &title);
            prop_assert_eq!(FeatureId::parse(&id.to_string()), Some(id.clone()));
            prop_assert!(id.is_meant_by(&id.to_string()) && id.is_meant_by(&number.to_string()));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(feature-)?.{0,20}") {
            let _ = FeatureId::parse(&text);
        }
    }
}
