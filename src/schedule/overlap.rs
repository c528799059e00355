//! How likely two tasks are to touch the same files, from their hints.

/// Hints that name the same path, or of which one covers the other.
const SAME: f64 = 1.0;
/// Globs or directories of which one lies inside the other.
const NESTED: f64 = 0.5;
/// Files side by side in one directory.
const BESIDE: f64 = 0.2;

/// How much two lists of `files_hint` overlap, 0 to 1: that of the strongest pair, because one file
/// edited twice is enough for a conflict.
pub fn overlap(a: &[String], b: &[String]) -> f64 {
    a.iter().flat_map(|one| b.iter().map(|other| pair(clean(one), clean(other)))).fold(0.0, f64::max)
}

/// Whether hints name a file, its directory or a glob that may match it.
pub fn is_among(file: &str, hints: &[String]) -> bool {
    hints.iter().any(|hint| pair(clean(file), clean(hint)) >= NESTED)
}

/// A hint without `./` in front and `/` behind.
fn clean(hint: &str) -> &str {
    let hint = hint.trim();
    hint.strip_prefix("./").unwrap_or(hint).trim_end_matches('/')
}

fn pair(a: &str, b: &str) -> f64 {
    if a == b || fast_glob::glob_match(a, b) || fast_glob::glob_match(b, a) {
        return SAME;
    }
    let is_nested = match (is_glob(a), is_glob(b)) {
        (false, false) => is_within(a, b) || is_within(b, a),
        (true, false) => is_within(fixed(a), b),
        (false, true) => is_within(fixed(b), a),
        (true, true) => is_within(fixed(a), fixed(b)) || is_within(fixed(b), fixed(a)),
    };
    if is_nested {
        return NESTED;
    }
    match (parent(a), parent(b)) {
        (Some(one), Some(other)) if one == other => BESIDE,
        _ => 0.0,
    }
}

fn is_glob(hint: &str) -> bool {
    hint.contains(['*', '?', '[', '{'])
}

/// The directories of a hint before the first one with a glob character; the whole of a plain path.
fn fixed(hint: &str) -> &str {
    match hint.find(['*', '?', '[', '{']) {
        Some(glob) => hint[..glob].rfind('/').map_or("", |slash| &hint[..slash]),
        None => hint,
    }
}

/// Whether a path is a directory above another path, or the same.
fn is_within(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory)
        .is_some_and(|rest| directory.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

/// The directory of a path; `None` in the root, where unrelated files lie side by side.
fn parent(path: &str) -> Option<&str> {
    path.rfind('/').map(|slash| &path[..slash])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(a: &str, b: &str) -> f64 {
        overlap(&[a.to_owned()], &[b.to_owned()])
    }

    #[test]
    fn the_same_path_and_a_matching_glob_overlap_fully() {
        assert_eq!(of("src/a.rs", "./src/a.rs"), SAME);
        assert_eq!(of("src/**/*.rs", "src/x/a.rs"), SAME);
        assert_eq!(of("src/a.rs", "src/*.rs"), SAME);
    }

    #[test]
    fn directories_and_globs_inside_each_other_overlap_in_part() {
        assert_eq!(of("src/auth/", "src/auth/login.ts"), NESTED);
        assert_eq!(of("src/auth", "src/auth/*.ts"), NESTED);
        assert_eq!(of("src/**/*.ts", "src/auth/*.tsx"), NESTED);
        assert_eq!(of("src/a", "src/ab"), BESIDE);
    }

    #[test]
    fn neighbours_overlap_a_little_and_strangers_do_not() {
        assert_eq!(of("src/a.rs", "src/b.rs"), BESIDE);
        assert_eq!(of("README.md", "package.json"), 0.0);
        assert_eq!(of("**/*.rs", "docs/a.md"), 0.0);
        assert_eq!(of("src/a.rs", "tests/a.rs"), 0.0);
    }

    #[test]
    fn the_strongest_pair_counts() {
        let a = ["docs/x.md".to_owned(), "src/a.rs".to_owned()];
        let b = ["src/b.rs".to_owned(), "src/a.rs".to_owned()];
        assert_eq!(overlap(&a, &b), SAME);
        assert_eq!(overlap(&a, &[]), 0.0);
    }
}
