//! A task that becomes too long for a context while work goes on is put into fewer words before its next
//! attempt. When that brings nothing, a better spec is taken back, and a person's task is refused.

use multi_agent_coder::backlog::TaskSpec;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::session::Trouble;
use multi_agent_coder::event::CommandName::{Implement, Progress, Review};
use serde_json::json;

use crate::agents::{Act, task};
use crate::cancel::at_every_moment;
use crate::shorter::{SHORT, long, reply};
use crate::world::World;

fn tasks() -> Vec<TaskSpec> {
    vec![task("T01", "Price list", 1.0, &[]), task("T02", "Discounts", 1.0, &[])]
}

/// A world whose first task fails twice and then gets a spec that is too long.
fn rebased(words: Vec<Act>) -> World {
    let mut world = World::planned(tasks());
    world.setting.options = json!({ "context": { "maxBytes": 500 } });
    world.agents.script("T01", vec![Act::change(&[("t01/main.js", "BUG\n")]); 2]);
    let better = Act::proposal(0.9, "It never says so.", &format!("acceptance: [{:?}]", long()));
    world.agents.script("rebase T01", vec![better]);
    world.agents.script("shorten T01", words);
    world
}

/// A world in which the first task's work is to be changed, and its context has no room to say how.
fn refused(words: Vec<Act>) -> World {
    let mut tasks = tasks();
    tasks[0].acceptance = vec![long()];
    let mut wide = World::planned(tasks.clone());
    assert_eq!(wide.command(Implement, ""), None, "{}", wide.transcript);
    let bytes = wide.sent_to("T01")[0].len() + 20;
    let mut world = World::planned(tasks);
    world.setting.options = json!({ "context": { "maxBytes": bytes } });
    let issue = "src/total.js:3: an empty list makes it fail, so begin with 0";
    world.agents.script("review T01", vec![Act::verdict("changes_requested", &[issue])]);
    world.agents.script("shorten T01", words);
    world
}

fn without_source() -> Act {
    reply("the price is never negative")
}

#[test]
fn a_better_spec_that_is_too_long_is_shortened_and_used() {
    let mut world = rebased(vec![reply(SHORT)]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    assert_eq!((world.sent_to("rebase T01").len(), world.sent_to("shorten T01").len()), (1, 1));
    assert!(world.sent_to("shorten T01")[0].contains(&long()), "{:?}", world.sent_to("shorten T01"));
    let worker = world.sent_to("T01");
    assert!(worker.len() == 3 && worker[2].contains(SHORT) && !worker[2].contains("whoever"), "{worker:?}");
    world.assert_said("**T01** is too long for a context, so its worker gets a shorter wording of it");
    let backlog = world.file("tasks/BACKLOG.yaml").unwrap_or_default();
    assert!(backlog.contains("whoever looks at it") && !backlog.contains(SHORT), "{backlog}");
}

/// The better spec of [`rebased`] came to nothing, and its task was done by the former one.
fn assert_taken_back(world: &World) {
    world.assert_all_merged();
    let worker = world.sent_to("T01");
    assert_eq!((worker.len(), world.sent_to("rebase T01").len()), (3, 1), "{}", world.transcript);
    assert!(worker[2].contains("the price list works") && !worker[2].contains("whoever"), "{}", worker[2]);
    assert!(worker[2].contains("Don't"), "what its attempts taught: {}", worker[2]);
    let backlog = world.file("tasks/BACKLOG.yaml").unwrap_or_default();
    assert!(!backlog.contains("whoever looks at it"), "{backlog}");
    let notes = world.file("tasks/T01.notes.md").unwrap_or_default();
    assert!(notes.contains("Back to the former spec: its better spec is too long for a context"), "{notes}");
    assert!(!notes.contains("## Version 2"), "{notes}");
}

#[test]
fn a_better_spec_that_stays_too_long_is_not_used_and_its_task_goes_on_without() {
    let lost = "cannot be used: it lost src/total.js";
    for (answer, told) in [(without_source(), lost), (Act::Reply("No.".into()), "holds no `task:`")] {
        let mut world = rebased(vec![answer]);
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        world.assert_said("**T01** goes back to its former spec: its better spec is too long for a context");
        world.assert_said(told);
        assert_eq!(world.sent_to("shorten T01").len(), 1);
        assert_taken_back(&world);
    }
}

#[test]
fn authors_of_specs_that_stay_too_long_are_not_asked_for_ever() {
    let mut world = rebased(vec![without_source()]);
    world.agents.script("T01", vec![Act::change(&[("t01/main.js", "BUG\n")]); 4]);
    let better = Act::proposal(0.9, "It never says so.", &format!("acceptance: [{:?}]", long()));
    world.agents.script("rebase T01", vec![better]);
    world.setting.options["maxRetries"] = json!(6);
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("T01"), "{error}");
    assert_eq!((world.sent_to("T01").len(), world.sent_to("rebase T01").len()), (6, 2));
    assert_eq!(world.sent_to("shorten T01").len(), 1, "nobody is asked the same twice");
    world.assert_said("Given up after 6 of 6 attempts");
}

