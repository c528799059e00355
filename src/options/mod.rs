//! The person's options: read from JSON, every problem named, every gap filled.

mod keys;
mod kind;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::ids::ModelRef;
use crate::text;
use keys::{GROUPS, KEYS};

/// Everything a person can set, checked and complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// Which model does which kind of work.
    pub models: ModelOptions,
    /// Attempts that may be at work at once, 1 to 8.
    pub max_workers: u8,
    /// Attempts per task, 1 to 10.
    pub max_retries: u32,
    /// Deadline of an attempt, in milliseconds.
    pub task_timeout_ms: u64,
    /// Deadline of a planner, in milliseconds.
    pub planning_timeout_ms: u64,
    /// Where documents go, relative to the repository.
    pub output_dir: String,
    /// Where specs go, relative to the repository.
    pub specs_dir: String,
    /// Where worktrees live, absolute; `None` leaves it to the host's data directory.
    pub worktrees_dir: Option<String>,
    /// What a worktree gets besides the commit's files.
    pub worktree: WorktreeOptions,
    /// The project's checks.
    pub gates: GateOptions,
    /// Who judges changes.
    pub review: ReviewMode,
    /// What happens when all is merged.
    pub land: LandMode,
    /// When to improve a spec. Has no effect yet.
    pub rebase: RebaseOptions,
    /// The text a worker is sent.
    pub context: ContextOptions,
    /// What may be spent.
    pub budget: BudgetOptions,
}

/// Models that a person named; `None` leaves the choice to `route`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelOptions {
    /// For the planners.
    pub planning: Option<ModelRef>,
    /// For documentation tasks.
    pub documentation: Option<ModelRef>,
    /// For code tasks.
    pub code_implementation: Option<ModelRef>,
    /// For simple tasks.
    pub simple_change: Option<ModelRef>,
    /// For reviews.
    pub review: Option<ModelRef>,
    /// For improving specs.
    pub rebase: Option<ModelRef>,
    /// For writing the backlog.
    pub backlog_generation: Option<ModelRef>,
}

/// What a worktree gets besides the commit's files. Paths are relative to the repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorktreeOptions {
    /// Linked from the checkout when present.
    pub link: Vec<String>,
    /// Copied from the checkout when present.
    pub copy: Vec<String>,
    /// Left alone by the reset between tasks.
    pub keep: Vec<String>,
    /// A command line to run before each task.
    pub setup: Option<String>,
}

/// The project's checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GateOptions {
    /// Its tests.
    pub test: GateOption,
    /// Its linter.
    pub lint: GateOption,
    /// Its type checker.
    pub typecheck: GateOption,
    /// Deadline of each, in milliseconds.
    pub timeout_ms: u64,
}

/// Where a check comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateOption {
    /// From the project's manifests.
    #[default]
    Detect,
    /// There is none.
    Off,
    /// This command line.
    Command(String),
}

/// Who judges changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewMode {
    /// A reviewing agent.
    Auto,
    /// A person.
    Manual,
    /// The gates alone.
    Off,
}

/// What happens when all tasks are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LandMode {
    /// The person's branch is fast-forwarded, if their changes allow it.
    Auto,
    /// The integration branch is left for the person.
    Never,
}

/// When to improve a task's spec instead of retrying it. Has no effect yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RebaseOptions {
    /// Whether at all.
    pub enabled: bool,
    /// After how many failed attempts, 1 to 10.
    pub after_attempts: u32,
    /// How sure the better spec must be, 0 to 1.
    pub confidence: f64,
}

/// Limits of the text a worker is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextOptions {
    /// Its size in UTF-8 bytes, 500 to 100,000.
    pub max_bytes: usize,
}

/// What may be spent; `None` is no limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BudgetOptions {
    /// US dollars a run.
    pub run_usd: Option<f64>,
    /// US dollars a task, all attempts together.
    pub task_usd: Option<f64>,
    /// Tokens a run.
    pub run_tokens: Option<u64>,
    /// Tokens a task, all attempts together.
    pub task_tokens: Option<u64>,
    /// At which part of a budget to warn, 0 to 1.
    pub alert_at: f64,
}

