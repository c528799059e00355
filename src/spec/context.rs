//! `context.md`: what workers were told beyond their tasks, for whoever builds the feature again.

use std::fmt::Write;

use crate::backlog::TaskSpec;
use crate::text::cut;

/// So many lessons are kept: what is told is to be read.
const LESSONS_MAX: usize = 20;
/// A lesson is a line.
const LESSON_BYTES_MAX: usize = 300;

/// The document: the constraints that several tasks have, and what failed attempts taught those that came
/// to good work. The same tasks give the same bytes.
pub fn context_document(title: &str, tasks: &[(&TaskSpec, &[String])]) -> String {
    let mut out = format!("# What else was known: {}\n", one_line(title));
    let shared = shared_constraints(tasks);
    if !shared.is_empty() {
        out.push_str("\n## Constraints that several tasks have\n\n");
    }
    for constraint in &shared {
        let _ = writeln!(out, "- {constraint}");
    }
    let lessons = lessons(tasks);
    if !lessons.is_empty() {
        out.push_str("\n## What failed attempts taught\n\n");
    }
    for lesson in lessons.iter().take(LESSONS_MAX) {
        let _ = writeln!(out, "- {lesson}");
    }
    if lessons.len() > LESSONS_MAX {
        let _ = writeln!(out, "- and {} more", lessons.len() - LESSONS_MAX);
    }
    if shared.is_empty() && lessons.is_empty() {
        out.push_str("\nNothing beyond the tasks.\n");
    }
    out
}

/// Constraints of more than one task, in their order.
fn shared_constraints(tasks: &[(&TaskSpec, &[String])]) -> Vec<String> {
    let mut shared: Vec<String> = Vec::new();
    for (index, (task, _)) in tasks.iter().enumerate() {
        for constraint in &task.context.constraints {
            let has = |(other, _): &(&TaskSpec, &[String])| other.context.constraints.contains(constraint);
            let line = one_line(constraint);
            if tasks.iter().skip(index + 1).any(has) && !shared.contains(&line) {
                shared.push(line);
            }
        }
    }
    shared
}

fn lessons(tasks: &[(&TaskSpec, &[String])]) -> Vec<String> {
    let mut lessons: Vec<String> = Vec::new();
    for (task, evidence) in tasks {
        for lesson in *evidence {
            let line = format!("{}: {}", task.id, one_line(lesson));
            if !lessons.contains(&line) {
                lessons.push(line);
            }
        }
    }
    lessons
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    cut(&words.join(" "), LESSON_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backlog::parse;
    use crate::backlog::samples::valid;

    #[test]
    fn what_several_tasks_share_and_what_was_learned_is_told() {
        let mut tasks = parse(&valid()).unwrap().tasks;
        let none: &[String] = &[];
        let pairs: Vec<_> = tasks.iter().map(|task| (task, none)).collect();
        assert_eq!(
            context_document("Sign in", &pairs),
            "# What else was known: Sign in\n\nNothing beyond the tasks.\n"
        );
        for task in &mut tasks {
            task.context.constraints = vec!["Do not touch src/legacy".into(), format!("Only {}", task.id)];
        }
        let learned = ["Don't use\n  eval: the linter refuses it".to_owned()];
        let pairs = [(&tasks[0], none), (&tasks[1], &learned[..])];
        insta::assert_snapshot!(context_document("Sign in", &pairs), @r"
        # What else was known: Sign in

        ## Constraints that several tasks have

        - Do not touch src/legacy

        ## What failed attempts taught

        - T02: Don't use eval: the linter refuses it
        ");
    }
}
