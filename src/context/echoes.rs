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
