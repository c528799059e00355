/** Killed in the middle, after each kind of effect, and then the same command again. */
import { describe, expect, test } from "vitest";
import { EXPIRY, HITS, linksScript } from "./links.ts";
import { expectSuccess, mergedTasks, orphans, planned, printed, statusOf } from "./outcome.ts";
import { inWorld, type World, type WorldOptions } from "./world.ts";

/** How many worlds are at work at once: each keeps about one core busy. */
const WORLDS_MAX = 2;
/** Tests wait for each other. */
const TIMEOUT_MS = 600_000;

const TASKS = [EXPIRY, HITS];
const WORLD: WorldOptions = {
  script: linksScript({}, TASKS),
  options: { gates: { test: "node --test", lint: false, typecheck: false } },
};

/** Moments at which `/implement` is killed, one run after the other, until the last run ends by itself. After
 * each kind of effect something else is left behind in OpenCode, in git, on the disk or among the processes.
 * That the core gets over a stop before and after every single effect is shown by the simulator. */
const IMPLEMENT: [name: string, moments: string[]][] = [
  ["once, while agents are at work", ["after:session.ask:1"]],
  ["once, when a branch has moved and nobody knows", ["after:git.move:1"]],
  ["once, when the work has landed and nobody knows", ["after:git.land:1"]],
  [
    "before anybody is at work",
    [
      "before:journal:1",
      "after:git.prepare:2",
      "after:session.create:1",
      "before:session.ask:1",
      "after:journal:12",
    ],
  ],
  [
    "while work is judged and merged",
    [
      "after:process.run:2",
      "before:journal:30",
      "after:session.remove:1",
      "before:git.move:1",
      "after:file.write:8",
      "before:git.land:1",
    ],
  ],
  // Recovery is no safe place either.
  [
    "while it recovers",
    [
      "after:session.ask:1",
      "before:session.find:1",
      "after:session.recall:1",
      "after:git.collect:1",
      "before:git.recall:1",
      "after:git.merge:1",
      "after:git.move:1",
      "before:git.hold:1",
    ],
  ],
];

const PLAN = [
  "after:session.create:2",
  "before:session.ask:1",
  "before:file.write:1",
  "after:file.write:5",
];

const free: (() => void)[] = [];
let atWork = 0;

/** Makes a world when there is room for one. */
async function inTurn(body: (world: World) => Promise<void>): Promise<void> {
  while (atWork >= WORLDS_MAX) await new Promise<void>((resolve) => free.push(resolve));
  atWork += 1;
  try {
    await inWorld(WORLD, body);
  } finally {
    atWork -= 1;
    free.shift()?.();
  }
}

async function killAt(world: World, moment: string, command: string, words: string[]) {
  const env = { MULTI_AGENT_CODER_FAULT: moment };
  const killed = await world.run(command, words, { env });
  expect(killed.code, `it was not killed ${moment}:\n${printed(killed)}`).toBe(137);
}

/** Gives the command again, as a person would, to its end. */
async function goOn(world: World, command: string, words: string[]) {
  expectSuccess(await world.run(command, words));
  expect(await orphans(world)).toEqual([]);
  expect(world.leftovers()).toEqual([]);
}

/** All is done, once, and the person's checkout shows nothing else. */
function expectDone(world: World): void {
  expect(mergedTasks(world, "mac/links", TASKS).sort()).toEqual(["T01", "T02"]);
  expect(world.repository.head()).toBe(world.repository.git("rev-parse", "mac/links"));
  expect(world.repository.git("branch", "--show-current")).toBe("main");
  expect(world.repository.git("diff", "HEAD", "--stat")).toBe("");
  for (const { id } of TASKS) expect(statusOf(world, id)).toMatchObject({ status: "completed" });
}

describe.concurrent("/implement, killed and given again, loses nothing", () => {
  test.for(IMPLEMENT)("%s", { timeout: TIMEOUT_MS }, ([, moments]) =>
    inTurn(async (world) => {
      planned(world, TASKS);
      const before = world.repository.fingerprint(["tasks"]);
      for (const moment of moments) {
        await killAt(world, moment, "implement", []);
        if (moment !== "after:git.land:1")
          expect(world.repository.fingerprint(["tasks"]), moment).toEqual(before);
      }
      await goOn(world, "implement", []);
      expectDone(world);
    }),
  );
});

test("/plan, killed again and again, makes the plan", { timeout: TIMEOUT_MS }, () =>
  inTurn(async (world) => {
    const before = world.repository.fingerprint(["tasks"]);
    for (const moment of PLAN) await killAt(world, moment, "plan", ["feature.md"]);
    await goOn(world, "plan", ["feature.md"]);
    expect(world.repository.fingerprint(["tasks"])).toEqual(before);
    for (const name of ["SPEC.md", "ARCH.md", "QA.md", "PLAN.md", "BACKLOG.yaml"])
      expect(world.repository.has(`tasks/${name}`), name).toBe(true);
  }),
);
