//! A track: a backlog and what has become of each of its tasks.

mod adopt;
mod record;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::backlog::{Backlog, Status, TaskSpec};
use crate::ids::{CommitId, TaskId, TrackId};
use crate::metrics::{Origin, Try};
use crate::spec::FeatureId;
use crate::text::rfc3339;
pub use record::{Life, Record, Shortened, SpecVersion, Untried, Wording};

/// A backlog at work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// The tasks as specified. Their `status`, `attempts` and `error` are stale: [`Track::snapshot`]
    /// fills them in.
    pub backlog: Backlog,
    /// What has become of each task, in the backlog's order.
    pub records: Vec<Record>,
    /// Tasks that a person took out of the backlog. One that comes back keeps its past: merged work
    /// is not done again, and no ref of an attempt is used twice.
    removed: Vec<(TaskSpec, Record)>,
    /// The latest merge commit of ours: it holds all the work that is merged.
    pub tip: Option<CommitId>,
    /// Counts the changes that we made: the file shows those up to the revision that it names.
    #[serde(default)]
    pub revision: u64,
    /// The branch of the person that was fast-forwarded to all of it.
    pub landed: Option<String>,
    /// The commit that its work began from.
    #[serde(default)]
    pub base: Option<CommitId>,
    /// The feature that it builds again; `None` for a plan of its own.
    #[serde(default)]
    pub feature: Option<FeatureId>,
}

impl Track {
    /// The index of a task.
    pub fn index_of(&self, id: &TaskId) -> Option<usize> {
        self.backlog.tasks.iter().position(|task| task.id == *id)
    }

    /// All ids, in the backlog's order.
    pub fn ids(&self) -> Vec<TaskId> {
        self.backlog.tasks.iter().map(|task| task.id.clone()).collect()
    }

    /// We changed what has become of a task, so that a file which was written before is old.
    pub fn touch(&mut self, index: usize) {
        self.revision += 1;
        if let Some(record) = self.records.get_mut(index) {
            record.revision = self.revision;
        }
    }

    /// We gave a task a better spec. Its former one is remembered: in an older file it is no edit.
    pub fn respecify(&mut self, index: usize, spec: TaskSpec) {
        let (Some(task), Some(record)) = (self.backlog.tasks.get_mut(index), self.records.get_mut(index))
        else {
            return;
        };
        record.former_specs.push(std::mem::replace(task, spec));
        record.rework = None;
        self.touch(index);
    }

    /// Nobody can work by a better spec: the former one holds again. An older file that shows the better one
    /// is no edit. Gives whether there was one that nobody had worked by.
    pub fn take_back_spec(&mut self, index: usize) -> bool {
        let (Some(task), Some(record)) = (self.backlog.tasks.get_mut(index), self.records.get_mut(index))
        else {
            return false;
        };
        let Some(untried) = record.untried.take() else { return false };
        let Some(former) = record.former_specs.pop() else { return false };
        record.former_specs.insert(0, std::mem::replace(task, former));
        record.versions.pop();
        record.wording = untried.wording;
        record.origin = Origin::Retry;
        self.touch(index);
        true
    }

    /// The process is gone: what was alive waits again. Its work is in its worktree or in a ref.
    pub fn interrupt(&mut self) {
        for record in &mut self.records {
            if let Life::Running(attempt) = &mut record.life
                && let Some(before) = attempt.approved.take()
            {
                record.life = *before;
            }
            if let Life::Running(attempt) = &record.life {
                record.left = attempt.left();
                if record.left.is_none() {
                    record.history.push(interrupted(attempt.number));
                }
            }
            if record.life.is_alive() {
                record.life = Life::Waiting;
            }
        }
    }

    /// What has become of a task.
    pub fn record_mut(&mut self, id: &TaskId) -> Option<&mut Record> {
        let index = self.index_of(id)?;
        self.records.get_mut(index)
    }

    /// Every task with its attempts that passed or fell short.
    pub fn tries(&self) -> impl Iterator<Item = (&TrackId, &TaskId, &[Try])> {
        let tasks = self.backlog.tasks.iter().zip(&self.records);
        tasks.map(|(task, record)| (&self.backlog.track_id, &task.id, record.tries.as_slice()))
    }

    /// A merge of ours is on the integration branch. Whether that was news.
    pub fn take_merge(&mut self, index: usize, commit: &CommitId) -> bool {
        let Some(record) = self.records.get_mut(index).filter(|record| !record.life.is_done()) else {
            return false;
        };
        record.life = Life::Merged { commit: commit.clone() };
        record.add_try(record.begun, true);
        record.left = None;
        record.rework = None;
        record.attempts += 1;
        record.error = None;
        record.history.push("Merged; its process ended before it could say so.".to_owned());
        self.touch(index);
        true
    }

    /// Every task is on the integration branch.
    pub fn is_complete(&self) -> bool {
        self.records.iter().all(|record| record.life.is_done())
    }

