//! Before anything starts: tasks that are too long for a context, each put into fewer words by an agent
//! that is asked once. Those whose author may not be asked just now, because its provider rests or the
//! budget is used up, have their turn while work goes on. An ask that fails stops the command.

use std::collections::VecDeque;

use serde::Serialize;

use crate::context::Others;
use crate::effect::Outcome;
use crate::engine::{Activity, Turn};
use crate::event::SessionSignal;
use crate::ids::SessionId;
use crate::resilience::provider::{Admission, Live};
use crate::run::Waiter;
use crate::run::author::{Author, Authored, Lack};
use crate::run::implement::opening::Opening;
use crate::run::implement::{ImplementRun, Stage, Wait};
use crate::run::providers::{self, provider_of};

/// Tasks that are put into fewer words, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shortening {
    task: usize,
    author: Author,
    left: VecDeque<usize>,
    /// Why some of those before stay as they are.
    problems: Vec<String>,
}

impl ImplementRun {
    /// Begins with the tasks that do not fit, even in the words that are known. A wording is forgotten when
    /// its task fits without.
    pub(super) fn shorten(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        if !self.wish.asks_an_agent() {
            return self.settle_branch(turn);
        }
        let others = Others::of(&self.track.backlog.tasks);
        let startable: Vec<usize> = self.startable().collect();
        let (mut left, mut problems) = (VecDeque::new(), Vec::new());
        for task in startable {
            if self.too_long(task, &others).is_none() {
                if self.fits_as_it_is(task, &others) {
                    self.track.records[task].wording = None;
                }
                continue;
            }
            match self.answer_for(task) {
                None => left.push_back(task),
                Some(answer) => {
                    let why = answer.why().to_owned();
                    problems.extend(self.refused(turn, task, &why));
                }
            }
        }
        if !left.is_empty() {
            providers::meet(turn, &self.run, provider_of(self.wording_model().as_ref()));
        }
        self.next_to_shorten(turn, left, problems)
    }

    fn next_to_shorten(
        mut self: Box<Self>,
        turn: &mut Turn,
        mut left: VecDeque<usize>,
        problems: Vec<String>,
    ) -> Activity {
        while let Some(task) = left.pop_front() {
            let probe = self.may_ask_now(turn);
            let commission = self.wording_commission(task, Waiter::Implement(Wait::Step));
            if let (Some(is_probe), Some(commission)) = (probe, commission) {
                let author = Author::begin(turn, &commission, is_probe);
                let shortening = Shortening { task, author, left, problems };
                return self.opens(Opening::Shortening(shortening));
            }
            self.wordless.insert(task);
        }
        if problems.is_empty() {
            return self.settle_branch(turn);
        }
        let text = self.unsendable(&problems);
        self.refuse(turn, text)
    }

    /// Whether the author's provider may be asked now, and whether that is a probe.
    fn may_ask_now(&self, turn: &mut Turn) -> Option<bool> {
        if self.spent_budget(turn).is_some() {
            return None;
        }
        let (now_ms, asks_max, model) =
            (turn.shared.now_ms, self.run.options.max_workers, self.wording_model());
        let provider = turn.shared.provider(model.as_ref(), asks_max);
        match provider.admit(now_ms, Live::default(), false) {
            Admission::Go { is_probe } => {
                provider.started(now_ms);
                Some(is_probe)
            }
            _ => None,
        }
    }

    /// A step of it ended.
    pub(super) fn shortening_resolved(
        mut self: Box<Self>,
        turn: &mut Turn,
        shortening: Shortening,
        outcome: &Outcome,
        took_ms: u64,
    ) -> Activity {
        let Shortening { task, author, left, mut problems } = shortening;
        let Some(commission) = self.wording_commission(task, Waiter::Implement(Wait::Step)) else {
            return self.leave(turn, "the task is gone");
        };
        let question = self.wording_question(task).filter(|_| !self.is_stopping());
        let result = match author.resolved(turn, &commission, question, outcome, took_ms) {
            Authored::More(author) => {
                let shortening = Shortening { task, author, left, problems };
                return self.opens(Opening::Shortening(shortening));
            }
            Authored::Text(open, text) => self.worded_by(turn, task, open, &text),
            // Others need not wait for it.
            Authored::Nothing(Lack::Trouble { is_refusal: false, .. }) => {
                self.wordless.insert(task);
                Ok(())
            }
            Authored::Nothing(lack) => {
                self.not_worded(task, &lack);
                Err(lack.told().to_owned())
            }
        };
        if self.is_stopping() {
            return self.leave(turn, "stopped before any task began");
        }
        problems.extend(result.err().and_then(|why| self.refused(turn, task, &why)));
        self.next_to_shorten(turn, left, problems)
    }

    /// Something was seen in a session. Gives whether it was this author's.
    pub(super) fn shortening_signalled(
        &mut self,
        turn: &mut Turn,
        seen: &SessionId,
        signal: &SessionSignal,
    ) -> bool {
        let model = self.wording_model();
        let Stage::Opening(opening) = &mut self.stage else { return false };
        let Opening::Shortening(Shortening { author, .. }) = &mut **opening else { return false };
        author.signalled(turn, &self.run, model.as_ref(), seen, signal).is_some()
    }
}
