//! `memory.yaml`: the memory as a person reads and edits it.

use std::fmt;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::{Entry, Memory, SCORE_FLOOR, SCORE_MAX, SCORE_NEW, Source, TEXT_BYTES_MAX, Tier};
use crate::backlog::fields::{Fields, Reader};
use crate::backlog::problem::shown;
use crate::backlog::render::inline;
use crate::backlog::tree::{Value, read_tree};
use crate::ids::{TaskId, TrackId};

/// Problems that are told one by one.
const PROBLEMS_MAX: usize = 50;
const HEAD_KEYS: [&str; 2] = ["entries", "deleted"];
const ENTRY_KEYS: [&str; 11] =
    ["id", "tier", "of", "text", "source", "created_ms", "score", "scored_ms", "used", "passed", "failed"];

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MemoryFile {
    /// In the order of the file.
    pub entries: Vec<Listed>,
    /// Texts that are not to be learned again.
    pub deleted: Vec<String>,
}

/// An entry as a file lists it: what a person may change. Times and counts are the memory's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// `None` for an entry that the person added.
    pub id: Option<String>,
    /// Where it holds.
    pub tier: Tier,
    /// What it says.
    pub text: String,
    /// Its worth, in thousandths.
    pub score: Option<u32>,
}

/// Something in the file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileProblem {
    /// From 1.
    pub line: u32,
    /// What is wrong and what to do.
    pub message: String,
}

impl MemoryFile {
    /// What [`render`] shows of a memory.
    pub fn of(memory: &Memory) -> Self {
        let listed = |entry: &Entry| Listed {
            id: Some(entry.id.clone()),
            tier: entry.tier.clone(),
            text: entry.text.clone(),
            score: Some(entry.score),
        };
        Self { entries: memory.entries.iter().map(listed).collect(), deleted: memory.deleted.clone() }
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "memory.yaml:{}: {}", self.line, self.message)
    }
}

/// The file's text: the same bytes for the same memory.
pub fn render(memory: &Memory) -> String {
    let mut out = format!(
        "# What earlier work taught. Workers read the best entries that hold for their task, as far as there is room.\n\
         # You may edit text, tier and score, and add entries (a text is enough; a tier says where it holds). What you\n\
         # remove is listed under `deleted` and not learned again; without this file, all is forgotten.\n\
         # A score grows when an attempt passes that had read the entry, shrinks when one fails, and halves in\n\
         # 60 days (project), 14 (feature), 3 (task) or half a day (attempt). A new entry has {SCORE_NEW}, none more\n\
         # than {SCORE_MAX}; below {SCORE_FLOOR} it goes, unless it is yours (`source: person`).\n"
    );
    out.push_str(if memory.entries.is_empty() { "entries: []\n" } else { "entries:\n" });
    for entry in &memory.entries {
        let _ = writeln!(out, "  - id: {}\n    tier: {}", inline(&entry.id), entry.tier.as_str());
        if let Some(of) = of(&entry.tier) {
            let _ = writeln!(out, "    of: {}", inline(&of));
        }
        let _ = writeln!(out, "    text: {}", inline(&entry.text));
        let _ = writeln!(out, "    score: {}\n    source: {}", entry.score, entry.source.as_str());
        let _ = writeln!(
            out,
            "    used: {}\n    passed: {}\n    failed: {}",
            entry.used, entry.passed, entry.failed
        );
        let _ = writeln!(out, "    created_ms: {}\n    scored_ms: {}", entry.created_ms, entry.scored_ms);
    }
    out.push_str(if memory.deleted.is_empty() { "deleted: []\n" } else { "deleted:\n" });
    for text in &memory.deleted {
        let _ = writeln!(out, "  - {}", inline(text));
    }
    out
}

/// `login`, `login/T02`, `login/T02/3`.
fn of(tier: &Tier) -> Option<String> {
    match tier {
        Tier::Project => None,
        Tier::Feature { track } => Some(track.to_string()),
        Tier::Task { track, task } => Some(format!("{track}/{task}")),
        Tier::Attempt { track, task, attempt } => Some(format!("{track}/{task}/{attempt}")),
    }
}

