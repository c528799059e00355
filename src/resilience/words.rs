//! Words in what a provider says: how a message is compared, and the times it names.

use std::sync::LazyLock;

use regex_lite::Regex;

/// A longer time in a message is no time to wait for: a month.
const NAMED_MS_MAX: f64 = 30.0 * 24.0 * 3_600_000.0;

/// A message as words: lower case, one space between them and at both ends, so that
/// `insufficient_quota` and `Insufficient quota!` read the same.
pub(super) struct Words(String);

impl Words {
    /// The words of a message.
    pub fn of(message: &str) -> Self {
        let mut out = String::with_capacity(message.len() + 2);
        out.push(' ');
        for c in message.chars().flat_map(char::to_lowercase) {
            if c.is_alphanumeric() {
                out.push(c);
            } else if !out.ends_with(' ') {
                out.push(' ');
            }
        }
        if !out.ends_with(' ') {
            out.push(' ');
        }
        Self(out)
    }

    /// Whether one of the phrases is in it, word by word.
    pub fn have(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| {
            self.0.match_indices(phrase).any(|(at, _)| {
                let before = self.0[..at].ends_with(' ');
                before && self.0[at + phrase.len()..].starts_with(' ')
            })
        })
    }
}

/// `try again in 1m30s`, `retry after 20 seconds`, `Retry-After: 3600`, `resets in 2 hours`.
static WAIT: LazyLock<Regex> = LazyLock::new(|| {
    let lead = r"(?:try\s+again|retry|retrying|wait|reset|resets|available)";
    let link = r"[\s-]*(?:in|after|for|again\s+in)?[\s:]*(?:about\s+|another\s+)?";
    let part =
        r"\d+(?:\.\d+)?\s*(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\b";
    // Units follow each other without a space in `1h2m3s`, where no word ends.
    let tight = r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+\b";
    let bare = r"\d+(?:\.\d+)?\b";
    Regex::new(&format!(r"(?i)\b{lead}{link}({tight}|{part}(?:[\s,]+(?:and\s+)?{part})*|{bare})"))
        .expect("the pattern is constant, and a test runs it")
});
static PART: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(\d+(?:\.\d+)?)\s*(ms|millisecond|s|m|h|d)?").expect("the pattern is constant")
});

/// How long a message asks to wait, in milliseconds; a number without a unit is seconds, as in the
/// header of HTTP.
pub(super) fn named_wait_ms(message: &str) -> Option<u64> {
    let found = WAIT.captures(message)?;
    let text = found.get(1)?.as_str();
    let ms: f64 = PART
        .captures_iter(text)
        .filter_map(|part| {
            let amount: f64 = part.get(1)?.as_str().parse().ok()?;
            let unit = part.get(2).map_or("s", |unit| unit.as_str()).to_lowercase();
            Some(match unit.as_str() {
                "ms" | "millisecond" => amount,
                "m" => amount * 60_000.0,
                "h" => amount * 3_600_000.0,
                "d" => amount * 86_400_000.0,
                _ => amount * 1_000.0,
            })
        })
        .sum();
    (ms > 0.0).then(|| ms.min(NAMED_MS_MAX).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_word_by_word() {
        let words = Words::of("Error: insufficient_quota (see Billing)");
        assert!(words.have(&["insufficient quota"]) && words.have(&["billing"]) && words.have(&["error"]));
        assert!(!words.have(&["quot"]) && !words.have(&["sufficient quota"]) && !words.have(&[]));
        assert!(!Words::of("discredits").have(&["credits"]));
        assert!(Words::of("discredits, credits").have(&["credits"]));
        assert!(!Words::of("").have(&["quota"]));
    }

    #[test]
    fn times_to_wait_are_read() {
        for (message, ms) in [
            ("Please try again in 20s.", Some(20_000)),
            ("please TRY AGAIN IN 6ms", Some(6)),
            ("Please try again in 22m16.3s. Need more?", Some(1_336_300)),
            ("Please retry in 36.429760048s.", Some(36_430)),
            ("Please retry after 86400 seconds.", Some(86_400_000)),
            ("Retry-After: 3600", Some(3_600_000)),
            ("try again in 1 hour and 5 minutes", Some(3_900_000)),
            ("your limit resets in 2 h 30 min", Some(9_000_000)),
            ("please wait 30 seconds before", Some(30_000)),
            ("try again in 3 days", Some(259_200_000)),
            ("try again in 99999999999 days", Some(2_592_000_000)),
            ("try again later", None),
            ("retry in 0s", None),
            ("retry your request", None),
            ("Limit 30000, used 29000", None),
        ] {
            assert_eq!(named_wait_ms(message), ms, "{message}");
        }
    }
}
