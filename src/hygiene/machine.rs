//! What programs wrote, outside of fences: output of tools, calls of tools, listings, whole files.

use super::finding::{Found, Rule, excerpt};
use super::layout::{BLOCK_LINES_MAX, Block, BlockKind, Layout};

/// So many lines of output in a row are a log; a single one may be a sample.
const LOG_LINES_MIN: usize = 2;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
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

/// A run of lines that are not prose.
#[derive(Default)]
struct Run {
    from: usize,
    to: usize,
    output: usize,
    code: usize,
    has_call: bool,
    /// Lines of prose since the last other line.
    pause: usize,
}

/// One finding for each run of output and each unfenced file.
pub(super) fn findings(text: &str, layout: &Layout) -> Vec<Found> {
    let mut found = Vec::new();
    let mut run = Run::default();
    let mut end = 0;
    for block in &layout.blocks {
        let is_fence_between = layout_has_fence(layout, end, block.from);
        if is_fence_between || !may_be_machine(text, block) {
            found.extend(run.close(text));
            run = Run::default();
        }
        end = block.to;
        if !may_be_machine(text, block) {
            continue;
        }
        let mut at = block.from;
        for line in text[block.from..block.to].split_inclusive('\n') {
            if run.add(look(line.trim_end()), at, at + line.trim_end().len()) {
                found.extend(run.close(text));
                run = Run::default();
            }
            at += line.len();
        }
    }
    found.extend(run.close(text));
    found
}

fn layout_has_fence(layout: &Layout, from: usize, to: usize) -> bool {
    let next = layout.fenced.partition_point(|fenced| fenced.from < from);
    layout.fenced.get(next).is_some_and(|fenced| fenced.from < to)
}

/// Headings and quotes are a person's; items and rows are when they read like it.
fn may_be_machine(text: &str, block: &Block) -> bool {
    match block.kind {
        BlockKind::Plain => true,
        // `> Task :test` and `> demo@1.0.0 test` are output, `# comment` is code.
        BlockKind::Quote | BlockKind::Heading | BlockKind::Row => false,
        BlockKind::Item => {
            let item = text[block.from..block.to].trim_end();
            item.contains('\n')
                && item.lines().skip(1).any(|line| matches!(look(line), Look::Output | Look::Call))
        }
    }
}

impl Run {
    /// Adds a line; whether the run is over.
    fn add(&mut self, look: Look, from: usize, to: usize) -> bool {
        const PAUSE_MAX: usize = 1;
        match look {
            Look::Empty => return false,
            Look::Prose => {
                self.pause += 1;
                return self.pause > PAUSE_MAX;
            }
            Look::Output => self.output += 1,
            Look::Call => {
                self.output += 1;
                self.has_call = true;
            }
            Look::Code => self.code += 1,
        }
        if self.output + self.code == 1 {
            self.from = from;
        }
        self.pause = 0;
        self.to = to;
        false
    }

    fn close(&self, text: &str) -> Option<Found> {
        let (from, to) = (self.from, self.to);
        if self.has_call || self.output >= LOG_LINES_MIN {
            return Some(Found {
                rule: Rule::ToolOutput,
                from,
                to,
                weight: if self.has_call { 95 } else { 80 },
                message: format!(
                    "\"{}\" is output of a tool: leave it out, or quote the line that matters",
                    excerpt(text, from, to)
                ),
            });
        }
        (self.code > BLOCK_LINES_MAX).then(|| Found {
            rule: Rule::LongBlock,
            from,
            to,
            weight: 80,
            message: format!(
                "{} lines of code, at most {BLOCK_LINES_MAX} are allowed: name the file and the lines instead",
                self.code
            ),
        })
    }
}

/// Whether most lines of a block are what programs are made of.
pub(super) fn is_code(text: &str, block: &Block) -> bool {
    if block.kind != BlockKind::Plain {
        return false;
    }
    let (mut code, mut lines) = (0, 0);
    for line in text[block.from..block.to].lines() {
        lines += 1;
        code += usize::from(look(line.trim_end()) != Look::Prose);
    }
    lines >= 2 && 2 * code > lines
}

