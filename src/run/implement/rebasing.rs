//! A better spec for a task that keeps failing. Its author reads the spec and the distilled failures; a
//! good proposal becomes the task's next version, and work starts afresh from that.

use serde::Serialize;

use crate::backlog::{TaskSpec, validate};
use crate::context::{Inputs, Others, Unclean, compile_clean, echoes, fields};
use crate::definitions::Role;
use crate::effect::Outcome;
use crate::engine::Turn;
use crate::evidence::Failure;
use crate::ids::ModelRef;
use crate::metrics::{Origin, estimate};
use crate::rebase::{Effort, Proposal, changes, is_messy, parse_proposal, rebase_prompt};
use crate::route::{Work, work_of};
use crate::run::Waiter;
use crate::run::author::{Author, Authored, Commission};
use crate::run::implement::attempt::{Attempt, role};
use crate::run::implement::{ImplementRun, Wait, rework};
use crate::run::overheard;
use crate::schedule::overlap;
use crate::text::count;
use crate::track::{Life, Record, SpecVersion, Untried};

/// A better spec is asked for so often in one set of attempts: what two authors did not mend, a third will not.
const REBASES_MAX: usize = 2;

/// A better spec in the making.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rebasing {
    /// Why it is asked for, in half a sentence.
    why: String,
    /// Whether its author was told already what is wrong with the first answer.
    is_second: bool,
    pub(super) author: Author,
}

impl ImplementRun {
    /// Why a task should get a better spec after a failure that counts; `None` when it should not.
    pub(super) fn rebase_reason(&self, turn: &Turn, attempt: &Attempt, failure: &Failure) -> Option<String> {
        let (spec, record) =
            (self.track.backlog.tasks.get(attempt.task)?, self.track.records.get(attempt.task)?);
        let options = &self.run.options.rebase;
        if !options.enabled
            || !failure.is_of_work()
            || self.stopping.is_some()
            || record.rebases >= REBASES_MAX
        {
            return None;
        }
        if matches!(failure, Failure::Review { is_of_spec: true, .. }) {
            return Some("the reviewer says that the task itself is at fault".to_owned());
        }
        if let Some(why) = attempt.rework.as_ref().and_then(|rework| rework::rebase_reason(rework, failure)) {
            return Some(why);
        }
        let failures = record.failures + 1;
        if failures >= options.after_attempts {
            let attempts = count(failures as usize, "attempt", "attempts");
            return Some(format!("{attempts} at this version failed"));
        }
        let work = work_of(spec);
        let expected =
            estimate(&[(work, self.run.model(role(spec), work))], &turn.shared.prices, &turn.shared.ledger);
        let is_stray = |path: &String| overlap(std::slice::from_ref(path), &spec.scope.files_hint) == 0.0;
        let track = &self.track.backlog.track_id;
        let own = attempt.number..=attempt.number;
        let spent = turn.shared.ledger.of_attempts(track, &spec.id, own, |kind| kind == work);
        is_messy(&Effort {
            steps: spent.steps,
            reverts: attempt.reverts,
            tokens: spent.tokens(),
            tokens_expected: expected.tokens,
            stray_files: record.changes.iter().filter(|change| is_stray(&change.path)).count(),
        })
    }

    /// Whether a better spec is to be asked for before another attempt at a task begins.
    pub(super) fn is_rebase_due(&self, task: usize) -> bool {
        let is_due = |record: &Record| record.rebase_due.is_some();
        self.run.options.rebase.enabled && self.track.records.get(task).is_some_and(is_due)
    }

    /// Asks for a better spec. The task waits meanwhile and takes no worker's place.
    pub(super) fn begin_rebase(&mut self, turn: &mut Turn, task: usize, is_probe: bool) {
        let Some(commission) = self.spec_commission(task) else { return };
        let author = Author::begin(turn, &commission, is_probe);
        let Some(record) = self.track.records.get_mut(task) else { return };
        let why = record.rebase_due.clone().unwrap_or_default();
        record.life = Life::Rebasing(Box::new(Rebasing { why, is_second: false, author }));
        self.record_task(turn, task);
    }

    pub(super) fn rebase_model(&self) -> Option<ModelRef> {
        self.run.model(Role::Rebase, Work::Rebase)
    }

