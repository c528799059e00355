use super::*;
use crate::backlog::samples::valid;
use crate::spec::{SpecStatus, Version, Work};

const PATH: &str = "specs/feature-001-cart";

fn metadata() -> Metadata {
    let work = Work {
        title: "Cart".into(),
        track: "cart-1".into(),
        base: None,
        landed: None,
        is_again: false,
        attempts: 0,
        cost_usd: 0.0,
        models: Vec::new(),
        prompts: Default::default(),
        changed: Vec::new(),
        is_templated: false,
        backlog: backlog::parse(&valid()).unwrap(),
        rebases: Vec::new(),
    };
    Metadata::first(FeatureId::new(1, "Cart"), &work, "2026-01-01T00:00:00Z")
}

fn files(names: &[(&str, &str)]) -> BTreeMap<String, String> {
    names.iter().map(|(name, hash)| ((*name).to_owned(), (*hash).to_owned())).collect()
}

fn known() -> Listed {
    let mut index = crate::spec::Index::default();
    let all = [("BACKLOG.yaml", "b1"), ("SPEC.md", "s1"), ("PLAN.md", "p1"), (METADATA, "m1")];
    index.put(&metadata(), files(&all));
    index.features.remove(0)
}

/// What becomes of an edit.
fn edit(now: &[(&str, &str)], backlog: Option<&str>, own: &[&str]) -> Result<Metadata, Vec<String>> {
    let (known, files, id) = (known(), files(now), FeatureId::new(1, "Cart"));
    let own = own.iter().map(|name| (*name).to_owned()).collect();
    let edited = Edited { path: PATH, id: &id, known: Some(&known), files: &files, own: &own };
    let text = valid();
    let former = Texts { backlog: Some(&text), spec: Some("# Spec\n") };
    let now = Texts { backlog, spec: Some("# Spec\n\nMore.\n") };
    edited
        .take_in(metadata(), former, now, "2026-02-02T00:00:00Z")
        .map_err(|problems| problems.iter().map(Problem::to_string).collect())
}

#[test]
fn an_edit_is_a_new_version_with_its_reason() {
    let better = valid().replacen("It works", "It works well", 1);
    let all = [("BACKLOG.yaml", "b2"), ("SPEC.md", "s2"), ("PLAN.md", "p1"), (METADATA, "m1")];
    let found = edit(&all, Some(&better), &[]).unwrap();
    assert_eq!((found.version, found.status), (Version { major: 2, minor: 0, patch: 0 }, SpecStatus::Draft));
    let entry = found.history.last().unwrap();
    assert_eq!((entry.reason, entry.at.as_str()), (Reason::Person, "2026-02-02T00:00:00Z"));
    insta::assert_snapshot!(entry.changes.join("\n"), @r#"
    T01: "It works" became "It works well"
    SPEC.md changed
    "#);
}

#[test]
fn what_says_the_same_or_is_ours_is_no_new_version() {
    let commented = format!("# mine\n{}", valid().replace("attempts: 0", "attempts: 3"));
    let all = [("BACKLOG.yaml", "b2"), ("SPEC.md", "s1"), ("PLAN.md", "p1"), (METADATA, "m2")];
    assert_eq!(edit(&all, Some(&commented), &[]), Ok(metadata()));
    let better = valid().replace("It works", "It is fast");
    assert_eq!(edit(&all, Some(&better), &["BACKLOG.yaml"]), Ok(metadata()));
    let gone = [("BACKLOG.yaml", "b1"), ("SPEC.md", "s1"), (METADATA, "m1")];
    let found = edit(&gone, Some(&valid()), &[]).unwrap();
    assert_eq!(found.history.last().map(|entry| entry.changes.clone()), Some(vec!["PLAN.md changed".into()]));
}

#[test]
fn a_broken_backlog_is_told_by_line_and_changes_nothing() {
    let all = [("BACKLOG.yaml", "b2"), ("SPEC.md", "s1"), ("PLAN.md", "p1"), (METADATA, "m1")];
    let broken = valid().replacen("  acceptance:\n      - It works\n", "  acceptance: []\n", 1);
    insta::assert_snapshot!(edit(&all, Some(&broken), &[]).unwrap_err().join("\n"), @"specs/feature-001-cart/BACKLOG.yaml:10: task T01, field acceptance: there are no acceptance criteria: write at least one that can be checked");
    insta::assert_snapshot!(edit(&all, None, &[]).unwrap_err().join("\n"), @"specs/feature-001-cart/BACKLOG.yaml: is not there, and a spec without a backlog cannot be built");
}

#[test]
fn what_is_known_of_a_feature_is_its_own_and_goes_up() {
    let (known, files, own) = (known(), BTreeMap::new(), BTreeSet::new());
    let read = |id: &FeatureId, known: &Listed, text: Option<&str>| {
        let edited = Edited { path: PATH, id, known: Some(known), files: &files, own: &own };
        edited.metadata(text).map_err(|problems| problems[0].to_string())
    };
    let (id, text) = (FeatureId::new(1, "Cart"), crate::spec::render(&metadata()));
    assert_eq!(read(&id, &known, Some(&text)), Ok(metadata()));
    let later = Listed { version: Version { major: 1, minor: 2, patch: 0 }, ..known.clone() };
    insta::assert_snapshot!(read(&id, &later, Some(&text)).unwrap_err(), @"specs/feature-001-cart/metadata.yaml: version: 1.0.0 is lower than 1.2.0, which it had before: versions only go up");
    insta::assert_snapshot!(read(&FeatureId::new(2, "Cart"), &known, Some(&text)).unwrap_err(), @"specs/feature-001-cart/metadata.yaml: id: feature-001-cart is another feature's name than the directory's");
    insta::assert_snapshot!(read(&id, &known, None).unwrap_err(), @"specs/feature-001-cart/metadata.yaml: is not there, so nothing is known of this feature");
}

#[test]
fn only_documents_and_metadata_are_held_against_the_index() {
    let known = known();
    let mut now = known.files.clone();
    now.insert("my-notes.md".into(), "x".into());
    assert!(differing_files(Some(&known), &now).is_empty());
    now.remove("PLAN.md");
    now.insert("QA.md".into(), "q".into());
    assert_eq!(differing_files(Some(&known), &now), ["QA.md", "PLAN.md"]);
    assert!(differing_files(None, &files(&[("my-notes.md", "x")])).is_empty());
}
