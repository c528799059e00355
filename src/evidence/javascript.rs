//! Failed tests as the test runners of JavaScript print them.

use std::iter;

use super::output::{Fault, block, pattern, place, strip};

/// Node.js itself, when a file cannot be loaded or a script throws: `Error [CODE]: message` at the
/// line's start with a stack below it, and above it the place, when that is the project's.
pub(super) fn node_crash(lines: &[&str]) -> Vec<Fault> {
    // So far apart are the three at most.
    const NEAR: usize = 12;
    let title = pattern(r"^(?:# )?(\w*Error)(?: \[(\w+)\])?: (.+)$");
    // The `tap` reporter shows what a test file printed as comments.
    let bare = |line: &&'_ str| line.strip_prefix("# ").unwrap_or(line).to_owned();
    let mut faults = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let Some(found) = title.captures(line) else {
            continue;
        };
        let below: Vec<String> = lines[i + 1..].iter().take(NEAR).map(bare).collect();
        let stack = below.iter().position(|line| line.starts_with("    at "));
        let is_other = |line: &String| line.contains('❯') || line.contains("FAIL ");
        let Some(stack) = stack.filter(|at| !below[..*at].iter().any(is_other)) else {
            continue;
        };
        let above = lines[i.saturating_sub(NEAR)..i].iter().rev().map(bare);
        let at = above
            .take_while(|line| !line.starts_with("Node.js v"))
            .filter(|line| !line.contains(' ') && line.contains('.'))
            .find_map(|line| place(&line));
        let frames = below[stack..].iter().take_while(|line| line.starts_with("    at "));
        let at = at.or_else(|| frames.filter_map(|line| place(line.rsplit(' ').next()?)).next());
        let mut block = vec![&found[3]];
        block.extend(below[..stack].iter().map(String::as_str));
        let code = found.get(2).map(|code| code.as_str());
        let rule = code.filter(|code| *code != "ERR_ASSERTION").unwrap_or(&found[1]);
        faults.push(Fault::error(rule, &message(&block), at));
    }
    faults
}

/// node:test, reporter `spec`: its section of failing tests names place, test and error.
pub(super) fn node_spec(lines: &[&str]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (i, pair) in lines.windows(2).enumerate() {
        let (Some(at), Some(name)) = (pair[0].strip_prefix("test at "), pair[1].strip_prefix("✖ ")) else {
            continue;
        };
        let name = name.rsplit_once(" (").map_or(name, |(name, _)| name);
        let block = block(lines, i + 1, |line| line.starts_with("test at "));
        faults.push(Fault::test(name, message(&block), place(at)));
    }
    faults
}

/// node:test, reporter `tap`. A suite that only failed because a test of it did is left out.
pub(super) fn node_tap(lines: &[&str]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let Some(rest) = line.trim_start().strip_prefix("not ok ") else {
            continue;
        };
        let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let Some((_, name)) = rest.split_once(" - ").filter(|(number, _)| is_number(number)) else {
            continue;
        };
        let block = block(lines, i, |line| line.trim() == "...");
        let value = |key: &str| block.iter().find_map(|line| line.trim().strip_prefix(key));
        let is_parent = value("failureType:").is_some_and(|kind| kind.contains("subtestsFailed"));
        if is_parent || name.contains("# TODO") || name.contains("# SKIP") {
            continue;
        }
        let why = match value("error:").map(str::trim) {
            Some("|-" | "|") => {
                let at = block.iter().position(|line| line.trim().starts_with("error:"));
                let rest = &block[at.map_or(0, |at| at + 1)..];
                let end = rest.iter().position(|line| line.trim().starts_with("code:"));
                message(&rest[..end.unwrap_or(rest.len())])
            }
            Some(text) => text.trim_matches('\'').to_owned(),
            None => String::new(),
        };
        faults.push(Fault::test(name, why, value("location:").and_then(place)));
    }
    faults
}

/// tape: the test as a comment, `not ok 1 what was asserted`, and a block with `expected:`, `actual:` and
/// `at:`.
pub(super) fn tape(lines: &[&str]) -> Vec<Fault> {
    let title = pattern(r"^not ok \d+ ([^-].*)$");
    let mut faults = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let Some(found) =
            title.captures(line).filter(|_| lines.get(i + 1).is_some_and(|l| l.trim() == "---"))
        else {
            continue;
        };
        if found[1].contains("# TODO") {
            continue;
        }
        let block = block(lines, i, |line| line.trim() == "...");
        let value = |key: &str| {
            let at = block.iter().position(|line| line.trim().starts_with(key))?;
            let text = block[at].trim()[key.len()..].trim();
            if text == "|-" { block.get(at + 1).map(|line| line.trim()) } else { Some(text) }
        };
        let values = match (value("expected:"), value("actual:")) {
            (Some(want), Some(got)) if want != got => format!(": expected {want}, got {got}"),
            _ => String::new(),
        };
        let at = value("at:").and_then(|at| place(at.rsplit(' ').next()?));
        let test = lines[..i].iter().rev().find_map(|line| line.strip_prefix("# "));
        faults.push(Fault::test(test.unwrap_or(&found[1]), format!("{}{values}", &found[1]), at));
    }
    faults
}

