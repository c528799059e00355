//! Agents that go in circles are told so once, and then stopped with what was seen.

use multi_agent_coder::effect::session::Usage;
use multi_agent_coder::event::CommandName::Implement;
use multi_agent_coder::event::{SessionSignal, Touched};
use multi_agent_coder::ids::SessionId;

use crate::agents::{Act, task};
use crate::provider::see;
use crate::world::World;

const MINUTE_MS: u64 = 60_000;

/// A task whose first agent works until its deadline.
fn at_work() -> (World, SessionId) {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.agents.script("T01", vec![Act::Hang]);
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 1);
    (world, chat)
}

fn call(world: &mut World, call: &str) {
    let signal = SessionSignal::Called {
        tool: "bash".into(),
        call: call.into(),
        is_error: false,
        touched: Touched::default(),
    };
    see(world, "T01", signal);
}

#[test]
fn the_same_call_again_and_again_is_told_and_then_stopped() {
    let (mut world, chat) = at_work();
    for _ in 0..5 {
        call(&mut world, "npm test");
    }
    world.run_until(|world| world.nudges.len() == 1);
    assert!(
        world.nudges[0].text.contains("the same `bash` call 5 times in a row"),
        "{}",
        world.nudges[0].text
    );
    world.assert_said("T01 seems to go in circles; its agent was told so.");
    for _ in 0..5 {
        call(&mut world, "npm test");
    }
    // What comes after that changes nothing.
    call(&mut world, "npm test");
    let world = world.finish(&chat);
    assert_eq!(world.nudges.len(), 1);
    world.assert_said("the agent went in circles: the same `bash` call 5 times in a row, after it was told");
    world.assert_said("(1 of 3 attempts used)");
    assert!(
        world.sent_to("T01")[1].contains("Don't repeat what brings nothing new"),
        "{:?}",
        world.sent_to("T01")
    );
    assert!(world.git.refs.contains_key("refs/mac/cart-1/T01/1"), "its work is kept");
}

#[test]
fn an_agent_that_takes_the_hint_goes_on() {
    let (mut world, chat) = at_work();
    world.agents.script("T01", vec![]);
    for n in 0..12 {
        call(&mut world, "npm test");
        if n > 4 {
            call(&mut world, &format!("edit {n}"));
        }
    }
    let world = world.finish(&chat);
    assert_eq!(world.nudges.len(), 1);
    world.assert_said("the attempt was not done after 30 min");
}

#[test]
fn much_ado_without_a_change_is_told_and_then_stopped() {
    let (mut world, chat) = at_work();
    let began_ms = world.now_ms;
    for round in 0..3 {
        for n in 0..10 {
            call(&mut world, &format!("read {round} {n}"));
        }
        world.run_until(|world| world.now_ms >= began_ms + (round + 1) * 6 * MINUTE_MS);
    }
    for n in 0..10 {
        call(&mut world, &format!("read again {n}"));
    }
    assert_eq!(world.nudges.len(), 1, "{}", world.transcript);
    assert!(world.nudges[0].text.contains("without a changed file"), "{}", world.nudges[0].text);
    let world = world.finish(&chat);
    world.assert_said("without a changed file, after it was told to stop that");
}

#[test]
fn an_agent_that_changes_files_is_left_alone() {
    let (mut world, chat) = at_work();
    let began_ms = world.now_ms;
    for round in 0..4 {
        for n in 0..30 {
            call(&mut world, &format!("edit {round} {n}"));
        }
        let worktree = world.git.worktrees.values_mut().next().expect("a worktree");
        worktree.tree.insert("t01/main.js".into(), format!("round {round}\n"));
        worktree.is_dirty = true;
        world.run_until(|world| world.now_ms >= began_ms + (round + 1) * 6 * MINUTE_MS);
    }
    let world = world.finish(&chat);
    assert!(world.nudges.is_empty(), "{}", world.nudges[0].text);
    world.assert_said("the attempt was not done after 30 min");
}

#[test]
fn three_turns_without_an_end_are_trouble_of_the_provider() {
    let (mut world, chat) = at_work();
    for finish in [None, Some("tool-calls"), None, Some("unknown")] {
        let finish = finish.map(str::to_owned);
        see(&mut world, "T01", SessionSignal::Stepped { finish, usage: Usage::default() });
    }
    assert!(!world.pending.iter().any(|pending| pending.is_cancelled));
    see(&mut world, "T01", SessionSignal::Stepped { finish: None, usage: Usage::default() });
    let world = world.finish(&chat);
    world.assert_said("the model's stream ended three times without a finish reason");
    world.assert_said("merged after 1 attempt");
}
