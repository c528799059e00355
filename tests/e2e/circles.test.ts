/** An agent that does the same thing again and again is told so once, and then stopped. */
import { expect, test } from "vitest";
import { EXPIRY, linksScript, solve } from "./links.ts";
import { bash, type Call, type Reply } from "./model.ts";
import { expectSuccess, orphans, planned, statusOf } from "./outcome.ts";
import { inWorld } from "./shared.ts";
import type { World } from "./world.ts";

const SAME: Reply = { tools: [bash("grep -rn TODO src || true")] };
const TOLD = "You seem to go in circles";

/** How often the model was told in this request. */
function toldIn({ request }: Call): number {
  return JSON.stringify(request.messages).split(TOLD).length - 1;
}

function implementing(
  implementer: (call: Call) => Reply | Reply[],
  body: (world: World) => Promise<void>,
): Promise<void> {
  return inWorld({ script: linksScript({ implementer }, [EXPIRY]) }, async (world) => {
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    expect(world.repository.merges("mac/links")).toHaveLength(1);
    expect(await orphans(world)).toEqual([]);
    await body(world);
  });
}

test("an agent that heeds what it is told goes on in the same attempt", () => {
  let heard = 0;
  const implementer = (call: Call): Reply => {
    if (toldIn(call) === 0) return SAME;
    const [work = "", last = ""] = solve(EXPIRY);
    heard += 1;
    return heard === 1 ? work : last;
  };
  return implementing(implementer, async (world) => {
    expect(statusOf(world, "T01")).toMatchObject({ attempts: 1 });
    expect(world.model.opened("implementer")).toHaveLength(1);
  });
});

test("an agent that does not is stopped, and the next attempt knows why", () =>
  implementing(
    ({ attempt }) => (attempt === 1 ? SAME : solve(EXPIRY)),
    async (world) => {
      expect(statusOf(world, "T01")).toMatchObject({ attempts: 2 });
      const calls = world.model.callsOf("implementer");
      const [first, second] = [1, 2].map((nth) => calls.filter(({ attempt }) => attempt === nth));
      expect(first?.some((call) => toldIn(call) === 1)).toBe(true);
      expect(first?.length).toBeLessThan(20);
      expect(second?.[0]?.text).toMatch(/Don't .*circles|Don't .*bash/i);
    },
  ));
