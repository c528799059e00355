//! What stands in a command's way before it begins: each gets one clear error and changes nothing.

use multi_agent_coder::effect::file::Place;
use multi_agent_coder::event::CommandName::{self, Backlog, Implement, Metrics, Plan, Progress};
use multi_agent_coder::ids::ModelRef;
use serde_json::json;

use crate::agents::four_tasks;
use crate::git::MAIN;
use crate::world::World;

/// The command fails with a text that holds `parts`; no file, session or ref came or went.
fn refused(mut world: World, name: CommandName, arguments: &str, parts: &[&str]) {
    let (files, refs) = (world.files.clone(), world.git.refs.clone());
    let error = world.command(name, arguments).unwrap_or_default();
    for part in parts {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
    assert_eq!(world.files, files, "files were touched: {error}");
    assert_eq!(world.git.refs, refs, "refs were touched: {error}");
    assert_eq!(world.sessions.len(), 0, "a session was made: {error}");
}

fn planned() -> World {
    World::planned(four_tasks())
}

#[test]
fn a_plan_needs_a_request_that_can_be_read() {
    let new = || World::new(four_tasks());
    let with = |text: &str| {
        let mut world = new();
        world.put(Place::Person, "request.md", text);
        world
    };
    refused(new(), Plan, "", &["needs a feature request"]);
    refused(new(), Plan, "--new", &["needs a feature request"]);
    refused(new(), Plan, "nowhere.md", &["there is no file nowhere.md"]);
    refused(new(), Plan, "--fast feature.md", &["no option --fast"]);
    refused(with(" \n\n"), Plan, "request.md", &["is empty"]);
    refused(with(&"x".repeat(70_000)), Plan, "request.md", &["70000", "65536"]);
    refused(with("a\0b"), Plan, "request.md", &["NUL"]);
}

#[test]
fn a_long_request_is_planned_with_a_warning() {
    let mut world = World::new(four_tasks());
    let text = format!("# Long\n\n{}", "word ".repeat(1_200));
    world.put(Place::Person, "request.md", &text);
    assert_eq!(world.command(Plan, "request.md"), None);
    world.assert_said("Planners do best below");
}

#[test]
fn a_request_may_be_typed() {
    let mut world = World::new(four_tasks());
    assert_eq!(world.command(Plan, "add a cart with tax"), None);
    let sent = world.sent_to("planner-qa")[0];
    assert!(sent.ends_with("# Feature request\n\nadd a cart with tax\n"), "{sent}");
}

#[test]
fn the_repository_must_be_usable() {
    for name in [Plan, Backlog, Implement] {
        let mut world = planned();
        world.git.is_repository = false;
        refused(world, name, "feature.md", &["not a git repository", "git init"]);
        let mut world = planned();
        world.git.refs.remove(MAIN);
        refused(world, name, "feature.md", &["no commit yet"]);
        let mut world = planned();
        world.git.branch = None;
        refused(world, name, "feature.md", &["HEAD is detached"]);
        let mut world = planned();
        world.git.has_mac_branch = true;
        refused(world, name, "feature.md", &["branch named `mac`", "git branch -m"]);
    }
}

#[test]
fn a_detached_head_will_do_when_nothing_is_to_land() {
    let mut world = planned();
    world.git.branch = None;
    world.setting.options = json!({ "land": "never" });
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(world.git.merges("refs/heads/mac/cart-1").len(), 4);
}

#[test]
fn models_must_be_set_and_exist() {
    let mut world = planned();
    (world.setting.model, world.setting.small_model) = (None, None);
    refused(world, Plan, "feature.md", &["model"]);
    let mut world = planned();
    world.setting.small_model = ModelRef::parse("acme/tiny");
    world.unknown_models.insert("acme/tiny".into());
    let parts = ["no model acme/tiny", "planning", "did you mean acme/large?"];
    refused(world, Implement, "", &parts);
}

#[test]
fn options_must_be_known() {
    for name in [Plan, Backlog, Implement, Progress, Metrics] {
        let mut world = planned();
        world.setting.options = json!({ "maxWorker": 2, "review": "maybe" });
        refused(world, name, "feature.md", &["maxWorker", "maxWorkers", "review", "manual"]);
    }
}

#[test]
fn a_broken_backlog_is_named_with_its_lines() {
    let good = planned().file("tasks/BACKLOG.yaml").unwrap_or_default().to_owned();
    let edits: [(&str, &str, &[&str]); 6] = [
        ("status: pending", "status: done", &["T01", "status"]),
        ("id: T02", "id: T01", &["T01", "taken by an earlier task"]),
        ("id: T03", "id: ../x", &["../x"]),
        ("id: T03", "id: -f", &["-f"]),
        ("    title", "\ttitle", &["tab"]),
        ("depends_on: []", "depends_on: [T04]", &["T01 -> T04 -> T01"]),
    ];
    for (from, to, parts) in edits {
        let mut world = planned();
        world.put(Place::Repository, "tasks/BACKLOG.yaml", &good.replacen(from, to, 1));
        let error = world.command(Implement, "").unwrap_or_default();
        assert!(error.contains("line "), "{error}");
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
        assert!(world.sessions.is_empty() && world.git.refs.len() == 1);
    }
    let mut world = planned();
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &"# x\n".repeat(500_000));
    refused(world, Implement, "", &["too large"]);
    refused(World::new(four_tasks()), Implement, "", &["there is no tasks/BACKLOG.yaml"]);
}

#[test]
fn tasks_must_exist() {
    refused(planned(), Implement, "T01 T09", &["no task T09", "T01, T02, T03 and T04"]);
    refused(planned(), Implement, "--fast", &["no option --fast"]);
}

#[test]
fn a_task_that_cannot_fit_starts_nothing() {
    let mut tasks = four_tasks();
    tasks[1].acceptance = vec!["so much to say ".repeat(300)];
    let mut world = World::planned(tasks);
    let refs = world.git.refs.clone();
    let error = world.command(Implement, "").unwrap_or_default();
    for part in ["T02", "cut", "acceptance", "a shorter wording was asked for"] {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
    assert_eq!(world.git.refs, refs, "refs were touched: {error}");
    assert!(world.sent_to("implementer").is_empty(), "a worker was asked: {error}");
    assert!(world.sessions.values().all(|session| session.is_removed), "a session was left: {error}");
}

#[test]
fn one_command_at_a_time() {
    let mut world = planned();
    let first = world.start(Implement, "");
    for _ in 0..20 {
        world.deliver();
    }
    let error = world.start(Plan, "feature.md");
    assert!(world.ends[&error].as_ref().unwrap().contains("still running"));
    world.run();
    assert_eq!(world.end_of(&first), None);
}
