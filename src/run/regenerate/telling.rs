//! What a person is told of versions, and where what is written of them goes.

use crate::ids::{CommitId, TrackId};
use crate::run::Run;
use crate::run::document;
use crate::run::regenerate::state::{Building, Start};
use crate::spec::Metadata;
use crate::text::list;

/// The directory of a track's documents, or of a feature's comparison, from the repository's root.
pub fn documents(run: &Run, name: &str) -> String {
    document(&run.options, &format!("regenerate/{name}"))
}

/// The full name of a track's branch.
pub fn branch(track: &TrackId) -> String {
    format!("refs/heads/mac/{track}")
}

/// A commit as people read it.
pub fn short(commit: &CommitId) -> String {
    commit.as_str().chars().take(SHORT).collect()
}

/// Digits of a commit that tell it apart.
const SHORT: usize = 12;

/// A version is about to be built.
pub fn intro(metadata: &Metadata, building: &Building) -> String {
    let Building { track, commit, start, .. } = building;
    let at = short(commit);
    let from = match start {
        Start::Before => format!("from {at}, the commit before it"),
        Start::Without => format!("from {at}, your branch with its own work taken back"),
        Start::Instead { why } => {
            format!("from {at}, the commit before it, and not from your branch without it, because {why}")
        }
    };
    format!("Building `{}` {} again on `mac/{track}`, {from}.", metadata.id, metadata.version)
}

/// The same version begins somewhere else.
pub fn intro_again(building: &Building) -> String {
    let why = match &building.start {
        Start::Instead { why } => why.as_str(),
        Start::Before | Start::Without => "it was asked for",
    };
    let (track, at) = (&building.track, short(&building.commit));
    format!("`mac/{track}` now begins at {at}, the commit before the feature, because {why}.")
}

/// How versions land, and how they are thrown away.
pub fn ways_on(run: &Run, versions: &[Building]) -> String {
    let branch = run.repository.branch.clone().unwrap_or_else(|| "your branch".to_owned());
    let Some(Building { track, start, before, .. }) = versions.last() else {
        return String::new();
    };
    let track = if versions.len() > 1 { "<one>".to_owned() } else { track.to_string() };
    let names: Vec<String> = versions.iter().map(|building| format!("`mac/{}`", building.track)).collect();
    let before = short(before);
    let is_new = if versions.len() > 1 { "the new ones are" } else { "the new one is" };
    let land = match start {
        Start::Before | Start::Without => format!(
            "To land it, on `{branch}`: `git merge --ff-only mac/{track}`; it holds `{branch}` as it is now, so what is \
             there stays in the history."
        ),
        Start::Instead { .. } => format!(
            "It lands as a change of what is there, since `{branch}` has gone on: `git diff --binary {before} \
             mac/{track} | git apply --3way --index`, then `git commit`."
        ),
    };
    format!(
        "Nothing landed: the previous version is {before}, {is_new} on {}. {land} To throw it away: \
         `git branch -D mac/{track}`; its documents are in {}.",
        list(&names),
        documents(run, &track)
    )
}
