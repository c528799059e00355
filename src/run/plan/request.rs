//! What is asked for: the request is read, and an earlier backlog is looked at, and put aside if need be.

use crate::run::documents::{DOCUMENT_BYTES_MAX, Standing, archive, file_failure, read, standing, write};
use crate::run::plan::{Goal, PlanRun, Stage, Wait};

use serde::Serialize;

use crate::effect::Outcome;
use crate::effect::file::{Expected, FileOutcome, Place};
use crate::engine::{Activity, Turn};
use crate::plan::request::{Request, read_request};
use crate::run::Waiter;

/// A request above this is refused before it is read: far more than a person writes.
const REQUEST_BYTES_MAX: u32 = 64 * 1024;
/// What `/plan` puts aside before it writes its own.
const DOCUMENTS: [&str; 6] = ["BACKLOG.yaml", "PLAN.md", "SPEC.md", "ARCH.md", "QA.md", "REQUEST.md"];

/// Earlier documents on their way to the archive, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Aside {
    /// Where to, inside the output directory.
    into: String,
    /// The documents still to go; the last one is under way.
    left: Vec<String>,
    /// It is being read; otherwise its copy is being written.
    is_reading: bool,
    /// The person knows where they are.
    is_told: bool,
}

/// One word with a dot or a slash in it, or anything that ends like a text file.
fn looks_like_file(argument: &str) -> bool {
    let is_word = !argument.contains(char::is_whitespace);
    let has_ending = [".md", ".markdown", ".txt"].iter().any(|ending| argument.ends_with(ending));
    has_ending && !argument.contains('\n') || is_word && argument.contains(['.', '/'])
}

impl PlanRun {
    /// Begins with a request: its file's name, or the request itself.
    pub(super) fn read_request(mut self, turn: &mut Turn, argument: String) -> Activity {
        if looks_like_file(&argument) {
            turn.request(Waiter::Plan(Wait::Step), read(Place::Person, &argument, REQUEST_BYTES_MAX));
            self.stage = Stage::Request { path: argument };
            return Activity::Plan(self);
        }
        match read_request(&argument) {
            Ok(request) => self.requested(turn, request),
            Err(problem) => turn.fail(&self.run.chat, problem.to_string()),
        }
    }

    pub(super) fn request_read(self, turn: &mut Turn, path: &str, outcome: &Outcome) -> Activity {
        let chat = self.run.chat.clone();
        match outcome {
            Outcome::File(FileOutcome::Read { text, .. }) => match read_request(text) {
                Ok(request) => self.requested(turn, request),
                Err(problem) => turn.fail(&chat, format!("{path}: {problem}")),
            },
            Outcome::File(FileOutcome::Missing) => turn.fail(
                &chat,
                format!("there is no file {path}. Give the path of a feature request, or its text in several words."),
            ),
            Outcome::File(FileOutcome::TooLarge { bytes }) => turn.fail(
                &chat,
                format!("{path} has {bytes} bytes; a feature request has at most {REQUEST_BYTES_MAX}. Keep what matters."),
            ),
            Outcome::File(FileOutcome::NotText) => {
                turn.fail(&chat, format!("{path} is not a text file (UTF-8)."))
            }
            other => turn.fail(&chat, file_failure(other, path)),
        }
    }

    fn requested(self, turn: &mut Turn, request: Request) -> Activity {
        if let Some(warning) = &request.warning {
            turn.say(&self.run.chat, format!("**Note:** {warning}"));
        }
        for note in &request.notes {
            turn.say(&self.run.chat, format!("**Note:** {note}."));
        }
        self.look_for_earlier(turn, Goal::Request(request))
    }

    /// Is there a backlog that must not be lost?
    pub(super) fn look_for_earlier(mut self, turn: &mut Turn, goal: Goal) -> Activity {
        let backlog = self.run.document("BACKLOG.yaml");
        turn.request(Waiter::Plan(Wait::Step), read(Place::Repository, &backlog, DOCUMENT_BYTES_MAX));
        self.stage = Stage::Earlier { goal };
        Activity::Plan(self)
    }