#[test]
fn a_better_spec_whose_words_wait_for_the_next_run_is_taken_back_there() {
    let mut world = rebased(vec![Act::error(401, "bad key"), without_source()]);
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("bad key"), "{error}");
    let backlog = world.file("tasks/BACKLOG.yaml").unwrap_or_default();
    assert!(backlog.contains("whoever looks at it"), "{backlog}");
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_taken_back(&world);
}

#[test]
fn a_better_spec_stays_while_nobody_can_be_asked_for_fewer_words() {
    let mut world = rebased(vec![Act::error(401, "bad key"), Act::error(401, "bad key"), reply(SHORT)]);
    for _ in 0..2 {
        let error = world.command(Implement, "").unwrap_or_default();
        assert!(error.contains("bad key"), "{error}");
    }
    let backlog = world.file("tasks/BACKLOG.yaml").unwrap_or_default();
    assert!(backlog.contains("whoever looks at it"), "{backlog}");
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert!(world.sent_to("T01")[2].contains(SHORT), "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn a_file_that_shows_a_spec_which_was_taken_back_is_no_edit() {
    const FILE: &str = "tasks/BACKLOG.yaml";
    let mut world = rebased(vec![Act::Hang, without_source()]);
    world.start(Implement, "");
    world.run_until(|world| world.sent_to("shorten T01").len() == 1);
    let before = world.file(FILE).unwrap_or_default().to_owned();
    assert!(before.contains("whoever looks at it"), "{before}");
    world.reopen();
    world.agents.script("T01", vec![Act::Hang]);
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent_to("T01").len() == 3);
    world.cancel(&chat);
    world.run();
    // As if the disk had been full.
    world.put(Place::Repository, FILE, &before);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    let last = world.sent_to("T01").len() - 1;
    assert!(!world.sent_to("T01")[last].contains("whoever"), "{}", world.sent_to("T01")[last]);
    world.assert_all_merged();
}

#[test]
fn a_file_that_lags_behind_shows_what_is_to_be_cut() {
    const FILE: &str = "tasks/BACKLOG.yaml";
    let mut world = rebased(vec![without_source()]);
    world.setting.options = json!({});
    world.agents.script("T01", vec![Act::Hang]);
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent_to("rebase T01").len() == 1);
    let before = world.file(FILE).unwrap_or_default().to_owned();
    world.run_until(|world| world.sent_to("T01").len() == 3);
    world.cancel(&chat);
    world.run();
    // As if the disk had been full.
    world.put(Place::Repository, FILE, &before);
    world.setting.options = json!({ "context": { "maxBytes": 500 } });
    let error = world.command(Implement, "T01").unwrap_or_default();
    assert!(error.contains(": cut ") && error.contains(FILE), "a worker had it already: {error}");
    let shown = world.file(FILE).unwrap_or_default();
    assert!(!before.contains("whoever looks at it") && shown.contains("whoever looks at it"), "{shown}");
}

#[test]
fn a_task_of_the_persons_that_stays_too_long_is_refused_and_its_author_is_not_asked_again() {
    let mut world = World::planned(tasks());
    world.setting.options = json!({ "context": { "maxBytes": 500 } });
    world.agents.script("T01", vec![Act::Hang]);
    world.agents.script("shorten T01", vec![Act::error(503, "overloaded"), without_source(), reply(SHORT)]);
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent_to("T01").len() == 1);
    world.cancel(&chat);
    world.run();
    let text = world.file("tasks/BACKLOG.yaml").unwrap_or_default().replace("the price list works", &long());
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &text);
    let error = world.command(Implement, "").unwrap_or_default();
    let refused = ["the context of task T01 takes", ": cut ", "cannot be used: it lost src/total.js"];
    for part in refused {
        assert!(error.contains(part), "{part}: {error}");
        world.assert_said(part);
    }
    assert_eq!((world.sent_to("T01").len(), world.sent_to("shorten T01").len()), (1, 2));
    let notes = world.file("tasks/T01.notes.md").unwrap_or_default();
    assert!(notes.contains("Not started again: the context of task T01 takes"), "{notes}");
    assert_eq!(world.sent_to("T02").len(), 1, "the others go on: {}", world.transcript);

    let error = world.command(Implement, "T01").unwrap_or_default();
    refused.iter().for_each(|part| assert!(error.contains(part), "{part}: {error}"));
    assert_eq!(world.sent_to("shorten T01").len(), 2, "nobody is asked the same twice");

    let text = world.file("tasks/BACKLOG.yaml").unwrap_or_default().replace("and so it stays", "for ever");
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &text);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("shorten T01").len(), 3, "an edit is another question");
    world.assert_all_merged();
}

