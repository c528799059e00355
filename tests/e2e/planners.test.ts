/** Planners that hang, stop half-way, or leave sections out. */
import { expect, test } from "vitest";
import { ARCH, backlogReply, LINKS, linksScript } from "./links.ts";
import { expectSuccess, orphans, printed, reason } from "./outcome.ts";
import { inWorld } from "./shared.ts";

test("a planner that hangs is stopped at its deadline, and no session stays", () =>
  inWorld(
    {
      script: linksScript({ "planner-arch": { hang: true } }),
      options: { planningTimeoutMs: 8_000 },
    },
    async (world) => {
      const before = world.repository.fingerprint(["tasks"]);
      const end = await world.run("plan", ["feature.md"], { timeout_ms: 60_000 });
      expect(end.code).toBeGreaterThan(0);
      expect(reason(end)).toContain("planner-arch");
      expect(await orphans(world)).toEqual([]);
      expect(world.repository.has("tasks/PLAN.md")).toBe(false);
      expect(world.repository.fingerprint(["tasks"])).toEqual(before);
      expect(world.model.opened("backlog")).toEqual([]);
    },
  ));

test("missing sections are asked for once, in the same session, by name", () => {
  const half = ARCH.slice(0, ARCH.indexOf("## Data Flow"));
  return inWorld({ script: linksScript({ "planner-arch": [half, ARCH] }) }, async (world) => {
    expectSuccess(await world.run("plan", ["feature.md"]));
    const calls = world.model.callsOf("planner-arch");
    expect(calls).toHaveLength(2);
    const asked = JSON.stringify(calls[1]?.request.messages.at(-1));
    expect(asked).toContain("Data Flow");
    expect(asked).toContain("Patterns to Follow");
    expect(world.repository.read("tasks/ARCH.md")).toBe(ARCH);
  });
});

test("an invalid backlog is sent back with its problems, and the repaired one is taken", () => {
  const cycle = LINKS.map((task) => (task.id === "T01" ? { ...task, depends_on: ["T04"] } : task));
  const script = linksScript({ backlog: [backlogReply(cycle), backlogReply(LINKS)] });
  return inWorld({ script }, async (world) => {
    expectSuccess(await world.run("plan", ["feature.md"]));
    const calls = world.model.callsOf("backlog");
    expect(calls).toHaveLength(2);
    expect(JSON.stringify(calls[1]?.request.messages.at(-1))).toMatch(
      /T01 -> T04 -> T01|T04 -> T01 -> T04/,
    );
  });
});

test("a provider that refuses the key ends the plan with its words, and no session stays", () =>
  inWorld(
    { script: linksScript({ "planner-qa": { status: 401, message: "this key is not valid" } }) },
    async (world) => {
      const end = await world.run("plan", ["feature.md"]);
      expect(end.code).toBeGreaterThan(0);
      expect(printed(end)).toContain("this key is not valid");
      expect(await orphans(world)).toEqual([]);
    },
  ));
