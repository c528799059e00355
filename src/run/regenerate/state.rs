//! What outlives the command: requests that are not done, so that the same command goes on with them, and
//! the versions that were made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{CommitId, TrackId};
use crate::spec::{FeatureId, Version};

/// Everything known of features that were built again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Regenerations {
    /// What was asked for and is not done, by how it was asked for.
    pub open: BTreeMap<String, Vec<Item>>,
    /// Versions that were made and compared, oldest first.
    pub made: Vec<Made>,
    /// The number of the latest track of a feature.
    pub numbers: BTreeMap<String, u32>,
}

/// A feature that is to be built again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Which.
    pub feature: FeatureId,
    /// The version of its spec.
    pub spec: Version,
    /// The versions of its code that were begun.
    pub versions: Vec<Building>,
    /// They were all built and compared, and all was well.
    pub is_done: bool,
}

/// A version of a feature's code on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Building {
    /// Its track.
    pub track: TrackId,
    /// Where it begins.
    pub start: Start,
    /// The commit it begins at.
    pub commit: CommitId,
    /// A start that would not do: its branch may still be there.
    #[serde(default)]
    pub former: Option<CommitId>,
    /// The commit before the feature.
    pub base: CommitId,
    /// The previous version: a commit with all of the feature's work.
    pub before: CommitId,
}

/// Where a version begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Start {
    /// The commit before the feature; nothing came after it.
    Before,
    /// The person's branch with the feature's own work taken back.
    Without,
    /// The commit before the feature, although more came after it.
    Instead {
        /// Why it could not be the branch without the feature.
        why: String,
    },
}

/// A version of a feature's code that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// The feature.
    pub feature: FeatureId,
    /// Its track.
    pub track: TrackId,
    /// The commit it began at.
    pub base: CommitId,
    /// The commit that lands it.
    pub result: CommitId,
}

impl Item {
    /// A feature that nothing was done about yet.
    pub fn new(feature: FeatureId, spec: Version) -> Self {
        Self { feature, spec, versions: Vec::new(), is_done: false }
    }
}

impl Regenerations {
    /// What is to be done of a request: what is known of it, for the features and specs that it is about now.
    pub fn resume(&mut self, key: &str, now: &[(FeatureId, Version)]) -> Vec<Item> {
        let known = self.open.remove(key).unwrap_or_default();
        let item = |(feature, spec): &(FeatureId, Version)| {
            let same = known.iter().find(|item| item.feature == *feature && item.spec == *spec);
            same.cloned().unwrap_or_else(|| Item::new(feature.clone(), *spec))
        };
        now.iter().map(item).collect()
    }

    /// The name of a feature's next track.
    pub fn next_track(&mut self, feature: &FeatureId) -> TrackId {
        let name = feature.to_string();
        let number = self.numbers.entry(name.clone()).or_default();
        *number += 1;
        track(&name, *number)
    }
}

/// Part of branch names, so it is cut; the number of the feature stays at its front.
fn track(feature: &str, number: u32) -> TrackId {
    const BYTES_MAX: usize = 40;
    TrackId(format!("{}-r{number}", crate::text::slug(feature, BYTES_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_on_while_its_specs_are_the_same() {
        let mut known = Regenerations::default();
        let features = [1, 2].map(|number| (FeatureId::new(number, "Cart"), Version::FIRST));
        let mut items = known.resume("--all", &features);
        items[0].is_done = true;
        known.open.insert("--all".to_owned(), items);
        let mut later = features.clone();
        let items = known.resume("--all", &later);
        assert!(items[0].is_done && !items[1].is_done);
        known.open.insert("--all".to_owned(), items);
        later[0].1 = Version::FIRST.raised(crate::spec::Level::Minor);
        assert!(!known.resume("--all", &later)[0].is_done, "another spec");
    }

    #[test]
    fn tracks_have_names_that_git_takes() {
        let mut known = Regenerations::default();
        let long = FeatureId::new(123_456, &"long title ".repeat(9));
        for number in 1..=3 {
            let track = known.next_track(&long);
            assert!(track.as_str().len() <= 48, "{track}");
            assert!(track.as_str().starts_with("feature-123456-long-title-"), "{track}");
            assert!(track.as_str().ends_with(&format!("-r{number}")), "{track}");
        }
    }
}
