//! How a line looks that a program wrote.

use super::starts::Starts;
use crate::words::swar;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Only a program writes this.
    Output,
    /// Only a log of an agent's tools holds this.
    Call,
    /// A line of a program's text.
    Code,
    /// Nothing is on it.
    Empty,
    /// Words.
    Prose,
}

/// What calls of tools, patches and listings begin with.
#[rustfmt::skip]
static CALLS: Starts = Starts::of(&[
    "{\"tool\"", "{\"type\":\"tool", "{\"type\": \"tool", "<invoke", "</invoke", "<parameter name",
    "<function_", "</function_", "<tool_", "</tool_", "<file>", "</file>", "diff --git ", "@@ -",
    "Traceback (most recent",
]);

/// What lines of output begin with; some of them only if more of the line fits.
#[rustfmt::skip]
static OUTPUT: Starts = Starts::of(&[
    "$ ", "✓", "✗", "✘", "✖", "✔", "❯", "×  ", "--- FAIL", "--- PASS", "=== RUN", "FAIL", "PASS",
    "ok  ", "npm ", "error: ", "error[", "warning: ", "--> ", "= note:", "= help:", "+++ ", "--- a/",
    "drwx", "-rw", "lrwx", "On branch ", "modified:", "Compiling ", "Finished `", "Finished in",
    "Running unittests", "test result:", "> Task ", "BUILD ", "collected ", "platform ",
    "AssertionError", "Exit code", "exit status", "Process exited", "Test Files ", "Tests ", "Tests: ",
    "Test Suites:", "Duration ", "File \"", "at ", "E  ", "thread '", "panicked at", "#", "Found ",
    "Step ", "Downloading ", "Resolving ", "Installing ", "added ",
]);

/// What lines of code begin with, in one language or another.
#[rustfmt::skip]
static CODE: Starts = Starts::of(&[
    "import ", "from ", "def ", "class ", "func ", "fn ", "pub ", "const ", "let ", "var ", "return",
    "if (", "for (", "while (", "else", "package ", "use ", "elif ", "try:", "except", "match ",
    "switch ", "case ", "async ", "await ", "export ", "private ", "public ", "static ", "protected ",
    "INSERT ", "CREATE ", "SELECT ", "fi", "done", "do", "end", "//", "/*", "*/", "#!", "#include",
    "</", "<!", "@", "set -", "raise ", "throw ",
]);

/// A line without the white space at its end.
#[inline]
pub(super) fn trim_end(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    if line.as_bytes().last().is_some_and(u8::is_ascii_graphic) { line } else { line.trim_end() }
}

/// How a line without white space at its end looks.
pub(super) fn look(line: &str) -> Look {
    let is_indented = !line.as_bytes().first().is_some_and(u8::is_ascii_graphic);
    let trimmed = if is_indented { line.trim_start() } else { line };
    if trimmed.is_empty() {
        return Look::Empty;
    }
    if is_call(trimmed) {
        return Look::Call;
    }
    if is_output(line, trimmed) {
        return Look::Output;
    }
    if looks_like_code(line, trimmed) {
        return Look::Code;
    }
    Look::Prose
}

/// Calls of tools, patches, listings with line numbers as the read tool of an agent gives them.
fn is_call(line: &str) -> bool {
    CALLS.find(line).is_some()
}

fn is_output(line: &str, trimmed: &str) -> bool {
    let bytes = trimmed.as_bytes();
    let has_digit = swar::has(bytes, swar::is_digit);
    let indent = line.len() - trimmed.len();
    if let Some(start) = OUTPUT.find(trimmed) {
        let is_sure = match start {
            "at " => indent >= 2 && (trimmed.ends_with(')') || has_place(trimmed)),
            "#" => bytes.get(1).is_some_and(u8::is_ascii_digit) && trimmed.contains(' '),
            "Found " => has_digit && (trimmed.contains("match") || trimmed.contains("error")),
            "FAIL" | "PASS" => matches!(bytes.get(4), None | Some(b' ' | b'\t' | b':' | b'E')),
            "Tests " | "Tests: " | "Test Files " | "collected " | "added " | "Step " | "Duration " => {
                has_digit && !trimmed.ends_with('.')
            }
            "E  " | "Resolving " | "Installing " | "Downloading " | "platform " | "BUILD " => {
                !trimmed.ends_with('.')
            }
            "npm " => {
                trimmed.starts_with("npm ERR")
                    || trimmed.starts_with("npm warn")
                    || trimmed.starts_with("npm WARN")
            }
            _ => true,
        };
        if is_sure {
            return true;
        }
    }
    is_stamped(bytes)
        || is_numbered(line, trimmed)
        || is_rule(bytes)
        || (has_digit && has_verdict(trimmed, indent))
}

