//! Private keys in PEM, whole or cut: the end of a long output may begin in the middle of one. They also
//! come with other breaks than lines: in JSON, in source text, in a diff.

use super::LABEL;
use super::shapes::Found;

/// What stands before and after the words of a marker.
pub(super) const DASHES: &str = "-----";
pub(super) const KIND: &str = "private key";

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
/// The longest is `ENCRYPTED PRIVATE KEY`; PGP's ends with ` BLOCK`.
const WORDS_BYTES_MAX: usize = 40;
/// The shortest key, Ed25519, has 64 characters. Fewer are a sample such as `…`.
const MATERIAL_BYTES_MIN: usize = 40;
/// Shorter pieces are words, or the last line of a key.
const LINE_BYTES_MIN: usize = 20;
/// Fields such as `Proc-Type: 4,ENCRYPTED` before the key.
const WORDS_MAX: usize = 12;

/// The key whose first or last marker begins at `at`. One without its first marker begins after `covered`.
pub(super) fn find(bytes: &[u8], at: usize, covered: usize) -> Option<Found> {
    if let Some(from) = marker(bytes, at, BEGIN) {
        let end = after_begin(bytes, from)?;
        return Some((at, end, KIND));
    }
    let end = marker(bytes, at, END)?;
    let start = before_end(bytes, at, covered.min(at))?;
    Some((start, end, KIND))
}

/// The end of a marker of a private key that begins at `at`.
fn marker(bytes: &[u8], at: usize, lead: &[u8]) -> Option<usize> {
    let words = bytes[at..].strip_prefix(lead)?;
    let is_word = |byte: &&u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || **byte == b' ';
    let length = words.iter().take(WORDS_BYTES_MAX).take_while(is_word).count();
    let (words, rest) = words.split_at(length);
    let is_private = words.ends_with(b"PRIVATE KEY") || words.ends_with(b"PRIVATE KEY BLOCK");
    (is_private && rest.starts_with(DASHES.as_bytes())).then_some(at + lead.len() + length + DASHES.len())
}

/// The end of the key that follows its first marker.
fn after_begin(bytes: &[u8], from: usize) -> Option<usize> {
    let mut material = 0;
    let mut words = 0;
    let mut end = from;
    let mut at = from;
    // The last line of a key may be as short as a word.
    let mut is_last = false;
    while let Some((start, next)) = piece_after(bytes, at) {
        at = next;
        if let Some(dashes) = last_dashes(&bytes[start..next]) {
            let last = marker(bytes, start + dashes, END).filter(|_| material >= MATERIAL_BYTES_MIN);
            return last.or_else(|| enough(material, end));
        }
        let core = core(bytes, start, next);
        let is_material = core.iter().all(is_base64);
        let is_line = is_material && is_mixed(core) && core.len() >= LINE_BYTES_MIN;
        if bytes[start..next].starts_with(LABEL.trim_end().as_bytes()) {
            return enough(material, end);
        }
        match (is_line, material) {
            _ if core.is_empty() => {}
            (true, _) if !is_last => {
                material += core.len();
                end = next;
            }
            (false, 0) if words < WORDS_MAX => words += 1,
            (false, 1..) if !is_last && is_material => is_last = true,
            _ => return enough(material, end),
        }
    }
    // The text ends within the key.
    enough(material, if is_last { at } else { end })
}

/// The start of the key before its last marker.
fn before_end(bytes: &[u8], at: usize, covered: usize) -> Option<usize> {
    let mut material = 0;
    let mut start = at;
    let mut to = at;
    while let Some(from) = piece_before(bytes, to, covered) {
        let core = core(bytes, from, to);
        let is_whole = (core.len() >= LINE_BYTES_MIN && is_mixed(core)) || core.is_empty();
        let is_last = material == 0;
        if !core.iter().all(is_base64) || !(is_whole || is_last) {
            break;
        }
        if !core.is_empty() {
            material += core.len();
            start = from;
        }
        to = from.saturating_sub(1);
    }
    enough(material, start)
}

/// Base64 of random bytes has letters of both cases; a hash in hex has not.
fn is_mixed(core: &[u8]) -> bool {
    core.iter().any(u8::is_ascii_uppercase) && core.iter().any(u8::is_ascii_lowercase)
}

fn enough(material: usize, place: usize) -> Option<usize> {
    (material >= MATERIAL_BYTES_MIN).then_some(place)
}

/// The next piece without a break, from `at` on. A marker has spaces in it: it begins a piece and ends
/// in another.
fn piece_after(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let start = at + bytes.get(at..)?.iter().position(|byte| !is_break(byte))?;
    let length = bytes[start..].iter().take_while(|byte| !is_break(byte)).count();
    Some((start, start + length))
}

/// Where the piece begins, perhaps an empty one, that ends before `to`.
fn piece_before(bytes: &[u8], to: usize, covered: usize) -> Option<usize> {
    let before = bytes.get(covered..to).filter(|before| !before.is_empty())?;
    Some(before.iter().rposition(is_break).map_or(covered, |last| covered + last + 1))
}

/// Where the last five dashes in a row begin.
fn last_dashes(piece: &[u8]) -> Option<usize> {
    piece.windows(DASHES.len()).rposition(|window| window == DASHES.as_bytes())
}

/// A piece without what a diff or a quotation puts around it, and without the `n` of a written `\n`.
fn core(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    let is_written = start > 0 && bytes[start - 1] == b'\\' && matches!(bytes.get(start), Some(b'n' | b'r'));
    let piece = &bytes[end.min(start + usize::from(is_written))..end];
    let first = piece.iter().position(u8::is_ascii_alphanumeric).unwrap_or(piece.len());
    let last = piece.iter().rposition(u8::is_ascii_alphanumeric).map_or(first, |last| last + 1);
    &piece[first..last]
}

/// Lines, words, and the backslash of a written `\n`.
fn is_break(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || *byte == b'\\'
}

fn is_base64(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(byte)
}
