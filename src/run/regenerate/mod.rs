//! `/regenerate`: builds a feature again from its spec, on a track of its own, and compares the result with
//! what is there. The work itself is `/implement`'s: its run is given an errand and hands back at its end.
//! Nothing lands: that is the person's word.

mod asked;
mod building;
mod comparing;
mod ending;
mod reading;
mod starting;
pub mod state;
mod subjects;
mod telling;
mod verdict;

use serde::Serialize;

use crate::effect::Outcome;
use crate::engine::{Activity, Turn};
use crate::ids::{CommitId, SessionId};
use crate::run::regenerate::asked::Asked;
use crate::run::regenerate::comparing::Comparing;
use crate::run::regenerate::ending::Ending;
use crate::run::regenerate::reading::{Feature, Reading};
use crate::run::regenerate::starting::Starting;
use crate::run::regenerate::state::{Building, Item};
use crate::run::{Progress, Run, Waiter};
use crate::text::list;

/// `/regenerate` under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegenerateRun {
    run: Run,
    asked: Asked,
    /// Every feature with a readable spec, by number.
    known: Vec<Feature>,
    /// What is to be done, in order; kept in `Shared` too, after each change.
    items: Vec<Item>,
    /// What went wrong so far, a line each.
    red: Vec<String>,
    is_stopping: bool,
    stage: Stage,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    /// The spec repository is being read.
    Reading(Reading),
    /// It is being found out where a version begins.
    Starting(Starting),
    /// `/implement`'s run has it.
    Building,
    /// Versions are being compared.
    Comparing(Box<Comparing>),
    /// What came of it is being written down.
    Ending(Box<Ending>),
}

/// Begins with everything in place.
pub fn begin(turn: &mut Turn, run: Run, arguments: &str) -> Activity {
    let asked = match asked::read(arguments) {
        Ok(asked) => asked,
        Err(problem) => return turn.fail(&run.chat, problem),
    };
    if let Some(problem) = dirty_problem(&run) {
        return turn.fail(&run.chat, problem);
    }
    let reading = Reading::begin(turn, &run, Waiter::Regenerate);
    let (known, items, red) = (Vec::new(), Vec::new(), Vec::new());
    let stage = Stage::Reading(reading);
    Activity::Regenerate(Box::new(RegenerateRun { run, asked, known, items, red, is_stopping: false, stage }))
}

/// What is not committed would be in neither version, and in the way of landing. Documents of ours are not.
fn dirty_problem(run: &Run) -> Option<String> {
    let repository = &run.repository;
    let own = [&run.options.output_dir, &run.options.specs_dir]
        .map(|directory| format!("{}/", directory.trim_end_matches('/')));
    let is_own = |path: &&String| own.iter().any(|directory| path.starts_with(directory));
    let dirty: Vec<String> = repository.dirty_paths.iter().filter(|path| !is_own(path)).cloned().collect();
    let unnamed = (repository.dirty_files as usize).saturating_sub(repository.dirty_paths.len());
    if dirty.is_empty() && unnamed == 0 {
        return None;
    }
    let more = if unnamed > 0 { " and more" } else { "" };
    Some(format!(
        "the checkout has changes that are not committed: {}{more}. Commit or stash them first, so that what is \
         compared is what you have.",
        list(&dirty)
    ))
}

impl RegenerateRun {
    /// What the command works with.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The chat of the command.
    pub fn chat(&self) -> &SessionId {
        &self.run.chat
    }

    /// The person wants it to stop. It ends with the answer that is under way.
    pub fn cancelled(mut self: Box<Self>, turn: &mut Turn) -> Activity {
        self.is_stopping = true;
        turn.cancel_all();
        Activity::Regenerate(self)
    }

    /// What it waited for ended.
    pub fn resolved(mut self: Box<Self>, turn: &mut Turn, outcome: &Outcome) -> Activity {
        let stage = std::mem::replace(&mut self.stage, Stage::Building);
        turn.guard(&self.run, outcome);
        if self.is_stopping {
            return self.stopped(turn);
        }
        match stage {
            Stage::Reading(reading) => {
                let progress = reading.resolved(turn, &self.run, &self.asked, outcome, Waiter::Regenerate);
                self.is_read(turn, progress)
            }
            Stage::Starting(starting) => self.starting_resolved(turn, starting, outcome),
            Stage::Building => Activity::Regenerate(self),
            Stage::Comparing(comparing) => {
                let progress = comparing.resolved(turn, &self.run, outcome, Waiter::Regenerate);
                self.comparing_goes_on(turn, progress)
            }
            Stage::Ending(ending) => self.ending_resolved(turn, *ending, outcome),
        }
    }

