/** Stopping in the middle, and going on later from what was done. */
import { expect, test } from "vitest";
import { EXPIRY, HITS, JOINED, linksScript, solve, taskNamed } from "./links.ts";
import { expectSuccess, mergedTasks, planned, printed } from "./outcome.ts";
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

async function untilMerged(world: World, count: number): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    const branch = world.repository.refs("refs/heads/mac/").has("refs/heads/mac/links");
    if (branch && world.repository.merges("mac/links").length >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no ${count} merges within 40 s`);
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
    const server = await world.serve();
    const chat = await server.open();
    const turn = server.command(chat, "implement");
    await world.model.called("implementer", "T02");
    await untilMerged(world, 1);
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
    await world.model.called("implementer", "T02");
    await untilMerged(world, 1);
    running.signal("SIGINT");
    const late = new Promise<"late">((resolve) =>
      setTimeout(() => resolve("late"), 15_000).unref(),
    );
    expect(await Promise.race([running.finished, late])).not.toBe("late");
    expect(world.leftovers()).toEqual([]);

    wake();
    const end = await world.run("implement");
    expectSuccess(end);
    expect(printed(end)).toContain("T04");
    await expectContinued(world);
  });
});
