use proptest::prelude::*;

use super::*;

const CONTEXT: &str = "# T01: Expiry\n\nAs in `src/time/clock.js:4-20`.\n";

fn watch() -> DriftWatch {
    let hints = ["src/expiry.js".into(), "test/expiry.test.js".into()];
    DriftWatch::begin(1, CONTEXT, &hints).with_limit(100_000)
}

fn touched(path: &str, output_bytes: u64) -> Touched {
    let paths = if path.is_empty() { vec![] } else { vec![path.to_owned()] };
    Touched { paths, input_bytes: 0, output_bytes, words: vec![] }
}

fn read(watch: &mut DriftWatch, path: &str, bytes: u64) -> Verdict {
    watch.called("read", &touched(path, bytes))
}

#[test]
fn what_the_task_is_about_is_no_drift() {
    let mut watch = watch();
    for path in ["src/expiry.js", "src/store.js", "test/expiry.test.js", "src/time/clock.js", ""] {
        assert_eq!(read(&mut watch, path, 200_000), Verdict::Fine, "{path}");
    }
    let figures = watch.figures();
    assert_eq!((figures.stray_bytes, figures.drift_percent), (0, 0));
    assert_eq!(figures.output_bytes, 1_000_000);
    assert!(figures.files.is_empty());
}

#[test]
fn a_little_reading_around_is_nobodys_business() {
    let mut watch = watch();
    assert_eq!(read(&mut watch, "package.json", 20_000), Verdict::Fine);
    assert_eq!(watch.figures().drift_percent, 99, "the share is known, and too little to judge");
    assert_eq!(read(&mut watch, "src/expiry.js", 80_000), Verdict::Fine);
    assert_eq!(watch.figures().drift_percent, 19, "what was too little to judge is no peak");
}

#[test]
fn an_agent_that_describes_what_is_elsewhere_may_read_there() {
    let mut watch = watch().describing(true);
    for _ in 0..10 {
        assert_eq!(read(&mut watch, "lib/a.js", 60_000), Verdict::Fine);
    }
    assert_eq!(watch.figures().drift_percent, 99);
}

#[test]
fn most_of_it_elsewhere_is_told_once() {
    let mut watch = watch();
    assert_eq!(read(&mut watch, "src/expiry.js", 20_000), Verdict::Fine);
    let Verdict::Alert(text) = read(&mut watch, "docs/history.md", 30_000) else { panic!("{watch:?}") };
    assert_eq!(
        text,
        "strays: 59 % of 50 KB that its tools took in have nothing to do with it (`docs/history.md`)"
    );
    assert_eq!(read(&mut watch, "docs/more.md", 30_000), Verdict::Fine);
    assert_eq!(watch.figures().alerts, 1);
    assert_eq!(watch.figures().drift_percent, 74);
}

#[test]
fn an_agent_far_from_its_task_is_told_and_then_stopped() {
    let mut watch = watch();
    assert!(matches!(read(&mut watch, "lib/a.js", 50_000), Verdict::Alert(_)));
    let Verdict::Nudge(text) = read(&mut watch, "lib/b.js", 50_000) else { panic!("{watch:?}") };
    assert!(text.contains("100 % of 100 KB") && text.contains("`lib/a.js` and `lib/b.js`"), "{text}");
    assert!(text.contains("Its files are `src/expiry.js` and `test/expiry.test.js`."), "{text}");
    assert_eq!(read(&mut watch, "lib/c.js", 95_000), Verdict::Fine, "it gets the same room again");
    let Verdict::Abort(what) = read(&mut watch, "lib/d.js", 1_000) else { panic!("{watch:?}") };
    assert!(what.ends_with("after it was told to go back to its task"), "{what}");
    assert_eq!(watch.figures().nudges, 1);
}

#[test]
fn an_edit_of_its_own_files_gives_it_room_again() {
    let mut watch = watch();
    for _ in 0..10 {
        assert!(!matches!(read(&mut watch, "lib/a.js", 90_000), Verdict::Nudge(_) | Verdict::Abort(_)));
        assert_eq!(watch.called("edit", &touched("src/expiry.js", 100)), Verdict::Fine);
    }
    assert!(!matches!(read(&mut watch, "lib/a.js", 90_000), Verdict::Nudge(_)));
    let Verdict::Nudge(_) = watch.called("edit", &touched("lib/a.js", 10_000)) else { panic!("{watch:?}") };
}

#[test]
fn texts_about_other_tasks_are_drift_wherever_they_stand() {
    let mut watch = watch();
    let other = Touched { words: vec!["T07".into()], ..touched("src/expiry.js", 30_000) };
    let Verdict::Alert(text) = watch.called("read", &other) else { panic!("{watch:?}") };
    assert!(text.ends_with("(texts about 1 other task)"), "{text}");
    assert!(!text.contains("T07"));
    assert!(watch.figures().told().contains("with texts about T07"));
}

#[test]
fn a_full_session_is_told_once() {
    let mut watch = watch();
    assert_eq!(watch.stepped(50_000), Verdict::Fine);
    let Verdict::Alert(text) = watch.stepped(51_000) else { panic!("{watch:?}") };
    assert_eq!(text, "has a long session: 51 % of what its model can take");
    assert_eq!(watch.stepped(90_000), Verdict::Fine);
    assert_eq!(watch.figures().fill_percent, 90);
    let mut unknown = DriftWatch::begin(1, CONTEXT, &[]);
    assert_eq!(unknown.stepped(u64::MAX), Verdict::Fine, "nobody knows what the model can take");
}

#[test]
fn the_figures_read_well() {
    let mut watch = watch();
    read(&mut watch, "src/expiry.js", 20_000);
    read(&mut watch, "docs/history.md", 30_000);
    watch.stepped(30_000);
    watch.summed_up();
    assert_eq!(
        watch.figures().told(),
        "50 KB beside its context of 47 bytes, 99 % of all from tools; drift 59 %, away from its files in \
         `docs/history.md`; at most 30 % of what its model can take; once summed up by OpenCode; once told to you"
    );
}

proptest! {
    #[test]
    fn shares_stay_in_their_bounds(calls in prop::collection::vec((0u64..=u64::MAX, 0usize..4), 0..40)) {
        let mut watch = watch();
        let paths = ["src/expiry.js", "lib/a.js", "", "../secret"];
        for (bytes, at) in calls {
            watch.called("read", &touched(paths[at], bytes));
            let figures = watch.figures();
            prop_assert!(figures.drift_percent <= 100);
            prop_assert!(figures.stray_bytes <= figures.gathered_bytes);
            prop_assert!(figures.alerts <= 1 && figures.nudges <= 1);
        }
    }

    #[test]
    fn work_on_its_own_files_is_never_held_against_it(sizes in prop::collection::vec(0u64..200_000, 0..60)) {
        let mut watch = watch();
        for bytes in sizes {
            prop_assert_eq!(read(&mut watch, "src/expiry.js", bytes), Verdict::Fine);
        }
    }

    #[test]
    fn endless_reading_elsewhere_ends_the_attempt(sizes in prop::collection::vec(1_000u64..60_000, 300)) {
        let mut watch = watch();
        let mut seen = Vec::new();
        for bytes in sizes {
            match read(&mut watch, "lib/a.js", bytes) {
                Verdict::Nudge(_) => seen.push("nudge"),
                Verdict::Abort(_) => { seen.push("abort"); break }
                _ => {}
            }
        }
        prop_assert_eq!(seen, ["nudge", "abort"]);
    }
}
