//! What the specs directory holds: its files with their hashes, and the index. An index that is missing or
//! broken is made again from the features' own files.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::effect::file::{FileOperation, FileOutcome, FileRef, Place};
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::run::documents::file_failure;
use crate::run::specs::files::{Draft, Found, Reading, Written};
use crate::run::{Progress, Waiter};
use crate::spec::{FeatureId, INDEX, Index, METADATA, parse};
use crate::text::number;

/// The documents of some thousand features.
const FILES_MAX: u32 = 20_000;
/// The limit of a backlog.
const BYTES_MAX: u32 = 1024 * 1024;

/// What is there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Shelf {
    /// The directory, from the repository's root.
    pub directory: String,
    /// The SHA-256 of each file of a feature, by the feature and the file's name.
    pub features: BTreeMap<FeatureId, BTreeMap<String, String>>,
    /// Which features there are.
    pub index: Index,
    /// The SHA-256 of the index as it was read; `None` when it was not.
    index_hash: Option<String>,
    /// What was wrong with the index that had to be made again.
    pub rebuilt: Option<String>,
}

impl Shelf {
    /// The directory of a feature.
    pub fn path(&self, id: &FeatureId) -> String {
        format!("{}/{id}", self.directory)
    }

    /// The path of a file of a feature.
    pub fn file(&self, id: &FeatureId, name: &str) -> String {
        format!("{}/{id}/{name}", self.directory)
    }

    /// The index as it is to be written.
    pub fn index_draft(&self) -> Draft {
        let known = self.index_hash.iter().cloned().collect();
        Draft { path: self.index_path(), text: self.index.render(), known }
    }

    /// The index was written.
    pub fn index_written(&mut self, written: &Written) {
        if let Some(hash) = written.hashes.get(&self.index_path()) {
            self.index_hash = Some(hash.clone());
        }
    }

    fn index_path(&self) -> String {
        format!("{}/{INDEX}", self.directory)
    }
}

/// A look into the directory.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Opening {
    directory: String,
    stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    /// The files are being listed.
    Listing,
    /// The index is being read.
    Index { features: BTreeMap<FeatureId, BTreeMap<String, String>>, reading: Reading },
    /// The features' own files are being read, to make the index again.
    Rebuilding { shelf: Shelf, reading: Reading },
}

impl Opening {
    /// Begins one.
    pub fn begin(turn: &mut Turn, directory: &str, waiter: Waiter) -> Self {
        turn.request(waiter, list(directory));
        Self { directory: directory.to_owned(), stage: Stage::Listing }
    }

    /// A step ended. Without a directory there is an empty shelf.
    pub fn resolved(mut self, turn: &mut Turn, outcome: &Outcome, waiter: Waiter) -> Progress<Self, Shelf> {
        match self.stage {
            Stage::Listing => {
                let features = match features_in(&self.directory, outcome) {
                    Ok(features) => features,
                    Err(reason) => return Progress::Failed(reason),
                };
                let paths = vec![format!("{}/{INDEX}", self.directory)];
                match Reading::begin(turn, paths, waiter) {
                    Progress::More(reading) => {
                        self.stage = Stage::Index { features, reading };
                        Progress::More(self)
                    }
                    _ => Progress::Failed("the index was not read".to_owned()),
                }
            }
            Stage::Index { features, reading } => match reading.resolved(turn, outcome, waiter.clone()) {
                Progress::Done(found) => indexed(turn, self.directory, features, &found, waiter),
                Progress::More(reading) => {
                    self.stage = Stage::Index { features, reading };
                    Progress::More(self)
                }
                Progress::Failed(reason) => Progress::Failed(reason),
                Progress::Aborted => Progress::Aborted,
            },
            Stage::Rebuilding { shelf, reading } => match reading.resolved(turn, outcome, waiter) {
                Progress::Done(found) => Progress::Done(rebuilt(shelf, &found)),
                Progress::More(reading) => {
                    self.stage = Stage::Rebuilding { shelf, reading };
                    Progress::More(self)
                }
                Progress::Failed(reason) => Progress::Failed(reason),
                Progress::Aborted => Progress::Aborted,
            },
        }
    }
}

