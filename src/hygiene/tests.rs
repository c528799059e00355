use proptest::prelude::*;

use super::*;
use crate::ids::TaskId;

fn ids(names: &[&str]) -> Vec<TaskId> {
    names.iter().map(|name| TaskId::from(*name)).collect()
}

/// The findings about task `own`, which depends on T01.
fn about(own: &str, text: &str, names: &[&str], bytes_max: usize, prints: &Prints) -> Vec<Finding> {
    let frame = Frame {
        own: &TaskId::from(own),
        dependencies: &ids(&["T01"]),
        ids: &ids(names),
        bytes_max,
        prints: Some(prints),
        overheard: None,
        fields: &[],
        given: &[],
        not_overheard: &[],
    };
    verify(text, &frame)
}

fn found(text: &str, names: &[&str]) -> Vec<String> {
    let findings = about("T02", text, names, 3_000, &Prints::default());
    findings.iter().map(ToString::to_string).collect()
}

/// What is found, as it stands in the text.
fn passages(text: &str) -> Vec<&str> {
    let findings = about("T02", text, &["T01", "T03"], 3_000, &Prints::default());
    findings.iter().map(|finding| &text[finding.from..finding.to]).collect()
}

#[test]
fn a_foreign_task_is_named_with_its_place() {
    assert_eq!(
        found("fine\nlike T03 did", &["T01", "T02", "T03"]),
        [
            "line 2 of the context: names task T03, which T02 does not depend on: leave it out, or add it to depends_on"
        ]
    );
    assert_eq!(passages("like T03 did, see T03"), ["T03", "T03"]);
}

#[test]
fn ids_are_whole_words() {
    let names = ["T1", "T03", "T02-b", "api", "7", "T04"];
    let clean = [
        "T10 and T1x and xT1 and _T1",
        "T030",
        "the api and 7 retries",
        "rest-api",
        "T02",
        "ÄT03",
        "part T03-A7Q",
        "t1",
        "src/t03.js and t03.js",
    ];
    for text in clean {
        assert_eq!(found(text, &names), [""; 0], "{text}");
    }
    let bad = [
        "T1.",
        "`T03`",
        "tasks/T03.yaml",
        "T02-b",
        "task api",
        "Task 7:",
        "-T03-",
        "T01-T04",
        "t03",
        "**T**03",
        "Ｔ０３",
    ];
    for text in bad {
        assert_eq!(found(text, &names).len(), 1, "{text}");
    }
    assert_eq!(found("T03-T04", &names).len(), 2);
}

#[test]
fn a_part_of_its_own_id_is_not_foreign() {
    let none = Prints::default();
    assert_eq!(about("T02-b", "# T02-b: more", &["T02", "T02-b"], 100, &none), []);
    assert_eq!(about("T02-b", "# T02: more", &["T02", "T02-b"], 100, &none).len(), 1);
}

#[test]
fn the_size_is_checked_where_it_is_exceeded() {
    let findings = about("T02", "abc\ndef\nghi", &[], 6, &Prints::default());
    assert_eq!(
        findings,
        [Finding {
            rule: Rule::Size,
            from: 6,
            to: 11,
            line: 2,
            message: "the text is 11 bytes and at most 6 bytes fit: cut 5 bytes".to_owned(),
            weight: 100,
        }]
    );
    assert_eq!(about("T02", "abcdef", &[], 6, &Prints::default()), []);
}

#[test]
fn long_blocks_are_found_fences_aware() {
    let body = "x\n".repeat(21);
    let short = "x\n".repeat(20);
    assert_eq!(found(&format!("a\n```js\n{short}```\n"), &[]), [""; 0]);
    assert_eq!(found(&format!("a\n```js\n{body}```\n"), &[]).len(), 1);
    assert!(found(&format!("a\n```js\n{body}```\n"), &[])[0].starts_with("line 2 "));
    assert_eq!(found(&format!("~~~\n{body}"), &[]).len(), 1, "never closed");
    assert_eq!(found(&format!("- ~~~\n{body}  ~~~\n"), &[]).len(), 1, "in a list item");
    let nested = format!("````\n```\n{short}```\n````\n");
    assert_eq!(found(&nested, &[]).len(), 1, "an inner fence does not close the outer one");
    let two = format!("```\n{short}```\n```\n{short}```\n");
    assert_eq!(found(&two, &[]), [""; 0]);
    let wide = format!("```\n{}\n```\n", "x".repeat(2_500));
    assert_eq!(found(&wide, &[]).len(), 1, "few long lines");
    let file = "    total = total + price(item)\n".repeat(21);
    assert_eq!(found(&file, &[]).len(), 1, "without a fence");
}

