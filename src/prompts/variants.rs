//! Which of several prompts of an agent an ask is made with: chosen by weight, from a seed, so that the
//! same run chooses the same again.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::definitions::Role;

/// The variant that is no variant: the agent's usual prompt.
pub const USUAL: &str = "default";
/// The longest name of a variant, in bytes.
const NAME_BYTES_MAX: usize = 32;

/// Whether a variant may be called so: it is part of an agent's and of a file's name.
pub fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    starts_well && name.len() <= NAME_BYTES_MAX && name.chars().all(is_plain)
}

/// One of the variants, by weight; the usual one when there are none. Equal arguments choose the same.
pub fn choose<'a>(
    variants: &'a BTreeMap<String, u32>,
    seed: u32,
    role: Role,
    task: &str,
    attempt: u32,
) -> &'a str {
    let total: u64 = variants.values().map(|weight| u64::from(*weight)).sum();
    if total == 0 {
        return USUAL;
    }
    let digest = Sha256::digest(format!("{seed}\n{}\n{task}\n{attempt}", role.agent()).as_bytes());
    let drawn = digest.iter().take(8).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    let mut left = drawn % total;
    for (name, weight) in variants {
        let weight = u64::from(*weight);
        if left < weight {
            return name;
        }
        left -= weight;
    }
    USUAL
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variants(weights: &[(&str, u32)]) -> BTreeMap<String, u32> {
        weights.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect()
    }

    #[test]
    fn the_same_is_chosen_again_and_weights_are_kept() {
        let variants = variants(&[("a", 1), ("b", 3), ("never", 0)]);
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for task in 0..2_000 {
            let choice = choose(&variants, 7, Role::Implementer, &task.to_string(), 1);
            assert_eq!(choice, choose(&variants, 7, Role::Implementer, &task.to_string(), 1));
            *counts.entry(choice).or_default() += 1;
        }
        assert_eq!(counts.keys().copied().collect::<Vec<_>>(), ["a", "b"]);
        assert!((400..600).contains(&counts["a"]), "{counts:?}");
    }

    #[test]
    fn seed_role_task_and_attempt_all_matter() {
        let variants = variants(&[("a", 1), ("b", 1)]);
        let row = |of: &dyn Fn(u32) -> String| (0..64).map(of).collect::<String>();
        let rows = [
            row(&|n| choose(&variants, n, Role::Implementer, "T01", 1).to_owned()),
            row(&|n| choose(&variants, n, Role::Reviewer, "T01", 1).to_owned()),
            row(&|n| choose(&variants, n, Role::Implementer, "T02", 1).to_owned()),
            row(&|n| choose(&variants, n, Role::Implementer, "T01", 2).to_owned()),
            row(&|n| choose(&variants, n + 1, Role::Implementer, "T01", 1).to_owned()),
        ];
        for (at, one) in rows.iter().enumerate() {
            assert!(rows[..at].iter().all(|other| other != one), "{rows:?}");
        }
    }

    #[test]
    fn without_variants_it_is_the_usual_one() {
        assert_eq!(choose(&variants(&[]), 1, Role::Reviewer, "T01", 1), USUAL);
        assert_eq!(choose(&variants(&[("a", 0)]), 1, Role::Reviewer, "T01", 1), USUAL);
    }

    #[test]
    fn names_are_plain() {
        for name in ["a", "short-2", "0"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-a", "A", "a.b", "a~b", "a/b", "é", &"a".repeat(33)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
