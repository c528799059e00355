//! What people and agents get wrong, and what they are told.

use super::samples::{task, valid};
use super::{Problem, TaskSpec, parse, validate};

/// The problems of the valid file with one passage replaced, each as a line of text.
fn problems(from: &str, to: &str) -> Vec<String> {
    let text = valid();
    assert!(text.contains(from), "{from:?} is not in\n{text}");
    problems_of(&text.replacen(from, to, 1))
}

fn problems_of(text: &str) -> Vec<String> {
    let problems = parse(text).expect_err("is refused");
    problems.iter().map(Problem::to_string).collect()
}

/// The problems of tasks without a text.
fn rule_problems(change: impl Fn(&mut TaskSpec)) -> Vec<String> {
    let mut only = task("T01", &[]);
    change(&mut only);
    validate(&[only]).iter().map(Problem::to_string).collect()
}

#[test]
fn a_cycle_is_printed_as_a_path() {
    assert_eq!(
        problems("depends_on: []", "depends_on: [T02]"),
        [
            "line 9, task T01, field depends_on: the tasks wait for each other: T01 -> T02 -> T01; remove one of these dependencies"
        ]
    );
}

#[test]
fn two_cycles_are_both_reported() {
    let tasks =
        [task("A", &["B"]), task("B", &["A"]), task("C", &["D"]), task("D", &["E"]), task("E", &["C"])];
    let messages: Vec<String> = validate(&tasks).into_iter().map(|p| p.message).collect();
    assert_eq!(messages.len(), 2);
    assert!(messages[0].contains("A -> B -> A"), "{messages:?}");
    assert!(messages[1].contains("C -> D -> E -> C"), "{messages:?}");
}

#[test]
fn a_self_dependency_is_told_from_a_cycle() {
    assert_eq!(
        problems("[T01]", "[T02]"),
        ["line 25, task T02, field depends_on[0]: the task depends on itself: remove \"T02\""]
    );
}

#[test]
fn ids_are_unique_ignoring_case() {
    assert_eq!(
        problems("id: T02", "id: t01"),
        [
            "line 21, task t01, field id: the id is taken by an earlier task, \"T01\": choose another (case does not count)"
        ]
    );
}

#[test]
fn a_wrong_status_names_the_nearest() {
    assert_eq!(
        problems("status: pending", "status: In-Progres"),
        [
            "line 8, task T01, field status: \"In-Progres\" is no status; did you mean \"in_progress\"? (known: pending, ready, in_progress, review, completed, failed, rebasing)"
        ]
    );
}

#[test]
fn a_tab_in_front_is_reported_with_its_line() {
    let found = problems("    title: Title of T01", "\ttitle: Title of T01");
    assert_eq!(found[0], "line 6: the line is indented with a tab, which YAML forbids: use spaces");
}

#[test]
fn a_tab_inside_a_block_of_text_is_fine() {
    let text =
        valid().replacen("description: What to do", "description: |\n      all:\n      \tmake test", 1);
    let backlog = parse(&text).unwrap();
    assert_eq!(backlog.tasks[0].description, "all:\n\tmake test\n");
}

#[test]
fn more_than_a_mebibyte_is_not_read() {
    let text = format!("# {}\n{}", "x".repeat(2_000_000), valid());
    let found = problems_of(&text);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("at most 1048576 are read"), "{found:?}");
}

#[test]
fn ids_that_are_no_file_names_are_refused() {
    for id in ["../x", "-f", "_a", "a b", "a.b", "é", "a/b", "a\nb", &"x".repeat(33)] {
        let found = rule_problems(|task| task.id = id.into());
        assert_eq!(found.len(), 1, "{id}");
        assert!(found[0].starts_with("task number 1, field id: "), "{found:?}");
        assert!(found[0].contains("cannot be an id: use 1 to 32"), "{found:?}");
    }
    for id in ["CON", "nul", "Com1", "LPT9", "backlog"] {
        let found = rule_problems(|task| task.id = id.into());
        assert_eq!(found.len(), 1, "{id}");
        assert!(found[0].contains("choose another"), "{found:?}");
    }
    for id in ["T01", "1", "con1", "common", "a-b_c", &"x".repeat(32)] {
        assert_eq!(rule_problems(|task| task.id = id.into()), [""; 0], "{id}");
    }
}

#[test]
fn a_bad_id_in_the_file_has_its_line() {
    let found = problems("id: T02", "id: ../x");
    assert_eq!(
        found,
        [
            "line 21, task number 2, field id: \"../x\" cannot be an id: use 1 to 32 letters, digits, - and _, and begin with a letter or digit"
        ]
    );
}

#[test]
fn missing_acceptance_is_reported_at_the_task_or_the_key() {
    let expected = "there are no acceptance criteria: write at least one that can be checked";
    let criteria = "    acceptance:\n      - It works\n";
    assert_eq!(problems(criteria, ""), [format!("line 5, task T01, field acceptance: {expected}")]);
    assert_eq!(
        problems(criteria, "    acceptance: []\n"),
        [format!("line 10, task T01, field acceptance: {expected}")]
    );
    assert_eq!(
        problems(criteria, "    acceptance:\n"),
        [format!("line 10, task T01, field acceptance: {expected}")]
    );
}

#[test]
fn missing_file_hints_are_reported() {
    assert_eq!(
        problems("      files_hint:\n        - src/a.rs\n", ""),
        [
            "line 12, task T01, field scope.files_hint: there are no file hints: name the files or globs the task will touch"
        ]
    );
}