    /// The spec repository was read: what is to be done?
    fn is_read(mut self: Box<Self>, turn: &mut Turn, progress: Progress<Reading, Vec<Feature>>) -> Activity {
        match progress {
            Progress::More(reading) => {
                self.stage = Stage::Reading(reading);
                return Activity::Regenerate(self);
            }
            Progress::Done(known) => self.known = known,
            Progress::Failed(reason) => return turn.fail(&self.run.chat, reason),
            Progress::Aborted => return self.stopped(turn),
        }
        let chosen: Vec<_> =
            self.known.iter().filter(|feature| feature.is_chosen()).map(Feature::name_and_version).collect();
        let order = match reading::in_order(&self.known) {
            Ok(order) => order,
            Err(problem) => return turn.fail(&self.run.chat, problem),
        };
        let in_order: Vec<_> =
            order.iter().filter_map(|id| chosen.iter().find(|(feature, _)| feature == id).cloned()).collect();
        let key = self.key();
        self.items = turn.shared.regenerations.resume(&key, &in_order);
        let done = self.items.iter().filter(|item| item.is_done).count();
        if done > 0 {
            let text = format!("Going on: {done} of {} features are done.", self.items.len());
            turn.say(&self.run.chat, text);
        }
        self.next(turn)
    }

    /// The next version to build, the next feature to compare, or the end.
    fn next(self: Box<Self>, turn: &mut Turn) -> Activity {
        self.keep(turn);
        let times = self.asked.times as usize;
        let tried = self.red.len();
        let open = self.items.iter().filter(|item| !item.is_done).nth(tried);
        let Some(item) = open.filter(|_| self.red.is_empty() || self.asked.keeps_going).cloned() else {
            return self.conclude(turn);
        };
        let is_built = |building: &Building| {
            let track = turn.shared.tracks.get(&building.track);
            track.is_some_and(crate::track::Track::is_complete)
        };
        match item.versions.iter().find(|building| !is_built(building)).cloned() {
            Some(building) => self.branch(turn, building),
            None if item.versions.len() < times => self.start(turn, &item),
            None => self.compare(turn, &item),
        }
    }

    /// Remembers what is to be done, for the same command later.
    fn keep(&self, turn: &mut Turn) {
        turn.shared.regenerations.open.insert(self.key(), self.items.clone());
    }

    /// The item that is worked on.
    fn item(&mut self) -> Option<&mut Item> {
        let tried = self.red.len();
        self.items.iter_mut().filter(|item| !item.is_done).nth(tried)
    }

    /// What is known of the feature that is worked on.
    fn feature(&self) -> Option<&Feature> {
        let item = self.items.iter().filter(|item| !item.is_done).nth(self.red.len())?;
        self.known.iter().find(|feature| feature.metadata.id == item.feature)
    }

    /// The name of the request.
    fn key(&self) -> String {
        self.asked.key(&self.only())
    }

    /// The command that goes on with it.
    pub fn command(&self) -> String {
        self.asked.command(&self.only())
    }

    /// The name of the only feature asked for.
    fn only(&self) -> String {
        let chosen = self.known.iter().find(|feature| feature.is_chosen());
        chosen.map(|feature| feature.metadata.id.to_string()).unwrap_or_default()
    }

    /// The person's commit.
    fn head(&self) -> Option<CommitId> {
        self.run.repository.head.clone()
    }

    /// Ends because the person said so.
    fn stopped(self: Box<Self>, turn: &mut Turn) -> Activity {
        if self.items.is_empty() {
            return turn.fail(&self.run.chat, "stopped before anything began");
        }
        self.keep(turn);
        let text = format!("stopped; what is built is kept, and `{}` goes on", self.command());
        turn.fail(&self.run.chat, text)
    }

    /// Ends because something is in the way; what is built is kept.
    fn give_up(self: Box<Self>, turn: &mut Turn, reason: &str) -> Activity {
        self.keep(turn);
        turn.fail(&self.run.chat, reason)
    }
}
