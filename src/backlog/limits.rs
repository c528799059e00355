//! What a person lays down for all tasks of a backlog: constraints that every worker reads, and paths
//! that no worker may change.

use serde::{Deserialize, Serialize};

use super::problem::{Finding, Problem, shown};
use super::{TaskSpec, rules};
use crate::text::list;

/// The lists' keys in `BACKLOG.yaml`.
pub(crate) const CONSTRAINTS: &str = "constraints";
/// As [`CONSTRAINTS`].
pub(crate) const DONT_TOUCH: &str = "dont_touch";
/// Stands for any text while an entry is put into other words; no entry holds it.
const ANY: &str = "\u{0}";
/// Each entry becomes a permission rule, which the host quotes to the model with every denial.
const PATHS_MAX: usize = 50;

/// What holds for every task of a backlog.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// What must hold, in the person's words.
    pub constraints: Vec<String>,
    /// Files, directories or globs that no task may change, relative to the repository's root, with `/`.
    pub dont_touch: Vec<String>,
}

impl Limits {
    /// Whether nothing is laid down.
    pub fn is_empty(&self) -> bool {
        self.constraints.is_empty() && self.dont_touch.is_empty()
    }

    /// What each worker is told.
    pub fn lines(&self) -> Vec<String> {
        let paths: Vec<String> = self.dont_touch.iter().map(|path| format!("`{path}`")).collect();
        let paths = (!paths.is_empty()).then(|| format!("Never change {}", list(&paths)));
        self.constraints.iter().cloned().chain(paths).collect()
    }

    /// What is wrong with them, and which tasks could only be done against them.
    pub fn problems(&self, tasks: &[TaskSpec]) -> Vec<Problem> {
        rules::named(check(self, tasks), tasks)
    }

    /// The entry that forbids to change a path.
    pub fn covering(&self, path: &str) -> Option<&str> {
        self.dont_touch.iter().map(String::as_str).find(|entry| covers(entry, path))
    }

    /// The changed paths that no task may change.
    pub fn touched<'a>(&self, paths: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        paths.into_iter().filter(|path| self.covering(path).is_some()).map(str::to_owned).collect()
    }

    /// What the host can deny before an edit is made, as its own globs. These know a star only that crosses
    /// directories, so an entry that needs another has none here; what was changed is compared with every
    /// entry when it is collected.
    pub fn host_globs(&self) -> Vec<String> {
        self.dont_touch.iter().flat_map(|entry| host_globs(entry)).collect()
    }
}

/// An entry without `./` in front and `/` behind.
fn clean(entry: &str) -> &str {
    let entry = entry.trim();
    entry.strip_prefix("./").unwrap_or(entry).trim_end_matches('/')
}

fn is_glob(entry: &str) -> bool {
    entry.contains(['*', '?', '[', '{'])
}

/// Whether an entry is a path, a directory above it, or a glob for either.
fn covers(entry: &str, path: &str) -> bool {
    let entry = clean(entry);
    let is_inside = path.strip_prefix(entry).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    is_inside || is_glob(entry) && ends.into_iter().any(|end| fast_glob::glob_match(entry, &path[..end]))
}

/// An entry as globs of the host, whose `*` stands for any text; none when they would deny more.
fn host_globs(entry: &str) -> Vec<String> {
    let entry = clean(entry);
    let (entry, is_inner) = entry.strip_suffix("/**").map_or((entry, false), |above| (above, true));
    // `**/*.sql` is `*.sql` there, and `**/x` is `x` or `*/x`.
    let entry = entry.replace("**/*", ANY);
    let mut patterns = vec![entry.replace("**/", "")];
    if entry.contains("**/") {
        patterns.push(entry.replace("**/", &format!("{ANY}/")));
    }
    if entry.matches("**/").count() > 1 || patterns.iter().any(|pattern| is_glob(pattern)) {
        return Vec::new();
    }
    let patterns = patterns.into_iter().map(|pattern| pattern.replace(ANY, "*"));
    patterns
        .flat_map(|pattern| {
            let inner = format!("{pattern}/*");
            if is_inner { vec![inner] } else { vec![inner, pattern] }
        })
        .collect()
}

