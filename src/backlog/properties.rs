//! What holds for every backlog and every text.

use proptest::prelude::*;

use super::samples::{any_backlog, backlog, task};
use super::{Backlog, Status, TaskSpec, parse, parse_draft, render, render_task, validate};
use crate::ids::TaskId;

proptest! {
    #[test]
    fn what_is_rendered_is_parsed_to_the_same(backlog in any_backlog()) {
        let text = render(&backlog);
        prop_assert_eq!(parse(&text).map_err(|problems| (problems, text)), Ok(backlog));
    }

    /// A second YAML reader agrees, so that other tools can work on the file.
    #[test]
    fn another_reader_sees_the_same(backlog in any_backlog()) {
        let text = render(&backlog);
        let read: Backlog = serde_yaml::from_str(&text)
            .map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&read, &backlog, "{}", text);
        let text = render_task(&backlog.tasks[0]);
        let read: TaskSpec = serde_yaml::from_str(&text)
            .map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&read, &backlog.tasks[0]);
    }

    #[test]
    fn a_draft_is_the_same_tasks_untried(backlog in any_backlog()) {
        let reply = format!("Here it is.\n\n````yaml\n{}````\nDone.", render(&backlog));
        let mut expected = backlog.tasks;
        for task in &mut expected {
            task.status = Status::Pending;
            task.attempts = 0;
            task.last_attempt = None;
            task.error = None;
        }
        prop_assert_eq!(parse_draft(&reply), Ok(expected));
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = parse(&text);
        let _ = parse_draft(&text);
    }

    #[test]
    fn no_yaml_like_text_panics(text in "([ \t]{0,3}([a-z_]{1,5}:|- |[\\[\\]{},*&!|>?%@'\"#~-]|---|\\.\\.\\.|T01|é|\r)?[ \n]){0,40}") {
        let _ = parse(&text);
        let _ = parse_draft(&format!("```yaml\ntasks:\n{text}\n```"));
    }

    /// A file that was cut off or edited in one place is read or refused, with lines that exist.
    #[test]
    fn damage_is_no_panic(
        backlog in any_backlog(),
        at in any::<prop::sample::Index>(),
        junk in "[ -~\n\t]{0,5}",
        cuts in any::<bool>(),
    ) {
        let mut text = render(&backlog);
        let mut at = at.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        if cuts {
            text.truncate(at);
        }
        text.insert_str(at, &junk);
        let lines = text.lines().count() as u32;
        for problem in parse(&text).err().unwrap_or_default() {
            prop_assert!(!problem.message.contains('\n'));
            prop_assert!(problem.line.is_some_and(|line| line >= 1 && line <= lines + 1), "{problem}");
        }
    }

    #[test]
    fn a_reported_cycle_is_real(edges in prop::collection::vec((0..8_usize, 0..8_usize), 0..20)) {
        let names = ["A", "B", "C", "D", "E", "F", "G", "H"];
        let mut tasks: Vec<TaskSpec> = names.iter().map(|id| task(id, &[])).collect();
        for (from, to) in edges {
            let to = TaskId::from(names[to]);
            if from != to.as_str().as_bytes()[0] as usize - 65 && !tasks[from].depends_on.contains(&to) {
                tasks[from].depends_on.push(to);
            }
        }
        for problem in validate(&tasks) {
            let path = problem.message.split([':', ';']).nth(1).unwrap_or_default();
            let path: Vec<&str> = path.trim().split(" -> ").collect();
            prop_assert!(path.len() > 2 && path.first() == path.last(), "{problem}");
            for pair in path.windows(2) {
                let from = tasks.iter().find(|task| task.id.as_str() == pair[0]).unwrap();
                prop_assert!(from.depends_on.contains(&TaskId::from(pair[1])), "{problem}");
            }
        }
    }
}

#[test]
fn the_file_reads_well() {
    let mut first = task("T01", &[]);
    first.description = "Add the form.\n\nKeep it small: one field.".into();
    first.context.gotchas = vec!["no".into(), "The cookie is \"secure\"".into()];
    let mut second = task("T02", &["T01"]);
    second.error = Some("gate \"test\" failed\n".into());
    insta::assert_snapshot!(render(&backlog(vec![first, second])));
}
