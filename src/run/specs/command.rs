//! `/spec save`: the plan at hand becomes a feature, or what it was saved as is brought up to date.
//! `/spec template`: a feature becomes a template.

use serde::Serialize;

use crate::backlog;
use crate::effect::file::{FileOutcome, Place};
use crate::effect::git::{GitOperation, GitOutcome, Relation};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::ids::SessionId;
use crate::run::documents::{DOCUMENT_BYTES_MAX, file_failure, read};
use crate::run::specs::save::Save;
use crate::run::specs::template;
use crate::run::{Progress, Run, Waiter, git_failure};
use crate::text::bullets;
use crate::track::Track;

/// `/spec save` under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct SpecRun {
    run: Run,
    stage: Stage,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    /// The backlog is being read.
    Backlog,
    /// Whether the person's branch has its work is being looked up.
    Relating { track: Track },
    /// The feature is being saved.
    Saving { track: Track, save: Box<Save> },
    /// A feature becomes a template.
    Template { saving: template::Saving },
}

/// `/spec save`; the other forms only look.
pub(crate) fn begin(turn: &mut Turn, run: Run, arguments: &str) -> Activity {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    match words.as_slice() {
        ["save"] => {}
        ["template", rest @ ..] => {
            return match template::begin(turn, &run, rest) {
                Ok(saving) => Activity::Spec(Box::new(SpecRun { run, stage: Stage::Template { saving } })),
                Err(problem) => turn.fail(&run.chat, problem),
            };
        }
        _ => return turn.fail(&run.chat, usage(arguments)),
    }
    let path = run.document("BACKLOG.yaml");
    turn.request(Waiter::Spec, read(Place::Repository, &path, DOCUMENT_BYTES_MAX));
    Activity::Spec(Box::new(SpecRun { run, stage: Stage::Backlog }))
}

/// What `/spec` takes.
pub(crate) fn usage(arguments: &str) -> String {
    format!(
        "/spec does not know `{arguments}`; it takes nothing, `save`, or `show` or `template` with a feature."
    )
}

impl SpecRun {
    /// The chat of the command.
    pub fn chat(&self) -> &SessionId {
        &self.run.chat
    }

    /// Something it waited for ended.
    pub fn resolved(self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let Self { run, stage } = *self;
        match stage {
            Stage::Template { saving } => match saving.resolved(turn, &run, outcome) {
                Progress::More(saving) => {
                    Activity::Spec(Box::new(Self { run, stage: Stage::Template { saving } }))
                }
                Progress::Done(told) => {
                    turn.say(&run.chat, told);
                    turn.end(&run.chat, None);
                    Activity::Idle
                }
                Progress::Failed(reason) => turn.fail(&run.chat, reason),
                Progress::Aborted => turn.fail(&run.chat, "stopped"),
            },
            Stage::Backlog => backlog_read(turn, run, outcome),
            Stage::Relating { track } => match outcome {
                Outcome::Git(GitOutcome::Related { relation }) => {
                    let is_landed = matches!(relation, Relation::Same | Relation::Ahead);
                    save(turn, run, track, is_landed)
                }
                other => turn.fail(&run.chat, git_failure(other)),
            },
            Stage::Saving { track, save } => match save.resolved(turn, &run, &track, outcome, Waiter::Spec) {
                Progress::More(save) => Activity::Spec(Box::new(Self {
                    run,
                    stage: Stage::Saving { track, save: Box::new(save) },
                })),
                Progress::Done(kept) => {
                    turn.say(&run.chat, kept.told());
                    turn.end(&run.chat, None);
                    Activity::Idle
                }
                Progress::Failed(reason) => turn.fail(&run.chat, format!("the spec was not saved: {reason}")),
                Progress::Aborted => turn.fail(&run.chat, "stopped"),
            },
        }
    }
}

fn backlog_read(turn: &mut Turn, run: Run, outcome: &Outcome) -> Activity {
    let path = run.document("BACKLOG.yaml");
    let text = match outcome {
        Outcome::File(FileOutcome::Read { text, .. }) => text,
        Outcome::File(FileOutcome::Missing) => {
            let text =
                format!("there is no {path}, so there is no plan to save. `/plan <feature>` makes one.");
            return turn.fail(&run.chat, text);
        }
        other => return turn.fail(&run.chat, file_failure(other, &path)),
    };
    let backlog = match backlog::parse(text) {
        Ok(backlog) => backlog,
        Err(problems) => {
            let text = format!("{path} has problems, so nothing was saved:\n{}", bullets(&problems));
            return turn.fail(&run.chat, text);
        }
    };
    let known = turn.shared.tracks.get(&backlog.track_id).cloned();
    let (track, _) = Track::adopt(known, backlog);
    match (&run.repository.head, &track.tip) {
        // A person may have merged the work themselves.
        (Some(head), Some(tip)) if track.is_complete() => {
            let operation = GitOperation::Relate { ours: head.clone(), theirs: tip.clone() };
            turn.request(Waiter::Spec, Operation::Git(operation));
            Activity::Spec(Box::new(SpecRun { run, stage: Stage::Relating { track } }))
        }
        _ => save(turn, run, track, false),
    }
}

fn save(turn: &mut Turn, run: Run, track: Track, is_landed: bool) -> Activity {
    let landed = track.tip.clone().filter(|_| is_landed);
    let save = Box::new(Save::begin(turn, &run, landed, Waiter::Spec));
    Activity::Spec(Box::new(SpecRun { run, stage: Stage::Saving { track, save } }))
}
