// A lock between processes, in a file. Its holder touches the file every second; a file that nobody
// touched for a while belongs to a process that was killed, whatever its id is used for by now.
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const TOUCH_MS = 1000;
const ABANDONED_MS = 10_000;
const LOOK_MS = 200;

/** Runs `work` while no other process runs work under the same path. */
export async function withLock(path, work) {
  const token = `${process.pid} ${Date.now()}`;
  for (let isTold = false; !(await acquire(path, token)); isTold = true) {
    if (!isTold) console.error("build: another build is running here, waiting for it");
    await sleep(LOOK_MS);
  }
  const touch = setInterval(() => writeFileSync(path, token), TOUCH_MS);
  const release = () => rmSync(path, { force: true });
  process.once("exit", release);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
  try {
    return await work();
  } finally {
    clearInterval(touch);
    process.removeListener("exit", release);
    release();
  }
}

async function acquire(path, token) {
  try {
    writeFileSync(path, token, { flag: "wx" });
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    removeIfAbandoned(path);
    return false;
  }
  // Someone who found an abandoned file at this very moment may have removed ours instead.
  await sleep(LOOK_MS / 4);
  return read(path) === token;
}

function removeIfAbandoned(path) {
  const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age > ABANDONED_MS) rmSync(path, { force: true });
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
