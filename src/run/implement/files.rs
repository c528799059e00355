//! The files people read while work goes on.

use serde_json::json;

use crate::backlog::{Status, render, render_task};
use crate::effect::Outcome;
use crate::effect::file::{FileOutcome, Place};
use crate::engine::{Activity, Turn};
use crate::gates::GateName;
use crate::review::GateReport;
use crate::run::Waiter;
use crate::run::documents::{file_failure, write};
use crate::run::implement::{ImplementRun, Wait};
use crate::text::{bullets, rfc3339};
use crate::track::Life;

impl ImplementRun {
    /// Something that the backlog file shows has changed.
    pub(crate) fn touch_file(&mut self) {
        self.file.touch();
    }

    /// Writes the backlog and the memory when they lag and no write of them is under way.
    pub(crate) fn flush(&mut self, turn: &mut Turn) {
        self.flush_memory(turn);
        if !self.file.is_due() {
            return;
        }
        let text =
            if turn.is_past { String::new() } else { render(&self.track.snapshot(turn.shared.now_ms)) };
        let path = self.run.document("BACKLOG.yaml");
        let operation = write(Place::Repository, &path, text, self.file.begin());
        turn.request(Waiter::Implement(Wait::File), operation);
    }

    /// The write of the backlog ended.
    pub(crate) fn file_resolved(&mut self, turn: &mut Turn, outcome: &Outcome) {
        let path = self.run.document("BACKLOG.yaml");
        if let Some(note) = self.file.ended(outcome, &path) {
            turn.say(&self.run.chat, note);
        }
    }

    /// Writes `T01.yaml`: the task as this attempt takes it, edits of the backlog included.
    pub(crate) fn record_spec(&self, turn: &mut Turn, index: usize) {
        if let Some(spec) = self.track.backlog.tasks.get(index) {
            let path = self.run.document(&format!("{}.yaml", spec.id));
            self.write_document(turn, path, render_task(spec));
        }
    }

    /// Writes `T01.status.json` and marks the backlog.
    pub(crate) fn record_task(&mut self, turn: &mut Turn, index: usize) {
        self.track.touch(index);
        self.touch_file();
        let (Some(spec), Some(record)) = (self.track.backlog.tasks.get(index), self.track.records.get(index))
        else {
            return;
        };
        let status = self.track.status(index);
        let ledger = &turn.shared.ledger;
        let usage = ledger.of_task(&self.track.backlog.track_id, &spec.id);
        let ended = matches!(status, Status::Completed | Status::Failed).then(|| rfc3339(turn.shared.now_ms));
        let gates: Vec<_> = record
            .reports
            .iter()
            .map(|report| {
                json!({
                    "name": report.gate.name, "command": report.gate.command, "code": report.code,
                    "duration_ms": report.duration_ms, "ran_no_test": report.ran_no_test,
                })
            })
            .collect();
        let commit = match &record.life {
            Life::Merged { commit } => Some(commit),
            _ => None,
        };
        let value = json!({
            "id": spec.id,
            "title": spec.title,
            "status": status,
            "timestamp": rfc3339(turn.shared.now_ms),
            "attempts": record.attempts,
            "reworks": record.reworks,
            "session": { "started": record.last_attempt_ms.map(rfc3339), "ended": ended },
            "verification": {
                "tests_passed": passed(&record.reports, GateName::Test),
                "lint_passed": passed(&record.reports, GateName::Lint),
                "type_check_passed": passed(&record.reports, GateName::Typecheck),
            },
            "gates": gates,
            "files": { "modified": record.changes.iter().map(|change| &change.path).collect::<Vec<_>>() },
            "metrics": {
                "context_bytes": record.context_bytes,
                "drift_percent": record.sessions.last().map(|session| session.drift_percent),
                "token_count": usage.tokens(),
                "cost_usd": usage.cost_usd,
                "duration_ms": record.spent_ms,
            },
            "commit": commit,
            "error": record.error,
            "evidence": record.lessons(),
            "memory": record.memory,
        });
        let text = format!("{value:#}\n");
        let path = self.status_path(index);
        self.write_document(turn, path, text);
    }

