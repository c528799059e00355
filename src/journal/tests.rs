//! What the journal keeps, and what it refuses.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::effect::Outcome;
use crate::effect::session::{SessionOutcome, Usage};
use crate::event::{Event, SessionSignal, Tidied};
use crate::ids::{EffectId, SessionId};

fn opened(at_ms: u64, version: &str) -> Stamped {
    let version = version.to_owned();
    Stamped { at_ms, event: Event::Opened { version, tidied: Tidied::default() } }
}

fn resolved(id: u64, text: String, cost_usd: f64) -> Event {
    let usage = Usage { cost_usd, input_tokens: id, ..Usage::default() };
    let outcome = SessionOutcome::Answered {
        text_bytes: text.len() as u64,
        text,
        finish: None,
        usage,
        stored: Vec::new(),
    };
    Event::Resolved { id: EffectId(id), outcome: Outcome::Session(outcome) }
}

fn events() -> impl Strategy<Value = Vec<Stamped>> {
    let event = prop_oneof![
        any::<String>().prop_map(|version| Event::Opened { version, tidied: Tidied::default() }),
        any::<String>().prop_map(|what| Event::Session {
            session: SessionId(what.clone()),
            signal: SessionSignal::Denied { what },
        }),
        // Eighths of a dollar: see `a_cost_of_any_precision_is_replayed`.
        (any::<u64>(), any::<String>(), any::<u32>()).prop_map(|(id, text, eighths)| resolved(
            id,
            text,
            f64::from(eighths) / 8.0
        )),
    ];
    let stamped = (any::<u64>(), event).prop_map(|(at_ms, event)| Stamped { at_ms, event });
    vec(stamped, 0..6)
}

fn write(events: &[Stamped]) -> (Journal, String) {
    let mut journal = Journal::new();
    let text = events.iter().map(|event| journal.append(event)).collect();
    (journal, text)
}

/// Three records, as lines with their breaks.
fn lines() -> Vec<String> {
    let (_, text) = write(&[opened(1, "a"), opened(2, "b"), opened(3, "c")]);
    text.split_inclusive('\n').map(str::to_owned).collect()
}

fn refusal(text: &str) -> JournalError {
    Journal::open(text, None).expect_err("is refused")
}

/// The events of a journal that is not refused.
fn read(replay: &Replay) -> Vec<Stamped> {
    replay.events().collect::<Result<_, _>>().unwrap()
}

proptest! {
    #[test]
    fn what_was_appended_is_replayed(events in events()) {
        let (journal, text) = write(&events);
        let replay = Journal::open(&text, Some(&journal.head_record())).unwrap();
        prop_assert_eq!(read(&replay), events);
        prop_assert_eq!(replay.valid_bytes, text.len());
        prop_assert_eq!(replay.journal, journal);
    }

    #[test]
    fn a_cost_of_any_precision_is_replayed(at_ms in any::<u64>(), cost_usd in 0.0..1e9_f64) {
        let events = [Stamped { at_ms, event: resolved(1, String::new(), cost_usd) }];
        let (_, text) = write(&events);
        prop_assert_eq!(&read(&Journal::open(&text, None).unwrap())[..], &events[..]);
    }

    /// After a crash during a write: whole records stay, and writing goes on after them.
    #[test]
    fn a_cut_leaves_a_prefix(events in events(), at in any::<prop::sample::Index>()) {
        let (_, text) = write(&events);
        let at = at.index(text.len() + 1);
        let cut = String::from_utf8_lossy(&text.as_bytes()[..at]);
        let replay = Journal::open(&cut, None).unwrap();
        let kept = read(&replay);
        let Replay { mut journal, valid_bytes, .. } = replay;
        prop_assert!(valid_bytes <= at);
        prop_assert_eq!(&kept[..], &events[..kept.len()]);
        prop_assert_eq!(kept.len(), text[..valid_bytes].lines().count());
        let mut text = text[..valid_bytes].to_owned();
        for event in &events[kept.len()..] {
            text.push_str(&journal.append(event));
        }
        prop_assert_eq!(read(&Journal::open(&text, None).unwrap()), events);
    }

    #[test]
    fn a_flipped_bit_is_refused_or_torn_off(
        events in events().prop_filter("has records", |events| !events.is_empty()),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let (_, text) = write(&events);
        let mut bytes = text.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(replay) = Journal::open(&String::from_utf8_lossy(&bytes), None) {
            let kept = read(&replay);
            prop_assert!(replay.valid_bytes <= at);
            prop_assert_eq!(&kept[..], &events[..kept.len()]);
            prop_assert!(kept.len() < events.len());
            // A lost line break joins two records; nothing else reaches back past the last one.
            let lost = events.len() - kept.len();
            prop_assert!(lost == 1 || (lost == 2 && text.as_bytes()[at] == b'\n'));
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), lead in 0..3_usize) {
        let text = lines()[..lead].concat() + &text;
        if let Ok(replay) = Journal::open(&text, Some(&text)) {
            prop_assert_eq!(read(&replay).len(), lead);
        }
    }
}

