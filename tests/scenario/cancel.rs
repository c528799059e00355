//! Esc and a process that dies, at every moment of a command: the same command then goes on.

use multi_agent_coder::event::CommandName::{self, Backlog, Implement, Plan};

use crate::agents::{Act, four_tasks};
use crate::world::{Order, World};

fn plan_world() -> World {
    World::new(four_tasks())
}

/// A run with a red gate, a rest and a refusal in it.
fn implement_world() -> World {
    let mut world = World::planned(four_tasks());
    world.setting.options = serde_json::json!({ "worktree": { "setup": "npm ci" } });
    world
        .agents
        .script("T01", vec![Act::change(&[("t01/main.js", "BUG\n")])]);
    world
        .agents
        .script("T02", vec![Act::error(429, "slow down")]);
    let refusal = Act::verdict("changes_requested", &["round it"]);
    world
        .agents
        .script("review T03", vec![Act::Reply("Hm.".into()), refusal]);
    world
}

/// How many outcomes a command takes.
fn length(mut world: World, name: CommandName, arguments: &str) -> usize {
    world.start(name, arguments);
    let mut steps = 0;
    while world.deliver() {
        steps += 1;
    }
    steps
}

#[test]
fn a_plan_can_be_stopped_at_any_moment() {
    for order in [Order::Time, Order::Reversed, Order::Shuffled(4)] {
        for late in [false, true] {
            let ordered = || {
                let mut world = plan_world();
                (world.order, world.cancel_is_late) = (order, late);
                world
            };
            for at in 0..length(ordered(), Plan, "feature.md") {
                let mut world = ordered();
                let chat = world.start(Plan, "feature.md");
                (0..at).for_each(|_| assert!(world.deliver()));
                world.cancel(&chat);
                world.run();
                let error = world.end_of(&chat);
                let is_stopped = error.as_ref().is_some_and(|e| e.contains("stopped"));
                assert!(error.is_none() || is_stopped, "{error:?}");
                assert_eq!(world.command(Plan, "feature.md"), None, "step {at}");
                assert_eq!(world.command(Implement, ""), None);
                assert_eq!(world.git.tree(crate::git::MAIN).len(), 6, "step {at}");
            }
        }
    }
}

#[test]
fn a_backlog_can_be_stopped_at_any_moment() {
    let planned = || {
        let mut world = plan_world();
        world
            .agents
            .script("backlog", vec![Act::error(500, "down")]);
        assert!(world.command(Plan, "feature.md").is_some());
        world
    };
    for at in 0..length(planned(), Backlog, "") {
        let mut world = planned();
        let chat = world.start(Backlog, "");
        (0..at).for_each(|_| assert!(world.deliver()));
        world.cancel(&chat);
        world.run();
        assert!(
            at > 5 || world.end_of(&chat).is_some(),
            "step {at}: Esc was not heard"
        );
        assert_eq!(world.command(Backlog, ""), None, "step {at}");
    }
}

#[test]
fn an_implementation_can_be_stopped_at_any_moment() {
    for order in [Order::Time, Order::Shuffled(8)] {
        for late in [false, true] {
            let ordered = || {
                let mut world = implement_world();
                (world.order, world.cancel_is_late) = (order, late);
                world
            };
            for at in 0..length(ordered(), Implement, "") {
                let mut world = ordered();
                let chat = world.start(Implement, "");
                (0..at).for_each(|_| assert!(world.deliver()));
                world.cancel(&chat);
                let told_ms = world.now_ms;
                world.run();
                let took_ms = world.now_ms - told_ms;
                assert!(took_ms < 10_000, "step {at}: stopped after {took_ms} ms");
                let merged = world.git.merges("refs/heads/mac/cart-1");
                assert_eq!(
                    world.command(Implement, ""),
                    None,
                    "step {at}: {}",
                    world.transcript
                );
                world.assert_all_merged();
                let all = world.git.merges("refs/heads/mac/cart-1");
                assert_eq!(all[..merged.len()], merged, "step {at}");
            }
        }
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
    assert!(
        world
            .end_of(&chat)
            .is_some_and(|error| error.contains("Stopped"))
    );
    println!("{}", world.transcript);
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
                assert_eq!(
                    world.end_of(&second),
                    None,
                    "step {at}: {}",
                    world.transcript
                );
                world.assert_all_merged();
            }
        }
    }
}

#[test]
fn a_plan_survives_the_process_at_any_moment() {
    for at in 0..length(plan_world(), Plan, "feature.md") {
        let mut world = plan_world();
        world.start(Plan, "feature.md");
        (0..at).for_each(|_| assert!(world.deliver()));
        world.reopen();
        assert_eq!(
            world.command(Plan, "feature.md"),
            None,
            "step {at}: {}",
            world.transcript
        );
    }
}

#[test]
fn an_implementation_survives_the_process_at_any_moment() {
    for order in [Order::Time, Order::Shuffled(6)] {
        let ordered = || {
            let mut world = implement_world();
            world.order = order;
            world
        };
        for at in 0..length(ordered(), Implement, "") {
            let mut world = ordered();
            world.start(Implement, "");
            (0..at).for_each(|_| assert!(world.deliver()));
            world.reopen();
            let end = world.command(Implement, "");
            assert_eq!(end, None, "step {at}: {}", world.transcript);
            world.assert_all_merged();
        }
    }
}
