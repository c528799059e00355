//! Code, fenced or not, that is too long, and what tools printed.

use prose::Run;
use prose::layout::Fenced;

use super::finding::{Found, Rule, excerpt};

/// So many lines a fenced block may have: a pattern, not a file.
const BLOCK_LINES_MAX: usize = 20;
/// And so many bytes: 20 lines of 100.
const BLOCK_BYTES_MAX: usize = 2_000;
/// All fenced blocks together: a file cut in slices is a file.
const ALL_LINES_MAX: usize = 3 * BLOCK_LINES_MAX;
/// So many lines of output in a row are a log; a single one may be a sample.
const LOG_LINES_MIN: usize = 2;

/// Fenced blocks that are too long, each or together.
pub(super) fn fenced(fenced: &[Fenced]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut lines_so_far = 0;
    for block in fenced {
        let was_within = lines_so_far <= ALL_LINES_MAX;
        lines_so_far += block.lines;
        let what = if block.lines > BLOCK_LINES_MAX {
            format!("a code block of {} lines, at most {BLOCK_LINES_MAX} are allowed", block.lines)
        } else if block.bytes > BLOCK_BYTES_MAX {
            format!("a code block of {}", crate::text::bytes(block.bytes as u64))
        } else if was_within && lines_so_far > ALL_LINES_MAX {
            format!("more than {ALL_LINES_MAX} lines of code in {} blocks", fenced.len())
        } else {
            continue;
        };
        let message = format!("{what}: name the file and the lines instead");
        found.push(Found { rule: Rule::LongBlock, from: block.from, to: block.to, weight: 100, message });
    }
    found
}

/// A run of output, or an unfenced file.
pub(super) fn run(text: &str, run: &Run) -> Option<Found> {
    let (from, to) = (run.from, run.to);
    if run.has_call || run.output >= LOG_LINES_MIN {
        return Some(Found {
            rule: Rule::ToolOutput,
            from,
            to,
            weight: if run.has_call { 95 } else { 80 },
            message: format!(
                "\"{}\" is output of a tool: leave it out, or quote the line that matters",
                excerpt(text, from, to)
            ),
        });
    }
    (run.code > BLOCK_LINES_MAX).then(|| Found {
        rule: Rule::LongBlock,
        from,
        to,
        weight: 80,
        message: format!(
            "{} lines of code, at most {BLOCK_LINES_MAX} are allowed: name the file and the lines instead",
            run.code
        ),
    })
}
