//! What a process left behind is found by the next command, and finished work is never done again.

use std::collections::BTreeMap;

use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::process::ProcessOperation;
use multi_agent_coder::effect::session::SessionOperation;
use multi_agent_coder::event::CommandName::{Implement, Plan, Progress};
use multi_agent_coder::ids::SessionId;

use crate::agents::{four_tasks, task};
use crate::cancel::at_every_moment;
use crate::world::World;

pub fn one_task() -> World {
    World::planned(vec![task("T01", "Price list", 1.0, &[])])
}

/// Whether an operation of a kind is under way.
pub fn is_pending(world: &World, is_it: impl Fn(&Operation) -> bool) -> bool {
    world.pending.iter().any(|pending| is_it(&pending.operation))
}

pub fn is_worker_at_work(world: &World) -> bool {
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
