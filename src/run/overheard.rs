//! Whose words are remembered by their fingerprints: those of planners, of the agent that makes the
//! backlog, and of workers. What others say ends in a reply that a program takes apart.

use crate::backlog::TaskSpec;
use crate::context::fields;
use crate::engine::{Activity, Shared};
use crate::hygiene::{ForeignKind, Heard};
use crate::ids::{SessionId, TaskId, TrackId};
use crate::memory::{Notebook, Source};
use crate::run::draft;
use crate::run::patterns::Planned;

/// A session has said what it had to say.
pub(crate) fn listen(activity: &Activity, shared: &mut Shared, session: &SessionId, heard: &Heard) {
    match activity {
        Activity::Plan(run) => {
            if let Some(agent) = run.planner_of(session) {
                let who = ForeignKind::Planner(agent.to_owned());
                shared.overheard.listen(session, who, heard, &run.rules());
            }
        }
        Activity::Draft(run) if run.is_asking(session) => {
            // Its last word is the backlog itself.
            let heard = Heard { last: Default::default(), ..heard.clone() };
            shared.overheard.listen(session, draft::speaker(), &heard, &[]);
        }
        Activity::Implement(run) => {
            if let Some((task, attempt)) = run.worker_of(session) {
                let who = attempt_of(task, attempt);
                let limits = run.track.backlog.limits.lines();
                let known = run.laid_down().chain(limits.iter().map(String::as_str));
                let known: Vec<&str> = known.chain(remembered(&shared.notebook)).collect();
                shared.overheard.listen(session, who, heard, &known);
            }
        }
        // A worker whose process ended before it was heard. What the plan and the rules say of it is
        // forgotten when they are read.
        Activity::Ground(ground) => {
            if let Some((track, task, attempt)) = ground.recalling(shared, session) {
                let who = attempt_of(&task, attempt);
                let track = &shared.tracks[&track];
                let tasks = track.backlog.tasks.iter();
                let limits = track.backlog.limits.lines();
                let known = tasks.flat_map(|task| fields(task).map(|(_, text)| text));
                let known: Vec<&str> = known
                    .chain(limits.iter().map(String::as_str))
                    .chain(remembered(&shared.notebook))
                    .collect();
                shared.overheard.listen(session, who, heard, &known);
            }
        }
        _ => {}
    }
}

fn attempt_of(task: &TaskId, attempt: u32) -> ForeignKind {
    ForeignKind::Attempt(format!("{task}, attempt {attempt}"))
}

fn remembered(notebook: &Notebook) -> impl Iterator<Item = &str> {
    notebook.memory.entries.iter().map(|entry| entry.text.as_str())
}

/// The lines of a task that agents may have brought in and a context can do without.
pub(crate) fn lines(task: &TaskSpec) -> impl Iterator<Item = &str> {
    task.context.patterns.iter().chain(&task.context.gotchas).map(String::as_str)
}

/// An agent of ours wrote these lines into a backlog. One that repeats what was said was allowed to.
pub(crate) fn wrote<'a>(shared: &mut Shared, track: &TrackId, lines: impl Iterator<Item = &'a str>) {
    let overheard = &shared.overheard;
    let is_own = |line: &&str| overheard.echoes(line, &[]).is_empty();
    if let Some(planned) = shared.planned.get_mut(track) {
        planned.lines.extend(lines.filter(is_own).map(Planned::line));
    }
}

/// What a person wrote where agents write, too: entries of the memory, and the lines of a task that no agent
/// is known to have written. They are sent whoever said the same. A person who copies a line from a note or
/// from a session has read it and wants it there; an agent's line is held against what was said before it is
/// taken, and again before it is sent.
pub(crate) fn by_hand<'a>(shared: &'a Shared, track: &TrackId, task: &'a TaskSpec) -> Vec<&'a str> {
    let ours = shared.planned.get(track).map(|planned| &planned.lines);
    let is_ours = |line: &str| ours.is_some_and(|ours| ours.contains(&Planned::line(line)));
    let entries = shared.notebook.memory.entries.iter().filter(|entry| entry.source == Source::Person);
    lines(task).filter(|line| !is_ours(line)).chain(entries.map(|entry| entry.text.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::sample_task;
    use crate::hygiene::Speech;
    use crate::memory::Tier;

    #[test]
    fn what_a_person_wrote_is_told_from_what_agents_wrote() {
        let said =
            "A bucket that nobody asked for in a while could be thrown away, and made again when needed.";
        let (mut shared, track, mut task) = (Shared::default(), TrackId::from("cart-1"), sample_task());
        assert_eq!(by_hand(&shared, &track, &task), lines(&task).collect::<Vec<_>>(), "a backlog by hand");

        let speech = Speech { said: vec![said.to_owned()], ..Speech::default() };
        let who = ForeignKind::Planner("planner-arch".to_owned());
        shared.overheard.listen(&SessionId::from("s"), who, &Heard::of(&speech), &[]);
        shared.planned.insert(track.clone(), Planned::default());
        wrote(&mut shared, &track, lines(&task));
        assert_eq!(by_hand(&shared, &track, &task), [""; 0]);

        task.context.gotchas.push(said.to_owned());
        let memory = &mut shared.notebook.memory;
        memory.learn(Tier::Project, "Don't round: use cents", Source::Failure, 0);
        memory.learn(Tier::Project, "Round half up", Source::Person, 0);
        assert_eq!(by_hand(&shared, &track, &task), [said, "Round half up"]);
        wrote(&mut shared, &track, lines(&task));
        assert_eq!(by_hand(&shared, &track, &task).len(), 2, "who might repeat it then may be sent it now");
    }
}
