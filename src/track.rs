//! A track: a backlog and what has become of each of its tasks.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::backlog::{Backlog, Status, TaskSpec};
use crate::effect::git::Change;
use crate::evidence::FailureClass;
use crate::ids::{CommitId, EffectId, TaskId};
use crate::review::GateReport;
use crate::run::implement::attempt::Attempt;
use crate::run::implement::left::Left;
use crate::text::rfc3339;

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
    /// The backlog file shows less than we know, because it was edited while work went on, or the
    /// process died: its statuses are no wishes of a person then.
    pub file_lags: bool,
    /// The branch of the person that was fast-forwarded to all of it.
    pub landed: Option<String>,
}

/// What has become of a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Where it stands.
    pub life: Life,
    /// Attempts that count against `maxRetries`.
    pub attempts: u32,
    /// Attempts that counted before the person asked for another set of them.
    pub earlier_attempts: u32,
    /// Attempts ever begun; names their refs.
    pub begun: u32,
    /// Provider or host trouble in a row, in this run.
    pub troubles: u32,
    /// What failed attempts taught, newest first.
    pub evidence: Vec<String>,
    /// Size of the latest context in UTF-8 bytes.
    pub context_bytes: u32,
    /// When the latest attempt began, in milliseconds since the Unix epoch.
    pub last_attempt_ms: Option<u64>,
    /// Time spent in attempts.
    pub spent_ms: u64,
    /// Why the latest attempt failed.
    pub error: Option<String>,
    /// How each attempt ended, a sentence each, oldest first.
    pub history: Vec<String>,
    /// What the gates said of the latest work.
    pub reports: Vec<GateReport>,
    /// What the latest work changed.
    pub changes: Vec<Change>,
    /// What the latest attempt left behind, if it was stopped from outside.
    pub left: Option<Left>,
}

/// Where a task stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Life {
    /// Nothing is going on: it waits for its dependencies, or for a free worker.
    #[default]
    Waiting,
    /// An attempt is alive. Not when no command runs, so it is never read back.
    #[serde(skip_deserializing)]
    Running(Box<Attempt>),
    /// The provider is in trouble; the timer tells when to try again.
    Resting {
        /// The timer.
        timer: EffectId,
    },
    /// Its work is on the integration branch.
    Merged {
        /// The merge commit.
        commit: CommitId,
    },
    /// The backlog said that it is completed when we first saw it.
    Given,
    /// No more attempts.
    Failed {
        /// Of which kind the last failure was.
        class: FailureClass,
    },
}

impl Record {
    /// The person wants another set of attempts.
    pub fn start_over(&mut self) {
        self.life = Life::Waiting;
        self.earlier_attempts += std::mem::take(&mut self.attempts);
    }
}

impl Life {
    /// Whether dependents may start.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Merged { .. } | Self::Given)
    }
}

impl Track {
    /// A track from the backlog file as a person left it, and what we knew of the same track. The file
    /// wins for what has not been merged.
    pub fn adopt(earlier: Option<Self>, backlog: Backlog) -> Self {
        let landed = earlier.as_ref().and_then(|track| track.landed.clone());
        let file_lags = earlier.as_ref().is_some_and(|track| track.file_lags);
        let tip = earlier.as_ref().and_then(|track| track.tip.clone());
        let with_removed =
            |track: Self| track.backlog.tasks.into_iter().zip(track.records).chain(track.removed).collect();
        let mut earlier: Vec<(TaskSpec, Record)> = earlier.map(with_removed).unwrap_or_default();
        let records = backlog
            .tasks
            .iter()
            .map(|task| match earlier.iter().find(|(known, _)| known.id == task.id) {
                Some((known, record)) => adopt_record(task, known, record.clone(), file_lags),
                None if task.status == Status::Completed => Record { life: Life::Given, ..Record::default() },
                None => Record::default(),
            })
            .collect();
        let kept: BTreeSet<&TaskId> = backlog.tasks.iter().map(|task| &task.id).collect();
        earlier.retain(|(task, _)| !kept.contains(&task.id));
        Self { backlog, records, removed: earlier, tip, file_lags, landed }
    }

