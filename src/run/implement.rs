//! `/implement`: look, check the project's health, then keep every worker busy with the task that has
//! the longest way still to go, until nothing is left to start.

use std::collections::{BTreeSet, VecDeque};

use serde::Serialize;

use crate::backlog::{self, Backlog};
use crate::context;
use crate::definitions::Role;
use crate::effect::file::{FileOutcome, Place};
use crate::effect::git::{GitOperation, GitOutcome, Relation};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::gates::{self, Gate, GateName};
use crate::ids::{CommitId, ModelRef, Slot, TaskId, TrackId};
use crate::metrics::{Estimate, Ledger, estimate};
use crate::options::{GateOption, Options, ReviewMode};
use crate::route::{Work, work_of};
use crate::run::attempt::role;
use crate::run::draft::nodes;
use crate::run::files::BacklogFile;
use crate::run::gating::Check;
use crate::run::health::{Health, green_text, red_text};
use crate::run::plan::{DOCUMENT_BYTES_MAX, file_failure, read};
use crate::run::survey::Survey;
use crate::run::{Progress, Run, Waiter, git_failure};
use crate::schedule::{Schedule, overlap};
use crate::text::{count, list, number, usd};
use crate::track::{Life, Track};

/// `/implement` under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImplementRun {
    /// What every command has.
    pub run: Run,
    /// The tasks and what becomes of them.
    pub track: Track,
    pub(crate) schedule: Schedule,
    /// The tasks named by the person; all when they named none.
    pub(crate) wanted: BTreeSet<usize>,
    named: Vec<String>,
    allow_red: bool,
    pub(crate) gates: Vec<Gate>,
    /// What the gates say without our work.
    pub(crate) health: Health,
    /// The integration tip.
    pub(crate) tip: CommitId,
    pub(crate) free: BTreeSet<Slot>,
    /// Tasks that wait to be merged.
    pub(crate) queue: VecDeque<usize>,
    pub(crate) merging: Option<usize>,
    pub(crate) stopping: Option<Stop>,
    pub(crate) file: BacklogFile,
    /// Where this run's entries begin in the ledger.
    pub(crate) ledger_from: usize,
    pub(crate) estimate: Option<Estimate>,
    has_alerted: bool,
    pub(crate) stage: Stage,
}

/// How far `/implement` is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Stage {
    /// The backlog is being read.
    Backlog,
    /// The integration branch is being looked up.
    Tip,
    /// How the person's branch lies to it.
    Relating,
    /// The commit to start from is being looked at.
    Survey(Survey),
    /// The integration branch is being made or moved up.
    Branch,
    /// The project's health is being checked.
    Health(Check),
    /// Tasks are at work.
    Working,
    /// The person's branch is being moved.
    Landing,
    /// The last files are being written.
    Closing {
        /// What `/implement` ends with.
        error: Option<String>,
    },
}

/// Why nothing new starts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Stop {
    /// The person said so.
    Person,
    /// A cap was reached.
    Budget(String),
}

/// What `/implement` as a whole waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Wait {
    /// The one step of a stage that has one.
    Step,
    /// The backlog file.
    File,
    /// A task that rests after provider trouble.
    Rest {
        /// Its index.
        task: usize,
    },
}

/// `/implement [task ids…] [--allow-red]`.
pub fn begin(turn: &mut Turn, run: Run, arguments: &str) -> Activity {
    let mut named = Vec::new();
    let mut allow_red = false;
    for word in arguments.split([' ', ',', '\n', '\t']).filter(|word| !word.is_empty()) {
        match word {
            "--allow-red" => allow_red = true,
            option if option.starts_with("--") => {
                return turn.fail(
                    &run.chat,
                    format!("/implement has no option {option}. It takes task ids and --allow-red."),
                );
            }
            id => named.push(id.to_owned()),
        }
    }
    let path = run.document("BACKLOG.yaml");
    turn.request(Waiter::Implement(Wait::Step), read(Place::Repository, &path, DOCUMENT_BYTES_MAX));
    let empty = Backlog {
        version: String::new(),
        track_id: TrackId(String::new()),
        created_at: String::new(),
        updated_at: None,
        tasks: Vec::new(),
    };
    Activity::Implement(Box::new(ImplementRun {
        track: Track::adopt(None, empty),
        schedule: Schedule::default(),
        wanted: BTreeSet::new(),
        named,
        allow_red,
        gates: Vec::new(),
        health: Health::default(),
        tip: CommitId(String::new()),
        free: (1..=run.options.max_workers).map(Slot).collect(),
        queue: VecDeque::new(),
        merging: None,
        stopping: None,
        file: BacklogFile::default(),
        ledger_from: turn.shared.ledger.entries.len(),
        estimate: None,
        has_alerted: false,
        stage: Stage::Backlog,
        run,
    }))
}

