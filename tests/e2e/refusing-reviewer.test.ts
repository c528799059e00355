/** A reviewer that asks for changes sends the task back with its issues. */
import { expect, test } from "vitest";
import { APPROVED, HITS, linksScript, refused } from "./links.ts";
import { expectSuccess, planned, statusOf } from "./outcome.ts";
import { inWorld } from "./world.ts";

const ISSUE = "count() has no example in its comment";

test("what the reviewer asked for reaches the second attempt, which is merged", () => {
  let reviews = 0;
  const script = linksScript({ reviewer: () => (reviews++ === 0 ? refused(ISSUE) : APPROVED) }, [
    HITS,
  ]);
  return inWorld({ script }, async (world) => {
    planned(world, [HITS]);
    expectSuccess(await world.run("implement"));

    const [first, second] = world.model.opened("implementer", "T02");
    expect(first?.text).not.toContain(ISSUE);
    expect(second?.text).toContain(ISSUE);
    expect(world.repository.merges("mac/links")).toHaveLength(1);
    expect(statusOf(world, "T02")).toMatchObject({ status: "completed", attempts: 2 });
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
