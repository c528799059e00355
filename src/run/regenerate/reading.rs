//! The spec repository, read: every feature's metadata, and the backlogs of those that are built again.
//! All of it before anything is changed.

use std::collections::{BTreeSet, VecDeque};

use serde::Serialize;

use crate::backlog::{self, Backlog};
use crate::effect::Outcome;
use crate::effect::file::{FileOutcome, Place};
use crate::engine::Turn;
use crate::run::documents::{DOCUMENT_BYTES_MAX, file_failure, read};
use crate::run::regenerate::asked::{Asked, Which};
use crate::run::{Progress, Run, Waiter};
use crate::spec::{self, FeatureId, INDEX, Index, METADATA, Metadata, SpecStatus, Version};
use crate::text::{list, nearest};

const BACKLOG: &str = "BACKLOG.yaml";
const PLAN: &str = "PLAN.md";

/// A feature of the spec repository.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Feature {
    pub metadata: Metadata,
    /// Read only of those that are built again.
    pub backlog: Option<Backlog>,
    /// The plan that the backlog was made from, if there is one.
    pub plan: Option<String>,
}

/// A reading under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reading {
    stage: Stage,
    features: Vec<Feature>,
    /// What is wrong with specs that are to be used.
    problems: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    Index,
    /// The first is being read, here and below.
    Metadata {
        left: VecDeque<FeatureId>,
        wanted: Option<FeatureId>,
    },
    Backlogs {
        left: VecDeque<FeatureId>,
    },
    Plans {
        left: VecDeque<FeatureId>,
    },
}

impl Feature {
    /// Whether it is built again.
    pub fn is_chosen(&self) -> bool {
        self.backlog.is_some()
    }

    /// Its name and the version of its spec.
    pub fn name_and_version(&self) -> (FeatureId, Version) {
        (self.metadata.id.clone(), self.metadata.version)
    }
}

impl Reading {
    /// Begins with the index.
    pub fn begin(turn: &mut Turn, run: &Run, waiter: Waiter) -> Self {
        turn.request(waiter, read(Place::Repository, &spec_path(run, INDEX), DOCUMENT_BYTES_MAX));
        Self { stage: Stage::Index, features: Vec::new(), problems: Vec::new() }
    }

    /// A file was read. Done gives every feature, by number.
    pub fn resolved(
        mut self,
        turn: &mut Turn,
        run: &Run,
        asked: &Asked,
        outcome: &Outcome,
        waiter: Waiter,
    ) -> Progress<Self, Vec<Feature>> {
        match std::mem::replace(&mut self.stage, Stage::Index) {
            Stage::Index => match index(run, asked, outcome) {
                Ok((left, wanted)) => self.metadata(turn, run, left, wanted, waiter),
                Err(problem) => Progress::Failed(problem),
            },
            Stage::Metadata { mut left, wanted } => {
                if let Some(id) = left.pop_front() {
                    self.take_metadata(run, &id, wanted.as_ref(), outcome);
                }
                self.metadata(turn, run, left, wanted, waiter)
            }
            Stage::Backlogs { mut left } => {
                if let Some(id) = left.pop_front() {
                    self.take_backlog(run, &id, outcome);
                }
                self.backlogs(turn, run, left, waiter)
            }
            Stage::Plans { mut left } => {
                if let Some(id) = left.pop_front() {
                    self.take_plan(&id, outcome);
                }
                self.plans(turn, run, left, waiter)
            }
        }
    }

    fn metadata(
        mut self,
        turn: &mut Turn,
        run: &Run,
        left: VecDeque<FeatureId>,
        wanted: Option<FeatureId>,
        waiter: Waiter,
    ) -> Progress<Self, Vec<Feature>> {
        if let Some(id) = left.front() {
            turn.request(waiter, read(Place::Repository, &path(run, id, METADATA), DOCUMENT_BYTES_MAX));
            self.stage = Stage::Metadata { left, wanted };
            return Progress::More(self);
        }
        let is_wanted = |metadata: &Metadata| match &wanted {
            Some(id) => metadata.id == *id,
            None => metadata.status == SpecStatus::Deployed,
        };
        let chosen: Vec<&Metadata> =
            self.features.iter().map(|feature| &feature.metadata).filter(|one| is_wanted(one)).collect();
        self.problems.extend(chosen.iter().filter_map(|one| unfit(one)));
        if !self.problems.is_empty() {
            return Progress::Failed(self.problem());
        }
        if chosen.is_empty() {
            let directory = run.options.specs_dir.trim_end_matches('/');
            return Progress::Failed(format!(
                "no feature in {directory} is deployed, so there is nothing to build again. A feature is deployed when \
                 its work lands."
            ));
        }
        let left = chosen.iter().map(|metadata| metadata.id.clone()).collect();
        self.backlogs(turn, run, left, waiter)
    }

