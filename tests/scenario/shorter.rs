//! A task that is too long for a context is put into fewer words by an agent that is asked once.

use multi_agent_coder::backlog::TaskSpec;
use multi_agent_coder::event::CommandName::Implement;
use serde_json::json;

use crate::agents::{Act, task};
use crate::cancel::at_every_moment;
use crate::world::World;

pub const SHORT: &str = "the price in `src/total.js` is never negative";

pub fn long() -> String {
    let talk = "whoever looks at it, from wherever that may be, and on whichever day of the week it is, ";
    format!("In `src/total.js` the price is never negative, {}and so it stays", talk.repeat(6))
}

fn tasks() -> Vec<TaskSpec> {
    let mut tasks = vec![task("T01", "Price list", 1.0, &[]), task("T02", "Discounts", 1.0, &[])];
    tasks[0].acceptance = vec![long()];
    tasks
}

pub fn reply(criterion: &str) -> Act {
    Act::Reply(format!("Shorter:\n\n```yaml\ntask:\n  acceptance: [{criterion:?}]\n```\n"))
}

fn too_long(answer: Act) -> World {
    let mut world = World::planned(tasks());
    world.setting.options = json!({ "context": { "maxBytes": 500 } });
    world.agents.script("shorten T01", vec![answer]);
    world
}

#[test]
fn a_worker_gets_the_shorter_wording_and_the_backlog_keeps_the_own_one() {
    let mut world = too_long(reply(SHORT));
    world.agents.script("T01", vec![Act::change(&[("t01/main.js", "BUG\n")])]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    let asked = world.sent_to("shorten T01");
    assert!(
        asked.len() == 1 && asked[0].contains(&long()) && asked[0].contains("500 bytes fit"),
        "{asked:?}"
    );
    for sent in world.sent_to("T01") {
        assert!(sent.contains(SHORT) && !sent.contains("whoever"), "{sent}");
    }
    world.assert_said("**T01** is too long for a context, so its worker gets a shorter wording of it");
    let backlog = world.file("tasks/BACKLOG.yaml").unwrap_or_default();
    assert!(backlog.contains("whoever looks at it") && !backlog.contains(SHORT), "{backlog}");
    assert!(world.file("tasks/T01.notes.md").unwrap_or_default().contains("## Its wording"));
}

#[test]
fn a_wording_that_lost_something_is_not_used_and_nothing_starts() {
    let answers = [
        (reply("the price is never negative"), "it lost src/total.js"),
        (reply("the price in `src/total.js` may be negative"), "it lost \"is never negative"),
        (reply(&long()), "it still takes"),
        (Act::Reply("No.".into()), "holds no `task:`"),
        (Act::error(401, "bad key"), "bad key"),
    ];
    for (answer, told) in answers {
        let mut world = too_long(answer);
        let error = world.command(Implement, "").unwrap_or_default();
        for part in ["the context of task T01 takes", "cut", "a shorter wording was asked for", told] {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(world.git.worktrees.is_empty() && world.sent_to("shorten T01").len() == 1);
        assert!(world.sent_to("T01").is_empty() && world.sent_to("T02").is_empty());
        // Only who has not answered is asked once more.
        let again = world.command(Implement, "").unwrap_or_default();
        let asked = if told == "bad key" { 2 } else { 1 };
        assert_eq!(world.sent_to("shorten T01").len(), asked, "{again}");
        assert!(asked == 2 || again == error, "{again}");
    }
}

#[test]
fn trouble_of_the_authors_provider_keeps_no_other_task_waiting() {
    let mut world = too_long(Act::error(503, "overloaded"));
    world.agents.script("shorten T01", vec![reply(SHORT)]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    assert_eq!(world.sent_to("shorten T01").len(), 2);
    assert!(world.sent_to("T01")[0].contains(SHORT), "{:?}", world.sent_to("T01"));
}

#[test]
fn a_wording_is_asked_for_again_only_when_the_task_changes() {
    let mut world = too_long(reply(SHORT));
    world.agents.script("T01", vec![Act::Hang]);
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent_to("T01").len() == 1);
    world.cancel(&chat);
    world.run();
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("shorten T01").len(), 1);
    world.assert_all_merged();
}

#[test]
fn a_provider_that_is_left_alone_is_tried_again_when_words_are_needed() {
    let mut world = too_long(Act::error(402, "no credit"));
    world.agents.script("shorten T01", vec![Act::error(503, "overloaded"), reply(SHORT)]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said("acme was left alone because of trouble");
    world.assert_said("still fails (overloaded); the next try is in");
    world.assert_all_merged();
}

#[test]
fn shortening_survives_esc_and_the_process_at_any_moment() {
    at_every_moment(too_long(reply(SHORT)), (Implement, ""), |mut world, _, at| {
        world.agents.script("shorten T01", vec![reply(SHORT)]);
        world.reopen();
        assert_eq!(world.command(Implement, ""), None, "step {at}: {}", world.transcript);
        world.assert_all_merged();
    });
    at_every_moment(too_long(reply(SHORT)), (Implement, ""), |mut world, chat, at| {
        world.agents.script("shorten T01", vec![reply(SHORT)]);
        world.cancel(chat);
        world.run();
        assert_eq!(world.command(Implement, ""), None, "step {at}: {}", world.transcript);
        world.assert_all_merged();
    });
}
