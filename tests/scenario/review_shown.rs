//! `/review` shows what waits, to people and to scripts.

use multi_agent_coder::event::CommandName::{Implement, Metrics, Progress, Review};
use serde_json::json;

use crate::agents::Act;
use crate::review::{BRANCH, at_the_door, manual, status, tasks};
use crate::world::World;

#[test]
fn with_manual_review_work_stops_at_the_door_and_everything_says_so() {
    let mut world = at_the_door();
    assert!(world.git.merges(BRANCH).is_empty(), "nothing is merged unseen");
    world.assert_said("T01, T02 and T03 wait for your review: `/review` shows what there is to decide.");
    world.assert_said("**T01**: waits for your review: `/review T01`.");
    assert_eq!(status(&world, "T01"), "review");
    assert_eq!(world.file("tasks/BACKLOG.yaml").unwrap_or_default().matches("status: review").count(), 3);
    assert!(world.sent_to("T04").is_empty(), "its dependency is not merged");
    assert_eq!(world.command(Progress, ""), None);
    world.assert_said("`/review` shows what waits for you.");
    world.assert_said("waits for T01");
    assert_eq!(world.command(Metrics, ""), None);
    let asked = world.sent.len();
    assert_eq!(world.command(Implement, "T01"), None, "what waits is not started again");
    assert_eq!(world.sent.len(), asked);
}

#[test]
fn what_waits_is_shown_in_merge_order_with_all_there_is_to_know() {
    let mut world = manual(tasks());
    let refusal = Act::verdict("changes_requested", &["src/a.js:3: no test"]);
    world.agents.script("review T02", vec![refusal]);
    assert_eq!(world.command(Implement, ""), None);
    world.transcript.clear();
    assert_eq!(world.command(Review, ""), None, "{}", world.transcript);
    let shown = world.transcript.clone();
    let places =
        ["## T01", "## T02", "## T03"].map(|title| shown.find(title).unwrap_or_else(|| panic!("{shown}")));
    assert!(places.is_sorted(), "{shown}");
    for part in [
        "## T02: Discounts",
        "Passed its checks and its reviewer.",
        "- the discounts works",
        "| `t02/main.js` |",
        "`npm test` passed",
        "So far: 2 attempts, 1 of them to change work after a review, ",
        "$0.",
        "The work: `refs/mac/cart-1/T02/2` is ",
        "git worktree add --detach ../shop-T02 refs/mac/cart-1/T02/2",
        "/review T02 approve\n/review T02 changes \"what to change\"\n/review T02 rebase\n/review T02 reject\n",
    ] {
        assert!(shown.contains(part), "{part:?} is not in: {shown}");
    }
    world.transcript.clear();
    assert_eq!(world.command(Review, "t03"), None);
    assert!(world.transcript.contains("## T03") && !world.transcript.contains("## T01"));
    insta::assert_snapshot!(world.transcript, @r#"
    > /review t03

    ## T03: Tax

    Passed its checks and its reviewer.

    It is done when:

    - the tax works

    | File          | added | removed |
    | ------------- | ----: | ------: |
    | `t03/main.js` |    +1 |      -0 |

    `npm test` passed (2 s).

    ````text
    ℹ tests 5
    ℹ pass 5
    ℹ fail 0
    ````

    `npm run lint` passed (2 s).

    So far: 1 attempt, 6,810 tokens and $0.0203.

    The work: `refs/mac/cart-1/T03/1` is 0000000000. To look at it:

    ```text
    git diff 0000000000 refs/mac/cart-1/T03/1
    git worktree add --detach ../shop-T03 refs/mac/cart-1/T03/1
    ```

    Decide:

    ```text
    /review T03 approve
    /review T03 changes "what to change"
    /review T03 rebase
    /review T03 reject
    ```

    ---
    "#);
}

#[test]
fn a_script_gets_everything() {
    let mut world = at_the_door();
    world.transcript.clear();
    assert_eq!(world.command(Review, "--json"), None);
    let text = world.transcript.split_once("\n\n").map_or("", |(_, text)| text);
    let text = text.split("\n---").next().unwrap_or_default();
    let pile: serde_json::Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(pile["track"], "cart-1");
    assert_eq!(pile["tasks"].as_array().map(Vec::len), Some(3));
    let first = &pile["tasks"][0];
    assert_eq!(
        (&first["task"], &first["waits_for"], &first["status"]),
        (&json!("T01"), &json!("review"), &json!("review"))
    );
    assert_eq!(first["work"]["ref"], "refs/mac/cart-1/T01/1");
    assert!(first["cost_usd"].as_f64().is_some_and(|cost| cost > 0.0));
    assert_eq!(first["decisions"][0], "/review T01 approve");
    // Also where there is nothing: no agent is asked for a script.
    let mut world = World::new(Vec::new());
    world.transcript.clear();
    assert_eq!(world.command(Review, "--json"), None);
    assert!(world.transcript.contains("\"tasks\": []") && world.sent.is_empty());
}
