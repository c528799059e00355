//! Budgets count what agents at work cost, stop what costs, and lose nothing that is done.

use multi_agent_coder::backlog::{Backlog, render};
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::session::Usage;
use multi_agent_coder::event::CommandName::Implement;
use multi_agent_coder::event::{Event, SessionSignal};
use multi_agent_coder::ids::TrackId;
use serde_json::json;

use crate::agents::{Act, backlog, four_tasks, task};
use crate::provider::{see, session_of};
use crate::world::World;

fn one_task() -> World {
    World::planned(vec![task("T01", "Price list", 1.0, &[])])
}

fn turn(tokens: u64) -> SessionSignal {
    let usage = Usage { input_tokens: tokens, cost_usd: tokens as f64 / 1e5, ..Usage::default() };
    SessionSignal::Stepped { finish: Some("tool-calls".into()), usage }
}

#[test]
fn a_spent_budget_stops_new_work_and_keeps_what_is_done() {
    for options in [
        json!({ "maxWorkers": 1, "budget": { "runUsd": 0.03 } }),
        json!({ "maxWorkers": 1, "budget": { "runTokens": 10_000 } }),
    ] {
        let mut world = World::planned(four_tasks());
        world.setting.options = options;
        let error = world.command(Implement, "").unwrap_or_default();
        assert!(error.contains("the budget is used up"), "{error}");
        assert!(error.contains("- T02: its work is kept and judged next time"), "{error}");
        assert!(error.contains("`/implement` goes on with a new budget"), "{error}");
        // The third ask was the last: the work of T02 is done, and nobody is paid to review it.
        assert_eq!(world.git.merges("refs/heads/mac/cart-1"), ["T01"]);
        assert_eq!(world.sent.len(), 3, "{}", world.transcript);
        world.assert_said("of the run's budget is used");
        world.assert_said("**T02**: its work is kept, to be reviewed later.");
        world.setting.options = json!({});
        assert_eq!(world.command(Implement, ""), None);
        world.assert_all_merged();
        assert_eq!(world.sent_to("T02").len(), 1, "it was not done again");
    }
}

#[test]
fn agents_at_work_are_stopped_at_the_cap() {
    let mut world = World::planned(four_tasks());
    world.setting.options = json!({ "budget": { "runTokens": 50_000 } });
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 3);
    see(&mut world, "T01", turn(20_000));
    see(&mut world, "T02", turn(19_999));
    assert!(!world.transcript.contains("budget is used."), "{}", world.transcript);
    see(&mut world, "T03", turn(1));
    world.assert_said("**Note:** 40,000 of 50,000 tokens of the run's budget is used.");
    see(&mut world, "T03", turn(9_000));
    assert_eq!(world.transcript.matches("budget is used.").count(), 1, "told once");
    let at_ms = world.now_ms;
    see(&mut world, "T01", turn(1_000));
    world.run();
    assert!(world.now_ms - at_ms < 1_000, "nobody works on");
    let error = world.end_of(&chat).unwrap_or_default();
    assert!(error.contains("Stopped: the budget is used up (50,000 of 50,000 tokens)"), "{error}");
    assert_eq!(world.sent.len(), 3);
    for task in ["T01", "T02", "T03"] {
        assert!(world.git.refs.contains_key(&format!("refs/mac/cart-1/{task}/1")), "{task} is kept");
        let status = world.file(&format!("tasks/{task}.status.json")).unwrap_or_default();
        assert!(status.contains("\"attempts\": 0"), "{status}");
    }
    world.setting.options = json!({});
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn a_review_is_stopped_at_the_cap_too_and_the_work_waits_for_the_next_one() {
    let mut world = one_task();
    world.setting.options = json!({ "budget": { "runTokens": 10_000 } });
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 2);
    let session = session_of(&world, "T01", "reviewer");
    world.step(Event::Session { session, signal: turn(7_000) });
    world.run();
    let error = world.end_of(&chat).unwrap_or_default();
    assert!(error.contains("the budget is used up (10,401 of 10,000 tokens)"), "{error}");
    world.setting.options = json!({});
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    assert_eq!(world.sent_to("T01").len(), 1);
    assert_eq!(world.sent_to("review T01").len(), 2);
}

