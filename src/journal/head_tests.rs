//! The head file: what it sees that the chain cannot.

use proptest::prelude::*;

use super::*;
use crate::event::{Event, Tidied};

fn stamped(at_ms: u64) -> Stamped {
    Stamped { at_ms, event: Event::Opened { version: format!("0.0.{at_ms}"), tidied: Tidied::default() } }
}

/// The lines of a journal of `records`, and its head after each, the empty journal's first.
fn written(records: u64, at_ms: u64) -> (Vec<String>, Vec<String>) {
    let mut journal = Journal::new();
    let mut heads = vec![journal.head_record()];
    let mut lines = Vec::new();
    for number in 0..records {
        lines.push(journal.append(&stamped(at_ms + number)));
        heads.push(journal.head_record());
    }
    (lines, heads)
}

#[test]
fn the_format_is_frozen() {
    let (_, heads) = written(1, 7);
    assert_eq!(
        heads[1],
        "{\"v\":1,\"records\":                   1,\"hash\":\"f16ec089d3f82810\",\"check\":\"65baa9fe2d8ca6b1\"}\n"
    );
}

#[test]
fn it_always_has_the_same_size() {
    let head = |sequence| Journal { sequence, head: FIRST_PREV.to_owned() }.head_record();
    assert_eq!(head(u64::MAX).len(), head(0).len());
    assert!(serde_json::from_str::<serde_json::Value>(&head(12)).is_ok());
    assert_eq!(Head::parse(&head(u64::MAX)).unwrap().records, u64::MAX);
}

/// The journal is synced before the head file is written, which is never synced.
#[test]
fn it_may_lag_behind() {
    let (lines, heads) = written(4, 1);
    for head in &heads {
        let text = lines.concat();
        assert_eq!(Journal::open(&text, Some(head)).unwrap().valid_bytes, text.len());
    }
}

#[test]
fn a_cut_at_a_line_end_is_seen() {
    let (lines, heads) = written(4, 1);
    for left in 0..4 {
        let text = lines[..left].concat();
        let error = Journal::open(&text, Some(&heads[4])).expect_err("is refused");
        assert_eq!(error, JournalError::Lost { found: left as u64, known: 4 });
        assert!(Journal::open(&text, None).is_ok(), "the chain alone cannot see it");
    }
    let error = Journal::open(&lines[..1].concat(), Some(&heads[4])).unwrap_err();
    insta::assert_snapshot!(error, @"journal.jsonl ends after line 1, but journal.head knows 4 lines; the last 3 are lost: restore journal.jsonl and journal.head from the same copy, or move both away to begin anew (commits and refs stay in git)");
}

/// A record that the head knows was durable: torn, it is damage.
#[test]
fn a_torn_line_that_was_whole_once_is_seen() {
    let (lines, heads) = written(3, 1);
    let text = lines.concat();
    let torn = &text[..text.len() - 5];
    let error = Journal::open(torn, Some(&heads[3])).expect_err("is refused");
    assert_eq!(error, JournalError::Lost { found: 2, known: 3 });
    assert_eq!(Journal::open(torn, Some(&heads[2])).unwrap().records.len(), 2);
}

#[test]
fn the_head_of_another_journal_is_refused() {
    let (lines, _) = written(3, 1);
    let (_, others) = written(3, 50);
    let text = lines.concat();
    for (line, head) in others.iter().enumerate().skip(1) {
        let error = Journal::open(&text, Some(head)).expect_err("is refused");
        assert_eq!(error, JournalError::OtherHead { line: line as u64 });
    }
    assert!(Journal::open(&text, Some(&others[0])).is_ok(), "every journal begins alike");
}

#[test]
fn a_damaged_line_is_named_before_the_head_is_asked() {
    let (lines, heads) = written(3, 1);
    let text = lines.concat().replace("0.0.2", "0.0.9");
    assert_eq!(Journal::open(&text, Some(&heads[3])), Err(JournalError::WrongHash { line: 2 }));
}

#[test]
fn a_damaged_head_counts_as_none() {
    let (lines, heads) = written(3, 1);
    let text = lines[..2].concat();
    for cut in 0..heads[3].len() {
        assert!(Journal::open(&text, Some(&heads[3][..cut])).is_ok(), "cut at {cut}");
        for bit in 0..8 {
            let mut bytes = heads[3].clone().into_bytes();
            bytes[cut] ^= 1 << bit;
            assert_eq!(Head::parse(&String::from_utf8_lossy(&bytes)), None, "bit {bit} of byte {cut}");
        }
    }
    // Half of it was overwritten when the machine stopped.
    let torn = format!("{}{}", &heads[3][..50], &heads[2][50..]);
    assert_eq!(Head::parse(&torn), None);
}

proptest! {
    #[test]
    fn no_head_panics(head in any::<String>()) {
        prop_assert!(Journal::open("", Some(&head)).is_ok());
    }
}
