//! How relevance fades: by half in each half-life, in whole numbers, so that a replay on another
//! machine gives the same.

use super::Tier;

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// 2^16 / 2^(k/16) for k from 0 to 16. Between two of them the line is straight: at most 0.03% too high.
const STEPS: [u64; 17] = [
    65_536, 62_757, 60_097, 57_549, 55_109, 52_773, 50_535, 48_393, 46_341, 44_376, 42_495, 40_693, 38_968,
    37_316, 35_734, 34_219, 32_768,
];

/// How long it takes until an entry is worth half, in milliseconds: 60 days in the project, 14 for a
/// feature, 3 for a task, 12 hours for an attempt.
fn half_life_ms(tier: &Tier) -> u64 {
    match tier {
        Tier::Project => 60 * DAY_MS,
        Tier::Feature { .. } => 14 * DAY_MS,
        Tier::Task { .. } => 3 * DAY_MS,
        Tier::Attempt { .. } => 12 * HOUR_MS,
    }
}

/// What is left of a score after a time in milliseconds, in thousandths as the score.
pub fn relevance(score: u32, tier: &Tier, age_ms: u64) -> u32 {
    let half_life = half_life_ms(tier);
    let halvings = age_ms / half_life;
    if halvings >= u64::from(u32::BITS) {
        return 0;
    }
    let place = age_ms % half_life * 16;
    let step = (place / half_life) as usize;
    let drop = (STEPS[step] - STEPS[step + 1]) * (place % half_life) / half_life;
    ((u64::from(score) * (STEPS[step] - drop)) >> 16 >> halvings) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_score_halves_in_a_half_life() {
        for (days, expected) in [(0, 1_000), (30, 707), (60, 500), (120, 250), (180, 125), (60 * 40, 0)] {
            assert_eq!(relevance(1_000, &Tier::Project, days * DAY_MS), expected, "{days} days");
        }
        let task = Tier::Task { track: "a".into(), task: "T01".into() };
        assert_eq!(relevance(1_000, &task, 3 * DAY_MS), 500);
    }

    proptest! {
        #[test]
        fn relevance_only_falls(score in 0u32..5_000, age_ms in 0..4_000 * DAY_MS, more_ms in 0..100 * DAY_MS) {
            let before = relevance(score, &Tier::Project, age_ms);
            prop_assert!(before <= score);
            prop_assert!(relevance(score, &Tier::Project, age_ms + more_ms) <= before);
        }
    }
}
