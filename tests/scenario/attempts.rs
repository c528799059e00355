//! Attempts that fail, what the next one is told, and when a task is given up.

use multi_agent_coder::event::CommandName::{Implement, Progress};
use multi_agent_coder::event::{Event, SessionSignal};
use serde_json::json;

use crate::agents::{Act, four_tasks, task};
use crate::git::MAIN;
use crate::world::{Order, World};

/// One task whose first attempt goes wrong; the second is told of it and is merged.
fn second_attempt(act: Act, told: &str) -> World {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.agents.script("T01", vec![act]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    let sent = world.sent_to("T01");
    assert_eq!(sent.len(), 2, "{}", world.transcript);
    assert!(!sent[0].contains("Don't"), "{}", sent[0]);
    assert!(sent[1].contains(told), "{told:?} is not in: {}", sent[1]);
    let status = world.file("tasks/T01.status.json").unwrap_or_default();
    assert!(status.contains("\"attempts\": 2"), "{status}");
    world
}

#[test]
fn a_red_gate_is_told_to_the_next_attempt() {
    let bug = Act::change(&[("t01/main.js", "BUG\n")]);
    let world = second_attempt(bug, "t01/main.js:7");
    world.assert_said("the test gate failed: `npm test` ended with exit code 1");
    assert_eq!(world.git.tree(MAIN)["t01/main.js"], "T01 attempt 2\n");
    let first = world.git.refs.get("refs/mac/cart-1/T01/1").expect("kept in a ref");
    assert_eq!(world.git.commits[first].tree["t01/main.js"], "BUG\n");
}

#[test]
fn other_gates_judge_too() {
    let world = second_attempt(Act::change(&[("a.js", "UGLY\n")]), "no-unused-vars");
    world.assert_said("the lint gate failed");
    let world = second_attempt(Act::change(&[("a.js", "SLOW\n")]), "Don't");
    world.assert_said("was stopped at its deadline");
    let world = second_attempt(Act::change(&[("a.js", "UNTESTED\n")]), "ran no test");
    world.assert_said("the test gate failed: `npm test` ran no test");
}

#[test]
fn work_that_cannot_be_used_is_told() {
    second_attempt(Act::Reply("All is well already.".into()), "Don't");
    let blocked = Act::Note("BLOCKED: the price file is missing".into());
    second_attempt(blocked, "the price file is missing");
    let forbidden = Act::change(&[("t01/main.js", "ok\n"), ("opencode.json", "{}\n")]);
    second_attempt(forbidden, "opencode.json");
    second_attempt(Act::Hang, "Don't").assert_said("not done after 30 min");
    second_attempt(Act::Finish(Some("length")), "Don't");
    second_attempt(Act::Finish(Some("tool-calls")), "denied");
}

#[test]
fn a_reviewer_that_refuses_is_told() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    let refusal = Act::verdict("changes_requested", &["prices are not rounded"]);
    world.agents.script("review T01", vec![refusal]);
    assert_eq!(world.command(Implement, ""), None);
    world.assert_all_merged();
    assert!(world.sent_to("T01")[1].contains("prices are not rounded"));
    let reviews = world.sent_to("review T01");
    assert_eq!(reviews.len(), 2);
    for part in ["the price list works", "npm test", "+T01 attempt 1"] {
        assert!(reviews[0].contains(part), "{part:?} is not in: {}", reviews[0]);
    }
    assert!(!reviews[1].contains("rounded"), "a review knows no other review");
}

#[test]
fn a_reviewer_without_a_verdict_is_asked_once_more() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.agents.script("review T01", vec![Act::Reply("Looks fine to me!".into())]);
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(world.sent_to("review T01").len(), 2);
    assert_eq!(world.sent_to("T01").len(), 1);
}

#[test]
fn a_reviewer_that_never_gives_one_does_not_cost_an_attempt() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    let shrug = Act::Reply("Looks fine to me!".into());
    world.agents.script("review T01", vec![shrug.clone(), shrug]);
    assert_eq!(world.command(Implement, ""), None);
    world.assert_said("the reviewer gave no verdict");
    world.assert_said("merged after 1 attempt");
    world.assert_all_merged();
}

