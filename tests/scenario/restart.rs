//! A process that dies at every moment of a command: the same command then goes on.

use multi_agent_coder::engine::Engine;
use multi_agent_coder::event::CommandName::{Implement, Plan};
use multi_agent_coder::event::{Event, Stamped, Tidied};

use crate::agents::four_tasks;
use crate::cancel::{at_every_moment, implement_world};
use crate::world::{Order, World};

#[test]
fn a_plan_survives_the_process_at_any_moment() {
    let world = World::new(four_tasks());
    at_every_moment(world, (Plan, "feature.md"), |mut world, _, at| {
        world.reopen();
        let end = world.command(Plan, "feature.md");
        assert_eq!(end, None, "step {at}: {}", world.transcript);
    });
}

#[test]
fn an_implementation_survives_the_process_at_any_moment() {
    for order in [Order::Time, Order::Shuffled(6)] {
        let mut world = implement_world();
        world.order = order;
        implement_survives(world);
    }
}

/// Git did its work and the process died before the answer was written down.
#[test]
fn work_of_git_that_nobody_heard_of_is_not_done_twice() {
    let mut world = implement_world();
    world.git_is_eager = true;
    implement_survives(world);
}

fn implement_survives(world: World) {
    at_every_moment(world, (Implement, ""), |mut world, _, at| {
        world.reopen();
        let end = world.command(Implement, "");
        assert_eq!(end, None, "step {at}: {}", world.transcript);
        world.assert_all_merged();
    });
}

/// A newer version may read the same events by other rules; what a checkpoint says, it takes over.
#[test]
fn a_checkpoint_alone_is_enough_to_go_on() {
    let mut world = implement_world();
    assert!(world.command(Implement, "T01").is_none());
    let sent = world.sent_to("T01").len();
    let event = world.engine.checkpoint();
    let mut engine = Engine::new();
    engine.replay(&Stamped { at_ms: world.now_ms, event });
    assert_eq!(engine.statuses(), world.engine.statuses());
    world.engine = engine;
    // What came before is unknown to this engine, so it cannot be replayed from the log.
    world.is_replayed = false;
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("T01").len(), sent, "merged work is not done again");
    world.assert_all_merged();
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_passed_over() {
    let events = [
        Stamped { at_ms: 1, event: Event::Opened { version: "0.1.0".into(), tidied: Tidied::default() } },
        Stamped { at_ms: 2, event: Engine::new().checkpoint() },
        Stamped { at_ms: 3, event: Event::Checkpoint { state: serde_json::json!({ "tracks": 7 }) } },
    ];
    assert_eq!(events.iter().rposition(Engine::can_begin_at), Some(1));
    let mut engine = Engine::new();
    let before = engine.statuses();
    engine.replay(&events[2]);
    assert_eq!(engine.statuses(), before);
}
