//! Words that are names by their form: paths, error codes, identifiers.

/// Files without an extension that are known by their name.
const FILES: [&str; 8] =
    ["Makefile", "Dockerfile", "LICENSE", "Procfile", "Gemfile", "Rakefile", "CODEOWNERS", "Justfile"];
/// Extensions of the files that a project is made of.
const EXTENSIONS: &str = " rs ts tsx js jsx mjs cjs mts cts d.ts py go java kt rb php c h cc cpp hpp cs swift \
    md mdx txt json jsonl yaml yml toml lock xml html css scss sql sh bash ps1 env ini cfg conf csv snap wasm \
    proto graphql vue svelte tf gradle mk ";

/// A path or the name of a file: `src/a.ts:3-9`, `package.json`, `src/**/*.rs`.
pub(super) fn is_path(word: &str) -> bool {
    let bare = word.split(':').next().unwrap_or(word);
    if FILES.contains(&bare) {
        return true;
    }
    let is_plain = |c: char| c.is_alphanumeric() || "/._-*@~+[]{},$#!\\".contains(c);
    if bare.is_empty()
        || !bare.chars().all(is_plain)
        || !bare.contains(|c: char| c.is_alphanumeric() || c == '*')
    {
        return false;
    }
    let has_extension = bare.rsplit_once('.').is_some_and(|(_, extension)| {
        EXTENSIONS.split(' ').any(|known| !known.is_empty() && known == extension)
    });
    let Some((first, rest)) = bare.split_once('/') else {
        let is_hidden = bare.len() > 2 && bare.starts_with('.') && !bare[1..].contains('.');
        return has_extension || is_hidden;
    };
    const FOLDERS: [&str; 14] = [
        "src", "test", "tests", "lib", "app", "docs", "bin", "packages", "crates", "cmd", "pkg", "internal",
        "scripts", "bench",
    ];
    has_extension
        || matches!(first, "" | "." | ".." | "~")
        || first.starts_with(['@', '.'])
        || FOLDERS.contains(&first)
        || rest.is_empty()
        || rest.contains('/')
        || rest.contains(['.', '_', '*', '{'])
        || rest.bytes().any(|b| b.is_ascii_digit())
}

/// `E0308`, `TS2322`, `ENOENT`.
pub(super) fn is_error_code(word: &str) -> bool {
    const SYSTEM: [&str; 20] = [
        "ENOENT",
        "EACCES",
        "EPERM",
        "EEXIST",
        "EISDIR",
        "ENOTDIR",
        "ENOTEMPTY",
        "ENOSPC",
        "EBUSY",
        "EMFILE",
        "ETIMEDOUT",
        "ECONNREFUSED",
        "ECONNRESET",
        "EPIPE",
        "EADDRINUSE",
        "EXDEV",
        "EINVAL",
        "EAGAIN",
        "ENOTFOUND",
        "EINTR",
    ];
    let letters = word.len() - word.trim_start_matches(|c: char| c.is_ascii_uppercase()).len();
    let digits = word[letters..].trim_start_matches('-');
    let is_numbered = digits.len() >= 3 && digits.bytes().all(|b| b.is_ascii_digit());
    word.starts_with("ERR_") || SYSTEM.contains(&word) || ((1..=5).contains(&letters) && is_numbered)
}

/// A name by its form: `snake_case`, `camelCase`, `utf-8`, `context.maxBytes`, a call, a flag.
pub(super) fn is_identifier(word: &str) -> bool {
    let bytes = word.as_bytes();
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b >= 0x80;
    let pairs = || bytes.windows(2);
    let has_digit = bytes.iter().any(u8::is_ascii_digit);
    let has_letter = bytes.iter().any(u8::is_ascii_alphabetic);
    if !has_letter {
        return false;
    }
    let is_call = word.split_once('(').is_some_and(|(name, rest)| {
        let is_plural = matches!(rest, "s)" | "es)" | "ren)" | "n)");
        name.bytes().all(|b| is_name(b) || matches!(b, b'_' | b'.' | b':' | b'$'))
            && !name.is_empty()
            && !is_plural
    });
    let is_dotted = bytes.windows(3).any(|w| w[1] == b'.' && is_name(w[0]) && is_name(w[2]))
        && word.split('.').any(|part| part.len() > 1);
    is_call
        || has_digit
        || is_dotted
        || pairs().any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase())
        || bytes.windows(3).any(|w| w[1] == b'_' && is_name(w[0]) && is_name(w[2]))
        || (bytes[0] == b'-' && bytes.len() > 1 && (bytes[1] == b'-' || bytes.len() == 2))
        || (bytes[0] == b'@' && bytes.len() > 1)
        || word.contains("::")
        || word.contains("->")
        || (word.contains('=') && !word.starts_with('=') && !word.ends_with('='))
}
