import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { performProcess } from "../../js-shim/src/effects/process.ts";
import type { RepositoryPlace } from "../../js-shim/src/paths.ts";
import type { ProcessOutcome } from "../../js-shim/src/protocol.ts";
import { never, setVariable, temporaryDirectory } from "./world.ts";

const PLACE: RepositoryPlace = { root: "/", person_directory: "/", state: "/", common: null };

function run(
  command: string,
  more: { directory?: string; timeout_ms?: number; tail_bytes?: number; signal?: AbortSignal } = {},
): Promise<ProcessOutcome> {
  const { directory = temporaryDirectory(), timeout_ms = 20_000, tail_bytes = 10_000 } = more;
  const operation = { type: "run", directory, command, timeout_ms, tail_bytes } as const;
  return performProcess(PLACE, operation, more.signal ?? never);
}

/** Resolves when there is a file, without a timer: a test may have taken those over. */
async function untilThere(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setImmediate(resolve));
}

/** A command whose time is over once it has made the file `begun`, however long that takes. */
async function runLate(command: string): Promise<ProcessOutcome> {
  const directory = temporaryDirectory();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const timeout_ms = 60_000;
  const outcome = run(command, { directory, timeout_ms });
  await untilThere(join(directory, "begun"));
  vi.advanceTimersByTime(timeout_ms);
  vi.useRealTimers();
  return outcome;
}

/** A command that is aborted once it has made the file `begun`. */
async function runAborted(command: string): Promise<ProcessOutcome> {
  const directory = temporaryDirectory();
  const abort = new AbortController();
  const outcome = run(command, { directory, signal: abort.signal });
  await untilThere(join(directory, "begun"));
  abort.abort();
  return outcome;
}

/** A sleep of its own: other runs of these tests may be going on. */
function sleepOf(seconds: number): string {
  return `sleep ${seconds}.${process.pid}`;
}

/** Process ids whose command line holds a text. */
function running(text: string): string[] {
  const all = execFileSync("ps", ["-eo", "pid=,stat=,args="], { encoding: "utf8" }).split("\n");
  return all.filter((line) => line.includes(text) && !/^\s*\d+\s+Z/.test(line));
}

