//! `/implement`: look, check the project's health, then keep every worker busy with the task that has
//! the longest way still to go, until nothing is left to start.

pub mod attempt;
mod budget;
pub(crate) mod care;
mod dispatch;
pub mod door;
mod editable;
pub(crate) mod failure;
pub mod files;
pub mod finish;
mod judging;
pub mod left;
mod memory;
mod merge;
mod opening;
mod patterns;
mod reading;
pub mod rebasing;
mod rewording;
pub mod rework;
pub mod shortening;
mod signals;
mod watch;
mod wording;
pub(crate) mod working;

use std::collections::{BTreeSet, VecDeque};

use serde::Serialize;

use crate::backlog::{Backlog, Limits};
use crate::effect::Outcome;
use crate::effect::file::Place;
use crate::effect::git::GitOutcome;
use crate::engine::{Activity, Turn};
use crate::gates::{self, Gate, TestFiles};
use crate::ids::{CommitId, Slot, TrackId};
use crate::metrics::Estimate;
use crate::run::desk::request::Decision;
use crate::run::documents::{DOCUMENT_BYTES_MAX, read};
use crate::run::gating::Check;
use crate::run::ground::TRUST_CONFIG;
use crate::run::health::Health;
use crate::run::implement::care::Care;
use crate::run::implement::editable::EditableFile;
use crate::run::implement::finish::Shortfall;
pub(crate) use crate::run::implement::opening::chosen_gates;
use crate::run::implement::reading::Plan;
use crate::run::implement::shortening::Shortening;
use crate::run::implement::watch::Watch;
use crate::run::patterns::Measured;
use crate::run::regenerate::RegenerateRun;
use crate::run::specs::save::Save;
use crate::run::survey::Survey;
use crate::run::{Progress, Run, Waiter, git_failure};
use crate::schedule::Schedule;
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
    pub(crate) wish: Wish,
    allow_red: bool,
    pub(crate) gates: Vec<Gate>,
    /// The project's own tests, by their names.
    tests: Option<TestFiles>,
    /// What the gates say without our work.
    pub(crate) health: Health,
    /// The integration tip.
    pub(crate) tip: CommitId,
    pub(crate) free: BTreeSet<Slot>,
    /// Tasks that wait to be merged.
    pub(crate) queue: VecDeque<usize>,
    pub(crate) merging: Option<usize>,
    pub(crate) stopping: Option<Stop>,
    plan: Plan,
    /// Files that patterns name, as the integration tip has them.
    measured: Measured,
    pub(crate) file: EditableFile,
    pub(crate) memory: memory::Use,
    pub(crate) watch: Watch,
    /// Where this run's entries begin in the ledger.
    pub(crate) ledger_from: usize,
    pub(crate) estimate: Option<Estimate>,
    pub(crate) care: Care,
    /// Tasks that are too long for a context as far as is known, and nobody was asked for fewer words yet.
    wordless: BTreeSet<usize>,
    has_told_of_writes: bool,
    /// Who gets the run back at its end; the person when there is nobody.
    errand: Option<Box<RegenerateRun>>,
    pub(crate) stage: Stage,
}

/// How a run on an errand ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// All that was asked for is merged.
    Done,
    /// The project's own checks fail where it was to begin.
    Unhealthy,
    /// It is not done.
    Short {
        /// What is not, and why.
        reason: String,
        /// The run was stopped: nothing else would come further now.
        is_over: bool,
    },
}

/// What a run is for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Wish {
    /// Whatever can be done.
    All,
    /// What a person decided on one task.
    Decide(Decision),
    /// The person's branch gets everything that is merged.
    Land,
}