    fn take_metadata(&mut self, run: &Run, id: &FeatureId, wanted: Option<&FeatureId>, outcome: &Outcome) {
        let path = path(run, id, METADATA);
        let found = match outcome {
            Outcome::File(FileOutcome::Read { text, .. }) => spec::parse(&path, text)
                .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>()),
            other => Err(vec![file_failure(other, &path)]),
        };
        match found {
            Ok(metadata) if metadata.id == *id => {
                self.features.push(Feature { metadata, backlog: None, plan: None })
            }
            // A spec that is not asked for may be broken.
            _ if wanted.is_some_and(|wanted| wanted != id) => {}
            Ok(metadata) => self.problems.push(format!("{path}: it says that it is of {}", metadata.id)),
            Err(problems) => self.problems.extend(problems),
        }
    }

    fn backlogs(
        mut self,
        turn: &mut Turn,
        run: &Run,
        left: VecDeque<FeatureId>,
        waiter: Waiter,
    ) -> Progress<Self, Vec<Feature>> {
        if let Some(id) = left.front() {
            turn.request(waiter, read(Place::Repository, &path(run, id, BACKLOG), DOCUMENT_BYTES_MAX));
            self.stage = Stage::Backlogs { left };
            return Progress::More(self);
        }
        if !self.problems.is_empty() {
            return Progress::Failed(self.problem());
        }
        let chosen = self.features.iter().filter(|feature| feature.is_chosen());
        let left = chosen.map(|feature| feature.metadata.id.clone()).collect();
        self.plans(turn, run, left, waiter)
    }

    fn plans(
        mut self,
        turn: &mut Turn,
        run: &Run,
        left: VecDeque<FeatureId>,
        waiter: Waiter,
    ) -> Progress<Self, Vec<Feature>> {
        let Some(id) = left.front() else {
            return Progress::Done(self.features);
        };
        turn.request(waiter, read(Place::Repository, &path(run, id, PLAN), DOCUMENT_BYTES_MAX));
        self.stage = Stage::Plans { left };
        Progress::More(self)
    }

    /// A feature without a plan can be built: its backlog says what is to be done.
    fn take_plan(&mut self, id: &FeatureId, outcome: &Outcome) {
        if let Some(feature) = self.features.iter_mut().find(|feature| feature.metadata.id == *id)
            && let Outcome::File(FileOutcome::Read { text, .. }) = outcome
        {
            feature.plan = Some(text.clone());
        }
    }

    fn take_backlog(&mut self, run: &Run, id: &FeatureId, outcome: &Outcome) {
        let path = path(run, id, BACKLOG);
        let found = match outcome {
            Outcome::File(FileOutcome::Read { text, .. }) => backlog::parse(text).map_err(|problems| {
                problems.iter().map(|problem| format!("{path}: {problem}")).collect::<Vec<_>>()
            }),
            Outcome::File(FileOutcome::Missing) => {
                Err(vec![format!("{id} has no {BACKLOG} ({path}), and a feature is built from its backlog")])
            }
            other => Err(vec![file_failure(other, &path)]),
        };
        match found {
            Ok(backlog) => {
                let own = self.features.iter_mut().find(|feature| feature.metadata.id == *id);
                if let Some(feature) = own {
                    feature.backlog = Some(backlog);
                }
            }
            Err(problems) => self.problems.extend(problems),
        }
    }

    fn problem(&self) -> String {
        match self.problems.as_slice() {
            [only] => only.clone(),
            several => {
                let lines: String = several.iter().map(|problem| format!("\n- {problem}")).collect();
                format!("the specs have problems, so nothing was started:{lines}")
            }
        }
    }
}

/// Why a feature cannot be built again.
fn unfit(metadata: &Metadata) -> Option<String> {
    let id = &metadata.id;
    match metadata.status {
        SpecStatus::Draft => {
            return Some(format!(
                "{id} is a draft: no work made from it has landed, so there is nothing to compare with. `/implement` \
                 builds it first"
            ));
        }
        SpecStatus::Superseded => {
            return Some(format!("{id} is superseded: another feature took its place"));
        }
        SpecStatus::Deployed => {}
    }
    match (&metadata.base, &metadata.result) {
        (Some(_), Some(_)) => None,
        _ => Some(format!(
            "{METADATA} of {id} does not say where its work began and ended (base and result, two commits); both are \
             written when a track lands"
        )),
    }
}

