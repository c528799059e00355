//! Whether a session holds what its agent was sent, to the byte, and nothing else.

use serde::Serialize;

use crate::effect::stored::{Origin, StoredPart, StoredText};
use crate::text::bytes;

/// What differs from what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Altered {
    /// It, and where, in half a sentence.
    pub what: String,
    /// It is the first message: then it is no person's doing, and meets every session.
    pub is_first: bool,
}

/// Compares the texts in a session with what was sent. `context_sha256` is the hash of the file that
/// holds what the first message must be, where there is one.
///
/// # Errors
/// [`Altered`], for the first difference.
pub fn read_back(texts: &[StoredText], context_sha256: Option<&str>) -> Result<(), Altered> {
    let Some(first) = texts.first() else {
        let what = "the session holds no message at all".to_owned();
        return Err(Altered { what, is_first: true });
    };
    for (text, number) in texts.iter().zip(1..) {
        if let Some(what) = difference(text, number) {
            return Err(Altered { what, is_first: number == 1 });
        }
    }
    match (&first.origin, context_sha256) {
        (Origin::Ours { sha256 }, Some(expected)) if sha256 != expected => {
            let what = "what the session was sent is not what the task's context file holds".to_owned();
            Err(Altered { what, is_first: true })
        }
        _ => Ok(()),
    }
}

/// What is wrong with a text, the `number`th of its session.
fn difference(text: &StoredText, number: usize) -> Option<String> {
    let sent = match &text.origin {
        Origin::Ours { sha256 } => sha256,
        // The first one is never the host's.
        Origin::Host if number > 1 => return None,
        Origin::Host | Origin::Foreign => {
            let said = text.parts.first().map(shown).unwrap_or_default();
            return Some(format!("message {number} of the session is not ours{said}"));
        }
    };
    let at = text.parts.iter().position(|part| part.sha256 == *sent);
    match (at, text.parts.as_slice()) {
        (Some(_), [_]) => None,
        (Some(own), parts) => {
            let more = parts.iter().enumerate().find(|(at, _)| *at != own).map(|(_, part)| part)?;
            let place = if parts.first() == Some(more) { "before" } else { "after" };
            Some(format!("message {number} of the session has a part {place} ours{}", shown(more)))
        }
        (None, parts) => {
            let Some(changed) = parts.iter().max_by_key(|part| part.differs_at) else {
                return Some(format!("message {number} of the session is empty"));
            };
            let at = changed.differs_at;
            Some(format!("message {number} of the session was changed from byte {at} on{}", shown(changed)))
        }
    }
}

/// A part, as it is told.
fn shown(part: &StoredPart) -> String {
    let kind = if part.kind == "text" { String::new() } else { format!(" of kind `{}`", part.kind) };
    let size = bytes(part.bytes);
    match part.excerpt.split_whitespace().collect::<Vec<_>>().join(" ").as_str() {
        "" => format!("{kind} ({size})"),
        said => format!("{kind} ({size}): “{said}”"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::effect::stored::sha256;

    const CONTEXT: &str = "# T01: Sum\n";

    fn part(text: &str, differs_at: u64) -> StoredPart {
        StoredPart {
            kind: "text".into(),
            sha256: sha256(text),
            bytes: text.len() as u64,
            differs_at,
            excerpt: text.into(),
        }
    }

    fn told(texts: &[StoredText]) -> (String, bool) {
        let altered = read_back(texts, Some(&sha256(CONTEXT))).expect_err("it differs");
        (altered.what, altered.is_first)
    }

    #[test]
    fn what_was_sent_and_the_hosts_own_notes_are_fine() {
        let host = StoredText { origin: Origin::Host, parts: vec![part("Continue", 0)] };
        let texts = [StoredText::as_sent(CONTEXT), StoredText::as_sent("a nudge"), host];
        assert_eq!(read_back(&texts, Some(&sha256(CONTEXT))), Ok(()));
        assert_eq!(read_back(&texts, None), Ok(()));
    }

    #[test]
    fn each_difference_is_told_with_its_place() {
        let own = StoredText::as_sent(CONTEXT);
        let foreign = StoredText { origin: Origin::Foreign, parts: vec![part("Be brief.", 0)] };
        let mut more = own.clone();
        more.parts.push(part("Remember the\nmilk.", 0));
        let mut before = own.clone();
        before.parts.insert(0, part("Be brief.", 0));
        let mut changed = own.clone();
        changed.parts =
            vec![StoredPart { excerpt: "By the way".into(), ..part("# T01: Sum\nBy the way", 11) }];
        let mut file = own.clone();
        file.parts.push(StoredPart { kind: "file".into(), excerpt: String::new(), ..part("{}", 0) });

        for (texts, what, is_first) in [
            (vec![], "the session holds no message at all", true),
            (vec![foreign.clone()], "message 1 of the session is not ours (9 bytes): “Be brief.”", true),
            (
                vec![more],
                "message 1 of the session has a part after ours (18 bytes): “Remember the milk.”",
                true,
            ),
            (vec![before], "message 1 of the session has a part before ours (9 bytes): “Be brief.”", true),
            (
                vec![changed],
                "message 1 of the session was changed from byte 11 on (21 bytes): “By the way”",
                true,
            ),
            (vec![file], "message 1 of the session has a part after ours of kind `file` (2 bytes)", true),
            (
                vec![own.clone(), foreign],
                "message 2 of the session is not ours (9 bytes): “Be brief.”",
                false,
            ),
            (
                vec![StoredText::as_sent("# T02: Tax\n")],
                "what the session was sent is not what the task's context file holds",
                true,
            ),
        ] {
            assert_eq!(told(&texts), (what.to_owned(), is_first));
        }
    }

    #[test]
    fn a_message_without_parts_is_no_message_of_ours() {
        let empty = StoredText { origin: Origin::Ours { sha256: sha256(CONTEXT) }, parts: vec![] };
        assert_eq!(told(&[empty]), ("message 1 of the session is empty".to_owned(), true));
    }

    proptest! {
        #[test]
        fn only_the_very_text_passes(sent in ".{0,40}", stored in ".{0,40}") {
            let mut text = StoredText::as_sent(&stored);
            text.origin = Origin::Ours { sha256: sha256(&sent) };
            prop_assert_eq!(read_back(&[text], Some(&sha256(&sent))).is_ok(), sent == stored);
        }
    }
}
