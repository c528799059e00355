//! Tells from a test command's output that it ran no test at all.

use std::sync::LazyLock;

use regex_lite::Regex;

/// Terminal colours, as vitest prints them even into a pipe.
static COLOUR: LazyLock<Regex> = LazyLock::new(|| pattern(r"\x1b\[[0-9;]*[A-Za-z]"));

/// Lines that count tests which ran.
static SOME: LazyLock<Regex> = LazyLock::new(|| {
    one_of(&[
        // node:test, spec and tap
        r"(?:#|ℹ) (?:pass|fail|cancelled|todo) [1-9]\d*$",
        // jest, vitest
        r"\s*Tests:?\s.*\b[1-9]\d* (?:passed|failed)\b",
        // mocha, and the dots of others
        r"\s*[1-9]\d* (?:passing|failing)\b",
        // cargo test
        r"test result: .*\b[1-9]\d* (?:passed|failed|measured);",
        r"test \S.* \.\.\. (?:ok|FAILED)$",
        // cargo nextest
        r"\s*Summary \[.*\]\s+[1-9]\d* tests? run:",
        // pytest
        r"=*\s*(?:\d+ \w+, )*[1-9]\d* (?:passed|failed|errors?|xfailed|xpassed)\b.* in [\d.]+s",
        // unittest, bun
        r"Ran [1-9]\d* tests?\b",
        // go test
        r"(?:ok|FAIL)\s+\S+\s+(?:[\d.]+s|\(cached\))(?:\s+coverage: .*)?$",
        r"\s*--- (?:PASS|FAIL): ",
    ])
});

/// Lines that say that there was nothing to run.
static NONE: LazyLock<Regex> = LazyLock::new(|| {
    one_of(&[
        // make: a file of the target's name exists, or the target has no commands
        r"g?make(?:\[\d+\])?: (?:'.*' is up to date|Nothing to be done for '.*')\.$",
        // node:test; skipped tests did not run
        r"(?:#|ℹ) pass 0$",
        // jest, vitest
        r"\s*Tests:?\s+(?:no tests|0 total|(?:\d+ (?:skipped|todo)[ ,|]*)+(?:\(\d+\)|\d+ total))$",
        r"No tests? (?:files? )?found, exiting with code \d",
        // mocha
        r"\s*0 passing\b",
        r"Error: No test files found",
        // cargo test
        r"test result: ok\. 0 passed; 0 failed; \d+ ignored; 0 measured;",
        // cargo nextest
        r"\s*Summary \[.*\]\s+0 tests run:",
        // pytest
        r"=*\s*no tests ran in [\d.]+s",
        r"=*\s*(?:\d+ (?:skipped|deselected|warnings?)(?:, )?)+ in [\d.]+s",
        // unittest, bun
        r"Ran 0 tests\b",
        r"NO TESTS RAN$",
        // go test
        r"\?\s+\S+\s+\[no test files\]",
        r"ok\s+\S+\s.*\[no tests to run\]$",
    ])
});

/// Whether the end of a test command's output says that zero tests ran: node:test, vitest, jest,
/// mocha, cargo test and nextest, pytest, unittest, bun, go test, make. One test anywhere in it is enough
/// for `false`, and so is output that nothing is known about.
pub fn ran_no_test(tail: &str) -> bool {
    let plain = COLOUR.replace_all(tail, "");
    let mut says_none = false;
    let mut is_doc_test = false;
    for line in plain.lines().map(str::trim_end) {
        let start = line.trim_start();
        if SOME.is_match(line) {
            return false;
        }
        // Most crates have no doc test, and the unit tests before may be cut off already.
        if start.starts_with("Doc-tests ") {
            is_doc_test = true;
        } else if start.starts_with("Running ") {
            is_doc_test = false;
        }
        says_none |= !is_doc_test && NONE.is_match(line);
    }
    says_none
}

