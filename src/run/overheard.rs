//! Whose words are remembered by their fingerprints: those of planners, of the agent that makes the
//! backlog, and of workers. What others say ends in a reply that a program takes apart.

use crate::engine::{Activity, Shared};
use crate::hygiene::{ForeignKind, Heard};
use crate::ids::SessionId;
use crate::run::draft;

/// A session has said what it had to say.
pub(crate) fn listen(activity: &Activity, shared: &mut Shared, session: &SessionId, heard: &Heard) {
    let overheard = &mut shared.overheard;
    match activity {
        Activity::Plan(run) => {
            if let Some(agent) = run.planner_of(session) {
                overheard.listen(session, ForeignKind::Planner(agent.to_owned()), heard, &[]);
            }
        }
        Activity::Draft(run) if run.is_asking(session) => {
            // Its last word is the backlog itself.
            let heard = Heard { last: Default::default(), ..heard.clone() };
            overheard.listen(session, draft::speaker(), &heard, &[]);
        }
        Activity::Implement(run) => {
            if let Some((task, attempt)) = run.worker_of(session) {
                let limits = run.track.backlog.limits.lines();
                let memory = shared.notebook.memory.entries.iter().map(|entry| entry.text.as_str());
                let known: Vec<&str> =
                    run.laid_down().chain(limits.iter().map(String::as_str)).chain(memory).collect();
                let who = ForeignKind::Attempt(format!("{task}, attempt {attempt}"));
                overheard.listen(session, who, heard, &known);
            }
        }
        _ => {}
    }
}
