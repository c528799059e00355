//! `/implement` when all goes well.

use multi_agent_coder::event::CommandName;

use crate::agents::four_tasks;
use crate::world::{Order, World};

#[test]
fn three_parallel_tasks_and_one_dependent_are_merged_and_landed() {
    let mut world = World::planned(four_tasks());
    let end = world.command(CommandName::Implement, "");
    insta::assert_snapshot!(world.transcript, @r#"
    > /implement

    Health check: `npm test` (2 s) and `npm run lint` (2 s) are green.

    Implementing 4 tasks of `cart-1` with up to 3 workers. Estimate: about 559,200 tokens, $1.13.

    [implementer] T01 Price list …

    [implementer] T02 Discounts …

    [implementer] T03 Tax …

    [T01 Price list] ok: merged after 1 attempt: 1 file changed, 133 bytes of context, 2 min 9 s

    **T01**: merged after 1 attempt: 1 file changed, 133 bytes of context, 2 min 9 s.

    [T02 Discounts] ok: merged after 1 attempt: 1 file changed, 130 bytes of context, 2 min 15 s

    **T02**: merged after 1 attempt: 1 file changed, 130 bytes of context, 2 min 15 s.

    [T03 Tax] ok: merged after 1 attempt: 1 file changed, 112 bytes of context, 2 min 19 s

    **T03**: merged after 1 attempt: 1 file changed, 112 bytes of context, 2 min 19 s.

    [implementer] T04 Checkout …

    [T04 Checkout] ok: merged after 1 attempt: 1 file changed, 127 bytes of context, 2 min 19 s

    **T04**: merged after 1 attempt: 1 file changed, 127 bytes of context, 2 min 19 s.

    | task | title      | status    | attempts |   context | tokens |    cost |       time |
    | ---- | ---------- | --------- | -------: | --------: | -----: | ------: | ---------: |
    | T01  | Price list | completed |        1 | 133 bytes |  6,809 | $0.0203 |  2 min 9 s |
    | T02  | Discounts  | completed |        1 | 130 bytes |  6,809 | $0.0203 | 2 min 15 s |
    | T03  | Tax        | completed |        1 | 112 bytes |  6,809 | $0.0203 | 2 min 19 s |
    | T04  | Checkout   | completed |        1 | 127 bytes |  6,815 | $0.0205 | 2 min 19 s |

    - 4 of 4 tasks completed; at the first attempt: 4 of 4.
    - Spent: 27,242 tokens, $0.0814 in 8 agent runs (estimated: 559,200 tokens, $1.13).

    `main` now has everything (fast-forward from `mac/cart-1`).

    The spec is saved in `specs/feature-001-cart` (version 1.0.0, deployed). It is not committed.

    ---
    "#);
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
