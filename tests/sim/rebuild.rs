//! Features that landed are built again: disturbed at first, then until that is done.

use multi_agent_coder::event::CommandName;
use multi_agent_coder::ids::CommitId;
use multi_agent_coder::spec::{Index, SpecStatus};

use crate::coverage::Class;
use crate::setup::draw_rebuild;
use crate::world::World;

/// So many commands bring a version to its end in a benign world.
const COMMANDS_MAX: u32 = 12;

impl World {
    /// The person has something built again, in a bad world and then in a benign one.
    pub fn build_again(&mut self) {
        let Some(arguments) = self.draw_request() else { return };
        self.is_benign = false;
        let mut is_disturbed = false;
        for _ in 0..self.rng.between(1, 3) {
            self.now_ms += 600_000;
            self.give(CommandName::Regenerate, &arguments);
            let beside = draw_rebuild(&mut self.rng);
            self.run(&beside);
            is_disturbed |= self.end != Some(Ok(()));
        }
        self.turn_benign();
        self.finish_building(arguments);
        self.hit(if is_disturbed { Class::BuiltAgainLater } else { Class::BuiltAgain });
        self.check_versions();
    }

    /// What is built again; `None` when nothing has landed that could be.
    fn draw_request(&mut self) -> Option<String> {
        let index = Index::parse("specs/.metadata.json", self.file("specs/.metadata.json")?).ok()?;
        let landed = index.features.iter().filter(|listed| listed.status == SpecStatus::Deployed);
        let names: Vec<String> = landed.map(|listed| listed.id.to_string()).collect();
        let name = names.first()?;
        Some(match self.rng.below(4) {
            0 => format!("{name} --times 2"),
            1 => "--all".to_owned(),
            _ => name.clone(),
        })
    }

    /// The same command until it is done.
    fn finish_building(&mut self, mut arguments: String) {
        for _ in 0..COMMANDS_MAX {
            self.now_ms += 60_000;
            self.give(CommandName::Regenerate, &arguments);
            self.run(&[]);
            let Some(end) = self.end.clone() else { panic!("I1: it does not end") };
            let Err(error) = end else { return };
            assert!(!error.contains("stopped"), "I1: nobody stopped it: {error}");
            if error.contains("--trust-config") && !arguments.contains("--trust-config") {
                arguments.push_str(" --trust-config");
            }
        }
        panic!("I1: it is never built again: {:?}", self.end);
    }

    /// A version is whole, and none is on the person's branch.
    fn check_versions(&self) {
        let head = &self.git.refs[&self.git.head()];
        let branches = self.git.refs.iter().filter_map(|(name, tip)| {
            let track = name.strip_prefix("refs/heads/mac/")?;
            track.starts_with("feature-").then_some((track, tip))
        });
        let versions: Vec<(&str, &CommitId)> = branches.collect();
        let has_work = |(track, tip): &(&str, &CommitId)| !self.git.merges_of(tip, track).is_empty();
        assert!(versions.iter().any(has_work), "I1: it was built again and is on no branch: {versions:?}");
        for (track, _) in versions {
            let landed = self.git.merges_of(head, track);
            assert!(landed.is_empty(), "I6: {track} landed by itself: {landed:?}");
        }
    }
}
