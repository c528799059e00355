//! The words that a worker reads where its task is too long for a context: an author is asked for them
//! once for a version of the task, and a wording that lost something is not used. The spec stays as it is.

use serde_json::json;

use crate::backlog::TaskSpec;
use crate::context::{Context, ContextTooLarge, Inputs, Others, Source, Unclean, compile_clean};
use crate::definitions::Role;
use crate::effect::stored::sha256;
use crate::engine::Turn;
use crate::ids::ModelRef;
use crate::rebase::{parse_wording, wording_prompt};
use crate::route::Work;
use crate::run::Waiter;
use crate::run::author::{Commission, Lack, Open};
use crate::run::implement::ImplementRun;
use crate::text::bytes;
use crate::track::{Shortened, Wording};

/// What a task's words leave no room for.
pub(super) enum TooLong {
    /// The task itself.
    Task(ContextTooLarge),
    /// What its reviewer asks for, beside the task.
    Issues(ContextTooLarge),
}

impl TooLong {
    fn problem(&self) -> &ContextTooLarge {
        let (Self::Task(problem) | Self::Issues(problem)) = self;
        problem
    }
}

/// Whether a wording is of this spec. Only what a worker reads counts.
fn key(spec: &TaskSpec) -> String {
    let parts = (&spec.title, &spec.description, &spec.acceptance, &spec.scope.files_hint, &spec.context);
    sha256(&serde_json::to_string(&parts).expect("texts and lists of them are always JSON"))
}

impl ImplementRun {
    /// The task in the words that its worker reads.
    pub(super) fn worded(&self, task: usize) -> Option<&TaskSpec> {
        let (spec, record) = (self.track.backlog.tasks.get(task)?, self.track.records.get(task)?);
        let wording = record.wording.as_ref().filter(|wording| wording.of == key(spec));
        Some(wording.map_or(spec, |wording| &wording.spec))
    }

    /// Whether a task fits in its own words.
    pub(super) fn fits_as_it_is(&self, task: usize, others: &Others) -> bool {
        let inputs = self.track.backlog.tasks.get(task).zip(self.inputs(task));
        inputs.is_some_and(|(spec, inputs)| too_long(&Inputs { task: spec, ..inputs }, others).is_none())
    }

    /// What the words of a task leave no room for; `None` when all there must be is in its context.
    pub(super) fn too_long(&self, task: usize, others: &Others) -> Option<TooLong> {
        too_long(&self.inputs(task)?, others)
    }

    /// Notes that words are to be asked for before the next attempt at a task, if it needs any that nobody
    /// was asked for yet.
    pub(super) fn look_at_length(&mut self, task: usize) {
        if self.too_long(task, &Others::of(&self.track.backlog.tasks)).is_some()
            && self.answer_for(task).is_none()
        {
            self.wordless.insert(task);
        }
    }

    /// Whether what is asked for of a task's work can be sent once the task is said in fewer words.
    pub(super) fn could_make_room(&self, task: usize, issues: &[String]) -> bool {
        let others = Others::of(&self.track.backlog.tasks);
        let found = self.inputs(task).and_then(|inputs| too_long(&Inputs { issues, ..inputs }, &others));
        found.is_some() && self.answer_for(task).is_none()
    }

    /// What the author answered when it was asked for this version of a task; `None` when it was not.
    pub(super) fn answer_for(&self, task: usize) -> Option<&Shortened> {
        let (spec, record) = (self.track.backlog.tasks.get(task)?, self.track.records.get(task)?);
        let question = self.question(task)?;
        let is_known = |shortened: &&Shortened| {
            let is_worded = record.wording.as_ref().is_some_and(|wording| wording.of == key(spec));
            shortened.of == question && (shortened.refusal.is_some() || is_worded)
        };
        record.shortened.as_ref().filter(is_known)
    }

    /// All that decides about an answer: the spec, what holds for all tasks, and the size.
    fn question(&self, task: usize) -> Option<String> {
        let spec = self.track.backlog.tasks.get(task)?;
        let limits = self.track.backlog.limits.lines();
        Some(sha256(&json!([key(spec), limits, self.run.options.context.max_bytes]).to_string()))
    }

    pub(super) fn wording_model(&self) -> Option<ModelRef> {
        self.run.model(Role::Compressor, Work::Documentation)
    }

