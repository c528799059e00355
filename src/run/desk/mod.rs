//! `/review`: what waits for a person, and what they can decide. A decision is carried out by
//! `run/implement`, which knows how to merge, to ask an agent and to land. When nothing waits, or a branch
//! or commit is named, the reviewer looks at the person's own changes.

mod cards;
mod own;
pub mod request;

use serde::Serialize;

use crate::backlog;
use crate::effect::Operation;
use crate::effect::Outcome;
use crate::effect::file::{FileOutcome, Place};
use crate::effect::git::{GitOperation, GitOutcome};
use crate::effect::session::Usage;
use crate::engine::{Activity, Turn};
use crate::event::SessionSignal;
use crate::ids::SessionId;
use crate::run::desk::cards::{Card, Held, Pile};
use crate::run::desk::request::{Request, parse_request};
use crate::run::documents::{DOCUMENT_BYTES_MAX, file_failure, read};
use crate::run::implement::door::waits;
use crate::run::implement::{Wish, begin_wish};
use crate::run::order::starting_order;
use crate::run::review::{Review, Subject};
use crate::run::{Run, Waiter, git_failure};
use crate::text::{bullets, list};
use crate::track::Track;

/// So many words, none of them a task, are a sentence.
const SENTENCE_WORDS_MIN: usize = 3;

/// `/review` under way, while it looks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeskRun {
    run: Run,
    /// Tasks, or a branch or a commit, as they were typed.
    names: Vec<String>,
    criteria: Vec<String>,
    is_json: bool,
    is_stopping: bool,
    stage: Stage,
}

/// What it waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    /// The backlog file.
    Backlog,
    /// What the refs hold of the track; then these tasks are shown.
    Refs { track: Box<Track>, tasks: Vec<usize> },
    /// The person's own changes.
    Comparing,
    /// They are being reviewed.
    Reviewing { subject: Subject, review: Box<Review>, spent: Usage },
}

/// `/review …`.
pub fn begin(turn: &mut Turn, run: Run, arguments: &str) -> Activity {
    match parse_request(arguments) {
        Err(problem) => turn.fail(&run.chat, problem),
        Ok(Request::Decide { task, decision }) => begin_wish(turn, run, Wish::Decide(decision), vec![task]),
        Ok(Request::Land) => begin_wish(turn, run, Wish::Land, Vec::new()),
        Ok(Request::Look { names, criteria, is_json }) => {
            let path = run.document("BACKLOG.yaml");
            turn.request(Waiter::Desk, read(Place::Repository, &path, DOCUMENT_BYTES_MAX));
            let desk = DeskRun { run, names, criteria, is_json, is_stopping: false, stage: Stage::Backlog };
            Activity::Desk(Box::new(desk))
        }
    }
}

impl DeskRun {
    /// The chat of the command.
    pub fn chat(&self) -> &SessionId {
        &self.run.chat
    }

    /// The person wants it to stop. It ends with the answer that is under way.
    pub fn cancelled(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        self.is_stopping = true;
        turn.cancel_all();
        Activity::Desk(self)
    }

    /// Something was seen in the reviewer's session.
    pub fn signalled(&mut self, turn: &mut Turn, seen: &SessionId, signal: &SessionSignal) {
        if let Stage::Reviewing { review, spent, .. } = &mut self.stage
            && review.session() == Some(seen)
        {
            if let SessionSignal::Stepped { usage, .. } = signal {
                *spent += *usage;
            }
            review.signalled(turn, &self.run, signal);
        }
    }

    /// What it waited for has come.
    pub fn resolved(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome, took_ms: u64) -> Activity {
        match std::mem::replace(&mut self.stage, Stage::Comparing) {
            Stage::Reviewing { subject, review, spent } => {
                self.review_resolved(turn, subject, *review, spent, outcome, took_ms)
            }
            _ if self.is_stopping => turn.fail(&self.run.chat, "stopped before anything was shown"),
            Stage::Backlog => self.backlog_read(turn, outcome),
            Stage::Refs { track, tasks } => self.refs_read(turn, &track, &tasks, outcome),
            Stage::Comparing => self.compared(turn, outcome),
        }
    }