#[test]
fn file_hints_stay_inside_the_repository() {
    for hint in ["/etc/passwd", "../x", "a/../../x", "a/..", "~/x", "C:\\x", "a\\b", " ", "a\u{0}", "C:/x"] {
        let found = rule_problems(|task| task.scope.files_hint = vec![hint.into()]);
        assert_eq!(found.len(), 1, "{hint}");
        assert!(found[0].contains("scope.files_hint[0]"), "{found:?}");
    }
    for hint in ["src/**/*.ts", "./a", "a..b", ".github/x.yml", "a b/c", "{a,b}/*"] {
        assert_eq!(rule_problems(|task| task.scope.files_hint = vec![hint.into()]), [""; 0], "{hint}");
    }
}

#[test]
fn an_unknown_dependency_is_named() {
    assert_eq!(
        problems("[T01]", "[T09, t01]"),
        [
            "line 25, task T02, field depends_on[0]: there is no task \"T09\": correct or remove it",
            "line 25, task T02, field depends_on[1]: there is no task \"t01\"; did you mean \"T01\"?",
        ]
    );
}

#[test]
fn an_alias_and_its_anchor_are_refused() {
    let found = problems("title: Title of T01", "title: &t Title");
    assert_eq!(found, ["line 6: anchors (&name) are not allowed: write the value out"]);
    let text = valid().replacen("title: Title of T01", "title: &t Title", 1).replacen(
        "title: Title of T02",
        "title: *t",
        1,
    );
    assert_eq!(
        problems_of(&text),
        [
            "line 6: anchors (&name) are not allowed: write the value out",
            "line 22: aliases (*name) are not allowed: write the value out",
        ]
    );
}

#[test]
fn deep_nesting_is_refused_at_once() {
    for text in ["[".repeat(50_000), "{a: ".repeat(50_000), "- ".repeat(50_000), "? ".repeat(50_000)] {
        let found = problems_of(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("nested deeper than 32"), "{found:?}");
    }
}

#[test]
fn a_duplicate_key_names_both_lines() {
    assert_eq!(
        problems("    title: Title of T01\n", "    title: One\n    title: Two\n"),
        ["line 7: the key \"title\" is there already, in line 6: keep one of them"]
    );
}

#[test]
fn an_unknown_key_names_the_nearest() {
    assert_eq!(
        problems("depends_on: [T01]", "dependson: [T01]"),
        [
            "line 25, task T02, field dependson: the key \"dependson\" is not known here; did you mean \"depends_on\"? (known: id, title, description, status, depends_on, acceptance, scope, context, attempts, lastAttempt, error, type)"
        ]
    );
}

#[test]
fn every_problem_is_reported_once() {
    let text = valid()
        .replacen("version: \"1.0\"\n", "", 1)
        .replacen("track_id: sign-in", "track_id: Sign In", 1)
        .replacen("status: pending", "status: done", 1)
        .replacen("acceptance:\n      - It works", "acceptance: It works", 1)
        .replacen("estimated_hours: 2", "estimated_hours: two", 1)
        .replacen("attempts: 0", "attempts: -1", 1)
        .replacen("title: Title of T02", "title: [a]", 1)
        .replacen("[T01]", "[T07]", 1);
    let fields: Vec<_> =
        parse(&text).unwrap_err().into_iter().map(|problem| problem.field.unwrap_or_default()).collect();
    assert_eq!(
        fields,
        [
            "version",
            "track_id",
            "status",
            "acceptance",
            "scope.estimated_hours",
            "attempts",
            "title",
            "depends_on[0]"
        ]
    );
}

#[test]
fn an_entry_that_became_a_map_is_explained() {
    assert_eq!(
        problems("- It works", "- It works: always"),
        ["line 11, task T01, field acceptance[0]: must be a text: quote an entry that holds a colon"]
    );
}

#[test]
fn what_is_no_backlog_at_all_is_refused() {
    for text in ["", "hello", "[]", "tasks: 3", "---\n---\n", "tasks: []", "\u{feff}", "? [a]\n: b"] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_byte_order_mark_is_skipped() {
    assert_eq!(parse(&format!("\u{feff}{}", valid())), parse(&valid()));
}

#[test]
fn too_many_tasks_are_refused() {
    let tasks: Vec<TaskSpec> = (0..2_001).map(|n| task(&format!("T{n}"), &[])).collect();
    assert!(validate(&tasks[..2_000]).is_empty());
    assert_eq!(validate(&tasks).len(), 1);
}

#[test]
fn estimates_are_numbers_of_hours() {
    for hours in [-1.0, f64::NAN, f64::INFINITY, 10_001.0] {
        let found = rule_problems(|task| task.scope.estimated_hours = hours);
        assert_eq!(found.len(), 1, "{hours}");
    }
}

#[test]
fn a_flood_of_problems_is_cut_and_counted() {
    let unknown: Vec<String> = (0..1_000).map(|n| format!("X{n}")).collect();
    let found = problems("[T01]", &format!("[{}]", unknown.join(", ")));
    assert_eq!(found.len(), 201);
    assert_eq!(found[200], "and 800 problems more");
    let keys: String = (0..1_000).map(|n| format!("k{n}: 1\n")).collect();
    assert!(problems_of(&keys).len() <= 201);
}
