//! The feature request as a person wrote it.

use serde::{Deserialize, Serialize};

use super::headings::{Line, scan};
use super::intake::{LaidDown, is_unfilled, limits_of, untouched_note, without_template};
use crate::backlog::Limits;
use crate::text::list;

/// Above this the person is warned: planners do best with short requests.
pub const WARNING_BYTES: usize = 5_000;
/// Above this a request is refused; it is sent to every planner in full.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// A longer title is cut; it names chats and the track.
const TITLE_CHARS_MAX: usize = 60;

/// A request that can be planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// All of it, without blank lines around it and with plain newlines.
    pub text: String,
    /// A short name: its first heading, or its first line.
    pub title: String,
    /// What the person should know before it is planned.
    pub warning: Option<String>,
    /// What it lays down for every task.
    #[serde(default)]
    pub limits: Limits,
    /// What the person should know of how its fields were read, a sentence each without the stop.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Why a request cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestProblem {
    /// It has no words.
    #[error("the feature request is empty; write what should be built, or name a file that says so")]
    Empty,
    /// It is far too large.
    #[error(
        "the feature request has {bytes} bytes and at most {bytes_max} are read; \
         keep what is wanted and name the files that hold the rest"
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// It was made from the template and not filled in.
    #[error(
        "the feature request still has the template's own text under {}; give it a title, and write a story, a \
         problem or requirements",
        list(fields)
    )]
    Untouched {
        /// The fields.
        fields: Vec<String>,
    },
    /// It is no text.
    #[error("the feature request holds a NUL byte and is no text; name a text or markdown file")]
    Binary,
}

/// Reads a request, from a file or from the command line.
pub fn read_request(text: &str) -> Result<Request, RequestProblem> {
    let bytes = text.len();
    if bytes > REQUEST_BYTES_MAX {
        return Err(RequestProblem::TooLarge { bytes, bytes_max: REQUEST_BYTES_MAX });
    }
    if text.contains('\0') {
        return Err(RequestProblem::Binary);
    }
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let (text, untouched) = without_template(text.trim());
    if is_unfilled(&text, &untouched) {
        let fields = untouched.into_iter().map(str::to_owned).collect();
        return Err(RequestProblem::Untouched { fields });
    }
    let title = title(&text).ok_or(RequestProblem::Empty)?;
    let warning = (text.len() > WARNING_BYTES).then(|| {
        format!(
            "The feature request has {} bytes. Planners do best below {WARNING_BYTES}: \
             consider one request a feature, and naming files instead of quoting them.",
            text.len()
        )
    });
    let LaidDown { limits, mut notes } = limits_of(&text);
    notes.extend(untouched_note(&untouched));
    Ok(Request { text, title, warning, limits, notes })
}

/// The first heading with words, else the first line with words.
fn title(text: &str) -> Option<String> {
    let lines = scan(text).lines;
    let headings = lines.iter().filter_map(|line| match line {
        Line::Heading { title, .. } => Some(*title),
        Line::Text(_) => None,
    });
    let texts = lines.iter().filter_map(|line| match line {
        Line::Heading { .. } => None,
        Line::Text(text) => Some(*text),
    });
    headings
        .chain(texts)
        .map(plain)
        .find(|title| title.chars().any(char::is_alphanumeric))
        .map(|title| short(&title))
}

/// A line without list marks, emphasis and the words `Feature Request:`.
fn plain(line: &str) -> String {
    let line: String = line.chars().filter(|c| !matches!(c, '*' | '`') && !c.is_control()).collect();
    let line = line.trim().trim_start_matches(['-', '>', '+', ' ']);
    let lower = line.to_ascii_lowercase();
    let prefix = ["feature request:", "feature:"].into_iter().find(|prefix| lower.starts_with(prefix));
    let rest = prefix.map_or(line, |prefix| &line[prefix.len()..]).trim();
    rest.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most [`TITLE_CHARS_MAX`] characters, cut between words where that is possible.
fn short(title: &str) -> String {
    if title.chars().count() <= TITLE_CHARS_MAX {
        return title.to_owned();
    }
    let cut: String = title.chars().take(TITLE_CHARS_MAX - 1).collect();
    let words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{}…", words.trim_end_matches([',', '.', ':', ';', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn title_of(text: &str) -> Result<String, RequestProblem> {
        read_request(text).map(|request| request.title)
    }

    #[test]
    fn the_title_is_the_first_heading_or_line() {
        for (text, wanted) in [
            ("# Feature Request: Magic links\n\nText", "Magic links"),
            ("\u{feff}intro\r\n\r\n## **feature:** `login`\r\n", "login"),
            ("```\n# no\n```\n- add a  `--json` flag\n", "no"),
            ("add a --json flag", "add a --json flag"),
            ("---\n\nthe rest", "the rest"),
        ] {
            let found = title_of(text);
            if wanted == "no" {
                // A comment in a fence is no heading; the first line with words still counts.
                assert_eq!(found.as_deref(), Ok("# no"));
            } else {
                assert_eq!(found.as_deref(), Ok(wanted), "{text:?}");
            }
        }
    }

    #[test]
    fn a_long_title_is_cut_between_words() {
        let title = title_of(&"word ".repeat(40)).unwrap();
        assert!(title.ends_with("word…") && title.chars().count() <= 60, "{title}");
        assert_eq!(title_of(&"ä".repeat(100)).unwrap().chars().count(), 60);
    }

    #[test]
    fn a_request_without_words_is_empty() {
        for text in ["", " \n\t", "\u{feff}\n", "---\n***", "# \n"] {
            assert_eq!(title_of(text), Err(RequestProblem::Empty), "{text:?}");
        }
    }

    #[test]
    fn sizes_are_warned_about_and_refused() {
        assert_eq!(read_request(&"a".repeat(5_000)).unwrap().warning, None);
        let warning = read_request(&"a".repeat(5_001)).unwrap().warning;
        assert!(warning.is_some_and(|text| text.contains("5001 bytes")));
        let problem = title_of(&"a".repeat(REQUEST_BYTES_MAX + 1)).unwrap_err();
        assert!(problem.to_string().contains("65537 bytes and at most 65536"));
        assert_eq!(title_of("a\0b"), Err(RequestProblem::Binary));
    }

    proptest! {
        #[test]
        fn reading_is_total(text in any::<String>()) {
            if let Ok(request) = read_request(&text) {
                prop_assert!(!request.title.is_empty());
                prop_assert!(request.title.chars().count() <= TITLE_CHARS_MAX);
            }
        }
    }
}
