//! Trouble with the provider is waited out and costs no attempt; budgets stop new work.

use multi_agent_coder::backlog::{Backlog, render};
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::event::CommandName::Implement;
use multi_agent_coder::ids::TrackId;
use serde_json::json;

use crate::agents::{Act, backlog, four_tasks, task};
use crate::world::World;

#[test]
fn a_busy_provider_is_waited_out() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.agents.script("T01", vec![Act::error(429, "slow down"); 4]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    world.assert_said("merged after 1 attempt");
    let at: Vec<u64> = world.sent.iter().map(|sent| sent.at_ms).collect();
    let waits: Vec<u64> = at.windows(2).take(4).map(|w| w[1] - w[0] - 60_000).collect();
    for (pause, most) in waits.iter().zip([5_000, 10_000, 20_000, 40_000]) {
        assert!((most / 2..=most + 6_000).contains(pause), "{waits:?}");
    }
}

#[test]
fn trouble_of_a_reviewer_costs_no_work() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    let mute = Act::Reply("Looks fine to me!".into());
    let acts = vec![Act::error(503, "overloaded"), mute.clone(), mute];
    world.agents.script("review T01", acts);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    assert_eq!(world.sent_to("T01").len(), 1, "{}", world.transcript);
    assert_eq!(world.sent_to("review T01").len(), 4);
    world.assert_said("T01 could not be reviewed: APIError (HTTP 503): overloaded. Trying again in");
}

#[test]
fn after_five_times_in_a_row_the_run_stops_and_nothing_has_failed() {
    let mut world = World::planned(four_tasks());
    world.agents.script("T01", vec![Act::error(503, "overloaded"); 5]);
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("Stopped: the provider failed: APIError (HTTP 503): overloaded"), "{error}");
    assert!(error.contains("- T04: waits for T01"), "{error}");
    assert_eq!(world.sent_to("T01").len(), 5);
    assert_eq!(world.command(Implement, ""), None);
    world.assert_all_merged();
}

#[test]
fn a_stream_without_an_end_is_trouble_of_the_provider() {
    for finish in [None, Some("unknown")] {
        let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
        world.agents.script("T01", vec![Act::Finish(finish)]);
        assert_eq!(world.command(Implement, ""), None);
        world.assert_said("does not count as an attempt");
        world.assert_said("merged after 1 attempt");
    }
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
        assert_eq!(world.git.merges("refs/heads/mac/cart-1"), ["T01", "T02"]);
        world.assert_said("of the run's budget is used");
        world.setting.options = json!({});
        assert_eq!(world.command(Implement, ""), None);
        world.assert_all_merged();
    }
}

#[test]
fn a_task_of_another_track_with_the_same_id_costs_this_one_nothing() {
    let tasks = vec![task("T01", "Price list", 1.0, &[])];
    let mut world = World::planned(tasks.clone());
    let bug = Act::change(&[("a.js", "BUG\n")]);
    world.agents.script("T01", vec![bug.clone(), bug]);
    world.setting.options = json!({ "maxRetries": 1, "budget": { "taskTokens": 6_000 } });
    assert!(world.command(Implement, "").is_some());
    let other = Backlog { track_id: TrackId("tax-2".into()), ..backlog(tasks) };
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &render(&other));
    world.setting.options = json!({ "budget": { "taskTokens": 6_000 } });
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    let status = world.file("tasks/T01.status.json").unwrap_or_default();
    // Two attempts and a review, 3,400 tokens and a few each.
    assert!(status.contains("\"token_count\": 102"), "{status}");
}

#[test]
fn every_figure_counts_the_same_tokens() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
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
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.agents.script("T01", vec![Act::change(&[("a.js", "BUG\n")])]);
    world.setting.options = json!({ "budget": { "taskTokens": 3_000 } });
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("exit code 1; its budget is used up (3,401 tokens)"), "{error}");
    assert!(error.contains("Raise options.budget"), "{error}");
}
