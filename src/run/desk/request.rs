//! What was typed after `/review`.

use crate::text::nearest;

/// What a person wants of `/review`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// To see what waits: these tasks, or all. A name that is no task is looked up in git, and then the
    /// quoted texts are what the change is held against.
    Look {
        /// As they were typed.
        names: Vec<String>,
        /// Texts in quotes.
        criteria: Vec<String>,
        /// For a script.
        is_json: bool,
    },
    /// To decide on a task.
    Decide {
        /// Its name, as it was typed.
        task: String,
        /// What.
        decision: Decision,
    },
    /// To have everything that is merged on their branch.
    Land,
}

/// A person's decision on a task's work.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Decision {
    /// It is to be merged.
    Approve,
    /// It is to be changed.
    Changes {
        /// What to change.
        words: String,
    },
    /// Its spec is to be improved, and work starts afresh from that.
    Rebase {
        /// What is wrong with it, if they say so.
        words: Option<String>,
    },
    /// It is not wanted.
    Reject {
        /// Why, if they say so.
        words: Option<String>,
    },
}

impl Decision {
    /// Whether an agent works because of it.
    pub fn asks_an_agent(&self) -> bool {
        matches!(self, Self::Changes { .. } | Self::Rebase { .. })
    }
}

/// What decisions look like, for messages.
const DECISIONS: &str = "`/review T03 approve`, `/review T03 changes \"what to change\"`, `/review T03 rebase` or `/review T03 reject`";
const WORDS: [&str; 4] = ["approve", "changes", "rebase", "reject"];
const JSON: &str = "--json";
const LAND: &str = "land";

/// A word, or a text in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    text: String,
    is_quoted: bool,
}

/// Whether a script reads the answer: then nothing else is said.
pub fn is_for_script(arguments: &str) -> bool {
    matches!(parse_request(arguments), Ok(Request::Look { is_json: true, .. }))
}

/// The decision that a word was most likely meant to be.
pub fn meant_decision(word: &str) -> Option<&'static str> {
    nearest(word, WORDS)
}

/// Reads it. The error is a sentence for the person.
pub fn parse_request(arguments: &str) -> Result<Request, String> {
    let mut tokens = tokens(arguments)?;
    let all = tokens.len();
    tokens.retain(|token| token.is_quoted || token.text != JSON);
    let is_json = tokens.len() < all;
    if let Some(option) = tokens.iter().find(|token| !token.is_quoted && token.text.starts_with("--")) {
        return Err(format!("/review has no option {}. It takes {JSON}.", option.text));
    }
    let is_decision = |token: &Token| !token.is_quoted && WORDS.contains(&token.text.as_str());
    if let Some(at) = tokens.iter().position(is_decision) {
        if is_json {
            return Err(format!("{JSON} is for looking: decide without it."));
        }
        let rest = tokens.split_off(at + 1);
        let word = tokens.pop().map(|token| token.text).unwrap_or_default();
        let [task] = tokens.as_slice() else {
            let what = if tokens.is_empty() { "Which task?" } else { "One task at a time." };
            return Err(format!("{what} Type {DECISIONS}."));
        };
        let decision = decision(&word, &rest)?;
        return Ok(Request::Decide { task: task.text.clone(), decision });
    }
    if tokens.iter().any(|token| !token.is_quoted && token.text == LAND) {
        return match tokens.as_slice() {
            [_] if !is_json => Ok(Request::Land),
            _ => Err("`/review land` stands alone: it lands everything that is merged.".to_owned()),
        };
    }
    let (criteria, names): (Vec<Token>, Vec<Token>) = tokens.into_iter().partition(|token| token.is_quoted);
    let names = names.iter().flat_map(|token| token.text.split(',')).filter(|name| !name.is_empty());
    let names = names.map(str::to_owned).collect();
    let criteria = criteria.into_iter().map(|token| token.text).collect();
    Ok(Request::Look { names, criteria, is_json })
}

