//! Cuts a diff that is too large for one review into parts.

/// A file of a diff: the lines that name it, then its hunks.
struct FileDiff<'a> {
    /// From `diff --git` to the first hunk; line endings included, as everywhere here.
    header: Vec<&'a str>,
    hunks: Vec<Vec<&'a str>>,
}

/// The diff in parts of at most so many bytes, cut between files, else between hunks, else between
/// lines. A part that goes on within a file repeats the lines that name it, and the line that opens
/// the hunk. No line is lost; only a line that is too long for itself makes a part larger. The
/// parts of an empty diff are none.
pub fn split_diff(diff: &str, bytes_max: usize) -> Vec<String> {
    let mut parts = Parts { done: Vec::new(), current: String::new(), bytes_max };
    for file in files(diff) {
        parts.add_file(&file);
    }
    parts.finish()
}

/// The parts so far.
struct Parts {
    done: Vec<String>,
    current: String,
    bytes_max: usize,
}

impl Parts {
    fn add_file(&mut self, file: &FileDiff) {
        let header = file.header.concat();
        let whole = header.len() + file.hunks.iter().map(|hunk| bytes(hunk)).sum::<usize>();
        self.make_room(whole);
        self.current.push_str(&header);
        if self.fits(whole - header.len()) {
            self.current.extend(file.hunks.iter().flatten().copied());
            return;
        }
        // From here on `is_bare` says that the part holds nothing but repeated lines, so that a new
        // one would not be any emptier.
        let mut is_bare = true;
        for hunk in &file.hunks {
            if !self.fits(bytes(hunk)) && !is_bare {
                self.start(&header);
            }
            is_bare = false;
            self.add_hunk(&header, hunk);
        }
    }

    fn add_hunk(&mut self, header: &str, hunk: &[&str]) {
        let Some((opening, lines)) = hunk.split_first() else {
            return;
        };
        self.current.push_str(opening);
        let mut is_bare = true;
        for line in lines {
            if !self.fits(line.len()) && !is_bare {
                self.start(header);
                self.current.push_str(&continued(opening));
            }
            is_bare = false;
            self.current.push_str(line);
        }
    }

    fn fits(&self, bytes: usize) -> bool {
        self.current.len() + bytes <= self.bytes_max
    }

    /// Ends the current part unless so many bytes still fit.
    fn make_room(&mut self, bytes: usize) {
        if !self.fits(bytes) && !self.current.is_empty() {
            self.start("");
        }
    }

    /// Ends the current part and begins one with this text.
    fn start(&mut self, text: &str) {
        self.done.push(std::mem::replace(&mut self.current, text.to_owned()));
    }

    fn finish(mut self) -> Vec<String> {
        if !self.current.is_empty() {
            self.done.push(self.current);
        }
        self.done
    }
}

/// A hunk's opening line for its second part and later; the numbers are those of its beginning.
fn continued(opening: &str) -> String {
    format!("{} (continued)\n", opening.trim_end())
}

fn bytes(lines: &[&str]) -> usize {
    lines.iter().map(|line| line.len()).sum()
}

