//! When a machine has no room for one more worker.

/// Below this part of all memory nothing new starts: 20 in a hundred. A worktree that OpenCode opens
/// takes 45 to 90 MB, and the tests that run in it take more.
const FREE_PERCENT_MIN: u64 = 20;

/// Whether one more attempt may start. One may always run, for nothing else could free any memory.
pub fn admits(memory_bytes: u64, free_bytes: u64, live: usize) -> bool {
    // In this order nothing overflows: a machine has less than 2^57 bytes.
    live == 0 || free_bytes.saturating_mul(100) >= memory_bytes.saturating_mul(FREE_PERCENT_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_must_be_free_unless_nothing_runs() {
        let gb = 1 << 30;
        assert!(admits(10 * gb, 2 * gb, 3));
        assert!(!admits(10 * gb, 2 * gb - 1, 3));
        assert!(!admits(10 * gb, 0, 1));
        assert!(admits(10 * gb, 0, 0));
    }
}
