//! `/plan` when all goes well.

use multi_agent_coder::event::CommandName;

use crate::agents::four_tasks;
use crate::world::{Order, World};

#[test]
fn a_request_becomes_a_plan_and_a_backlog() {
    let mut world = World::new(four_tasks());
    let end = world.command(CommandName::Plan, "feature.md");
    assert_eq!(end, None, "{}", world.transcript);
    println!("{}", world.transcript);
    for file in [
        "SPEC.md",
        "ARCH.md",
        "QA.md",
        "PLAN.md",
        "BACKLOG.yaml",
        "T01.yaml",
    ] {
        assert!(world.file(&format!("tasks/{file}")).is_some(), "{file}");
    }
    let asked: Vec<&str> = world
        .sent
        .iter()
        .map(|s| s.purpose.agent.as_str())
        .collect();
    assert_eq!(
        asked,
        ["planner-spec", "planner-arch", "planner-qa", "backlog"]
    );
}

#[test]
fn the_order_of_answers_changes_nothing() {
    let mut plans = Vec::new();
    for order in [
        Order::Time,
        Order::Reversed,
        Order::Shuffled(1),
        Order::Shuffled(2),
    ] {
        let mut world = World::new(four_tasks());
        world.order = order;
        assert_eq!(world.command(CommandName::Plan, "feature.md"), None);
        plans.push(world.file("tasks/PLAN.md").map(str::to_owned));
    }
    plans.dedup();
    assert_eq!(plans.len(), 1);
}