#[test]
fn the_format_is_frozen() {
    let event = Event::Cancelled { chat: SessionId("c".to_owned()) };
    let (journal, text) = write(&[Stamped { at_ms: 1_700_000_000_000, event }]);
    assert_eq!(
        text,
        "{\"v\":1,\"seq\":0,\"prev\":\"0000000000000000\",\"hash\":\"25a04e2e97768e6c\",\"at_ms\":1700000000000,\"event\":{\"type\":\"cancelled\",\"chat\":\"c\"}}\n"
    );
    assert_eq!(journal.head(), "25a04e2e97768e6c");
}

#[test]
fn an_empty_journal_is_fine() {
    let replay = Journal::open("", None).unwrap();
    assert_eq!(replay.journal, Journal::new());
    assert_eq!((read(&replay).len(), replay.valid_bytes), (0, 0));
}

#[test]
fn a_missing_doubled_or_swapped_line_is_refused() {
    let [a, b, c] = lines().try_into().unwrap();
    let out_of_sequence = |line, found, expected| JournalError::OutOfSequence { line, found, expected };
    assert_eq!(refusal(&format!("{a}{c}")), out_of_sequence(2, 2, 1));
    assert_eq!(refusal(&format!("{a}{a}{b}")), out_of_sequence(2, 0, 1));
    assert_eq!(refusal(&format!("{b}{a}{c}")), out_of_sequence(1, 1, 0));
    assert_eq!(refusal(&b), out_of_sequence(1, 1, 0));
}

#[test]
fn a_line_of_another_journal_is_refused() {
    let a = lines().swap_remove(0);
    let (_, other) = write(&[opened(9, "x"), opened(2, "b")]);
    let text = a + other.split_inclusive('\n').nth(1).unwrap();
    assert_eq!(refusal(&text), JournalError::BrokenChain { line: 2 });
}

#[test]
fn an_edited_line_is_refused_even_when_it_is_the_last() {
    let text = lines().concat().replace("\"c\"", "\"d\"");
    assert_eq!(refusal(&text), JournalError::WrongHash { line: 3 });
}

#[test]
fn spaces_and_other_line_ends_are_no_records() {
    let text = lines().concat();
    assert_eq!(refusal(&text.replace('\n', "\r\n")), JournalError::WrongHash { line: 1 });
    assert_eq!(refusal(&text.replacen("\"v\":1", "\"v\": 1", 1)), JournalError::NotARecord { line: 1 });
    assert_eq!(refusal(&format!("\n{text}")), JournalError::NotARecord { line: 1 });
}

#[test]
fn garbage_is_torn_off_only_at_the_end() {
    let [a, b, _] = lines().try_into().unwrap();
    for tail in ["{\"v\":1,\"se", "\u{0}\u{0}\n", "\n", "{\"v\":1,\n"] {
        let text = format!("{a}{tail}");
        let replay = Journal::open(&text, None).unwrap();
        assert_eq!((read(&replay).len(), replay.valid_bytes), (1, a.len()));
    }
    assert_eq!(refusal(&format!("{a}\u{0}\n{b}")), JournalError::NotARecord { line: 2 });
}

#[test]
fn a_newer_format_says_what_to_install() {
    let newer = "{\"v\":2,\"anything\":true}\n";
    let error = refusal(newer);
    let expected = JournalError::NewerFormat { line: 1, found: 2, known: 1 };
    assert_eq!(error, expected);
    assert!(error.to_string().contains("install the version that wrote it"));
    assert_eq!(Journal::open(newer.trim_end(), None).unwrap().valid_bytes, 0);
}

#[test]
fn an_intact_record_of_an_unknown_event_is_refused_by_name() {
    let body = "\"at_ms\":1,\"event\":{\"type\":\"later\"}}";
    let lead = Journal::new().lead();
    let text = format!("{lead}{}{HASH_END}{body}\n", chain(FIRST_PREV, body));
    let replay = Journal::open(&text, None).unwrap();
    let error = replay.events_from(|_| false).expect_err("is refused");
    assert!(error.to_string().contains("unknown variant `later`"), "{error}");
}

/// What is older than the place to begin at is not decoded, so it need not be known.
#[test]
fn only_what_is_replayed_is_decoded() {
    let mut journal = Journal::new();
    let body = "\"at_ms\":1,\"event\":{\"type\":\"gone\"}}";
    let hash = chain(FIRST_PREV, body);
    let mut text = format!("{}{hash}{HASH_END}{body}\n", journal.lead());
    journal.advance(hash);
    let events = [opened(2, "a"), opened(3, "b"), opened(4, "c")];
    text.extend(events.iter().map(|event| journal.append(event)));
    let replay = Journal::open(&text, None).unwrap();
    let from = |at_ms| replay.events_from(|event: &Stamped| event.at_ms <= at_ms);
    assert_eq!(from(3).unwrap(), events[1..]);
    assert_eq!(from(2).unwrap(), events);
    assert!(matches!(from(1), Err(JournalError::UnknownEvent { line: 1, .. })));
}