/// A request for the files of the directory and of the features in it.
pub(crate) fn list(directory: &str) -> Operation {
    Operation::File(FileOperation::List {
        directory: FileRef { place: Place::Repository, path: directory.to_owned() },
        depth_max: 2,
        files_max: FILES_MAX,
        bytes_max: BYTES_MAX,
    })
}

/// The files of each feature; none without a directory. A file that is too large for a hash is never what
/// is known.
///
/// # Errors
/// Why it is not known which files there are: where the list is cut, a file that is not in it may be there.
pub(crate) fn features_in(
    directory: &str,
    outcome: &Outcome,
) -> Result<BTreeMap<FeatureId, BTreeMap<String, String>>, String> {
    let mut features: BTreeMap<FeatureId, BTreeMap<String, String>> = BTreeMap::new();
    let files = match outcome {
        Outcome::File(FileOutcome::Listed { files, is_cut: false }) => files.as_slice(),
        Outcome::File(FileOutcome::Listed { is_cut: true, .. }) => {
            return Err(format!(
                "{directory} has more than {} files, so it cannot be told which features are there. Move what is no \
                 spec elsewhere",
                number(FILES_MAX.into())
            ));
        }
        Outcome::File(FileOutcome::Missing) => &[],
        other => return Err(file_failure(other, directory)),
    };
    for file in files {
        if let Some((id, name)) = file.path.split_once('/')
            && let Some(id) = FeatureId::parse(id)
        {
            let hash = file.hash.clone().unwrap_or_else(|| "too large".to_owned());
            features.entry(id).or_default().insert(name.to_owned(), hash);
        }
    }
    Ok(features)
}

fn indexed(
    turn: &mut Turn,
    directory: String,
    features: BTreeMap<FeatureId, BTreeMap<String, String>>,
    found: &Found,
    waiter: Waiter,
) -> Progress<Opening, Shelf> {
    let path = format!("{directory}/{INDEX}");
    let (index, problem) = match (found.text(&path), found.problem(&path)) {
        (Some(text), _) => match Index::parse(&path, text) {
            Ok(index) => (index, None),
            Err(problem) => (Index::default(), Some(problem.to_string())),
        },
        (None, Some(problem)) => (Index::default(), Some(problem.to_owned())),
        (None, None) if features.is_empty() => (Index::default(), None),
        (None, None) => (Index::default(), Some(format!("there was no {path}"))),
    };
    // What is broken is somebody's edit: it is kept beside the new one.
    let index_hash = found.hash(&path).filter(|_| problem.is_none()).map(str::to_owned);
    let shelf = Shelf { directory, features, index, index_hash, rebuilt: problem };
    if shelf.rebuilt.is_none() {
        return Progress::Done(shelf);
    }
    let paths = shelf.features.keys().map(|id| shelf.file(id, METADATA)).collect();
    match Reading::begin(turn, paths, waiter) {
        Progress::More(reading) => {
            let directory = shelf.directory.clone();
            Progress::More(Opening { directory, stage: Stage::Rebuilding { shelf, reading } })
        }
        _ => Progress::Done(shelf),
    }
}

/// The index from what the features say of themselves. Which texts belong to their versions is not known
/// until each was looked at.
fn rebuilt(mut shelf: Shelf, found: &Found) -> Shelf {
    let ids: BTreeSet<FeatureId> = shelf.features.keys().cloned().collect();
    for id in ids {
        shelf.index.use_number(id.number());
        let path = shelf.file(&id, METADATA);
        let metadata = found.text(&path).and_then(|text| parse(&path, text).ok());
        if let Some(metadata) = metadata.filter(|metadata| metadata.id == id) {
            shelf.index.put(&metadata, BTreeMap::new());
        }
    }
    shelf
}
