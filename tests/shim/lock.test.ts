/** The lock as Node takes it. Under Bun, which the end-to-end tests run in, it is SQLite's. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { acquireLock } from "../../js-shim/src/lock.ts";
import { temporaryDirectory } from "./world.ts";

test("one at a time, again and again", async () => {
  const path = join(temporaryDirectory(), "state/journal.lock");
  for (let count = 0; count < 3; count += 1) {
    const release = await acquireLock(path);
    await expect(acquireLock(path)).rejects.toThrow("Another OpenCode");
    await release();
  }
});

test("of many at once one gets it", async () => {
  const path = join(temporaryDirectory(), "journal.lock");
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(path)));
  expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("what a dead process left is taken over, by one of many", async () => {
  const path = join(temporaryDirectory(), "journal.lock");
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  writeFileSync(`${path}.pid`, `${child.pid} someone`);
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(path)));
  expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("releasing late does not release another's lock", async () => {
  const path = join(temporaryDirectory(), "journal.lock");
  const release = await acquireLock(path);
  writeFileSync(`${path}.pid`, "1 another");
  await release();
  expect(existsSync(`${path}.pid`)).toBe(true);
  expect(readFileSync(`${path}.pid`, "utf8")).toBe("1 another");
});