    fn backlog_read(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let path = self.run.document("BACKLOG.yaml");
        let text = match outcome {
            Outcome::File(FileOutcome::Read { text, .. }) => text,
            Outcome::File(FileOutcome::Missing) => match self.names.as_slice() {
                [] if self.is_json => return self.print(turn, &Pile::default()),
                [] | [_] => return self.compare(turn),
                names if is_sentence(names) => {
                    self.take_sentence();
                    return self.compare(turn);
                }
                names => {
                    let text = format!("there is no {path}, so there is no task {}.", list(names));
                    return turn.fail(&self.run.chat, text);
                }
            },
            other => return turn.fail(&self.run.chat, file_failure(other, &path)),
        };
        let backlog = match backlog::parse(text) {
            Ok(backlog) => backlog,
            Err(problems) => {
                return turn.fail(&self.run.chat, format!("{path} has problems:\n{}", bullets(&problems)));
            }
        };
        self.run.track = Some(backlog.track_id.clone());
        let known = turn.shared.tracks.get(&backlog.track_id).cloned();
        let (track, _) = Track::adopt(known, backlog);
        let ids = track.ids();
        let is_task = |name: &String| ids.iter().any(|id| id.as_str().eq_ignore_ascii_case(name));
        if is_sentence(&self.names) && !self.names.iter().any(is_task) {
            self.take_sentence();
            return self.compare(turn);
        }
        match self.chosen(&track) {
            Ok(Some(tasks)) => {
                let operation = GitOperation::Hold { track: track.backlog.track_id.clone(), tip: None };
                turn.request(Waiter::Desk, Operation::Git(operation));
                self.stage = Stage::Refs { track: Box::new(track), tasks };
                Activity::Desk(self)
            }
            Ok(None) => {
                if track.is_unlanded() {
                    let text = format!(
                        "Everything is merged on `mac/{}` and not landed: `/review land`.",
                        track.backlog.track_id
                    );
                    turn.say(&self.run.chat, text);
                }
                self.compare(turn)
            }
            Err(problem) => turn.fail(&self.run.chat, problem),
        }
    }

    /// The tasks to show, in the order in which they would be merged; `None` when the person's own changes
    /// are meant.
    fn chosen(&self, track: &Track) -> Result<Option<Vec<usize>>, String> {
        let order = starting_order(&track.backlog.tasks);
        let is_meant = |index: &usize| {
            let id = &track.backlog.tasks[*index].id;
            self.names.iter().any(|name| id.as_str().eq_ignore_ascii_case(name))
        };
        if self.names.is_empty() {
            let waiting = order.into_iter().filter(|index| waits(&track.records[*index]).is_some());
            let waiting: Vec<usize> = waiting.collect();
            let is_own = waiting.is_empty() && !self.is_json;
            return Ok((!is_own).then_some(waiting));
        }
        let found: Vec<usize> = order.into_iter().filter(is_meant).collect();
        let is_task = |name: &&String| track.ids().iter().any(|id| id.as_str().eq_ignore_ascii_case(name));
        let unknown: Vec<String> = self.names.iter().filter(|name| !is_task(name)).cloned().collect();
        match (unknown.as_slice(), found.is_empty()) {
            ([], _) if self.criteria.is_empty() => Ok(Some(found)),
            ([], _) => {
                Err("a text in quotes is for a review of your own changes; to have a task changed, type \
                            `/review T03 changes \"…\"`."
                    .to_owned())
            }
            ([_], true) => Ok(None),
            _ => Err(self.unknown(track, &unknown)),
        }
    }

    /// What was typed is what the person's uncommitted changes are held against.
    fn take_sentence(&mut self) {
        let sentence = std::mem::take(&mut self.names).join(" ");
        self.criteria.insert(0, sentence);
    }

    fn unknown(&self, track: &Track, names: &[String]) -> String {
        if let ([word], [task, _]) = (names, self.names.as_slice())
            && let Some(decision) = request::meant_decision(word)
        {
            return format!("there is no decision {word}. Did you mean `/review {task} {decision}`?");
        }
        let known: Vec<String> = track.ids().iter().map(ToString::to_string).collect();
        format!("there is no task {} in the backlog; it has {}.", list(names), list(&known))
    }

    fn refs_read(
        self: Box<Self>,
        turn: &mut Turn,
        track: &Track,
        tasks: &[usize],
        outcome: &Outcome,
    ) -> Activity {
        let Outcome::Git(GitOutcome::Held { attempts, .. }) = outcome else {
            return turn.fail(&self.run.chat, git_failure(outcome));
        };
        let held = Held { track, attempts, repository: &self.run.repository.name };
        let cards: Vec<Card> =
            tasks.iter().filter_map(|task| held.card(*task, &turn.shared.ledger)).collect();
        let pile =
            Pile { track: Some(track.backlog.track_id.clone()), can_land: track.is_unlanded(), tasks: cards };
        if self.is_json {
            return self.print(turn, &pile);
        }
        for card in &pile.tasks {
            turn.say(&self.run.chat, card.text());
        }
        turn.end(&self.run.chat, None);
        Activity::Idle
    }

    /// Everything, for a script.
    fn print(self: Box<Self>, turn: &mut Turn, pile: &Pile) -> Activity {
        let text = serde_json::to_string_pretty(pile).expect("it has string keys only, so it is always JSON");
        turn.say(&self.run.chat, text);
        turn.end(&self.run.chat, None);
        Activity::Idle
    }
}

/// Whether words are a sentence and no names: the host takes the quotes off a text that stands alone.
fn is_sentence(words: &[String]) -> bool {
    words.len() >= SENTENCE_WORDS_MIN
}
