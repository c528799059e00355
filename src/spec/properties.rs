//! What holds for the versions of every spec.

use proptest::prelude::*;
use proptest::sample::Index;

use super::compare::{compare_tasks, level_of};
use super::{
    FeatureId, Level, Metadata, Reason, Rebase, Saved, SpecChange, SpecStatus, Version, Work,
    compare_document, untried,
};
use crate::backlog::TaskSpec;
use crate::backlog::samples::{any_backlog, backlog, task};

fn any_tasks() -> impl Strategy<Value = Vec<TaskSpec>> {
    any_backlog().prop_map(|backlog| backlog.tasks)
}

/// Tasks with criteria that are easily the same, alike, or moved.
fn close_tasks() -> impl Strategy<Value = Vec<TaskSpec>> {
    let criterion = prop_oneof!["[ab]( [ab]){0,2}[.]?", "[AB] b"];
    let criteria = prop::collection::vec(criterion, 1..4);
    prop::collection::vec((0..4_usize, criteria, "[xy]"), 1..4).prop_map(|drafts| {
        let mut tasks: Vec<TaskSpec> = Vec::new();
        for (number, acceptance, title) in drafts {
            let id = format!("T{number}");
            if !tasks.iter().any(|task| task.id.as_str() == id) {
                tasks.push(TaskSpec { title, acceptance, ..task(&id, &[]) });
            }
        }
        tasks
    })
}

fn work(tasks: Vec<TaskSpec>) -> Work {
    Work {
        title: "Cart".into(),
        track: "cart-1".into(),
        base: Some("b".into()),
        landed: None,
        is_again: false,
        attempts: 3,
        cost_usd: 0.5,
        models: vec!["acme/large".into()],
        prompts: Default::default(),
        changed: vec!["src/cart.js".into()],
        is_templated: false,
        backlog: backlog(tasks),
        rebases: Vec::new(),
    }
}

fn saved(tasks: &[TaskSpec]) -> Saved {
    let metadata = Metadata::first(FeatureId::new(1, "Cart"), &work(tasks.to_vec()), "2026-01-02T00:00:00Z");
    Saved { metadata, backlog: Some(backlog(tasks.to_vec())) }
}

fn has_reasons(changes: &[SpecChange]) -> bool {
    changes.iter().all(|change| !change.text.trim().is_empty() && !change.text.contains('\n'))
}

proptest! {
    #[test]
    fn there_is_a_change_exactly_when_something_else_is_asked_for(old in close_tasks(), new in close_tasks()) {
        let changes = compare_tasks(&old, &new);
        prop_assert_eq!(changes.is_empty(), old == new, "{:?}", changes);
        prop_assert!(has_reasons(&changes));
        // What one direction takes away the other adds.
        let level = |changes: &[SpecChange]| level_of(changes);
        let back = compare_tasks(&new, &old);
        prop_assert_eq!(level(&changes).is_none(), level(&back).is_none());
        prop_assert!(level(&changes) != Some(Level::Minor) || level(&back) == Some(Level::Major));
    }

    #[test]
    fn how_far_a_task_got_is_no_change(tasks in any_tasks()) {
        prop_assert!(compare_tasks(&tasks, &tasks).is_empty());
        prop_assert!(compare_tasks(&untried(&tasks), &untried(&untried(&tasks))).is_empty());
    }

    #[test]
    fn removing_matters_most_and_adding_more_than_words(tasks in any_tasks(), at in any::<Index>(), other in any_tasks()) {
        let at = at.index(tasks.len());
        let with = |criterion: &str| {
            let mut more = tasks.clone();
            more[at].acceptance.push(criterion.to_owned());
            more
        };
        let level = |old: &[TaskSpec], new: &[TaskSpec]| level_of(&compare_tasks(old, new));
        let (one, more) = (with("zzz new criterion"), with("zzz new criterion."));
        prop_assert_eq!(level(&tasks, &one), Some(Level::Minor));
        prop_assert_eq!(level(&one, &tasks), Some(Level::Major));
        prop_assert_eq!(level(&one, &more), Some(Level::Patch));
        let mut worded = tasks.clone();
        worded[at].description.push_str(" At once.");
        prop_assert_eq!(level(&tasks, &worded), Some(Level::Patch));
        // More that differs never matters less.
        let elsewhere = level(&tasks, &other);
        prop_assert!(level(&one, &other) >= elsewhere.min(Some(Level::Major)) || elsewhere < Some(Level::Major));
        prop_assert!(has_reasons(&compare_tasks(&tasks, &other)));
    }

    #[test]
    fn versions_only_go_up_and_each_has_its_reason(steps in prop::collection::vec((close_tasks(), any::<bool>()), 1..6)) {
        let mut before = saved(&steps[0].0);
        for (tasks, is_rebase) in &steps {
            let known = before.metadata.clone();
            let former = before.backlog.clone().unwrap().tasks;
            let mut work = work(if *is_rebase { former.clone() } else { tasks.clone() });
            if *is_rebase {
                let why = "T0: 2 attempts failed".to_owned();
                work.rebases.push(Rebase { at: "2026-01-03T00:00:00Z".into(), why, backlog: backlog(tasks.clone()) });
            }
            let now = Metadata::worked_on(before, &work, &[], Vec::new(), "2026-01-04T00:00:00Z");
            prop_assert_eq!(now.version > known.version, former != *tasks);
            prop_assert!(now.version >= known.version);
            let told = &now.history[known.history.len()..];
            prop_assert_eq!(told.len(), usize::from(former != *tasks));
            let reason = if *is_rebase { Reason::Rebase } else { Reason::Person };
            prop_assert!(told.iter().all(|entry| entry.reason == reason && !entry.changes.is_empty()));
            before = Saved { metadata: now, backlog: Some(backlog(tasks.clone())) };
        }
    }

    #[test]
    fn documents_are_equal_or_changed(old in "[a# -]{0,9}(\n## Acceptance Criteria\n(- [ab]{1,3}\n){0,3})?", new in "[a# -]{0,9}(\n## Acceptance Criteria\n(- [ab]{1,3}\n){0,3})?") {
        for name in ["SPEC.md", "PLAN.md"] {
            let changes = compare_document(name, Some(&old), Some(&new));
            prop_assert_eq!(changes.is_empty(), old.trim() == new.trim());
            prop_assert!(has_reasons(&changes));
            prop_assert!(name == "SPEC.md" || level_of(&changes).is_none_or(|level| level == Level::Patch));
        }
    }
}

