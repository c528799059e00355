//! Whether an agent goes in circles: the same calls again and again, or work that leaves no trace.
//! It is told so once; when that does not help, the attempt ends with what was seen.

use std::collections::VecDeque;

use serde::Serialize;

use super::trouble::is_good_finish;
use crate::text::{count, duration};

/// How often a pattern of one, two or three different calls must be seen, without any other call in
/// between, to be a circle. Looking at the same thing three or four times is patience.
const ROUNDS: [usize; 3] = [5, 4, 4];
/// So many calls are remembered: the longest pattern, all of its rounds.
const CALLS_MAX: usize = 3 * 4;
/// So long may an agent be busy without changing any file. Reading a large project first takes less.
pub const STAGNANT_MS: u64 = 10 * 60 * 1000;
/// It is busy when it made so many calls in that time; a test that runs for long is one call.
const STAGNANT_CALLS: u32 = 20;
/// So many states of the worktree are remembered: an attempt of an hour is looked at 30 times.
const STATES_MAX: usize = 32;
/// After so many turns in a row without a finish reason the host would ask the model for ever.
const BAD_FINISHES_MAX: u32 = 3;

/// What to do about what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// Tell the agent this.
    Nudge(String),
    /// End the attempt, for this reason.
    Abort(Circle),
}

/// Why an attempt was ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Circle {
    /// The agent's doing, in words.
    Agent(String),
    /// The provider's: no turn of the model has an end.
    Stream,
}

/// What is remembered of a session at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoopWatch {
    /// The latest calls, oldest first, as a hash, the tool's name, and whether it failed.
    calls: VecDeque<(String, String, bool)>,
    bad_finishes: u32,
    is_nudged: bool,
    /// What differed in the worktree at each look that found a change, the latest last.
    states: Vec<String>,
    reverts: u32,
    /// Since when that is so, in milliseconds since the Unix epoch.
    unchanged_since_ms: u64,
    calls_since: u32,
}

impl LoopWatch {
    /// A session that begins now.
    pub fn begin(now_ms: u64) -> Self {
        Self {
            calls: VecDeque::new(),
            bad_finishes: 0,
            is_nudged: false,
            states: Vec::new(),
            reverts: 0,
            unchanged_since_ms: now_ms,
            calls_since: 0,
        }
    }

    /// The agent called a tool; `call` is a hash of the tool and its input.
    pub fn called(&mut self, tool: &str, call: &str, is_error: bool) -> Verdict {
        self.calls_since = self.calls_since.saturating_add(1);
        if self.calls.len() == CALLS_MAX {
            self.calls.pop_front();
        }
        self.calls.push_back((call.to_owned(), tool.to_owned(), is_error));
        let Some((period, rounds)) = self.pattern() else {
            return Verdict::Fine;
        };
        let what = self.describe(period, rounds);
        self.calls.clear();
        self.judge(what)
    }

    /// A model turn ended.
    pub fn stepped(&mut self, finish: Option<&str>) -> Verdict {
        self.bad_finishes = if is_good_finish(finish) { 0 } else { self.bad_finishes + 1 };
        if self.bad_finishes < BAD_FINISHES_MAX { Verdict::Fine } else { Verdict::Abort(Circle::Stream) }
    }

    /// The worktree was looked at; `digest` tells states apart.
    pub fn glanced(&mut self, digest: &str, now_ms: u64) -> Verdict {
        if self.states.last().is_none_or(|latest| latest != digest) {
            self.reverts += u32::from(self.states.iter().any(|earlier| earlier == digest));
            // The first look finds what the session began with, or what it has changed by now.
            let is_first = self.states.is_empty();
            if self.states.len() == STATES_MAX {
                self.states.remove(0);
            }
            self.states.push(digest.to_owned());
            if !is_first {
                self.start_clock(now_ms);
                return Verdict::Fine;
            }
        }
        let idle_ms = now_ms.saturating_sub(self.unchanged_since_ms);
        if idle_ms < STAGNANT_MS || self.calls_since < STAGNANT_CALLS {
            return Verdict::Fine;
        }
        let calls = count(self.calls_since as usize, "call", "calls");
        let what = format!("{calls} in {} without a changed file", duration(idle_ms));
        self.start_clock(now_ms);
        self.judge(what)
    }

    /// How often the worktree was found as it had been at an earlier look, after it had differed.
    pub fn reverts(&self) -> u32 {
        self.reverts
    }

