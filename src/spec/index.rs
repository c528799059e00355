//! `.metadata.json`: which features there are, and which number comes next.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FeatureId, Metadata, Problem, SpecStatus, Version};
use crate::backlog::problem::shown;
use crate::ids::TrackId;
use crate::text::list;

/// The version of the file's format.
const FORMAT: u32 = 1;

/// Every feature, and the numbers that were used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    format: u32,
    /// The number of the next feature. Never goes back, so that no number is used twice.
    pub next: u32,
    /// By number.
    pub features: Vec<Listed>,
}

/// A feature as the index lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name, which is its directory's.
    pub id: FeatureId,
    /// Its title.
    pub title: String,
    /// The track that it was written from last.
    pub track: TrackId,
    /// Its version.
    pub version: Version,
    /// Where it stands.
    pub status: SpecStatus,
    /// When its version or status changed last, as RFC 3339 text.
    pub updated_at: String,
    /// The features that must be built before.
    pub depends_on: Vec<FeatureId>,
    /// The paths that its work changed, sorted.
    pub changed: Vec<String>,
    /// The SHA-256 of each of its files as we know it, by name. A file with another one was edited.
    pub files: BTreeMap<String, String>,
}

impl Default for Index {
    fn default() -> Self {
        Self { format: FORMAT, next: 1, features: Vec::new() }
    }
}

impl Index {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(path: &str, text: &str) -> Result<Self, Problem> {
        let problem = |line, message| Problem { path: path.to_owned(), line, message };
        let mut index: Self = serde_json::from_str(text).map_err(|error| {
            let line = u32::try_from(error.line()).ok().filter(|line| *line > 0);
            problem(line, format!("this is no index of features: {error}"))
        })?;
        if index.format != FORMAT {
            let message = format!(
                "the format {} is not known here (known: {FORMAT}): it is of a newer version",
                index.format
            );
            return Err(problem(None, message));
        }
        index.settle();
        Ok(index)
    }

    /// The file's text.
    pub fn render(&self) -> String {
        let text = serde_json::to_string_pretty(self)
            .expect("the keys of an index are strings, so it is always JSON");
        format!("{text}\n")
    }

    /// The feature that a person means.
    ///
    /// # Errors
    /// There is none, or more than one; says which there are.
    pub fn find(&self, meant: &str) -> Result<&Listed, String> {
        let found: Vec<&Listed> =
            self.features.iter().filter(|listed| listed.id.is_meant_by(meant)).collect();
        let names = |features: &[&Listed]| -> Vec<String> {
            features.iter().map(|listed| listed.id.to_string()).collect()
        };
        match found.as_slice() {
            [only] => Ok(only),
            [] if self.features.is_empty() => Err(format!(
                "there is no feature {}: none is saved yet. A feature is saved when it lands, or by `/spec save`",
                shown(meant)
            )),
            [] => {
                let known = list(&names(&self.features.iter().collect::<Vec<_>>()));
                Err(format!("there is no feature {}; there is {known}", shown(meant)))
            }
            several => Err(format!("{} can be {}: write out the name", shown(meant), list(&names(several)))),
        }
    }

    /// The feature that was written from a track last.
    pub fn of_track(&self, track: &TrackId) -> Option<&Listed> {
        self.features.iter().find(|listed| listed.track == *track)
    }

    /// The features before one that changed some of the same paths.
    pub fn sharing(&self, id: &FeatureId, changed: &[String]) -> Vec<FeatureId> {
        let is_shared = |path: &String| changed.contains(path);
        let earlier = self.features.iter().filter(|listed| listed.id.number() < id.number());
        earlier
            .filter(|listed| listed.changed.iter().any(is_shared))
            .map(|listed| listed.id.clone())
            .collect()
    }

    /// A number was given to a feature.
    pub fn use_number(&mut self, number: u32) {
        self.next = self.next.max(number.saturating_add(1));
    }

