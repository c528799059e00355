//! The shapes of well-known secrets. Prefixes and lengths are those that the providers document.

use super::key_block;

/// The decision looks at so many bytes; what follows in the same alphabet goes with them.
const DECIDING_BYTES_MAX: usize = 128;
/// A random text this long has so many different bytes; a placeholder such as `xxxx` has not.
const DISTINCT_MIN: u32 = 8;

/// A start and an end in the text, and what is there.
pub(super) type Found = (usize, usize, &'static str);

/// Which bytes a secret is made of.
#[derive(Clone, Copy)]
enum Alphabet {
    /// Letters and digits.
    Plain,
    /// And `-` and `_`.
    Url,
    /// And `+`, `/`, `=`.
    Base64,
    /// And `.`, `~`, `+`, `/`, `=`, `-`, `_`.
    Token,
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        let extra: &[u8] = match self {
            Self::Plain => b"",
            Self::Url => b"-_",
            Self::Base64 => b"+/=",
            Self::Token => b".~+/=-_",
        };
        byte.is_ascii_alphanumeric() || extra.contains(&byte)
    }
}

/// A prefix and the random text that follows it.
struct Shape {
    prefix: &'static str,
    alphabet: Alphabet,
    bytes_min: usize,
    kind: &'static str,
}

const fn shape(prefix: &'static str, alphabet: Alphabet, bytes_min: usize, kind: &'static str) -> Shape {
    Shape { prefix, alphabet, bytes_min, kind }
}

const ANTHROPIC: &str = "Anthropic key";
const AWS: &str = "AWS key";
const BASIC: &str = "basic credentials";
const BEARER: &str = "bearer token";
const GITHUB: &str = "GitHub token";
const GITLAB: &str = "GitLab token";
const GOOGLE: &str = "Google key";
const JWT: &str = "JWT";
const OPENAI: &str = "OpenAI key";
const PASSWORD: &str = "password";
const SLACK: &str = "Slack token";
const STRIPE: &str = "Stripe key";
const API: &str = "API key";
const REGISTRY: &str = "registry token";

const KINDS: [&str; 15] = [
    ANTHROPIC,
    AWS,
    BASIC,
    BEARER,
    GITHUB,
    GITLAB,
    GOOGLE,
    JWT,
    OPENAI,
    PASSWORD,
    SLACK,
    STRIPE,
    API,
    REGISTRY,
    key_block::KIND,
];

/// More special prefixes first.
const SHAPES: [Shape; 39] = [
    shape("AKIA", Alphabet::Plain, 16, AWS),
    shape("ASIA", Alphabet::Plain, 16, AWS),
    shape("ghp_", Alphabet::Plain, 36, GITHUB),
    shape("gho_", Alphabet::Plain, 36, GITHUB),
    shape("ghu_", Alphabet::Plain, 36, GITHUB),
    shape("ghs_", Alphabet::Plain, 36, GITHUB),
    shape("ghr_", Alphabet::Plain, 36, GITHUB),
    shape("github_pat_", Alphabet::Url, 36, GITHUB),
    shape("glpat-", Alphabet::Url, 20, GITLAB),
    shape("gldt-", Alphabet::Url, 20, GITLAB),
    shape("glrt-", Alphabet::Url, 20, GITLAB),
    shape("glcbt-", Alphabet::Url, 20, GITLAB),
    shape("glptt-", Alphabet::Url, 20, GITLAB),
    shape("xoxa-", Alphabet::Url, 20, SLACK),
    shape("xoxb-", Alphabet::Url, 20, SLACK),
    shape("xoxc-", Alphabet::Url, 20, SLACK),
    shape("xoxd-", Alphabet::Url, 20, SLACK),
    shape("xoxe-", Alphabet::Url, 20, SLACK),
    shape("xoxe.xox", Alphabet::Url, 20, SLACK),
    shape("xoxp-", Alphabet::Url, 20, SLACK),
    shape("xoxr-", Alphabet::Url, 20, SLACK),
    shape("xoxs-", Alphabet::Url, 20, SLACK),
    shape("xapp-", Alphabet::Url, 20, SLACK),
    shape("hooks.slack.com/services/", Alphabet::Base64, 36, SLACK),
    shape("AIza", Alphabet::Url, 35, GOOGLE),
    shape("GOCSPX-", Alphabet::Url, 28, GOOGLE),
    shape("ya29.", Alphabet::Url, 30, GOOGLE),
    shape("sk_live_", Alphabet::Plain, 16, STRIPE),
    shape("sk_test_", Alphabet::Plain, 16, STRIPE),
    shape("rk_live_", Alphabet::Plain, 16, STRIPE),
    shape("rk_test_", Alphabet::Plain, 16, STRIPE),
    shape("whsec_", Alphabet::Base64, 32, STRIPE),
    shape("sk-ant-", Alphabet::Url, 32, ANTHROPIC),
    shape("sk-proj-", Alphabet::Url, 32, OPENAI),
    shape("sk-svcacct-", Alphabet::Url, 32, OPENAI),
    shape("sk-or-v1-", Alphabet::Plain, 32, API),
    shape("sk-", Alphabet::Plain, 32, API),
    shape("npm_", Alphabet::Plain, 36, REGISTRY),
    shape("pypi-AgEI", Alphabet::Url, 40, REGISTRY),
];

