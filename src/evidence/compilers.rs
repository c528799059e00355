//! Errors as the usual compilers and linters print them.

use super::output::{Fault, block, pattern, place};

/// Every error that any of the known tools reports.
pub(super) fn faults(lines: &[&str]) -> Vec<Fault> {
    [arrow, tsc, eslint, biome, pyright, unformatted].iter().flat_map(|read| read(lines)).collect()
}

/// rustc, clippy and ruff: the error, then `--> file:line:column` below it.
fn arrow(lines: &[&str]) -> Vec<Fault> {
    let title = pattern(r"^(?:error(?:\[(E\d+)\])?: |([A-Z]+\d+) (?:\[\*\] )?)(.+)$");
    let mut faults = Vec::new();
    for (i, pair) in lines.windows(2).enumerate() {
        let Some(at) = pair[1].trim_start().strip_prefix("--> ") else {
            continue;
        };
        let Some(found) = title.captures(pair[0].trim_start()) else {
            continue;
        };
        let code = found.get(1).or(found.get(2)).map(|code| code.as_str());
        let rule = code.or_else(|| clippy_rule(&lines[i + 2..])).unwrap_or("");
        faults.push(Fault::error(rule, &found[3], place(at)));
    }
    faults
}

/// The lint that clippy links to below an error, or that rustc names there.
fn clippy_rule<'a>(below: &[&'a str]) -> Option<&'a str> {
    let own = || below.iter().take_while(|line| !line.trim().is_empty());
    let linked = |line: &&&'a str| Some(line.split_once("rust-clippy/")?.1.split_once('#')?.1.trim());
    let named = |line: &&&'a str| {
        let rest = line.split_once("= note: ")?.1;
        let rest = rest.strip_prefix("`-D ").or_else(|| rest.strip_prefix("`#[deny("))?;
        rest.split(['`', ')']).next()
    };
    own().find_map(|line| linked(&line)).or_else(|| own().find_map(|line| named(&line)))
}

/// tsc, plain and pretty; what is wrong with its configuration has no place.
fn tsc(lines: &[&str]) -> Vec<Fault> {
    let bare = pattern(r"^error (TS\d+): (.+)$");
    let title = pattern(r"^(.+?)(?:\((\d+),\d+\): |:(\d+):\d+ - )error (TS\d+): (.+)$");
    let unplaced = lines.iter().filter_map(|line| bare.captures(line.trim()));
    let unplaced = unplaced.map(|found| Fault::error(&found[1], &found[2], None));
    let found = lines.iter().filter_map(|line| title.captures(line.trim()));
    found
        .map(|found| {
            let line = found.get(2).or(found.get(3)).map_or("", |line| line.as_str());
            Fault::error(&found[4], &found[5], Some(format!("{}:{line}", &found[1])))
        })
        .chain(unplaced)
        .collect()
}

/// eslint's default form: a line with the file, then `line:column  error  message  rule`. Warnings count
/// when there were too many of them.
fn eslint(lines: &[&str]) -> Vec<Fault> {
    let entry = pattern(r"^\s+(\d+):\d+\s+(error|warning)\s+(.*?)(?:\s{2,}(\S+))?$");
    let counts_warnings = lines.iter().any(|line| line.contains("found too many warnings"));
    let mut faults = Vec::new();
    let mut file = "";
    for line in lines {
        match entry.captures(line) {
            Some(found) if (&found[2] == "error" || counts_warnings) && !file.is_empty() => {
                let rule = found.get(4).map_or("", |rule| rule.as_str());
                faults.push(Fault::error(rule, &found[3], Some(format!("{file}:{}", &found[1]))));
            }
            Some(_) => {}
            None if line.starts_with(char::is_whitespace) => {}
            None => file = line.trim(),
        }
    }
    faults
}

/// biome: `file:line:column rule ━━━`, then the error after `×`; warnings have `!` there.
fn biome(lines: &[&str]) -> Vec<Fault> {
    let title = pattern(r"^(\S+?)(?::(\d+):\d+)? ([\w/-]+)(?: +FIXABLE)? +━{3}");
    let mut faults = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let Some(found) = title.captures(line) else { continue };
        let sign =
            block(lines, i, |line| title.is_match(line)).into_iter().find(|line| !line.trim().is_empty());
        let Some(why) = sign.and_then(|line| line.trim().strip_prefix("× ")) else { continue };
        if &found[3] == "format" {
            faults.push(not_formatted(&found[1]));
            continue;
        }
        let rule = found[3].rsplit('/').next().unwrap_or_default().to_owned();
        let line = found.get(2).map(|line| format!(":{}", line.as_str())).unwrap_or_default();
        faults.push(Fault::error(&rule, why, Some(format!("{}{line}", &found[1]))));
    }
    faults
}

/// pyright: `file:line:column - error: message (rule)`.
fn pyright(lines: &[&str]) -> Vec<Fault> {
    let entry = pattern(r"^\s*(\S+:\d+:\d+) - error: (.+?)(?: \((report\w+)\))?$");
    let found = lines.iter().filter_map(|line| entry.captures(line));
    found
        .map(|found| {
            let rule = found.get(3).map_or("", |rule| rule.as_str());
            Fault::error(rule, &found[2], place(&found[1]))
        })
        .collect()
}

/// Files that a formatter would change: prettier, rustfmt, ruff and black.
fn unformatted(lines: &[&str]) -> Vec<Fault> {
    let entry = pattern(r"^(?:\[warn\] (\S+\.\w+)|Diff in (\S+?:\d+):?|[Ww]ould reformat:? (\S+))$");
    let files = lines.iter().filter_map(|line| {
        let found = entry.captures(line)?;
        found.get(1).or(found.get(2)).or(found.get(3)).map(|file| file.as_str())
    });
    files.map(not_formatted).collect()
}

fn not_formatted(place: &str) -> Fault {
    Fault {
        dont: "leave a file unformatted".to_owned(),
        why: "the formatter would change it".to_owned(),
        place: Some(place.to_owned()),
    }
}

/// `file:line: message`, as mypy, ruff, gcc, go and many others print it. For outputs in which
/// nothing else is known: warnings and notes are left out.
pub(super) fn generic(lines: &[&str]) -> Vec<Fault> {
    let entry = pattern(r"^(?:vet: )?(\S+\.\w+:\d+)(?::\d+)?: (?:(?:fatal )?error(?:\[(\w+)\])?: )?(.+)$");
    let rule = pattern(r"^(.+?)\s+\[([\w-]+)\]$");
    let mut faults = Vec::new();
    for found in lines.iter().filter_map(|line| entry.captures(line)) {
        let message = &found[3];
        let coded = found.get(2).map_or(String::new(), |code| code.as_str().to_owned());
        if message.starts_with("warning:") || message.starts_with("note:") {
            continue;
        }
        let (message, code) = match rule.captures(message) {
            Some(parts) => (parts[1].to_owned(), parts[2].to_owned()),
            None => (message.to_owned(), coded),
        };
        faults.push(Fault::error(&code, &message, place(&found[1])));
    }
    faults
}
