//! When a run was so messy that its spec, not its luck, is at fault.

/// An honest task of a few files needs 10 to 40 turns; twice that is wandering.
const STEPS_MAX: u32 = 80;
/// An agent that undoes its work again and again does not know what is wanted.
const REVERTS_MAX: u32 = 2;
/// Against the estimate of its kind: the context alone cannot explain more.
const TOKENS_FACTOR: f64 = 4.0;
/// So many files beyond the hint say that the hint is wrong.
const STRAY_FILES_MAX: usize = 5;

/// What an attempt took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Effort {
    /// Model turns.
    pub steps: u32,
    /// How often the worktree was put back to what it had been before.
    pub reverts: u32,
    /// Tokens.
    pub tokens: u64,
    /// How many tokens were expected; 0 when nobody knows.
    pub tokens_expected: u64,
    /// Changed files that no hint covers.
    pub stray_files: usize,
}

/// What was out of proportion, in half a sentence; `None` when nothing was.
pub fn is_messy(effort: &Effort) -> Option<String> {
    let tokens_max = effort.tokens_expected as f64 * TOKENS_FACTOR;
    if effort.steps > STEPS_MAX {
        Some(format!("it took {} model turns", effort.steps))
    } else if effort.reverts > REVERTS_MAX {
        Some(format!("it undid its own work {} times", effort.reverts))
    } else if effort.tokens_expected > 0 && effort.tokens as f64 > tokens_max {
        Some(format!("it took {} tokens where about {} were expected", effort.tokens, effort.tokens_expected))
    } else if effort.stray_files > STRAY_FILES_MAX {
        Some(format!("it changed {} files that the task does not name", effort.stray_files))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_out_of_proportion_is_messy() {
        let honest =
            Effort { steps: 40, reverts: 2, tokens: 90_000, tokens_expected: 60_000, stray_files: 2 };
        assert_eq!(is_messy(&honest), None);
        assert_eq!(is_messy(&Effort { tokens_expected: 0, tokens: u64::MAX, ..honest }), None);
        for (effort, word) in [
            (Effort { steps: 81, ..honest }, "81 model turns"),
            (Effort { reverts: 3, ..honest }, "its own work 3 times"),
            (Effort { tokens: 240_001, ..honest }, "240001 tokens"),
            (Effort { stray_files: 6, ..honest }, "6 files"),
        ] {
            assert!(is_messy(&effort).is_some_and(|why| why.contains(word)), "{word}");
        }
    }
}
