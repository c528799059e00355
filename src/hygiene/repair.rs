//! What can be left out to make a text clean.

use std::collections::BTreeSet;

use super::finding::{Finding, Rule};
use super::frame::Span;

/// What to do about findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repair {
    /// Indexes of the optional spans to drop, ascending.
    pub drop: Vec<usize>,
    /// What dropping does not mend: it blocks the text.
    pub left: Vec<Finding>,
}

/// Drops the optional spans that findings touch when a finding lies in such spans only. A text that is
/// too long loses optional spans from its end until it fits. After the drop the text must be verified
/// again, since spans are of the text as it was.
pub fn repair(findings: &[Finding], spans: &[Span]) -> Repair {
    let mut drop = BTreeSet::new();
    let mut left = Vec::new();
    for finding in findings.iter().filter(|finding| finding.rule != Rule::Size) {
        let touches = |span: &&(usize, &Span)| span.1.from < finding.to && finding.from < span.1.to;
        let touched: Vec<(usize, &Span)> = spans.iter().enumerate().filter(|span| touches(&span)).collect();
        if !touched.is_empty() && touched.iter().all(|(_, span)| span.is_optional) {
            drop.extend(touched.iter().map(|(index, _)| *index));
        } else {
            left.push(finding.clone());
        }
    }
    for finding in findings.iter().filter(|finding| finding.rule == Rule::Size) {
        let bytes = |index: &usize| spans[*index].to - spans[*index].from;
        let mut freed: usize = drop.iter().map(bytes).sum();
        for index in (0..spans.len()).rev() {
            if freed >= finding.to - finding.from {
                break;
            }
            if spans[index].is_optional && drop.insert(index) {
                freed += bytes(&index);
            }
        }
        if freed < finding.to - finding.from {
            left.push(finding.clone());
        }
    }
    Repair { drop: drop.into_iter().collect(), left }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: Rule, from: usize, to: usize) -> Finding {
        Finding { rule, from, to, line: 1, message: String::new(), weight: 100 }
    }

    fn spans() -> Vec<Span> {
        let span = |from, to, is_optional| Span { from, to, source: format!("{from}"), is_optional };
        vec![span(0, 10, false), span(10, 30, true), span(30, 50, true)]
    }

    #[test]
    fn optional_spans_are_dropped_and_others_block() {
        let in_both = finding(Rule::Copied, 5, 15);
        let optional = finding(Rule::Deliberation, 12, 14);
        let nowhere = finding(Rule::ForeignTask, 60, 63);
        let repair = repair(&[in_both.clone(), optional, nowhere.clone()], &spans());
        assert_eq!(repair, Repair { drop: vec![1], left: vec![in_both, nowhere] });
    }

    #[test]
    fn a_long_text_loses_its_end() {
        assert_eq!(repair(&[finding(Rule::Size, 35, 50)], &spans()).drop, [2]);
        assert_eq!(repair(&[finding(Rule::Size, 20, 50)], &spans()).drop, [1, 2]);
        let too_much = finding(Rule::Size, 5, 50);
        assert_eq!(repair(std::slice::from_ref(&too_much), &spans()).left, [too_much]);
    }
}
