/** What a second command finds: started work is not thrown away, edits count, parts can be chosen. */
import { expect, test } from "vitest";
import { ADDRESS, backlogFile, backlogReply, EXPIRY, HITS, JOINED, linksScript } from "./links.ts";
import type { Script } from "./model.ts";
import { expectAnswered, expectFailed, expectSuccess, mergedTasks, planned } from "./outcome.ts";
import { type Server, textOf } from "./serve.ts";
import { inWorld } from "./shared.ts";
import { inWorld as inOwnWorld, type World } from "./world.ts";

/** A world with a server and a chat to give commands in. */
function inChat(script: Script, body: (world: World, give: Give) => Promise<void>): Promise<void> {
  return inWorld({ script }, async (world) => {
    const server = await world.serve();
    const chat = await server.open();
    await body(world, (name, args) => server.command(chat, name, args));
  });
}

type Give = (name: string, args?: string) => ReturnType<Server["command"]>;

test("/implement T02 does that task only, and a later process the rest", () =>
  inOwnWorld({ script: linksScript({}, [EXPIRY, HITS]) }, async (world) => {
    planned(world, [EXPIRY, HITS]);
    expectSuccess(await world.run("implement", ["T02"]));
    expect(mergedTasks(world, "mac/links", [EXPIRY, HITS])).toEqual(["T02"]);
    expect(world.model.opened("implementer", "T01")).toEqual([]);

    expectSuccess(await world.run("implement"));
    expect(mergedTasks(world, "mac/links", [EXPIRY, HITS])).toEqual(["T02", "T01"]);
    expect(world.model.opened("implementer", "T02")).toHaveLength(1);
  }));

test("/plan does not overwrite a backlog with work left, and says how to start over", () =>
  inChat(linksScript({}, [EXPIRY, HITS]), async (world, give) => {
    planned(world, [EXPIRY, HITS]);
    expectAnswered(await give("implement", EXPIRY.id));
    const backlog = world.repository.read("tasks/BACKLOG.yaml");
    const calls = world.model.calls.length;
    expect(expectFailed(await give("plan", "feature.md"))).toContain("/plan --new");
    expect(world.repository.read("tasks/BACKLOG.yaml")).toBe(backlog);
    expect(world.model.calls).toHaveLength(calls);

    expectAnswered(await give("plan", "--new feature.md"));
    expect(world.repository.read("tasks/BACKLOG.yaml")).toContain("status: pending");
  }));

test("an edit of the backlog between two commands wins for tasks that have not started", () =>
  inChat(linksScript(), async (world, give) => {
    expectAnswered(await give("plan", "feature.md"));
    const text = world.repository.read("tasks/BACKLOG.yaml");
    const edited = text.replace("An unknown slug counts zero", "Nobody counts as zero");
    world.repository.write("tasks/BACKLOG.yaml", edited);
    expectAnswered(await give("implement", "T02"));
    expect(world.model.opened("implementer", "T02")[0]?.text).toContain("Nobody counts as zero");
  }));

test("/backlog makes the backlog again from the plan as it is now", () =>
  inChat(linksScript({ backlog: () => backlogReply([ADDRESS]) }), async (world, give) => {
    const plan = "# Unified Plan\n\nOnly the check of addresses.\n";
    world.repository.write("tasks/PLAN.md", plan);
    expectAnswered(await give("backlog"));
    expect(world.model.opened("backlog")[0]?.text).toContain("Only the check of addresses.");
    expect(world.model.calls.map(({ role }) => role)).toEqual(["backlog"]);
    expect(world.repository.read("tasks/BACKLOG.yaml").match(/ id: /g)).toHaveLength(1);
  }));

test("/backlog --check validates the file and asks no model", () =>
  inChat(linksScript(), async (world, give) => {
    planned(world, [EXPIRY, HITS, ADDRESS, JOINED]);
    expectAnswered(await give("backlog", "--check"));
    world.repository.write("tasks/BACKLOG.yaml", backlogFile([EXPIRY, EXPIRY]));
    expect(expectFailed(await give("backlog", "--check"))).toContain("T01");
    expect(world.model.calls).toEqual([]);
  }));

test("/progress and /metrics before anything was done say so", () =>
  inChat(linksScript(), async (_world, give) => {
    expect(expectFailed(await give("progress"))).toContain("/plan");
    const metrics = await give("metrics");
    expectAnswered(metrics);
    expect(textOf(metrics)).toContain("No data yet");
  }));
