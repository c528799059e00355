//! `/regenerate`: features built again from their specs, beside what is there, and compared with it.

use multi_agent_coder::backlog::{TaskSpec, render};
use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::process::ProcessOperation;
use multi_agent_coder::event::CommandName::{Implement, Progress, Regenerate};
use multi_agent_coder::ids::{CommitId, TrackId};
use multi_agent_coder::spec::{self, FeatureId, Index, Metadata};

use crate::agents::{Act, backlog, task};
use crate::cancel::at_every_moment;
use crate::git::MAIN;
use crate::world::World;

pub const ID: &str = "feature-001-cart";
pub const BRANCH: &str = "refs/heads/mac/feature-001-cart-r1";

/// A task that brings code and a test of it.
fn cart() -> TaskSpec {
    let mut cart = task("T01", "Cart", 1.0, &[]);
    cart.acceptance = vec!["the total of a cart is its sum".into(), "an unknown coupon is refused".into()];
    cart
}

/// What an agent builds: code with a word in it, and a test that needs a word.
pub fn built(code: &str, test: &str) -> Act {
    let code = format!("export function total() {{}} // {code}\n");
    // The words of each agent differ, as they do.
    let test = format!("NEEDS {test}\n// of {}\n", code.trim());
    Act::change(&[("src/cart.js", code.as_str()), ("test/cart.test.js", test.as_str())])
}

/// A world where a cart has landed.
pub fn landed() -> World {
    let mut world = World::planned(vec![cart()]);
    let base = world.git.refs[MAIN].clone();
    world.agents.script("T01", vec![built("sum", "sum")]);
    assert_eq!(world.command(Implement, ""), None);
    let result = world.git.refs[MAIN].clone();
    // The specs of these tests are written by hand.
    world.files.retain(|(_, path), _| !path.starts_with("specs/"));
    save(&mut world, ID, "cart-1", vec![cart()], Some((base, result)), &[]);
    world.transcript.clear();
    world
}

pub fn metadata(
    id: &str,
    track: &str,
    commits: Option<(CommitId, CommitId)>,
    builds_on: &[&str],
) -> Metadata {
    let text = format!(
        "id: {id}\ntitle: Cart\ntrack: {track}\nversion: 1.0.0\nstatus: deployed\ncreated_at: now\nupdated_at: now\n"
    );
    let mut metadata = spec::parse("m", &text).unwrap();
    (metadata.base, metadata.result) = commits.unzip();
    metadata.builds_on = builds_on.iter().map(|id| FeatureId::parse(id).unwrap()).collect();
    metadata
}

/// Saves a feature's spec.
pub fn save(
    world: &mut World,
    id: &str,
    track: &str,
    tasks: Vec<TaskSpec>,
    commits: Option<(CommitId, CommitId)>,
    builds_on: &[&str],
) {
    let mut saved = backlog(tasks);
    saved.track_id = TrackId(track.into());
    world.put(Place::Repository, &format!("specs/{id}/BACKLOG.yaml"), &render(&saved));
    put_metadata(world, &metadata(id, track, commits, builds_on));
}

pub fn put_metadata(world: &mut World, metadata: &Metadata) {
    let index = world.file("specs/.metadata.json").map(|text| Index::parse("i", text).unwrap());
    let mut index = index.unwrap_or_default();
    index.put(metadata, Default::default());
    world.put(Place::Repository, "specs/.metadata.json", &index.render());
    let path = format!("specs/{}/metadata.yaml", metadata.id);
    world.put(Place::Repository, &path, &spec::render(metadata));
}

pub fn saved(world: &World, id: &str) -> Metadata {
    spec::parse("m", world.file(&format!("specs/{id}/metadata.yaml")).unwrap()).unwrap()
}

/// What was said once the versions were built.
pub fn compared(world: &World) -> &str {
    let at = world.transcript.find("Comparing").unwrap();
    world.transcript[at..].trim_end_matches("\n\n---\n\n")
}

