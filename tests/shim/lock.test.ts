/** The lock as Node takes it, with a file, and what it has in common with the one of Bun, which is SQLite's. */

import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { birthOf } from "../../js-shim/src/holder.ts";
import { acquireLock, HeldError, type Lock } from "../../js-shim/src/lock.ts";
import { opencodeBinary } from "../e2e/host.ts";
import { setVariable, temporaryDirectory } from "./world.ts";

function acquire(path: string): Promise<Lock> {
  return acquireLock(path, "/home/ada/shop", "implement");
}

test("one at a time, again and again", async () => {
  const path = join(temporaryDirectory(), "state/journal.lock");
  for (let count = 0; count < 3; count += 1) {
    const lock = await acquire(path);
    await expect(acquire(path)).rejects.toThrow(HeldError);
    await lock.release();
  }
});

test("the refusal names the holder, and what they do now", async () => {
  const path = join(temporaryDirectory(), "journal.lock");
  const lock = await acquire(path);
  const words = new RegExp(
    `^OpenCode \\(process ${process.pid}, in /home/ada/shop, since \\d\\d:\\d\\d\\) is running /implement `,
  );
  await expect(acquire(path)).rejects.toThrow(words);
  await lock.tell("plan");
  await expect(acquire(path)).rejects.toThrow("is running /plan");
  await lock.release();
  expect(readdirSync(dirname(path))).toEqual([]);
});

test("whoever has patience gets it when it becomes free", async () => {
  const path = join(temporaryDirectory(), "journal.lock");
  const lock = await acquire(path);
  const waiting = acquireLock(path, "/home/ada/shop", "plan", 10_000);
  await expect(acquire(path)).rejects.toThrow(HeldError);
  await lock.release();
  await (await waiting).release();
});

test("a holder that is not known any more is not named", async () => {
  const path = join(temporaryDirectory(), "journal.lock");
  const lock = await acquire(path);
  writeFileSync(`${path}.holder`, "{");
  await expect(acquire(path)).rejects.toThrow("Another OpenCode");
  await lock.release();
});

test("of many at once one gets it", async () => {
  const path = join(temporaryDirectory(), "journal.lock");
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => acquire(path)));
  expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

/** The lock file as another process would have written it. */
function writeEntry(
  path: string,
  entry: { pid: number; born: string | null; token: string },
): void {
  writeFileSync(`${path}.pid`, JSON.stringify(entry));
}

test.skipIf(process.platform === "win32")("an id that was used again holds nothing", async () => {
  const path = join(temporaryDirectory(), "journal.lock");
  writeEntry(path, { pid: process.pid, born: "another boot 1", token: "theirs" });
  const { release } = await acquire(path);
  await release();
});

test("a process that died while it removed a dead one's lock does not keep it for ever", async () => {
  const path = join(temporaryDirectory(), "journal.lock");
  const dead = { pid: 2 ** 22 + 1, born: null, token: "theirs" };
  writeEntry(path, dead);
  writeFileSync(`${path}.pid.removal`, JSON.stringify(dead));
  const { release } = await acquire(path);
  await release();
});

const ROOT = new URL("../../", import.meta.url).pathname;

/** Runs a program with the lock's functions: in Node, or in the Bun that OpenCode is made of. */
function program(runtime: "node" | "bun", directory: string, lines: string): ChildProcess {
  const main = join(directory, `${randomUUID()}.ts`);
  const lock = JSON.stringify(join(ROOT, "js-shim/src/lock.ts"));
  writeFileSync(main, `import { acquireLock } from ${lock};\n${lines}`);
  const [command, words]: [string, string[]] =
    runtime === "bun"
      ? [opencodeBinary(), ["run", main]]
      : [process.execPath, ["--import", join(ROOT, "tests/typescript.mjs"), main]];
  const child = spawn(command, words, {
    env: { ...process.env, BUN_BE_BUN: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [text] = child.stdout ? await once(child.stdout, "data") : [""];
  return String(text).trim();
}

test("a lock that cannot be opened is named", async () => {
  const directory = temporaryDirectory();
  const lines = `await acquireLock(${JSON.stringify(directory)}, "/", "plan")
    .catch((error) => console.log(error.message));`;
  expect(await firstLine(program("bun", directory, lines))).toContain(
    `${directory} cannot be locked: `,
  );
});

describe.skipIf(process.platform === "win32").each(["node", "bun"] as const)("in %s", (runtime) => {
  test("a suspended process keeps the lock, and a killed one has it no more", async () => {
    const directory = temporaryDirectory();
    const path = JSON.stringify(join(directory, "journal.lock"));
    const take = (command: string) =>
      `await acquireLock(${path}, "/elsewhere", "${command}").then(() => console.log("held"),
         (error) => console.log(error.message));
       setInterval(() => undefined, 1000);`;
    const holder = program(runtime, directory, take("plan"));
    expect(await firstLine(holder)).toBe("held");
    holder.kill("SIGSTOP");
    const refused = await firstLine(program(runtime, directory, take("implement")));
    expect(refused).toContain(`OpenCode (process ${holder.pid}, in /elsewhere, since `);
    expect(refused).toContain("is running /plan");
    holder.kill("SIGKILL");
    await once(holder, "exit");
    expect(await firstLine(program(runtime, directory, take("implement")))).toBe("held");
  });
});

test("what a dead process left is taken over, by one of many", async () => {
  const path = join(temporaryDirectory(), "journal.lock");
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  writeEntry(path, { pid: child.pid ?? 0, born: null, token: "theirs" });
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => acquire(path)));
  expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test.skipIf(process.platform === "win32")(
  "where `ps` tells it, a birth is the same in all time zones",
  () => {
    vi.spyOn(process, "platform", "get").mockReturnValue("darwin");
    onTestFinished(() => void vi.restoreAllMocks());
    const births = ["Asia/Tokyo", "UTC"].map((zone) => {
      setVariable("TZ", zone);
      return birthOf(process.pid);
    });
    expect(births[0]).toMatch(/\d/);
    expect(births[1]).toBe(births[0]);
  },
);

test("releasing late does not release another's lock", async () => {
  const path = join(temporaryDirectory(), "journal.lock");
  const { release } = await acquire(path);
  writeEntry(path, { pid: 1, born: null, token: "theirs" });
  await release();
  expect(readFileSync(`${path}.pid`, "utf8")).toContain("theirs");
});
