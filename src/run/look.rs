//! Commands that only look: `/progress`, `/progress --audit`, `/metrics` and `/backlog --check`. They
//! work at any time, beside a running command too.

use serde::{Deserialize, Serialize};

use crate::backlog::{self, Status};
use crate::effect::audit::{AuditOperation, AuditOutcome};
use crate::effect::file::{FileOutcome, Place};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Shared, Turn};
use crate::event::CommandName;
use crate::ids::SessionId;
use crate::metrics::{PromptFigures, Retries, metrics};
use crate::options::Options;
use crate::run::documents::{DOCUMENT_BYTES_MAX, file_failure, read};
use crate::run::implement::door::waits;
use crate::run::implement::fates::{figures, status_word, why};
use crate::run::providers::resting;
use crate::run::{Waiter, current_track, document, specs};
use crate::text::{bullets, bytes, count, table};
use crate::track::{Life, Track};

/// The argument that asks for the record of changes.
const AUDIT: &str = "--audit";
/// So many changes are shown: the latest days of a busy backlog.
const AUDIT_LINES_MAX: u32 = 200;

/// A question and where its answer goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    chat: SessionId,
    #[serde(alias = "name")]
    question: Question,
    options: Options,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// `/progress`.
    Progress,
    /// `/progress --audit`.
    Audit,
    /// `/metrics`.
    Metrics,
    /// `/backlog --check`.
    #[serde(alias = "backlog")]
    Check,
}

/// A command that only looks.
pub enum Look<'a> {
    /// At the backlog or the journal.
    Question(Question),
    /// At specs, with these arguments.
    Specs(&'a str),
    /// At nothing, and why.
    Refused(String),
}

/// What a command looks at; `None` for one that works.
pub fn look(name: CommandName, arguments: &str) -> Option<Look<'_>> {
    Some(match (name, arguments.trim()) {
        (CommandName::Progress, "") => Look::Question(Question::Progress),
        (CommandName::Progress, AUDIT) => Look::Question(Question::Audit),
        (CommandName::Progress, other) => {
            Look::Refused(format!("/progress takes no `{other}`; it takes nothing, or {AUDIT}."))
        }
        (CommandName::Metrics, _) => Look::Question(Question::Metrics),
        (CommandName::Backlog, "--check") => Look::Question(Question::Check),
        (CommandName::Spec, _) if specs::look::is_look(arguments) => Look::Specs(arguments),
        (
            CommandName::Backlog
            | CommandName::Plan
            | CommandName::Implement
            | CommandName::Review
            | CommandName::Regenerate
            | CommandName::Spec,
            _,
        ) => return None,
    })
}

/// A command was given that only looks.
pub fn given(turn: &mut Turn, chat: &SessionId, look: Look, options: Options) {
    let question = match look {
        Look::Question(question) => question,
        Look::Specs(arguments) => return specs::look::given(turn, chat, arguments, options),
        Look::Refused(problem) => return turn.end(chat, Some(problem)),
    };
    let operation = match question {
        Question::Audit => Operation::Audit(AuditOperation::Verify { lines_max: AUDIT_LINES_MAX }),
        Question::Progress | Question::Metrics | Question::Check => {
            read(Place::Repository, &document(&options, "BACKLOG.yaml"), DOCUMENT_BYTES_MAX)
        }
    };
    turn.request(Waiter::Look(Box::new(Wait { chat: chat.clone(), question, options })), operation);
}

/// The journal or the backlog was read.
pub fn resolved(activity: &Activity, turn: &mut Turn, wait: Wait, outcome: &Outcome) {
    match outcome {
        Outcome::Audit(outcome) => audited(turn, &wait.chat, outcome),
        outcome => answer(activity, turn, &wait, outcome),
    }
}

fn audited(turn: &mut Turn, chat: &SessionId, outcome: &AuditOutcome) {
    match outcome {
        AuditOutcome::Verified { audit } => {
            turn.say(chat, audit.report());
            let problem = audit.problem.as_ref().map(|problem| format!("the journal is damaged: {problem}"));
            turn.end(chat, problem);
        }
        AuditOutcome::Failed { message } => {
            turn.end(chat, Some(format!("the journal could not be read: {message}")));
        }
    }
}

