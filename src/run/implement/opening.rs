//! Before any work: the backlog and what else is read, the tasks that are chosen, the files there are.

use serde::Serialize;

use crate::backlog;
use crate::context::Unclean;
use crate::effect::file::{FileOutcome, Place};
use crate::effect::git::GitOperation;
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::gates;
use crate::ids::TaskId;
use crate::options::GateOption;
use crate::run::documents::{DOCUMENT_BYTES_MAX, file_failure, read};
use crate::run::gating::Check;
use crate::run::implement::editable::EditableFile;
use crate::run::implement::reading::Plan;
use crate::run::implement::shortening::Shortening;
use crate::run::implement::{ImplementRun, Stage, Wait, Wish, chosen_gates};
use crate::run::order::nodes;
use crate::run::survey::Survey;
use crate::run::{Progress, Waiter};
use crate::schedule::Schedule;
use crate::text::{bullets, list};
use crate::track::{Life, Track};

/// What is being looked at before a task may start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Opening {
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
}

impl ImplementRun {
    /// Waits for the next step of the opening.
    pub(super) fn opens(mut self: Box<Self>, opening: Opening) -> Activity {
        self.stage = Stage::Opening(Box::new(opening));
        Activity::Implement(self)
    }

    /// A step of it ended.
    pub(super) fn opening_resolved(
        self: Box<Self>,
        turn: &mut Turn,
        opening: Opening,
        outcome: &Outcome,
        took_ms: u64,
    ) -> Activity {
        // An author's session is deleted first.
        if self.is_stopping() && !matches!(opening, Opening::Shortening(_)) {
            return self.leave(turn, "stopped before any task began");
        }
        match opening {
            Opening::Backlog => self.backlog_read(turn, outcome),
            Opening::Plan => self.plan_read(turn, outcome),
            Opening::Memory => self.memory_read(turn, outcome),
            Opening::Tip => self.tip_found(turn, outcome),
            Opening::Relating => self.related(turn, outcome),
            Opening::Holding => self.held(turn, outcome),
            Opening::Proving => self.proved(turn, outcome),
            Opening::Survey(survey) => self.surveyed(turn, survey, outcome),
            Opening::Patterns { listed } => self.patterns_seen(turn, &listed, outcome),
            Opening::Shortening(shortening) => self.shortening_resolved(turn, shortening, outcome, took_ms),
            Opening::Branch => self.branch_set(turn, outcome),
            Opening::Health(check) => self.health_resolved(turn, check, outcome),
        }
    }

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
                return self.leave(
                    turn,
                    format!("{path} has problems, so nothing was started:\n{}", bullets(&problems)),
                );
            }
        };
        self.file = EditableFile::read(Some(hash.clone()));
        self.run.track = Some(backlog.track_id.clone());
        let earlier = turn.shared.tracks.remove(&backlog.track_id);
        let is_older = |earlier: &Track| backlog.revision.is_some_and(|shown| shown < earlier.revision);
        if earlier.as_ref().is_some_and(is_older) {
            // A write failed, or the process ended before it.
            self.file.touch();
        }
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
        self.opens(Opening::Plan)
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
    pub(super) fn look_up_tip(self: Box<Self>, turn: &mut Turn) -> Activity {
        let reference = Some(self.branch());
        turn.request(Waiter::Implement(Wait::Step), Operation::Git(GitOperation::Inspect { reference }));
        self.opens(Opening::Tip)
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
        format!(
            "some tasks cannot be sent to a worker, so nothing was started:\n{}\nEdit {}, then `/implement`.",
            bullets(problems),
            self.run.document("BACKLOG.yaml")
        )
    }

    pub(super) fn survey(self: Box<Self>, turn: &mut Turn) -> Activity {
        let survey = Survey::begin(turn, self.tip.clone(), Waiter::Implement(Wait::Step));
        self.opens(Opening::Survey(survey))
    }

    fn surveyed(mut self: Box<Self>, turn: &mut Turn, survey: Survey, outcome: &Outcome) -> Activity {
        match survey.resolved(turn, outcome, Waiter::Implement(Wait::Step)) {
            Progress::More(survey) => self.opens(Opening::Survey(survey)),
            Progress::Done(found) => {
                let detected = gates::detect(&found.files, &found.manifests);
                self.gates = chosen_gates(&self.run.options, detected);
                // A command that the person chose runs what they want to be run.
                let is_found = self.run.options.gates.test == GateOption::Detect;
                self.tests = gates::test_files(&found.files).filter(|_| is_found);
                let keep = &mut self.run.options.worktree.keep;
                *keep = keep.take().or_else(|| Some(gates::build_caches(&found.files)));
                self.rules = found.rules();
                self.forget_what_is_public(turn);
                let listed = found.files.into_iter().map(|file| file.path).collect();
                self.look_at_patterns(turn, listed)
            }
            Progress::Failed(reason) => self.leave(turn, reason),
            Progress::Aborted => self.leave(turn, "stopped before any task began"),
        }
    }
}
