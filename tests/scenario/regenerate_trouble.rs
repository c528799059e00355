//! `/regenerate` of what cannot be built again, and trouble in the middle of it.

use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::git::{GitOperation, GitOutcome, Guarded};
use multi_agent_coder::event::CommandName::{Implement, Regenerate};
use multi_agent_coder::ids::CommitId;
use multi_agent_coder::spec::{Metadata, SpecStatus};

use crate::git::MAIN;
use crate::regenerate::{BRANCH, ID, built, landed, put_metadata, saved};
use crate::world::World;

/// What somebody does to a world.
type Change = fn(&mut World);

#[test]
fn bad_input_changes_nothing() {
    let cases: [(&str, Change, &str); 9] = [
        ("", |_| {}, "needs the id of a feature"),
        ("feature-001-card", |_| {}, "Did you mean `feature-001-cart`?"),
        ("feature-009", |_| {}, "there is no feature `feature-009`"),
        (
            ID,
            |world| drop(world.files.remove(&(Place::Repository, format!("specs/{ID}/BACKLOG.yaml")))),
            "has no BACKLOG.yaml",
        ),
        (ID, |world| world.git.dirty_files = 1, "not committed: dirty-0.txt"),
        (
            ID,
            |world| edit(world, |metadata| metadata.base = Some(CommitId("9".repeat(40)))),
            "not in this repository any more",
        ),
        (ID, |world| edit(world, |metadata| metadata.status = SpecStatus::Draft), "is a draft"),
        (ID, |world| edit(world, |metadata| metadata.result = None), "does not say where its work began"),
        (
            ID,
            |world| {
                let base = saved(world, ID).base.unwrap();
                world.git.refs.insert(MAIN.into(), base);
            },
            "does not hold feature-001-cart as it landed",
        ),
    ];
    for (arguments, change, told) in cases {
        let mut world = landed();
        change(&mut world);
        let (refs, documents) = (world.git.refs.clone(), documents(&world));
        let end = world.command(Regenerate, arguments).unwrap();
        assert!(end.contains(told), "{arguments}: {end}");
        assert_eq!(world.git.refs, refs, "{told}");
        assert_eq!(self::documents(&world), documents, "{told}");
    }
}

/// The files outside the specs: those are looked through before every command.
fn documents(world: &World) -> Vec<(String, String)> {
    let own = world.files.iter().filter(|((_, path), _)| !path.starts_with("specs/"));
    own.map(|((_, path), text)| (path.clone(), text.clone())).collect()
}

fn edit(world: &mut World, change: fn(&mut Metadata)) {
    let mut metadata = saved(world, ID);
    change(&mut metadata);
    put_metadata(world, &metadata);
}

#[test]
fn it_waits_for_no_other_command_and_git_is_watched() {
    let mut world = landed();
    world.start(Implement, "");
    let chat = world.start(Regenerate, ID);
    assert!(world.end_of(&chat).unwrap().contains("another command is still running"));
    world.run();
    world.git.planned.push(("revert", GitOutcome::Tampered { names: vec!["core.fsmonitor".into()] }));
    world.git.commit_on(MAIN, &[("src/other.js", "other\n")]);
    let end = world.command(Regenerate, ID).unwrap();
    assert!(end.contains("core.fsmonitor"), "{end}");
    let is_landing = |operation: &Operation| matches!(operation, Operation::Git(GitOperation::Land { .. }));
    let effects = world.log.iter().flat_map(|(_, effects)| effects);
    assert_eq!(effects.filter(|effect| is_landing(&effect.operation)).count(), 2, "only /implement lands");
}

#[test]
fn a_configuration_that_changes_while_versions_are_compared_is_for_the_person_to_take() {
    let mut world = landed();
    world.agents.script("T01", vec![built("sum", "sum")]);
    let chat = world.start(Regenerate, ID);
    world.run_until(|world| world.transcript.contains("Comparing"));
    let name = "core.hookspath".to_owned();
    world.git.planned.push(("prepare", GitOutcome::Tampered { names: vec![name.clone()] }));
    world.git.guard = vec![Guarded { name, hash: "2".into() }];
    world.run();
    let end = world.end_of(&chat).unwrap();
    assert!(end.contains("git's configuration was changed while this ran"), "{end}");
    let end = world.command(Regenerate, ID).unwrap();
    assert!(end.contains("was changed while agents worked, and still is: core.hookspath"), "{end}");
    assert_eq!(world.command(Regenerate, &format!("{ID} --trust-config")), None);
}

#[test]
fn a_branch_that_was_deleted_before_the_end_is_told_with_the_way_back() {
    let mut world = landed();
    world.agents.script("T01", vec![built("sum", "sum")]);
    let chat = world.start(Regenerate, ID);
    world.run_until(|world| world.transcript.contains("Comparing"));
    let tip = world.git.refs.remove(BRANCH).unwrap();
    world.run();
    let end = world.end_of(&chat).unwrap();
    let way = format!("`git branch mac/feature-001-cart-r1 {tip}` brings it back");
    assert!(end.contains(&way), "{end}");
    world.git.refs.insert(BRANCH.into(), tip);
    assert_eq!(world.command(Regenerate, ID), None);
}
