//! A context that is compiled and clean: what should not be in it is left out with the source that
//! brings it, as long as a context can do without that source.

use thiserror::Error;

use super::compile::compile;
use super::inputs::Inputs;
use super::provenance::{Context, Source};
use super::too_large::ContextTooLarge;
use crate::backlog::TaskSpec;
use crate::hygiene::{self, Finding, ForeignKind, Frame, Overheard, Prints};
use crate::ids::TaskId;

/// What the contexts of a backlog's tasks are held against.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Others<'a> {
    ids: Vec<TaskId>,
    prints: Prints,
    overheard: Option<&'a Overheard>,
}

impl<'a> Others<'a> {
    /// The tasks of a backlog: what each demands belongs to itself alone. Constraints, patterns and
    /// gotchas may be shared.
    pub fn of(tasks: &[TaskSpec]) -> Self {
        let demands = tasks.iter().flat_map(|task| {
            let lines = [&task.title, &task.description].into_iter().chain(&task.acceptance);
            lines.map(|text| (ForeignKind::Task(task.id.clone()), text.as_str()))
        });
        let mut prints = Prints::default();
        prints.add(demands);
        Self { ids: tasks.iter().map(|task| task.id.clone()).collect(), prints, overheard: None }
    }

    /// And what was said in the sessions of agents. What a task must have is its own, whoever said it
    /// too: a person may have written it.
    pub fn and(self, overheard: &'a Overheard) -> Self {
        Self { overheard: Some(overheard), ..self }
    }

    /// Whether a line from elsewhere may stand in a task's context. Of what was said in sessions it may
    /// repeat what is in the texts that a person wrote `by_hand`.
    pub fn admits(&self, line: &str, task: &TaskSpec, by_hand: &[&str]) -> bool {
        let mut context = Context::default();
        context.push(line, Source::Memory { id: String::new() });
        verify(&context, &Inputs { by_hand, ..Inputs::of(task, &[], usize::MAX) }, self).is_empty()
    }
}

/// A context without findings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clean {
    /// It.
    pub context: Context,
    /// The sources that were left out to make it clean, and why, a line each.
    pub left_out: Vec<String>,
}

impl Clean {
    /// All that is not in the context though a source has it, a line each.
    pub fn not_in_it(&self) -> Vec<String> {
        let told = |source: &str| self.left_out.iter().any(|line| line.starts_with(source));
        let dropped = self.context.dropped.iter().filter(|dropped| dropped.bytes > 0);
        let dropped = dropped.filter(|dropped| !told(&format!("{}: ", dropped.source)));
        self.left_out.iter().cloned().chain(dropped.map(ToString::to_string)).collect()
    }
}

/// Why there is no context.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Unclean {
    /// What must be in it does not fit.
    #[error(transparent)]
    TooLarge(#[from] ContextTooLarge),
    /// What must be in it is not clean.
    #[error("task {task}: {}", .problems.join("; "))]
    NotClean {
        /// The task.
        task: TaskId,
        /// What is wrong with which source, where, and what to do about it; a line each.
        problems: Vec<String>,
    },
}

impl Unclean {
    /// A line for each problem. The task is named only where it has to be cut or split.
    pub fn lines(self) -> Vec<String> {
        match self {
            Self::TooLarge(problem) => vec![problem.to_string()],
            Self::NotClean { problems, .. } => problems,
        }
    }
}

