//! What the person changes while agents work is told or kept, and what we write is not called theirs.

use multi_agent_coder::effect::file::Place;
use multi_agent_coder::event::CommandName::{Implement, Plan};

use crate::agents::{Act, four_tasks};
use crate::cancel::at_every_moment;
use crate::recovery::{is_worker_at_work, one_task};
use crate::world::World;

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
