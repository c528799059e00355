//! What a seed draws before anything happens: the backlog, the options, how bad the world is, and what
//! the person will do when.

use multi_agent_coder::backlog::{Backlog, Limits, Scope, Status, TaskContext, TaskSpec};
use multi_agent_coder::ids::{TaskId, TrackId};
use serde_json::{Value, json};

use crate::rng::Rng;

/// How often something goes wrong, in a thousand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    pub git: u64,
    pub file: u64,
    pub process: u64,
    pub session: u64,
    pub catalogue: u64,
    /// Agents that do anything but good work.
    pub agent: u64,
    pub reviewer: u64,
    /// Doubled, late and lost events, each.
    pub noise: u64,
    /// Effects that take much longer than others.
    pub slow: u64,
}

/// When a process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// At once, whatever is being written.
    Now,
    /// As soon as something is being written.
    Writing,
    /// When events are durable and nothing was done about them.
    Durable,
    /// When some of the effects of a step were begun.
    Among,
    /// When an effect of this kind is done and its answer is not heard.
    Acted(&'static str),
}

/// What the person does beside giving the next command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Esc,
    Progress,
    Metrics,
    Check,
    Audit,
    SecondCommand,
    Edit,
    EditDocument,
    EditMemory,
    Damage,
    DeleteWorktree,
    DeleteSession,
    MoveBranch,
    DeleteBranch,
    ResetBranch,
    MergeBranch,
    CommitHead,
    Dirty,
    SwitchBranch,
    Die(Death),
}

/// One command of the person in the bad part of a run.
#[derive(Clone, Debug)]
pub struct Round {
    /// What happens before it.
    pub before: Vec<Act>,
    /// What happens while it runs, after so many events.
    pub beside: Vec<(u64, Act)>,
    /// Tasks are named.
    pub names_tasks: bool,
    /// `/plan` instead of `/implement`.
    pub is_plan: bool,
}

/// Everything a seed draws at first.
#[derive(Clone, Debug)]
pub struct Setup {
    pub tasks: Vec<TaskSpec>,
    pub options: Value,
    pub has_gates: bool,
    pub rates: Rates,
    pub rounds: Vec<Round>,
    /// The backlog is there from the start.
    pub is_planned: bool,
    /// The dear checks are made in this run.
    pub is_sampled: bool,
}

/// The track of a backlog that is there from the start.
pub const TRACK: &str = "cart-1";
/// The directory that the person wants left alone.
pub const OFF_LIMITS: &str = "off/";

impl Setup {
    /// Draws one.
    pub fn draw(rng: &mut Rng) -> Self {
        let count = rng.weighted(&[(5, 1), (6, 2), (6, 3), (4, 4), (2, 5), (2, 6)]);
        let tasks: Vec<TaskSpec> = (0..count).map(|index| draw_task(rng, index)).collect();
        let (options, has_gates) = draw_options(rng);
        let rates = draw_rates(rng);
        let is_planned = !rng.chance(120);
        let mut rounds: Vec<Round> = (0..rng.weighted(&[(5, 1), (6, 2), (2, 3)]))
            .map(|_| draw_round(rng, 14 + 22 * count as u64))
            .collect();
        if !is_planned {
            rounds.insert(0, Round { is_plan: true, ..draw_round(rng, 40) });
        }
        Self { tasks, options, has_gates, rates, rounds, is_planned, is_sampled: rng.chance(125) }
    }
}

/// A word of a task that no other task's texts may hold.
pub fn mark(task: &str) -> String {
    let letters: String =
        task.bytes().map(|byte| char::from(b'a' + byte % 26)).filter(|c| c.is_alphabetic()).collect();
    format!("own-mark-{letters}")
}

fn draw_task(rng: &mut Rng, index: usize) -> TaskSpec {
    let id = format!("T{:02}", index + 1);
    let lower = id.to_lowercase();
    let mut files_hint = vec![format!("{lower}/main.js")];
    if rng.chance(250) {
        files_hint.push("shared/lib.js".into());
    }
    let depends_on: Vec<TaskId> =
        (0..index).filter(|_| rng.chance(300)).map(|before| TaskId(format!("T{:02}", before + 1))).collect();
    TaskSpec {
        title: format!("Part {}", index + 1),
        description: format!("Build this part of the cart, {}.", mark(&id)),
        status: Status::Pending,
        acceptance: vec![format!("part {} works, {}", index + 1, mark(&id))],
        scope: Scope { files_hint, estimated_hours: rng.between(1, 16) as f64 / 2.0 },
        context: TaskContext::default(),
        attempts: 0,
        last_attempt: None,
        error: None,
        kind: None,
        depends_on,
        id: TaskId(id),
    }
}

