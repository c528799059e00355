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
        memory.learn(tier, text, Source::Failure, 1_000);
    }
    memory
}

fn selected(memory: &Memory, at_ms: u64) -> Vec<&str> {
    let found = memory.select(&track(), &"T02".into(), at_ms);
    found.into_iter().map(|entry| entry.id.as_str()).collect()
}

/// The sample, before its file was ever written.
fn notebook() -> Notebook {
    let mut book = Notebook::default();
    book.memory = sample();
    assert_eq!(book.missed("memory.yaml"), 0);
    book
}

/// Every entry with its tier.
fn places(memory: &Memory) -> Vec<(&str, &Tier)> {
    memory.entries.iter().map(|entry| (entry.id.as_str(), &entry.tier)).collect()
}

/// What a person sees in the file, to be edited.
fn file(memory: &Memory) -> MemoryFile {
    parse(&render(memory)).unwrap()
}

#[test]
fn a_lesson_of_a_file_concerns_who_may_work_on_it() {
    let concerns = |place: &str, hint: &str| {
        let mut memory = Memory::default();
        let text = format!("Don't break \"a\": 1 (test, {place}:3)");
        memory.learn(Tier::Project, &text, Source::Failure, 1_000);
        memory.entries[0].concerns(&[hint.to_owned()])
    };
    for hint in ["pkg/limit_test.go", "pkg/*_test.go", "pkg/"] {
        assert!(concerns("pkg/limit_test.go", hint) && concerns("limit_test.go", hint), "{hint}");
    }
    assert!(!concerns("pkg/limit_test.go", "cmd/main.go") && !concerns("limit_test.go", "cmd/main.go"));
    assert!(!concerns("pkg/limit_test.go", "cmd/limit_test.go"));
    assert!(concerns("…/far/down/limit_test.go", "cmd/main.go"), "nobody knows which");
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
    let [_, feature, ..] = tiers();
    memory.learn(feature.clone(), "run the build, before the tests!", Source::Review, 9_000);
    memory.learn(feature, " . ", Source::Review, 9_000);
    assert_eq!(memory.entries.len(), 4);
    assert_eq!((memory.entries[0].tier.clone(), memory.entries[0].scored_ms), (Tier::Project, 9_000));
}

#[test]
fn a_lesson_that_is_taught_again_holds_wherever_it_was_taught() {
    let at =
        |track: &str, task: &str, attempt| Tier::Attempt { track: track.into(), task: task.into(), attempt };
    let lesson = |line: u32| format!("Don't leave no-undef: `x` is not defined (lint, src/a.js:{line})");
    let mut memory = Memory::default();
    for (place, expected) in [
        (at("login", "T01", 1), at("login", "T01", 1)),
        (at("login", "T01", 2), Tier::Task { track: "login".into(), task: "T01".into() }),
        (at("login", "T02", 1), Tier::Feature { track: "login".into() }),
        (at("login", "T01", 3), Tier::Feature { track: "login".into() }),
        (at("shop", "T01", 1), Tier::Project),
    ] {
        // Lines move; it is the same lesson.
        memory.learn(place, &lesson(memory.given + 3), Source::Failure, 1_000);
        assert_eq!(places(&memory), [("m1", &expected)]);
    }
    memory.deleted = vec![memory.entries.remove(0).text];
    memory.learn(at("shop", "T02", 1), &lesson(99), Source::Failure, 1_000);
    assert_eq!(places(&memory), [], "what was deleted does not come back with another line number");
}

#[test]
fn a_lesson_that_helped_holds_for_its_plan() {
    let mut memory = sample();
    let ids: Vec<String> = memory.entries.iter().map(|entry| entry.id.clone()).collect();
    memory.judge(&ids, false, 1_000);
    assert_eq!(memory.entries.iter().map(|entry| entry.tier.clone()).collect::<Vec<_>>(), tiers());
    memory.entries[2].source = Source::Person;
    memory.judge(&ids, true, 1_000);
    let [project, feature, task, _] = tiers();
    let expected = [("m1", &project), ("m2", &feature), ("m3", &task), ("m4", &feature)];
    assert_eq!(places(&memory), expected, "what a person wrote stays where they put it");
    assert_eq!(
        memory.summary(),
        "4 entries (1 project, 2 feature and 1 task), read 8 times, 4 of them by an attempt that passed"
    );
}

