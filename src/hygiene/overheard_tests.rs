use proptest::prelude::*;

use super::copies::ForeignKind;
use super::*;
use crate::ids::SessionId;

const SAID: &str = "I looked at the limiter first, and it keeps one bucket for every client, so a shared lock would \
                    make all of them wait for each other.";

fn planner() -> ForeignKind {
    ForeignKind::Planner("planner-arch".to_owned())
}

fn speech(said: &[&str], outputs: &[&str]) -> Speech {
    let all = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Speech { said: all(said), outputs: all(outputs), ..Speech::default() }
}

fn after(speech: &Speech) -> Overheard {
    let mut overheard = Overheard::default();
    overheard.listen(&SessionId::from("s"), planner(), &Heard::of(speech), &[]);
    overheard
}

/// What of a text repeats a session.
fn found(speech: &Speech, text: &str) -> Vec<String> {
    let echoes = after(speech).echoes(text, &[]);
    echoes.iter().map(|echo| text[echo.from..echo.to].to_owned()).collect()
}

/// So many words in an order of their own.
fn words(count: usize, seed: u64) -> String {
    let mut state = seed;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + ((state >> 33) % 26) as u8)
    };
    let words: Vec<String> = (0..count).map(|_| (0..4).map(|_| letter()).collect()).collect();
    words.join(" ")
}

#[test]
fn a_sentence_of_a_session_is_known_again_and_told() {
    let text = format!("Make it fast.\n{SAID}\nIt has a test.");
    let overheard = after(&speech(&[SAID], &[]));
    let echoes = overheard.echoes(&text, &[]);
    assert_eq!(echoes.len(), 1, "{echoes:?}");
    assert_eq!(
        echoes[0].tell(&text),
        "\"I looked at the limiter first, and it keeps one bucket fo…\" repeats what the planner wrote \
         (planner-arch): leave it out, or say what the task needs of it in words of its own"
    );
}

#[test]
fn case_lines_and_marks_hide_nothing() {
    let shouted = SAID.to_uppercase().replace(' ', "\n").replace(',', " –");
    assert_eq!(found(&speech(&[SAID], &[]), &shouted).len(), 1);
    let quoted = format!("It says \"{SAID}\"");
    assert_eq!(found(&speech(&[SAID], &[]), &quoted).len(), 1);
}

#[test]
fn a_turn_of_phrase_is_no_copy() {
    // Nine words in common, then others.
    let text = "The limiter keeps one bucket for every client, so a refill never waits.";
    assert_eq!(found(&speech(&[SAID], &[]), text), [""; 0]);
    let rows = "| no | no | no | no | yes | no | no | yes | no | no | no | yes | no |";
    assert_eq!(found(&speech(&[rows], &[]), rows), [""; 0]);
}

#[test]
fn names_paths_and_numbers_are_no_sentence() {
    let list = "src/limiter.js, src/clock.js, test/limiter.test.js and js-shim/src/effects/session/ask.ts \
                call refillBucket(bucket, now_ms) in http.createServer(handler) with --max-old-space-size=200";
    assert_eq!(found(&speech(&[list], &[]), list), [""; 0]);
}

#[test]
fn what_a_session_quotes_is_not_its_own() {
    let message = "the limit of this client is used up, try again when the next minute has begun";
    for quoted in [
        format!("It should print \"{message}\" then."),
        format!("It should print `{message}` then."),
        format!("It should print:\n\n```\n{message}\n```\n"),
        format!("The issue says:\n\n> {message}\n"),
    ] {
        assert_eq!(found(&speech(&[&quoted], &[]), &format!("It prints \"{message}\"")), [""; 0], "{quoted}");
    }
    assert_eq!(found(&speech(&[message], &[]), message).len(), 1, "unless it says so itself");
}

