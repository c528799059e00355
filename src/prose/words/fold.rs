//! Characters as a reader takes them: look-alikes become the letter that they look like.

/// What a character beyond ASCII is to a reader of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folded {
    /// Not seen at all: zero width, direction marks, soft hyphens, combining marks.
    Nothing,
    /// A letter or digit, in lower case.
    Letter(char),
    /// Two letters.
    Two(char, char),
    /// Between words.
    Separator(char),
}

/// Letters of other alphabets that look like Latin ones (after the confusables of Unicode TR 39, the
/// common part), in lower case; a letter without a double is left as it is.
const DOUBLES: &[(&str, char)] = &[
    ("аΑαɑ", 'a'),
    ("ВвΒβƄ", 'b'),
    ("сСϲⅽ", 'c'),
    ("ԁⅾ", 'd'),
    ("еЕΕεё", 'e'),
    ("ɡ", 'g'),
    ("һНнΗ", 'h'),
    ("іІΙιӏıⅰ", 'i'),
    ("јЈ", 'j'),
    ("кКΚκ", 'k'),
    ("ⅼ", 'l'),
    ("мМΜⅿ", 'm'),
    ("Νηո", 'n'),
    ("оОΟοσ", 'o'),
    ("рРΡρ", 'p'),
    ("ԛ", 'q'),
    ("г", 'r'),
    ("ѕЅ", 's'),
    ("тТΤτ", 't'),
    ("υս", 'u'),
    ("νѵⅴ", 'v'),
    ("ԝωѡ", 'w'),
    ("хХΧχⅹ", 'x'),
    ("уУΥγ", 'y'),
    ("Ζ", 'z'),
];

/// What stands below an accent, from U+00C0 to U+017F; `.` keeps the character.
const ACCENTS: &str = "aaaaaa.ceeeeiiii.nooooo.ouuuuy..aaaaaa.ceeeeiiii.nooooo.ouuuuy.y\
    aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkk.lllllll\
    lllnnnnnn...oooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/// Folds a character that is not ASCII.
pub fn fold(c: char) -> Folded {
    let code = c as u32;
    match code {
        0xad | 0x34f | 0x61c | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff => {
            Folded::Nothing
        }
        0x300..=0x36f
        | 0x1ab0..=0x1aff
        | 0x1dc0..=0x1dff
        | 0x20d0..=0x20ff
        | 0xfe00..=0xfe0f
        | 0xfe20..=0xfe2f => Folded::Nothing,
        0xc6 | 0xe6 => Folded::Two('a', 'e'),
        0xdf => Folded::Two('s', 's'),
        0x152 | 0x153 => Folded::Two('o', 'e'),
        0xc0..=0x17f => match ACCENTS.as_bytes()[(code - 0xc0) as usize] {
            b'.' => other(c),
            letter => Folded::Letter(letter as char),
        },
        0xff01..=0xff5e => ascii(code - 0xfee0),
        0x1d400..=0x1d6a3 => letter((code - 0x1d400) % 52),
        0x1d7ce..=0x1d7ff => ascii(u32::from('0') + (code - 0x1d7ce) % 10),
        0x24b6..=0x24e9 => letter((code - 0x24b6) % 26),
        _ => DOUBLES
            .iter()
            .find(|(doubles, _)| is_double(code) && doubles.contains(c))
            .map_or_else(|| other(c), |(_, letter)| Folded::Letter(*letter)),
    }
}

/// The blocks that `DOUBLES` draws from.
fn is_double(code: u32) -> bool {
    matches!(code, 0x131..=0x5ff | 0x2170..=0x217f)
}

fn ascii(code: u32) -> Folded {
    match char::from_u32(code).map(|c| c.to_ascii_lowercase()) {
        Some(c) if c.is_ascii_alphanumeric() => Folded::Letter(c),
        Some(c) => Folded::Separator(c),
        None => Folded::Nothing,
    }
}

fn letter(index: u32) -> Folded {
    ascii(u32::from('a') + index % 26)
}

fn other(c: char) -> Folded {
    match c.is_alphanumeric() {
        true => Folded::Letter(c.to_lowercase().next().unwrap_or(c)),
        false => Folded::Separator(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_become_letters() {
        let cases = [
            ('é', 'e'),
            ('Ｔ', 't'),
            ('０', '0'),
            ('е', 'e'),
            ('ο', 'o'),
            ('𝐰', 'w'),
            ('ż', 'z'),
            ('ſ', 's'),
            ('ŷ', 'y'),
        ];
        for (c, letter) in cases {
            assert_eq!(fold(c), Folded::Letter(letter), "{c}");
        }
        assert_eq!(fold('ß'), Folded::Two('s', 's'));
        assert_eq!(fold('日'), Folded::Letter('日'));
        assert_eq!(fold('．'), Folded::Separator('.'));
        for c in ['\u{ad}', '\u{200b}', '\u{301}', '\u{feff}', '\u{2066}'] {
            assert_eq!(fold(c), Folded::Nothing);
        }
        assert_eq!(ACCENTS.len(), 0x17f - 0xc0 + 1);
    }
}
