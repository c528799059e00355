//! What lines begin with.

/// Some texts, each at least a byte long, and a quick way to see that a line begins with none of them.
pub(super) struct Starts {
    texts: &'static [&'static str],
    /// For each first byte a set of what the next two may be, folded to 64 places.
    next: [u64; 256],
}

impl Starts {
    pub const fn of(texts: &'static [&'static str]) -> Self {
        let mut next = [0; 256];
        let mut index = 0;
        while index < texts.len() {
            let bytes = texts[index].as_bytes();
            next[bytes[0] as usize] |= match bytes {
                [_, second, third, ..] => place(*second, *third),
                _ => u64::MAX,
            };
            index += 1;
        }
        Self { texts, next }
    }

    /// The first of the texts that a line begins with.
    #[inline]
    pub fn find(&self, line: &str) -> Option<&'static str> {
        let may_be = match line.as_bytes() {
            [first, second, third, ..] => self.next[usize::from(*first)] & place(*second, *third) != 0,
            [first, ..] => self.next[usize::from(*first)] != 0,
            [] => false,
        };
        if may_be { self.texts.iter().find(|text| line.starts_with(**text)).copied() } else { None }
    }
}

const fn place(second: u8, third: u8) -> u64 {
    1 << ((second ^ third.rotate_left(2)) % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_the_first_text_that_fits() {
        const STARTS: Starts = Starts::of(&["do", "#", "#!", "FAIL", "error: ", "×  "]);
        let cases = [
            ("does", Some("do")),
            ("do", Some("do")),
            ("d", None),
            ("#!/bin/sh", Some("#")),
            ("#", Some("#")),
            ("FAIL", Some("FAIL")),
            ("FAI", None),
            ("error:", None),
            ("error: no", Some("error: ")),
            ("×  one", Some("×  ")),
            ("", None),
        ];
        for (line, start) in cases {
            assert_eq!(STARTS.find(line), start, "{line}");
        }
    }
}
