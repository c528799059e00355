//! A journal of every format that was ever written is kept for ever, with what it meant. Whoever has one
//! on disk must be able to go on with it after an upgrade.
//!
//! `tests/fixtures/journal-v1.jsonl` and `.head` were written by the version that had format 1, and are
//! never written again: what can no longer be read here can no longer be read by a person's machine
//! either. A field that is added to an event needs a default; an event or an outcome that is no longer
//! used stays readable. When the format itself changes (`FORMAT` in `src/journal.rs`), a new pair of files
//! gets its own name and its own test beside this one: `UPDATE=1 cargo test --test scenario golden` writes
//! files that do not exist yet.
#![expect(clippy::disallowed_methods, reason = "it reads and writes committed files")]

use std::fs;
use std::path::Path;

use multi_agent_coder::backlog::Status;
use multi_agent_coder::engine::Engine;
use multi_agent_coder::event::CommandName::Implement;
use multi_agent_coder::event::Event;
use multi_agent_coder::journal::Journal;

use crate::agents::{Act, task};
use crate::world::World;

const JOURNAL: &str = "tests/fixtures/journal-v1.jsonl";
const HEAD: &str = "tests/fixtures/journal-v1.head";

/// The story that the files tell: trouble with a provider, a red gate, a restart, and an end.
fn write() {
    let mut world = World::planned(vec![
        task("T01", "Price list", 1.0, &[]),
        task("T02", "Discounts", 1.0, &["T01"]),
        task("T03", "Tax", 1.0, &[]),
    ]);
    world.agents.script("T01", vec![Act::error(503, "overloaded")]);
    world.agents.script("T02", vec![Act::change(&[("t02/main.js", "BUG\n")])]);
    world.agents.script("T03", vec![Act::Reply("No.".into()); 3]);
    world.start(Implement, "");
    world.run_until(|world| world.transcript.contains("**T01**: merged"));
    world.reopen();
    assert!(world.command(Implement, "").is_some(), "T03 is given up");
    let (text, head) = world.journal();
    fs::write(JOURNAL, text).expect("tests/fixtures can be written");
    fs::write(HEAD, head).expect("tests/fixtures can be written");
}

fn files() -> (String, String) {
    if std::env::var("UPDATE").is_ok() && !Path::new(JOURNAL).exists() {
        write();
    }
    let read = |path| fs::read_to_string(path).expect("a committed file");
    (read(JOURNAL), read(HEAD))
}

/// The statuses after some lines of a journal.
fn statuses(text: &str, head: Option<&str>) -> String {
    let replay = Journal::open(text, head).expect("a journal that was fine when it was written");
    assert_eq!(replay.valid_bytes, text.len());
    let mut engine = Engine::new();
    for mut event in replay.events_from(Engine::can_begin_at).expect("events that are still known") {
        // The files were written by a version of their own.
        if let Event::Opened { version, .. } = &mut event.event {
            version.push_str("-golden");
        }
        engine.replay(&event);
    }
    let status = |(id, status): (_, Status)| format!("{id} {status}");
    engine.statuses().into_iter().map(status).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_journal_of_format_1_means_what_it_meant() {
    let (text, head) = files();
    assert_eq!(statuses(&text, Some(&head)), "T01 completed, T02 completed, T03 failed");
}

/// The process was stopped, and a newer version goes on: what the other one did since its last checkpoint
/// is not judged by other rules. The refs tell what became of it.
#[test]
fn a_journal_of_format_1_that_ends_in_the_middle_claims_nothing() {
    let (text, _) = files();
    let replay = Journal::open(&text, None).unwrap();
    let is_reopened = |event: &Event| matches!(event, Event::Opened { .. });
    let reopened = replay.events().skip(1).position(|event| is_reopened(&event.unwrap().event)).unwrap();
    let lines: String = text.split_inclusive('\n').take(reopened + 1).collect();
    assert_eq!(statuses(&lines, None), "");
}

#[test]
fn every_event_of_format_1_is_still_known() {
    let (text, head) = files();
    let replay = Journal::open(&text, Some(&head)).unwrap();
    for event in replay.events() {
        event.unwrap();
    }
}
