//! Where a version begins: at the commit before the feature when nothing came after it, else at the branch
//! with the feature's own work taken back. Where that does not go, at the commit before it all the same.
//! Each version gets a branch and a backlog of its own before `/implement`'s run takes it over.

use serde::Serialize;

use crate::backlog::{Status, render};
use crate::effect::file::{Expected, FileOutcome, Place};
use crate::effect::git::{GitOperation, GitOutcome, Relation};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::ids::{CommitId, TrackId};
use crate::run::documents::{file_failure, write};
use crate::run::regenerate::reading::path;
use crate::run::regenerate::state::{Building, Item, Made, Start};
use crate::run::regenerate::{RegenerateRun, Stage, telling};
use crate::run::{Waiter, git_failure};
use crate::spec::METADATA;
use crate::text::{list, rfc3339};

/// What is being found out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Starting {
    /// Whether a version that was made here is the one on the person's branch; the last is asked about.
    Landed { left: Vec<Made> },
    /// Whether the commit before the feature is there.
    Base { origin: Origin },
    /// Whether the commit with the feature is there.
    Result { origin: Origin },
    /// How the person's branch lies to the feature.
    Relating { origin: Origin },
    /// Whether the name of its branch is free.
    Naming { track: TrackId, plan: Plan },
    /// The feature's work is being taken back.
    Reverting { track: TrackId, plan: Plan },
    /// Where its branch is.
    Branch { building: Building },
    /// What its branch holds, which is where nobody put it as far as is known.
    Holding { building: Building, at: CommitId },
    /// Its branch is being made, or moved to another start.
    Moving { building: Building },
    /// Its plan is being written.
    Plan { building: Building },
    /// Its backlog is being written.
    Backlog { building: Building },
}

/// The feature as it is on the person's branch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Origin {
    base: CommitId,
    result: CommitId,
    track: TrackId,
}

/// Where a version is to begin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    origin: Origin,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
enum Kind {
    /// At a commit that is there.
    At { start: Start, commit: CommitId, before: CommitId },
    /// At one that is still to be made.
    Revert,
}

impl RegenerateRun {
    /// A version that was not begun yet.
    pub(super) fn start(mut self: Box<Self>, turn: &mut Turn, item: &Item) -> Activity {
        if let Some(first) = item.versions.first().cloned() {
            // All begin at the same commit, or their results could not be compared.
            let Building { track, start, commit, base, before, .. } = first;
            let origin = Origin { base, result: before.clone(), track };
            return self.name(turn, Plan { origin, kind: Kind::At { start, commit, before } });
        }
        let made = turn.shared.regenerations.made.iter();
        let left = made.filter(|made| made.feature == item.feature).cloned().collect();
        self.stage = Stage::Building;
        self.landed(turn, left)
    }

    /// Is one of these on the branch?
    fn landed(self: Box<Self>, turn: &mut Turn, left: Vec<Made>) -> Activity {
        let (Some(made), Some(ours)) = (left.last(), self.head()) else {
            let metadata = self.feature().map(|feature| feature.metadata.clone());
            let origin = metadata.and_then(|metadata| {
                Some(Origin { base: metadata.base?, result: metadata.result?, track: metadata.track })
            });
            return match origin {
                Some(origin) => self.base(turn, origin),
                None => self.give_up(turn, "the feature's spec does not say where its work began and ended"),
            };
        };
        let operation = GitOperation::Relate { ours, theirs: made.result.clone() };
        self.ask(turn, operation, Starting::Landed { left })
    }

    fn base(self: Box<Self>, turn: &mut Turn, origin: Origin) -> Activity {
        let operation = exists(&origin.base);
        self.ask(turn, operation, Starting::Base { origin })
    }

    fn ask(mut self: Box<Self>, turn: &mut Turn, operation: GitOperation, next: Starting) -> Activity {
        turn.request(Waiter::Regenerate, Operation::Git(operation));
        self.stage = Stage::Starting(next);
        Activity::Regenerate(self)
    }

