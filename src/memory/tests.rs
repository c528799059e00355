use proptest::prelude::*;

use super::*;

const DAY_MS: u64 = 86_400_000;

fn track() -> TrackId {
    "login".into()
}

fn tiers() -> [Tier; 4] {
    let task = TaskId::from("T02");
    [
        Tier::Project,
        Tier::Feature { track: track() },
        Tier::Task { track: track(), task: task.clone() },
        Tier::Attempt { track: track(), task, attempt: 3 },
    ]
}

fn sample() -> Memory {
    let mut memory = Memory::default();
    let texts = ["Run the build before the tests", "Tokens: they expire", "No: not here", "x - y #z"];
    for (tier, text) in tiers().into_iter().zip(texts) {
        memory.learn(tier, text, Source::Failure, 1_000).unwrap();
    }
    memory
}

fn selected(memory: &Memory, at_ms: u64, bytes_max: usize) -> Vec<&str> {
    let found = memory.select(&track(), &"T02".into(), at_ms, bytes_max);
    found.into_iter().map(|entry| entry.id.as_str()).collect()
}

/// What a person sees in the file, to be edited.
fn file(memory: &Memory) -> MemoryFile {
    parse(&render(memory)).unwrap()
}

#[test]
fn the_file_reads_well() {
    let mut memory = sample();
    memory.deleted = vec!["Use tabs: always".to_owned()];
    insta::assert_snapshot!(render(&memory));
}

#[test]
fn every_problem_has_its_line() {
    let text = "entries:\n  - id: m1\n    text: a b\n    tier: planet\n  - text: \"\"\n    score: many\n  - just this\n\
                \x20 - id: m1\n    text: c\n    tier: task\n    of: login\ndeleted: all\ncolour: red\n";
    let told: Vec<String> = parse(text).unwrap_err().iter().map(FileProblem::to_string).collect();
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(parse("entries:\n\t- a").unwrap_err()[0].line, 2);
    assert_eq!(parse("# nothing\n"), Ok(MemoryFile::default()));
}

#[test]
fn what_is_known_is_not_learned_twice() {
    let mut memory = sample();
    let [project, feature, ..] = tiers();
    assert_eq!(
        memory.learn(feature.clone(), "run the build, before the tests!", Source::Plan, 9),
        Some("m1".into())
    );
    assert_eq!(memory.entries.len(), 4);
    // What holds for a feature alone does not make the project's entry needless.
    assert_eq!(memory.learn(project, "tokens they expire", Source::Plan, 9), Some("m5".into()));
    assert_eq!(memory.learn(feature, " . ", Source::Plan, 9), None);
}

#[test]
fn what_helps_gains_and_what_sits_in_failures_goes() {
    let mut memory = sample();
    assert_eq!(selected(&memory, 1_000, 1_000), ["m4", "m3", "m2", "m1"]);
    memory.judge(&["m1".to_owned(), "gone".to_owned()], true, 1_000);
    memory.judge(&["m3".to_owned()], false, 1_000);
    assert_eq!(selected(&memory, 1_000, 1_000), ["m1", "m4", "m2", "m3"]);
    assert_eq!(selected(&memory, 1_000, 30 + 3 + 12), ["m1", "m4"]);
    for _ in 0..4 {
        memory.judge(&["m3".to_owned()], false, 1_000);
    }
    memory.forget(1_000);
    assert_eq!(selected(&memory, 1_000, 1_000), ["m1", "m4", "m2"]);
    assert_eq!(memory.entries[0].passed, 1);
    // After some weeks only the project's is worth reading.
    assert_eq!(selected(&memory, 60 * DAY_MS, 1_000), ["m1"]);
}

#[test]
fn other_tasks_see_what_holds_for_them() {
    let memory = sample();
    let seen = |track: &str, task: &str| memory.select(&track.into(), &task.into(), 1_000, 1_000).len();
    assert_eq!([seen("login", "T02"), seen("login", "T03"), seen("shop", "T02")], [4, 2, 1]);
    let mut ended = memory.clone();
    ended.end_track(&track());
    assert_eq!(ended.entries.len(), 2);
}

