//! `/plan --template` and `--templates`: a backlog without any model; and `--init`: a request to fill in.

use multi_agent_coder::backlog::parse;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::event::CommandName::{Implement, Plan, Spec};
use multi_agent_coder::template;

use crate::agents::four_tasks;
use crate::world::World;

const FILE: &str = "tasks/BACKLOG.yaml";
const OWN: &str = "\
name: chore
description: A chore.
title: \"Chore {{NAME}}\"
variables:
  NAME: { description: What to do, required: true }
dont_touch: [db/]
tasks:
  - id: T01
    title: \"Do {{NAME}}\"
    description: \"Do {{NAME}} well.\"
    acceptance: [\"{{NAME}} is done\"]
    scope: { files_hint: [src/chore.js] }
";

fn world() -> World {
    World::new(four_tasks())
}

#[test]
fn a_template_becomes_a_plan_and_a_backlog_without_a_model() {
    let mut world = world();
    let line = "--template api-endpoint NAME=\"export invoices\" PATH=/invoices/export DOCS=docs/api.md";
    assert_eq!(world.command(Plan, line), None, "{}", world.transcript);
    insta::assert_snapshot!(world.transcript, @r#"
    > /plan --template api-endpoint NAME="export invoices" PATH=/invoices/export DOCS=docs/api.md

    Planning **GET /invoices/export: export invoices** from the template api-endpoint (shipped): 4 tasks. No model is asked.

    | Order | Task | Title                                    | After | Hours | Files                |
    | ----: | ---- | ---------------------------------------- | ----- | ----: | -------------------- |
    |     1 | T01  | Answer GET /invoices/export              | –     |     2 | `src/**`, `test*/**` |
    |     2 | T02  | Refuse bad input to GET /invoices/export | T01   |   1.5 | `src/**`, `test*/**` |
    |     3 | T03  | Guard GET /invoices/export               | T02   |     1 | `src/**`, `test*/**` |
    |     4 | T04  | Document GET /invoices/export            | T03   |   0.5 | `docs/api.md`        |

    4 tasks in tasks/BACKLOG.yaml, about 5.0 hours of work by the estimates, up to 3 at once. The plan is in tasks/PLAN.md.

    **Next:** read or edit the backlog, then `/implement`.

    ---
    "#);
    assert!(world.sent.is_empty() && world.sessions.is_empty());
    for name in ["SPEC.md", "ARCH.md", "QA.md", "PLAN.md", "T01.yaml", "T04.yaml"] {
        assert!(world.file(&format!("tasks/{name}")).is_some(), "{name}");
    }
    let backlog = parse(world.file(FILE).unwrap_or_default()).unwrap();
    assert!(backlog.track_id.as_str().starts_with("get-invoices-export"), "{}", backlog.track_id);
}

#[test]
fn every_shipped_template_is_planned() {
    for (name, text) in template::shipped::SHIPPED {
        let mut world = world();
        let known = template::parse(text).unwrap();
        let required = known.variables.iter().filter(|variable| variable.is_required());
        let values: Vec<String> = required
            .map(|variable| match variable.name.as_str() {
                "PATH" => "PATH=/a/:id".to_owned(),
                "SOURCE" => "SOURCE=src/a/**".to_owned(),
                name => format!("{name}=\"some words\""),
            })
            .collect();
        // A component's name is one word.
        let line = format!("--template {name} {}", values.join(" "));
        let line =
            if name == "ui-component" { line.replace("NAME=\"some words\"", "NAME=Picker") } else { line };
        assert_eq!(world.command(Plan, &line), None, "{}", world.transcript);
        let backlog = parse(world.file(FILE).unwrap_or_default()).unwrap();
        assert!(backlog.tasks.len() > 1, "{name}");
    }
}

#[test]
fn a_template_of_the_persons_own_wins_and_is_worked_off() {
    let mut world = world();
    world.put(Place::Repository, "specs/templates/bugfix.yaml", &OWN.replace("name: chore", "name: bugfix"));
    assert_eq!(
        world.command(Plan, "--template bugfix NAME='the {{dishes}}: \"now\"'"),
        None,
        "{}",
        world.transcript
    );
    world.assert_said("from the template bugfix (specs/templates/bugfix.yaml): 1 task.");
    let backlog = parse(world.file(FILE).unwrap_or_default()).unwrap();
    assert_eq!(backlog.tasks[0].title, "Do the {{dishes}}: \"now\"");
    assert_eq!(backlog.limits.dont_touch, ["db/"]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert!(world.sent_to("T01")[0].contains("- the {{dishes}}: \"now\" is done\n"));
}

#[test]
fn what_cannot_be_filled_in_changes_nothing() {
    let broken = OWN.replace("[src/chore.js]", "[\"{{WHERE}}\"]");
    let told = |name: &str, line: &str| {
        let mut world = world();
        world.put(Place::Repository, "specs/templates/chore.yaml", OWN);
        world.put(Place::Repository, "specs/templates/broken.yaml", &broken);
        world.put(Place::Repository, "specs/templates/other.yaml", OWN);
        let error = world.command(Plan, &format!("--template {name} {line}")).unwrap_or_default();
        assert_eq!(world.file(FILE), None);
        assert_eq!(world.file("tasks/PLAN.md"), None);
        error
    };
    insta::assert_snapshot!(told("api-endpoint", "NAMES=x METHOD=get"), @r#"
    the template api-endpoint (shipped) cannot be filled in like this, so nothing was changed:
    - there is no variable "NAMES"; did you mean "NAME"? (known: NAME, PATH, METHOD, INPUT, OUTPUT, ACCESS, SOURCE, TESTS, DOCS)
    - NAME is missing: What a caller gets done, for example "export invoices"
    - PATH is missing: The path with its parameters, for example /invoices/:id/export
    `/plan --templates api-endpoint` shows its variables.
    "#);
    insta::assert_snapshot!(told("bug-fix", ""), @"there is no template bug-fix; did you mean bugfix? There are crud-feature, api-endpoint, ui-component, bugfix, refactor, cli-command, data-migration, test-hardening, broken, chore and other.");
    insta::assert_snapshot!(told("../x", ""), @"there is no template ../x. There are crud-feature, api-endpoint, ui-component, bugfix, refactor, cli-command, data-migration, test-hardening, broken, chore and other.");
    insta::assert_snapshot!(told("broken", "NAME=x"), @r"
    the template broken (specs/templates/broken.yaml) has problems:
    - line 12: there is no variable WHERE; declare it under variables (\{{WHERE}} stands for the text itself)
    ");
    insta::assert_snapshot!(told("other", "NAME=x"), @r"
    the template other (specs/templates/other.yaml) has problems:
    - its name is chore and its file's is other: make them equal
    ");
    insta::assert_snapshot!(told("chore", &format!("NAME=\"{}\"", "all of it, ".repeat(300))), @r"
    filled in, the template chore (specs/templates/chore.yaml) makes tasks that no worker can be sent, so nothing was changed:
    - task T01: the context of task T01 takes 6,709 bytes and at most 3,000 bytes fit: cut 3,709 bytes or split the task; its largest parts are description (3,309 bytes), acceptance[0] (3,308 bytes) and title (3,303 bytes)
    Shorten the values, or copy the template and cut its tasks differently.
    ");
}

#[test]
fn an_earlier_backlog_is_kept_as_ever() {
    let mut world = world();
    assert_eq!(world.command(Plan, "feature.md"), None);
    let earlier = world.file(FILE).unwrap_or_default().to_owned();
    world.put(Place::Repository, "specs/templates/chore.yaml", OWN);
    assert_eq!(world.command(Plan, "--template chore NAME=x"), None, "{}", world.transcript);
    let kept = world
        .files
        .iter()
        .find(|((_, path), _)| path.starts_with("tasks/archive/") && path.ends_with("BACKLOG.yaml"));
    assert_eq!(kept.map(|(_, text)| text), Some(&earlier));

    let mut world = World::planned(four_tasks());
    assert_eq!(world.command(Implement, "T01"), None);
    let line = "--template refactor NAME=x GOAL=y SOURCE=src/a.js";
    let error = world.command(Plan, line).unwrap_or_default();
    assert!(error.contains("`/plan --new …` starts over"), "{error}");
    assert_eq!(world.command(Plan, &format!("--new {line}")), None, "{}", world.transcript);
}

#[test]
fn templates_are_listed_shown_and_copied() {
    let mut world = world();
    world.put(Place::Repository, "specs/templates/refactor.yaml", &OWN.replace("chore", "refactor"));
    world.put(Place::Repository, "specs/templates/broken.yaml", "name: broken\n");
    world.put(Place::Repository, "specs/templates/README.md", "Not a template.");
    assert_eq!(world.command(Plan, "--templates"), None);
    insta::assert_snapshot!(world.transcript, @r#"
    > /plan --templates

    - **broken** (specs/templates/broken.yaml) cannot be used:
      - line 1, field description: description is missing: write one
      - line 1, field title: title is missing: write one
      - line 1, field tasks: there are no tasks: write at least one
    - **refactor** (specs/templates/refactor.yaml): A refactor. Needs NAME.
    - **crud-feature** (shipped): A kind of record that can be created, read, listed, changed and deleted, from its rules to its documentation. Needs NAME and FIELDS; may have PLURAL, DELETION, STORE, SURFACE, SOURCE, TESTS and DOCS.
    - **api-endpoint** (shipped): One HTTP endpoint in a service that has some already, from its contract to its documentation. Needs NAME and PATH; may have METHOD, INPUT, OUTPUT, ACCESS, SOURCE, TESTS and DOCS.
    - **ui-component** (shipped): One component of a user interface with all its states, usable by keyboard and screen reader. Needs NAME and PURPOSE; may have PROPS, STATES, SOURCE, TESTS and DOCS.
    - **bugfix** (shipped): A fault that can be reproduced, mended at its cause with a test that fails without the mending, and looked for elsewhere. Needs NAME, STEPS and EXPECTED; may have SEEN, CAUSE, SOURCE and TESTS.
    - **cli-command** (shipped): One command of a command-line program, for people and for scripts. Needs NAME and PURPOSE; may have ARGUMENTS, OUTPUT, SOURCE, TESTS and DOCS.
    - **data-migration** (shipped): Stored data takes another form while the software runs, in steps that can each be taken back. Needs NAME, FROM and TO; may have LOSSES, SOURCE, MIGRATIONS, TESTS and RUNBOOK.
    - **test-hardening** (shipped): A part of the code that is used more than it is tested gets tests that would catch its likely faults. Needs NAME and SOURCE; may have TESTS and RISKS.

    `/plan --template <name> VARIABLE="value" …` plans from one, `/plan --templates <name>` shows it. Your own are in specs/templates.

    ---
    "#);

    world.transcript.clear();
    assert_eq!(world.command(Plan, "--templates bugfix"), None);
    world.assert_said("**bugfix** (shipped): A fault");
    world.assert_said("How to see it, as exact as possible (input, command, version)");
    world.assert_said("```yaml\nname: bugfix\n");
    assert_eq!(world.command(Plan, "--templates bugfix --copy"), None);
    let copy = world.file("specs/templates/bugfix.yaml").map(str::to_owned);
    assert_eq!(copy.as_deref(), template::shipped::shipped("bugfix"));
    let error = world.command(Plan, "--templates bugfix --copy").unwrap_or_default();
    assert_eq!(error, "specs/templates/bugfix.yaml is there already and was left as it is.");
}

#[test]
fn a_request_to_fill_in_is_written_and_never_over_another() {
    let mut world = world();
    assert_eq!(world.command(Plan, "--init"), None, "{}", world.transcript);
    world.assert_said("feature.md is in the root of the repository. Fill it in, then `/plan feature.md`.");
    let filled = world.file("feature.md").unwrap_or_default().replace("<its name in a few words>", "Cart");
    world.put(Place::Repository, "feature.md", &filled);
    let error = world.command(Plan, "--init").unwrap_or_default();
    assert_eq!(error, "feature.md is there already and was left as it is. Name another file.");
    assert_eq!(world.file("feature.md"), Some(filled.as_str()));

    let filled = filled.replace(
        "- <One thing that it must do, so that somebody else could check it.>",
        "- Totals are right",
    );
    world.put(Place::Person, "feature.md", &filled.replace("<src/billing/**>", "src/pay/**"));
    assert_eq!(world.command(Plan, "feature.md"), None, "{}", world.transcript);
    world.assert_said(
        "**Note:** the request still has the template's own text under Story, Problem, Requirements,",
    );
    assert!(!world.sent_to("planner-spec")[0].contains('<'), "{}", world.sent_to("planner-spec")[0]);
    assert!(world.file(FILE).unwrap_or_default().contains("dont_touch:\n  - \"src/pay/**\"\n"));
}

#[test]
fn a_feature_becomes_a_template_that_makes_it_again() {
    let mut world = world();
    assert_eq!(world.command(Plan, "feature.md"), None);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.transcript.clear();
    assert_eq!(world.command(Spec, "template feature-001 shop"), None, "{}", world.transcript);
    insta::assert_snapshot!(world.transcript, @r"
    > /spec template feature-001 shop

    feature-001-cart is the template `shop` now, in specs/templates/shop.yaml. The feature's name is its variable NAME (`cart` by default): edit the file to make variables of what differs from case to case. `/plan --template shop` plans from it.

    ---
    ");
    let text = world.file("specs/templates/shop.yaml").unwrap_or_default();
    assert!(text.contains("description: \"Build this part of the {{NAME}}: price list.\""), "{text}");

    assert_eq!(world.command(Plan, "--template shop NAME=basket"), None, "{}", world.transcript);
    let backlog = parse(world.file(FILE).unwrap_or_default()).unwrap();
    assert_eq!(backlog.tasks.len(), 4);
    assert_eq!(backlog.tasks[0].description, "Build this part of the basket: price list.");

    for (line, told) in [
        ("template", "takes a feature"),
        ("template 7", "there is no feature"),
        ("template 1 Two", "cannot name a template"),
        ("template 1 shop", "is there already and was left as it is"),
    ] {
        let error = world.command(Spec, line).unwrap_or_default();
        assert!(error.contains(told), "{line}: {error}");
    }
}
