//! How many work at once: fewer when the provider is in trouble or memory is short, never none.

use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::session::SessionOperation;
use multi_agent_coder::event::CommandName::Implement;
use serde_json::json;

use crate::agents::{Act, task};
use crate::world::{Pending, World};

/// So many independent tasks, all workers at once.
fn wide(tasks: usize, workers: u64) -> World {
    let tasks =
        (1..=tasks).map(|n| task(&format!("T{n:02}"), &format!("Part {n:02} of it"), 1.0, &[])).collect();
    let mut world = World::planned(tasks);
    world.setting.options = json!({ "maxWorkers": workers, "review": "off" });
    world
}

fn at_work(world: &World) -> usize {
    let is_ask =
        |operation: &Operation| matches!(operation, Operation::Session(SessionOperation::Ask { .. }));
    world.pending.iter().filter(|pending| is_ask(&pending.operation)).count()
}

/// Runs to the end and gives how many worked at most from the first moment at which something held.
fn most_at_work(world: &mut World, from: impl Fn(&World) -> bool) -> usize {
    let (mut most, mut has_begun) = (0, false);
    while world.deliver() {
        has_begun |= from(world);
        if has_begun {
            most = most.max(at_work(world));
        }
    }
    world.check_quiet();
    most
}

#[test]
fn trouble_halves_them_and_successes_bring_them_back() {
    let mut world = wide(14, 4);
    world.agents.script("T01", vec![Act::error(529, "Overloaded")]);
    let chat = world.start(Implement, "");
    world.run_until(|world| world.transcript.contains("acme is asked by at most 2 agents at once"));
    // Those that were at work go on; nobody takes the place of the first that ends.
    world.run_until(|world| at_work(world) == 2);
    let merged = world.git.merges("refs/heads/mac/cart-1").len();
    let mut most = vec![0; 20];
    while world.deliver() {
        let done = world.git.merges("refs/heads/mac/cart-1").len() - merged;
        most[done] = most[done].max(at_work(&world));
    }
    world.check_quiet();
    assert_eq!(world.end_of(&chat), None, "{}", world.transcript);
    assert!(most[..2].iter().all(|at_once| *at_once <= 3), "{most:?}");
    assert!(most.contains(&4), "all places are back: {most:?}");
    world.assert_all_merged();
    assert_eq!(world.transcript.matches("is asked by at most").count(), 1);
}

#[test]
fn short_memory_holds_back_all_but_one() {
    let mut world = wide(4, 4);
    world.free_percent = 10;
    let chat = world.start(Implement, "");
    assert_eq!(most_at_work(&mut world, |_| true), 1);
    assert_eq!(world.end_of(&chat), None, "{}", world.transcript);
    world.assert_all_merged();
    world.assert_said(
        "**Note:** only 10.5 MB of 104.9 MB memory are free, so nothing new starts until there is more.",
    );
    assert_eq!(world.transcript.matches("memory are free").count(), 1, "{}", world.transcript);
}

#[test]
fn memory_that_is_free_again_is_noticed() {
    let mut world = wide(6, 3);
    world.free_percent = 19;
    let chat = world.start(Implement, "");
    world.run_until(|world| world.transcript.contains("memory are free"));
    world.free_percent = 20;
    let before_ms = world.now_ms;
    world.run_until(|world| at_work(world) == 3);
    assert!(world.now_ms - before_ms < 20_000, "{}", world.now_ms - before_ms);
    world.run();
    assert_eq!(world.end_of(&chat), None);
}

/// Agents that end at once would otherwise be started by the hundred.
#[test]
fn a_run_away_is_braked() {
    let mut world = wide(8, 8);
    world.setting.options =
        json!({ "maxWorkers": 8, "maxRetries": 10, "review": "off", "rebase": { "enabled": false } });
    for n in 1..=8 {
        world.agents.script(&format!("T{n:02}"), vec![Act::Reply("No.".into()); 10]);
    }
    let chat = world.start(Implement, "");
    loop {
        let soon_ms = world.now_ms + 10;
        let is_ask =
            |p: &&mut Pending| matches!(p.operation, Operation::Session(SessionOperation::Ask { .. }));
        world.pending.iter_mut().filter(is_ask).for_each(|pending| pending.due_ms = soon_ms);
        if !world.deliver() {
            break;
        }
    }
    world.check_quiet();
    assert!(world.end_of(&chat).is_some());
    let at: Vec<u64> = world.sent.iter().map(|sent| sent.at_ms).collect();
    assert_eq!(at.len(), 80);
    let in_a_minute = at.iter().filter(|at_ms| **at_ms < at[0] + 60_000).count();
    assert!((40..=62).contains(&in_a_minute), "{in_a_minute}: 32 at once, then 30 a minute");
}
