//! Esc at every moment of a command: it ends soon, and the same command then goes on.

use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::git::GitOperation;
use multi_agent_coder::event::CommandName::{self, Backlog, Implement, Plan};
use multi_agent_coder::ids::SessionId;

use crate::agents::{Act, four_tasks};
use crate::git::MAIN;
use crate::world::{Order, World};

fn plan_world() -> World {
    World::new(four_tasks())
}

/// A run with a red gate, a rest and a refusal in it.
pub fn implement_world() -> World {
    let mut world = World::planned(four_tasks());
    world.setting.options = serde_json::json!({ "worktree": { "setup": "npm ci" } });
    world.agents.script("T01", vec![Act::change(&[("t01/main.js", "BUG\n")])]);
    world.agents.script("T02", vec![Act::error(429, "slow down")]);
    let refusal = Act::verdict("changes_requested", &["round it"]);
    world.agents.script("review T03", vec![Act::Reply("Hm.".into()), refusal]);
    world
}

/// The world at every moment of a command, with the number of outcomes that came before.
pub fn at_every_moment(
    mut world: World,
    (name, arguments): (CommandName, &str),
    mut then: impl FnMut(World, &SessionId, usize),
) {
    let chat = world.start(name, arguments);
    for at in 0.. {
        let mut copy = world.clone();
        copy.is_replayed = at % 8 == 0;
        then(copy, &chat, at);
        if !world.deliver() {
            return;
        }
    }
}

#[test]
fn a_plan_can_be_stopped_at_any_moment() {
    for order in [Order::Time, Order::Reversed, Order::Shuffled(4)] {
        for late in [false, true] {
            let mut world = plan_world();
            (world.order, world.cancel_is_late) = (order, late);
            at_every_moment(world, (Plan, "feature.md"), |mut world, chat, at| {
                world.cancel(chat);
                world.run();
                let error = world.end_of(chat);
                let is_stopped = error.as_ref().is_some_and(|e| e.contains("stopped"));
                assert!(error.is_none() || is_stopped, "{error:?}");
                assert_eq!(world.command(Plan, "feature.md"), None, "step {at}");
            });
        }
    }
}

#[test]
fn a_backlog_can_be_stopped_at_any_moment() {
    let mut world = plan_world();
    world.agents.script("backlog", vec![Act::error(500, "down")]);
    assert!(world.command(Plan, "feature.md").is_some());
    at_every_moment(world, (Backlog, ""), |mut world, chat, at| {
        world.cancel(chat);
        world.run();
        assert!(at > 5 || world.end_of(chat).is_some(), "step {at}: not heard");
        assert_eq!(world.command(Backlog, ""), None, "step {at}");
    });
}

#[test]
fn an_implementation_can_be_stopped_at_any_moment() {
    for (order, late) in [(Order::Time, false), (Order::Shuffled(8), true)] {
        let mut world = implement_world();
        (world.order, world.cancel_is_late) = (order, late);
        at_every_moment(world, (Implement, ""), |mut world, chat, at| {
            let told_ms = world.now_ms;
            world.cancel(chat);
            world.run();
            let took_ms = world.now_ms - told_ms;
            assert!(took_ms < 10_000, "step {at}: stopped after {took_ms} ms");
            let merged = world.git.merges("refs/heads/mac/cart-1");
            let end = world.command(Implement, "");
            assert_eq!(end, None, "step {at}: {}", world.transcript);
            world.assert_all_merged();
            let all = world.git.merges("refs/heads/mac/cart-1");
            assert_eq!(all[..merged.len()], merged, "step {at}");
        });
    }
}

#[test]
fn esc_twice_and_in_another_chat_changes_nothing() {
    let mut world = implement_world();
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() > 2);
    world.cancel(&"chat-9".into());
    assert!(!world.engine.is_idle() && world.stopped.is_empty());
    world.cancel(&chat);
    world.cancel(&chat);
    world.run();
    assert!(world.end_of(&chat).is_some_and(|error| error.contains("Stopped")));
}

#[test]
fn a_command_given_at_once_after_esc_is_not_confused_by_the_old_one() {
    for name in [Plan, Implement] {
        for at in 0..4 {
            let mut world = World::planned(four_tasks());
            let first = world.start(name, "feature.md");
            (0..at).for_each(|_| assert!(world.deliver()));
            world.cancel(&first);
            if world.ends.contains_key(&first) {
                let second = world.start(Implement, "");
                world.run();
                assert_eq!(world.end_of(&second), None, "step {at}: {}", world.transcript);
                world.assert_all_merged();
            }
        }
    }
}

#[test]
fn nothing_lands_after_esc() {
    at_every_moment(World::planned(four_tasks()), (Implement, ""), |mut world, chat, at| {
        let is_landing = |world: &World| {
            let mut pending = world.pending.iter();
            pending.any(|p| matches!(p.operation, Operation::Git(GitOperation::Land { .. })))
        };
        let has_landed = !world.git.merges(MAIN).is_empty();
        if is_landing(&world) || has_landed || world.ends.contains_key(chat) {
            return;
        }
        world.cancel(chat);
        world.run();
        assert_eq!(world.git.merges(MAIN).len(), 0, "step {at}: {}", world.transcript);
        assert_eq!(world.command(Implement, ""), None);
        world.assert_all_merged();
    });
}
