//! A feature's directory as a person left it, held against what is known of it.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{SpecChange, changed_document, compare_backlogs, compare_document};
use super::{DOCUMENTS, FeatureId, Listed, METADATA, Metadata, Problem, Reason, lost, parse};
use crate::backlog::{self, Backlog};

/// A feature's directory.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited<'a> {
    /// Its path, without a slash at its end.
    pub path: &'a str,
    /// Its name.
    pub id: &'a FeatureId,
    /// What the index knows of it; `None` when nothing.
    pub known: Option<&'a Listed>,
    /// The SHA-256 of its files as they are, by name.
    pub files: &'a BTreeMap<String, String>,
    /// The files that we wrote ourselves since the index was written: no edits.
    pub own: &'a BTreeSet<String>,
}

/// Texts of a feature; `None` where there is no such file.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Texts<'a> {
    /// `BACKLOG.yaml`.
    pub backlog: Option<&'a str>,
    /// `SPEC.md`.
    pub spec: Option<&'a str>,
}

/// The files of a feature that are not what the index knows, by name. Others than its documents are the
/// person's own.
pub fn differing_files(known: Option<&Listed>, files: &BTreeMap<String, String>) -> Vec<&'static str> {
    let names = DOCUMENTS.into_iter().chain([METADATA]);
    let differs = |name: &&str| known.and_then(|known| known.files.get(*name)) != files.get(*name);
    names.filter(|name| files.contains_key(*name) || known.is_some()).filter(differs).collect()
}

/// Whether a file of a feature's directory is ours, by its name.
pub fn is_of_feature(name: &str) -> bool {
    name == METADATA || DOCUMENTS.contains(&name)
}

impl Edited<'_> {
    /// Reads `metadata.yaml` and holds it against the index.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn metadata(&self, text: Option<&str>) -> Result<Metadata, Vec<Problem>> {
        let path = format!("{}/{METADATA}", self.path);
        let one = |message: String| vec![Problem { path: path.clone(), line: None, message }];
        let Some(text) = text else {
            return Err(one("is not there, so nothing is known of this feature".to_owned()));
        };
        let metadata = parse(&path, text)?;
        if metadata.id != *self.id {
            return Err(one(format!("id: {} is another feature's name than the directory's", metadata.id)));
        }
        match self.known {
            Some(known) if known.version > metadata.version => Err(one(format!(
                "version: {} is lower than {}, which it had before: versions only go up",
                metadata.version, known.version
            ))),
            _ => Ok(metadata),
        }
    }

    /// The feature with what the person changed, in a new version if that matters. `former` is the text of
    /// the version that is known.
    ///
    /// # Errors
    /// Everything that is wrong with its documents.
    pub fn take_in(
        &self,
        mut metadata: Metadata,
        former: Texts,
        now: Texts,
        at: &str,
    ) -> Result<Metadata, Vec<Problem>> {
        let backlog = backlog_of(self.path, now.backlog)?;
        let mut changes = Vec::new();
        for name in differing_files(self.known, self.files) {
            if self.own.contains(name) {
                continue;
            }
            let is_lost = former.backlog.is_none();
            changes.extend(match name {
                METADATA => Vec::new(),
                "BACKLOG.yaml" if !is_lost => compare_with(&metadata, former.backlog, &backlog),
                "SPEC.md" if !is_lost => compare_document(name, former.spec, now.spec),
                // Of a feature that the index does not know, nothing is known to have changed.
                _ if self.known.is_none() => Vec::new(),
                "BACKLOG.yaml" => vec![lost(metadata.version)],
                _ => vec![changed_document(name)],
            });
        }
        metadata.revise(at, Reason::Person, &changes);
        Ok(metadata)
    }
}

fn compare_with(metadata: &Metadata, former: Option<&str>, now: &Backlog) -> Vec<SpecChange> {
    match former.map(backlog::parse) {
        Some(Ok(former)) => compare_backlogs(&former, now),
        _ => vec![lost(metadata.version)],
    }
}

/// A feature's `BACKLOG.yaml`.
///
/// # Errors
/// Everything that is wrong with the file, by line; or that there is none.
pub fn backlog_of(path: &str, text: Option<&str>) -> Result<Backlog, Vec<Problem>> {
    let path = format!("{path}/BACKLOG.yaml");
    let Some(text) = text else {
        let message = "is not there, and a spec without a backlog cannot be built".to_owned();
        return Err(vec![Problem { path, line: None, message }]);
    };
    let told = |mut problem: backlog::Problem| {
        let line = problem.line.take();
        Problem { path: path.clone(), line, message: problem.to_string() }
    };
    backlog::parse(text).map_err(|problems| problems.into_iter().map(told).collect())
}

#[cfg(test)]
mod tests;
