//! The parts of a repository that matter most, told from names and sizes.

use super::map::shown;
use super::tree::{self, Directory};
use crate::effect::git::ListedFile;

/// So many directories and entry points are named.
const MODULES_MAX: usize = 20;
/// Names of files where programs and libraries begin, without their endings.
const ENTRIES: [&str; 8] = ["main", "lib", "index", "app", "server", "cli", "mod", "__main__"];
/// Endings of files that hold code.
const CODE: [&str; 28] = [
    "c", "cc", "clj", "cpp", "cs", "dart", "ex", "go", "h", "hpp", "hs", "java", "js", "jsx", "kt", "lua",
    "mjs", "php", "py", "rb", "rs", "scala", "swift", "svelte", "ts", "tsx", "vue", "zig",
];

/// Where the programs begin, and the directories with the most code.
pub(super) fn render(files: &[ListedFile], root: &Directory) -> String {
    let mut lines = Vec::new();
    let mut entries: Vec<&str> =
        files.iter().map(|file| file.path.as_str()).filter(|path| is_code(path) && is_entry(path)).collect();
    entries.sort_by_key(|path| (path.matches('/').count(), *path));
    if !entries.is_empty() {
        lines.push("Entry points:".to_owned());
        let listed = entries.iter().take(MODULES_MAX);
        lines.extend(listed.map(|path| format!("- `{}`", shown(path))));
        lines.push(String::new());
    }
    let mut directories = root.own_sizes(&is_code);
    directories.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    if !directories.is_empty() {
        lines.push("Directories with the most code:".to_owned());
        let listed = directories.iter().take(MODULES_MAX);
        lines.extend(listed.map(|directory| {
            format!(
                "- `{}/`: {}, {} bytes",
                shown(&directory.path),
                tree::count(directory.files),
                directory.bytes
            )
        }));
    }
    lines.join("\n")
}

fn is_code(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| CODE.contains(&ending))
}

fn is_entry(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    // A `mod.rs` or `index.ts` deep down only opens its directory.
    ENTRIES.contains(&stem) && path.matches('/').count() <= 3 && name.matches('.').count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_points_come_first_and_shallow_first() {
        let file = |path: &str, bytes| ListedFile { path: path.to_owned(), bytes };
        let files = [
            file("src/deep/er/still/main.rs", 1),
            file("src/lib.rs", 10),
            file("main.go", 10),
            file("src/index.test.ts", 10),
            file("src/deep/big.rs", 900),
            file("docs/index.md", 5_000),
        ];
        assert_eq!(
            render(&files, &Directory::of(&files)),
            "Entry points:\n- `main.go`\n- `src/lib.rs`\n\nDirectories with the most code:\n\
             - `src/deep/`: 1 file, 900 bytes\n- `src/`: 2 files, 20 bytes\n\
             - `src/deep/er/still/`: 1 file, 1 bytes"
        );
    }
}
