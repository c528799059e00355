//! What failed attempts teach is remembered beyond their task, proves itself or goes, and is the person's
//! to read, edit and delete.

use multi_agent_coder::backlog::{TaskSpec, render};
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::event::CommandName::{Implement, Metrics};
use multi_agent_coder::ids::TrackId;
use multi_agent_coder::memory::{MemoryFile, Tier, parse};
use serde_json::json;

use crate::agents::{Act, backlog, task};
use crate::cancel::at_every_moment;
use crate::world::World;

const FILE: &str = "tasks/memory.yaml";
const LESSON: &str = "Don't break \"sums up\": 3 !== 4 (test, shared/sum.js:7)";
const REVIEWED: &str = "Don't leave this open: name the currency (review)";

/// A task that works on the file that fails.
fn sharing(id: &str, title: &str, after: &[&str]) -> TaskSpec {
    let mut task = task(id, title, 1.0, after);
    task.scope.files_hint.push("shared/sum.js".to_owned());
    task
}

/// One task after the other, so that the second can learn from the first.
fn tasks() -> Vec<TaskSpec> {
    vec![sharing("T01", "Price list", &[]), sharing("T02", "Discounts", &["T01"])]
}

/// The only task of another plan.
fn other(id: &str) -> Vec<TaskSpec> {
    vec![sharing(id, "Shipping", &[])]
}

fn red() -> Act {
    Act::change(&[("shared/sum.js", "BUG\n")])
}

/// A world whose first task fails once.
fn failing_once() -> World {
    let mut world = World::planned(tasks());
    world.agents.script("T01", vec![red()]);
    world
}

impl World {
    fn memory(&self) -> MemoryFile {
        parse(self.file(FILE).unwrap_or_default()).expect("what we write can be read")
    }

    /// The texts in the memory's file, with where they hold.
    fn lessons(&self) -> Vec<(String, Tier)> {
        self.memory().entries.into_iter().map(|entry| (entry.text, entry.tier)).collect()
    }

    fn edit_memory(&mut self, from: &str, to: &str) {
        let text = self.file(FILE).unwrap_or_default().to_owned();
        assert!(text.contains(from), "{from:?} is not in {text}");
        self.put(Place::Repository, FILE, &text.replacen(from, to, 1));
    }

    /// Takes every entry out of the memory's file.
    fn delete_entries(&mut self) {
        let text = self.file(FILE).unwrap_or_default();
        let (head, rest) = text.split_once("entries:").expect("a memory has entries");
        let (_, deleted) = rest.split_once("deleted:").expect("and deletions");
        let text = format!("{head}entries: []\ndeleted:{deleted}");
        self.put(Place::Repository, FILE, &text);
    }

    /// The same project gets another plan.
    fn plan_anew(&mut self, track: &str, tasks: Vec<TaskSpec>) {
        self.agents.tasks.clone_from(&tasks);
        let mut backlog = backlog(tasks);
        backlog.track_id = TrackId(track.into());
        self.put(Place::Repository, "tasks/BACKLOG.yaml", &render(&backlog));
    }
}

fn feature(track: &str) -> Tier {
    Tier::Feature { track: track.into() }
}

