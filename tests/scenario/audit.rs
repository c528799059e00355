//! What the audit of a journal tells of a run, of a restart and of edits by hand.

use multi_agent_coder::audit::{Audit, audit};
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::event::CommandName::Implement;

use crate::agents::{Act, task};
use crate::world::World;

const FILE: &str = "tasks/BACKLOG.yaml";

impl World {
    fn audit(&self, lines_max: usize) -> Audit {
        let (text, head) = self.journal();
        audit(&text, Some(&head), lines_max)
    }
}

fn two_tasks() -> World {
    World::planned(vec![task("T01", "Price list", 1.0, &[]), task("T02", "Discounts", 1.0, &["T01"])])
}

/// The changes without line numbers and times, which shift with every effect.
fn told(audit: &Audit) -> String {
    let change = |line: &String| line.split_once("UTC  ").map(|(_, change)| change.to_owned());
    audit.lines.iter().filter_map(change).collect::<Vec<_>>().join("\n")
}

#[test]
fn it_says_who_changed_what() {
    let mut world = two_tasks();
    world.agents.script("T01", vec![Act::error(503, "overloaded")]);
    world.agents.script("T02", vec![Act::change(&[("t02/main.js", "BUG\n")])]);
    world.agents.script("review T02", vec![Act::verdict("changes_requested", &["round it"])]);
    assert_eq!(world.command(Implement, ""), None);
    let audit = world.audit(100);
    assert_eq!(audit.problem, None);
    assert_eq!(audit.records, world.log.len() as u64);
    insta::assert_snapshot!(told(&audit), @r"
    T01  new -> ready  person: tasks/BACKLOG.yaml as it was read
    T02  new -> pending  person: tasks/BACKLOG.yaml as it was read
    T01  ready -> in_progress  command `npm run lint` exited with 0
    T01  in_progress -> ready  git: work collected (Attempt 1: the provider failed: APIError (HTTP 503): overloaded. Trying again in 4 s; this does n…)
    T01  ready -> in_progress  rest over
    T01  in_progress -> review  git: work collected
    T01  review -> completed  git: merge recorded
    T02  pending -> in_progress  git: merge recorded
    T02  in_progress -> review  git: work collected
    T02  review -> in_progress  command `npm run lint` exited with 0 (Attempt 1: the test gate failed: `npm test` ended with exit code 1. Starting again from a clean w…)
    T02  in_progress -> review  git: work collected
    T02  review -> in_progress  agent reviewer answered (Attempt 2: the reviewer asked for a change: `round it`. A fresh agent changes the work there is (…)
    T02  in_progress -> review  git: work collected
    T02  review -> completed  git: merge recorded
    ");
}

#[test]
fn it_tells_a_restart_and_an_edit() {
    let mut world = two_tasks();
    world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 1);
    world.reopen();
    let edited = world.file(FILE).unwrap_or_default().replacen("status: pending", "status: completed", 1);
    world.put(Place::Repository, FILE, &edited);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    insta::assert_snapshot!(told(&world.audit(100)), @r"
    T01  new -> ready  person: tasks/BACKLOG.yaml as it was read
    T02  new -> pending  person: tasks/BACKLOG.yaml as it was read
    T01  ready -> in_progress  command `npm run lint` exited with 0
    T01  in_progress -> ready  restart, version 0.1.0
    T02  pending -> completed  person: tasks/BACKLOG.yaml as it was read
    T01  ready -> in_progress  git: repository looked at
    T01  in_progress -> review  git: work collected
    T01  review -> completed  git: merge recorded
    ");
}

#[test]
fn only_the_latest_changes_are_told() {
    let mut world = two_tasks();
    assert_eq!(world.command(Implement, ""), None);
    let all = world.audit(100);
    let some = world.audit(3);
    assert_eq!((all.older, some.older), (0, all.lines.len() as u64 - 3));
    assert_eq!(some.lines, all.lines[all.lines.len() - 3..]);
    assert_eq!(world.audit(0).lines, Vec::<String>::new());
}

/// Most events change no task, and are not looked at for that; without checks the review comes at once.
#[test]
fn no_change_is_missed_where_nothing_is_checked() {
    let mut world = two_tasks();
    world.setting.options = serde_json::json!({ "gates": { "test": false, "lint": false } });
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    insta::assert_snapshot!(told(&world.audit(100)), @r"
    T01  new -> ready  person: tasks/BACKLOG.yaml as it was read
    T02  new -> pending  person: tasks/BACKLOG.yaml as it was read
    T01  ready -> in_progress  git: merge recorded
    T01  in_progress -> review  git: work collected
    T01  review -> completed  git: merge recorded
    T02  pending -> in_progress  git: merge recorded
    T02  in_progress -> review  git: work collected
    T02  review -> completed  git: merge recorded
    ");
}
