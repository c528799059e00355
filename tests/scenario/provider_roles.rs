//! Trouble of the provider that reviewers or planners are asked of.

use multi_agent_coder::event::CommandName::{Implement, Plan};
use multi_agent_coder::event::Event;
use serde_json::json;

use crate::agents::{Act, four_tasks};
use crate::provider::{attempts_used, one_task, retrying, session_of};
use crate::world::World;

#[test]
fn trouble_of_a_reviewer_costs_no_work() {
    let mut world = one_task();
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
fn finished_work_that_cannot_be_reviewed_is_kept_for_the_next_run() {
    for (act, reason) in [
        (Act::error(401, "no key"), "Stopped: the provider refused: APIError (HTTP 401): no key"),
        (Act::error(402, "no credit"), "Parked: acme (quota used up): APIError (HTTP 402): no credit"),
    ] {
        let mut world = one_task();
        world.agents.script("review T01", vec![act]);
        let error = world.command(Implement, "").unwrap_or_default();
        assert!(error.contains(reason), "{error}");
        assert_eq!(attempts_used(&world, "T01"), "0");
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        world.assert_all_merged();
        assert_eq!(world.sent_to("T01").len(), 1, "done once: {}", world.transcript);
        assert_eq!(world.sent_to("review T01").len(), 2);
    }
}

#[test]
fn a_reviewer_does_not_wait_an_hour_in_its_session() {
    let mut world = one_task();
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 2);
    let session = session_of(&world, "T01", "reviewer");
    let signal = retrying(&world, 3_600_000, "Too Many Requests");
    world.step(Event::Session { session, signal });
    world.run();
    let error = world.end_of(&chat).unwrap_or_default();
    assert!(error.contains("Parked until 13:0"), "{error}");
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("T01").len(), 1, "done once: {}", world.transcript);
}

/// The reviewer's provider is out of quota: work that nobody could review is not begun.
#[test]
fn two_providers_are_told_apart() {
    let mut world = World::planned(four_tasks());
    world.setting.options = json!({ "maxWorkers": 1, "models": { "review": "beta/judge" } });
    world.agents.script("review T01", vec![Act::error(402, "")]);
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("Parked: beta (quota used up)"), "{error}");
    assert_eq!(world.sent.len(), 2, "{}", world.transcript);
    world.setting.options = json!({ "models": { "review": "acme/judge" } });
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    assert_eq!(world.sent_to("T01").len(), 1);
}

#[test]
fn planners_say_what_to_do_about_a_refusal() {
    for (act, advice) in [
        (Act::error(401, "no key"), "`opencode auth login` sets the key"),
        (Act::error(429, "insufficient_quota"), "Add credit there"),
    ] {
        let mut world = World::new(four_tasks());
        world.agents.script("planner-qa", vec![act]);
        let error = world.command(Plan, "feature.md").unwrap_or_default();
        assert!(error.contains(advice), "{error}");
    }
}

#[test]
fn planners_do_not_wait_for_an_hour_in_their_sessions() {
    for (agent, message) in [("planner-arch", "Too Many Requests"), ("backlog", "insufficient_quota")] {
        let mut world = World::new(four_tasks());
        let chat = world.start(Plan, "feature.md");
        let is_it = |world: &World| world.sent.iter().any(|sent| sent.purpose.agent == agent);
        world.run_until(is_it);
        let mut sessions = world.sessions.iter();
        let (session, _) = sessions.find(|(_, session)| session.purpose.agent == agent).expect("asked");
        let (session, signal) = (session.clone(), retrying(&world, 3_600_000, message));
        let at_ms = world.now_ms;
        world.step(Event::Session { session, signal });
        world.run();
        assert!(world.now_ms - at_ms < 1_000, "{agent}");
        let error = world.end_of(&chat).unwrap_or_default();
        assert!(error.contains(message), "{error}");
        world.assert_said("acme is left alone");
    }
}
