//! One run: the bad part, then a benign world in which everything must come to its end.

use std::collections::BTreeSet;

use multi_agent_coder::backlog::Status;
use multi_agent_coder::event::CommandName;
use multi_agent_coder::ids::{CommitId, TaskId};

use crate::coverage::{Class, Coverage};
use crate::setup::{Round, TRACK, mark};
use crate::world::{BACKLOG, Session, World, trace};

/// So many commands bring any backlog to its end in a benign world.
const COMMANDS_MAX: u32 = 40;

/// In so many of a thousand runs what has landed is built again.
const BUILT_AGAIN: u64 = 150;

/// Plays the run of a seed; panics when an invariant does not hold.
pub fn simulate(seed: u64) -> Coverage {
    let mut world = World::new(seed);
    trace!(world, "options {}, rates {:?}", world.setup.options, world.setup.rates);
    for round in world.setup.rounds.clone() {
        world.play(&round);
    }
    world.turn_benign();
    world.come_to_an_end();
    world.check_end();
    if world.rng.chance(BUILT_AGAIN) {
        world.build_again();
    }
    world.coverage
}

impl World {
    fn play(&mut self, round: &Round) {
        if self.rng.chance(700) {
            self.repair();
        }
        for act in &round.before {
            self.person(*act);
        }
        self.now_ms += self.rng.between(1, 600_000);
        if round.is_plan {
            self.give(CommandName::Plan, "feature.md");
        } else if self.rng.chance(300) {
            self.give_review();
        } else {
            let names = if round.names_tasks { self.some_names() } else { String::new() };
            self.give(CommandName::Implement, &names);
        }
        self.run(&round.beside);
        self.note_fates();
    }

    fn some_names(&mut self) -> String {
        let tasks = self.readable.tasks.clone();
        let names: Vec<&str> =
            tasks.iter().filter(|_| self.rng.chance(500)).map(|task| task.id.as_str()).collect();
        names.join(" ")
    }

    /// What is known of each task now that no command runs.
    fn statuses(&self) -> Vec<(TaskId, Status)> {
        self.expected.as_ref().map(|engine| engine.statuses()).unwrap_or_default()
    }

    fn note_fates(&mut self) {
        let failed = self.failed();
        if !failed.is_empty() {
            self.hit(Class::TaskFailed);
        }
        let end = self.end.clone();
        let Some(Err(error)) = &end else { return };
        for (words, class) in [
            ("blocked, because", Class::TaskBlocked),
            ("budget is used up", Class::Budget),
            ("When the trouble is over", Class::StoppedByTrouble),
        ] {
            if error.contains(words) {
                self.hit(class);
            }
        }
    }

    fn failed(&self) -> Vec<String> {
        let is_failed = |(_, status): &(TaskId, Status)| *status == Status::Failed;
        self.statuses().into_iter().filter(is_failed).map(|(id, _)| id.to_string()).collect()
    }

    /// The person goes on until everything is done.
    fn come_to_an_end(&mut self) {
        let mut trusts = "";
        for _ in 0..COMMANDS_MAX {
            self.now_ms += 60_000;
            if self.file(BACKLOG).is_none() {
                self.give(CommandName::Plan, "--new feature.md");
                self.run(&[]);
                continue;
            }
            let names = self.failed().join(" ");
            let held = self.statuses().into_iter().find(|(_, status)| *status == Status::Review);
            if let Some((id, _)) = held {
                self.judge(&id);
                continue;
            }
            self.give(CommandName::Implement, &format!("{names} {trusts}"));
            self.run(&[]);
            let is_refused = matches!(&self.end, Some(Err(error)) if error.contains("--trust-config"));
            trusts = if is_refused { "--trust-config" } else { "" };
            let is_advised = self.follow_advice() || self.cut_long() || is_refused;
            let is_held = self.statuses().iter().any(|(_, status)| *status == Status::Review);
            if self.end == Some(Ok(())) && names.is_empty() && !is_held {
                return;
            }
            // With nothing in the way one command brings everything to its end.
            let has_reason = !names.is_empty() || is_advised || is_held || !self.failed().is_empty();
            assert!(has_reason, "I1: left undone for no reason: {:?}", self.end);
        }
        panic!("I1: it does not come to an end: {:?} {:?}", self.end, self.statuses());
    }

