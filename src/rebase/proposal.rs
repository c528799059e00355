//! The answer of the rebase agent: how sure it is, why, and the fields of the spec that change.

use serde::{Deserialize, Serialize};
use serde_yaml::Value;

use crate::backlog::TaskSpec;
use crate::reply;

/// A longer block is not read: a spec that fits a context is far shorter.
const BLOCK_BYTES_MAX: usize = 32 * 1024;
/// What every complaint ends with.
const FORM: &str = "Answer with one fenced yaml block: `confidence:` from 0 to 1, `reasoning:`, and `task:` with \
                    `description`, `acceptance`, `scope` and `context` as they should be.";

/// A better spec, as proposed. A field that is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// How sure its author is that work on it will pass, 0 to 1.
    pub confidence: f64,
    /// What was wrong with the spec.
    pub reasoning: String,
    /// What to build.
    pub description: Option<String>,
    /// When it is done.
    pub acceptance: Option<Vec<String>>,
    /// Files it touches.
    pub files_hint: Option<Vec<String>>,
    /// What must hold.
    pub constraints: Option<Vec<String>>,
    /// What to follow.
    pub patterns: Option<Vec<String>>,
    /// What to know.
    pub gotchas: Option<Vec<String>>,
}

impl Proposal {
    /// The task with the proposed fields. Identity, dependencies and estimate stay.
    pub fn apply(&self, task: &TaskSpec) -> TaskSpec {
        let mut better = task.clone();
        let set = |field: &mut Vec<String>, value: &Option<Vec<String>>| {
            if let Some(value) = value {
                field.clone_from(value);
            }
        };
        if let Some(description) = &self.description {
            better.description.clone_from(description);
        }
        set(&mut better.acceptance, &self.acceptance);
        set(&mut better.scope.files_hint, &self.files_hint);
        set(&mut better.context.constraints, &self.constraints);
        set(&mut better.context.patterns, &self.patterns);
        set(&mut better.context.gotchas, &self.gotchas);
        better
    }
}

/// Reads the agent's reply: one fenced block with a `task:`, prose around it. The error is a sentence to
/// send back to the agent.
pub fn parse_proposal(text: &str) -> Result<Proposal, String> {
    let blocks = reply::blocks(text);
    let mut found = blocks.iter().filter(|block| block.lines().any(|line| line.starts_with("task:")));
    let block = match (found.next(), found.next()) {
        (Some(block), None) => block,
        (Some(_), Some(_)) => return Err(format!("Your reply holds more than one `task:`. {FORM}")),
        (None, _) => return Err(format!("Your reply holds no `task:`. {FORM}")),
    };
    if block.len() > BLOCK_BYTES_MAX {
        return Err(format!(
            "The block has {} bytes and at most {BLOCK_BYTES_MAX} are read. {FORM}",
            block.len()
        ));
    }
    let Some(value) = reply::value(block) else {
        return Err(format!("The block is no YAML that can be read: quote every string. {FORM}"));
    };
    read(&value).map_err(|problem| format!("{problem} {FORM}"))
}

fn read(value: &Value) -> Result<Proposal, String> {
    let confidence = value.get("confidence").and_then(Value::as_f64);
    let Some(confidence) = confidence.filter(|confidence| (0.0..=1.0).contains(confidence)) else {
        return Err("`confidence:` must be a number from 0 to 1.".to_owned());
    };
    let task = value.get("task").filter(|task| task.is_mapping());
    let Some(task) = task else {
        return Err("`task:` must hold the fields of the task.".to_owned());
    };
    let lines = |parent: Option<&Value>, name: &str| parent?.get(name).map(reply::lines_of);
    let (scope, context) = (task.get("scope"), task.get("context"));
    let description = task.get("description").map(|text| reply::text_of(text).trim().to_owned());
    Ok(Proposal {
        confidence,
        reasoning: value.get("reasoning").map(reply::text_of).unwrap_or_default().trim().to_owned(),
        description: description.filter(|text| !text.is_empty()),
        acceptance: lines(Some(task), "acceptance"),
        files_hint: lines(scope, "files_hint"),
        constraints: lines(context, "constraints"),
        patterns: lines(context, "patterns"),
        gotchas: lines(context, "gotchas"),
    })
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
        assert_eq!(proposal.acceptance.as_deref(), Some(&acceptance[..]));
        let task = &crate::backlog::parse_draft(&format!("```yaml\n{}```", crate::backlog::samples::valid()))
            .unwrap()[0];
        let better = proposal.apply(task);
        assert_eq!(better.description, "Sum prices in cents.");
        assert_eq!(better.context.constraints, ["no floats"]);
        assert_eq!(
            (&better.id, &better.title, &better.depends_on),
            (&task.id, &task.title, &task.depends_on)
        );
        assert_eq!(better.context.gotchas, task.context.gotchas, "what is not named stays");
        assert_eq!(Proposal::default().apply(task), *task);
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
        assert!(proposal.description.is_some() && proposal.acceptance.is_some());
    }

    proptest! {
        #[test]
        fn reading_never_panics(reply in any::<String>(), shaped in "(```\n)?confidence: .{0,6}\ntask:\n(  [a-z]{1,11}: .{0,20}\n){0,4}(```)?") {
            let _ = parse_proposal(&reply);
            let _ = parse_proposal(&shaped);
        }
    }
}
