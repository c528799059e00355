//! Words and numbers for people: figures, lists and tables that read the same everywhere.

use std::fmt::{Display, Write as _};

pub use prose::floor;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The slug of a text without a single letter `a-z` or digit.
const NAMELESS: &str = "untitled";

/// A markdown table whose columns line up, so that it also reads as plain text. A column whose
/// header starts with `#` is right aligned and shown without the `#`. Missing cells are empty,
/// cells beyond the headers are left out; `|` is escaped, a line break becomes a space.
pub fn table(headers: &[&str], rows: &[Vec<String>]) -> String {
    let titles: Vec<String> = headers.iter().map(|header| cell(header.trim_start_matches('#'))).collect();
    let is_right: Vec<bool> = headers.iter().map(|h| h.starts_with('#')).collect();
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            (0..headers.len()).map(|i| row.get(i).map(|text| cell(text)).unwrap_or_default()).collect()
        })
        .collect();
    let widths: Vec<usize> = (0..headers.len())
        .map(|i| {
            let column = rows.iter().map(|row| row[i].chars().count());
            // Three is the shortest rule every markdown renderer takes.
            column.fold(titles[i].chars().count().max(3), usize::max)
        })
        .collect();

    let mut out = String::new();
    push_row(&mut out, &titles, &widths, &is_right);
    for (width, is_right) in widths.iter().zip(&is_right) {
        let dashes = "-".repeat(width - usize::from(*is_right));
        let _ = write!(out, "| {dashes}{} ", if *is_right { ":" } else { "" });
    }
    out.push_str("|\n");
    for row in &rows {
        push_row(&mut out, row, &widths, &is_right);
    }
    out
}

fn push_row(out: &mut String, cells: &[String], widths: &[usize], is_right: &[bool]) {
    for ((text, &width), is_right) in cells.iter().zip(widths).zip(is_right) {
        let _ = if *is_right { write!(out, "| {text:>width$} ") } else { write!(out, "| {text:<width$} ") };
    }
    out.push_str("|\n");
}

fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// A duration from milliseconds, in at most two units: `950 ms`, `12 s`, `3 min 20 s`, `1 h 5 min`.
pub fn duration(ms: u64) -> String {
    let (seconds, minutes, hours) = (ms / 1_000, ms / 60_000, ms / 3_600_000);
    let pair = |large: u64, unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{} {unit}", number(large)),
        _ => format!("{} {unit} {small} {small_unit}", number(large)),
    };
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{seconds} s"),
        60_000..3_600_000 => pair(minutes, "min", seconds % 60, "s"),
        _ => pair(hours, "h", minutes % 60, "min"),
    }
}

/// A size: exact below 10,000 (`2,954 bytes`), then `51 KB`, then `1.2 MB`; a KB is 1,000 bytes.
pub fn bytes(n: u64) -> String {
    match n {
        1 => "1 byte".to_owned(),
        0..10_000 => format!("{} bytes", number(n)),
        10_000..999_500 => format!("{} KB", (n + 500) / 1_000),
        _ => format!("{:.1} MB", n as f64 / 1e6),
    }
}

/// US dollars: cents from ten cents on (`$1.27`), four digits below (`$0.0135`), so that the small sums
/// of many tasks still add up to their total.
/// What is not a finite positive number is `$0.00`.
pub fn usd(x: f64) -> String {
    if !x.is_finite() || x <= 0.0 {
        return "$0.00".to_owned();
    }
    if x < 0.000_05 {
        return "<$0.0001".to_owned();
    }
    // Compared after rounding, so that 0.09999 is $0.10 and not $0.1000.
    if x < 0.099_95 {
        return format!("${x:.4}");
    }
    let cents = (x * 100.0).round() as u64;
    format!("${}.{:02}", number(cents / 100), cents % 100)
}

/// A number of things: `1 task`, `12 tasks`, `no tasks`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    match n {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        _ => format!("{} {many}", number(n as u64)),
    }
}

/// A whole number with thousands separated: `12,345`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A moment in UTC, whole seconds: `2026-01-31T09:05:00Z`. Moments after the year 9999, which the
/// form cannot hold, are shown as its last second.
pub fn rfc3339(at_ms: u64) -> String {
    const LAST_SECOND: &str = "9999-12-31T23:59:59Z";
    i64::try_from(at_ms / 1_000)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| LAST_SECOND.to_owned())
}

/// A name of `a-z`, `0-9` and single `-` inside, at most `max` bytes (at least one) and never
/// empty. Cut at a word's end when that keeps at least half.
pub fn slug(text: &str, max: usize) -> String {
    let max = max.max(1);
    let mut out = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if out.len() > max * 2 {
            break;
        }
    }
    if out.trim_end_matches('-').is_empty() {
        out = NAMELESS.to_owned();
    }
    if out.trim_end_matches('-').len() > max {
        let border = out[..=max].rfind('-').filter(|&at| at >= max / 2 && at > 0);
        out.truncate(border.unwrap_or(max));
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

/// Items as lines of a markdown list, without a line break at the end.
pub fn bullets<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let lines: Vec<String> = items.into_iter().map(|item| format!("- {item}")).collect();
    lines.join("\n")
}

/// Items as a sentence part: `a`, `a and b`, `a, b and c`; nothing for nothing.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A foreign text as a code span of Markdown, so that a chat shows it as it is: brackets, stars and all.
pub fn code_span(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let longest = line.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A backtick at an end would belong to the fence.
    let gap = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{fence}{gap}{line}{gap}{fence}")
}

