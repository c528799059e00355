//! Versions compared in git and by the project's own commands: what each is made of, what the gates say of
//! each, and what the tests of each say of the code of the others.

use std::ops::ControlFlow;

use serde::Serialize;

use crate::compare::{
    CrossResult, Crossing, PublicName, Touched, Version, has_names, is_red, is_test, public_names, verdicts,
};
use crate::effect::git::{GitOperation, GitOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::gates::{self, Gate, GateName};
use crate::ids::{CommitId, Slot, TrackId};
use crate::run::gating::Check;
use crate::run::implement::chosen_gates;
use crate::run::survey::{Survey, Surveyed};
use crate::run::{Progress, Run, Waiter, git_failure};

/// Of so many files of a version the names are read.
const FILES_MAX: usize = 80;
/// A larger file is not read for its names.
const FILE_BYTES_MAX: u32 = 256 * 1024;

/// A version that is compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Subject {
    /// What is known of it.
    pub version: Version,
    /// Its commit.
    pub commit: CommitId,
    /// The commit it began at.
    pub start: CommitId,
    /// Test files by the task that changed them.
    pub touched: Vec<Touched>,
    gates: Vec<Gate>,
}

/// A comparison under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparing {
    subjects: Vec<Subject>,
    crossings: Vec<Crossing>,
    /// The refs of what is made for it are in this track's place.
    track: TrackId,
    /// The last one comes next.
    todo: Vec<Job>,
    doing: Doing,
}

/// What is to be done; subjects by their place.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Job {
    /// Look at its files.
    Survey(usize),
    /// Look at what it changed.
    Changes(usize),
    /// Read the names of a file.
    Names { of: usize, path: String },
    /// Run its gates.
    Gates(usize),
    /// Look at what lies between two of them.
    Differ(usize, usize),
    /// Run the tests of one on the code of the other.
    Cross { code: usize, tests: usize, paths: Vec<String> },
}

/// What is being done.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Doing {
    Nothing,
    Survey { of: usize, survey: Survey },
    Changes { of: usize },
    Names { of: usize, path: String },
    Gates { of: usize, check: Check },
    Differ { left: usize, right: usize },
    Composing { code: usize, tests: usize },
    Crossing { code: usize, tests: usize, check: Check },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The versions, complete.
    pub subjects: Vec<Subject>,
    /// The tests of each on the code of the others.
    pub crossings: Vec<Crossing>,
}

impl Subject {
    /// A version of which nothing was looked at yet.
    pub fn new(version: Version, commit: CommitId, start: CommitId, touched: Vec<Touched>) -> Self {
        Self { version, commit, start, touched, gates: Vec::new() }
    }

    /// Takes in what was seen of its files.
    fn surveyed(&mut self, run: &Run, found: &Surveyed) {
        let detected = gates::detect(&found.files, &found.manifests);
        self.gates = chosen_gates(&run.options, detected);
        let changes = &self.version.changes;
        let is_changed = |path: &String| changes.iter().any(|change| change.path == *path);
        let own = found.files.iter().filter(|file| is_changed(&file.path));
        self.version.bytes = own.map(|file| u64::from(file.bytes)).sum();
    }

    fn test_gate(&self) -> Option<&Gate> {
        self.gates.iter().find(|gate| gate.name == GateName::Test)
    }
}

impl Comparing {
    /// Begins one. The gates of each run before any crossing.
    pub fn begin(
        turn: &mut Turn,
        run: &Run,
        subjects: Vec<Subject>,
        track: TrackId,
        waiter: Waiter,
    ) -> Progress<Self, Compared> {
        let places = 0..subjects.len();
        let mut todo: Vec<Job> =
            places.clone().flat_map(|at| [Job::Changes(at), Job::Survey(at), Job::Gates(at)]).collect();
        let pairs = places.clone().flat_map(|left| (left + 1..places.end).map(move |right| (left, right)));
        todo.extend(pairs.map(|(left, right)| Job::Differ(left, right)));
        todo.reverse();
        let comparing = Self { subjects, crossings: Vec::new(), track, todo, doing: Doing::Nothing };
        comparing.next(turn, run, waiter)
    }

