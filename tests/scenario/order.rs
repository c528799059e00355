//! Which task goes first, with which model, and how a chosen few are run.

use multi_agent_coder::backlog::WorkKind;
use multi_agent_coder::event::CommandName::Implement;
use serde_json::json;

use crate::agents::{four_tasks, task};
use crate::git::MAIN;
use crate::world::World;

fn begun(world: &World) -> Vec<&str> {
    let workers = world.sent.iter().filter(|s| s.purpose.agent != "reviewer");
    workers.filter_map(|sent| sent.purpose.task.as_deref()).collect()
}

#[test]
fn the_longest_remaining_path_goes_first() {
    let mut world = World::planned(vec![
        task("T01", "Short", 1.0, &[]),
        task("T02", "Alone", 3.0, &[]),
        task("T03", "Root", 2.0, &[]),
        task("T04", "Middle", 2.0, &["T03"]),
        task("T05", "Leaf", 2.0, &["T04"]),
    ]);
    world.setting.options = json!({ "maxWorkers": 1 });
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(begun(&world), ["T03", "T04", "T02", "T05", "T01"]);
    world.assert_all_merged();
}

#[test]
fn tasks_on_the_same_files_avoid_each_other_when_they_can() {
    let mut tasks =
        vec![task("T01", "One", 3.0, &[]), task("T02", "Two", 2.5, &[]), task("T03", "Three", 2.0, &[])];
    tasks[1].scope.files_hint = tasks[0].scope.files_hint.clone();
    let mut world = World::planned(tasks);
    world.setting.options = json!({ "maxWorkers": 2 });
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(begun(&world)[..2], ["T01", "T03"]);
}

#[test]
fn a_free_worker_does_not_wait_for_a_batch() {
    let mut world = World::planned(vec![
        task("T01", "Hangs", 20.0, &[]),
        task("T02", "Quick", 1.0, &[]),
        task("T03", "Next", 1.0, &["T02"]),
    ]);
    world.agents.script("T01", vec![crate::agents::Act::Hang]);
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(begun(&world), ["T01", "T02", "T03", "T01"]);
}

#[test]
fn the_kind_of_work_chooses_the_model_and_the_agent() {
    let mut tasks = four_tasks();
    tasks[0].kind = Some(WorkKind::Documentation);
    tasks[1].kind = Some(WorkKind::Simple);
    let mut world = World::planned(tasks);
    assert_eq!(world.command(Implement, ""), None);
    let of = |task: &str, agent: &str| {
        let sent =
            world.sent.iter().find(|s| s.purpose.task.as_deref() == Some(task) && s.purpose.agent == agent);
        sent.map(|sent| sent.model.as_str())
    };
    assert_eq!(of("T01", "documenter"), Some("acme/small"));
    assert_eq!(of("T02", "implementer"), Some("acme/small"));
    assert_eq!(of("T03", "implementer"), Some("acme/large"));
    assert_eq!(of("T03", "reviewer"), Some("acme/large"));
}

#[test]
fn a_chosen_few_are_run_alone() {
    let mut world = World::planned(four_tasks());
    assert_eq!(world.command(Implement, "t02, T03"), None);
    assert_eq!(world.git.merges("refs/heads/mac/cart-1"), ["T02", "T03"]);
    world.assert_said("your branch gets it when every task is merged");
    assert_eq!(world.git.merges(MAIN).len(), 0);
    let error = world.command(Implement, "T04").unwrap_or_default();
    assert!(error.contains("- T04: waits for T01"), "{error}");
    assert_eq!(world.command(Implement, ""), None);
    world.assert_all_merged();
    assert_eq!(world.command(Implement, "T01"), None, "done already");
    assert_eq!(begun(&world).len(), 4);
}
