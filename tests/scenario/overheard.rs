//! What was said on the way to a document or to a piece of work comes into no other agent's context, and
//! what stands in the request, in the plan or in the project may.

use std::collections::BTreeMap;

use multi_agent_coder::backlog::{TaskSpec, render};
use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::effect::session::{Hearing, SessionOperation};
use multi_agent_coder::event::CommandName::{Backlog, Implement, Plan};
use multi_agent_coder::hygiene::Speech;
use multi_agent_coder::plan::Planner;
use serde_json::json;

use crate::agents::{Act, backlog, backlog_reply, document, four_tasks, task};
use crate::world::World;

/// A planner's, before it wrote its document.
const SAID: &str = "Prices could be kept as floats with a rounding helper, which is what most shops seem to do \
                    until somebody pays with vouchers.";
/// A worker's, and once another planner's.
const TRIED: &str = "The discounts are sorted by their percentage before anything is summed up, and the result \
                     never falls below zero.";

/// Ten lines of a file, as a tool shows them.
fn shown() -> String {
    body().lines().zip(1..).map(|(line, n)| format!("{n:05}| {line}\n")).collect()
}

fn body() -> String {
    let line = |name: &str| format!("export const {name} = (cart, {name}Rule) => apply{name}(cart);\n");
    ["alpha", "beta", "gamma", "delta", "eta", "theta", "iota", "kappa", "lambda", "sigma"].map(line).concat()
}

fn says(said: &str, read: &str) -> Speech {
    Speech { said: vec![said.to_owned()], outputs: vec![read.to_owned()], ..Speech::default() }
}

fn with(id: &str, change: impl Fn(&mut TaskSpec)) -> Vec<TaskSpec> {
    let mut tasks = four_tasks();
    tasks.iter_mut().filter(|task| task.id.as_str() == id).for_each(change);
    tasks
}

/// A world in which a planner thinks aloud and reads a file.
fn thinking() -> World {
    let mut world = World::new(four_tasks());
    world.speeches.insert("planner-arch".into(), [says(SAID, &shown())].into());
    world
}

/// Plans with a backlog agent that answers this first: what it was asked afterwards.
fn sent_back(mut world: World, first: Vec<TaskSpec>) -> Option<String> {
    world.agents.script("backlog", vec![Act::Reply(backlog_reply(&first))]);
    assert_eq!(world.command(Plan, "feature.md"), None, "{}", world.transcript);
    world.sent_to("backlog").get(1).map(|text| (*text).to_owned())
}

