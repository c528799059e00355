//! What a worker reads: the sources of its context, and its compiling before each attempt.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::context::{Inputs, Others, Source, Unclean, compile_clean, fields};
use crate::effect::Outcome;
use crate::effect::file::FileOutcome;
use crate::engine::Turn;
use crate::evidence::Failure;
use crate::plan::constraints;
use crate::run::documents::file_failure;
use crate::run::implement::ImplementRun;
use crate::run::implement::attempt::{Attempt, Stage};
use crate::run::implement::wording::asks_for;
use crate::run::overheard;
use crate::run::patterns::Measured;
use crate::track::Record;

/// The plan that the backlog was made from.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Plan {
    text: String,
    /// What it demands of every task.
    constraints: Vec<String>,
}

impl Plan {
    /// One that was just read.
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), constraints: constraints(text) }
    }
}

impl ImplementRun {
    /// Every task of this run whose context cannot be made, all at once.
    pub(super) fn unreadable(&self) -> Vec<Unclean> {
        let others = Others::of(&self.track.backlog.tasks);
        let inputs = self.startable().filter_map(|index| self.inputs(index));
        inputs.filter_map(|inputs| compile_clean(&inputs, &others).err()).collect()
    }

    /// The sources of a task's context that its record does not age: all but lessons and memory.
    pub(super) fn inputs(&self, task: usize) -> Option<Inputs<'_>> {
        let (spec, record) = (self.worded(task)?, self.track.records.get(task)?);
        let sources = Inputs {
            plan: &self.plan.text,
            constraints: &self.plan.constraints,
            limits: &self.track.backlog.limits,
            ..Inputs::of(spec, &[], self.run.options.context.max_bytes)
        };
        Some(match &record.rework {
            Some(rework) => Inputs { issues: &rework.issues, ..sources },
            None => sources,
        })
    }

    /// The texts that workers are given, whoever repeats them: the plan, the tasks and the project's rules.
    pub(crate) fn laid_down(&self) -> impl Iterator<Item = &str> {
        let tasks = self.track.backlog.tasks.iter();
        let rules = self.rules.iter().map(String::as_str);
        tasks
            .flat_map(|task| fields(task).map(|(_, text)| text))
            .chain([self.plan.text.as_str()])
            .chain(rules)
    }

    /// Who has repeated the plan or the project's rules has said nothing of their own.
    pub(super) fn forget_what_is_public(&self, turn: &mut Turn) {
        let rules = self.rules.iter().map(String::as_str);
        let public: Vec<&str> = rules.chain([self.plan.text.as_str()]).collect();
        turn.shared.overheard.forget(&public);
    }

    /// Whether anything that is asked for of a task's work can be sent.
    pub(super) fn can_ask_for(&self, task: usize, issues: &[String]) -> bool {
        let others = Others::of(&self.track.backlog.tasks);
        let clean = |inputs: Inputs<'_>| compile_clean(&Inputs { issues, ..inputs }, &others);
        self.inputs(task).is_some_and(|inputs| clean(inputs).is_ok_and(|clean| asks_for(&clean.context)))
    }

    /// The worktree is ready: what does the agent get to read?
    pub(super) fn compile(
        &mut self,
        turn: &mut Turn,
        attempt: Attempt,
        directory: String,
        measured: &Measured,
    ) {
        let others = Others::of(&self.track.backlog.tasks).and(&turn.shared.overheard);
        let Some(inputs) = self.inputs(attempt.task) else { return };
        let by_hand = overheard::by_hand(turn.shared, &self.track.backlog.track_id, inputs.task);
        let memory = self.remembered(turn, attempt.task, &others, &by_hand);
        // What earlier attempts did wrong was another work than one that is only to be changed.
        let record = self.track.records.get(attempt.task).filter(|record| record.rework.is_none());
        let evidence = record.map(Record::lessons).unwrap_or_default();
        let broken = measured.broken(inputs.task, &[]).into_iter();
        let excluded: BTreeMap<Source, String> =
            broken.map(|problem| (Source::Pattern { index: problem.index }, problem.told())).collect();
        let files = measured.known();
        let inputs = Inputs {
            evidence: &evidence,
            memory: &memory,
            excluded: &excluded,
            files: &files,
            by_hand: &by_hand,
            ..inputs
        };
        let clean = match compile_clean(&inputs, &others) {
            Ok(clean) => clean,
            Err(problem) => {
                return self.failed(turn, &attempt, Failure::Context { findings: problem.lines() });
            }
        };
        if let Some(rework) = attempt.rework.as_ref().filter(|_| !asks_for(&clean.context)) {
            let failure = Failure::Review { issues: rework.issues.clone(), is_of_spec: false };
            return self.failed(turn, &attempt, failure);
        }
        let not_in_it = clean.not_in_it();
        let context = clean.context.text;
        self.note_entries(turn, &attempt, &context);
        let Some(record) = self.track.records.get_mut(attempt.task) else { return };
        record.context_bytes = u32::try_from(context.len()).unwrap_or(u32::MAX);
        let is_news = record.not_in_context != not_in_it;
        record.not_in_context = not_in_it;
        if is_news {
            self.record_notes(turn, attempt.task, "");
        }
        let path = self.context_path(attempt.task);
        turn.write_document(attempt.wait(), &path, context.clone());
        self.enter(attempt, Stage::Recording { directory, context });
    }

    /// What will be sent is written down, where a person can read it.
    pub(super) fn recorded(
        &mut self,
        turn: &mut Turn,
        attempt: Attempt,
        directory: String,
        context: String,
        outcome: &Outcome,
    ) {
        let Outcome::File(FileOutcome::Written { hash, kept }) = outcome else {
            let message = file_failure(outcome, "the task's context file");
            return self.failed(turn, &attempt, Failure::Host { message });
        };
        let path = self.context_path(attempt.task);
        self.document_written(turn, &path, hash, kept.as_deref());
        if let Some(record) = self.track.records.get_mut(attempt.task) {
            record.context_sha256 = Some(hash.clone());
        }
        self.create(turn, attempt, directory, context);
    }
}
