//! What a worker reads: from which sources, what is left out, and what is refused before work begins.

use multi_agent_coder::effect::file::Place;
use multi_agent_coder::event::CommandName::Implement;

use crate::agents::{Act, task};
use crate::world::World;

#[test]
fn every_task_that_cannot_be_sent_is_told_before_anything_starts() {
    let mut tasks = vec![task("T01", "Price list", 1.0, &[]), task("T02", "Discounts", 1.0, &["T01"])];
    tasks[0].description = "Do as T02 does.".into();
    tasks[1].acceptance.push("We explored three ways and this one works".into());
    let mut world = World::planned(tasks);
    let error = world.command(Implement, "").unwrap_or_default();
    for told in [
        "some tasks cannot be sent to a worker, so nothing was started",
        "- task T01: description (line 3 of the context): names task T02, which T01 does not depend on: leave it out, \
         or add it to depends_on\n",
        "- task T02: acceptance[1] (line 8 of the context): \"We explored three ways",
        "Edit tasks/BACKLOG.yaml",
    ] {
        assert!(error.contains(told), "{told}: {error}");
    }
    assert!(world.sessions.is_empty() && world.git.worktrees.is_empty());
}

#[test]
fn what_a_context_can_do_without_is_left_out_and_noted() {
    let mut tasks = vec![task("T01", "Price list", 1.0, &[]), task("T02", "Discounts", 1.0, &[])];
    let foreign = "A coupon takes ten percent off the sum of all items in the cart";
    tasks[1].acceptance.push(foreign.into());
    tasks[0].context.gotchas = vec!["Prices are strings".into(), format!("{foreign}.")];
    let mut world = World::planned(tasks);
    world.agents.script("review T01", vec![Act::verdict("changes_requested", &["leave it to T02"])]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    let sent = world.sent_to("T01");
    assert_eq!(sent.len(), 2);
    for text in sent {
        assert!(text.contains("Prices are strings"), "{text}");
        assert!(!text.contains("coupon") && !text.contains("T02"), "{text}");
    }
    let notes = world.file("tasks/T01.notes.md").unwrap_or_default();
    for line in [
        "## Left out of its context",
        "- context.gotchas[1]: \"A coupon takes ten percent off the sum of all items",
        "repeats task T02",
        "- lesson 1: names task T02",
    ] {
        assert!(notes.contains(line), "{line}: {notes}");
    }
}

const PLAN: &str = "# Unified Plan\n\n## 1. Product Specification\n\nThe cart is a secret-a.\n\n### Constraints\n\n\
    - Amounts are integers in cents\n- T02 may not be slower than today\n\n## 3. Architecture Design\n\nsecret-b\n\n\
    ### Rounding of totals\n\nHalf a cent is rounded up.\n\n### Storage\n\nsecret-c\n";

#[test]
fn a_task_gets_what_it_names_of_the_plan_and_what_holds_for_all() {
    let mut tasks = vec![task("T01", "Price list", 1.0, &[]), task("T02", "Discounts", 1.0, &[])];
    tasks[0].description.push_str(" Sum as in \"Rounding of totals\".");
    let mut world = World::planned(tasks);
    world.put(Place::Repository, "tasks/PLAN.md", PLAN);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    let (first, second) = (world.sent_to("T01")[0], world.sent_to("T02")[0]);
    for part in [
        "## Project constraints\n\n- Amounts are integers in cents\n",
        "## From the plan\n\n- Rounding of totals: Half a cent is rounded up.\n",
    ] {
        assert!(first.contains(part), "{part}: {first}");
    }
    assert!(second.contains("Amounts are integers in cents") && !second.contains("Half a cent"), "{second}");
    for text in [first, second] {
        assert!(!text.contains("secret"), "{text}");
    }
    assert!(second.contains("T02 may not be slower") && !first.contains("may not be slower"), "{first}");
    let notes = world.file("tasks/T01.notes.md").unwrap_or_default();
    assert!(notes.contains("- project constraint 2: names task T02"), "{notes}");
}

#[test]
fn a_plan_that_cannot_be_read_is_told_and_done_without() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.put(Place::Repository, "tasks/PLAN.md", &"- long\n".repeat(200_000));
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said("tasks/PLAN.md is too large");
    world.assert_all_merged();
}
