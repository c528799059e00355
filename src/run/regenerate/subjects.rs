//! The versions that are compared: the previous one and the new one, or several new ones.

use std::collections::BTreeSet;

use crate::backlog::{Backlog, TaskSpec};
use crate::compare::{Criterion, Version, is_test};
use crate::engine::{Activity, Turn};
use crate::metrics::Ledger;
use crate::run::regenerate::comparing::{Compared, Comparing, Subject, boxed};
use crate::run::regenerate::state::{Building, Item};
use crate::run::regenerate::{RegenerateRun, Stage};
use crate::run::{Progress, Waiter};
use crate::text::list;
use crate::track::Track;

/// What the previous version is called.
const BEFORE: &str = "before";
/// What the new one is called.
const NOW: &str = "now";

impl RegenerateRun {
    /// Every version of a feature is built: compares them, or the only one with the previous.
    pub(super) fn compare(mut self: Box<Self>, turn: &mut Turn, item: &Item) -> Activity {
        let subjects = match item.versions.as_slice() {
            [only] => vec![self.previous(turn, only), self.subject(turn, only, NOW.to_owned())],
            several => {
                let named = several.iter().enumerate();
                named.map(|(at, one)| self.subject(turn, one, format!("version {}", at + 1))).collect()
            }
        };
        let Some(track) = item.versions.last().map(|building| building.track.clone()) else {
            return self.give_up(turn, "no version was built");
        };
        turn.say(&self.run.chat, comparing_text(&subjects));
        self.stage = Stage::Building;
        let progress = Comparing::begin(turn, &self.run, subjects, track, Waiter::Regenerate);
        self.comparing_goes_on(turn, boxed(progress))
    }

    /// A version that was built here.
    fn subject(&self, turn: &Turn, building: &Building, name: String) -> Subject {
        let track = turn.shared.tracks.get(&building.track);
        let mut version = Version { name, ..Version::default() };
        let (mut commit, mut touched) = (building.commit.clone(), Vec::new());
        if let Some(track) = track {
            commit = track.tip.clone().unwrap_or(commit);
            let done = track.backlog.tasks.iter().zip(&track.records);
            touched.extend(done.map(|(task, record)| {
                let paths = record.changes.iter().map(|change| change.path.clone());
                (task.id.clone(), paths.filter(|path| is_test(path)).collect())
            }));
            version.criteria = criteria(&track.backlog);
            version.cost_usd = Some(cost(&turn.shared.ledger, track));
            version.duration_ms = Some(spent(track));
        }
        Subject::new(version, commit, building.commit.clone(), touched)
    }

    /// The version that is there, as the spec knows it.
    fn previous(&self, turn: &Turn, building: &Building) -> Subject {
        let mut version = Version { name: BEFORE.to_owned(), ..Version::default() };
        if let Some(feature) = self.feature() {
            version.criteria = feature.backlog.as_ref().map(criteria).unwrap_or_default();
            let track = turn.shared.tracks.get(&feature.metadata.track);
            version.duration_ms = track.map(spent);
            version.cost_usd = match track {
                Some(track) => Some(cost(&turn.shared.ledger, track)),
                None => Some(feature.metadata.cost_usd).filter(|cost| *cost > 0.0),
            };
        }
        Subject::new(version, building.before.clone(), building.commit.clone(), Vec::new())
    }

    /// A step of the comparison ended.
    pub(super) fn comparing_goes_on(
        mut self: Box<Self>,
        turn: &mut Turn,
        progress: Progress<Box<Comparing>, Compared>,
    ) -> Activity {
        match progress {
            Progress::More(comparing) => {
                self.stage = Stage::Comparing(comparing);
                Activity::Regenerate(self)
            }
            Progress::Done(compared) => self.end_feature(turn, compared),
            Progress::Aborted => self.stopped(turn),
            Progress::Failed(reason) => {
                let text =
                    format!("the versions could not be compared: {reason}\n`{}` goes on.", self.command());
                self.give_up(turn, &text)
            }
        }
    }
}

fn comparing_text(subjects: &[Subject]) -> String {
    let names: Vec<String> = subjects.iter().map(|subject| format!("`{}`", subject.version.name)).collect();
    format!(
        "Comparing {}: the checks on each, and the tests of each on the code of the others.",
        list(&names)
    )
}

fn criteria(backlog: &Backlog) -> BTreeSet<Criterion> {
    let of = |task: &TaskSpec| {
        let id = task.id.clone();
        task.acceptance.clone().into_iter().map(move |text| Criterion { task: id.clone(), text })
    };
    backlog.tasks.iter().flat_map(of).collect()
}

fn cost(ledger: &Ledger, track: &Track) -> f64 {
    ledger.of_track(&track.backlog.track_id).cost_usd
}

fn spent(track: &Track) -> u64 {
    track.records.iter().map(|record| record.spent_ms).sum()
}
