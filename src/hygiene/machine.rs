//! What programs wrote, outside of fences: output of tools, calls of tools, listings, whole files.

use super::finding::{Found, Rule, excerpt};
use super::layout::{BLOCK_LINES_MAX, Block, BlockKind};
use super::lines::Lines;
use super::look::{Look, look, trim_end};

/// So many lines of output in a row are a log; a single one may be a sample.
const LOG_LINES_MIN: usize = 2;

/// A run of lines that are not prose.
#[derive(Default)]
struct Run {
    from: usize,
    to: usize,
    output: usize,
    code: usize,
    has_call: bool,
    /// Lines of prose since the last other line.
    pause: usize,
}

/// The runs of a text, as its parts are added in order.
#[derive(Default)]
pub(super) struct Machine {
    run: Run,
    found: Vec<Found>,
}

impl Machine {
    /// Nothing goes on behind a fenced block.
    pub fn add_fenced(&mut self, text: &str) {
        self.close(text);
    }

    /// Adds a block. Whether most of its lines are what programs are made of.
    pub fn add(&mut self, text: &str, block: &Block) -> bool {
        if !may_be_machine(text, block) {
            self.close(text);
            return false;
        }
        let mut code = 0;
        for (from, to) in Lines::between(text, block.from, block.to) {
            let line = trim_end(&text[from..to]);
            let look = look(line);
            code += usize::from(look != Look::Prose);
            if self.run.add(look, from, from + line.len()) {
                self.close(text);
            }
        }
        block.kind == BlockKind::Plain && block.lines >= 2 && 2 * code > block.lines
    }

    /// One finding for each run of output and each unfenced file.
    pub fn findings(mut self, text: &str) -> Vec<Found> {
        self.close(text);
        self.found
    }

    fn close(&mut self, text: &str) {
        if self.run.to == 0 {
            return;
        }
        self.found.extend(std::mem::take(&mut self.run).close(text));
    }
}

/// Headings and quotes are a person's; items and rows are when they read like it.
fn may_be_machine(text: &str, block: &Block) -> bool {
    match block.kind {
        BlockKind::Plain => true,
        // `> Task :test` and `> demo@1.0.0 test` are output, `# comment` is code.
        BlockKind::Quote | BlockKind::Heading | BlockKind::Row => false,
        BlockKind::Item => {
            let below = || Lines::between(text, block.from, block.to).skip(1);
            block.lines > 1
                && below()
                    .map(|(from, to)| look(trim_end(&text[from..to])))
                    .any(|look| matches!(look, Look::Output | Look::Call))
        }
    }
}

impl Run {
    /// Adds a line; whether the run is over.
    fn add(&mut self, look: Look, from: usize, to: usize) -> bool {
        const PAUSE_MAX: usize = 1;
        match look {
            Look::Empty => return false,
            Look::Prose => {
                self.pause += 1;
                return self.pause > PAUSE_MAX;
            }
            Look::Output => self.output += 1,
            Look::Call => {
                self.output += 1;
                self.has_call = true;
            }
            Look::Code => self.code += 1,
        }
        if self.output + self.code == 1 {
            self.from = from;
        }
        self.pause = 0;
        self.to = to;
        false
    }

    fn close(&self, text: &str) -> Option<Found> {
        let (from, to) = (self.from, self.to);
        if self.has_call || self.output >= LOG_LINES_MIN {
            return Some(Found {
                rule: Rule::ToolOutput,
                from,
                to,
                weight: if self.has_call { 95 } else { 80 },
                message: format!(
                    "\"{}\" is output of a tool: leave it out, or quote the line that matters",
                    excerpt(text, from, to)
                ),
            });
        }
        (self.code > BLOCK_LINES_MAX).then(|| Found {
            rule: Rule::LongBlock,
            from,
            to,
            weight: 80,
            message: format!(
                "{} lines of code, at most {BLOCK_LINES_MAX} are allowed: name the file and the lines instead",
                self.code
            ),
        })
    }
}
