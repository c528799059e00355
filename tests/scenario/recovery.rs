//! What a process left behind is found by the next command, and finished work is never done again.

use std::collections::BTreeMap;

use multi_agent_coder::backlog::Status;
use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::git::{GitOperation, GitOutcome, Guarded};
use multi_agent_coder::effect::process::ProcessOperation;
use multi_agent_coder::effect::session::SessionOperation;
use multi_agent_coder::engine::Engine;
use multi_agent_coder::event::CommandName::{Implement, Plan, Progress, Review};
use multi_agent_coder::ids::SessionId;
use serde_json::json;

use crate::agents::{Act, four_tasks, task};
use crate::cancel::at_every_moment;
use crate::git::MAIN;
use crate::world::{Order, World};

fn one_task() -> World {
    World::planned(vec![task("T01", "Price list", 1.0, &[])])
}

/// Whether an operation of a kind is under way.
fn is_pending(world: &World, is_it: impl Fn(&Operation) -> bool) -> bool {
    world.pending.iter().any(|pending| is_it(&pending.operation))
}

fn is_worker_at_work(world: &World) -> bool {
    !world.sent_to("T01").is_empty()
        && is_pending(world, |o| matches!(o, Operation::Session(SessionOperation::Ask { .. })))
}

#[test]
fn an_agent_that_finished_unheard_is_not_asked_again() {
    let mut world = one_task();
    world.start(Implement, "");
    world.run_until(is_worker_at_work);
    world.finish_unheard();
    world.reopen();
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    assert_eq!(world.sent_to("T01").len(), 1);
    world.assert_said("T01 had been finished, and its work is taken over; 1 session of ours deleted");
    world.assert_said("merged after 1 attempt");
}

#[test]
fn an_agent_that_had_not_finished_starts_afresh() {
    let mut world = one_task();
    world.start(Implement, "");
    world.run_until(is_worker_at_work);
    world.reopen();
    assert_eq!(world.command(Implement, ""), None);
    world.assert_all_merged();
    assert_eq!(world.sent_to("T01").len(), 2);
    world.assert_said("T01 starts afresh, and what lay in a worktree is kept under `refs/mac`");
}

/// Whatever was asked comes to an end without us, at every moment: no agent is asked twice.
#[test]
fn nothing_that_was_finished_is_done_twice() {
    for eager in [false, true] {
        let mut world = World::planned(four_tasks());
        world.git_is_eager = eager;
        at_every_moment(world, (Implement, ""), |mut world, _, at| {
            world.finish_unheard();
            world.reopen();
            assert_eq!(world.command(Implement, ""), None, "step {at}: {}", world.transcript);
            world.assert_all_merged();
            let mut asked = BTreeMap::new();
            for sent in world.sent.iter().filter(|sent| sent.purpose.agent == "implementer") {
                *asked.entry(sent.purpose.task.clone()).or_insert(0) += 1;
            }
            assert!(asked.values().all(|times| *times == 1), "step {at}: {asked:?}\n{}", world.transcript);
        });
    }
}

#[test]
fn work_that_was_stopped_while_it_was_judged_is_gone_on_with() {
    let world = one_task();
    at_every_moment(world, (Implement, ""), |mut world, chat, at| {
        let has_worked = world.pending.iter().any(|pending| match &pending.operation {
            Operation::Process(ProcessOperation::Run { .. }) => !world.sent.is_empty(),
            Operation::Session(SessionOperation::Ask { agent, .. }) => agent == "reviewer",
            _ => false,
        });
        world.cancel(chat);
        world.run();
        assert_eq!(world.command(Implement, ""), None, "step {at}: {}", world.transcript);
        world.assert_all_merged();
        if has_worked {
            assert_eq!(world.sent_to("T01").len(), 1, "step {at}: {}", world.transcript);
        }
    });
}

#[test]
fn work_on_a_spec_that_was_changed_since_is_not_taken_over() {
    let mut world = one_task();
    let chat = world.start(Implement, "");
    world.run_until(|world| !world.sent_to("review T01").is_empty());
    world.cancel(&chat);
    world.run();
    let text = world.file("tasks/BACKLOG.yaml").unwrap_or_default();
    let edited = text.replace("the price list works", "prices are in euros");
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &edited);
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(world.sent_to("T01").len(), 2);
    assert!(world.sent_to("T01")[1].contains("prices are in euros"));
}

/// A slow host is no reason to throw finished work away: it is asked a second time, and no third.
#[test]
fn a_host_that_is_slow_once_does_not_cost_finished_work() {
    for failing in [1, 2] {
        let mut world = one_task();
        world.start(Implement, "");
        world.run_until(is_worker_at_work);
        world.finish_unheard();
        world.reopen();
        world.recalls_failing = failing;
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        world.assert_said(if failing == 1 { "T01 had been finished" } else { "T01 starts afresh" });
        assert_eq!(world.sent_to("T01").len(), failing as usize, "{}", world.transcript);
        world.assert_all_merged();
    }
}

