use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::backlog::{Limits, TaskContext, TaskSpec};
use crate::context::provenance::{Span, Why};

fn evidence() -> Vec<String> {
    vec![
        "Don't break \"never above\": 14 !== 10 (test, test/limiter.test.js:6)".to_owned(),
        "Don't leave no-undef: 'toknes' is not defined (lint, src/limiter.js:3)".to_owned(),
    ]
}

/// The text of a context with nothing but its evidence.
fn compile_task(task: &TaskSpec, evidence: &[String], bytes_max: usize) -> Result<String, ContextTooLarge> {
    compile(&Inputs::of(task, evidence, bytes_max)).map(|context| context.text)
}

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_whole_context() {
    insta::assert_snapshot!(compile_task(&sample_task(), &evidence(), 3_000).unwrap());
}

#[test]
fn every_source_has_its_place() {
    let mut task = sample_task();
    task.description.push_str(" See section Storage.");
    task.context.gotchas.push("no new dependency".to_owned());
    let evidence = evidence();
    let constraints = lines(&["Everything must run on Node 20", "No new  dependency"]);
    let memory = [Remembered { id: "m1".to_owned(), text: "The tests need a build first".to_owned() }];
    let excluded = BTreeMap::from([(Source::Evidence { index: 1 }, String::new())]);
    let context = compile(&Inputs {
        plan: "# Unified Plan\n\n### Storage\n\nState is kept in memory.\n\nIt is lost at the end.\n",
        constraints: &constraints,
        memory: &memory,
        excluded: &excluded,
        ..Inputs::of(&task, &evidence, 3_000)
    })
    .unwrap();
    let shown = |span: &Span| format!("[{}] {:?}", span.source, &context.text[span.from..span.to]);
    let spans: Vec<String> = context.spans.iter().map(shown).collect();
    let dropped: Vec<String> = context.dropped.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(format!("{}\n\n{}", spans.join("\n"), dropped.join("\n")));
    assert_eq!(context.source_at(0), Some(&Source::Title));
    assert_eq!(context.source_at(context.text.len()), None);
}

#[test]
fn empty_sections_are_not_written() {
    let mut task = sample_task();
    task.context = TaskContext::default();
    task.description = " ".to_owned();
    insta::assert_snapshot!(compile_task(&task, &[], 3_000).unwrap());
}

#[test]
fn optional_lines_are_left_out_from_the_back() {
    let whole = compile_task(&sample_task(), &evidence(), 3_000).unwrap();
    let cut = compile_task(&sample_task(), &evidence(), whole.len() - 1).unwrap();
    assert!(whole.starts_with(&cut) && cut.len() < whole.len());
    assert!(cut.contains("Learned from failed attempts") && cut.contains("Patterns to follow"));
}

#[test]
fn a_heading_alone_is_not_written() {
    let mut task = sample_task();
    task.context.gotchas = vec!["x".repeat(100)];
    task.context.patterns.clear();
    let whole = compile_task(&task, &[], 3_000).unwrap();
    let no_room = compile_task(&task, &[], whole.len() - 50).unwrap();
    assert!(!no_room.contains("Gotchas"));
}

#[test]
fn too_much_is_refused_with_what_to_cut() {
    let mut task = sample_task();
    task.description = format!("`{}`", "x".repeat(1_998));
    task.acceptance.push("y".repeat(1_200));
    let error = compile_task(&task, &[], 3_000).unwrap_err();
    assert_eq!(error.largest[1], ("acceptance[2]".to_owned(), 1_200));
    let told = error.to_string().replace(&"x".repeat(1_998), "x…");
    insta::assert_snapshot!(told);
}

#[test]
fn prose_gives_way_to_what_was_learned() {
    let mut task = sample_task();
    let talk = "Many people have thought about this for a long while. Others have, too, in some other way. ";
    task.description = format!("{talk}A refill must stop at `capacity`.");
    let whole = compile_task(&task, &[], 3_000).unwrap();
    let context = compile(&Inputs::of(&task, &evidence(), whole.len())).unwrap();
    assert!(
        context.text.contains("Don't break") && context.text.contains("A refill must stop at `capacity`.")
    );
    assert!(!context.text.contains("Many people"));
    assert!(context.dropped.iter().any(|dropped| dropped.why == Why::Shortened));
}

