//! `/review`: what waits for a person, and what they decide.

use multi_agent_coder::backlog::TaskSpec;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::git::GitOutcome;
use multi_agent_coder::event::CommandName::{Implement, Review};
use serde_json::json;

use crate::agents::{Act, task};
use crate::cancel::at_every_moment;
use crate::git::MAIN;
use crate::world::{Order, World};

pub const BRANCH: &str = "refs/heads/mac/cart-1";

pub fn tasks() -> Vec<TaskSpec> {
    vec![
        task("T01", "Price list", 3.0, &[]),
        task("T02", "Discounts", 2.0, &[]),
        task("T03", "Tax", 1.0, &[]),
        task("T04", "Checkout", 1.0, &["T01"]),
    ]
}

pub fn manual(tasks: Vec<TaskSpec>) -> World {
    let mut world = World::planned(tasks);
    world.setting.options = json!({ "review": "manual" });
    world
}

/// Three tasks at the door and one behind it.
pub fn at_the_door() -> World {
    let mut world = manual(tasks());
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world
}

/// Two tasks at the door that change the same file.
fn in_each_others_way() -> World {
    let mut world = manual(vec![task("T01", "Price list", 2.0, &[]), task("T02", "Discounts", 1.0, &[])]);
    world.agents.script("T01", vec![Act::change(&[("shared.js", "one\n")])]);
    world.agents.script("T02", vec![Act::change(&[("shared.js", "two\n")])]);
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(world.command(Review, "T01 approve"), None, "{}", world.transcript);
    let error = world.command(Review, "T02 approve").unwrap_or_default();
    assert!(
        error.contains("T02: waits for your review: the work conflicts with merged work in `shared.js`"),
        "{error}"
    );
    assert!(error.contains("`/review T02` shows what there is to decide."), "{error}");
    world
}