/// mocha: below `2 failing`, `1) suite`, its further titles down to the one that ends with a colon, the
/// error and its stack.
pub(super) fn mocha(lines: &[&str]) -> Vec<Fault> {
    let failing = pattern(r"^\s+\d+ failing$");
    let title = pattern(r"^  \d+\) (.+)$");
    let Some(from) = lines.iter().position(|line| failing.is_match(line)) else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    for (i, line) in lines.iter().enumerate().skip(from) {
        let Some(found) = title.captures(line) else {
            continue;
        };
        let mut block = block(lines, i, |line| title.is_match(line));
        let mut names = vec![found[1].to_owned()];
        while !names.last().is_some_and(|name| name.ends_with(':')) && !block.is_empty() {
            names.push(block.remove(0).trim().to_owned());
        }
        // Its own form of the difference says again what the message says.
        let told = block.iter().take_while(|line| line.trim() != "+ expected - actual").copied();
        let why = message(&told.collect::<Vec<_>>());
        faults.push(Fault::test(names.join(" > ").trim_end_matches(':'), why, own_frame(&block)));
    }
    faults
}

/// The first place in a stack that is the project's own.
fn own_frame(block: &[&str]) -> Option<String> {
    let frames = block.iter().filter(|line| line.trim_start().starts_with("at "));
    frames.filter(|line| !line.contains("node_modules/")).find_map(|line| place(line.rsplit(' ').next()?))
}

/// vitest: `FAIL file > suite > test`, the error, then `❯ file:line:column`.
pub(super) fn vitest(lines: &[&str]) -> Vec<Fault> {
    let is_title = |line: &str| {
        let rest = line.trim_start().strip_prefix("FAIL ");
        rest.is_some_and(|rest| rest.contains(" > ") || rest.contains(" [ "))
    };
    let mut faults = Vec::new();
    for (i, line) in lines.iter().enumerate().filter(|(_, line)| is_title(line)) {
        let title = line.trim_start().trim_start_matches("FAIL ").trim();
        let name = match title.split_once(" > ") {
            Some((_, name)) => name,
            None => title.split(" [ ").next().unwrap_or(title),
        };
        let block = block(lines, i, |line| is_title(line) || line.starts_with("⎯⎯"));
        let at = block
            .iter()
            .filter(|line| line.trim_start().starts_with("❯ "))
            .find_map(|line| place(line.rsplit(' ').next()?));
        faults.push(Fault::test(name, message(&block), at));
    }
    faults
}

/// jest: `● suite › test`, the error, then `at … (file:line:column)`.
pub(super) fn jest(lines: &[&str]) -> Vec<Fault> {
    let is_title = |line: &str| line.trim_start().starts_with("● ");
    let is_end = |line: &str| is_title(line) || line.starts_with("Test Suites:");
    let mut faults = Vec::new();
    for (i, line) in lines.iter().enumerate().filter(|(_, line)| is_title(line)) {
        let block = block(lines, i, is_end);
        let value = |key: &str| block.iter().find_map(|line| line.trim().strip_prefix(key));
        let why = match (value("Expected:"), value("Received:")) {
            (Some(want), Some(got)) => format!("expected {}, received {}", want.trim(), got.trim()),
            _ => message(&block),
        };
        let at = own_frame(&block);
        let name = match line.trim_start().trim_start_matches("● ") {
            "Test suite failed to run" => {
                let mut above = lines[..i].iter().rev();
                above.find_map(|line| line.strip_prefix("FAIL ")).map_or("the suite", str::trim)
            }
            name => name,
        };
        faults.push(Fault::test(name, why, at));
    }
    faults
}

/// The message of a JavaScript error: its first line; when that only announces (`…:`, or jest's
/// `expect(…)`), what it announces, of a difference the changed lines alone.
fn message(block: &[&str]) -> String {
    let is_end = |line: &&str| {
        let starts = ["at ", "❯ ", "generatedMessage", "stack:"];
        starts.iter().any(|start| line.starts_with(start))
    };
    let mut lines =
        block.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).take_while(|line| !is_end(line));
    let Some(first) = lines.next() else {
        return "it failed".to_owned();
    };
    if !first.ends_with(':') && !first.starts_with("expect(") {
        return strip(first);
    }
    let rest: Vec<&str> = lines.collect();
    let is_legend = |line: &str| {
        line == "+ actual - expected" || line.starts_with("- Expected") || line.starts_with("+ Received")
    };
    let changed: Vec<&str> =
        rest.iter().filter(|line| line.starts_with(['+', '-']) && !is_legend(line)).copied().collect();
    let told: Vec<&str> = match changed.is_empty() {
        true => rest.into_iter().take(1).collect(),
        false => changed,
    };
    let first = strip(first);
    iter::once(first.as_str()).chain(told).collect::<Vec<_>>().join(" ")
}