    /// Git or the disk answered.
    pub(super) fn starting_resolved(
        self: Box<Self>,
        turn: &mut Turn,
        starting: Starting,
        outcome: &Outcome,
    ) -> Activity {
        match (starting, outcome) {
            (Starting::Landed { mut left }, outcome) => match (left.pop(), outcome) {
                (
                    Some(made),
                    Outcome::Git(GitOutcome::Related { relation: Relation::Same | Relation::Ahead }),
                ) => {
                    let Made { base, result, track, .. } = made;
                    self.base(turn, Origin { base, result, track })
                }
                // One that is gone did not land either.
                _ => self.landed(turn, left),
            },
            (Starting::Base { origin }, Outcome::Git(GitOutcome::Inspected { repository })) => {
                if repository.reference.is_none() {
                    return self.gone(turn, "base", &origin.base);
                }
                let operation = exists(&origin.result);
                self.ask(turn, operation, Starting::Result { origin })
            }
            (Starting::Result { origin }, Outcome::Git(GitOutcome::Inspected { repository })) => {
                let Some(ours) = self.head().filter(|_| repository.reference.is_some()) else {
                    return self.gone(turn, "result", &origin.result);
                };
                let operation = GitOperation::Relate { ours, theirs: origin.result.clone() };
                self.ask(turn, operation, Starting::Relating { origin })
            }
            (Starting::Relating { origin }, Outcome::Git(GitOutcome::Related { relation })) => {
                self.related(turn, origin, *relation)
            }
            (Starting::Naming { track, plan }, Outcome::Git(GitOutcome::Inspected { repository })) => {
                match repository.reference {
                    Some(_) => self.name(turn, plan),
                    None => self.begin_at(turn, track, plan),
                }
            }
            (Starting::Reverting { track, plan }, outcome) => self.reverted(turn, track, plan, outcome),
            (Starting::Branch { building }, Outcome::Git(GitOutcome::Inspected { repository })) => {
                self.branch_found(turn, building, repository.reference.as_ref())
            }
            (Starting::Holding { building, at }, Outcome::Git(GitOutcome::Held { merges, .. })) => {
                // The process ended before it heard of a first merge: that is found with the rest of the track.
                if merges.is_empty() {
                    self.moved_away(turn, &building, &at)
                } else {
                    self.plan(turn, building)
                }
            }
            (Starting::Moving { building }, Outcome::Git(GitOutcome::Moved)) => self.plan(turn, building),
            // What is there is of an earlier start of this version.
            (
                Starting::Plan { building },
                Outcome::File(FileOutcome::Written { .. } | FileOutcome::Changed),
            ) => self.backlog(turn, building),
            (
                Starting::Backlog { building },
                Outcome::File(FileOutcome::Written { .. } | FileOutcome::Changed),
            ) => self.build(turn, &building),
            (Starting::Plan { building } | Starting::Backlog { building }, Outcome::File(_)) => {
                let path = telling::documents(&self.run, building.track.as_str());
                let problem = file_failure(outcome, &path);
                self.give_up(turn, &problem)
            }
            (_, other) => {
                let problem = git_failure(other);
                self.give_up(turn, &problem)
            }
        }
    }

    fn gone(self: Box<Self>, turn: &mut Turn, field: &str, commit: &CommitId) -> Activity {
        let id = self.feature().map(|feature| feature.metadata.id.clone());
        let Some(id) = id else { return self.give_up(turn, "the feature is gone") };
        let text = format!(
            "the commit {commit} is not in this repository any more, and {} names it as the {field} of {id}. `git fetch` \
             may bring it; else name another commit there.",
            path(&self.run, &id, METADATA)
        );
        self.give_up(turn, &text)
    }

