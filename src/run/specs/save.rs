//! The saving of a feature, when its track lands or on `/spec save`: edits are taken in first, then its
//! documents are written, the texts of its version, `metadata.yaml`, and the index at last. A process that
//! ends in between leaves documents of ours that the next saving writes again.

use serde::Serialize;

use crate::backlog::{self, Backlog};
use crate::effect::Outcome;
use crate::effect::stored::sha256;
use crate::engine::Turn;
use crate::ids::CommitId;
use crate::plan::request::read_request;
use crate::run::specs::files::{Draft, Found, Reading, Writing, Written};
use crate::run::specs::sweep::{Sweep, Swept, has_versions, version_drafts};
use crate::run::specs::{directory, work};
use crate::run::{Progress, Run, Waiter};
use crate::spec::{
    FeatureId, METADATA, Metadata, Saved, SpecChange, SpecStatus, Texts, Version, Work, backlog_of,
    changed_document, compare_document, context_document, parse, render, untried,
};
use crate::text::{bullets, rfc3339};
use crate::track::{Record, Track};

/// The documents that planning leaves in the output directory.
const PLANNED: [&str; 5] = ["REQUEST.md", "SPEC.md", "ARCH.md", "QA.md", "PLAN.md"];

/// A saving under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Save {
    /// The commit with all of the work, when it is landed.
    landed: Option<CommitId>,
    stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    /// Edits are being taken in.
    Sweeping(Sweep),
    /// The plan's documents and what is known of the feature are being read.
    Reading { swept: Swept, known: Option<FeatureId>, reading: Reading },
    /// The documents are being written.
    Writing { swept: Swept, metadata: Box<Metadata>, kept: Kept, writing: Writing },
    /// The index is being written.
    Indexing { swept: Swept, kept: Kept, writing: Writing },
}

/// What became of a feature.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Kept {
    /// Its directory.
    path: String,
    /// Its version.
    version: Version,
    /// Where it stands.
    status: SpecStatus,
    /// It was not there before.
    is_new: bool,
    /// What happened to it, a line each; empty when nothing did.
    changes: Vec<String>,
    /// What the person should know, a paragraph each.
    notes: Vec<String>,
    /// SHA-256 of what it was saved from.
    print: String,
}

type Step = Progress<Save, Kept>;

impl Save {
    /// Begins one, of a track whose work is in `landed` if it landed.
    pub fn begin(turn: &mut Turn, run: &Run, landed: Option<CommitId>, waiter: Waiter) -> Self {
        let sweep = Sweep::begin(turn, directory(&run.options), waiter);
        Self { landed, stage: Stage::Sweeping(sweep) }
    }

    /// A step ended.
    pub fn resolved(
        self,
        turn: &mut Turn,
        run: &Run,
        track: &Track,
        outcome: &Outcome,
        waiter: Waiter,
    ) -> Step {
        let step = self.goes_on(turn, run, track, outcome, waiter);
        if let Progress::Done(kept) = &step {
            turn.shared.saved.insert(track.backlog.track_id.clone(), kept.print.clone());
        }
        step
    }

    fn goes_on(self, turn: &mut Turn, run: &Run, track: &Track, outcome: &Outcome, waiter: Waiter) -> Step {
        let landed = self.landed;
        match self.stage {
            Stage::Sweeping(sweep) => match sweep.resolved(turn, outcome, waiter.clone()) {
                Progress::Done(swept) => swept_up(turn, run, track, landed, swept, waiter),
                other => more(other, landed, Stage::Sweeping),
            },
            Stage::Reading { swept, known, reading } => {
                match reading.resolved(turn, outcome, waiter.clone()) {
                    Progress::Done(found) => {
                        let at = At { run, track, landed, waiter };
                        at.write(turn, swept, known, &found)
                    }
                    other => more(other, landed, |reading| Stage::Reading { swept, known, reading }),
                }
            }
            Stage::Writing { swept, metadata, kept, writing } => {
                match writing.resolved(turn, outcome, waiter.clone()) {
                    Progress::Done(written) => index(turn, landed, swept, &metadata, kept, &written, waiter),
                    other => more(other, landed, |writing| Stage::Writing { swept, metadata, kept, writing }),
                }
            }
            Stage::Indexing { swept, kept, writing } => match writing.resolved(turn, outcome, waiter) {
                Progress::Done(written) => Progress::Done(kept.with(&written)),
                other => more(other, landed, |writing| Stage::Indexing { swept, kept, writing }),
            },
        }
    }
}