    fn start_clock(&mut self, now_ms: u64) {
        self.unchanged_since_ms = now_ms;
        self.calls_since = 0;
    }

    fn judge(&mut self, what: String) -> Verdict {
        if std::mem::replace(&mut self.is_nudged, true) {
            return Verdict::Abort(Circle::Agent(format!("{what}, after it was told to stop that")));
        }
        Verdict::Nudge(format!(
            "You seem to go in circles: {what}. Stop and think: what did you learn from it, and what is \
             different from what you expected? Take another way to the acceptance criteria. If there is \
             none, end with a message whose first line starts with BLOCKED: and the reason."
        ))
    }

    /// The shortest pattern that the latest calls repeat often enough.
    fn pattern(&self) -> Option<(usize, usize)> {
        ROUNDS.iter().zip(1..).find_map(|(rounds, period)| {
            let length = period * rounds;
            let start = self.calls.len().checked_sub(length)?;
            let repeats = |at: usize| self.calls[at].0 == self.calls[at - period].0;
            (start + period..self.calls.len()).all(repeats).then_some((period, *rounds))
        })
    }

    fn describe(&self, period: usize, rounds: usize) -> String {
        let latest = self.calls.iter().skip(self.calls.len() - period);
        let tools: Vec<&str> = latest.map(|(_, tool, _)| tool.as_str()).collect();
        let seen = || self.calls.iter().rev().take(period * rounds);
        let failed = if seen().all(|(.., is_error)| *is_error) { ", and it failed each time" } else { "" };
        match tools.as_slice() {
            [tool] => format!("the same `{tool}` call {rounds} times in a row{failed}"),
            tools => {
                let names: Vec<String> = tools.iter().map(|tool| format!("`{tool}`")).collect();
                format!("the same {period} calls ({}) in turn, {rounds} times{failed}", names.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn feed(watch: &mut LoopWatch, calls: &[&str]) -> Vec<Verdict> {
        let told = calls.iter().map(|call| watch.called("bash", call, false));
        told.filter(|verdict| *verdict != Verdict::Fine).collect()
    }

    fn verdicts(calls: &[&str]) -> Vec<Verdict> {
        feed(&mut LoopWatch::begin(0), calls)
    }

    #[test]
    fn the_same_call_is_told_once_and_then_ends_the_attempt() {
        let mut watch = LoopWatch::begin(0);
        assert_eq!(feed(&mut watch, &["a"; 4]), []);
        let Verdict::Nudge(text) = watch.called("grep", "a", false) else { panic!("{watch:?}") };
        assert!(text.contains("the same `grep` call 5 times in a row. "), "{text}");
        assert!(watch.is_nudged);
        assert_eq!(feed(&mut watch, &["a"; 4]), []);
        let Verdict::Abort(Circle::Agent(what)) = watch.called("bash", "a", false) else {
            panic!("{watch:?}")
        };
        assert_eq!(what, "the same `bash` call 5 times in a row, after it was told to stop that");
    }

    #[test]
    fn calls_in_turn_are_a_circle_too() {
        assert_eq!(verdicts(&["a", "b", "a", "b", "a", "b", "a"]), []);
        assert_eq!(verdicts(&["x", "a", "b", "a", "b", "a", "b", "a", "b"]).len(), 1);
        assert_eq!(verdicts(&["a", "b", "c"].repeat(4)).len(), 1);
        let mut watch = LoopWatch::begin(0);
        let failing = (0..8).map(|n| watch.called(["read", "edit"][n % 2], ["a", "b"][n % 2], true)).last();
        let Some(Verdict::Nudge(text)) = failing else { panic!("{watch:?}") };
        assert!(text.contains("the same 2 calls (`read`, `edit`) in turn, 4 times, and it failed each time"));
    }

    #[test]
    fn honest_work_is_left_alone() {
        // The same test after different edits.
        let edits: Vec<String> = (0..50).map(|n| format!("edit {n}")).collect();
        let calls: Vec<&str> = edits.iter().flat_map(|edit| [edit.as_str(), "test"]).collect();
        assert_eq!(verdicts(&calls), []);
        // Looking three times at what takes time, again and again.
        let calls: Vec<&str> = edits.iter().flat_map(|edit| [edit, "poll", "poll", "poll"]).collect();
        assert_eq!(verdicts(&calls), []);
        // Test, lint and types after each edit.
        let calls: Vec<&str> = edits.iter().flat_map(|edit| [edit, "test", "lint", "types"]).collect();
        assert_eq!(verdicts(&calls), []);
    }

    #[test]
    fn much_ado_without_a_change_is_stagnation() {
        let mut watch = LoopWatch::begin(0);
        let busy = |watch: &mut LoopWatch, from: u32| {
            (from..from + STAGNANT_CALLS).for_each(|n| {
                watch.called("read", &n.to_string(), false);
            });
        };
        assert_eq!(watch.glanced("clean", STAGNANT_MS), Verdict::Fine, "one long test is no stagnation");
        busy(&mut watch, 0);
        assert_eq!(watch.glanced("changed", STAGNANT_MS + 1), Verdict::Fine);
        busy(&mut watch, 100);
        assert_eq!(watch.glanced("changed", STAGNANT_MS + 2), Verdict::Fine, "not for long");
        let Verdict::Nudge(text) = watch.glanced("changed", 2 * STAGNANT_MS + 1) else { panic!("{watch:?}") };
        assert!(text.contains("20 calls in 10 min without a changed file"), "{text}");
        busy(&mut watch, 200);
        assert_eq!(watch.glanced("changed", 3 * STAGNANT_MS), Verdict::Fine);
        let last = watch.glanced("changed", 3 * STAGNANT_MS + 1);
        assert!(matches!(last, Verdict::Abort(Circle::Agent(_))), "{last:?}");
    }

    #[test]
    fn a_worktree_that_is_as_it_was_before_was_put_back() {
        let mut watch = LoopWatch::begin(0);
        for (digest, reverts) in
            [("clean", 0), ("a", 0), ("a", 0), ("ab", 0), ("a", 1), ("clean", 2), ("c", 2), ("ab", 3)]
        {
            watch.glanced(digest, 1);
            assert_eq!(watch.reverts(), reverts, "{digest}");
        }
        for n in 0..2 * STATES_MAX {
            watch.glanced(&n.to_string(), 1);
        }
        assert_eq!((watch.reverts(), watch.states.len()), (3, STATES_MAX));
    }

    #[test]
    fn a_session_that_never_changes_anything_is_seen_at_the_first_look() {
        let mut watch = LoopWatch::begin(0);
        (0..STAGNANT_CALLS).for_each(|n| {
            watch.called("read", &n.to_string(), false);
        });
        assert!(matches!(watch.glanced("clean", STAGNANT_MS), Verdict::Nudge(_)));
    }

    #[test]
    fn three_streams_without_an_end_are_enough() {
        let mut watch = LoopWatch::begin(0);
        for finish in [None, Some("unknown"), Some("tool-calls"), None, Some("other")] {
            assert_eq!(watch.stepped(finish), Verdict::Fine);
        }
        assert_eq!(watch.stepped(Some("error")), Verdict::Abort(Circle::Stream));
    }

    proptest! {
        #[test]
        fn calls_that_all_differ_from_the_last_three_are_never_a_circle(
            calls in prop::collection::vec(0u32..1_000_000, 0..200),
        ) {
            let distinct: Vec<String> = calls.iter().enumerate().map(|(n, call)| format!("{n}-{call}")).collect();
            prop_assert_eq!(verdicts(&distinct.iter().map(String::as_str).collect::<Vec<_>>()), []);
        }

        #[test]
        fn an_endless_pattern_ends_the_attempt(period in 1usize..=3, before in prop::collection::vec(0u8..200, 0..20)) {
            let before: Vec<String> = before.iter().enumerate().map(|(n, x)| format!("{n}-{x}")).collect();
            let circle = ["a", "b", "c"];
            let calls = before.iter().map(String::as_str).chain((0..40).map(|n| circle[n % period]));
            let told = verdicts(&calls.collect::<Vec<_>>());
            prop_assert!(matches!(told.first(), Some(Verdict::Nudge(_))));
            prop_assert!(matches!(told.get(1), Some(Verdict::Abort(Circle::Agent(_)))));
        }

        #[test]
        fn an_agent_is_told_once(calls in prop::collection::vec(0u8..3, 0..300)) {
            let calls: Vec<String> = calls.iter().map(u8::to_string).collect();
            let told = verdicts(&calls.iter().map(String::as_str).collect::<Vec<_>>());
            let nudges = told.iter().filter(|verdict| matches!(verdict, Verdict::Nudge(_))).count();
            prop_assert_eq!(nudges, usize::from(!told.is_empty()));
        }
    }
}