/// How far `/implement` is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Stage {
    /// The backlog is being read.
    Backlog,
    /// The plan is being read.
    Plan,
    /// The memory is being read.
    Memory,
    /// The integration branch is being looked up.
    Tip,
    /// How the person's branch lies to it.
    Relating,
    /// What the refs hold of the track is being looked up.
    Holding,
    /// How the branch lies to what was merged into it.
    Proving,
    /// The commit to start from is being looked at.
    Survey(Survey),
    /// The files that patterns name are being looked at. These are all files.
    Patterns { listed: Vec<String> },
    /// Tasks that are too long are being put into fewer words.
    Shortening(Shortening),
    /// The integration branch is being made or moved up.
    Branch,
    /// The project's health is being checked.
    Health(Check),
    /// Tasks are at work.
    Working,
    /// The person's branch is being moved.
    Landing,
    /// Its spec is being saved.
    Saving {
        /// How far that is.
        save: Box<Save>,
        /// What landing came to.
        landing: String,
    },
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
    /// What makes git run programs was changed.
    Tampered(String),
    /// Trouble that does not end and is nobody's fault here: the host, the disk.
    Trouble(String),
    /// A provider, or the host, does not accept what we ask for.
    Refused(String),
    /// What is left to do needs a provider that is left alone for now.
    Parked(String),
}

/// What `/implement` as a whole waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Wait {
    /// The one step of a stage that has one.
    Step,
    /// The backlog file.
    File,
    /// The file of the memory.
    MemoryFile,
    /// A look at the person's checkout.
    Checkout,
    /// A better spec for a task.
    Rebase {
        /// Its index.
        task: usize,
    },
    /// Fewer words for a task.
    Words {
        /// Its index.
        task: usize,
    },
    /// A task that rests after provider trouble.
    Rest {
        /// Its index.
        task: usize,
    },
    /// A time at which more may start.
    Wake {
        /// When, in milliseconds since the Unix epoch.
        at_ms: u64,
    },
    /// A look at the machine's memory.
    Memory,
    /// It is time to look at what agents have changed.
    Pulse,
    /// What an agent has changed.
    Glance {
        /// Its task's index.
        task: usize,
        /// Its attempt's number.
        attempt: u32,
    },
}

/// `/implement [task ids…] [--allow-red] [--trust-config]`.
pub fn begin(turn: &mut Turn, run: Run, arguments: &str) -> Activity {
    let mut named = Vec::new();
    let mut allow_red = false;
    for word in arguments.split([' ', ',', '\n', '\t']).filter(|word| !word.is_empty()) {
        match word {
            "--allow-red" => allow_red = true,
            TRUST_CONFIG => {}
            option if option.starts_with("--") => {
                return turn.fail(
                    &run.chat,
                    format!("/implement has no option {option}. It takes task ids, --allow-red and {TRUST_CONFIG}."),
                );
            }
            id => named.push(id.to_owned()),
        }
    }
    begin_run(turn, run, Wish::All, named, allow_red, None)
}

/// Begins with a backlog of somebody else's, who gets the run back at its end. Its branch is where the
/// work begins, wherever the person's is.
pub fn begin_for(
    turn: &mut Turn,
    run: Run,
    named: Vec<String>,
    allow_red: bool,
    errand: Box<RegenerateRun>,
) -> Activity {
    begin_run(turn, run, Wish::All, named, allow_red, Some(errand))
}

/// Begins with what a person decided.
pub fn begin_wish(turn: &mut Turn, run: Run, wish: Wish, named: Vec<String>) -> Activity {
    begin_run(turn, run, wish, named, false, None)
}

