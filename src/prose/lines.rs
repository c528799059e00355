//! Lines of a text, found 64 bytes at a time.

use crate::words::swar::{self, Places, WINDOW};

/// The lines of a part of a text, each with its line ending.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    base: usize,
    breaks: Places,
    at: usize,
    end: usize,
}

impl<'a> Lines<'a> {
    /// The lines from one place to another.
    pub fn between(text: &'a str, from: usize, end: usize) -> Self {
        let mut lines = Self { bytes: text.as_bytes(), base: from, breaks: 0, at: from, end };
        lines.load();
        lines
    }

    #[inline]
    fn load(&mut self) {
        let mut room = [0; WINDOW];
        let window = swar::window(self.bytes, self.base, &mut room);
        self.breaks = swar::places(window, swar::is_byte(b'\n'));
    }
}

impl Iterator for Lines<'_> {
    /// Where a line begins and ends.
    type Item = (usize, usize);

    #[inline]
    fn next(&mut self) -> Option<(usize, usize)> {
        let from = self.at;
        if from >= self.end {
            return None;
        }
        while self.breaks == 0 {
            self.base += WINDOW;
            if self.base >= self.end {
                self.at = self.end;
                return Some((from, self.end));
            }
            self.load();
        }
        let to = self.base + self.breaks.trailing_zeros() as usize + 1;
        self.breaks &= self.breaks - 1;
        self.at = to.min(self.end);
        Some((from, self.at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_those_of_the_text(text in "([a-zü]{0,70}\n?){0,12}") {
            let lines: Vec<&str> = Lines::between(&text, 0, text.len()).map(|(from, to)| &text[from..to]).collect();
            let expected: Vec<&str> = text.split_inclusive('\n').collect();
            prop_assert_eq!(lines, expected);
        }
    }
}