/// A pattern for any of these line starts.
fn one_of(starts: &[&str]) -> Regex {
    pattern(&format!("^(?:{})", starts.join("|")))
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the patterns are constants that every test compiles")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Outputs of the real tools where no test ran, shortened to what matters.
    const NOTHING: &[(&str, &str)] = &[
        ("make, beside a directory `test`", "make: 'test' is up to date.\n"),
        ("make, a target without commands", "make: Nothing to be done for 'test'.\n"),
        (
            "node:test tap, no files",
            "TAP version 13\n1..0\n# tests 0\n# suites 0\n# pass 0\n# fail 0\n# cancelled 0\n\
             # skipped 0\n# todo 0\n# duration_ms 8.401351\n",
        ),
        (
            "node:test spec, no files",
            "ℹ tests 0\nℹ suites 0\nℹ pass 0\nℹ fail 0\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\n\
             ℹ duration_ms 34.757119\n",
        ),
        (
            "node:test spec, all skipped",
            "﹣ b (0.779142ms) # SKIP\nℹ tests 1\nℹ suites 0\nℹ pass 0\nℹ fail 0\nℹ cancelled 0\n\
             ℹ skipped 1\nℹ todo 0\nℹ duration_ms 876.543455\n",
        ),
        ("vitest, no files", "\u{1b}[31m\nNo test files found, exiting with code 1\u{1b}[39m\n"),
        ("vitest, no files allowed", "No test files found, exiting with code 0\n\n"),
        (
            "vitest, all skipped",
            "\u{1b}[2m Test Files \u{1b}[22m \u{1b}[33m1 skipped\u{1b}[39m\u{1b}[90m (1)\u{1b}[39m\n\
             \u{1b}[2m      Tests \u{1b}[22m \u{1b}[33m2 skipped\u{1b}[39m\u{1b}[90m (2)\u{1b}[39m\n",
        ),
        (
            "vitest, a file without tests",
            " Test Files  1 failed (1)\n      Tests  no tests\n   Start at  06:53:59\n",
        ),
        (
            "jest, no files",
            "No tests found, exiting with code 1\nRun with `--passWithNoTests` to exit with code 0\n",
        ),
        ("jest, no files allowed", "No tests found, exiting with code 0\n"),
        ("jest, empty file", "Test Suites: 2 failed, 2 total\nTests:       0 total\nSnapshots:   0 total\n"),
        ("jest, all skipped", "Test Suites: 1 skipped, 0 of 1 total\nTests:       1 skipped, 1 total\n"),
        ("mocha, no tests", "\n\n  0 passing (0ms)\n\n"),
        ("mocha, no files", "\u{1b}[31mError: No test files found: \"test\"\u{1b}[39m\n"),
        (
            "cargo test, no tests",
            "     Running unittests src/lib.rs (target/debug/deps/c-d4fd4905425e6bfe)\n\n\
             running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; \
             0 filtered out; finished in 0.00s\n\n   Doc-tests c\n\nrunning 0 tests\n\n\
             test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; \
             finished in 0.00s\n\n",
        ),
        (
            "cargo nextest, no tests",
            "    Starting 0 tests across 1 binary (2 tests skipped)\n────────────\n     \
             Summary [   0.026s] 0 tests run: 0 passed, 2 skipped\nerror: no tests to run\n",
        ),
        (
            "pytest, no tests",
            "collected 0 items\n\n\
             ============================ no tests ran in 0.03s =============================\n",
        ),
        ("pytest -q, no tests", "\nno tests ran in 0.04s\n"),
        (
            "pytest, deselected",
            "collected 1 item / 1 deselected / 0 selected\n\n\
             ============================ 1 deselected in 0.05s =============================\n",
        ),
        ("pytest -q, all skipped", "s [100%]\n1 skipped, 2 warnings in 0.02s\n"),
        (
            "unittest of Python 3.11",
            "\n----------------------------------------------------------------------\n\
             Ran 0 tests in 0.000s\n\nOK\n",
        ),
        (
            "unittest of Python 3.12",
            "\n----------------------------------------------------------------------\n\
             Ran 0 tests in 0.000s\n\nNO TESTS RAN\n",
        ),
        (
            "go test, no files",
            "?   \texample.com/x\t[no test files]\n?   \texample.com/x/y\t[no test files]\n",
        ),
        (
            "go test, no tests",
            "testing: warning: no tests to run\nPASS\nok  \texample.com/x\t0.002s [no tests to run]\n",
        ),
    ];

    /// Outputs of the real tools where at least one test ran.
    const SOMETHING: &[(&str, &str)] = &[
        (
            "node:test tap",
            "ok 1 - a\n1..2\n# tests 2\n# suites 0\n# pass 1\n# fail 0\n# cancelled 0\n\
             # skipped 1\n# todo 0\n",
        ),
        (
            "node:test spec, failing only",
            "ℹ tests 1\nℹ suites 0\nℹ pass 0\nℹ fail 1\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\n",
        ),
        (
            "vitest",
            "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m1 passed\u{1b}[39m\u{1b}[22m\u{1b}[2m | \
             \u{1b}[22m\u{1b}[33m1 skipped\u{1b}[39m\u{1b}[90m (2)\u{1b}[39m\n",
        ),
        ("jest", "Test Suites: 1 failed, 1 passed, 2 total\nTests:       1 passed, 1 total\n"),
        ("mocha", "  \u{1b}[32m✔\u{1b}[39m a\n\n  1 passing (1ms)\n\n"),
        ("mocha, failing only", "  0 passing (4ms)\n  2 failing\n"),
        (
            "cargo test",
            "     Running unittests src/lib.rs (target/debug/deps/c-d4fd4905425e6bfe)\n\n\
             running 2 tests\ntest t ... ok\ntest u ... ignored\n\n\
             test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; \
             finished in 0.00s\n\n   Doc-tests c\n\nrunning 0 tests\n\n\
             test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; \
             finished in 0.00s\n\n",
        ),
        (
            "cargo test, all but the doc tests cut off",
            "   Doc-tests c\n\nrunning 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; \
             0 measured; 0 filtered out; finished in 0.00s\n\n",
        ),
        ("cargo nextest", "     Summary [   0.026s] 1 test run: 1 passed, 1 skipped\n"),
        (
            "pytest",
            "test_a.py .      [100%]\n\n\
             ============================== 1 passed in 0.05s ===============================\n",
        ),
        ("pytest -q", "3 failed, 1 skipped, 2 warnings in 0.03s\n"),
        ("pytest -q, mixed", "1 skipped, 2 errors in 1.20s\n"),
        ("unittest", ".\n------\nRan 1 test in 0.000s\n\nOK\n"),
        ("bun", " 2 pass\n 0 fail\nRan 2 tests across 1 file. [12.00ms]\n"),
        ("go test, some packages", "?   \texample.com/x\t[no test files]\nok  \texample.com/x/y\t0.002s\n"),
        ("go test, cached", "ok  \texample.com/x\t(cached)\n"),
        ("go test, failing", "--- FAIL: TestA (0.00s)\nFAIL\nFAIL\texample.com/x\t0.002s\n"),
        ("unknown", "all good\n"),
        ("nothing", ""),
    ];

    #[test]
    fn outputs_without_tests_are_recognised() {
        for (name, tail) in NOTHING {
            assert!(ran_no_test(tail), "{name}");
            assert!(ran_no_test(&tail.replace('\n', "\r\n")), "{name} with CRLF");
        }
    }

    #[test]
    fn outputs_with_tests_are_not_mistaken() {
        for (name, tail) in SOMETHING {
            assert!(!ran_no_test(tail), "{name}");
        }
    }

    #[test]
    fn one_suite_with_tests_is_enough() {
        for (nothing, empty) in NOTHING {
            for (something, full) in &SOMETHING[..6] {
                assert!(!ran_no_test(&format!("{full}{empty}")), "{something}, {nothing}");
                assert!(!ran_no_test(&format!("{empty}{full}")), "{nothing}, {something}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_output_is_read(tail in any::<String>()) {
            prop_assert!(!ran_no_test(&tail) || !tail.is_empty());
        }
    }
}
