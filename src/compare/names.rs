//! The names that a file gives to others, read from its text line by line. Lexical and modest: nothing is
//! resolved, and what macros or programs make is not seen. Only what stands at the start of a line counts,
//! so that words in strings and comments seldom do.
//!
//! - TypeScript, JavaScript: `export …`, the names in `export { … }`, `* from "…"`, `default`,
//!   `exports.x`, `module.exports = { … }`.
//! - Rust: items with `pub` and nothing in parentheses after it; a method counts by its own name.
//! - Python: functions, classes and variables at the left edge that do not begin with `_`; or `__all__`.
//! - Go: functions, methods (`T.M`), types, variables and constants that begin with a capital.

use std::collections::BTreeSet;

const SCRIPT: [&str; 8] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];

/// Whether names can be read from a file of this name.
pub fn has_names(path: &str) -> bool {
    let extension = extension(path);
    SCRIPT.contains(&extension) || matches!(extension, "rs" | "py" | "go")
}

/// The names that a file gives to others; none for a file in another language.
pub fn public_names(path: &str, text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    match extension(path) {
        "rs" => code_lines(text).for_each(|line| rust(line.trim_start(), &mut names)),
        "py" => python(text, &mut names),
        "go" => go(text, &mut names),
        other if SCRIPT.contains(&other) => script(text, &mut names),
        _ => {}
    }
    names
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Lines that are not comments, as far as a line's start tells.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut is_comment = false;
    text.lines().filter(move |line| {
        let start = line.trim_start();
        let was_comment = is_comment || start.starts_with("/*");
        is_comment = was_comment && !line.contains("*/");
        !was_comment && !start.starts_with("//")
    })
}

/// The name at the start of a text.
fn first_name(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(text.len());
    let name = text.get(..end)?;
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
}

/// What follows one of the words, when the text begins with it.
fn after<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let rest = words.iter().find_map(|word| text.strip_prefix(word))?;
    rest.starts_with(|c: char| c.is_whitespace() || c == '*' || c == '{' || c == '"')
        .then(|| rest.trim_start())
}

/// The text without any of the words at its start.
fn without<'a>(mut text: &'a str, words: &[&str]) -> &'a str {
    while let Some(rest) = after(text, words) {
        text = rest;
    }
    text
}

/// Names of a list such as `a, b as c, default as d`: the last word of each part.
fn listed(text: &str, names: &mut BTreeSet<String>) {
    for part in text.split(',') {
        let last = part.trim().trim_start_matches("type ").rsplit(char::is_whitespace).next();
        if let Some(name) = last.and_then(first_name) {
            names.insert(name.to_owned());
        }
    }
}

fn script(text: &str, names: &mut BTreeSet<String>) {
    let mut list: Option<String> = None;
    for line in code_lines(text) {
        if let Some(mut open) = list.take() {
            // A list over several lines.
            open.push_str(line);
            list = close(open, names);
        } else if let Some(rest) = after(line, &["export"]) {
            list = exported(rest, names);
        } else if let Some(rest) =
            line.strip_prefix("module.exports.").or_else(|| line.strip_prefix("exports."))
        {
            names.extend(first_name(rest).map(str::to_owned));
        } else if let Some(rest) = line.strip_prefix("module.exports") {
            let value = rest.trim_start().trim_start_matches('=').trim_start();
            match value.strip_prefix('{') {
                Some(rest) => list = close(rest.to_owned(), names),
                None => drop(names.insert("default".to_owned())),
            }
        }
    }
}

/// Takes a list's names when it is complete; gives it back when it goes on.
fn close(text: String, names: &mut BTreeSet<String>) -> Option<String> {
    let Some((inside, _)) = text.split_once('}') else {
        return Some(text + " ");
    };
    let keys: Vec<&str> = inside.split(',').map(|part| part.split(':').next().unwrap_or(part)).collect();
    listed(&keys.join(","), names);
    None
}

/// What stands after `export`.
fn exported(rest: &str, names: &mut BTreeSet<String>) -> Option<String> {
    if let Some(inside) = rest.strip_prefix("type {").or_else(|| rest.strip_prefix('{')) {
        return close(inside.to_owned(), names);
    }
    if let Some(from) = rest.strip_prefix('*') {
        names.insert(match after(from.trim_start(), &["as"]).and_then(first_name) {
            Some(name) => name.to_owned(),
            None => format!("*{}", from.trim_end_matches(';').trim_end()),
        });
        return None;
    }
    if after(rest, &["default"]).is_some() {
        names.insert("default".to_owned());
        return None;
    }
    let rest = without(rest, &["declare", "abstract", "async"]);
    const KINDS: [&str; 10] =
        ["function", "class", "const enum", "const", "let", "var", "interface", "type", "enum", "namespace"];
    let declared = after(rest, &KINDS).map(|rest| rest.trim_start_matches('*').trim_start());
    if let Some(inside) = declared.and_then(|rest| rest.strip_prefix('{')) {
        return close(inside.to_owned(), names);
    }
    names.extend(declared.and_then(first_name).map(str::to_owned));
    None
}