#[test]
fn the_description_does_not_repeat_the_criteria() {
    let mut task = sample_task();
    task.acceptance.push("An empty rate must be reported as an error".to_owned());
    task.description =
        "An empty rate must be reported as an error. An empty rate must not be reported as an error. \
                        It is called often."
            .to_owned();
    let context = compile(&Inputs::of(&task, &[], 3_000)).unwrap();
    assert!(
        context.text.contains("\n\nAn empty rate must not be reported as an error. It is called often.\n")
    );
    assert_eq!(context.dropped[0].why, Why::Repeats { of: Source::Acceptance { index: 2 } });
}

#[test]
fn a_pattern_never_shows_a_file() {
    let mut task = sample_task();
    let body = "const a = 1;\n".repeat(12);
    task.context.patterns = vec![
        format!("Like this:\n```js src/clock.js:4-20\n{body}```"),
        format!("```js\n{body}```"),
        "src/clock.js:4-20".to_owned(),
    ];
    let context = compile(&Inputs::of(&task, &[], 3_000)).unwrap();
    assert!(!context.text.contains("const a") && context.text.contains("src/clock.js:4-20"));
    assert!(context.dropped.iter().any(|dropped| dropped.why == Why::Body));
}

#[test]
fn the_limits_of_the_backlog_stand_with_the_constraints() {
    let limits = Limits { constraints: lines(&["No network", "No new dependency"]), dont_touch: Vec::new() };
    let task = sample_task();
    let inputs = Inputs { limits: &limits, ..Inputs::of(&task, &[], 3_000) };
    let context = compile(&inputs).unwrap();
    assert!(
        context.text.contains("## Constraints\n\n- No new dependency\n- No network\n\n"),
        "{}",
        context.text
    );
    let source = context.spans.iter().find(|span| context.text[span.from..span.to].contains("No network"));
    assert_eq!(source.map(|span| &span.source), Some(&Source::Limit { index: 0 }));
    let of = Source::Constraint { index: 0 };
    assert!(context.dropped.iter().any(|dropped| dropped.why == Why::Repeats { of: of.clone() }));

    let long = Limits { constraints: vec!["x".repeat(3_000)], dont_touch: Vec::new() };
    let error = compile(&Inputs { limits: &long, ..inputs }).unwrap_err();
    assert_eq!(error.largest[0], ("backlog limit 1".to_owned(), 3_000));
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-zä#`|*][a-zä #`|*.]{0,60}[a-z.]", 0..5)
}

proptest! {
    #[test]
    fn never_over_the_limit_and_never_without_a_must(
        (description, acceptance, constraints) in ("([a-zä.]{0,30} ?`?){0,10}", texts(), texts()),
        (files, patterns, gotchas, evidence) in (texts(), texts(), texts(), texts()),
        (project, limits, plan) in (texts(), texts(), "(### [a-z]{1,6} [a-z]{1,6}\n[a-z .]{0,40}\n){0,4}"),
        bytes_max in 0usize..1_500,
    ) {
        let mut task = sample_task();
        task.description = description;
        task.acceptance = acceptance;
        task.scope.files_hint = files;
        task.context = TaskContext { constraints, patterns, gotchas };
        let memory = [Remembered { id: "m1".to_owned(), text: task.title.clone() }];
        let inputs = Inputs {
            plan: &plan,
            constraints: &project,
            limits: &Limits { constraints: limits.clone(), dont_touch: Vec::new() },
            memory: &memory,
            ..Inputs::of(&task, &evidence, bytes_max)
        };
        match compile(&inputs) {
            Ok(context) => {
                prop_assert!(context.text.len() <= bytes_max);
                prop_assert!(context.text.contains(&task.title));
                prop_assert_eq!(keeps_atoms(&task.description, &context.text), Ok(()));
                let must = task.acceptance.iter().chain(&task.context.constraints).chain(&limits);
                for line in must.chain(&task.scope.files_hint) {
                    let written = format!("- {}", super::document::fold(line));
                    prop_assert!(context.text.lines().any(|line| line == written));
                }
                let mut at = 0;
                for span in &context.spans {
                    prop_assert!(span.from == at && span.to > at);
                    at = span.to;
                }
                prop_assert_eq!(at, context.text.len());
                prop_assert_eq!(compile(&inputs), Ok(context));
            }
            Err(error) => {
                prop_assert!(error.bytes > bytes_max, "{}", error);
                // The limit that it names is indeed enough.
                let enough = Inputs { bytes_max: error.bytes, ..inputs };
                prop_assert!(compile(&enough).is_ok());
            }
        }
    }
}
