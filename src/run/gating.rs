//! Making a worktree ready and running the project's commands in it: parts that the health check,
//! attempts and the check after a merge share.

use serde::Serialize;

use crate::effect::git::{GitOperation, GitOutcome};
use crate::effect::process::{ProcessOperation, ProcessOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::evidence::relative;
use crate::gates::{Gate, ran_no_test};
use crate::ids::{CommitId, Slot};
use crate::options::Options;
use crate::review::GateReport;
use crate::run::{Progress, Run, Waiter, git_failure};

/// So much of the end of a command's output is kept: more than a failing test usually prints.
const TAIL_BYTES: u32 = 16 * 1024;

/// A worktree on its way to being ready.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preparation {
    setup: Option<String>,
    setup_timeout_ms: u64,
    /// Known while the set-up command runs.
    directory: Option<String>,
}

impl Preparation {
    /// Resets a directory of the pool to a commit.
    pub fn begin(turn: &mut Turn, run: &Run, slot: Slot, at: CommitId, waiter: Waiter) -> Self {
        let options = &run.options;
        let operation = GitOperation::Prepare {
            slot,
            at,
            worktrees_dir: options.worktrees_dir.clone(),
            link: options.worktree.link.clone(),
            copy: options.worktree.copy.clone(),
            keep: options.worktree.keep.clone().unwrap_or_default(),
            guard: run.repository.guard.clone(),
        };
        turn.request(waiter, Operation::Git(operation));
        Self {
            setup: options.worktree.setup.clone(),
            setup_timeout_ms: options.gates.timeout_ms,
            directory: None,
        }
    }

    /// A step ended. Done gives the directory.
    pub fn resolved(mut self, turn: &mut Turn, outcome: &Outcome, waiter: Waiter) -> Progress<Self, String> {
        match (self.directory.take(), outcome) {
            (None, Outcome::Git(GitOutcome::Prepared { directory })) => {
                let Some(command) = self.setup.clone() else {
                    return Progress::Done(directory.clone());
                };
                run(turn, directory, &command, self.setup_timeout_ms, waiter);
                self.directory = Some(directory.clone());
                Progress::More(self)
            }
            (Some(directory), Outcome::Process(ProcessOutcome::Exited { code: 0, .. })) => {
                Progress::Done(directory)
            }
            (Some(_), Outcome::Process(ProcessOutcome::Aborted)) => Progress::Aborted,
            (Some(_), Outcome::Process(other)) => Progress::Failed(format!(
                "the set-up command (worktree.setup) failed: {}",
                process_failure(other)
            )),
            (_, other) => Progress::Failed(git_failure(other)),
        }
    }
}

/// Gates on their way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gating {
    directory: String,
    timeout_ms: u64,
    /// The last one runs now.
    left: Vec<Gate>,
    reports: Vec<GateReport>,
}

impl Gating {
    /// Runs the gates one after the other, all of them even when one is red: each says something.
    pub fn begin(
        turn: &mut Turn,
        options: &Options,
        directory: String,
        gates: &[Gate],
        waiter: Waiter,
    ) -> Progress<Self, Vec<GateReport>> {
        let left = gates.iter().rev().cloned().collect();
        let gating = Self { directory, timeout_ms: options.gates.timeout_ms, left, reports: Vec::new() };
        gating.next(turn, waiter)
    }

    fn next(self, turn: &mut Turn, waiter: Waiter) -> Progress<Self, Vec<GateReport>> {
        let Some(gate) = self.left.last() else {
            return Progress::Done(self.reports);
        };
        run(turn, &self.directory, &gate.command, self.timeout_ms, waiter);
        Progress::More(self)
    }

    /// A gate ended. Done gives all reports.
    pub fn resolved(
        mut self,
        turn: &mut Turn,
        outcome: &Outcome,
        waiter: Waiter,
    ) -> Progress<Self, Vec<GateReport>> {
        let (code, duration_ms, tail) = match outcome {
            Outcome::Process(ProcessOutcome::Exited { code, duration_ms, tail }) => {
                (Some(*code), *duration_ms, tail)
            }
            Outcome::Process(ProcessOutcome::TimedOut { duration_ms, tail }) => (None, *duration_ms, tail),
            Outcome::Process(ProcessOutcome::Aborted) => return Progress::Aborted,
            Outcome::Process(ProcessOutcome::Failed { message }) => {
                return Progress::Failed(message.clone());
            }
            other => return Progress::Failed(format!("an answer that does not fit: {other:?}")),
        };
        if let Some(gate) = self.left.pop() {
            let ran_no_test = gate.name == crate::gates::GateName::Test && ran_no_test(tail);
            self.reports.push(GateReport {
                gate,
                code,
                duration_ms,
                tail: relative(tail, &self.directory),
                ran_no_test,
            });
        }
        self.next(turn, waiter)
    }
}

/// A worktree is made ready, then the gates run in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    gates: Vec<Gate>,
    stage: CheckStage,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
enum CheckStage {
    Preparing(Preparation),
    Gating(Gating),
}

impl Check {
    /// Begins one.
    pub fn begin(
        turn: &mut Turn,
        run: &Run,
        slot: Slot,
        at: CommitId,
        gates: &[Gate],
        waiter: Waiter,
    ) -> Self {
        let preparation = Preparation::begin(turn, run, slot, at, waiter);
        Self { gates: gates.to_vec(), stage: CheckStage::Preparing(preparation) }
    }

    /// A step ended. Done gives all reports.
    pub fn resolved(
        self,
        turn: &mut Turn,
        options: &Options,
        outcome: &Outcome,
        waiter: Waiter,
    ) -> Progress<Self, Vec<GateReport>> {
        let Self { gates, stage } = self;
        let progress = match stage {
            CheckStage::Gating(gating) => gating.resolved(turn, outcome, waiter),
            CheckStage::Preparing(preparation) => match preparation.resolved(turn, outcome, waiter.clone()) {
                Progress::Done(directory) => Gating::begin(turn, options, directory, &gates, waiter),
                Progress::More(preparation) => {
                    return Progress::More(Self { gates, stage: CheckStage::Preparing(preparation) });
                }
                Progress::Aborted => Progress::Aborted,
                Progress::Failed(reason) => Progress::Failed(reason),
            },
        };
        match progress {
            Progress::More(gating) => Progress::More(Self { gates, stage: CheckStage::Gating(gating) }),
            Progress::Done(reports) => Progress::Done(reports),
            Progress::Aborted => Progress::Aborted,
            Progress::Failed(reason) => Progress::Failed(reason),
        }
    }
}

fn run(turn: &mut Turn, directory: &str, command: &str, timeout_ms: u64, waiter: Waiter) {
    let operation = ProcessOperation::Run {
        directory: directory.to_owned(),
        command: command.to_owned(),
        timeout_ms,
        tail_bytes: TAIL_BYTES,
    };
    turn.request(waiter, Operation::Process(operation));
}

fn process_failure(outcome: &ProcessOutcome) -> String {
    match outcome {
        ProcessOutcome::Exited { code, tail, .. } => {
            format!("exit code {code}\n{}", tail.trim_end())
        }
        ProcessOutcome::TimedOut { tail, .. } => format!("it took too long\n{}", tail.trim_end()),
        ProcessOutcome::Aborted => "stopped".to_owned(),
        ProcessOutcome::Failed { message } => message.clone(),
    }
}
