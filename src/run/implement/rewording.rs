//! While work goes on: a task that has become too long for a context, by a better spec or by what its
//! reviewer asks for, is put into fewer words before its next attempt. The task waits meanwhile and takes no
//! worker's place. A better spec that stays too long is taken back; a person's is refused.

use crate::context::Others;
use crate::effect::Outcome;
use crate::engine::Turn;
use crate::evidence::FailureClass;
use crate::resilience::backoff::{TASK, seed};
use crate::run::Waiter;
use crate::run::author::{Author, Authored, Lack};
use crate::run::implement::failure::{PROVIDER_TROUBLES_MAX, rest};
use crate::run::implement::{ImplementRun, Wait};
use crate::text::duration;
use crate::track::Life;

impl ImplementRun {
    /// Whether an author is to be asked for fewer words before another attempt at a task begins. Work that
    /// only has to be judged is not sent to anybody.
    pub(super) fn needs_words(&self, task: usize) -> bool {
        let is_long = || self.too_long(task, &Others::of(&self.track.backlog.tasks)).is_some();
        self.wordless.contains(&task) && !self.is_kept(task) && is_long()
    }

    /// Asks for fewer words.
    pub(super) fn begin_words(&mut self, turn: &mut Turn, task: usize, is_probe: bool) {
        let waiter = Waiter::Implement(Wait::Words { task });
        let Some(commission) = self.wording_commission(task, waiter) else { return };
        let author = Author::begin(turn, &commission, is_probe);
        self.wordless.remove(&task);
        self.words_on(task, author);
        self.record_task(turn, task);
    }

    fn words_on(&mut self, task: usize, author: Author) {
        if let Some(record) = self.track.records.get_mut(task) {
            record.life = Life::Shortening(Box::new(author));
        }
    }

    /// A step of it ended.
    pub(super) fn words_resolved(&mut self, turn: &mut Turn, task: usize, outcome: &Outcome, took_ms: u64) {
        let Some(record) = self.track.records.get_mut(task) else { return };
        let Life::Shortening(author) = std::mem::take(&mut record.life) else { return };
        let waiter = Waiter::Implement(Wait::Words { task });
        let Some(commission) = self.wording_commission(task, waiter) else { return };
        let question = self.wording_question(task).filter(|_| !self.is_stopping());
        match author.resolved(turn, &commission, question, outcome, took_ms) {
            Authored::More(author) => return self.words_on(task, author),
            Authored::Text(open, text) => {
                self.author_works(task);
                let result = self.worded_by(turn, task, open, &text);
                self.start_or_refuse(turn, task, result.err());
            }
            Authored::Nothing(Lack::Trouble { told, is_refusal }) => {
                self.words_later(turn, task, &told, is_refusal);
            }
            Authored::Nothing(lack @ Lack::Silence(_)) => {
                self.author_works(task);
                self.not_worded(task, &lack);
                self.start_or_refuse(turn, task, Some(lack.told().to_owned()));
            }
            Authored::Nothing(Lack::Stopped) => {
                self.wordless.insert(task);
                self.schedule.give_back(task);
            }
        }
        self.record_notes(turn, task, "");
        self.record_task(turn, task);
    }

    /// Its provider and the host did their part: trouble in a row ends here.
    fn author_works(&mut self, task: usize) {
        if let Some(record) = self.track.records.get_mut(task) {
            record.troubles = 0;
        }
    }

    /// The author has had its say. A task that is still too long goes back to its former spec, or is not
    /// started until a person has cut or split it.
    fn start_or_refuse(&mut self, turn: &mut Turn, task: usize, why: Option<String>) {
        let refusal = why.and_then(|why| self.refused(turn, task, &why));
        let (Some(spec), Some(record)) =
            (self.track.backlog.tasks.get(task), self.track.records.get_mut(task))
        else {
            return;
        };
        let Some(refusal) = refusal else { return self.schedule.give_back(task) };
        record.life = Life::Failed { class: FailureClass::Context };
        record.history.push(format!("Not started again: {refusal}."));
        self.schedule.remove(task);
        turn.say(&self.run.chat, format!("**{}** is not started: {refusal}.", spec.id));
        record.error = Some(refusal);
    }

    /// Nobody has read the question: it is asked again after a rest, so many times in a row.
    fn words_later(&mut self, turn: &mut Turn, task: usize, told: &str, is_refusal: bool) {
        self.wordless.insert(task);
        let (Some(spec), Some(record)) =
            (self.track.backlog.tasks.get(task), self.track.records.get_mut(task))
        else {
            return;
        };
        record.troubles += 1;
        let told = format!("no shorter wording of it could be asked for: {}", told.trim_end_matches('.'));
        record.error = Some(told.clone());
        let text = if self.stopping.is_some() {
            self.schedule.give_back(task);
            told
        } else if is_refusal || record.troubles >= PROVIDER_TROUBLES_MAX {
            self.schedule.remove(task);
            self.care.set_aside.insert(task, told.clone());
            format!("{told}. It is left for the next run")
        } else {
            let parts = [u64::from(self.run.seed), task as u64, u64::from(record.begun)];
            let wait_ms = TASK.full_ms(record.troubles, seed(&parts));
            rest(turn, record, task, wait_ms);
            format!("{told}. Trying again in {}", duration(wait_ms))
        };
        turn.say(&self.run.chat, format!("**{}**: {text}.", spec.id));
    }
}
