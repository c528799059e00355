//! Before any work: the backlog, the commit to start from, and the project's health.

use crate::run::implement::{ImplementRun, Stage, Wait, Wish};

use crate::backlog::{self};
use crate::context::Unclean;
use crate::effect::file::{FileOutcome, Place};
use crate::effect::git::{GitOperation, GitOutcome, Relation};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::gates::{Gate, GateName};
use crate::ids::{Slot, TaskId};
use crate::options::{GateOption, Options, ReviewMode};
use crate::review::GateReport;
use crate::run::desk::request::Decision;
use crate::run::documents::{DOCUMENT_BYTES_MAX, file_failure, read};
use crate::run::gating::Check;
use crate::run::health::{Health, green_text, red_text};
use crate::run::implement::editable::EditableFile;
use crate::run::implement::reading::Plan;
use crate::run::order::nodes;
use crate::run::survey::Survey;
use crate::run::{Progress, Waiter, git_failure};
use crate::schedule::Schedule;
use crate::text::{count, list};
use crate::track::{Life, Track};

/// Why nothing starts on a commit whose checks fail.
const RED: &str = "the project's own checks fail before any task starts, so they could not judge one. Fix and commit; \
                   or `/implement --allow-red`, which ignores the failing commands when work is judged.";
/// Why nothing starts where the test command passes over the project's tests.
const UNTESTED: &str = "the test command runs none of the project's tests, so it would take any work for good. Set \
                        options.gates.test to the command that runs them, and commit what it needs; or \
                        `/implement --allow-red`, which leaves tests out when work is judged.";

impl ImplementRun {
    pub(super) fn backlog_read(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
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
        self.file = EditableFile::read(Some(hash.clone()));
        self.run.track = Some(backlog.track_id.clone());
        let earlier = turn.shared.tracks.remove(&backlog.track_id);
        let (track, notes) = Track::adopt(earlier, backlog);
        self.track = track;
        if let Some(errand) = &self.errand {
            (self.track.feature, self.track.base) = errand.origin_of(&self.track.backlog.track_id);
        }
        for note in notes {
            turn.say(&self.run.chat, format!("**Note:** {note}."));
        }
        let path = self.plan_path(turn);
        turn.request(Waiter::Implement(Wait::Step), read(Place::Repository, &path, DOCUMENT_BYTES_MAX));
        self.stage = Stage::Plan;
        Activity::Implement(self)
    }

    /// Where the plan is that the backlog was made from.
    fn plan_path(&self, turn: &Turn) -> String {
        let planned = turn.shared.planned.get(&self.track.backlog.track_id);
        planned.map_or_else(|| self.run.document("PLAN.md"), |planned| planned.plan_path.clone())
    }

    /// Tasks may refer to the plan. Without one they go by what they say themselves.
    pub(super) fn plan_read(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        match outcome {
            Outcome::File(FileOutcome::Read { text, .. }) => self.plan = Plan::new(text),
            Outcome::File(FileOutcome::Missing) => {}
            other => {
                let what = file_failure(other, &self.plan_path(turn));
                turn.say(&self.run.chat, format!("**Note:** {what}. Workers get nothing of it."));
            }
        }
        if let Err(problem) = self.choose_tasks() {
            return self.leave(turn, problem);
        }
        self.read_memory(turn)
    }

    /// All files are read.
    pub(super) fn look_up_tip(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        let reference = Some(self.branch());
        turn.request(Waiter::Implement(Wait::Step), Operation::Git(GitOperation::Inspect { reference }));
        self.stage = Stage::Tip;
        Activity::Implement(self)
    }

    /// Which tasks this run may start, and whether each of them can be sent to a worker.
    pub(super) fn choose_tasks(&mut self) -> Result<(), String> {
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
        if let Some(problem) = self.wish_problem() {
            return Err(problem);
        }
        let is_all = self.named.is_empty();
        if is_all {
            self.wanted = (0..ids.len()).collect();
        }
        let nodes = nodes(&self.track.backlog.tasks);
        self.schedule = Schedule::new(&nodes).map_err(|_| "the backlog has a cycle".to_owned())?;
        for (index, record) in self.track.records.iter_mut().enumerate() {
            // Trouble in a row is counted within a run.
            record.troubles = 0;
            if record.life.is_done() {
                self.schedule.complete(index);
            } else if !self.wanted.contains(&index) || !self.wish.starts(&record.life) {
                self.schedule.remove(index);
            } else if matches!(record.life, Life::Failed { .. }) && self.wish == Wish::All {
                if is_all {
                    self.schedule.remove(index);
                } else {
                    // Naming a failed task asks for a fresh set of attempts.
                    record.start_over();
                }
            }
        }
        if !self.wish.asks_an_agent() {
            return Ok(());
        }
        // What is only too long may be put into fewer words, if nothing else is in the way.
        let problems = self.unreadable();
        if problems.iter().all(|problem| matches!(problem, Unclean::TooLarge(_))) {
            return Ok(());
        }
        Err(self.unsendable(&problems.iter().map(ToString::to_string).collect::<Vec<_>>()))
    }

