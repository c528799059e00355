//! A look at the specs before a command works: what a person edited is checked and becomes a new version.
//! What cannot be used stays as it is, and is told.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::effect::Outcome;
use crate::engine::Turn;
use crate::run::specs::files::{Draft, Found, Reading, Writing, Written};
use crate::run::specs::shelf::{Opening, Shelf};
use crate::run::{Progress, Waiter};
use crate::spec::{
    Edited, FeatureId, HistoryEntry, Listed, METADATA, Metadata, Problem, Texts, differing_files, render,
};
use crate::text::{bullets, rfc3339};

/// A look under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Sweep(Stage);

#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    /// The directory is being looked into.
    Opening(Opening),
    /// What is known of the features that differ is being read.
    Metadata { swept: Swept, reading: Reading },
    /// Their texts are being read.
    Texts { swept: Swept, features: Vec<Metadata>, reading: Reading },
    /// New versions are being written.
    Writing { swept: Swept, features: Vec<Metadata>, writing: Writing },
    /// The index is being written.
    Indexing { swept: Swept, writing: Writing },
}

/// What is there, with every edit that can be used taken in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Swept {
    /// The directory.
    pub shelf: Shelf,
    /// What the person should know, a paragraph each.
    pub notes: Vec<String>,
    /// The index on the disk says something else.
    is_index_old: bool,
    /// What is wrong with features that cannot be used as they are.
    pub problems: BTreeMap<FeatureId, Vec<Problem>>,
}

type Step = Progress<Sweep, Swept>;

impl Sweep {
    /// Begins one.
    pub fn begin(turn: &mut Turn, directory: &str, waiter: Waiter) -> Self {
        Self(Stage::Opening(Opening::begin(turn, directory, waiter)))
    }

    /// A step ended.
    pub fn resolved(self, turn: &mut Turn, outcome: &Outcome, waiter: Waiter) -> Step {
        match self.0 {
            Stage::Opening(opening) => match opening.resolved(turn, outcome, waiter.clone()) {
                Progress::Done(shelf) => opened(turn, shelf, waiter),
                other => more(other, Stage::Opening),
            },
            Stage::Metadata { swept, reading } => match reading.resolved(turn, outcome, waiter.clone()) {
                Progress::Done(found) => known(turn, swept, &found, waiter),
                other => more(other, |reading| Stage::Metadata { swept, reading }),
            },
            Stage::Texts { swept, features, reading } => {
                match reading.resolved(turn, outcome, waiter.clone()) {
                    Progress::Done(found) => examined(turn, swept, features, &found, waiter),
                    other => more(other, |reading| Stage::Texts { swept, features, reading }),
                }
            }
            Stage::Writing { swept, features, writing } => {
                match writing.resolved(turn, outcome, waiter.clone()) {
                    Progress::Done(written) => index(turn, swept, &features, &written, waiter),
                    other => more(other, |writing| Stage::Writing { swept, features, writing }),
                }
            }
            Stage::Indexing { swept, writing } => match writing.resolved(turn, outcome, waiter) {
                Progress::Done(written) => Progress::Done(finished(swept, written)),
                other => more(other, |writing| Stage::Indexing { swept, writing }),
            },
        }
    }
}

/// A part that goes on takes its place in a stage; all else is passed on.
fn more<Part, Done>(progress: Progress<Part, Done>, stage: impl FnOnce(Part) -> Stage) -> Step {
    match progress {
        Progress::More(part) => Progress::More(Sweep(stage(part))),
        Progress::Failed(reason) => Progress::Failed(reason),
        Progress::Aborted | Progress::Done(_) => Progress::Aborted,
    }
}

/// What the index knows of a feature, unless it was made again and knows none of its texts.
fn known_of<'a>(shelf: &'a Shelf, id: &FeatureId) -> Option<&'a Listed> {
    let listed = shelf.index.features.iter().find(|listed| listed.id == *id);
    listed.filter(|listed| !listed.files.is_empty())
}

