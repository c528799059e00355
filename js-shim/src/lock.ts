// One process at a time writes a repository's journal.
import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { birthOf, describeHolder, type Holder, isAlive, ourselves, readHolder } from "./holder.ts";

/** A lock that is ours. */
export interface Lock {
  /** Says what we do now, for those who are refused. */
  tell(command: string): Promise<void>;
  /** Lets others take it. */
  release(): Promise<void>;
}

/** Somebody else holds the lock. */
export class HeldError extends Error {
  readonly holder: Holder | null;

  constructor(holder: Holder | null) {
    super(
      `${describeHolder(holder)} Wait until it is done, or stop it, and give the command again. ` +
        "/progress, /metrics and /backlog --check work meanwhile.",
    );
    this.holder = holder;
  }
}

/** Once to see that the holder is dead, once more when it died while it removed another one's lock. */
const TRIES_MAX = 3;

/** How often a lock that is held is looked at. */
const LOOK_MS = 50;

/** Ends what keeps others out. */
type Release = () => Promise<void>;

/**
 * Takes the lock at `path`, for a command given in `directory`. Rejects with a `HeldError` when another
 * process has it and does not let go within `patience_ms`. A suspended process keeps it, and one that is
 * killed has it no more.
 */
export async function acquireLock(
  path: string,
  directory: string,
  command: string,
  patience_ms = 0,
): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true });
  const free = await acquirePatiently(path, performance.now() + patience_ms);
  const notice = noticeOf(path);
  const tell = (now: string) =>
    // Without it a refusal is less precise, and the lock as good.
    writeFile(notice, JSON.stringify(ourselves(directory, now))).catch(() => undefined);
  await tell(command);
  return {
    tell,
    release: async () => {
      await rm(notice, { force: true }).catch(() => undefined);
      await free();
    },
  };
}

async function acquirePatiently(path: string, until_ms: number): Promise<Release> {
  for (;;) {
    try {
      return process.versions["bun"] === undefined
        ? await acquireFile(path)
        : await acquireDatabase(path);
    } catch (error) {
      if (!(error instanceof HeldError) || performance.now() >= until_ms) throw error;
      await sleep(LOOK_MS);
    }
  }
}

/** Where the holder says who they are. What a killed one left there is overwritten by the next. */
function noticeOf(path: string): string {
  return `${path}.holder`;
}

function heldError(path: string): HeldError {
  return new HeldError(readHolder(noticeOf(path)));
}

/** An exclusive transaction of SQLite, which the system ends when the process does, however it ends. */
async function acquireDatabase(path: string): Promise<Release> {
  // Bun only, and OpenCode is a Bun program: there is nothing in `node:` that a killed process lets go.
  const { Database } = (await import("bun:sqlite" as string)) as {
    Database: new (path: string) => LockDatabase;
  };
  let database: LockDatabase | undefined;
  try {
    database = new Database(path);
    database.run("BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    if ((error as { code?: string }).code === "SQLITE_BUSY") throw heldError(path);
    throw new Error(`${path} cannot be locked: ${(error as Error).message}`);
  }
  const held = database;
  return async () => held.close();
}

interface LockDatabase {
  run(statement: string): void;
  close(): void;
}

/** A file that names our process, for Node. It is linked into its place whole: nobody reads half of it. */
async function acquireFile(path: string): Promise<Release> {
  const file = `${path}.pid`;
  const token = randomUUID();
  const draft = `${file}.${token}`;
  const { pid } = process;
  await writeFile(draft, JSON.stringify({ pid, born: birthOf(pid), token }));
  try {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      if (await isLinked(draft, file)) return () => releaseFile(file, token);
      if ((await stateOf(file)) === "held") throw heldError(path);
      await removeDead(file, draft);
    }
    throw heldError(path);
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

/** What a lock's file says. */
interface Entry {
  pid: number;
  born: string | null;
  token: string;
}

async function readEntry(file: string): Promise<Entry | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return JSON.parse(text) as Entry;
  } catch {
    // No file of ours, so nobody of ours holds it.
    return { pid: 0, born: null, token: "" };
  }
}

async function stateOf(file: string): Promise<"free" | "held" | "dead"> {
  const entry = await readEntry(file);
  if (entry === null) return "free";
  return isAlive(entry.pid, entry.born) ? "held" : "dead";
}

/** Removes what a dead process left. One at a time, or it could be a new lock that is removed. */
async function removeDead(file: string, draft: string): Promise<void> {
  const right = `${file}.removal`;
  if (!(await isLinked(draft, right))) {
    if ((await stateOf(right)) === "dead") await rm(right, { force: true });
    return;
  }
  try {
    if ((await stateOf(file)) === "dead") await rm(file, { force: true });
  } finally {
    await rm(right, { force: true });
  }
}

/** Removes the lock, unless somebody took it for a dead process's and has it now. */
async function releaseFile(file: string, token: string): Promise<void> {
  if ((await readEntry(file))?.token === token) await rm(file, { force: true });
}
