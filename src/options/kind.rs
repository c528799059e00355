//! What an option can take, and how a person's value of that kind is read.

use serde_json::{Value, json};

use crate::ids::ModelRef;
use crate::prompts::is_name;

/// The largest weight of a variant: a thousandth is the smallest share worth trying.
const WEIGHT_MAX: u64 = 1_000;

/// What an option takes. Ranges include both ends.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// `provider/model`.
    Model,
    /// A whole number.
    Whole {
        /// The smallest.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// A number above 0.
    Amount,
    /// A number from 0 to 1.
    Fraction,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A directory inside the repository.
    Directory,
    /// A directory anywhere.
    AbsoluteDirectory,
    /// Paths inside the repository.
    Paths,
    /// A command line.
    Command,
    /// A command line, or `false` for none.
    Gate,
    /// Variants of a prompt and their weights.
    Variants,
}

impl Kind {
    /// What a person should have written.
    pub fn expected(self) -> String {
        match self {
            Self::Model => "a model as \"provider/model\"".to_owned(),
            Self::Whole { min, max } => {
                let (min, max) = (crate::text::number(min), crate::text::number(max));
                format!("a whole number from {min} to {max}")
            }
            Self::Amount => "a number above 0".to_owned(),
            Self::Fraction => "a number from 0 to 1".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::OneOf(words) => {
                let words: Vec<String> = words.iter().map(|w| format!("\"{w}\"")).collect();
                format!("one of {}", words.join(", "))
            }
            Self::Directory => {
                "a path relative to the repository, with \"/\" and without \"..\", outside .git".to_owned()
            }
            Self::AbsoluteDirectory => "an absolute path without \"..\"".to_owned(),
            Self::Paths => {
                "a list of paths relative to the repository, with \"/\" and without \"..\", outside .git"
                    .to_owned()
            }
            Self::Command => "a command line on one line".to_owned(),
            Self::Gate => "a command line on one line, or false for none".to_owned(),
            Self::Variants => "{\"variants\": {\"<name>\": <weight>}} with names of lower-case letters, digits and \"-\", and \
                               whole weights from 0 to 1,000 that are not all 0"
                .to_owned(),
        }
    }

    /// Reads a person's value into the form that [`super::Options`] deserializes from; `None` when
    /// it is not of this kind. `null` never comes here: it means the default.
    pub fn read(self, value: &Value) -> Option<Value> {
        match self {
            Self::Model => {
                let text = value.as_str()?;
                let model = ModelRef::parse(text).filter(|_| !text.contains(char::is_whitespace))?;
                Some(json!(model))
            }
            Self::Whole { min, max } => whole(value).filter(|n| (min..=max).contains(n)).map(Value::from),
            Self::Amount => value.as_f64().filter(|x| *x > 0.0).map(Value::from),
            Self::Fraction => value.as_f64().filter(|x| (0.0..=1.0).contains(x)).map(Value::from),
            Self::Flag => value.as_bool().map(Value::from),
            Self::OneOf(words) => value.as_str().filter(|text| words.contains(text)).map(Value::from),
            Self::Directory => inside(value).map(Value::from),
            Self::AbsoluteDirectory => absolute(value).map(Value::from),
            Self::Paths => value
                .as_array()?
                .iter()
                .map(|item| inside(item).map(Value::from))
                .collect::<Option<Vec<Value>>>()
                .map(Value::from),
            Self::Command => command(value).map(Value::from),
            Self::Gate => match value {
                Value::Bool(false) => Some(json!("off")),
                _ => command(value).map(|line| json!({ "command": line })),
            },
            Self::Variants => variants(value),
        }
    }

    /// The JSON Schema of a person's value.
    #[cfg(test)]
    pub fn schema(self) -> Value {
        let path =
            json!({ "type": "string", "minLength": 1, "pattern": r"^(?!/)(?!(.*/)?\.\.(/|$))[^\\:]+$" });
        let line = json!({ "type": "string", "pattern": r"^(?=.*\S)[^\r\n]+$" });
        match self {
            Self::Model => json!({ "type": "string", "pattern": r"^[^/\s]+/\S+$" }),
            Self::Whole { min, max } => {
                json!({ "type": "integer", "minimum": min, "maximum": max })
            }
            Self::Amount => json!({ "type": "number", "exclusiveMinimum": 0 }),
            Self::Fraction => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::OneOf(words) => json!({ "enum": words }),
            Self::Directory => path,
            Self::AbsoluteDirectory => {
                json!({ "type": "string", "pattern": r"^(/|[A-Za-z]:[\\/])" })
            }
            Self::Paths => json!({ "type": "array", "items": path }),
            Self::Command => line,
            Self::Gate => json!({ "anyOf": [line, { "const": false }] }),
            Self::Variants => json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["variants"],
                "properties": { "variants": {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": { "pattern": "^[a-z0-9][a-z0-9-]{0,31}$" },
                    "additionalProperties": { "type": "integer", "minimum": 0, "maximum": WEIGHT_MAX },
                } },
            }),
        }
    }
}

/// A whole number, however the host spells it: JavaScript has one kind of number, so 3 may arrive
/// as 3.0.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let x = value.as_f64()?;
        // Above 2^53 a float no longer names one whole number.
        (x.fract() == 0.0 && (0.0..=9_007_199_254_740_991.0).contains(&x)).then_some(x as u64)
    })
}

/// The weights of `{"variants": {…}}` by name.
fn variants(value: &Value) -> Option<Value> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    let mut weights = serde_json::Map::new();
    for (name, weight) in object.get("variants")?.as_object()? {
        let weight = whole(weight).filter(|weight| *weight <= WEIGHT_MAX && is_name(name))?;
        weights.insert(name.clone(), weight.into());
    }
    let total: u64 = weights.values().filter_map(Value::as_u64).sum();
    (total > 0).then_some(Value::Object(weights))
}

/// A path inside the repository, without a leading `./` or a trailing `/`.
fn inside(value: &Value) -> Option<&str> {
    let text = value.as_str()?;
    let path = text.strip_prefix("./").unwrap_or(text);
    let path = path.strip_suffix('/').unwrap_or(path);
    let is_good = |segment: &str| !matches!(segment, "" | "." | "..");
    let is_git = path.split('/').any(|segment| segment.eq_ignore_ascii_case(".git"));
    let is_plain = !path.contains(['\\', ':']) && !path.contains(char::is_control);
    (is_plain && !is_git && path.split('/').all(is_good)).then_some(path)
}

/// An absolute path as Unix or Windows writes it.
fn absolute(value: &Value) -> Option<&str> {
    let path = value.as_str()?;
    let has_drive = |path: &str| {
        let mut chars = path.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic())
            && chars.next() == Some(':')
            && matches!(chars.next(), Some('/' | '\\'))
    };
    let is_absolute = path.starts_with('/') || has_drive(path);
    let leaves = path.split(['/', '\\']).any(|segment| segment == "..");
    (is_absolute && !leaves && !path.contains(char::is_control)).then_some(path)
}

/// A command line: one line with something on it.
fn command(value: &Value) -> Option<&str> {
    let line = value.as_str()?.trim();
    (!line.is_empty() && !line.contains(char::is_control)).then_some(line)
}