#[test]
fn what_helps_gains_and_what_sits_in_failures_goes() {
    let mut memory = sample();
    assert_eq!(selected(&memory, 1_000), ["m4", "m3", "m2", "m1"]);
    memory.judge(&["m1".to_owned(), "gone".to_owned()], true, 1_000);
    memory.judge(&["m3".to_owned()], false, 1_000);
    assert_eq!(selected(&memory, 1_000), ["m1", "m4", "m2", "m3"]);
    for _ in 0..4 {
        memory.judge(&["m3".to_owned()], false, 1_000);
    }
    memory.forget(1_000);
    assert_eq!(selected(&memory, 1_000), ["m1", "m4", "m2"]);
    assert_eq!(memory.entries[0].passed, 1);
    // After some weeks only the project's is worth reading, and what a person wrote.
    assert_eq!(selected(&memory, 60 * DAY_MS), ["m1"]);
    memory.entries[1].source = Source::Person;
    memory.forget(60 * DAY_MS);
    assert_eq!(selected(&memory, 60 * DAY_MS), ["m1", "m2"]);
}

#[test]
fn too_many_are_not_kept() {
    let mut memory = Memory::default();
    for n in 0..ENTRIES_MAX + 5 {
        let text: String = format!("{n:08b}").chars().map(|c| if c == '0' { "a " } else { "b " }).collect();
        memory.learn(Tier::Project, &text, Source::Failure, n as u64);
    }
    memory.judge(&["m1".to_owned()], true, 1_000);
    memory.entries[1].source = Source::Person;
    memory.forget(1_000);
    let ids: Vec<&str> = memory.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!((ids.len(), &ids[..3]), (ENTRIES_MAX, &["m1", "m2", "m8"][..]));
}

#[test]
fn other_tasks_see_what_holds_for_them() {
    let memory = sample();
    let seen = |track: &str, task: &str| memory.select(&track.into(), &task.into(), 1_000).len();
    assert_eq!([seen("login", "T02"), seen("login", "T03"), seen("shop", "T02")], [4, 2, 1]);
    let mut ended = memory.clone();
    ended.end_task(&track(), &"T03".into());
    assert_eq!(ended, memory);
    ended.end_task(&track(), &"T02".into());
    assert_eq!(ended.entries.len(), 2);
    let mut ended = memory.clone();
    ended.end_track(&track());
    assert_eq!(ended.entries.len(), 2);
}

#[test]
fn a_person_wins() {
    let written = sample();
    let mut ours = written.clone();
    ours.judge(&["m1".to_owned(), "m2".to_owned()], true, 2_000);
    ours.learn(Tier::Project, "Learned meanwhile it was", Source::Review, 2_000);
    let mut theirs = file(&written);
    theirs.entries[0].text = "Build first".to_owned();
    theirs.entries[3].score = Some(3_000);
    theirs.entries.remove(2);
    theirs.entries.push(Listed { id: None, tier: Tier::Project, text: "Mine".to_owned(), score: None });
    let merged = merge(&ours, &file(&written), &theirs, 3_000);
    let told: Vec<String> = merged
        .entries
        .iter()
        .map(|entry| format!("{} {:?} {} {}", entry.id, entry.source, entry.score, entry.text))
        .collect();
    insta::assert_snapshot!(format!("{}\ndeleted: {:?}", told.join("\n"), merged.deleted));
    assert!(merged.entries.iter().any(|entry| entry.text == "Learned meanwhile it was"));
    let mut later = merged.clone();
    later.learn(Tier::Project, "no, not HERE", Source::Failure, 4_000);
    assert_eq!(later, merged);
    // Taken out of the list of deleted ones, it may come again.
    let mut lifted = file(&merged);
    lifted.deleted.clear();
    let lifted = merge(&merged, &file(&merged), &lifted, 5_000);
    let mut again = lifted.clone();
    again.learn(Tier::Project, "no, not HERE", Source::Failure, 6_000);
    assert_eq!(again.entries.len(), lifted.entries.len() + 1);
}

