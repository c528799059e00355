//! What a person's decision makes of a task: its work is merged, changed, thrown away, or its spec is looked at.

use crate::effect::git::HeldAttempt;
use crate::engine::Turn;
use crate::evidence::{Failure, FailureClass, distill, remember};
use crate::run::desk::request::Decision;
use crate::run::implement::attempt::{Attempt, Collected};
use crate::run::implement::door::{Door, KeptWork, reference, waits};
use crate::run::implement::fates::status_word;
use crate::run::implement::rework::Rework;
use crate::run::implement::{ImplementRun, Wish};
use crate::track::Life;

impl ImplementRun {
    /// Why a decision cannot be taken on a task, if it cannot.
    pub(super) fn objection(&self, task: usize, decision: &Decision) -> Option<String> {
        let (spec, record) = (self.track.backlog.tasks.get(task)?, self.track.records.get(task)?);
        let id = &spec.id;
        match &record.life {
            Life::Merged { commit } => {
                return Some(format!(
                    "{id} is merged already, so there is nothing to decide. `git revert -m 1 {commit}` takes it back."
                ));
            }
            Life::Given => return Some(format!("{id} is completed already, so there is nothing to decide.")),
            _ if waits(record).is_none() => {
                let status = status_word(self.track.status(task), false);
                return Some(format!(
                    "{id} does not wait for a review: it is {status}. `/review` shows what waits."
                ));
            }
            _ => {}
        }
        match decision {
            Decision::Changes { words }
                if !self.can_ask_for(task, std::slice::from_ref(words))
                    && !self.could_make_room(task, std::slice::from_ref(words)) =>
            {
                Some(format!(
                    "your words on {id} cannot be sent to a worker: with the task they are too long, or they name another \
                 task, show a whole file or talk about agents. Say what to change in a line or two."
                ))
            }
            Decision::Rebase { .. } if !self.run.options.rebase.enabled => {
                Some("better specs are turned off: options.rebase.enabled is false.".to_owned())
            }
            _ => None,
        }
    }

    /// Does what the person decided, before anything else is done.
    pub(super) fn decide(&mut self, turn: &mut Turn) {
        let Wish::Decide(decision) = self.wish.clone() else { return };
        let Some(task) = self.wanted.first().copied() else { return };
        if let Some(text) = self.objection(task, &decision) {
            // A merge that nobody had heard of was found.
            return turn.say(&self.run.chat, text);
        }
        match decision {
            Decision::Approve => self.approve(turn, task),
            Decision::Changes { words } => self.send_back(turn, task, words),
            Decision::Rebase { words } => self.rebase_for(turn, task, words),
            Decision::Reject { words } => self.reject(turn, task, words),
        }
    }

    /// The work goes to where work is merged; nothing counts before it is there.
    fn approve(&mut self, turn: &mut Turn, task: usize) {
        let (Some(record), Some(slot)) = (self.track.records.get_mut(task), self.free.pop_first()) else {
            return;
        };
        let Some(KeptWork { number, base, commit, changes, .. }) = record.work.clone() else { return };
        let attempt = Attempt {
            kept: Some(commit.clone()),
            approved: Some(Box::new(std::mem::take(&mut record.life))),
            ..Attempt::new(task, number, slot, base, turn.shared.now_ms)
        };
        // A later attempt may have changed other files, and this is what is merged.
        record.changes.clone_from(&changes);
        let work = Collected { commit, changes, diff: String::new() };
        self.queue(turn, attempt, work);
    }

    /// A fresh agent changes the work as the person says; what is in conflict is done again on what is
    /// merged now.
    fn send_back(&mut self, turn: &mut Turn, task: usize, words: String) {
        let Some(record) = self.track.records.get_mut(task) else { return };
        let before = std::mem::take(&mut record.life);
        record.start_over();
        // What waits to be judged is without the change.
        record.left = None;
        record.history.push(format!("The person asked for a change: {words}"));
        record.error = Some(format!("a person asked for a change: {words}"));
        match (before, &record.work) {
            (Life::Held { door: Door::Conflict { paths } }, _) => {
                let asked = Failure::Review { issues: vec![words], is_of_spec: false };
                record.evidence = remember(&record.evidence, distill(&Failure::Conflict { paths }));
                record.evidence = remember(&record.evidence, distill(&asked));
            }
            (_, Some(work)) => {
                record.reworks += 1;
                record.rework = Some(Rework {
                    nth: 1,
                    commit: work.commit.clone(),
                    base: work.base.clone(),
                    issues: vec![words],
                    diff_hash: work.diff_hash.clone(),
                });
            }
            (_, None) => {}
        }
        self.look_at_length(task);
        self.record_task(turn, task);
    }

    fn rebase_for(&mut self, turn: &mut Turn, task: usize, words: Option<String>) {
        let Some(record) = self.track.records.get_mut(task) else { return };
        record.start_over();
        // What waits to be judged is work on the spec that is looked at.
        record.left = None;
        // The author is asked as soon as there is room, in another run if need be.
        let why =
            words.as_ref().map_or_else(|| "you asked for it".to_owned(), |words| format!("you say: {words}"));
        record.rebase_due = Some(why.clone());
        record.history.push(format!(
            "The person asked for a better spec: {}",
            words.as_deref().unwrap_or("no reason given")
        ));
        if let Some(words) = words {
            let asked = Failure::Review { issues: vec![words], is_of_spec: true };
            record.evidence = remember(&record.evidence, distill(&asked));
        }
        if let Some(spec) = self.track.backlog.tasks.get(task) {
            let text = format!("**{}**: its spec is looked at, because {why}.", spec.id);
            turn.say(&self.run.chat, text);
        }
        self.record_task(turn, task);
    }

    fn reject(&mut self, turn: &mut Turn, task: usize, words: Option<String>) {
        let Some(record) = self.track.records.get_mut(task) else { return };
        let text =
            words.map_or_else(|| "rejected by you".to_owned(), |words| format!("rejected by you: {words}"));
        record.life = Life::Failed { class: FailureClass::Review };
        (record.left, record.rework, record.error) = (None, None, Some(text.clone()));
        // It waits for nobody any more.
        let work = record.work.take();
        record.history.push(format!("{}.", text.replace("by you", "by the person")));
        self.schedule.remove(task);
        self.wanted.clear();
        let Some(spec) = self.track.backlog.tasks.get(task) else { return };
        let track = &self.track.backlog.track_id;
        let kept =
            work.map(|work| format!(" Its work stays in `{}`.", reference(track, &spec.id, work.number)));
        let kept = kept.unwrap_or_default();
        let told = format!("**{}**: {text}.{kept} `/implement {}` starts it afresh.", spec.id, spec.id);
        turn.say(&self.run.chat, told);
        self.record_notes(turn, task, "");
        self.record_task(turn, task);
    }

    /// The person may have changed what they are to approve, by moving its ref.
    pub(super) fn meet_moved_work(&mut self, turn: &mut Turn, held: &HeldAttempt) {
        if self.wish != Wish::Decide(Decision::Approve) {
            return;
        }
        let track = self.track.backlog.track_id.clone();
        let Some(index) = self.track.index_of(&held.task).filter(|index| self.wanted.contains(index)) else {
            return;
        };
        let Some(work) = self.track.records.get_mut(index).and_then(|record| record.work.as_mut()) else {
            return;
        };
        if work.number == held.number && work.commit != held.commit {
            work.commit = held.commit.clone();
            let reference = reference(&track, &held.task, held.number);
            let text =
                format!("**Note:** `{reference}` was moved to {}; that is what is merged.", held.commit);
            turn.say(&self.run.chat, text);
        }
    }
}