#[test]
fn a_large_diff_is_reviewed_in_parts() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    let line = "const price = 1;\n".repeat(3_000);
    let files = [("a.js", line.as_str()), ("b.js", &line), ("c.js", &line)];
    world.agents.script("T01", vec![Act::change(&files)]);
    let approved = Act::verdict("approved", &[]);
    let refused = Act::verdict("changes_requested", &["b.js repeats itself"]);
    world.agents.script("review T01", vec![approved.clone(), refused, approved]);
    assert_eq!(world.command(Implement, ""), None);
    world.assert_said("reviewed in 3 parts");
    let reviews = world.sent_to("review T01");
    assert_eq!(reviews.len(), 6, "three parts, and again with the change that was asked for");
    assert!(reviews[1].contains("part 2 of 3") && reviews[1].contains("b.js"));
    assert!(world.sent_to("T01")[1].contains("b.js repeats itself"));
}

#[test]
fn a_task_is_given_up_and_its_dependents_are_blocked() {
    for order in [Order::Time, Order::Reversed, Order::Shuffled(5)] {
        let mut world = World::planned(four_tasks());
        world.order = order;
        world.agents.script("T02", vec![Act::Reply("No.".into()); 3]);
        let error = world.command(Implement, "").unwrap_or_default();
        assert!(error.contains("2 of 4 tasks are not done"), "{error}");
        assert!(error.contains("- T02: the agent changed nothing"), "{error}");
        assert!(error.contains("- T04: blocked, because T02 failed"), "{error}");
        assert_eq!(world.git.merges("refs/heads/mac/cart-1").len(), 2);
        assert_eq!(world.git.merges(MAIN).len(), 0, "nothing lands half done");
        let backlog = world.file("tasks/BACKLOG.yaml").unwrap_or_default();
        assert!(backlog.contains("status: failed"), "{backlog}");
        assert_eq!(world.command(Progress, ""), None);

        // Again without a change: nothing to do. With the id: another set of attempts.
        let asked = world.sent.len();
        assert!(world.command(Implement, "").is_some());
        assert_eq!(world.sent.len(), asked, "a failed task was tried again unasked");
        assert_eq!(world.command(Implement, "T02"), None, "{}", world.transcript);
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        world.assert_all_merged();
    }
}

#[test]
fn max_retries_is_an_option() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.setting.options = json!({ "maxRetries": 1 });
    world.agents.script("T01", vec![Act::Reply("No.".into())]);
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("T01: the agent changed nothing"), "{error}");
    assert_eq!(world.sent_to("T01").len(), 1);
}

#[test]
fn evidence_stays_small() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.setting.options = json!({ "maxRetries": 10 });
    let names = ["one", "two", "three", "four", "five", "six", "seven", "seven"];
    let blocked = |name: &&str| Act::Note(format!("BLOCKED: `issue_{name}` is open"));
    world.agents.script("T01", names.iter().map(blocked).collect());
    assert_eq!(world.command(Implement, ""), None);
    let last = world.sent_to("T01")[8].to_owned();
    // What three attempts in a row did not repeat is left out.
    assert_eq!(last.matches("last attempt: `issue_").count(), 2, "{last}");
    assert!(last.contains("issue_seven") && last.contains("issue_six"), "{last}");
}

#[test]
fn a_reviewer_is_told_that_a_diff_is_cut() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    let big = "one more line of a large file\n".repeat(50_000);
    world.agents.script("T01", vec![Act::change(&[("big.txt", &big)])]);
    assert_eq!(world.command(Implement, ""), None);
    let last = world.sent_to("review T01").pop().unwrap_or_default().to_owned();
    assert!(last.contains("The diff is cut here"), "{}", &last[last.len() - 300..]);
    world.assert_said("the reviewer sees the first 1.0 MB");
}

#[test]
fn the_next_attempt_is_told_what_was_denied() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.agents.script("T01", vec![Act::Finish(Some("tool-calls"))]);
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 1);
    let session = world.sessions.keys().next().expect("a session").clone();
    let signal = SessionSignal::Denied { what: "webfetch https://example.org".into() };
    world.step(Event::Session { session, signal });
    world.run();
    assert_eq!(world.end_of(&chat), None);
    assert!(world.sent_to("T01")[1].contains("webfetch https://example.org"));
}