    /// Every task is done, and work of ours is on the integration branch only, as far as we know.
    pub fn is_unlanded(&self) -> bool {
        let is_ours = self.records.iter().any(|record| matches!(record.life, Life::Merged { .. }));
        is_ours && self.is_complete() && self.landed.is_none()
    }

    /// The status that people read.
    pub fn status(&self, index: usize) -> Status {
        let (Some(task), Some(record)) = (self.backlog.tasks.get(index), self.records.get(index)) else {
            return Status::Pending;
        };
        status_of(task, record, |id| self.is_done(id))
    }

    /// The status of every task, in the backlog's order.
    pub fn statuses(&self) -> Vec<Status> {
        let tasks = || self.backlog.tasks.iter().zip(&self.records);
        let done: BTreeSet<&TaskId> =
            tasks().filter(|(_, record)| record.life.is_done()).map(|(task, _)| &task.id).collect();
        tasks().map(|(task, record)| status_of(task, record, |id| done.contains(id))).collect()
    }

    fn is_done(&self, id: &TaskId) -> bool {
        self.index_of(id)
            .and_then(|index| self.records.get(index))
            .is_some_and(|record| record.life.is_done())
    }

    /// The dependencies of a task that are not done yet.
    pub fn waits_for(&self, index: usize) -> Vec<TaskId> {
        let task = self.backlog.tasks.get(index);
        task.map(|task| task.depends_on.iter().filter(|id| !self.is_done(id)).cloned().collect())
            .unwrap_or_default()
    }

    /// For each task that waits, the failed one that it depends on, directly or not.
    pub fn blockers(&self) -> Vec<Option<TaskId>> {
        self.behind(|life| matches!(life, Life::Failed { .. }))
    }

    /// Each task with its index, what became of it, and the failed one that keeps it waiting.
    pub fn standing(&self) -> impl Iterator<Item = (usize, &TaskSpec, &Record, Option<TaskId>)> {
        let tasks = self.backlog.tasks.iter().zip(&self.records).zip(self.blockers());
        tasks.enumerate().map(|(index, ((task, record), blocker))| (index, task, record, blocker))
    }

    /// For each task that waits, the one that a person has to decide on and that it depends on.
    pub fn behind_doors(&self) -> Vec<Option<TaskId>> {
        self.behind(|life| matches!(life, Life::Held { .. }))
    }

    /// For each task that waits, one of a kind that it depends on, directly or not. All at once, as each
    /// alone would walk all of a long chain.
    fn behind(&self, is_in_the_way: impl Fn(&Life) -> bool) -> Vec<Option<TaskId>> {
        let tasks = &self.backlog.tasks;
        let places: BTreeMap<&TaskId, usize> = tasks.iter().map(|task| &task.id).zip(0..).collect();
        let mut dependents = vec![Vec::new(); tasks.len()];
        for (at, task) in tasks.iter().enumerate() {
            for on in task.depends_on.iter().filter_map(|id| places.get(id)) {
                dependents[*on].push(at);
            }
        }
        let mut found: Vec<Option<TaskId>> = vec![None; tasks.len()];
        for (first, task) in tasks.iter().enumerate() {
            let mut open = match self.records.get(first).map(|record| &record.life) {
                Some(life) if is_in_the_way(life) => vec![first],
                _ => continue,
            };
            while let Some(at) = open.pop() {
                for &next in &dependents[at] {
                    let is_waiting =
                        self.records.get(next).is_some_and(|record| record.life == Life::Waiting);
                    if is_waiting && found[next].is_none() {
                        found[next] = Some(task.id.clone());
                        open.push(next);
                    }
                }
            }
        }
        found
    }

    /// The backlog as the file should show it now.
    pub fn snapshot(&self, now_ms: u64) -> Backlog {
        let mut backlog = self.backlog.clone();
        backlog.revision = Some(self.revision);
        backlog.updated_at = Some(rfc3339(now_ms));
        let known = self.statuses().into_iter().zip(&self.records);
        for (task, (status, record)) in backlog.tasks.iter_mut().zip(known) {
            task.status = status;
            task.attempts = record.attempts;
            task.last_attempt = record.last_attempt_ms.map(rfc3339);
            task.error = if status == Status::Completed { None } else { record.error.clone() };
        }
        backlog
    }
}

/// How an attempt ended whose process is gone.
pub fn interrupted(attempt: u32) -> String {
    format!("Attempt {attempt}: its process ended before it did; it does not count.")
}

fn status_of(task: &TaskSpec, record: &Record, is_done: impl Fn(&TaskId) -> bool) -> Status {
    match &record.life {
        Life::Waiting if task.depends_on.iter().all(is_done) => Status::Ready,
        Life::Waiting => Status::Pending,
        Life::Resting { .. } | Life::Shortening(_) => Status::Ready,
        Life::Running(attempt) if attempt.is_judged() => Status::Review,
        Life::Held { .. } => Status::Review,
        Life::Running(_) => Status::InProgress,
        Life::Rebasing(_) => Status::Rebasing,
        Life::Merged { .. } | Life::Given => Status::Completed,
        Life::Failed { .. } => Status::Failed,
    }
}
