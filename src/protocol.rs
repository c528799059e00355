//! The TypeScript types of the boundary, made from the Rust types. Compiled for tests only.
//!
//! `js-shim/src/protocol.ts` is committed; the test below fails when it is not what the Rust types
//! say. `npm run generate` (the same test with `UPDATE=1`) writes it.

use std::collections::BTreeMap;

use ts_rs::{Config, TS, TypeVisitor};

use crate::audit::Audit;
use crate::definitions::Definitions;
use crate::effect::Effect;
use crate::event::{Event, Stamped};
use crate::hygiene::Speech;
use crate::prompts::PromptSources;

const HEADER: &str = "\
// Generated from the Rust types by `npm run generate`: change those instead of this file.
// One type for each that crosses the boundary, in alphabetical order.
";

/// All that crosses the boundary; what these types are made of follows by itself.
fn protocol() -> String {
    let mut types = Declarations::new();
    types.visit::<Event>();
    types.visit::<Stamped>();
    types.visit::<Effect>();
    types.visit::<Definitions>();
    types.visit::<PromptSources>();
    types.visit::<Audit>();
    types.visit::<Speech>();
    types.render()
}

/// Collects declarations by name, each with the declarations it depends on.
struct Declarations {
    config: Config,
    by_name: BTreeMap<String, String>,
}

impl Declarations {
    fn new() -> Self {
        // JavaScript's numbers hold our integers: milliseconds, bytes and ids stay below 2^53.
        let config = Config::new().with_large_int("number");
        Self { config, by_name: BTreeMap::new() }
    }

    fn render(&self) -> String {
        let mut text = HEADER.to_owned();
        for declaration in self.by_name.values() {
            text.push('\n');
            text.push_str(&lay_out(declaration));
        }
        // What is `None` in the comments of the Rust types is `null` over there.
        text.replace("`None`", "`null`")
    }
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Only types with a `derive(TS)` have a place to be written to, and a name of their own.
        if T::output_path().is_none() {
            return;
        }
        let name = T::ident(&self.config);
        if self.by_name.contains_key(&name) {
            return;
        }
        let docs = T::docs().unwrap_or_default();
        let declaration = format!("{docs}export {}\n", T::decl(&self.config));
        self.by_name.insert(name, declaration);
        T::visit_dependencies(self);
    }
}

/// ts-rs gives each field a line, without indentation, and three for its comment. This gives every
/// comment and field one indented line; an object that fits a line stays on it.
fn lay_out(declaration: &str) -> String {
    let declaration = declaration.replace("/**\n * ", "/** ").replace("\n */", " */");
    let mut laid_out = String::new();
    let mut depth = 0;
    for line in declaration.lines() {
        let is_comment = line.starts_with("/**") || line.starts_with(" *");
        for piece in if is_comment { vec![line] } else { pieces(line) } {
            depth -= usize::from(piece.starts_with('}'));
            laid_out.push_str(&"  ".repeat(depth));
            laid_out.push_str(&wrapped(piece));
            laid_out.push('\n');
            depth += usize::from(piece.ends_with('{'));
        }
    }
    laid_out
}

/// Gives each alternative of a long union a line.
fn wrapped(piece: &str) -> String {
    const LINE_MAX: usize = 100;
    if piece.len() <= LINE_MAX {
        return piece.to_owned();
    }
    piece.replace(" | {", "\n  | {").replace("({", "(\n  | {")
}

/// Cuts a line after each `{` without its `}`, before each `}` without its `{`, and after commas.
fn pieces(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let cut = piece_length(rest);
        pieces.push(rest[..cut].trim());
        rest = rest[cut..].trim_start();
    }
    pieces
}

fn piece_length(text: &str) -> usize {
    let mut open = Vec::new();
    for (at, character) in text.char_indices() {
        match character {
            '{' => open.push(at),
            '}' if open.pop().is_none() && at > 0 => return at,
            ',' if open.is_empty() => return at + 1,
            _ => {}
        }
    }
    open.first().map_or(text.len(), |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen from the directory of Cargo.toml, where tests run.
    const PATH: &str = "js-shim/src/protocol.ts";

    #[test]
    #[expect(clippy::disallowed_methods, reason = "it keeps a committed file up to date")]
    fn generated_types_are_up_to_date() {
        let wanted = protocol();
        if std::env::var("UPDATE").is_ok() {
            std::fs::write(PATH, &wanted).expect("js-shim/src can be written");
        }
        let committed = std::fs::read_to_string(PATH).unwrap_or_default();
        assert!(committed == wanted, "{PATH} is not what the Rust types say: run `npm run generate`");
    }
}