    /// Some tasks cannot be sent, each with its reason.
    pub(super) fn unsendable(&self, problems: &[String]) -> String {
        let problems: String = problems.iter().map(|problem| format!("- {problem}\n")).collect();
        let path = self.run.document("BACKLOG.yaml");
        format!(
            "some tasks cannot be sent to a worker, so nothing was started:\n{problems}Edit {path}, then `/implement`."
        )
    }

    pub(super) fn tip_found(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let Outcome::Git(GitOutcome::Inspected { repository }) = outcome else {
            return self.leave(turn, git_failure(outcome));
        };
        self.run.repository = repository.clone();
        let Some(head) = repository.head.clone() else {
            return self.leave(turn, "the repository has no commit");
        };
        let own = format!("mac/{}", self.track.backlog.track_id);
        if repository.branch.as_ref() == Some(&own) {
            let text = format!(
                "`{own}` is checked out here, and work cannot be merged into it under your files. Switch to \
                 another branch (`git switch <branch>`), then `/implement`."
            );
            return self.leave(turn, text);
        }
        match repository.reference.clone() {
            // It begins where it was told to, whatever the person's branch holds.
            Some(tip) if self.is_errand() => {
                self.tip = tip;
                self.hold(turn)
            }
            Some(tip) => {
                self.tip = tip.clone();
                let operation = GitOperation::Relate { ours: head, theirs: tip };
                turn.request(Waiter::Implement(Wait::Step), Operation::Git(operation));
                self.stage = Stage::Relating;
                Activity::Implement(self)
            }
            None => {
                self.tip = head.clone();
                let Some(merged) = self.track.tip.clone() else {
                    return self.hold(turn);
                };
                // It may have landed before the branch was deleted.
                let operation = GitOperation::Relate { ours: head, theirs: merged };
                turn.request(Waiter::Implement(Wait::Step), Operation::Git(operation));
                self.stage = Stage::Relating;
                Activity::Implement(self)
            }
        }
    }

    /// The person's branch may have moved since the integration branch was made.
    pub(super) fn related(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let Outcome::Git(GitOutcome::Related { relation }) = outcome else {
            return self.leave(turn, git_failure(outcome));
        };
        if self.run.repository.reference.is_none() {
            return match relation {
                Relation::Same | Relation::Ahead => self.hold(turn),
                Relation::Behind | Relation::Diverged => self.leave_without_branch(turn),
            };
        }
        let head = self.run.repository.head.clone();
        match (relation, head) {
            (Relation::Ahead, Some(head)) => self.tip = head,
            (Relation::Diverged, _) => {
                let track = self.track.backlog.track_id.clone();
                let text = format!(
                    "**Note:** your branch and `mac/{track}` have both moved on, so this run cannot land by itself. \
                     Work is on `mac/{track}`; merge it when the run is done."
                );
                turn.say(&self.run.chat, text);
            }
            _ => {}
        }
        self.hold(turn)
    }

    /// What do the refs say of the track? Nobody may have heard of the last things that git did.
    fn hold(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        let track = self.track.backlog.track_id.clone();
        // The branch's own line tells: the person may have merged it into theirs, aside from its line.
        let tip = self.run.repository.reference.clone().unwrap_or_else(|| self.tip.clone());
        let operation = GitOperation::Hold { track, tip: Some(tip) };
        turn.request(Waiter::Implement(Wait::Step), Operation::Git(operation));
        self.stage = Stage::Holding;
        Activity::Implement(self)
    }

    pub(super) fn held(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let Outcome::Git(GitOutcome::Held { attempts, merges }) = outcome else {
            return self.leave(turn, git_failure(outcome));
        };
        for held in attempts {
            if let Some(record) = self.track.record_mut(&held.task) {
                // The ref of an attempt is never used twice.
                record.begun = record.begun.max(held.number);
            }
            self.meet_moved_work(turn, held);
        }
        let mut newest = None;
        for held in merges {
            let Some(index) = self.track.index_of(&held.task) else {
                continue;
            };
            if self.track.take_merge(index, &held.commit) {
                self.schedule.complete(index);
                self.judge_memory(turn, index, true);
                self.record_task(turn, index);
                newest = newest.or(Some(&held.commit));
            }
        }
        if let Some(newest) = newest {
            // It was made on top of all that was known.
            self.track.tip = Some(newest.clone());
        }
        let Some(theirs) = self.track.tip.clone() else {
            return self.survey(turn);
        };
        let operation = GitOperation::Relate { ours: self.tip.clone(), theirs };
        turn.request(Waiter::Implement(Wait::Step), Operation::Git(operation));
        self.stage = Stage::Proving;
        Activity::Implement(self)
    }

