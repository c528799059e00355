//! `/regenerate`: features built again from their specs, beside what is there, and compared with it.

use multi_agent_coder::backlog::{TaskSpec, render};
use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::git::{GitOperation, GitOutcome, Guarded};
use multi_agent_coder::effect::process::ProcessOperation;
use multi_agent_coder::event::CommandName::{Implement, Progress, Regenerate};
use multi_agent_coder::ids::{CommitId, TrackId};
use multi_agent_coder::spec::{self, FeatureId, Index, Metadata, SpecStatus};

use crate::agents::{Act, backlog, task};
use crate::cancel::at_every_moment;
use crate::git::MAIN;
use crate::world::World;

const ID: &str = "feature-001-cart";
const BRANCH: &str = "refs/heads/mac/feature-001-cart-r1";

/// A task that brings code and a test of it.
fn cart() -> TaskSpec {
    let mut cart = task("T01", "Cart", 1.0, &[]);
    cart.acceptance = vec!["the total of a cart is its sum".into(), "an unknown coupon is refused".into()];
    cart
}

/// What an agent builds: code with a word in it, and a test that needs a word.
fn built(code: &str, test: &str) -> Act {
    let code = format!("export function total() {{}} // {code}\n");
    // The words of each agent differ, as they do.
    let test = format!("NEEDS {test}\n// of {}\n", code.trim());
    Act::change(&[("src/cart.js", code.as_str()), ("test/cart.test.js", test.as_str())])
}