fn answer(activity: &Activity, turn: &mut Turn, wait: &Wait, outcome: &Outcome) {
    // While work goes on the live track is the truth; the file may be in the middle of an edit.
    if let (Question::Progress, Activity::Implement(run)) = (wait.question, activity)
        && !run.track.records.is_empty()
    {
        let text = progress(&run.track, activity, turn.shared);
        turn.say(&wait.chat, text);
        return turn.end(&wait.chat, None);
    }
    let path = document(&wait.options, "BACKLOG.yaml");
    let text = match outcome {
        Outcome::File(FileOutcome::Read { text, .. }) => text,
        Outcome::File(FileOutcome::Missing) if wait.question == Question::Metrics => {
            let text = all_metrics(turn.shared, None);
            turn.say(&wait.chat, text);
            return turn.end(&wait.chat, None);
        }
        Outcome::File(FileOutcome::Missing) => {
            let text = format!("there is no {path}. `/plan <feature>` makes one.");
            return turn.end(&wait.chat, Some(text));
        }
        other => return turn.end(&wait.chat, Some(file_failure(other, &path))),
    };
    let backlog = match backlog::parse(text) {
        Ok(backlog) => backlog,
        Err(problems) => {
            return turn.end(&wait.chat, Some(format!("{path} has problems:\n{}", bullets(&problems))));
        }
    };
    let live =
        current_track(activity, turn.shared).filter(|track| track.backlog.track_id == backlog.track_id);
    let known = live.or_else(|| turn.shared.tracks.get(&backlog.track_id)).cloned();
    let is_running = matches!(activity, Activity::Implement(_));
    // While work goes on the live track is the truth; otherwise the file with what we know of it.
    let (track, notes) = match known {
        Some(track) if is_running => (track, Vec::new()),
        known => Track::adopt(known, backlog),
    };
    let answer = match wait.question {
        Question::Progress | Question::Audit => progress(&track, activity, turn.shared),
        Question::Metrics => all_metrics(turn.shared, Some(&track)),
        Question::Check => {
            format!("{path} is valid: {}.", count(track.backlog.tasks.len(), "task", "tasks"))
        }
    };
    turn.say(&wait.chat, answer);
    for note in notes {
        turn.say(&wait.chat, format!("**Note:** {note}."));
    }
    turn.end(&wait.chat, None);
}

/// The answer to `/metrics`: the tasks of a track, and what is known of all of them.
fn all_metrics(shared: &Shared, track: Option<&Track>) -> String {
    let ledger = &shared.ledger;
    let is_other =
        |other: &&Track| track.is_none_or(|track| track.backlog.track_id != other.backlog.track_id);
    let tries = || track.into_iter().chain(shared.tracks.values().filter(is_other)).flat_map(Track::tries);
    let (retries, prompts) = (Retries::of(tries(), ledger), PromptFigures::of(tries(), ledger));
    let figures = track.map(|track| figures(track, ledger)).unwrap_or_default();
    metrics(&figures, ledger, &shared.notebook.memory, &retries, &prompts)
}

/// Where the work of a track that is done can be found.
fn landing(track: &Track) -> String {
    let id = &track.backlog.track_id;
    match &track.landed {
        _ if track.is_unlanded() => {
            format!(" Not landed by `/implement`: `git merge mac/{id}` brings it to your branch.")
        }
        Some(branch) if track.is_complete() => format!(" `{branch}` has everything."),
        _ => String::new(),
    }
}

fn progress(track: &Track, activity: &Activity, shared: &Shared) -> String {
    let is_running = matches!(activity, Activity::Implement(_));
    let rows: Vec<Vec<String>> = track
        .standing()
        .map(|(index, task, record, blocker)| {
            let note = match &record.life {
                Life::Running(attempt) => {
                    format!("attempt {} in w{}", attempt.number, attempt.slot.0)
                }
                Life::Merged { .. } => {
                    format!("{} of context", bytes(u64::from(record.context_bytes)))
                }
                Life::Waiting if is_running && record.begun > 0 && track.waits_for(index).is_empty() => {
                    let error = record.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
                    format!("waits to start again{error}")
                }
                _ => why(track, index, blocker.as_ref()),
            };
            vec![
                task.id.to_string(),
                task.title.clone(),
                status_word(track.status(index), blocker.is_some()),
                record.all_attempts().to_string(),
                note,
            ]
        })
        .collect();
    let done = (0..track.records.len()).filter(|index| track.status(*index) == Status::Completed).count();
    let of = track.records.len();
    let state = match activity {
        Activity::Implement(run) if run.is_errand() => "/regenerate is running",
        Activity::Implement(run) if run.is_of_review() => "/review is running",
        Activity::Implement(_) => "/implement is running",
        Activity::Idle => "nothing is running",
        Activity::Ground(_)
        | Activity::Plan(_)
        | Activity::Draft(_)
        | Activity::Desk(_)
        | Activity::Regenerate(_)
        | Activity::Spec(_) => "another command is running",
    };
    let can_start = (0..of).any(|index| track.status(index) == Status::Ready);
    let ended = shared.shortfall.as_ref().filter(|_| *activity == Activity::Idle && !track.is_complete());
    let next = match ended.and_then(|ended| ended.told(&track.backlog.track_id, shared.now_ms)) {
        Some(ended) => format!(" {ended}"),
        None if *activity == Activity::Idle && can_start => " `/implement` goes on.".to_owned(),
        None => String::new(),
    };
    let waits = track.records.iter().filter(|record| waits(record).is_some()).count();
    let review = match (activity, waits) {
        (Activity::Idle, 1..) => " `/review` shows what waits for you.",
        _ => "",
    };
    let landing = if is_running { String::new() } else { landing(track) };
    let resting: String = resting(shared).iter().map(|line| format!("{line}\n\n")).collect();
    format!(
        "Track `{}`: {done} of {} done; {state}.{next}{review}{landing}\n\n{resting}{}",
        track.backlog.track_id,
        count(of, "task", "tasks"),
        table(&["Task", "Title", "Status", "#Attempts", "Note"], &rows)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_in_an_older_checkpoint_is_read() {
        let options = crate::options::read_options(&serde_json::Value::Null).unwrap();
        for (name, question) in [("progress", Question::Progress), ("backlog", Question::Check)] {
            let older = serde_json::json!({ "chat": "chat", "name": name, "options": options });
            assert_eq!(serde_json::from_value::<Wait>(older).unwrap().question, question);
        }
    }
}