/// A part that goes on takes its place in a stage; all else is passed on.
fn more<Part, Done>(
    progress: Progress<Part, Done>,
    landed: Option<CommitId>,
    stage: impl FnOnce(Part) -> Stage,
) -> Step {
    match progress {
        Progress::More(part) => Progress::More(Save { landed, stage: stage(part) }),
        Progress::Failed(reason) => Progress::Failed(reason),
        Progress::Aborted | Progress::Done(_) => Progress::Aborted,
    }
}

/// The edits are taken in: which feature is it, and what is known of it?
fn swept_up(
    turn: &mut Turn,
    run: &Run,
    track: &Track,
    landed: Option<CommitId>,
    swept: Swept,
    waiter: Waiter,
) -> Step {
    let index = &swept.shelf.index;
    let known = match &track.feature {
        Some(id) => match index.features.iter().find(|listed| listed.id == *id) {
            Some(listed) => Some(listed),
            None => return Progress::Failed(format!("there is no feature {id} any more")),
        },
        None => index.of_track(&track.backlog.track_id),
    };
    let known = known.map(|listed| (listed.id.clone(), listed.version));
    if let Some(problems) = known.as_ref().and_then(|(id, _)| swept.problems.get(id)) {
        return Progress::Failed(format!("its spec was edited and has problems:\n{}", bullets(problems)));
    }
    // What lies in the output directory is of another plan when a feature is built again.
    let planned = PLANNED.iter().filter(|_| track.feature.is_none()).map(|name| run.document(name));
    let mut paths: Vec<String> = planned.collect();
    if let Some((id, version)) = &known {
        let names = [
            METADATA.to_owned(),
            format!("versions/{version}/BACKLOG.yaml"),
            format!("versions/{version}/SPEC.md"),
        ];
        paths.extend(names.iter().map(|name| swept.shelf.file(id, name)));
    }
    let known = known.map(|(id, _)| id);
    match Reading::begin(turn, paths, waiter.clone()) {
        Progress::Done(found) => At { run, track, landed, waiter }.write(turn, swept, known, &found),
        other => more(other, landed, |reading| Stage::Reading { swept, known, reading }),
    }
}

/// What a feature is saved from.
struct At<'a> {
    run: &'a Run,
    track: &'a Track,
    landed: Option<CommitId>,
    waiter: Waiter,
}

