//! The end of a feature: versions that were compared get a commit that lands them, what came of it is
//! written down and told, and the next feature begins.

use serde::Serialize;

use crate::compare::completeness;
use crate::effect::file::{Expected, FileOutcome, Place};
use crate::effect::git::{GitOperation, GitOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::ids::CommitId;
use crate::run::documents::{DOCUMENT_BYTES_MAX, file_failure, read, write};
use crate::run::regenerate::asked::Which;
use crate::run::regenerate::comparing::Compared;
use crate::run::regenerate::reading::path;
use crate::run::regenerate::state::{Building, Made, Start};
use crate::run::regenerate::verdict::problem;
use crate::run::regenerate::{RegenerateRun, Stage, telling};
use crate::run::{Waiter, git_failure};
use crate::spec::{self, HistoryEntry, METADATA, Reason};
use crate::text::{count, list, rfc3339};

/// An end under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ending {
    compared: Compared,
    versions: Vec<Building>,
    step: Step,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
enum Step {
    /// The commit that lands a version is being made.
    Landing { at: usize },
    /// Its branch is being moved there.
    Moving { at: usize, commit: CommitId },
    /// Documents are being written, the first of them now.
    Documents { left: Vec<(String, String)> },
    /// The feature's metadata is being read, to take in how complete its spec is.
    Metadata { score: f64 },
    /// It is being written.
    Scored { path: String },
}

impl RegenerateRun {
    /// The versions of a feature were compared.
    pub(super) fn end_feature(mut self: Box<Self>, turn: &mut Turn, compared: Compared) -> Activity {
        let versions = self.item().map(|item| item.versions.clone()).unwrap_or_default();
        self.land_next(turn, Ending { compared, versions, step: Step::Landing { at: 0 } }, 0)
    }

    /// A commit with the files of the version that the person's branch fast-forwards to. What begins on
    /// that branch needs none, and what lands as a change has none.
    fn land_next(mut self: Box<Self>, turn: &mut Turn, ending: Ending, at: usize) -> Activity {
        let Some(building) = ending.versions.get(at) else {
            return self.write(turn, ending);
        };
        let commit = ending.commit_of(at);
        let (Start::Before, Some(head)) = (&building.start, self.head()) else {
            self.made(turn, building, commit);
            return self.land_next(turn, ending, at + 1);
        };
        let feature = self.feature().map(|feature| feature.metadata.id.to_string()).unwrap_or_default();
        let operation = GitOperation::Compose {
            base: commit.clone(),
            from: commit.clone(),
            paths: Vec::new(),
            parents: vec![commit, head],
            reference: format!("refs/mac/{}/landing/1", building.track),
            message: format!("{feature}, built again from its spec"),
            guard: self.run.repository.guard.clone(),
        };
        turn.request(Waiter::Regenerate, Operation::Git(operation));
        self.stage = Stage::Ending(Box::new(Ending { step: Step::Landing { at }, ..ending }));
        Activity::Regenerate(self)
    }

    /// Remembers a version that was made.
    fn made(&self, turn: &mut Turn, building: &Building, result: CommitId) {
        let Some(feature) = self.feature().map(|feature| feature.metadata.id.clone()) else {
            return;
        };
        let (track, base) = (building.track.clone(), building.commit.clone());
        turn.shared.regenerations.made.push(Made { feature, track, base, result });
    }

    /// Git or the disk answered.
    pub(super) fn ending_resolved(
        mut self: Box<Self>,
        turn: &mut Turn,
        ending: Ending,
        outcome: &Outcome,
    ) -> Activity {
        match (ending.step.clone(), outcome) {
            (Step::Landing { at }, Outcome::Git(GitOutcome::Made { commit })) => {
                let reference = telling::branch(&ending.versions[at].track);
                let (from, to) = (Some(ending.commit_of(at)), commit.clone());
                turn.request(
                    Waiter::Regenerate,
                    Operation::Git(GitOperation::Move { reference, to: to.clone(), from }),
                );
                let step = Step::Moving { at, commit: to };
                self.stage = Stage::Ending(Box::new(Ending { step, ..ending }));
                Activity::Regenerate(self)
            }
            (Step::Moving { at, commit }, Outcome::Git(GitOutcome::Moved)) => {
                self.made(turn, &ending.versions[at].clone(), commit);
                self.land_next(turn, ending, at + 1)
            }
            // An earlier process may have moved it to a commit with the same files.
            (Step::Moving { at, .. }, Outcome::Git(GitOutcome::Stale { actual: Some(actual) })) => {
                self.made(turn, &ending.versions[at].clone(), actual.clone());
                self.land_next(turn, ending, at + 1)
            }
            (Step::Moving { at, .. }, Outcome::Git(GitOutcome::Stale { actual: None })) => {
                let (track, commit) = (&ending.versions[at].track, ending.commit_of(at));
                let text = format!(
                    "the branch `mac/{track}` is gone. `git branch mac/{track} {commit}` brings it back with all that was \
                     merged there, then `{}` goes on.",
                    self.command()
                );
                self.give_up(turn, &text)
            }
            (Step::Documents { mut left }, Outcome::File(FileOutcome::Written { hash, kept })) => {
                let (path, _) = left.remove(0);
                if let Some(kept) = kept {
                    let text = format!("**Note:** {path} had been edited; your version is {kept}.");
                    turn.say(&self.run.chat, text);
                }
                turn.document_is_written(&path, hash);
                self.write_next(turn, ending, left)
            }
            (Step::Documents { mut left }, Outcome::File(_)) => {
                let (path, _) = left.remove(0);
                let text = format!("**Note:** {path} could not be written: {}", file_failure(outcome, &path));
                turn.say(&self.run.chat, text);
                self.write_next(turn, ending, left)
            }
            (Step::Metadata { score }, outcome) => self.score(turn, ending, score, outcome),
            (Step::Scored { path }, Outcome::File(outcome)) => {
                match outcome {
                    FileOutcome::Written { hash, .. } => turn.document_is_written(&path, hash),
                    other => {
                        let what = file_failure(&Outcome::File(other.clone()), &path);
                        turn.say(
                            &self.run.chat,
                            format!("**Note:** the completeness is not in {path}: {what}"),
                        );
                    }
                }
                self.judge(turn, &ending)
            }
            (_, other) => {
                let problem = git_failure(other);
                self.give_up(turn, &problem)
            }
        }
    }

    /// Takes the completeness of its spec into a feature's metadata, as it is on disk now.
    fn score(
        mut self: Box<Self>,
        turn: &mut Turn,
        ending: Ending,
        score: f64,
        outcome: &Outcome,
    ) -> Activity {
        let path = self.metadata_path();
        let read = match outcome {
            Outcome::File(FileOutcome::Read { text, hash }) => {
                spec::parse(&path, text).ok().map(|metadata| (metadata, hash.clone()))
            }
            _ => None,
        };
        let Some((mut metadata, hash)) = read else {
            turn.say(
                &self.run.chat,
                format!("**Note:** the completeness is not in {path}, which cannot be read."),
            );
            return self.judge(turn, &ending);
        };
        metadata.completeness = Some(score);
        metadata.history.push(HistoryEntry {
            version: metadata.version,
            at: rfc3339(turn.shared.now_ms),
            reason: Reason::Regenerated,
            changes: vec![format!(
                "{:.0} % complete, by {} versions of it",
                score * 100.0,
                ending.versions.len()
            )],
        });
        let text = spec::render(&metadata);
        turn.remember_document(&path, &text);
        turn.request(Waiter::Regenerate, write(Place::Repository, &path, text, Expected::Hash { hash }));
        self.stage = Stage::Ending(Box::new(Ending { step: Step::Scored { path }, ..ending }));
        Activity::Regenerate(self)
    }

    fn metadata_path(&self) -> String {
        self.feature().map(|feature| path(&self.run, &feature.metadata.id, METADATA)).unwrap_or_default()
    }

    /// Writes what came of it.
    fn write(self: Box<Self>, turn: &mut Turn, ending: Ending) -> Activity {
        let feature = self.feature().map(|feature| feature.metadata.id.to_string()).unwrap_or_default();
        let directory = telling::documents(&self.run, &feature);
        let (text, value) = ending.compared.told(&feature, ending.versions.len() == 1);
        turn.say(&self.run.chat, &text);
        let left = vec![
            (format!("{directory}/comparison.md"), format!("# {feature}, built again\n\n{text}")),
            (format!("{directory}/comparison.json"), format!("{value:#}\n")),
        ];
        self.write_next(turn, ending, left)
    }

    fn write_next(
        mut self: Box<Self>,
        turn: &mut Turn,
        ending: Ending,
        left: Vec<(String, String)>,
    ) -> Activity {
        let Some((path, text)) = left.first().cloned() else {
            if ending.versions.len() == 1 {
                return self.judge(turn, &ending);
            }
            let (criteria, gaps) = ending.compared.gaps();
            let score = completeness(&criteria, &gaps);
            let path = self.metadata_path();
            turn.request(Waiter::Regenerate, read(Place::Repository, &path, DOCUMENT_BYTES_MAX));
            self.stage = Stage::Ending(Box::new(Ending { step: Step::Metadata { score }, ..ending }));
            return Activity::Regenerate(self);
        };
        turn.write_document(Waiter::Regenerate, &path, text);
        self.stage = Stage::Ending(Box::new(Ending { step: Step::Documents { left }, ..ending }));
        Activity::Regenerate(self)
    }

    /// The feature is done, well or badly.
    fn judge(mut self: Box<Self>, turn: &mut Turn, ending: &Ending) -> Activity {
        turn.say(&self.run.chat, telling::ways_on(&self.run, &ending.versions));
        let problem =
            ending.compared.only(ending.versions.len() == 1).and_then(|comparison| problem(&comparison));
        let Some(item) = self.item() else {
            return self.conclude(turn);
        };
        match problem {
            Some(problem) => {
                // It was judged: the same command builds another version.
                item.versions.clear();
                self.is_red(turn, &problem)
            }
            None => {
                item.is_done = true;
                self.next(turn)
            }
        }
    }

    /// Nothing is left to do, or a red feature is in the way of the rest.
    pub(super) fn conclude(self: Box<Self>, turn: &mut Turn) -> Activity {
        let open: Vec<String> =
            self.items.iter().filter(|item| !item.is_done).map(|item| item.feature.to_string()).collect();
        if open.is_empty() {
            let key = self.key();
            turn.shared.regenerations.open.remove(&key);
            turn.end(&self.run.chat, None);
            return Activity::Idle;
        }
        self.keep(turn);
        let text = self.red_text(&open);
        turn.fail(&self.run.chat, text)
    }

    /// What is red, what was not tried, and how it goes on.
    fn red_text(&self, open: &[String]) -> String {
        let go_on = format!("`{}` goes on.", self.command());
        if let (Which::One(_), [only]) = (&self.asked.which, self.red.as_slice()) {
            return format!("{only}\n{go_on}");
        }
        let red: String =
            self.red.iter().map(|reason| format!("- {}\n", reason.replace('\n', "\n  "))).collect();
        let rest = match open.get(self.red.len()..).unwrap_or_default() {
            [] => String::new(),
            rest => format!("Not tried: {}; --keep-going goes past a red one. ", list(rest)),
        };
        let done = self.items.len() - open.len();
        format!(
            "{done} of {} are built again and well, but not:\n{red}{rest}{go_on}",
            count(self.items.len(), "feature", "features")
        )
    }
}

impl Ending {
    /// The commit of a version with nothing but its own work.
    fn commit_of(&self, at: usize) -> CommitId {
        let offset = self.compared.subjects.len() - self.versions.len();
        self.compared.subjects[at + offset].commit.clone()
    }
}
