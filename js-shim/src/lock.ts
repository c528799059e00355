// One process at a time writes a repository's journal.
import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Lets others take the lock. */
export type Release = () => Promise<void>;

/** Takes the lock at `path`. Rejects with a sentence for the person when another process holds it. */
export async function acquireLock(path: string): Promise<Release> {
  await mkdir(dirname(path), { recursive: true });
  return process.versions["bun"] === undefined ? acquireFile(path) : acquireDatabase(path);
}

/** An exclusive transaction of SQLite, which the system ends when the process does, however it ends. */
async function acquireDatabase(path: string): Promise<Release> {
  // Bun only, and OpenCode is a Bun program: there is nothing in `node:` that a killed process lets go.
  const { Database } = (await import("bun:sqlite" as string)) as {
    Database: new (path: string) => LockDatabase;
  };
  const database = new Database(path);
  try {
    database.run("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if ((error as { code?: string }).code === "SQLITE_BUSY") throw held(path);
    throw new Error(`${path} cannot be locked: ${(error as Error).message}`);
  }
  return async () => database.close();
}

interface LockDatabase {
  run(statement: string): void;
  close(): void;
}

/** A file with our process id, for Node. It is linked into its place whole: nobody reads half of it. */
async function acquireFile(path: string): Promise<Release> {
  const file = `${path}.pid`;
  const token = `${process.pid} ${randomUUID()}`;
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, token);
  try {
    for (let tries = 0; tries < 2; tries += 1) {
      if (await isLinked(draft, file)) return () => releaseFile(file, token);
      if ((await stateOf(file)) === "held") throw held(path);
      await removeDead(file, draft);
    }
    throw held(path);
  } finally {
    await rm(draft, { force: true });
  }
}

async function isLinked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

async function stateOf(file: string): Promise<"free" | "held" | "dead"> {
  const holder = await readFile(file, "utf8").catch(() => null);
  if (holder === null) return "free";
  return isAlive(Number.parseInt(holder, 10)) ? "held" : "dead";
}

/** Removes what a dead process left. One at a time, or it could be a new lock that is removed. */
async function removeDead(file: string, draft: string): Promise<void> {
  const right = `${file}.removal`;
  if (!(await isLinked(draft, right))) return;
  try {
    if ((await stateOf(file)) === "dead") await rm(file, { force: true });
  } finally {
    await rm(right, { force: true });
  }
}

/** Removes the lock, unless somebody took it for a dead process's and has it now. */
async function releaseFile(file: string, token: string): Promise<void> {
  const holder = await readFile(file, "utf8").catch(() => "");
  if (holder === token) await rm(file, { force: true });
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function held(path: string): Error {
  return new Error(
    `Another OpenCode is running a command of multi-agent-coder in this repository (${path}). ` +
      "Wait until it is done, or stop it, and give the command again.",
  );
}