#[test]
fn a_task_makes_room_for_what_its_reviewer_asks_for() {
    let mut world = refused(vec![reply(SHORT)]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    let worker = world.sent_to("T01");
    assert!(worker.len() == 2 && worker[0].contains("whoever"), "{worker:?}");
    assert!(worker[1].contains(SHORT) && worker[1].contains("begin with 0"), "{}", worker[1]);
    world.assert_said("**T01** is too long to be sent with what its reviewer asks for");
}

#[test]
fn without_room_for_what_its_reviewer_asks_for_a_task_starts_again() {
    let mut world = refused(vec![without_source()]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    assert_eq!((world.sent_to("T01").len(), world.sent_to("shorten T01").len()), (2, 1));
    assert!(!world.sent_to("T01")[1].contains("Changes to make"), "{}", world.sent_to("T01")[1]);
}

#[test]
fn a_task_makes_room_for_what_its_person_asks_for() {
    let mut world = refused(vec![reply(SHORT)]);
    world.agents.scripts.remove("review T01");
    world.setting.options["review"] = json!("manual");
    assert_eq!(world.command(Implement, "T01"), None, "{}", world.transcript);
    let words = "T01 changes \"an empty list makes it fail, so begin with 0\"";
    assert_eq!(world.command(Review, words), None, "{}", world.transcript);
    let worker = world.sent_to("T01");
    assert!(worker.len() == 2 && worker[1].contains(SHORT), "{worker:?}");
    assert!(worker[1].contains("begin with 0"), "{}", worker[1]);
}

#[test]
fn an_edit_that_makes_a_task_too_long_is_shortened_when_it_is_read() {
    let mut world = World::planned(tasks());
    world.setting.options = json!({ "context": { "maxBytes": 500 } });
    world.agents.script("T01", vec![Act::Hang]);
    world.agents.script("shorten T01", vec![reply(SHORT)]);
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent_to("T01").len() == 1);
    world.cancel(&chat);
    world.run();
    let text = world.file("tasks/BACKLOG.yaml").unwrap_or_default();
    let edited = text.replace("the price list works", &long());
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &edited);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("shorten T01").len(), 1);
    assert!(world.sent_to("T01")[1].contains(SHORT), "{}", world.sent_to("T01")[1]);
    world.assert_all_merged();
}

#[test]
fn trouble_with_the_author_is_waited_out() {
    let mut world = rebased(vec![Act::error(503, "overloaded"), reply(SHORT)]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    assert_eq!(world.sent_to("shorten T01").len(), 2);
    world.assert_said(
        "**T01**: no shorter wording of it could be asked for: APIError (HTTP 503): overloaded.",
    );
    let mut world = rebased(vec![Act::error(401, "bad key")]);
    let error = world.command(Implement, "").unwrap_or_default();
    assert!(error.contains("T01") && error.contains("bad key"), "{error}");
    assert_eq!(world.sent_to("T02").len(), 1, "{}", world.transcript);
    world.agents.script("shorten T01", vec![reply(SHORT)]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn trouble_with_the_author_is_over_once_it_has_answered() {
    let late = Trouble::Error { name: "HostTimeout".into(), status: None, message: "no answer".into() };
    let mut words = vec![Act::Fail(late.clone()); 4];
    words.push(reply(SHORT));
    let mut world = rebased(words);
    world.agents.script("T01", vec![Act::Fail(late)]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    assert_eq!((world.sent_to("shorten T01").len(), world.sent_to("T01").len()), (5, 4));
}

#[test]
fn progress_says_that_a_task_is_being_shortened() {
    let mut world = rebased(vec![Act::Hang, reply(SHORT)]);
    world.start(Implement, "");
    world.run_until(|world| !world.sent_to("shorten T01").is_empty());
    world.start(Progress, "");
    world.run_until(|world| world.transcript.contains("it is being put into fewer words"));
}

#[test]
fn it_survives_esc_and_the_process_at_any_moment() {
    let words = || vec![reply(SHORT); 3];
    for world in [rebased(words()), refused(words()), rebased(vec![without_source(); 3])] {
        at_every_moment(world, (Implement, ""), |mut world, _, at| {
            world.reopen();
            assert_eq!(world.command(Implement, ""), None, "step {at}: {}", world.transcript);
            world.assert_all_merged();
        });
    }
    at_every_moment(rebased(words()), (Implement, ""), |mut world, chat, at| {
        world.cancel(chat);
        world.run();
        assert_eq!(world.command(Implement, ""), None, "step {at}: {}", world.transcript);
        world.assert_all_merged();
    });
}
