//! What `/plan` is asked for, from the words behind it.

use crate::arguments::words;

/// Where `/plan --init` writes when no file is named.
const REQUEST_FILE: &str = "feature.md";
const NEW: &str = "--new";
const INIT: &str = "--init";
const TEMPLATE: &str = "--template";
const TEMPLATES: &str = "--templates";
const COPY: &str = "--copy";

/// What is wanted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ask {
    /// A plan for a request: a file's name, or the request itself.
    Request { argument: String, is_new: bool },
    /// A plan from a template with these values.
    Template { name: String, values: Vec<(String, String)>, is_new: bool },
    /// The list of templates.
    Templates,
    /// One template with its text.
    Show { name: String },
    /// A shipped template as a file of the person's.
    Copy { name: String },
    /// A file to write a request in.
    Init { path: String },
}

/// Reads the words. A request is taken as it stands.
///
/// # Errors
/// A sentence on what is wrong with them.
pub(super) fn asked(arguments: &str) -> Result<Ask, String> {
    let (is_new, rest) = match option(arguments) {
        (Some(NEW), rest) => (true, rest),
        _ => (false, arguments),
    };
    match option(rest) {
        (Some(TEMPLATE), _) => template(&words(rest)?[1..], is_new),
        (Some(TEMPLATES), _) if !is_new => templates(&words(rest)?[1..]),
        (Some(INIT), _) if !is_new => init(&words(rest)?[1..]),
        (Some(option), _) => Err(format!(
            "/plan has no option {option}{}. It takes {NEW}, then a file or a text, or {TEMPLATE}; or {TEMPLATES}; or {INIT}.",
            if is_new { format!(" after {NEW}") } else { String::new() }
        )),
        (None, "") => Err(format!(
            "/plan needs a feature request: a file (`/plan feature.md`) or a text (`/plan add a --json flag`). \
             `/plan {INIT}` writes a file to fill in, `/plan {TEMPLATES}` lists the templates."
        )),
        (None, _) => Ok(Ask::Request { argument: rest.to_owned(), is_new }),
    }
}

/// The option that words begin with, and what follows it.
fn option(words: &str) -> (Option<&str>, &str) {
    let (first, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    if first.starts_with("--") { (Some(first), rest.trim()) } else { (None, words) }
}

fn template(words: &[String], mut is_new: bool) -> Result<Ask, String> {
    let mut values = Vec::new();
    let mut name = None;
    for word in words {
        match word.split_once('=') {
            _ if word == NEW => is_new = true,
            _ if word.starts_with("--") => {
                return Err(format!(
                    "/plan {TEMPLATE} has no option {word}. It takes a name and VARIABLE=\"value\" …"
                ));
            }
            None if name.is_none() => name = Some(word.clone()),
            Some((variable, value)) if name.is_some() => values.push((variable.to_owned(), value.to_owned())),
            Some(_) => {
                return Err(format!(
                    "the template's name comes before its values: `/plan {TEMPLATE} <name> {word}`"
                ));
            }
            None => {
                return Err(format!(
                    "`{word}` is no VARIABLE=value. A value with spaces stands in quotes: NAME=\"two words\"."
                ));
            }
        }
    }
    let name = name.ok_or_else(|| {
        format!("/plan {TEMPLATE} needs the name of a template. `/plan {TEMPLATES}` lists them.")
    })?;
    Ok(Ask::Template { name, values, is_new })
}

fn templates(words: &[String]) -> Result<Ask, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [] => Ok(Ask::Templates),
        [name, COPY] | [COPY, name] if !name.starts_with("--") => Ok(Ask::Copy { name: name.to_owned() }),
        [name] if !name.starts_with("--") => Ok(Ask::Show { name: name.to_owned() }),
        _ => Err(format!("/plan {TEMPLATES} takes nothing, or the name of a template, and then {COPY}.")),
    }
}

fn init(words: &[String]) -> Result<Ask, String> {
    let path = match words {
        [] => REQUEST_FILE,
        [path] => path,
        _ => return Err(format!("/plan {INIT} takes one file, for example `/plan {INIT} {REQUEST_FILE}`.")),
    };
    if !path.ends_with(".md") {
        return Err(format!("{path} has to end in .md, so that `/plan {path}` takes it for a file."));
    }
    Ok(Ask::Init { path: path.strip_prefix("./").unwrap_or(path).to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_taken_as_it_stands() {
        let request = |argument: &str, is_new| Ok(Ask::Request { argument: argument.to_owned(), is_new });
        assert_eq!(asked("add a --json \"flag\""), request("add a --json \"flag\"", false));
        assert_eq!(asked("--new  a.md"), request("a.md", true));
        assert_eq!(asked("--newer"), Err("/plan has no option --newer. It takes --new, then a file or a text, or --template; or --templates; or --init.".to_owned()));
        assert!(asked("--new").is_err_and(|text| text.starts_with("/plan needs a feature request")));
    }

    #[test]
    fn templates_are_filled_listed_shown_and_copied() {
        let values = vec![("A".to_owned(), "x y".to_owned()), ("B".to_owned(), "b=c".to_owned())];
        let filled = |is_new| Ok(Ask::Template { name: "t".into(), values: values.clone(), is_new });
        assert_eq!(asked("--template t A=\"x y\" B=b=c"), filled(false));
        assert_eq!(asked("--new --template t \"A=x y\" B=b=c"), filled(true));
        assert_eq!(asked("--template t A=\"x y\" B=b=c --new"), filled(true));
        assert_eq!(asked("--templates"), Ok(Ask::Templates));
        assert_eq!(asked("--templates t"), Ok(Ask::Show { name: "t".into() }));
        assert_eq!(asked("--templates t --copy"), Ok(Ask::Copy { name: "t".into() }));
        for (line, told) in [
            ("--template", "needs the name of a template"),
            ("--template A=x", "comes before its values"),
            ("--template t A=x y", "`y` is no VARIABLE=value"),
            ("--template t A=\"x", "has no end"),
            ("--template t --fast", "no option --fast"),
            ("--templates a b", "takes nothing, or the name"),
            ("--new --init", "no option --init after --new"),
        ] {
            assert!(asked(line).is_err_and(|text| text.contains(told)), "{line}: {:?}", asked(line));
        }
    }

    #[test]
    fn a_file_to_fill_in_is_markdown() {
        assert_eq!(asked("--init"), Ok(Ask::Init { path: "feature.md".into() }));
        assert_eq!(asked("--init ./docs/cart.md"), Ok(Ask::Init { path: "docs/cart.md".into() }));
        assert!(asked("--init cart").is_err_and(|text| text.contains("has to end in .md")));
        assert!(asked("--init a.md b.md").is_err());
    }
}