#[test]
fn a_line_that_was_added_and_removed_before_we_wrote_is_gone() {
    let mut book = notebook();
    book.write("ours".to_owned());
    let mut file = file(&book.memory);
    book.written("ours");
    file.entries.push(Listed { id: None, tier: Tier::Project, text: "Mine alone".to_owned(), score: None });
    book.read("memory.yaml", file.clone(), "edited", 2_000);
    assert_eq!(book.memory.entries.len(), 5);
    file.entries.pop();
    book.read("memory.yaml", file, "edited again", 3_000);
    assert_eq!(book.memory.entries.len(), 4);
}

/// The process ended while the file was being written: it shows what was known then, or what was before.
#[test]
fn a_write_that_nobody_heard_of_is_no_edit() {
    let mut book = notebook();
    book.read("memory.yaml", file(&sample()), "old", 1_000);
    book.memory.judge(&["m1".to_owned()], true, 2_000);
    book.memory.entries.remove(2);
    book.write("new".to_owned());
    let (known, new) = (book.memory.clone(), file(&book.memory));
    let mut unheard = book.clone();
    unheard.read("memory.yaml", new, "new", 9_000);
    assert_eq!(unheard.memory, known);
    book.read("memory.yaml", file(&sample()), "old", 9_000);
    assert_eq!(book.memory, known);
}

#[test]
fn without_its_file_all_is_forgotten_and_may_be_learned_again() {
    let mut book = notebook();
    assert_eq!(book.memory, sample(), "it was never written");
    book.read("memory.yaml", file(&sample()), "old", 1_000);
    assert_eq!(book.missed("other/memory.yaml"), 0, "another place is looked at");
    book.read("memory.yaml", file(&sample()), "old", 1_000);
    assert_eq!(book.missed("memory.yaml"), 4);
    assert_eq!((book.memory.entries.len(), book.memory.deleted.len(), book.memory.given), (0, 0, 4));
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
        prop_assert_eq!(&MemoryFile::of(&memory), &listed);
        prop_assert_eq!(merge(&memory, &listed, &listed, 20 * DAY_MS), memory);
    }

    #[test]
    fn deleted_entries_stay_deleted(memory in any_memory(), gone in prop::collection::vec(any::<bool>(), 12)) {
        let mut listed = file(&memory);
        let mut nth = 0;
        listed.entries.retain(|_| {
            nth += 1;
            !gone[nth - 1]
        });
        let mut merged = merge(&memory, &file(&memory), &listed, 20 * DAY_MS);
        prop_assert_eq!(merged.entries.len(), listed.entries.len());
        for (entry, is_gone) in memory.entries.iter().zip(&gone) {
            let is_listed = listed.entries.iter().any(|other| repeats::words(&other.text) == repeats::words(&entry.text));
            if *is_gone && !is_listed {
                merged.learn(entry.tier.clone(), &entry.text, Source::Review, 0);
                prop_assert_eq!(merged.entries.len(), listed.entries.len());
            }
        }
        // Merging the same edit again changes nothing.
        prop_assert_eq!(merge(&merged, &file(&merged), &file(&merged), 20 * DAY_MS), merged);
    }

    #[test]
    fn the_selection_is_in_order_and_kept(memory in any_memory(), days in 0u64..100) {
        let at_ms = (10 + days) * DAY_MS;
        let found = memory.select(&track(), &"T02".into(), at_ms);
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
