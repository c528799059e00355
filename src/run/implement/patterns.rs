//! Whether the patterns of tasks can be followed: looked at before anything starts, and again before an
//! attempt whose files were changed by merges meanwhile.

use crate::effect::Outcome;
use crate::engine::{Activity, Turn};
use crate::evidence::Failure;
use crate::run::Waiter;
use crate::run::implement::attempt::{Attempt, Measuring, Stage as AttemptStage};
use crate::run::implement::opening::Opening;
use crate::run::implement::{ImplementRun, Wait};
use crate::run::patterns::{Measured, before, is_made_by, measure, named};
use crate::text::{bullets, count};
use crate::track::Life;

/// So many patterns are told whose files have changed.
const CHANGED_SHOWN: usize = 5;

impl ImplementRun {
    /// The tasks of this run that may still start.
    pub(super) fn startable(&self) -> impl Iterator<Item = usize> {
        let is_over =
            |life: &Life| life.is_done() || matches!(life, Life::Failed { .. }) || !self.wish.starts(life);
        self.wanted.iter().copied().filter(move |index| !is_over(&self.track.records[*index].life))
    }

    /// The paths that the patterns of tasks which may start name.
    fn pattern_paths(&self) -> Vec<String> {
        named(self.startable().map(|index| &self.track.backlog.tasks[index]))
    }

    /// Looks at the files that patterns name. `listed` are all files of the commit to start from.
    pub(super) fn look_at_patterns(self: Box<Self>, turn: &mut Turn, listed: Vec<String>) -> Activity {
        let paths = self.pattern_paths();
        if paths.is_empty() {
            return self.shorten(turn);
        }
        measure(turn, Waiter::Implement(Wait::Step), &self.tip, paths);
        self.opens(Opening::Patterns { listed })
    }

    /// The files are known: a pattern that cannot be followed is wrong context, and nothing starts with it.
    pub(super) fn patterns_seen(
        mut self: Box<Self>,
        turn: &mut Turn,
        listed: &[String],
        outcome: &Outcome,
    ) -> Activity {
        match Measured::read(&self.pattern_paths(), outcome) {
            Ok(measured) => self.measured = measured,
            Err(reason) => {
                return self
                    .leave(turn, format!("the files that patterns name could not be looked at: {reason}"));
            }
        }
        let tasks = &self.track.backlog.tasks;
        let is_open = |index: usize| !self.track.records[index].life.is_done();
        let problems = self.measured.problems(tasks, self.startable(), listed, is_open);
        if !problems.is_empty() {
            let text = format!(
                "some patterns cannot be followed, so nothing was started:\n{}\nEdit {}, then `/implement`.",
                bullets(&problems),
                self.run.document("BACKLOG.yaml")
            );
            return self.leave(turn, text);
        }
        self.tell_changed_patterns(turn);
        self.shorten(turn)
    }

    /// Files may have changed since the plan was made. What the tasks before a task did to them is as
    /// planned.
    fn tell_changed_patterns(&self, turn: &mut Turn) {
        let Some(planned) = turn.shared.planned.get(&self.track.backlog.track_id) else { return };
        let tasks = &self.track.backlog.tasks;
        let mut told = Vec::new();
        for index in self.startable() {
            let changed = self.measured.changed(&tasks[index], &planned.blobs);
            if changed.is_empty() {
                continue;
            }
            let before: Vec<_> = before(tasks, index).into_iter().map(|other| &tasks[other]).collect();
            let changed = changed.iter().filter(|problem| !is_made_by(&before, &problem.reference.path));
            told.extend(changed.map(|problem| format!("{}: {problem}", tasks[index].id)));
        }
        if told.is_empty() {
            return;
        }
        let more = told.len().saturating_sub(CHANGED_SHOWN);
        told.truncate(CHANGED_SHOWN);
        if more > 0 {
            told.push(format!("and {}", count(more, "more", "more")));
        }
        turn.say(&self.run.chat, format!("**Note:** {}.", told.join("; ")));
    }

    /// The worktree is ready. Files that the task's patterns name may have come or changed by merges.
    pub(super) fn read_patterns(&mut self, turn: &mut Turn, attempt: Attempt, directory: String) {
        let Some(spec) = self.track.backlog.tasks.get(attempt.task) else { return };
        let (known, paths) = (self.measured.clone(), self.measured.lacks(named([spec])));
        if paths.is_empty() {
            return self.compile(turn, attempt, directory, &known);
        }
        measure(turn, attempt.wait(), &attempt.base, paths.clone());
        self.enter(attempt, AttemptStage::Measuring(Measuring { directory, paths, known }));
    }

    /// They are known now, for this attempt.
    pub(super) fn patterns_read(
        &mut self,
        turn: &mut Turn,
        attempt: Attempt,
        measuring: Measuring,
        outcome: &Outcome,
    ) {
        let Measuring { directory, paths, known } = measuring;
        match Measured::read(&paths, outcome) {
            Ok(measured) => self.compile(turn, attempt, directory, &known.merged(measured)),
            Err(message) => self.failed(turn, &attempt, Failure::Host { message }),
        }
    }
}
