//! The rules of hygiene and their labelled corpus, for `npm run bench -- hygiene`.

use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{hygiene, ids};

#[path = "../../../tests/hygiene/corpus/mod.rs"]
#[allow(dead_code, reason = "what only the tests use")]
mod corpus;
#[path = "../../../tests/hygiene/judge.rs"]
mod judge;
#[path = "../../../tests/hygiene/sessions.rs"]
mod sessions;

/// The labelled cases.
#[wasm_bindgen]
pub struct BenchCorpus(Vec<corpus::Case>);

#[derive(Serialize)]
struct Place {
    rule: hygiene::Rule,
    from: usize,
    to: usize,
}

#[wasm_bindgen]
impl BenchCorpus {
    /// Makes all cases.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "JavaScript calls it")]
    pub fn new() -> Self {
        Self(corpus::cases())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// A case as JSON; empty when there is none.
    pub fn case(&self, index: usize) -> String {
        self.0.get(index).and_then(|case| serde_json::to_string(case).ok()).unwrap_or_default()
    }

    /// What the rules find in a case, as JSON with places in bytes.
    pub fn findings(&self, index: usize) -> String {
        places(self.0.get(index).map(judge::findings).unwrap_or_default())
    }

    /// The same when of what was said in sessions no more is known than what is kept.
    pub fn findings_by_kept(&self, index: usize) -> String {
        places(self.0.get(index).map(sessions::findings).unwrap_or_default())
    }
}

fn places(found: Vec<hygiene::Finding>) -> String {
    let place = |finding: hygiene::Finding| Place { rule: finding.rule, from: finding.from, to: finding.to };
    serde_json::to_string(&found.into_iter().map(place).collect::<Vec<_>>()).unwrap_or_default()
}

/// A long text and what it is held against, inside the module, so that only the rules are timed.
#[wasm_bindgen]
pub struct BenchText {
    text: String,
    prints: hygiene::Prints,
    ids: Vec<ids::TaskId>,
}

#[wasm_bindgen]
impl BenchText {
    /// A text and text that it must not repeat.
    #[wasm_bindgen(constructor)]
    pub fn new(text: String, foreign: &str) -> Self {
        let mut prints = hygiene::Prints::default();
        prints.add([(hygiene::ForeignKind::Planner("planner".to_owned()), foreign)]);
        let ids = (0..100).map(|n| ids::TaskId(format!("Z{n:03}"))).collect();
        Self { text, prints, ids }
    }

    /// How many findings there are.
    pub fn verify(&self) -> usize {
        let frame = hygiene::Frame {
            own: &self.ids[0],
            dependencies: &[],
            ids: &self.ids,
            bytes_max: usize::MAX,
            prints: Some(&self.prints),
            overheard: None,
            fields: &[],
            given: &[],
            not_overheard: &[],
        };
        hygiene::verify(&self.text, &frame).len()
    }
}
