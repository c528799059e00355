//! A person edits the backlog: between commands it is adopted, during one it is left alone.

use multi_agent_coder::backlog::render;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::event::CommandName::{Implement, Progress};

use crate::agents::{Act, backlog, four_tasks, task};
use crate::world::World;

const FILE: &str = "tasks/BACKLOG.yaml";

impl World {
    fn edit(&mut self, from: &str, to: &str) {
        let text = self.file(FILE).unwrap_or_default().to_owned();
        assert!(text.contains(from), "{from:?} is not in {text}");
        self.put(Place::Repository, FILE, &text.replacen(from, to, 1));
    }
}

#[test]
fn an_edit_between_commands_wins_for_what_has_not_started() {
    let mut world = World::planned(four_tasks());
    assert_eq!(world.command(Implement, "T01"), None);
    world.edit("the discounts works", "discounts are shown in red");
    world.edit("Build this part of the cart: price list.", "Build it quite differently.");
    assert_eq!(world.command(Implement, ""), None);
    assert!(world.sent_to("T02")[0].contains("discounts are shown in red"));
    assert_eq!(world.sent_to("T01").len(), 1, "a merged task never runs again");
    world.assert_all_merged();
}

#[test]
fn a_failed_task_that_was_improved_starts_afresh() {
    let mut world = World::planned(four_tasks());
    world.agents.script("T02", vec![Act::Reply("No.".into()); 3]);
    assert!(world.command(Implement, "").is_some());
    world.edit("the discounts works", "discounts are shown in red");
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn an_edit_while_it_runs_is_left_as_it_is() {
    let mut world = World::planned(four_tasks());
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 3);
    world.edit("the checkout works", "the checkout is fast");
    let edited = world.file(FILE).unwrap_or_default().to_owned();
    world.run();
    assert_eq!(world.end_of(&chat), None);
    assert_eq!(world.file(FILE), Some(edited.as_str()));
    world.assert_said("was edited while this runs");
    assert_eq!(world.transcript.matches("was edited").count(), 1);
    assert_eq!(world.command(Progress, ""), None);
    world.assert_said("4 of 4 tasks done");
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(world.sent_to("T04").len(), 1);
    world.assert_all_merged();
}

#[test]
fn tasks_may_be_added_removed_and_marked_as_done() {
    let mut world = World::planned(four_tasks());
    world.edit("status: pending", "status: completed");
    assert_eq!(world.command(Implement, "T02 T03 T04"), None);
    assert_eq!(world.git.merges("refs/heads/mac/cart-1"), ["T02", "T03", "T04"]);
    assert_eq!(world.sent_to("T01").len(), 0);
}

#[test]
fn a_task_marked_as_done_can_be_taken_back() {
    let mut world = World::planned(four_tasks());
    world.edit("status: pending", "status: completed");
    assert_eq!(world.command(Implement, "T02"), None);
    world.edit("status: completed", "status: pending");
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(world.sent_to("T01").len(), 1);
    world.assert_all_merged();
}

#[test]
fn a_task_that_was_removed_and_comes_back_keeps_its_past() {
    let (one, two) = (task("T01", "Price list", 1.0, &[]), task("T02", "Discounts", 1.0, &[]));
    let both = vec![one, two.clone()];
    let mut world = World::planned(both.clone());
    assert_eq!(world.command(Implement, "T01"), None);
    world.put(Place::Repository, FILE, &render(&backlog(vec![two])));
    assert_eq!(world.command(Implement, ""), None);
    world.put(Place::Repository, FILE, &render(&backlog(both)));
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(world.sent_to("T01").len(), 1, "a merged task never runs again");
    world.assert_all_merged();
}

#[test]
fn trouble_of_an_earlier_run_is_forgotten() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.agents.script("T01", vec![Act::error(503, "overloaded"); 9]);
    assert!(world.command(Implement, "").is_some());
    world.agents.script("T01", vec![Act::error(503, "overloaded")]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn progress_needs_no_readable_file_while_work_goes_on() {
    let mut world = World::planned(four_tasks());
    world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 3);
    world.put(Place::Repository, FILE, "tasks: [half an edit");
    let chat = world.start(Progress, "");
    world.run_until(|world| world.ends.contains_key(&chat));
    assert_eq!(world.end_of(&chat), None);
    world.assert_said("attempt 1 in w1");
    world.run();
}

#[test]
fn a_file_that_lags_does_not_revive_a_failed_task() {
    let mut world = World::planned(four_tasks());
    world.agents.script("T01", vec![Act::Reply("No.".into()); 3]);
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 3);
    world.edit("the checkout works", "the checkout is fast");
    world.run();
    assert!(world.end_of(&chat).is_some());
    let error = world.command(Implement, "").unwrap_or_default();
    assert_eq!(world.sent_to("T01").len(), 3, "{}", world.transcript);
    assert!(error.contains("- T01: the agent changed nothing"), "{error}");
    world.edit("status: failed", "status: pending");
    assert_eq!(world.command(Implement, ""), None);
    world.assert_all_merged();
}

#[test]
fn first_attempts_are_counted_honestly() {
    let mut world = World::planned(four_tasks());
    world.edit("status: pending", "status: completed");
    world.agents.script("T02", vec![Act::Reply("No.".into()); 3]);
    assert!(world.command(Implement, "").is_some());
    assert_eq!(world.command(Implement, "T02 T04"), None);
    // T01 was done by hand, and T02 took a second set of attempts.
    world.assert_said("4 of 4 tasks completed; at the first attempt: 2 of 3.");
}