#[test]
fn another_implementation_that_passes_the_same_criteria() {
    let mut world = landed();
    let (before, plan) = (world.git.refs[MAIN].clone(), world.file("tasks/BACKLOG.yaml").map(str::to_owned));
    world.agents.script("T01", vec![built("sum, but other", "sum")]);
    world.put(Place::Repository, &format!("specs/{ID}/PLAN.md"), "# Unified Plan\n");
    assert_eq!(world.command(Regenerate, "1"), None);
    insta::assert_snapshot!(compared(&world), @"
    Comparing `before` and `now`: the checks on each, and the tests of each on the code of the others.

    |                            | before    | now        | difference |
    | -------------------------- | --------- | ---------- | ---------- |
    | criteria                   | 2         | 2          | the same   |
    | test gate                  | green     | green      |            |
    | lint gate                  | green     | green      |            |
    | with the tests of `before` |           | green      |            |
    | with the tests of `now`    | green     |            |            |
    | files changed              | 2         | 2          | the same   |
    | public names               | 1         | 1          | the same   |
    | lines added                | +3        | +3         |            |
    | size                       | 84 bytes  | 106 bytes  |            |
    | cost                       | $0.0201   | $0.0202    |            |
    | time                       | 2 min 7 s | 2 min 11 s |            |

    **The same behaviour**, as far as the tests of both tell.

    Nothing landed: the previous version is 000000000000, the new one is on `mac/feature-001-cart-r1`. To land it, on `main`: `git merge --ff-only mac/feature-001-cart-r1`; it holds `main` as it is now, so what is there stays in the history. To throw it away: `git branch -D mac/feature-001-cart-r1`; its documents are in tasks/regenerate/feature-001-cart-r1.
    ");
    assert_eq!(world.git.refs[MAIN], before, "nothing landed");
    assert_eq!(world.file("tasks/BACKLOG.yaml").map(str::to_owned), plan, "the person's plan");
    for name in ["PLAN.md", "BACKLOG.yaml", "T01.context.md"] {
        assert!(world.file(&format!("tasks/regenerate/feature-001-cart-r1/{name}")).is_some(), "{name}");
    }
    // What lands it has the files of the new version, and the branch as it is.
    assert!(world.git.holds(&world.git.refs[BRANCH], &before));
    assert!(world.git.tree(BRANCH)["src/cart.js"].contains("but other"));
    let json = world.file("tasks/regenerate/feature-001-cart/comparison.json").unwrap();
    assert!(json.contains(r#""same": true"#), "{json}");
}

/// What we write ourselves while agents work is no news.
#[test]
fn documents_of_ours_that_change_meanwhile_are_not_told() {
    let mut world = landed();
    world.agents.script("T01", vec![built("add", "add")]);
    world.start(Regenerate, ID);
    let asked = world.sent_to("T01").len();
    world.run_until(|world| world.sent_to("T01").len() > asked);
    world.git.uncommitted.insert("tasks/memory.yaml".into(), "entries:\n".into());
    world
        .git
        .uncommitted
        .insert("tasks/regenerate/feature-001-cart-r1/T01.notes.md".into(), "# T01\n".into());
    world.run();
    assert!(!world.transcript.contains("changed in your checkout"), "{}", world.transcript);
}

#[test]
fn one_that_does_not() {
    let mut world = landed();
    world.agents.script("T01", vec![built("product", "product")]);
    let end = world.command(Regenerate, ID).unwrap();
    assert!(end.contains("does not pass the tests of the previous one"), "{end}");
    world.assert_said("The tests of `before` on the code of `now`: the test gate is red");
    world.assert_said("The tests of `now` on the code of `before`: the test gate is red");
    world.assert_said("git merge --ff-only mac/feature-001-cart-r1");
    // It was judged, so the same command builds another one.
    world.agents.script("T01", vec![built("sum", "sum")]);
    assert_eq!(world.command(Regenerate, ID), None);
    assert!(world.git.refs.contains_key("refs/heads/mac/feature-001-cart-r2"));
}

#[test]
fn work_on_top_stays_and_the_feature_is_taken_back() {
    let mut world = landed();
    let tip = world.git.commit_on(MAIN, &[("src/other.js", "other\n")]);
    world.agents.script("T01", vec![built("sum", "sum")]);
    assert_eq!(world.command(Regenerate, ID), None);
    world.assert_said("your branch with its own work taken back");
    let start = world.git.tree("refs/mac/feature-001-cart-r1/start/1");
    assert!(start.contains_key("src/other.js") && !start.contains_key("src/cart.js"), "{start:?}");
    assert!(world.git.holds(&world.git.refs[BRANCH], &tip), "it fast-forwards");
}

#[test]
fn where_the_feature_cannot_be_taken_back_the_commit_before_it_is_the_start() {
    let mut world = landed();
    world.git.commit_on(MAIN, &[("src/cart.js", "changed by hand\n")]);
    world.agents.script("T01", vec![built("sum", "sum")]);
    assert_eq!(world.command(Regenerate, ID), None);
    world.assert_said("because later work changed the same places in src/cart.js");
    world.assert_said("git apply --3way --index");
}

#[test]
fn a_start_where_the_checks_fail_gives_way_to_the_commit_before() {
    let mut world = landed();
    world.git.commit_on(MAIN, &[("test/other.test.js", "NEEDS total\n")]);
    world.agents.script("T01", vec![built("sum", "sum")]);
    assert_eq!(world.command(Regenerate, ID), None);
    world.assert_said("because without the feature the project's own checks fail");
}

#[test]
fn a_start_that_gives_way_does_so_after_any_stop() {
    let mut world = landed();
    world.git.commit_on(MAIN, &[("test/other.test.js", "NEEDS total\n")]);
    world.agents.script("T01", vec![built("sum", "sum"); 3]);
    at_every_moment(world, (Regenerate, ID), |mut world, _, at| {
        world.reopen();
        assert_eq!(world.command(Regenerate, ID), None, "step {at}: {}", world.transcript);
    });
}

#[test]
fn a_landed_version_is_the_previous_one_next_time() {
    let mut world = landed();
    world.agents.script("T01", vec![built("sum one", "sum one")]);
    assert_eq!(world.command(Regenerate, ID), None);
    let made = world.git.refs[BRANCH].clone();
    world.git.refs.insert(MAIN.into(), made);
    world.agents.script("T01", vec![built("sum two", "sum two")]);
    let end = world.command(Regenerate, ID).unwrap();
    assert!(end.contains("does not pass the tests of the previous one"), "{end}");
    let branch = "refs/heads/mac/feature-001-cart-r2";
    assert!(world.git.holds(&world.git.refs[branch], &world.git.refs[MAIN]), "it fast-forwards");
}

#[test]
fn what_was_stopped_goes_on_with_the_same_command() {
    let mut world = landed();
    let merged = |world: &World| world.git.merges(BRANCH).len();
    let chat = world.start(Regenerate, ID);
    world.run_until(|world| !world.sent_to("T01").is_empty() && world.sent_to("T01").len() > 1);
    let look = world.start(Progress, "");
    world.run_until(|world| world.ends.contains_key(&look));
    world.assert_said("/regenerate is running");
    world.cancel(&chat);
    world.run();
    let end = world.end_of(&chat).unwrap();
    assert!(end.contains("`/regenerate feature-001-cart` goes on"), "{end}");
    assert_eq!(merged(&world), 0);
    world.agents.script("T01", vec![built("sum", "sum")]);

    // A kill in the middle of the comparison.
    world.start(Regenerate, "feature-001");
    world.run_until(|world| {
        world.pending.iter().any(|pending| {
            matches!(&pending.operation, Operation::Process(ProcessOperation::Run { .. }))
                && world.transcript.contains("Comparing")
        })
    });
    world.reopen();
    assert_eq!(world.command(Regenerate, ID), None);
    assert_eq!(merged(&world), 1, "built once");
    assert!(!world.git.refs.contains_key("refs/heads/mac/feature-001-cart-r2"));
}

/// The process ended when the branch of the version had moved and nobody knew.
#[test]
fn a_first_merge_that_nobody_heard_of_is_built_upon() {
    let mut world = landed();
    world.agents.script("T01", vec![built("sum", "sum")]);
    world.git_is_eager = true;
    world.start(Regenerate, ID);
    world.run_until(|world| world.git.refs.contains_key(BRANCH) && !world.git.merges(BRANCH).is_empty());
    world.reopen();
    assert_eq!(world.command(Regenerate, ID), None);
    assert_eq!(world.sent_to("T01").len(), 2, "built once, and once again");
    assert_eq!(world.git.merges(BRANCH).len(), 1);
}

#[test]
fn a_feature_that_is_not_built_gets_another_set_of_attempts() {
    let mut world = landed();
    world.setting.options = serde_json::json!({"maxRetries": 1, "rebase": {"enabled": false}});
    world.agents.script("T01", vec![Act::change(&[("src/cart.js", "BUG\n")])]);
    let end = world.command(Regenerate, ID).unwrap();
    assert!(end.contains("1 of 1 task is not done"), "{end}");
    world.agents.script("T01", vec![built("sum", "sum")]);
    assert_eq!(world.command(Regenerate, ID), None);
    assert!(!world.git.refs.contains_key("refs/heads/mac/feature-001-cart-r2"), "the same track");
}