    /// The person approves what waits, and has it done again when that is not enough.
    fn judge(&mut self, id: &TaskId) {
        self.review(&format!("{id} approve"));
        self.run(&[]);
        if matches!(&self.end, Some(Err(error)) if error.contains("--trust-config")) {
            self.give(CommandName::Implement, "--trust-config");
            self.run(&[]);
        } else if self.follow_advice() || self.end == Some(Ok(())) {
        } else {
            self.hit(Class::NotMerged);
            let words = format!("{id} changes \"mind what is merged, {}\"", mark(id.as_str()));
            self.review(&words);
            self.run(&[]);
        }
    }

    /// What the message says brings the branch back. Whether it says so.
    fn follow_advice(&mut self) -> bool {
        let Some(Err(error)) = &self.end else { return false };
        let error = error.replace("git branch -f mac/", "git branch mac/");
        let Some((_, rest)) = error.split_once("`git branch mac/") else { return false };
        let mut words = rest.split(['`', ' ']).skip(1);
        let commit = CommitId(words.next().unwrap_or_default().to_owned());
        if self.git.commit(&commit).is_some() {
            self.note_merges(&commit);
            self.git.refs.insert(self.branch(), commit);
        }
        true
    }

    /// What must hold whenever nothing is under way.
    pub fn check_quiet(&mut self) {
        let Some(process) = &self.process else { return };
        let known = process.engine.checkpoint();
        let multi_agent_coder::event::Event::Checkpoint { state } = known else { return };
        assert!(
            state["waiting"].as_object().is_none_or(|waiting| waiting.is_empty()),
            "I13: waits for nothing"
        );
        for (id, session) in &self.sessions {
            let is_listed = state["sessions"].get(id.as_str()).is_some();
            assert!(
                session.is_gone || is_listed || session.is_denied || self.is_interrupted(&state, session),
                "I11: {id} is neither gone nor listed: {:?}",
                session.purpose
            );
        }
        let track = self.track.clone();
        for (id, status) in process.engine.statuses() {
            let known = (track.clone(), id.to_string());
            let is_called_done = self.books.given.contains(id.as_str()) || self.books.is_branch_lost;
            assert!(
                status != Status::Completed || is_called_done || self.books.merged.contains(&known),
                "I3: {id} counts as done and is not on the branch"
            );
        }
        if let Some(plan) = self.backlog() {
            if plan.track_id.as_str() != TRACK {
                self.coverage.hit(Class::Planned);
            }
            self.readable = plan;
        }
    }

    /// Whether a session is below a chat that the next command looks into.
    fn is_interrupted(&self, state: &serde_json::Value, session: &Session) -> bool {
        let chats = state["interrupted"]["chats"].as_array();
        chats.is_some_and(|chats| chats.iter().any(|chat| *chat == session.parent.as_str()))
    }

    /// What must hold at the end of a run.
    fn check_end(&mut self) {
        let statuses = self.statuses();
        assert_eq!(statuses.len(), self.readable.tasks.len(), "I1: tasks are missing: {statuses:?}");
        for (id, status) in &statuses {
            assert_eq!(*status, Status::Completed, "I1: {id} is not done: {statuses:?}");
        }
        let mut merges = BTreeSet::new();
        for reference in [self.branch(), self.git.head()] {
            merges.extend(self.git.refs.get(&reference).map(|tip| self.git.merges(tip)).unwrap_or_default());
        }
        for (id, _) in &statuses {
            let is_there = merges.contains(id.as_str()) || self.books.given.contains(id.as_str());
            assert!(is_there, "I3: {id} counts as done and its merge is on no branch");
        }
        let left = self.sessions.iter().find(|(_, session)| !session.is_gone && !session.is_denied);
        assert!(left.is_none(), "I11: a session of ours is left: {left:?}");
        if let Some(tip) = self.git.refs.get(&self.branch())
            && self.setup.options["land"] == "auto"
        {
            let head = &self.git.refs[&self.git.head()];
            let has_it = self.git.holds(head, tip);
            assert!(has_it || !self.git.holds(tip, head), "everything is merged and it was not landed");
        }
        self.check_words();
    }

    /// I5: what an agent wrote is in a ref of ours, or still in its worktree.
    fn check_words(&self) {
        let mut texts = BTreeSet::new();
        let mut open: Vec<&CommitId> = self.git.refs.values().collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if let Some(commit) = self.git.commit(id)
                && seen.insert(id)
            {
                texts.extend(commit.tree.values().map(String::as_str));
                open.extend(&commit.parents);
            }
        }
        for worktree in self.git.worktrees.values() {
            texts.extend(worktree.tree.values().map(String::as_str));
        }
        for word in self.books.words.keys() {
            assert!(texts.iter().any(|text| text.contains(word.as_str())), "I5: {word} is in no ref");
        }
    }
}
