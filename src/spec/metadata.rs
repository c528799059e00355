//! `metadata.yaml`: what is known of a feature beside its documents, as a person reads and edits it.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::{FeatureId, Problem, Version};
use crate::backlog::fields::{Fields, Reader};
use crate::backlog::problem::shown;
use crate::backlog::render::inline;
use crate::backlog::tree::{Node, Value, read_tree};
use crate::ids::{CommitId, TrackId};

/// Problems that are told one by one.
const PROBLEMS_MAX: usize = 50;
const HEAD_KEYS: [&str; 18] = [
    "id",
    "title",
    "track",
    "version",
    "status",
    "created_at",
    "updated_at",
    "base",
    "result",
    "attempts",
    "cost_usd",
    "models",
    "prompts",
    "completeness",
    "depends_on",
    "builds_on",
    "changed",
    "history",
];
const ENTRY_KEYS: [&str; 4] = ["version", "at", "reason", "changes"];

/// What is known of a feature beside its documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Its name, which is its directory's.
    pub id: FeatureId,
    /// What people call it.
    pub title: String,
    /// The track that it was written from last.
    pub track: TrackId,
    /// The version of its spec.
    pub version: Version,
    /// Where it stands.
    pub status: SpecStatus,
    /// When it was first saved, as RFC 3339 text.
    pub created_at: String,
    /// When its version or status changed last, as RFC 3339 text.
    pub updated_at: String,
    /// The commit that its work began from; `None` before any work.
    pub base: Option<CommitId>,
    /// The commit that holds all of its work; `None` while it is not landed.
    pub result: Option<CommitId>,
    /// Attempts that its track took.
    pub attempts: u32,
    /// What its track has cost.
    pub cost_usd: f64,
    /// The models that worked in its track, as `provider/model`, sorted.
    pub models: Vec<String>,
    /// The prompts that they worked with: a hash by the agent's name.
    pub prompts: BTreeMap<String, String>,
    /// How much of the behaviour the spec settles, 0 to 1, as measured by building it several times.
    pub completeness: Option<f64>,
    /// The features that must be built before, when a person says so.
    pub depends_on: Option<Vec<FeatureId>>,
    /// Earlier features that changed some of the same files.
    pub builds_on: Vec<FeatureId>,
    /// The paths that its work changed, sorted.
    pub changed: Vec<String>,
    /// How it came to its version, oldest first.
    pub history: Vec<HistoryEntry>,
}

/// Something that happened to a spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The version since then.
    pub version: Version,
    /// When, as RFC 3339 text.
    pub at: String,
    /// Who or what was at work.
    pub reason: Reason,
    /// What changed, a readable line each.
    pub changes: Vec<String>,
}

/// Where a feature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecStatus {
    /// No work that was made from it has landed.
    Draft,
    /// Its work landed.
    Deployed,
    /// Another feature took its place.
    Superseded,
}

impl SpecStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Deployed, Self::Superseded];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Deployed => "deployed",
            Self::Superseded => "superseded",
        }
    }
}

/// Why a spec has a new version, or a new status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It was planned.
    Plan,
    /// It was made from a template.
    Template,
    /// A person edited it.
    Person,
    /// A task kept failing, and its spec was improved.
    Rebase,
    /// Work that was made from it landed.
    Landed,
    /// It was built again.
    Regenerated,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 6] =
        [Self::Plan, Self::Template, Self::Person, Self::Rebase, Self::Landed, Self::Regenerated];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Template => "template",
            Self::Person => "person",
            Self::Rebase => "rebase",
            Self::Landed => "landed",
            Self::Regenerated => "regenerated",
        }
    }
}

impl Metadata {
    /// The features that must be built before: what a person says, else what was found.
    pub fn dependencies(&self) -> &[FeatureId] {
        self.depends_on.as_deref().unwrap_or(&self.builds_on)
    }
}

