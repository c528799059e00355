//! The figures of a run as texts: the summary of `/implement` and the answer to `/metrics`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::drift::drifts;
use super::{Drift, Estimate, Ledger, PromptFigures, Retries, Usage};
use crate::memory::Memory;
use crate::text;

/// What is known of a task when figures are shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskFigures {
    /// Its id.
    pub id: crate::ids::TaskId,
    /// Its title.
    pub title: String,
    /// Its status as the backlog spells it.
    pub status: String,
    /// Attempts so far, and how often work went back to an agent.
    pub attempts: u32,
    /// Size of its context in bytes; 0 before it was compiled.
    pub context_bytes: u32,
    /// How far the sessions of its agents strayed, in all attempts.
    pub drift: Vec<Drift>,
    /// Tokens of all attempts.
    pub tokens: u64,
    /// US dollars of all attempts.
    pub cost_usd: f64,
    /// Time at work, all attempts, in milliseconds.
    pub duration_ms: u64,
}

impl TaskFigures {
    fn is_completed(&self) -> bool {
        self.status == "completed"
    }
}

/// Characters of a title that a table shows.
const TITLE_SHOWN: usize = 40;

/// The summary of a run: its tasks as a table, then what came of them and what it took.
pub fn report(tasks: &[TaskFigures], ledger: &Ledger, estimate: Option<Estimate>) -> String {
    let mut out = String::new();
    if !tasks.is_empty() {
        out.push_str(&task_table(tasks));
        out.push('\n');
    }
    let mut lines = vec![outcome(tasks)];
    let open: Vec<String> = tasks
        .iter()
        .filter(|task| !task.is_completed())
        .map(|task| format!("{} ({})", task.id, words(&task.status)))
        .collect();
    if !open.is_empty() {
        lines.push(format!("Not completed: {}.", text::list(&open)));
    }
    lines.push(spent(ledger, estimate));
    for line in lines {
        out.push_str(&format!("- {line}\n"));
    }
    out
}

/// The answer to `/metrics`: tasks, first attempts, time, contexts, then tokens and cost by kind of
/// work and by model. Says so where there is nothing to tell.
pub fn metrics(
    tasks: &[TaskFigures],
    ledger: &Ledger,
    memory: &Memory,
    retries: &Retries,
    prompts: &PromptFigures,
) -> String {
    if tasks.is_empty() && ledger.entries.is_empty() {
        return "No data yet: nothing has been planned or implemented here.\n".to_owned();
    }
    let mut out = String::from("## Metrics\n\n");
    for line in [
        format!("Tasks: {}.", statuses(tasks)),
        format!("First attempt: {}.", first_attempts(tasks)),
        format!("Time at work: {}.", times(tasks)),
        format!("Context sizes: {}.", contexts(tasks)),
        format!("Drift: {}.", drifts(tasks)),
        format!("Memory: {}.", memory.summary()),
        spent(ledger, None),
    ] {
        out.push_str(&format!("- {line}\n"));
    }
    if ledger.entries.is_empty() {
        return out;
    }
    out.push_str("\n### Second attempts\n\n");
    out.push_str(&retries.report());
    let total = ledger.total();
    let by_work: Vec<(String, Usage)> =
        ledger.by_work().into_iter().map(|(work, usage)| (words(work.name()), usage)).collect();
    let by_model: Vec<(String, Usage)> = ledger
        .by_model()
        .into_iter()
        .map(|(model, usage)| match model {
            Some(model) => (model.to_string(), usage),
            None => ("chosen by OpenCode".to_owned(), usage),
        })
        .collect();
    out.push_str("\n### By phase\n\n");
    out.push_str(&usage_table("phase", &by_work, &total));
    out.push_str("\n### By model\n\n");
    out.push_str(&usage_table("model", &by_model, &total));
    if !prompts.is_empty() {
        out.push_str("\n### By prompt\n\n");
        out.push_str(&prompts.report());
    }
    out
}