fn opened(turn: &mut Turn, mut shelf: Shelf, waiter: Waiter) -> Step {
    let mut notes = Vec::new();
    if let Some(problem) = &shelf.rebuilt {
        notes.push(format!(
            "**Note:** the index of the specs was made again from their directories: {problem}."
        ));
    }
    let is_there = |listed: &&Listed| !shelf.features.contains_key(&listed.id);
    let gone: Vec<FeatureId> =
        shelf.index.features.iter().filter(is_there).map(|listed| listed.id.clone()).collect();
    for id in &gone {
        notes.push(format!("**Note:** {} is gone, so {id} is no longer in the index.", shelf.path(id)));
    }
    shelf.index.features.retain(|listed| !gone.contains(&listed.id));
    forget_cut_off(turn, &mut shelf);
    let edited: Vec<FeatureId> = differing(turn, &shelf).iter().map(|one| one.id.clone()).collect();
    let is_index_old = !gone.is_empty() || shelf.rebuilt.is_some();
    let swept = Swept { notes, is_index_old, problems: BTreeMap::new(), shelf };
    if edited.is_empty() && !is_index_old {
        return Progress::Done(swept);
    }
    let paths: Vec<String> = edited.iter().map(|id| swept.shelf.file(id, METADATA)).collect();
    match Reading::begin(turn, paths, waiter.clone()) {
        Progress::Done(found) => known(turn, swept, &found, waiter),
        other => more(other, |reading| Stage::Metadata { swept, reading }),
    }
}

/// A new feature whose saving was cut off before anything was known of it: the next saving writes it.
fn forget_cut_off(turn: &Turn, shelf: &mut Shelf) {
    let Shelf { directory, features, index, .. } = shelf;
    features.retain(|id, files| {
        let is_own = |(name, hash): (&String, &String)| {
            turn.is_document_own(&format!("{directory}/{id}/{name}"), hash)
        };
        let is_known = index.features.iter().any(|listed| listed.id == *id);
        is_known || files.contains_key(METADATA) || !files.iter().all(is_own)
    });
}

/// A feature that differs from what the index knows.
struct Differing<'a> {
    id: &'a FeatureId,
    path: String,
    files: &'a BTreeMap<String, String>,
    known: Option<&'a Listed>,
    own: BTreeSet<String>,
}

impl Differing<'_> {
    fn edited(&self) -> Edited<'_> {
        Edited { path: &self.path, id: self.id, known: self.known, files: self.files, own: &self.own }
    }
}

fn differing<'a>(turn: &Turn, shelf: &'a Shelf) -> Vec<Differing<'a>> {
    let of = |(id, files): (&'a FeatureId, &'a BTreeMap<String, String>)| {
        let (path, known) = (shelf.path(id), known_of(shelf, id));
        let is_own =
            |(name, hash): &(&String, &String)| turn.is_document_own(&format!("{path}/{name}"), hash);
        let own = files.iter().filter(is_own).map(|(name, _)| name.clone()).collect();
        (!differing_files(known, files).is_empty()).then_some(Differing { id, path, files, known, own })
    };
    shelf.features.iter().filter_map(of).collect()
}

fn known(turn: &mut Turn, mut swept: Swept, found: &Found, waiter: Waiter) -> Step {
    let mut features = Vec::new();
    let mut problems = BTreeMap::new();
    for one in differing(turn, &swept.shelf) {
        match one.edited().metadata(found.text(&swept.shelf.file(one.id, METADATA))) {
            Ok(metadata) => features.push(metadata),
            Err(of_feature) => {
                problems.insert(one.id.clone(), of_feature);
            }
        }
    }
    swept.problems = problems;
    let texts = |metadata: &Metadata| {
        let version = format!("versions/{}", metadata.version);
        [
            "BACKLOG.yaml".to_owned(),
            "SPEC.md".to_owned(),
            format!("{version}/BACKLOG.yaml"),
            format!("{version}/SPEC.md"),
        ]
        .map(|name| swept.shelf.file(&metadata.id, &name))
    };
    let paths: Vec<String> = features.iter().flat_map(texts).collect();
    match Reading::begin(turn, paths, waiter.clone()) {
        Progress::Done(found) => examined(turn, swept, features, &found, waiter),
        other => more(other, |reading| Stage::Texts { swept, features, reading }),
    }
}

