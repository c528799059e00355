//! Texts that must never become an id: they would be an option, a command, another path, a ref that git
//! reads otherwise, or look like an id that they are not. Ids become file names, refs and arguments, so
//! what is refused here is refused everywhere; the host looks again (`effects/git/ids.ts`).

use super::samples::{backlog, task};
use super::{Problem, parse, parse_draft, render, validate};
use crate::ids::{TaskId, TrackId};

/// No id at all, of a task or of a track.
const BAD: [&str; 64] = [
    // Options and commands.
    "-f",
    "--force",
    "-",
    "$(id)",
    "${HOME}",
    "`id`",
    "a;id",
    "a&&id",
    "a|id",
    "a>b",
    "a'b",
    "a\"b",
    "%PATH%",
    "!id",
    // Paths.
    "..",
    ".",
    "../src",
    "a/b",
    "/etc/passwd",
    "a\\b",
    "C:",
    "C:\\a",
    "~",
    "~root",
    "%2e%2e",
    "a%2fb",
    ".git",
    "a/../b",
    // What git does not take, or takes for something else.
    "refs/../x",
    "a.lock",
    "@{u}",
    "@",
    "HEAD^",
    "HEAD~1",
    "a..b",
    "a:b",
    "a?",
    "a*",
    "[a]",
    // Devices of Windows, and what it drops from the end of a name.
    "con",
    "nul",
    "aux",
    "prn",
    "com1",
    "lpt9",
    "con.txt",
    "a.",
    "a ",
    // Blanks and control characters.
    "",
    " ",
    " a",
    "a b",
    "a\tb",
    "a\nb",
    "a\r",
    "a\0b",
    "\u{1b}[2J",
    // What looks like something else or like nothing.
    "a\u{202e}b",
    "\u{200b}a",
    "\u{feff}a",
    "Ｔ０１",
    "а",
    "é",
    "🦀",
];

/// Refused, with a sentence that shows the id without letting it act on the screen.
fn assert_refused(problems: &[Problem], field: &str, id: &str) {
    let found = problems.iter().find(|problem| problem.field.as_deref() == Some(field));
    let text = found.unwrap_or_else(|| panic!("{id:?} is an id: {problems:?}")).to_string();
    let is_plain = |c: char| {
        !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
    };
    assert!(text.chars().all(is_plain), "{text:?}");
    let is_explained =
        text.contains("cannot be a") || text.contains("missing") || text.contains("must be a text");
    assert!(is_explained, "{text}");
    assert!(id.trim().is_empty() || text.contains(&id.escape_debug().to_string()), "{text}");
}

/// As YAML holds any text: JSON's quotes are YAML's.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn no_bad_id_names_a_task() {
    let file = render(&backlog(vec![task("T01", &[])]));
    for id in BAD.into_iter().chain(["a".repeat(33).as_str(), "_a", "CON", "Backlog"]) {
        let named = file.replacen("id: T01", &format!("id: {}", quoted(id)), 1);
        assert_ne!(named, file);
        assert_refused(&parse(&named).unwrap_err(), "id", id);
        assert_refused(&parse_draft(&format!("```yaml\n{named}```")).unwrap_err(), "id", id);
        assert_refused(&validate(&[task(id, &[])]), "id", id);
    }
}

#[test]
fn no_bad_id_is_depended_on() {
    let tasks = |id: &str| [task("T01", &[]), task("T02", &[id])];
    for id in BAD {
        let problems = validate(&tasks(id));
        assert_eq!(problems[0].field.as_deref(), Some("depends_on[0]"), "{id:?}");
        assert!(problems[0].message.contains(&format!("\"{}\"", id.escape_debug())), "{problems:?}");
    }
}

#[test]
fn no_bad_id_names_a_track() {
    let file = render(&backlog(vec![task("T01", &[])]));
    for id in BAD.into_iter().chain(["a".repeat(49).as_str(), "_a", "A", "a_b", "rescued"]) {
        let named = file.replacen("track_id: sign-in", &format!("track_id: {}", quoted(id)), 1);
        assert_ne!(named, file);
        assert_refused(&parse(&named).unwrap_err(), "track_id", id);
    }
}

/// What is let through is one harmless word for a shell, a path, a ref and an argument.
#[test]
fn ids_that_are_good_stay_good() {
    for id in ["T01", "1", "a-b_c", "common", "con1", "HEAD", "a--b-", "config"] {
        assert_eq!(validate(&[task(id, &[])]), [], "{id}");
        let id = id.to_ascii_lowercase().replace('_', "-");
        let good = super::Backlog { track_id: TrackId(id), ..backlog(vec![task("T01", &[])]) };
        assert_eq!(parse(&render(&good)), Ok(good));
    }
    assert_eq!(TaskId::from("T01").as_str(), "T01");
}

/// A title goes into commit messages, whose last lines git reads as trailers.
#[test]
fn a_title_is_one_plain_line() {
    for title in ["a\nTask: T02", "a\r", "a\u{0}b", "a\u{1b}[2J", "a\u{2028}b", "a\u{85}b"] {
        let mut only = task("T01", &[]);
        only.title = format!("{title}c");
        let problems = validate(&[only]);
        assert_eq!(problems.len(), 1, "{title:?}");
        assert_eq!(
            problems[0].to_string(),
            "task T01, field title: the title holds a line break or a control character: write one plain line"
        );
    }
    let mut only = task("T01", &[]);
    only.title = "As a block of YAML gives it\n".to_owned();
    assert_eq!(validate(&[only]), []);
}