fn begin_run(
    turn: &mut Turn,
    run: Run,
    wish: Wish,
    named: Vec<String>,
    allow_red: bool,
    errand: Option<Box<RegenerateRun>>,
) -> Activity {
    let path = run.document("BACKLOG.yaml");
    turn.request(Waiter::Implement(Wait::Step), read(Place::Repository, &path, DOCUMENT_BYTES_MAX));
    let empty = Backlog {
        version: String::new(),
        track_id: TrackId(String::new()),
        revision: None,
        created_at: String::new(),
        updated_at: None,
        limits: Limits::default(),
        tasks: Vec::new(),
    };
    Activity::Implement(Box::new(ImplementRun {
        track: Track::adopt(None, empty).0,
        schedule: Schedule::default(),
        wanted: BTreeSet::new(),
        named,
        wish,
        allow_red,
        gates: Vec::new(),
        tests: None,
        health: Health::default(),
        tip: CommitId(String::new()),
        free: (1..=run.options.max_workers).map(Slot).collect(),
        queue: VecDeque::new(),
        merging: None,
        stopping: None,
        plan: Plan::default(),
        measured: Measured::default(),
        file: EditableFile::default(),
        memory: memory::Use::default(),
        watch: Watch::default(),
        ledger_from: turn.shared.ledger.entries.len(),
        estimate: None,
        care: Care::default(),
        wordless: BTreeSet::new(),
        has_told_of_writes: false,
        errand,
        stage: Stage::Backlog,
        run,
    }))
}

impl ImplementRun {
    /// The full name of the integration branch.
    pub(crate) fn branch(&self) -> String {
        format!("refs/heads/mac/{}", self.track.backlog.track_id)
    }

    /// Whether it works for another command.
    pub(crate) fn is_errand(&self) -> bool {
        self.errand.is_some()
    }

    /// Whether it is over and only its last files are being written.
    pub(crate) fn is_closing(&self) -> bool {
        matches!(self.stage, Stage::Closing { .. })
    }

    /// Whether it was given with `/review`.
    pub(crate) fn is_of_review(&self) -> bool {
        self.wish != Wish::All
    }

    /// The command as the person gave it: an errand has documents of its own below theirs.
    pub(super) fn given(&self) -> &Run {
        self.errand.as_ref().map_or(&self.run, |errand| errand.run())
    }

