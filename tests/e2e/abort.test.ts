/** Stopping in the middle, and going on later from what was done. */
import { expect, test } from "vitest";
import { awaited, type Running } from "./host.ts";
import { EXPIRY, HITS, JOINED, linksScript, solve, taskNamed } from "./links.ts";
import { expectSuccess, mergedTasks, planned, printed } from "./outcome.ts";
import { serve } from "./serve.ts";
import { inWorld, type World } from "./world.ts";

const AFTER = {
  ...JOINED,
  depends_on: ["T01", "T02"],
  solution: { "notes.md": "Both are there.\n" },
};
const TASKS = [EXPIRY, HITS, AFTER];

/** T02 hangs until it is told otherwise. */
function scriptThatHangs(): { script: ReturnType<typeof linksScript>; wake: () => void } {
  let isHanging = true;
  const script = linksScript(
    {
      implementer: (call) =>
        call.task === "T02" && isHanging ? { hang: true } : solve(taskNamed(call, TASKS)),
    },
    TASKS,
  );
  return { script, wake: () => (isHanging = false) };
}

/** Resolves when T02 is asked for and another task is merged. */
async function untilHalfDone(world: World, running: Running): Promise<void> {
  await awaited(running, () => world.model.callsOf("implementer", "T02")[0]);
  await awaited(running, () => {
    const isThere = world.repository.refs("refs/heads/mac/").has("refs/heads/mac/links");
    return isThere ? world.repository.merges("mac/links")[0] : undefined;
  });
}

async function expectContinued(world: World): Promise<void> {
  expect(mergedTasks(world, "mac/links", TASKS).sort()).toEqual(["T01", "T02", "T04"]);
  expect(world.model.opened("implementer", "T01")).toHaveLength(1);
  expect(world.repository.head()).toBe(world.repository.git("rev-parse", "mac/links"));
}

test("Esc stops the run: nothing new starts, finished work stays, and /implement goes on", () => {
  const { script, wake } = scriptThatHangs();
  return inWorld({ script }, async (world) => {
    planned(world, TASKS);
    const before = world.repository.fingerprint(["tasks"]);
    const running = world.opencode(["serve", "--port", "0"]);
    const server = await serve(running, world.repository.directory);
    const chat = await server.open();
    const turn = server.command(chat, "implement");
    await untilHalfDone(world, running);
    await server.abort(chat);
    await turn;
    const calls = world.model.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(world.model.calls).toHaveLength(calls);
    expect(world.model.opened("implementer", "T04")).toEqual([]);
    expect(world.repository.fingerprint(["tasks"])).toEqual(before);

    wake();
    const message = await server.command(chat, "implement");
    expect(message.info.error).toBeUndefined();
    await expectContinued(world);
    await server.stop();
  });
});

test("Ctrl-C ends `opencode run`, and a new process goes on", () => {
  const { script, wake } = scriptThatHangs();
  return inWorld({ script }, async (world) => {
    planned(world, TASKS);
    const running = world.start("implement");
    await untilHalfDone(world, running);
    running.signal("SIGINT");
    const { code } = await running.finished;
    // By itself: T02 would have hung until its time was over.
    expect(code).not.toBe(-1);
    expect(world.leftovers()).toEqual([]);

    wake();
    const end = await world.run("implement");
    expectSuccess(end);
    expect(printed(end)).toContain("T04");
    await expectContinued(world);
  });
});
