//! A set that says "not there" quickly and surely.

/// Bits for the upper parts of hashes.
#[derive(Debug)]
pub(super) struct Filter {
    bits: Vec<u64>,
    shift: u32,
}

impl Filter {
    /// Of some hashes, `count` or fewer: about one of 128 bits is set.
    pub fn new(count: usize, hashes: impl IntoIterator<Item = u64>) -> Self {
        let bits = (128 * count).next_power_of_two().max(64);
        let mut filter = Self { bits: vec![0; bits / 64], shift: 64 - bits.trailing_zeros() };
        for hash in hashes {
            let bit = hash >> filter.shift;
            if let Some(bits) = filter.bits.get_mut((bit / 64) as usize) {
                *bits |= 1 << (bit % 64);
            }
        }
        filter
    }

    /// Whether a hash may be among them.
    #[inline]
    pub fn may_hold(&self, hash: u64) -> bool {
        let bit = hash >> self.shift;
        self.bits.get((bit / 64) as usize).is_some_and(|bits| bits >> (bit % 64) & 1 != 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_there_is_never_denied(hashes in proptest::collection::vec(0u64.., 0..100)) {
            let filter = Filter::new(hashes.len(), hashes.iter().copied());
            prop_assert!(hashes.iter().all(|hash| filter.may_hold(*hash)));
        }
    }
}
