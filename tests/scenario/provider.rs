//! Trouble with the provider is waited out, left for later or told at once, and costs no attempt.

use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::session::{SessionOperation, Trouble};
use multi_agent_coder::event::CommandName::{Implement, Progress};
use multi_agent_coder::event::{Event, SessionSignal};
use multi_agent_coder::ids::{ModelRef, SessionId};
use serde_json::json;

use crate::agents::{Act, four_tasks, task};
use crate::world::{Order, World};

pub fn one_task() -> World {
    World::planned(vec![task("T01", "Price list", 1.0, &[])])
}

/// The session in which a task is worked on, or reviewed.
pub fn session_of(world: &World, task: &str, agent: &str) -> SessionId {
    let is_it = |(_, session): &(&SessionId, &crate::world::Session)| {
        let purpose = &session.purpose;
        !session.is_removed && purpose.task.as_deref() == Some(task) && purpose.agent == agent
    };
    world.sessions.iter().find(is_it).expect("a session at work").0.clone()
}

/// Something is seen in the session in which a task is worked on.
pub fn see(world: &mut World, task: &str, signal: SessionSignal) {
    let session = session_of(world, task, "implementer");
    world.step(Event::Session { session, signal });
}

pub fn retrying(world: &World, wait_ms: u64, message: &str) -> SessionSignal {
    SessionSignal::Retrying { attempt: 1, next_ms: world.now_ms + wait_ms, message: message.into() }
}

pub fn attempts_used(world: &World, task: &str) -> String {
    let status = world.file(&format!("tasks/{task}.status.json")).unwrap_or_default();
    let at = status.find("\"attempts\": ").expect("attempts") + 12;
    status[at..].chars().take_while(char::is_ascii_digit).collect()
}

/// The times between the end of one ask and the start of the next.
fn pauses(world: &World) -> Vec<u64> {
    let at: Vec<u64> = world.sent.iter().map(|sent| sent.at_ms).collect();
    at.windows(2).zip(1..).map(|(pair, n)| pair[1] - pair[0] - 60_000 - 1_000 * n).collect()
}

#[test]
fn a_busy_provider_is_waited_out() {
    let mut world = one_task();
    world.agents.script("T01", vec![Act::error(429, "slow down"); 4]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    world.assert_said("merged after 1 attempt");
    for (pause, most_ms) in pauses(&world).iter().take(4).zip([5_000, 10_000, 20_000, 40_000]) {
        assert!((1_000..=most_ms + 100).contains(pause), "{:?}", pauses(&world));
    }
}

#[test]
fn the_time_that_a_provider_asks_for_is_waited_for_by_all() {
    let mut world = World::planned(four_tasks());
    world.setting.options = json!({ "maxWorkers": 1 });
    let act = Act::error(429, "Rate limit reached. Please try again in 4m.");
    world.agents.script("T01", vec![act]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    world.assert_said("acme asks to wait 4 min (rate limit); 3 tasks wait.");
    let pause_ms = pauses(&world)[0];
    assert!((240_000..242_000).contains(&pause_ms), "{pause_ms}");
}

#[test]
fn what_the_host_waits_for_by_itself_is_told_once() {
    let mut world = World::planned(four_tasks());
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 3);
    for (task, wait_ms) in [("T01", 2_000), ("T01", 4_000), ("T02", 40_000)] {
        let signal = retrying(&world, wait_ms, "Too Many Requests");
        see(&mut world, task, signal);
    }
    world.run();
    assert_eq!(world.end_of(&chat), None, "{}", world.transcript);
    let told = world.transcript.matches("acme is in trouble (rate limit); OpenCode tries again in 2 s.");
    assert_eq!(told.count(), 1, "{}", world.transcript);
    assert_eq!(world.transcript.matches("OpenCode tries again").count(), 1);
}

#[test]
fn a_wait_of_minutes_is_not_spent_in_a_worktree() {
    let mut world = one_task();
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 1);
    let signal = retrying(&world, 300_000, "slow down");
    see(&mut world, "T01", signal);
    world.run();
    assert_eq!(world.end_of(&chat), None, "{}", world.transcript);
    world.assert_said("it asks to wait 5 min: slow down");
    world.assert_said("merged after 1 attempt");
    let pause_ms = world.sent[1].at_ms - world.sent[0].at_ms;
    assert!((300_000..302_000).contains(&pause_ms), "{pause_ms}");
}