/// At most `bytes_max` bytes of a text, cut between characters, with `…` where something is missing.
pub fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let Some(room) = bytes_max.checked_sub('…'.len_utf8()) else {
        return String::new();
    };
    format!("{}…", text[..floor(text, room)].trim_end())
}

/// The name among `known` that `found` was most likely meant to be, ignoring case; `None` when
/// more than a third of it (at least two letters) would have to change.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = found.to_lowercase();
    let limit = (wanted.chars().count() / 3).max(2);
    known
        .into_iter()
        .map(|name| (edits(&wanted, &name.to_lowercase()), name))
        .filter(|(edits, _)| *edits <= limit)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// The Levenshtein distance in characters.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn foreign_texts_are_shown_as_they_are() {
        assert_eq!(code_span("assert [(1, 1)] == [(1, 2)]"), "`assert [(1, 1)] == [(1, 2)]`");
        assert_eq!(code_span("two\n lines"), "`two lines`");
        assert_eq!(code_span("use `a` or ``b``"), "``` use `a` or ``b`` ```");
    }

    #[test]
    fn a_table_lines_up_and_escapes() {
        let rows = vec![
            vec!["T01".to_owned(), "a | b\nc".to_owned(), "12".to_owned()],
            vec!["T02".to_owned(), "ünï".to_owned()],
        ];
        assert_eq!(
            table(&["task", "title", "#tokens"], &rows),
            "| task | title    | tokens |\n\
             | ---- | -------- | -----: |\n\
             | T01  | a \\| b c |     12 |\n\
             | T02  | ünï      |        |\n"
        );
    }

    #[test]
    fn durations() {
        let cases = [
            (0, "0 ms"),
            (950, "950 ms"),
            (12_900, "12 s"),
            (60_000, "1 min"),
            (200_000, "3 min 20 s"),
            (3_900_000, "1 h 5 min"),
            (7_200_999, "2 h"),
        ];
        for (ms, text) in cases {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn sizes() {
        let cases = [
            (0, "0 bytes"),
            (1, "1 byte"),
            (2_954, "2,954 bytes"),
            (51_200, "51 KB"),
            (999_499, "999 KB"),
            (999_500, "1.0 MB"),
            (1_234_567, "1.2 MB"),
        ];
        for (n, text) in cases {
            assert_eq!(bytes(n), text);
        }
    }

    #[test]
    fn money() {
        let cases = [
            (0.0, "$0.00"),
            (f64::NAN, "$0.00"),
            (0.000_01, "<$0.0001"),
            (0.0042, "$0.0042"),
            (0.009_99, "$0.0100"),
            (0.0135, "$0.0135"),
            (0.099_99, "$0.10"),
            (0.1, "$0.10"),
            (1.266, "$1.27"),
            (0.999, "$1.00"),
            (12_345.6, "$12,345.60"),
        ];
        for (x, text) in cases {
            assert_eq!(usd(x), text);
        }
    }

    #[test]
    fn counts_lists_and_moments() {
        assert_eq!(count(0, "task", "tasks"), "no tasks");
        assert_eq!(count(1, "task", "tasks"), "1 task");
        assert_eq!(count(1_200, "task", "tasks"), "1,200 tasks");
        let items = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(list(&items), "a, b and c");
        assert_eq!(list(&items[..2]), "a and b");
        assert_eq!(list(&[]), "");
        assert_eq!(rfc3339(1_769_850_300_999), "2026-01-31T09:05:00Z");
        assert_eq!(rfc3339(u64::MAX), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn slugs() {
        let cases = [
            ("Add a Rate-Limiter!", 48, "add-a-rate-limiter"),
            ("  ", 48, "untitled"),
            ("日本", 48, "untitled"),
            ("Add a rate limiter", 13, "add-a-rate"),
            ("Add a rate limiter", 10, "add-a-rate"),
            ("extraordinarily", 5, "extra"),
            ("v1.2", 0, "v"),
        ];
        for (text, max, expected) in cases {
            assert_eq!(slug(text, max), expected, "{text:?} in {max}");
        }
    }

    #[test]
    fn the_nearest_name_is_found_or_none() {
        let known = ["maxWorkers", "maxRetries", "review"];
        assert_eq!(nearest("maxworker", known), Some("maxWorkers"));
        assert_eq!(nearest("reveiw", known), Some("review"));
        assert_eq!(nearest("color", known), None);
    }

    #[test]
    fn a_cut_is_between_characters() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("shorter", 6), "sho…");
        assert_eq!(cut("üüüü", 6), "ü…");
        assert_eq!(cut("four", 2), "");
    }

    proptest! {
        #[test]
        fn a_slug_has_its_shape(text in ".{0,80}", max in 0usize..60) {
            let slug = slug(&text, max);
            prop_assert!(!slug.is_empty() && slug.len() <= max.max(1));
            prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
        }

        #[test]
        fn every_line_of_a_table_has_the_same_cells(cells in prop::collection::vec(".{0,12}", 0..9)) {
            let rows: Vec<Vec<String>> = cells.chunks(3).map(<[String]>::to_vec).collect();
            let text = table(&["a", "b", "#c"], &rows);
            let plain = text.replace("\\|", "");
            prop_assert!(plain.lines().all(|line| line.matches('|').count() == 4));
            prop_assert_eq!(plain.lines().count(), rows.len() + 2);
        }
    }
}