#[test]
fn a_task_is_warned_of_and_stopped_at_its_own_cap() {
    let mut world = World::planned(four_tasks());
    world.setting.options = json!({ "budget": { "taskUsd": 0.5, "alertAt": 0.5 } });
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 3);
    see(&mut world, "T02", turn(25_000));
    see(&mut world, "T02", turn(10_000));
    assert_eq!(world.transcript.matches("$0.25 of $0.50 of the budget of T02 is used.").count(), 1);
    see(&mut world, "T02", turn(15_000));
    world.run();
    let error = world.end_of(&chat).unwrap_or_default();
    assert!(error.contains("2 of 4 tasks are not done"), "{error}");
    assert!(error.contains("- T02: its budget is used up, so its agent was stopped"), "{error}");
    assert!(error.contains("Raise options.budget, then `/implement T02`."), "{error}");
    assert_eq!(world.git.merges("refs/heads/mac/cart-1").len(), 2, "the others went on");
    assert!(world.git.refs.contains_key("refs/mac/cart-1/T02/1"));
    world.setting.options = json!({});
    assert_eq!(world.command(Implement, "T02"), None, "{}", world.transcript);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn finished_work_of_a_task_without_budget_is_kept() {
    let mut world = one_task();
    world.setting.options = json!({ "budget": { "taskTokens": 3_000 } });
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(
        error.contains("- T01: its budget is used up, so it is not reviewed; its work is kept"),
        "{error}"
    );
    // With the same budget nothing is asked, and nothing is lost.
    let error = world.command(Implement, "T01").unwrap_or_default();
    assert!(error.contains("- T01: its budget is used up (3,401 of 3,000 tokens)"), "{error}");
    assert_eq!(world.sent.len(), 1, "{}", world.transcript);
    world.setting.options = json!({});
    assert_eq!(world.command(Implement, "T01"), None, "{}", world.transcript);
    world.assert_all_merged();
    assert_eq!(world.sent_to("T01").len(), 1, "it was not done again");
}

#[test]
fn an_agent_that_had_finished_when_it_was_stopped_has_finished() {
    let mut world = one_task();
    world.cancel_is_late = true;
    world.setting.options = json!({ "budget": { "runTokens": 1_000 } });
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 1);
    see(&mut world, "T01", turn(1_000));
    world.run();
    assert!(world.end_of(&chat).is_some_and(|error| error.contains("the budget is used up")));
    world.setting.options = json!({});
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("T01").len(), 1, "{}", world.transcript);
}

#[test]
fn a_task_of_another_track_with_the_same_id_costs_this_one_nothing() {
    let tasks = vec![task("T01", "Price list", 1.0, &[])];
    let mut world = World::planned(tasks.clone());
    let bug = Act::change(&[("a.js", "BUG\n")]);
    world.agents.script("T01", vec![bug.clone(), bug]);
    world.setting.options = json!({ "maxRetries": 1, "budget": { "taskTokens": 8_000 } });
    assert!(world.command(Implement, "").is_some());
    let other = Backlog { track_id: TrackId("tax-2".into()), ..backlog(tasks) };
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &render(&other));
    world.setting.options = json!({ "budget": { "taskTokens": 8_000 } });
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    let status = world.file("tasks/T01.status.json").unwrap_or_default();
    // Two attempts and a review, 3,400 tokens and a few each.
    assert!(status.contains("\"token_count\": 102"), "{status}");
}

#[test]
fn every_figure_counts_the_same_tokens() {
    let mut world = one_task();
    world.cached_tokens = 50_000;
    world.setting.options = json!({ "budget": { "runTokens": 120_000 } });
    assert_eq!(world.command(Implement, ""), None);
    // Two asks of 3,400 tokens and a few, and what they read from the cache.
    world.assert_said("106,803 of 120,000 tokens of the run's budget");
    world.assert_said("Spent: 106,803 tokens");
    world.assert_said("| 133 bytes | 106,803 |");
    let status = world.file("tasks/T01.status.json").unwrap_or_default();
    assert!(status.contains("\"token_count\": 106803"), "{status}");
}

#[test]
fn a_spent_task_is_told_as_such() {
    let mut world = one_task();
    world.agents.script("T01", vec![Act::change(&[("a.js", "BUG\n")])]);
    world.setting.options = json!({ "budget": { "taskTokens": 3_000 } });
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("exit code 1; its budget is used up (3,401 of 3,000 tokens)"), "{error}");
    assert!(error.contains("Raise options.budget"), "{error}");
}

/// The run stops for another reason, and those at work reach the cap.
#[test]
fn the_cap_holds_in_a_run_that_is_stopping_anyway() {
    let mut world = World::planned(four_tasks());
    world.setting.options = json!({ "budget": { "runTokens": 20_000 } });
    world.agents.script("T01", vec![Act::error(401, "no key")]);
    let chat = world.start(Implement, "");
    world.run_until(|world| world.transcript.contains("the provider refused"));
    see(&mut world, "T02", turn(20_000));
    world.run();
    let error = world.end_of(&chat).unwrap_or_default();
    assert!(error.contains("Stopped: the provider refused"), "{error}");
    assert!(world.sent_to("review T02").is_empty() && world.sent_to("review T03").is_empty());
    world.setting.options = json!({});
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
}