/// A world where a cart has landed.
fn landed() -> World {
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

fn metadata(id: &str, track: &str, commits: Option<(CommitId, CommitId)>, builds_on: &[&str]) -> Metadata {
    let text = format!(
        "id: {id}\ntitle: Cart\ntrack: {track}\nversion: 1.0.0\nstatus: deployed\ncreated_at: now\nupdated_at: now\n"
    );
    let mut metadata = spec::parse("m", &text).unwrap();
    (metadata.base, metadata.result) = commits.unzip();
    metadata.builds_on = builds_on.iter().map(|id| FeatureId::parse(id).unwrap()).collect();
    metadata
}

/// Saves a feature's spec.
fn save(
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

fn put_metadata(world: &mut World, metadata: &Metadata) {
    let index = world.file("specs/.metadata.json").map(|text| Index::parse("i", text).unwrap());
    let mut index = index.unwrap_or_default();
    index.put(metadata, Default::default());
    world.put(Place::Repository, "specs/.metadata.json", &index.render());
    let path = format!("specs/{}/metadata.yaml", metadata.id);
    world.put(Place::Repository, &path, &spec::render(metadata));
}

fn saved(world: &World, id: &str) -> Metadata {
    spec::parse("m", world.file(&format!("specs/{id}/metadata.yaml")).unwrap()).unwrap()
}

/// What was said once the versions were built.
fn compared(world: &World) -> &str {
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

/// Three features that landed one after the other; the last builds on the first.
fn three() -> World {
    let mut world = landed();
    for (number, name, on) in [(2, "tax", vec![]), (3, "mail", vec![ID])] {
        let base = world.git.refs[MAIN].clone();
        let file = format!("src/{name}.js");
        let result = world.git.commit_on(MAIN, &[(file.as_str(), "by hand\n")]);
        let mut one = task("T01", name, 1.0, &[]);
        one.scope.files_hint = vec![file];
        let id = format!("feature-00{number}-{name}");
        save(&mut world, &id, &format!("{name}-1"), vec![one], Some((base, result)), &on);
    }
    let index = world.file("specs/.metadata.json").unwrap();
    assert!(index.contains("feature-003-mail"));
    world
}

#[test]
fn all_deployed_features_are_built_in_order_and_a_red_one_stops_them() {
    let mut world = three();
    let mut draft = metadata("feature-004-draft", "draft-1", None, &[]);
    draft.status = SpecStatus::Draft;
    put_metadata(&mut world, &draft);
    let act = |code: &str| built(code, code);
    world.agents.script("T01", vec![act("sum"), Act::change(&[("src/tax.js", "BUG\n")])]);
    world.setting.options = serde_json::json!({"maxRetries": 1, "rebase": {"enabled": false}});
    let end = world.command(Regenerate, "--all").unwrap();
    insta::assert_snapshot!(end, @"
    1 of 3 features are built again and well, but not:
    - feature-002-tax: 1 of 1 task is not done:
      - T01: the test gate failed: `npm test` ended with exit code 1
      What failed and why is in tasks/regenerate/feature-002-tax-r1/.
    Not tried: feature-003-mail; --keep-going goes past a red one. `/regenerate --all` goes on.
    ");
    world.assert_said("because feature-003-mail builds on it");

    world.transcript.clear();
    let sent = world.sent_to("T01").len();
    assert_eq!(world.command(Regenerate, "--all"), None);
    world.assert_said("Going on: 1 of 3 features are done");
    assert_eq!(world.sent_to("T01").len(), sent + 2, "what is done is not built again");
}

#[test]
fn after_esc_nobody_is_asked_any_more() {
    at_every_moment(three(), (Regenerate, "--all"), |mut world, chat, at| {
        let sent = world.sent.len();
        world.cancel(chat);
        world.run();
        assert_eq!(world.sent.len(), sent, "step {at}: {}", world.transcript);
    });
}

#[test]
fn with_keep_going_a_red_feature_does_not_stop_the_others() {
    let mut world = three();
    world.setting.options = serde_json::json!({"maxRetries": 1, "rebase": {"enabled": false}});
    world.agents.script("T01", vec![Act::change(&[("src/cart.js", "BUG\n")])]);
    let end = world.command(Regenerate, "--all --keep-going").unwrap();
    assert!(
        end.contains("2 of 3 features are built again and well, but not:\n- feature-001-cart: "),
        "{end}"
    );
    assert!(end.contains("`/regenerate --all --keep-going` goes on"), "{end}");
    world.agents.script("T01", vec![built("sum", "sum")]);
    assert_eq!(world.command(Regenerate, "--all"), None);
}

#[test]
fn built_several_times_a_difference_in_behaviour_is_a_gap_in_the_spec() {
    let mut world = landed();
    let acts = ["refused with an error", "refused with an error", "refused in silence"]
        .map(|word| built(&format!("sum {word}"), word));
    world.agents.script("T01", acts.to_vec());
    assert_eq!(world.command(Regenerate, "1 --times 3"), None);
    insta::assert_snapshot!(compared(&world), @r#"
    Comparing `version 1`, `version 2` and `version 3`: the checks on each, and the tests of each on the code of the others.

    |                               | version 1  | version 2  | difference |
    | ----------------------------- | ---------- | ---------- | ---------- |
    | criteria                      | 2          | 2          | the same   |
    | test gate                     | green      | green      |            |
    | lint gate                     | green      | green      |            |
    | with the tests of `version 1` |            | not run    |            |
    | with the tests of `version 2` | not run    |            |            |
    | files changed                 | 2          | 2          | the same   |
    | public names                  | 1          | 1          | the same   |
    | lines added                   | +3         | +3         |            |
    | size                          | 146 bytes  | 146 bytes  |            |
    | cost                          | $0.0202    | $0.0204    |            |
    | time                          | 2 min 11 s | 2 min 15 s |            |

    |                               | version 2  | version 3  | difference |
    | ----------------------------- | ---------- | ---------- | ---------- |
    | criteria                      | 2          | 2          | the same   |
    | test gate                     | green      | green      |            |
    | lint gate                     | green      | green      |            |
    | with the tests of `version 2` |            | test red   |            |
    | with the tests of `version 3` | test red   |            |            |
    | files changed                 | 2          | 2          | the same   |
    | public names                  | 1          | 1          | the same   |
    | lines added                   | +3         | +3         |            |
    | size                          | 146 bytes  | 137 bytes  |            |
    | cost                          | $0.0204    | $0.0205    |            |
    | time                          | 2 min 15 s | 2 min 19 s |            |

    Completeness of the spec: 0 % (0 of 2 criteria without a difference between 3 versions).

    **A gap**: the code of `version 3` does not pass the tests of `version 1`: "sums up": 3 !== 4 (test/cart.test.js:7)
    - T01: an unknown coupon is refused
    - T01: the total of a cart is its sum

    **A gap**: the code of `version 1` does not pass the tests of `version 3`: "sums up": 3 !== 4 (test/cart.test.js:7)
    - T01: an unknown coupon is refused
    - T01: the total of a cart is its sum

    **A gap**: the code of `version 3` does not pass the tests of `version 2`: "sums up": 3 !== 4 (test/cart.test.js:7)
    - T01: an unknown coupon is refused
    - T01: the total of a cart is its sum

    **A gap**: the code of `version 2` does not pass the tests of `version 3`: "sums up": 3 !== 4 (test/cart.test.js:7)
    - T01: an unknown coupon is refused
    - T01: the total of a cart is its sum

    The tests of `version 1` were not run on the code of `version 2`: both have the same test files.

    The tests of `version 2` were not run on the code of `version 1`: both have the same test files.

    Nothing landed: the previous version is 000000000000, the new ones are on `mac/feature-001-cart-r1`, `mac/feature-001-cart-r2` and `mac/feature-001-cart-r3`. To land it, on `main`: `git merge --ff-only mac/<one>`; it holds `main` as it is now, so what is there stays in the history. To throw it away: `git branch -D mac/<one>`; its documents are in tasks/regenerate/<one>.
    "#);
    assert_eq!(saved(&world, ID).completeness, Some(0.0));
    let json = world.file("tasks/regenerate/feature-001-cart/comparison.json").unwrap();
    assert!(json.contains(r#""completeness": 0.0"#), "{json}");
}

#[test]
fn versions_that_behave_alike_show_no_gap() {
    let mut world = landed();
    world.agents.script("T01", vec![built("sum a", "sum"), built("sum b", "sum")]);
    assert_eq!(world.command(Regenerate, "1 --times 2"), None);
    world.assert_said("Completeness of the spec: 100 %");
    assert_eq!(saved(&world, ID).completeness, Some(1.0));
}

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