fn decision(word: &str, rest: &[Token]) -> Result<Decision, String> {
    let another = rest.iter().skip(1).any(|token| !token.is_quoted && WORDS.contains(&token.text.as_str()));
    let is_quoted = rest.first().is_some_and(|token| token.is_quoted);
    if another || is_quoted && rest.len() > 1 || word == "approve" && !rest.is_empty() {
        return Err(format!("One decision at a time: {DECISIONS}."));
    }
    let words: Vec<&str> = rest.iter().map(|token| token.text.trim()).collect();
    let words = words.join(" ").trim().to_owned();
    let said = Some(words.clone()).filter(|words| !words.is_empty());
    match (word, said) {
        ("approve", _) => Ok(Decision::Approve),
        ("changes", Some(words)) => Ok(Decision::Changes { words }),
        ("changes", None) => {
            Err("What is to change? `/review T03 changes \"round prices to whole cents\"`.".to_owned())
        }
        ("rebase", words) => Ok(Decision::Rebase { words }),
        (_, words) => Ok(Decision::Reject { words }),
    }
}

/// Words and quoted texts. A backslash before a quote takes away its meaning.
fn tokens(arguments: &str) -> Result<Vec<Token>, String> {
    let mut found: Vec<Token> = Vec::new();
    let mut chars = arguments.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let Some(end) = closing(c) else {
            let mut text = String::from(c);
            while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
                text.push(c);
            }
            found.push(Token { text, is_quoted: false });
            continue;
        };
        let mut text = String::new();
        loop {
            match chars.next() {
                Some('\\') if chars.peek() == Some(&end) => text.extend(chars.next()),
                Some(c) if c == end => break,
                Some(c) => text.push(c),
                None => return Err(format!("A quote is not closed: {c}{text}")),
            }
        }
        found.push(Token { text, is_quoted: true });
    }
    Ok(found)
}

/// The mark that closes a quote, if one begins here.
fn closing(c: char) -> Option<char> {
    match c {
        '"' | '\'' => Some(c),
        '“' => Some('”'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn look(names: &[&str], criteria: &[&str], is_json: bool) -> Request {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Request::Look { names: owned(names), criteria: owned(criteria), is_json }
    }

    fn decide(task: &str, decision: Decision) -> Request {
        Request::Decide { task: task.to_owned(), decision }
    }

    #[test]
    fn what_can_be_typed() {
        let words = |text: &str| Some(text.to_owned());
        for (typed, wanted) in [
            ("", look(&[], &[], false)),
            ("T01, t02", look(&["T01", "t02"], &[], false)),
            ("--json", look(&[], &[], true)),
            ("HEAD~1 \"no new option\"", look(&["HEAD~1"], &["no new option"], false)),
            ("\"a\" 'b'", look(&[], &["a", "b"], false)),
            ("land", Request::Land),
            ("T03 approve", decide("T03", Decision::Approve)),
            (
                "T03 changes \"say \\\"no\\\"\"",
                decide("T03", Decision::Changes { words: "say \"no\"".into() }),
            ),
            (
                "T03 changes round it, please",
                decide("T03", Decision::Changes { words: "round it, please".into() }),
            ),
            ("T03 changes “round it”", decide("T03", Decision::Changes { words: "round it".into() })),
            ("T03 rebase", decide("T03", Decision::Rebase { words: None })),
            ("T03 rebase cents", decide("T03", Decision::Rebase { words: words("cents") })),
            ("T03 reject \"too much\"", decide("T03", Decision::Reject { words: words("too much") })),
            (
                "T03 changes \"do not approve\"",
                decide("T03", Decision::Changes { words: "do not approve".into() }),
            ),
        ] {
            assert_eq!(parse_request(typed), Ok(wanted), "{typed}");
        }
    }

    #[test]
    fn what_cannot() {
        for (typed, wanted) in [
            ("approve", "Which task?"),
            ("T01 T02 approve", "One task at a time."),
            ("T01 approve T02 reject", "One decision at a time"),
            ("T01 changes \"a\" T02 reject", "One decision at a time"),
            ("T01 changes", "What is to change?"),
            ("T01 changes \"  \"", "What is to change?"),
            ("T01 changes \"a", "not closed"),
            ("land T01", "stands alone"),
            ("--all", "no option --all"),
            ("T01 approve --json", "for looking"),
        ] {
            let error = parse_request(typed).expect_err(typed);
            assert!(error.contains(wanted), "{typed}: {error}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(any in any::<String>(), shaped in "(T0[1-3] ?){0,2}(approve|changes|land|--json)? ?[\"']?[a-z ]{0,9}[\"']?") {
            let _ = parse_request(&any);
            let _ = parse_request(&shaped);
        }
    }
}