    fn spec_commission(&self, task: usize) -> Option<Commission<'_>> {
        let (spec, record) = (self.track.backlog.tasks.get(task)?, self.track.records.get(task)?);
        Some(Commission {
            run: &self.run,
            role: Role::Rebase,
            work: Work::Rebase,
            title: "Better spec",
            nothing: "no better spec",
            task: spec,
            attempt: record.begun,
            waiter: Waiter::Implement(Wait::Rebase { task }),
        })
    }

    /// A step of a rebase ended.
    pub(super) fn rebase_resolved(&mut self, turn: &mut Turn, task: usize, outcome: &Outcome, took_ms: u64) {
        let Some(record) = self.track.records.get_mut(task) else { return };
        let Life::Rebasing(rebasing) = std::mem::take(&mut record.life) else { return };
        let Rebasing { why, is_second, author } = *rebasing;
        let Some(commission) = self.spec_commission(task) else { return };
        let is_stopping = self.is_stopping();
        let question = (!is_stopping).then(|| self.rebase_text(task, commission.task));
        let (open, text) = match author.resolved(turn, &commission, question, outcome, took_ms) {
            Authored::More(author) => return self.rebase_on(task, Rebasing { why, is_second, author }),
            Authored::Text(open, text) => (open, text),
            Authored::Nothing(lack) => return self.rebased(turn, task, why, Err(lack.told().to_owned())),
        };
        let proposal = parse_proposal(&text).and_then(|proposal| self.better_spec(turn, task, proposal));
        match proposal {
            Err(problem) if !is_second && !is_stopping => {
                let author = open.again(turn, &commission, problem);
                self.rebase_on(task, Rebasing { why, is_second: true, author });
            }
            result => {
                let result = result.and_then(|found| self.sure_enough(found));
                let end = if result.is_ok() { Ok("a better spec") } else { Err(commission.nothing) };
                open.close(turn, &self.run, end);
                self.rebased(turn, task, why, result);
            }
        }
    }

    /// What the author reads.
    fn rebase_text(&self, task: usize, spec: &TaskSpec) -> String {
        let record = &self.track.records[task];
        rebase_prompt(spec, &record.history, &record.lessons(), self.run.options.context.max_bytes)
    }

    fn rebase_on(&mut self, task: usize, rebasing: Rebasing) {
        if let Some(record) = self.track.records.get_mut(task) {
            record.life = Life::Rebasing(Box::new(rebasing));
        }
    }

    /// The task as proposed, if it may stand in the backlog and can be sent. The error is for the author.
    fn better_spec(
        &self,
        turn: &Turn,
        task: usize,
        proposal: Proposal,
    ) -> Result<(Proposal, TaskSpec), String> {
        let spec = self.track.backlog.tasks.get(task).ok_or_else(|| "the task is gone".to_owned())?;
        let better = proposal.fields.apply(spec);
        let mut tasks = self.track.backlog.tasks.clone();
        tasks[task] = better.clone();
        let own = spec.id.to_string();
        let limits = &self.track.backlog.limits;
        let all = validate(&tasks).into_iter().chain(limits.problems(&tasks));
        let problems = all.filter(|problem| problem.task.as_ref() == Some(&own));
        let mut problems: Vec<String> = problems.map(|problem| problem.to_string()).collect();
        let bytes_max = self.run.options.context.max_bytes;
        let inputs = Inputs { limits, ..Inputs::of(&better, &[], bytes_max) };
        // How long it is, is a matter of words: whoever writes shorter ones is asked before its next attempt.
        let others = Others::of(&tasks);
        let clean = match compile_clean(&inputs, &others) {
            Err(Unclean::TooLarge(_)) => compile_clean(&Inputs { bytes_max: usize::MAX, ..inputs }, &others),
            clean => clean,
        };
        problems.extend(clean.map_or_else(Unclean::lines, |clean| clean.left_out));
        // What it was given to read it may repeat.
        let given = self.rebase_text(task, spec);
        let given: Vec<&str> = fields(spec).map(|(_, text)| text).chain([given.as_str()]).collect();
        let echoes = echoes(&better, &turn.shared.overheard, &given);
        problems.extend(echoes.iter().map(ToString::to_string));
        if problems.is_empty() {
            Ok((proposal, better))
        } else {
            let problems: String = problems.iter().map(|problem| format!("- {problem}\n")).collect();
            Err(format!("The task as you propose it cannot be used:\n{problems}Send the whole block again."))
        }
    }

    fn sure_enough(&self, (proposal, better): (Proposal, TaskSpec)) -> Result<(Proposal, TaskSpec), String> {
        let least = self.run.options.rebase.confidence;
        if proposal.confidence < least {
            return Err(format!("its author is only {} sure, and {least} is asked for", proposal.confidence));
        }
        Ok((proposal, better))
    }

    /// There is a better spec, or there is none: the task starts again either way.
    fn rebased(
        &mut self,
        turn: &mut Turn,
        task: usize,
        why: String,
        result: Result<(Proposal, TaskSpec), String>,
    ) {
        let is_stopping = self.is_stopping();
        let (Some(spec), Some(record)) =
            (self.track.backlog.tasks.get(task), self.track.records.get_mut(task))
        else {
            return;
        };
        record.life = Life::Waiting;
        if !is_stopping {
            record.rebase_due = None;
            record.rebases += 1;
        }
        let (text, better) = match result {
            Ok((proposal, better)) => {
                let changes = changes(spec, &better);
                let number = record.versions.len() as u32 + 2;
                let text = format!(
                    "**{}** has a better spec (version {number}, confidence {}): {}\n\n```diff\n{}\n```",
                    spec.id,
                    proposal.confidence,
                    proposal.reasoning,
                    changes.join("\n")
                );
                record.versions.push(SpecVersion {
                    number,
                    at_ms: turn.shared.now_ms,
                    why,
                    reasoning: proposal.reasoning,
                    confidence: proposal.confidence,
                    changes,
                });
                record.origin = Origin::Rebase;
                record.untried = Some(Untried { wording: record.wording.take() });
                (text, Some(better))
            }
            Err(reason) => {
                (format!("**{}** keeps its spec: {}.", spec.id, reason.trim_end_matches('.')), None)
            }
        };
        record.failures = 0;
        turn.say(&self.run.chat, text);
        if let Some(better) = better {
            let former: Vec<&str> = overheard::lines(&self.track.backlog.tasks[task]).collect();
            let new = overheard::lines(&better).filter(|line| !former.contains(line));
            overheard::wrote(turn.shared, &self.track.backlog.track_id, new);
            self.track.respecify(task, better);
            self.look_at_length(task);
            if let Some(why) = self.answer_for(task).and_then(|answer| answer.refusal.clone()) {
                // It was proposed before.
                self.refused(turn, task, &why);
            }
        }
        self.schedule.give_back(task);
        self.record_notes(turn, task, "");
        self.record_task(turn, task);
    }

    /// Why a task cannot be started, after fewer words were asked for in vain. A better spec that nobody has
    /// worked by is taken back instead, and its author is not asked again for that: the task goes on by its
    /// former spec, with what its attempts taught. Not for an author who could not be asked.
    pub(super) fn refused(&mut self, turn: &mut Turn, task: usize, why: &str) -> Option<String> {
        let refusal = self.refusal(task, why)?;
        if self.answer_for(task).is_none() || !self.track.take_back_spec(task) {
            return Some(refusal);
        }
        let id = &self.track.backlog.tasks[task].id;
        let why = format!(
            "its better spec is too long for a context and is not used, because a shorter wording of it was asked for \
             and cannot be used: {}",
            why.trim_end_matches('.')
        );
        turn.say(&self.run.chat, format!("**{id}** goes back to its former spec: {why}."));
        self.track.records[task].history.push(format!("Back to the former spec: {why}."));
        self.look_at_length(task);
        self.record_notes(turn, task, "");
        self.record_task(turn, task);
        None
    }

    /// An attempt begins: what those before it taught stands in a better spec, if it has one.
    pub(super) fn try_spec(&mut self, turn: &mut Turn, task: usize) {
        if let Some(record) = self.track.records.get_mut(task)
            && record.untried.take().is_some()
        {
            record.evidence.clear();
            self.forget_task(turn, task);
        }
    }
}
