//! A task that keeps failing gets a better spec, and starts afresh from that.

use multi_agent_coder::backlog::TaskSpec;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::session::Usage;
use multi_agent_coder::event::CommandName::{Implement, Metrics, Progress};
use multi_agent_coder::event::SessionSignal;
use serde_json::json;

use crate::agents::{Act, task};
use crate::cancel::at_every_moment;
use crate::provider::see;
use crate::world::World;

const FIELDS: &str = "description: \"Sum prices in whole cents.\"\nacceptance:\n  - \"the price list works\"\n  - \"0.10 and 0.20 are 0.30\"\ncontext:\n  constraints: [\"no floats\"]";

fn tasks() -> Vec<TaskSpec> {
    vec![task("T01", "Price list", 1.0, &[]), task("T02", "Discounts", 1.0, &[])]
}

fn red() -> Act {
    Act::change(&[("t01/main.js", "BUG\n")])
}

/// A world whose first task fails twice.
fn failing_twice(rebase: Vec<Act>) -> World {
    let mut world = World::planned(tasks());
    world.agents.script("T01", vec![red(), red()]);
    world.agents.script("rebase T01", rebase);
    world
}

#[test]
fn after_two_failures_a_better_spec_is_made_and_used() {
    let mut world = failing_twice(vec![Act::proposal(0.85, "It never says how to round.", FIELDS)]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    let asked = world.sent_to("rebase T01");
    assert_eq!(asked.len(), 1);
    assert!(asked[0].contains("the price list works") && asked[0].contains("3 !== 4"), "{}", asked[0]);
    assert!(!asked[0].contains("Built it"), "no word of the workers: {}", asked[0]);
    let worker = world.sent_to("T01");
    assert_eq!(worker.len(), 3);
    assert!(
        worker[2].contains("Sum prices in whole cents.") && worker[2].contains("no floats"),
        "{}",
        worker[2]
    );
    assert!(!worker[2].contains("Don't"), "what was learned stands in the spec: {}", worker[2]);
    world.assert_said("because 2 attempts at this version failed");
    world.assert_said("**T01** has a better spec (version 2, confidence 0.85): It never says how to round.");
    world.assert_said("+ acceptance: 0.10 and 0.20 are 0.30");
    let backlog = world.file("tasks/BACKLOG.yaml").unwrap_or_default();
    assert!(backlog.contains("Sum prices in whole cents."), "{backlog}");
    assert!(world.file("tasks/T01.notes.md").unwrap_or_default().contains("It never says how to round."));
}

#[test]
fn an_author_who_is_not_sure_changes_nothing() {
    let mut world = failing_twice(vec![Act::proposal(0.5, "A guess.", FIELDS)]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    world.assert_said("**T01** keeps its spec: its author is only 0.5 sure, and 0.7 is asked for.");
    assert!(!world.sent_to("T01")[2].contains("whole cents"));
    assert!(world.sent_to("T01")[2].contains("Don't"));
}

#[test]
fn a_spec_that_cannot_be_used_is_sent_back_once() {
    let foreign = FIELDS.replace("whole cents", "cents as T02 does");
    let bad = [Act::Reply("I would split it.".into()), Act::proposal(0.9, "Better.", &foreign)];
    for first in bad {
        let mut world = failing_twice(vec![first.clone(), Act::proposal(0.9, "Better.", FIELDS)]);
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        assert_eq!(world.sent_to("rebase T01").len(), 2);
        assert!(world.sent_to("T01")[2].contains("whole cents"), "{}", world.transcript);
        let mut world = failing_twice(vec![first.clone(), first]);
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        world.assert_said("**T01** keeps its spec");
        world.assert_all_merged();
    }
}

#[test]
fn a_reviewer_may_say_that_the_task_is_at_fault() {
    let mut world = World::planned(tasks());
    world.agents.script("review T01", vec![Act::verdict("rebase", &["cents or euros?"])]);
    world.agents.script("rebase T01", vec![Act::proposal(1.0, "Cents.", FIELDS)]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("T01").len(), 2);
    assert!(world.sent_to("T01")[1].contains("whole cents"));
    world.assert_said("because the reviewer says that the task itself is at fault");
}

#[test]
fn without_the_option_and_without_a_provider_work_just_starts_again() {
    let mut world = failing_twice(vec![Act::error(503, "overloaded")]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said("**T01** keeps its spec: APIError (HTTP 503): overloaded.");
    world.assert_all_merged();
    let mut world = failing_twice(Vec::new());
    world.setting.options = json!({ "rebase": { "enabled": false } });
    assert_eq!(world.command(Implement, ""), None);
    assert!(world.sent_to("rebase T01").is_empty());
    world.assert_all_merged();
}

/// The author's provider has no credit: nobody asks it again and again, and the spec is not given up.
#[test]
fn a_rebase_waits_for_its_provider_like_all_others() {
    let mut world = failing_twice(vec![Act::error(402, "no credit")]);
    world.agents.script("T02", vec![Act::change(&[("t02/main.js", "BUG\n")]); 2]);
    world.agents.script("rebase T02", vec![Act::proposal(0.85, "It was vague.", FIELDS)]);
    world.setting.options = json!({ "maxWorkers": 1, "models": { "rebase": "beta/large" } });
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("Parked: beta (quota used up)"), "{error}");
    assert!(error.contains("- T02: its spec is looked at before it starts again"), "{error}");
    world.assert_said("**T01** keeps its spec: APIError (HTTP 402): no credit");
    assert!(world.sent_to("rebase T02").is_empty(), "{}", world.transcript);
    assert_eq!(world.sent_to("T02").len(), 2);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said("beta was left alone because of trouble (quota used up); one ask tries it first.");
    assert_eq!((world.sent_to("rebase T02").len(), world.sent_to("T02").len()), (1, 3));
    assert!(world.sent_to("T02")[2].contains("whole cents"));
    world.assert_all_merged();
}

#[test]
fn an_edit_of_the_person_makes_a_better_spec_needless() {
    let mut world = failing_twice(vec![Act::Hang]);
    let chat = world.start(Implement, "T01");
    world.run_until(|world| !world.sent_to("rebase T01").is_empty());
    world.cancel(&chat);
    world.run();
    let text = world.file("tasks/BACKLOG.yaml").unwrap_or_default();
    let edited = text.replace("the price list works", "prices are in euros");
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &edited);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!((world.sent_to("rebase T01").len(), world.sent_to("T01").len()), (1, 3));
}

#[test]
fn metrics_compare_better_specs_with_plain_retries() {
    let mut world = failing_twice(vec![Act::proposal(0.85, "It never says how to round.", FIELDS)]);
    assert_eq!(world.command(Metrics, ""), None);
    world.agents.script("T02", vec![Act::change(&[("t02/main.js", "BUG\n")])]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.command(Metrics, ""), None);
    world.assert_said("| a failed attempt at the same spec | 1 of 2 (50%)  |");
    world.assert_said("| a better spec                     | 1 of 1 (100%) |");
    world.assert_said("With fewer than 10 of each, the difference between them says nothing.");
}

#[test]
fn an_attempt_that_wandered_is_no_matter_of_luck() {
    let mut world = World::planned(tasks());
    world.agents.script("T01", vec![Act::Hang]);
    world.setting.options = json!({ "maxRetries": 2 });
    world.start(Implement, "T01");
    world.run_until(|world| !world.sent_to("T01").is_empty());
    let step = SessionSignal::Stepped {
        finish: Some("tool-calls".into()),
        usage: Usage { steps: 1, input_tokens: 1_000, ..Usage::default() },
    };
    (0..81).for_each(|_| see(&mut world, "T01", step.clone()));
    world.run();
    world.assert_said("its spec is looked at, because it took 81 model turns");
}

#[test]
fn a_rebase_survives_esc_and_the_process_at_any_moment() {
    let world = || failing_twice(vec![Act::proposal(0.85, "It never says how to round.", FIELDS)]);
    at_every_moment(world(), (Implement, ""), |mut world, _, at| {
        world.reopen();
        assert_eq!(world.command(Implement, ""), None, "step {at}: {}", world.transcript);
        world.assert_all_merged();
    });
    at_every_moment(world(), (Implement, ""), |mut world, chat, at| {
        world.cancel(chat);
        world.run();
        assert_eq!(world.command(Implement, ""), None, "step {at}: {}", world.transcript);
        world.assert_all_merged();
    });
}

#[test]
fn progress_says_that_a_spec_is_being_improved() {
    let mut world = failing_twice(vec![Act::Hang]);
    world.start(Implement, "");
    world.run_until(|world| !world.sent_to("rebase T01").is_empty());
    world.start(Progress, "");
    world.run_until(|world| world.transcript.contains("its spec is being improved"));
    world.assert_said("rebasing");
    world.run();
    world.assert_all_merged();
}
