//! An agent that reads far from its task is told, and then stopped with what was seen; all of it is in the
//! notes and the figures.

use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::session::{SessionOperation, Usage};
use multi_agent_coder::event::CommandName::{Implement, Metrics};
use multi_agent_coder::event::{SessionSignal, Touched};
use multi_agent_coder::ids::SessionId;

use crate::agents::{Act, task};
use crate::provider::see;
use crate::world::World;

fn at_work() -> (World, SessionId) {
    let mut world = World::planned(vec![
        task("T01", "Price list", 1.0, &[]),
        task("T02", "Tax", 1.0, &["T01"]),
        task("cart", "Cart", 1.0, &["T01"]),
    ]);
    world.agents.script("T01", vec![Act::Hang]);
    let chat = world.start(Implement, "");
    world.run_until(|world| world.sent.len() == 1);
    (world, chat)
}

fn read(world: &mut World, path: &str, output_bytes: u64, words: &[&str]) {
    let touched = Touched {
        paths: vec![path.into()],
        input_bytes: 30,
        output_bytes,
        words: words.iter().map(|word| (*word).to_owned()).collect(),
    };
    let call = format!("{path} {output_bytes} {}", world.log.len());
    see(world, "T01", SessionSignal::Called { tool: "read".into(), call, is_error: false, touched });
}

#[test]
fn reading_elsewhere_is_told_to_the_person_then_to_the_agent_and_then_ends_the_attempt() {
    let (mut world, chat) = at_work();
    read(&mut world, "docs/old/a.md", 60_000, &[]);
    world.assert_said("T01 strays: 99 % of");
    assert!(world.nudges.is_empty());
    read(&mut world, "docs/old/b.md", 60_000, &[]);
    world.run_until(|world| world.nudges.len() == 1);
    world.assert_said("T01 is far from its task; its agent was told so.");
    let text = &world.nudges[0].text;
    assert!(text.contains("`docs/old/a.md` and `docs/old/b.md`") && text.contains("t01/"), "{text}");
    read(&mut world, "docs/old/c.md", 99_000, &[]);
    // What comes after that changes nothing.
    read(&mut world, "docs/old/d.md", 99_000, &[]);
    let mut world = world.finish(&chat);
    assert_eq!(world.nudges.len(), 1);
    world.assert_said("the agent strayed from its task:");
    world.assert_said("(1 of 3 attempts used)");
    let second = world.sent_to("T01")[1];
    assert!(second.contains("Don't read far from the task's files"), "{second}");
    let notes = world.file("tasks/T01.notes.md").unwrap();
    assert!(notes.contains("## What its sessions took in\n\n- Attempt 1: "), "{notes}");
    assert!(notes.contains("drift 99 %, away from its files in `docs/old/a.md`"), "{notes}");
    assert!(notes.contains("once told to go back to its task"), "{notes}");
    assert_eq!(world.command(Metrics, ""), None);
    world.assert_said(
        "Drift: at most 99 % (T01) of what a session took in was away from its task; 1 alert, 1 agent told.",
    );
}

#[test]
fn texts_about_other_tasks_are_counted_for_the_agent_and_named_for_the_person() {
    let (world, _) = at_work();
    let focus = world.pending.iter().find_map(|pending| match &pending.operation {
        Operation::Session(SessionOperation::Ask { focus, .. }) => focus.clone(),
        _ => None,
    });
    let focus = focus.expect("a worker's session is held to its task");
    assert_eq!(focus.words, ["T02"], "`cart` is a plain word");
    assert!(
        focus.keep.contains("Leave out:") && focus.keep.ends_with(world.sent_to("T01")[0]),
        "{}",
        focus.keep
    );

    let (mut world, chat) = at_work();
    read(&mut world, "t01/main.js", 40_000, &["T02"]);
    world.assert_said("(texts about 1 other task)");
    let world = world.finish(&chat);
    assert!(world.file("tasks/T01.notes.md").unwrap().contains("with texts about T02"));
}

#[test]
fn a_long_session_is_told_once_and_its_summaries_are_counted() {
    let (mut world, chat) = at_work();
    let turn = |finish: &str, input_tokens| SessionSignal::Stepped {
        finish: Some(finish.into()),
        usage: Usage { input_tokens, steps: 1, ..Usage::default() },
    };
    see(&mut world, "T01", turn("tool-calls", 90_000));
    assert!(!world.transcript.contains("has a long session"));
    for tokens in [150_000, 180_000] {
        see(&mut world, "T01", turn("tool-calls", tokens));
    }
    see(&mut world, "T01", turn("summary", 190_000));
    assert_eq!(
        world.transcript.matches("T01 has a long session: 75 % of what its model can take.").count(),
        1
    );
    let world = world.finish(&chat);
    let notes = world.file("tasks/T01.notes.md").unwrap();
    assert!(notes.contains("at most 90 % of what its model can take; once summed up by OpenCode"), "{notes}");
}