/// The file's text: the same bytes for the same feature.
pub fn render(metadata: &Metadata) -> String {
    let mut out = String::from(
        "# What is known of this feature. You may edit title, status (draft, deployed, superseded) and depends_on:\n\
         # the features to build before this one; without it, those under builds_on count.\n",
    );
    let mut field = |key: &str, value: &str| {
        let _ = writeln!(out, "{key}: {value}");
    };
    field("id", &inline(&metadata.id.to_string()));
    field("title", &inline(&metadata.title));
    field("track", &inline(metadata.track.as_str()));
    field("version", &metadata.version.to_string());
    field("status", metadata.status.as_str());
    field("created_at", &inline(&metadata.created_at));
    field("updated_at", &inline(&metadata.updated_at));
    for (key, commit) in [("base", &metadata.base), ("result", &metadata.result)] {
        if let Some(commit) = commit {
            field(key, &inline(commit.as_str()));
        }
    }
    field("attempts", &metadata.attempts.to_string());
    field("cost_usd", &metadata.cost_usd.to_string());
    if let Some(score) = metadata.completeness {
        field("completeness", &score.to_string());
    }
    let names = |ids: &[FeatureId]| ids.iter().map(FeatureId::to_string).collect::<Vec<_>>();
    if let Some(ids) = &metadata.depends_on {
        list(&mut out, "", "depends_on", &names(ids));
    }
    list(&mut out, "", "builds_on", &names(&metadata.builds_on));
    list(&mut out, "", "changed", &metadata.changed);
    list(&mut out, "", "models", &metadata.models);
    if !metadata.prompts.is_empty() {
        out.push_str("prompts:\n");
        for (agent, hash) in &metadata.prompts {
            let _ = writeln!(out, "  {}: {}", inline(agent), inline(hash));
        }
    }
    out.push_str(if metadata.history.is_empty() { "history: []\n" } else { "history:\n" });
    for entry in &metadata.history {
        let _ = writeln!(out, "  - version: {}\n    at: {}", entry.version, inline(&entry.at));
        let _ = writeln!(out, "    reason: {}", entry.reason.as_str());
        list(&mut out, "    ", "changes", &entry.changes);
    }
    out
}

fn list(out: &mut String, indent: &str, key: &str, items: &[String]) {
    if items.is_empty() {
        let _ = writeln!(out, "{indent}{key}: []");
        return;
    }
    let _ = writeln!(out, "{indent}{key}:");
    for item in items {
        let _ = writeln!(out, "{indent}  - {}", inline(item));
    }
}

/// Reads the file at `path`.
///
/// # Errors
/// Everything that is wrong with it, by line.
pub fn parse(path: &str, text: &str) -> Result<Metadata, Vec<Problem>> {
    let told = |line, message| Problem { path: path.to_owned(), line, message };
    let root = read_tree(text).map_err(|problems| {
        problems.into_iter().map(|problem| told(problem.line, problem.message)).collect::<Vec<_>>()
    })?;
    let mut reader = Reader::default();
    let metadata = reader.metadata(&root);
    let items = match root.entry("history").map(|entry| &entry.node.value) {
        Some(Value::List(items)) => items.as_slice(),
        _ => &[],
    };
    let problems = reader.told(&root, items, PROBLEMS_MAX).into_iter();
    let problems: Vec<Problem> = problems.map(|(line, message)| told(Some(line), message)).collect();
    match metadata {
        Some(metadata) if problems.is_empty() => Ok(metadata),
        _ => Err(problems),
    }
}

