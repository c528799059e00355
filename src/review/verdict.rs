//! The reviewer's verdict, read from its reply.

use serde::{Deserialize, Serialize};

use crate::reply;

/// A longer block is not read: the YAML parser takes quadratic time on hostile input.
const BLOCK_BYTES_MAX: usize = 32 * 1024;
/// What every complaint ends with.
const FORM: &str = "Answer with one fenced yaml block: `verdict: approved | changes_requested | \
     rebase` and `issues:` as a list of quoted strings.";

/// What a reviewer decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The work can be merged.
    Approved,
    /// The work has to change.
    ChangesRequested {
        /// What is wrong and what to do; at least one.
        issues: Vec<String>,
    },
    /// The task itself has to change.
    Rebase {
        /// Why; at least one.
        issues: Vec<String>,
    },
}

/// Reads a reviewer's reply: one fenced block with a `verdict`, prose around it, or the bare lines.
/// The error is a sentence to send back to the agent.
pub fn parse_verdict(text: &str) -> Result<Verdict, String> {
    let blocks = reply::blocks(text);
    let mut found = blocks.iter().filter(|block| has_verdict(block));
    let block = match (found.next(), found.next()) {
        (Some(block), None) => block,
        (Some(_), Some(_)) => {
            return Err(format!("Your reply holds more than one verdict. {FORM}"));
        }
        (None, _) => return Err(format!("Your reply holds no verdict. {FORM}")),
    };
    let (verdict, issues) = read(block)?;
    let name: String = verdict.trim().trim_matches(['"', '\'']).to_lowercase().replace([' ', '-'], "_");
    match name.as_str() {
        "approved" | "approve" => Ok(Verdict::Approved),
        "changes_requested" | "request_changes" | "rebase" if issues.is_empty() => Err(format!(
            "The verdict `{name}` needs at least one issue that says what is wrong and what to do. \
             {FORM}"
        )),
        "changes_requested" | "request_changes" => Ok(Verdict::ChangesRequested { issues }),
        "rebase" => Ok(Verdict::Rebase { issues }),
        _ => {
            let name: String = name.chars().take(40).collect();
            Err(format!("The verdict `{name}` is not known. {FORM}"))
        }
    }
}

/// One verdict of many: the worst wins and all issues are kept, each once. Without any verdict
/// nothing was reviewed, so changes are requested.
pub fn combine(verdicts: Vec<Verdict>) -> Verdict {
    if verdicts.is_empty() {
        return Verdict::ChangesRequested { issues: vec!["nobody reviewed the change".to_owned()] };
    }
    let mut is_rebase = false;
    let mut all: Vec<String> = Vec::new();
    for verdict in verdicts {
        is_rebase |= matches!(verdict, Verdict::Rebase { .. });
        match verdict {
            Verdict::Approved => {}
            Verdict::ChangesRequested { issues } | Verdict::Rebase { issues } => {
                for issue in issues {
                    if !all.contains(&issue) {
                        all.push(issue);
                    }
                }
            }
        }
    }
    match (is_rebase, all.is_empty()) {
        (true, _) => Verdict::Rebase { issues: all },
        (false, false) => Verdict::ChangesRequested { issues: all },
        (false, true) => Verdict::Approved,
    }
}

fn has_verdict(block: &str) -> bool {
    block.lines().any(|line| verdict_of(line).is_some())
}

/// The value on a line `verdict: …`.
fn verdict_of(line: &str) -> Option<&str> {
    line.trim().strip_prefix("verdict:")
}

/// The verdict and the issues of a block. Agents often forget the quotes that YAML asks for, so a
/// block that is no YAML is read line by line.
fn read(block: &str) -> Result<(String, Vec<String>), String> {
    if block.len() > BLOCK_BYTES_MAX {
        return Err(format!(
            "The block has {} bytes and at most {BLOCK_BYTES_MAX} are read; keep the worst issues. \
             {FORM}",
            block.len()
        ));
    }
    let read = reply::value(block).and_then(|value| {
        let verdict = value.get("verdict")?.as_str()?.to_owned();
        let issues = value.get("issues").map(reply::lines_of).unwrap_or_default();
        Some((verdict, issues))
    });
    Ok(read.unwrap_or_else(|| read_lines(block)))
}

