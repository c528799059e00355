use proptest::prelude::*;

use super::*;
use crate::gates::GateName;

fn gate(gate: GateName, command: &str, tail: &str) -> Failure {
    Failure::Gate {
        gate,
        command: command.to_owned(),
        code: Some(1),
        tail: relative(tail, "/home/dev/pool/w1"),
    }
}

/// Distils what a tool printed, from `tests/fixtures/gate-output/`: recorded, but for go, npm-missing and
/// the kinds in `rarer_forms`, which are written after their documented forms.
macro_rules! distilled {
    ($gate:ident, $command:literal, $file:literal) => {{
        let tail = include_str!(concat!("../../tests/fixtures/gate-output/", $file, ".txt"));
        let lines = distill(&gate(GateName::$gate, $command, tail));
        insta::assert_snapshot!($file, lines.join("\n"));
    }};
}

#[test]
fn test_runners() {
    distilled!(Test, "node --test", "node-spec");
    distilled!(Test, "node --test", "node-tap");
    distilled!(Test, "vitest run", "vitest");
    distilled!(Test, "jest", "jest");
    distilled!(Test, "cargo test", "cargo-test");
    distilled!(Test, "cargo nextest run", "cargo-nextest");
    distilled!(Test, "pytest", "pytest");
    distilled!(Test, "pytest -q --tb=no", "pytest-short");
    distilled!(Test, "python -m unittest", "unittest");
    distilled!(Test, "go test ./...", "go-test");
    distilled!(Test, "mocha", "mocha");
    distilled!(Test, "tape test/*.js", "tape");
}

#[test]
fn what_a_test_says_of_its_values() {
    distilled!(Test, "pytest -q", "pytest-values");
    distilled!(Test, "pytest -q --tb=line", "pytest-line");
    distilled!(Test, "go test ./...", "go-logs");
    distilled!(Test, "go test -v ./...", "go-verbose");
    distilled!(Test, "go test ./...", "go-example");
}

#[test]
fn rarer_forms() {
    distilled!(Test, "cargo test", "cargo-quiet");
    distilled!(Test, "go test ./...", "go-testify");
    distilled!(Test, "go test ./...", "go-panic");
    distilled!(Test, "jest", "jest-suite");
    distilled!(Test, "pytest", "pytest-setup");
    distilled!(Lint, "eslint --max-warnings 0 .", "eslint-warnings");
    distilled!(Lint, "cargo clippy --message-format short", "cargo-short");
    distilled!(Lint, "cargo clippy", "cargo-deny");
    distilled!(Typecheck, "tsc -p .", "tsc-config");
}

#[test]
fn an_issue_of_a_review_has_its_place() {
    let told = |issue: &str| {
        distill(&Failure::Review { issues: vec![issue.to_owned()], is_of_spec: false }).remove(0)
    };
    assert_eq!(told("src/a.js:3: off by one."), "Don't leave this open: off by one (review, src/a.js:3)");
    assert_eq!(
        told("the limit in `src/a.js:3-9` is off at 12:30"),
        "Don't leave this open: the limit in `src/a.js:3-9` is off at 12:30 (review)"
    );
    assert_eq!(told("see (src/a.js:3)"), "Don't leave this open: see (src/a.js:3) (review, src/a.js:3)");
}

#[test]
fn files_that_cannot_be_loaded() {
    distilled!(Test, "node --test", "node-import-spec");
    distilled!(Test, "node --test", "node-import-tap");
    distilled!(Test, "node test.js", "node-throw");
    distilled!(Test, "vitest run", "vitest-import");
    distilled!(Test, "pytest", "pytest-import");
    distilled!(Test, "python -m unittest", "unittest-import");
}

#[test]
fn compilers_and_linters() {
    distilled!(Test, "cargo test", "cargo-build");
    distilled!(Lint, "cargo clippy", "cargo-clippy");
    distilled!(Typecheck, "tsc --noEmit", "tsc");
    distilled!(Typecheck, "tsc --noEmit", "tsc-pretty");
    distilled!(Lint, "eslint .", "eslint");
    distilled!(Lint, "ruff check .", "ruff");
    distilled!(Typecheck, "mypy .", "mypy");
    distilled!(Test, "go test ./...", "go-build");
    distilled!(Lint, "npm run lint", "npm-missing");
    distilled!(Lint, "biome lint .", "biome");
}

