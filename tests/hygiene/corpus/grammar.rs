//! Sentences from templates: `{a|b}` is one of several, nested at will, and `$name` stands for a word.

use super::random::Random;

/// Looks up a `$name`.
pub type Lookup<'a> = &'a dyn Fn(&mut Random, &str) -> Option<String>;

/// A sentence of a template. A `$` before anything else than a known name stays as it is.
pub fn expand(template: &str, random: &mut Random, lookup: Lookup) -> String {
    let chosen = choose(template, random);
    let mut out = String::new();
    let mut rest = chosen.as_str();
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let name_end = name_end(&rest[at + 1..]);
        let name = &rest[at + 1..at + 1 + name_end];
        match lookup(random, name) {
            Some(text) => out.push_str(&text),
            None => out.push_str(&rest[at..at + 1 + name_end]),
        }
        rest = &rest[at + 1 + name_end..];
    }
    out + rest
}

/// `$N` and `$D` are numbers and end there, other names are lower case; `$OWN` and `$DEP` are ids.
fn name_end(text: &str) -> usize {
    for fixed in ["OWN", "DEP", "N", "D", "w", "pkg"] {
        if text.starts_with(fixed) {
            return fixed.len();
        }
    }
    text.bytes().take_while(u8::is_ascii_lowercase).count()
}

fn choose(template: &str, random: &mut Random) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let Some(end) = closing(&rest[at..]) else {
            break;
        };
        let options = options(&rest[at + 1..at + end]);
        out.push_str(&rest[..at]);
        if options.len() == 1 {
            // Braces without a choice are text.
            out.push_str(&rest[at..=at + end]);
        } else {
            let option = *random.pick(&options);
            out.push_str(&choose(option, random));
        }
        rest = &rest[at + end + 1..];
    }
    out + rest
}

/// Where the brace closes that the text begins with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn options(inside: &str) -> Vec<&str> {
    let mut options = Vec::new();
    let (mut depth, mut from) = (0, 0);
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b'|' if depth == 0 => {
                options.push(&inside[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    options.push(&inside[from..]);
    options
}
