//! A task said in fewer words, for a context that would not hold all of it: what its author reads, and
//! what of the answer counts. Nothing that must be kept may be lost.

use super::fields::{TaskFields, fields_of, task_block};
use super::prompt::spec;
use crate::backlog::TaskSpec;
use crate::context::{Atom, ContextTooLarge, keeps_atoms};
use crate::text::bytes;

/// What every complaint ends with.
const FORM: &str = "One fenced yaml block with `task:` was asked for, holding the fields in fewer words.";
/// So many of the lost names and numbers are told.
const ATOMS_SHOWN: usize = 5;

/// The text for the author.
pub fn wording_prompt(task: &TaskSpec, problem: &ContextTooLarge) -> String {
    let size = |count: usize| bytes(count as u64);
    format!(
        "The task:\n\n```yaml\n{}```\n\nIt takes {} at least, headings included, and {} fit: its wording has to lose {} \
         or more.\n",
        spec(task),
        size(problem.bytes),
        size(problem.bytes_max),
        size(problem.bytes.saturating_sub(problem.bytes_max))
    )
}

/// The task in the words of a reply. The error says what the reply lacks.
pub fn parse_wording(task: &TaskSpec, reply: &str) -> Result<TaskSpec, String> {
    let value = task_block(reply, FORM)?;
    // Which files it touches is not a matter of words.
    let fields =
        TaskFields { files_hint: None, ..fields_of(&value).map_err(|problem| format!("{problem} {FORM}"))? };
    let shorter = fields.apply(task);
    if shorter.acceptance.len() != task.acceptance.len() {
        return Err(format!(
            "it has {} acceptance criteria instead of {}",
            shorter.acceptance.len(),
            task.acceptance.len()
        ));
    }
    keeps_atoms(&words(task), &words(&shorter)).map_err(|lost| {
        let shown: Vec<String> = lost.iter().take(ATOMS_SHOWN).map(Atom::to_string).collect();
        let more = if lost.len() > ATOMS_SHOWN { " and more" } else { "" };
        format!("it lost {}{more}", shown.join(", "))
    })?;
    Ok(shorter)
}

/// All that a task says in words.
fn words(task: &TaskSpec) -> String {
    let context = &task.context;
    let lines = [&task.description].into_iter().chain(&task.acceptance).chain(&context.constraints);
    let lines = lines.chain(&context.patterns).chain(&context.gotchas);
    lines.map(|line| format!("{line}\n\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Inputs, compile, sample_task};

    fn reply(fields: &str) -> String {
        format!("Shorter:\n\n```yaml\ntask:\n{fields}\n```\n")
    }

    #[test]
    fn a_shorter_wording_keeps_what_must_be_kept() {
        let task = TaskSpec {
            description:
                "When a refill is made, `refill` must never go above `capacity`, since that would be bad."
                    .to_owned(),
            ..sample_task()
        };
        let shorter =
            parse_wording(&task, &reply("  description: \"`refill` must never go above `capacity`.\""));
        let shorter = shorter.unwrap();
        assert_eq!(shorter.description, "`refill` must never go above `capacity`.");
        assert_eq!((&shorter.acceptance, &shorter.scope), (&task.acceptance, &task.scope));
        for (fields, told) in [
            (
                "  description: \"`refill` must never go above.\"",
                "it lost `capacity`, \"must never go above capacity\"",
            ),
            (
                "  description: \"`refill` may go above `capacity`.\"",
                "it lost \"must never go above capacity\"",
            ),
            ("  acceptance: [\"refill(9, 5, 10) is 10\"]", "it has 1 acceptance criteria instead of 2"),
        ] {
            assert_eq!(parse_wording(&task, &reply(fields)).unwrap_err(), told);
        }
        let problem = parse_wording(&task, "I cannot.").unwrap_err();
        assert!(problem.contains("no `task:`"), "{problem}");
        let moved = reply("  scope:\n    files_hint: [\"other.js\"]");
        assert_eq!(parse_wording(&task, &moved).unwrap().scope, task.scope);
    }

    #[test]
    fn its_author_reads_the_task_and_the_sizes() {
        let task = TaskSpec { description: format!("`{}`", "x".repeat(2_000)), ..sample_task() };
        let problem = compile(&Inputs::of(&task, &[], 1_000)).unwrap_err();
        let text = wording_prompt(&task, &problem);
        assert!(text.contains(&task.acceptance[0]) && text.contains("1,000 bytes fit"), "{text}");
        assert!(!text.contains("status:"), "{text}");
    }

    #[test]
    fn the_example_of_the_prompt_is_read() {
        let value = task_block(include_str!("../../prompts/compressor.md"), FORM).unwrap();
        let fields = fields_of(&value).unwrap();
        assert!(fields.description.is_some() && fields.acceptance.is_some() && fields.gotchas.is_some());
    }
}