fn examined(
    turn: &mut Turn,
    mut swept: Swept,
    features: Vec<Metadata>,
    found: &Found,
    waiter: Waiter,
) -> Step {
    let at = rfc3339(turn.shared.now_ms);
    let mut taken = Vec::new();
    let mut drafts = Vec::new();
    let (mut problems, mut notes) = (BTreeMap::new(), Vec::new());
    let differing = differing(turn, &swept.shelf);
    for metadata in features {
        let Some(one) = differing.iter().find(|one| *one.id == metadata.id) else {
            continue;
        };
        let Differing { id, path, files, .. } = one;
        let text = |name: &str| found.text(&swept.shelf.file(id, name));
        let former = format!("versions/{}", metadata.version);
        let (former_backlog, former_spec) = (format!("{former}/BACKLOG.yaml"), format!("{former}/SPEC.md"));
        let now = Texts { backlog: text("BACKLOG.yaml"), spec: text("SPEC.md") };
        let former = Texts { backlog: text(&former_backlog), spec: text(&former_spec) };
        let unreadable = ["BACKLOG.yaml", "SPEC.md"].map(|name| swept.shelf.file(id, name));
        let unreadable = unreadable.into_iter().find_map(|path| {
            let message = found.problem(&path)?.to_owned();
            Some(vec![Problem { path, line: None, message }])
        });
        let before = metadata.version;
        match unreadable.map_or_else(|| one.edited().take_in(metadata, former, now, &at), Err) {
            Ok(metadata) => {
                let is_new = metadata.version > before;
                // A version's text is there before anything names the version.
                if is_new || former.backlog.is_none() {
                    drafts.extend(version_drafts(path, &metadata, now));
                }
                if is_new {
                    notes.extend(metadata.history.last().map(|entry| told(path, entry)));
                    let known = files.get(METADATA).cloned().into_iter().collect();
                    let path = format!("{path}/{METADATA}");
                    drafts.push(Draft { path, text: render(&metadata), known });
                }
                taken.push(metadata);
            }
            Err(of_feature) => {
                problems.insert((*id).clone(), of_feature);
            }
        }
    }
    swept.problems.extend(problems);
    swept.notes.extend(notes);
    match Writing::begin(turn, drafts, waiter.clone()) {
        Progress::Done(written) => index(turn, swept, &taken, &written, waiter),
        other => more(other, |writing| Stage::Writing { swept, features: taken, writing }),
    }
}

/// The texts of a version, kept to tell what a later one changed.
pub(super) fn version_drafts(path: &str, metadata: &Metadata, texts: Texts) -> Vec<Draft> {
    let named = [("BACKLOG.yaml", texts.backlog), ("SPEC.md", texts.spec)];
    let draft = |(name, text): (&str, Option<&str>)| {
        let path = format!("{path}/versions/{}/{name}", metadata.version);
        Some(Draft { path, text: text?.to_owned(), known: Vec::new() })
    };
    named.into_iter().filter_map(draft).collect()
}

/// Whether an edit of a document stays readable, whatever takes its place: in the texts of its version, or
/// in `metadata.yaml`, which is only ever added to.
pub(super) fn has_versions(name: &str) -> bool {
    ["BACKLOG.yaml", "SPEC.md", METADATA].contains(&name)
}

/// What an edit made of a feature, for the chat.
fn told(path: &str, entry: &HistoryEntry) -> String {
    format!("{path} was edited and is now version {}:\n{}", entry.version, bullets(&entry.changes))
}

fn index(
    turn: &mut Turn,
    mut swept: Swept,
    features: &[Metadata],
    written: &Written,
    waiter: Waiter,
) -> Step {
    swept.notes.extend(written.notes.iter().map(|note| format!("**Note:** {note}.")));
    for metadata in features {
        let mut files = swept.shelf.features.get(&metadata.id).cloned().unwrap_or_default();
        for (name, hash) in &mut files {
            let path = swept.shelf.file(&metadata.id, name);
            match written.hashes.get(&path) {
                Some(now) => hash.clone_from(now),
                None if has_versions(name) || turn.is_document_own(&path, hash) => {
                    turn.take_document(&path, hash);
                }
                // Nothing else holds this edit: it is not to be replaced without a copy.
                None => turn.forget_document(&path),
            }
        }
        files.retain(|name, _| crate::spec::is_of_feature(name));
        swept.shelf.features.insert(metadata.id.clone(), files.clone());
        swept.shelf.index.put(metadata, files);
    }
    let is_index_old = swept.is_index_old || !features.is_empty();
    let drafts = if is_index_old { vec![swept.shelf.index_draft()] } else { Vec::new() };
    match Writing::begin(turn, drafts, waiter) {
        Progress::Done(written) => Progress::Done(finished(swept, written)),
        other => more(other, |writing| Stage::Indexing { swept, writing }),
    }
}

fn finished(mut swept: Swept, written: Written) -> Swept {
    swept.shelf.index_written(&written);
    swept.notes.extend(written.notes.iter().map(|note| format!("**Note:** {note}.")));
    swept
}

impl Swept {
    /// Everything that the person should know, a paragraph each.
    pub fn told(&self) -> Vec<String> {
        let problem = |(id, problems): (&FeatureId, &Vec<Problem>)| {
            format!(
                "**Note:** {} was edited and cannot be used as it is. Nothing of it was changed; mend it, and the next \
                 command takes it in:\n{}",
                self.shelf.path(id),
                bullets(problems)
            )
        };
        self.notes.iter().cloned().chain(self.problems.iter().map(problem)).collect()
    }
}
