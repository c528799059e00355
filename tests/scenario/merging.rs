//! Integration: conflicts, parallel work that breaks together, foreign hands on the branch, landing.

use multi_agent_coder::effect::git::GitOutcome;
use multi_agent_coder::event::CommandName::{Implement, Progress};
use serde_json::json;

use crate::agents::{Act, four_tasks, task};
use crate::git::MAIN;
use crate::world::{Order, World};

const BRANCH: &str = "refs/heads/mac/cart-1";

fn two_tasks() -> World {
    World::planned(vec![task("T01", "Price list", 2.0, &[]), task("T02", "Discounts", 1.0, &[])])
}

#[test]
fn a_conflict_is_made_anew_on_the_new_tip() {
    for order in [Order::Time, Order::Reversed, Order::Shuffled(1), Order::Shuffled(2)] {
        let mut world = two_tasks();
        world.order = order;
        world.agents.script("T01", vec![Act::change(&[("shared.js", "one\n"), ("a", "1")])]);
        world.agents.script("T02", vec![Act::change(&[("shared.js", "two\n"), ("b", "2")])]);
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        world.assert_all_merged();
        let (one, two) = (world.sent_to("T01"), world.sent_to("T02"));
        assert_eq!(one.len() + two.len(), 3, "one of them began anew");
        let again = one.get(1).or(two.get(1)).expect("a second attempt");
        assert!(again.contains("shared.js"), "{again}");
    }
}

#[test]
fn parallel_work_is_checked_together() {
    let mut world = two_tasks();
    world.agents.script("T01", vec![Act::change(&[("a.js", "HALF\n")])]);
    world.agents.script("T02", vec![Act::change(&[("b.js", "HALF\n")])]);
    assert_eq!(world.command(Implement, ""), None);
    world.assert_all_merged();
    let halves = world.git.tree(MAIN).values().filter(|text| text.contains("HALF"));
    assert_eq!(halves.count(), 1);
    let again = world.sent_to("T02")[1];
    assert!(again.contains("b.js:7"), "{again}");
}

#[test]
fn a_branch_that_somebody_moved_is_merged_onto() {
    let mut world = two_tasks();
    world.run_until_merge();
    let foreign = world.git.commit_on(BRANCH, &[("foreign.js", "theirs\n")]);
    world.run();
    world.assert_all_merged();
    assert!(world.git.tree(MAIN).contains_key("foreign.js"));
    assert!(world.git.commits.contains_key(&foreign));
}

impl World {
    /// `/implement` up to a merge whose commit exists and that no ref shows yet.
    fn run_until_merge(&mut self) {
        self.start(Implement, "");
        self.run_until(|world| {
            let mut commits = world.git.commits.values();
            commits.any(|commit| commit.task.is_some())
        });
    }
}

#[test]
fn git_that_fails_is_trouble_and_not_the_tasks_fault() {
    for kind in ["merge", "collect", "prepare"] {
        let mut world = two_tasks();
        world.start(Implement, "");
        world.run_until(|world| !world.sent.is_empty());
        let message = "index.lock: File exists".to_owned();
        world.git.planned.push((kind, GitOutcome::Failed { message }));
        for worktree in world.git.worktrees.values_mut() {
            worktree.is_orphan = kind == "collect";
        }
        world.run();
        assert!(kind == "prepare" || world.transcript.contains("index.lock"), "{kind}");
        world.git.planned.clear();
        if kind != "prepare" {
            world.assert_all_merged();
            world.assert_said("does not count as an attempt");
        }
    }
}

/// Git was killed after it had moved the branch, or before. Nothing is merged twice or done again.
#[test]
fn a_move_that_nobody_heard_of_is_found_out() {
    let message = "killed".to_owned();
    for (is_done_unheard, outcome) in [
        (true, GitOutcome::Failed { message: message.clone() }),
        (true, GitOutcome::Stale { actual: None }),
        (false, GitOutcome::Failed { message }),
    ] {
        let mut world = two_tasks();
        world.run_until_merge();
        let commits = world.git.commits.iter();
        let merge = commits.last().map(|(id, _)| id.clone()).expect("a merge commit");
        let outcome = match outcome {
            GitOutcome::Stale { .. } => GitOutcome::Stale { actual: Some(merge) },
            other => other,
        };
        world.git.planned.push(("move", outcome));
        world.git.is_done_unheard = is_done_unheard;
        world.run();
        world.assert_all_merged();
        assert_eq!(world.sent_to("T01").len() + world.sent_to("T02").len(), 2);
        assert!(!world.transcript.contains("does not count"), "{}", world.transcript);
    }
}