/// Nothing is said of a session before the host has answered.
#[test]
fn sessions_that_the_host_keeps_are_not_called_deleted() {
    let mut world = one_task();
    world.start(Implement, "");
    world.run_until(is_worker_at_work);
    world.reopen();
    world.keeps_sessions = true;
    let chat = world.start(Implement, "");
    while world.deliver() {}
    assert_eq!(world.end_of(&chat), None, "{}", world.transcript);
    world.assert_said("**Note:** 1 session of ours could not be deleted. The next command tries again.");
    assert!(!world.transcript.contains("of ours deleted"), "{}", world.transcript);
    world.keeps_sessions = false;
    assert_eq!(world.command(Implement, ""), None);
    world.assert_said("sessions of ours deleted");
}

/// The process died before it heard that the session exists.
#[test]
fn a_session_that_nobody_knows_of_is_found_and_deleted() {
    let is_creating = |o: &Operation| matches!(o, Operation::Session(SessionOperation::Create { .. }));
    for (name, arguments) in [(Plan, "feature.md"), (Implement, "")] {
        let mut world = if name == Plan { World::new(four_tasks()) } else { one_task() };
        world.start(name, arguments);
        world.run_until(|world| is_pending(world, is_creating));
        world.finish_unheard();
        world.reopen();
        // Another command puts it right as well, and checks that no session is left.
        assert_eq!(world.command(name, arguments), None, "{}", world.transcript);
        world.assert_said("of ours deleted");
    }
}

#[test]
fn a_search_for_sessions_that_did_not_work_is_made_again() {
    let mut world = one_task();
    world.start(Implement, "");
    world.run_until(|world| {
        is_pending(world, |o| matches!(o, Operation::Session(SessionOperation::Create { .. })))
    });
    world.finish_unheard();
    world.reopen();
    world.is_search_failing = true;
    let chat = world.start(Implement, "");
    while world.deliver() {}
    assert_eq!(world.end_of(&chat), None, "{}", world.transcript);
    assert!(world.sessions.values().any(|session| !session.is_removed));
    // This one checks that no session is left.
    assert_eq!(world.command(Implement, ""), None);
}

#[test]
fn a_command_that_only_looks_puts_nothing_right() {
    let mut world = one_task();
    world.start(Implement, "");
    world.run_until(is_worker_at_work);
    world.reopen();
    world.start(Progress, "");
    while world.deliver() {}
    assert!(world.sessions.values().any(|session| !session.is_removed));
    assert_eq!(world.command(Implement, ""), None);
    world.assert_all_merged();
}

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

/// Esc while a run winds down for that reason must not hide it: the next run takes git as it is then.
#[test]
fn a_changed_configuration_of_git_is_told_of_after_a_stop_too() {
    for is_before in [true, false] {
        let mut world = World::planned(four_tasks());
        let chat = world.start(Implement, "");
        world.run_until(|world| !world.sent.is_empty());
        if is_before {
            world.cancel(&chat);
        }
        let names = vec!["core.fsmonitor in .git/config".to_owned()];
        world.git.planned.push(("collect", GitOutcome::Tampered { names }));
        world.run_until(|world| world.git.planned.is_empty());
        if !is_before {
            world.cancel(&chat);
        }
        world.run();
        let error = world.end_of(&chat).unwrap_or_default();
        assert!(error.contains("core.fsmonitor in .git/config"), "{error}");
    }
}

#[test]
fn a_changed_configuration_of_git_stops_the_run_and_costs_no_work() {
    for kind in ["prepare", "collect", "merge"] {
        let mut world = World::planned(four_tasks());
        world.start(Implement, "");
        world.run_until(|world| !world.sent.is_empty());
        let names = vec!["core.fsmonitor in .git/config".to_owned()];
        world.git.planned.push((kind, GitOutcome::Tampered { names }));
        world.run();
        let error = world.ends.values().next_back().cloned().flatten().unwrap_or_default();
        assert!(error.contains("core.fsmonitor in .git/config"), "{kind}: {error}");
        assert!(error.contains("git config --list --show-origin"), "{error}");
        // As long as it is neither undone nor accepted, nothing runs with it.
        let changed = Guarded { name: "core.fsmonitor in .git/config".into(), hash: "2".into() };
        world.git.guard = vec![changed];
        for _ in 0..2 {
            let error = world.command(Implement, "").unwrap_or_default();
            assert!(
                error.contains("core.fsmonitor in .git/config") && error.contains("--trust-config"),
                "{error}"
            );
        }
        let words = "T01 changes \"say what --trust-config does\"";
        let error = world.command(Review, words).unwrap_or_default();
        assert!(error.contains("core.fsmonitor in .git/config"), "{error}");
        let mut undone = world.clone();
        undone.git.guard.clear();
        for (mut world, arguments) in [(undone, ""), (world, "--trust-config")] {
            assert_eq!(world.command(Implement, arguments), None, "{kind}: {}", world.transcript);
            assert_eq!(world.command(Implement, ""), None);
            world.assert_all_merged();
        }
    }
}

