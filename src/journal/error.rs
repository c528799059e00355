//! Why a journal is not read: the line, what is wrong with it, and what to do.

/// What to do about damage. Beginning anew loses no work: what was merged or collected is in git.
const RESTORE: &str = "restore journal.jsonl and journal.head from the same copy, or move both away to begin \
                       anew (commits and refs stay in git)";

/// What to do about a file of the future.
const INSTALL: &str = "install the version that wrote it, or a later one";

/// Why a journal is not read. Nothing is repaired by guessing: its events are the state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// A later version of the package wrote it.
    #[error("line {line} of journal.jsonl has format {found}, this version knows {known}: {}", INSTALL)]
    NewerFormat {
        /// Counted from 1.
        line: usize,
        /// The record's `v`.
        found: u64,
        /// The newest format that can be read.
        known: u64,
    },
    /// The line is not what `append` writes.
    #[error("line {line} of journal.jsonl is no record: {}", RESTORE)]
    NotARecord {
        /// Counted from 1.
        line: usize,
    },
    /// A record is missing, doubled or out of order.
    #[error(
        "line {line} of journal.jsonl has number {found}, expected {expected}; lines are missing, doubled or out of order: {}",
        RESTORE
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
        "line {line} of journal.jsonl does not follow the line before it; two files were mixed or lines changed: {}",
        RESTORE
    )]
    BrokenChain {
        /// Counted from 1.
        line: usize,
    },
    /// The record's content is not what was written.
    #[error("line {line} of journal.jsonl was changed after it was written: {}", RESTORE)]
    WrongHash {
        /// Counted from 1.
        line: usize,
    },
    /// The record is intact, but this version does not know its event.
    #[error(
        "line {line} of journal.jsonl holds an event that this version does not know ({message}): {}",
        INSTALL
    )]
    UnknownEvent {
        /// Counted from 1.
        line: usize,
        /// What the decoder said.
        message: String,
    },
    /// The head file knows records that the journal does not have any more.
    #[error(
        "journal.jsonl ends after line {found}, but journal.head knows {known} lines; the last {} are lost: {}",
        known - found,
        RESTORE
    )]
    Lost {
        /// So many records are left.
        found: u64,
        /// So many were durable once.
        known: u64,
    },
    /// The head file names a record that is not in this journal.
    #[error(
        "line {line} of journal.jsonl is not the one that journal.head names; the two files are of different journals: {}",
        RESTORE
    )]
    OtherHead {
        /// Counted from 1; 0 when a journal has just begun.
        line: u64,
    },
}
