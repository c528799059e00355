//! How far a session strays from its task. Its agent reads a few thousand bytes to begin with; after that
//! its tools fill the session, and what they bring in has to do with the task or not.
//!
//! Gathered is the context and the input and output of every tool call. Of that, *stray* is what was read
//! or written in files that no hint of the task covers, that lie beside none and that the context does not
//! name, and what names tasks that it does not depend on. What tells no file (most shell commands, a search
//! of everything) is gathered and never stray. *Drift* is the stray share of all that was gathered.
//!
//! The growth itself is no fault: one file is larger than a context. It is measured all the same, as the
//! tokens of the latest turn against what the model can take.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::Touched;
use crate::schedule::overlap;
use crate::text::{bytes, count, list};

/// Above this share of stray bytes the person is told: most of what the agent sees is not its task.
pub const ALERT_PERCENT: u64 = 50;
/// Before so much is gathered no share says anything: eight contexts of the usual size, what it takes to
/// look at the manifest and a few files of a strange project.
pub const ALERT_BYTES: u64 = 24_000;
/// Above this share the agent is told, and stopped when that does not help.
pub const LIMIT_PERCENT: u64 = 75;
/// So much must be gathered for that since its last good edit, or since it was told: about 24,000 tokens,
/// two files as large as OpenCode shows at once.
pub const LIMIT_BYTES: u64 = 96_000;
/// Above this share of what the model can take the person is told. From there on answers get worse, and the
/// host sums the session up before it is full.
pub const FILL_PERCENT: u64 = 50;
/// So many stray files and foreign tasks are remembered.
const NAMED_MAX: usize = 50;
/// So many of them are shown.
const SHOWN_MAX: usize = 3;
/// The tools that change files.
const EDITING: [&str; 5] = ["edit", "write", "multiedit", "patch", "apply_patch"];

/// What to do about what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// Tell the person this, in half a sentence that begins with the task.
    Alert(String),
    /// Tell the agent this.
    Nudge(String),
    /// End the attempt, for this reason.
    Abort(String),
}

/// What a session has gathered, for notes and metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Which attempt's it is.
    pub attempt: u32,
    /// What it began with, in UTF-8 bytes.
    pub context_bytes: u64,
    /// What tools answered.
    pub output_bytes: u64,
    /// All that was gathered.
    pub gathered_bytes: u64,
    /// Of that, what has nothing to do with the task.
    pub stray_bytes: u64,
    /// The largest stray share since [`ALERT_BYTES`] were gathered; the last one when it was less.
    pub drift_percent: u64,
    /// The largest share of what the model can take; 0 when nobody knows.
    pub fill_percent: u64,
    /// Files that no hint covers.
    pub files: BTreeSet<String>,
    /// Tasks that it does not depend on and that outputs name.
    pub tasks: BTreeSet<String>,
    /// How often the person was told.
    pub alerts: u32,
    /// How often the agent was told; once at most.
    pub nudges: u32,
    /// How often the host summed it up.
    pub summaries: u32,
}

/// What is remembered of a session at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DriftWatch {
    figures: Figures,
    context: String,
    hints: Vec<String>,
    /// What the model can take, in tokens; 0 when nobody knows.
    limit_tokens: u64,
    /// It is to describe what stands elsewhere, so that reading there is its task.
    is_to_describe: bool,
    /// Gathered and stray since the last good edit, or since the agent was told.
    lately: (u64, u64),
    is_told_of_fill: bool,
}

impl DriftWatch {
    /// A session that begins with this context, for a task with these file hints.
    pub fn begin(attempt: u32, context: &str, hints: &[String]) -> Self {
        let context_bytes = context.len() as u64;
        let figures = Figures { attempt, context_bytes, gathered_bytes: context_bytes, ..Figures::default() };
        Self {
            figures,
            context: context.to_owned(),
            hints: hints.to_vec(),
            limit_tokens: 0,
            is_to_describe: false,
            lately: (0, 0),
            is_told_of_fill: false,
        }
    }

    /// The same, with a model that can take so many tokens; 0 when nobody knows.
    pub fn with_limit(self, limit_tokens: u64) -> Self {
        Self { limit_tokens, ..self }
    }

    /// The same, for an agent that is to describe what stands elsewhere: it is measured, not judged.
    pub fn describing(self, is_to_describe: bool) -> Self {
        Self { is_to_describe, ..self }
    }

    /// What it has gathered so far.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// The agent called a tool.
    pub fn called(&mut self, tool: &str, touched: &Touched) -> Verdict {
        let size = touched.input_bytes.saturating_add(touched.output_bytes);
        let strays: Vec<&String> = touched.paths.iter().filter(|path| !self.is_related(path)).collect();
        let is_away = !touched.paths.is_empty() && strays.len() == touched.paths.len();
        let is_stray = is_away || !touched.words.is_empty();
        let is_good_edit = EDITING.contains(&tool) && !touched.paths.is_empty() && !is_stray;
        let figures = &mut self.figures;
        let was_enough = figures.gathered_bytes >= ALERT_BYTES;
        remember(&mut figures.files, strays.into_iter().cloned().collect());
        remember(&mut figures.tasks, touched.words.clone());
        figures.output_bytes = figures.output_bytes.saturating_add(touched.output_bytes);
        figures.gathered_bytes = figures.gathered_bytes.saturating_add(size);
        let stray = if is_stray { size } else { 0 };
        figures.stray_bytes = figures.stray_bytes.saturating_add(stray);
        let percent = share(figures.stray_bytes, figures.gathered_bytes);
        let is_enough = figures.gathered_bytes >= ALERT_BYTES;
        figures.drift_percent = if was_enough { figures.drift_percent.max(percent) } else { percent };
        // Who changes what the task is about has found the way back.
        self.lately = match self.lately {
            _ if is_good_edit => (0, 0),
            (gathered, astray) => (gathered.saturating_add(size), astray.saturating_add(stray)),
        };
        self.judge(percent, is_enough)
    }

