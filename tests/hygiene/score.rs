//! How many cases are judged right.

use super::corpus::Case;
use super::hygiene::Finding;

/// How many cases were judged how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Score {
    hit: usize,
    missed: usize,
    false_alarm: usize,
    clean: usize,
}

impl Score {
    /// Counts a case: a contaminated one is found when a finding touches what was put in.
    pub fn add(&mut self, case: &Case, findings: &[Finding]) {
        let touches =
            |finding: &Finding| case.spans.iter().any(|(from, to)| finding.from < *to && *from < finding.to);
        match case.is_clean() {
            true if findings.is_empty() => self.clean += 1,
            true => self.false_alarm += 1,
            false if findings.iter().any(touches) => self.hit += 1,
            false => self.missed += 1,
        }
    }

    /// The share of contaminated cases that is found.
    pub fn recall(&self) -> f64 {
        self.hit as f64 / (self.hit + self.missed) as f64
    }

    /// The share of clean cases in which something is found.
    pub fn false_positives(&self) -> f64 {
        self.false_alarm as f64 / (self.false_alarm + self.clean) as f64
    }
}
