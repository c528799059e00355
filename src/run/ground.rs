//! What must hold before a command may do anything: a usable repository, models that exist, and no
//! sessions left over from a run that was interrupted.

use serde::Serialize;

use crate::effect::catalogue::{CatalogueEntry, CatalogueOperation, CatalogueOutcome};
use crate::effect::git::{GitOperation, GitOutcome, Guarded, Repository};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Shared, Turn};
use crate::event::{CommandName, Setting};
use crate::ids::{SessionId, TaskId, TrackId};
use crate::metrics::Price;
use crate::options::{LandMode, Options};
use crate::route::route;
use crate::run::desk::request::is_for_script;
use crate::run::recover::Recovery;
use crate::run::specs::sweep::{Sweep, Swept};
use crate::run::{Progress, Run, Waiter, desk, draft, git_failure, implement, plan, regenerate, specs};
use crate::text::{bullets, list};

/// The argument of `/implement` that takes git's configuration as it is now.
pub(super) const TRUST_CONFIG: &str = "--trust-config";

/// A command whose preconditions are being looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ground {
    run: Run,
    name: CommandName,
    arguments: String,
    is_stopping: bool,
    stage: Stage,
}

/// What is being looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    Repository,
    Models,
    /// What an earlier process left behind is being put right.
    Recovery(Recovery),
    /// What a person edited in the specs is being taken in.
    Specs(Sweep),
}

/// A command that needs the repository and models was given.
pub fn given(
    turn: &mut Turn,
    chat: &SessionId,
    name: CommandName,
    arguments: &str,
    options: Options,
    setting: &Setting,
) -> Activity {
    if !setting.prompts.problems.is_empty() {
        let text = format!(
            "your prompts have problems; no agent is asked until they are put right and OpenCode is restarted:\n{}",
            bullets(&setting.prompts.problems)
        );
        return turn.fail(chat, text);
    }
    let routing = match route(&options.models, setting.model.as_ref(), setting.small_model.as_ref()) {
        Ok(routing) => routing,
        Err(problem) => return turn.fail(chat, problem.to_string()),
    };
    let run = Run {
        chat: chat.clone(),
        options,
        routing,
        agents: setting.agents.clone(),
        tool_rules: setting.tool_rules.clone(),
        prompts: setting.prompts.hashes.clone(),
        track: None,
        repository: Repository::default(),
        started_ms: turn.shared.now_ms,
        seed: setting.seed,
    };
    for note in &setting.prompts.notes {
        turn.say(chat, format!("**Note:** {note}."));
    }
    turn.request(Waiter::Ground, Operation::Git(GitOperation::Inspect { reference: None }));
    Activity::Ground(Ground {
        run,
        name,
        arguments: arguments.trim().to_owned(),
        is_stopping: false,
        stage: Stage::Repository,
    })
}

impl Ground {
    /// The chat of the command.
    pub fn chat(&self) -> &SessionId {
        &self.run.chat
    }

    /// The attempt whose session is being recalled, if it is this one.
    pub(crate) fn recalling(&self, shared: &Shared, seen: &SessionId) -> Option<(TrackId, TaskId, u32)> {
        let Stage::Recovery(recovery) = &self.stage else { return None };
        recovery.recalling(shared, seen)
    }

    /// The person wants it to stop. It ends with the answer that is under way: a later command must
    /// not take that answer for its own.
    pub fn cancelled(mut self) -> Activity {
        self.is_stopping = true;
        Activity::Ground(self)
    }

    /// The repository was inspected, or the models were looked up.
    pub fn resolved(mut self, turn: &mut Turn, outcome: &Outcome) -> Activity {
        if self.is_stopping {
            return turn.fail(&self.run.chat, "stopped before anything began");
        }
        match (self.stage.clone(), outcome) {
            (Stage::Repository, Outcome::Git(GitOutcome::Inspected { repository })) => {
                if let Some(problem) = repository_problem(repository, &self.run.options, self.name) {
                    return turn.fail(&self.run.chat, problem);
                }
                if let Some(problem) = self.configuration_problem(turn, repository) {
                    return turn.fail(&self.run.chat, problem);
                }
                self.run.repository = repository.clone();
                self.stage = Stage::Models;
                let models = self.run.models();
                turn.request(Waiter::Ground, Operation::Catalogue(CatalogueOperation::Look { models }));
                Activity::Ground(self)
            }
            (Stage::Models, Outcome::Catalogue(CatalogueOutcome::Found { models })) => {
                if let Some(problem) = models_problem(models, &self.run) {
                    return turn.fail(&self.run.chat, problem);
                }
                remember_prices(turn, models);
                let is_quiet = self.name == CommandName::Review && is_for_script(&self.arguments);
                let progress = Recovery::begin(turn, &self.run, is_quiet);
                self.recovering(turn, progress)
            }
            (Stage::Recovery(recovery), outcome) => {
                let progress = recovery.resolved(turn, &self.run, outcome);
                self.recovering(turn, progress)
            }
            (Stage::Specs(sweep), outcome) => {
                let progress = sweep.resolved(turn, outcome, Waiter::Ground);
                self.sweeping(turn, progress)
            }
            (_, Outcome::Catalogue(CatalogueOutcome::Failed { message })) => {
                turn.fail(&self.run.chat, format!("OpenCode's model catalogue did not answer: {message}"))
            }
            (_, other) => turn.fail(&self.run.chat, git_failure(other)),
        }
    }