/// The branch was moved unheard and got a commit of the person, which the tests would condemn.
#[test]
fn work_that_the_branch_has_already_is_merged() {
    let mut world = two_tasks();
    world.run_until_merge();
    let merge = world.git.commits.keys().last().cloned().expect("a merge commit");
    world.git.refs.insert(BRANCH.into(), merge);
    world.git.commit_on(BRANCH, &[("hand.js", "BUG\n")]);
    world.run_until(|world| world.transcript.contains("merged after 1 attempt"));
    assert_eq!(world.git.merges(BRANCH).len(), 1);
}

#[test]
fn a_checkout_that_does_not_allow_it_is_left_alone() {
    let mut world = two_tasks();
    world.git.dirty_files = 2;
    world.git.refuse = Some("a.js has changes that are not committed".into());
    assert_eq!(world.command(Implement, ""), None);
    world.assert_said("2 files have changes that are not committed");
    world.assert_said("Not landed, so that nothing of yours is touched: a.js has changes");
    assert_eq!(world.git.merges(MAIN).len(), 0);
    // When the way is free the same command lands, without any agent.
    let asked = world.sent.len();
    (world.git.refuse, world.git.dirty_files) = (None, 0);
    assert_eq!(world.command(Implement, ""), None);
    world.assert_all_merged();
    assert_eq!(world.sent.len(), asked);
}

#[test]
fn landing_can_be_left_to_the_person() {
    let mut world = two_tasks();
    world.setting.options = json!({ "land": "never" });
    assert_eq!(world.command(Implement, ""), None);
    world.assert_said("`git merge mac/cart-1` brings it to your branch");
    assert_eq!(world.git.merges(MAIN).len(), 0);
    assert_eq!(world.git.merges(BRANCH).len(), 2);
    assert_eq!(world.command(Progress, ""), None);
    world.assert_said("Not landed by `/implement`: `git merge mac/cart-1`");

    world.setting.options = json!({});
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(world.command(Progress, ""), None);
    world.assert_said("2 of 2 tasks done; nothing is running. `main` has everything.");
}

#[test]
fn a_branch_that_moved_on_meanwhile() {
    // During the run: it cannot be a fast-forward any more.
    let mut world = two_tasks();
    world.start(Implement, "");
    world.run_until(|world| !world.sent.is_empty());
    world.git.commit_on(MAIN, &[("mine.js", "mine\n")]);
    world.run();
    world.assert_said("Not landed");
    // Between two runs, with work on both sides.
    let mut world = World::planned(four_tasks());
    assert_eq!(world.command(Implement, "T01"), None);
    world.git.commit_on(MAIN, &[("mine.js", "mine\n")]);
    assert_eq!(world.command(Implement, ""), None);
    world.assert_said("have both moved on");
    assert_eq!(world.git.merges(BRANCH).len(), 4);
    assert!(!world.git.tree(BRANCH).contains_key("mine.js"));
    // Between two runs, and the person merged what was there.
    let mut world = World::planned(four_tasks());
    assert_eq!(world.command(Implement, "T01"), None);
    let tip = world.git.refs[BRANCH].clone();
    world.git.refs.insert(MAIN.into(), tip);
    world.git.commit_on(MAIN, &[("mine.js", "mine\n")]);
    assert_eq!(world.command(Implement, ""), None);
    world.assert_all_merged();
    assert!(world.git.tree(MAIN).contains_key("mine.js"));
}

#[test]
fn a_red_check_after_a_merge_stands_in_the_tasks_file() {
    let mut world = two_tasks();
    world.setting.options = json!({ "maxRetries": 1 });
    world.agents.script("T01", vec![Act::change(&[("a.js", "HALF\n")])]);
    world.agents.script("T02", vec![Act::change(&[("b.js", "HALF\n")])]);
    assert!(world.command(Implement, "").is_some());
    let status = world.file("tasks/T02.status.json").unwrap_or_default();
    assert!(status.contains("\"status\": \"failed\""), "{status}");
    assert!(status.contains("\"tests_passed\": false"), "{status}");
}

#[test]
fn a_checkout_of_the_integration_branch_is_told_before_any_work() {
    let mut world = two_tasks();
    assert_eq!(world.command(Implement, "T01"), None);
    world.git.branch = Some("mac/cart-1".into());
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("`mac/cart-1` is checked out"), "{error}");
    assert_eq!(world.sent_to("T02").len(), 0);
}

#[test]
fn merged_work_whose_branch_is_gone_is_not_taken_for_granted() {
    let mut world = two_tasks();
    assert_eq!(world.command(Implement, "T01"), None);
    let tip = world.git.refs.remove(BRANCH).expect("the branch");
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("`mac/cart-1` is gone"), "{error}");
    assert!(error.contains(&format!("git branch mac/cart-1 {tip}")), "{error}");
    assert_eq!(world.sent_to("T02").len(), 0);
    world.git.refs.insert(BRANCH.into(), tip);
    assert_eq!(world.command(Implement, ""), None);
    world.assert_all_merged();
    // What has landed needs no branch any more.
    world.git.refs.remove(BRANCH);
    assert_eq!(world.command(Implement, ""), None);
}
