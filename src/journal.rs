//! The journal: every event, one line each, chained so that damage is noticed.
//!
//! A record is `{"v":1,"seq":n,"prev":"…","hash":"…",` and the event's own fields. `hash` covers `prev`
//! and the exact bytes of those fields, `prev` is the hash of the record before: no record can be
//! changed, dropped or swapped without breaking the chain. The chain finds accidents; it is no
//! signature. Only the end of the text may be torn, by a crash during a write.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::Stamped;

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

/// What a journal's text holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// Ready to append after the last valid record.
    pub journal: Journal,
    /// The events, oldest first.
    pub events: Vec<Stamped>,
    /// So many bytes are whole records; what follows is a torn write and must be cut off before the
    /// next append.
    pub valid_bytes: usize,
}

/// Why a journal is not read. Nothing is repaired by guessing: its events are the state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// A later version of the package wrote it.
    #[error(
        "line {line} of the journal has format {found}, this version knows {known}: install the version that wrote it, or a later one"
    )]
    NewerFormat {
        /// Counted from 1.
        line: usize,
        /// The record's `v`.
        found: u64,
        /// The newest format that can be read.
        known: u64,
    },
    /// The line is not what `append` writes.
    #[error(
        "line {line} of the journal is no record: restore the file from a copy, or move it away to begin anew (commits and refs stay in git)"
    )]
    NotARecord {
        /// Counted from 1.
        line: usize,
    },
    /// A record is missing, doubled or out of order.
    #[error(
        "line {line} of the journal has number {found}, expected {expected}: records are missing or doubled; restore the file from a copy, or move it away to begin anew (commits and refs stay in git)"
    )]
    OutOfSequence {
        /// Counted from 1.
        line: usize,
        /// The record's `seq`.
        found: u64,
        /// The number that follows the record before.
        expected: u64,
    },
    /// The record does not continue the one before it.
    #[error(
        "line {line} of the journal does not follow the line before it: two files were mixed or lines changed; restore the file from a copy, or move it away to begin anew (commits and refs stay in git)"
    )]
    BrokenChain {
        /// Counted from 1.
        line: usize,
    },
    /// The record's content is not what was written.
    #[error(
        "line {line} of the journal was changed after it was written: restore the file from a copy, or move it away to begin anew (commits and refs stay in git)"
    )]
    WrongHash {
        /// Counted from 1.
        line: usize,
    },
    /// The record is intact, but this version does not know its event.
    #[error(
        "line {line} of the journal holds an event that this version does not know ({message}): install the version that wrote it, or a later one"
    )]
    UnknownEvent {
        /// Counted from 1.
        line: usize,
        /// What the decoder said.
        message: String,
    },
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

    /// Reads a journal's whole text. A last line that was not written to its end is left out.
    pub fn open(text: &str) -> Result<Replay, JournalError> {
        let mut journal = Self::new();
        let mut events = Vec::new();
        let mut valid_bytes = 0;
        for (line, number) in text.split_inclusive('\n').zip(1..) {
            let is_last = valid_bytes + line.len() == text.len();
            let Some(record) = line.strip_suffix('\n') else {
                break;
            };
            match journal.read(record, number) {
                Ok(event) => events.push(event),
                Err(_) if is_last && !is_json(record) => break,
                Err(error) => return Err(error),
            }
            valid_bytes += line.len();
        }
        Ok(Replay { journal, events, valid_bytes })
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

    /// How the next record begins, up to its hash.
    fn lead(&self) -> String {
        format!("{{\"v\":{FORMAT},\"seq\":{},\"prev\":\"{}\",\"hash\":\"", self.sequence, self.head)
    }

    fn advance(&mut self, hash: String) {
        self.sequence += 1;
        self.head = hash;
    }

    /// Reads the record that must come next.
    fn read(&mut self, record: &str, line: usize) -> Result<Stamped, JournalError> {
        let (hash, body) = record
            .strip_prefix(&self.lead())
            .and_then(|rest| rest.split_at_checked(HASH_DIGITS))
            .and_then(|(hash, rest)| Some((hash, rest.strip_prefix(HASH_END)?)))
            .ok_or_else(|| self.diagnose(record, line))?;
        if chain(&self.head, body) != hash {
            return Err(JournalError::WrongHash { line });
        }
        // The event's fields lie beside the record's own, which are skipped.
        let event = serde_json::from_str(record)
            .map_err(|error| JournalError::UnknownEvent { line, message: error.to_string() })?;
        self.advance(hash.to_owned());
        Ok(event)
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
mod tests;
