/** A directory of the worktree pool: where it is, and what we know about it from before. */

import {
  access,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { putInPlace, replaceFile } from "../../atomic.ts";
import { codeOf } from "../../errors.ts";
import { childNotes, type RepositoryPlace } from "../../paths.ts";
import type { Guarded } from "../../protocol.ts";
import { Queue } from "../../queue.ts";
import { differing, sealOf, tamperedWith } from "./guard.ts";
import { type Git, gitIn } from "./run.ts";

/** What is remembered about a worktree, in our state and out of an agent's reach. */
export interface SlotRecord {
  /** Its absolute real path. */
  readonly directory: string;
  /** The commit it was last prepared at. */
  readonly at: string;
  /** Paths that were linked or copied into it: never part of the work. */
  readonly placed: readonly string[];
  /** Paths that survive a reset. What git does not know there is a cache: never part of the work. */
  readonly kept: readonly string[];
  /** The tree that was last collected from it, which is in a ref already. */
  readonly collected: string | null;
  /** `false` while it is being prepared: then nobody has worked in it yet. */
  readonly is_ready: boolean;
  /** Git's directory for it; `null` while that is not known. */
  readonly admin: string | null;
  /** What that directory was like when the worktree was made ready. */
  readonly seal: readonly Guarded[];
  /** What the repository's configuration had to be like then. */
  readonly guard: readonly Guarded[];
}

/** A worktree that can be worked on. */
export interface Slot {
  readonly name: string;
  readonly directory: string;
  /** Git's directory for this worktree; named to git outright, since an agent can edit `.git`. */
  readonly admin: string;
  /** Our copy of its index as we left it: quick to compare with, and free of an agent's flags. */
  readonly index: string;
}

/** One operation at a time in a worktree. */
export const slots = new Queue();
/** One change at a time to the list of worktrees: parallel `git worktree add` gets in its own way. */
export const worktreeLists = new Queue();

/** A file in git's directory for a worktree that says who made it. */
const OWN_MARK = "multi-agent-coder";

let indexes = 0;

/** `w1` for slot 1. */
export function slotName(slot: number): string {
  if (Number.isInteger(slot) && slot >= 1 && slot <= 255) return `w${slot}`;
  throw new Error(`there is no worktree ${slot}`);
}

/** The common git directory; throws outside a repository. */
export function commonOf(place: RepositoryPlace): string {
  if (place.common !== null) return place.common;
  throw new Error(`${place.root} is not in a git repository`);
}

/** Where our copy of a worktree's index is kept. */
export function indexPath(place: RepositoryPlace, name: string): string {
  return join(place.state, "worktrees", `${name}.index`);
}

/** Reads what is known about a worktree; `null` when nothing is, or nothing that can be read. */
export async function readRecord(place: RepositoryPlace, name: string): Promise<SlotRecord | null> {
  try {
    const record = JSON.parse(await readFile(recordPath(place, name), "utf8")) as SlotRecord;
    // Earlier versions did not write all of it.
    return { ...{ kept: [], admin: null, seal: [], guard: [] }, ...record };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** What is known about each worktree of the pool, and its name. */
export async function records(place: RepositoryPlace): Promise<(SlotRecord & { name: string })[]> {
  const found: (SlotRecord & { name: string })[] = [];
  for (const file of await readdir(join(place.state, "worktrees")).catch(() => [])) {
    const [, name] = /^(w\d+)\.json$/.exec(file) ?? [];
    const record = name === undefined ? null : await readRecord(place, name);
    if (name !== undefined && record !== null) found.push({ ...record, name });
  }
  return found;
}

/** Remembers what is known about a worktree. */
export async function writeRecord(
  place: RepositoryPlace,
  name: string,
  record: SlotRecord,
): Promise<void> {
  const path = recordPath(place, name);
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, Buffer.from(`${JSON.stringify(record)}\n`));
}

/** Git's directory for the worktree at a path, from git's own list; `null` when it has none. */
export async function findAdmin(common: string, directory: string): Promise<string | null> {
  const list = join(common, "worktrees");
  const names = await readdir(list).catch(() => []);
  for (const name of names) {
    const admin = join(list, name);
    const pointer = await readFile(join(admin, "gitdir"), "utf8").catch(() => null);
    if (pointer !== null && resolve(admin, pointer.trim()) === join(directory, ".git"))
      return admin;
  }
  return null;
}

/** Writes into git's directory for a worktree that it is one of ours. */
export async function markAsOurs(admin: string): Promise<void> {
  await writeFile(join(admin, OWN_MARK), "A worktree of multi-agent-coder's pool.\n");
}

/** Whether a worktree is one of ours, by git's directory for it. */
export function isMarkedAsOurs(admin: string): Promise<boolean> {
  return access(join(admin, OWN_MARK)).then(
    () => true,
    () => false,
  );
}

/** A worktree that was made ready, and git for its files. */
export interface OpenSlot {
  readonly record: SlotRecord;
  readonly admin: string;
  readonly git: Git;
  /** Our copy of its index. */
  readonly index: string;
}

/**
 * Opens a worktree of the pool. Names what is no longer as `guard`, or as the worktree's preparing left
 * it, when there is such a thing. Throws when it was never made ready or git has lost it.
 */
export async function openSlot(
  place: RepositoryPlace,
  slot: number,
  guard: readonly Guarded[],
  signal: AbortSignal,
): Promise<OpenSlot | { readonly tampered: string[] }> {
  const name = slotName(slot);
  const record = await readRecord(place, name);
  if (record === null || !record.is_ready) throw new Error("the worktree was never made ready");
  const admin = record.admin ?? (await findAdmin(commonOf(place), record.directory));
  if (admin === null || (await stat(admin).catch(() => null)) === null) {
    throw new Error(`git no longer knows the worktree ${record.directory}`);
  }
  const tampered = await tamperedWith(place, guard.length > 0 ? guard : record.guard);
  tampered.push(...differing(record.seal, await sealOf(admin)));
  if (tampered.length > 0) return { tampered };
  const git = gitFor(place, admin, record.directory, signal);
  return { record, admin, git, index: indexPath(place, name) };
}

/** Git for the files of a directory, with the repository named outright. */
export function gitFor(
  place: RepositoryPlace,
  git_directory: string,
  directory: string,
  signal: AbortSignal,
): Git {
  const environment = { GIT_DIR: git_directory, GIT_WORK_TREE: directory };
  return gitIn(directory, signal, environment, childNotes(place));
}

/**
 * Copies an index together with its time. Git looks into files that are as young as the index, since
 * a change within the same second would not show; a copy that looks younger would hide such a change.
 */
export async function copyIndex(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const written_s = Math.floor((await stat(from)).mtimeMs / 1000);
  await utimes(to, written_s, written_s);
}

/** The same, for a copy that is kept: a process that ends meanwhile leaves the one before. */
export async function keepIndex(from: string, to: string): Promise<void> {
  const temporary = `${to}.tmp`;
  await copyIndex(from, temporary);
  await putInPlace(temporary, to);
}

/** Fills an index with a job that may begin with a copy, and without one when git cannot read that. */
export async function fillIndex(index: string, fill: () => Promise<unknown>): Promise<void> {
  try {
    await fill();
  } catch {
    await rm(index, { force: true });
    await fill();
  }
}

/**
 * Runs a job with a throw-away index that holds `base`. Files that have not changed since `known`, a
 * kept index, was written need not be read again.
 */
export async function withIndex<T>(
  git: Git,
  known: string,
  base: string | null,
  job: (git: Git) => Promise<T>,
): Promise<T> {
  indexes += 1;
  const index = `${known}.${process.pid}-${indexes}.tmp`;
  const indexed: Git = (words, options = {}) =>
    git(words, { ...options, environment: { ...options.environment, GIT_INDEX_FILE: index } });
  try {
    await mkdir(dirname(index), { recursive: true });
    await copyIndex(known, index).catch(() => {});
    const words = base === null ? ["--empty"] : ["--reset", base];
    await fillIndex(index, () => indexed(["read-tree", ...words]));
    return await job(indexed);
  } finally {
    await rm(index, { force: true });
    await rm(`${index}.lock`, { force: true });
  }
}

function recordPath(place: RepositoryPlace, name: string): string {
  return join(place.state, "worktrees", `${name}.json`);
}
