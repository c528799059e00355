//! What must hold of any two versions.

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::ids::TaskId;

fn verdict() -> impl Strategy<Value = Verdict> {
    let gates = prop_oneof![Just(GateName::Test), Just(GateName::Lint), Just(GateName::Typecheck)];
    let marks = prop_oneof![Just(Mark::Green), Just(Mark::Red), Just(Mark::Empty)];
    (gates, marks, vec(".{0,12}", 0..3)).prop_map(|(gate, mark, complaints)| Verdict {
        gate,
        mark,
        complaints,
    })
}

fn version(name: &'static str) -> impl Strategy<Value = Version> {
    let criterion =
        ("T0[1-3]", "[a-c ]{0,6}").prop_map(|(task, text)| Criterion { task: TaskId(task), text });
    let change = ("[a-c]\\.ts", any::<u32>(), any::<u32>()).prop_map(|(path, added, removed)| Change {
        path,
        added,
        removed,
    });
    let public = ("[a-c]\\.ts", "[x-z]").prop_map(|(path, name)| PublicName { path, name });
    let figures = (any::<u64>(), option::of(0.0..9.0), option::of(any::<u64>()));
    (btree_set(criterion, 0..5), vec(verdict(), 0..4), vec(change, 0..5), btree_set(public, 0..5), figures)
        .prop_map(move |(criteria, gates, changes, names, (bytes, cost_usd, duration_ms))| Version {
            name: name.to_owned(),
            criteria,
            gates,
            changes,
            names,
            bytes,
            cost_usd,
            duration_ms,
        })
}

fn crossing() -> impl Strategy<Value = Crossing> {
    let result = prop_oneof![
        vec(verdict(), 0..3).prop_map(|gates| CrossResult::Ran { gates }),
        ".{0,9}".prop_map(|why| CrossResult::Untold { why }),
    ];
    (any::<bool>(), result).prop_map(|(is_left, result)| {
        let (code, tests) = if is_left { ("before", "now") } else { ("now", "before") };
        Crossing { code: code.to_owned(), tests: tests.to_owned(), result }
    })
}

fn turned<T>(sets: Sets<T>) -> Sets<T> {
    Sets { only_left: sets.only_right, both: sets.both, only_right: sets.only_left }
}

fn swapped<T>(pair: Pair<T>) -> Pair<T> {
    Pair { left: pair.right, right: pair.left }
}

proptest! {
    #[test]
    fn swapping_the_versions_turns_the_comparison_round(
        left in version("before"),
        right in version("now"),
        crossings in vec(crossing(), 0..3),
    ) {
        let there = compare(&left, &right, crossings.clone());
        let back = compare(&right, &left, crossings);
        prop_assert_eq!(there.behaves_the_same(), back.behaves_the_same());
        let round = Comparison {
            names: swapped(back.names),
            criteria: turned(back.criteria),
            gates: swapped(back.gates),
            crossings: back.crossings,
            files: turned(back.files),
            public: turned(back.public),
            lines: swapped(back.lines),
            bytes: swapped(back.bytes),
            cost_usd: swapped(back.cost_usd),
            duration_ms: swapped(back.duration_ms),
        };
        prop_assert_eq!(there, round);
    }

    #[test]
    fn a_version_does_not_differ_from_itself(one in version("before")) {
        let same = compare(&one, &one, Vec::new());
        prop_assert!(same.behaves_the_same());
        prop_assert!(same.criteria.is_same() && same.files.is_same() && same.public.is_same());
        prop_assert_eq!(same.lines.left, same.lines.right);
    }

    #[test]
    fn nothing_is_lost_and_everything_can_be_told(
        left in version("before"),
        right in version("now"),
        crossings in vec(crossing(), 0..3),
    ) {
        let comparison = compare(&left, &right, crossings);
        let parts = |sets: &Sets<PublicName>| sets.both.len() + sets.only_left.len();
        prop_assert_eq!(parts(&comparison.public), left.names.len());
        let lines = table_of(&comparison);
        prop_assert!(lines.lines().all(|line| line.starts_with('|')));
        describe(&comparison);
        let json = serde_json::to_string(&comparison).unwrap();
        prop_assert_eq!(serde_json::from_str::<Comparison>(&json).unwrap(), comparison);
    }

    #[test]
    fn names_and_tests_are_read_from_anything(path in "[a-z/_.]{0,20}\\.(ts|rs|py|go|txt)", text in "(\\PC|\n){0,200}") {
        is_test(&path);
        public_names(&path, &text);
    }

    #[test]
    fn a_gap_touches_only_what_was_asked(
        version in version("now"),
        crossing in crossing(),
        paths in vec("[a-c]\\.ts", 0..3),
    ) {
        let touched = [("T01".into(), paths)];
        let gaps: Vec<Gap> = gap(&crossing, &version.criteria, &touched).into_iter().collect();
        prop_assert_eq!(!gaps.is_empty(), crossing.is_red());
        prop_assert!(gaps.iter().flat_map(|gap| &gap.criteria).all(|one| version.criteria.contains(one)));
        let share = completeness(&version.criteria, &gaps);
        prop_assert!((0.0..=1.0).contains(&share));
        prop_assert!(share < 1.0 || gaps.is_empty() || version.criteria.is_empty());
    }
}