    /// What was changed under an earlier run, and is neither undone nor taken as it is.
    fn configuration_problem(&self, turn: &mut Turn, repository: &Repository) -> Option<String> {
        // Nothing else lets git act on what agents wrote.
        if !matches!(self.name, CommandName::Implement | CommandName::Regenerate | CommandName::Review) {
            return None;
        }
        let before = turn.shared.guard.take()?;
        let changed = repository.guard.iter().chain(&before);
        let differs = |one: &&Guarded| !(before.contains(one) && repository.guard.contains(one));
        let mut names: Vec<String> = changed.filter(differs).map(|one| one.name.clone()).collect();
        names.sort();
        names.dedup();
        // /review has no such option: there the word is one of the person's to an agent.
        let is_taken = self.name != CommandName::Review
            && self.arguments.split_whitespace().any(|word| word == TRUST_CONFIG);
        if names.is_empty() || is_taken {
            return None;
        }
        turn.shared.guard = Some(before);
        let command = match self.name {
            CommandName::Regenerate => format!("/regenerate {}", self.arguments),
            _ => "/implement".to_owned(),
        };
        Some(format!(
            "git's configuration was changed while agents worked, and still is: {}. Undo it (`git config --list \
             --show-origin` shows where it is), or take it as it is with `{command} {TRUST_CONFIG}`.",
            list(&names)
        ))
    }

    fn recovering(mut self, turn: &mut Turn, progress: Progress<Recovery, ()>) -> Activity {
        match progress {
            Progress::More(recovery) => {
                self.stage = Stage::Recovery(recovery);
                Activity::Ground(self)
            }
            Progress::Done(()) => {
                let sweep = Sweep::begin(turn, specs::directory(&self.run.options), Waiter::Ground);
                self.stage = Stage::Specs(sweep);
                Activity::Ground(self)
            }
            Progress::Aborted => turn.fail(&self.run.chat, "stopped before anything began"),
            Progress::Failed(reason) => turn.fail(&self.run.chat, reason),
        }
    }

    /// Specs that cannot be used are no reason not to work.
    fn sweeping(mut self, turn: &mut Turn, progress: Progress<Sweep, Swept>) -> Activity {
        match progress {
            Progress::More(sweep) => {
                self.stage = Stage::Specs(sweep);
                return Activity::Ground(self);
            }
            Progress::Done(swept) => {
                for paragraph in swept.told() {
                    turn.say(&self.run.chat, paragraph);
                }
            }
            Progress::Failed(reason) => {
                let text = format!("**Note:** edits of specs were not taken in: {reason}.");
                turn.say(&self.run.chat, text);
            }
            Progress::Aborted => {}
        }
        self.begin(turn)
    }

    fn begin(self, turn: &mut Turn) -> Activity {
        match self.name {
            CommandName::Plan => plan::begin(turn, self.run, &self.arguments),
            CommandName::Backlog => draft::begin(turn, self.run, &self.arguments),
            CommandName::Implement => implement::begin(turn, self.run, &self.arguments),
            CommandName::Review => desk::begin(turn, self.run, &self.arguments),
            CommandName::Regenerate => regenerate::begin(turn, self.run, &self.arguments),
            CommandName::Spec => specs::command::begin(turn, self.run, &self.arguments),
            CommandName::Progress | CommandName::Metrics => turn.fail(&self.run.chat, "nothing to prepare"),
        }
    }
}

/// What stands in the way of working in this repository.
fn repository_problem(repository: &Repository, options: &Options, name: CommandName) -> Option<String> {
    if !repository.is_repository {
        return Some("this is not a git repository. Run `git init`, commit once, and try again.".to_owned());
    }
    if repository.head.is_none() {
        return Some(
            "this repository has no commit yet, and work has to start from one. Commit something first, \
             for example `git commit --allow-empty -m start`."
                .to_owned(),
        );
    }
    let may_land = options.land == LandMode::Auto && name != CommandName::Review;
    if repository.branch.is_none() && may_land {
        return Some(
            "HEAD is detached, so there is no branch to land on. Check one out (`git switch -c <name>`), \
             or set the option land to \"never\"."
                .to_owned(),
        );
    }
    if repository.has_mac_branch {
        return Some(
            "a branch named `mac` exists, and git cannot keep `mac/<track>` beside it. Rename it, for \
             example `git branch -m mac mac-old`."
                .to_owned(),
        );
    }
    None
}

/// Which configured models the host does not have.
fn models_problem(models: &[CatalogueEntry], run: &Run) -> Option<String> {
    let lines: Vec<String> = models
        .iter()
        .filter_map(|entry| match entry {
            CatalogueEntry::Known { .. } => None,
            CatalogueEntry::Unknown { model, similar } => {
                let hint = if similar.is_empty() {
                    "`opencode models` lists what there is".to_owned()
                } else {
                    format!("did you mean {}?", similar.join(" or "))
                };
                Some(format!(
                    "OpenCode has no model {model} (used for {}); {hint}",
                    list(&run.uses_of(model))
                ))
            }
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn remember_prices(turn: &mut Turn, models: &[CatalogueEntry]) {
    for entry in models {
        if let CatalogueEntry::Known { model, input_usd, output_usd, context_tokens } = entry {
            let price = Price { input_usd: *input_usd, output_usd: *output_usd };
            turn.shared.prices.insert(model.to_string(), price);
            if *context_tokens > 0 {
                turn.shared.context_tokens.insert(model.to_string(), *context_tokens);
            }
        }
    }
}
