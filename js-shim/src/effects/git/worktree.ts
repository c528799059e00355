/** Making a worktree of the pool a clean copy of a commit, without losing what lies in it. */

import { mkdir, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { codeOf } from "../../errors.ts";
import {
  childNotes,
  problemOfRelativePath,
  type RepositoryPlace,
  worktreesDirectory,
} from "../../paths.ts";
import type { GitOperation, GitOutcome } from "../../protocol.ts";
import { differing, sealOf, tamperedWith } from "./guard.ts";
import { removeHalfMade } from "./half-made.ts";
import { resolveObjects } from "./inspect.ts";
import { placeCopies, placeLinks, removeLinks } from "./placed.ts";
import { keepHead, keepWork } from "./rescue.ts";
import { commitId, type Git, gitIn, LONG_MS } from "./run.ts";
import {
  commonOf,
  copyIndex,
  fillIndex,
  findAdmin,
  gitFor,
  indexPath,
  isMarkedAsOurs,
  keepIndex,
  markAsOurs,
  readRecord,
  type Slot,
  type SlotRecord,
  slotName,
  slots,
  worktreeLists,
  writeRecord,
} from "./slot.ts";

type Prepare = Extract<GitOperation, { type: "prepare" }>;

/** What a killed or interrupted git leaves in its directory for a worktree. */
const LEFTOVERS = [
  "index.lock",
  "HEAD.lock",
  "config.lock",
  "config.worktree.lock",
  "locked",
  "CHERRY_PICK_HEAD",
  "REVERT_HEAD",
  "MERGE_HEAD",
  "rebase-merge",
  "rebase-apply",
  "sequencer",
  "BISECT_LOG",
  "BISECT_START",
];

/** Creates or renews a worktree at a commit. */
export async function prepare(
  place: RepositoryPlace,
  operation: Prepare,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const common = commonOf(place);
  const name = slotName(operation.slot);
  const at = commitId(operation.at);
  const link = checkedPaths(operation.link);
  const copy = checkedPaths(operation.copy);
  const keep = checkedPaths(operation.keep);
  return slots.run(`${common} ${name}`, async () => {
    const names = await tamperedWith(place, operation.guard);
    if (names.length > 0) return { type: "tampered", names };
    const pool = worktreesDirectory(place, operation.worktrees_dir);
    await mkdir(pool, { recursive: true });
    // Git records real paths; ours must be equal to them.
    const directory = join(await realpath(pool), name);
    const known = await readRecord(place, name);
    const record = known?.directory === directory ? known : null;
    const placed = [...new Set([...(record?.placed ?? []), ...link, ...copy])];

    const slot = { name, directory, index: indexPath(place, name) };
    const known_admin = await reuse(place, slot, record, placed, signal);
    const collected = record?.collected ?? null;
    // Until it is ready there is nobody's work in it, so that a crash from here on costs nothing.
    const unready = {
      directory,
      at,
      placed,
      kept: keep,
      collected,
      admin: null,
      seal: [],
      guard: [],
    };
    await writeRecord(place, name, { ...unready, is_ready: false });
    const admin = known_admin ?? (await addWorktree(place, directory, at, signal));
    const git = gitFor(place, admin, directory, signal);
    await removeLinks(directory, placed);
    await reset(git, { ...slot, admin }, at);
    await clean(git, keep);
    await placeLinks(git, place.root, directory, at, link);
    await placeCopies(git, place.root, directory, at, copy);
    await keepIndex(join(admin, "index"), slot.index);
    const now_placed = [...new Set([...link, ...copy])];
    await writeRecord(place, name, {
      directory,
      at,
      placed: now_placed,
      kept: keep,
      collected,
      is_ready: true,
      admin,
      seal: await sealOf(admin),
      guard: operation.guard,
    });
    return { type: "prepared", directory };
  });
}

/** What is at a worktree's place. */
interface Found {
  /** Git's directory for it. */
  readonly admin: string | null;
  /** The commit it shows; `null` when that is missing or damaged. */
  readonly head: string | null;
  /** Git's directory for it is as it was made: nothing in it leads git elsewhere. */
  readonly is_sound: boolean;
  /** It holds nothing, or does not exist. */
  readonly is_empty: boolean;
}

/**
 * Keeps what lies in the directory, if anything does. Returns git's directory for the worktree when
 * it can be used again; otherwise both it and the worktree are gone, ready to be made anew.
 */
async function reuse(
  place: RepositoryPlace,
  slot: Omit<Slot, "admin">,
  record: SlotRecord | null,
  placed: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  const common = commonOf(place);
  const found = await lookAt(common, slot.directory, record, signal);
  await keepFound(place, slot, record, placed, found, signal);
  if (found.is_sound && !found.is_empty) return found.admin;
  await removeLinks(slot.directory, placed);
  await rm(slot.directory, { recursive: true, force: true });
  // An agent may have led others here as well; git would not make a worktree twice at one place.
  for (let admin = found.admin; admin !== null; admin = await findAdmin(common, slot.directory)) {
    await rm(admin, { recursive: true, force: true });
  }
  return null;
}

/** Looks at what is there; throws when it is not ours. */
async function lookAt(
  common: string,
  directory: string,
  record: SlotRecord | null,
  signal: AbortSignal,
): Promise<Found> {
  const admin = (await knownAdmin(record)) ?? (await findAdmin(common, directory));
  const is_empty = (await namesIn(directory)).length === 0;
  const has_mark = admin !== null && (await isMarkedAsOurs(admin));
  const is_free = admin === null && is_empty;
  if (record === null && !has_mark && !is_free) {
    throw new Error(
      `${directory} exists and is not a worktree of ours; move it away or set \`worktreesDir\` to another directory`,
    );
  }
  if (admin === null) return { admin, head: null, is_sound: false, is_empty };
  const head = await headOf(common, admin, signal);
  const is_sound = head !== null && (await isSound(common, admin, record));
  return { admin, head, is_sound, is_empty };
}

/** Git's directory for a worktree as we remember it, wherever it leads now. */
async function knownAdmin(record: SlotRecord | null): Promise<string | null> {
  if (record === null || record.admin === null) return null;
  return (await isMarkedAsOurs(record.admin)) ? record.admin : null;
}

/** Whether git's directory for a worktree is as we left it. */
async function isSound(common: string, admin: string, record: SlotRecord | null): Promise<boolean> {
  if (record?.admin === admin) return differing(record.seal, await sealOf(admin)).length === 0;
  const pointer = await readFile(join(admin, "commondir"), "utf8").catch(() => "");
  const isConfigured = (await namesIn(admin)).includes("config.worktree");
  return pointer !== "" && resolve(admin, pointer.trim()) === common && !isConfigured;
}

async function keepFound(
  place: RepositoryPlace,
  slot: Omit<Slot, "admin">,
  record: SlotRecord | null,
  placed: readonly string[],
  found: Found,
  signal: AbortSignal,
): Promise<void> {
  const common = commonOf(place);
  const at = record?.at ?? null;
  if (found.is_empty) {
    // Deleted by hand: its files were somebody's decision, a commit made in it was not.
    const keeper = { place, git: gitIn(common, signal), name: slot.name, signal };
    if (found.head !== null) await keepHead(keeper, found.head, at);
    return;
  }
  if (record?.is_ready === false) return;
  // Without git's directory for it, the files can still be compared with what they began as.
  const { admin, head } = found;
  const git_directory = admin === null || !found.is_sound ? common : admin;
  const git = gitFor(place, git_directory, slot.directory, signal);
  const { collected = null, kept = [] } = record ?? {};
  await keepWork({ ...slot, place, signal, git, placed, kept, head: head ?? at, at, collected });
}

async function addWorktree(
  place: RepositoryPlace,
  directory: string,
  at: string,
  signal: AbortSignal,
): Promise<string> {
  const common = commonOf(place);
  return worktreeLists.run(common, async () => {
    const git = gitIn(place.root, signal, {}, childNotes(place));
    await removeHalfMade(place);
    const words = ["worktree", "add", "--quiet", "--detach", "--no-checkout", directory, at];
    await git(words, { timeout_ms: LONG_MS });
    const admin = await findAdmin(common, directory);
    if (admin === null) throw new Error(`git made no worktree at ${directory}`);
    await markAsOurs(admin);
    return admin;
  });
}

/** Makes HEAD, index and tracked files those of a commit, whatever an agent did to them. */
async function reset(git: Git, slot: Slot, at: string): Promise<void> {
  for (const name of LEFTOVERS) {
    await rm(join(slot.admin, name), { recursive: true, force: true });
  }
  await restorePointer(slot);
  // The agent's index may carry flags that hide files from git.
  const index = join(slot.admin, "index");
  await rm(index, { force: true });
  await copyIndex(slot.index, index).catch(() => {});
  // Detached first: a reset would move the branch that the agent may have switched to.
  await git(["update-ref", "--no-deref", "HEAD", at]);
  await fillIndex(index, () => git(["reset", "--hard", "--quiet", at], { timeout_ms: LONG_MS }));
}

/** Removes what git does not track, but not the kept paths. */
async function clean(git: Git, keep: readonly string[]): Promise<void> {
  const kept = keep.flatMap((path) => ["-e", `/${path.replace(/[\\*?[!#]/g, "\\$&")}`]);
  await git(["clean", "-ffdxq", ...kept], { timeout_ms: LONG_MS });
}

/** Writes the worktree's `.git` file anew when it does not name git's directory for it. */
async function restorePointer(slot: Slot): Promise<void> {
  const path = join(slot.directory, ".git");
  const text = await readFile(path, "utf8").catch(() => "");
  if (resolve(slot.directory, text.replace(/^gitdir:\s*/, "").trim()) === slot.admin) return;
  await rm(path, { recursive: true, force: true });
  await writeFile(path, `gitdir: ${slot.admin.replaceAll("\\", "/")}\n`);
}

/** The commit a worktree shows, read without trusting git's directory for it; `null` when there is none. */
async function headOf(common: string, admin: string, signal: AbortSignal): Promise<string | null> {
  const text = await readFile(join(admin, "HEAD"), "utf8").catch(() => "");
  const [, branch, commit] = /^(?:ref: (refs\/heads\/\S+)|([0-9a-f]{40,64}))\s*$/.exec(text) ?? [];
  const [found = null] = await resolveObjects(gitIn(common, signal), [
    `${branch ?? commit ?? ""}^{commit}`,
  ]);
  return found;
}

function checkedPaths(paths: readonly string[]): string[] {
  return paths.map((path) => {
    const problem = problemOfRelativePath(path);
    if (problem !== null)
      throw new Error(`\`${path}\` cannot be linked, copied or kept: ${problem}`);
    return path.replace(/^(\.\/+)+/, "").replace(/\/+$/, "");
  });
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}