fn rust(line: &str, names: &mut BTreeSet<String>) {
    let Some(rest) = after(line, &["pub"]) else {
        return;
    };
    if let Some(path) = after(rest, &["use"]) {
        let path = path.trim_end_matches(';');
        match path.split_once('{') {
            Some((_, inside)) => {
                listed(&inside.trim_end_matches('}').replace("::", " "), names);
            }
            None => {
                let last = path.rsplit([' ', ':']).next().unwrap_or(path);
                names.insert(if last == "*" { path.to_owned() } else { last.to_owned() });
            }
        }
        return;
    }
    let is_constant = after(rest, &["const"]).is_some_and(|rest| after(rest, &["fn", "unsafe"]).is_none());
    let rest =
        if is_constant { rest } else { without(rest, &["async", "const", "unsafe", "extern", "\"C\""]) };
    const KINDS: [&str; 11] =
        ["fn", "struct", "enum", "union", "trait", "type", "const", "static mut", "static", "mod", "macro"];
    names.extend(after(rest, &KINDS).and_then(first_name).map(str::to_owned));
}

fn python(text: &str, names: &mut BTreeSet<String>) {
    if let Some(at) = text.find("\n__all__").map(|at| at + 1).or(text.starts_with("__all__").then_some(0)) {
        let rest = &text[at..];
        let end = rest.find([']', ')']).unwrap_or(rest.len());
        let quoted = rest[..end].split(['"', '\'']).skip(1).step_by(2);
        names.extend(quoted.map(str::to_owned));
        return;
    }
    for line in text.lines() {
        let line = without(line, &["async"]);
        let declared = after(line, &["def", "class"]).and_then(first_name);
        let assigned = || {
            let name = first_name(line)?;
            let rest = line[name.len()..].trim_start();
            let is_set = rest.starts_with('=') && !rest.starts_with("==");
            (is_set || rest.starts_with(':') && rest.contains('=')).then_some(name)
        };
        let name = declared.or_else(assigned).filter(|name| !name.starts_with('_'));
        names.extend(name.map(str::to_owned));
    }
}

fn go(text: &str, names: &mut BTreeSet<String>) {
    let is_public = |name: &&str| name.starts_with(char::is_uppercase);
    let mut is_group = false;
    for line in code_lines(text) {
        if is_group {
            is_group = !line.starts_with(')');
            // A member of the group is indented once.
            let member = line.strip_prefix('\t').or_else(|| line.strip_prefix("    "));
            names.extend(member.and_then(first_name).filter(is_public).map(str::to_owned));
        } else if let Some(rest) = line.strip_prefix("func (") {
            let Some((receiver, rest)) = rest.split_once(')') else { continue };
            let owner = receiver.rsplit([' ', '*']).next().and_then(first_name).filter(is_public);
            let method = first_name(rest.trim_start()).filter(is_public);
            names.extend(owner.zip(method).map(|(owner, method)| format!("{owner}.{method}")));
        } else if let Some(rest) = after(line, &["func", "type", "var", "const"]) {
            names.extend(first_name(rest).filter(is_public).map(str::to_owned));
            is_group = rest.starts_with('(');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str, text: &str) -> String {
        public_names(path, text).into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn scripts() {
        let text = r#"
// export const no = 1;
/* export const
export const neither = 1; */
import { x } from "./x.js";
export const RATE = 2;
export async function total(cart) { return 1; }
export function* each() {}
export abstract class Cart {}
export type { Item, Rate as Tax } from "./types";
export {
  one,
  two as zwei,
};
export * from "./all.js";
export * as all from "./all.js";
export default class {}
export const { a, b: c } = make();
  export const inner = 1;
const text = "export const quoted = 1";
exports.old = 1;
"#;
        assert_eq!(
            names("src/a.ts", text),
            "* from \"./all.js\" Cart Item RATE Tax a all b default each old one total zwei"
        );
        assert_eq!(names("a.cjs", "module.exports = { one, two: 2 };\n"), "one two");
        assert_eq!(names("a.js", "module.exports = total;\n"), "default");
    }

    #[test]
    fn rust_items() {
        let text = "pub fn total() {}\npub(crate) fn own() {}\nfn private() {}\npub const fn at() {}\n\
                    pub const RATE: u8 = 1;\npub async unsafe fn go() {}\npub struct Cart;\n// pub fn no() {}\n\
                    impl Cart {\n    pub fn add(&self) {}\n}\npub use a::b::{C, d as E};\npub use x::Y;\npub use z::*;\n\
                    pub static mut N: u8 = 1;\npub extern \"C\" fn c_one() {}\n";
        assert_eq!(names("src/lib.rs", text), "C Cart E N RATE Y add at c_one go total z::*");
    }

    #[test]
    fn python_and_go() {
        let text = "import os\nRATE = 2\n_own = 1\nx: int = 3\nif a == 1:\n    y = 2\ndef total(c):\n    pass\n\
                    async def go(): pass\nclass Cart: pass\ndef _no(): pass\n";
        assert_eq!(names("a.py", text), "Cart RATE go total x");
        assert_eq!(names("a.py", "__all__ = [\"one\",\n 'two']\ndef three(): pass\n"), "one two");
        let text = "package a\nfunc Total() int { return 1 }\nfunc own() {}\nfunc (c *Cart) Add(n int) {}\n\
                    type Cart struct {\n\tItems int\n}\nconst (\n\tRate = 1\n\town2 = 2\n)\nvar Top = 1\n";
        assert_eq!(names("a.go", text), "Cart Cart.Add Rate Top Total");
        assert_eq!(names("a.txt", "export const a = 1"), "");
    }
}
