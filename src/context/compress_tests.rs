use proptest::prelude::*;

use super::atoms::atoms;
use super::compress::compress;
use super::document::fold;
use super::*;

fn files() -> Vec<KnownFile> {
    vec![KnownFile { path: "src/limiter.js".to_owned(), lines: 12 }]
}

fn body(lines: usize) -> String {
    (0..lines).map(|i| format!("  const value{i} = compute({i});\n")).collect()
}

const BLOATED: &str = "\
# Rate limiter

As mentioned before, the limiter has a long history in this project. We first looked at several ways to
do it. Basically, everybody liked the token bucket because it is simple to explain to new people.

## What to do

- A refill must never go above the capacity of `maxTokens`.
- The limiter must answer within 5 ms (we measured this on several laptops last year).
- Please note that errors are reported as `TypeError` in order to stay compatible.

The limiter is a nice piece of work. A refill must never go above the capacity of `maxTokens`.
Don't add a dependency to package.json, since the review takes long.

## Background

Many people have asked for it. The weather was good when it was designed.
";

#[test]
fn what_fits_loses_only_repeats() {
    let text = compress(BLOATED, 3_000, &[]).unwrap();
    assert_eq!(text.matches("A refill must never go above").count(), 1);
    assert!(text.contains("The weather was good"));
    assert!(text.contains("simple to explain to new people."), "{text}");
}

#[test]
fn prose_goes_before_demands() {
    insta::assert_snapshot!(compress(BLOATED, 420, &[]).unwrap());
}

#[test]
fn asides_go_last() {
    insta::assert_snapshot!(compress(BLOATED, 300, &[]).unwrap());
}

#[test]
fn too_little_room_is_refused_with_what_does_not_fit() {
    let refusal = compress(BLOATED, 120, &[]).unwrap_err();
    insta::assert_snapshot!(refusal);
    assert!(compress(BLOATED, refusal.bytes_needed, &[]).is_ok());
}

#[test]
fn a_known_file_becomes_a_reference() {
    for text in [
        format!("Look at it:\n\n```js src/limiter.js\n{}```\n\nand change it.", body(12)),
        format!("Look at it:\n\n```js\n// src/limiter.js\n{}```\n\nand change it.", body(12)),
        format!("Look at it:\n\n```1:12:src/limiter.js\n{}```\n\nand change it.", body(3)),
    ] {
        assert_eq!(
            compress(&text, 3_000, &files()).unwrap(),
            "Look at it:\n\nsrc/limiter.js:1-12\n\nand change it."
        );
        assert_eq!(compress(&text, 3_000, &[]).unwrap(), text);
    }
    let example = format!("```js src/limiter.js\n{}```", body(3));
    assert_eq!(compress(&example, 3_000, &files()).unwrap(), example);
}

#[test]
fn a_log_keeps_its_errors() {
    let mut log = String::from("It fails:\n\n```\n");
    for i in 0..60 {
        log.push_str(&format!("2026-01-01T10:00:{:02}.120Z INFO request {i} took {} ms\n", i % 60, i * 3));
    }
    log.push_str("2026-01-01T10:01:00.000Z ERROR ECONNREFUSED in src/limiter.js:7\n```\n");
    let text = compress(&log, 120, &[]).unwrap();
    assert_eq!(text, "It fails:\n\n2026-01-01T10:01:00.000Z ERROR ECONNREFUSED in src/limiter.js:7");
}

#[test]
fn opposites_are_no_repeats() {
    let text = "The worker must not log the secret token of the person that asked for it in any way at all here.\n\n\
                The worker must log the secret token of the person that asked for it in any way at all here.";
    assert_eq!(compress(text, 3_000, &[]).unwrap(), text);
}

#[test]
fn white_space_is_folded() {
    let text = "\u{feff}a  b\t c \r\n\r\n\r\n\n- x\u{200b}y \n\n```\na  b  \n\n\n```\n\n";
    assert_eq!(fold(text), "a b c\n\n- xy\n\n```\na  b\n\n\n```");
    let wrapped = "- This line of an item is as long as a line that was wrapped by hand is\n  goes on here.";
    assert_eq!(fold(wrapped).lines().count(), 1);
    assert_eq!(fold("Short\nlines\nstay"), "Short\nlines\nstay");
}

/// Pieces of texts that people and agents write, so that every rule is entered and then surprised.
fn piece() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "# Title",
        "## Notes v2",
        "- ",
        "1. ",
        "> ",
        "| a | b |",
        "```",
        "```js src/limiter.js",
        "````",
        "The limiter must not exceed 5 retries.",
        "The limiter must exceed 5 retries.",
        "As mentioned before, we looked at `maxTokens` for a long time, which was fun.",
        "Never write to src/limiter.js:3-9 without a lock (see https://a.b/c).",
        "Please note that it is very nice in order to wait.",
        "No.",
        "e.g. this",
        "don't",
        "`open",
        "\"quoted text\"",
        "2026-01-01T10:00:00Z INFO took 3 ms",
        "2026-01-01T10:00:00Z ERROR ENOENT",
        "    at f (src/a.js:1:2)",
        "because it is so, and stays.",
        "max_workers",
    ]);
    prop_oneof![
        6 => pieces.prop_map(str::to_owned),
        3 => Just("\n".to_owned()),
        1 => Just("\n\n".to_owned()),
        1 => Just(" ".to_owned()),
        1 => ".{0,40}",
        1 => "[a-zA-Z0-9 .,`'\"()/_-]{0,60}",
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    (prop::collection::vec(piece(), 0..40), prop::sample::select(vec!["", " ", "\n"]))
        .prop_map(|(pieces, between)| pieces.join(between))
}

proptest! {
    #[test]
    fn compression_keeps_its_promises(text in any_text(), bytes_max in 0usize..1_500) {
        match compress(&text, bytes_max, &files()) {
            Ok(short) => {
                prop_assert!(short.len() <= bytes_max && short.len() <= text.len());
                prop_assert_eq!(keeps_atoms(&text, &short), Ok(()));
                prop_assert_eq!(compress(&short, bytes_max, &files()), Ok(short));
            }
            Err(refusal) => {
                prop_assert!(refusal.bytes_needed > bytes_max);
                prop_assert!(refusal.bytes_needed <= text.len());
            }
        }
    }

    #[test]
    fn folding_twice_changes_nothing(text in any_text()) {
        let once = fold(&text);
        prop_assert!(once.len() <= text.len());
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn any_text_at_all_can_be_read(text in "(?s).{0,200}") {
        let _ = atoms(&text);
        let once = fold(&text);
        prop_assert!(once.len() <= text.len());
        prop_assert_eq!(keeps_atoms(&text, &text), Ok(()));
    }
}
