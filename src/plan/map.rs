//! What a planner is told of the repository before it looks around itself.

use std::collections::BTreeMap;

use super::headings::{Line, scan};
use super::modules;
use super::tree::{self, Directory};
use crate::effect::git::ListedFile;
use crate::gates::Gate;
use crate::text::floor;

/// Files of the repository's root whose texts the map and the gates use. Lockfiles only count by
/// being there.
pub const MANIFESTS: &[&str] = &[
    "AGENTS.md",
    "CLAUDE.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "GNUmakefile",
    "Makefile",
    "Pipfile",
    "README.md",
    "dev-requirements.txt",
    "go.mod",
    "makefile",
    "noxfile.py",
    "package.json",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements-test.txt",
    "requirements.txt",
    "setup.cfg",
    "setup.py",
    "tox.ini",
];

/// Those of them in which a project tells whoever works on it what holds there. OpenCode shows some of them
/// to every agent.
pub const RULES: &[&str] = &["AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md"];

/// A map is never larger: it is part of three requests.
pub const MAP_BYTES_MAX: usize = 50_000;
/// Of it, so much goes to the tree at most.
const TREE_BYTES_MAX: usize = 24_000;
/// Of it, so much goes to one file of conventions.
const EXCERPT_BYTES_MAX: usize = 6_000;
/// Of it, so much goes to what the README says first.
const ABOUT_BYTES_MAX: usize = 800;
/// So many scripts of package.json are listed.
const SCRIPTS_MAX: usize = 30;
/// A longer name or command is cut.
const WORD_BYTES_MAX: usize = 160;
/// What a map is made of.
#[derive(Clone, Copy, Debug)]
pub struct MapInput<'a> {
    /// The repository's name.
    pub name: &'a str,
    /// The files of the commit.
    pub files: &'a [ListedFile],
    /// There are more files than these.
    pub is_cut: bool,
    /// The texts of those [`MANIFESTS`] that exist.
    pub manifests: &'a BTreeMap<String, String>,
    /// The project's checks.
    pub gates: &'a [Gate],
}

/// The map as markdown, at most [`MAP_BYTES_MAX`] bytes. The same input gives the same bytes.
pub fn repository_map(input: &MapInput) -> String {
    let root = Directory::of(input.files);
    let sections = [
        ("About", about(input)),
        ("Tree", tree::render(&root, TREE_BYTES_MAX)),
        ("Key modules", modules::render(input.files, &root)),
        ("Commands", commands(input)),
        ("Conventions", conventions(input)),
    ];
    let more = if input.is_cut { ", and more that are not listed" } else { "" };
    let name = cut(&one_line(input.name), WORD_BYTES_MAX);
    let mut map =
        format!("# Repository map: {name}\n\n{}, {} bytes{more}\n", tree::count(root.files), root.bytes);
    for (title, text) in sections {
        if !text.is_empty() {
            map.push_str(&format!("\n## {title}\n\n{}\n", text.trim_end()));
        }
    }
    // The parts have limits of their own, so this cuts only what grows beyond expectation.
    cut(&map, MAP_BYTES_MAX)
}

/// The first paragraph of the README.
fn about(input: &MapInput) -> String {
    let Some(readme) = input.manifests.get("README.md") else {
        return String::new();
    };
    let lines = scan(readme).lines;
    let texts = lines.iter().map(|line| match line {
        Line::Heading { .. } => "",
        Line::Text(text) => text.trim(),
    });
    // Badges, pictures and HTML say nothing about the project.
    let is_words = |line: &&str| line.starts_with(|c: char| c.is_alphanumeric() || c == '*');
    let paragraph: Vec<&str> =
        texts.skip_while(|line| !is_words(line)).take_while(|line| !line.is_empty()).collect();
    cut(&paragraph.join("\n"), ABOUT_BYTES_MAX)
}

/// The checks, and the scripts of package.json.
fn commands(input: &MapInput) -> String {
    let gates = input.gates.iter().map(|gate| format!("- {}: `{}`", gate.name, shown(&gate.command)));
    let package = input.manifests.get("package.json");
    let package: serde_json::Value =
        package.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let scripts = package["scripts"].as_object().into_iter().flatten();
    let scripts = scripts.filter_map(|(name, script)| {
        let script = shown(script.as_str()?);
        Some(format!("- script `{}`: `{script}`", shown(name)))
    });
    let lines: Vec<String> = gates.chain(scripts.take(SCRIPTS_MAX)).collect();
    lines.join("\n")
}

