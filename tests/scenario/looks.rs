//! Commands that only look, beside a running one; and events that come late or twice.

use multi_agent_coder::effect::session::Usage;
use multi_agent_coder::event::CommandName::{Backlog, Implement, Metrics, Plan, Progress};
use multi_agent_coder::event::{Event, SessionSignal, Stamped};

use crate::agents::{Act, four_tasks, task};
use crate::cancel::at_every_moment;
use crate::world::{Order, World};

#[test]
fn looking_disturbs_nothing() {
    let mut quiet = World::planned(four_tasks());
    quiet.command(Implement, "");
    let mut world = World::planned(four_tasks());
    world.start(Implement, "");
    while world.deliver() {
        for (name, arguments) in [(Progress, ""), (Metrics, ""), (Backlog, "--check")] {
            let chat = world.start(name, arguments);
            let mut steps = 0;
            while !world.ends.contains_key(&chat) && steps < 500 {
                steps += usize::from(world.deliver());
            }
            assert_eq!(world.end_of(&chat), None);
        }
    }
    world.run();
    world.assert_all_merged();
    world.assert_said("attempt 1 in w1");
    assert_eq!(world.git.tree(crate::git::MAIN), quiet.git.tree(crate::git::MAIN));
}

/// A look may be under way when the command ends: it is answered, and the checkpoint can be read.
#[test]
fn a_command_may_end_during_a_look() {
    at_every_moment(World::planned(four_tasks()), (Implement, ""), |mut world, _, at| {
        let chat = world.start(Progress, "");
        world.run();
        assert_eq!(world.end_of(&chat), None, "step {at}");
    });
}

#[test]
fn looking_while_something_else_is_planned() {
    let mut world = World::planned(vec![task("T01", "Prices", 1.0, &[])]);
    world.start(Plan, "feature.md");
    let chat = world.start(Progress, "");
    world.run_until(|world| world.ends.contains_key(&chat));
    world.assert_said("0 of 1 task done; another command is running.\n");
}

#[test]
fn looking_before_and_after() {
    let mut world = World::new(four_tasks());
    let error = world.command(Progress, "").unwrap_or_default();
    assert!(error.contains("there is no tasks/BACKLOG.yaml"), "{error}");
    assert_eq!(world.command(Metrics, ""), None);
    assert_eq!(world.command(Plan, "feature.md"), None);
    assert_eq!(world.command(Progress, ""), None);
    world.assert_said("0 of 4 tasks done");
    assert_eq!(world.command(Implement, "T01 T02"), None);
    assert_eq!(world.command(Progress, ""), None);
    world.assert_said("2 of 4 tasks done");
    assert_eq!(world.command(Metrics, ""), None);
    assert_eq!(world.command(Backlog, "--check"), None);
    world.assert_said("tasks/BACKLOG.yaml is valid: 4 tasks.");
}

#[test]
fn late_and_doubled_outcomes_change_nothing() {
    for order in [Order::Time, Order::Shuffled(9)] {
        let mut world = World::planned(four_tasks());
        world.order = order;
        world.agents.script("T01", vec![Act::error(429, "slow down"), Act::Reply("no".into())]);
        world.start(Implement, "");
        let mut seen: Vec<Event> = Vec::new();
        while world.deliver() {
            let (stamped, _) = world.log.last().expect("just delivered").clone();
            seen.push(stamped.event);
            let before = world.engine.state_hash();
            let recent = seen.len().saturating_sub(6);
            for event in [&seen[..seen.len().min(2)], &seen[recent..]].concat() {
                let at_ms = world.now_ms;
                assert_eq!(world.engine.step(&Stamped { at_ms, event }), []);
            }
            assert_eq!(world.engine.state_hash(), before);
        }
        world.check_quiet();
        world.assert_all_merged();
    }
}

#[test]
fn three_bad_streams_in_a_row_end_an_attempt() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 1);
    let session = world.sessions.keys().next().expect("a session").clone();
    for finish in [None, Some("tool-calls"), None, None, None, None] {
        let signal = SessionSignal::Stepped { finish: finish.map(str::to_owned), usage: Usage::default() };
        world.step(Event::Session { session: session.clone(), signal });
    }
    world.run();
    world.assert_said("ended three times without a finish reason");
    world.assert_said("merged after 1 attempt");
}

#[test]
fn an_audit_tells_who_changed_what() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.agents.script("T01", vec![Act::change(&[("a.js", "BUG\n")])]);
    assert_eq!(world.command(Implement, ""), None);
    let records = world.log.len();
    assert_eq!(world.command(Progress, "--audit"), None);
    world.assert_said(&format!("Journal: {} records", records + 1));
    world.assert_said("the chain is whole");
    world.assert_said("T01  in_progress -> review");
    world.assert_said("review -> completed");
    assert!(world.command(Progress, "--adit").unwrap_or_default().contains("--audit"));
}

#[test]
fn progress_remembers_why_the_last_run_ended() {
    let ended = |world: &mut World, why: &str| {
        let chat = world.start(Progress, "");
        while world.deliver() {}
        assert_eq!(world.end_of(&chat), None);
        world.assert_said(why);
    };
    let mut world = World::planned(four_tasks());
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 3);
    world.cancel(&chat);
    world.run();
    ended(
        &mut world,
        "nothing is running. The last `/implement` ended at 12:01 UTC: Stopped. `/implement` goes on from here.",
    );
    world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 6);
    world.reopen();
    ended(&mut world, "UTC: its process ended before it did.");
    world.setting.options = serde_json::json!({ "budget": { "runTokens": 1 } });
    assert!(world.command(Implement, "").is_some());
    ended(&mut world, "UTC: Stopped: the budget is used up");
    world.setting.options = serde_json::json!({});
    world.git.commit_on(crate::git::MAIN, &[("src/index.js", "BUG\n")]);
    assert!(world.command(Implement, "").is_some(), "{}", world.transcript);
    ended(&mut world, "UTC: the project's own checks fail before any task starts");
    assert_eq!(world.command(Implement, "--allow-red"), None, "{}", world.transcript);
    let before = world.transcript.len();
    assert_eq!(world.command(Progress, ""), None);
    assert!(!world.transcript[before..].contains("ended at"), "{}", &world.transcript[before..]);
}

/// What the chat, the notes and the tables say of attempts and time is the same.
#[test]
fn attempts_and_times_are_told_the_same_everywhere() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    let red = Act::change(&[("t01/main.js", "BUG\n")]);
    world.agents.script("T01", vec![Act::error(503, "overloaded"), red]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said("**T01**: merged after 2 attempts that count: ");
    let notes = world.file("tasks/T01.notes.md").unwrap_or_default().to_owned();
    assert!(notes.contains("- Attempt 3: merged after 2 attempts that count: "), "{notes}");
    let (_, time) = notes.split_once(" of context, ").unwrap();
    let (all, _) = time.split_once(" with what came before)").unwrap();
    let (_, all) = all.split_once(" (").unwrap();
    let row = world.transcript.lines().find(|line| line.starts_with("| T01 ")).unwrap_or_default();
    assert!(row.trim_end_matches([' ', '|']).ends_with(&format!("| {all}")), "{all}: {row}");
    assert!(row.contains("| completed |        2 |"), "{row}");
    assert_eq!(world.command(Progress, ""), None);
    world.assert_said("| completed |        2 |");
}
