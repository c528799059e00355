//! Every option there is: one table that reading, defaults and the published JSON Schema share.

use super::kind::Kind;

/// One option.
pub(super) struct Key {
    /// Its place, `group.name` or `name`.
    pub path: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What holds when it is not set, as a person would write it in JSON; `null` for nothing.
    pub default: &'static str,
    /// What it does. Only the schema tells it, so it stays out of the shipped module.
    #[cfg(test)]
    pub meaning: &'static str,
}

/// A day: no wait is longer.
const TIMEOUT: Kind = Kind::Whole { min: 1_000, max: 86_400_000 };
/// What JSON numbers hold exactly in every host: 2^53 - 1.
const TOKENS: Kind = Kind::Whole { min: 1, max: 9_007_199_254_740_991 };

/// The groups and what they are about.
pub(super) const GROUPS: &[(&str, &str)] = &[
    ("models", "Which model does which kind of work, as \"provider/model\"."),
    ("worktree", "How a worktree gets what git does not carry, and what survives its reset."),
    ("gates", "The project's own checks. Detected from its manifests unless set here."),
    ("rebase", "When to improve a task's spec before it is tried again."),
    ("context", "The text that a worker is sent."),
    ("budget", "Hard caps. A cap stops new work and never loses finished work."),
    (
        "prompts",
        "Variants of an agent's prompt to compare, with their weights. \"default\" is its usual prompt, any other name a file <agent>.<name>.md among the person's prompts.",
    ),
];

