/** Work that its reviewer wants changed goes to a fresh agent, with the issues and the task. */
import { expect, test } from "vitest";
import { APPROVED, HITS, linksScript, refused, solve } from "./links.ts";
import { bash } from "./model.ts";
import { expectSuccess, planned, statusOf } from "./outcome.ts";
import { inWorld } from "./shared.ts";

const ISSUE = "count() has no example in its comment";

const EXAMPLE = '// Example: new Hits().count("a") is 0\n';
const CHATTER = "chatter-of-the-worker";

test("what the reviewer asked for is changed by an agent that finds the work, and merged", () => {
  let reviews = 0;
  const script = linksScript(
    {
      reviewer: () => (reviews++ === 0 ? refused(ISSUE) : APPROVED),
      implementer: (call) =>
        call.text.includes(ISSUE)
          ? [{ tools: [bash(`printf '%s' '${EXAMPLE}' >> src/hits.js`)] }, CHATTER]
          : [...solve(HITS).slice(0, 1), CHATTER],
    },
    [HITS],
  );
  return inWorld({ script }, async (world) => {
    planned(world, [HITS]);
    expectSuccess(await world.run("implement"));

    const [first, second] = world.model.opened("implementer", "T02");
    expect(first?.text).not.toContain(ISSUE);
    expect(second?.text).toContain(ISSUE);
    expect(second?.text).toContain(HITS.acceptance[0]);
    expect(second?.text).not.toContain(CHATTER);
    const sent = world.repository.read("tasks/T02.context.md");
    expect(sent).toContain(`## Changes to make to the work in this directory\n\n- ${ISSUE}\n`);
    for (const review of world.model.opened("reviewer")) expect(review.text).not.toContain(CHATTER);

    expect(world.repository.merges("mac/links")).toHaveLength(1);
    expect(world.repository.show("src/hits.js", "mac/links")).toMatch(/class Hits[\s\S]*Example:/);
    expect(statusOf(world, "T02")).toMatchObject({ status: "completed", attempts: 1, reworks: 1 });
  });
});

test("a reviewer that answers without a verdict is asked again before the change counts as refused", () => {
  let reviews = 0;
  const script = linksScript(
    { reviewer: () => (reviews++ === 0 ? "Looks fine to me." : APPROVED) },
    [HITS],
  );
  return inWorld({ script }, async (world) => {
    planned(world, [HITS]);
    expectSuccess(await world.run("implement"));
    expect(world.model.opened("implementer")).toHaveLength(1);
    expect(world.repository.merges("mac/links")).toHaveLength(1);
  });
});
