//! Lines of logs and of stacks by their form, and which of them tell of an error.

/// Whether a line is one of a log or of a stack by its form.
pub(super) fn is_log(line: &str) -> bool {
    const LEVELS: [&str; 10] =
        ["TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL", "VERBOSE"];
    let text = line.trim_start();
    let bare = text.trim_start_matches('[');
    if is_time(bare)
        || text.starts_with("npm ERR!")
        || text.starts_with("npm error")
        || text.starts_with("npm WARN")
    {
        return true;
    }
    let word = bare.split([':', ']', ' ']).next().unwrap_or_default();
    if LEVELS.contains(&word) {
        return bare[word.len()..].starts_with([':', ']']);
    }
    let is_frame =
        |text: &str| text.rsplit(':').next().is_some_and(|end| end.starts_with(|c: char| c.is_ascii_digit()));
    text.starts_with("at ") && text.contains(':') && is_frame(text)
}

/// Whether a text begins with a time: `12:30:00` or a date and a time.
fn is_time(text: &str) -> bool {
    let matches = |form: &str| {
        text.len() >= form.len()
            && text.bytes().zip(form.bytes()).all(|(b, form)| match form {
                b'0' => b.is_ascii_digit(),
                b'T' => matches!(b, b'T' | b' '),
                form => b == form,
            })
    };
    matches("0000-00-00T00:00") || matches("00:00:00")
}

/// Whether a line of a log says that something went wrong.
pub(super) fn tells_error(line: &str) -> bool {
    const SIGNS: [&str; 8] =
        ["error", "fail", "panic", "exception", "fatal", "critical", "denied", "refused"];
    const NONE: [&str; 5] = ["0 error", "no error", "0 fail", "0 errors", "no fail"];
    let line = line.to_ascii_lowercase();
    SIGNS.iter().any(|sign| line.contains(sign)) && !NONE.iter().any(|none| line.contains(none))
}
