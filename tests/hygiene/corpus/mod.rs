//! Labelled contexts, made from templates and seeds: clean ones with traps, and contaminated ones with
//! the places of what was put in. One part is for tuning rules, the other for reporting; they share
//! neither seeds nor texts nor the kinds of talk.

mod adversarial;
mod backlog;
mod disguise;
mod grammar;
mod pools;
mod random;
mod splice;

use serde::Serialize;

use pools::Pools;
use random::Random;

/// So many clean and so many contaminated cases are made for each part.
const CASES: usize = 600;

/// What a case may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Rules may be tuned on it.
    Tuned,
    /// It is only reported.
    Held,
}

/// How a case came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// By putting something into a generated context.
    Spliced,
    /// By hand.
    Adversarial,
}

/// Text that a context must not repeat: `planner`, `task`, `attempt` or `tool`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Foreign {
    pub kind: String,
    /// The task's id, or a name.
    pub name: String,
    pub text: String,
}

/// A context with its labels and with what is known when it is verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    pub name: String,
    pub part: Part,
    pub origin: Origin,
    /// `clean`, or what was put in: `talk`, `known talk`, `id`, `copy`, `file`, `log`, `size`.
    pub family: String,
    pub text: String,
    /// What does not belong, in bytes. None in a clean case.
    pub spans: Vec<(usize, usize)>,
    pub own: String,
    pub dependencies: Vec<String>,
    pub ids: Vec<String>,
    pub bytes_max: usize,
    pub foreign: Vec<Foreign>,
    /// The task's own fields.
    pub fields: String,
    /// What may be repeated from anywhere: the plan sections it refers to, project constraints.
    pub given: String,
}

impl Case {
    /// Whether nothing was put in.
    pub fn is_clean(&self) -> bool {
        self.spans.is_empty()
    }
}

/// All cases, always the same.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (part, seed) in [(Part::Tuned, 1_000_000), (Part::Held, 2_000_000)] {
        let pools = Pools::of(part);
        for index in 0..2 * CASES {
            let mut random = Random::new(seed + index as u64);
            let draft = backlog::draft(&pools, &mut random, index >= CASES);
            cases.push(match index < CASES {
                true => draft.finish(format!("clean-{index:04}"), "clean"),
                false => splice::contaminate(draft, &pools, &mut random, index - CASES),
            });
        }
        cases.extend(adversarial::cases(part));
    }
    cases
}

/// Marks around what was put in, until the text is finished.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// Takes the marks out of a text and says where they were.
fn unmark(marked: &str) -> (String, Vec<(usize, usize)>) {
    let (mut text, mut spans, mut from) = (String::new(), Vec::new(), 0);
    for c in marked.chars() {
        match c {
            OPEN => from = text.len(),
            CLOSE => spans.push((from, text.len())),
            c => text.push(c),
        }
    }
    (text, spans)
}