#[test]
fn a_wait_of_an_hour_parks_the_run() {
    let mut world = World::planned(four_tasks());
    let chat = world.start(Implement, "T01");
    world.run_until(|world| world.sent.len() == 1);
    let signal = retrying(&world, 3_600_000, "Too Many Requests");
    see(&mut world, "T01", signal);
    world.run();
    let error = world.end_of(&chat).unwrap_or_default();
    // The command began at 12:00.
    assert!(error.contains("Parked until 13:01 UTC: acme (rate limit): it asks to wait 1 h"), "{error}");
    assert!(error.contains("`/implement` goes on then."), "{error}");
    assert_eq!(attempts_used(&world, "T01"), "0");
    let backlog = world.file("tasks/BACKLOG.yaml").unwrap_or_default();
    assert!(backlog.contains("status: ready"), "{backlog}");
    world.now_ms += 3_600_000;
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    world.assert_said("acme was left alone because of trouble (rate limit); one ask tries it first.");
    world.assert_said("acme works again.");
}

#[test]
fn a_used_up_quota_parks_the_run_at_once() {
    for order in [Order::Time, Order::Reversed, Order::Shuffled(3)] {
        let mut world = World::planned(four_tasks());
        world.order = order;
        world.setting.options = json!({ "maxWorkers": 1 });
        let message = "You exceeded your current quota, please check your plan and billing details.";
        world.agents.script("T01", vec![Act::error(429, message)]);
        let error = world.command(Implement, "").unwrap_or_default();
        assert!(error.contains("Parked: acme (quota used up): APIError (HTTP 429): You exceeded"), "{error}");
        assert!(error.contains("Add credit there"), "{error}");
        assert_eq!(world.sent.len(), 1, "nothing was burnt on it");
        assert_eq!(attempts_used(&world, "T01"), "0");
        assert_eq!(world.command(Progress, ""), None);
        world.assert_said("acme is left alone; `/implement` tries it again (quota used up: ");
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        world.assert_all_merged();
    }
}

#[test]
fn after_a_rest_one_asks_and_the_others_wait_for_how_it_goes() {
    let mut world = World::planned(four_tasks());
    let quota = Act::error(402, "Insufficient Balance");
    world.agents.script("T01", vec![quota.clone(), quota]);
    world.agents.script("T02", vec![Act::Reply("No.".into())]);
    world.setting.options = json!({ "maxWorkers": 1 });
    assert!(world.command(Implement, "").is_some());
    world.setting.options = json!({});
    assert!(world.command(Implement, "").is_some());
    assert_eq!(world.sent.len(), 2, "the probe failed, so nobody else asked");
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 3);
    let usage = Default::default();
    see(&mut world, "T01", SessionSignal::Stepped { finish: None, usage });
    world.run_until(|world| world.pending.len() == 2);
    assert_eq!(world.sent.len(), 3);
    see(&mut world, "T01", SessionSignal::Stepped { finish: Some("tool-calls".into()), usage });
    world.assert_said("acme works again.");
    world.run_until(|world| world.sent.len() == 5);
    assert_eq!(world.sent_to("T01").len(), 3, "its first turn was enough for the others");
    world.run();
    assert_eq!(world.end_of(&chat), None, "{}", world.transcript);
}

