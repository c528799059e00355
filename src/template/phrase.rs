//! A text with variables in it, taken apart once.

use std::borrow::Cow;

/// What opens a variable.
const OPEN: &str = "{{";
/// What closes it.
const CLOSE: &str = "}}";

/// A text with variables in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Phrase(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Variable(String),
}

/// Whether a word can name a variable.
pub(super) fn is_variable(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The variable that a text begins with, `{{ NAME }}`, and what follows it.
fn variable(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.strip_prefix(OPEN)?.split_once(CLOSE)?;
    let name = name.trim_matches(' ');
    is_variable(name).then_some((name, rest))
}

impl Phrase {
    /// Takes a text apart. `\{{NAME}}` stands for `{{NAME}}`; other braces stand for themselves.
    pub fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(OPEN) {
            let (before, from) = rest.split_at(at);
            match (variable(from), before.strip_suffix('\\')) {
                (Some((_, after)), Some(before)) => {
                    literal.push_str(before);
                    literal.push_str(&from[..from.len() - after.len()]);
                    rest = after;
                }
                (Some((name, after)), None) => {
                    literal.push_str(before);
                    if !literal.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut literal)));
                    }
                    pieces.push(Piece::Variable(name.to_owned()));
                    rest = after;
                }
                (None, _) => {
                    // One brace on: `{{{NAME}}` opens a variable with its second.
                    literal.push_str(before);
                    literal.push('{');
                    rest = &from[1..];
                }
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Self(pieces)
    }

    /// The variables in it, in order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The text with values in the place of variables; `None` when it would be longer than `bytes_max`.
    pub fn fill<'a>(&self, value: impl Fn(&str) -> Option<&'a str>, bytes_max: usize) -> Option<String> {
        let mut out = String::new();
        for piece in &self.0 {
            let part = match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Variable(name) => value(name)?,
            };
            if out.len() + part.len() > bytes_max {
                return None;
            }
            out.push_str(part);
        }
        Some(out)
    }

    /// The text it was parsed from, but for spaces around names.
    pub fn source(&self) -> String {
        let part = |piece: &Piece| match piece {
            Piece::Text(text) => escaped(text).into_owned(),
            Piece::Variable(name) => format!("{OPEN}{name}{CLOSE}"),
        };
        self.0.iter().map(part).collect()
    }
}

/// A text in which nothing is a variable: parsing gives it back.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(OPEN) {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        out.push_str(&rest[..at]);
        let from = &rest[at..];
        if variable(from).is_some() {
            out.push('\\');
            out.push_str(OPEN);
            rest = &from[OPEN.len()..];
        } else {
            out.push('{');
            rest = &from[1..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fill(text: &str, value: &str) -> String {
        Phrase::parse(text).fill(|_| Some(value), usize::MAX).unwrap()
    }

    #[test]
    fn names_in_double_braces_are_variables() {
        for (text, expected) in [
            ("a {{X}} b{{ X }}", "a 1 b1"),
            ("{{x}} {{}} {{X", "{{x}} {{}} {{X"),
            ("{{{X}}}", "{1}"),
            (r"\{{X}} \\{{X}}", r"{{X}} \{{X}}"),
            ("{{X}}{{X}}", "11"),
            ("{{ x }} {{Y}}", "{{ x }} 1"),
            ("{{a {{X}}", "{{a 1"),
        ] {
            assert_eq!(fill(text, "1"), expected, "{text}");
        }
    }

    #[test]
    fn what_is_too_long_is_not_made() {
        let phrase = Phrase::parse("{{X}}{{X}}");
        assert_eq!(phrase.fill(|_| Some("1234"), 8).as_deref(), Some("12341234"));
        assert_eq!(phrase.fill(|_| Some("1234"), 7), None);
        assert_eq!(phrase.fill(|_| None, 100), None);
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart(text in any::<String>(), value in any::<String>()) {
            let phrase = Phrase::parse(&text);
            prop_assert!(phrase.fill(|_| Some(&value), usize::MAX).is_some());
        }

        #[test]
        fn an_escaped_text_is_itself(text in r"[{} \\XaA1]{0,24}") {
            prop_assert_eq!(fill(&escaped(&text), "lost"), text);
        }

        #[test]
        fn a_phrase_can_be_written_again(text in r"[{} \\XaA1]{0,24}") {
            let phrase = Phrase::parse(&text);
            prop_assert_eq!(Phrase::parse(&phrase.source()).fill(|_| Some("1"), 999), phrase.fill(|_| Some("1"), 999));
        }

        #[test]
        fn a_value_is_never_filled_in_again(value in r"[{} \\X]{0,16}") {
            prop_assert_eq!(fill("<{{X}}>", &value), format!("<{value}>"));
        }
    }
}
