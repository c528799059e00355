//! Ways to hide words from a search: case, invisible characters, other alphabets, breaks, emphasis.

use super::Part;
use super::random::Random;

/// The same text to a reader, other bytes to a search.
pub fn disguise(text: &str, part: Part, random: &mut Random) -> String {
    match (random.below(6), part) {
        (0, Part::Tuned) => text.to_uppercase(),
        (0, Part::Held) => mixed_case(text),
        (1, Part::Tuned) => inside_words(text, random, &['\u{200b}', '\u{200d}', '\u{202a}']),
        (1, Part::Held) => {
            inside_words(text, random, &['\u{ad}', '\u{2060}', '\u{feff}', '\u{202e}', '\u{2066}'])
        }
        (2, Part::Tuned) => map_ascii(text, 0xff00 - 0x20),
        (2, Part::Held) => mathematical(text),
        (3, Part::Tuned) => replaced(text, "aeopcx", "аеорсх"),
        (3, Part::Held) => replaced(text, "oviakTBH", "ονιακΤΒΗ"),
        (4, _) => broken(text, random),
        (_, Part::Tuned) => emphasised(text, random, &["**", "*", "__"]),
        (_, Part::Held) => emphasised(text, random, &["~~", "**", "_", "***"]),
    }
}

/// The same for a task's id.
pub fn disguise_id(id: &str, part: Part, random: &mut Random) -> String {
    match (random.below(4), part) {
        (0, _) => id.to_lowercase(),
        (1, Part::Tuned) => inside_words(id, random, &['\u{200b}']),
        (1, Part::Held) => inside_words(id, random, &['\u{2060}']),
        (2, Part::Tuned) => map_ascii(id, 0xff00 - 0x20),
        (2, Part::Held) => mathematical(id),
        (_, Part::Tuned) => format!("**{id}**"),
        (_, Part::Held) => format!("`{id}`"),
    }
}

fn mixed_case(text: &str) -> String {
    let swap =
        |(at, c): (usize, char)| if at % 2 == 0 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    text.chars().enumerate().map(swap).collect()
}

fn inside_words(text: &str, random: &mut Random, hidden: &[char]) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in text.chars() {
        if before.is_alphanumeric() && c.is_alphanumeric() && random.percent(25) {
            out.push(*random.pick(hidden));
        }
        out.push(c);
        before = c;
    }
    // At least one, or nothing would be hidden.
    match out == text {
        true => text.chars().take(1).chain([hidden[0]]).chain(text.chars().skip(1)).collect(),
        false => out,
    }
}

fn map_ascii(text: &str, offset: u32) -> String {
    let wide =
        |c: char| if c.is_ascii_graphic() { char::from_u32(c as u32 + offset).unwrap_or(c) } else { c };
    text.chars().map(wide).collect()
}

fn mathematical(text: &str) -> String {
    let bold = |c: char| {
        let code = match c {
            'a'..='z' => 0x1d41a + c as u32 - 'a' as u32,
            'A'..='Z' => 0x1d400 + c as u32 - 'A' as u32,
            '0'..='9' => 0x1d7ce + c as u32 - '0' as u32,
            _ => c as u32,
        };
        char::from_u32(code).unwrap_or(c)
    };
    text.chars().map(bold).collect()
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    let swap = |c: char| from.chars().zip(to.chars()).find(|(a, _)| *a == c).map_or(c, |(_, b)| b);
    text.chars().map(swap).collect()
}

/// Breaks lines inside long words, with a hyphen, and between short ones.
fn broken(text: &str, random: &mut Random) -> String {
    let mut out = String::new();
    for word in text.split(' ') {
        if !out.is_empty() {
            out.push(if random.percent(30) { '\n' } else { ' ' });
        }
        let is_plain = word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_lowercase());
        if is_plain && random.percent(60) {
            let (front, back) = word.split_at(word.len() / 2);
            out.push_str(&format!("{front}-\n{back}"));
        } else {
            out.push_str(word);
        }
    }
    out
}

fn emphasised(text: &str, random: &mut Random, marks: &[&str]) -> String {
    let emphasise = |word: &str| {
        let is_plain = word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        if !is_plain || random.percent(50) {
            return word.to_owned();
        }
        let mark = *random.pick(marks);
        if mark.starts_with('*') && word.len() >= 6 && random.percent(40) {
            let (front, back) = word.split_at(3);
            return format!("{front}{mark}{back}{mark}");
        }
        format!("{mark}{word}{mark}")
    };
    text.split(' ').map(emphasise).collect::<Vec<_>>().join(" ")
}
