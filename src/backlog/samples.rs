//! Backlogs for tests.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{Backlog, Limits, Scope, Status, TaskContext, TaskSpec, WorkKind, render};
use crate::ids::{TaskId, TrackId};

/// A valid task with dependencies.
pub(crate) fn task(id: &str, depends_on: &[&str]) -> TaskSpec {
    TaskSpec {
        id: TaskId::from(id),
        title: format!("Title of {id}"),
        description: "What to do".into(),
        status: Status::Pending,
        depends_on: depends_on.iter().map(|&id| TaskId::from(id)).collect(),
        acceptance: vec!["It works".into()],
        scope: Scope { files_hint: vec!["src/a.rs".into()], estimated_hours: 2.0 },
        context: TaskContext::default(),
        attempts: 0,
        last_attempt: None,
        error: None,
        kind: None,
    }
}

/// A valid backlog of such tasks.
pub(crate) fn backlog(tasks: Vec<TaskSpec>) -> Backlog {
    Backlog {
        version: "1.0".into(),
        track_id: TrackId::from("sign-in"),
        revision: None,
        created_at: "2026-01-01T00:00:00Z".into(),
        updated_at: None,
        limits: Limits::default(),
        tasks,
    }
}

/// A valid file of two tasks, the second begins in line 21.
pub(crate) fn valid() -> String {
    render(&backlog(vec![task("T01", &[]), task("T02", &["T01"])]))
}

/// Any text at all: lines, quotes, what YAML takes for something else, any character.
fn text() -> impl Strategy<Value = String> {
    let special = select(vec![
        "",
        " ",
        "1.0",
        "1e5",
        "0x1f",
        "yes",
        "No",
        "null",
        "~",
        "2026-01-01",
        "- a",
        "a: b",
        "a # b",
        "# a",
        "\"a\"",
        "it's",
        "'",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a`",
        "|",
        ">",
        "---",
        "...",
        "--- a",
        "{",
        "[",
        "a\\b",
        "\t",
        "\ta\n\tb",
        " a\nb",
        "a\n b\n",
        "a\n\n\nb\n\n",
        "\n",
        "\na",
        "a\r\nb",
        "a\n---\nb",
        "a\n...\nb\n",
        "a \nb ",
        "a\n \nb",
        "\u{feff}a\nb",
        "\u{85}",
        "a\u{2028}b",
        "\u{0}",
        "\u{1b}[31m",
        "ünïcödé",
        "日本語\n日本",
        "🙂",
        "a,b",
        "a]",
        "?",
        "? a",
        "-",
        "<<",
    ]);
    prop_oneof![
        2 => special.prop_map(str::to_owned),
        2 => "[ -~\n]{0,80}",
        1 => "[a-z #:\n-]{0,40}",
        1 => any::<String>(),
    ]
}

/// A text that is not blank.
fn filled() -> impl Strategy<Value = String> {
    text().prop_filter("is filled", |text| !text.trim().is_empty())
}

/// A text on one line.
fn line() -> impl Strategy<Value = String> {
    let plain =
        |text: String| text.replace(|c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}', " ");
    filled().prop_map(plain).prop_filter("is filled", |text| !text.trim().is_empty())
}

fn file_hint() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z@*{}\\[\\]-][a-z0-9 .,#'\"é*]{0,12}(/[a-z0-9_é*]{1,8}){0,3}"]
        .prop_filter("stays inside", |hint| !hint.trim().is_empty())
}

prop_compose! {
    fn any_task()(
        words in (line(), filled(), option::of(text()), option::of(text())),
        status in select(Status::ALL.to_vec()),
        kind in option::of(select(WorkKind::ALL.to_vec())),
        acceptance in vec(filled(), 1..4),
        files_hint in vec(file_hint(), 1..4),
        estimated_hours in prop_oneof![0.0..10_000.0_f64, Just(0.0), Just(0.5), Just(1e-300)],
        (constraints, patterns, gotchas) in
            (vec(filled(), 0..3), vec(filled(), 0..3), vec(filled(), 0..3)),
        attempts in any::<u32>(),
    ) -> TaskSpec {
        let (title, description, last_attempt, error) = words;
        TaskSpec {
            id: TaskId(String::new()),
            title, description, status,
            depends_on: Vec::new(),
            acceptance,
            scope: Scope { files_hint, estimated_hours },
            context: TaskContext { constraints, patterns, gotchas },
            attempts, last_attempt, error, kind,
        }
    }
}

/// A valid backlog of one to a few tasks; each depends on earlier ones only.
pub(crate) fn any_backlog() -> impl Strategy<Value = Backlog> {
    // Distinct when case is ignored, several look like other YAML values.
    let ids = ["T01", "1", "1e5", "no", "null", "0x10", "a-b_c", "Z"];
    let tasks = (1..=ids.len()).prop_flat_map(move |count| {
        let tasks = vec(any_task(), count);
        let edges: Vec<_> = (0..count).map(|index| subsequence(ids[..index].to_vec(), 0..=index)).collect();
        (tasks, edges)
    });
    let head =
        (filled(), "[a-z0-9][a-z0-9-]{0,47}", option::of(0..1_u64 << 53), filled(), option::of(text()));
    // Nothing that a file hint can be.
    let limits = (vec(filled(), 0..3), vec("_[0-9]{4,8}/?", 0..3));
    (tasks, head, limits).prop_map(move |((mut tasks, edges), head, (constraints, dont_touch))| {
        for (index, depends_on) in edges.into_iter().enumerate() {
            tasks[index].id = TaskId::from(ids[index]);
            tasks[index].depends_on = depends_on.into_iter().map(TaskId::from).collect();
        }
        let (version, track_id, revision, created_at, updated_at) = head;
        let limits = Limits { constraints, dont_touch };
        Backlog { version, track_id: TrackId(track_id), revision, created_at, updated_at, limits, tasks }
    })
}
