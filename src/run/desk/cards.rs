//! What a person sees of a task before they decide: as text, and as JSON for a script.

use serde::Serialize;

use crate::effect::git::{Change, HeldAttempt};
use crate::ids::{CommitId, TaskId, TrackId};
use crate::metrics::Ledger;
use crate::review::GateReport;
use crate::run::implement::door::{Door, Waits, reference, waits};
use crate::run::implement::fates::why;
use crate::text::{code_span, count, duration, list, number, table, usd};
use crate::track::{Life, Track};

/// So many lines of a red check's output are shown.
const RED_LINES: usize = 25;
/// So many of a green one's.
const GREEN_LINES: usize = 3;
/// So many changed files are named one by one.
const FILES_MAX: usize = 30;

/// What the cards are made of.
pub struct Held<'a> {
    /// The tasks and what became of them.
    pub track: &'a Track,
    /// What the refs hold.
    pub attempts: &'a [HeldAttempt],
    /// The repository's name.
    pub repository: &'a str,
}

/// Everything that waits.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pile {
    /// The track; `None` when there is no backlog.
    pub track: Option<TrackId>,
    /// All is merged, and the person's branch does not have it.
    pub can_land: bool,
    /// The tasks, in the order in which they would be merged.
    pub tasks: Vec<Card>,
}

/// One task.
#[derive(Clone, Debug, Serialize)]
pub struct Card {
    task: TaskId,
    title: String,
    status: &'static str,
    waits_for: Option<Waits>,
    /// In half a sentence.
    why: String,
    acceptance: Vec<String>,
    changes: Vec<Change>,
    checks: Vec<GateReport>,
    /// What the reviewer asked for.
    issues: Vec<String>,
    /// How often an agent worked on it, those that do not count and changes after a review included.
    attempts: u32,
    reworks: u32,
    tokens: u64,
    cost_usd: f64,
    work: Option<WorkCard>,
    /// What can be typed.
    decisions: Vec<String>,
}

/// Where the work is.
#[derive(Clone, Debug, Serialize)]
struct WorkCard {
    r#ref: String,
    /// What the ref holds now; `None` when it is gone.
    commit: Option<CommitId>,
    base: CommitId,
    /// Commands that show it.
    open: Vec<String>,
    /// Commands that solve a conflict by hand.
    solve: Vec<String>,
}