fn draw_options(rng: &mut Rng) -> (Value, bool) {
    let mut options = json!({
        "maxWorkers": rng.between(1, 4),
        "maxRetries": rng.between(1, 4),
        "review": *rng.pick(&["auto", "auto", "auto", "manual", "off"]),
        "land": if rng.chance(750) { "auto" } else { "never" },
    });
    let gates = rng.below(5);
    match gates {
        0 => options["gates"] = json!({ "test": false, "lint": false, "typecheck": false }),
        1 => options["gates"] = json!({ "test": "npm test", "lint": false }),
        _ => {}
    }
    match rng.below(9) {
        0 => options["budget"] = json!({ "runUsd": 0.02 + rng.below(20) as f64 / 100.0 }),
        1 => options["budget"] = json!({ "runTokens": 4_000 + rng.below(30_000) }),
        2 => options["budget"] = json!({ "taskUsd": 0.03 + rng.below(10) as f64 / 100.0 }),
        _ => {}
    }
    if rng.chance(120) {
        options["worktree"] = json!({ "setup": "npm ci" });
    }
    (options, gates != 0)
}

fn draw_rates(rng: &mut Rng) -> Rates {
    if rng.chance(100) {
        return Rates::default();
    }
    let mut rate = |rates: &[u64]| *rng.pick(rates);
    Rates {
        git: rate(&[0, 0, 10, 40, 100]),
        file: rate(&[0, 0, 10, 50]),
        process: rate(&[0, 0, 20, 80]),
        session: rate(&[0, 0, 20, 80]),
        catalogue: rate(&[0, 0, 50]),
        agent: rate(&[0, 100, 300, 600]),
        reviewer: rate(&[0, 100, 300, 600]),
        noise: rate(&[0, 100, 100]),
        slow: rate(&[0, 100, 300]),
    }
}

fn draw_round(rng: &mut Rng, steps: u64) -> Round {
    const BEFORE: &[Act] = &[
        Act::Edit,
        Act::Edit,
        Act::EditMemory,
        Act::EditMemory,
        Act::Damage,
        Act::DeleteWorktree,
        Act::DeleteSession,
        Act::MoveBranch,
        Act::DeleteBranch,
        Act::ResetBranch,
        Act::MergeBranch,
        Act::CommitHead,
        Act::Dirty,
        Act::SwitchBranch,
    ];
    const BESIDE: &[Act] = &[
        Act::Progress,
        Act::Metrics,
        Act::Check,
        Act::Audit,
        Act::SecondCommand,
        Act::Edit,
        Act::DeleteSession,
        Act::DeleteWorktree,
        Act::MoveBranch,
        Act::MergeBranch,
        Act::CommitHead,
        Act::Dirty,
        Act::EditDocument,
        Act::EditMemory,
    ];
    let mut before = Vec::new();
    let mut beside = Vec::new();
    while rng.chance(250) {
        before.push(*rng.pick(BEFORE));
    }
    while rng.chance(350) {
        beside.push((rng.below(steps), *rng.pick(BESIDE)));
    }
    match rng.below(10) {
        0 | 1 => beside.push((rng.below(steps), Act::Esc)),
        2..=6 => beside.push((rng.below(steps), Act::Die(draw_death(rng)))),
        _ => {}
    }
    beside.sort_by_key(|(step, _)| *step);
    Round { before, beside, names_tasks: rng.chance(120), is_plan: false }
}

/// What happens while features are built again, after so many events.
pub fn draw_rebuild(rng: &mut Rng) -> Vec<(u64, Act)> {
    const BESIDE: &[Act] = &[
        Act::Esc,
        Act::Progress,
        Act::Metrics,
        Act::Audit,
        Act::SecondCommand,
        Act::DeleteSession,
        Act::DeleteWorktree,
        Act::CommitHead,
        Act::Edit,
        Act::EditMemory,
        Act::Dirty,
        Act::SwitchBranch,
    ];
    let mut beside = Vec::new();
    while rng.chance(400) {
        beside.push((rng.below(140), *rng.pick(BESIDE)));
    }
    if rng.chance(600) {
        beside.push((rng.below(140), Act::Die(draw_death(rng))));
    }
    beside.sort_by_key(|(step, _)| *step);
    beside
}

fn draw_death(rng: &mut Rng) -> Death {
    const KINDS: &[&str] = &[
        "move", "move", "merge", "collect", "prepare", "land", "create", "ask", "remove", "file", "process",
    ];
    match rng.below(8) {
        0 => Death::Now,
        1 => Death::Writing,
        2 => Death::Durable,
        3 => Death::Among,
        _ => {
            let kind: &&'static str = rng.pick(KINDS);
            Death::Acted(kind)
        }
    }
}

/// A backlog file's content.
pub fn backlog(tasks: Vec<TaskSpec>) -> Backlog {
    Backlog {
        version: "1.0".into(),
        track_id: TrackId(TRACK.into()),
        created_at: "2025-01-01T00:00:00Z".into(),
        revision: None,
        updated_at: None,
        limits: Limits { constraints: Vec::new(), dont_touch: vec![OFF_LIMITS.into()] },
        tasks,
    }
}