/// A place in a file with a verdict, a count of tests, or a status in capitals with a time.
fn has_verdict(trimmed: &str, indent: usize) -> bool {
    const VERDICTS: &[&str] =
        &["error", "warning", "Error", "FAILED", "PASSED", "failed", "passed", "assert"];
    let has = |words: &[&str]| words.iter().any(|word| trimmed.contains(word));
    let is_sentence = trimmed.ends_with('.') && !trimmed.ends_with("...") && trimmed.split(' ').count() > 6;
    if is_sentence || trimmed.contains('`') {
        return false;
    }
    let starts_with_place = {
        let first = trimmed.split(' ').next().unwrap_or_default();
        has_place(first) || first.ends_with("):") && first.contains('(') && first.contains('.')
    };
    starts_with_place && trimmed.len() > 12
        || indent >= 2 && has(VERDICTS) && trimmed.contains("  ")
        || indent >= 2 && has_place(trimmed)
        || trimmed.ends_with(|c: char| c.is_ascii_lowercase())
            && has(&["tests completed", "passed, ", "failed, "])
        || trimmed.ends_with(" FAILED")
        || trimmed.ends_with("... ok")
        || has_duration(trimmed) && trimmed.split(' ').count() <= 4
}

/// `src/a.ts:12` or `a.go:7:3`.
fn has_place(text: &str) -> bool {
    text.match_indices(':').any(|(at, _)| {
        let before = &text.as_bytes()[..at];
        let name = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let dot = at.checked_sub(name + 1).and_then(|dot| text.as_bytes().get(dot));
        (1..=5).contains(&name)
            && dot == Some(&b'.')
            && text.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit)
            && before[at - name..].iter().any(u8::is_ascii_alphabetic)
    })
}

/// Ends with a time such as `0.42s` or `(12 ms)`.
fn has_duration(text: &str) -> bool {
    let text = text.trim_end_matches(')');
    let number = text.strip_suffix("ms").or(text.strip_suffix('s')).map(str::trim_end);
    number.is_some_and(|number| number.ends_with(|c: char| c.is_ascii_digit()))
}

/// Begins with a moment: `2024-01-05 10:00:01`, `[10:00:01]`.
fn is_stamped(bytes: &[u8]) -> bool {
    const SHAPES: [&[u8]; 3] = [b"0000-00-00 00:00:00", b"0000-00-00T00:00:00", b"00:00:00"];
    let bytes = bytes.strip_prefix(b"[").unwrap_or(bytes);
    let fits = |(byte, mark): (&u8, &u8)| if *mark == b'0' { byte.is_ascii_digit() } else { byte == mark };
    let has = |shape: &&[u8]| bytes.len() >= shape.len() && bytes.iter().zip(*shape).all(fits);
    SHAPES.iter().any(has) && bytes.iter().filter(|byte| **byte == b' ').count() >= 2
}

/// `00012| text`, `   12<tab>text`, `   12 | text`.
fn is_numbered(line: &str, trimmed: &str) -> bool {
    let indent = line.len() - trimmed.len();
    let rest = trimmed.trim_start_matches(|c: char| c.is_ascii_digit());
    match trimmed.len() - rest.len() {
        0 => trimmed == "|" || indent > 0 && trimmed.starts_with("| "),
        digits => {
            rest.starts_with('\t')
                || rest.starts_with('|') && digits >= 4
                || rest.trim_start().starts_with("| ") && indent > 0
        }
    }
}

/// `=====`, or text between such marks.
fn is_rule(bytes: &[u8]) -> bool {
    bytes.starts_with(b"=====") || bytes.starts_with(b"_____")
}

fn looks_like_code(line: &str, trimmed: &str) -> bool {
    let indent = line.len() - trimmed.len();
    let is_comment = trimmed.starts_with("//");
    let trimmed = if is_comment { trimmed } else { without_comment(trimmed) };
    let Some(last) = trimmed.chars().next_back() else {
        return false;
    };
    let is_tag = trimmed.starts_with('<') && last == '>';
    let first = trimmed.chars().next().unwrap_or(' ');
    let is_assigned = assignment(trimmed);
    matches!(last, '{' | '}' | ';' | '(' | '[' | '\\')
        || matches!(first, '}' | ')' | ']' | '{')
        || is_tag
        || is_assigned
        || indent >= 2 && matches!(last, ':' | ')' | ',' | ']' | '>' | '"')
        || CODE.find(trimmed).is_some()
            && (last.is_ascii_punctuation() && last != '.' || indent >= 2 || trimmed.split(' ').count() <= 6)
}

/// A line of code without the comment at its end.
fn without_comment(line: &str) -> &str {
    let has_slash = swar::has(line.as_bytes(), swar::is_byte(b'/'));
    let comment = if has_slash { line.find(" // ") } else { None };
    comment.map_or(line, |at| line[..at].trim_end())
}

/// `name = value`, `a.b := value`, `key: value` with an indentation is left to the others.
fn assignment(trimmed: &str) -> bool {
    let name = trimmed
        .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$' | '[' | ']'));
    name.len() < trimmed.len()
        && [" = ", " := ", " += ", " -= ", "=\""].iter().any(|sign| name.starts_with(sign))
        && !trimmed.ends_with('.')
}
