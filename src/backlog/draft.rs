//! Tasks out of an agent's reply: one fenced YAML block among prose.

use super::TaskSpec;
use super::problem::Problem;
use super::read::{Author, read};
use prose::fences::{closes, fence};

/// Reads the tasks of an agent's reply, none of them tried yet. Lines count within the block.
pub fn parse_draft(reply: &str) -> Result<Vec<TaskSpec>, Vec<Problem>> {
    let block = find_block(reply).map_err(|message| {
        vec![Problem { task: None, field: None, line: None, message: message.to_owned() }]
    })?;
    read(&block, Author::Agent).map(|backlog| backlog.tasks)
}

/// The one block that holds `tasks:`, without its fence; an error says what to send instead.
fn find_block(reply: &str) -> Result<String, &'static str> {
    let blocks: Vec<Block> =
        fenced_blocks(reply).into_iter().filter(|block| block.is_yaml && has_tasks(&block.text)).collect();
    match blocks.as_slice() {
        [block] if block.is_closed => Ok(block.text.clone()),
        [_] => Err("the yaml block has no end: the reply was cut off, send all of it again, shorter"),
        [] if reply.trim_start().starts_with("tasks:") => Ok(reply.to_owned()),
        [] => Err("the reply holds no yaml block with `tasks:`: send the backlog in one ```yaml block"),
        _ => Err("the reply holds more than one yaml block with `tasks:`: send exactly one"),
    }
}

fn has_tasks(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("tasks:"))
}

/// A fenced block of markdown.
struct Block {
    /// The fence says yaml, or nothing.
    is_yaml: bool,
    /// The closing fence is there.
    is_closed: bool,
    /// The lines inside, without the fence's own indentation.
    text: String,
}

/// All fenced blocks, in order. A fence indented by four or more than the opening one is content:
/// descriptions hold code.
fn fenced_blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((marks, info)) = fence(line) else {
            continue;
        };
        let mut block = Block {
            is_yaml: ["", "yaml", "yml"].contains(&info.to_ascii_lowercase().as_str()),
            is_closed: false,
            text: String::new(),
        };
        let opening = indent(line);
        for line in lines.by_ref() {
            let indent = indent(line);
            if closes(line, marks) && indent < opening + 4 {
                block.is_closed = true;
                break;
            }
            block.text.push_str(&line[indent.min(opening)..]);
            block.text.push('\n');
        }
        blocks.push(block);
    }
    blocks
}

/// In spaces.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backlog::Status;
    use crate::backlog::samples::valid;

    #[test]
    fn a_draft_may_say_any_status_and_head() {
        let reply = format!("Sure:\n```yaml\n{}```", valid().replace("pending", "done"));
        let tasks = parse_draft(&reply).unwrap();
        assert_eq!(tasks.len(), 2);
        assert_eq!(tasks[0].status, Status::Pending);
    }

    #[test]
    fn the_lines_of_a_draft_count_within_its_block() {
        let reply = "Text\n\n  ```yml\n  tasks:\n    - id: T01\n      titel: x\n  ```\n";
        let problems = parse_draft(reply).unwrap_err();
        let titel = problems.iter().find(|p| p.field.as_deref() == Some("titel"));
        assert_eq!(titel.unwrap().line, Some(3));
    }

    #[test]
    fn a_draft_is_one_block_and_whole() {
        let block = format!("```yaml\n{}```\n", valid());
        assert!(parse_draft(&format!("```ts\nlet x;\n```\n{block}```yaml\nother: 1\n```")).is_ok());
        for (reply, expected) in [
            ("I could not do it.".to_owned(), "holds no yaml block"),
            (format!("{block}\n{block}"), "more than one"),
            (format!("```yaml\n{}", valid()), "cut off"),
        ] {
            let found = parse_draft(&reply).unwrap_err();
            assert!(found[0].message.contains(expected), "{found:?}");
        }
    }

    #[test]
    fn a_draft_without_a_fence_begins_with_its_tasks() {
        let text = valid();
        let tasks = &text[text.find("tasks:").unwrap()..];
        assert_eq!(parse_draft(tasks).map(|tasks| tasks.len()), Ok(2));
    }
}
