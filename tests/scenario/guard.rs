//! What could make git or the host run a program is watched while agents work.

use std::collections::BTreeMap;

use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::git::{GitOperation, GitOutcome, Guarded};
use multi_agent_coder::event::CommandName::{Implement, Review};

use crate::agents::four_tasks;
use crate::recovery::{is_pending, one_task};
use crate::world::World;

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