#[test]
fn talk_is_found_and_data_is_not() {
    let text = "Sort by date. We explored three libraries first. Keep the order.";
    assert_eq!(passages(text), ["We explored three libraries first."]);
    let clean = [
        "The text is \"We explored three options.\"",
        "Rename `we_explored` to `tour_finished`.",
        "The first attempt counts; later attempts are practice.",
        "> We explored every option.",
        "```\nLet me think.\n```",
        "Given I have tried once, when I pay, then I see the price.",
    ];
    for text in clean {
        assert_eq!(passages(text), [""; 0], "{text}");
    }
    let bad = [
        "The previous attempt failed because it patched a generated file.",
        "WE \u{200b}EX\u{200b}PLORED A FEW WAYS",
        "we ex-\nplored a few ways",
        "- Returns 404 (on second thought, 403)",
    ];
    for text in bad {
        assert_eq!(passages(text).len(), 1, "{text}");
    }
}

#[test]
fn output_of_tools_is_found_unless_quoted() {
    let log = "$ npm test\n FAIL  test/cart.test.ts > sums\nAssertionError: expected 3 to be 4\n";
    assert_eq!(passages(log), [log.trim_end()]);
    assert_eq!(passages(&format!("```\n{log}```\n")), [""; 0]);
    assert_eq!(passages("- Counts \"FAIL test/a.test.ts\" as a failure"), [""; 0]);
    assert_eq!(passages("{\"tool\":\"read\",\"input\":{}}").len(), 1);
}

#[test]
fn copies_are_found_through_disguise_and_named() {
    let said = "A queue between the endpoint and the ledger would absorb bursts of events";
    let mut prints = Prints::default();
    prints.add([(ForeignKind::Planner("SPEC.md".to_owned()), said)]);
    let copied = |text: &str| {
        let findings = about("T02", text, &[], 3_000, &prints);
        findings.iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    assert_eq!(copied(said), [Rule::Copied]);
    assert_eq!(copied(&said.to_uppercase().replace(' ', "\n")), [Rule::Copied]);
    assert_eq!(copied(&said.replace('e', "е")), [Rule::Copied], "Cyrillic");
    assert_eq!(copied("A queue between the endpoint and some disk"), [], "six words");
    let findings = about("T02", said, &[], 3_000, &prints);
    assert!(findings[0].message.contains("what the planner wrote (SPEC.md)"), "{}", findings[0]);
}

#[test]
fn what_is_given_may_be_repeated() {
    let shared = "Public functions keep their signatures and their error types as they are today";
    let mut prints = Prints::default();
    prints.add([(ForeignKind::Task("T03".into()), shared), (ForeignKind::Tool("bash".to_owned()), "x")]);
    let own = TaskId::from("T02");
    let frame = Frame {
        own: &own,
        dependencies: &[],
        ids: &[],
        bytes_max: 3_000,
        prints: Some(&prints),
        overheard: None,
        fields: &[],
        given: &[],
        not_overheard: &[],
    };
    assert_eq!(verify(shared, &frame).len(), 1);
    assert_eq!(verify(shared, &Frame { given: &[shared], ..frame }), []);
    assert_eq!(verify(shared, &Frame { fields: &[shared], ..frame }), []);
    let dependencies = ids(&["T03"]);
    assert_eq!(verify(shared, &Frame { dependencies: &dependencies, ..frame }), []);
}

proptest! {
    #[test]
    fn a_planted_foreign_id_is_found(
        before in "([b-z]{1,8}[ .,:;(`/'\"\n]){0,20}",
        after in "([ .,:;)`/'\"\n][b-z]{1,8}){0,20}",
        at in 0usize..3,
    ) {
        let id = ["T03", "auth2", "T04-x"][at];
        let text = format!("{before}{id}{after}");
        let findings = about("T02", &text, &["T01", "T02", "T03", "auth2", "T04-x"], 3_000, &Prints::default());
        let line = 1 + before.matches('\n').count() as u32;
        let foreign: Vec<u32> =
            findings.iter().filter(|finding| finding.rule == Rule::ForeignTask).map(|finding| finding.line).collect();
        prop_assert_eq!(foreign, [line]);
    }

    #[test]
    fn any_text_is_read(
        text in "(\\PC|\n|```|~~~|T0[1-4]|-|[*]|I think |we tried |\"|'|\u{200b}|: |\\? ){0,80}",
        bytes_max in 0usize..100,
    ) {
        let findings = about("T02", &text, &["T01", "T03"], bytes_max, &Prints::default());
        let lines = text.lines().count().max(1) as u32 + 1;
        for finding in &findings {
            prop_assert!((1..=lines).contains(&finding.line));
            prop_assert!(finding.from <= finding.to && text.get(finding.from..finding.to).is_some());
        }
        prop_assert!(findings.is_sorted_by_key(|finding| finding.from));
    }
}
