//! Which checks a project has, told from its files.
//!
//! What the project states itself (a script of package.json, then a Makefile target) wins over what
//! its languages suggest; of those suggestions all run, so that no half of a mixed project goes
//! unchecked.

use std::collections::BTreeMap;

use super::{Gate, GateName, javascript, python};
use crate::effect::git::ListedFile;

/// What can be looked at: the files of a commit and the texts of its root manifests.
pub(super) struct Project<'a> {
    pub(super) files: &'a [ListedFile],
    pub(super) manifests: &'a BTreeMap<String, String>,
}

impl<'a> Project<'a> {
    /// Whether the commit has a file at this path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path == path)
    }

    /// The text of a root manifest; empty when it is missing.
    pub(super) fn text(&self, name: &str) -> &'a str {
        self.manifests.get(name).map_or("", String::as_str)
    }

    /// Whether there is such a manifest, read or only listed.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.manifests.contains_key(name) || self.has(name)
    }
}

/// The project's checks, at most one a name, in the order test, lint, typecheck.
pub fn detect(files: &[ListedFile], manifests: &BTreeMap<String, String>) -> Vec<Gate> {
    let project = Project { files, manifests };
    [GateName::Test, GateName::Lint, GateName::Typecheck]
        .into_iter()
        .filter_map(|name| {
            let stated = javascript::stated(&project, name).or_else(|| make_target(&project, name));
            let command = stated.or_else(|| suggested(&project, name))?;
            Some(Gate { name, command })
        })
        .collect()
}

/// Directories that are worth keeping from one task to the next: Cargo builds all dependencies again
/// without its own, and looks at every file before it trusts it. What else is known leaves stale files in use.
pub fn build_caches(files: &[ListedFile]) -> Vec<String> {
    let is_tracked = files.iter().any(|file| file.path.starts_with("target/"));
    let is_cargo = files.iter().any(|file| file.path == "Cargo.toml");
    if is_cargo && !is_tracked { vec!["target".to_owned()] } else { Vec::new() }
}

/// What the project's languages suggest, joined; `None` when they suggest nothing.
fn suggested(project: &Project, name: GateName) -> Option<String> {
    let commands: Vec<String> = [
        javascript::suggested(project, name),
        cargo(project, name),
        python::suggested(project, name),
        go(project, name),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!commands.is_empty()).then(|| commands.join(" && "))
}

/// Cargo has no check of types alone here: clippy and the tests compile everything already.
fn cargo(project: &Project, name: GateName) -> Option<String> {
    if !project.uses("Cargo.toml") {
        return None;
    }
    let text = project.text("Cargo.toml");
    let has_table = |prefix: &str| text.lines().any(|line| line.trim().starts_with(prefix));
    let workspace = if has_table("[workspace]") { " --workspace" } else { "" };
    match name {
        GateName::Test => Some(format!("cargo test{workspace}")),
        GateName::Lint => {
            // Warnings only count where the project shows that it cares about them.
            let is_strict = project.has("clippy.toml")
                || project.has(".clippy.toml")
                || has_table("[lints")
                || has_table("[workspace.lints");
            let strict = if is_strict { " -- -D warnings" } else { "" };
            Some(format!("cargo clippy{workspace} --all-targets{strict}"))
        }
        GateName::Typecheck => None,
    }
}

/// Go's vet type-checks what it looks at.
fn go(project: &Project, name: GateName) -> Option<String> {
    if !project.uses("go.mod") {
        return None;
    }
    let has_linter = [".golangci.yml", ".golangci.yaml", ".golangci.toml", ".golangci.json"]
        .into_iter()
        .any(|path| project.has(path));
    match name {
        GateName::Test => Some("go test ./...".to_owned()),
        GateName::Lint if has_linter => Some("golangci-lint run".to_owned()),
        GateName::Lint => Some("go vet ./...".to_owned()),
        GateName::Typecheck => None,
    }
}

