//! The project's own health before any task, and what judges when a gate cannot.

use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::git::GitOperation;
use multi_agent_coder::event::CommandName::Implement;
use serde_json::json;

use crate::agents::{Act, four_tasks, task};
use crate::git::{Git, MAIN};
use crate::world::World;

fn runs(world: &World) -> usize {
    let effects = world.log.iter().flat_map(|(_, effects)| effects);
    effects.filter(|e| matches!(e.operation, Operation::Process(_))).count()
}

#[test]
fn a_project_that_is_red_already_stops_the_run() {
    let mut world = World::planned(four_tasks());
    world.git.commit_on(MAIN, &[("old.js", "BUG\n")]);
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("or set options.gates.test to a command that works here, or to false"), "{error}");
    assert!(error.contains("/implement --allow-red"), "{error}");
    world.assert_said("AssertionError [ERR_ASSERTION]: 3 !== 4");
    assert!(world.sessions.is_empty());
    // Told to go on, what was red judges nothing, and the linter still does.
    world.agents.script("T01", vec![Act::change(&[("x.js", "UGLY\n")])]);
    assert_eq!(world.command(Implement, "--allow-red"), None, "{}", world.transcript);
    world.assert_all_merged();
    assert_eq!(world.sent_to("T01").len(), 2);
}

#[test]
fn a_fixed_project_is_checked_again() {
    let mut world = World::planned(four_tasks());
    world.git.commit_on(MAIN, &[("old.js", "BUG\n")]);
    assert!(world.command(Implement, "").is_some());
    world.git.commit_on(MAIN, &[("old.js", "fine\n")]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn a_command_that_runs_no_test_is_reported() {
    let mut world = World::planned(four_tasks());
    world.git.commit_on(MAIN, &[("none.js", "UNTESTED\n")]);
    assert_eq!(world.command(Implement, ""), None);
    world.assert_said("the test command ran no test");
    assert!(!world.transcript.contains("`npm test` (2 s)"), "taken for green");
    // Red is red all the same.
    let mut world = World::planned(four_tasks());
    world.git.commit_on(MAIN, &[("none.js", "UNTESTED\n")]);
    world.agents.script("T01", vec![Act::change(&[("x.js", "BUG\n")])]);
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(world.sent_to("T01").len(), 2);
}

#[test]
fn a_command_that_passes_over_the_tests_there_are_stops_the_run() {
    let mut world = World::planned(four_tasks());
    world.git.commit_on(MAIN, &[("none.js", "UNTESTED\n"), ("test/a.test.js", "t\n"), ("b.spec.ts", "t\n")]);
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("runs none of the project's tests"), "{error}");
    world.assert_said("`npm test` (ran no test, though there are `b.spec.ts` and 1 more file");
    assert!(world.sessions.is_empty());
    // Told to go on, what the command does run judges.
    let passed_over = Act::change(&[("x.js", "x\n"), ("x.test.js", "UNTESTED\n")]);
    world.agents.script("T01", vec![Act::change(&[("x.js", "BUG\n")]), passed_over]);
    assert_eq!(world.command(Implement, "--allow-red"), None, "{}", world.transcript);
    world.assert_all_merged();
    assert_eq!(world.sent_to("T01").len(), 2, "a bug, and tests that are passed over");
}

#[test]
fn a_command_that_the_person_chose_may_pass_over_tests() {
    let mut world = World::planned(four_tasks());
    world.git.commit_on(MAIN, &[("none.js", "UNTESTED\n"), ("e2e/a.spec.ts", "t\n")]);
    world.setting.options = json!({ "gates": { "test": "npm test" } });
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said("**Note:** the test command ran no test: `npm test`");
}

#[test]
fn tests_that_the_command_passes_over_are_no_proof_of_the_work_that_brings_them() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.git.commit_on(MAIN, &[("none.js", "UNTESTED\n")]);
    let passed_over = Act::change(&[("x.js", "x\n"), ("x.test.js", "UNTESTED\n")]);
    world.agents.script("T01", vec![passed_over, Act::change(&[("none.js", "t\n"), ("x.test.js", "t\n")])]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said("the test gate failed: `npm test` ran no test");
    assert!(world.sent_to("T01")[1].contains("without tests that run"), "{:?}", world.sent_to("T01"));
    world.assert_all_merged();
}

#[test]
fn without_gates_only_the_reviewer_judges() {
    for (review, text) in [("auto", "only the reviewer judges"), ("off", "nothing judges")] {
        let mut world = World::planned(four_tasks());
        world.git = Git::new(&[("README.md", "# Shop\n")]);
        world.setting.options = json!({ "review": review });
        assert_eq!(world.command(Implement, ""), None);
        world.assert_said("no test, lint or type-check command was found");
        world.assert_said(text);
        assert_eq!(runs(&world), 0);
        assert_eq!(world.sent_to("review T01").len(), usize::from(review == "auto"));
        world.assert_all_merged();
    }
}

#[test]
fn gates_can_be_chosen_and_a_set_up_runs_first() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    world.setting.options = json!({
        "gates": { "test": "make check", "lint": false },
        "worktree": { "setup": "npm ci" },
    });
    assert_eq!(world.command(Implement, ""), None);
    let effects = world.log.iter().flat_map(|(_, effects)| effects);
    let commands: Vec<&str> = effects
        .filter_map(|effect| match &effect.operation {
            Operation::Process(multi_agent_coder::effect::process::ProcessOperation::Run {
                command, ..
            }) => Some(command.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(commands, ["npm ci", "make check", "npm ci", "make check"]);
}

#[test]
fn a_cargo_project_keeps_what_it_has_built() {
    let kept = |options| {
        let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
        world.git = Git::new(&[("Cargo.toml", "[package]\n"), ("src/lib.rs", "\n")]);
        world.setting.options = options;
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        let effects = world.log.iter().flat_map(|(_, effects)| effects);
        let keeps: Vec<Vec<String>> = effects
            .filter_map(|effect| match &effect.operation {
                Operation::Git(GitOperation::Prepare { keep, .. }) => Some(keep.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(keeps.len(), 2, "the health check and the attempt");
        keeps.concat()
    };
    assert_eq!(kept(json!({})), ["target", "target"]);
    assert_eq!(kept(json!({ "worktree": { "keep": [] } })), [""; 0]);
}

#[test]
fn a_healthy_commit_is_not_checked_twice() {
    let mut world = World::planned(four_tasks());
    assert_eq!(world.command(Implement, "T01"), None);
    let before = runs(&world);
    assert_eq!(world.command(Implement, "T02"), None);
    assert_eq!(runs(&world) - before, 2, "test and lint of the attempt");
}
