//! Which files of a project are tests, told from their names: enough to notice that a test command
//! which runs none of them says nothing.

use serde::Serialize;

use crate::effect::git::ListedFile;
use crate::text::count;

/// Directories whose files are data, or somebody else's.
const OTHERS: [&str; 6] = ["fixtures", "node_modules", "testdata", "third_party", "vendor", "examples"];

/// The tests of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TestFiles {
    /// The first of them.
    pub first: String,
    /// How many there are besides.
    pub more: usize,
}

impl TestFiles {
    /// As a person is told of them: `tests/test_a.py and 3 more files`.
    pub fn told(&self) -> String {
        let Self { first, more } = self;
        match more {
            0 => format!("`{first}`"),
            _ => format!("`{first}` and {}", count(*more, "more file", "more files")),
        }
    }
}

/// The files that are tests; `None` when there is none.
pub fn test_files(files: &[ListedFile]) -> Option<TestFiles> {
    let mut tests = files.iter().map(|file| file.path.as_str()).filter(|path| is_test(path));
    let first = tests.next()?.to_owned();
    Some(TestFiles { first, more: tests.count() })
}

/// Whether a runner of JavaScript, Python or Go runs a file, by its name. Cargo finds its tests wherever they
/// are. What only belongs to tests, helpers and fixtures, is for [`crate::compare`] to tell.
pub fn is_test(path: &str) -> bool {
    let (directories, name) = path.rsplit_once('/').unwrap_or(("", path));
    if directories.split('/').any(|directory| OTHERS.contains(&directory)) {
        return false;
    }
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    match extension {
        "py" => stem.starts_with("test_") || stem.ends_with("_test"),
        "go" => stem.ends_with("_test"),
        "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" => {
            stem.ends_with(".test") || stem.ends_with(".spec")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paths: &[&str]) -> Option<String> {
        let file = |path: &&str| ListedFile { path: (*path).to_owned(), bytes: 1 };
        test_files(&paths.iter().map(file).collect::<Vec<_>>()).map(|tests| tests.told())
    }

    #[test]
    fn tests_are_told_from_their_names() {
        for path in ["a/tests/test_b.py", "b_test.py", "pkg/b_test.go", "src/b.test.ts", "b.spec.mjs"] {
            assert_eq!(found(&["README.md", path]), Some(format!("`{path}`")));
        }
        let others = ["test.py", "contest.py", "tests/data.json", "src/test.ts", "b_test.rs", "testing.go"];
        assert_eq!(found(&others), None);
        assert_eq!(found(&["vendor/a_test.go", "a/testdata/b_test.go", "fixtures/x/b.test.js"]), None);
        assert_eq!(found(&["test_a.py", "test_b.py", "test_c.py"]).unwrap(), "`test_a.py` and 2 more files");
    }
}
