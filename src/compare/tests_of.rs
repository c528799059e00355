//! Which files are tests: by their path, as test runners find them.
//!
//! A file is a test when a directory above it is called `test`, `tests`, `spec`, `e2e`, `testdata`,
//! `__tests__`, `__mocks__` or `__snapshots__`, or when it is called like one: `x.test.ts`, `x.spec.js`,
//! `x_test.go`, `test_x.py`, `x_test.py`, `x_spec.rb`, `XTest.java`, `conftest.py`. What lies beside the
//! tests in such a directory (helpers, fixtures) counts as part of them. Tests inside a file of code, as
//! `mod tests` in Rust, go with that file: they cannot be told apart by a path.

const DIRECTORIES: [&str; 8] =
    ["test", "tests", "spec", "e2e", "testdata", "__tests__", "__mocks__", "__snapshots__"];
/// Ends of a file's name without its extension.
const ENDINGS: [&str; 6] = [".test", ".spec", "_test", "_spec", "Test", "Tests"];

/// Whether a file is a test, or belongs to tests. A path has `/` between its parts.
pub fn is_test(path: &str) -> bool {
    let (directories, file) = path.rsplit_once('/').unwrap_or(("", path));
    if directories.split('/').any(|part| DIRECTORIES.contains(&part)) {
        return true;
    }
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    // `x.test.d.ts` and `x.test.ts.snap` end twice.
    let inner = stem.rsplit_once('.').map_or(stem, |(inner, _)| inner);
    let is_named = |name: &str| ENDINGS.iter().any(|ending| name.ends_with(ending) && name != *ending);
    let is_python = file.ends_with(".py") && (file.starts_with("test_") || file == "conftest.py");
    is_python || is_named(stem) || (inner != stem && is_named(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_their_paths() {
        let tests = [
            "test/cart.js",
            "packages/a/tests/helpers/world.ts",
            "src/__tests__/cart.tsx",
            "src/cart.test.ts",
            "src/cart.spec.mjs",
            "src/cart.test.ts.snap",
            "cart_test.go",
            "pkg/testdata/a.json",
            "test_cart.py",
            "app/cart_test.py",
            "conftest.py",
            "spec/cart_spec.rb",
            "src/main/CartTest.java",
        ];
        for path in tests {
            assert!(is_test(path), "{path}");
        }
        let others = [
            "src/cart.ts",
            "src/contest.py",
            "src/testing.rs",
            "latest.js",
            "attest/a.rs",
            "specs/feature-001/SPEC.md",
            "package.json",
            "src/test.ts.md",
            "_test",
            "",
        ];
        for path in others {
            assert!(!is_test(path), "{path}");
        }
    }
}