/// Reads a file.
///
/// # Errors
/// Everything that is wrong with it, by line.
pub fn parse(text: &str) -> Result<MemoryFile, Vec<FileProblem>> {
    if text.trim().is_empty() {
        return Ok(MemoryFile::default());
    }
    let root = read_tree(text).map_err(|problems| {
        problems
            .into_iter()
            .map(|problem| FileProblem { line: problem.line.unwrap_or(1), message: problem.message })
            .collect::<Vec<_>>()
    })?;
    // A file of comments alone.
    if root.value == Value::Null {
        return Ok(MemoryFile::default());
    }
    let mut reader = Reader::default();
    let head = reader.fields(&root, None, "", &HEAD_KEYS);
    let deleted = reader.texts(head, "deleted");
    let mut entries: Vec<Listed> = Vec::new();
    let items = reader.maps(head, "entries", "entry with `- text:`");
    for (index, item) in items.iter().enumerate() {
        let fields = reader.fields(item, Some(index), "", &ENTRY_KEYS);
        if matches!(item.value, Value::Map(_)) {
            let entry = reader.listed(fields);
            if entry.id.is_some() && entries.iter().any(|other| other.id == entry.id) {
                reader.note(fields, "id", "is there twice: leave it out of the new entry".into());
            }
            entries.push(entry);
        }
    }
    if reader.findings.is_empty() {
        return Ok(MemoryFile { entries, deleted });
    }
    let problems = reader.told(&root, items, PROBLEMS_MAX).into_iter();
    Err(problems.map(|(line, message)| FileProblem { line, message }).collect())
}

impl Reader {
    fn listed(&mut self, fields: Fields) -> Listed {
        let text = self.required(fields, "text");
        if text.len() > TEXT_BYTES_MAX {
            let message =
                format!("has {} bytes and at most {TEXT_BYTES_MAX} are allowed: shorten it", text.len());
            self.note(fields, "text", message);
        }
        if text.contains('\n') {
            self.note(fields, "text", "must be one line".into());
        }
        let score = self.number::<u32>(fields, "score", "a whole number of thousandths");
        for key in ["used", "passed", "failed", "created_ms", "scored_ms"] {
            self.number::<u64>(fields, key, "a whole number from 0");
        }
        self.word(fields, "source", &Source::ALL, Source::as_str);
        Listed { id: self.text(fields, "id"), tier: self.tier(fields), text, score }
    }

    /// The tier and what it is of; the project when neither is said.
    fn tier(&mut self, fields: Fields) -> Tier {
        let name = self.text(fields, "tier").unwrap_or_else(|| "project".to_owned());
        let of = self.text(fields, "of").unwrap_or_default();
        let parts: Vec<&str> = of.split('/').filter(|part| !part.is_empty()).collect();
        let track = |text: &str| TrackId(text.to_owned());
        let task = |text: &str| TaskId(text.to_owned());
        let found = match (name.as_str(), parts.as_slice()) {
            ("project", []) => Ok(Tier::Project),
            ("feature", [one]) => Ok(Tier::Feature { track: track(one) }),
            ("task", [one, two]) => Ok(Tier::Task { track: track(one), task: task(two) }),
            ("attempt", [one, two, nth]) => match nth.parse() {
                Ok(attempt) => Ok(Tier::Attempt { track: track(one), task: task(two), attempt }),
                Err(_) => Err(("of", "must end in the attempt's number, as in login/T02/3".to_owned())),
            },
            ("project", _) => Err(("of", "must be left out for the project".to_owned())),
            ("feature", _) => Err(("of", "must name the plan's track_id, as in login".to_owned())),
            ("task", _) => Err(("of", "must name plan and task, as in login/T02".to_owned())),
            ("attempt", _) => Err(("of", "must name plan, task and attempt, as in login/T02/3".to_owned())),
            _ => Err(("tier", format!("{} is none of project, feature, task, attempt", shown(&name)))),
        };
        found.unwrap_or_else(|(key, message)| {
            self.note(fields, key, message);
            Tier::Project
        })
    }
}