impl Reader {
    /// The whole file; `None` only together with a finding.
    fn metadata(&mut self, root: &Node) -> Option<Metadata> {
        let head = self.fields(root, None, "", &HEAD_KEYS);
        if !matches!(root.value, Value::Map(_)) {
            return None;
        }
        let id = self.read(head, "id", "a feature's name, as in feature-001-user-auth", FeatureId::parse);
        let title = self.required(head, "title");
        let track = TrackId(self.required(head, "track"));
        let version = self.version(head);
        let status = self.word(head, "status", &SpecStatus::ALL, SpecStatus::as_str);
        if head.get("status").is_none() {
            self.required(head, "status");
        }
        let commit = |text: Option<String>| text.map(CommitId);
        Some(Metadata {
            title,
            track,
            created_at: self.required(head, "created_at"),
            updated_at: self.required(head, "updated_at"),
            base: commit(self.text(head, "base")),
            result: commit(self.text(head, "result")),
            attempts: self.number(head, "attempts", "a whole number from 0").unwrap_or(0),
            cost_usd: self.at_least_0(head, "cost_usd", f64::MAX).unwrap_or(0.0),
            models: self.texts(head, "models"),
            prompts: self.prompts(head),
            completeness: self.at_least_0(head, "completeness", 1.0),
            depends_on: head.get("depends_on").is_some().then(|| self.features(head, "depends_on")),
            builds_on: self.features(head, "builds_on"),
            changed: self.texts(head, "changed"),
            history: self.history(head),
            id: id?,
            version: version?,
            status: status?,
        })
    }

    /// A text that must be there and of some form; `None` with a note otherwise.
    fn read<T>(
        &mut self,
        fields: Fields,
        key: &str,
        expected: &str,
        parse: fn(&str) -> Option<T>,
    ) -> Option<T> {
        let known = self.findings.len();
        let text = self.required(fields, key);
        if self.findings.len() > known {
            return None;
        }
        let found = parse(text.trim());
        if found.is_none() {
            self.note(fields, key, format!("{} must be {expected}", shown(&text)));
        }
        found
    }

    fn version(&mut self, fields: Fields) -> Option<Version> {
        self.read(fields, "version", "a version, as in 1.2.3", Version::parse)
    }

    fn at_least_0(&mut self, fields: Fields, key: &str, most: f64) -> Option<f64> {
        let expected = if most == 1.0 { "a number from 0 to 1" } else { "a number from 0" };
        let number: f64 = self.number(fields, key, expected)?;
        if !(0.0..=most).contains(&number) {
            self.note(fields, key, format!("{number} must be {expected}"));
        }
        Some(number)
    }

    fn features(&mut self, fields: Fields, key: &str) -> Vec<FeatureId> {
        let texts = self.texts(fields, key);
        let mut ids = Vec::with_capacity(texts.len());
        for (position, text) in texts.iter().enumerate() {
            match FeatureId::parse(text.trim()) {
                Some(id) => ids.push(id),
                None => {
                    let message =
                        format!("{} is no feature's name, as in feature-001-user-auth", shown(text));
                    self.note(fields, &format!("{key}[{position}]"), message);
                }
            }
        }
        ids
    }

    fn prompts(&mut self, head: Fields) -> BTreeMap<String, String> {
        let Some(node) = head.get("prompts") else {
            return BTreeMap::new();
        };
        let Value::Map(entries) = &node.value else {
            self.note(head, "prompts", "must be a map of agents and hashes".into());
            return BTreeMap::new();
        };
        let mut prompts = BTreeMap::new();
        for entry in entries {
            match &entry.node.value {
                Value::Text(hash) => {
                    prompts.insert(entry.key.clone(), hash.clone());
                }
                _ => self.note(head, &format!("prompts.{}", entry.key), "must be a text".into()),
            }
        }
        prompts
    }

    fn history(&mut self, head: Fields) -> Vec<HistoryEntry> {
        let items = self.maps(head, "history", "entry with `- version:`");
        let mut history = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let fields = self.fields(item, Some(index), "", &ENTRY_KEYS);
            if !matches!(item.value, Value::Map(_)) {
                continue;
            }
            let version = self.version(fields);
            let at = self.required(fields, "at");
            if fields.get("reason").is_none() {
                self.required(fields, "reason");
            }
            let reason = self.word(fields, "reason", &Reason::ALL, Reason::as_str);
            let changes = self.texts(fields, "changes");
            if let (Some(version), Some(reason)) = (version, reason) {
                history.push(HistoryEntry { version, at, reason, changes });
            }
        }
        history
    }
}

#[cfg(test)]
mod tests;
