// One process at a time writes a repository's journal.
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
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
  } catch {
    database.close();
    throw held(path);
  }
  return async () => database.close();
}

interface LockDatabase {
  run(statement: string): void;
  close(): void;
}

/** A file with our process id, for Node. */
async function acquireFile(path: string): Promise<Release> {
  const file = `${path}.pid`;
  const token = `${process.pid} ${randomUUID()}`;
  for (let tries = 0; tries < 2; tries += 1) {
    try {
      await writeFile(file, token, { flag: "wx" });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = await readFile(file, "utf8").catch(() => "");
    if (isAlive(Number.parseInt(holder, 10))) throw held(path);
    await rm(file, { force: true });
  }
  throw held(path);
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
