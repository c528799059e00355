//! A journal of a real run, damaged in every way we can think of. What is read is always the exact
//! beginning of what was written, or nothing and an error that names a line. With its head file, not even
//! a cut at a line end goes unseen.

use super::*;

const JOURNAL: &str = include_str!("../../tests/fixtures/journal-v1.jsonl");
const HEAD: &str = include_str!("../../tests/fixtures/journal-v1.head");

fn lines() -> Vec<&'static str> {
    JOURNAL.split_inclusive('\n').collect()
}

/// The head file as it was when the journal had so many lines.
fn head_after(count: usize) -> String {
    let text: String = lines()[..count].concat();
    Journal::open(&text, None).unwrap().journal.head_record()
}

/// Reads damaged bytes as the host does: what is no UTF-8 becomes a replacement character. So many
/// records are kept.
fn read(bytes: &[u8], head: Option<&str>) -> Result<usize, JournalError> {
    let text = String::from_utf8_lossy(bytes);
    let replay = Journal::open(&text, head)?;
    assert!(text[..replay.valid_bytes] == JOURNAL[..replay.valid_bytes], "a wrong state");
    assert_eq!(replay.records.concat().len() + replay.records.len(), replay.valid_bytes);
    Ok(replay.records.len())
}

fn line_breaks(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// The line that an error names.
fn line_of(error: &JournalError) -> u64 {
    match error {
        JournalError::Lost { found, .. } => *found,
        JournalError::OtherHead { line } => *line,
        JournalError::NewerFormat { line, .. }
        | JournalError::NotARecord { line }
        | JournalError::OutOfSequence { line, .. }
        | JournalError::BrokenChain { line }
        | JournalError::WrongHash { line }
        | JournalError::UnknownEvent { line, .. } => *line as u64,
    }
}

/// Refused, at this line and with what to do.
fn assert_refused(text: &str, head: Option<&str>, line: usize) {
    let error = read(text.as_bytes(), head).expect_err("damage was not seen");
    assert_eq!(line_of(&error), line as u64, "{error}");
    let text = error.to_string();
    assert!(text.contains(&format!("line {line} ")) || text.contains(&format!("line {line},")), "{text}");
    assert!(text.contains("journal.head"), "{text}");
}

/// A stream of numbers from a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((number ^ (number >> 31)) % end as u64) as usize
    }
}

/// The first lines are enough: each later one is read by the same rule.
#[test]
fn a_cut_at_every_byte_leaves_whole_records() {
    let count = 16;
    let text = lines()[..count].concat();
    let head = head_after(count);
    for at in 0..text.len() {
        let bytes = &text.as_bytes()[..at];
        let records = line_breaks(bytes);
        assert_eq!(read(bytes, None), Ok(records), "cut at {at}");
        let lost = JournalError::Lost { found: records as u64, known: count as u64 };
        assert_eq!(read(bytes, Some(&head)), Err(lost), "cut at {at}");
    }
}

#[test]
fn a_cut_at_every_line_end_is_seen_with_a_head() {
    let known = lines().len() as u64;
    for found in 0..known {
        let text = lines()[..found as usize].concat();
        assert_eq!(read(text.as_bytes(), Some(HEAD)), Err(JournalError::Lost { found, known }));
    }
}

/// The head is written after the journal, so it may be that of any line before the torn one.
#[test]
fn a_torn_end_is_cut_off_when_the_head_does_not_know_it() {
    let last = lines().len() - 1;
    let start: usize = lines()[..last].iter().map(|line| line.len()).sum();
    let heads: Vec<String> = (0..=last).map(head_after).collect();
    for at in (start..JOURNAL.len()).step_by(101) {
        for head in heads.iter().step_by(40).chain(heads.last()) {
            assert_eq!(read(&JOURNAL.as_bytes()[..at], Some(head)), Ok(last));
        }
    }
}