fn task_table(tasks: &[TaskFigures]) -> String {
    let rows: Vec<Vec<String>> = tasks
        .iter()
        .map(|task| {
            vec![
                task.id.to_string(),
                shorten(&task.title),
                words(&task.status),
                task.attempts.to_string(),
                figure(task.context_bytes.into(), text::bytes),
                figure(task.tokens, text::number),
                match task.tokens {
                    0 => "-".to_owned(),
                    _ => text::usd(task.cost_usd),
                },
                figure(task.duration_ms, text::duration),
            ]
        })
        .collect();
    let headers = ["task", "title", "status", "#attempts", "#context", "#tokens", "#cost", "#time"];
    text::table(&headers, &rows)
}

fn usage_table(name: &str, parts: &[(String, Usage)], total: &Usage) -> String {
    let row = |name: &str, usage: &Usage| {
        vec![
            name.to_owned(),
            text::number(usage.tokens()),
            text::number(usage.input_tokens),
            text::number(usage.cached_tokens),
            text::number(usage.output_tokens),
            text::usd(usage.cost_usd),
        ]
    };
    let mut rows: Vec<Vec<String>> = parts.iter().map(|(name, usage)| row(name, usage)).collect();
    if parts.len() > 1 {
        rows.push(row("all", total));
    }
    let headers = [name, "#tokens", "#sent", "#cached", "#received", "#cost"];
    text::table(&headers, &rows)
}

fn outcome(tasks: &[TaskFigures]) -> String {
    let done = tasks.iter().filter(|task| task.is_completed()).count();
    match tasks.len() {
        0 => "No tasks.".to_owned(),
        n => format!(
            "{done} of {} completed; at the first attempt: {}.",
            text::count(n, "task", "tasks"),
            first_attempts(tasks)
        ),
    }
}

fn spent(ledger: &Ledger, estimate: Option<Estimate>) -> String {
    let total = ledger.total();
    let mut line = match ledger.entries.len() {
        0 => "Spent: nothing yet".to_owned(),
        runs => format!(
            "Spent: {} tokens, {} in {}",
            text::number(total.tokens()),
            text::usd(total.cost_usd),
            text::count(runs, "agent run", "agent runs"),
        ),
    };
    if let Some(guess) = estimate {
        let unpriced = match guess.unpriced {
            0 => String::new(),
            n => format!(", {} without a known price", text::count(n, "part", "parts")),
        };
        line.push_str(&format!(
            " (estimated: {} tokens, {}{unpriced})",
            text::number(guess.tokens),
            text::usd(guess.cost_usd)
        ));
    }
    line + "."
}