/// One thing wrong with the options.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{path}: expected {expected}, found {found}")]
pub struct OptionProblem {
    /// Where, for example `options.gates.test`.
    pub path: String,
    /// What should be there.
    pub expected: String,
    /// What is there, as JSON, shortened.
    pub found: String,
}

/// Reads a person's options. Nothing at all, and `null` anywhere, mean the default.
///
/// # Errors
/// Every problem, in the order of the person's keys: a wrong type, a value out of range, a key that
/// does not exist.
pub fn read_options(value: &Value) -> Result<Options, Vec<OptionProblem>> {
    let mut problems = Vec::new();
    let given = flatten(value, &mut problems);
    let mut complete = Map::new();
    for key in KEYS {
        let default = serde_json::from_str(key.default).expect("every default is JSON");
        let written = given.iter().find(|(path, _)| *path == key.path);
        let value = written.map_or(&default, |(_, value)| *value);
        let read = match value {
            Value::Null => Some(unset(key.kind)),
            _ => key.kind.read(value),
        };
        match read {
            Some(read) => insert(&mut complete, key.path, read),
            None => problems.push(problem(key.path, key.kind.expected(), value)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(serde_json::from_value(Value::Object(complete))
        .expect("the table of keys and the type of the options agree"))
}

/// The options a person wrote, by full key; what is no known key becomes a problem.
fn flatten<'a>(value: &'a Value, problems: &mut Vec<OptionProblem>) -> Vec<(String, &'a Value)> {
    let mut given = Vec::new();
    for (name, value) in entries("", value, problems) {
        if GROUPS.iter().any(|(group, _)| group == name) {
            for (inner, value) in entries(name, value, problems) {
                given.push((format!("{name}.{inner}"), value));
            }
        } else {
            given.push((name.clone(), value));
        }
    }
    given.retain(|(path, value)| {
        let is_known = KEYS.iter().any(|key| key.path == path);
        if !is_known {
            problems.push(problem(path, known_key(path), value));
        }
        is_known && !value.is_null()
    });
    given
}

/// The entries of an object; `null` has none, anything else is a problem.
fn entries<'a>(
    path: &str,
    value: &'a Value,
    problems: &mut Vec<OptionProblem>,
) -> Vec<(&'a String, &'a Value)> {
    match value {
        Value::Null => Vec::new(),
        Value::Object(map) => map.iter().collect(),
        _ => {
            problems.push(problem(path, "an object".to_owned(), value));
            Vec::new()
        }
    }
}

/// What to write instead of an unknown key: the one that looks alike, else all of that place.
fn known_key(path: &str) -> String {
    let (group, name) = path.rsplit_once('.').unwrap_or(("", path));
    let mut siblings: Vec<&str> = KEYS
        .iter()
        .map(|key| key.path.rsplit_once('.').unwrap_or(("", key.path)))
        .filter(|(of, _)| *of == group)
        .map(|(_, name)| name)
        .collect();
    if group.is_empty() {
        siblings.extend(GROUPS.iter().map(|(group, _)| *group));
    }
    match text::nearest(name, siblings.iter().copied()) {
        Some(name) => format!("a known key, perhaps \"{name}\""),
        None => format!("one of the keys {}", siblings.join(", ")),
    }
}

/// What [`Options`] holds where nothing is set and nothing is the default.
fn unset(kind: kind::Kind) -> Value {
    match kind {
        kind::Kind::Gate => Value::from("detect"),
        _ => Value::Null,
    }
}

/// Puts a value at `group.name` or `name`.
fn insert(into: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            into.insert(path.to_owned(), value);
        }
        Some((group, name)) => {
            let group = into
                .entry(group)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(map) = group {
                map.insert(name.to_owned(), value);
            }
        }
    }
}