    fn related(self: Box<Self>, turn: &mut Turn, origin: Origin, relation: Relation) -> Activity {
        let Some(id) = self.feature().map(|feature| feature.metadata.id.clone()) else {
            return self.give_up(turn, "the feature is gone");
        };
        let (commit, before) = (origin.base.clone(), origin.result.clone());
        let at = |start: Start| Kind::At { start, commit, before };
        let kind = match relation {
            Relation::Same => at(Start::Before),
            Relation::Ahead => {
                let on_it = self.known.iter().map(|feature| &feature.metadata).filter(|other| {
                    other.id != id
                        && other.status == crate::spec::SpecStatus::Deployed
                        && other.dependencies().contains(&id)
                });
                let on_it: Vec<String> = on_it.map(|other| other.id.to_string()).collect();
                if on_it.is_empty() {
                    Kind::Revert
                } else {
                    let verb = if on_it.len() == 1 { "builds" } else { "build" };
                    at(Start::Instead { why: format!("{} {verb} on it", list(&on_it)) })
                }
            }
            Relation::Behind | Relation::Diverged => {
                let branch = self.run.repository.branch.clone().unwrap_or_else(|| "HEAD".to_owned());
                let text = format!(
                    "`{branch}` does not hold {id} as it landed (commit {}): the branch was moved or written anew. \
                     Switch to the branch that has it; if you took the work over in another form, name its commits as \
                     base and result in {}.",
                    origin.result,
                    path(&self.run, &id, METADATA)
                );
                return self.give_up(turn, &text);
            }
        };
        self.name(turn, Plan { origin, kind })
    }

    /// A name that no branch has yet.
    fn name(self: Box<Self>, turn: &mut Turn, plan: Plan) -> Activity {
        let Some(id) = self.feature().map(|feature| feature.metadata.id.clone()) else {
            return self.give_up(turn, "the feature is gone");
        };
        let track = turn.shared.regenerations.next_track(&id);
        let reference = Some(telling::branch(&track));
        self.ask(turn, GitOperation::Inspect { reference }, Starting::Naming { track, plan })
    }

    fn begin_at(mut self: Box<Self>, turn: &mut Turn, track: TrackId, plan: Plan) -> Activity {
        match plan.kind {
            Kind::At { start, commit, before } => {
                let base = plan.origin.base;
                let building = Building { track, start, commit, former: None, base, before };
                if let Some(item) = self.item() {
                    item.versions.push(building.clone());
                }
                self.keep(turn);
                self.branch(turn, building)
            }
            Kind::Revert => {
                let (Some(tip), Some(feature)) = (self.head(), self.feature()) else {
                    return self.give_up(turn, "the repository has no commit");
                };
                let operation = GitOperation::Revert {
                    tip,
                    since: plan.origin.base.clone(),
                    until: plan.origin.result.clone(),
                    track: plan.origin.track.clone(),
                    reference: format!("refs/mac/{track}/start/1"),
                    message: format!("Without {}, to build it again", feature.metadata.id),
                    guard: self.run.repository.guard.clone(),
                };
                self.ask(turn, operation, Starting::Reverting { track, plan })
            }
        }
    }

    fn reverted(self: Box<Self>, turn: &mut Turn, track: TrackId, plan: Plan, outcome: &Outcome) -> Activity {
        let Plan { origin, .. } = plan;
        let kind = match (outcome, self.head()) {
            (Outcome::Git(GitOutcome::Made { commit }), Some(before)) => {
                Kind::At { start: Start::Without, commit: commit.clone(), before }
            }
            (Outcome::Git(GitOutcome::Conflicted { paths }), _) => {
                let why = format!("later work changed the same places in {}", list(paths));
                let (commit, before) = (origin.base.clone(), origin.result.clone());
                Kind::At { start: Start::Instead { why }, commit, before }
            }
            (other, _) => {
                let problem = git_failure(other);
                return self.give_up(turn, &problem);
            }
        };
        self.begin_at(turn, track, Plan { origin, kind })
    }