/// Compiles a context and holds it against the rules until it is clean. Each round leaves at least one
/// more optional source out, so it ends.
///
/// # Errors
/// [`Unclean`] when what must be in it does not fit, or is at fault itself.
pub fn compile_clean(inputs: &Inputs, others: &Others) -> Result<Clean, Unclean> {
    let mut excluded = inputs.excluded.clone();
    let line = |source: &Source, why: &str| format!("{source}: {why}");
    let mut left_out: Vec<String> = excluded.iter().map(|(source, why)| line(source, why)).collect();
    loop {
        let context = compile(&Inputs { excluded: &excluded, ..*inputs })?;
        let findings = verify(&context, inputs, others);
        if findings.is_empty() {
            return Ok(Clean { context, left_out });
        }
        let mut blocking = Vec::new();
        for finding in findings {
            let touched =
                context.spans.iter().filter(|span| span.from < finding.to && finding.from < span.to);
            let optional: Vec<_> =
                touched.map(|span| &span.source).filter(|source| source.is_optional()).collect();
            for source in &optional {
                if excluded.insert((*source).clone(), finding.message.clone()).is_none() {
                    left_out.push(line(source, &finding.message));
                }
            }
            if optional.is_empty() {
                let source = context.source_at(finding.from).unwrap_or(&Source::Heading);
                let Finding { line, message, .. } = finding;
                blocking.push(format!("{source} (line {line} of the context): {message}"));
            }
        }
        if !blocking.is_empty() {
            return Err(Unclean::NotClean { task: inputs.task.id.clone(), problems: blocking });
        }
    }
}

/// What is wrong with a context. A task may say what others say, and sources that are meant for all of
/// them may be repeated; its patterns, its gotchas and the memory may not bring in another task.
fn verify(context: &Context, inputs: &Inputs, others: &Others) -> Vec<Finding> {
    let task = inputs.task;
    let fields = [&task.title, &task.description].into_iter().chain(&task.acceptance);
    let fields = fields.chain(&task.context.constraints).chain(&task.scope.files_hint);
    let fields: Vec<&str> = fields.map(String::as_str).collect();
    let limits = inputs.limits.lines();
    let plan = context.spans.iter().filter(|span| matches!(span.source, Source::Plan { .. }));
    let given = inputs.evidence.iter().chain(inputs.constraints).chain(&limits).map(String::as_str);
    let required = required(context);
    let given = given.chain(plan.map(|span| &context.text[span.from..span.to])).chain([required.as_str()]);
    let given: Vec<&str> = given.collect();
    let own = inputs.issues.iter().map(String::as_str).chain(inputs.by_hand.iter().copied());
    let own: Vec<&str> = own.collect();
    hygiene::verify(
        &context.text,
        &Frame {
            own: &task.id,
            dependencies: &task.depends_on,
            ids: &others.ids,
            bytes_max: inputs.bytes_max,
            prints: Some(&others.prints),
            overheard: others.overheard,
            fields: &fields,
            given: &given,
            not_overheard: &own,
        },
    )
}