    /// Whether nothing new starts.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping == Some(Stop::Person)
    }

    /// Nothing new starts from now on, so nobody has to wait for a rest to end.
    pub(super) fn stop(&mut self, turn: &mut Turn, why: Stop) {
        self.stop_for(why);
        for record in &self.track.records {
            if let Life::Resting { timer, .. } = &record.life {
                turn.cancel(*timer);
            }
        }
    }

    /// Trouble while a person's stop winds down must not set the run going again, and what makes git run
    /// programs has to be told in any case.
    fn stop_for(&mut self, why: Stop) {
        let is_outranked = match &self.stopping {
            Some(Stop::Tampered(_)) => true,
            Some(Stop::Person) => !matches!(why, Stop::Tampered(_)),
            _ => false,
        };
        if !is_outranked {
            self.stopping = Some(why);
        }
    }

    /// The person wants it to stop.
    pub fn cancelled(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        if matches!(self.stage, Stage::Landing | Stage::Saving { .. } | Stage::Closing { .. }) {
            if self.is_errand() {
                // This run is over, what it works for is not.
                self.stop_for(Stop::Person);
            }
            return Activity::Implement(self);
        }
        self.stop_for(Stop::Person);
        turn.cancel_all();
        self.go_on(turn)
    }

    /// Something it waited for ended.
    pub fn resolved(
        mut self: Box<Self>,
        turn: &mut Turn,
        wait: Wait,
        outcome: &Outcome,
        took_ms: u64,
    ) -> Activity {
        match wait {
            Wait::Rebase { task } => self.rebase_resolved(turn, task, outcome, took_ms),
            Wait::Words { task } => self.words_resolved(turn, task, outcome, took_ms),
            Wait::File => self.file_resolved(turn, outcome),
            Wait::MemoryFile => self.memory_written(turn, outcome),
            Wait::Rest { task } => self.rested(task),
            Wait::Checkout => self.checkout_seen(outcome),
            Wait::Wake { at_ms } => self.woken(at_ms),
            Wait::Memory => self.memory_seen(turn, outcome),
            Wait::Pulse => self.pulse(turn, outcome),
            Wait::Glance { task, attempt } => self.glanced(turn, task, attempt, outcome),
            Wait::Step => return self.step_resolved(turn, outcome, took_ms),
        }
        self.go_on(turn)
    }

    fn step_resolved(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome, took_ms: u64) -> Activity {
        let stage = std::mem::replace(&mut self.stage, Stage::Working);
        turn.guard(&self.run, outcome);
        if self.is_stopping()
            && !matches!(
                stage,
                Stage::Shortening(_)
                    | Stage::Working
                    | Stage::Landing
                    | Stage::Saving { .. }
                    | Stage::Closing { .. }
            )
        {
            return self.leave(turn, "stopped before any task began");
        }
        match stage {
            Stage::Backlog => self.backlog_read(turn, outcome),
            Stage::Plan => self.plan_read(turn, outcome),
            Stage::Memory => self.memory_read(turn, outcome),
            Stage::Tip => self.tip_found(turn, outcome),
            Stage::Relating => self.related(turn, outcome),
            Stage::Holding => self.held(turn, outcome),
            Stage::Proving => self.proved(turn, outcome),
            Stage::Survey(survey) => match survey.resolved(turn, outcome, Waiter::Implement(Wait::Step)) {
                Progress::More(survey) => {
                    self.stage = Stage::Survey(survey);
                    Activity::Implement(self)
                }
                Progress::Done(found) => {
                    let detected = gates::detect(&found.files, &found.manifests);
                    self.gates = chosen_gates(&self.run.options, detected);
                    self.tests = gates::test_files(&found.files);
                    let listed = found.files.into_iter().map(|file| file.path).collect();
                    self.look_at_patterns(turn, listed)
                }
                Progress::Failed(reason) => self.leave(turn, reason),
                Progress::Aborted => self.leave(turn, "stopped before any task began"),
            },
            Stage::Patterns { listed } => self.patterns_seen(turn, &listed, outcome),
            Stage::Shortening(shortening) => self.shortening_resolved(turn, shortening, outcome, took_ms),
            Stage::Branch => match outcome {
                Outcome::Git(GitOutcome::Moved) => self.check_health(turn),
                other => {
                    let text = format!("the integration branch could not be set: {}", git_failure(other));
                    self.leave(turn, text)
                }
            },
            Stage::Health(check) => self.health_resolved(turn, check, outcome),
            Stage::Landing => self.landed(turn, outcome),
            Stage::Saving { save, landing } => self.saved(turn, *save, landing, outcome),
            other @ (Stage::Working | Stage::Closing { .. }) => {
                self.stage = other;
                self.go_on(turn)
            }
        }
    }

    /// Ends before any work began. What is known of the track stays.
    pub(super) fn leave(mut self: Box<Self>, turn: &mut Turn, error: impl Into<String>) -> Activity {
        let (chat, reason) = (self.run.chat.clone(), error.into());
        let is_unhealthy = !self.health.red.is_empty();
        let is_over = self.stopping.is_some();
        let errand = self.errand.take();
        let backlog = &self.track.backlog;
        if errand.is_none() && !backlog.tasks.is_empty() {
            turn.shared.shortfall = Some(Shortfall::new(&backlog.track_id, turn.shared.now_ms, &reason));
        }
        self.keep_track(turn, errand.is_some());
        match errand {
            None => turn.fail(&chat, reason),
            Some(errand) if is_unhealthy => errand.built(turn, End::Unhealthy),
            Some(errand) => errand.built(turn, End::Short { reason, is_over }),
        }
    }

    /// Hands the track back to what outlives the command. That of an errand is not the person's plan.
    pub(crate) fn keep_track(self: Box<Self>, turn: &mut Turn, is_errand: bool) {
        if !self.track.backlog.tasks.is_empty() {
            let id = self.track.backlog.track_id.clone();
            if !is_errand {
                turn.shared.current = Some(id.clone());
            }
            turn.shared.tracks.insert(id, self.track);
        }
    }
}
