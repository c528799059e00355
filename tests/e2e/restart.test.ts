/** What a second command finds: started work is not thrown away, edits count, parts can be chosen. */
import { expect, test } from "vitest";
import { ADDRESS, backlogFile, backlogReply, EXPIRY, HITS, JOINED, linksScript } from "./links.ts";
import { expectSuccess, mergedTasks, planned, printed, reason } from "./outcome.ts";
import { inWorld } from "./world.ts";

test("/implement T02 does that task only, and a later /implement the rest", () =>
  inWorld({ script: linksScript({}, [EXPIRY, HITS]) }, async (world) => {
    planned(world, [EXPIRY, HITS]);
    expectSuccess(await world.run("implement", ["T02"]));
    expect(mergedTasks(world, "mac/links", [EXPIRY, HITS])).toEqual(["T02"]);
    expect(world.model.opened("implementer", "T01")).toEqual([]);

    expectSuccess(await world.run("implement"));
    expect(mergedTasks(world, "mac/links", [EXPIRY, HITS])).toEqual(["T02", "T01"]);
    expect(world.model.opened("implementer", "T02")).toHaveLength(1);
  }));

test("/plan does not overwrite a backlog with started tasks, and says how to start over", () =>
  inWorld({ script: linksScript({}, [EXPIRY]) }, async (world) => {
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    const backlog = world.repository.read("tasks/BACKLOG.yaml");
    const calls = world.model.calls.length;
    const end = await world.run("plan", ["feature.md"]);
    expect(end.code).toBeGreaterThan(0);
    expect(reason(end)).toContain("/plan --new");
    expect(world.repository.read("tasks/BACKLOG.yaml")).toBe(backlog);
    expect(world.model.calls).toHaveLength(calls);

    expectSuccess(await world.run("plan", ["--new", "feature.md"]));
    expect(world.repository.read("tasks/BACKLOG.yaml")).toContain("status: pending");
  }));

test("an edit of the backlog between two commands wins for tasks that have not started", () =>
  inWorld({ script: linksScript() }, async (world) => {
    expectSuccess(await world.run("plan", ["feature.md"]));
    const text = world.repository.read("tasks/BACKLOG.yaml");
    world.repository.write(
      "tasks/BACKLOG.yaml",
      text.replace("An unknown slug counts zero", "Nobody counts as zero"),
    );
    expectSuccess(await world.run("implement", ["T02"]));
    expect(world.model.opened("implementer", "T02")[0]?.text).toContain("Nobody counts as zero");
  }));

test("/backlog makes the backlog again from the plan as it is now", () =>
  inWorld({ script: linksScript({ backlog: () => backlogReply([ADDRESS]) }) }, async (world) => {
    world.repository.write("tasks/PLAN.md", "# Unified Plan\n\nOnly the check of addresses.\n");
    expectSuccess(await world.run("backlog"));
    expect(world.model.opened("backlog")[0]?.text).toContain("Only the check of addresses.");
    expect(world.model.calls.map(({ role }) => role)).toEqual(["backlog"]);
    expect(world.repository.read("tasks/BACKLOG.yaml").match(/ id: /g)).toHaveLength(1);
  }));

test("/progress and /metrics before anything was done say so", () =>
  inWorld({ script: linksScript() }, async (world) => {
    expect(printed(await world.run("progress"))).toContain("/plan");
    const metrics = await world.run("metrics");
    expectSuccess(metrics);
    expect(printed(metrics)).toMatch(/no data|nothing/i);
  }));

test("/backlog --check validates the file and asks no model", () =>
  inWorld({ script: linksScript() }, async (world) => {
    planned(world, [EXPIRY, HITS, ADDRESS, JOINED]);
    expectSuccess(await world.run("backlog", ["--check"]));
    world.repository.write("tasks/BACKLOG.yaml", backlogFile([EXPIRY, EXPIRY]));
    const end = await world.run("backlog", ["--check"]);
    expect(end.code).toBeGreaterThan(0);
    expect(printed(end)).toMatch(/T01/);
    expect(world.model.calls).toEqual([]);
  }));
