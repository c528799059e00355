//! A finished feature becomes a template: its tasks as they were asked for, with the feature's own name as
//! the only variable.

use super::phrase::escaped;
use crate::backlog::render::{inline, render_skeleton};
use crate::backlog::{Backlog, Limits, TaskSpec};

/// The variable that stands for the feature's name.
const NAME: &str = "{{NAME}}";
/// A shorter name is found in words that have nothing to do with it.
const NAME_BYTES_MIN: usize = 4;

/// The text of a template: filled in without values it makes the same tasks again. `slug` is the
/// feature's short name, `feature` what it is called in full.
pub fn save(name: &str, feature: &str, slug: &str, title: &str, backlog: &Backlog) -> String {
    let text = |text: &String| with_variable(text, slug);
    let texts = |lines: &Vec<String>| lines.iter().map(text).collect::<Vec<_>>();
    let tasks: Vec<TaskSpec> = backlog
        .tasks
        .iter()
        .map(|task| {
            let mut task = task.clone();
            for field in [&mut task.title, &mut task.description] {
                *field = text(field);
            }
            let context = &mut task.context;
            let lists = [&mut context.constraints, &mut context.patterns, &mut context.gotchas];
            for list in lists.into_iter().chain([&mut task.acceptance, &mut task.scope.files_hint]) {
                *list = texts(list);
            }
            task
        })
        .collect();
    let Limits { constraints, dont_touch } = &backlog.limits;
    let limits = Limits { constraints: texts(constraints), dont_touch: texts(dont_touch) };
    let body = format!("title: {}\n", inline(&with_variable(title, slug)));
    let skeleton = render_skeleton(&limits, &tasks);
    let has_variable = [&body, &skeleton].iter().any(|text| text.contains(NAME));
    let variables = match has_variable {
        true => format!(
            "variables:\n  NAME:\n    description: What the feature is called, in small letters and dashes\n    default: {}\n",
            inline(slug)
        ),
        false => String::new(),
    };
    format!(
        "# Saved from {feature}. What differs from case to case becomes a variable: declare it under `variables`\n\
         # with a description, and with `required: true` or a default, and write its name in double braces.\n\
         name: {}\ndescription: {}\n{body}{variables}{skeleton}",
        inline(name),
        inline(&format!("As in {feature}: {}", title.trim()))
    )
}

/// A text in which the name stands as a variable and nothing else is one.
fn with_variable(text: &str, slug: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '\\');
    let text = escaped(text);
    let mut out = String::new();
    let mut rest = text.as_ref();
    while let Some(at) = rest.find(slug).filter(|_| slug.len() >= NAME_BYTES_MIN) {
        let (before, after) = (&rest[..at], &rest[at + slug.len()..]);
        let begins = before.chars().next_back().or_else(|| out.chars().next_back());
        let is_whole = !begins.is_some_and(is_part) && !after.starts_with(is_part);
        out.push_str(before);
        out.push_str(if is_whole { NAME } else { slug });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::parse;
    use super::*;
    use crate::backlog::Status;
    use crate::backlog::samples::{any_backlog, backlog, task};

    #[test]
    fn the_name_of_the_feature_becomes_a_variable() {
        let mut one = task("T01", &[]);
        one.title = "Add user-auth".to_owned();
        one.scope.files_hint = vec!["src/user-auth.ts".to_owned(), "src/user-auth-token.ts".to_owned()];
        one.description = "Not {{X}}, and not \\user-auth.".to_owned();
        one.status = Status::Completed;
        let text = save("sign-in", "feature-003-user-auth", "user-auth", "User auth", &backlog(vec![one]));
        insta::assert_snapshot!(text, @r#"
        # Saved from feature-003-user-auth. What differs from case to case becomes a variable: declare it under `variables`
        # with a description, and with `required: true` or a default, and write its name in double braces.
        name: sign-in
        description: "As in feature-003-user-auth: User auth"
        title: User auth
        variables:
          NAME:
            description: What the feature is called, in small letters and dashes
            default: user-auth
        tasks:
          - id: T01
            title: "Add {{NAME}}"
            description: "Not \\{{X}}, and not \\user-auth."
            depends_on: []
            acceptance:
              - It works
            scope:
              files_hint:
                - "src/{{NAME}}.ts"
                - src/user-auth-token.ts
              estimated_hours: 2
            context:
              constraints: []
              patterns: []
              gotchas: []
        "#);
        let filled = parse(&text).unwrap().fill(&[("NAME".to_owned(), "api-keys".to_owned())]).unwrap();
        assert_eq!(filled.tasks[0].scope.files_hint, ["src/api-keys.ts", "src/user-auth-token.ts"]);
        assert_eq!(filled.tasks[0].description, "Not {{X}}, and not \\user-auth.");
    }

    proptest! {
        #[test]
        fn what_was_saved_makes_the_same_tasks(known in any_backlog(), title in "[a-zA-Z {}\\\\:'\"-]{0,20}x") {
            let text = save("again", "feature-001-main", "main", &title, &known);
            let filled = parse(&text).unwrap().fill(&[]).unwrap();
            prop_assert_eq!(filled.title, title.split_whitespace().collect::<Vec<_>>().join(" "));
            prop_assert_eq!(filled.limits, known.limits);
            let asked = |task: TaskSpec| TaskSpec {
                status: Status::Pending,
                attempts: 0,
                last_attempt: None,
                error: None,
                ..task
            };
            prop_assert_eq!(filled.tasks, known.tasks.into_iter().map(asked).collect::<Vec<_>>());
        }
    }
}
