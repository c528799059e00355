/** The lock as Node takes it. Under Bun, which the end-to-end tests run in, it is SQLite's. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { acquireLock, HeldError, type Lock } from "../../js-shim/src/lock.ts";
import { temporaryDirectory } from "./world.ts";

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

/** A process that takes the lock and keeps it. */
async function holderProcess(path: string): Promise<ChildProcess> {
  const root = new URL("../../", import.meta.url).pathname;
  const main = join(dirname(path), "main.ts");
  writeFileSync(
    main,
    `import { acquireLock, HeldError, type Lock } from ${JSON.stringify(join(root, "js-shim/src/lock.ts"))};
     await acquireLock(${JSON.stringify(path)}, "/elsewhere", "plan");
     console.log("held");
     setInterval(() => undefined, 1000);`,
  );
  const words = ["--import", join(root, "tests/typescript.mjs"), main];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

test.skipIf(process.platform === "win32")(
  "a suspended process keeps the lock, and a killed one has it no more",
  async () => {
    const path = join(temporaryDirectory(), "journal.lock");
    const child = await holderProcess(path);
    child.kill("SIGSTOP");
    await expect(acquire(path)).rejects.toThrow(`process ${child.pid}, in /elsewhere`);
    child.kill("SIGKILL");
    await once(child, "exit");
    const { release } = await acquire(path);
    await release();
  },
);

test("what a dead process left is taken over, by one of many", async () => {
  const path = join(temporaryDirectory(), "journal.lock");
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  writeEntry(path, { pid: child.pid ?? 0, born: null, token: "theirs" });
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => acquire(path)));
  expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("releasing late does not release another's lock", async () => {
  const path = join(temporaryDirectory(), "journal.lock");
  const { release } = await acquire(path);
  writeEntry(path, { pid: 1, born: null, token: "theirs" });
  await release();
  expect(readFileSync(`${path}.pid`, "utf8")).toContain("theirs");
});
