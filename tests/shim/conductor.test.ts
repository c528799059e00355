/** Commands of the built core in a real repository, for a host that is none. */

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { __wbg_reset_state } from "../../js-shim/pkg/core.js";
import { Conductor, type Request } from "../../js-shim/src/conductor.ts";
import type { CatalogueModel } from "../../js-shim/src/host/host.ts";
import { acquireLock } from "../../js-shim/src/lock.ts";
import { logPanic } from "../../js-shim/src/panic.ts";
import { locate } from "../../js-shim/src/paths.ts";
import { FakeHost, FakeTurn, given, SETTING, until } from "./fake-host.ts";
import { temporaryDirectory, World } from "./world.ts";

/** How `/progress` ends before any `/plan`. */
const NOTHING_YET = expect.stringContaining("there is no tasks/BACKLOG.yaml");

/** A conductor with `/plan` under way, held up by its models. */
async function heldPlan() {
  const { place } = await World.make();
  const host = new FakeHost();
  const models = holdModels(host);
  const conductor = new Conductor(host, place);
  const planning = run(conductor, "plan", "greet people");
  await until(models.isAsked);
  return { place, models, conductor, planning };
}

/** A catalogue that does not answer until it is told to. */
function holdModels(host: FakeHost): { isAsked: () => boolean; answer: () => void } {
  let answers: ((models: CatalogueModel[]) => void)[] = [];
  host.models = () => new Promise((resolve) => answers.push(resolve));
  return {
    isAsked: () => answers.length > 0,
    answer: () => {
      for (const answer of answers) answer([]);
      answers = [];
    },
  };
}

function asked(...command: Parameters<typeof given>): Request {
  return { command: given(...command), setting: SETTING, directory: "/" };
}

async function run(conductor: Conductor, ...command: Parameters<typeof given>): Promise<FakeTurn> {
  const turn = new FakeTurn();
  await conductor.run(asked(...command), turn, undefined);
  return turn;
}

test("a command ends once, and then the journal is free for others", async () => {
  const { place } = await World.make();
  const conductor = new Conductor(new FakeHost(), place);
  const turn = await run(conductor, "plan", "greet people");
  expect(turn.ends).toEqual([expect.stringContaining("acme/large")]);
  await conductor.quiet();
  expect(conductor.chats).toEqual([]);
  const { release } = await acquireLock(join(place.state, "journal.lock"), "/elsewhere", "plan");
  await release();
});

test("a second command goes on with the same journal", async () => {
  const { place } = await World.make();
  const host = new FakeHost();
  const conductor = new Conductor(host, place);
  await run(conductor, "plan", "greet people");
  await run(conductor, "progress");
  await conductor.quiet();
  const lines = readFileSync(join(place.state, "journal.jsonl"), "utf8").trimEnd().split("\n");
  const sequence = lines.map((line) => JSON.parse(line).seq);
  expect(sequence).toEqual(sequence.map((_, index) => index));
  expect(host.logged).toEqual([]);
});

test("a command outside a repository ends with its error and leaves no file", async () => {
  await World.make();
  const directory = temporaryDirectory();
  const place = await locate(directory);
  const conductor = new Conductor(new FakeHost(), place);
  const turn = await run(conductor, "plan", "greet people");
  expect(turn.ends).toEqual([expect.stringContaining("not a git repository")]);
  await conductor.quiet();
  expect(existsSync(place.state)).toBe(false);
});

test("a looking command beside a working one is answered, and both end", async () => {
  const { place } = await World.make();
  const host = new FakeHost();
  const models = holdModels(host);
  const conductor = new Conductor(host, place);
  const planning = run(conductor, "plan", "greet people", "one");
  await until(models.isAsked);
  const looked = await run(conductor, "progress", "", "two");
  expect(looked.ends).toHaveLength(1);
  expect(conductor.chats).toEqual(["one"]);
  models.answer();
  expect((await planning).ends).toHaveLength(1);
});

test("a second working command is refused while the first works", async () => {
  const { place } = await World.make();
  const host = new FakeHost();
  const models = holdModels(host);
  const conductor = new Conductor(host, place);
  const first = run(conductor, "plan", "greet people", "one");
  await until(models.isAsked);
  const second = await run(conductor, "implement", "", "two");
  expect(second.ends).toEqual([expect.stringContaining("another command")]);
  models.answer();
  await first;
});

test("a working command given elsewhere waits for one that is being stopped", async () => {
  const { models, conductor, planning } = await heldPlan();
  conductor.cancel("chat");
  const next = run(conductor, "implement", "", "other");
  // What was asked for before the stop is answered late.
  models.answer();
  expect((await planning).ends).toEqual([expect.stringContaining("stopped")]);
  await until(models.isAsked);
  models.answer();
  expect((await next).ends).toEqual([expect.stringContaining("acme/large")]);
});

test("a command that is cancelled before it starts performs nothing that matters", async () => {
  const { place } = await World.make();
  const conductor = new Conductor(new FakeHost(), place);
  const turn = new FakeTurn();
  await conductor.run(asked("plan", "greet"), turn, AbortSignal.abort());
  expect(turn.ends).toEqual([expect.stringContaining("stopped")]);
});

test("a cancel while the journal is being opened is not lost", async () => {
  const { place } = await World.make();
  const conductor = new Conductor(new FakeHost(), place);
  const running = run(conductor, "plan", "greet people");
  conductor.cancel("chat");
  expect((await running).ends).toEqual([expect.stringContaining("stopped")]);
});

