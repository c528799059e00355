//! Which texts of an event are redacted: what agents, processes and providers said. Files of the person
//! are not: what is read there is written back, and must not be altered. Nor is what the person typed.

use super::Redactor;
use crate::effect::Outcome;
use crate::effect::catalogue::CatalogueOutcome;
use crate::effect::file::FileOutcome;
use crate::effect::git::GitOutcome;
use crate::effect::process::ProcessOutcome;
use crate::effect::session::{SessionOutcome, Trouble};
use crate::effect::stored::StoredText;
use crate::event::{Event, SessionSignal};

impl Redactor {
    /// Takes the secrets out of an event, before it is recorded and acted on.
    pub fn redact_event(&self, event: &mut Event) {
        match event {
            Event::Resolved { outcome, .. } => self.redact_outcome(outcome),
            Event::Session { signal, .. } => match signal {
                SessionSignal::Retrying { message, .. } => self.replace(message),
                SessionSignal::Denied { what } => self.replace(what),
                SessionSignal::Stored { texts } => self.redact_stored(texts),
                SessionSignal::Stepped { .. }
                | SessionSignal::Called { .. }
                | SessionSignal::Overheard { .. } => {}
            },
            Event::Opened { .. }
            | Event::Checkpoint { .. }
            | Event::Command { .. }
            | Event::Cancelled { .. } => {}
        }
    }

    fn redact_outcome(&self, outcome: &mut Outcome) {
        match outcome {
            Outcome::Session(outcome) => match outcome {
                SessionOutcome::Answered { text, text_bytes, stored, .. } => {
                    let left_out = text_bytes.saturating_sub(text.len() as u64);
                    self.replace(text);
                    // Whoever compares the two must still see whether the text was cut.
                    *text_bytes = text.len() as u64 + left_out;
                    self.redact_stored(stored);
                }
                SessionOutcome::Failed { trouble: Trouble::Error { message, .. }, .. } => {
                    self.replace(message);
                }
                SessionOutcome::Kept { reason } => self.replace(reason),
                SessionOutcome::Created { .. }
                | SessionOutcome::Failed { .. }
                | SessionOutcome::Aborted { .. }
                | SessionOutcome::Nudged
                | SessionOutcome::Unfinished { .. }
                | SessionOutcome::Found { .. }
                | SessionOutcome::Removed => {}
            },
            Outcome::Git(outcome) => match outcome {
                GitOutcome::Collected { diff, .. } | GitOutcome::Compared { diff, .. } => self.replace(diff),
                GitOutcome::Refused { reason } => self.replace(reason),
                GitOutcome::Failed { message } => self.replace(message),
                GitOutcome::Inspected { .. }
                | GitOutcome::Listed { .. }
                | GitOutcome::Shown { .. }
                | GitOutcome::Measured { .. }
                | GitOutcome::Prepared { .. }
                | GitOutcome::Clean
                | GitOutcome::Tampered { .. }
                | GitOutcome::Glanced { .. }
                | GitOutcome::Unknown
                | GitOutcome::Seen { .. }
                | GitOutcome::Held { .. }
                | GitOutcome::Merged { .. }
                | GitOutcome::Conflicted { .. }
                | GitOutcome::Made { .. }
                | GitOutcome::Moved
                | GitOutcome::Stale { .. }
                | GitOutcome::Related { .. }
                | GitOutcome::Landed => {}
            },
            Outcome::Process(outcome) => match outcome {
                ProcessOutcome::Exited { tail, .. } | ProcessOutcome::TimedOut { tail, .. } => {
                    self.replace(tail);
                }
                ProcessOutcome::Failed { message } => self.replace(message),
                ProcessOutcome::Aborted => {}
            },
            Outcome::File(outcome) => match outcome {
                FileOutcome::Failed { message } => self.replace(message),
                FileOutcome::Read { .. }
                | FileOutcome::Listed { .. }
                | FileOutcome::Missing
                | FileOutcome::TooLarge { .. }
                | FileOutcome::NotText
                | FileOutcome::Written { .. }
                | FileOutcome::Changed => {}
            },
            Outcome::Catalogue(CatalogueOutcome::Failed { message }) => self.replace(message),
            Outcome::Catalogue(CatalogueOutcome::Found { .. })
            | Outcome::Audit(_)
            | Outcome::Timer(_)
            | Outcome::Machine(_) => {}
        }
    }

    fn redact_stored(&self, texts: &mut [StoredText]) {
        let parts = texts.iter_mut().flat_map(|text| &mut text.parts);
        parts.for_each(|part| self.replace(&mut part.excerpt));
    }

    fn replace(&self, text: &mut String) {
        if let std::borrow::Cow::Owned(redacted) = self.redact(text) {
            *text = redacted;
        }
    }
}