    /// Writes the status of each task again whose last write was cut off when a process ended.
    pub(super) fn record_unheard(&mut self, turn: &mut Turn) {
        for index in 0..self.track.records.len() {
            if turn.is_document_unsure(&self.status_path(index)) {
                self.record_task(turn, index);
            }
        }
    }

    fn status_path(&self, index: usize) -> String {
        let id = self.track.backlog.tasks.get(index).map(|spec| spec.id.to_string()).unwrap_or_default();
        self.run.document(&format!("{id}.status.json"))
    }

    /// Writes `T01.notes.md`: how each attempt ended, and the agent's last words.
    pub(crate) fn record_notes(&self, turn: &mut Turn, index: usize, notes: &str) {
        let (Some(spec), Some(record)) = (self.track.backlog.tasks.get(index), self.track.records.get(index))
        else {
            return;
        };
        let history: String = record.history.iter().map(|line| format!("- {line}\n")).collect();
        let mut text = format!("# {} {}\n\n{history}", spec.id, spec.title);
        if !record.evidence.is_empty() {
            let evidence = bullets(record.lessons());
            text.push_str(&format!("\n## What failed attempts taught\n\n{evidence}\n"));
        }
        if record.wording.is_some() {
            text.push_str("\n## Its wording\n\nThe task is too long for a context, so its worker reads a shorter one.\n");
        }
        if !record.not_in_context.is_empty() {
            let lines = bullets(&record.not_in_context);
            text.push_str(&format!("\n## Left out of its context\n\n{lines}\n"));
        }
        if !record.sessions.is_empty() {
            let sessions = record.sessions.iter();
            let lines = bullets(sessions.map(|one| format!("Attempt {}: {}.", one.attempt, one.told())));
            text.push_str(&format!("\n## What its sessions took in\n\n{lines}\n"));
        }
        for version in &record.versions {
            let changes = version.changes.join("\n");
            text.push_str(&format!(
                "\n## Version {} of the spec\n\n{}, because {}. Confidence {}: {}\n\n```diff\n{changes}\n```\n",
                version.number,
                rfc3339(version.at_ms),
                version.why,
                version.confidence,
                version.reasoning
            ));
        }
        if !notes.trim().is_empty() {
            text.push_str(&format!("\n## The worker's last message\n\n{}\n", notes.trim()));
        }
        let path = self.run.document(&format!("{}.notes.md", spec.id));
        self.write_document(turn, path, text);
    }

    fn write_document(&self, turn: &mut Turn, path: String, text: String) {
        turn.write_document(Waiter::Document { path: path.clone() }, &path, text);
    }

    /// The path of what a task's worker is sent.
    pub(super) fn context_path(&self, task: usize) -> String {
        let id = self.track.backlog.tasks.get(task).map(|spec| spec.id.to_string()).unwrap_or_default();
        self.run.document(&format!("{id}.context.md"))
    }

    /// The write of a document ended.
    pub fn document_resolved(
        mut self: Box<Self>,
        turn: &mut Turn,
        path: String,
        outcome: &Outcome,
    ) -> Activity {
        match outcome {
            Outcome::File(FileOutcome::Written { hash, kept }) => {
                self.document_written(turn, &path, hash, kept.as_deref());
            }
            other if !self.has_told_of_writes => {
                self.has_told_of_writes = true;
                let what = file_failure(other, &path);
                turn.say(&self.run.chat, format!("**Note:** {path} could not be written: {what}"));
            }
            _ => {}
        }
        self.go_on(turn)
    }

    /// A document is as we want it. An edit of a person that was there is kept beside it.
    pub(super) fn document_written(&self, turn: &mut Turn, path: &str, hash: &str, kept: Option<&str>) {
        if let Some(kept) = kept {
            let text = format!(
                "**Note:** {path} had been edited. It is ours and was written anew; your version is {kept}."
            );
            turn.say(&self.run.chat, text);
        }
        turn.document_is_written(path, hash);
    }
}

/// What a gate said; `None` when it did not run.
fn passed(reports: &[GateReport], name: GateName) -> Option<bool> {
    reports.iter().find(|report| report.gate.name == name).map(GateReport::is_green)
}