fn told(changes: &[SpecChange]) -> String {
    changes.iter().map(|change| format!("{:?}: {}\n", change.level, change.text)).collect()
}

#[test]
fn what_changed_is_told() {
    let mut old = vec![task("T01", &[]), task("T02", &["T01"]), task("T03", &[])];
    old[0].acceptance =
        vec!["a link works once".into(), "Errors are shown in red".into(), "it's fast".into()];
    let mut new = old.clone();
    new[0].acceptance =
        vec!["A link works once.".into(), "Errors are shown in blue".into(), "old links expire".into()];
    new[1].description = "Do it well".into();
    new[1].depends_on = Vec::new();
    new[2] = TaskSpec { acceptance: vec!["it's fast".into()], ..task("T04", &[]) };
    insta::assert_snapshot!(told(&compare_tasks(&old, &new)), @r#"
    Major: T01: "Errors are shown in red" became "Errors are shown in blue"
    Major: T03: "It works" was removed
    Minor: T01: "old links expire" was added
    Patch: T01: "a link works once" is worded "A link works once."
    Patch: "it's fast" moved from T01 to T04
    Patch: the task T03 (Title of T03) was removed
    Patch: T02: changed the description and what it depends on
    Patch: the task T04 (Title of T04) was added
    "#);
}

#[test]
fn criteria_of_a_specification_count() {
    let text = "# Spec\n\n## Requirements\n- not this\n\n## 2. Acceptance criteria:\n\n### Login\n\n1. [ ] a link works once\n   and never again\n\
                - it is fast\n\nNo item.\n\n## Constraints\n- nor this\n";
    let told_of = |new: Option<&str>| told(&compare_document("SPEC.md", Some(text), new));
    insta::assert_snapshot!(told_of(Some(&text.replace("not this", "that"))), @"Patch: SPEC.md changed");
    insta::assert_snapshot!(told_of(Some(&text.replace("never again", "is then gone"))), @r#"Major: SPEC.md: "a link works once and never again" became "a link works once and is then gone""#);
    insta::assert_snapshot!(told_of(Some(&text.replace("- it is fast\n", "- it is fast\n- it is red\n"))), @r#"Minor: SPEC.md: "it is red" was added"#);
    insta::assert_snapshot!(told_of(None), @"Major: SPEC.md was removed with 2 criteria");
    insta::assert_snapshot!(told(&compare_document("SPEC.md", None, Some(text))), @"Minor: SPEC.md was added with 2 criteria");
    assert_eq!(told_of(Some(&format!("\n{text}\n"))), "");
}

#[test]
fn a_landing_is_told_once() {
    let tasks = vec![task("T01", &[])];
    let landing = Work { landed: Some("r".into()), ..work(tasks.clone()) };
    let first = Metadata::worked_on(saved(&tasks), &landing, &[], Vec::new(), "now");
    assert_eq!((first.status, first.version), (SpecStatus::Deployed, Version::FIRST));
    assert_eq!(first.history.len(), 2);
    let known = Saved { metadata: first.clone(), backlog: Some(backlog(tasks.clone())) };
    let again = Metadata::worked_on(known.clone(), &landing, &[], Vec::new(), "later");
    assert_eq!(again, first, "nothing happened since");
    let built_again = Work { landed: Some("s".into()), is_again: true, ..landing.clone() };
    let again = Metadata::worked_on(known, &built_again, &[], Vec::new(), "later");
    assert_eq!(again.history.last().map(|entry| entry.reason), Some(Reason::Regenerated));
    let lost = Saved { metadata: first, backlog: None };
    let after = Metadata::worked_on(lost, &landing, &[], Vec::new(), "later");
    assert_eq!(after.version, Version { major: 2, minor: 0, patch: 0 });
}
