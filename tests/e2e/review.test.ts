/** A person decides with /review: on work that waits for them, and on nothing but their own changes. */
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import {
  ADDRESS,
  EXPIRY,
  HITS,
  linksScript,
  refused,
  type ScriptedTask,
  solve,
  taskNamed,
} from "./links.ts";
import { bash } from "./model.ts";
import {
  expectSuccess,
  mergedTasks,
  orphans,
  planned,
  printed,
  reason,
  statusOf,
} from "./outcome.ts";
import { inWorld } from "./shared.ts";
import { inWorld as inOwnWorld, type World } from "./world.ts";

const MANUAL = { review: "manual" };
const THREE = [EXPIRY, HITS, ADDRESS];
const WISH = "give count an example in its comment";
const CHATTER = "chatter-of-the-worker";

/** Good work, and the wish of the person where it is asked for. */
const script = (tasks: ScriptedTask[]) =>
  linksScript(
    {
      implementer: (call) =>
        call.text.includes(WISH)
          ? [
              { tools: [bash("echo '// Example: new Hits().count(1) is 0' >> src/hits.js")] },
              CHATTER,
            ]
          : solve(taskNamed(call, tasks)),
    },
    tasks,
  );

interface Card {
  task: string;
  waits_for: string;
  work: { ref: string; open: string[]; solve: string[] };
  decisions: string[];
}

async function pile(world: World): Promise<{ track: string; tasks: Card[] }> {
  const end = await world.run("review", ["--json"]);
  expectSuccess(end);
  return JSON.parse(end.stdout);
}

async function expectRefused(world: World, args: string[], text: string): Promise<void> {
  const end = await world.run("review", args);
  expect(end.code, printed(end)).not.toBe(0);
  expect(reason(end)).toContain(text);
}

describe("work that waits", () => {
  test("one is approved, one changed, one rejected", () =>
    inWorld({ script: script(THREE), options: MANUAL }, async (world) => {
      planned(world, THREE);
      const before = world.repository.fingerprint(["tasks"]);
      const end = await world.run("implement");
      expectSuccess(end);
      expect(printed(end)).toContain("T01, T02 and T03 wait for your review");
      expect(world.repository.merges("mac/links")).toEqual([]);
      for (const { id } of THREE) expect(statusOf(world, id)).toMatchObject({ status: "review" });

      const { track, tasks } = await pile(world);
      expect(track).toBe("links");
      expect(tasks.map(({ task, waits_for }) => [task, waits_for])).toEqual([
        ["T01", "review"],
        ["T02", "review"],
        ["T03", "review"],
      ]);
      const shown = await world.run("review");
      expectSuccess(shown);
      for (const { id, title, acceptance } of THREE) {
        expect(printed(shown)).toContain(`${id}: ${title}`);
        expect(printed(shown)).toContain(acceptance[0]);
      }
      for (const { decisions, work } of tasks) {
        for (const line of [...decisions, ...work.open]) expect(printed(shown)).toContain(line);
        expect(world.repository.git("show", work.ref)).toContain("diff --git");
      }

      const approved = await world.run("review", ["T01", "approve"]);
      expectSuccess(approved);
      expect(mergedTasks(world, "mac/links", THREE)).toEqual(["T01"]);
      expect(statusOf(world, "T01")).toMatchObject({ status: "completed" });

      expectSuccess(await world.run("review", ["T02", "changes", WISH]));
      const [, again] = world.model.opened("implementer", "T02");
      expect(again?.text).toContain(WISH);
      expect(world.repository.read("tasks/T02.context.md")).toContain(
        `## Changes to make to the work in this directory\n\n- ${WISH}\n`,
      );
      expect(statusOf(world, "T02")).toMatchObject({ status: "review", reworks: 1 });
      expectSuccess(await world.run("review", ["T02", "approve"]));
      expect(world.repository.show("src/hits.js", "mac/links")).toMatch(
        /class Hits[\s\S]*Example:/,
      );

      expectSuccess(await world.run("review", ["T03", "reject", "not wanted"]));
      expect(statusOf(world, "T03")).toMatchObject({
        status: "failed",
        error: "rejected by you: not wanted",
      });

      expect(mergedTasks(world, "mac/links", THREE)).toEqual(["T01", "T02"]);
      expect(world.repository.fingerprint(["tasks"])).toEqual(before);
      expect(await orphans(world)).toEqual([]);

      await expectRefused(world, ["T01", "approve"], "T01 is merged already");
      await expectRefused(world, ["T09", "approve"], "there is no task T09");
      await expectRefused(world, ["T03", "approve", "T02", "reject"], "One decision at a time");
      await expectRefused(world, ["land"], "T03 (failed) is not merged yet");
      expect(mergedTasks(world, "mac/links", THREE)).toEqual(["T01", "T02"]);
    }));

  test("a conflict is solved by hand with the commands that are shown", () => {
    const task = (id: string, word: string): ScriptedTask => ({
      ...EXPIRY,
      id,
      title: `Say ${word} in the description`,
      description: `The description in package.json says ${word}.`,
      acceptance: [`package.json holds the word ${word}`],
      scope: { files_hint: ["package.json"], estimated_hours: 1 },
    });
    const tasks = [task("T01", "durable"), task("T02", "friendly")];
    const words = linksScript(
      {
        implementer: (call) => {
          const word = call.task === "T01" ? "durable" : "friendly";
          return [
            { tools: [bash(`sed -i 's/kept in memory/kept ${word} in memory/' package.json`)] },
            "Done.",
          ];
        },
      },
      tasks,
    );
    return inWorld({ script: words, options: MANUAL }, async (world) => {
      planned(world, tasks);
      expectSuccess(await world.run("implement"));
      expectSuccess(await world.run("review", ["T01", "approve"]));
      await expectRefused(
        world,
        ["T02", "approve"],
        "conflicts with merged work in `package.json`",
      );
      expect(mergedTasks(world, "mac/links", tasks)).toEqual(["T01"]);

      const [waiting] = (await pile(world)).tasks;
      expect(waiting).toMatchObject({ task: "T02", waits_for: "conflict" });
      const [open = "", merge = "", ...rest] = waiting?.work.solve ?? [];
      const sh = (command: string) =>
        execFileSync("sh", ["-c", command], { cwd: world.repository.directory, stdio: "pipe" });
      sh(open);
      expect(() => sh(merge)).toThrow();
      const beside = open.split(" ")[4];
      sh(
        `git show mac/links:package.json | sed 's/kept durable/kept durable and friendly/' > ${beside}/package.json`,
      );
      for (const command of rest) sh(command);

      expectSuccess(await world.run("review", ["T02", "approve"]));
      expect(mergedTasks(world, "mac/links", tasks)).toEqual(
        expect.arrayContaining(["T01", "T02"]),
      );
      expect(statusOf(world, "T02")).toMatchObject({ status: "completed" });
      expect(world.repository.show("package.json", "mac/links")).toContain("durable and friendly");
      // The last one lands.
      expect(world.repository.read("package.json")).toContain("durable and friendly");
    });
  });
});

