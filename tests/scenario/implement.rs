//! `/implement` when all goes well.

use multi_agent_coder::event::CommandName;

use crate::agents::four_tasks;
use crate::world::{Order, World};

#[test]
fn three_parallel_tasks_and_one_dependent_are_merged_and_landed() {
    let mut world = World::planned(four_tasks());
    let end = world.command(CommandName::Implement, "");
    println!("{}", world.transcript);
    assert_eq!(end, None);
    world.assert_all_merged();
}

#[test]
fn any_order_of_outcomes_ends_in_the_same_files() {
    let mut trees = Vec::new();
    let seeds = (1..30).map(Order::Shuffled);
    for order in [Order::Time, Order::Reversed].into_iter().chain(seeds) {
        let mut world = World::planned(four_tasks());
        world.order = order;
        assert_eq!(world.command(CommandName::Implement, ""), None, "{order:?}");
        world.assert_all_merged();
        trees.push(world.git.tree(crate::git::MAIN).clone());
    }
    trees.dedup();
    assert_eq!(trees.len(), 1);
}
