//! `/plan` when planners or the backlog agent do not do what they should.

use multi_agent_coder::effect::file::Place;
use multi_agent_coder::event::CommandName::{Backlog, Implement, Plan};
use multi_agent_coder::plan::Planner;
use serde_json::json;

use crate::agents::{Act, backlog_reply, document, four_tasks};
use crate::world::{Order, World};

fn world() -> World {
    World::new(four_tasks())
}

/// No document of ours is in the checkout.
fn assert_nothing_written(world: &World) {
    let mut ours = world.files.keys().filter(|(place, _)| *place == Place::Repository);
    assert_eq!(ours.next(), None, "{}", world.transcript);
}

#[test]
fn a_planner_is_asked_once_for_missing_sections() {
    let mut world = world();
    world.agents.script("planner-qa", vec![Act::Reply(document(Planner::Qa, 2))]);
    assert_eq!(world.command(Plan, "feature.md"), None);
    let sent = world.sent_to("planner-qa");
    assert_eq!(sent.len(), 2);
    assert!(sent[1].contains("Security Considerations, Gotchas"), "{}", sent[1]);
}

#[test]
fn twice_without_them_fails_and_writes_nothing() {
    for reply in ["", "I could not find anything.", &document(Planner::Arch, 1)] {
        let mut world = world();
        let act = Act::Reply(reply.to_owned());
        world.agents.script("planner-arch", vec![act.clone(), act]);
        let error = world.command(Plan, "feature.md").unwrap_or_default();
        assert!(error.contains("planner-arch"), "{error}");
        assert!(error.contains("\"Patterns to Follow\""), "{error}");
        assert!(error.contains("nothing was written"), "{error}");
        assert_nothing_written(&world);
    }
}

#[test]
fn a_planner_that_fails_or_hangs_ends_the_plan_and_the_others() {
    let troubles = [
        (Act::error(500, "overloaded"), "APIError (HTTP 500): overloaded"),
        (Act::Hang, "not done after 15 min"),
        (Act::Silent, "nothing was heard"),
    ];
    for (act, reason) in troubles {
        for order in [Order::Time, Order::Reversed, Order::Shuffled(3)] {
            let mut world = world();
            world.order = order;
            world.agents.script("planner-spec", vec![act.clone()]);
            let error = world.command(Plan, "feature.md").unwrap_or_default();
            assert!(error.contains(reason), "{error}");
            assert!(!error.contains("planner-qa"), "{error}");
            assert_nothing_written(&world);
        }
    }
}

#[test]
fn sessions_that_stay_are_named_and_removed_by_the_next_command() {
    let mut world = world();
    world.keeps_sessions = true;
    assert_eq!(world.command(Plan, "feature.md"), None);
    world.assert_said("ses-1, ses-2 and ses-3");
    world.keeps_sessions = false;
    assert_eq!(world.command(Implement, ""), None);
    world.assert_said("4 sessions of ours deleted");
}

#[test]
fn an_invalid_backlog_is_corrected() {
    let mut world = world();
    let bad = "```yaml\ntasks:\n  - id: T01\n    title: \"x\"\n    depends_on: [T09]\n```";
    world.agents.script("backlog", vec![Act::Reply(bad.into())]);
    assert_eq!(world.command(Plan, "feature.md"), None);
    let sent = world.sent_to("backlog");
    assert_eq!(sent.len(), 2);
    for part in ["T09", "acceptance", "files_hint", "description"] {
        assert!(sent[1].contains(part), "{}", sent[1]);
    }
}

#[test]
fn a_backlog_that_stays_invalid_fails_and_keeps_the_plan() {
    let mut world = world();
    let reply = Act::Reply("There are three things to do.".into());
    world.agents.script("backlog", vec![reply; 3]);
    let error = world.command(Plan, "feature.md").unwrap_or_default();
    assert!(error.contains("after 2 corrections"), "{error}");
    assert!(error.contains("no yaml block"), "{error}");
    assert!(world.file("tasks/PLAN.md").is_some());
    assert_eq!(world.file("tasks/BACKLOG.yaml"), None);
    // The plan is there, so only the backlog is made again.
    let asked = world.sent.len();
    assert_eq!(world.command(Backlog, ""), None);
    assert_eq!(world.sent.len(), asked + 1);
    assert_eq!(world.command(Implement, ""), None);
}

#[test]
fn a_backlog_agent_that_fails_keeps_the_plan() {
    for act in [Act::Hang, Act::error(429, "slow down")] {
        let mut world = world();
        world.agents.script("backlog", vec![act]);
        let error = world.command(Plan, "feature.md").unwrap_or_default();
        assert!(error.contains("The plan is kept; `/backlog` tries again"), "{error}");
        assert_eq!(world.command(Backlog, ""), None);
    }
}

#[test]
fn a_task_too_large_for_its_context_is_sent_back() {
    let mut world = world();
    let mut tasks = four_tasks();
    tasks[0].description = (0..300).map(|i| format!("Rule {i} holds. ")).collect();
    let reply = crate::agents::backlog_reply(&tasks);
    world.agents.script("backlog", vec![Act::Reply(reply)]);
    assert_eq!(world.command(Plan, "feature.md"), None);
    assert!(world.sent_to("backlog")[1].contains("at most 3,000 bytes fit"));
}

#[test]
fn a_backlog_needs_a_plan() {
    let error = world().command(Backlog, "").unwrap_or_default();
    assert!(error.contains("there is no tasks/PLAN.md"), "{error}");
    let error = world().command(Backlog, "--fast").unwrap_or_default();
    assert!(error.contains("no option --fast"), "{error}");
}

