//! Reading the person's JSON by the table of keys.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::keys::{GROUPS, KEYS};
use super::kind::Kind;
use super::{OptionProblem, Options};
use crate::text;

/// Reads a person's options. Nothing at all, and `null` anywhere, mean the default.
///
/// # Errors
/// Every problem: first what is no key or no group, then wrong types and values out of range in the
/// order of the published table.
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
    Ok(Options::deserialize(&Value::Object(complete))
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
fn unset(kind: Kind) -> Value {
    match kind {
        Kind::Gate => Value::from("detect"),
        Kind::Variants => Value::Object(Map::new()),
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
            let group = into.entry(group).or_insert_with(|| Value::Object(Map::new()));
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
    OptionProblem { path, expected, found }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

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
            "prompts": { "reviewer": { "variants": { "default": 3, "strict": 1.0 } } },
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
            "prompts": {
                "reviever": { "variants": {} }, "reviewer": { "variants": { "Short": 1 } }, "rebase": { "b": 1 },
                "backlog": { "variants": { "default": 0 } }, "documenter": { "variants": { "a": 1001 } },
            },
        }));
        insta::assert_snapshot!(found.join("\n"));
    }

    #[test]
    fn options_must_be_an_object() {
        assert_eq!(problems(json!("fast")), ["options: expected an object, found \"fast\""]);
        let long = problems(json!([["x".repeat(500)]]));
        assert!(long[0].chars().count() < 120, "{}", long[0]);
    }

    #[test]
    fn paths_stay_in_the_repository() {
        let refused =
            ["", ".", "..", "/a", "a/..", "a//b", "a\\b", "C:x", ".git", ".git/x", "a/.GIT", "a\u{0}b"];
        for path in refused {
            assert_eq!(problems(json!({ "outputDir": path })).len(), 1, "{path:?}");
        }
    }

    #[test]
    fn budgets_are_above_zero_and_exact() {
        for value in [json!(0), json!(-1), json!("1")] {
            assert_eq!(problems(json!({ "budget": { "runUsd": value } })).len(), 1);
            assert_eq!(problems(json!({ "budget": { "runTokens": value } })).len(), 1);
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
        leaf.prop_recursive(2, 8, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::from))
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
