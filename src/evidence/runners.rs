//! Failed tests as the usual test runners print them.

use super::javascript::{jest, mocha, node_crash, node_spec, node_tap, tape, vitest};
use super::output::{Fault, block, pattern, place, strip};

/// Every failed test that any of the known runners reports.
pub(super) fn faults(lines: &[&str]) -> Vec<Fault> {
    let crashes = node_crash(lines);
    let readers = [node_spec, node_tap, tape, mocha, vitest, jest, cargo, pytest, unittest, go];
    let mut faults: Vec<Fault> = readers.iter().flat_map(|read| read(lines)).collect();
    if !crashes.is_empty() {
        // node:test knows of a file that could not be loaded only that it failed.
        faults.retain(|fault| fault.why.trim_matches('\'') != "test failed");
    }
    faults.splice(0..0, crashes);
    faults
}

/// cargo test and nextest: `thread 'test' (id) panicked at file:line:column:` and the message.
fn cargo(lines: &[&str]) -> Vec<Fault> {
    let title = pattern(r"^\s*thread '(.+?)'.* panicked at (\S+:\d+:\d+):$");
    let mut faults = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let Some(found) = title.captures(line) else {
            continue;
        };
        let is_end = |line: &str| {
            let line = line.trim();
            line.is_empty() || line.starts_with("note:") || line.starts_with("stack backtrace:")
        };
        let block: Vec<&str> = block(lines, i, is_end).iter().map(|line| line.trim()).collect();
        faults.push(Fault::test(&found[1], block.join(", "), place(&found[2])));
    }
    // Before Rust 1.73 the message stood on the same line.
    let old = pattern(r"^\s*thread '(.+?)' panicked at '(.+)', (\S+:\d+:\d+)$");
    let found = lines.iter().filter_map(|line| old.captures(line));
    faults.extend(found.map(|found| Fault::test(&found[1], found[2].to_owned(), place(&found[3]))));
    faults.extend(cargo_quiet(lines));
    faults
}

/// cargo test, tests that fail without a panic of theirs: an `Err`, or no panic where one is due.
fn cargo_quiet(lines: &[&str]) -> Vec<Fault> {
    let title = pattern(r"^---- (\S+) stdout ----$");
    let due = pattern(r"^note: (test did not panic as expected)(?: at (\S+:\d+):\d+)?");
    let mut faults = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let Some(found) = title.captures(line) else { continue };
        let block = block(lines, i, |line| line.starts_with("---- ") || line == "failures:");
        if block.iter().any(|line| line.contains(" panicked at ")) {
            continue;
        }
        if let Some(error) = block.iter().find_map(|line| line.strip_prefix("Error: ")) {
            faults.push(Fault::test(&found[1], error.to_owned(), None));
        } else if let Some(note) = block.iter().find_map(|line| due.captures(line)) {
            let at = note.get(2).and_then(|at| place(at.as_str()));
            faults.push(Fault::test(&found[1], note[1].to_owned(), at));
        }
    }
    faults
}

/// pytest: a section `____ test ____` each, with `E` lines and a last `file:line: Error`; of tests without
/// one, their line in the short summary.
fn pytest(lines: &[&str]) -> Vec<Fault> {
    let title = pattern(r"^_{3,} (.+?) _{3,}$");
    let place_line = pattern(r"^(\S+\.py:\d+): ?(?:in .+|\w*)$");
    let is_end = |line: &str| title.is_match(line) || line.starts_with("====");
    let mut faults = Vec::new();
    let mut named: Vec<String> = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let Some(found) = title.captures(line) else {
            continue;
        };
        let block = block(lines, i, is_end);
        let at = block.iter().rev().find_map(|line| place_line.captures(line));
        let at = at.and_then(|found| place(&found[1]));
        let name = found[1].trim_start_matches("ERROR collecting ").trim_start_matches("ERROR at ");
        named.push(format!(" {name}"));
        faults.push(Fault::test(name, pytest_error(&block), at));
    }
    let summary = pattern(r"^(?:FAILED|ERROR) (\S+\.py)(?:::(\S+))?(?: - (.+))?$");
    for found in lines.iter().filter_map(|line| summary.captures(line)) {
        let file = found[1].to_owned();
        let name = found.get(2).map_or(file.as_str(), |name| name.as_str());
        // `setup of test_a` names a test of the summary, too.
        if named.iter().any(|known| known.ends_with(&format!(" {}", name.replace("::", ".")))) {
            continue;
        }
        let why = found.get(3).map_or("it failed", |why| why.as_str());
        faults.push(Fault::test(name, strip(why), Some(file.clone())));
    }
    faults
}

/// What the `E` lines of a failed test say: the first; of values too long to be shown, where they differ;
/// after words of the test's own, the values.
fn pytest_error(block: &[&str]) -> String {
    let told: Vec<&str> = block.iter().filter_map(|line| line.strip_prefix("E  ")).map(str::trim).collect();
    let Some(first) = told.first() else { return "it failed".to_owned() };
    let differing = told.iter().position(|line| *line == "Differing items:").and_then(|at| told.get(at + 1));
    let differing = differing.or_else(|| told.iter().find(|line| line.starts_with("At index ")));
    let is_assertion = |line: &&&str| line.starts_with("assert ");
    let first = strip(first);
    match (differing, told[1..].iter().find(is_assertion)) {
        (Some(differing), _) if first.contains("...") => (*differing).to_owned(),
        (_, Some(assertion)) if !first.starts_with("assert ") => format!("{first}: {assertion}"),
        _ => first,
    }
}