fn problem(path: &str, expected: String, found: &Value) -> OptionProblem {
    /// So many characters of a wrong value are shown.
    const SHOWN: usize = 60;
    let json = found.to_string();
    let found = match json.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &json[..at]),
        None => json,
    };
    let path = match path {
        "" => "options".to_owned(),
        _ => format!("options.{path}"),
    };
    OptionProblem {
        path,
        expected,
        found,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

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
    #[allow(
        clippy::disallowed_methods,
        reason = "a test compares a committed file"
    )]
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

    fn problems(value: Value) -> Vec<String> {
        let problems = read_options(&value).expect_err("must be refused");
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nothing_means_the_defaults() {
        let options = read_options(&Value::Null).unwrap();
        assert_eq!(read_options(&json!({})).unwrap(), options);
        let nulls = json!({ "maxWorkers": null, "gates": null, "budget": { "runUsd": null } });
        assert_eq!(read_options(&nulls).unwrap(), options);
        insta::assert_yaml_snapshot!(options);
    }

    #[test]
    fn everything_can_be_set() {
        let options = read_options(&json!({
            "models": { "review": "anthropic/claude-x", "planning": "openrouter/meta/llama" },
            "maxWorkers": 8.0, "maxRetries": 1, "taskTimeoutMs": 1000, "planningTimeoutMs": 86_400_000,
            "outputDir": "./docs/tasks/", "specsDir": "docs/specs", "worktreesDir": "/var/tmp/pool",
            "worktree": { "link": [], "copy": [".env"], "keep": ["target"], "setup": "npm ci" },
            "gates": { "test": "npm test", "lint": false, "timeoutMs": 5000 },
            "review": "manual", "land": "never",
            "rebase": { "enabled": false, "afterAttempts": 3, "confidence": 1 },
            "context": { "maxBytes": 500 },
            "budget": { "runUsd": 2.5, "taskUsd": 1, "runTokens": 1000, "taskTokens": 10, "alertAt": 0 },
        }))
        .unwrap();
        insta::assert_yaml_snapshot!(options);
    }

    #[test]
    fn a_problem_names_path_expectation_and_find() {
        assert_eq!(
            problems(json!({ "maxWorkers": "three" })),
            ["options.maxWorkers: expected a whole number from 1 to 8, found \"three\""]
        );
    }

    #[test]
    fn every_problem_is_found() {
        let found = problems(json!({
            "maxWorker": 3, "colour": true, "gates": { "tset": false, "lint": true, "typecheck": " " },
            "models": { "review": "gpt" }, "budget": [], "maxRetries": 11, "taskTimeoutMs": 999,
            "outputDir": "../x", "specsDir": "/x", "worktreesDir": "pool", "review": "maybe",
            "worktree": { "copy": ["a", "b/../c"], "setup": "a\nb" },
            "rebase": { "confidence": 1.1 }, "context": { "maxBytes": 3000.5 }, "land": 7,
        }));
        insta::assert_snapshot!(found.join("\n"));
    }

    #[test]
    fn options_must_be_an_object() {
        assert_eq!(
            problems(json!("fast")),
            ["options: expected an object, found \"fast\""]
        );
        let long = problems(json!([["x".repeat(500)]]));
        assert!(long[0].chars().count() < 120, "{}", long[0]);
    }

    #[test]
    fn paths_stay_in_the_repository() {
        let refused = [
            "", ".", "..", "/a", "a/..", "a//b", "a\\b", "C:x", ".git", ".git/x", "a/.GIT",
            "a\u{0}b",
        ];
        for path in refused {
            assert_eq!(problems(json!({ "outputDir": path })).len(), 1, "{path:?}");
        }
    }

    #[test]
    fn budgets_are_above_zero_and_exact() {
        for value in [json!(0), json!(-1), json!("1")] {
            assert_eq!(problems(json!({ "budget": { "runUsd": value } })).len(), 1);
            assert_eq!(
                problems(json!({ "budget": { "runTokens": value } })).len(),
                1
            );
        }
        assert_eq!(problems(json!({ "budget": { "runTokens": 1.5 } })).len(), 1);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-z/.]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 8, 4, |inner| {
            prop::collection::vec(inner, 0..4).prop_map(Value::from)
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_or_its_path_is_named(at in 0..KEYS.len(), value in any_json()) {
            let path = KEYS[at].path;
            let mut map = Map::new();
            insert(&mut map, path, value);
            match read_options(&Value::Object(map)) {
                Ok(_) => {}
                Err(problems) => {
                    prop_assert_eq!(problems.len(), 1);
                    prop_assert_eq!(&problems[0].path, &format!("options.{path}"));
                }
            }
        }
    }
}
