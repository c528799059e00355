//! Checks of npm, pnpm, yarn and bun projects.

use serde_json::Value;

use super::GateName;
use super::detect::Project;
use super::test_files::is_test;

/// The package managers.
#[derive(Clone, Copy)]
enum Manager {
    Npm,
    Pnpm,
    Yarn,
    Bun,
}

/// The script that the project states for a check.
pub(super) fn stated(project: &Project, name: GateName) -> Option<String> {
    let package = package(project)?;
    let names: &[&str] = match name {
        GateName::Test => &["test"],
        GateName::Lint => &["lint"],
        GateName::Typecheck => &["typecheck", "type-check", "check-types", "types:check"],
    };
    let script = names.iter().find(|name| {
        let text = package["scripts"][**name].as_str().unwrap_or_default();
        // What `npm init` writes: it fails always.
        !text.trim().is_empty() && !text.contains("no test specified")
    })?;
    Some(match (manager(project, &package), *script) {
        (Manager::Npm, "test") => "npm test".to_owned(),
        (Manager::Npm, script) => format!("npm run {script}"),
        (Manager::Pnpm, "test") => "pnpm test".to_owned(),
        (Manager::Pnpm, script) => format!("pnpm run {script}"),
        (Manager::Yarn, script) => format!("yarn run {script}"),
        // `bun test` would be bun's own runner instead of the script.
        (Manager::Bun, script) => format!("bun run {script}"),
    })
}

/// What the files suggest without a script: the TypeScript compiler, and bun's own test runner.
pub(super) fn suggested(project: &Project, name: GateName) -> Option<String> {
    let package = package(project)?;
    let manager = manager(project, &package);
    let has_tests = || project.files.iter().any(|file| is_test(&file.path));
    match (name, manager) {
        (GateName::Test, Manager::Bun) if has_tests() => Some("bun test".to_owned()),
        (GateName::Typecheck, manager) if has_typescript(project, &package) => {
            let compiler = match manager {
                // Without the flag a missing compiler would be fetched from the network.
                Manager::Npm => "npx --no-install tsc",
                Manager::Pnpm => "pnpm exec tsc",
                Manager::Yarn => "yarn run tsc",
                Manager::Bun => "bun run tsc",
            };
            Some(format!("{compiler} --noEmit"))
        }
        _ => None,
    }
}

/// The root package.json; `None` when it is missing or no JSON.
fn package(project: &Project) -> Option<Value> {
    let text = project.text("package.json").trim_start_matches('\u{feff}');
    serde_json::from_str(text).ok()
}

/// `packageManager` wins over lockfiles; without either it is npm.
fn manager(project: &Project, package: &Value) -> Manager {
    let named = package["packageManager"].as_str().unwrap_or_default();
    match named.split('@').next() {
        Some("npm") => return Manager::Npm,
        Some("pnpm") => return Manager::Pnpm,
        Some("yarn") => return Manager::Yarn,
        Some("bun") => return Manager::Bun,
        _ => {}
    }
    let locks = [
        ("pnpm-lock.yaml", Manager::Pnpm),
        ("yarn.lock", Manager::Yarn),
        ("bun.lock", Manager::Bun),
        ("bun.lockb", Manager::Bun),
    ];
    let found = locks.into_iter().find(|(file, _)| project.has(file));
    found.map_or(Manager::Npm, |(_, manager)| manager)
}

fn has_typescript(project: &Project, package: &Value) -> bool {
    project.uses("tsconfig.json")
        && ["dependencies", "devDependencies"].iter().any(|kind| package[*kind]["typescript"].is_string())
}

#[cfg(test)]
mod tests {
    use crate::gates::detect::tests::commands;

    const SCRIPTS: &str = r#"{"scripts":{"test":"vitest run","lint":"eslint .","check-types":"tsc -b"}}"#;

    #[test]
    fn scripts_run_with_the_manager_of_the_lockfile() {
        let npm = ["test: npm test", "lint: npm run lint", "typecheck: npm run check-types"];
        assert_eq!(commands(&[("package.json", SCRIPTS)]), npm);
        for (lock, command) in [
            ("package-lock.json", "test: npm test"),
            ("pnpm-lock.yaml", "test: pnpm test"),
            ("yarn.lock", "test: yarn run test"),
            ("bun.lock", "test: bun run test"),
            ("bun.lockb", "test: bun run test"),
        ] {
            assert_eq!(commands(&[("package.json", SCRIPTS), (lock, "")])[0], command);
        }
    }

    #[test]
    fn the_named_manager_wins_over_lockfiles() {
        let package = r#"{"packageManager":"pnpm@9.1.0","scripts":{"lint":"x"}}"#;
        let found = commands(&[("package.json", package), ("yarn.lock", "")]);
        assert_eq!(found, ["lint: pnpm run lint"]);
    }

    #[test]
    fn the_placeholder_of_npm_is_no_test() {
        let package = r#"{"scripts":{"test":"echo \"Error: no test specified\" && exit 1"}}"#;
        assert!(commands(&[("package.json", package)]).is_empty());
        assert!(commands(&[("package.json", r#"{"scripts":{"test":" "}}"#)]).is_empty());
        assert!(commands(&[("package.json", "{ not json")]).is_empty());
    }

    #[test]
    fn typescript_is_checked_when_it_is_installed() {
        let package = r#"{"devDependencies":{"typescript":"^5"}}"#;
        assert_eq!(
            commands(&[("package.json", package), ("tsconfig.json", "{}")]),
            ["typecheck: npx --no-install tsc --noEmit"]
        );
        assert!(commands(&[("package.json", "{}"), ("tsconfig.json", "{}")]).is_empty());
    }

    #[test]
    fn bun_runs_tests_without_a_script() {
        let project = [("package.json", "{}"), ("bun.lock", ""), ("src/a.test.ts", "")];
        assert_eq!(commands(&project), ["test: bun test"]);
        assert!(commands(&project[..2]).is_empty());
    }
}
