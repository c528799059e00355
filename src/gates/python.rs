//! Checks of Python projects.

use super::GateName;
use super::detect::Project;

/// Files that make a project one of Python.
const MARKS: [&str; 6] =
    ["pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "pytest.ini", "tox.ini"];

/// Files that may name the tools in use.
const MENTIONS: [&str; 10] = [
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "tox.ini",
    "noxfile.py",
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-test.txt",
    "dev-requirements.txt",
    "Pipfile",
];

/// What the files suggest.
pub(super) fn suggested(project: &Project, name: GateName) -> Option<String> {
    if !MARKS.iter().any(|file| project.uses(file)) {
        return None;
    }
    let tool = match name {
        GateName::Test => tests(project)?,
        GateName::Lint => lint(project)?,
        GateName::Typecheck => typecheck(project)?,
    };
    Some(run(project, tool))
}

/// A module's command line, in the environment that the lockfile tells of.
fn run(project: &Project, module: &str) -> String {
    let runners = [
        ("uv.lock", "uv run"),
        ("poetry.lock", "poetry run"),
        ("pdm.lock", "pdm run"),
        ("Pipfile.lock", "pipenv run"),
    ];
    match runners.iter().find(|(lock, _)| project.has(lock)) {
        Some((_, runner)) => format!("{runner} python -m {module}"),
        None => format!("python3 -m {module}"),
    }
}

fn tests(project: &Project) -> Option<&'static str> {
    let is_pytest = project.uses("pytest.ini")
        || mentions(project, "pytest")
        || project.files.iter().any(|file| name_of(&file.path) == "conftest.py");
    if is_pytest {
        return Some("pytest");
    }
    let is_test = |path: &str| name_of(path).starts_with("test") && path.ends_with(".py");
    let mut tests = project.files.iter().filter(|file| is_test(&file.path));
    let first = tests.next()?;
    // Unittest does not look into a directory that is no package unless it is named.
    let is_plain_directory = |path: &str| path.starts_with("tests/");
    let all_there = is_plain_directory(&first.path) && tests.all(|f| is_plain_directory(&f.path));
    Some(if all_there && !project.has("tests/__init__.py") {
        "unittest discover -s tests"
    } else {
        "unittest"
    })
}

fn lint(project: &Project) -> Option<&'static str> {
    if project.has("ruff.toml") || project.has(".ruff.toml") || mentions(project, "ruff") {
        return Some("ruff check .");
    }
    (project.has(".flake8") || mentions(project, "flake8")).then_some("flake8")
}

fn typecheck(project: &Project) -> Option<&'static str> {
    if project.has("mypy.ini") || project.has(".mypy.ini") || mentions(project, "mypy") {
        return Some("mypy .");
    }
    (project.has("pyrightconfig.json") || mentions(project, "pyright")).then_some("pyright")
}

/// Whether a manifest names a tool, comments aside.
fn mentions(project: &Project, tool: &str) -> bool {
    MENTIONS.iter().any(|file| {
        let lines = project.text(file).lines();
        lines.map(without_comment).any(|line| has_word(line, tool))
    })
}

/// A line up to its `#`.
fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or_default()
}

/// Whether a word stands by itself: `pytest` in `pytest>=8`, but not in `pytest-cov` alone.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    line.split(|c| !is_part(c)).any(|part| part == word)
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use crate::gates::detect::tests::commands;

    #[test]
    fn tools_are_told_from_the_configuration() {
        let pyproject = "[tool.pytest.ini_options]\n[tool.ruff]\n[tool.mypy]\n# flake8\n";
        assert_eq!(
            commands(&[("pyproject.toml", pyproject)]),
            ["test: python3 -m pytest", "lint: python3 -m ruff check .", "typecheck: python3 -m mypy ."]
        );
        assert!(commands(&[("pyproject.toml", "# pytest, ruff\n")]).is_empty());
    }

    #[test]
    fn lockfiles_name_the_environment() {
        let project = [("requirements.txt", "pytest>=8\nflake8==7\npyright"), ("uv.lock", "")];
        assert_eq!(
            commands(&project),
            [
                "test: uv run python -m pytest",
                "lint: uv run python -m flake8",
                "typecheck: uv run python -m pyright"
            ]
        );
    }

    #[test]
    fn unittest_is_the_fallback_where_there_are_tests() {
        assert!(commands(&[("setup.py", ""), ("src/a.py", "")]).is_empty());
        let plain = [("setup.py", ""), ("tests/test_a.py", "")];
        assert_eq!(commands(&plain), ["test: python3 -m unittest discover -s tests"]);
        let package = [("setup.py", ""), ("tests/__init__.py", ""), ("tests/test_a.py", "")];
        assert_eq!(commands(&package), ["test: python3 -m unittest"]);
        let conftest = [("setup.py", ""), ("tests/conftest.py", "")];
        assert_eq!(commands(&conftest), ["test: python3 -m pytest"]);
        let nox = [("setup.py", ""), ("noxfile.py", "session.run('pytest')"), ("a/test_b.py", "")];
        assert_eq!(commands(&nox), ["test: python3 -m pytest"]);
    }
}
