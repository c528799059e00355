/** Two OpenCodes at one repository: one works, the other may look, and takes over when the first is gone. */
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Running } from "./host.ts";
import { EXPIRY, HITS, linksScript, type ScriptedTask, solve, taskNamed } from "./links.ts";
import type { Call, Reply, Script } from "./model.ts";
import { expectFailed, expectSuccess, mergedTasks, orphans, planned, printed } from "./outcome.ts";
import { serve, textOf } from "./serve.ts";
import { inWorld, type World } from "./world.ts";

const TASKS = [EXPIRY, HITS];
/** A loaded machine takes its time. */
const START_MS = 120_000;

/** Everybody does good work, but the worker of one task hangs until it is woken. */
function hanging(task: string, tasks: ScriptedTask[]): { script: Script; wake: () => void } {
  let isHanging = true;
  const implementer = (call: Call): Reply | Reply[] =>
    call.task === task && isHanging ? { hang: true } : solve(taskNamed(call, tasks));
  const wake = () => {
    isHanging = false;
  };
  return { script: linksScript({ implementer }, tasks), wake };
}

/** A world in which `/implement` hangs at T02 until it is woken, with that command under way. */
function atWork(
  body: (world: World, working: Running, wake: () => void) => Promise<void>,
): Promise<void> {
  const { script, wake } = hanging("T02", TASKS);
  return inWorld({ script }, async (world) => {
    planned(world, TASKS);
    const working = world.start("implement", [], { timeout_ms: 10 * START_MS });
    await world.model.called("implementer", "T02", START_MS);
    await body(world, working, wake);
  });
}

function holderOf(world: World, working: Running): RegExp {
  const directory = world.repository.directory;
  const time = "\\d\\d:\\d\\d";
  return new RegExp(
    `OpenCode \\(process ${working.pid}, in ${directory}, since ${time}\\) is running /implement`,
  );
}

async function expectDone(world: World): Promise<void> {
  expect(mergedTasks(world, "mac/links", TASKS).sort()).toEqual(["T01", "T02"]);
  expect(await orphans(world)).toEqual([]);
  expect(world.leftovers()).toEqual([]);
}

test("the second one may look and is told who works; a killed one is followed at once", () =>
  atWork(async (world, working, wake) => {
    const holder = holderOf(world, working);
    const progress = await world.run("progress");
    expectSuccess(progress);
    expect(printed(progress)).toMatch(holder);
    expect(printed(progress)).toMatch(/T02.*(running|in progress)/i);
    const check = await world.run("backlog", ["--check"]);
    expectSuccess(check);
    expect(printed(check)).toContain("is valid");

    const refused = await world.run("implement");
    expect(refused.code).toBeGreaterThan(0);
    expect(printed(refused)).toMatch(holder);

    working.signal("SIGSTOP");
    expect(printed(await world.run("plan", ["more"]))).toMatch(holder);
    working.kill();
    await working.finished;
    wake();
    expectSuccess(await world.run("implement"));
    await expectDone(world);
  }));

test("from a worktree of the person's own it is the same journal, and one at a time", () =>
  atWork(async (world, working, wake) => {
    const directory = join(world.root, "other checkout");
    world.repository.git("worktree", "add", "-q", "--detach", directory);
    const refused = await world.run("implement", [], { directory });
    expect(refused.code).toBeGreaterThan(0);
    expect(printed(refused)).toMatch(holderOf(world, working));
    working.kill();
    await working.finished;
    wake();
    expectSuccess(await world.run("implement"));
    await expectDone(world);
  }));

test("two directories of one checkout in one OpenCode share their work", () => {
  const { script, wake } = hanging("T02", TASKS);
  return inWorld({ script }, async (world) => {
    planned(world, TASKS);
    const running = world.opencode(["serve", "--port", "0"]);
    const root = await serve(running, world.repository.directory);
    const below = await serve(running, join(world.repository.directory, "src"));
    const chat = await root.open();
    const turn = root.command(chat, "implement");
    await world.model.called("implementer", "T02", START_MS);

    const other = await below.open();
    expect(textOf(await below.command(other, "progress"))).toMatch(/T02.*(running|in progress)/i);
    expect(expectFailed(await below.command(other, "implement"))).toContain("another command");
    wake();
    await root.abort(chat);
    await turn;
    expect((await below.command(other, "implement")).info.error).toBeUndefined();
    await root.stop();
    await expectDone(world);
  });
});

test("a session that the person deletes in the middle costs an attempt and nothing else", () => {
  const { script, wake } = hanging("T01", [EXPIRY]);
  return inWorld({ script }, async (world) => {
    planned(world, [EXPIRY]);
    const server = await world.serve();
    const chat = await server.open();
    const turn = server.command(chat, "implement");
    await world.model.called("implementer", "T01", START_MS);
    wake();
    for (const { id } of await server.children(chat)) await server.remove(id);
    expect((await turn).info.error).toBeUndefined();
    await server.stop();
    expect(mergedTasks(world, "mac/links", [EXPIRY])).toEqual(["T01"]);
    expect(await orphans(world)).toEqual([]);
  });
});
