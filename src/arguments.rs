//! The words behind a command, with quotes as in a shell.

/// The words of a line. A word may be quoted, and so may what follows its first `=`: `NAME="a b"`,
/// `"NAME=a b"`. In double quotes a backslash stands before a quote or a backslash. An apostrophe inside a
/// word is one.
///
/// # Errors
/// A sentence when a quote has no end.
pub fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.peek().is_none() {
            return Ok(words);
        }
        let (mut word, mut has_sign) = (String::new(), false);
        while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
            let can_quote = word.is_empty() || !has_sign && word.ends_with('=');
            has_sign |= can_quote && word.ends_with('=');
            match c {
                '"' | '\'' if can_quote => quoted(&mut chars, c, &mut word)?,
                c => word.push(c),
            }
        }
        words.push(word);
    }
}

/// Takes what is quoted.
fn quoted(
    chars: &mut std::iter::Peekable<std::str::Chars>,
    quote: char,
    word: &mut String,
) -> Result<(), String> {
    const SHOWN_BYTES_MAX: usize = 40;
    let from = word.len();
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => word.push(chars.next_if(|c| matches!(c, '"' | '\\')).unwrap_or('\\')),
            c => word.push(c),
        }
    }
    let start = crate::text::cut(&word[from..], SHOWN_BYTES_MAX);
    Err(format!("the quote before `{start}` has no end; close it with {quote}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_hold_words_together() {
        for (line, expected) in [
            ("", vec![]),
            ("  a  b\n", vec!["a", "b"]),
            (r#"NAME="export invoices" PATH=/x"#, vec!["NAME=export invoices", "PATH=/x"]),
            (r#""NAME=a b" c"#, vec!["NAME=a b", "c"]),
            (r#"A="say \"hi\" \\ \n""#, vec![r#"A=say "hi" \ \n"#]),
            ("A='x\ny'", vec!["A=x\ny"]),
            ("A=don't B=5\" C=", vec!["A=don't", "B=5\"", "C="]),
            ("A=b='c", vec!["A=b='c"]),
            (r#"A="" """#, vec!["A=", ""]),
        ] {
            assert_eq!(words(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn a_quote_without_an_end_is_told() {
        assert_eq!(
            words("a B=\"one two").unwrap_err(),
            "the quote before `one two` has no end; close it with \""
        );
    }

    proptest! {
        #[test]
        fn what_was_quoted_comes_back(values in proptest::collection::vec(any::<String>(), 0..5)) {
            let quote = |value: &String| format!("A=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
            let line: Vec<String> = values.iter().map(quote).collect();
            let expected: Vec<String> = values.iter().map(|value| format!("A={value}")).collect();
            prop_assert_eq!(words(&line.join(" ")), Ok(expected));
        }

        #[test]
        fn any_line_is_read(line in any::<String>()) {
            let _ = words(&line);
        }
    }
}
