//! `/review` when nothing waits: a person's own changes.

use multi_agent_coder::event::CommandName::Review;

use crate::agents::{Act, task};
use crate::cancel::at_every_moment;
use crate::git::MAIN;
use crate::world::World;

/// A project with one file that is not committed.
fn own() -> World {
    let mut world = World::new(Vec::new());
    world.git.uncommitted.insert("mine.js".into(), "by hand\n".into());
    world
}

#[test]
fn when_nothing_waits_the_persons_own_changes_are_reviewed() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    assert_eq!(world.command(Review, ""), None);
    world.assert_said(
        "Nothing waits for your review. There is nothing to review: your uncommitted changes change no file.",
    );
    assert!(world.sent.is_empty());

    world.git.uncommitted.insert("mine.js".into(), "by hand\n".into());
    for ours in ["tasks/PLAN.md", "specs/feature-001-cart/SPEC.md"] {
        world.git.uncommitted.insert(ours.into(), "a document of ours\n".into());
    }
    world.agents.script("reviewer", vec![Act::verdict("changes_requested", &["mine.js:1: no test"])]);
    assert_eq!(world.command(Review, "\"handles an empty list\""), None, "{}", world.transcript);
    let sent = world.sent_to("reviewer");
    assert_eq!(sent.len(), 1);
    for part in ["1. handles an empty list\n", "They were not run.", "+by hand"] {
        assert!(sent[0].contains(part), "{part:?} is not in: {}", sent[0]);
    }
    assert!(!sent[0].contains("a document of ours"), "{}", sent[0]);
    world.assert_said("Reviewing your uncommitted changes: 1 file, 1 lines added, 0 removed.");
    world.assert_said("The reviewer found:\n\n- mine.js:1: no test");

    assert_eq!(world.command(Review, "the list may be empty"), None);
    assert!(world.sent_to("reviewer")[1].contains("1. the list may be empty\n"));
    assert_eq!(world.command(Review, "HEAD"), None);
    world.assert_said("the changes of commit");
    world.git.refs.insert("refs/heads/topic".into(), world.git.refs[MAIN].clone());
    world.git.commit_on("refs/heads/topic", &[("topic.js", "on a branch\n")]);
    assert_eq!(world.command(Review, "topic"), None);
    assert!(world.sent_to("reviewer")[2].contains("+on a branch"));
    world.assert_said("Reviewing the changes of branch topic");
    world.assert_said("The reviewer found no defect.");
}

#[test]
fn a_large_change_of_ones_own_is_reviewed_in_parts() {
    let mut world = World::new(Vec::new());
    for name in ["a.js", "b.js", "c.js"] {
        world.git.uncommitted.insert(name.into(), "const price = 1;\n".repeat(3_000));
    }
    world.agents.script(
        "reviewer",
        vec![
            Act::verdict("approved", &[]),
            Act::Reply("Hm.".into()),
            Act::verdict("changes_requested", &["b.js repeats itself"]),
        ],
    );
    assert_eq!(world.command(Review, ""), None, "{}", world.transcript);
    world.assert_said("reviewed in 3 parts");
    world.assert_said("- b.js repeats itself");
    assert_eq!(world.sent_to("reviewer").len(), 4, "one was asked twice");
}

#[test]
fn a_review_of_ones_own_changes_can_be_stopped_and_killed_at_any_moment() {
    at_every_moment(own(), (Review, ""), |mut world, chat, _| {
        world.cancel(chat);
        world.run();
        assert_eq!(world.command(Review, ""), None, "{}", world.transcript);
    });
    at_every_moment(own(), (Review, ""), |mut world, _, _| {
        world.reopen();
        assert_eq!(world.command(Review, ""), None, "{}", world.transcript);
    });
}

#[test]
fn a_reviewers_provider_that_was_left_alone_is_tried_by_the_next_review() {
    let mut world = own();
    world.agents.script("reviewer", vec![Act::error(402, "no credit")]);
    let error = world.command(Review, "").unwrap_or_default();
    assert!(error.contains("the reviewer's provider is in trouble"), "{error}");
    assert_eq!(world.command(Review, ""), None, "{}", world.transcript);
    world.assert_said("The reviewer found no defect.");
}