describe.skipIf(process.platform === "win32")("a command of the project", () => {
  test("runs in its directory and answers with its code and output", async () => {
    const directory = temporaryDirectory();
    const outcome = await run("pwd; echo done; exit 3", { directory });
    expect(outcome).toMatchObject({ type: "exited", code: 3, tail: `${directory}\ndone\n` });
  });

  test("keeps both streams in the order they were printed", async () => {
    const command = "for i in 1 2 3 4 5 6 7 8; do echo out$i; echo err$i >&2; done";
    const expected = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((i) => [`out${i}`, `err${i}`]).join("\n");
    expect(await run(command)).toMatchObject({ code: 0, tail: `${expected}\n` });
  });

  test("keeps the end of a long output", async () => {
    const outcome = await run("seq 1 200000", { tail_bytes: 14 });
    expect(outcome).toMatchObject({ code: 0, tail: "199999\n200000\n" });
  });

  test("that a signal ends has the code 128 and its number", async () => {
    expect(await run("kill -9 $$")).toMatchObject({ type: "exited", code: 137 });
  });

  test("sees no input, and an environment without OpenCode's and git's own variables", async () => {
    setVariable("OPENCODE_SERVER_PASSWORD", "secret");
    setVariable("GIT_DIR", "/somewhere");
    setVariable("SHOP_REGION", "eu");
    const outcome = await run(
      'cat; env | grep -c "^OPENCODE\\|^GIT_DIR"; echo $SHOP_REGION $CI $MULTI_AGENT_CODER_CHILD',
    );
    const tail = expect.stringMatching(/^0\neu true [0-9a-f]{12}\.\d+\.\d+\n$/);
    expect(outcome).toMatchObject({ code: 0, tail });
  });

  test("cannot start in a directory that is not there", async () => {
    const directory = join(temporaryDirectory(), "gone");
    const outcome = await run("true", { directory });
    expect(outcome.type).toBe("failed");
    expect(JSON.stringify(outcome)).toContain(directory);
  });

  test("that takes too long is ended with all it started", async () => {
    const command = `echo begun; ${sleepOf(71)} & touch begun; ${sleepOf(71)}`;
    expect(await runLate(command)).toMatchObject({ type: "timed_out", tail: "begun\n" });
    expect(running(sleepOf(71))).toEqual([]);
  });

  test("that ignores the polite signal is killed after two seconds", async () => {
    const started = performance.now();
    const command = `trap "" TERM; touch begun; while :; do ${sleepOf(0)}; done`;
    // It would never end by itself.
    expect(await runLate(command)).toMatchObject({ type: "timed_out" });
    expect(performance.now() - started).toBeGreaterThan(2_000);
    expect(running(sleepOf(0))).toEqual([]);
  });

  test("is aborted by its signal", async () => {
    expect(await runAborted(`touch begun; ${sleepOf(72)}`)).toEqual({ type: "aborted" });
    expect(running(sleepOf(72))).toEqual([]);
  });

  test("does not start when it is aborted already", async () => {
    const directory = temporaryDirectory();
    const outcome = await run("touch started", { directory, signal: AbortSignal.abort() });
    expect(outcome).toEqual({ type: "aborted" });
    expect(execFileSync("ls", [directory], { encoding: "utf8" })).toBe("");
  });

  test("leaves nothing running in the background", async () => {
    const outcome = await run(`${sleepOf(73)} & echo left`);
    expect(outcome).toMatchObject({ type: "exited", code: 0, tail: "left\n" });
    expect(running(sleepOf(73))).toEqual([]);
  });

  test("is over even when a process that left its group holds the output open", async () => {
    const directory = temporaryDirectory();
    const holder = "setsid env -i sh -c 'echo $$ > pid; exec sleep 60'";
    const command = `${holder} & until [ -s pid ]; do sleep 0.1; done`;
    expect(await run(command, { directory })).toMatchObject({ type: "exited", code: 0 });
    const pid = Number(readFileSync(join(directory, "pid"), "utf8"));
    expect(() => process.kill(pid, "SIGKILL")).not.toThrow();
  });

  test("is over even when such a process prints without end", async () => {
    const directory = temporaryDirectory();
    const endless = "echo $$ > pid; while :; do echo more; sleep 0.1; done";
    const command = `setsid env -i sh -c '${endless}' & until [ -s pid ]; do sleep 0.1; done; exit 5`;
    expect(await run(command, { directory, tail_bytes: 5 })).toMatchObject({ code: 5 });
    const pid = Number(readFileSync(join(directory, "pid"), "utf8"));
    expect(() => process.kill(pid, "SIGKILL")).not.toThrow();
  });

  test("has the longest time there is when it is given more", async () => {
    expect(await run("echo here", { timeout_ms: 2 ** 40 })).toMatchObject({ tail: "here\n" });
  });

  test("runs in a path with spaces and quotes", async () => {
    const directory = join(temporaryDirectory(), "a 'b\" $c");
    mkdirSync(directory);
    expect(await run('test "$PWD" = "$(pwd)"', { directory })).toMatchObject({ code: 0 });
  });
});

describe.skipIf(process.platform !== "linux")("what left the group of a command", () => {
  const stubborn = (seconds: number): string =>
    `setsid sh -c 'trap "" TERM; touch two; while :; do ${sleepOf(seconds)}; done' &`;

  /** Commands in groups of their own that are at work before `begun` is there. */
  const outside = `setsid sh -c 'touch one; ${sleepOf(78)}; true' & ${stubborn(1)}
    until [ -e one ] && [ -e two ]; do sleep 0.1; done; touch begun;`;

  test.each<[string, () => Promise<ProcessOutcome>]>([
    ["when the command ends", () => run(outside)],
    ["when its time is over", () => runLate(`${outside} sleep 60`)],
    ["when the command is aborted", () => runAborted(`${outside} sleep 60`)],
  ])("is ended with all that it started, %s", async (_, ended) => {
    await ended();
    expect(running(sleepOf(78))).toEqual([]);
    expect(running(sleepOf(1))).toEqual([]);
  });

  test("is left alone while its own command runs", async () => {
    const directory = temporaryDirectory();
    const command = `setsid ${sleepOf(81)} & touch begun; until [ -e over ]; do sleep 0.1; done`;
    const longer = run(command, { directory });
    await run(`until [ -e ${directory}/begun ]; do sleep 0.1; done; setsid ${sleepOf(82)} &`);
    expect(running(sleepOf(82))).toEqual([]);
    expect(running(sleepOf(81))).not.toEqual([]);
    writeFileSync(join(directory, "over"), "");
    await longer;
    expect(running(sleepOf(81))).toEqual([]);
  });
});