/// The same without YAML: every `- ` under `issues:` begins an issue, other lines continue it.
fn read_lines(block: &str) -> (String, Vec<String>) {
    let mut verdict = String::new();
    let mut issues: Vec<String> = Vec::new();
    let mut is_listing = false;
    for line in block.lines().map(str::trim) {
        if let Some(value) = verdict_of(line) {
            verdict = value.to_owned();
            is_listing = false;
        } else if let Some(rest) = line.strip_prefix("issues:") {
            is_listing = true;
            let rest = rest.trim().trim_start_matches('[').trim_end_matches(']');
            issues.push(rest.to_owned());
        } else if is_listing && line.starts_with("- ") {
            issues.push(line[2..].to_owned());
        } else if let (true, Some(last)) = (is_listing, issues.last_mut()) {
            last.push(' ');
            last.push_str(line);
        }
    }
    (verdict, reply::one_line_each(issues))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn changes(issues: &[&str]) -> Verdict {
        Verdict::ChangesRequested { issues: issues.iter().map(|issue| (*issue).to_owned()).collect() }
    }

    fn rebase(issues: &[&str]) -> Verdict {
        Verdict::Rebase { issues: issues.iter().map(|issue| (*issue).to_owned()).collect() }
    }

    #[test]
    fn a_fenced_verdict_is_read() {
        for (reply, wanted) in [
            ("```yaml\nverdict: approved\nissues: []\n```", Verdict::Approved),
            ("All met.\n```yml\nverdict: Approved\n```\nBye.", Verdict::Approved),
            ("verdict: approved", Verdict::Approved),
            (
                "```yaml\r\nverdict: \"changes requested\"\r\nissues:\r\n  - 'a: b'\r\n  - >\r\n    c\r\n    d\r\n```",
                changes(&["a: b", "c d"]),
            ),
            ("```\nverdict: changes-requested\nissues: [\"x\", \"y\"]\n", changes(&["x", "y"])),
            (
                "```ts\nconst a = 1\n```\n```yaml\nverdict: rebase\nissues:\n- the API is gone\n```",
                rebase(&["the API is gone"]),
            ),
        ] {
            assert_eq!(parse_verdict(reply), Ok(wanted), "{reply}");
        }
    }

    #[test]
    fn issues_without_quotes_are_still_read() {
        let reply = "```yaml\nverdict: changes_requested\nissues:\n\
            - src/a.ts:12: returns null\n- plain\n```";
        assert_eq!(parse_verdict(reply), Ok(changes(&["src/a.ts:12: returns null", "plain"])));
        // Neither a backtick nor a second colon may stand here in YAML.
        let reply = "```yaml\nverdict: changes_requested\nissues:\n  - `f` fails: on: x\n    \
            and y\n  - \"q\" is wrong\n```";
        assert_eq!(parse_verdict(reply), Ok(changes(&["`f` fails: on: x and y", "\"q\" is wrong"])));
    }

    #[test]
    fn what_is_wrong_is_told_to_the_agent() {
        for (reply, wanted) in [
            ("", "no verdict"),
            ("Looks good to me!", "no verdict"),
            ("```yaml\nverdict: fine\n```", "`fine` is not known"),
            ("```yaml\nverdict: changes_requested\nissues: []\n```", "at least one issue"),
            ("```yaml\nverdict: rebase\n```", "at least one issue"),
            ("```yaml\nverdict: [1]\n```", "is not known"),
            ("```yaml\nverdict: approved\n```\n```yaml\nverdict: rebase\n```", "more than one verdict"),
        ] {
            let problem = parse_verdict(reply).unwrap_err();
            assert!(problem.contains(wanted), "{reply}: {problem}");
            assert!(problem.ends_with(FORM));
        }
        let long = format!("verdict: approved\nissues: [{}]", "x,".repeat(BLOCK_BYTES_MAX));
        assert!(parse_verdict(&long).unwrap_err().contains("at most 32768"));
    }

    #[test]
    fn hostile_blocks_are_read_without_the_parser() {
        for hostile in ["[".repeat(30_000), "- ".repeat(15_000), "{a: ".repeat(7_000)] {
            let text = format!("verdict: changes_requested\nissues: {hostile}");
            assert!(reply::is_deep(&text));
            // No panic and no long wait; what comes out does not matter.
            let _ = parse_verdict(&text);
        }
        // Aliases that multiply are refused by the parser itself.
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..20 {
            let before = format!("*a{}, ", i - 1).repeat(9);
            bomb.push_str(&format!("a{i}: &a{i} [{before}]\n"));
        }
        bomb.push_str("verdict: changes_requested\nissues: *a19\n");
        assert_eq!(parse_verdict(&bomb), Ok(changes(&["*a19"])));
    }

    #[test]
    fn the_example_of_the_prompt_is_read() {
        let verdict = parse_verdict(include_str!("../../prompts/reviewer.md"));
        assert!(matches!(verdict, Ok(Verdict::ChangesRequested { issues }) if issues.len() == 1));
    }

    #[test]
    fn the_worst_verdict_wins() {
        let approved = || Verdict::Approved;
        assert_eq!(combine(vec![approved(), approved()]), Verdict::Approved);
        assert_eq!(
            combine(vec![approved(), changes(&["a", "b"]), changes(&["b", "c"])]),
            changes(&["a", "b", "c"])
        );
        assert_eq!(combine(vec![changes(&["a"]), rebase(&["r"]), approved()]), rebase(&["a", "r"]));
        assert!(matches!(combine(vec![]), Verdict::ChangesRequested { .. }));
    }

    proptest! {
        #[test]
        fn reading_never_panics(
            reply in any::<String>(),
            shaped in "(```(yaml)?\n)?(verdict: ?[a-z\\[\\]{}:&*!|>\"'-]{0,20}\n)?(issues:.{0,30}\n(  - .{0,30}\n){0,3})?(```)?",
        ) {
            let _ = parse_verdict(&reply);
            if let Ok(Verdict::ChangesRequested { issues } | Verdict::Rebase { issues }) = parse_verdict(&shaped) {
                prop_assert!(!issues.is_empty());
            }
        }
    }
}
