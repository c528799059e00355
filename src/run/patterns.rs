//! The files that the patterns of tasks name, as a commit has them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::backlog::{Problem, TaskSpec};
use crate::context::{KnownFile, PatternProblem, changed_patterns, check_patterns, pattern_paths};
use crate::effect::git::{GitOperation, GitOutcome, MeasuredFile};
use crate::effect::stored::sha256;
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::ids::CommitId;
use crate::run::{Waiter, git_failure};
use crate::schedule::overlap;

/// So many files are looked at for one commit; what further ones hold is not judged.
const PATHS_MAX: usize = 300;
/// Of a larger file the lines are not counted.
const BYTES_MAX: u32 = 4 * 1024 * 1024;

/// Files as a commit has them. Of other paths nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// By path; `None` where there is no file.
    files: BTreeMap<String, Option<MeasuredFile>>,
}

/// What a backlog was made from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Planned {
    /// The plan's path from the repository's root.
    pub(crate) plan_path: String,
    /// What the files that patterns name held: git's ids by path.
    pub(crate) blobs: BTreeMap<String, String>,
    /// Its lines that agents of ours wrote, by [`Planned::line`]: what else stands there, a person wrote.
    #[serde(default)]
    pub(crate) lines: BTreeSet<String>,
}

impl Planned {
    /// What is kept of a line: the first 16 digits of its SHA-256.
    pub(crate) fn line(text: &str) -> String {
        sha256(text)[..16].to_owned()
    }
}

/// The paths that the patterns of tasks name, sorted, each once.
pub(crate) fn named<'a>(tasks: impl IntoIterator<Item = &'a TaskSpec>) -> Vec<String> {
    let mut paths: Vec<String> =
        tasks.into_iter().flat_map(|task| pattern_paths(&task.context.patterns)).collect();
    paths.sort_unstable();
    paths.dedup();
    paths.truncate(PATHS_MAX);
    paths
}

/// Asks for files of a commit.
pub(crate) fn measure(turn: &mut Turn, waiter: Waiter, commit: &CommitId, paths: Vec<String>) {
    let operation = GitOperation::Measure { commit: commit.clone(), paths, bytes_max: BYTES_MAX };
    turn.request(waiter, Operation::Git(operation));
}

impl Measured {
    /// The answer about `paths`. The error is a sentence.
    pub(crate) fn read(paths: &[String], outcome: &Outcome) -> Result<Self, String> {
        let Outcome::Git(GitOutcome::Measured { files }) = outcome else {
            return Err(git_failure(outcome));
        };
        let mut known: BTreeMap<String, Option<MeasuredFile>> =
            paths.iter().map(|path| (path.clone(), None)).collect();
        known.extend(files.iter().map(|file| (file.path.clone(), Some(file.clone()))));
        Ok(Self { files: known })
    }

    /// Those of the paths of which nothing is known.
    pub(crate) fn lacks(&self, paths: Vec<String>) -> Vec<String> {
        paths.into_iter().filter(|path| !self.files.contains_key(path)).collect()
    }

    /// Takes over what another one knows.
    pub(crate) fn merged(mut self, other: Self) -> Self {
        self.files.extend(other.files);
        self
    }

    /// A file is not what it was.
    pub(crate) fn forget(&mut self, path: &str) {
        self.files.remove(path);
    }

    /// Which patterns of some of the tasks cannot be followed, though no task that is to be done before
    /// makes or changes the file.
    pub(crate) fn problems(
        &self,
        tasks: &[TaskSpec],
        among: impl IntoIterator<Item = usize>,
        listed: &[String],
        is_open: impl Fn(usize) -> bool,
    ) -> Vec<Problem> {
        let mut found = Vec::new();
        for index in among {
            let Some(task) = tasks.get(index) else { continue };
            if self.broken(task, &[]).is_empty() {
                continue;
            }
            let before = before(tasks, index).into_iter().filter(|other| is_open(*other));
            let before: Vec<&TaskSpec> = before.map(|other| &tasks[other]).collect();
            let broken = self.broken(task, listed);
            let told = broken.iter().filter(|problem| !is_made_by(&before, &problem.reference.path));
            found.extend(told.map(|problem| Problem {
                task: Some(task.id.to_string()),
                field: Some(format!("context.patterns[{}]", problem.index)),
                line: None,
                message: problem.told(),
            }));
        }
        found
    }

    /// Which patterns of a task cannot be followed. `listed` are files that may have been meant instead.
    pub(crate) fn broken(&self, task: &TaskSpec, listed: &[String]) -> Vec<PatternProblem> {
        let file = |path: &String, lines: Option<u32>| KnownFile {
            path: path.clone(),
            lines: lines.unwrap_or(u32::MAX),
        };
        let measured = self.files.iter().filter_map(|(path, found)| Some(file(path, found.as_ref()?.lines)));
        let listed =
            listed.iter().filter(|path| !self.files.contains_key(*path)).map(|path| file(path, None));
        let files: Vec<KnownFile> = measured.chain(listed).collect();
        let mut problems = check_patterns(&task.context.patterns, &files);
        problems.retain(|problem| self.files.contains_key(&problem.reference.path));
        problems
    }

    /// Which patterns of a task name files that have changed since they were like `planned`.
    pub(crate) fn changed(&self, task: &TaskSpec, planned: &BTreeMap<String, String>) -> Vec<PatternProblem> {
        let mut problems = changed_patterns(&task.context.patterns, planned, &self.blobs());
        problems.retain(|problem| self.files.contains_key(&problem.reference.path));
        problems
    }

    /// The ids of the files' contents by path.
    pub(crate) fn blobs(&self) -> BTreeMap<String, String> {
        let blob = |(path, file): (&String, &Option<MeasuredFile>)| {
            Some((path.clone(), file.as_ref()?.blob.clone()))
        };
        self.files.iter().filter_map(blob).collect()
    }

    /// The files whose lines are known.
    pub(crate) fn known(&self) -> Vec<KnownFile> {
        let known = |(path, file): (&String, &Option<MeasuredFile>)| {
            Some(KnownFile { path: path.clone(), lines: file.as_ref()?.lines? })
        };
        self.files.iter().filter_map(known).collect()
    }
}

/// The tasks that a task depends on, directly or not.
pub(crate) fn before(tasks: &[TaskSpec], index: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = vec![index];
    while let Some(task) = open.pop().and_then(|at| tasks.get(at)) {
        let places = task.depends_on.iter().filter_map(|id| tasks.iter().position(|other| other.id == *id));
        open.extend(places.filter(|place| found.insert(*place)));
    }
    found
}

/// Whether one of the tasks says that it makes or changes a file.
pub(crate) fn is_made_by(tasks: &[&TaskSpec], path: &str) -> bool {
    let path = [path.to_owned()];
    tasks.iter().any(|task| overlap(&path, &task.scope.files_hint) > 0.0)
}