impl ImplementRun {
    /// The full name of the integration branch.
    pub(crate) fn branch(&self) -> String {
        format!("refs/heads/mac/{}", self.track.backlog.track_id)
    }

    /// Whether nothing new starts.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping == Some(Stop::Person)
    }

    /// The person wants it to stop.
    pub fn cancelled(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        if matches!(self.stage, Stage::Landing | Stage::Closing { .. }) {
            return Activity::Implement(self);
        }
        self.stopping = Some(Stop::Person);
        turn.cancel_all();
        self.go_on(turn)
    }

    /// Something it waited for ended.
    pub fn resolved(mut self: Box<Self>, turn: &mut Turn, wait: Wait, outcome: &Outcome) -> Activity {
        match wait {
            Wait::File => self.file_resolved(turn, outcome),
            Wait::Rest { task } => self.rested(task),
            Wait::Step => return self.step_resolved(turn, outcome),
        }
        self.go_on(turn)
    }

    fn step_resolved(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let stage = std::mem::replace(&mut self.stage, Stage::Working);
        if self.is_stopping() && !matches!(stage, Stage::Working | Stage::Landing | Stage::Closing { .. }) {
            return self.leave(turn, "stopped before any task began");
        }
        match stage {
            Stage::Backlog => self.backlog_read(turn, outcome),
            Stage::Tip => self.tip_found(turn, outcome),
            Stage::Relating => self.related(turn, outcome),
            Stage::Survey(survey) => match survey.resolved(turn, outcome, Waiter::Implement(Wait::Step)) {
                Progress::More(survey) => {
                    self.stage = Stage::Survey(survey);
                    Activity::Implement(self)
                }
                Progress::Done(found) => {
                    let detected = gates::detect(&found.files, &found.manifests);
                    self.gates = chosen_gates(&self.run.options, detected);
                    self.settle_branch(turn)
                }
                Progress::Failed(reason) => self.leave(turn, reason),
                Progress::Aborted => self.leave(turn, "stopped before any task began"),
            },
            Stage::Branch => match outcome {
                Outcome::Git(GitOutcome::Moved) => self.check_health(turn),
                other => {
                    let text = format!("the integration branch could not be set: {}", git_failure(other));
                    self.leave(turn, text)
                }
            },
            Stage::Health(check) => self.health_resolved(turn, check, outcome),
            Stage::Landing => self.landed(turn, outcome),
            other @ (Stage::Working | Stage::Closing { .. }) => {
                self.stage = other;
                self.go_on(turn)
            }
        }
    }

    /// Ends before any work began. What is known of the track stays.
    fn leave(self: Box<Self>, turn: &mut Turn, error: impl Into<String>) -> Activity {
        let chat = self.run.chat.clone();
        self.keep_track(turn);
        turn.fail(&chat, error)
    }

    /// Hands the track back to what outlives the command.
    pub(crate) fn keep_track(self: Box<Self>, turn: &mut Turn) {
        if !self.track.backlog.tasks.is_empty() {
            let id = self.track.backlog.track_id.clone();
            turn.shared.current = Some(id.clone());
            turn.shared.tracks.insert(id, self.track);
        }
    }

    fn backlog_read(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let path = self.run.document("BACKLOG.yaml");
        let (text, hash) = match outcome {
            Outcome::File(FileOutcome::Read { text, hash }) => (text, hash),
            Outcome::File(FileOutcome::Missing) => {
                return self.leave(turn, format!("there is no {path}. `/plan <feature>` makes one."));
            }
            other => return self.leave(turn, file_failure(other, &path)),
        };
        let backlog = match backlog::parse(text) {
            Ok(backlog) => backlog,
            Err(problems) => {
                let lines: Vec<String> = problems.iter().map(|problem| format!("- {problem}")).collect();
                return self.leave(
                    turn,
                    format!("{path} has problems, so nothing was started:\n{}", lines.join("\n")),
                );
            }
        };
        self.file = BacklogFile::read(hash.clone());
        let earlier = turn.shared.tracks.remove(&backlog.track_id);
        self.track = Track::adopt(earlier, backlog);
        if let Err(problem) = self.choose_tasks() {
            return self.leave(turn, problem);
        }
        let reference = Some(self.branch());
        turn.request(Waiter::Implement(Wait::Step), Operation::Git(GitOperation::Inspect { reference }));
        self.stage = Stage::Tip;
        Activity::Implement(self)
    }

    /// Which tasks this run may start, and whether each of them fits its context.
    fn choose_tasks(&mut self) -> Result<(), String> {
        let ids = self.track.ids();
        let mut unknown = Vec::new();
        for name in &self.named {
            match ids.iter().position(|id| id.as_str().eq_ignore_ascii_case(name)) {
                Some(index) => {
                    self.wanted.insert(index);
                }
                None => unknown.push(name.clone()),
            }
        }
        if !unknown.is_empty() {
            let known: Vec<String> = ids.iter().map(TaskId::to_string).collect();
            return Err(format!(
                "there is no task {} in the backlog; it has {}.",
                list(&unknown),
                list(&known)
            ));
        }
        let is_all = self.named.is_empty();
        if is_all {
            self.wanted = (0..ids.len()).collect();
        }
        let nodes = nodes(&self.track.backlog.tasks);
        self.schedule = Schedule::new(&nodes).map_err(|_| "the backlog has a cycle".to_owned())?;
        for (index, record) in self.track.records.iter_mut().enumerate() {
            if record.life.is_done() {
                self.schedule.complete(index);
            } else if !self.wanted.contains(&index) {
                self.schedule.remove(index);
            } else if matches!(record.life, Life::Failed { .. }) {
                if is_all {
                    self.schedule.remove(index);
                } else {
                    // Naming a failed task asks for a fresh set of attempts.
                    record.life = Life::Waiting;
                    record.attempts = 0;
                    record.troubles = 0;
                }
            }
        }
        let bytes_max = self.run.options.context.max_bytes;
        let problems: Vec<String> = self
            .wanted
            .iter()
            .filter(|index| !self.track.records[**index].life.is_done())
            .filter_map(|index| context::compile(&self.track.backlog.tasks[*index], &[], bytes_max).err())
            .map(|problem| format!("- {problem}"))
            .collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(format!("some tasks are too large, so nothing was started:\n{}", problems.join("\n")))
        }
    }

    fn tip_found(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let Outcome::Git(GitOutcome::Inspected { repository }) = outcome else {
            return self.leave(turn, git_failure(outcome));
        };
        self.run.repository = repository.clone();
        let Some(head) = repository.head.clone() else {
            return self.leave(turn, "the repository has no commit");
        };
        match repository.reference.clone() {
            Some(tip) => {
                self.tip = tip.clone();
                self.reconcile();
                let operation = GitOperation::Relate { ours: head, theirs: tip };
                turn.request(Waiter::Implement(Wait::Step), Operation::Git(operation));
                self.stage = Stage::Relating;
                Activity::Implement(self)
            }
            None => {
                self.tip = head;
                self.survey(turn)
            }
        }
    }

    /// The person's branch may have moved since the integration branch was made.
    fn related(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let Outcome::Git(GitOutcome::Related { relation }) = outcome else {
            return self.leave(turn, git_failure(outcome));
        };
        let head = self.run.repository.head.clone();
        match (relation, head) {
            (Relation::Ahead, Some(head)) => self.tip = head,
            (Relation::Diverged, _) => {
                let track = self.track.backlog.track_id.clone();
                let text = format!(
                    "**Note:** your branch and `mac/{track}` have both moved on, so this run cannot land by itself. \
                     Work goes on from `mac/{track}`; merge it when the run is done."
                );
                turn.say(&self.run.chat, text);
            }
            _ => {}
        }
        self.survey(turn)
    }

    fn survey(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        let survey = Survey::begin(turn, self.tip.clone(), Waiter::Implement(Wait::Step));
        self.stage = Stage::Survey(survey);
        Activity::Implement(self)
    }

    fn settle_branch(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        let from = self.run.repository.reference.clone();
        if from.as_ref() == Some(&self.tip) {
            return self.check_health(turn);
        }
        let operation = GitOperation::Move { reference: self.branch(), to: self.tip.clone(), from };
        turn.request(Waiter::Implement(Wait::Step), Operation::Git(operation));
        self.stage = Stage::Branch;
        Activity::Implement(self)
    }

    fn check_health(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        let dirty = self.run.repository.dirty_files;
        if dirty > 0 {
            let what = count(dirty as usize, "file has", "files have");
            let text = format!(
                "**Note:** {what} changes that are not committed. They stay as they are, and workers do not see them."
            );
            turn.say(&self.run.chat, text);
        }
        let waits = self.track.records.iter().any(|record| record.life == Life::Waiting);
        if !waits || self.schedule.ready() == 0 {
            return self.work(turn);
        }
        if self.gates.is_empty() {
            let judge =
                if self.run.options.review == ReviewMode::Off { "nothing" } else { "only the reviewer" };
            let text = format!(
                "**Note:** no test, lint or type-check command was found in this project, so {judge} judges the work. \
                 Set options.gates.test to a command."
            );
            turn.say(&self.run.chat, text);
            return self.work(turn);
        }
        if let Some(health) = &turn.shared.health
            && health.is_good_for(&self.tip, &self.gates)
        {
            self.health = health.clone();
            return self.work(turn);
        }
        let waiter = Waiter::Implement(Wait::Step);
        let check = Check::begin(turn, &self.run.options, Slot(1), self.tip.clone(), &self.gates, waiter);
        self.stage = Stage::Health(check);
        Activity::Implement(self)
    }

    fn health_resolved(mut self: Box<Self>, turn: &mut Turn, check: Check, outcome: &Outcome) -> Activity {
        let waiter = Waiter::Implement(Wait::Step);
        match check.resolved(turn, &self.run.options, outcome, waiter) {
            Progress::More(check) => {
                self.stage = Stage::Health(check);
                Activity::Implement(self)
            }
            Progress::Aborted => self.leave(turn, "stopped before any task began"),
            Progress::Failed(reason) => self.leave(turn, format!("the health check could not run: {reason}")),
            Progress::Done(reports) => {
                self.health = Health::of(self.tip.clone(), &reports);
                if !self.health.red.is_empty() {
                    turn.say(&self.run.chat, red_text(&reports));
                    if !self.allow_red {
                        return self.leave(
                            turn,
                            "the project's own checks fail before any task starts, so they could not judge one. Fix \
                             and commit, or `/implement --allow-red`: then what is red now judges nothing.",
                        );
                    }
                } else if let Some(text) = green_text(&reports) {
                    turn.say(&self.run.chat, text);
                }
                if self.health.runs_no_test {
                    let text = "**Note:** the test command ran no test. It cannot tell good work from bad; add a test \
                                or set options.gates.test.";
                    turn.say(&self.run.chat, text);
                }
                turn.shared.health = Some(self.health.clone());
                self.work(turn)
            }
        }
    }

    fn work(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        self.stage = Stage::Working;
        let open: Vec<usize> = self
            .wanted
            .iter()
            .copied()
            .filter(|index| self.track.records[*index].life == Life::Waiting)
            .collect();
        if !open.is_empty() {
            let works = self.planned_works(&open);
            let past = &turn.shared.ledger;
            let figure = estimate(&works, &turn.shared.prices, past);
            let text = format!(
                "Implementing {} of `{}` with up to {}. Estimate: about {} tokens, {}.",
                count(open.len(), "task", "tasks"),
                self.track.backlog.track_id,
                count(usize::from(self.run.options.max_workers), "worker", "workers"),
                number(figure.tokens),
                usd(figure.cost_usd)
            );
            turn.say(&self.run.chat, text);
            self.estimate = Some(figure);
        }
        self.file.touch();
        self.go_on(turn)
    }

    fn planned_works(&self, open: &[usize]) -> Vec<(Work, Option<ModelRef>)> {
        let mut works = Vec::new();
        for task in open.iter().filter_map(|index| self.track.backlog.tasks.get(*index)) {
            let work = work_of(task);
            works.push((work, self.run.model(role(task), work)));
            if self.run.options.review != ReviewMode::Off {
                works.push((Work::Review, self.run.model(Role::Reviewer, Work::Review)));
            }
        }
        works
    }

    /// Whatever can go on after an event does: merges, new attempts, files, the end.
    pub(crate) fn go_on(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        match &self.stage {
            Stage::Working => {
                self.merge_next(turn);
                self.watch_budget(turn);
                self.dispatch(turn);
                self.flush(turn);
                if self.is_over() { self.finish(turn) } else { Activity::Implement(self) }
            }
            Stage::Closing { .. } => self.close(turn),
            _ => Activity::Implement(self),
        }
    }

    fn dispatch(&mut self, turn: &mut Turn) {
        while self.stopping.is_none() {
            let Some(slot) = self.free.first().copied() else {
                return;
            };
            let Some(task) = self.next_task() else { return };
            self.free.remove(&slot);
            self.start(turn, task, slot);
        }
    }

    /// The ready task with the longest way to go; one that touches the same files as a running one
    /// has to wait a little, up to its own hours.
    fn next_task(&mut self) -> Option<usize> {
        let tasks = &self.track.backlog.tasks;
        let running: Vec<usize> = (0..tasks.len())
            .filter(|index| matches!(self.track.records[*index].life, Life::Running(_)))
            .collect();
        self.schedule.next(|index| {
            let task = &tasks[index];
            let files = &task.scope.files_hint;
            let shared = running.iter().map(|other| overlap(files, &tasks[*other].scope.files_hint));
            shared.fold(0.0, f64::max) * task.scope.estimated_hours
        })
    }

    fn watch_budget(&mut self, turn: &mut Turn) {
        let budget = &self.run.options.budget;
        if budget.run_usd.is_none() && budget.run_tokens.is_none() {
            return;
        }
        let spent = self.own_ledger(turn).total();
        let tokens = spent.input_tokens + spent.output_tokens;
        let shares = [
            budget
                .run_usd
                .map(|cap| (spent.cost_usd / cap, format!("{} of {}", usd(spent.cost_usd), usd(cap)))),
            budget.run_tokens.map(|cap| {
                (tokens as f64 / cap as f64, format!("{} of {} tokens", number(tokens), number(cap)))
            }),
        ];
        for (share, what) in shares.into_iter().flatten() {
            if share >= 1.0 && self.stopping.is_none() {
                self.stopping = Some(Stop::Budget(format!("the budget is used up ({what})")));
            } else if share >= budget.alert_at && !self.has_alerted {
                self.has_alerted = true;
                turn.say(&self.run.chat, format!("**Note:** {what} of the budget are used."));
            }
        }
    }

    /// What this run has cost.
    pub(crate) fn own_ledger(&self, turn: &Turn) -> Ledger {
        Ledger { entries: turn.shared.ledger.entries.iter().skip(self.ledger_from).cloned().collect() }
    }

    fn is_over(&self) -> bool {
        let is_alive = |life: &Life| matches!(life, Life::Running(_) | Life::Resting { .. });
        let is_quiet = !self.track.records.iter().any(|record| is_alive(&record.life));
        is_quiet && (self.stopping.is_some() || self.schedule.ready() == 0)
    }
}

/// The gates to run: what the person said, else what was found.
fn chosen_gates(options: &Options, detected: Vec<Gate>) -> Vec<Gate> {
    let choose = |name: GateName, option: &GateOption| match option {
        GateOption::Detect => detected.iter().find(|gate| gate.name == name).cloned(),
        GateOption::Off => None,
        GateOption::Command(command) => Some(Gate { name, command: command.clone() }),
    };
    [
        choose(GateName::Test, &options.gates.test),
        choose(GateName::Lint, &options.gates.lint),
        choose(GateName::Typecheck, &options.gates.typecheck),
    ]
    .into_iter()
    .flatten()
    .collect()
}
