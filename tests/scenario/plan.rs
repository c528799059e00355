//! `/plan` when all goes well.

use multi_agent_coder::event::CommandName;

use crate::agents::four_tasks;
use crate::world::{Order, World};

#[test]
fn a_request_becomes_a_plan_and_a_backlog() {
    let mut world = World::new(four_tasks());
    let end = world.command(CommandName::Plan, "feature.md");
    assert_eq!(end, None, "{}", world.transcript);
    insta::assert_snapshot!(world.transcript, @r#"
    > /plan feature.md

    Planning **Cart** with three planners.

    [planner-spec] SPEC.md for Cart …

    [planner-arch] ARCH.md for Cart …

    [planner-qa] QA.md for Cart …

    [SPEC.md for Cart] ok: SPEC.md: 17 lines

    [ARCH.md for Cart] ok: ARCH.md: 21 lines

    [QA.md for Cart] ok: QA.md: 17 lines

    The planners' sessions are deleted; only their documents remain.

    [backlog] Backlog for Cart …

    [Backlog for Cart] ok: 4 tasks

    | Order | Task | Title      | After         | Hours | Files         |
    | ----: | ---- | ---------- | ------------- | ----: | ------------- |
    |     1 | T01  | Price list | –             |     2 | `t01/main.js` |
    |     2 | T02  | Discounts  | –             |   1.5 | `t02/main.js` |
    |     3 | T03  | Tax        | –             |     1 | `t03/main.js` |
    |     4 | T04  | Checkout   | T01, T02, T03 |     2 | `t04/main.js` |

    4 tasks in tasks/BACKLOG.yaml, about 6.5 hours of work by the estimates, up to 3 at once. The plan is in tasks/PLAN.md.

    **Next:** read or edit the backlog, then `/implement`.

    ---
    "#);
    for file in ["SPEC.md", "ARCH.md", "QA.md", "PLAN.md", "BACKLOG.yaml", "T01.yaml"] {
        assert!(world.file(&format!("tasks/{file}")).is_some(), "{file}");
    }
    let asked: Vec<&str> = world.sent.iter().map(|s| s.purpose.agent.as_str()).collect();
    assert_eq!(asked, ["planner-spec", "planner-arch", "planner-qa", "backlog"]);
}

#[test]
fn the_order_of_answers_changes_nothing() {
    let mut plans = Vec::new();
    for order in [Order::Time, Order::Reversed, Order::Shuffled(1), Order::Shuffled(2)] {
        let mut world = World::new(four_tasks());
        world.order = order;
        assert_eq!(world.command(CommandName::Plan, "feature.md"), None);
        plans.push(world.file("tasks/PLAN.md").map(str::to_owned));
    }
    plans.dedup();
    assert_eq!(plans.len(), 1);
}
