//! What a worker reads: from which sources, what is left out, and what is refused before work begins.

use multi_agent_coder::backlog::TaskSpec;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::event::CommandName::{Implement, Plan};

use crate::agents::{Act, backlog_reply, task};
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

const PLAN_TEXT: &str = "# Unified Plan\n\n## 1. Product Specification\n\nThe cart is a secret-a.\n\n### Constraints\n\n\
    - Amounts are integers in cents\n- T02 may not be slower than today\n\n## 3. Architecture Design\n\nsecret-b\n\n\
    ### Rounding of totals\n\nHalf a cent is rounded up.\n\n### Storage\n\nsecret-c\n\n\
    ## 4. API Specification\n\n### parsePrice(text: string): number\n\n- Whole cents\n\n### tax(cents)\n\nsecret-d\n";

#[test]
fn a_task_gets_what_it_names_of_the_plan_and_what_holds_for_all() {
    let mut tasks = vec![task("T01", "Price list", 1.0, &[]), task("T02", "Discounts", 1.0, &[])];
    tasks[0].description.push_str(" Sum as in \"Rounding of totals\".");
    tasks[1].description.push_str(" Read them with `parsePrice`.");
    let mut world = World::planned(tasks);
    world.put(Place::Repository, "tasks/PLAN.md", PLAN_TEXT);
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
    let signature = "## From the plan\n\n- parsePrice(text: string): number: Whole cents\n";
    assert!(second.contains(signature) && !first.contains("parsePrice"), "{second}");
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

/// A task with patterns.
fn following(id: &str, title: &str, after: &[&str], patterns: &[&str]) -> TaskSpec {
    let mut task = task(id, title, 1.0, after);
    task.context.patterns = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    task
}

#[test]
fn patterns_that_cannot_be_followed_are_told_before_anything_starts() {
    let mut world = World::planned(vec![
        following("T01", "Price list", &[], &["one line, as in src/index.js:1", "like src/indx.js:1-3"]),
        following("T02", "Discounts", &["T01"], &["as in src/index.js:1-9", "as in t01/main.js:3-9"]),
    ]);
    let error = world.command(Implement, "").unwrap_or_default();
    for told in [
        "some patterns cannot be followed, so nothing was started",
        "- task T01, field context.patterns[1]: src/indx.js does not exist: did you mean src/index.js?",
        "- task T02, field context.patterns[0]: src/index.js:1-9 is out of range: the file has 1 line",
        "Edit tasks/BACKLOG.yaml",
    ] {
        assert!(error.contains(told), "{told}: {error}");
    }
    assert!(!error.contains("t01/main.js"), "a task before makes it: {error}");
    assert!(world.sessions.is_empty() && world.git.worktrees.is_empty());
}

#[test]
fn a_pattern_on_what_a_task_before_makes_is_looked_at_when_it_is_made() {
    let tasks = || {
        vec![
            task("T01", "Price list", 1.0, &[]),
            following("T02", "Discounts", &["T01"], &["as in t01/main.js", "one line, as in src/index.js:1"]),
        ]
    };
    let mut world = World::planned(tasks());
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert!(world.sent_to("T02")[0].contains("as in t01/main.js"), "{}", world.sent_to("T02")[0]);

    let mut world = World::planned(tasks());
    world.agents.script("T01", vec![Act::change(&[("prices/list.js", "export {}\n")])]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    let sent = world.sent_to("T02")[0];
    assert!(!sent.contains("t01/main.js") && sent.contains("src/index.js:1"), "{sent}");
    let notes = world.file("tasks/T02.notes.md").unwrap_or_default();
    assert!(notes.contains("- context.patterns[0]: t01/main.js does not exist"), "{notes}");
}

#[test]
fn a_backlog_whose_patterns_name_nothing_is_sent_back() {
    let bad = [following("T01", "Price list", &[], &["as in src/indx.js:1"])];
    let good = vec![following("T01", "Price list", &[], &["as in src/index.js:1"])];
    let mut world = World::new(good);
    world.agents.script("backlog", vec![Act::Reply(backlog_reply(&bad))]);
    assert_eq!(world.command(Plan, "feature.md"), None, "{}", world.transcript);
    let asked = world.sent_to("backlog");
    let told = "task T01, field context.patterns[0]: src/indx.js does not exist: did you mean src/index.js?";
    assert!(asked.len() == 2 && asked[1].contains(told), "{asked:?}");
}

#[test]
fn a_pattern_whose_file_changed_since_the_plan_is_told_once() {
    let tasks = vec![
        following("T01", "Price list", &[], &["as in src/index.js:1"]),
        following("T02", "Discounts", &[], &["as in package.json"]),
    ];
    let mut world = World::new(tasks);
    assert_eq!(world.command(Plan, "feature.md"), None, "{}", world.transcript);
    world.git.commit_on(crate::git::MAIN, &[("src/index.js", "export const price = 1\n")]);
    world.start(Implement, "");
    world.run_until(|world| world.sent_to("T01").len() == 1);
    world.assert_said(
        "**Note:** T01: context.patterns[0]: src/index.js has changed since the plan was made: check that \
         src/index.js:1 still shows the pattern.",
    );
    assert!(!world.transcript.contains("T02: context.patterns"), "{}", world.transcript);
    assert!(world.sent_to("T01")[0].contains("as in src/index.js:1"));
    world.run();
}