test("a repository whose lock is held refuses commands by the holder's name, and takes them afterwards", async () => {
  const { place } = await World.make();
  const { release } = await acquireLock(join(place.state, "journal.lock"), "/elsewhere", "plan");
  const conductor = new Conductor(new FakeHost(), place);
  const refused = await run(conductor, "implement");
  const holder = `OpenCode (process ${process.pid}, in /elsewhere, since `;
  expect(refused.ends).toEqual([expect.stringContaining(holder)]);
  await release();
  expect((await run(conductor, "progress")).ends).toEqual([NOTHING_YET]);
});

test("commands that only look are answered while another process is at work, and change nothing", async () => {
  const { place, models, planning } = await heldPlan();
  const journal = () => readFileSync(join(place.state, "journal.jsonl"), "utf8");
  const before = journal();
  // The lock refuses another conductor as it does another process.
  const looking = new Conductor(new FakeHost(), place);
  const looked = await run(looking, "metrics");
  expect(looked.ends).toEqual([null]);
  expect(looked.said[0]).toMatch(/^OpenCode \(process \d+, .*\) is running \/plan in this repo/);
  expect((await run(looking, "progress")).ends).toEqual([NOTHING_YET]);
  expect((await run(looking, "plan", "more")).ends).toEqual([expect.stringContaining("/plan")]);
  expect(journal()).toBe(before);
  models.answer();
  await planning;
});

test("a command reads the files that a person names where they typed it", async () => {
  const { place, root } = await World.make({ "sub/feature.md": "Greet every visitor." });
  const host = new FakeHost();
  const ref = { provider: "acme", model: "large" };
  host.models = async () => [{ ref, input_usd: 0, output_usd: 0, context_tokens: 0 }];
  const conductor = new Conductor(host, place);
  const turn = new FakeTurn();
  const request = { ...asked("plan", "feature.md"), directory: join(root, "sub") };
  const planning = conductor.run(request, turn, undefined);
  await until(() => host.sent.some((text) => text.includes("Greet every visitor.")));
  conductor.cancel("chat");
  await planning;
});

test("stopping ends the commands of these chats, and then others may have the journal", async () => {
  const { place, models, conductor, planning } = await heldPlan();
  const stopping = conductor.stop(["chat"]);
  models.answer();
  await stopping;
  expect((await planning).ends).toEqual([expect.stringContaining("stopped")]);
  const { release } = await acquireLock(join(place.state, "journal.lock"), "/elsewhere", "plan");
  await release();
});

test("what does not stop in time is ended all the same, and holds nothing up afterwards", async () => {
  const { place, models, conductor, planning } = await heldPlan();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  let isStopped = false;
  const stopping = conductor.stop(["chat"]).then(() => {
    isStopped = true;
  });
  while (!isStopped) await vi.advanceTimersByTimeAsync(1_000);
  await stopping;
  vi.useRealTimers();
  expect(conductor.chats).toEqual([]);
  expect((await planning).ends).toEqual([expect.stringContaining("stopped")]);
  models.answer();
  expect((await run(conductor, "progress")).ends).toEqual([NOTHING_YET]);
  await conductor.quiet();
  // The time that ran out above was not the disk's: the journal may still be about to be closed.
  const lock = join(place.state, "journal.lock");
  const { release } = await acquireLock(lock, "/elsewhere", "plan", 5_000);
  await release();
});

test("a damaged journal is named, and its lock is free again", async () => {
  const { place } = await World.make();
  mkdirSync(place.state, { recursive: true });
  writeFileSync(join(place.state, "journal.jsonl"), "nonsense\n{}\n");
  const turn = await run(new Conductor(new FakeHost(), place), "progress");
  expect(turn.ends).toEqual([expect.stringContaining("line 1")]);
  const { release } = await acquireLock(join(place.state, "journal.lock"), "/elsewhere", "plan");
  await release();
});

test("after a panic the command ends with it, and the next one works with a fresh core", async () => {
  const { place } = await World.make();
  const host = new FakeHost();
  const models = holdModels(host);
  const conductor = new Conductor(host, place);
  const broken = run(conductor, "plan", "greet people");
  await until(models.isAsked);
  // What the core's glue does when the core panics.
  logPanic("index out of bounds");
  __wbg_reset_state();
  expect((await broken).ends).toEqual([expect.stringContaining("index out of bounds")]);
  models.answer();
  const next = await run(conductor, "progress");
  expect(next.ends).toEqual([NOTHING_YET]);
  await conductor.quiet();
});

test("an engine that failed does nothing more, and takes nothing else down", async () => {
  const { place } = await World.make();
  const host = new FakeHost();
  const models = holdModels(host);
  const conductor = new Conductor(host, place);
  const broken = run(conductor, "plan", "greet people", "one");
  await until(models.isAsked);
  logPanic("index out of bounds");
  await broken;
  const size = statSync(join(place.state, "journal.jsonl")).size;
  // The late answer would end the command a second time.
  models.answer();
  await conductor.quiet();
  expect(statSync(join(place.state, "journal.jsonl")).size).toBe(size);
  expect((await broken).ends).toHaveLength(1);
  expect((await run(conductor, "progress", "", "two")).ends).toEqual([NOTHING_YET]);
});

test("`quiet` waits for the command at work", async () => {
  const { place } = await World.make();
  const host = new FakeHost();
  const models = holdModels(host);
  const conductor = new Conductor(host, place);
  const running = run(conductor, "plan", "greet people");
  await until(models.isAsked);
  let isQuiet = false;
  const quiet = conductor.quiet().then(() => {
    isQuiet = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(isQuiet).toBe(false);
  models.answer();
  await quiet;
  expect((await running).ends).toHaveLength(1);
});
