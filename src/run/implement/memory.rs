//! What earlier work taught, in a run: read at its opening, entered into contexts, judged by how their
//! attempts ended, fed with what failures teach, and shown in `memory.yaml`.

use serde::Serialize;

use crate::context::{Others, Remembered};
use crate::effect::Outcome;
use crate::effect::file::{FileOutcome, Place};
use crate::effect::stored::sha256;
use crate::engine::{Activity, Turn};
use crate::evidence::{Failure, distill};
use crate::memory::{Source, Tier, is_same_lesson, parse, render};
use crate::run::Waiter;
use crate::run::documents::{DOCUMENT_BYTES_MAX, file_failure, read, write};
use crate::run::implement::attempt::Attempt;
use crate::run::implement::editable::EditableFile;
use crate::run::implement::opening::Opening;
use crate::run::implement::{ImplementRun, Wait};
use crate::text::{bullets, count};
use crate::track::Record;

/// So many entries enter a context at most, beside what failed attempts at its own task taught: as many
/// as those. A worker heeds five lines, and skims fifty.
const ENTERED_MAX: usize = 5;

/// How a run uses the memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Use {
    pub(super) file: EditableFile,
    /// The person's file cannot be read. What they changed in it is not known, so nobody reads any of it.
    is_unreadable: bool,
}

impl ImplementRun {
    /// Reads the person's edits of the memory.
    pub(super) fn read_memory(self: Box<Self>, turn: &mut Turn) -> Activity {
        let path = self.memory_path();
        turn.request(Waiter::Implement(Wait::Step), read(Place::Repository, &path, DOCUMENT_BYTES_MAX));
        self.opens(Opening::Memory)
    }

    pub(super) fn memory_read(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let (path, now_ms) = (self.memory_path(), turn.shared.now_ms);
        let found = match outcome {
            Outcome::File(FileOutcome::Read { text, hash }) => match parse(text) {
                Ok(file) => {
                    turn.shared.notebook.read(&path, file, hash, now_ms);
                    Ok(Some(hash.clone()))
                }
                Err(problems) => Err(format!("{path} has problems:\n{}\n\n", bullets(&problems))),
            },
            Outcome::File(FileOutcome::Missing) => {
                let forgotten = turn.shared.notebook.missed(&path);
                if forgotten > 0 {
                    let what = count(forgotten, "entry", "entries");
                    let text = format!("**Note:** {path} is gone, so what it held is forgotten ({what}).");
                    turn.say(&self.run.chat, text);
                }
                Ok(None)
            }
            other => Err(format!("{}. ", file_failure(other, &path).trim_end_matches('.'))),
        };
        match found {
            Ok(hash) => {
                let memory = &mut turn.shared.notebook.memory;
                memory.forget(now_ms);
                let is_shown = hash.as_ref() == Some(&sha256(&render(memory)));
                self.memory.file = EditableFile::read(hash);
                if !is_shown {
                    self.memory.file.touch();
                }
            }
            Err(problem) => {
                self.memory = Use { file: EditableFile::left_alone(), is_unreadable: true };
                let text = format!(
                    "**Note:** {problem}It is left as it is, and no worker reads any of it in this run. Correct it; \
                     the next `/implement` reads it again."
                );
                turn.say(&self.run.chat, text);
            }
        }
        self.look_up_tip(turn)
    }

    /// What a task's worker may be told of earlier work, best first: what holds for it, may stand in its
    /// context, and is not told as a lesson of its own attempts anyway.
    pub(super) fn remembered(
        &self,
        turn: &Turn,
        task: usize,
        others: &Others,
        by_hand: &[&str],
    ) -> Vec<Remembered> {
        let (Some(spec), Some(record)) = (self.track.backlog.tasks.get(task), self.track.records.get(task))
        else {
            return Vec::new();
        };
        let (asked, lessons) = (asked_for(record), record.lessons());
        let is_told = |text: &str| lessons.iter().chain(&asked).any(|line| is_same_lesson(line, text));
        let found =
            turn.shared.notebook.memory.select(&self.track.backlog.track_id, &spec.id, turn.shared.now_ms);
        let concerning = found.into_iter().filter(|entry| entry.concerns(&spec.scope.files_hint));
        let fit =
            concerning.filter(|entry| !is_told(&entry.text) && others.admits(&entry.text, spec, by_hand));
        let entered = fit.filter(|_| !self.memory.is_unreadable).take(ENTERED_MAX);
        entered.map(|entry| Remembered { id: entry.id.clone(), text: entry.text.clone() }).collect()
    }