/// What git is to be like is taken when the run starts and goes along with all that acts on it.
#[test]
fn the_guard_goes_along_with_what_acts_on_git() {
    let mut world = one_task();
    world.git.guard = vec![Guarded { name: "x".into(), hash: "1".into() }];
    assert_eq!(world.command(Implement, ""), None);
    let effects = world.log.iter().flat_map(|(_, effects)| effects);
    let mut kinds = BTreeMap::new();
    for effect in effects {
        let Operation::Git(operation) = &effect.operation else { continue };
        let (kind, guard) = match operation {
            GitOperation::Prepare { guard, .. } => ("prepare", guard),
            GitOperation::Collect { guard, .. } => ("collect", guard),
            GitOperation::Merge { guard, .. } => ("merge", guard),
            GitOperation::Land { guard, .. } => ("land", guard),
            _ => continue,
        };
        assert_eq!(*guard, world.git.guard, "{kind}");
        kinds.insert(kind, ());
    }
    assert_eq!(kinds.len(), 4, "{kinds:?}");
}

/// A test that an agent wrote may write where the host would run it.
#[test]
fn no_reviewer_opens_where_the_gates_left_something_that_the_host_runs() {
    let mut world = one_task();
    world.start(Implement, "");
    let is_examining = |o: &Operation| matches!(o, Operation::Git(GitOperation::Examine { .. }));
    world.run_until(|world| is_pending(world, is_examining));
    for worktree in world.git.worktrees.values_mut() {
        worktree.tree.insert("opencode.json".into(), "{}".into());
    }
    world.run();
    world.assert_said("opencode.json");
    assert_eq!(world.sent_to("T01").len(), 2, "{}", world.transcript);
    assert_eq!(world.sent_to("review T01").len(), 1);
    world.assert_all_merged();
}

#[test]
fn what_changes_in_the_checkout_while_agents_work_is_told() {
    let mut world = one_task();
    world.start(Implement, "");
    world.run_until(is_worker_at_work);
    world.git.dirty_files = 2;
    world.run();
    world.assert_said(
        "2 files changed in your checkout while agents worked (T01): `dirty-0.txt` and `dirty-1.txt`",
    );
    // Without an agent at work it was the person.
    let mut world = one_task();
    world.git.dirty_files = 2;
    assert_eq!(world.command(Implement, ""), None);
    assert!(!world.transcript.contains("changed in your checkout"));
}

#[test]
fn an_edited_document_is_kept_beside_ours() {
    let mut world = World::planned(four_tasks());
    assert_eq!(world.command(Implement, "T01"), None);
    world.put(Place::Repository, "tasks/T02.notes.md", "my own notes\n");
    world.put(Place::Repository, "tasks/T01.notes.md", "my own notes too\n");
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(world.file("tasks/T02.notes.md.edited"), Some("my own notes\n"));
    world.assert_said("tasks/T02.notes.md had been edited");
    // What we need not write again stays as the person has it.
    assert_eq!(world.file("tasks/T01.notes.md"), Some("my own notes too\n"));
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

/// Attempts that follow each other at once write the same documents twice before the first answer.
#[test]
fn what_we_wrote_ourselves_is_never_called_an_edit() {
    let mut world = World::new(four_tasks());
    world.agents.script("T01", vec![Act::Reply("No.".into()), Act::change(&[("t01/main.js", "BUG\n")])]);
    assert_eq!(world.command(Plan, "feature.md"), None);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert!(!world.transcript.contains("had been edited"), "{}", world.transcript);
    let world = one_task();
    at_every_moment(world, (Implement, ""), |mut world, _, at| {
        world.reopen();
        assert_eq!(world.command(Implement, ""), None);
        assert!(!world.transcript.contains("had been edited"), "step {at}: {}", world.transcript);
    });
}

/// Old processes still talk when a new one has taken over.
#[test]
fn nobody_listens_to_what_an_earlier_process_asked_for() {
    let mut world = one_task();
    world.start(Implement, "");
    world.run_until(is_worker_at_work);
    let late = world.pending.clone();
    world.reopen();
    let before = world.engine.state_hash();
    for pending in late {
        let outcome = world.outcome(pending.clone());
        world.step(multi_agent_coder::event::Event::Resolved { id: pending.id, outcome });
    }
    assert_eq!(world.engine.state_hash(), before);
    world.cancel(&SessionId("chat-1".into()));
    assert_eq!(world.command(Implement, ""), None);
    world.assert_all_merged();
}