#[test]
fn what_everybody_may_read_is_no_secret_of_a_session() {
    let sent = Speech { sent: vec![format!("# Request\n\n{SAID}")], ..speech(&[SAID], &[]) };
    assert_eq!(found(&sent, SAID), [""; 0], "its request");
    let read = format!("12: // {SAID}\n13: export const limiter = 1;");
    assert_eq!(found(&speech(&[SAID], &[&read]), SAID), [""; 0], "a file of the project");
    let last = Speech { last: SAID.to_owned(), ..speech(&[SAID], &[]) };
    assert_eq!(Heard::of(&last).said, Marks::default(), "its last word is told by itself");
    assert_eq!(found(&last, SAID).len(), 1);
    let mut overheard = after(&last);
    overheard.forget(&[SAID]);
    assert_eq!(overheard, Overheard::default(), "its document became the plan");
    assert_eq!(after(&last).echoes(SAID, &[SAID]), [], "or is given to whoever repeats it");
    let mut known = Overheard::default();
    known.listen(&SessionId::from("s"), planner(), &Heard::of(&last), &[SAID]);
    assert_eq!(known, Overheard::default(), "or was there before");
}

#[test]
fn a_file_that_a_tool_showed_may_be_quoted_and_not_copied() {
    let lines: Vec<String> = words(60, 5).split(' ').map(str::to_owned).collect();
    let lines: Vec<String> = lines.chunks(6).map(|line| line.join(" ")).collect();
    let shown: Vec<String> = lines.iter().enumerate().map(|(n, line)| format!("{n:05}| {line};")).collect();
    let speech = speech(&[], &[&shown.join("\n")]);
    assert_eq!(found(&speech, &lines[..6].join("\n")), [""; 0], "six lines");
    let overheard = after(&speech);
    let copied = format!("As here:\n{}\n", lines.join("\n"));
    let echoes = overheard.echoes(&copied, &[]);
    assert_eq!(echoes.len(), 1, "{echoes:?}");
    assert!(
        echoes[0]
            .tell(&copied)
            .ends_with("repeats the output of a tool (planner-arch): name the file and the lines instead")
    );
}

#[test]
fn a_short_sentence_is_known_where_it_is_whole() {
    let nine = "The team preferred the second version, so it stays.";
    let said = format!("Now to the other thing. {nine} And on");
    let found_in = |text: &str| found(&speech(&[&said], &[]), text).len();
    assert_eq!(found_in(&format!("Do it so.\n\n- {nine}\n- It has a test.")), 1);
    assert_eq!(found_in("It has a test. The team preferred\n  the second version, so it stays"), 1);
    assert_eq!(found_in("Whatever the team preferred, the second version, so it stays open."), 0, "a part");
    let eight = "The team preferred this one, so it stays.";
    assert_eq!(found(&speech(&[eight], &[]), eight), [""; 0], "anybody may say so");
    let read = format!("12: {} and nobody minds", nine.trim_end_matches('.'));
    let public = Speech { sent: vec![read], ..speech(&[&said], &[]) };
    assert_eq!(found(&public, nine), [""; 0], "part of what it was sent");
}

#[test]
fn a_short_answer_of_a_tool_is_known_where_it_is_whole() {
    let log = "$ npm test\ncart@1.3.0 test\nvitest run\n FAIL  test/cart.test.ts > sums up in cents\n\
               AssertionError: expected 54 to be 8\n Tests  9 failed | 18 passed";
    let found_in = |text: &str| found(&speech(&[], &[log]), text).len();
    assert_eq!(found_in(&format!("It fails:\n\n```sh\n{log}\n```\n")), 1);
    assert_eq!(found_in(&format!("It fails.\n\n{log}\n")), 1);
    let message: Vec<&str> = log.lines().skip(3).collect();
    assert_eq!(found_in(&format!("It fails:\n\n```\n{}\n```\n", message.join("\n"))), 0, "a quotation");
    let long = format!("{log}\n\n{}", words(60, 3));
    assert_eq!(found(&speech(&[], &[&long]), log), [""; 0], "a part of a longer one");
    let task = Speech { sent: vec![format!("It fails:\n{log}\nMend it.")], ..speech(&[], &[log]) };
    assert_eq!(found(&task, log), [""; 0], "part of what it was sent");
}

