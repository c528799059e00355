//! The spec repository: a feature is saved when it lands, edits become versions, and what is broken is told.

use multi_agent_coder::effect::file::Place;
use multi_agent_coder::event::CommandName::{Backlog, Implement, Plan, Spec};

use crate::agents::{Act, four_tasks, task};
use crate::world::World;

const FEATURE: &str = "specs/feature-001-cart";
const INDEX: &str = "specs/.metadata.json";

impl World {
    /// The files below `specs/`.
    fn specs(&self) -> Vec<&str> {
        let paths = self.files.keys().filter(|(place, _)| *place == Place::Repository);
        paths.map(|(_, path)| path.as_str()).filter(|path| path.starts_with("specs/")).collect()
    }

    fn spec_file(&self, name: &str) -> &str {
        let path = format!("{FEATURE}/{name}");
        self.file(&path).unwrap_or_else(|| panic!("no {path}, but {:?}", self.specs()))
    }

    fn edit_spec(&mut self, name: &str, from: &str, to: &str) {
        let text = self.spec_file(name).to_owned();
        assert!(text.contains(from), "{from:?} is not in {text}");
        self.put(Place::Repository, &format!("{FEATURE}/{name}"), &text.replacen(from, to, 1));
    }

    fn landed() -> Self {
        let mut world = Self::new(four_tasks());
        assert_eq!(world.command(Plan, "feature.md"), None, "{}", world.transcript);
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        world
    }
}