/// A prefix this short is also the end of words: `disk-…`.
const WORD_ENDS: [&str; 5] = ["sk-", "sk_live_", "sk_test_", "rk_live_", "rk_test_"];

/// What stands before a secret, in any case of letters, and is left in place.
struct Context {
    words: &'static str,
    find: fn(&[u8], usize) -> Option<Found>,
}

const CONTEXTS: [Context; 4] = [
    Context { words: "bearer ", find: bearer },
    Context { words: "basic ", find: basic },
    Context { words: "secret_access_key", find: aws_secret },
    Context { words: "secretaccesskey", find: aws_secret },
];

/// Passwords of samples and of databases for tests. Tasks are full of them, and they must stay readable.
const SAMPLES: [&[u8]; 8] =
    [b"password", b"pass", b"secret", b"changeme", b"postgres", b"root", b"admin", b"test"];

const URL: &str = "://";
const JWT_SEGMENT: &str = "eyJ";
/// The shortest segment of a JWT: `{"alg":""}` has 14 characters in base64.
const JWT_SEGMENT_BYTES_MIN: usize = 14;

/// The first bytes of all that is looked for, in each case of letters.
pub(super) fn beginnings() -> impl Iterator<Item = &'static str> {
    let contexts = ["be", "Be", "BE", "bE", "ba", "Ba", "BA", "bA", "se", "Se", "SE", "sE"];
    let shapes = SHAPES.iter().map(|shape| shape.prefix);
    shapes.chain(contexts).chain([URL, JWT_SEGMENT, key_block::DASHES])
}

/// Whether something is replaced by this word.
pub(super) fn is_kind(what: &str) -> bool {
    KINDS.contains(&what)
}

/// Finds shapes from the beginning of a text to its end.
pub(super) struct Shapes<'t> {
    bytes: &'t [u8],
    /// Where the last one ended: none begins within another.
    end: usize,
    /// No JWT begins before this place, so that no byte is looked at again and again.
    no_jwt_before: usize,
}

impl<'t> Shapes<'t> {
    pub fn new(bytes: &'t [u8]) -> Self {
        Self { bytes, end: 0, no_jwt_before: 0 }
    }

    /// The shape at `at`, which only grows from call to call. All before `covered` is replaced or was
    /// passed by.
    pub fn find(&mut self, at: usize, covered: usize) -> Option<Found> {
        if at < self.end {
            return None;
        }
        let rest = &self.bytes[at..];
        let found = match rest[0] {
            b'-' => key_block::find(self.bytes, at, covered),
            b':' => password(self.bytes, at),
            b'e' => self.jwt(at),
            first => {
                let is_word_start = at <= covered || !self.bytes[at - 1].is_ascii_alphanumeric();
                let context = is_word_start && matches!(first | 0x20, b'b' | b's');
                prefixed(self.bytes, at, is_word_start || is_escape(self.bytes, at))
                    .or_else(|| if context { in_context(self.bytes, at) } else { None })
            }
        };
        self.end = found.map_or(self.end, |(_, end, _)| end);
        found
    }

    /// Three segments of base64, the first two of them JSON objects.
    fn jwt(&mut self, at: usize) -> Option<Found> {
        if at < self.no_jwt_before {
            return None;
        }
        let header = segment(self.bytes, at)?;
        self.no_jwt_before = header;
        let payload = segment(self.bytes, after_dot(self.bytes, header)?)?;
        let from = after_dot(self.bytes, payload)?;
        let end = run_end(self.bytes, from, Alphabet::Url);
        (end - from >= JWT_SEGMENT_BYTES_MIN).then_some((at, end, JWT))
    }
}

/// The end of a segment of a JWT.
fn segment(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.starts_with(JWT_SEGMENT.as_bytes()).then_some(())?;
    let end = run_end(bytes, at, Alphabet::Url);
    (end - at >= JWT_SEGMENT_BYTES_MIN).then_some(end)
}

fn after_dot(bytes: &[u8], at: usize) -> Option<usize> {
    (bytes.get(at) == Some(&b'.')).then_some(at + 1)
}

