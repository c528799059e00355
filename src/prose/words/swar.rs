//! Many bytes at once, in the registers that every machine and WebAssembly have: eight bytes are one
//! number, and a set of places among 64 bytes is another.

/// A set of places among 64 bytes: bit `n` is byte `n`.
pub(crate) type Places = u64;

/// How many bytes a set of places speaks of.
pub(crate) const WINDOW: usize = 64;

const HIGH: u64 = 0x8080_8080_8080_8080;
const LOW_CASE: u64 = 0x2020_2020_2020_2020;

/// Eight bytes that begin at `at`, if there are so many.
#[inline]
pub(crate) fn eight(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8).and_then(|slice| slice.try_into().ok()).map(u64::from_le_bytes)
}

/// The first `length` of eight bytes, from one to all of them, in lower case if they are letters. The
/// others are zero.
#[inline]
pub(crate) fn lowered(eight: u64, length: usize) -> u64 {
    (eight | LOW_CASE) & (u64::MAX >> (64 - 8 * length))
}

/// The 64 bytes that begin at `at`, with zeros behind the end, for which there is `room`.
#[inline]
pub(crate) fn window<'a>(bytes: &'a [u8], at: usize, room: &'a mut [u8; WINDOW]) -> &'a [u8; WINDOW] {
    if let Some(window) = bytes.get(at..at + WINDOW).and_then(|slice| slice.try_into().ok()) {
        return window;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    room[..rest.len()].copy_from_slice(rest);
    room[rest.len()..].fill(0);
    room
}

/// Where a test of eight bytes holds among 64.
#[inline]
pub(crate) fn places(window: &[u8; WINDOW], test: impl Fn(u64) -> u64) -> Places {
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (eights, _) = window.as_chunks::<8>();
    let mut places = 0;
    for (index, eight) in eights.iter().enumerate() {
        let high = test(u64::from_le_bytes(*eight)) & HIGH;
        places |= ((high >> 7).wrapping_mul(GATHER) >> 56) << (8 * index);
    }
    places
}

/// Whether a test holds for any byte.
#[inline]
pub(crate) fn has(bytes: &[u8], test: impl Fn(u64) -> u64) -> bool {
    let (eights, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let found = eights
        .iter()
        .fold(test(u64::from_le_bytes(last)), |found, eight| found | test(u64::from_le_bytes(*eight)));
    found & HIGH != 0
}

/// A test for ASCII letters and digits: the high bit of each byte says it.
#[inline]
pub(crate) fn is_plain(eight: u64) -> u64 {
    let seven = eight & !HIGH;
    let low = seven | LOW_CASE;
    // The high bit says "at least"; no byte is above 0x7f, so nothing carries over.
    let letter = (low + 0x1f1f_1f1f_1f1f_1f1f) & !(low + 0x0505_0505_0505_0505);
    (letter | is_digit(eight)) & !eight
}

/// A test for ASCII digits.
#[inline]
pub(crate) fn is_digit(eight: u64) -> u64 {
    let seven = eight & !HIGH;
    (seven + 0x5050_5050_5050_5050) & !(seven + 0x4646_4646_4646_4646) & !eight
}

/// A test for what is not ASCII.
#[inline]
pub(crate) fn is_high(eight: u64) -> u64 {
    eight
}

/// A test for one byte.
#[inline]
pub(crate) fn is_byte(byte: u8) -> impl Fn(u64) -> u64 {
    let wanted = u64::from_le_bytes([byte; 8]);
    move |eight| {
        let differing = eight ^ wanted;
        !(((differing & !HIGH) + !HIGH) | differing)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tests_hold_where_they_hold_for_the_byte(bytes in proptest::collection::vec(0u8.., 0..100), at in 0usize..100) {
            let mut room = [0; WINDOW];
            let window = window(&bytes, at, &mut room);
            let expected = |holds: fn(u8) -> bool| {
                (0..WINDOW).filter(|n| holds(window[*n])).fold(0, |places, n| places | 1u64 << n)
            };
            prop_assert_eq!(places(window, is_plain), expected(|byte| byte.is_ascii_alphanumeric()));
            prop_assert_eq!(places(window, is_digit), expected(|byte| byte.is_ascii_digit()));
            prop_assert_eq!(places(window, is_high), expected(|byte| !byte.is_ascii()));
            prop_assert_eq!(places(window, is_byte(b'\n')), expected(|byte| byte == b'\n'));
            prop_assert_eq!(has(&bytes, is_digit), bytes.iter().any(u8::is_ascii_digit));
            let rest = bytes.get(at..).unwrap_or_default();
            prop_assert!(window.starts_with(&rest[..rest.len().min(WINDOW)]));
        }
    }
}