#[test]
fn a_feature_that_lands_is_saved() {
    let mut world = World::landed();
    world.assert_said(
        "The spec is saved in `specs/feature-001-cart` (version 1.0.0, deployed). It is not committed.",
    );
    insta::assert_snapshot!(world.specs().join("\n"), @r#"
    specs/.metadata.json
    specs/feature-001-cart/ARCH.md
    specs/feature-001-cart/BACKLOG.yaml
    specs/feature-001-cart/PLAN.md
    specs/feature-001-cart/QA.md
    specs/feature-001-cart/REQUEST.md
    specs/feature-001-cart/SPEC.md
    specs/feature-001-cart/context.md
    specs/feature-001-cart/metadata.yaml
    specs/feature-001-cart/versions/1.0.0/BACKLOG.yaml
    specs/feature-001-cart/versions/1.0.0/SPEC.md
    "#);
    insta::assert_snapshot!(world.spec_file("metadata.yaml"), @r#"
    # What is known of this feature. You may edit title, status (draft, deployed, superseded) and depends_on:
    # the features to build before this one; without it, those under builds_on count.
    id: feature-001-cart
    title: Cart
    track: cart-3c413f
    version: 1.0.0
    status: deployed
    created_at: "2025-06-01T12:07:05Z"
    updated_at: "2025-06-01T12:07:05Z"
    base: "0000000000000000000000000000000000000001"
    result: "0000000000000000000000000000000000000009"
    attempts: 4
    cost_usd: 0.082466
    builds_on: []
    changed:
      - t01/main.js
      - t02/main.js
      - t03/main.js
      - t04/main.js
    models:
      - acme/large
    history:
      - version: 1.0.0
        at: "2025-06-01T12:02:07Z"
        reason: plan
        changes:
          - "4 tasks with 4 criteria"
      - version: 1.0.0
        at: "2025-06-01T12:07:05Z"
        reason: landed
        changes:
          - landed as 0000000000000000000000000000000000000009
    "#);
    insta::assert_snapshot!(world.spec_file("context.md"), @r#"
    # What else was known: Cart

    Nothing beyond the tasks.
    "#);
    assert_eq!(world.spec_file("REQUEST.md"), "# Feature Request: Cart\n\nA cart with discounts and tax.\n");
    let backlog = multi_agent_coder::backlog::parse(world.spec_file("BACKLOG.yaml")).unwrap();
    assert!(backlog.tasks.iter().all(|task| task.status.as_str() == "pending" && task.attempts == 0));
    world.transcript.clear();
    assert_eq!(world.command(Spec, ""), None);
    assert_eq!(world.command(Spec, "show feature-001"), None);
    insta::assert_snapshot!(world.transcript, @r#"
    > /spec

    | Feature          | Title | Version | Status   | Since                |
    | ---------------- | ----- | ------- | -------- | -------------------- |
    | feature-001-cart | Cart  | 1.0.0   | deployed | 2025-06-01T12:07:05Z |

    ---

    > /spec show feature-001

    **feature-001-cart** Cart: version 1.0.0, deployed

    - Documents in `specs/feature-001-cart`, track `cart-3c413f`
    - Built from 0000000000000000000000000000000000000001 to 0000000000000000000000000000000000000009
    - 4 attempts, $0.0825 with acme/large

    | Version | When                 | Reason | Changes                                            |
    | ------- | -------------------- | ------ | -------------------------------------------------- |
    | 1.0.0   | 2025-06-01T12:02:07Z | plan   | 4 tasks with 4 criteria                            |
    | 1.0.0   | 2025-06-01T12:07:05Z | landed | landed as 0000000000000000000000000000000000000009 |

    ---
    "#);
}

#[test]
fn a_second_landing_is_the_same_feature() {
    let mut world = World::landed();
    let metadata = world.spec_file("metadata.yaml").to_owned();
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.spec_file("metadata.yaml"), metadata, "nothing happened");
    world.edit_spec("BACKLOG.yaml", "the discounts works", "discounts are shown in red");
    let edited = world.spec_file("BACKLOG.yaml").to_owned();
    for (name, arguments) in [(Implement, ""), (Spec, "save"), (Implement, "")] {
        assert_eq!(world.command(name, arguments), None, "{}", world.transcript);
        assert_eq!(world.spec_file("BACKLOG.yaml"), edited, "the plan is as it was when it was saved");
    }
    world.assert_said("is as it was (version 2.0.0, deployed)");
    world.edit_spec("BACKLOG.yaml", "discounts are shown in red", "the discounts works");
    let backlog = world.file("tasks/BACKLOG.yaml").unwrap_or_default().to_owned();
    let more = backlog.replacen("acceptance:\n", "acceptance:\n      - it is shown\n", 1);
    let more = more.replacen("status: completed", "status: pending", 1);
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &more);
    assert_eq!(world.command(Spec, "save"), None, "{}", world.transcript);
    world.assert_said("now version 3.1.0, deployed");
    assert_eq!(world.specs().iter().filter(|path| path.ends_with("/metadata.yaml")).count(), 1);
}

#[test]
fn a_new_plan_is_the_next_feature_and_no_number_is_used_twice() {
    let mut world = World::landed();
    world.put(Place::Person, "feature.md", "# Vouchers\n\nA voucher for the cart.\n");
    world.now_ms += 60_000;
    assert_eq!(world.command(Plan, "--new feature.md"), None, "{}", world.transcript);
    assert_eq!(world.command(Spec, "save"), None, "{}", world.transcript);
    assert!(world.file("specs/feature-002-vouchers/metadata.yaml").is_some(), "{:?}", world.specs());
    world.files.retain(|(_, path), _| !path.starts_with("specs/feature-002") && path != INDEX);
    world.put(Place::Person, "feature.md", "# Tax\n\nA tax for the cart.\n");
    world.now_ms += 60_000;
    assert_eq!(world.command(Plan, "--new feature.md"), None, "{}", world.transcript);
    world.assert_said(
        "the index of the specs was made again from their directories: there was no specs/.metadata.json",
    );
    assert_eq!(world.command(Spec, "save"), None, "{}", world.transcript);
    assert!(world.file("specs/feature-003-tax/metadata.yaml").is_some(), "{:?}", world.specs());
    assert!(world.file(INDEX).is_some_and(|text| text.contains("feature-001-cart")));
}

#[test]
fn an_edit_becomes_a_version_with_the_next_command() {
    let mut world = World::landed();
    world.transcript.clear();
    world.edit_spec("BACKLOG.yaml", "the discounts works", "discounts are shown in red");
    world.edit_spec("PLAN.md", "#", "# My");
    assert_eq!(world.command(Spec, ""), None);
    world.assert_said("specs/feature-001-cart was edited since; the next command that works takes that in");
    world.transcript.clear();
    // A command that fails for other reasons takes it in as well.
    assert!(world.command(Backlog, "--nonsense").is_some());
    insta::assert_snapshot!(world.transcript, @r#"
    > /backlog --nonsense

    specs/feature-001-cart was edited and is now version 2.0.0:
    - T02: "the discounts works" was removed
    - T02: "discounts are shown in red" was added
    - PLAN.md changed

    Error: /backlog has no option --nonsense. It takes --check, or a plan file.
    ---
    "#);
    let metadata = world.spec_file("metadata.yaml").to_owned();
    assert!(metadata.contains("version: 2.0.0") && metadata.contains("reason: person"), "{metadata}");
    assert!(world.spec_file("versions/2.0.0/BACKLOG.yaml").contains("discounts are shown in red"));
    assert!(world.spec_file("versions/1.0.0/BACKLOG.yaml").contains("the discounts works"));
    world.transcript.clear();
    assert!(world.command(Backlog, "--nonsense").is_some());
    assert!(!world.transcript.contains("was edited"), "told twice: {}", world.transcript);
    assert_eq!(world.spec_file("metadata.yaml"), metadata);
    // Who takes an edit back has edited again.
    world.edit_spec("BACKLOG.yaml", "discounts are shown in red", "the discounts works");
    assert!(world.command(Backlog, "--nonsense").is_some());
    world.assert_said("is now version 3.0.0");
}

#[test]
fn a_broken_edit_is_told_with_its_line_and_nothing_is_lost() {
    let mut world = World::landed();
    let index = world.file(INDEX).unwrap_or_default().to_owned();
    world.edit_spec("BACKLOG.yaml", "depends_on: []", "depends_on: [T99]");
    world.transcript.clear();
    let end = world.command(Spec, "save");
    insta::assert_snapshot!(world.transcript, @r#"
    > /spec save

    **Note:** specs/feature-001-cart was edited and cannot be used as it is. Nothing of it was changed; mend it, and the next command takes it in:
    - specs/feature-001-cart/BACKLOG.yaml:9: task T01, field depends_on[0]: there is no task "T99": correct or remove it

    Error: the spec was not saved: its spec was edited and has problems:
    - specs/feature-001-cart/BACKLOG.yaml:9: task T01, field depends_on[0]: there is no task "T99": correct or remove it
    ---
    "#);
    assert!(end.is_some());
    assert_eq!(world.file(INDEX), Some(index.as_str()));
    assert!(world.spec_file("BACKLOG.yaml").contains("T99"));
    world.edit_spec("BACKLOG.yaml", "depends_on: [T99]", "depends_on: []");
    world.transcript.clear();
    assert_eq!(world.command(Spec, "save"), None);
    world.assert_said("is as it was (version 1.0.0, deployed)");
}

#[test]
fn bad_input_changes_nothing() {
    let mut world = World::new(four_tasks());
    let ends: Vec<String> = ["save", "show", "show 7", "now", "save now"]
        .iter()
        .map(|arguments| world.command(Spec, arguments).unwrap_or_default())
        .collect();
    insta::assert_snapshot!(ends.join("\n"), @r#"
    there is no tasks/BACKLOG.yaml, so there is no plan to save. `/plan <feature>` makes one.
    /spec show needs a feature: `/spec` lists them.
    there is no feature "7": none is saved yet. A feature is saved when it lands, or by `/spec save`
    /spec does not know `now`; it takes nothing, `save`, or `show` or `template` with a feature.
    /spec does not know `save now`; it takes nothing, `save`, or `show` or `template` with a feature.
    "#);
    assert!(world.specs().is_empty());
    let mut world = World::landed();
    let before = world.files.clone();
    world.edit_spec("metadata.yaml", "version: 1.0.0\nstatus", "version: one\nstatus");
    world.transcript.clear();
    assert!(world.command(Spec, "save").is_some());
    assert!(world.command(Spec, "show 1").is_some());
    insta::assert_snapshot!(world.transcript, @r#"
    > /spec save

    **Note:** specs/feature-001-cart was edited and cannot be used as it is. Nothing of it was changed; mend it, and the next command takes it in:
    - specs/feature-001-cart/metadata.yaml:6: version: "one" must be a version, as in 1.2.3

    Error: the spec was not saved: its spec was edited and has problems:
    - specs/feature-001-cart/metadata.yaml:6: version: "one" must be a version, as in 1.2.3
    ---

    > /spec show 1

    Error: it cannot be read:
    - specs/feature-001-cart/metadata.yaml:6: version: "one" must be a version, as in 1.2.3
    ---
    "#);
    world.put(
        Place::Repository,
        &format!("{FEATURE}/metadata.yaml"),
        &before[&(Place::Repository, format!("{FEATURE}/metadata.yaml"))],
    );
    assert_eq!(world.files, before);
    world.put(Place::Repository, INDEX, "{ broken");
    assert!(world.command(Spec, "").is_some());
    assert_eq!(world.command(Spec, "save"), None, "{}", world.transcript);
    world.assert_said(
        "was made again from their directories: specs/.metadata.json:1: this is no index of features",
    );
    assert_eq!(world.file("specs/.metadata.json.edited"), Some("{ broken"));
    assert_eq!(world.file(INDEX), before.get(&(Place::Repository, INDEX.to_owned())).map(String::as_str));
}

#[test]
fn a_better_spec_flows_back() {
    let mut world = World::planned(vec![task("T01", "Price list", 1.0, &[])]);
    let red = Act::change(&[("t01/main.js", "BUG\n")]);
    world.agents.script("T01", vec![red.clone(), red]);
    let better = "description: \"Sum prices in whole cents.\"\nacceptance:\n  - \"the price list works\"\n  - \"0.10 and 0.20 are 0.30\"";
    world.agents.script("rebase T01", vec![Act::proposal(0.85, "It never says how to round.", better)]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    let history = world.spec_file("metadata.yaml").split("history:\n").nth(1).unwrap_or_default();
    let history: Vec<&str> = history.lines().map(str::trim_start).collect();
    insta::assert_snapshot!(history.join("\n"), @r#"
    - version: 1.0.0
    at: "2025-01-01T00:00:00Z"
    reason: plan
    changes:
    - "1 task with 1 criterion"
    - version: 1.1.0
    at: "2025-06-01T12:03:18Z"
    reason: rebase
    changes:
    - "T01: \"0.10 and 0.20 are 0.30\" was added (T01: 2 attempts at this version failed)"
    - "T01: changed the description"
    - version: 1.1.0
    at: "2025-06-01T12:05:31Z"
    reason: landed
    changes:
    - landed as 0000000000000000000000000000000000000005
    "#);
    let saved = multi_agent_coder::backlog::parse(world.spec_file("BACKLOG.yaml")).unwrap();
    assert_eq!(saved.tasks[0].acceptance, ["the price list works", "0.10 and 0.20 are 0.30"]);
    let metadata = world.spec_file("metadata.yaml").to_owned();
    assert_eq!(world.command(Spec, "save"), None);
    assert_eq!(world.spec_file("metadata.yaml"), metadata, "it is told once");
}

#[test]
fn a_draft_is_saved_and_deployed_when_the_person_merges_it() {
    let mut world = World::new(four_tasks());
    world.setting.options = serde_json::json!({ "land": "never" });
    assert_eq!(world.command(Plan, "feature.md"), None);
    assert_eq!(world.command(Spec, "save"), None, "{}", world.transcript);
    world.assert_said("(version 1.0.0, draft)");
    assert_eq!(world.command(Implement, ""), None);
    let track = world.git.refs.keys().find(|name| name.starts_with("refs/heads/mac/")).cloned().unwrap();
    let tip = world.git.refs[&track].clone();
    world.git.merge_on(crate::git::MAIN, &tip);
    assert_eq!(world.command(Spec, "save"), None, "{}", world.transcript);
    world.assert_said("is now version 1.0.0, deployed");
    assert!(world.spec_file("metadata.yaml").contains(&format!("result: \"{tip}\"")));
}

#[test]
fn a_directory_that_cannot_be_seen_whole_takes_no_feature_from_the_index() {
    let mut world = World::landed();
    let index = world.file(INDEX).map(str::to_owned);
    for number in 0..20_000 {
        world.put(Place::Repository, &format!("specs/attic/{number}.md"), "");
    }
    let error = world.command(Spec, "").unwrap_or_default();
    assert!(error.starts_with("specs has more than 20,000 files"), "{error}");
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said("edits of specs were not taken in: specs has more than 20,000 files");
    assert_eq!(world.file(INDEX).map(str::to_owned), index);
}

#[test]
fn what_cannot_be_written_does_not_undo_a_landing() {
    let mut world = World::planned(four_tasks());
    world.put(Place::Repository, INDEX, "{}");
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn a_process_that_ends_while_it_saves_leaves_no_edit_behind() {
    for writes in 1..=5 {
        let mut world = World::planned(four_tasks());
        world.start(Implement, "");
        world.run_until(|world| world.specs().len() == writes);
        world.reopen();
        world.transcript.clear();
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        assert!(!world.transcript.contains("was edited"), "{}", world.transcript);
        assert!(world.spec_file("metadata.yaml").contains("version: 1.0.0"));
        assert!(!world.specs().iter().any(|path| path.contains(".edited")), "{:?}", world.specs());
    }
}

#[test]
fn an_edit_that_no_version_keeps_is_not_replaced_without_a_copy() {
    for name in ["PLAN.md", "ARCH.md", "context.md"] {
        let mut world = World::landed();
        world.edit_spec(name, "#", "# My");
        let edited = world.spec_file(name).to_owned();
        // One command takes the edit in, another one saves the feature again.
        assert!(world.command(Backlog, "--nonsense").is_some());
        world.assert_said(&format!("{name} changed"));
        assert_eq!(world.command(Spec, "save"), None, "{}", world.transcript);
        assert!(world.files.values().any(|text| *text == edited), "{name}: {}", world.transcript);
    }
}