    fn judge(&mut self, percent: u64, is_enough: bool) -> Verdict {
        let (gathered, stray) = self.lately;
        if self.is_to_describe {
            return Verdict::Fine;
        }
        if gathered >= LIMIT_BYTES && share(stray, gathered) > LIMIT_PERCENT {
            let what = self.what(share(stray, gathered), gathered);
            self.lately = (0, 0);
            if self.figures.nudges > 0 {
                return Verdict::Abort(format!("{what}, after it was told to go back to its task"));
            }
            self.figures.nudges += 1;
            return Verdict::Nudge(format!(
                "You are far from your task: {what}. Its files are {}. Go back to them and to the acceptance \
                 criteria. If the task cannot be done there, end with a message whose first line starts with BLOCKED: \
                 and the reason.",
                quoted(self.hints.iter())
            ));
        }
        if is_enough && percent > ALERT_PERCENT && self.figures.alerts == 0 && self.figures.nudges == 0 {
            self.figures.alerts += 1;
            return Verdict::Alert(format!("strays: {}", self.what(percent, self.figures.gathered_bytes)));
        }
        Verdict::Fine
    }

    /// A turn of the model ended that read and wrote so many tokens.
    pub fn stepped(&mut self, tokens: u64) -> Verdict {
        let percent = share(tokens, self.limit_tokens);
        self.figures.fill_percent = self.figures.fill_percent.max(percent);
        if percent <= FILL_PERCENT || std::mem::replace(&mut self.is_told_of_fill, true) {
            return Verdict::Fine;
        }
        self.figures.alerts += 1;
        Verdict::Alert(format!("has a long session: {percent} % of what its model can take"))
    }

    /// The host summed the session up.
    pub fn summed_up(&mut self) -> Verdict {
        self.figures.summaries += 1;
        Verdict::Fine
    }

    /// Whether a path has to do with the task.
    fn is_related(&self, path: &str) -> bool {
        let is_named = || self.context.match_indices(path).any(|(at, _)| is_whole(&self.context, at, path));
        overlap(&[path.to_owned()], &self.hints) > 0.0 || is_named()
    }

    /// The drift in half a sentence. Other tasks are counted, not named: the agent is not to know of them.
    fn what(&self, percent: u64, gathered: u64) -> String {
        let mut parts = Vec::new();
        if !self.figures.files.is_empty() {
            parts.push(quoted(self.figures.files.iter()));
        }
        if !self.figures.tasks.is_empty() {
            let n = self.figures.tasks.len();
            parts.push(format!("texts about {}", count(n, "other task", "other tasks")));
        }
        let which = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) };
        format!("{percent} % of {} that its tools took in have nothing to do with it{which}", bytes(gathered))
    }
}

impl Figures {
    /// What a session gathered, in a sentence for people without the final stop.
    pub fn told(&self) -> String {
        let more = self.gathered_bytes.saturating_sub(self.context_bytes);
        let mut text = format!(
            "{} beside its context of {}, {} % of all from tools; drift {} %",
            bytes(more),
            bytes(self.context_bytes),
            share(self.output_bytes, self.gathered_bytes),
            self.drift_percent
        );
        if !self.files.is_empty() {
            text.push_str(&format!(", away from its files in {}", quoted(self.files.iter())));
        }
        if !self.tasks.is_empty() {
            let tasks: Vec<String> = self.tasks.iter().cloned().collect();
            text.push_str(&format!(", with texts about {}", list(&tasks)));
        }
        if self.fill_percent > 0 {
            text.push_str(&format!("; at most {} % of what its model can take", self.fill_percent));
        }
        for (n, what) in [
            (self.summaries, "summed up by OpenCode"),
            (self.alerts, "told to you"),
            (self.nudges, "told to go back to its task"),
        ] {
            if n > 0 {
                let often = if n == 1 { "once".to_owned() } else { format!("{n} times") };
                text.push_str(&format!("; {often} {what}"));
            }
        }
        text
    }
}

/// A part of a whole in percent, at most 100; 0 of nothing.
fn share(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(0).min(100)
}

fn remember(known: &mut BTreeSet<String>, new: Vec<String>) {
    for name in new {
        if known.len() < NAMED_MAX {
            known.insert(name);
        }
    }
}

fn quoted<'a>(names: impl ExactSizeIterator<Item = &'a String>) -> String {
    let more = names.len().saturating_sub(SHOWN_MAX);
    let mut shown: Vec<String> = names.take(SHOWN_MAX).map(|name| format!("`{name}`")).collect();
    if more > 0 {
        shown.push(count(more, "other", "others"));
    }
    list(&shown)
}

/// Whether a name stands for itself in a text, and is no part of a longer one.
fn is_whole(text: &str, at: usize, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '-');
    let (before, after) = (text[..at].chars().next_back(), text[at + name.len()..].chars().next());
    !before.is_some_and(is_part) && !after.is_some_and(is_part)
}

#[cfg(test)]
mod tests;