#[test]
fn a_person_wins() {
    let written = sample();
    let mut ours = written.clone();
    ours.judge(&["m1".to_owned(), "m2".to_owned()], true, 2_000);
    let new = ours.learn(Tier::Project, "Learned meanwhile it was", Source::Review, 2_000).unwrap();
    let mut theirs = file(&written);
    theirs.entries[0].text = "Build first".to_owned();
    theirs.entries[3].score = Some(3_000);
    theirs.entries.remove(2);
    theirs.entries.push(Listed { id: None, tier: Tier::Project, text: "Mine".to_owned(), score: None });
    let merged = merge(&ours, &written, &theirs, 3_000);
    let told: Vec<String> = merged
        .entries
        .iter()
        .map(|entry| format!("{} {:?} {} {}", entry.id, entry.source, entry.score, entry.text))
        .collect();
    insta::assert_snapshot!(format!("{}\ndeleted: {:?}", told.join("\n"), merged.deleted));
    assert!(merged.entries.iter().any(|entry| entry.id == new));
    let mut later = merged.clone();
    assert_eq!(later.learn(Tier::Project, "no, not HERE", Source::Failure, 4_000), None);
    // Taken out of the list of deleted ones, it may come again.
    let mut lifted = file(&merged);
    lifted.deleted.clear();
    let mut lifted = merge(&merged, &merged, &lifted, 5_000);
    assert!(lifted.learn(Tier::Project, "no, not HERE", Source::Failure, 6_000).is_some());
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}( [a-z:#'\"-]{1,8}){0,3}",
        ".{1,40}",
        Just("yes".to_owned()),
        Just("1.0".to_owned())
    ]
}

fn any_memory() -> impl Strategy<Value = Memory> {
    let learned = (0usize..4, any_text(), 0u64..10 * DAY_MS);
    (prop::collection::vec(learned, 0..12), prop::collection::vec((0usize..12, any::<bool>()), 0..20))
        .prop_map(|(learned, judged)| {
            let mut memory = Memory::default();
            for (tier, text, at_ms) in learned {
                memory.learn(tiers()[tier].clone(), &text, Source::Failure, at_ms);
            }
            for (nth, has_passed) in judged {
                memory.judge(&[format!("m{nth}")], has_passed, 10 * DAY_MS);
            }
            memory
        })
}

proptest! {
    #[test]
    fn a_file_says_what_the_memory_holds(memory in any_memory()) {
        let listed = file(&memory);
        prop_assert_eq!(listed.entries.len(), memory.entries.len());
        for (listed, entry) in listed.entries.iter().zip(&memory.entries) {
            prop_assert_eq!(listed.id.as_ref(), Some(&entry.id));
            prop_assert_eq!((&listed.tier, &listed.text, listed.score), (&entry.tier, &entry.text, Some(entry.score)));
        }
        // A file that nobody edited changes nothing.
        prop_assert_eq!(merge(&memory, &memory, &listed, 20 * DAY_MS), memory);
    }

    #[test]
    fn deleted_entries_stay_deleted(memory in any_memory(), gone in prop::collection::vec(any::<bool>(), 12)) {
        let mut listed = file(&memory);
        let mut nth = 0;
        listed.entries.retain(|_| {
            nth += 1;
            !gone[nth - 1]
        });
        let mut merged = merge(&memory, &memory, &listed, 20 * DAY_MS);
        prop_assert_eq!(merged.entries.len(), listed.entries.len());
        for (entry, is_gone) in memory.entries.iter().zip(&gone) {
            let is_listed = listed.entries.iter().any(|other| repeats::words(&other.text) == repeats::words(&entry.text));
            if *is_gone && !is_listed {
                prop_assert_eq!(merged.learn(entry.tier.clone(), &entry.text, Source::Plan, 0), None);
            }
        }
        // Merging the same edit again changes nothing.
        prop_assert_eq!(merge(&merged, &merged, &file(&merged), 20 * DAY_MS), merged);
    }

    #[test]
    fn the_selection_fits_and_is_in_order(memory in any_memory(), bytes_max in 0usize..300, days in 0u64..100) {
        let at_ms = (10 + days) * DAY_MS;
        let found = memory.select(&track(), &"T02".into(), at_ms, bytes_max);
        prop_assert!(found.iter().map(|entry| entry.text.len() + 3).sum::<usize>() <= bytes_max);
        prop_assert!(found.is_sorted_by_key(|entry| Reverse(entry.relevance(at_ms))));
        let mut kept = memory.clone();
        kept.forget(at_ms);
        prop_assert!(found.iter().all(|entry| kept.entries.contains(entry)));
        prop_assert!(memory.entries.iter().all(|entry| entry.text.len() <= TEXT_BYTES_MAX && entry.score <= SCORE_MAX));
    }

    #[test]
    fn any_file_is_read_or_refused(text in "(?s).{0,200}") {
        let _ = parse(&text);
    }
}