    fn next(mut self, turn: &mut Turn, run: &Run, waiter: Waiter) -> Progress<Self, Compared> {
        while let Some(job) = self.todo.pop() {
            if self.begin_job(turn, run, job, waiter.clone()) {
                return Progress::More(self);
            }
        }
        Progress::Done(Compared { subjects: self.subjects, crossings: self.crossings })
    }

    /// Whether there is something to wait for.
    fn begin_job(&mut self, turn: &mut Turn, run: &Run, job: Job, waiter: Waiter) -> bool {
        let commit = |at: usize| self.subjects[at].commit.clone();
        let mut ask = |operation| turn.request(waiter.clone(), Operation::Git(operation));
        self.doing = match job {
            Job::Survey(of) => {
                let survey = Survey::begin(turn, commit(of), waiter);
                Doing::Survey { of, survey }
            }
            Job::Changes(of) => {
                let base = self.subjects[of].start.clone();
                ask(GitOperation::Recall { base, commit: commit(of), diff_bytes_max: 1 });
                Doing::Changes { of }
            }
            Job::Names { of, path } => {
                let (commit, path_asked) = (commit(of), path.clone());
                ask(GitOperation::Show { commit, path: path_asked, bytes_max: FILE_BYTES_MAX });
                Doing::Names { of, path }
            }
            Job::Gates(of) if self.subjects[of].gates.is_empty() => return false,
            Job::Gates(of) => {
                let gates = self.subjects[of].gates.clone();
                let check = Check::begin(turn, run, Slot(1), commit(of), &gates, waiter);
                Doing::Gates { of, check }
            }
            Job::Differ(left, right) => {
                let (base, commit) = (commit(left), commit(right));
                ask(GitOperation::Recall { base, commit, diff_bytes_max: 1 });
                Doing::Differ { left, right }
            }
            Job::Cross { code, tests, paths } => {
                if let Some(why) = self.untold(code, tests, &paths) {
                    self.crossed(code, tests, CrossResult::Untold { why });
                    return false;
                }
                let name = |at: usize| &self.subjects[at].version.name;
                ask(GitOperation::Compose {
                    base: commit(code),
                    from: commit(tests),
                    paths,
                    parents: vec![commit(code)],
                    reference: format!("refs/mac/{}/cross/{}", self.track, self.crossings.len() + 1),
                    message: format!("The code of {} with the tests of {}", name(code), name(tests)),
                    guard: run.repository.guard.clone(),
                });
                Doing::Composing { code, tests }
            }
        };
        true
    }

    /// Why the tests of one cannot tell anything of the code of the other.
    fn untold(&self, code: usize, tests: usize, paths: &[String]) -> Option<String> {
        let of_tests = &self.subjects[tests].version;
        let own: Vec<_> =
            of_tests.gates.iter().filter(|verdict| verdict.gate == GateName::Test).cloned().collect();
        if self.subjects[code].test_gate().is_none() {
            Some("the project has no test command there".to_owned())
        } else if is_red(&own) {
            Some(format!("they prove nothing, as `{}` itself does not pass them", of_tests.name))
        } else if paths.is_empty() {
            Some("both have the same test files".to_owned())
        } else {
            None
        }
    }

    fn crossed(&mut self, code: usize, tests: usize, result: CrossResult) {
        let name = |at: usize| self.subjects[at].version.name.clone();
        let crossing = Crossing { code: name(code), tests: name(tests), result };
        self.crossings.push(crossing);
    }

    /// A step ended.
    pub fn resolved(
        mut self: Box<Self>,
        turn: &mut Turn,
        run: &Run,
        outcome: &Outcome,
        waiter: Waiter,
    ) -> Progress<Box<Self>, Compared> {
        let doing = std::mem::replace(&mut self.doing, Doing::Nothing);
        match self.go_on(turn, run, doing, outcome, waiter.clone()) {
            Ok(Doing::Nothing) => boxed(self.next(turn, run, waiter)),
            Ok(doing) => {
                self.doing = doing;
                Progress::More(self)
            }
            Err(Halt::Aborted) => Progress::Aborted,
            Err(Halt::Failed(reason)) => Progress::Failed(reason),
        }
    }

