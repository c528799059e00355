//! A process that dies at every moment of a command: the same command then goes on.

use multi_agent_coder::event::CommandName::{Implement, Plan};

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
        at_every_moment(world, (Implement, ""), |mut world, _, at| {
            world.reopen();
            let end = world.command(Implement, "");
            assert_eq!(end, None, "step {at}: {}", world.transcript);
            world.assert_all_merged();
        });
    }
}

/// Git did its work and the process died before the answer was written down.
#[test]
fn work_of_git_that_nobody_heard_of_is_not_done_twice() {
    let mut world = implement_world();
    world.git_is_eager = true;
    at_every_moment(world, (Implement, ""), |mut world, _, at| {
        world.reopen();
        let end = world.command(Implement, "");
        assert_eq!(end, None, "step {at}: {}", world.transcript);
        world.assert_all_merged();
    });
}