/// How many tasks are in which status, the most frequent first.
fn statuses(tasks: &[TaskFigures]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for task in tasks {
        *counts.entry(&task.status).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let parts: Vec<String> = counts.iter().map(|(status, n)| format!("{n} {}", words(status))).collect();
    match tasks.len() {
        0 => "no data yet".to_owned(),
        n => format!("{n} in all, {}", text::list(&parts)),
    }
}

/// Of the tasks that came to an end, how many did so well and at once.
fn first_attempts(tasks: &[TaskFigures]) -> String {
    // Without an attempt a task was done by hand, or had no chance yet.
    let ended = |task: &&TaskFigures| task.attempts > 0 && (task.is_completed() || task.status == "failed");
    let n = tasks.iter().filter(ended).count();
    let k = tasks.iter().filter(|task| task.is_completed() && task.attempts == 1).count();
    match n {
        0 => "no data yet".to_owned(),
        _ => format!("{k} of {n}"),
    }
}

fn times(tasks: &[TaskFigures]) -> String {
    let mut times: Vec<u64> = tasks.iter().map(|task| task.duration_ms).collect();
    times.retain(|ms| *ms > 0);
    match range(times) {
        None => "no data yet".to_owned(),
        Some((_, median, most)) => {
            format!("median {}, longest {} a task", text::duration(median), text::duration(most))
        }
    }
}

fn contexts(tasks: &[TaskFigures]) -> String {
    let mut sizes: Vec<u64> = tasks.iter().map(|task| task.context_bytes.into()).collect();
    sizes.retain(|bytes| *bytes > 0);
    match range(sizes) {
        None => "no data yet".to_owned(),
        Some((least, median, most)) => format!(
            "smallest {}, median {}, largest {}",
            text::bytes(least),
            text::bytes(median),
            text::bytes(most)
        ),
    }
}

/// Smallest, median (the lower of two) and largest; `None` for nothing.
fn range(mut values: Vec<u64>) -> Option<(u64, u64, u64)> {
    values.sort_unstable();
    let median = values.get(values.len().checked_sub(1)? / 2)?;
    Some((*values.first()?, *median, *values.last()?))
}

/// A figure, or a dash while there is none.
fn figure(value: u64, tell: fn(u64) -> String) -> String {
    match value {
        0 => "-".to_owned(),
        _ => tell(value),
    }
}

/// A snake_case name as words.
fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn shorten(title: &str) -> String {
    match title.char_indices().nth(TITLE_SHOWN) {
        Some((at, _)) => format!("{}…", title[..at].trim_end()),
        None => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::entry;
    use super::*;
    use crate::route::Work;

    fn task(id: &str, status: &str, attempts: u32, bytes: u32, ms: u64) -> TaskFigures {
        TaskFigures {
            id: id.into(),
            title: format!("Do what {id} says, in a title that is longer than the table"),
            status: status.to_owned(),
            attempts,
            context_bytes: bytes,
            drift: drift_of(bytes, attempts),
            tokens: u64::from(bytes) * 10,
            cost_usd: f64::from(bytes) / 1e5,
            duration_ms: ms,
        }
    }

    fn drift_of(bytes: u32, attempts: u32) -> Vec<Drift> {
        let percent = u64::from(bytes) / 60;
        (0..attempts).map(|nth| Drift { percent, alerts: nth, nudges: nth / 2 }).collect()
    }

    fn tasks() -> Vec<TaskFigures> {
        vec![
            task("T01", "completed", 1, 1_200, 95_000),
            task("T02", "completed", 2, 2_954, 400_000),
            task("T03", "failed", 3, 2_100, 4_000_000),
            task("T04", "in_progress", 1, 900, 0),
            task("T05", "pending", 0, 0, 0),
        ]
    }

    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        ledger.add(entry(Work::Planning, "a/small", None, 11_000));
        ledger.add(entry(Work::CodeImplementation, "a/large", Some("T01"), 120_000));
        ledger.add(entry(Work::CodeImplementation, "a/large", Some("T02"), 80_000));
        ledger.add(entry(Work::Review, "", Some("T01"), 9_000));
        ledger
    }

    #[test]
    fn a_report_of_a_mixed_run() {
        let guess = Estimate { tokens: 600_000, cost_usd: 0.3, unpriced: 1 };
        insta::assert_snapshot!(report(&tasks(), &ledger(), Some(guess)));
    }

    #[test]
    fn a_report_of_a_clean_run() {
        insta::assert_snapshot!(report(&tasks()[..1], &ledger(), None));
    }

    #[test]
    fn a_report_of_nothing() {
        insta::assert_snapshot!(report(&[], &Ledger::default(), None));
    }

    #[test]
    fn metrics_of_a_mixed_run() {
        insta::assert_snapshot!(metrics(
            &tasks(),
            &ledger(),
            &Memory::default(),
            &Retries::default(),
            &PromptFigures::default()
        ));
    }

    #[test]
    fn metrics_before_the_first_run() {
        insta::assert_snapshot!(metrics(
            &[],
            &Ledger::default(),
            &Memory::default(),
            &Retries::default(),
            &PromptFigures::default()
        ));
        insta::assert_snapshot!(metrics(
            &tasks()[4..],
            &Ledger::default(),
            &Memory::default(),
            &Retries::default(),
            &PromptFigures::default()
        ));
    }
}