/// Without a head, damage to the last line alone looks like a torn write.
fn assert_flip_is_seen(text: &str, at: usize, bit: usize, head: &str) {
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] ^= 1 << bit;
    let place = format!("bit {bit} of byte {at}");
    if let Ok(kept) = read(&bytes, None) {
        let line = line_breaks(&text.as_bytes()[..at]);
        let count = text.lines().count();
        // A lost line break joins two records; nothing else reaches back past the last one.
        let is_joined = text.as_bytes()[at] == b'\n' && line + 2 == count;
        assert!(kept == line && (line + 1 == count || is_joined), "{place}: {kept} of {count} are kept");
    }
    assert!(read(&bytes, Some(head)).is_err(), "{place} was not seen with a head");
}

#[test]
fn every_flipped_bit_of_a_small_journal_is_seen() {
    let text = lines()[..5].concat();
    let head = head_after(5);
    for at in 0..text.len() {
        for bit in 0..8 {
            assert_flip_is_seen(&text, at, bit, &head);
        }
    }
}

#[test]
fn twenty_thousand_flipped_bits_are_seen() {
    let mut numbers = Numbers(1);
    // Journals of one line, two lines, …
    let journals: Vec<(String, String)> =
        (1..=16).map(|count| (lines()[..count].concat(), head_after(count))).collect();
    for _ in 0..20_000 {
        let (text, head) = &journals[numbers.below(journals.len())];
        let (at, bit) = (numbers.below(text.len()), numbers.below(8));
        assert_flip_is_seen(text, at, bit, head);
    }
}

#[test]
fn a_line_dropped_doubled_or_swapped_is_named() {
    let lines = lines();
    for index in 0..lines.len() {
        let (before, after) = (lines[..index].concat(), lines[index + 1..].concat());
        let dropped = format!("{before}{after}");
        if after.is_empty() {
            assert_eq!(read(dropped.as_bytes(), None), Ok(index));
            assert_refused(&dropped, Some(HEAD), index);
        } else {
            assert_refused(&dropped, None, index + 1);
        }
        assert_refused(&format!("{before}{0}{0}{after}", lines[index]), None, index + 2);
        if let Some(next) = lines.get(index + 1) {
            let rest = lines[index + 2..].concat();
            assert_refused(&format!("{before}{next}{}{rest}", lines[index]), None, index + 1);
        }
    }
    let mut numbers = Numbers(2);
    for _ in 0..500 {
        let mut swapped = lines.clone();
        let (one, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
        swapped.swap(one, other);
        if one != other {
            assert_refused(&swapped.concat(), None, one.min(other) + 1);
        }
    }
}

/// The same events a moment later: every line fits in shape and number, and belongs elsewhere.
#[test]
fn two_journals_that_were_mixed_are_told_apart() {
    let mut journal = Journal::new();
    let mut other = Vec::new();
    for event in Journal::open(JOURNAL, None).unwrap().events() {
        let mut event = event.unwrap();
        event.at_ms += 1;
        other.push(journal.append(&event));
    }
    let lines = lines();
    for index in 1..lines.len() {
        let spliced = format!("{}{}", lines[..index].concat(), other[index..].concat());
        assert_refused(&spliced, None, index + 1);
        let mut one = lines.clone();
        one[index] = &other[index];
        assert_refused(&one.concat(), None, index + 1);
        let appended = format!("{}{}", lines[..index].concat(), other.concat());
        assert_refused(&appended, None, index + 1);
    }
    let mut first = lines.clone();
    first[0] = &other[0];
    assert_refused(&first.concat(), None, 2);
    assert_refused(JOURNAL, Some(&journal.head_record()), lines.len());
}

/// A whole block of the disk came back empty or old.
#[test]
fn a_lost_block_is_seen() {
    let mut numbers = Numbers(3);
    for _ in 0..300 {
        let block = 512 * (1 + numbers.below(8));
        let from = numbers.below(JOURNAL.len() - block) / 512 * 512;
        for fill in [b'\0', b' ', b'\n'] {
            let mut bytes = JOURNAL.as_bytes().to_vec();
            bytes[from..from + block].fill(fill);
            let read_back = read(&bytes, Some(HEAD));
            assert!(read_back.is_err(), "{block} bytes from {from}");
        }
    }
}