/// Holds limits, and tasks against them, to the rules.
pub(super) fn check(limits: &Limits, tasks: &[TaskSpec]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut note = |task, field, message| findings.push(Finding { task, field, line: None, message });
    for (index, line) in limits.constraints.iter().enumerate() {
        if line.trim().is_empty() {
            let message = "the entry is empty: fill it in or remove it".to_owned();
            note(None, format!("{CONSTRAINTS}[{index}]"), message);
        }
    }
    if limits.dont_touch.len() > PATHS_MAX {
        let message = format!(
            "there are {} entries and at most {PATHS_MAX} are kept: name directories or globs",
            limits.dont_touch.len()
        );
        note(None, DONT_TOUCH.to_owned(), message);
    }
    for (index, path) in limits.dont_touch.iter().enumerate() {
        if let Some(message) = rules::hint_problem(path) {
            note(None, format!("{DONT_TOUCH}[{index}]"), message);
        }
    }
    for (index, task) in tasks.iter().enumerate() {
        for (position, hint) in task.scope.files_hint.iter().enumerate() {
            if let Some(entry) = limits.covering(clean(hint)) {
                let message = format!(
                    "{} may not be changed, because {DONT_TOUCH} names {}: name another file, or leave the task out",
                    shown(hint),
                    shown(entry)
                );
                note(Some(index), format!("scope.files_hint[{position}]"), message);
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::backlog::samples::{backlog, task};
    use crate::backlog::{parse, render};

    fn limits(dont_touch: &[&str]) -> Limits {
        Limits {
            constraints: vec!["No new dependency".to_owned()],
            dont_touch: dont_touch.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    #[test]
    fn an_entry_covers_files_directories_and_globs() {
        for (entry, path, is_covered) in [
            ("src/a.js", "src/a.js", true),
            ("src/a.js", "src/a.jsx", false),
            ("src/billing", "src/billing/x/y.js", true),
            ("./src/billing/", "src/billing/x.js", true),
            ("src/billing", "src/billings/x.js", false),
            ("src/billing/**", "src/billing/x/y.js", true),
            ("src/*", "src/billing/x.js", true),
            ("src/*.js", "src/x.js", true),
            ("src/*.js", "src/a/x.js", false),
            ("**/*.sql", "x.sql", true),
            ("**/*.sql", "db/x.sql", true),
            ("**/legacy", "a/b/legacy/c.js", true),
            ("{a,b}/c.js", "b/c.js", true),
        ] {
            assert_eq!(limits(&[entry]).covering(path).is_some(), is_covered, "{entry} and {path}");
        }
    }

    #[test]
    fn the_host_denies_nothing_that_is_not_covered() {
        for (entry, patterns) in [
            ("src/a.js", vec!["src/a.js/*", "src/a.js"]),
            ("src/billing/", vec!["src/billing/*", "src/billing"]),
            ("src/billing/**", vec!["src/billing/*"]),
            ("src/**/*.sql", vec!["src/*.sql/*", "src/*.sql"]),
            ("**/*.sql", vec!["*.sql/*", "*.sql"]),
            ("**/legacy", vec!["legacy/*", "legacy", "*/legacy/*", "*/legacy"]),
            ("src/*.js", vec![]),
            ("src/[ab].js", vec![]),
            ("{a,b}/**", vec![]),
        ] {
            assert_eq!(limits(&[entry]).host_globs(), patterns, "{entry}");
        }
    }

    #[test]
    fn a_worker_is_told_all_of_it() {
        assert_eq!(limits(&["a.js", "db/"]).lines(), ["No new dependency", "Never change `a.js` and `db/`"]);
        assert_eq!(Limits::default().lines(), Vec::<String>::new());
    }

    #[test]
    fn the_file_keeps_them_and_its_problems_have_lines() {
        let mut known = backlog(vec![task("T01", &[])]);
        known.limits = limits(&["db/**"]);
        let text = render(&known);
        assert_eq!(parse(&text), Ok(known));
        let told = |text: &str| {
            let problems = parse(text).unwrap_err();
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(told(&text.replace("db/**", "../x").replace("No new dependency", "' '")), @r#"
        line 5, field constraints[0]: the entry is empty: fill it in or remove it
        line 7, field dont_touch[0]: "../x" leaves the repository with ..: write it relative to the repository's root
        "#);
        insta::assert_snapshot!(told(&text.replace("db/**", "src/**")), @r#"line 18, task T01, field scope.files_hint[0]: "src/a.rs" may not be changed, because dont_touch names "src/**": name another file, or leave the task out"#);
    }

    proptest! {
        #[test]
        fn covering_is_total_and_what_the_host_denies_is_covered(
            entry in "[a-c*?./{}\\[\\]-]{1,10}",
            path in "[a-c]{1,2}(/[a-c.]{1,2}){0,3}",
        ) {
            let limits = limits(&[&entry]);
            let is_covered = limits.covering(&path).is_some();
            if is_plain(&entry) {
                for glob in limits.host_globs() {
                    prop_assert!(!host_matches(&glob, &path) || is_covered, "{} {}", path, glob);
                }
            }
        }
    }

    /// What the rules of a backlog let through.
    fn is_plain(entry: &str) -> bool {
        rules::hint_problem(entry).is_none()
            && !entry.contains("//")
            && !entry.contains("***")
            && !clean(entry).is_empty()
    }

    /// A glob of the host: a star is any text.
    fn host_matches(pattern: &str, path: &str) -> bool {
        let mut rest = path;
        let parts: Vec<&str> = pattern.split('*').collect();
        let [first, middle @ .., last] = parts.as_slice() else { return pattern == path };
        let Some(after) = rest.strip_prefix(first) else { return false };
        rest = after;
        for part in middle {
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last)
    }
}