pub fn status(world: &World, id: &str) -> String {
    let text = world.file(&format!("tasks/{id}.status.json")).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    value["status"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn one_is_approved_one_changed_and_one_rejected() {
    for order in [Order::Time, Order::Reversed, Order::Shuffled(3)] {
        let mut world = at_the_door();
        world.order = order;
        assert_eq!(world.command(Review, "T01 approve"), None, "{}", world.transcript);
        assert_eq!(world.git.merges(BRANCH), ["T01"]);
        assert_eq!(status(&world, "T01"), "completed");

        assert_eq!(
            world.command(Review, "T02 changes \"round to whole cents\""),
            None,
            "{}",
            world.transcript
        );
        let sent = world.sent_to("T02");
        assert_eq!(sent.len(), 2);
        assert!(
            sent[1].contains("## Changes to make to the work in this directory\n\n- round to whole cents\n"),
            "{}",
            sent[1]
        );
        assert_eq!(status(&world, "T02"), "review", "it waits again");
        assert_eq!(world.git.merges(BRANCH), ["T01"]);

        assert_eq!(world.command(Review, "T03 reject \"not wanted\""), None, "{}", world.transcript);
        assert_eq!(status(&world, "T03"), "failed");
        world.assert_said("**T03**: rejected by you: not wanted. Its work stays in `refs/mac/cart-1/T03/1`. `/implement T03` starts");

        assert_eq!(world.command(Review, "T02 approve"), None, "{}", world.transcript);
        assert_eq!(world.git.merges(BRANCH), ["T01", "T02"]);
        assert!(world.git.merges(MAIN).is_empty(), "nothing lands half done");
        // What was behind the door goes on, and what was rejected can be started afresh.
        let error = world.command(Implement, "").unwrap_or_default();
        assert!(error.contains("T03: rejected by you: not wanted"), "{error}");
        assert_eq!(status(&world, "T04"), "review");
        assert_eq!(world.command(Implement, "T03"), None, "{}", world.transcript);
        for id in ["T03", "T04"] {
            assert_eq!(world.command(Review, &format!("{id} approve")), None, "{}", world.transcript);
        }
        world.assert_all_merged();
        assert_eq!(world.git.merges(MAIN).len(), 4, "the last one lands");
    }
}

#[test]
fn what_is_approved_is_checked_on_the_merge_result() {
    let mut world = manual(vec![task("T01", "Price list", 1.0, &[])]);
    assert_eq!(world.command(Implement, ""), None);
    // The project moved on, and the work is red on top of it.
    world.git.commit_on(MAIN, &[("new.js", "BUG\n")]);
    let error = world.command(Review, "T01 approve").unwrap_or_default();
    assert!(error.contains("T01: waits for your review: the test gate failed"), "{error}");
    assert!(world.git.merges(BRANCH).is_empty());
    assert_eq!(status(&world, "T01"), "review");
    world.git.commit_on(MAIN, &[("new.js", "good\n")]);
    assert_eq!(world.command(Review, "T01 approve"), None, "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn a_conflict_is_solved_by_hand_and_approved() {
    let mut world = in_each_others_way();
    world.transcript.clear();
    assert_eq!(world.command(Review, "T02"), None);
    world.assert_said("git -C ../shop-T02 merge mac/cart-1");
    // As those commands do.
    let (reference, tip) = ("refs/mac/cart-1/T02/1", world.git.refs[BRANCH].clone());
    let solved = world.git.commit_on(reference, &[("shared.js", "one and two\n")]);
    world.git.commits.get_mut(&solved).expect("just made").parents.push(tip);
    assert_eq!(world.command(Review, "T02 approve"), None, "{}", world.transcript);
    world.assert_said("`refs/mac/cart-1/T02/1` was moved to");
    world.assert_all_merged();
    assert_eq!(world.git.tree(MAIN)["shared.js"], "one and two\n");
}

#[test]
fn a_conflict_is_done_again_on_what_is_merged() {
    let mut world = in_each_others_way();
    assert_eq!(world.command(Review, "T02 changes \"keep what is there\""), None, "{}", world.transcript);
    let again = world.sent_to("T02")[1].to_owned();
    assert!(again.contains("keep what is there") && again.contains("shared.js"), "{again}");
    assert!(!again.contains("Changes to make"), "it begins from what is merged: {again}");
    assert_eq!(world.command(Review, "T02 approve"), None, "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn a_task_that_was_given_up_can_be_seen_and_approved_or_improved() {
    let given_up = || {
        let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
        world.setting.options = json!({ "maxRetries": 1 });
        world.agents.script("review T01", vec![Act::verdict("rebase", &["cents or euros?"])]);
        assert!(world.command(Implement, "").is_some());
        world.transcript.clear();
        assert_eq!(world.command(Review, ""), None);
        world.assert_said("Given up: the reviewer asked for a change: `cents or euros?`");
        world.assert_said("Its reviewer asked for:\n\n- cents or euros?");
        world
    };
    let mut world = given_up();
    assert_eq!(world.command(Review, "T01 approve"), None, "{}", world.transcript);
    world.assert_all_merged();
    world.assert_said("merged after 1 attempt:");
    let mut world = given_up();
    let better = Act::proposal(0.9, "It was vague.", "description: \"Whole cents.\"");
    world.agents.script("rebase T01", vec![better]);
    assert_eq!(world.command(Review, "T01 rebase \"cents, please\""), None, "{}", world.transcript);
    assert!(world.sent_to("rebase T01")[0].contains("cents, please"));
    assert!(world.sent_to("T01")[1].contains("Whole cents."));
    world.assert_said("because you say: cents, please");
    world.assert_all_merged();
}

#[test]
fn everything_merged_is_landed_on_the_persons_word() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.setting.options = json!({ "land": "never" });
    assert!(
        world.command(Review, "land").is_some_and(|error| error.contains("T01 (ready) is not merged yet"))
    );
    assert_eq!(world.command(Implement, ""), None);
    assert!(world.git.merges(MAIN).is_empty());
    world.git.refuse = Some("uncommitted changes are in the way".into());
    let error = world.command(Review, "land").unwrap_or_default();
    assert!(error.contains("nothing was landed"), "{error}");
    world.assert_said("uncommitted changes are in the way");
    world.git.refuse = None;
    assert_eq!(world.command(Review, "land"), None, "{}", world.transcript);
    world.assert_all_merged();
    assert_eq!(world.git.merges(MAIN), ["T01"]);
}

#[test]
fn what_cannot_be_decided_is_refused_and_nothing_changes() {
    let mut world = at_the_door();
    assert_eq!(world.command(Review, "T01 approve"), None);
    let (refs, asked) = (world.git.refs.clone(), world.sent.len());
    for (typed, wanted) in [
        ("T01 approve", "T01 is merged already"),
        ("T01 reject", "`git revert -m 1"),
        ("T01 aprove", "there is no decision aprove. Did you mean `/review T01 approve`?"),
        ("T09 approve", "there is no task T09 in the backlog; it has T01, T02, T03 and T04"),
        ("T04 approve", "T04 does not wait for a review: it is ready"),
        ("T02 T03 approve", "One task at a time"),
        ("T02 approve T03 reject", "One decision at a time"),
        ("T02 changes", "What is to change?"),
        ("T02 changes \"as T03 does it\"", "your words on T02 cannot be sent to a worker"),
        ("T02 T09", "there is no task T09 in the backlog"),
        ("T02 \"is fast\"", "for a review of your own changes"),
        ("T09", "no task of the backlog, no branch and no commit"),
        ("land", "T02 (review), T03 (review) and T04 (ready) are not merged yet"),
        ("--all", "no option --all"),
    ] {
        let error = world.command(Review, typed).unwrap_or_else(|| panic!("/review {typed} went well"));
        assert!(error.contains(wanted), "/review {typed}: {error}");
    }
    assert_eq!((world.git.refs.clone(), world.sent.len()), (refs, asked));
    assert_eq!(["T02", "T03"].map(|id| status(&world, id)), ["review", "review"]);
    // Nothing was planned here.
    let mut world = World::new(Vec::new());
    assert!(
        world
            .command(Review, "T01 approve")
            .is_some_and(|error| error.contains("there is no tasks/BACKLOG.yaml"))
    );
    assert!(
        world
            .command(Review, "T01 T02")
            .is_some_and(|error| error.contains("there is no tasks/BACKLOG.yaml"))
    );
}

#[test]
fn a_decision_survives_esc_and_the_process_at_any_moment() {
    for decision in ["T01 approve", "T01 changes \"round it\"", "T01 rebase", "T01 reject"] {
        at_every_moment(at_the_door(), (Review, decision), |mut world, chat, at| {
            let mut killed = world.clone();
            world.cancel(chat);
            world.run();
            killed.reopen();
            for mut world in [world, killed] {
                let known = status(&world, "T01");
                world.setting.options = json!({ "review": "auto" });
                let _ = world.command(Implement, "");
                let merged = world.git.merges(BRANCH);
                let is_known =
                    ["review", "completed", "failed", "ready", "pending", "in_progress", "rebasing"]
                        .contains(&known.as_str());
                assert!(is_known, "step {at}: {known}");
                assert!(merged.iter().filter(|id| *id == "T01").count() <= 1, "step {at}: {merged:?}");
                for id in ["T01", "T02", "T03"] {
                    if status(&world, id) == "review" {
                        assert_eq!(
                            world.command(Review, &format!("{id} approve")),
                            None,
                            "{at}: {}",
                            world.transcript
                        );
                    }
                }
                if decision != "T01 reject" {
                    let _ = world.command(Implement, "");
                    world.assert_all_merged();
                }
            }
        });
    }
}

#[test]
fn an_approval_that_git_fails_leaves_everything_as_it_was() {
    for kind in ["merge", "move", "prepare"] {
        let mut world = at_the_door();
        for _ in 0..5 {
            let message = "disk full".to_owned();
            world.git.planned.push((kind, GitOutcome::Failed { message }));
        }
        let error = world.command(Review, "T01 approve").unwrap_or_default();
        assert!(error.contains("T01: waits for your review: the host failed"), "{kind}: {error}");
        world.git.planned.clear();
        assert_eq!(world.command(Review, "T01 approve"), None, "{kind}: {}", world.transcript);
        assert_eq!(world.git.merges(BRANCH), ["T01"]);
    }
}

#[test]
fn an_edit_of_the_backlog_wins_over_work_that_waits() {
    let mut world = at_the_door();
    let text = world.file("tasks/BACKLOG.yaml").unwrap_or_default().to_owned();
    let edited = text.replace("the price list works", "prices are in euros");
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &edited);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("T01").len(), 2);
    assert!(world.sent_to("T01")[1].contains("prices are in euros"));
    assert_eq!(world.sent_to("T02").len(), 1);
}

#[test]
fn what_a_person_asks_for_reaches_an_agent_although_other_work_still_waits_to_be_judged() {
    let stopped = || {
        let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
        let refusal = Act::verdict("changes_requested", &["round it"]);
        world.agents.script("review T01", vec![refusal, Act::Hang]);
        let chat = world.start(Implement, "");
        world.run_until(|world| world.sent_to("review T01").len() == 2);
        world.cancel(&chat);
        world.run();
        world
    };
    let mut world = stopped();
    assert_eq!(world.command(Review, "T01 changes \"in whole cents\""), None, "{}", world.transcript);
    let sent = world.sent_to("T01");
    assert!(sent.len() == 3 && sent[2].contains("in whole cents"), "{sent:?}");
    world.assert_all_merged();
    let mut world = stopped();
    let better = Act::proposal(0.9, "It was vague.", "description: \"Whole cents.\"");
    world.agents.script("rebase T01", vec![better]);
    assert_eq!(world.command(Review, "T01 rebase"), None, "{}", world.transcript);
    let sent = world.sent_to("T01");
    assert!(sent.len() == 3 && sent[2].contains("Whole cents."), "{sent:?}");
    world.assert_all_merged();
}

#[test]
fn an_agent_that_does_nothing_about_a_persons_words_has_not_heeded_them() {
    let mut world = manual(vec![task("T01", "Price list", 1.0, &[])]);
    let same = Act::change(&[("t01/main.js", "the same\n")]);
    world.agents.script("T01", vec![same.clone(), same]);
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(world.command(Review, "T01 changes \"round it\""), None, "{}", world.transcript);
    world.assert_said("because an agent that was to change its work changed nothing");
    assert_eq!(world.sent_to("T01").len(), 3);
    assert_eq!(status(&world, "T01"), "review");
}

#[test]
fn the_work_that_is_shown_and_merged_is_the_latest_there_is() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.setting.options = json!({ "maxRetries": 2, "rebase": { "enabled": false } });
    world.agents.script("review T01", vec![Act::verdict("rebase", &["cents or euros?"])]);
    world.agents.script("T01", vec![Act::change(&[("price.js", "1\n")]), Act::change(&[])]);
    assert!(world.command(Implement, "").is_some());
    world.transcript.clear();
    assert_eq!(world.command(Review, ""), None);
    world.assert_said("| `price.js` |");
    assert_eq!(world.command(Review, "T01 approve"), None, "{}", world.transcript);
    world.assert_said("1 file changed");
    world.assert_all_merged();
}