fn look(line: &str) -> Look {
    let trimmed = line.trim_start();
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
    const STARTS: &[&str] = &[
        "{\"tool\"",
        "{\"type\":\"tool",
        "{\"type\": \"tool",
        "<invoke",
        "</invoke",
        "<parameter name",
        "<function_",
        "</function_",
        "<tool_",
        "</tool_",
        "<file>",
        "</file>",
        "diff --git ",
        "@@ -",
        "Traceback (most recent",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
}

fn is_output(line: &str, trimmed: &str) -> bool {
    const STARTS: &[&str] = &[
        "$ ",
        "✓",
        "✗",
        "✘",
        "✖",
        "✔",
        "❯",
        "×  ",
        "--- FAIL",
        "--- PASS",
        "=== RUN",
        "FAIL",
        "PASS",
        "ok  ",
        "npm ",
        "error: ",
        "error[",
        "warning: ",
        "--> ",
        "= note:",
        "= help:",
        "+++ ",
        "--- a/",
        "drwx",
        "-rw",
        "lrwx",
        "On branch ",
        "modified:",
        "Compiling ",
        "Finished `",
        "Finished in",
        "Running unittests",
        "test result:",
        "> Task ",
        "BUILD ",
        "collected ",
        "platform ",
        "AssertionError",
        "Exit code",
        "exit status",
        "Process exited",
        "Test Files ",
        "Tests ",
        "Tests: ",
        "Test Suites:",
        "Duration ",
        "File \"",
        "at ",
        "E  ",
        "thread '",
        "panicked at",
        "#",
        "Found ",
        "Step ",
        "Downloading ",
        "Resolving ",
        "Installing ",
        "added ",
    ];
    let bytes = trimmed.as_bytes();
    let has_digit = bytes.iter().any(u8::is_ascii_digit);
    let indent = line.len() - trimmed.len();
    let known = STARTS.iter().find(|start| trimmed.starts_with(*start));
    if let Some(start) = known {
        let is_sure = match *start {
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
    is_stamped(bytes) || is_numbered(line) || is_rule(bytes) || (has_digit && has_verdict(trimmed, indent))
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
    let bytes = bytes.strip_prefix(b"[").unwrap_or(bytes);
    let shape: Vec<u8> =
        bytes.iter().take(19).map(|byte| if byte.is_ascii_digit() { b'0' } else { *byte }).collect();
    let is_date = shape.starts_with(b"0000-00-00 00:00:00") || shape.starts_with(b"0000-00-00T00:00:00");
    (is_date || shape.starts_with(b"00:00:00")) && bytes.iter().filter(|byte| **byte == b' ').count() >= 2
}

/// `00012| text`, `   12<tab>text`, `   12 | text`.
fn is_numbered(line: &str) -> bool {
    let trimmed = line.trim_start();
    let rest = trimmed.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = trimmed.len() - rest.len();
    let indent = line.len() - trimmed.len();
    digits > 0
        && (rest.starts_with('\t')
            || rest.starts_with('|') && digits >= 4
            || rest.trim_start().starts_with("| ") && indent > 0)
        || digits == 0 && trimmed == "|"
        || digits == 0 && indent > 0 && trimmed.starts_with("| ")
}

/// `=====`, or text between such marks.
fn is_rule(bytes: &[u8]) -> bool {
    bytes.starts_with(b"=====") || bytes.starts_with(b"_____")
}

fn looks_like_code(line: &str, trimmed: &str) -> bool {
    const STARTS: &[&str] = &[
        "import ",
        "from ",
        "def ",
        "class ",
        "func ",
        "fn ",
        "pub ",
        "const ",
        "let ",
        "var ",
        "return",
        "if (",
        "for (",
        "while (",
        "else",
        "package ",
        "use ",
        "elif ",
        "try:",
        "except",
        "match ",
        "switch ",
        "case ",
        "async ",
        "await ",
        "export ",
        "private ",
        "public ",
        "static ",
        "protected ",
        "INSERT ",
        "CREATE ",
        "SELECT ",
        "fi",
        "done",
        "do",
        "end",
        "//",
        "/*",
        "*/",
        "#!",
        "#include",
        "</",
        "<!",
        "@",
        "set -",
        "raise ",
        "throw ",
    ];
    let indent = line.len() - trimmed.len();
    let is_comment = trimmed.starts_with("//");
    let trimmed = trimmed.split(" // ").next().filter(|_| !is_comment).unwrap_or(trimmed).trim_end();
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
        || STARTS.iter().any(|start| trimmed.starts_with(start))
            && (last.is_ascii_punctuation() && last != '.' || indent >= 2 || trimmed.split(' ').count() <= 6)
}

/// `name = value`, `a.b := value`, `key: value` with an indentation is left to the others.
fn assignment(trimmed: &str) -> bool {
    let name = trimmed
        .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$' | '[' | ']'));
    name.len() < trimmed.len()
        && [" = ", " := ", " += ", " -= ", "=\""].iter().any(|sign| name.starts_with(sign))
        && !trimmed.ends_with('.')
}
