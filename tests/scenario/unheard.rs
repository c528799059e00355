//! Merges that nobody heard of, and branches that lost some: git is asked what is there.

use multi_agent_coder::backlog::Status;
use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::git::GitOperation;
use multi_agent_coder::engine::Engine;
use multi_agent_coder::event::CommandName::Implement;
use serde_json::json;

use crate::agents::{Act, four_tasks, task};
use crate::cancel::at_every_moment;
use crate::git::MAIN;
use crate::recovery::{is_pending, one_task};
use crate::world::{Order, World};

/// Nobody heard that the branch moved, and then the person merged it with a commit of their own.
#[test]
fn a_merge_that_nobody_heard_of_is_found_on_its_own_line() {
    let mut world = World::planned(four_tasks());
    world.git_is_eager = true;
    world.start(Implement, "T01");
    let is_moving = |o: &Operation| matches!(o, Operation::Git(GitOperation::Move { .. }));
    world.run_until(|world| !world.sent_to("T01").is_empty() && is_pending(world, is_moving));
    world.reopen();
    let tip = world.git.refs["refs/heads/mac/cart-1"].clone();
    world.git.commit_on(MAIN, &[("mine.js", "mine\n")]);
    world.git.merge_on(MAIN, &tip);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("T01").len(), 1, "{}", world.transcript);
    assert_eq!(world.sent_to("review T01").len(), 1, "{}", world.transcript);
}

/// The journal was moved away: git still knows what was merged, and which refs are taken.
#[test]
fn without_its_journal_the_refs_say_what_is_done() {
    let mut world = World::planned(four_tasks());
    assert_eq!(world.command(Implement, "T01"), None);
    world.agents.script("T02", vec![Act::change(&[("x.js", "BUG\n")])]);
    world.setting.options = json!({ "maxRetries": 1 });
    assert!(world.command(Implement, "T02").is_some());
    // The file lags behind as well.
    let text = world.file("tasks/BACKLOG.yaml").unwrap_or_default();
    let text =
        text.replace("status: completed", "status: pending").replace("status: failed", "status: pending");
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &text);
    world.engine = Engine::new();
    world.log.clear();
    world.seen_effect = None;
    world.titles.clear();
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("T01").len(), 1, "merged work is not done again");
    assert!(world.git.refs.contains_key("refs/mac/cart-1/T02/2"), "{:?}", world.git.refs);
    world.assert_all_merged();
}

#[test]
fn an_integration_branch_that_lost_merges_is_not_built_upon() {
    let mut world = World::planned(four_tasks());
    assert_eq!(world.command(Implement, "T01 T02"), None);
    let tip = world.git.refs["refs/heads/mac/cart-1"].clone();
    let main = world.git.refs[MAIN].clone();
    world.git.refs.insert("refs/heads/mac/cart-1".into(), main);
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("no longer holds all the work that was merged there"), "{error}");
    world.git.refs.insert("refs/heads/mac/cart-1".into(), tip);
    assert_eq!(world.command(Implement, ""), None);
    world.assert_all_merged();
}

fn with_a_merge_unheard() -> World {
    let mut world = World::planned(vec![task("T01", "Prices", 2.0, &[]), task("T02", "Tax", 1.0, &["T01"])]);
    world.start(Implement, "");
    let is_merge =
        |world: &World| world.git.commits.iter().find(|(_, c)| c.task.is_some()).map(|(id, _)| id.clone());
    world.run_until(|world| is_merge(world).is_some());
    let merge = is_merge(&world).expect("a merge commit");
    world.git.refs.insert("refs/heads/mac/cart-1".into(), merge);
    world.reopen();
    world
}

/// What was found out is being written down still: the checkpoint can be read all the same.
#[test]
fn a_command_that_ends_while_it_writes_can_be_gone_on_with() {
    for order in [Order::Time, Order::Reversed] {
        let mut world = with_a_merge_unheard();
        world.order = order;
        at_every_moment(world, (Implement, ""), |mut world, chat, _| {
            world.cancel(chat);
            world.run();
            assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
            world.assert_all_merged();
        });
    }
}

#[test]
fn a_merge_that_was_found_is_missed_when_its_branch_is_gone() {
    let mut world = with_a_merge_unheard();
    let chat = world.start(Implement, "");
    world.run_until(|world| world.engine.statuses().iter().any(|(_, status)| *status == Status::Completed));
    world.cancel(&chat);
    world.run();
    world.git.refs.remove("refs/heads/mac/cart-1");
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("the branch `mac/cart-1` is gone"), "{error}");
}

/// The move of the branch was not heard of, and the person merged the branch into theirs since.
#[test]
fn a_merge_that_nobody_heard_of_is_found_below_a_merge_of_the_person() {
    const BRANCH: &str = "refs/heads/mac/cart-1";
    let mut world = one_task();
    world.git_is_eager = true;
    world.start(Implement, "");
    world.run_until(|world| !world.git.merges(BRANCH).is_empty());
    world.reopen();
    let tip = world.git.refs[BRANCH].clone();
    world.git.commit_on(MAIN, &[("mine.txt", "mine\n")]);
    let files = world.git.tree(BRANCH).clone();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let merge = world.git.commit_on(MAIN, &files);
    world.git.commits.get_mut(&merge).expect("just made").parents.push(tip);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent.len(), 2, "one agent, one reviewer: {}", world.transcript);
}