/// What the project tells its contributors, quoted.
fn conventions(input: &MapInput) -> String {
    let mut parts = Vec::new();
    for name in RULES {
        let Some(text) = input.manifests.get(*name) else {
            continue;
        };
        let lines: Vec<String> = text.trim().lines().map(|line| format!("> {line}")).collect();
        if !lines.is_empty() {
            let excerpt = cut(&lines.join("\n"), EXCERPT_BYTES_MAX);
            parts.push(format!("### {name}\n\n{excerpt}"));
        }
    }
    parts.join("\n\n")
}

/// A name or command on one line, cut when it is long.
pub(super) fn shown(word: &str) -> String {
    cut(&one_line(word), WORD_BYTES_MAX)
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// At most so many bytes; what is cut off is told by a mark, after a whole line where possible.
fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let mark = "\n… (cut)";
    let end = floor(text, bytes_max.saturating_sub(mark.len()));
    match text[..end].rsplit_once('\n') {
        Some((whole, _)) => format!("{whole}{mark}"),
        None => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::detect;
    use proptest::prelude::*;

    fn files(paths: &[&str]) -> Vec<ListedFile> {
        let file = |path: &&str| ListedFile { path: (*path).to_owned(), bytes: 100 };
        paths.iter().map(file).collect()
    }

    fn manifests(texts: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pair = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        texts.iter().map(pair).collect()
    }

    fn map(files: &[ListedFile], manifests: &BTreeMap<String, String>) -> String {
        repository_map(&MapInput {
            name: "shop",
            files,
            is_cut: false,
            manifests,
            gates: &detect(files, manifests),
        })
    }

    #[test]
    fn a_small_project_is_shown_in_full() {
        let files = files(&[
            "AGENTS.md",
            "README.md",
            "package.json",
            "src/index.ts",
            "src/cart/add.ts",
            "src/cart/price/tax/rates.ts",
            "src/cart/price/sum.ts",
            "test/cart.test.ts",
        ]);
        let manifests = manifests(&[
            ("AGENTS.md", "# Rules\n\nNo classes.\n```\nx\n"),
            ("README.md", "# Shop\n\n[![ci](x)](y)\n\nSells *things*.\nFast.\n\nMore.\n"),
            ("package.json", r#"{"scripts":{"test":"node --test","build":"tsc"}}"#),
        ]);
        insta::assert_snapshot!(map(&files, &manifests));
    }

    #[test]
    fn an_empty_repository_has_a_map() {
        let map = map(&[], &BTreeMap::new());
        assert_eq!(map, "# Repository map: shop\n\n0 files, 0 bytes\n");
    }

    #[test]
    fn a_list_that_was_cut_is_told() {
        let files = files(&["a.rs"]);
        let map = repository_map(&MapInput {
            name: "shop",
            files: &files,
            is_cut: true,
            manifests: &BTreeMap::new(),
            gates: &[],
        });
        assert!(map.contains("\n1 file, 100 bytes, and more that are not listed\n"));
    }

    #[test]
    fn a_huge_repository_stays_within_the_limit() {
        let paths: Vec<String> = (0..20_000)
            .map(|i| format!("package-{}/module-{}/part-{}/file-{i}.ts", i % 97, i % 89, i % 83))
            .collect();
        let files = files(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        let long = "läng\n".repeat(20_000);
        let manifests = manifests(&[("AGENTS.md", &long), ("CONTRIBUTING.md", &long), ("README.md", &long)]);
        let map = map(&files, &manifests);
        assert!(map.len() <= MAP_BYTES_MAX, "{}", map.len());
        assert!(map.contains("package-0/"), "the tree is still there");
        assert!(map.contains("## Conventions"));
    }

    proptest! {
        #[test]
        fn any_input_gives_a_map(
            paths in proptest::collection::vec(any::<String>(), 0..20),
            text in any::<String>(),
        ) {
            let files = files(&paths.iter().map(String::as_str).collect::<Vec<_>>());
            let manifests: BTreeMap<String, String> =
                MANIFESTS.iter().map(|name| ((*name).to_owned(), text.clone())).collect();
            let found = map(&files, &manifests);
            prop_assert!(found.len() <= MAP_BYTES_MAX);
            prop_assert_eq!(found, map(&files, &manifests));
        }
    }
}
