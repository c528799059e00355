use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn sample() -> Metadata {
    let at = "2026-11-20T10:00:00Z".to_owned();
    Metadata {
        id: FeatureId::new(3, "User auth"),
        title: "User auth: magic links".into(),
        track: "user-auth-1a2b3c".into(),
        version: Version { major: 1, minor: 1, patch: 0 },
        status: SpecStatus::Deployed,
        created_at: at.clone(),
        updated_at: at.clone(),
        base: Some(CommitId("1".repeat(40))),
        result: Some(CommitId("2".repeat(40))),
        attempts: 4,
        cost_usd: 0.25,
        models: vec!["acme/large".into(), "acme/small".into()],
        prompts: [("implementer".to_owned(), "ab12".to_owned())].into(),
        completeness: Some(0.9),
        depends_on: Some(vec![FeatureId::new(1, "Login")]),
        builds_on: vec![FeatureId::new(1, "Login"), FeatureId::new(2, "Mail")],
        changed: vec!["src/auth.js".into(), "test/auth.test.js".into()],
        history: vec![
            HistoryEntry {
                version: Version::FIRST,
                at: at.clone(),
                reason: Reason::Plan,
                changes: vec!["3 tasks with 7 criteria".into()],
            },
            HistoryEntry {
                version: Version { major: 1, minor: 1, patch: 0 },
                at,
                reason: Reason::Rebase,
                changes: vec!["T02: added: \"a link works once\"".into()],
            },
        ],
    }
}

#[test]
fn the_file_reads_well() {
    let sample = sample();
    insta::assert_snapshot!(render(&sample));
    let bare = Metadata {
        base: None,
        result: None,
        prompts: BTreeMap::new(),
        completeness: None,
        depends_on: None,
        ..sample
    };
    let text = render(&bare);
    assert!(!text.contains("\ndepends_on") && !text.contains("prompts"), "{text}");
    assert_eq!(parse("m", &text), Ok(bare));
}

#[test]
fn a_person_says_what_comes_before_and_else_the_files_do() {
    let mut metadata = sample();
    assert_eq!(metadata.dependencies(), [FeatureId::new(1, "Login")]);
    metadata.depends_on = None;
    assert_eq!(metadata.dependencies().len(), 2);
    metadata.depends_on = Some(Vec::new());
    assert!(metadata.dependencies().is_empty());
}

#[test]
fn every_problem_has_its_line() {
    let text = render(&sample())
        .replace("version: 1.1.0\nstatus: deployed", "version: one\nstatus: done")
        .replace("attempts: 4", "attempts: some\ncolour: red")
        .replace("completeness: 0.9", "completeness: 1.5")
        .replace("  - feature-002-mail", "  - mail")
        .replace("    reason: rebase", "    reason: because");
    let told: Vec<String> =
        parse("specs/x/metadata.yaml", &text).unwrap_err().iter().map(Problem::to_string).collect();
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(parse("m", "id:\n\t- a").unwrap_err()[0].line, Some(2));
    for text in ["", "# nothing\n", "- a\n", "just words", "id: x", "history: [a, {version: 1.0.0}]"] {
        assert!(!parse("m", text).unwrap_err().is_empty(), "{text:?}");
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}( [a-z:#'\"-]{1,8}){0,3}",
        ".{0,20}[a-z].{0,20}",
        select(vec!["yes", "1.0", "null", "~", "- a", "a: b", "x\ny"]).prop_map(str::to_owned),
    ]
}

fn id() -> impl Strategy<Value = FeatureId> {
    (1u32..2_000, text()).prop_map(|(number, title)| FeatureId::new(number, &title))
}

fn version() -> impl Strategy<Value = Version> {
    any::<[u16; 3]>().prop_map(|[major, minor, patch]| Version {
        major: major.into(),
        minor: minor.into(),
        patch: patch.into(),
    })
}

fn entry() -> impl Strategy<Value = HistoryEntry> {
    (version(), text(), select(Reason::ALL.to_vec()), vec(text(), 0..3))
        .prop_map(|(version, at, reason, changes)| HistoryEntry { version, at, reason, changes })
}

fn any_metadata() -> impl Strategy<Value = Metadata> {
    let head = (id(), text(), text(), version(), select(SpecStatus::ALL.to_vec()));
    let work = (option::of(text()), option::of(text()), any::<u32>(), 0.0..1e6_f64, vec(text(), 0..3));
    let told = (btree_map(text(), text(), 0..3), option::of(0.0..=1.0_f64), option::of(vec(id(), 0..3)));
    (head, work, told, vec(id(), 0..3), vec(text(), 0..3), vec(entry(), 0..3)).prop_map(
        |(head, work, told, builds_on, changed, history)| Metadata {
            id: head.0,
            title: head.1.clone(),
            track: TrackId(head.2.clone()),
            version: head.3,
            status: head.4,
            created_at: head.1,
            updated_at: head.2,
            base: work.0.map(CommitId),
            result: work.1.map(CommitId),
            attempts: work.2,
            cost_usd: work.3,
            models: work.4,
            prompts: told.0,
            completeness: told.1,
            depends_on: told.2,
            builds_on,
            changed,
            history,
        },
    )
}

proptest! {
    #[test]
    fn what_is_rendered_is_parsed_to_the_same(metadata in any_metadata()) {
        let text = render(&metadata);
        prop_assert_eq!(parse("m", &text).map_err(|problems| (problems, text)), Ok(metadata));
    }

    #[test]
    fn damage_is_no_panic(metadata in any_metadata(), at in any::<prop::sample::Index>(), junk in "[ -~\n\t]{0,5}") {
        let mut text = render(&metadata);
        let mut at = at.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.insert_str(at, &junk);
        let lines = text.lines().count() as u32;
        for problem in parse("m", &text).err().unwrap_or_default() {
            prop_assert!(problem.line.is_none_or(|line| line >= 1 && line <= lines + 1), "{problem}");
        }
    }

    #[test]
    fn any_file_is_read_or_refused(text in "(?s).{0,200}") {
        let _ = parse("m", &text);
    }
}