#[test]
fn a_refusal_stops_the_run_and_says_what_to_do() {
    for (act, advice) in [
        (Act::error(401, "invalid x-api-key"), "`opencode auth login` sets the key"),
        (Act::error(404, "The model does not exist"), "`opencode models` lists the models there are"),
        (Act::error(400, "temperature must be at most 1"), "Look at the model's settings"),
    ] {
        let mut world = World::planned(four_tasks());
        world.setting.options = json!({ "maxWorkers": 1 });
        world.agents.script("T01", vec![act]);
        let error = world.command(Implement, "").unwrap_or_default();
        assert!(error.contains("Stopped: the provider refused: APIError (HTTP 4"), "{error}");
        assert!(error.contains(advice), "{error}");
        assert_eq!(world.sent.len(), 1);
        assert_eq!(attempts_used(&world, "T01"), "0");
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        world.assert_all_merged();
    }
}

#[test]
fn five_failures_let_a_provider_rest_and_a_probe_ends_that() {
    let mut world = World::planned(four_tasks());
    world.setting.options = json!({ "maxWorkers": 1 });
    for task in ["T01", "T02", "T03"] {
        world.agents.script(task, vec![Act::error(503, "overloaded"); 4]);
    }
    let chat = world.start(Implement, "");
    world.run_until(|world| world.transcript.contains("acme failed 5 times in a row (overloaded)"));
    assert_eq!(world.sent.len(), 5);
    let look = world.start(Progress, "");
    world.run_until(|world| world.ends.contains_key(&look));
    world.assert_said("acme rests until 12:0");
    let opened_ms = world.now_ms;
    world.run_until(|world| world.sent.len() == 6);
    assert!(world.now_ms - opened_ms >= 29_000, "{}", world.transcript);
    world.run();
    assert_eq!(world.end_of(&chat), None, "{}", world.transcript);
    world.assert_said("acme still fails (overloaded); the next try is in");
    world.assert_said("acme works again.");
    world.assert_all_merged();
    assert!(!world.transcript.contains("attempts used"), "{}", world.transcript);
}

#[test]
fn a_provider_that_stays_down_parks_the_run_and_nothing_has_failed() {
    let mut world = World::planned(four_tasks());
    world.setting.options = json!({ "maxWorkers": 1 });
    world.agents.script("T01", vec![Act::error(503, "overloaded"); 9]);
    for task in ["T02", "T03"] {
        world.agents.script(task, vec![Act::error(503, "overloaded"); 9]);
    }
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("Parked until 12:"), "{error}");
    assert!(error.contains("acme (overloaded): APIError (HTTP 503): overloaded"), "{error}");
    assert!(error.contains("- T04: waits for T01"), "{error}");
    assert_eq!(world.sent.len(), 9, "five, and four probes");
    world.agents.scripts.clear();
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn esc_ends_every_wait() {
    let mut world = World::planned(four_tasks());
    for task in ["T01", "T02", "T03"] {
        world.agents.script(task, vec![Act::error(503, "overloaded"); 9]);
    }
    let chat = world.start(Implement, "");
    world.run_until(|world| world.transcript.contains("so it rests for"));
    world.run_until(|world| world.pending.iter().all(|p| matches!(p.operation, Operation::Timer(_))));
    let told_ms = world.now_ms;
    world.cancel(&chat);
    world.run();
    assert!(world.now_ms - told_ms < 1_000);
    assert!(world.end_of(&chat).unwrap_or_default().contains("Stopped."));
}

