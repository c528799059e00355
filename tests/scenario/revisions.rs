//! The backlog file names the revision it shows, so that an edit is only set aside where it is too late.

use multi_agent_coder::backlog::parse;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::event::CommandName::{Implement, Progress};

use crate::agents::{Act, four_tasks};
use crate::world::World;

const FILE: &str = "tasks/BACKLOG.yaml";

fn revision(world: &World) -> Option<u64> {
    parse(world.file(FILE).unwrap_or_default()).expect("a valid backlog").revision
}

/// The file as it is now, edited.
fn edited(world: &World, from: &str, to: &str) -> String {
    let text = world.file(FILE).unwrap_or_default();
    assert!(text.contains(from), "{from:?} is not in {text}");
    text.replacen(from, to, 1)
}

#[test]
fn every_change_of_a_task_is_counted_in_the_file() {
    let mut world = World::planned(four_tasks());
    assert_eq!(revision(&world), None);
    world.start(Implement, "");
    let mut seen = Vec::new();
    while world.deliver() {
        seen.extend(revision(&world));
    }
    assert!(seen.is_sorted());
    seen.dedup();
    // Each of four tasks begins, is judged, is queued and is merged.
    assert_eq!(seen.last(), Some(&16), "{seen:?}");
}

/// An editor still shows the file as it was before T01 was merged.
#[test]
fn an_edit_on_an_old_file_is_refused_for_what_was_merged_meanwhile() {
    let mut world = World::planned(four_tasks());
    world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 3);
    let old = edited(&world, "the price list works", "the price list is fast");
    let old = old.replacen("the checkout works", "the checkout is fast", 1);
    world.run();
    let before = world.file(FILE).unwrap_or_default().to_owned();
    world.put(Place::Repository, FILE, &old);
    assert_eq!(world.command(Progress, ""), None);
    world.assert_said("**Note:** T01: your edit was not taken: it was made on revision");
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("T01").len(), 1);
    assert_eq!(world.transcript.matches("your edit was not taken").count(), 4, "T01 and T04, twice each");
    let (before, after) = (parse(&before).unwrap(), parse(world.file(FILE).unwrap()).unwrap());
    assert_eq!(after.tasks, before.tasks);
    world.assert_all_merged();
}

#[test]
fn an_edit_made_while_it_runs_wins_for_what_did_not_change_meanwhile() {
    let mut world = World::planned(four_tasks());
    world.agents.script("T01", vec![Act::Reply("No.".into()); 3]);
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 3);
    let text = edited(&world, "the checkout works", "the checkout is fast");
    world.put(Place::Repository, FILE, &text);
    world.run();
    assert!(world.end_of(&chat).is_some(), "T01 failed and T04 waits for it");
    assert_eq!(world.command(Implement, "T01"), None, "{}", world.transcript);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert!(world.sent_to("T04")[0].contains("the checkout is fast"));
    assert!(!world.transcript.contains("not taken"), "{}", world.transcript);
    world.assert_all_merged();
}

/// The process died before the file could show that T01 had failed.
#[test]
fn a_file_that_a_crash_left_behind_is_no_wish() {
    let mut world = World::planned(four_tasks());
    world.agents.script("T01", vec![Act::Reply("No.".into()); 3]);
    world.start(Implement, "");
    let mut lagging = String::new();
    while !world.transcript.contains("Given up after 3") {
        lagging = world.file(FILE).unwrap_or_default().to_owned();
        assert!(world.deliver());
    }
    world.reopen();
    world.put(Place::Repository, FILE, &lagging);
    assert!(world.command(Implement, "").is_some());
    assert_eq!(world.sent_to("T01").len(), 3, "{}", world.transcript);
}