test("when nothing waits, the uncommitted changes are reviewed against what the person states", () =>
  inWorld(
    { script: linksScript({ reviewer: refused("src/mine.js:1: answer has no test") }) },
    async (world) => {
      world.repository.write("src/mine.js", "export const answer = 42;\n");
      world.repository.write("tasks/PLAN.md", "# A document of ours\n");
      const index = world.repository.fingerprint([]);
      const end = await world.run("review");
      expectSuccess(end);
      const [call, ...more] = world.model.opened("reviewer");
      expect(more).toEqual([]);
      expect(call?.text).toContain("+export const answer = 42;");
      expect(call?.text).toContain("None are stated: look for defects only.");
      expect(call?.text).not.toContain("A document of ours");
      expect(call?.tools).toEqual([]);
      expect(printed(end)).toContain("src/mine.js:1: answer has no test");
      expect(world.repository.fingerprint([])).toEqual(index);
      expect(await orphans(world)).toEqual([]);

      expectSuccess(await world.run("review", ["HEAD", "nothing but configuration changes"]));
      const text = world.model.opened("reviewer")[1]?.text;
      expect(text).toContain("opencode.json");
      expect(text).toContain("1. nothing but configuration changes");
      await expectRefused(world, ["nowhere"], "no task of the backlog, no branch and no commit");
      await expectRefused(world, ["T01", "approve"], "there is no tasks/BACKLOG.yaml");
      expect((await pile(world)).tasks).toEqual([]);
    },
  ));

// In processes of their own, whose standard output holds nothing but the JSON.
test("a person's own /review stays theirs, and ours is /mac-review", () =>
  inOwnWorld(
    {
      script: linksScript({ other: "Your week was fine." }),
      config: { command: { review: { template: "Review my week please", description: "mine" } } },
    },
    async (world) => {
      const own = await world.run("review");
      expectSuccess(own);
      expect(printed(own)).toContain("Your week was fine.");
      const ours = await world.run("mac-review", ["--json"]);
      expectSuccess(ours);
      expect(JSON.parse(ours.stdout)).toMatchObject({ tasks: [] });
    },
  ));