/// What is in a context in any case, in one piece: whoever speaks of a task may say its title and what
/// follows in one breath.
fn required(context: &Context) -> String {
    let (mut text, mut at) = (String::new(), 0);
    for span in context.spans.iter().filter(|span| span.source.is_optional()) {
        text.push_str(context.text.get(at..span.from).unwrap_or_default());
        at = span.to;
    }
    text.push_str(context.text.get(at..).unwrap_or_default());
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Remembered, sample_task};
    use super::*;

    /// A neighbour of the sample task which it does not depend on.
    fn neighbour() -> TaskSpec {
        TaskSpec {
            id: "T03".into(),
            title: "Persist the buckets".to_owned(),
            description: "Write every bucket to the data directory once a minute and on exit.".to_owned(),
            ..sample_task()
        }
    }

    fn clean(task: &TaskSpec, evidence: &[String], memory: &[Remembered]) -> Result<Clean, Unclean> {
        let others = Others::of(&[task.clone(), neighbour()]);
        compile_clean(&Inputs { memory, ..Inputs::of(task, evidence, 3_000) }, &others)
    }

    #[test]
    fn a_clean_task_keeps_all_it_has() {
        let lessons = ["Don't stop: T01 went well".to_owned()];
        let clean = clean(&sample_task(), &lessons, &[]).unwrap();
        assert_eq!(clean.not_in_it(), [""; 0]);
        assert!(clean.context.text.contains(&lessons[0]));
    }

    #[test]
    fn optional_sources_that_are_not_clean_are_left_out_and_told() {
        let mut task = sample_task();
        task.context.gotchas = vec!["Rates may be fractions".to_owned(), "T03 does the rest".to_owned()];
        task.context.patterns.push("We explored src/a.js first, then settled on src/b.js".to_owned());
        let lessons = ["Don't call T03: it is not there (review)".to_owned()];
        let memory = [Remembered {
            id: "m1".to_owned(),
            text: "Write every bucket to the data directory once a minute and on exit".to_owned(),
        }];
        let clean = clean(&task, &lessons, &memory).unwrap();
        insta::assert_snapshot!(format!("{}\n{}", clean.context.text, clean.not_in_it().join("\n")));
    }

    #[test]
    fn what_is_asked_for_of_work_is_sent_with_the_task() {
        let others = Others::of(&[sample_task(), neighbour()]);
        let asked = |issues: &[&str]| {
            let issues: Vec<String> = issues.iter().map(|issue| (*issue).to_owned()).collect();
            let task = sample_task();
            let inputs = Inputs { issues: &issues, ..Inputs::of(&task, &[], 3_000) };
            compile_clean(&inputs, &others).unwrap()
        };
        let clean = asked(&["src/limiter.js:4: a refill of 0 throws; return the tokens", "as T03 does"]);
        assert_eq!(clean.left_out.len(), 1, "{:?}", clean.left_out);
        insta::assert_snapshot!(clean.context.text, @r"
        # T02: Limit refills to the capacity

        A refill adds tokens over time.
        It must stop at the capacity.

        ## Changes to make to the work in this directory

        - src/limiter.js:4: a refill of 0 throws; return the tokens

        ## Acceptance criteria

        - refill(9, 5, 10) is 10
        - refill(1, 2, 10) is 3

        ## Constraints

        - No new dependency

        ## Files

        - src/limiter.js
        - test/limiter.test.js

        ## Patterns to follow

        - Pure functions as in src/clock.js:4-20
        - Errors are TypeErrors

        ## Gotchas

        - Rates may be fractions
        ");
        // A criterion that is asked for once more is not met.
        assert!(
            asked(&["refill(1, 2, 10) is 3"]).context.text.contains("directory\n\n- refill(1, 2, 10) is 3")
        );
    }

    #[test]
    fn what_every_task_may_say_is_no_copy() {
        let mut task = sample_task();
        task.acceptance.push(neighbour().description);
        assert!(clean(&task, &[], &[]).is_ok(), "its own demand, whoever says the same");
        let mut task = sample_task();
        task.context.gotchas = vec![neighbour().description];
        let shared = clean(&task, &[], &[]).unwrap();
        assert_eq!(shared.left_out.len(), 1, "{:?}", shared.left_out);
        task.depends_on.push("T03".into());
        assert_eq!(clean(&task, &[], &[]).unwrap().left_out, [""; 0], "it builds on it");
    }

    #[test]
    fn what_must_be_there_is_refused_with_its_place() {
        let mut task = sample_task();
        task.description = "As T03 does.".to_owned();
        task.acceptance.push("We explored a few ways and this one passes".to_owned());
        let problem = clean(&task, &[], &[]).unwrap_err();
        insta::assert_snapshot!(problem.to_string());
        let large = TaskSpec { description: "`abc_def` ".repeat(400), ..sample_task() };
        let large = TaskSpec { acceptance: vec!["It `returns_this` ".repeat(300)], ..large };
        assert!(matches!(clean(&large, &[], &[]), Err(Unclean::TooLarge(_))));
    }

    proptest! {
        #[test]
        fn what_comes_out_is_clean_or_refused(
            gotchas in proptest::collection::vec(".{0,60}|As T03 does|We explored it\\. |```js", 0..4),
            description in ".{0,80}",
        ) {
            let mut task = TaskSpec { description, ..sample_task() };
            task.context.gotchas = gotchas;
            let others = Others::of(&[task.clone(), neighbour()]);
            let inputs = Inputs::of(&task, &[], 3_000);
            if let Ok(clean) = compile_clean(&inputs, &others) {
                prop_assert_eq!(verify(&clean.context, &inputs, &others), []);
            }
        }
    }
}