/// A target of the Makefile with the check's name.
fn make_target(project: &Project, name: GateName) -> Option<String> {
    // The order in which GNU make looks for them.
    let text = ["GNUmakefile", "makefile", "Makefile"]
        .into_iter()
        .map(|file| project.text(file))
        .find(|text| !text.is_empty())?;
    let wanted: &[&str] = match name {
        GateName::Test => &["test", "tests"],
        GateName::Lint => &["lint"],
        GateName::Typecheck => &["typecheck", "type-check"],
    };
    let targets: Vec<&str> = text.lines().flat_map(targets_of).collect();
    let found = wanted.iter().find(|target| targets.contains(target))?;
    Some(format!("make {found}"))
}

/// The targets that a line of a Makefile defines.
fn targets_of(line: &str) -> impl Iterator<Item = &str> {
    let is_rule = !line.starts_with(['\t', ' ', '#', '.']);
    let names = line
        .split_once(':')
        .filter(|(names, rest)| {
            // `a := b` and `a = b:c` set variables.
            is_rule && !names.contains('=') && !rest.trim_start_matches(':').starts_with('=')
        })
        .map_or("", |(names, _)| names);
    names.split_whitespace()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Detects in a project of files with texts; the texts of root files count as manifests.
    pub(in crate::gates) fn commands(project: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<ListedFile> = project
            .iter()
            .map(|(path, text)| ListedFile {
                path: (*path).to_owned(),
                bytes: u32::try_from(text.len()).unwrap(),
            })
            .collect();
        let manifests = project
            .iter()
            .filter(|(path, _)| !path.contains('/'))
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        detect(&files, &manifests)
            .into_iter()
            .map(|gate| format!("{}: {}", gate.name, gate.command))
            .collect()
    }

    #[test]
    fn an_unknown_project_has_no_gates() {
        assert!(commands(&[]).is_empty());
        assert!(commands(&[("README.md", "test:"), ("sub/Cargo.toml", "")]).is_empty());
    }

    #[test]
    fn cargo_is_strict_where_the_project_is() {
        assert_eq!(
            commands(&[("Cargo.toml", "[package]\nname = \"a\"")]),
            ["test: cargo test", "lint: cargo clippy --all-targets"]
        );
        assert_eq!(
            commands(&[("Cargo.toml", "[workspace]\n[workspace.lints.rust]")]),
            ["test: cargo test --workspace", "lint: cargo clippy --workspace --all-targets -- -D warnings"]
        );
    }

    #[test]
    fn only_the_cache_of_cargo_is_kept() {
        let kept = |paths: &[&str]| {
            let file = |path: &&str| ListedFile { path: (*path).to_owned(), bytes: 1 };
            build_caches(&paths.iter().map(file).collect::<Vec<_>>())
        };
        assert_eq!(kept(&["Cargo.toml", "src/target/a.rs"]), ["target"]);
        for others in [&["pom.xml"][..], &["sub/Cargo.toml"], &["Cargo.toml", "target/notes.md"]] {
            assert_eq!(kept(others), [""; 0], "{others:?}");
        }
    }

    #[test]
    fn go_uses_its_linter_when_configured() {
        assert_eq!(commands(&[("go.mod", "module x")]), ["test: go test ./...", "lint: go vet ./..."]);
        assert_eq!(commands(&[("go.mod", ""), (".golangci.yml", "")])[1], "lint: golangci-lint run");
    }

    #[test]
    fn make_targets_win_over_suggestions() {
        let makefile = "CC := test: x\nlint = a:b\n# typecheck:\n.PHONY: lint\nall test: build\n\
            \tlint: no\ntype-check::\n";
        assert_eq!(
            commands(&[("Makefile", makefile), ("Cargo.toml", "")]),
            ["test: make test", "lint: cargo clippy --all-targets", "typecheck: make type-check"]
        );
    }

    #[test]
    fn a_mixed_project_runs_all_suggestions() {
        assert_eq!(commands(&[("Cargo.toml", ""), ("go.mod", "")])[0], "test: cargo test && go test ./...");
        assert_eq!(
            commands(&[("Cargo.toml", ""), ("package.json", r#"{"scripts":{"test":"node --test"}}"#)])[0],
            "test: npm test"
        );
    }
}