    /// Takes a feature in, or what it has become.
    pub fn put(&mut self, metadata: &Metadata, files: BTreeMap<String, String>) {
        self.features.retain(|listed| listed.id != metadata.id);
        self.features.push(Listed {
            id: metadata.id.clone(),
            title: metadata.title.clone(),
            track: metadata.track.clone(),
            version: metadata.version,
            status: metadata.status,
            updated_at: metadata.updated_at.clone(),
            depends_on: metadata.dependencies().to_vec(),
            changed: metadata.changed.clone(),
            files,
        });
        self.settle();
    }

    /// In order, and no number free that is taken.
    fn settle(&mut self) {
        self.features.sort_by(|one, other| one.id.cmp(&other.id));
        if let Some(last) = self.features.last() {
            self.use_number(last.id.number());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::INDEX;

    fn listed(number: u32, title: &str, track: &str) -> Metadata {
        let text = format!(
            "id: {}\ntitle: {title}\ntrack: {track}\nversion: 1.0.0\nstatus: draft\ncreated_at: now\nupdated_at: now\n",
            FeatureId::new(number, title)
        );
        crate::spec::parse("m", &text).unwrap()
    }

    #[test]
    fn an_index_is_read_back_and_finds_what_is_meant() {
        let mut index = Index::default();
        index.put(&listed(2, "Mail", "mail-1"), [("SPEC.md".to_owned(), "ab".to_owned())].into());
        index.put(&listed(1, "Login", "login-1"), BTreeMap::new());
        index.put(&listed(2, "Mail", "mail-2"), BTreeMap::new());
        assert_eq!(index.next, 3);
        assert_eq!(Index::parse(INDEX, &index.render()), Ok(index.clone()));
        let found = |meant: &str| index.find(meant).map(|listed| listed.id.to_string());
        assert_eq!(found("feature-002"), Ok("feature-002-mail".to_owned()));
        assert_eq!(found("1"), Ok("feature-001-login".to_owned()));
        insta::assert_snapshot!(found("feature-007").unwrap_err(), @r#"there is no feature "feature-007"; there is feature-001-login and feature-002-mail"#);
        index.put(&listed(2, "Tax", "tax-1"), BTreeMap::new());
        insta::assert_snapshot!(index.find("2").unwrap_err(), @r#""2" can be feature-002-mail and feature-002-tax: write out the name"#);
        assert!(Index::default().find("1").is_err());
        assert_eq!(index.of_track(&"mail-1".into()), None);
        assert_eq!(index.of_track(&"mail-2".into()).map(|listed| listed.id.number()), Some(2));
    }

    #[test]
    fn no_number_is_used_twice() {
        let mut index = Index::default();
        for number in 1..=3 {
            index.put(&listed(number, "Title", "track"), BTreeMap::new());
        }
        index.features.pop();
        let text = index.render();
        assert_eq!(Index::parse(INDEX, &text).unwrap().next, 4);
        // Who edits the file cannot free a number that is taken.
        let text = text.replace("\"next\": 4", "\"next\": 1");
        assert_eq!(Index::parse(INDEX, &text).unwrap().next, 3);
    }

    #[test]
    fn what_is_no_index_is_refused_with_its_line() {
        let told = |text: &str| Index::parse("specs/.metadata.json", text).unwrap_err().to_string();
        let text = Index::default().render();
        insta::assert_snapshot!(told(&text.replace("\"next\": 1", "\"next\": one")), @"specs/.metadata.json:3: this is no index of features: expected value at line 3 column 11");
        insta::assert_snapshot!(told(&text.replace("\"format\": 1", "\"format\": 2")), @"specs/.metadata.json: the format 2 is not known here (known: 1): it is of a newer version");
        for text in ["", "{", "[]", "null", "{}"] {
            assert!(Index::parse(INDEX, text).is_err(), "{text}");
        }
    }
}
