//! How well the rules of hygiene tell clean contexts from contaminated ones, on a labelled corpus.
//! `npm run bench -- hygiene` shows all figures.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod corpus;
mod judge;
mod score;
mod sessions;

use corpus::{Case, Origin, Part};
use multi_agent_coder::{hygiene, ids};
use score::Score;

fn score(origin: Origin) -> Score {
    score_by(origin, judge::findings)
}

fn score_by(origin: Origin, findings: impl Fn(&Case) -> Vec<hygiene::Finding>) -> Score {
    let mut score = Score::default();
    let is_meant = |case: &&Case| case.part == Part::Held && case.origin == origin;
    for case in corpus::cases().iter().filter(is_meant) {
        score.add(case, &findings(case));
    }
    score
}

#[test]
fn spliced_cases_are_told_apart() {
    let score = score(Origin::Spliced);
    assert!(score.recall() >= 0.95, "{score:?}");
    assert!(score.false_positives() <= 0.01, "{score:?}");
}

#[test]
fn cases_by_hand_are_told_apart() {
    let score = score(Origin::Adversarial);
    assert!(score.recall() >= 0.90, "{score:?}");
    assert!(score.false_positives() <= 0.05, "{score:?}");
}

/// Of what was said in sessions less is kept than of tasks, and shorter passages are no proof: a sentence of
/// up to eight words is then found only by how it talks.
#[test]
fn what_is_kept_of_sessions_tells_cases_apart() {
    let score = score_by(Origin::Spliced, sessions::findings);
    assert!(score.recall() >= 0.95, "{score:?}");
    assert!(score.false_positives() <= 0.01, "{score:?}");
    let score = score_by(Origin::Adversarial, sessions::findings);
    assert!(score.recall() >= 0.90, "{score:?}");
    assert!(score.false_positives() <= 0.05, "{score:?}");
}

/// A few cases to read, and a hash of all of them: a change of the corpus is seen, never by accident.
#[test]
fn the_corpus_is_the_same_each_time() {
    let cases = corpus::cases();
    let hash = cases.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, case| {
        let bytes = serde_json::to_vec(case).unwrap();
        bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
    });
    let sample = |at: &usize| {
        let case = &cases[*at];
        let put_in: Vec<&str> = case.spans.iter().map(|(from, to)| &case.text[*from..*to]).collect();
        format!("{:?} {} ({})\n{}\nput in: {put_in:#?}\n", case.part, case.name, case.family, case.text)
    };
    let samples: Vec<String> = [3, 604, 607, 611, 613, 616, 618, 1_900, 1_911].iter().map(sample).collect();
    insta::assert_snapshot!(format!("{} cases, hash {hash:016x}\n\n{}", cases.len(), samples.join("\n")));
}