#[test]
fn a_lesson_that_helped_is_read_by_the_next_task() {
    let mut world = failing_once();
    world.agents.script("review T02", vec![Act::verdict("changes_requested", &["name the currency"])]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    let first = world.sent_to("T01");
    assert!(!first[0].contains(LESSON));
    assert_eq!(first[1].matches(LESSON).count(), 1, "once, as a lesson of its own: {}", first[1]);
    let next = world.sent_to("T02");
    assert!(next[0].contains(&format!("## Known from earlier work\n\n- {LESSON}\n")), "{}", next[0]);
    assert_eq!(world.lessons(), [(LESSON.into(), feature("cart-1")), (REVIEWED.into(), feature("cart-1"))]);
    let file = world.file(FILE).unwrap_or_default();
    assert!(file.starts_with("# What earlier work taught."), "{file}");
    assert!(file.contains("used: 2\n    passed: 2\n    failed: 0\n"), "{file}");
    let status = world.file("tasks/T02.status.json").unwrap_or_default();
    assert!(status.contains("\"memory\": [\n    \"m1\",\n    \"m2\"\n  ]"), "{status}");
    assert_eq!(world.command(Metrics, ""), None);
    world.assert_said("- Memory: 2 entries (2 feature), read 3 times, 3 of them by an attempt that passed.");
}

#[test]
fn a_lesson_about_a_file_is_not_read_by_who_works_elsewhere() {
    let elsewhere = task("T03", "Invoices", 1.0, &["T01"]);
    let mut world = World::planned([tasks(), vec![elsewhere]].concat());
    world.agents.script("T01", vec![red()]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert!(world.sent_to("T02")[0].contains(LESSON), "{}", world.sent_to("T02")[0]);
    assert!(!world.sent_to("T03")[0].contains("Known from earlier work"), "{}", world.sent_to("T03")[0]);
}

#[test]
fn what_two_plans_taught_holds_for_the_project() {
    let mut world = failing_once();
    assert_eq!(world.command(Implement, ""), None);
    world.plan_anew("tax-2", other("T11"));
    world.agents.script("T11", vec![red()]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    let sent = world.sent_to("T11");
    assert!(!sent[0].contains(LESSON), "a feature's lesson is not read in another: {}", sent[0]);
    assert_eq!(world.lessons(), [(LESSON.into(), Tier::Project)]);
    world.plan_anew("ship-3", other("T21"));
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert!(world.sent_to("T21")[0].contains(LESSON), "{}", world.sent_to("T21")[0]);
}

#[test]
fn what_sits_in_failing_contexts_loses_and_goes() {
    let mut world = failing_once();
    world.setting.options = json!({ "maxRetries": 10, "rebase": { "enabled": false } });
    world.agents.script("T02", vec![Act::Reply("No.".into()); 7]);
    let chat = world.start(Implement, "");
    let score = |world: &World| world.memory().entries.first().and_then(|entry| entry.score);
    world.run_until(|world| world.sent_to("T02").len() == 2);
    assert!(score(&world).is_some_and(|score| score < 1_000), "{:?}", world.memory());
    world.run();
    assert_eq!(world.end_of(&chat), None, "{}", world.transcript);
    let sent = world.sent_to("T02");
    assert!(sent[0].contains(LESSON) && !sent[7].contains(LESSON), "{}", sent[7]);
    assert_eq!(world.memory(), MemoryFile::default(), "how an attempt went is no lesson about the project");
}

#[test]
fn trouble_of_others_is_not_held_against_a_lesson() {
    let mut world = failing_once();
    world.agents.script("T02", vec![Act::error(503, "overloaded")]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    let file = world.file(FILE).unwrap_or_default();
    assert!(file.contains("used: 2\n    passed: 2\n    failed: 0\n"), "{file}");
}

#[test]
fn a_better_spec_holds_what_its_attempts_taught() {
    let mut world = failing_once();
    world.agents.script("T01", vec![red()]);
    let fields = "description: \"Sum prices in whole cents.\"";
    world.agents.script("rebase T01", vec![Act::proposal(0.9, "It was vague.", fields)]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert!(!world.sent_to("T01")[2].contains(LESSON));
    assert_eq!(world.lessons(), []);
}

#[test]
fn what_a_person_wrote_is_read_and_stays_where_they_put_it() {
    let mut world = failing_once();
    assert_eq!(world.command(Implement, "T01"), None);
    world.edit_memory("Don't break", "Never break");
    world.edit_memory("deleted: []", "  - text: Prices are in cents\ndeleted: []");
    assert_eq!(world.command(Implement, "T02"), None);
    let sent = world.sent_to("T02")[0];
    assert!(sent.contains("Never break") && sent.contains("- Prices are in cents\n"), "{sent}");
    let file = world.file(FILE).unwrap_or_default();
    assert_eq!(file.matches("    source: person\n").count(), 2, "{file}");
    world.plan_anew("tax-2", other("T11"));
    assert_eq!(world.command(Implement, ""), None);
    let sent = world.sent_to("T11")[0];
    assert!(sent.contains("Prices are in cents") && !sent.contains("Never break"), "{sent}");
}

#[test]
fn what_a_person_deleted_does_not_come_back() {
    let mut world = failing_once();
    assert_eq!(world.command(Implement, "T01"), None);
    world.delete_entries();
    world.agents.script("T02", vec![red()]);
    assert_eq!(world.command(Implement, "T02"), None, "{}", world.transcript);
    let sent = world.sent_to("T02");
    assert!(!sent[0].contains(LESSON));
    assert!(sent[1].contains(LESSON), "a lesson of its own attempts it is: {}", sent[1]);
    let left = MemoryFile { entries: Vec::new(), deleted: vec![LESSON.to_owned()] };
    assert_eq!(world.memory(), left);
    world.plan_anew("tax-2", other("T11"));
    world.agents.script("T11", vec![red()]);
    assert_eq!(world.command(Implement, ""), None);
    assert_eq!(world.memory(), left);
}

#[test]
fn without_its_file_everything_is_forgotten() {
    let mut world = failing_once();
    assert_eq!(world.command(Implement, "T01"), None);
    world.files.remove(&(Place::Repository, FILE.to_owned()));
    assert_eq!(world.command(Implement, "T02"), None);
    world.assert_said("**Note:** tasks/memory.yaml is gone, so what it held is forgotten (1 entry).");
    assert!(!world.sent_to("T02")[0].contains(LESSON));
    assert_eq!(world.file(FILE), None, "no file is made for an empty memory");
}

#[test]
fn a_file_that_cannot_be_read_is_told_by_line_and_nothing_is_lost() {
    let mut world = failing_once();
    assert_eq!(world.command(Implement, "T01"), None);
    let good = world.file(FILE).unwrap_or_default().to_owned();
    world.edit_memory("tier: feature", "tier: planet");
    let bad = world.file(FILE).unwrap_or_default().to_owned();
    world.agents.script("review T02", vec![Act::verdict("changes_requested", &["name the currency"])]);
    assert_eq!(world.command(Implement, "T02"), None, "{}", world.transcript);
    world.assert_said("tasks/memory.yaml has problems:\n- memory.yaml:9: tier: \"planet\" is none of");
    assert_eq!(world.file(FILE), Some(bad.as_str()));
    assert!(!world.sent_to("T02")[0].contains(LESSON));
    world.put(Place::Repository, FILE, &good);
    assert_eq!(world.command(Implement, ""), None);
    let texts: Vec<String> = world.lessons().into_iter().map(|(text, _)| text).collect();
    assert_eq!(texts, [LESSON, REVIEWED]);
}

#[test]
fn an_edit_while_it_runs_is_left_as_it_is_and_taken_by_the_next_run() {
    let mut world = failing_once();
    world.agents.script("review T02", vec![Act::verdict("changes_requested", &["name the currency"])]);
    let chat = world.start(Implement, "");
    world.run_until(|world| !world.sent_to("T02").is_empty());
    world.delete_entries();
    let edited = world.file(FILE).map(str::to_owned);
    world.run();
    assert_eq!(world.end_of(&chat), None, "{}", world.transcript);
    assert_eq!(world.file(FILE).map(str::to_owned), edited);
    world.assert_said("**Note:** tasks/memory.yaml was edited while this runs");
    assert_eq!(world.command(Implement, ""), None);
    let left = world.memory();
    assert_eq!((left.entries[0].text.as_str(), left.deleted), (REVIEWED, vec![LESSON.to_owned()]));
}

#[test]
fn the_memory_survives_the_process_at_any_moment() {
    at_every_moment(failing_once(), (Implement, ""), |mut world, _, at| {
        world.reopen();
        assert_eq!(world.command(Implement, ""), None, "step {at}: {}", world.transcript);
        world.assert_all_merged();
        let (memory, has_failed) = (world.memory(), world.transcript.contains("the test gate failed"));
        assert_eq!(memory.deleted, Vec::<String>::new(), "step {at}: {}", world.transcript);
        assert_eq!(memory.entries.len(), usize::from(has_failed), "step {at}: {}", world.transcript);
    });
}