/// A provider that works for others does not make a run go on for ever.
#[test]
fn what_fails_with_one_task_only_is_set_aside() {
    let mut tasks = vec![task("T01", "Price list", 1.0, &[])];
    let mut before = None;
    for n in 2..40 {
        let id = format!("T{n:02}");
        let after: Vec<&str> = before.as_deref().into_iter().collect();
        tasks.push(task(&id, &format!("Part {n:02} of it"), 1.0, &after));
        before = Some(id);
    }
    let mut world = World::planned(tasks);
    world.is_replayed = false;
    world.agents.script("T01", vec![Act::Finish(None); 10]);
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("1 of 39 tasks is not done"), "{error}");
    assert!(
        error.contains("- T01: set aside: the provider failed: the model's stream ended badly"),
        "{error}"
    );
    assert!(error.contains("`/implement` tries again what was set aside."), "{error}");
    assert_eq!(attempts_used(&world, "T01"), "0");
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn silence_and_streams_without_an_end_are_trouble_of_the_provider() {
    for act in [Act::Finish(None), Act::Finish(Some("unknown")), Act::Silent] {
        let mut world = one_task();
        world.agents.script("T01", vec![act]);
        assert_eq!(world.command(Implement, ""), None);
        world.assert_said("does not count as an attempt");
        world.assert_said("merged after 1 attempt");
    }
}

/// The third worktree was being made ready when the second agent's answer used the budget up.
#[test]
fn nobody_is_asked_once_the_budget_is_used_up() {
    let mut world = World::planned(four_tasks());
    world.setting.options = json!({
        "maxWorkers": 2, "review": "off", "gates": { "test": false, "lint": false },
        "worktree": { "setup": "npm ci" }, "budget": { "runUsd": 0.015 },
    });
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("the budget is used up"), "{error}");
    assert_eq!(world.sent.len(), 2, "{}", world.transcript);
    world.setting.options = json!({});
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn silence_is_noticed_before_the_deadline() {
    for (timeout_ms, silent_ms) in [(1_800_000, 360_000), (60_000, 30_000)] {
        let mut world = one_task();
        world.setting.options = json!({ "taskTimeoutMs": timeout_ms });
        assert_eq!(world.command(Implement, ""), None);
        let effects = world.log.iter().flat_map(|(_, effects)| effects);
        let asked: Vec<u64> = effects
            .filter_map(|effect| match &effect.operation {
                Operation::Session(SessionOperation::Ask { silent_ms, .. }) => Some(*silent_ms),
                _ => None,
            })
            .collect();
        assert_eq!(asked, [silent_ms, silent_ms], "the worker and the reviewer");
    }
}

#[test]
fn what_the_agent_could_do_differently_counts_and_is_told() {
    let named = |name: &str| {
        let (name, message) = (name.to_owned(), "too bad".to_owned());
        Act::Fail(Trouble::Error { name, status: None, message })
    };
    for (act, told) in [
        (Act::Finish(Some("length")), "Don't write everything in one answer"),
        (named("ContextOverflowError"), "Don't read or print whole large files"),
        (named("ContentFilterError"), "Don't write again what the provider's filter stops"),
    ] {
        let mut world = one_task();
        world.agents.script("T01", vec![act]);
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        assert!(world.sent_to("T01")[1].contains(told), "{}", world.sent_to("T01")[1]);
        world.assert_said("merged after 2 attempts");
    }
}

#[test]
fn a_model_of_the_hosts_choice_has_a_provider_too() {
    let mut world = one_task();
    world.setting.model = ModelRef::parse("acme/large");
    world.setting.agents = [("implementer".into(), ModelRef::parse("beta/own").expect("a model"))].into();
    world.agents.script("T01", vec![Act::error(402, "")]);
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("Parked: beta (quota used up)"), "{error}");
}

/// Where nothing is left to start nobody is asked, and so nothing is said of it.
#[test]
fn a_provider_that_is_not_needed_is_not_spoken_of() {
    let tasks = vec![task("T01", "Prices", 1.0, &[]), task("T02", "Tax", 1.0, &["T01"])];
    let mut world = World::planned(tasks);
    world.agents.script("T02", vec![Act::error(402, "no credit")]);
    assert!(world.command(Implement, "").is_some());
    let said = world.transcript.len();
    assert_eq!(world.command(Implement, "T01"), None);
    assert!(!world.transcript[said..].contains("was left alone"), "{}", &world.transcript[said..]);
}
