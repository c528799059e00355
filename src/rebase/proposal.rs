//! The answer of the rebase agent: how sure it is, why, and the fields of the spec that change.

use serde::{Deserialize, Serialize};
use serde_yaml::Value;

use super::fields::{TaskFields, fields_of, task_block};
use crate::reply;

/// What every complaint ends with.
const FORM: &str = "Answer with one fenced yaml block: `confidence:` from 0 to 1, `reasoning:`, and `task:` with \
                    `description`, `acceptance`, `scope` and `context` as they should be.";

/// A better spec, as proposed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// How sure its author is that work on it will pass, 0 to 1.
    pub confidence: f64,
    /// What was wrong with the spec.
    pub reasoning: String,
    /// What it should be like.
    pub fields: TaskFields,
}

/// Reads the agent's reply: one fenced block with a `task:`, prose around it. The error is a sentence to
/// send back to the agent.
pub fn parse_proposal(text: &str) -> Result<Proposal, String> {
    let block = task_block(text, FORM)?;
    read(&block).map_err(|problem| format!("{problem} {FORM}"))
}

fn read(block: &Value) -> Result<Proposal, String> {
    let confidence = block.get("confidence").and_then(Value::as_f64);
    let Some(confidence) = confidence.filter(|confidence| (0.0..=1.0).contains(confidence)) else {
        return Err("`confidence:` must be a number from 0 to 1.".to_owned());
    };
    let reasoning = block.get("reasoning").map(reply::text_of).unwrap_or_default().trim().to_owned();
    Ok(Proposal { confidence, reasoning, fields: fields_of(block)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REPLY: &str = "The task hid the rounding.\n\n```yaml\nconfidence: 0.85\nreasoning: \"It never says how to \
        round.\"\ntask:\n  description: \"Sum prices in cents.\"\n  acceptance:\n    - \"0.1 + 0.2 is 0.30\"\n    - round \
        half up: always\n  scope:\n    files_hint: [\"src/sum.js\"]\n  context:\n    constraints: [\"no floats\"]\n```\n";

    #[test]
    fn a_proposal_is_read_and_changes_what_it_names() {
        let proposal = parse_proposal(REPLY).unwrap();
        assert_eq!(proposal.confidence, 0.85);
        assert_eq!(proposal.reasoning, "It never says how to round.");
        let acceptance = ["0.1 + 0.2 is 0.30".to_owned(), "round half up: always".to_owned()];
        assert_eq!(proposal.fields.acceptance.as_deref(), Some(&acceptance[..]));
        let task = &crate::backlog::parse_draft(&format!("```yaml\n{}```", crate::backlog::samples::valid()))
            .unwrap()[0];
        let better = proposal.fields.apply(task);
        assert_eq!(better.description, "Sum prices in cents.");
        assert_eq!(better.context.constraints, ["no floats"]);
        assert_eq!(
            (&better.id, &better.title, &better.depends_on),
            (&task.id, &task.title, &task.depends_on)
        );
        assert_eq!(better.context.gotchas, task.context.gotchas, "what is not named stays");
        assert_eq!(TaskFields::default().apply(task), *task);
    }

    #[test]
    fn what_is_wrong_is_told_to_the_agent() {
        for (reply, wanted) in [
            ("I would split it.", "no `task:`"),
            ("```yaml\ntask: {}\n```\n```yaml\ntask: {}\n```", "more than one"),
            ("```yaml\nconfidence: 2\ntask:\n  description: x\n```", "from 0 to 1"),
            ("```yaml\nconfidence: sure\ntask:\n  description: x\n```", "from 0 to 1"),
            ("```yaml\nconfidence: 1\ntask: better\n```", "must hold the fields"),
            ("```yaml\nconfidence: 1\ntask:\n  description: `x`\n```", "quote every string"),
        ] {
            let problem = parse_proposal(reply).unwrap_err();
            assert!(problem.contains(wanted) && problem.ends_with(FORM), "{reply}: {problem}");
        }
    }

    #[test]
    fn the_example_of_the_prompt_is_read() {
        let proposal = parse_proposal(include_str!("../../prompts/rebase.md")).unwrap();
        assert!(proposal.fields.description.is_some() && proposal.fields.acceptance.is_some());
    }

    proptest! {
        #[test]
        fn reading_never_panics(reply in any::<String>(), shaped in "(```\n)?confidence: .{0,6}\ntask:\n(  [a-z]{1,11}: .{0,20}\n){0,4}(```)?") {
            let _ = parse_proposal(&reply);
            let _ = parse_proposal(&shaped);
        }
    }
}
