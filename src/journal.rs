//! The journal: every event, one line each, chained so that damage is noticed.
//!
//! A record is `{"v":1,"seq":n,"prev":"…","hash":"…",` and the event's own fields. `hash` covers `prev`
//! and the exact bytes of those fields, `prev` is the hash of the record before: no record can be
//! changed, dropped or swapped without breaking the chain. The chain finds accidents; it is no
//! signature. Only the end of the text may be torn, by a crash during a write. Lines that are missing
//! at the end are found by the head record, which lies in a file of its own.

mod error;
mod head;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::Stamped;

pub use error::JournalError;
use head::Head;

/// The format that is written, and the newest that can be read.
const FORMAT: u64 = 1;
/// Hex digits of a hash: 64 bits, enough against accidents.
const HASH_DIGITS: usize = 16;
/// The `prev` of the first record.
const FIRST_PREV: &str = "0000000000000000";
/// What ends the fixed part of a record, after the hash.
const HASH_END: &str = "\",";

/// Where the next record goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    sequence: u64,
    head: String,
}

/// What a journal's text holds. Its chain was verified; its events are decoded when they are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay<'text> {
    /// Ready to append after the last valid record.
    pub journal: Journal,
    /// So many bytes are whole records; what follows is a torn write and must be cut off before the
    /// next append.
    pub valid_bytes: usize,
    /// The records, oldest first, each without its line break.
    records: Vec<&'text str>,
}

impl Replay<'_> {
    /// All events, oldest first. Fails on one that this version does not know.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = Result<Stamped, JournalError>> {
        self.records.iter().enumerate().map(|(index, record)| decode(record, index + 1))
    }

    /// The events from the latest one on that `begins` accepts, or all when there is none. Nothing
    /// before it is decoded, so that a long journal is opened fast.
    pub fn events_from(&self, begins: impl Fn(&Stamped) -> bool) -> Result<Vec<Stamped>, JournalError> {
        let mut events = Vec::new();
        for event in self.events().rev() {
            let event = event?;
            let is_first = begins(&event);
            events.push(event);
            if is_first {
                break;
            }
        }
        events.reverse();
        Ok(events)
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self::new()
    }
}

impl Journal {
    /// An empty journal.
    pub fn new() -> Self {
        Self { sequence: 0, head: FIRST_PREV.to_owned() }
    }

    /// Reads a journal's whole text, and the text of its head file when there is one. A last line that
    /// was not written to its end is left out; a damaged head file counts as none.
    pub fn open<'text>(text: &'text str, head: Option<&str>) -> Result<Replay<'text>, JournalError> {
        match Self::examine(text, head) {
            (replay, None) => Ok(replay),
            (_, Some(error)) => Err(error),
        }
    }

    /// What is good from the beginning on, and what is wrong after that.
    pub(crate) fn examine<'text>(
        text: &'text str,
        head: Option<&str>,
    ) -> (Replay<'text>, Option<JournalError>) {
        let head = head.and_then(Head::parse);
        let mut replay = Replay { journal: Self::new(), valid_bytes: 0, records: Vec::new() };
        let mut problem = replay.journal.disagrees(head.as_ref());
        for line in text.split_inclusive('\n') {
            let is_last = replay.valid_bytes + line.len() == text.len();
            let Some(record) = line.strip_suffix('\n') else {
                break;
            };
            match replay.journal.read(record, replay.records.len() + 1) {
                Ok(()) => {}
                Err(_) if is_last && !is_json(record) => break,
                Err(error) => return (replay, Some(error)),
            }
            replay.records.push(record);
            replay.valid_bytes += line.len();
            problem = problem.or_else(|| replay.journal.disagrees(head.as_ref()));
        }
        let found = replay.journal.sequence;
        let lost = head.filter(|head| head.records > found);
        let lost = lost.map(|head| JournalError::Lost { found, known: head.records });
        (replay, problem.or(lost))
    }

    /// Whether the head file names another record than the one that was read last.
    fn disagrees(&self, head: Option<&Head>) -> Option<JournalError> {
        let head = head.filter(|head| head.records == self.sequence && head.hash != self.head)?;
        Some(JournalError::OtherHead { line: head.records })
    }

    /// The event as the next line of the journal, with its line break.
    pub fn append(&mut self, event: &Stamped) -> String {
        let body = serde_json::to_string(event).expect("an event is plain data with text keys");
        // The event is a map with fields: without its brace it continues the record.
        let body = &body[1..];
        let hash = chain(&self.head, body);
        let line = format!("{}{hash}{HASH_END}{body}\n", self.lead());
        self.advance(hash);
        line
    }

    /// The hash of the last record.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// How many records there are.
    pub fn records(&self) -> u64 {
        self.sequence
    }

    /// The text of the head file, to be written once all that was appended is durable: one line of a
    /// fixed size.
    pub fn head_record(&self) -> String {
        head::render(self)
    }

    /// How the next record begins, up to its hash.
    fn lead(&self) -> String {
        format!("{{\"v\":{FORMAT},\"seq\":{},\"prev\":\"{}\",\"hash\":\"", self.sequence, self.head)
    }

    fn advance(&mut self, hash: String) {
        self.sequence += 1;
        self.head = hash;
    }

    /// Takes the record that must come next.
    fn read(&mut self, record: &str, line: usize) -> Result<(), JournalError> {
        let (hash, body) = record
            .strip_prefix(&self.lead())
            .and_then(|rest| rest.split_at_checked(HASH_DIGITS))
            .and_then(|(hash, rest)| Some((hash, rest.strip_prefix(HASH_END)?)))
            .ok_or_else(|| self.diagnose(record, line))?;
        if chain(&self.head, body) != hash {
            return Err(JournalError::WrongHash { line });
        }
        self.advance(hash.to_owned());
        Ok(())
    }

    /// Says why a line is not the record that must come next.
    fn diagnose(&self, record: &str, line: usize) -> JournalError {
        #[derive(Deserialize)]
        struct Version {
            v: u64,
        }
        #[derive(Deserialize)]
        struct Lead {
            seq: u64,
            prev: String,
        }
        if let Ok(Version { v }) = serde_json::from_str(record)
            && v > FORMAT
        {
            return JournalError::NewerFormat { line, found: v, known: FORMAT };
        }
        match serde_json::from_str(record) {
            Ok(Lead { seq, .. }) if seq != self.sequence => {
                JournalError::OutOfSequence { line, found: seq, expected: self.sequence }
            }
            Ok(Lead { prev, .. }) if prev != self.head => JournalError::BrokenChain { line },
            _ => JournalError::NotARecord { line },
        }
    }
}

/// The event of a valid record. Its fields lie beside the record's own, which are skipped.
fn decode(record: &str, line: usize) -> Result<Stamped, JournalError> {
    serde_json::from_str(record)
        .map_err(|error| JournalError::UnknownEvent { line, message: error.to_string() })
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The first digits of the SHA-256 of both texts.
fn chain(prev: &str, body: &str) -> String {
    let digest = Sha256::new().chain_update(prev).chain_update(body).finalize();
    let mut hex = String::with_capacity(HASH_DIGITS);
    for byte in &digest[..HASH_DIGITS / 2] {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(digit), 16).unwrap_or_default());
        }
    }
    hex
}

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod head_tests;
#[cfg(test)]
mod tests;
