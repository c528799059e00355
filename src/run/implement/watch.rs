//! The person's checkout while agents work. They have no business in it, and nothing can keep a shell
//! command from reaching it: so it is looked at before and after each agent's work, and what changed
//! meanwhile is told at the end. Nothing is ever put back: it may have been the person.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::backlog::Backlog;
use crate::effect::git::{Checkout, GitOperation, GitOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::options::Options;
use crate::run::Waiter;
use crate::run::implement::attempt::Stage;
use crate::run::implement::{ImplementRun, Wait};
use crate::text::{count, list};
use crate::track::Life;

/// So many files are named.
const NAMED_MAX: usize = 10;

/// What is known of the checkout.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Watch {
    last: Option<Checkout>,
    /// Tasks whose agents have been at work since the last look.
    at_work: BTreeSet<usize>,
    /// Changed paths, and the tasks at work then.
    changed: BTreeMap<String, BTreeSet<usize>>,
}

impl Watch {
    fn see(&mut self, checkout: &Checkout) {
        if let Some(last) = self.last.replace(checkout.clone()) {
            let before: BTreeSet<_> = last.files.iter().collect();
            let after: BTreeSet<_> = checkout.files.iter().collect();
            let paths: BTreeSet<&String> =
                before.symmetric_difference(&after).map(|file| &file.name).collect();
            for path in paths {
                self.changed.entry(path.clone()).or_default().extend(self.at_work.iter());
            }
        }
    }

    /// What changed in the checkout while agents were at work, for the end of a run.
    pub(crate) fn report(&self, backlog: &Backlog, options: &Options) -> Option<String> {
        let own = format!("{}/", options.output_dir.trim_end_matches('/'));
        let changed =
            self.changed.iter().filter(|(path, tasks)| !tasks.is_empty() && !path.starts_with(&own));
        let changed: Vec<_> = changed.collect();
        if changed.is_empty() {
            return None;
        }
        let tasks: BTreeSet<usize> = changed.iter().flat_map(|(_, tasks)| tasks.iter().copied()).collect();
        let ids = tasks.iter().filter_map(|task| backlog.tasks.get(*task));
        let ids: Vec<String> = ids.map(|task| task.id.to_string()).collect();
        let mut names: Vec<String> =
            changed.iter().take(NAMED_MAX).map(|(path, _)| format!("`{path}`")).collect();
        if changed.len() > NAMED_MAX {
            names.push(format!("{} more", changed.len() - NAMED_MAX));
        }
        Some(format!(
            "**Note:** {} changed in your checkout while agents worked ({}): {}. Agents work elsewhere; if that was \
             not you, look at `git status` and `git diff`.",
            count(changed.len(), "file", "files"),
            list(&ids),
            list(&names)
        ))
    }
}

impl ImplementRun {
    /// Looks at the checkout, beside whatever else goes on.
    pub(super) fn look_at_checkout(&self, turn: &mut Turn) {
        turn.request(Waiter::Implement(Wait::Checkout), Operation::Git(GitOperation::Look));
    }

    /// An agent begins to work.
    pub(super) fn agent_begins(&mut self, task: usize) {
        self.watch.at_work.insert(task);
    }

    /// The checkout was looked at. When that failed there is nothing to compare with.
    pub(super) fn checkout_seen(&mut self, outcome: &Outcome) {
        if let Outcome::Git(GitOutcome::Seen { checkout }) = outcome {
            self.watch.see(checkout);
            let is_at_work = |task: &usize| {
                let life = self.track.records.get(*task).map(|record| &record.life);
                matches!(life, Some(Life::Running(attempt)) if matches!(attempt.stage, Stage::Working(_)))
            };
            self.watch.at_work.retain(is_at_work);
        }
    }
}