    /// A context is sent: whatever entry it holds is judged by how its attempt ends, lessons of the task's
    /// own attempts included.
    pub(super) fn note_entries(&mut self, turn: &Turn, attempt: &Attempt, context: &str) {
        let (Some(spec), Some(record)) =
            (self.track.backlog.tasks.get(attempt.task), self.track.records.get_mut(attempt.task))
        else {
            return;
        };
        let track = &self.track.backlog.track_id;
        let found = turn.shared.notebook.memory.select(track, &spec.id, turn.shared.now_ms);
        let (asked, lessons) = (asked_for(record), record.lessons());
        let lines = lessons.iter().filter(|line| context.contains(*line)).chain(&asked);
        let lines: Vec<&String> = lines.collect();
        let is_in =
            |text: &String| context.contains(text) || lines.iter().any(|line| is_same_lesson(line, text));
        if attempt.rework.is_none() {
            record.memory.clear();
        }
        // Work that is changed is also what those made of it who had it before.
        for entry in found.into_iter().filter(|entry| is_in(&entry.text)) {
            if !record.memory.contains(&entry.id) {
                record.memory.push(entry.id.clone());
            }
        }
    }

    /// The latest attempt at a task passed or fell short, and what it had read is judged by that.
    pub(super) fn judge_memory(&mut self, turn: &mut Turn, task: usize, has_passed: bool) {
        if let Some(record) = self.track.records.get(task).filter(|record| !record.memory.is_empty()) {
            let (now_ms, memory) = (turn.shared.now_ms, &mut turn.shared.notebook.memory);
            memory.judge(&record.memory, has_passed, now_ms);
            memory.forget(now_ms);
            self.memory.file.touch();
        }
    }

    /// An attempt fell short, or its reviewer wants its work changed: what that taught of the project is
    /// remembered, as far as it may stand in a context. How an attempt went (too long, in circles, blocked)
    /// is for its own task's next one only.
    pub(super) fn learn(
        &mut self,
        turn: &mut Turn,
        task: usize,
        attempt: u32,
        failure: &Failure,
        lessons: &[String],
    ) {
        let source = match failure {
            Failure::Gate { .. } | Failure::Forbidden { .. } => Source::Failure,
            Failure::Review { .. } => Source::Review,
            _ => return,
        };
        let Some(spec) = self.track.backlog.tasks.get(task) else { return };
        let overheard = &turn.shared.overheard;
        let others = Others::of(&self.track.backlog.tasks).and(overheard);
        let (now_ms, memory) = (turn.shared.now_ms, &mut turn.shared.notebook.memory);
        for lesson in lessons.iter().filter(|lesson| others.admits(lesson, spec, &[])) {
            let (track, task) = (self.track.backlog.track_id.clone(), spec.id.clone());
            memory.learn(Tier::Attempt { track, task, attempt }, lesson, source, now_ms);
        }
        memory.forget(now_ms);
        self.memory.file.touch();
    }

    /// A task has a better spec, in which stands what its attempts taught.
    pub(super) fn forget_task(&mut self, turn: &mut Turn, task: usize) {
        if let Some(spec) = self.track.backlog.tasks.get(task) {
            turn.shared.notebook.memory.end_task(&self.track.backlog.track_id, &spec.id);
            self.memory.file.touch();
        }
    }

    /// Everything is merged: what held for single tasks is of no more use.
    pub(super) fn forget_tasks(&mut self, turn: &mut Turn) {
        turn.shared.notebook.memory.end_track(&self.track.backlog.track_id);
        self.memory.file.touch();
    }

    /// Writes the memory when its file lags and no write is under way. No file is made for an empty one.
    pub(super) fn flush_memory(&mut self, turn: &mut Turn) {
        if !self.memory.file.is_due() {
            return;
        }
        let memory = &turn.shared.notebook.memory;
        if memory.is_empty() && !self.memory.file.exists() {
            return self.memory.file.pass();
        }
        let text = render(memory);
        turn.shared.notebook.write(sha256(&text));
        let operation = write(Place::Repository, &self.memory_path(), text, self.memory.file.begin());
        turn.request(Waiter::Implement(Wait::MemoryFile), operation);
    }

    /// The write of the memory ended.
    pub(super) fn memory_written(&mut self, turn: &mut Turn, outcome: &Outcome) {
        if let Outcome::File(FileOutcome::Written { hash, .. }) = outcome {
            turn.shared.notebook.written(hash);
        }
        if let Some(note) = self.memory.file.ended(outcome, &self.memory_path()) {
            turn.say(&self.run.chat, note);
        }
    }

    /// What was learned is of the project, whoever gave the errand.
    fn memory_path(&self) -> String {
        self.given().document("memory.yaml")
    }
}

/// The lessons in what is asked for of a task's work.
fn asked_for(record: &Record) -> Vec<String> {
    let asked = record.rework.as_ref().map(|rework| &rework.issues);
    asked
        .map(|issues| distill(&Failure::Review { issues: issues.clone(), is_of_spec: false }))
        .unwrap_or_default()
}
