//! Work that its reviewer wants changed goes to a fresh agent, with what was asked for and the task.

use multi_agent_coder::event::CommandName::{Implement, Metrics};
use multi_agent_coder::ids::CommitId;
use serde_json::json;

use crate::agents::{Act, task};
use crate::cancel::at_every_moment;
use crate::world::World;

const WORDS: &str = "the words of whoever wrote it";

fn one_task() -> World {
    World::planned(vec![task("T01", "Price list", 1.0, &[])])
}

fn refused(issue: &str) -> Act {
    Act::verdict("changes_requested", &[issue])
}

/// A world in which the reviewer asks for these changes, one after the other.
fn refused_for(issues: &[&str]) -> World {
    let mut world = one_task();
    world.agents.script("review T01", issues.iter().map(|issue| refused(issue)).collect());
    world
}

fn work_of(world: &World, attempt: u32) -> &CommitId {
    &world.git.refs[&format!("refs/mac/cart-1/T01/{attempt}")]
}

#[test]
fn the_next_agent_finds_the_work_and_reads_what_was_asked_for() {
    let mut world = refused_for(&["t01/main.js:1: prices are not rounded"]);
    let first = Act::change(&[("t01/main.js", "unrounded\n"), ("t01/extra.js", "kept\n")]);
    world.agents.script("T01", vec![first, Act::Note(WORDS.into())]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    let sent = world.sent_to("T01");
    assert_eq!(sent.len(), 2);
    for part in [
        "## Changes to make to the work in this directory\n\n- t01/main.js:1: prices are not rounded\n",
        "the price list works",
        "Build this part of the cart: price list.",
    ] {
        assert!(sent[1].contains(part), "{part:?} is not in: {}", sent[1]);
    }
    assert!(!sent[1].contains("Don't"), "{}", sent[1]);
    let second = &world.git.commits[work_of(&world, 2)];
    assert_eq!(second.tree["t01/extra.js"], "kept\n", "it began from the work");
    let first = &world.git.commits[work_of(&world, 1)];
    assert_eq!(second.parents, first.parents, "and is compared with the same commit");
    let reviews = world.sent_to("review T01");
    assert!(reviews[1].contains("+kept"), "all of the work is reviewed: {}", reviews[1]);
    world.assert_said("prices are not rounded`. A fresh agent changes the work there is (1 of 2).");
    world.assert_said("merged after 1 attempt and 1 change after a review");
    let status = world.file("tasks/T01.status.json").unwrap_or_default();
    assert!(status.contains("\"attempts\": 1") && status.contains("\"reworks\": 1"), "{status}");
    assert_eq!(world.command(Metrics, ""), None);
    world.assert_said("First attempt: 0 of 1");
}

#[test]
fn a_reviewer_reads_no_word_of_who_wrote_it() {
    let mut world = refused_for(&["round it"]);
    world.agents.script("T01", vec![Act::Note(WORDS.into()), Act::Note(WORDS.into())]);
    assert_eq!(world.command(Implement, ""), None);
    let reviews = world.sent_to("review T01");
    assert_eq!(reviews.len(), 2);
    assert!(!reviews.iter().any(|text| text.contains(WORDS) || text.contains("round it")), "{reviews:?}");
}

#[test]
fn after_two_changes_that_do_not_help_the_spec_is_looked_at() {
    let mut world = refused_for(&["one", "two", "three"]);
    world
        .agents
        .script("rebase T01", vec![Act::proposal(0.9, "It was vague.", "description: \"Whole cents.\"")]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    world.assert_said("because the reviewer was not content after 3 tries");
    let sent = world.sent_to("T01");
    assert_eq!(sent.len(), 4);
    assert!(sent[3].contains("Whole cents.") && !sent[3].contains("Changes to make"), "{}", sent[3]);
    let status = world.file("tasks/T01.status.json").unwrap_or_default();
    assert!(status.contains("\"attempts\": 2") && status.contains("\"reworks\": 2"), "{status}");
}

#[test]
fn the_same_again_is_not_tried_a_third_time() {
    let mut world = refused_for(&["a.js:3: leaks", "a.js:5: leaks"]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said("because the reviewer asked for the same again");
    assert_eq!(world.sent_to("rebase T01").len(), 1);
    assert_eq!(world.sent_to("T01").len(), 3);
    assert!(world.sent_to("T01")[2].contains("Don't"), "{}", world.sent_to("T01")[2]);

    let mut world = refused_for(&["leaks"]);
    let same = Act::change(&[("t01/main.js", "the same\n")]);
    world.agents.script("T01", vec![same.clone(), same]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said("because an agent that was to change its work changed nothing");
    let third = world.sent_to("T01")[2].to_owned();
    assert!(third.contains("leaks") && !third.contains("Changes to make"), "{third}");
    world.assert_all_merged();
}

#[test]
fn without_better_specs_it_starts_afresh() {
    let mut world = refused_for(&["one", "two", "three"]);
    world.setting.options = json!({ "rebase": { "enabled": false } });
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said("Starting again from a clean worktree (1 of 3 attempts used)");
    assert!(world.sent_to("T01")[3].contains("Don't"));
    world.assert_all_merged();
}

#[test]
fn a_red_gate_after_a_change_costs_the_attempt_and_both_are_learned() {
    let mut world = refused_for(&["prices are not rounded"]);
    world.agents.script("T01", vec![Act::Note("Built.".into()), Act::change(&[("t01/main.js", "BUG\n")])]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    let third = world.sent_to("T01")[2].to_owned();
    assert!(third.contains("prices are not rounded") && third.contains("t01/main.js:7"), "{third}");
    assert_eq!(world.git.tree(crate::git::MAIN)["t01/main.js"], "T01 attempt 3\n");
}

#[test]
fn what_cannot_be_sent_is_a_failed_attempt() {
    let mut world = World::planned(vec![task("T01", "Prices", 2.0, &[]), task("T02", "Tax", 1.0, &[])]);
    world.agents.script("review T01", vec![refused("do it as T02 does")]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert!(!world.sent_to("T01")[1].contains("Changes to make"));
    world.assert_all_merged();
}

#[test]
fn a_change_under_way_survives_esc_and_the_process_at_any_moment() {
    at_every_moment(refused_for(&["round it", "now test it"]), (Implement, ""), |mut world, _, at| {
        world.reopen();
        assert_eq!(world.command(Implement, ""), None, "step {at}: {}", world.transcript);
        world.assert_all_merged();
        assert!(world.transcript.contains("merged after 1 attempt"), "step {at}: {}", world.transcript);
    });
    at_every_moment(refused_for(&["round it", "now test it"]), (Implement, ""), |mut world, chat, at| {
        world.cancel(chat);
        world.run();
        assert_eq!(world.command(Implement, ""), None, "step {at}: {}", world.transcript);
        world.assert_all_merged();
    });
}

#[test]
fn an_agent_that_changed_work_and_was_not_heard_is_taken_over() {
    let mut world = refused_for(&["round it"]);
    world.start(Implement, "");
    world.run_until(|world| world.sent_to("T01").len() == 2);
    world.finish_unheard();
    world.reopen();
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("T01").len(), 2, "{}", world.transcript);
    world.assert_said("merged after 1 attempt and 1 change after a review");
}