#[test]
fn only_what_the_failed_test_logged_is_told_of_it() {
    let tail = "=== RUN   TestNew\n    a_test.go:5: want a warm cache first\n--- PASS: TestNew (0.00s)\nPASS\n\
                ok  \texample.com/a\t0.002s\n=== RUN   TestNew\n    b_test.go:9: New() = 1, want 2\n\
                --- FAIL: TestNew (0.00s)\nFAIL\nFAIL\texample.com/b\t0.002s\nFAIL\n";
    let lines = distill(&gate(GateName::Test, "go test -v ./...", tail));
    assert_eq!(lines, ["Don't break \"TestNew\": New() = 1, want 2 (test, b_test.go:9)"]);
    let tail = "TAP version 13\n# a plan\nnot ok 1 later # TODO\n  ---\n    operator: equal\n    expected: 1\n\
                \x20   actual:   2\n  ...\n# a sum\nnot ok 2 adds\n  ---\n    operator: equal\n    expected: 3\n\
                \x20   actual:   4\n  ...\n";
    let lines = distill(&gate(GateName::Test, "tape test/*.js", tail));
    assert_eq!(lines, ["Don't break \"a sum\": adds: expected 3, got 4 (test)"]);
}

#[test]
fn formatters() {
    distilled!(Lint, "prettier --check .", "prettier");
    distilled!(Lint, "cargo fmt --check", "rustfmt");
    distilled!(Lint, "biome check .", "biome-format");
    let lines =
        distill(&gate(GateName::Lint, "black --check .", "would reformat src/a.py\n1 file would be\n"));
    assert_eq!(lines, ["Don't leave a file unformatted: the formatter would change it (lint, src/a.py)"]);
    let error = "  /home/dev/pool/w1/a.py:3:8 - error: Import \"foo\" is missing (reportMissingImports)\n";
    let lines = distill(&gate(GateName::Typecheck, "pyright", error));
    assert_eq!(lines, ["Don't leave reportMissingImports: Import \"foo\" is missing (typecheck, a.py:3)"]);
}

#[test]
fn of_too_many_those_at_a_place_of_their_own_come_first() {
    let tail: String =
        (0..7).map(|i| format!("a.c:{}: error: bad {i}\n", if i < 4 { 1 } else { i })).collect();
    let lines = distill(&gate(GateName::Lint, "cc", &tail));
    let places: Vec<&str> =
        lines.iter().filter_map(|line| line.rsplit_once(", ")).map(|(_, at)| at).collect();
    assert_eq!(places, ["a.c:1)", "a.c:4)", "a.c:5)", "a.c:6)", "a.c:1)"]);
}

fn every_other_failure() -> Vec<Failure> {
    let text = |text: &str| text.to_owned();
    let paths = ["a.js", "b.js", "c.js", "d.js"].map(text).to_vec();
    vec![
        Failure::Gate {
            gate: GateName::Test,
            command: text("npm test"),
            code: None,
            tail: text("starting\nwaiting for port 5432\n"),
        },
        gate(GateName::Lint, "make lint", ""),
        Failure::Review {
            issues: vec![text("the limit is off by one.\n"), text("no test for 0")],
            is_of_spec: false,
        },
        Failure::Review { issues: vec![text("no test for 0")], is_of_spec: true },
        Failure::Timeout { after_ms: 1_800_000 },
        Failure::Silent { after_ms: 300_000 },
        Failure::Loop { what: text("read src/a.js five times") },
        Failure::Blocked { reason: text("there is no database") },
        Failure::Provider { class: TroubleClass::RateLimited, message: text("429: slow down") },
        Failure::Provider { class: TroubleClass::Refused, message: text("401: no key") },
        Failure::Provider { class: TroubleClass::Truncated, message: text("it was cut off") },
        Failure::Provider { class: TroubleClass::ContextOverflow, message: text("too long") },
        Failure::Provider { class: TroubleClass::ContentFilter, message: text("filtered") },
        Failure::Conflict { paths },
        Failure::Empty,
        Failure::Forbidden { paths: vec![text("opencode.json")] },
        Failure::Context { findings: vec![text("line 3 of the context: names task T09")] },
        Failure::Budget { message: text("its budget is used up, so it is not reviewed") },
        Failure::Host { message: text("git: disk full") },
    ]
}