/// The options, in the order they are described in.
#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    key("models.planning", Kind::Model, "null", "For the three planners. Default: the user's small_model, else model."),
    key("models.documentation", Kind::Model, "null", "For documentation tasks, and tasks that are put into fewer words. Default: the user's small_model, else model."),
    key("models.code_implementation", Kind::Model, "null", "For code tasks. Default: the user's model."),
    key("models.simple_change", Kind::Model, "null", "For simple tasks. Default: the user's small_model, else model."),
    key("models.review", Kind::Model, "null", "For reviews. Default: the user's model."),
    key("models.rebase", Kind::Model, "null", "For improving a task's spec. Default: the user's model."),
    key("models.backlog_generation", Kind::Model, "null", "For writing the backlog. Default: the user's model."),
    key("maxWorkers", Kind::Whole { min: 1, max: 8 }, "3", "Attempts that may be at work at once."),
    key("maxRetries", Kind::Whole { min: 1, max: 10 }, "3", "Attempts per task."),
    key("taskTimeoutMs", TIMEOUT, "1800000", "Deadline of a worker's or reviewer's answer, in milliseconds."),
    key("planningTimeoutMs", TIMEOUT, "900000", "Deadline of any other agent's answer, in milliseconds."),
    key("outputDir", Kind::Directory, "\"tasks\"", "Where plans, the backlog and task files go, relative to the repository."),
    key("specsDir", Kind::Directory, "\"specs\"", "Where the specs of features go, relative to the repository. Your own templates are in its directory templates."),
    key("worktreesDir", Kind::AbsoluteDirectory, "null", "Where the pool of worktrees lives. Default: outside the repository, under the user's data directory."),
    key("worktree.link", Kind::Paths, "[\"node_modules\"]", "Paths of the checkout that a worktree links to, when present."),
    key("worktree.copy", Kind::Paths, "[]", "Paths of the checkout that are copied into a worktree, when present, for example .env."),
    key("worktree.keep", Kind::Paths, "null", "Paths of a worktree that survive the reset between tasks, for example build caches. Default: target in a Cargo project."),
    key("worktree.setup", Kind::Command, "null", "A command line to run in a worktree before each task. Default: none."),
    key("gates.test", Kind::Gate, "null", "The command line that tests, or false for none. Default: detected."),
    key("gates.lint", Kind::Gate, "null", "The command line that lints, or false for none. Default: detected."),
    key("gates.typecheck", Kind::Gate, "null", "The command line that checks types, or false for none. Default: detected."),
    key("gates.timeoutMs", TIMEOUT, "600000", "Deadline of each gate, in milliseconds."),
    key("review", Kind::OneOf(&["auto", "manual", "off"]), "\"auto\"", "auto: a reviewer judges every change. manual: what it approves waits for a person and /review. off: gates alone decide."),
    key("land", Kind::OneOf(&["auto", "never"]), "\"auto\"", "auto: when all tasks are merged, fast-forward the branch the person was on if their changes allow it. never: leave the integration branch."),
    key("rebase.enabled", Kind::Flag, "true", "Whether specs are improved at all."),
    key("rebase.afterAttempts", Kind::Whole { min: 1, max: 10 }, "2", "After how many failed attempts at the same version of a spec."),
    key("rebase.confidence", Kind::Fraction, "0.7", "How sure the author of the better spec must be."),
    // Below 500 bytes no real task fits; above 100,000 the limit would limit nothing.
    key("context.maxBytes", Kind::Whole { min: 500, max: 100_000 }, "3000", "Size limit of a task's context in UTF-8 bytes. A longer task is put into fewer words, or refused with what to cut."),
    key("budget.runUsd", Kind::Amount, "null", "US dollars a run may cost. Default: no limit."),
    key("budget.taskUsd", Kind::Amount, "null", "US dollars a task may cost, all attempts together. Default: no limit."),
    key("budget.runTokens", TOKENS, "null", "Tokens a run may use, those from a cache too. Default: no limit."),
    key("budget.taskTokens", TOKENS, "null", "Tokens a task may use, all attempts together, those from a cache too. Default: no limit."),
    key("budget.alertAt", Kind::Fraction, "0.8", "At which part of a budget to warn."),
    key("prompts.planner-spec", Kind::Variants, "null", "The variants of this agent's prompt."),
    key("prompts.planner-arch", Kind::Variants, "null", "The variants of this agent's prompt."),
    key("prompts.planner-qa", Kind::Variants, "null", "The variants of this agent's prompt."),
    key("prompts.backlog", Kind::Variants, "null", "The variants of this agent's prompt."),
    key("prompts.implementer", Kind::Variants, "null", "The variants of this agent's prompt."),
    key("prompts.documenter", Kind::Variants, "null", "The variants of this agent's prompt."),
    key("prompts.reviewer", Kind::Variants, "null", "The variants of this agent's prompt."),
    key("prompts.rebase", Kind::Variants, "null", "The variants of this agent's prompt."),
    key("prompts.compressor", Kind::Variants, "null", "The variants of this agent's prompt."),
];

/// A row of the table.
const fn key(path: &'static str, kind: Kind, default: &'static str, meaning: &'static str) -> Key {
    let _ = meaning;
    Key {
        path,
        kind,
        default,
        #[cfg(test)]
        meaning,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    /// The JSON Schema of the options, from the same table that reads them.
    fn schema() -> Value {
        let mut root = Map::new();
        for (group, meaning) in GROUPS {
            let object = json!({
                "type": "object",
                "description": meaning,
                "additionalProperties": false,
                "properties": {},
            });
            root.insert((*group).to_owned(), object);
        }
        for key in KEYS {
            let mut entry = key.kind.schema();
            entry["description"] = key.meaning.into();
            let default: Value = serde_json::from_str(key.default).unwrap();
            if !default.is_null() {
                entry["default"] = default;
            }
            match key.path.split_once('.') {
                Some((group, name)) => root[group]["properties"][name] = entry,
                None => {
                    root.insert(key.path.to_owned(), entry);
                }
            }
        }
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Options of multi-agent-coder",
            "type": "object",
            "additionalProperties": false,
            "properties": root,
        })
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test compares a committed file")]
    fn the_committed_schema_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/options.schema.json");
        let current = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
        if std::env::var("UPDATE").is_ok() {
            std::fs::write(path, &current).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == current,
            "schema/options.schema.json is out of date: run UPDATE=1 cargo test the_committed_schema"
        );
    }
}
