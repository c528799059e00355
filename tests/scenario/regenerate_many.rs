//! `/regenerate` of all features, and of one several times.

use multi_agent_coder::event::CommandName::Regenerate;
use multi_agent_coder::spec::SpecStatus;

use crate::agents::{Act, task};
use crate::cancel::at_every_moment;
use crate::git::MAIN;
use crate::regenerate::{ID, built, compared, landed, metadata, put_metadata, save, saved};
use crate::world::World;

/// Three features that landed one after the other; the last builds on the first.
fn three() -> World {
    let mut world = landed();
    for (number, name, on) in [(2, "tax", vec![]), (3, "mail", vec![ID])] {
        let base = world.git.refs[MAIN].clone();
        let file = format!("src/{name}.js");
        let result = world.git.commit_on(MAIN, &[(file.as_str(), "by hand\n")]);
        let mut one = task("T01", name, 1.0, &[]);
        one.scope.files_hint = vec![file];
        let id = format!("feature-00{number}-{name}");
        save(&mut world, &id, &format!("{name}-1"), vec![one], Some((base, result)), &on);
    }
    let index = world.file("specs/.metadata.json").unwrap();
    assert!(index.contains("feature-003-mail"));
    world
}

#[test]
fn all_deployed_features_are_built_in_order_and_a_red_one_stops_them() {
    let mut world = three();
    let mut draft = metadata("feature-004-draft", "draft-1", None, &[]);
    draft.status = SpecStatus::Draft;
    put_metadata(&mut world, &draft);
    let act = |code: &str| built(code, code);
    world.agents.script("T01", vec![act("sum"), Act::change(&[("src/tax.js", "BUG\n")])]);
    world.setting.options = serde_json::json!({"maxRetries": 1, "rebase": {"enabled": false}});
    let end = world.command(Regenerate, "--all").unwrap();
    insta::assert_snapshot!(end, @"
    1 of 3 features are built again and well, but not:
    - feature-002-tax: 1 of 1 task is not done:
      - T01: the test gate failed: `npm test` ended with exit code 1
      What failed and why is in tasks/regenerate/feature-002-tax-r1/.
    Not tried: feature-003-mail; --keep-going goes past a red one. `/regenerate --all` goes on.
    ");
    world.assert_said("because feature-003-mail builds on it");

    world.transcript.clear();
    let sent = world.sent_to("T01").len();
    assert_eq!(world.command(Regenerate, "--all"), None);
    world.assert_said("Going on: 1 of 3 features are done");
    assert_eq!(world.sent_to("T01").len(), sent + 2, "what is done is not built again");
}

#[test]
fn after_esc_nobody_is_asked_any_more() {
    at_every_moment(three(), (Regenerate, "--all"), |mut world, chat, at| {
        let sent = world.sent.len();
        world.cancel(chat);
        world.run();
        assert_eq!(world.sent.len(), sent, "step {at}: {}", world.transcript);
    });
}

#[test]
fn with_keep_going_a_red_feature_does_not_stop_the_others() {
    let mut world = three();
    world.setting.options = serde_json::json!({"maxRetries": 1, "rebase": {"enabled": false}});
    world.agents.script("T01", vec![Act::change(&[("src/cart.js", "BUG\n")])]);
    let end = world.command(Regenerate, "--all --keep-going").unwrap();
    assert!(
        end.contains("2 of 3 features are built again and well, but not:\n- feature-001-cart: "),
        "{end}"
    );
    assert!(end.contains("`/regenerate --all --keep-going` goes on"), "{end}");
    world.agents.script("T01", vec![built("sum", "sum")]);
    assert_eq!(world.command(Regenerate, "--all"), None);
}

#[test]
fn built_several_times_a_difference_in_behaviour_is_a_gap_in_the_spec() {
    let mut world = landed();
    let acts = ["refused with an error", "refused with an error", "refused in silence"]
        .map(|word| built(&format!("sum {word}"), word));
    world.agents.script("T01", acts.to_vec());
    assert_eq!(world.command(Regenerate, "1 --times 3"), None);
    insta::assert_snapshot!(compared(&world), @r#"
    Comparing `version 1`, `version 2` and `version 3`: the checks on each, and the tests of each on the code of the others.

    |                               | version 1  | version 2  | difference |
    | ----------------------------- | ---------- | ---------- | ---------- |
    | criteria                      | 2          | 2          | the same   |
    | test gate                     | green      | green      |            |
    | lint gate                     | green      | green      |            |
    | with the tests of `version 1` |            | not run    |            |
    | with the tests of `version 2` | not run    |            |            |
    | files changed                 | 2          | 2          | the same   |
    | public names                  | 1          | 1          | the same   |
    | lines added                   | +3         | +3         |            |
    | size                          | 146 bytes  | 146 bytes  |            |
    | cost                          | $0.0202    | $0.0204    |            |
    | time                          | 2 min 11 s | 2 min 15 s |            |

    |                               | version 2  | version 3  | difference |
    | ----------------------------- | ---------- | ---------- | ---------- |
    | criteria                      | 2          | 2          | the same   |
    | test gate                     | green      | green      |            |
    | lint gate                     | green      | green      |            |
    | with the tests of `version 2` |            | test red   |            |
    | with the tests of `version 3` | test red   |            |            |
    | files changed                 | 2          | 2          | the same   |
    | public names                  | 1          | 1          | the same   |
    | lines added                   | +3         | +3         |            |
    | size                          | 146 bytes  | 137 bytes  |            |
    | cost                          | $0.0204    | $0.0205    |            |
    | time                          | 2 min 15 s | 2 min 19 s |            |

    Completeness of the spec: 0 % (0 of 2 criteria without a difference between 3 versions).

    **A gap**: the code of `version 3` does not pass the tests of `version 1`: "sums up": 3 !== 4 (test/cart.test.js:7)
    - T01: an unknown coupon is refused
    - T01: the total of a cart is its sum

    **A gap**: the code of `version 1` does not pass the tests of `version 3`: "sums up": 3 !== 4 (test/cart.test.js:7)
    - T01: an unknown coupon is refused
    - T01: the total of a cart is its sum

    **A gap**: the code of `version 3` does not pass the tests of `version 2`: "sums up": 3 !== 4 (test/cart.test.js:7)
    - T01: an unknown coupon is refused
    - T01: the total of a cart is its sum

    **A gap**: the code of `version 2` does not pass the tests of `version 3`: "sums up": 3 !== 4 (test/cart.test.js:7)
    - T01: an unknown coupon is refused
    - T01: the total of a cart is its sum

    The tests of `version 1` were not run on the code of `version 2`: both have the same test files.

    The tests of `version 2` were not run on the code of `version 1`: both have the same test files.

    Nothing landed: the previous version is 000000000000, the new ones are on `mac/feature-001-cart-r1`, `mac/feature-001-cart-r2` and `mac/feature-001-cart-r3`. To land it, on `main`: `git merge --ff-only mac/<one>`; it holds `main` as it is now, so what is there stays in the history. To throw it away: `git branch -D mac/<one>`; its documents are in tasks/regenerate/<one>.
    "#);
    assert_eq!(saved(&world, ID).completeness, Some(0.0));
    let json = world.file("tasks/regenerate/feature-001-cart/comparison.json").unwrap();
    assert!(json.contains(r#""completeness": 0.0"#), "{json}");
}

#[test]
fn versions_that_behave_alike_show_no_gap() {
    let mut world = landed();
    world.agents.script("T01", vec![built("sum a", "sum"), built("sum b", "sum")]);
    assert_eq!(world.command(Regenerate, "1 --times 2"), None);
    world.assert_said("Completeness of the spec: 100 %");
    assert_eq!(saved(&world, ID).completeness, Some(1.0));
}
