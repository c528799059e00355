//! What holds for every text: no secret survives, nothing else changes, twice is the same as once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::Redactor;

/// Texts with many beginnings of secrets in them.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => any::<String>(),
        2 => "[a-z ]{0,20}",
        1 => "[A-Za-z0-9_-]{0,60}",
        2 => prop::sample::select(vec![
            "ghp_", "sk-", "AKIA", "eyJ", ".", "://", "@", ":", "Bearer ", "authorization: basic ", "-----",
            "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "\n", "\\n", "[redacted: ", "]", "xoxb-",
            "[redacted: JWT]", "secret_access_key=", "a-secret-va", "lue-of-the-person", "[redacted: MY_TOKEN]",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "ghp_[A-Za-z0-9]{36}",
        "glpat-[A-Za-z0-9]{24}",
        "AKIA[A-Z2-7]{16}",
        "AIza[A-Za-z0-9_-]{35}",
        "xoxb-[0-9]{12}-[A-Za-z0-9]{24}",
        "eyJ[A-Za-z0-9_-]{30}\\.eyJ[A-Za-z0-9_-]{40}\\.[A-Za-z0-9_-]{43}",
        Just(VALUE.to_owned()),
    ]
    // What is drawn may be as dull as `aaaa`.
    .prop_filter("is random", |secret| {
        let distinct: std::collections::BTreeSet<_> = secret.bytes().rev().take(16).collect();
        distinct.len() >= 8 && secret.bytes().rev().take(16).any(|byte| byte.is_ascii_digit())
            || secret == VALUE
    })
}

const VALUE: &str = "a-secret-value-of-the-person";

fn redactor() -> Redactor {
    Redactor::new(&BTreeMap::from([("MY_TOKEN".to_owned(), VALUE.to_owned())]))
}

proptest! {
    #[test]
    fn no_planted_secret_survives(text in text(), secret in secret(), at in any::<prop::sample::Index>()) {
        let places: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        let (before, after) = text.split_at(places[at.index(places.len())]);
        let planted = format!("{before}{secret}{after}");
        let redacted = redactor().redact(&planted).into_owned();
        prop_assert!(!redacted.contains(&secret), "{redacted}");
        prop_assert!(redacted.contains("[redacted: "));
    }

    #[test]
    fn twice_is_once(text in text()) {
        let once = redactor().redact(&text).into_owned();
        let twice = redactor().redact(&once).into_owned();
        prop_assert_eq!(twice, once);
    }

    /// What stays is what was there, in its order.
    #[test]
    fn nothing_else_changes(text in text()) {
        let redactor = redactor();
        let spans = redactor.spans(&text);
        let mut done = 0;
        for span in &spans {
            prop_assert!(done <= span.start && span.start < span.end && span.end <= text.len());
            prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
            done = span.end;
        }
        let is_borrowed = matches!(redactor.redact(&text), Cow::Borrowed(_));
        prop_assert_eq!(is_borrowed, spans.is_empty());
    }
}

/// Beginnings over and over: a scan that starts again at each would not end within minutes.
#[test]
fn hostile_texts_take_linear_time() {
    let beginnings = [
        "eyJ",
        "eyJhbGciOiJIUzI1NiJ9.",
        "glpat-",
        "sk-",
        "Bearer ",
        "://a:",
        "://",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n",
        "-----",
        "[redacted: ",
        "secret_access_key=",
        "a-secret-value-of-the-perso",
        "xoxb-1",
    ];
    for beginning in beginnings {
        let text = beginning.repeat(200_000 / beginning.len());
        let _ = redactor().redact(&text);
    }
}