    /// What counts as merged must be in what the next tasks start from.
    pub(super) fn proved(self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        match outcome {
            Outcome::Git(GitOutcome::Related { relation: Relation::Same | Relation::Ahead }) => {
                self.survey(turn)
            }
            Outcome::Git(GitOutcome::Related { .. }) => {
                let branch = format!("mac/{}", self.track.backlog.track_id);
                let tip = self.track.tip.as_ref().map(ToString::to_string).unwrap_or_default();
                let text = format!(
                    "`{branch}` was moved and no longer holds all the work that was merged there. \
                     `git branch -f {branch} {tip}` brings it back."
                );
                self.leave(turn, text)
            }
            other => self.leave(turn, git_failure(other)),
        }
    }

    /// Merged work is on no branch: nothing may be built as if it were there.
    fn leave_without_branch(self: Box<Self>, turn: &mut Turn) -> Activity {
        let branch = format!("mac/{}", self.track.backlog.track_id);
        let tip = self.track.tip.as_ref().map(ToString::to_string).unwrap_or_default();
        let text = format!(
            "the branch `{branch}` is gone, and your branch does not hold the commits that were merged there. \
             `git branch {branch} {tip}` brings it back. If you took the work over in another form, \
             `git branch {branch}` goes on from your branch."
        );
        self.leave(turn, text)
    }

    pub(super) fn survey(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        let survey = Survey::begin(turn, self.tip.clone(), Waiter::Implement(Wait::Step));
        self.stage = Stage::Survey(survey);
        Activity::Implement(self)
    }

    pub(super) fn settle_branch(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        let from = self.run.repository.reference.clone();
        if from.is_none() && self.track.base.is_none() {
            self.track.base = Some(self.tip.clone());
        }
        if from.as_ref() == Some(&self.tip) {
            return self.check_health(turn);
        }
        let operation = GitOperation::Move { reference: self.branch(), to: self.tip.clone(), from };
        turn.request(Waiter::Implement(Wait::Step), Operation::Git(operation));
        self.stage = Stage::Branch;
        Activity::Implement(self)
    }

    pub(super) fn check_health(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        let dirty = self.run.repository.dirty_files;
        if dirty > 0 {
            let what = count(dirty as usize, "file has", "files have");
            let text = format!(
                "**Note:** {what} changes that are not committed. They stay as they are, and workers do not see them."
            );
            turn.say(&self.run.chat, text);
        }
        let waits = self.track.records.iter().any(|record| record.life == Life::Waiting);
        let approves = self.wish == Wish::Decide(Decision::Approve);
        if (!waits || self.schedule.ready() == 0) && !approves {
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
            && (health.is_good_for(&self.tip, &self.gates)
                || self.is_of_review() && health.gates == self.gates)
        {
            self.health = health.clone();
            return self.work(turn);
        }
        let waiter = Waiter::Implement(Wait::Step);
        let check = Check::begin(turn, &self.run, Slot(1), self.tip.clone(), &self.gates, waiter);
        self.stage = Stage::Health(check);
        Activity::Implement(self)
    }

    pub(super) fn health_resolved(
        mut self: Box<Self>,
        turn: &mut Turn,
        check: Check,
        outcome: &Outcome,
    ) -> Activity {
        let waiter = Waiter::Implement(Wait::Step);
        match check.resolved(turn, &self.run.options, outcome, waiter) {
            Progress::More(check) => {
                self.stage = Stage::Health(check);
                Activity::Implement(self)
            }
            Progress::Aborted => self.leave(turn, "stopped before any task began"),
            Progress::Failed(reason) => self.leave(turn, format!("the health check could not run: {reason}")),
            Progress::Done(reports) => {
                self.health = Health::of(self.tip.clone(), &reports, self.tests.as_ref());
                if !self.health.red.is_empty() {
                    turn.say(&self.run.chat, red_text(&reports, self.tests.as_ref()));
                    if !self.allow_red && !self.is_of_review() {
                        let has_failed = reports.iter().any(GateReport::has_failed);
                        return self.leave(turn, if has_failed { RED } else { UNTESTED });
                    }
                } else if let Some(text) = green_text(&reports) {
                    turn.say(&self.run.chat, text);
                }
                if let Some(report) = reports.iter().find(|report| report.ran_no_test && self.tests.is_none())
                {
                    let text = format!(
                        "**Note:** the test command ran no test: `{}`. It cannot tell good work from bad; add a test or \
                         set options.gates.test.",
                        report.gate.command
                    );
                    turn.say(&self.run.chat, text);
                }
                turn.shared.health = Some(self.health.clone());
                self.work(turn)
            }
        }
    }
}

/// The gates to run: what the person said, else what was found.
pub(crate) fn chosen_gates(options: &Options, detected: Vec<Gate>) -> Vec<Gate> {
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
