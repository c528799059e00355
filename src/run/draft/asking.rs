//! The agent that cuts a plan into tasks: asked, corrected where its tasks cannot be used, and its session
//! deleted.

use super::{DraftRun, Stage, Talk, Wait};
use crate::backlog::{self, Problem, TaskSpec};
use crate::context::echoes;
use crate::definitions::Role;
use crate::effect::git::{GitOperation, GitOutcome};
use crate::effect::session::{Hearing, SessionOperation, SessionOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::hygiene::Overheard;
use crate::ids::{ModelRef, SessionId};
use crate::metrics::Entry;
use crate::route::Work;
use crate::run::asked::Asked;
use crate::run::fitness::misfits;
use crate::run::patterns::{self, Measured};
use crate::run::survey::FILES_MAX;
use crate::run::{Waiter, session_failure, silent_ms};
use crate::text::{bullets, count};

/// A backlog that does not validate is sent back so many times.
const CORRECTIONS_MAX: u32 = 2;

impl DraftRun {
    pub(super) fn created(
        mut self,
        turn: &mut Turn,
        title: String,
        plan: &str,
        outcome: &SessionOutcome,
    ) -> Activity {
        let SessionOutcome::Created { session } = outcome else {
            let reason = session_failure(outcome, self.run.options.planning_timeout_ms);
            return turn.fail(&self.run.chat, format!("no session for the backlog: {reason}"));
        };
        let entry = turn.open(&self.run.chat, format!("Backlog for {title}"), Role::Backlog.agent(), session);
        let talk = Talk { title, session: session.clone(), entry, corrections: 0 };
        if self.is_stopping {
            return self.remove(turn, talk, Err(stopped()));
        }
        let asked = self.ask(turn, session, format!("{}\n", plan.trim()));
        self.stage = Stage::Asking { talk, asked };
        Activity::Draft(self)
    }

    pub(super) fn model(&self) -> Option<ModelRef> {
        self.run.model(Role::Backlog, Work::BacklogGeneration)
    }

    fn ask(&self, turn: &mut Turn, session: &SessionId, text: String) -> Asked {
        let operation = SessionOperation::Ask {
            session: session.clone(),
            directory: None,
            agent: self.run.prompt(Role::Backlog, None, 0).agent,
            model: self.model(),
            text,
            timeout_ms: self.run.options.planning_timeout_ms,
            silent_ms: silent_ms(self.run.options.planning_timeout_ms),
            focus: None,
            hearing: Hearing::Fingerprints,
        };
        let ask = turn.request(Waiter::Draft(Wait::Step), Operation::Session(operation));
        Asked::begin(turn, ask)
    }

    pub(super) fn answered(
        self,
        turn: &mut Turn,
        talk: Talk,
        asked: Asked,
        outcome: &SessionOutcome,
        took_ms: u64,
    ) -> Activity {
        let timeout_ms = self.run.options.planning_timeout_ms;
        let trouble = asked.ended(turn, &self.run, self.model().as_ref(), outcome, timeout_ms, false);
        if let Some(usage) = outcome.usage() {
            turn.shared.ledger.add(Entry {
                work: Work::BacklogGeneration,
                model: self.model(),
                track: None,
                task: None,
                attempt: 0,
                usage,
                duration_ms: took_ms,
                prompt: Some(self.run.prompt(Role::Backlog, None, 0)),
            });
        }
        let SessionOutcome::Answered { text, .. } = outcome else {
            let reason = if self.is_stopping {
                stopped()
            } else {
                let reason = trouble.map(|trouble| trouble.told());
                let reason = reason.unwrap_or_else(|| session_failure(outcome, timeout_ms));
                format!("the backlog agent failed: {reason}. The plan is kept; `/backlog` tries again.")
            };
            return self.remove(turn, talk, Err(reason));
        };
        match self.check(text, &turn.shared.overheard) {
            Ok(tasks) => self.look(turn, talk, tasks),
            Err(problems) => self.judged(turn, talk, Err(problems)),
        }
    }

    /// Do the files exist that the tasks' patterns name?
    fn look(mut self, turn: &mut Turn, talk: Talk, tasks: Vec<TaskSpec>) -> Activity {
        let commit = self.run.repository.head.clone().filter(|_| !patterns::named(&tasks).is_empty());
        let Some(commit) = commit else {
            return self.judged(turn, talk, Ok(tasks));
        };
        let operation = GitOperation::List { commit, files_max: FILES_MAX };
        turn.request(Waiter::Draft(Wait::Step), Operation::Git(operation));
        self.stage = Stage::Looking { talk, tasks, listed: None };
        Activity::Draft(self)
    }

    pub(super) fn looked(
        mut self,
        turn: &mut Turn,
        talk: Talk,
        tasks: Vec<TaskSpec>,
        listed: Option<Vec<String>>,
        outcome: &Outcome,
    ) -> Activity {
        let paths = patterns::named(&tasks);
        if let (Outcome::Git(GitOutcome::Listed { files, .. }), Some(head)) =
            (outcome, &self.run.repository.head)
        {
            let listed = Some(files.iter().map(|file| file.path.clone()).collect());
            patterns::measure(turn, Waiter::Draft(Wait::Step), head, paths);
            self.stage = Stage::Looking { talk, tasks, listed };
            return Activity::Draft(self);
        }
        // What git does not tell now, /implement asks again.
        let mut problems = Vec::new();
        if let Ok(measured) = Measured::read(&paths, outcome) {
            let listed = listed.unwrap_or_default();
            problems = measured.problems(&tasks, 0..tasks.len(), &listed, |_| true);
            self.measured = measured;
        }
        let result = if problems.is_empty() { Ok(tasks) } else { Err(problems) };
        self.judged(turn, talk, result)
    }

    /// A good backlog is taken; a bad one is sent back so many times.
    fn judged(
        mut self,
        turn: &mut Turn,
        mut talk: Talk,
        result: Result<Vec<TaskSpec>, Vec<Problem>>,
    ) -> Activity {
        match result {
            _ if self.is_stopping => self.remove(turn, talk, Err(stopped())),
            Ok(tasks) => self.remove(turn, talk, Ok(tasks)),
            Err(problems) if talk.corrections < CORRECTIONS_MAX => {
                let text = format!(
                    "The backlog cannot be used:\n{}\nReply with the complete corrected yaml block.",
                    bullets(&problems)
                );
                let asked = self.ask(turn, &talk.session, text);
                talk.corrections += 1;
                self.stage = Stage::Asking { talk, asked };
                Activity::Draft(self)
            }
            Err(problems) => {
                let reason = format!(
                    "the backlog is still not valid after {}:\n{}\nThe plan is kept; `/backlog` tries again.",
                    count(talk.corrections as usize, "correction", "corrections"),
                    bullets(&problems)
                );
                self.remove(turn, talk, Err(reason))
            }
        }
    }

    /// The tasks of a reply, or everything that is wrong with them: what no worker could be sent, too.
    fn check(&self, reply: &str, overheard: &Overheard) -> Result<Vec<TaskSpec>, Vec<Problem>> {
        let tasks = backlog::parse_draft(reply)?;
        let mut problems = misfits(&tasks, &self.limits, self.run.options.context.max_bytes);
        problems.extend(tasks.iter().flat_map(|task| echoes(task, overheard, &[&self.earlier])));
        if problems.is_empty() { Ok(tasks) } else { Err(problems) }
    }

    fn remove(mut self, turn: &mut Turn, talk: Talk, result: Result<Vec<TaskSpec>, String>) -> Activity {
        let Talk { title, session, entry, .. } = talk;
        match &result {
            Ok(tasks) => turn.close(&self.run.chat, entry, true, count(tasks.len(), "task", "tasks")),
            Err(reason) => {
                turn.close(&self.run.chat, entry, false, reason.lines().next().unwrap_or_default())
            }
        }
        turn.remove_session(&session, Waiter::Draft(Wait::Step));
        self.stage = Stage::Removing { title, result };
        Activity::Draft(self)
    }

    pub(super) fn removed(
        self,
        turn: &mut Turn,
        title: &str,
        result: Result<Vec<TaskSpec>, String>,
        outcome: &Outcome,
    ) -> Activity {
        if let Outcome::Session(SessionOutcome::Kept { reason }) = outcome {
            turn.say(
                &self.run.chat,
                format!("**Note:** the backlog session could not be deleted ({reason}); the next command tries again."),
            );
        }
        let tasks = match result {
            Ok(tasks) => tasks,
            Err(reason) => return turn.fail(&self.run.chat, reason),
        };
        self.lay_down(turn, title, tasks)
    }
}

fn stopped() -> String {
    "stopped; the plan is kept, `/backlog` makes its backlog".to_owned()
}