impl Held<'_> {
    /// The card of a task.
    pub fn card(&self, index: usize, ledger: &Ledger) -> Option<Card> {
        let (spec, record) = (self.track.backlog.tasks.get(index)?, self.track.records.get(index)?);
        let waits = waits(record);
        let usage = ledger.of_task(&self.track.backlog.track_id, &spec.id);
        Some(Card {
            task: spec.id.clone(),
            title: spec.title.clone(),
            status: self.track.status(index).as_str(),
            waits_for: waits,
            why: self.why(index, waits),
            acceptance: spec.acceptance.clone(),
            changes: record.work.as_ref().map_or(&record.changes, |work| &work.changes).clone(),
            checks: record.reports.clone(),
            issues: record.issues.clone(),
            attempts: record.begun,
            reworks: record.reworks,
            tokens: usage.tokens(),
            cost_usd: usage.cost_usd,
            work: self.work(index),
            decisions: waits.map(|waits| decisions(&spec.id, waits)).unwrap_or_default(),
        })
    }

    fn why(&self, index: usize, waits: Option<Waits>) -> String {
        let record = &self.track.records[index];
        let error = record.error.as_deref().unwrap_or("nobody knows why");
        match waits {
            Some(Waits::Review) => "passed its checks and its reviewer".to_owned(),
            Some(Waits::Conflict | Waits::NotMerged) => format!("you approved it, and {error}"),
            Some(Waits::ChangesRequested) => format!("{error}; `/implement` has it changed"),
            Some(Waits::Failed) => format!("given up: {error}"),
            None => match &record.life {
                Life::Merged { commit } => format!("merged as {commit}"),
                Life::Given => "completed by you".to_owned(),
                _ => why(self.track, index, self.track.blockers()[index].as_ref()),
            },
        }
    }

    fn work(&self, index: usize) -> Option<WorkCard> {
        let (spec, record) = (self.track.backlog.tasks.get(index)?, self.track.records.get(index)?);
        let (work, track) = (record.work.as_ref()?, &self.track.backlog.track_id);
        let name = reference(track, &spec.id, work.number);
        let is_it = |held: &&HeldAttempt| held.task == spec.id && held.number == work.number;
        let commit = self.attempts.iter().find(is_it).map(|held| held.commit.clone());
        let beside = format!("../{}-{}", self.repository, spec.id);
        let worktree = format!("git worktree add --detach {beside} {name}");
        let solve = match &record.life {
            Life::Held { door: Door::Conflict { .. } } => vec![
                worktree.clone(),
                format!("git -C {beside} merge mac/{track}"),
                format!("git -C {beside} commit -a --no-edit"),
                format!("git update-ref {name} $(git -C {beside} rev-parse HEAD)"),
                format!("git worktree remove {beside}"),
            ],
            _ => Vec::new(),
        };
        let open = vec![format!("git diff {} {name}", short(&work.base)), worktree];
        Some(WorkCard { r#ref: name, commit, base: work.base.clone(), open, solve })
    }
}

/// What can be decided, as it is typed.
fn decisions(task: &TaskId, waits: Waits) -> Vec<String> {
    let changes = match waits {
        Waits::Conflict => "what to mind when it is done again on what is merged",
        _ => "what to change",
    };
    vec![
        format!("/review {task} approve"),
        format!("/review {task} changes \"{changes}\""),
        format!("/review {task} rebase"),
        format!("/review {task} reject"),
    ]
}

impl Card {
    /// The card for a person.
    pub fn text(&self) -> String {
        let mut text = format!("## {}: {}\n\n{}\n", self.task, self.title, sentence(&self.why));
        text.push_str("\nIt is done when:\n\n");
        for criterion in &self.acceptance {
            text.push_str(&format!("- {criterion}\n"));
        }
        if !self.changes.is_empty() {
            text.push_str(&format!("\n{}", diffstat(&self.changes)));
        }
        for report in &self.checks {
            text.push_str(&format!("\n{}", check(report)));
        }
        if !self.issues.is_empty() {
            text.push_str("\nIts reviewer asked for:\n\n");
            for issue in &self.issues {
                text.push_str(&format!("- {issue}\n"));
            }
        }
        let mut took = vec![count(self.attempts as usize, "attempt", "attempts")];
        if self.reworks > 0 {
            took.push(format!("{} of them to change work after a review", self.reworks));
        }
        took.push(format!("{} tokens", number(self.tokens)));
        took.push(usd(self.cost_usd));
        text.push_str(&format!("\nSo far: {}.\n", list(&took)));
        if let Some(work) = &self.work {
            let at =
                work.commit.as_ref().map_or("is gone".to_owned(), |commit| format!("is {}", short(commit)));
            text.push_str(&format!("\nThe work: `{}` {at}. To look at it:\n\n", work.r#ref));
            text.push_str(&commands(&work.open));
            if !work.solve.is_empty() {
                text.push_str("\nTo solve the conflict by hand, and then approve what came of it:\n\n");
                text.push_str(&commands(&work.solve));
            }
        }
        if !self.decisions.is_empty() {
            text.push_str(&format!("\nDecide:\n\n{}", commands(&self.decisions)));
        }
        text
    }
}

fn commands(lines: &[String]) -> String {
    format!("```text\n{}\n```\n", lines.join("\n"))
}

fn diffstat(changes: &[Change]) -> String {
    let rows: Vec<Vec<String>> = changes
        .iter()
        .take(FILES_MAX)
        .map(|change| {
            vec![code_span(&change.path), format!("+{}", change.added), format!("-{}", change.removed)]
        })
        .collect();
    let more = match changes.len().saturating_sub(FILES_MAX) {
        0 => String::new(),
        n => format!("\nand {}.\n", count(n, "more file", "more files")),
    };
    format!("{}{more}", table(&["File", "#added", "#removed"], &rows))
}

fn check(report: &GateReport) -> String {
    let how = match report.code {
        Some(0) if report.ran_no_test => "passed, but ran no test".to_owned(),
        Some(0) => "passed".to_owned(),
        Some(code) => format!("failed with exit code {code}"),
        None => "was stopped at its deadline".to_owned(),
    };
    let line = format!("`{}` {how} ({}).", report.gate.command, duration(report.duration_ms));
    let lines: Vec<&str> = report.tail.trim_end().lines().collect();
    let most = if report.is_green() { GREEN_LINES } else { RED_LINES };
    let from = lines.len().saturating_sub(most);
    match lines.get(from..).unwrap_or_default() {
        [] => format!("{line}\n"),
        end => format!("{line}\n\n````text\n{}\n````\n", end.join("\n")),
    }
}

fn short(commit: &CommitId) -> &str {
    commit.as_str().get(..10).unwrap_or_default()
}

/// Half a sentence as a whole one.
fn sentence(text: &str) -> String {
    let stop = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    let mut chars = text.chars();
    let upper: String =
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect());
    format!("{upper}{stop}")
}
