//! A comparison as people read it: a table, and under it what differs.

use std::fmt::Write as _;

use super::{Comparison, Criterion, CrossResult, Crossing, Mark, Pair, PublicName, Sets, Verdict};
use crate::text::{bytes, code_span, count, duration, list, table, usd};

/// So many names are listed of a set; the files that are written hold all.
const NAMED_MAX: usize = 8;

/// The table of two versions.
pub fn table_of(comparison: &Comparison) -> String {
    let Comparison { names, criteria, gates, files, public, lines, bytes: size, .. } = comparison;
    let mut rows = vec![row(
        "criteria",
        (criteria.both.len() + criteria.only_left.len()).to_string(),
        (criteria.both.len() + criteria.only_right.len()).to_string(),
        if criteria.is_same() { "the same".to_owned() } else { difference(criteria) },
    )];
    for gate in gate_names(gates) {
        let [left, right] = [&gates.left, &gates.right].map(|side| mark_of(side, &gate));
        rows.push(row(&format!("{gate} gate"), left, right, String::new()));
    }
    for crossing in &comparison.crossings {
        let is_left = crossing.code == names.left;
        let cell = cross_word(crossing);
        let (left, right) = if is_left { (cell, String::new()) } else { (String::new(), cell) };
        rows.push(row(&format!("with the tests of `{}`", crossing.tests), left, right, String::new()));
    }
    rows.extend([
        row("files changed", total(files, true), total(files, false), difference(files)),
        row("public names", total(public, true), total(public, false), difference(public)),
        row("lines added", signed(lines.left), signed(lines.right), String::new()),
        row("size", bytes(size.left), bytes(size.right), String::new()),
        row("cost", money(comparison.cost_usd.left), money(comparison.cost_usd.right), String::new()),
        row("time", time(comparison.duration_ms.left), time(comparison.duration_ms.right), String::new()),
    ]);
    table(&["", &names.left, &names.right, "difference"], &rows)
}

/// What differs, in a line each: criteria, failures, names. Nothing when nothing does.
pub fn describe(comparison: &Comparison) -> String {
    let Pair { left, right } = &comparison.names;
    let mut text = String::new();
    let criterion = |one: &Criterion| format!("{}: {}", one.task, one.text);
    let name = |one: &PublicName| format!("`{}` of {}", one.name, code_span(&one.path));
    for (side, of) in [(left, &comparison.criteria.only_left), (right, &comparison.criteria.only_right)] {
        for one in of {
            let _ = writeln!(text, "- Asked of `{side}` only: {}", criterion(one));
        }
    }
    for (side, gates) in [(left, &comparison.gates.left), (right, &comparison.gates.right)] {
        for verdict in gates.iter().filter(|verdict| verdict.mark == Mark::Red) {
            let _ = writeln!(text, "- The {} gate is red on `{side}`: {}", verdict.gate, said(verdict));
        }
    }
    for crossing in &comparison.crossings {
        text.push_str(&cross_lines(crossing));
    }
    for (side, of) in [(left, &comparison.public.only_left), (right, &comparison.public.only_right)] {
        if !of.is_empty() {
            let names: Vec<String> = of.iter().map(name).collect();
            let _ = writeln!(text, "- Public in `{side}` only: {}", some(&names));
        }
    }
    text
}

fn cross_lines(crossing: &Crossing) -> String {
    let Crossing { code, tests, result } = crossing;
    match result {
        CrossResult::Untold { why } => {
            format!("- The tests of `{tests}` were not run on the code of `{code}`: {why}.\n")
        }
        CrossResult::Ran { gates } => gates
            .iter()
            .filter(|verdict| verdict.mark != Mark::Green)
            .map(|verdict| {
                format!(
                    "- The tests of `{tests}` on the code of `{code}`: the {} gate is {}: {}\n",
                    verdict.gate,
                    word(verdict.mark),
                    said(verdict)
                )
            })
            .collect(),
    }
}

fn said(verdict: &Verdict) -> String {
    if verdict.complaints.is_empty() { "nothing more".to_owned() } else { verdict.complaints.join("; ") }
}

fn cross_word(crossing: &Crossing) -> String {
    match &crossing.result {
        CrossResult::Untold { .. } => "not run".to_owned(),
        CrossResult::Ran { gates } => {
            let red: Vec<String> = gates
                .iter()
                .filter(|verdict| verdict.mark != Mark::Green)
                .map(|verdict| format!("{} {}", verdict.gate, word(verdict.mark)))
                .collect();
            if red.is_empty() { word(Mark::Green).to_owned() } else { list(&red) }
        }
    }
}

fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::Green => "green",
        Mark::Red => "red",
        Mark::Empty => "without a test",
    }
}

fn gate_names(gates: &Pair<Vec<Verdict>>) -> Vec<String> {
    let mut names: Vec<_> = gates.left.iter().chain(&gates.right).map(|verdict| verdict.gate).collect();
    names.sort();
    names.dedup();
    names.iter().map(ToString::to_string).collect()
}

fn mark_of(gates: &[Verdict], name: &str) -> String {
    let found = gates.iter().find(|verdict| verdict.gate.to_string() == name);
    found.map_or("none", |verdict| word(verdict.mark)).to_owned()
}

fn row(name: &str, left: String, right: String, difference: String) -> Vec<String> {
    vec![name.to_owned(), left, right, difference]
}

fn total<T>(sets: &Sets<T>, is_left: bool) -> String {
    let own = if is_left { &sets.only_left } else { &sets.only_right };
    (sets.both.len() + own.len()).to_string()
}

fn difference<T>(sets: &Sets<T>) -> String {
    match (sets.only_left.len(), sets.only_right.len()) {
        (0, 0) => "the same".to_owned(),
        (gone, new) => format!("{gone} gone, {new} new"),
    }
}

fn signed(lines: i64) -> String {
    format!("{lines:+}")
}

fn money(usd_known: Option<f64>) -> String {
    usd_known.map_or_else(|| "unknown".to_owned(), usd)
}

fn time(ms: Option<u64>) -> String {
    ms.map_or_else(|| "unknown".to_owned(), duration)
}

fn some(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(NAMED_MAX).cloned().collect();
    if names.len() > NAMED_MAX {
        shown.push(count(names.len() - NAMED_MAX, "other", "others"));
    }
    list(&shown)
}