/// Reads a diff. Lines of content begin with a blank, `+`, `-` or `\`, so no content can be taken
/// for a border.
fn files(diff: &str) -> Vec<FileDiff<'_>> {
    let mut files: Vec<FileDiff> = Vec::new();
    for line in diff.split_inclusive('\n') {
        let is_new = line.starts_with("diff --git ") || files.is_empty();
        if is_new {
            files.push(FileDiff { header: Vec::new(), hunks: Vec::new() });
        }
        let Some(file) = files.last_mut() else {
            continue;
        };
        if line.starts_with("@@ ") && !is_new {
            file.hunks.push(vec![line]);
        } else if let Some(hunk) = file.hunks.last_mut() {
            hunk.push(line);
        } else {
            file.header.push(line);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(name: &str) -> String {
        format!("diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n")
    }

    #[test]
    fn a_small_diff_stays_whole() {
        let diff = format!("{}@@ -1 +1 @@\n-a\n+b\n", header("x"));
        assert_eq!(split_diff(&diff, 1_000), [diff]);
        assert!(split_diff("", 1_000).is_empty());
    }

    #[test]
    fn files_are_kept_together() {
        let file = |name: &str| format!("{}@@ -1 +1 @@\n-a\n+b\n", header(name));
        let diff = format!("{}{}{}", file("x"), file("y"), file("z"));
        let parts = split_diff(&diff, file("x").len() * 2);
        assert_eq!(parts, [format!("{}{}", file("x"), file("y")), file("z")]);
    }

    #[test]
    fn a_large_file_is_cut_between_hunks() {
        let hunk = |n: u32| format!("@@ -{n} +{n} @@ fn f()\n-{n}\n+{n}{n}\n");
        let diff = format!("{}{}{}{}", header("x"), hunk(1), hunk(2), hunk(3));
        let room = header("x").len() + 2 * hunk(1).len();
        assert_eq!(
            split_diff(&diff, room),
            [format!("{}{}{}", header("x"), hunk(1), hunk(2)), format!("{}{}", header("x"), hunk(3))]
        );
    }

    #[test]
    fn a_large_hunk_is_cut_between_lines() {
        let line = |word: &str| format!("+{word} is a line of twenty-some bytes\n");
        let (one, two, three) = (line("one"), line("two"), line("three"));
        let diff = format!("{}@@ -0,0 +1,3 @@\n{one}{two}{three}", header("x"));
        let room = header("x").len() + "@@ -0,0 +1,3 @@\n".len() + one.len() + two.len();
        assert_eq!(
            split_diff(&diff, room),
            [
                format!("{}@@ -0,0 +1,3 @@\n{one}{two}", header("x")),
                format!("{}@@ -0,0 +1,3 @@ (continued)\n{three}", header("x"))
            ]
        );
    }

    #[test]
    fn content_is_never_taken_for_a_border() {
        let diff = format!("{}@@ -1 +1,2 @@\n+diff --git a/y b/y\n+@@ -1 +1 @@\n", header("x"));
        assert_eq!(files(&diff).len(), 1);
        assert_eq!(files(&diff)[0].hunks.len(), 1);
    }

    fn diff() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            "[ +-][a-z@ ]{0,30}",
            "diff --git a/[a-c] b/[a-c]",
            "@@ -[0-9] \\+[0-9] @@.{0,5}",
            Just("Binary files differ".to_owned()),
            Just(String::new()),
        ];
        prop_oneof![
            any::<String>(),
            proptest::collection::vec(line, 0..60).prop_map(|lines| lines.join("\n")),
        ]
    }

    proptest! {
        #[test]
        fn no_line_is_lost_and_every_part_names_its_file(diff in diff(), bytes_max in 0_usize..400) {
            let parts = split_diff(&diff, bytes_max);
            // The diff's lines appear in their order; only repeated lines come between them.
            let mut lines = parts.iter().flat_map(|part| part.split_inclusive('\n'));
            for line in diff.split_inclusive('\n') {
                prop_assert!(lines.any(|found| found == line), "lost {:?}", line);
            }
            if diff.starts_with("diff --git ") {
                for part in &parts {
                    prop_assert!(part.starts_with("diff --git "), "{:?}", part);
                }
            }
        }

        #[test]
        fn parts_keep_the_limit_when_lines_are_short(count in 0_usize..80, bytes_max in 100_usize..300) {
            let body: String = (0..count).map(|i| format!("+line {i}\n")).collect();
            let diff = format!("{}@@ -0,0 +1,{count} @@\n{body}", header("x"));
            for part in split_diff(&diff, bytes_max) {
                prop_assert!(part.len() <= bytes_max);
            }
        }
    }
}