    /// Looks where a version's branch is.
    pub(super) fn branch(self: Box<Self>, turn: &mut Turn, building: Building) -> Activity {
        let reference = Some(telling::branch(&building.track));
        self.ask(turn, GitOperation::Inspect { reference }, Starting::Branch { building })
    }

    fn branch_found(
        self: Box<Self>,
        turn: &mut Turn,
        building: Building,
        found: Option<&CommitId>,
    ) -> Activity {
        let track = &building.track;
        let merged = turn.shared.tracks.get(track).and_then(|track| track.tip.clone());
        match (found, merged) {
            // Whether the branch still has what was merged is looked at with the rest of the track.
            (Some(_), Some(_)) => self.plan(turn, building),
            (Some(at), None) if *at == building.commit => self.plan(turn, building),
            // The process ended before it was moved.
            (Some(at), None) if building.former.as_ref() == Some(at) => {
                self.move_branch(turn, building, Some(at.clone()))
            }
            (Some(at), None) => {
                let (track, at) = (track.clone(), at.clone());
                let operation = GitOperation::Hold { track, tip: Some(at.clone()) };
                self.ask(turn, operation, Starting::Holding { building, at })
            }
            (None, Some(tip)) => {
                let text = format!(
                    "the branch `mac/{track}` is gone. `git branch mac/{track} {tip}` brings it back with all that was \
                     merged there."
                );
                self.give_up(turn, &text)
            }
            (None, None) => self.move_branch(turn, building, None),
        }
    }

    /// Somebody else put a version's branch somewhere.
    fn moved_away(self: Box<Self>, turn: &mut Turn, building: &Building, at: &CommitId) -> Activity {
        let Building { track, commit, .. } = building;
        let text = format!(
            "`mac/{track}` was moved to {at}, and this version begins at {commit}. `git branch -f mac/{track} {commit}` \
             brings it back."
        );
        self.give_up(turn, &text)
    }

    /// Puts a version's branch where it begins.
    pub(super) fn move_branch(
        self: Box<Self>,
        turn: &mut Turn,
        building: Building,
        from: Option<CommitId>,
    ) -> Activity {
        let (reference, to) = (telling::branch(&building.track), building.commit.clone());
        self.ask(turn, GitOperation::Move { reference, to, from }, Starting::Moving { building })
    }

    /// The documents that the work needs, each written once.
    fn plan(mut self: Box<Self>, turn: &mut Turn, building: Building) -> Activity {
        let Some(text) = self.feature().and_then(|feature| feature.plan.clone()) else {
            return self.backlog(turn, building);
        };
        let path = format!("{}/PLAN.md", telling::documents(&self.run, building.track.as_str()));
        turn.request(Waiter::Regenerate, write(Place::Repository, &path, text, Expected::Missing));
        self.stage = Stage::Starting(Starting::Plan { building });
        Activity::Regenerate(self)
    }

    fn backlog(mut self: Box<Self>, turn: &mut Turn, building: Building) -> Activity {
        let Some(mut backlog) = self.feature().and_then(|feature| feature.backlog.clone()) else {
            return self.give_up(turn, "the feature's backlog is gone");
        };
        backlog.track_id = building.track.clone();
        backlog.revision = None;
        backlog.created_at = rfc3339(turn.shared.now_ms);
        backlog.updated_at = None;
        for task in &mut backlog.tasks {
            task.status = Status::Pending;
            task.attempts = 0;
            task.last_attempt = None;
            task.error = None;
        }
        let path = format!("{}/BACKLOG.yaml", telling::documents(&self.run, building.track.as_str()));
        let operation = write(Place::Repository, &path, render(&backlog), Expected::Missing);
        turn.request(Waiter::Regenerate, operation);
        self.stage = Stage::Starting(Starting::Backlog { building });
        Activity::Regenerate(self)
    }
}

/// Asks whether a commit is there.
fn exists(commit: &CommitId) -> GitOperation {
    GitOperation::Inspect { reference: Some(format!("{commit}^{{commit}}")) }
}