    pub(super) fn earlier_read(self, turn: &mut Turn, goal: Goal, outcome: &Outcome) -> Activity {
        let path = self.run.document("BACKLOG.yaml");
        let text = match outcome {
            // A plan without a backlog may hold a person's corrections all the same.
            Outcome::File(FileOutcome::Missing) => {
                let into = format!("archive/plan-{}", turn.shared.now_ms / 1000);
                return self.begin_aside(turn, goal, into);
            }
            Outcome::File(FileOutcome::Read { text, .. }) => text,
            Outcome::File(FileOutcome::TooLarge { .. } | FileOutcome::NotText) => "",
            other => return turn.fail(&self.run.chat, file_failure(other, &path)),
        };
        let standing = standing(text, &turn.shared.tracks);
        match &standing {
            Standing::Started(_) | Standing::Unreadable if !self.is_new => turn.fail(
                &self.run.chat,
                format!(
                    "{path} {}; `/plan --new …` starts over and keeps the old documents in {}.",
                    standing.obstacle(),
                    self.run.document("archive/")
                ),
            ),
            _ => {
                if let Standing::Finished { unlanded: Some(track) } = &standing {
                    let text = format!(
                        "**Note:** the work of the earlier plan was not landed, so this one begins without it. \
                         `git merge mac/{track}` brings it to your branch."
                    );
                    turn.say(&self.run.chat, text);
                }
                let into = archive(text, turn.shared.now_ms);
                self.begin_aside(turn, goal, into)
            }
        }
    }

    fn begin_aside(mut self, turn: &mut Turn, goal: Goal, into: String) -> Activity {
        let left = DOCUMENTS.iter().rev().map(|name| (*name).to_owned()).collect();
        let first = self.run.document(DOCUMENTS[0]);
        turn.request(Waiter::Plan(Wait::Step), read(Place::Repository, &first, DOCUMENT_BYTES_MAX));
        let aside = Aside { into, left, is_reading: true, is_told: false };
        self.stage = Stage::Aside { goal, aside };
        Activity::Plan(self)
    }

    /// Reads a document and writes its copy, until none is left.
    pub(super) fn put_aside(
        mut self,
        turn: &mut Turn,
        goal: Goal,
        mut aside: Aside,
        outcome: &Outcome,
    ) -> Activity {
        let name = aside.left.last().cloned().unwrap_or_default();
        match (aside.is_reading, outcome) {
            (true, Outcome::File(FileOutcome::Read { text, .. })) => {
                let copy = self.run.document(&format!("{}/{name}", aside.into));
                let operation = write(Place::Repository, &copy, text.clone(), Expected::Missing);
                turn.request(Waiter::Plan(Wait::Step), operation);
                aside.is_reading = false;
                self.stage = Stage::Aside { goal, aside };
                return Activity::Plan(self);
            }
            (true, Outcome::File(FileOutcome::Missing)) => {}
            (false, Outcome::File(FileOutcome::Written { .. })) => {
                if !std::mem::replace(&mut aside.is_told, true) {
                    let into = self.run.document(&aside.into);
                    turn.say(&self.run.chat, format!("The earlier plan is kept in {into}."));
                }
            }
            (_, other) => {
                let what = file_failure(other, &name);
                return turn.fail(
                    &self.run.chat,
                    format!("the earlier plan could not be kept, so nothing was changed: {what}"),
                );
            }
        }
        aside.left.pop();
        let Some(name) = aside.left.last() else {
            return match goal {
                Goal::Request(request) => self.look_for_map(turn, request),
                Goal::Filled(_) if self.is_stopping => {
                    turn.fail(&self.run.chat, "stopped; nothing was written")
                }
                Goal::Filled(filled) => self.write_filled(turn, filled),
            };
        };
        let path = self.run.document(name);
        turn.request(Waiter::Plan(Wait::Step), read(Place::Repository, &path, DOCUMENT_BYTES_MAX));
        aside.is_reading = true;
        self.stage = Stage::Aside { goal, aside };
        Activity::Plan(self)
    }
}