/// unittest: `FAIL: test (path)`, a traceback, and the error as its last unindented line.
fn unittest(lines: &[&str]) -> Vec<Fault> {
    let title = pattern(r"^(?:FAIL|ERROR): (\S+) \(.+\)");
    let file = pattern(r#"^\s+File "(.+)", line (\d+)"#);
    let is_end = |line: &str| line.starts_with("====") || line.starts_with("Ran ");
    let mut faults = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let Some(found) = title.captures(line) else {
            continue;
        };
        let block = block(lines, i, is_end);
        let at = block.iter().rev().find_map(|line| file.captures(line));
        let at = at.map(|found| format!("{}:{}", &found[1], &found[2]));
        let is_error = |line: &&&str| line.starts_with(char::is_alphabetic) && !line.starts_with("Traceback");
        let why = block.iter().rfind(is_error).copied();
        faults.push(Fault::test(&found[1], strip(why.unwrap_or("it failed")), at));
    }
    faults
}

/// go test: `--- FAIL: Test`, then what it logged; with `-v` that stands below `=== RUN Test`. A parent
/// that logged nothing is left out.
fn go(lines: &[&str]) -> Vec<Fault> {
    let title = pattern(r"^\s*--- FAIL: (\S+)");
    let is_end = |line: &str| {
        let line = line.trim_start();
        ["--- ", "=== ", "FAIL"].iter().any(|start| line.starts_with(start))
    };
    let running = pattern(r"^=== (?:RUN|NAME|CONT)\s+(\S+)");
    let over = pattern(r"^\s*--- \w+: (\S+)");
    let mut faults = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let Some(found) = title.captures(line) else {
            continue;
        };
        let mut block = block(lines, i, is_end);
        if !block.iter().any(|line| line.starts_with("panic: ")) {
            // Another package may have a test of this name.
            let is_over = |line: &&str| over.captures(line).is_some_and(|over| over[1] == found[1]);
            let from = lines[..i].iter().rposition(is_over).map_or(0, |at| at + 1);
            let starts = (from..i)
                .filter(|at| running.captures(lines[*at]).is_some_and(|running| running[1] == found[1]));
            block.extend(starts.flat_map(|at| super::output::block(lines, at, is_end)));
        }
        if let Some((why, at)) = go_log(&block) {
            faults.push(Fault::test(&found[1], why, at));
        } else if let Some((why, at)) = testify(&block) {
            faults.push(Fault::test(&found[1], why, at));
        } else if let Some(at) = block.iter().position(|line| line.starts_with("panic: ")) {
            let why = block[at].split(" [recovered").next().unwrap_or(block[at]);
            faults.push(Fault::test(&found[1], why.to_owned(), go_frame(&lines[i + 1 + at..])));
        } else if block.first() == Some(&"got:") {
            let why = block.join(" ").replace(" want:", ", want").replace("got:", "got");
            faults.push(Fault::test(&found[1], why, None));
        }
    }
    faults
}

/// What a Go test logged: the first entry that tells what was wanted, else the last, which ended it. Of an
/// entry of several lines the first, and those that differ or else the next two.
fn go_log(block: &[&str]) -> Option<(String, Option<String>)> {
    const SIGNS: [&str; 5] = ["want", "expected", "mismatch", "!=", "not equal"];
    let log = pattern(r"^\s+(\S+\.go:\d+): (.+)$");
    let mut entries: Vec<(Vec<&str>, String)> = Vec::new();
    for line in block {
        match (log.captures(line), entries.last_mut()) {
            (Some(found), _) => {
                let text = found.get(2).map_or("", |text| text.as_str());
                entries.push((vec![text], found[1].to_owned()));
            }
            (None, Some((told, _))) if line.starts_with("        ") => told.push(line.trim()),
            _ => {}
        }
    }
    let is_telling = |(told, _): &&(Vec<&str>, String)| {
        told.iter().any(|line| SIGNS.iter().any(|sign| line.to_lowercase().contains(sign)))
    };
    let (told, at) = entries.iter().find(is_telling).or(entries.last())?;
    let (first, rest) = told.split_first()?;
    let mut more: Vec<&str> = rest.iter().filter(|line| line.starts_with(['-', '+'])).copied().collect();
    if more.is_empty() {
        more = rest.iter().take(2).copied().collect();
    }
    Some((std::iter::once(*first).chain(more).collect::<Vec<_>>().join(" "), place(at)))
}

/// testify: `Error Trace:`, `Error:` and its further lines, `Test:`, below an empty log line.
fn testify(block: &[&str]) -> Option<(String, Option<String>)> {
    let value = |key: &str| block.iter().position(|line| line.trim_start().starts_with(key));
    let from = value("Error:")?;
    let at = value("Error Trace:").and_then(|at| place(block[at].split_whitespace().last()?));
    let first = block[from].trim_start().trim_start_matches("Error:").trim();
    let more = block[from + 1..].iter().map(|line| line.trim());
    let more =
        more.take_while(|line| !line.starts_with("Test:") && !line.is_empty() && !line.starts_with("Diff:"));
    let told: Vec<&str> = std::iter::once(first).chain(more).collect();
    Some((told.join(" "), at))
}

/// The first frame of a Go stack that is neither Go's own nor a library's.
fn go_frame(lines: &[&str]) -> Option<String> {
    let frame = pattern(r"^\t(\S+\.go:\d+)(?: \+0x[0-9a-f]+)?$");
    let is_own = |path: &String| {
        !path.contains("/src/testing/") && !path.contains("/src/runtime/") && !path.contains("/pkg/mod/")
    };
    lines.iter().filter_map(|line| place(&frame.captures(line)?[1])).find(is_own)
}
