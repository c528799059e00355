use std::collections::BTreeSet;

use proptest::prelude::*;

use super::shipped::SHIPPED;
use super::*;
use crate::backlog::{Backlog, render};

const SMALL: &str = "\
name: small
description: A template for tests.
title: \"Do {{NAME}}\"
variables:
  NAME:
    description: What to do
    required: true
  WHERE:
    description: Where
    default: \"src/{{KIND}}\"
  KIND:
    description: Which kind
    default: a
    pattern: \"[a-z]+\"
constraints: [\"Only {{KIND}}\"]
tasks:
  - id: T01
    title: Do it
    description: \"{{NAME}}\"
    acceptance: [\"{{NAME}} is done\"]
    scope: { files_hint: [\"{{WHERE}}\"] }
";

fn given(values: &[(&str, &str)]) -> Vec<(String, String)> {
    values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn told(misfits: Vec<Misfit>) -> String {
    misfits.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn problems(text: &str) -> String {
    let problems = parse(text).unwrap_err();
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn values_and_defaults_take_their_places() {
    let filled = parse(SMALL).unwrap().fill(&given(&[("NAME", "the dishes")])).unwrap();
    assert_eq!(filled.title, "Do the dishes");
    assert_eq!(filled.limits.constraints, ["Only a"]);
    assert_eq!(filled.tasks[0].acceptance, ["the dishes is done"]);
    assert_eq!(filled.tasks[0].scope.files_hint, ["src/a"]);
    assert_eq!(filled.values, given(&[("NAME", "the dishes"), ("WHERE", "src/a"), ("KIND", "a")]));
}

#[test]
fn everything_wrong_with_values_is_told_at_once() {
    let template = parse(SMALL).unwrap();
    insta::assert_snapshot!(told(template.fill(&given(&[("NAMES", "x"), ("KIND", "b"), ("KIND", "c")])).unwrap_err()), @r#"
    there is no variable "NAMES"; did you mean "NAME"? (known: NAME, WHERE, KIND)
    KIND is given twice: keep one
    NAME is missing: What to do
    "#);
    insta::assert_snapshot!(told(template.fill(&given(&[("NAME", "x"), ("KIND", "B2")])).unwrap_err()), @r#"KIND cannot be "B2": it has to match `[a-z]+` (Which kind)"#);
    insta::assert_snapshot!(told(template.fill(&given(&[("NAME", &"x".repeat(4_001))])).unwrap_err()), @"NAME is longer than 4000 bytes: shorten it");
    insta::assert_snapshot!(told(template.fill(&given(&[("NAME", "x"), ("WHERE", "/etc")])).unwrap_err()), @r#"line 21, task T01, field scope.files_hint[0]: "/etc" is absolute: write it relative to the repository's root"#);
}

#[test]
fn a_broken_template_is_told_by_line() {
    insta::assert_snapshot!(problems(&SMALL.replace("title: \"Do {{NAME}}\"", "title: {{NAME}}")), @"line 3: a key must be a plain word; put a text that begins with {{ in quotes");
    insta::assert_snapshot!(problems(&SMALL.replace("{{NAME}} is", "{{NAMES}} is").replace("name: small", "name: A B")), @r#"
    line 1, field name: "A B" is no name: use small letters, digits and -
    line 20: there is no variable NAMES; did you mean "NAME"? (\{{NAMES}} stands for the text itself)
    "#);
    insta::assert_snapshot!(problems("title: x\nvariables:\n  a: {}\n  B: { description: b, default: c, required: true, pattern: '(' }\n"), @r#"
    line 1, field name: name is missing: write one
    line 1, field description: description is missing: write one
    line 1, field tasks: there are no tasks: write at least one
    line 3, field variables.a: "a" is no name: use capital letters, digits and _
    line 3, field variables.a.description: description is missing: write one
    line 4, field variables.B.default: what is required needs no default: remove one of them
    line 4, field variables.B.pattern: this is no regular expression: found open group without closing ')'
    line 4, field variables.B: it is used nowhere: use it or remove it
    "#);
    insta::assert_snapshot!(problems(&SMALL.replace("default: a", "default: \"{{WHERE}}/x\"")), @"line 10, field variables.WHERE.default: the defaults need each other: WHERE -> KIND -> WHERE; give one of them another");
    insta::assert_snapshot!(problems(&SMALL.replace("default: a", "default: \"{{KIND}}\"")), @"line 13, field variables.KIND.default: the defaults need each other: KIND -> KIND; give one of them another");
}

#[test]
fn defaults_that_grow_without_end_are_stopped() {
    let mut text = "name: big\ndescription: d\ntitle: \"{{V0}}\"\nvariables:\n".to_owned();
    for at in 0..60 {
        text.push_str(&format!(
            "  V{at}: {{ description: d, default: \"{{{{V{}}}}}{{{{V{}}}}}\" }}\n",
            at + 1,
            at + 1
        ));
    }
    text.push_str("  V60: { description: d, default: xxxxxxxxxx }\ntasks: []\n");
    let misfits = parse(&text).unwrap().fill(&[]).unwrap_err();
    assert!(misfits.iter().any(|misfit| matches!(misfit, Misfit::TooLong { .. })), "{misfits:?}");
}

/// A plausible value for a variable of a shipped template.
fn sample(variable: &Variable) -> String {
    match variable.name.as_str() {
        "PATH" => "/invoices/:id/export".to_owned(),
        "SOURCE" => "src/billing/**".to_owned(),
        "NAME" => "export".to_owned(),
        _ => "a sentence of a person who says what is wanted, as exactly as it is known (twice: 1, 2)"
            .to_owned(),
    }
}

#[test]
fn every_shipped_template_makes_a_backlog_that_workers_can_be_sent() {
    for (name, text) in SHIPPED {
        let template = parse(text).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        assert_eq!(template.name, name);
        let required = template.variables.iter().filter(|variable| variable.is_required());
        let values: Vec<_> = required.map(|variable| (variable.name.clone(), sample(variable))).collect();
        let filled = template.fill(&values).unwrap_or_else(|misfits| panic!("{name}: {}", told(misfits)));
        assert!(filled.tasks.len() > 1, "{name}");
        let misfits = crate::run::fitness::misfits(&filled.tasks, &filled.limits, 3_000);
        assert_eq!(misfits, [], "{name}");
        let file = Backlog {
            limits: filled.limits.clone(),
            ..crate::backlog::samples::backlog(filled.tasks.clone())
        };
        assert_eq!(crate::backlog::parse(&render(&file)), Ok(file));
        let missing = template.fill(&[]).unwrap_err();
        assert_eq!(missing.len(), values.len(), "{name}: {missing:?}");
        let plan = documents(&filled).plan;
        assert!(
            filled.tasks.iter().flat_map(|task| &task.acceptance).all(|line| plan.contains(line)),
            "{plan}"
        );
        assert!(!plan.contains("{{"), "{plan}");
    }
}

#[test]
fn the_example_of_the_documentation_is_one() {
    let page = include_str!("../../docs/templates.md");
    let (_, from) = page.split_once("```yaml\n").unwrap();
    let (text, _) = from.split_once("```").unwrap();
    let filled = parse(text).unwrap().fill(&given(&[("NAME", "new-checkout")])).unwrap();
    assert_eq!(filled.tasks[0].scope.files_hint, ["src/flags.ts", "test/new-checkout.test.ts"]);
    for (name, text) in SHIPPED {
        let template = parse(text).unwrap();
        let names = template.variables.iter().filter(|variable| variable.is_required());
        let names: Vec<String> = names.map(|variable| format!("`{}`", variable.name)).collect();
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}`"))).unwrap();
        assert!(row.contains(&names.join(", ")), "{row}");
    }
}

#[test]
fn the_documents_of_a_template() {
    let filled = parse(SMALL).unwrap().fill(&given(&[("NAME", "the dishes")])).unwrap();
    insta::assert_snapshot!(documents(&filled).plan, @r"
    # Unified Plan

    ## 1. Product Specification

    Do the dishes

    Made from the template `small`. A template for tests.

    - NAME: the dishes
    - WHERE: src/a
    - KIND: a

    ### T01: Do it

    the dishes

    ### Constraints

    None.

    ### Open Questions

    None.

    ## 2. Acceptance Criteria

    ### T01: Do it

    - the dishes is done

    ## 3. Architecture Design

    - T01: Do it

    ### Components

    - T01: `src/a`

    ### Patterns to Follow

    None.

    ## 4. API Specification

    None.

    ## 5. Quality Assurance

    Each task is held against its acceptance criteria, the project's checks and a review.

    ## 6. Risks & Mitigation

    None.

    ## 7. Gotchas

    None.

    ## 8. Constraints of the Request

    - Only a
    ");
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("{{NAME}} {{WHERE}}".to_owned()),
        Just("x\n    status: completed\n  - id: T99".to_owned()),
        Just("\": { } [ ] # & * ! | > ' % @ `".to_owned()),
        Just("null".to_owned()),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn a_value_is_data_and_nothing_else(value in hostile()) {
        let template = parse(SMALL).unwrap();
        match template.fill(&given(&[("NAME", &value)])) {
            Ok(filled) => {
                prop_assert_eq!(filled.tasks.len(), 1);
                prop_assert_eq!(&filled.tasks[0].description, &value);
                prop_assert_eq!(&filled.tasks[0].acceptance, &[format!("{value} is done")]);
                prop_assert_eq!(&filled.tasks[0].title, "Do it");
                let file = crate::backlog::samples::backlog(filled.tasks.clone());
                prop_assert_eq!(crate::backlog::parse(&render(&file)), Ok(file));
                let _ = documents(&filled);
            }
            // Only what would be wrong in any backlog is refused.
            Err(misfits) => {
                prop_assert!(value.trim().is_empty(), "{:?}: {}", value, told(misfits));
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), value in any::<String>()) {
        if let Ok(template) = parse(&text) {
            let _ = template.fill(&given(&[("NAME", &value)]));
        }
    }

    #[test]
    fn any_graph_of_defaults_is_filled_or_its_cycle_is_told(
        edges in proptest::collection::vec(proptest::collection::vec(0..6_usize, 0..3), 6),
    ) {
        let mut text = "name: g\ndescription: d\ntitle: \"".to_owned();
        text.extend((0..6).map(|at| format!("{{{{V{at}}}}}")));
        text.push_str("\"\nvariables:\n");
        for (at, needs) in edges.iter().enumerate() {
            let default: String = needs.iter().map(|to| format!("{{{{V{to}}}}}")).collect();
            text.push_str(&format!("  V{at}: {{ description: d, default: \"{default}.\" }}\n"));
        }
        text.push_str("tasks: [{id: T01, title: t, description: d, acceptance: [a], scope: {files_hint: [f]}}]\n");
        let mut open: BTreeSet<usize> = (0..6).collect();
        while let Some(free) = open.iter().copied().find(|at| edges[*at].iter().all(|to| !open.contains(to))) {
            open.remove(&free);
        }
        match parse(&text) {
            Ok(template) => {
                prop_assert!(open.is_empty());
                prop_assert!(!template.fill(&[]).unwrap().title.contains("{{"));
            }
            Err(problems) => {
                prop_assert!(!open.is_empty());
                prop_assert!(problems.iter().all(|problem| problem.message.contains(" -> ")));
            }
        }
    }
}