#[test]
fn a_backlog_that_repeats_a_planner_is_sent_back_with_the_place() {
    let said = |task: &mut TaskSpec| task.description = format!("Sum prices up.\n{SAID}");
    insta::assert_snapshot!(sent_back(thinking(), with("T02", said)).unwrap(), @r#"
    The backlog cannot be used:
    - task T02, field description: line 2 of it: "Prices could be kept as floats with a rounding helper, wh…" repeats what the planner wrote (planner-arch): leave it out, or say what the task needs of it in words of its own
    Reply with the complete corrected yaml block.
    "#);
    let copied = |task: &mut TaskSpec| task.context.gotchas = vec!["Keep it".into(), body()];
    insta::assert_snapshot!(sent_back(thinking(), with("T01", copied)).unwrap(), @r#"
    The backlog cannot be used:
    - task T01, field context.gotchas[1]: line 1 of it: "export const alpha = (cart, alphaRule) => applyalpha(cart…" repeats the output of a tool (planner-arch): name the file and the lines instead
    Reply with the complete corrected yaml block.
    "#);
}

#[test]
fn a_backlog_that_never_stops_repeating_is_refused() {
    let mut world = thinking();
    let reply = backlog_reply(&with("T03", |task| task.acceptance.push(SAID.into())));
    world.agents.script("backlog", vec![Act::Reply(reply); 3]);
    let error = world.command(Plan, "feature.md").unwrap_or_default();
    assert!(error.starts_with("the backlog is still not valid after 2 corrections:"), "{error}");
    assert!(error.contains("task T03, field acceptance[1]: \"Prices could be"), "{error}");
    assert!(world.file("tasks/BACKLOG.yaml").is_none());
}

#[test]
fn what_the_request_the_plan_or_the_project_says_may_be_repeated() {
    let repeat = |text: &str| with("T01", |task| task.acceptance.push(text.to_owned()));
    // The request says it.
    let mut world = thinking();
    world.put(Place::Person, "feature.md", &format!("# Cart\n\n{SAID}\n"));
    assert_eq!(sent_back(world, repeat(SAID)), None);
    // Another planner wrote it into its document.
    let mut world = thinking();
    let written = document(Planner::Spec, 0).replacen("Words on", &format!("{SAID} Words on"), 1);
    world.agents.script("planner-spec", vec![Act::Reply(written)]);
    assert_eq!(sent_back(world, repeat(SAID)), None);
    // A file of the project says it, and the planner only read it out.
    let mut world = thinking();
    let readme = format!("00001| # Shop\n00002| {SAID}\n");
    world.speeches.insert("planner-arch".into(), [says(SAID, &readme)].into());
    assert_eq!(sent_back(world, repeat(SAID)), None);
    // An error message of the project, which the planner quoted.
    let message = "this voucher has been used before and cannot be taken a second time by the same customer";
    for quote in [format!("It prints \"{message}\"."), format!("It prints:\n\n```\n{message}\n```\n")] {
        let mut world = thinking();
        world.speeches.insert("planner-arch".into(), [says(&quote, "")].into());
        assert_eq!(sent_back(world, repeat(&format!("it prints \"{message}\""))), None);
    }
    // A few words in common, the same names and paths, some lines of the same file.
    let few = "Prices are kept in cents with a rounding helper, until somebody pays.";
    assert_eq!(sent_back(thinking(), repeat(few)), None);
    let paths =
        "src/cart/price-list.js, src/cart/discounts.js and src/cart/tax.js call roundPrice(price_cents)";
    let mut world = thinking();
    world.speeches.insert("planner-qa".into(), [says(paths, "")].into());
    assert_eq!(sent_back(world, repeat(paths)), None);
    let lines: String = body().lines().take(4).map(|line| format!("{line}\n")).collect();
    assert_eq!(sent_back(thinking(), repeat(&format!("Like this:\n\n```js\n{lines}```"))), None);
}

/// A rule that its contributors know, further down than a map quotes.
const RULE: &str = "Whatever may go wrong is told to the caller as a value, never thrown, and never written to \
                    the log and then forgotten.";

fn rules() -> String {
    format!("# Rules\n\n{}- {RULE}\n", "- Words of a rule that says nothing much at all.\n".repeat(140))
}

/// OpenCode shows it to every agent, in no message and by no tool.
#[test]
fn what_the_rules_of_the_project_say_may_be_repeated() {
    let ruled = |task: &mut TaskSpec| task.context.constraints.push(RULE.into());
    let mut world = World::new(with("T01", ruled));
    world.git.commit_on("refs/heads/main", &[("AGENTS.md", &rules())]);
    // The second time the map is known.
    for round in 1..=2 {
        world.speeches.insert("planner-arch".into(), [says(RULE, "")].into());
        let request = format!("--new feature.md{}", " ".repeat(round));
        assert_eq!(world.command(Plan, &request), None, "{}", world.transcript);
        assert_eq!(world.sent_to("backlog").len(), round, "{:?}", world.sent_to("backlog"));
    }
    let mut world = failing_twice(&[RULE]);
    world.git.commit_on("refs/heads/main", &[("AGENTS.md", &rules())]);
    world.speeches.insert("T01".into(), [says(RULE, ""), says(RULE, "")].into());
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("rebase T01").len(), 1, "{}", world.transcript);
    world.assert_said("has a better spec (version 2");
}

/// It drafts its tasks aloud: they are its own.
#[test]
fn the_agent_that_makes_the_backlog_may_think_about_it_first() {
    let mut world = World::new(four_tasks());
    world.speeches.insert("backlog".into(), [says(SAID, "")].into());
    assert_eq!(sent_back(world, with("T01", |task| task.description = SAID.into())), None);
}

/// What it drafted another time is no other agent's.
#[test]
fn the_agent_that_makes_the_backlog_again_may_say_what_it_said_before() {
    let mut world = World::new(four_tasks());
    world.speeches.insert("backlog".into(), [says(SAID, &shown())].into());
    assert_eq!(world.command(Plan, "feature.md"), None, "{}", world.transcript);
    world.agents.tasks = with("T01", |task| task.description = SAID.into());
    assert_eq!(world.command(Backlog, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("backlog").len(), 2, "{:?}", world.sent_to("backlog"));
}

/// It named them, too: a title with what follows it is in no field of a task, and in every context.
#[test]
fn what_a_task_demands_is_sent_though_it_was_thought_about() {
    let mut world = World::new(with("T01", |task| task.description = SAID.into()));
    world.speeches.insert("backlog".into(), [says(&format!("Price list: {SAID}"), "")].into());
    assert_eq!(world.command(Plan, "feature.md"), None, "{}", world.transcript);
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert!(world.sent_to("T01")[0].contains(SAID), "{}", world.sent_to("T01")[0]);
}

/// It looks into the file that it is to replace.
#[test]
fn a_backlog_may_keep_what_the_earlier_one_says() {
    let kept = format!("{SAID} {TRIED} Nothing of that is shown to whoever has not asked for it.");
    let mut world = World::new(with("T01", |task| task.description.clone_from(&kept)));
    assert_eq!(world.command(Plan, "feature.md"), None, "{}", world.transcript);
    let earlier = world.file("tasks/BACKLOG.yaml").unwrap_or_default().to_owned();
    world.speeches.insert("backlog".into(), [says("", &earlier)].into());
    assert_eq!(world.command(Backlog, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("backlog").len(), 2, "{:?}", world.sent_to("backlog"));
}

/// Demands and hints alike: they have read it, and want it there.
#[test]
fn what_a_person_wrote_is_sent_whoever_said_it_too() {
    let mut world = thinking();
    world.speeches.insert("planner-qa".into(), [says(TRIED, "")].into());
    assert_eq!(world.command(Plan, "feature.md"), None, "{}", world.transcript);
    let file = world.file("tasks/BACKLOG.yaml").unwrap_or_default().to_owned();
    let mut edited = with("T01", |task| task.description = SAID.into());
    edited[1].context.gotchas = vec![TRIED.into(), "Round half up".into()];
    let mut whole = backlog(edited);
    let track = file.lines().find_map(|line| line.strip_prefix("track_id: ")).unwrap();
    whole.track_id = multi_agent_coder::ids::TrackId(track.trim_matches('"').into());
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &render(&whole));
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said("4 of 4 tasks completed");
    assert!(world.sent_to("T01")[0].contains(SAID), "its description: {}", world.sent_to("T01")[0]);
    let second = world.sent_to("T02")[0];
    assert!(second.contains("Round half up") && second.contains(TRIED), "{second}");
}

/// A plan that a person changed is laid down like any other.
#[test]
fn what_a_person_put_into_the_plan_may_be_in_its_backlog() {
    let mut world = thinking();
    assert_eq!(world.command(Plan, "feature.md"), None, "{}", world.transcript);
    let plan = format!("{}\n{SAID}\n", world.file("tasks/PLAN.md").unwrap_or_default());
    world.put(Place::Repository, "tasks/PLAN.md", &plan);
    world.agents.tasks = with("T01", |task| task.description = SAID.into());
    assert_eq!(world.command(Backlog, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("backlog").len(), 2, "{}", world.transcript);
}

fn red() -> Act {
    Act::change(&[("t01/main.js", "BUG\n")])
}

/// A world whose first task fails twice, thinking aloud, and then gets these proposals of a better spec.
fn failing_twice(proposals: &[&str]) -> World {
    let mut world =
        World::planned(vec![task("T01", "Price list", 1.0, &[]), task("T02", "Discounts", 1.0, &["T01"])]);
    world.agents.script("T01", vec![red(), red()]);
    world.speeches.insert("T01".into(), [says(TRIED, &shown()), says("I give up.", "")].into());
    let proposal = |text: &&str| Act::proposal(0.9, "It was vague.", &format!("description: {text:?}"));
    world.agents.script("rebase T01", proposals.iter().map(proposal).collect());
    world
}

#[test]
fn a_better_spec_that_repeats_an_attempt_is_sent_back() {
    for (bad, told) in [
        (TRIED.to_owned(), "repeats what another attempt said (T01, attempt 1): leave it out, or say"),
        (body(), "repeats the output of a tool (T01, attempt 1): name the file and the lines instead"),
    ] {
        let mut world = failing_twice(&[&bad, "Round half up."]);
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        let asked = world.sent_to("rebase T01");
        assert!(asked.len() == 2 && asked[1].contains("- task T01, field description: "), "{asked:?}");
        assert!(asked[1].contains(told), "{}", asked[1]);
        assert!(world.sent_to("T01")[2].contains("Round half up."), "{}", world.transcript);
        let mut world = failing_twice(&[&bad, &bad]);
        assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
        world.assert_said("**T01** keeps its spec");
        assert!(!world.sent_to("T01")[2].contains(&bad));
        world.assert_all_merged();
    }
}

/// Its process ended before it was heard: the next one asks what its session holds.
#[test]
fn words_of_an_agent_that_finished_unheard_are_known_too() {
    let mut world = failing_twice(&[TRIED, "Round half up."]);
    world.start(Implement, "");
    world.run_until(|world| world.sent_to("T01").len() == 1);
    world.finish_unheard();
    world.reopen();
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    world.assert_said("T01 had been finished, and its work is taken over");
    let asked = world.sent_to("rebase T01");
    assert!(asked.len() == 2 && asked[1].contains("another attempt said (T01, attempt 1)"), "{asked:?}");
}

/// What reviewers and authors say on their way is nobody's to repeat: they only answer.
#[test]
fn only_those_are_listened_to_whose_words_are_remembered() {
    let mut world = failing_twice(&["Round half up."]);
    world.agents.tasks = vec![task("T01", "Price list", 1.0, &[]), task("T02", "Discounts", 1.0, &["T01"])];
    let mut heard = BTreeMap::new();
    for (name, arguments) in [(Plan, "--new feature.md"), (Implement, "")] {
        world.start(name, arguments);
        while world.deliver() {
            for pending in &world.pending {
                if let Operation::Session(SessionOperation::Ask { agent, hearing, .. }) = &pending.operation {
                    heard.insert(agent.clone(), *hearing);
                }
            }
        }
    }
    let all = |hearing| -> Vec<&str> {
        heard.iter().filter(|(_, of)| **of == hearing).map(|(agent, _)| agent.as_str()).collect()
    };
    let planners = ["planner-arch", "planner-qa", "planner-spec"];
    assert_eq!(all(Hearing::Fingerprints), [&["backlog", "implementer"][..], &planners].concat());
    assert_eq!(all(Hearing::AnswerOnly), ["rebase", "reviewer"]);
}

/// The worker tells what it read in its task and what its checks said; so does its author.
#[test]
fn a_better_spec_may_say_what_its_author_was_given() {
    let spec =
        "Every price of the list is shown in whole cents, rounded half up, and never as a float of euros.";
    let mut world = failing_twice(&[spec]);
    world.speeches.insert("T01".into(), [says(spec, ""), says(spec, "")].into());
    let mut tasks = vec![task("T01", "Price list", 1.0, &[]), task("T02", "Discounts", 1.0, &["T01"])];
    tasks[0].acceptance.push(spec.into());
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &render(&backlog(tasks)));
    assert_eq!(world.command(Implement, ""), None, "{}", world.transcript);
    assert_eq!(world.sent_to("rebase T01").len(), 1, "{}", world.transcript);
    world.assert_said("has a better spec (version 2");
}

#[test]
fn words_of_an_attempt_are_sent_where_a_person_copied_them() {
    let mut world = failing_twice(&[]);
    world.setting.options = json!({ "maxRetries": 1, "rebase": { "enabled": false } });
    assert!(world.command(Implement, "").is_some(), "{}", world.transcript);
    let mut tasks = vec![task("T01", "Price list", 1.0, &[]), task("T02", "Discounts", 1.0, &["T01"])];
    tasks[0].context.gotchas = vec![TRIED.into()];
    tasks[1].context.patterns = vec![body()];
    let memory = format!("entries:\n  - text: {TRIED:?}\n  - text: \"Round half up\"\n");
    world.put(Place::Repository, "tasks/memory.yaml", &memory);
    world.put(Place::Repository, "tasks/BACKLOG.yaml", &render(&backlog(tasks)));
    world.agents.scripts.clear();
    world.setting.options = json!({});
    assert_eq!(world.command(Implement, "T01 T02"), None, "{}", world.transcript);
    world.assert_all_merged();
    for who in ["T01", "T02"] {
        let latest = world.sent_to(who);
        let latest = latest.last().unwrap();
        assert!(latest.contains("Round half up") && latest.contains(TRIED), "{latest}");
    }
    assert!(world.sent_to("T02").last().unwrap().contains("kappaRule"), "{:?}", world.sent_to("T02"));
}
