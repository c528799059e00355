//! What a request lays down holds for every task: workers are told, edits are denied, and work that
//! changes what is to be left alone is not taken.

use multi_agent_coder::backlog::{Limits, TaskSpec, render};
use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::session::{Rule, RuleAction, SessionOperation};
use multi_agent_coder::event::CommandName::{Backlog, Implement, Plan};

use crate::agents::{Act, backlog, backlog_reply, four_tasks, task};
use crate::world::World;

const FILE: &str = "tasks/BACKLOG.yaml";
const REQUEST: &str = "# Feature Request: Cart\n\n## Requirements\n\n- A cart\n\n## Constraints\n\n- No new \
                       dependency\n- Don't touch: src/pay/**\n";

impl World {
    /// The deny rules for edits that the sessions of a task got.
    fn denied_edits(&self, task: &str) -> Vec<Vec<String>> {
        let edits = |rules: &[Rule]| {
            let denied =
                rules.iter().filter(|rule| rule.permission == "edit" && rule.action == RuleAction::Deny);
            denied.map(|rule| rule.pattern.clone()).collect()
        };
        let effects = self.log.iter().flat_map(|(_, effects)| effects);
        effects
            .filter_map(|effect| match &effect.operation {
                Operation::Session(SessionOperation::Create { rules, purpose, .. })
                    if purpose.task.as_deref() == Some(task) && purpose.agent == "implementer" =>
                {
                    Some(edits(rules))
                }
                _ => None,
            })
            .collect()
    }
}

fn limited(tasks: Vec<TaskSpec>, dont_touch: &[&str]) -> World {
    let mut world = World::new(tasks.clone());
    let dont_touch = dont_touch.iter().map(|path| (*path).to_owned()).collect();
    let limits = Limits { constraints: vec!["No new dependency".into()], dont_touch };
    let text = render(&multi_agent_coder::backlog::Backlog { limits, ..backlog(tasks) });
    world.put(Place::Repository, FILE, &text);
    world
}

#[test]
fn the_limits_of_a_request_reach_the_backlog_and_every_worker() {
    let mut world = World::new(four_tasks());
    world.put(Place::Person, "feature.md", REQUEST);
    assert_eq!(world.command(Plan, "feature.md"), None, "{}", world.transcript);
    let file = world.file(FILE).unwrap_or_default();
    assert!(
        file.contains("constraints:\n  - No new dependency\ndont_touch:\n  - \"src/pay/**\"\ntasks:"),
        "{file}"
    );
    let plan = world.file("tasks/PLAN.md").unwrap_or_default();
    assert!(plan.ends_with(
        "## 8. Constraints of the Request\n\n- No new dependency\n\n### Don't touch\n\n- `src/pay/**`\n"
    ));

    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    for id in ["T01", "T02", "T03", "T04"] {
        let sent = world.sent_to(id)[0];
        assert!(sent.contains("- No new dependency\n- Never change `src/pay/**`\n"), "{sent}");
        assert!(world.denied_edits(id)[0].contains(&"src/pay/*".to_owned()));
    }
    world.assert_said("4 of 4 tasks completed");
}

#[test]
fn a_backlog_made_anew_from_the_plan_keeps_them() {
    let mut world = World::new(four_tasks());
    world.put(Place::Person, "feature.md", REQUEST);
    assert_eq!(world.command(Plan, "feature.md"), None);
    assert_eq!(world.command(Backlog, ""), None, "{}", world.transcript);
    assert!(world.file(FILE).unwrap_or_default().contains("dont_touch:\n  - \"src/pay/**\"\n"));
}

#[test]
fn a_backlog_whose_task_needs_what_is_left_alone_is_sent_back() {
    let mut against = task("T01", "Payments", 1.0, &[]);
    against.scope.files_hint = vec!["src/pay/main.js".into()];
    let mut world = World::new(four_tasks());
    world.put(Place::Person, "feature.md", REQUEST);
    world.agents.script("backlog", vec![Act::Reply(backlog_reply(&[against]))]);
    assert_eq!(world.command(Plan, "feature.md"), None, "{}", world.transcript);
    let correction = world.sent_to("backlog")[1];
    insta::assert_snapshot!(correction, @r#"
    The backlog cannot be used:
    - task T01, field scope.files_hint[0]: "src/pay/main.js" may not be changed, because dont_touch names "src/pay/**": name another file, or leave the task out
    Reply with the complete corrected yaml block.
    "#);
}

#[test]
fn work_on_what_is_left_alone_is_not_taken() {
    let mut world = limited(vec![task("T01", "Price list", 1.0, &[])], &["src/*.js"]);
    let stray = [("t01/main.js", "export {}\n"), ("src/index.js", "changed\n")];
    world.agents.script("T01", vec![Act::change(&stray)]);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said(
        "**T01**: the agent changed `src/index.js`, which the backlog's dont_touch leaves alone.",
    );
    assert!(
        world.sent_to("T01")[1]
            .contains("- Don't change src/index.js: such work is not taken; do it without that")
    );
    // The host's globs cannot say this one, so only the look at the work does.
    assert!(world.denied_edits("T01")[0].iter().all(|pattern| !pattern.starts_with("src")));
    world.assert_all_merged();
}

#[test]
fn a_person_may_loosen_them_between_commands() {
    let mut world = limited(vec![task("T01", "Price list", 1.0, &[])], &["src/"]);
    world.setting.options = serde_json::json!({ "maxRetries": 1 });
    let stray = [("t01/main.js", "export {}\n"), ("src/index.js", "changed\n")];
    world.agents.script("T01", vec![Act::change(&stray), Act::change(&stray)]);
    assert!(world.command(Implement, "").is_some());
    let text = world.file(FILE).unwrap_or_default().replace("dont_touch:\n  - src/\n", "");
    world.put(Place::Repository, FILE, &text);
    assert_eq!(world.command(Implement, "T01"), None, "{}", world.transcript);
    world.assert_all_merged();
}

#[test]
fn a_request_that_is_still_the_template_is_refused() {
    let mut world = World::new(four_tasks());
    world.put(Place::Person, "feature.md", multi_agent_coder::plan::intake::REQUEST_TEMPLATE);
    let error = world.command(Plan, "feature.md").unwrap_or_default();
    assert!(
        error.starts_with(
            "feature.md: the feature request still has the template's own text under the title, Story,"
        ),
        "{error}"
    );
    assert!(world.sent.is_empty());
}
