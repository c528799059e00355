//! How well the rules of hygiene tell clean contexts from contaminated ones, on a labelled corpus.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod corpus;
mod score;

use std::collections::BTreeMap;
use corpus::{Origin, Part};
use score::{Score, findings, is_found};

#[test]
fn peek() {
    let part = if std::env::var("HELD").is_ok() { Part::Held } else { Part::Tuned };
    let all: Vec<_> = corpus::cases();
    let mut by: BTreeMap<(Part, Origin, String), Score> = BTreeMap::new();
    let mut shown: BTreeMap<String, usize> = BTreeMap::new();
    for case in &all {
        let found = findings(case);
        by.entry((case.part, case.origin, case.family.clone())).or_default().add(case, &found);
        if case.is_clean() { for f in &found { *shown.entry(format!("RULE {:?} {:?} {:?} w{}", case.part, case.origin, f.rule, f.weight)).or_default() += 1; } }
        let wrong = is_found(case, &found) == case.is_clean();
        if wrong && case.part == part && part == Part::Tuned {
            let n = shown.entry(format!("{:?}{}", case.origin, case.family)).or_default();
            *n += 1;
            if *n > 14 { continue; }
            if case.is_clean() {
                for f in &found { println!("FALSE {} {:?} w{} {:?}", case.name, f.rule, f.weight, &case.text[f.from..f.to.min(f.from+300).min(case.text.len())]); }
            } else {
                for s in case.spans.iter().take(1) { println!("MISSED {} {} {:?}", case.name, case.family, case.text.get(s.0..s.1.min(s.0+300)).unwrap_or(&case.text[s.0..s.1])); }
            }
        }
    }
    for (key, n) in &shown { if key.starts_with("RULE") { println!("{key} n={n}"); } }
    for (key, score) in &by {
        println!("{key:?} n={} recall {:.3} fp {:.3}", score.hit+score.missed+score.false_alarm+score.clean, score.recall(), score.false_positives());
    }
}