#[test]
fn a_started_backlog_is_not_overwritten() {
    let mut world = world();
    assert_eq!(world.command(Plan, "feature.md"), None);
    // Nothing has begun, so planning again may replace it, and a person's edits are kept aside.
    let edited = world.file("tasks/BACKLOG.yaml").unwrap_or_default().replace("Discounts", "Rebates");
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &edited);
    assert_eq!(world.command(Plan, "feature.md"), None);
    assert_eq!(copies(&world), [edited.as_str()]);
    assert_eq!(world.command(Implement, "T01"), None);
    let old = world.file("tasks/BACKLOG.yaml").unwrap_or_default().to_owned();
    let error = world.command(Plan, "feature.md").unwrap_or_default();
    assert!(error.contains("T01") && error.contains("/plan --new"), "{error}");
    let error = world.command(Backlog, "").unwrap_or_default();
    assert!(error.contains("T01") && error.contains("/plan --new"), "{error}");
    assert_eq!(world.file("tasks/BACKLOG.yaml"), Some(old.as_str()));

    assert_eq!(world.command(Plan, "--new feature.md"), None);
    assert_eq!(copies(&world), [edited.as_str(), old.as_str()]);
    assert!(!world.file("tasks/BACKLOG.yaml").unwrap_or_default().contains("completed"));
}

#[test]
fn a_finished_backlog_makes_room_for_the_next_plan() {
    let mut world = world();
    assert_eq!(world.command(Plan, "feature.md"), None);
    assert_eq!(world.command(Implement, ""), None);
    let old = world.file("tasks/BACKLOG.yaml").unwrap_or_default().to_owned();
    let error = world.command(Backlog, "").unwrap_or_default();
    assert!(error.contains("is done") && error.contains("/plan --new"), "{error}");
    assert_eq!(world.command(Plan, "feature.md"), None);
    world.assert_said("The earlier plan is kept in tasks/archive/");
    assert_eq!(copies(&world), [old.as_str()]);
    assert!(!world.file("tasks/BACKLOG.yaml").unwrap_or_default().contains("completed"));
}

#[test]
fn a_plan_after_one_that_was_not_landed_says_so() {
    let mut world = world();
    world.setting.options = json!({ "land": "never" });
    assert_eq!(world.command(Plan, "feature.md"), None);
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(world.command(Plan, "feature.md"), None);
    world.assert_said("**Note:** the work of the earlier plan was not landed");
}

#[test]
fn a_task_is_not_charged_for_one_of_the_same_name_in_an_earlier_plan() {
    let mut world = world();
    let mut figures = Vec::new();
    for _ in 0..2 {
        assert_eq!(world.command(Plan, "--new feature.md"), None);
        world.command(Implement, "T01");
        let status = world.file("tasks/T01.status.json").unwrap_or_default();
        let status: serde_json::Value = serde_json::from_str(status).expect("a status file is JSON");
        figures.push(status["metrics"]["token_count"].as_f64().unwrap_or_default());
    }
    // The track's name is in the diff that the reviewer reads, so not to the byte.
    assert!(figures[0] > 0.0 && figures[1] < 1.5 * figures[0], "{figures:?}");
}

/// The backlogs that were put aside, oldest first.
fn copies(world: &World) -> Vec<&str> {
    let is_copy = |path: &str| path.starts_with("tasks/archive/") && path.ends_with("/BACKLOG.yaml");
    world.files.iter().filter(|((_, path), _)| is_copy(path)).map(|(_, text)| text.as_str()).collect()
}

#[test]
fn an_unreadable_backlog_is_not_overwritten() {
    let mut world = world();
    world.put(Place::Repository, "tasks/BACKLOG.yaml", "my own notes\n");
    let error = world.command(Plan, "feature.md").unwrap_or_default();
    assert!(error.contains("cannot be read as a backlog"), "{error}");
    assert_eq!(world.file("tasks/BACKLOG.yaml"), Some("my own notes\n"));
    assert_eq!(world.command(Plan, "--new feature.md"), None);
}

#[test]
fn the_map_is_made_once_for_a_tree() {
    let mut world = world();
    assert_eq!(world.command(Plan, "feature.md"), None);
    let maps = |world: &World| world.files.keys().filter(|(place, _)| *place == Place::State).count();
    assert_eq!(maps(&world), 1);
    let first = world.sent_to("planner-spec")[0].to_owned();
    assert_eq!(world.command(Plan, "feature.md"), None);
    assert_eq!(world.sent_to("planner-spec")[1], first);
    world.git.commit_on(crate::git::MAIN, &[("src/new.js", "1\n")]);
    assert_eq!(world.command(Plan, "feature.md"), None);
    assert_eq!(maps(&world), 2);
}

#[test]
fn a_task_that_no_worker_could_be_sent_goes_back_to_the_agent() {
    let mut world = world();
    let mut tasks = four_tasks();
    tasks[1].description = "Use the table that T01 makes.".into();
    world.agents.script("backlog", vec![Act::Reply(backlog_reply(&tasks))]);
    assert_eq!(world.command(Plan, "feature.md"), None);
    let sent = world.sent_to("backlog");
    assert_eq!(sent.len(), 2);
    assert!(sent[1].contains("names task T01, which T02 does not depend on"), "{}", sent[1]);
}

#[test]
fn a_plan_without_a_backlog_is_kept_too() {
    let mut world = world();
    world.put(Place::Repository, "tasks/PLAN.md", "# Unified Plan\n\nAs I corrected it.\n");
    assert_eq!(world.command(Plan, "feature.md"), None);
    let kept =
        world.files.iter().find(|((_, path), _)| path.ends_with("/PLAN.md") && path.contains("archive/"));
    let (place, text) = kept.expect("a copy");
    assert!(text.contains("As I corrected it."));
    world.assert_said(&format!("The earlier plan is kept in {}.", place.1.trim_end_matches("/PLAN.md")));
}
