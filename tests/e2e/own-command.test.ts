/** A person's own command of the same name wins; ours is still there under another name. */
import { expect, test } from "vitest";
import { linksScript } from "./links.ts";
import { expectSuccess, printed } from "./outcome.ts";
import { inWorld } from "./shared.ts";

const config = { command: { plan: { template: "Plan my week please", description: "mine" } } };

test("/plan is the person's, /mac-plan is ours", () =>
  inWorld({ script: linksScript({ other: "Monday: rest." }), config }, async (world) => {
    const own = await world.run("plan");
    expectSuccess(own);
    expect(printed(own)).toContain("Monday: rest.");
    expect(world.model.calls.find(({ role }) => role === "other")?.text).toContain(
      "Plan my week please",
    );
    expect(world.model.opened("planner-spec")).toEqual([]);
    expect(world.repository.has("tasks")).toBe(false);

    expectSuccess(await world.run("mac-plan", ["feature.md"]));
    expect(world.repository.has("tasks/PLAN.md")).toBe(true);
  }));

test("what a person sets for one of our agents wins, field by field", () =>
  inWorld(
    { script: linksScript(), config: { agent: { "planner-qa": { model: "scripted/strong" } } } },
    async (world) => {
      expectSuccess(await world.run("plan", ["feature.md"]));
      expect(world.model.opened("planner-qa")[0]?.model).toBe("strong");
      expect(world.model.opened("planner-spec")[0]?.model).toBe("cheap");
    },
  ));