/// Which features there are, and which one is asked for.
fn index(
    run: &Run,
    asked: &Asked,
    outcome: &Outcome,
) -> Result<(VecDeque<FeatureId>, Option<FeatureId>), String> {
    let path = spec_path(run, INDEX);
    let index = match outcome {
        Outcome::File(FileOutcome::Read { text, .. }) => {
            Index::parse(&path, text).map_err(|problem| problem.to_string())?
        }
        Outcome::File(FileOutcome::Missing) => {
            return Err(format!(
                "there is no {path}: no feature's spec is saved yet. One is saved when a feature lands, or by \
                 `/spec save`."
            ));
        }
        other => return Err(file_failure(other, &path)),
    };
    let ids: VecDeque<FeatureId> = index.features.iter().map(|listed| listed.id.clone()).collect();
    match &asked.which {
        Which::All => Ok((ids, None)),
        Which::One(meant) => match ids.iter().find(|id| id.is_meant_by(meant)).cloned() {
            Some(id) => Ok((ids, Some(id))),
            None => Err(unknown(meant, &ids)),
        },
    }
}

fn unknown(meant: &str, ids: &VecDeque<FeatureId>) -> String {
    let names: Vec<String> = ids.iter().map(FeatureId::to_string).collect();
    match nearest(meant, names.iter().map(String::as_str)) {
        Some(near) => format!("there is no feature `{meant}`. Did you mean `{near}`?"),
        None => format!("there is no feature `{meant}`; known: {}.", list(&names)),
    }
}

/// The path of a feature's file, from the repository's root.
pub fn path(run: &Run, id: &FeatureId, file: &str) -> String {
    spec_path(run, &format!("{id}/{file}"))
}

/// The path of a file of the spec repository, from the repository's root.
pub fn spec_path(run: &Run, file: &str) -> String {
    format!("{}/{file}", run.options.specs_dir.trim_end_matches('/'))
}

/// The features that are built again: each after those that it depends on, the lower number first.
pub fn in_order(known: &[Feature]) -> Result<Vec<FeatureId>, String> {
    let mut left: Vec<&Metadata> =
        known.iter().filter(|feature| feature.is_chosen()).map(|feature| &feature.metadata).collect();
    left.sort_by(|one, other| one.id.cmp(&other.id));
    let mut order: Vec<FeatureId> = Vec::new();
    while !left.is_empty() {
        let open: BTreeSet<&FeatureId> = left.iter().map(|metadata| &metadata.id).collect();
        let is_free = |metadata: &&Metadata| {
            metadata.dependencies().iter().all(|on| *on == metadata.id || !open.contains(on))
        };
        let Some(at) = left.iter().position(is_free) else {
            let names: Vec<String> = open.iter().map(|id| id.to_string()).collect();
            return Err(format!(
                "the features {} depend on each other in a circle; depends_on in one of their {METADATA} breaks it",
                list(&names)
            ));
        };
        order.push(left.remove(at).id.clone());
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(number: u32, on: &[u32]) -> Feature {
        let id = |number: u32| FeatureId::new(number, "part");
        let text = format!(
            "id: {}\ntitle: t\ntrack: t\nversion: 1.0.0\nstatus: deployed\ncreated_at: now\nupdated_at: now\n",
            id(number)
        );
        let mut metadata = spec::parse("m", &text).unwrap();
        metadata.builds_on = on.iter().map(|number| id(*number)).collect();
        let backlog = crate::backlog::parse(&crate::backlog::samples::valid()).unwrap();
        Feature { metadata, backlog: Some(backlog), plan: None }
    }

    #[test]
    fn features_come_after_what_they_build_on() {
        let numbers = |known: &[Feature]| {
            in_order(known).map(|order| order.iter().map(FeatureId::number).collect::<Vec<_>>())
        };
        let known = [feature(1, &[3]), feature(2, &[]), feature(3, &[]), feature(4, &[1, 2, 9])];
        assert_eq!(numbers(&known), Ok(vec![2, 3, 1, 4]));
        assert_eq!(numbers(&[feature(1, &[1])]), Ok(vec![1]));
        let circle = [feature(1, &[2]), feature(2, &[1]), feature(3, &[])];
        assert!(numbers(&circle).unwrap_err().contains("feature-001-part and feature-002-part"));
    }
}