#[test]
fn a_long_session_leaves_no_more_than_its_share() {
    let (said, output) = (words(40_000, 1), words(90_000, 77));
    let speech = speech(&[&said], &[&output]);
    let heard = Heard::of(&speech);
    for marks in [&heard.said, &heard.outputs] {
        assert!((300..=1024).contains(&marks.len()), "{}", marks.len());
    }
    for length in [9, 14] {
        let paragraphs: Vec<String> = (0..3_000).map(|n| words(length, n)).collect();
        let many: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
        let marks = Heard::of(&self::speech(&many, &[])).said.len();
        assert!((250..=1024).contains(&marks), "{marks}");
    }
    let part =
        |text: &str, count: usize| text.split(' ').skip(7_000).take(count).collect::<Vec<_>>().join(" ");
    assert!(!found(&speech, &part(&said, 400)).is_empty());
    assert!(!found(&speech, &part(&output, 1_000)).is_empty());
}

#[test]
fn the_oldest_sessions_go_first_and_one_that_says_more_stays_one() {
    let mut overheard = Overheard::default();
    let texts: Vec<String> = (0..40).map(|n| words(1_500, n)).collect();
    for (n, text) in texts.iter().enumerate() {
        let heard = Heard::of(&speech(&[text], &[]));
        overheard.listen(&SessionId(format!("s{n}")), planner(), &heard, &[]);
    }
    assert!(overheard.echoes(&texts[0], &[]).is_empty());
    assert!(!overheard.echoes(&texts[39], &[]).is_empty());
    let kept = serde_json::to_string(&overheard).unwrap();
    assert!(kept.len() < 140_000, "{}", kept.len());
    overheard.listen(&SessionId::from("s39"), planner(), &Heard::of(&speech(&[SAID], &[])), &[]);
    assert!(overheard.echoes(&texts[39], &[]).is_empty());
    assert!(!overheard.echoes(SAID, &[]).is_empty());
}

#[test]
fn fingerprints_are_one_string_that_is_read_strictly() {
    let marks = Heard::of(&speech(&[SAID], &[])).said;
    let text = serde_json::to_string(&marks).unwrap();
    assert_eq!(text.len(), 8 * marks.len() + 2, "{text}");
    assert!(!text.contains("limiter"));
    assert_eq!(serde_json::from_str::<Marks>(&text).unwrap(), marks);
    for bad in ["\"AAAA\"", "\"AAAAAAA!\"", "\"AAAAAAABAAAAAAAA\"", "7"] {
        assert!(serde_json::from_str::<Marks>(bad).is_err(), "{bad}");
    }
}

fn prose(range: std::ops::Range<usize>) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[a-z]{4,9}", range)
}

proptest! {
    #[test]
    fn twelve_words_in_a_row_are_always_found(said in prose(12..120), at in 0..1000usize) {
        let from = at % (said.len() - 11);
        let copy = format!("Do this: {}.", said[from..from + 12].join(" "));
        prop_assert!(!found(&speech(&[&said.join(" ")], &[]), &copy).is_empty());
    }

    #[test]
    fn nine_words_in_a_row_never_are(said in prose(9..120), at in 0..1000usize) {
        let from = at % (said.len() - 8);
        let copy = format!("Ab cd {} ef gh", said[from..from + 9].join(" "));
        prop_assert_eq!(found(&speech(&[&said.join(" ")], &[]), &copy), [""; 0]);
    }

    #[test]
    fn any_text_is_read_and_found_only_in_itself(
        said in "(\\PC|[ \n`\"]){0,300}",
        output in "(\\PC|[ \n]){0,300}",
        text in "(\\PC|[ \n]){0,300}",
    ) {
        let speech = speech(&[&said], &[&output]);
        let heard = Heard::of(&speech);
        prop_assert_eq!(&Heard::of(&speech), &heard);
        let text = format!("{text}\n{said}\n{output}");
        for echo in after(&speech).echoes(&text, &[]) {
            prop_assert!(text.is_char_boundary(echo.from) && text.is_char_boundary(echo.to));
            prop_assert!(!echo.tell(&text).is_empty());
        }
        prop_assert_eq!(after(&speech).echoes(&text, &[&said, &output]), []);
        let json = serde_json::to_string(&heard).unwrap();
        prop_assert_eq!(serde_json::from_str::<Heard>(&json).unwrap(), heard);
    }
}