/// Whether the letter before is the end of `\n`, as in a text inside JSON.
fn is_escape(bytes: &[u8], at: usize) -> bool {
    matches!(bytes[..at], [.., b'\\', b'n' | b'r' | b't'])
}

fn prefixed(bytes: &[u8], at: usize, is_word_start: bool) -> Option<Found> {
    let rest = &bytes[at..];
    let is_here = |shape: &&Shape| {
        rest.starts_with(shape.prefix.as_bytes())
            && (is_word_start || !WORD_ENDS.iter().any(|end| shape.prefix.starts_with(end)))
    };
    SHAPES.iter().filter(is_here).find_map(|shape| {
        let end = random(bytes, at + shape.prefix.len(), shape.alphabet, shape.bytes_min)?;
        Some((at, end, shape.kind))
    })
}

fn in_context(bytes: &[u8], at: usize) -> Option<Found> {
    let is_here = |words: &str| {
        bytes[at..].get(..words.len()).is_some_and(|here| here.eq_ignore_ascii_case(words.as_bytes()))
    };
    let context = CONTEXTS.iter().find(|context| is_here(context.words))?;
    (context.find)(bytes, at + context.words.len())
}

/// `Bearer …`: a digit tells a token from a word.
fn bearer(bytes: &[u8], at: usize) -> Option<Found> {
    let end = random(bytes, at, Alphabet::Token, 20)?;
    bytes[at..end].iter().any(u8::is_ascii_digit).then_some((at, end, BEARER))
}

/// `Authorization: Basic …`. The word alone is too common.
fn basic(bytes: &[u8], at: usize) -> Option<Found> {
    const FIELD: &[u8] = b"authorization";
    let before = &bytes[..at - b"basic ".len()];
    let separators = before.iter().rev().take_while(|byte| b" \t\"':=\\".contains(byte)).count();
    let before = &before[..before.len() - separators];
    let field = before.len().checked_sub(FIELD.len()).map(|from| &before[from..])?;
    field.eq_ignore_ascii_case(FIELD).then_some(())?;
    Some((at, random(bytes, at, Alphabet::Base64, 10)?, BASIC))
}

/// `aws_secret_access_key = …`
fn aws_secret(bytes: &[u8], at: usize) -> Option<Found> {
    const SEPARATORS_MAX: usize = 8;
    let is_separator = |byte: &&u8| b" \t\"'`=:>\\,".contains(byte);
    let separators = bytes[at..].iter().take(SEPARATORS_MAX).take_while(is_separator).count();
    let from = at + separators;
    (separators > 0).then_some(())?;
    Some((from, random(bytes, from, Alphabet::Base64, 40)?, AWS))
}

/// `://user:password@`: only the password is replaced. A template such as `${TOKEN}` is none.
fn password(bytes: &[u8], at: usize) -> Option<Found> {
    let from = at + URL.len();
    bytes[at..].starts_with(URL.as_bytes()).then_some(())?;
    let is_userinfo = |byte: &u8| !byte.is_ascii_whitespace() && !b"/?#\"'`<>\\{}$()[]|^".contains(byte);
    let length = bytes[from..].iter().take_while(|byte| is_userinfo(byte)).count();
    let authority = &bytes[from..from + length];
    let userinfo = &authority[..authority.iter().rposition(|byte| *byte == b'@')?];
    let colon = userinfo.iter().position(|byte| *byte == b':')?;
    let password = &userinfo[colon + 1..];
    // Nothing, or masked already: `***`, `xxxx`.
    let is_masked = password.iter().all(|byte| b"*xX.".contains(byte));
    let is_no_secret = is_masked || password == &userinfo[..colon] || SAMPLES.contains(&password);
    (!is_no_secret).then_some((from + colon + 1, from + userinfo.len(), PASSWORD))
}

/// The end of a random text of at least so many bytes.
fn random(bytes: &[u8], from: usize, alphabet: Alphabet, bytes_min: usize) -> Option<usize> {
    let mut seen = 0_u128;
    let mut length = 0;
    for byte in bytes[from..].iter().take(DECIDING_BYTES_MAX).take_while(|byte| alphabet.has(**byte)) {
        seen |= 1 << byte;
        length += 1;
    }
    let is_mixed =
        bytes[from..from + length].iter().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let is_random = length >= bytes_min && seen.count_ones() >= DISTINCT_MIN && is_mixed;
    is_random.then(|| run_end(bytes, from + length, alphabet))
}

fn run_end(bytes: &[u8], from: usize, alphabet: Alphabet) -> usize {
    from + bytes[from..].iter().take_while(|byte| alphabet.has(**byte)).count()
}
