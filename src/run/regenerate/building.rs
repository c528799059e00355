//! A version is built by `/implement`'s run, which hands back at its end.

use crate::engine::{Activity, Turn};
use crate::ids::{CommitId, TrackId};
use crate::options::{LandMode, ReviewMode};
use crate::run::implement::{self, End};
use crate::run::regenerate::state::{Building, Start};
use crate::run::regenerate::{RegenerateRun, Stage, telling};
use crate::spec::FeatureId;
use crate::track::Life;

impl RegenerateRun {
    /// Hands a version over.
    pub(super) fn build(mut self: Box<Self>, turn: &mut Turn, building: &Building) -> Activity {
        let mut run = self.run.clone();
        // The documents of the person's plan are not in the way of this, nor this of them.
        run.options.output_dir = telling::documents(&self.run, building.track.as_str());
        run.options.land = LandMode::Never;
        if run.options.review == ReviewMode::Manual {
            // The person judges the whole, at the end.
            run.options.review = ReviewMode::Auto;
        }
        let track = turn.shared.tracks.get(&building.track);
        let has_failed = track.is_some_and(|track| {
            track.records.iter().any(|record| matches!(record.life, Life::Failed { .. }))
        });
        // Naming a task gives it another set of attempts.
        let named = track.filter(|_| has_failed).map(|track| track.ids()).unwrap_or_default();
        let named = named.iter().map(ToString::to_string).collect();
        if track.is_none()
            && let Some(feature) = self.feature()
        {
            let text = telling::intro(&feature.metadata, building);
            turn.say(&self.run.chat, text);
        }
        self.stage = Stage::Building;
        let allow_red = self.asked.allow_red;
        implement::begin_for(turn, run, named, allow_red, self)
    }

    /// The feature that a track builds again, and the commit it begins at.
    pub fn origin_of(&self, track: &TrackId) -> (Option<FeatureId>, Option<CommitId>) {
        let found = self.items.iter().find_map(|item| {
            let building = item.versions.iter().find(|building| building.track == *track)?;
            Some((item.feature.clone(), building.commit.clone()))
        });
        found.unzip()
    }

    /// `/implement`'s run is at its end.
    pub fn built(mut self: Box<Self>, turn: &mut Turn, end: End) -> Activity {
        match end {
            End::Done => self.next(turn),
            End::Short { reason, is_over: true } => {
                let text = format!("{}\n`{}` goes on.", reason.trim_end(), self.command());
                self.give_up(turn, &text)
            }
            End::Unhealthy => match self.another_start() {
                Some(building) => {
                    let text = telling::intro_again(&building);
                    turn.say(&self.run.chat, text);
                    self.keep(turn);
                    let from = building.former.clone();
                    self.move_branch(turn, building, from)
                }
                None => self.is_red(
                    turn,
                    "the project's own checks fail where it begins; --allow-red ignores the failing commands",
                ),
            },
            End::Short { reason, is_over: false } => self.is_red(turn, &reason),
        }
    }

    /// The branch without the feature is no place to begin: the version that was to begin there, with
    /// another one.
    fn another_start(&mut self) -> Option<Building> {
        let head = self.head();
        let building = self.item()?.versions.last_mut()?;
        if building.start != Start::Without || head.as_ref() != Some(&building.before) {
            return None;
        }
        building.former = Some(std::mem::replace(&mut building.commit, building.base.clone()));
        building.start =
            Start::Instead { why: "without the feature the project's own checks fail".to_owned() };
        Some(building.clone())
    }

    /// The feature is red: it ends here, or goes on with the next one.
    pub(super) fn is_red(mut self: Box<Self>, turn: &mut Turn, reason: &str) -> Activity {
        let id = self.feature().map(|feature| feature.metadata.id.to_string()).unwrap_or_default();
        self.red.push(format!("{id}: {}", reason.trim_end()));
        self.next(turn)
    }
}
