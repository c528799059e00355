//! A track: a backlog and what has become of each of its tasks.

mod adopt;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::backlog::{Backlog, Status, TaskSpec};
use crate::effect::git::Change;
use crate::evidence::{FailureClass, Lesson};
use crate::ids::{CommitId, EffectId, TaskId, TrackId};
use crate::metrics::{Origin, Try};
use crate::resilience::drift;
use crate::review::GateReport;
use crate::run::author::Author;
use crate::run::implement::attempt::Attempt;
use crate::run::implement::door::{Door, KeptWork};
use crate::run::implement::left::Left;
use crate::run::implement::rebasing::Rebasing;
use crate::run::implement::rework::Rework;
use crate::spec::FeatureId;
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

/// What has become of a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Where it stands.
    pub life: Life,
    /// The track's revision with our latest change of it; 0 when we never changed it.
    pub revision: u64,
    /// The specs that ours took the place of, oldest first; before them those of ours that were taken back.
    pub former_specs: Vec<TaskSpec>,
    /// Attempts that count against `maxRetries`.
    pub attempts: u32,
    /// Attempts that counted before the person asked for another set of them.
    pub earlier_attempts: u32,
    /// Attempts ever begun; names their refs.
    pub begun: u32,
    /// Provider or host trouble in a row, in this run.
    pub troubles: u32,
    /// What failed attempts taught, newest first.
    pub evidence: Vec<Lesson>,
    /// What the latest context left out of its sources, and why, a line each.
    pub not_in_context: Vec<String>,
    /// The task in fewer words, if it is too long for a context.
    pub wording: Option<Wording>,
    /// The latest answer of whoever was asked for fewer words.
    pub shortened: Option<Shortened>,
    /// Size of the latest context in UTF-8 bytes.
    pub context_bytes: u32,
    /// SHA-256 of the file that holds it, in hex; `None` before it was written.
    pub context_sha256: Option<String>,
    /// The entries of the memory that the latest context held, by id.
    pub memory: Vec<String>,
    /// When the latest attempt began, in milliseconds since the Unix epoch.
    pub last_attempt_ms: Option<u64>,
    /// Time spent in attempts.
    pub spent_ms: u64,
    /// Why the latest attempt failed.
    pub error: Option<String>,
    /// What the sessions of its agents gathered, oldest first.
    pub sessions: Vec<drift::Figures>,
    /// How each attempt ended, a sentence each, oldest first.
    pub history: Vec<String>,
    /// What the gates said of the latest work.
    pub reports: Vec<GateReport>,
    /// What the latest work changed.
    pub changes: Vec<Change>,
    /// What the latest attempt left behind, if it was stopped from outside.
    pub left: Option<Left>,
    /// The latest work that is in a ref.
    pub work: Option<KeptWork>,
    /// What its reviewer asked for.
    pub issues: Vec<String>,
    /// Work that goes back to an agent.
    pub rework: Option<Rework>,
    /// How often work went back.
    pub reworks: u32,
    /// Attempts that counted since the spec last changed.
    pub failures: u32,
    /// How often a better spec was asked for in this set of attempts.
    pub rebases: usize,
    /// Why a better spec is to be asked for before another attempt begins.
    pub rebase_due: Option<String>,
    /// What the next attempt follows.
    pub origin: Origin,
    /// The attempts that passed or fell short, oldest first.
    pub tries: Vec<Try>,
    /// The versions of the spec after the first one, oldest first.
    pub versions: Vec<SpecVersion>,
    /// The latest version is a better spec that no attempt has begun from: it may be taken back.
    pub untried: Option<Untried>,
}

/// What is not known of the former spec otherwise while nobody has worked by a better one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Untried {
    /// The former spec in fewer words, if it needed them.
    pub wording: Option<Wording>,
}

/// A task in fewer words, for its context only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wording {
    /// SHA-256 of the spec that it stands for; an edited spec needs another one.
    pub of: String,
    /// What a worker reads instead.
    pub spec: TaskSpec,
}

/// The answer of an author who was asked for a task in fewer words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shortened {
    /// SHA-256 of what was asked: nobody is asked the same twice.
    pub of: String,
    /// What is wrong with the answer; `None` when its wording is used.
    pub refusal: Option<String>,
}

impl Shortened {
    /// What is wrong with the answer.
    pub fn why(&self) -> &str {
        self.refusal.as_deref().unwrap_or("it is too long as well")
    }
}

/// A version of a task's spec that replaced another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpecVersion {
    /// Counted from 2: the first is the backlog's.
    pub number: u32,
    /// When it was accepted, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Why another one was asked for.
    pub why: String,
    /// What was wrong with the one before.
    pub reasoning: String,
    /// How sure its author is, 0 to 1.
    pub confidence: f64,
    /// What differs, as lines of a diff.
    pub changes: Vec<String>,
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
        /// When it rings, in milliseconds since the Unix epoch.
        #[serde(default)]
        until_ms: u64,
    },
    /// A better spec is being made. Not when no command runs, so it is never read back.
    #[serde(skip_deserializing)]
    Rebasing(Box<Rebasing>),
    /// It is being put into fewer words. Not when no command runs, so it is never read back.
    #[serde(skip_deserializing)]
    Shortening(Box<Author>),
    /// Its work is on the integration branch.
    Merged {
        /// The merge commit.
        commit: CommitId,
    },
    /// The backlog said that it is completed when we first saw it.
    Given,
    /// A person has the next word.
    Held {
        /// Why.
        door: Door,
    },
    /// No more attempts.
    Failed {
        /// Of which kind the last failure was.
        class: FailureClass,
    },
}

impl Record {
    /// The texts of what failed attempts taught, newest first.
    pub fn lessons(&self) -> Vec<String> {
        self.evidence.iter().map(|lesson| lesson.text.clone()).collect()
    }

    /// The person wants another set of attempts.
    pub fn start_over(&mut self) {
        self.life = Life::Waiting;
        self.earlier_attempts += std::mem::take(&mut self.attempts);
        self.failures = 0;
        self.rebases = 0;
        self.rework = None;
        self.rebase_due = None;
        self.origin = Origin::First;
    }

    /// Attempts that count, of all sets, with those that changed refused work: what people are shown.
    pub fn all_attempts(&self) -> u32 {
        self.earlier_attempts + self.attempts + self.reworks
    }

    /// An attempt passed or fell short.
    pub fn add_try(&mut self, attempt: u32, has_passed: bool) {
        let earlier_ms: u64 = self.tries.iter().map(|earlier| earlier.duration_ms).sum();
        let duration_ms = self.spent_ms.saturating_sub(earlier_ms);
        let origin = std::mem::replace(&mut self.origin, Origin::Retry);
        self.tries.push(Try { attempt, origin, has_passed, duration_ms });
    }
}

impl Life {
    /// Whether something is under way that comes back to the task.
    pub fn is_alive(&self) -> bool {
        matches!(self, Self::Running(_) | Self::Resting { .. } | Self::Rebasing(_) | Self::Shortening(_))
    }

    /// Whether dependents may start.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Merged { .. } | Self::Given)
    }
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
