//! What the audit says of journals that hold no tasks, or are damaged. A journal of a whole run is
//! audited in `tests/scenario/audit.rs`.

use super::*;
use crate::event::Event;

fn journal(records: u64) -> (Journal, String) {
    let mut journal = Journal::new();
    let opened = |at_ms| Stamped {
        at_ms,
        event: Event::Opened { version: "0.1.0".to_owned(), tidied: Default::default() },
    };
    let text = (0..records).map(|number| journal.append(&opened(1_000 + number))).collect();
    (journal, text)
}

#[test]
fn a_good_journal_is_described() {
    let (journal, text) = journal(3);
    let expected = Audit {
        records: 3,
        first_ms: Some(1_000),
        last_ms: Some(1_002),
        head: journal.head().to_owned(),
        problem: None,
        older: 0,
        lines: Vec::new(),
    };
    assert_eq!(audit(&text, Some(&journal.head_record()), 10), expected);
    assert_eq!(audit("", None, 10).records, 0);
}

#[test]
fn damage_is_told_in_the_words_of_the_journal_beside_what_is_good() {
    let (journal, text) = journal(3);
    let damaged = text.replace("1001", "1009");
    let found = audit(&damaged, None, 10);
    let problem = Journal::open(&damaged, None).expect_err("it is damaged").to_string();
    assert_eq!((found.records, found.last_ms, found.problem), (1, Some(1_000), Some(problem)));
    let cut: String = text.split_inclusive('\n').take(2).collect();
    let found = audit(&cut, Some(&journal.head_record()), 10);
    assert_eq!(found.records, 2);
    assert!(found.problem.unwrap().starts_with("journal.jsonl ends after line 2, but journal.head knows 3"));
}
