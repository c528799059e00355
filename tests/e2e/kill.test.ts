/** Killed in the middle, before and after each kind of effect, and then the same command again. */
import { afterAll, describe, expect, test } from "vitest";
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

/** What is done for a task, in this order; the process is killed before and after each. */
const IMPLEMENT = [
  "git.prepare:2",
  "session.create:1",
  "session.ask:1",
  "git.collect:1",
  "process.run:2",
  "session.remove:1",
  "git.merge:1",
  "git.move:1",
  "file.write:8",
  "git.land:1",
].flatMap((moment) => [`before:${moment}`, `after:${moment}`]);

const JOURNAL = ["before:journal:1", "after:journal:12", "before:journal:30"];

/** Each is met by the run after the one before it was killed: recovery is no safe place either. */
const AGAIN_AND_AGAIN = [
  "after:session.ask:1",
  "before:session.find:1",
  "after:session.recall:1",
  "after:git.collect:1",
  "before:git.recall:1",
  "after:git.merge:1",
  "after:git.move:1",
  "before:git.hold:1",
];

const PLAN = [
  "after:session.create:2",
  "before:session.ask:1",
  "before:file.write:1",
  "after:file.write:5",
];

const free: (() => void)[] = [];
let atWork = 0;
/** How long it took from the second start to its first request, by moment. */
const waits: string[] = [];

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

/** Gives the command again, as a person would, and notes when the first model is asked. */
async function goOn(world: World, moment: string, command: string, words: string[]) {
  const calls = world.model.calls.length;
  const began_ms = Date.now();
  const end = await world.run(command, words);
  expectSuccess(end);
  const first = world.model.calls[calls];
  const wait = first === undefined ? "no request" : `${first.at_ms - began_ms} ms`;
  waits.push(`${command} ${moment}: ${wait}`);
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
  test.for([...IMPLEMENT, ...JOURNAL])("%s", { timeout: TIMEOUT_MS }, (moment) =>
    inTurn(async (world) => {
      planned(world, TASKS);
      const before = world.repository.fingerprint(["tasks"]);
      await killAt(world, moment, "implement", []);
      if (moment !== "after:git.land:1")
        expect(world.repository.fingerprint(["tasks"])).toEqual(before);
      await goOn(world, moment, "implement", []);
      expectDone(world);
    }),
  );

  test("again and again, while it recovers too", { timeout: TIMEOUT_MS }, () =>
    inTurn(async (world) => {
      planned(world, TASKS);
      for (const moment of AGAIN_AND_AGAIN) await killAt(world, moment, "implement", []);
      await goOn(world, "after many", "implement", []);
      expectDone(world);
    }),
  );
});

describe.concurrent("/plan, killed and given again, makes the plan", () => {
  test.for(PLAN)("%s", { timeout: TIMEOUT_MS }, (moment) =>
    inTurn(async (world) => {
      const before = world.repository.fingerprint(["tasks"]);
      await killAt(world, moment, "plan", ["feature.md"]);
      await goOn(world, moment, "plan", ["feature.md"]);
      expect(world.repository.fingerprint(["tasks"])).toEqual(before);
      for (const name of ["SPEC.md", "ARCH.md", "QA.md", "PLAN.md", "BACKLOG.yaml"])
        expect(world.repository.has(`tasks/${name}`), name).toBe(true);
    }),
  );
});

afterAll(() => {
  console.info(`From the second start to the first request:\n${waits.sort().join("\n")}`);
});
