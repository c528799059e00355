//! The directory tree of a repository, as deep and as long as there is room for it.

use std::collections::BTreeMap;

use crate::effect::git::ListedFile;

/// Deeper directories are only counted.
const LEVELS_MAX: usize = 3;
/// Of more entries in a directory only the first are listed, then fewer while it is too long.
const ENTRIES_MAX: [usize; 4] = [60, 30, 15, 6];

/// A directory with everything below it.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// All files below, however deep.
    pub(super) files: usize,
    /// Their bytes.
    pub(super) bytes: u64,
    directories: BTreeMap<String, Directory>,
    /// The names and sizes of its own files.
    own: BTreeMap<String, u32>,
}

/// What lies directly in a directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OwnSize {
    /// The directory's path.
    pub(super) path: String,
    /// How many files of the wanted sort.
    pub(super) files: usize,
    /// Their bytes.
    pub(super) bytes: u64,
}

impl Directory {
    /// The tree of a list of files.
    pub(super) fn of(files: &[ListedFile]) -> Self {
        let mut root = Self::default();
        for file in files {
            root.add(&file.path, file.bytes);
        }
        root
    }

    fn add(&mut self, path: &str, bytes: u32) {
        let mut directory = self;
        let mut rest = path;
        loop {
            directory.files += 1;
            directory.bytes += u64::from(bytes);
            let Some((name, below)) = rest.split_once('/') else {
                directory.own.insert(rest.to_owned(), bytes);
                return;
            };
            directory = directory.directories.entry(name.to_owned()).or_default();
            rest = below;
        }
    }

    /// Every directory below this one that directly holds wanted files.
    pub(super) fn own_sizes(&self, is_wanted: &dyn Fn(&str) -> bool) -> Vec<OwnSize> {
        let mut found = Vec::new();
        let mut waiting: Vec<(String, &Self)> = vec![(String::new(), self)];
        while let Some((path, directory)) = waiting.pop() {
            let wanted = || directory.own.iter().filter(|(name, _)| is_wanted(name));
            if wanted().next().is_some() && !path.is_empty() {
                found.push(OwnSize {
                    path: path.clone(),
                    files: wanted().count(),
                    bytes: wanted().map(|(_, bytes)| u64::from(*bytes)).sum(),
                });
            }
            for (name, below) in &directory.directories {
                let joined = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                waiting.push((joined, below));
            }
        }
        found
    }
}

/// The tree as an indented list within a fence, at most so many bytes; empty without files.
/// What does not fit loses entries per directory first, then levels, then its end.
pub(super) fn render(root: &Directory, bytes_max: usize) -> String {
    if root.files == 0 {
        return String::new();
    }
    let mut lines = Vec::new();
    let mut is_fitting = false;
    'sizes: for levels in (1..=LEVELS_MAX).rev() {
        for entries_max in ENTRIES_MAX {
            lines.clear();
            list(root, levels, entries_max, "", &mut lines);
            let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
            is_fitting = bytes <= bytes_max;
            if is_fitting {
                break 'sizes;
            }
        }
    }
    if !is_fitting {
        let mut bytes = 0;
        lines.retain(|line| {
            bytes += line.len() + 1;
            bytes <= bytes_max
        });
        lines.push("…".to_owned());
    }
    format!("```text\n{}\n```", lines.join("\n"))
}

/// Adds a line for each entry of a directory, those of `levels` levels at most.
fn list(directory: &Directory, levels: usize, entries_max: usize, indent: &str, lines: &mut Vec<String>) {
    for (name, below) in directory.directories.iter().take(entries_max) {
        let name = plain(name);
        let is_open = levels > 1;
        let count = if is_open { String::new() } else { format!(" ({})", count(below.files)) };
        lines.push(format!("{indent}{name}/{count}"));
        if is_open {
            list(below, levels - 1, entries_max, &format!("{indent}  "), lines);
        }
    }
    let left = directory.directories.len().saturating_sub(entries_max);
    if left > 0 {
        lines.push(format!("{indent}… {left} more directories"));
    }
    for name in directory.own.keys().take(entries_max) {
        lines.push(format!("{indent}{}", plain(name)));
    }
    let left = directory.own.len().saturating_sub(entries_max);
    if left > 0 {
        lines.push(format!("{indent}… {left} more files"));
    }
}

/// A number of files in words.
pub(super) fn count(files: usize) -> String {
    match files {
        1 => "1 file".to_owned(),
        _ => format!("{files} files"),
    }
}

/// A name that cannot break the list: git allows any byte in it.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_control() || c == '`' { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[String]) -> Directory {
        let file = |path: &String| ListedFile { path: path.clone(), bytes: 10 };
        Directory::of(&paths.iter().map(file).collect::<Vec<_>>())
    }

    #[test]
    fn deep_directories_are_counted() {
        let root = tree(&["a/b/c/d.rs", "a/b/c/e/f.rs", "a/b/g.rs", "h`\n.md"].map(String::from));
        assert_eq!((root.files, root.bytes), (4, 40));
        assert_eq!(render(&root, 1_000), "```text\na/\n  b/\n    c/ (2 files)\n    g.rs\nh??.md\n```");
    }

    #[test]
    fn long_directories_are_shortened() {
        let paths: Vec<String> = (0..70).map(|i| format!("src/file-{i:02}")).collect();
        let text = render(&tree(&paths), 10_000);
        assert!(text.contains("  file-59\n  … 10 more files\n"), "{text}");
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let paths: Vec<String> = (0..500).map(|i| format!("dir-{i}/{}.rs", i % 7)).collect();
        let root = tree(&paths);
        for bytes_max in [0, 50, 400, 2_000] {
            let text = render(&root, bytes_max);
            assert!(text.len() <= bytes_max + 20, "{bytes_max}: {}", text.len());
        }
        assert!(render(&root, 400).contains("… 485 more directories"));
    }

    #[test]
    fn own_sizes_count_only_what_lies_there() {
        let root = tree(&["x.rs", "a/y.rs", "a/b/z.rs", "a/b/z.md"].map(String::from));
        let mut sizes = root.own_sizes(&|name| name.ends_with(".rs"));
        sizes.sort_by(|a, b| a.path.cmp(&b.path));
        let paths: Vec<(&str, usize, u64)> =
            sizes.iter().map(|size| (size.path.as_str(), size.files, size.bytes)).collect();
        assert_eq!(paths, [("a", 1, 10), ("a/b", 1, 10)]);
    }
}