    /// The index of a task.
    pub fn index_of(&self, id: &TaskId) -> Option<usize> {
        self.backlog.tasks.iter().position(|task| task.id == *id)
    }

    /// All ids, in the backlog's order.
    pub fn ids(&self) -> Vec<TaskId> {
        self.backlog.tasks.iter().map(|task| task.id.clone()).collect()
    }

    /// The process is gone: what was alive waits again. Its work is in its worktree or in a ref.
    pub fn interrupt(&mut self) {
        for record in &mut self.records {
            if let Life::Running(attempt) = &record.life {
                record.left = attempt.left();
            }
            if matches!(record.life, Life::Running(_) | Life::Resting { .. }) {
                record.life = Life::Waiting;
            }
        }
    }

    /// What has become of a task.
    pub fn record_mut(&mut self, id: &TaskId) -> Option<&mut Record> {
        let index = self.index_of(id)?;
        self.records.get_mut(index)
    }

    /// A merge of ours is on the integration branch. Whether that was news.
    pub fn take_merge(&mut self, index: usize, commit: &CommitId) -> bool {
        let Some(record) = self.records.get_mut(index).filter(|record| !record.life.is_done()) else {
            return false;
        };
        record.life = Life::Merged { commit: commit.clone() };
        record.left = None;
        record.attempts += 1;
        record.error = None;
        record.history.push("Merged; its process ended before it could say so.".to_owned());
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

    /// The failed task that a waiting one depends on, directly or not.
    pub fn blocked_by(&self, index: usize) -> Option<TaskId> {
        let mut open = self.waits_for(index);
        let mut seen = Vec::new();
        while let Some(id) = open.pop() {
            let Some(at) = self.index_of(&id) else {
                continue;
            };
            if matches!(self.records.get(at).map(|record| &record.life), Some(Life::Failed { .. })) {
                return Some(id);
            }
            if !seen.contains(&at) {
                seen.push(at);
                open.extend(self.waits_for(at));
            }
        }
        None
    }

    /// The backlog as the file should show it now.
    pub fn snapshot(&self, now_ms: u64) -> Backlog {
        let mut backlog = self.backlog.clone();
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

fn status_of(task: &TaskSpec, record: &Record, is_done: impl Fn(&TaskId) -> bool) -> Status {
    match &record.life {
        Life::Waiting if task.depends_on.iter().all(is_done) => Status::Ready,
        Life::Waiting => Status::Pending,
        Life::Resting { .. } => Status::Ready,
        Life::Running(attempt) if attempt.is_judged() => Status::Review,
        Life::Running(_) => Status::InProgress,
        Life::Merged { .. } | Life::Given => Status::Completed,
        Life::Failed { .. } => Status::Failed,
    }
}

/// A task that we know, as the file has it now.
fn adopt_record(task: &TaskSpec, known: &TaskSpec, mut record: Record, file_lags: bool) -> Record {
    if !is_same_work(task, known) {
        // Work on another spec is no work on this one.
        record.left = None;
    }
    match record.life {
        Life::Waiting | Life::Failed { .. } if task.status == Status::Completed => record.life = Life::Given,
        Life::Given if task.status != Status::Completed => record.life = Life::Waiting,
        Life::Failed { .. } => {
            let is_wanted = task.status != Status::Failed && !file_lags;
            if is_wanted || !is_same_work(task, known) {
                record.start_over();
            }
        }
        _ => {}
    }
    record
}

/// Whether two specs ask for the same.
fn is_same_work(a: &TaskSpec, b: &TaskSpec) -> bool {
    let asks = |task: &TaskSpec| TaskSpec {
        status: Status::Pending,
        attempts: 0,
        last_attempt: None,
        error: None,
        ..task.clone()
    };
    asks(a) == asks(b)
}
