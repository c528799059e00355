/** Prompts of the person's in place of ours: what the models are sent, and what is said about it. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { EXPIRY, HITS, linksScript, SPEC, solve, taskNamed } from "./links.ts";
import type { Call } from "./model.ts";
import { expectSuccess, mergedTasks, planned, printed, reason } from "./outcome.ts";
import { inWorld } from "./shared.ts";

const DIRECTORY = ".opencode/multi-agent-coder/prompts";
const REVIEWER = "You judge a diff for the people of Shortlinks.";
const WORKER = "You do one task for the people of Shortlinks.";

/** Answers by what the person's prompts say: they begin with other lines than ours. */
const script = linksScript(
  {
    other: (call: Call) => {
      if (call.system.startsWith(WORKER)) return solve(EXPIRY);
      return call.system.startsWith("You specify") ? SPEC : "Which agent is this?";
    },
  },
  [EXPIRY],
);

test("a person's prompts are what the models are sent, also where they are not committed", () =>
  inWorld({ script }, async (world) => {
    planned(world, [EXPIRY]);
    world.repository.write(`${DIRECTORY}/implementer.md`, `${WORKER}\nWork in {{ braces }}.\n`);
    world.repository.write(`${DIRECTORY}/implementr.md`, "A slip.");
    const end = await world.run("implement");
    expectSuccess(end);
    const [worker] = world.model.opened("other");
    expect(worker?.system.startsWith(`${WORKER}\nWork in {{ braces }}.`)).toBe(true);
    expect(worker?.text).toBe(world.repository.read("tasks/T01.context.md"));
    expect(world.model.opened("implementer")).toEqual([]);
    expect(mergedTasks(world, "mac/links", [EXPIRY])).toEqual(["T01"]);
    expect(printed(end)).toContain(`${DIRECTORY}/implementr.md is not used`);
    expect(printed(end)).toContain("perhaps you mean implementer.md");
  }));

test("variables are filled, and what is set in OpenCode's configuration wins", () =>
  inWorld(
    {
      script,
      options: { outputDir: "plans", review: "off" },
      config: { agent: { implementer: { prompt: WORKER } } },
    },
    async (world) => {
      world.repository.write(
        `${DIRECTORY}/planner-spec.md`,
        "You specify; leave {{OUTPUT_DIR}}/ out.",
      );
      world.repository.write(`${DIRECTORY}/implementer.md`, "Never used.");
      expectSuccess(await world.run("plan", ["feature.md"]));
      const [planner] = world.model.opened("other");
      expect(planner?.system.startsWith("You specify; leave plans/ out.")).toBe(true);
      const end = await world.run("implement");
      expectSuccess(end);
      const workers = world.model.opened("other").slice(1);
      expect(workers.map(({ system }) => system.split("\n")[0])).toEqual([WORKER]);
      expect(printed(end)).toContain("agent.implementer.prompt is set in OpenCode's configuration");
    },
  ));

test("with a prompt that cannot be used nobody is asked, and the message says where", () =>
  inWorld({ script }, async (world) => {
    planned(world, [EXPIRY]);
    world.repository.write(`${DIRECTORY}/reviewer.md`, `${REVIEWER}\nJudge {{TASK}}.\n`);
    world.repository.write(`${DIRECTORY}/rebase.md`, "\n");
    const end = await world.run("implement");
    expect(end.code).not.toBe(0);
    expect(reason(end)).toMatch(/reviewer\.md:2: unknown variable `\{\{TASK\}\}`/);
    expect(printed(end)).toContain(`${DIRECTORY}/rebase.md:1: it is empty`);
    expect(world.model.calls).toEqual([]);
    expectSuccess(await world.run("progress"));
  }));

test("a variant is at work by its weight, in worktrees too, and its figures are told with its hash", () => {
  const tasks = [EXPIRY, HITS];
  return inWorld(
    {
      script: linksScript({ other: (call: Call) => solve(taskNamed(call, tasks)) }, tasks),
      options: { prompts: { implementer: { variants: { default: 0, short: 1 } } } },
    },
    async (world) => {
      planned(world, tasks);
      world.repository.write(`${DIRECTORY}/implementer.short.md`, WORKER);
      expectSuccess(await world.run("implement"));
      expect(world.model.opened("implementer")).toEqual([]);
      const systems = world.model.opened("other").map(({ system }) => system.split("\n")[0]);
      expect(systems).toEqual([WORKER, WORKER]);

      const hash = createHash("sha256").update(WORKER).digest("hex").slice(0, 16);
      const metrics = await world.run("metrics");
      expectSuccess(metrics);
      expect(printed(metrics)).toMatch(
        new RegExp(`implementer~short *\\| ${hash} \\| +2 .*2 of 2: too few to tell`),
      );
      expect(world.repository.read(".git/multi-agent-coder/journal.jsonl")).toContain(hash);
    },
  );
});
