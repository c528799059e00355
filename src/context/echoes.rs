//! What of a task's fields was said in a session where it should have stayed: an agent may have brought it
//! in.

use crate::backlog::{Problem, TaskSpec};
use crate::hygiene::Overheard;

/// Every text of a task that a context is made of, with its field.
pub fn fields(task: &TaskSpec) -> impl Iterator<Item = (String, &str)> {
    let context = &task.context;
    let plain = [("title", &task.title), ("description", &task.description)];
    let plain = plain.into_iter().map(|(field, text)| (field.to_owned(), text.as_str()));
    let lists = [
        ("acceptance", &task.acceptance),
        ("context.constraints", &context.constraints),
        ("context.patterns", &context.patterns),
        ("context.gotchas", &context.gotchas),
    ];
    let lists = lists.into_iter().flat_map(|(field, texts)| {
        texts.iter().enumerate().map(move |(index, text)| (format!("{field}[{index}]"), text.as_str()))
    });
    plain.chain(lists)
}

/// Where a task that an agent wrote repeats what was said elsewhere, a problem for each field and speaker.
/// What it was `given` it may repeat.
pub fn echoes(task: &TaskSpec, overheard: &Overheard, given: &[&str]) -> Vec<Problem> {
    let found = fields(task).flat_map(|(field, text)| {
        let mut echoes = overheard.echoes(text, given);
        // A field is to be written anew however much of it somebody said.
        echoes.dedup_by(|echo, before| echo.source == before.source);
        echoes.into_iter().map(move |echo| {
            let line = text[..echo.from].matches('\n').count() + 1;
            let line = if text.contains('\n') { format!("line {line} of it: ") } else { String::new() };
            Problem {
                task: Some(task.id.to_string()),
                field: Some(field.clone()),
                line: None,
                message: format!("{line}{}", echo.tell(text)),
            }
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Inputs, Others, Remembered, compile_clean, sample_task};
    use super::*;
    use crate::hygiene::{ForeignKind, Heard, Speech};
    use crate::ids::SessionId;

    const SAID: &str = "A bucket that nobody asked for in a while could be thrown away, and made again when its \
                        client comes back.";

    fn overheard() -> Overheard {
        let heard = Heard::of(&Speech { said: vec![SAID.to_owned()], ..Speech::default() });
        let mut overheard = Overheard::default();
        let who = ForeignKind::Attempt("T01, attempt 2".to_owned());
        overheard.listen(&SessionId::from("s"), who, &heard, &[]);
        overheard
    }

    #[test]
    fn every_field_is_looked_at_and_told() {
        let mut task = sample_task();
        assert_eq!(echoes(&task, &overheard(), &[]), []);
        task.acceptance.push(SAID.to_owned());
        task.context.constraints = vec![SAID.to_owned()];
        task.context.patterns.push(SAID.to_owned());
        task.context.gotchas.push(SAID.to_owned());
        let found = echoes(&task, &overheard(), &[]);
        let places: Vec<&str> = found.iter().filter_map(|problem| problem.field.as_deref()).collect();
        assert_eq!(
            places,
            ["acceptance[2]", "context.constraints[0]", "context.patterns[2]", "context.gotchas[1]"]
        );
        assert_eq!(
            found[0].to_string(),
            "task T02, field acceptance[2]: \"A bucket that nobody asked for in a while could be thrown…\" repeats \
             what another attempt said (T01, attempt 2): leave it out, or say what the task needs of it in words of \
             its own"
        );
        assert_eq!(echoes(&task, &overheard(), &[SAID]), [], "it was given to its author");
    }

    #[test]
    fn a_context_goes_without_optional_sources_that_repeat_talk() {
        let overheard = overheard();
        let mut task = sample_task();
        let issues = [SAID.to_owned()];
        let memory = [Remembered { id: "m1".to_owned(), text: SAID.to_owned() }];
        let compiled = |task: &TaskSpec, issues: &[String], evidence: &[String]| {
            let others = Others::of(std::slice::from_ref(task)).and(&overheard);
            let inputs = Inputs { issues, memory: &memory, ..Inputs::of(task, evidence, 3_000) };
            compile_clean(&inputs, &others).unwrap()
        };
        task.context.gotchas.push(SAID.to_owned());
        let clean = compiled(&task, &[], &[]);
        assert!(!clean.context.text.contains("bucket that nobody"), "{}", clean.context.text);
        assert!(clean.left_out[0].starts_with("context.gotchas[1]: "), "{:?}", clean.left_out);
        assert!(!clean.context.text.contains("Known from"), "{}", clean.context.text);
        let others = Others::of(std::slice::from_ref(&task)).and(&overheard);
        let inputs = Inputs { memory: &memory, by_hand: &[SAID], ..Inputs::of(&task, &[], 3_000) };
        let clean = compile_clean(&inputs, &others).unwrap();
        assert!(
            clean.left_out.is_empty() && clean.context.text.contains(SAID),
            "a person copied it: {clean:?}"
        );
        // What its reviewer asks for, what its attempts taught, and what a person demands, is its own.
        assert!(compiled(&task, &issues, &[]).context.text.contains(SAID));
        assert!(compiled(&task, &[], &issues).context.text.contains(SAID));
        task.description = SAID.to_owned();
        assert!(compiled(&task, &[], &[]).context.text.contains(SAID));
    }
}