    pub(super) fn wording_commission(&self, task: usize, waiter: Waiter) -> Option<Commission<'_>> {
        let (spec, record) = (self.track.backlog.tasks.get(task)?, self.track.records.get(task)?);
        Some(Commission {
            run: &self.run,
            role: Role::Compressor,
            work: Work::Documentation,
            title: "Shorter wording",
            nothing: "no shorter wording",
            task: spec,
            attempt: record.begun,
            waiter,
        })
    }

    /// What the author of a shorter wording reads.
    pub(super) fn wording_question(&self, task: usize) -> Option<String> {
        let spec = self.track.backlog.tasks.get(task)?;
        let inputs = Inputs { task: spec, ..self.inputs(task)? };
        let found = too_long(&inputs, &Others::of(&self.track.backlog.tasks))?;
        Some(wording_prompt(spec, found.problem()))
    }

    /// The author has answered: its wording is used, or it is known that there is none. The error is what is
    /// wrong with it.
    pub(super) fn worded_by(
        &mut self,
        turn: &mut Turn,
        task: usize,
        open: Open,
        reply: &str,
    ) -> Result<(), String> {
        let found = self.wording(task, reply);
        let end = found.as_ref().map(|(_, size)| size.as_str()).map_err(|_| "no shorter wording");
        open.close(turn, &self.run, end);
        let result = match found {
            Ok((wording, size)) => {
                let what = match self.track.records[task].rework {
                    Some(_) => "is too long to be sent with what its reviewer asks for",
                    None => "is too long for a context",
                };
                let text = format!(
                    "**{}** {what}, so its worker gets a shorter wording of it ({size}). {} keeps the longer one.",
                    self.track.backlog.tasks[task].id,
                    self.run.document("BACKLOG.yaml")
                );
                turn.say(&self.run.chat, text);
                self.track.records[task].wording = Some(wording);
                Ok(())
            }
            Err(why) => Err(why),
        };
        self.note_answer(task, result.as_ref().err().cloned());
        result
    }

    /// There is no wording. Whoever was asked and had no answer is not asked the same again.
    pub(super) fn not_worded(&mut self, task: usize, lack: &Lack) {
        if let Lack::Silence(told) = lack {
            self.note_answer(task, Some(told.clone()));
        }
    }

    fn note_answer(&mut self, task: usize, refusal: Option<String>) {
        let question = self.question(task);
        if let (Some(of), Some(record)) = (question, self.track.records.get_mut(task)) {
            record.shortened = Some(Shortened { of, refusal });
        }
    }

    /// The wording of a reply, if it keeps all, fits and is clean, with the size of its context.
    fn wording(&self, task: usize, reply: &str) -> Result<(Wording, String), String> {
        let spec = &self.track.backlog.tasks[task];
        let shorter = parse_wording(spec, reply)?;
        let inputs = self.inputs(task).ok_or_else(|| "the task is gone".to_owned())?;
        let (inputs, others) = (Inputs { task: &shorter, ..inputs }, Others::of(&self.track.backlog.tasks));
        if let Some(found) = too_long(&inputs, &others) {
            return Err(format!("it still takes {}", bytes(found.problem().bytes as u64)));
        }
        let clean = compile_clean(&inputs, &others).map_err(|problem| problem.lines().join("; "))?;
        let size = bytes(clean.context.text.len() as u64);
        Ok((Wording { of: key(spec), spec: shorter }, size))
    }

    /// Why a task cannot be sent: what to cut or split, and why there are no shorter words. `None` when it
    /// can be, perhaps without what its reviewer asked for.
    pub(super) fn refusal(&self, task: usize, why: &str) -> Option<String> {
        match self.too_long(task, &Others::of(&self.track.backlog.tasks))? {
            TooLong::Task(problem) => Some(format!(
                "{problem}; a shorter wording was asked for and cannot be used: {}",
                why.trim_end_matches('.')
            )),
            TooLong::Issues(_) => None,
        }
    }
}

fn too_long(inputs: &Inputs, others: &Others) -> Option<TooLong> {
    match compile_clean(inputs, others) {
        Err(Unclean::TooLarge(problem)) => Some(TooLong::Task(problem)),
        Err(_) => None,
        Ok(clean) if inputs.issues.is_empty() || asks_for(&clean.context) => None,
        Ok(_) => without_room(inputs, others).map(TooLong::Issues),
    }
}

/// What keeps the issues out of a context, if it is only their size.
fn without_room(inputs: &Inputs, others: &Others) -> Option<ContextTooLarge> {
    let size = |issues: &[String]| {
        let clean = compile_clean(&Inputs { issues, bytes_max: usize::MAX, ..*inputs }, others).ok()?;
        Some(clean.context.text.len())
    };
    let issues_bytes = size(inputs.issues)?.checked_sub(size(&[])?).filter(|bytes| *bytes > 0)?;
    let bytes_max = inputs.bytes_max.saturating_sub(issues_bytes);
    match compile_clean(&Inputs { issues: &[], bytes_max, ..*inputs }, others) {
        Err(Unclean::TooLarge(problem)) => Some(problem),
        _ => None,
    }
}

/// Whether a context holds a change that is asked for.
pub(super) fn asks_for(context: &Context) -> bool {
    context.spans.iter().any(|span| matches!(span.source, Source::Issue { .. }))
}
