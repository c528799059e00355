//! Which prompts agents are asked with, and what keeps them from being asked.

use std::collections::BTreeMap;

use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::session::SessionOperation;
use multi_agent_coder::event::CommandName::{Implement, Metrics, Plan, Progress};
use multi_agent_coder::prompts::PromptsInUse;

use crate::agents::{Act, four_tasks, task};
use crate::world::World;

/// A world in which the implementer has two prompts.
fn compared(registered: &[&str]) -> World {
    let mut world = World::planned(four_tasks());
    world.setting.options =
        serde_json::json!({ "prompts": { "implementer": { "variants": { "default": 1, "short": 1 } } } });
    let hash = |agent: &&str| ((*agent).to_owned(), format!("{:0>16}", agent.len()));
    let hashes: BTreeMap<String, String> = registered.iter().map(hash).collect();
    world.setting.prompts = PromptsInUse { hashes, ..PromptsInUse::default() };
    world
}

/// The agents that were asked, in order.
fn asked(world: &World) -> Vec<String> {
    let effects = world.log.iter().flat_map(|(_, effects)| effects);
    let agents = effects.filter_map(|effect| match &effect.operation {
        Operation::Session(SessionOperation::Ask { agent, .. }) => Some(agent.clone()),
        _ => None,
    });
    agents.collect()
}

fn workers(world: &World) -> Vec<String> {
    asked(world).into_iter().filter(|agent| agent.starts_with("implementer")).collect()
}

#[test]
fn variants_are_drawn_by_the_seed_and_their_figures_are_told_apart() {
    let both = ["implementer", "implementer~short", "reviewer"];
    let mut world = compared(&both);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_all_merged();
    let drawn = workers(&world);
    assert!(both[..2].iter().all(|agent| drawn.iter().any(|one| one == agent)), "{drawn:?}");
    let mut again = compared(&both);
    again.command(Implement, "");
    assert_eq!(workers(&again), drawn);

    assert_eq!(world.command(Metrics, ""), None);
    world.assert_said("### By prompt");
    let short = drawn.iter().filter(|agent| *agent == both[1]).count();
    world.assert_said(&format!("| implementer~short | 0000000000000017 |    {short} |"));
    world.assert_said(&format!("{short} of {short}: too few to tell"));
}

#[test]
fn every_text_of_a_session_goes_to_the_same_prompt() {
    let mut world = World::planned(four_tasks());
    world.setting.options =
        serde_json::json!({ "prompts": { "reviewer": { "variants": { "a": 1, "b": 1 } } } });
    for task in ["T01", "T02", "T03", "T04"] {
        world.agents.script(&format!("review {task}"), vec![Act::Reply("no verdict".into())]);
    }
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    let mut agents: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for effect in world.log.iter().flat_map(|(_, effects)| effects) {
        if let Operation::Session(SessionOperation::Ask { session, agent, .. }) = &effect.operation {
            agents.entry(session.to_string()).or_default().push(agent.clone());
        }
    }
    let reviews: Vec<_> = agents.values().filter(|agents| agents[0].starts_with("reviewer")).collect();
    assert!(reviews.len() >= 4 && reviews.iter().all(|agents| agents.len() == 2), "{reviews:?}");
    assert!(reviews.iter().all(|agents| agents[0] == agents[1]), "{reviews:?}");
}

#[test]
fn a_variant_that_was_not_registered_is_never_asked() {
    let mut world = compared(&["implementer"]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert!(workers(&world).iter().all(|agent| agent == "implementer"));
}

#[test]
fn with_a_prompt_that_cannot_be_used_nobody_is_asked() {
    let mut world = World::planned(vec![task("T01", "Prices", 1.0, &[])]);
    world.setting.prompts.problems = vec!["prompts/reviewer.md:2: unknown variable".to_owned()];
    for (command, arguments) in [(Implement, ""), (Plan, "--new feature.md")] {
        let end = world.command(command, arguments).expect("it is refused");
        assert!(end.contains("- prompts/reviewer.md:2: unknown variable"), "{end}");
    }
    assert_eq!(world.command(Progress, ""), None);
    assert!(asked(&world).is_empty());

    world.setting.prompts.problems.clear();
    world.setting.prompts.notes = vec!["prompts/reviever.md is not used".to_owned()];
    assert_eq!(world.command(Implement, ""), None);
    world.assert_said("**Note:** prompts/reviever.md is not used.");
}