    /// What is done after a step; nothing when the job is done.
    fn go_on(
        &mut self,
        turn: &mut Turn,
        run: &Run,
        doing: Doing,
        outcome: &Outcome,
        waiter: Waiter,
    ) -> Result<Doing, Halt> {
        match (doing, outcome) {
            (Doing::Changes { of }, Outcome::Git(GitOutcome::Collected { changes, .. })) => {
                let paths = changes.iter().map(|change| &change.path);
                let named = paths.filter(|path| has_names(path) && !is_test(path)).take(FILES_MAX);
                self.todo.extend(named.map(|path| Job::Names { of, path: path.clone() }));
                self.subjects[of].version.changes.clone_from(changes);
                Ok(Doing::Nothing)
            }
            (Doing::Names { of, path }, Outcome::Git(GitOutcome::Shown { text })) => {
                let names = text.as_deref().map(|text| public_names(&path, text)).unwrap_or_default();
                let names = names.into_iter().map(|name| PublicName { path: path.clone(), name });
                self.subjects[of].version.names.extend(names);
                Ok(Doing::Nothing)
            }
            (Doing::Survey { of, survey }, outcome) => {
                Ok(match step(survey.resolved(turn, outcome, waiter))? {
                    ControlFlow::Continue(survey) => Doing::Survey { of, survey },
                    ControlFlow::Break(found) => {
                        self.subjects[of].surveyed(run, &found);
                        Doing::Nothing
                    }
                })
            }
            (Doing::Gates { of, check }, outcome) => {
                Ok(match step(check.resolved(turn, &run.options, outcome, waiter))? {
                    ControlFlow::Continue(check) => Doing::Gates { of, check },
                    ControlFlow::Break(reports) => {
                        self.subjects[of].version.gates = verdicts(&reports);
                        Doing::Nothing
                    }
                })
            }
            (Doing::Differ { left, right }, Outcome::Git(GitOutcome::Collected { changes, .. })) => {
                let paths = changes.iter().map(|change| change.path.clone());
                let paths: Vec<String> = paths.filter(|path| is_test(path)).collect();
                self.todo.push(Job::Cross { code: left, tests: right, paths: paths.clone() });
                self.todo.push(Job::Cross { code: right, tests: left, paths });
                Ok(Doing::Nothing)
            }
            (Doing::Composing { code, tests }, Outcome::Git(GitOutcome::Made { commit })) => {
                let gates: Vec<Gate> = self.subjects[code].test_gate().cloned().into_iter().collect();
                let check = Check::begin(turn, run, Slot(1), commit.clone(), &gates, waiter);
                Ok(Doing::Crossing { code, tests, check })
            }
            (Doing::Crossing { code, tests, check }, outcome) => {
                Ok(match step(check.resolved(turn, &run.options, outcome, waiter))? {
                    ControlFlow::Continue(check) => Doing::Crossing { code, tests, check },
                    ControlFlow::Break(reports) => {
                        self.crossed(code, tests, CrossResult::Ran { gates: verdicts(&reports) });
                        Doing::Nothing
                    }
                })
            }
            (_, other) => Err(Halt::Failed(git_failure(other))),
        }
    }
}

/// Why a comparison ends early.
enum Halt {
    Aborted,
    Failed(String),
}

/// A part's progress: it goes on, or breaks off with what it has found.
fn step<More, Done>(progress: Progress<More, Done>) -> Result<ControlFlow<Done, More>, Halt> {
    match progress {
        Progress::More(more) => Ok(ControlFlow::Continue(more)),
        Progress::Done(done) => Ok(ControlFlow::Break(done)),
        Progress::Aborted => Err(Halt::Aborted),
        Progress::Failed(reason) => Err(Halt::Failed(reason)),
    }
}

/// The same on the heap.
pub fn boxed<More, Done>(progress: Progress<More, Done>) -> Progress<Box<More>, Done> {
    match progress {
        Progress::More(more) => Progress::More(Box::new(more)),
        Progress::Done(done) => Progress::Done(done),
        Progress::Aborted => Progress::Aborted,
        Progress::Failed(reason) => Progress::Failed(reason),
    }
}