impl At<'_> {
    fn write(self, turn: &mut Turn, swept: Swept, known: Option<FeatureId>, found: &Found) -> Step {
        let title = self.title(found);
        let at = rfc3339(turn.shared.now_ms);
        let saved = match known.map(|id| self.saved(&swept, &id, found)).transpose() {
            Ok(saved) => saved,
            Err(reason) => return Progress::Failed(reason),
        };
        let work = work::of_track(self.track, turn, title, self.landed.clone(), saved.as_ref());
        let is_new = saved.is_none();
        let saved = saved.unwrap_or_else(|| {
            let metadata = Metadata::first(new_id(turn, &swept, &work), &work, &at);
            Saved { metadata, backlog: Some(work.backlog.clone()) }
        });
        let id = saved.metadata.id.clone();
        let documents = self.documents(&work, found);
        let print = self.print(&documents);
        if !is_new && turn.shared.saved.get(&work.track) == Some(&print) {
            // What is different now is the person's edit of the spec.
            let Metadata { version, status, .. } = saved.metadata;
            let (path, notes) = (swept.shelf.path(&id), swept.notes);
            return Progress::Done(Kept { path, version, status, is_new, changes: Vec::new(), notes, print });
        }
        let changes = if is_new { Vec::new() } else { self.changes(&swept, &saved, &documents, found) };
        let builds_on = swept.shelf.index.sharing(&id, &work.changed);
        let (known_entries, known_version) = match is_new {
            true => (0, None),
            false => (saved.metadata.history.len(), Some(saved.metadata.version)),
        };
        let metadata = Box::new(Metadata::worked_on(saved, &work, &changes, builds_on, &at));
        turn.shared.features.insert(work.track.clone(), id.clone());
        let told = metadata.history.iter().skip(known_entries).flat_map(|entry| entry.changes.clone());
        let kept = Kept {
            path: swept.shelf.path(&id),
            version: metadata.version,
            status: metadata.status,
            is_new,
            changes: told.collect(),
            notes: swept.notes.clone(),
            print,
        };
        let drafts = self.drafts(&swept, &metadata, known_version, &documents, found);
        let landed = self.landed;
        match Writing::begin(turn, drafts, self.waiter.clone()) {
            Progress::Done(written) => index(turn, landed, swept, &metadata, kept, &written, self.waiter),
            other => more(other, landed, |writing| Stage::Writing { swept, metadata, kept, writing }),
        }
    }

    /// The feature's title: the request's, else the track's name in words.
    fn title(&self, found: &Found) -> String {
        let request = found.text(&self.run.document("REQUEST.md")).map(read_request);
        match request {
            Some(Ok(request)) => request.title,
            _ => {
                let track = self.track.backlog.track_id.as_str();
                let name = track.rsplit_once('-').map_or(track, |(name, _)| name);
                name.replace('-', " ")
            }
        }
    }

    /// What is known of the feature.
    fn saved(&self, swept: &Swept, id: &FeatureId, found: &Found) -> Result<Saved, String> {
        let path = swept.shelf.file(id, METADATA);
        let text = found.text(&path).ok_or_else(|| format!("{path} cannot be read"))?;
        let metadata = parse(&path, text).map_err(|problems| bullets(&problems))?;
        let former = swept.shelf.file(id, &format!("versions/{}", metadata.version));
        let text = found.text(&format!("{former}/BACKLOG.yaml"));
        Ok(Saved { backlog: text.and_then(|text| backlog_of(&former, Some(text)).ok()), metadata })
    }

    /// The documents of the feature by name, as they are to be.
    fn documents(&self, work: &Work, found: &Found) -> Vec<(&'static str, String)> {
        let planned = PLANNED.iter().filter_map(|name| {
            let text = found.text(&self.run.document(name))?;
            Some((*name, text.to_owned()))
        });
        let tasks = untried(&self.track.backlog.tasks);
        let lessons: Vec<Vec<String>> = self.track.records.iter().map(Record::lessons).collect();
        let told: Vec<_> = tasks.iter().zip(lessons.iter().map(Vec::as_slice)).collect();
        let context = context_document(&work.title, &told);
        let backlog = Backlog { revision: None, updated_at: None, tasks, ..self.track.backlog.clone() };
        planned.chain([("BACKLOG.yaml", backlog::render(&backlog)), ("context.md", context)]).collect()
    }

    /// SHA-256 of all that the feature is saved from.
    fn print(&self, documents: &[(&str, String)]) -> String {
        let landed = self.landed.as_ref().map_or("", |commit| commit.0.as_str());
        let texts = documents.iter().map(|(name, text)| format!("{name} {}\n", sha256(text)));
        sha256(&std::iter::once(format!("{landed}\n")).chain(texts).collect::<String>())
    }

    /// What differs in the documents that the plan wrote.
    fn changes(
        &self,
        swept: &Swept,
        saved: &Saved,
        documents: &[(&str, String)],
        found: &Found,
    ) -> Vec<SpecChange> {
        let id = &saved.metadata.id;
        let before = swept.shelf.features.get(id);
        let spec = format!("versions/{}/SPEC.md", saved.metadata.version);
        let planned = documents.iter().filter(|(name, _)| PLANNED.contains(name));
        let changes = planned.flat_map(|(name, text)| {
            let former = before.and_then(|files| files.get(*name));
            match *name {
                _ if former == Some(&sha256(text)) => Vec::new(),
                "SPEC.md" => compare_document(name, found.text(&swept.shelf.file(id, &spec)), Some(text)),
                _ if former.is_none() => compare_document(name, None, Some(text)),
                _ => vec![changed_document(name)],
            }
        });
        changes.collect()
    }

    /// Everything that is to be written for the feature, `metadata.yaml` at last.
    fn drafts(
        &self,
        swept: &Swept,
        metadata: &Metadata,
        known_version: Option<Version>,
        documents: &[(&'static str, String)],
        found: &Found,
    ) -> Vec<Draft> {
        let id = &metadata.id;
        let known = |name: &str| -> Vec<String> {
            let files = swept.shelf.features.get(id);
            let known = files.and_then(|files| files.get(name)).filter(|_| has_versions(name));
            known.cloned().into_iter().collect()
        };
        let draft = |name: &str, text: &str| Draft {
            path: swept.shelf.file(id, name),
            text: text.to_owned(),
            known: known(name),
        };
        let mut drafts: Vec<Draft> = documents.iter().map(|(name, text)| draft(name, text)).collect();
        if known_version != Some(metadata.version) {
            let text = |wanted: &str| {
                documents.iter().find(|(name, _)| *name == wanted).map(|(_, text)| text.as_str())
            };
            let former = known_version.map(|version| format!("versions/{version}/SPEC.md"));
            let former = former.and_then(|name| found.text(&swept.shelf.file(id, &name)));
            let texts = Texts { backlog: text("BACKLOG.yaml"), spec: text("SPEC.md").or(former) };
            drafts.extend(version_drafts(&swept.shelf.path(id), metadata, texts));
        }
        drafts.push(draft(METADATA, &render(metadata)));
        drafts
    }
}

/// A name for a feature that the index does not have. A saving that was cut off has given one already.
fn new_id(turn: &Turn, swept: &Swept, work: &Work) -> FeatureId {
    let given = &turn.shared.features;
    if let Some(id) = given.get(&work.track) {
        return id.clone();
    }
    let last = given.values().map(FeatureId::number).max().unwrap_or(0);
    FeatureId::new(swept.shelf.index.next.max(last.saturating_add(1)), &work.title)
}

fn index(
    turn: &mut Turn,
    landed: Option<CommitId>,
    mut swept: Swept,
    metadata: &Metadata,
    kept: Kept,
    written: &Written,
    waiter: Waiter,
) -> Step {
    let kept = kept.with(written);
    let mut files = swept.shelf.features.get(&metadata.id).cloned().unwrap_or_default();
    let prefix = format!("{}/", swept.shelf.path(&metadata.id));
    let written = written.hashes.iter().filter_map(|(path, hash)| Some((path.strip_prefix(&prefix)?, hash)));
    files.extend(written.map(|(name, hash)| (name.to_owned(), hash.clone())));
    files.retain(|name, _| crate::spec::is_of_feature(name));
    swept.shelf.index.put(metadata, files);
    let draft = swept.shelf.index_draft();
    match Writing::begin(turn, vec![draft], waiter) {
        Progress::Done(written) => Progress::Done(kept.with(&written)),
        other => more(other, landed, |writing| Stage::Indexing { swept, kept, writing }),
    }
}

impl Kept {
    fn with(mut self, written: &Written) -> Self {
        self.notes.extend(written.notes.iter().map(|note| format!("**Note:** {note}.")));
        self
    }

    /// What became of it, and what else the person should know.
    pub fn told(&self) -> String {
        let notes: String = self.notes.iter().map(|note| format!("{note}\n\n")).collect();
        format!("{notes}{}", self.state())
    }

    fn state(&self) -> String {
        let (path, state) = (&self.path, format!("version {}, {}", self.version, self.status.as_str()));
        if self.is_new {
            return format!("The spec is saved in `{path}` ({state}). It is not committed.");
        }
        if self.changes.is_empty() {
            return format!("The spec in `{path}` is as it was ({state}).");
        }
        let lines: String = self.changes.iter().map(|line| format!("\n- {line}")).collect();
        format!("The spec in `{path}` is now {state}. It is not committed.\n{lines}")
    }
}
