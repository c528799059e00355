//! What is asked for: the request is read, and an earlier backlog is looked at, and put aside if need be.

use crate::run::documents::{DOCUMENT_BYTES_MAX, Standing, archive, file_failure, read, standing, write};
use crate::run::plan::{PlanRun, Stage, Wait};

use crate::effect::Outcome;
use crate::effect::file::{Expected, FileOutcome, Place};
use crate::engine::{Activity, Turn};
use crate::plan::request::{Request, read_request};
use crate::run::Waiter;

/// A request above this is refused before it is read: far more than a person writes.
pub(super) const REQUEST_BYTES_MAX: u32 = 64 * 1024;
/// What `/plan --new` puts aside.
const DOCUMENTS: [&str; 5] = ["BACKLOG.yaml", "PLAN.md", "SPEC.md", "ARCH.md", "QA.md"];

/// One word with a dot or a slash in it, or anything that ends like a text file.
pub(super) fn looks_like_file(argument: &str) -> bool {
    let is_word = !argument.contains(char::is_whitespace);
    let has_ending = [".md", ".markdown", ".txt"].iter().any(|ending| argument.ends_with(ending));
    has_ending && !argument.contains('\n') || is_word && argument.contains(['.', '/'])
}

impl PlanRun {
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

    pub(super) fn requested(mut self, turn: &mut Turn, request: Request) -> Activity {
        if let Some(warning) = &request.warning {
            turn.say(&self.run.chat, format!("**Note:** {warning}"));
        }
        let backlog = self.run.document("BACKLOG.yaml");
        turn.request(Waiter::Plan(Wait::Step), read(Place::Repository, &backlog, DOCUMENT_BYTES_MAX));
        self.stage = Stage::Earlier { request };
        Activity::Plan(self)
    }

    pub(super) fn earlier_read(mut self, turn: &mut Turn, request: Request, outcome: &Outcome) -> Activity {
        let path = self.run.document("BACKLOG.yaml");
        let text = match outcome {
            Outcome::File(FileOutcome::Missing) => return self.look_for_map(turn, request),
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
                let into = archive(text, turn.shared.now_ms);
                let left: Vec<String> = DOCUMENTS.iter().rev().map(|name| (*name).to_owned()).collect();
                let first = self.run.document(DOCUMENTS[0]);
                turn.request(Waiter::Plan(Wait::Step), read(Place::Repository, &first, DOCUMENT_BYTES_MAX));
                let is_done = if matches!(standing, Standing::Finished) { "is done. It " } else { "" };
                turn.say(
                    &self.run.chat,
                    format!("The earlier plan {is_done}is kept in {}.", self.run.document(&into)),
                );
                self.stage = Stage::Aside { request, into, left, is_reading: true };
                Activity::Plan(self)
            }
        }
    }

    /// Reads a document and writes its copy, until none is left.
    pub(super) fn put_aside(
        mut self,
        turn: &mut Turn,
        request: Request,
        into: String,
        mut left: Vec<String>,
        is_reading: bool,
        outcome: &Outcome,
    ) -> Activity {
        let copy = |name: &str| self.run.document(&format!("{into}/{name}"));
        match (is_reading, outcome, left.last()) {
            (true, Outcome::File(FileOutcome::Read { text, .. }), Some(name)) => {
                let operation = write(Place::Repository, &copy(name), text.clone(), Expected::Missing);
                turn.request(Waiter::Plan(Wait::Step), operation);
                self.stage = Stage::Aside { request, into, left, is_reading: false };
                return Activity::Plan(self);
            }
            (true, Outcome::File(FileOutcome::Missing), _)
            | (false, Outcome::File(FileOutcome::Written { .. }), _) => {
                left.pop();
            }
            (_, other, name) => {
                let name = name.map_or("a document", String::as_str);
                let what = file_failure(other, name);
                return turn.fail(
                    &self.run.chat,
                    format!("the earlier plan could not be kept, so nothing was changed: {what}"),
                );
            }
        }
        let Some(name) = left.last() else {
            return self.look_for_map(turn, request);
        };
        turn.request(
            Waiter::Plan(Wait::Step),
            read(Place::Repository, &self.run.document(name), DOCUMENT_BYTES_MAX),
        );
        self.stage = Stage::Aside { request, into, left, is_reading: true };
        Activity::Plan(self)
    }
}