#[test]
fn every_failure_has_a_headline_and_a_lesson() {
    let told: Vec<String> = every_other_failure()
        .iter()
        .map(|failure| {
            let lines: Vec<String> = distill(failure).iter().map(|l| format!("\n  {l}")).collect();
            let attempt = if failure.consumes_attempt() { "" } else { " [attempt not used]" };
            format!("{:?}: {}{attempt}{}", failure.class(), failure.headline(), lines.concat())
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_headline_shows_the_whole_command() {
    let headline = gate(GateName::Test, "go test ./...", "").headline();
    assert_eq!(headline, "the test gate failed: `go test ./...` ended with exit code 1");
}

#[test]
fn a_failure_survives_the_journal() {
    for failure in every_other_failure() {
        let json = serde_json::to_string(&failure).unwrap();
        assert_eq!(serde_json::from_str::<Failure>(&json).unwrap(), failure);
    }
}

#[test]
fn a_tail_cut_at_its_start_is_still_read() {
    let whole = include_str!("../../tests/fixtures/gate-output/node-spec.txt");
    let at = whole.find("test at test/limiter.test.js:9:3").unwrap();
    let lines = distill(&gate(GateName::Test, "node --test", &whole[at..]));
    assert_eq!(lines.len(), 2, "{lines:?}");
}

#[test]
fn the_same_fault_is_told_once_and_five_at_most() {
    let tail: String = (0..20).map(|i| format!("a.c:{}: error: bad\n", i / 2)).collect();
    let lines = distill(&gate(GateName::Lint, "cc", &tail));
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[1], "Don't leave an error: bad (lint, a.c:1)");
}

#[test]
fn escape_sequences_and_returns_are_dropped() {
    let text = "\u{1b}[31mred\u{1b}[0m\u{1b}]8;;http://x\u{7}link\u{1b}]8;;\u{1b}\\ 10%\r20%\r\nend\u{0}";
    assert_eq!(output::plain(text), "redlink 10%\n20%\nend");
}

#[test]
fn places_are_read_out_of_words() {
    let cases = [
        ("(file:///a/b.js:3:9)", Some("/a/b.js:3")),
        ("src/lib.rs:6:13:", Some("src/lib.rs:6")),
        ("x_test.go:14", Some("x_test.go:14")),
        ("node:internal/test:796:25", None),
        ("C:\\a\\b.js:3:9", Some("C:\\a\\b.js:3")),
        ("12:30", Some("12:30")),
        ("nothing", None),
        (":3", None),
    ];
    for (word, expected) in cases {
        assert_eq!(output::place(word).as_deref(), expected, "{word}");
    }
}

#[test]
fn paths_become_relative() {
    let text = "at file:///w/1/a.js:3 /w/1/b.js /w/10/c.js file:///w/1/";
    assert_eq!(relative(text, "/w/1"), "at a.js:3 b.js /w/10/c.js ");
    assert_eq!(relative("at file:///C:/w/a.js C:/w/b.js", "C:/w/"), "at a.js b.js");
    assert_eq!(relative("/a", "/"), "/a");
}

/// Pieces of real outputs, so that the readers are entered and then surprised.
fn any_tail() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "test at ",
        "✖ ",
        "not ok 1 - ",
        "error: |-",
        "location: '",
        " FAIL  a > b",
        "● a › b",
        "at x (a.js:1:2)",
        "thread 'a' panicked at a.rs:1:2:",
        "error[E1]: x",
        " --> ",
        "____ a ____",
        "E   x",
        "FAIL: a (b)",
        "  File \"a\", line 3",
        "--- FAIL: T",
        "    a.go:1: x",
        "a.ts(1,2): error TS1: x",
        "  1:2  error  x  y",
        "a.c:3: error: x [y]",
        "\u{1b}[31m",
        "\u{1b}]",
        "...",
        "Expected: 1",
        "Received: 2",
        "+ a",
        "- b",
    ]);
    let part = prop_oneof![
        pieces.prop_map(str::to_owned),
        Just("\n".to_owned()),
        Just("\n".to_owned()),
        ".{0,30}",
        "[a-zä]{100,300}",
    ];
    prop::collection::vec(part, 0..30).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn evidence_keeps_its_limits(tail in any_tail(), code in prop::option::of(0..200i32), command in ".{0,300}") {
        let failures = [
            Failure::Gate { gate: GateName::Typecheck, command, code, tail: tail.clone() },
            Failure::Review { issues: tail.lines().map(str::to_owned).collect(), is_of_spec: false },
            Failure::Conflict { paths: tail.lines().map(str::to_owned).collect() },
            Failure::Blocked { reason: tail },
        ];
        for failure in failures {
            let lines = distill(&failure);
            prop_assert!(lines.len() <= LINES_MAX);
            for line in &lines {
                prop_assert!(line.len() <= LINE_BYTES_MAX, "{} bytes: {}", line.len(), line);
                prop_assert!(line.starts_with("Don't ") && !line.contains(char::is_control));
            }
            let headline = failure.headline();
            prop_assert!(!headline.contains(char::is_control), "{}", headline);
        }
    }
}
