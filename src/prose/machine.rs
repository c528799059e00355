//! What programs wrote, outside of fences: output of tools, calls of tools, listings, code.

use super::layout::{Block, BlockKind};
use super::lines::Lines;
use super::look::{Look, look, trim_end};

/// A run of lines that are not prose.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Where it begins, in bytes.
    pub from: usize,
    /// Where it ends, in bytes.
    pub to: usize,
    /// How many lines are output or calls of tools.
    pub output: usize,
    /// How many lines are code.
    pub code: usize,
    /// Whether one of them is a call of a tool.
    pub has_call: bool,
    /// Lines of prose since the last other line.
    pause: usize,
}

/// The runs of a text, as its parts are added in order.
#[derive(Default)]
pub(super) struct Machine {
    run: Run,
    runs: Vec<Run>,
}

impl Machine {
    /// Nothing goes on behind a fenced block.
    pub fn add_fenced(&mut self) {
        self.close();
    }

    /// Adds a block. Whether most of its lines are what programs are made of.
    pub fn add(&mut self, text: &str, block: &Block) -> bool {
        if !may_be_machine(text, block) {
            self.close();
            return false;
        }
        let mut code = 0;
        for (from, to) in Lines::between(text, block.from, block.to) {
            let line = trim_end(&text[from..to]);
            let look = look(line);
            code += usize::from(look != Look::Prose);
            if self.run.add(look, from, from + line.len()) {
                self.close();
            }
        }
        block.kind == BlockKind::Plain && block.lines >= 2 && 2 * code > block.lines
    }

    /// All of them.
    pub fn runs(mut self) -> Vec<Run> {
        self.close();
        self.runs
    }

    fn close(&mut self) {
        if self.run.to > 0 {
            self.runs.push(std::mem::take(&mut self.run));
        }
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
}
