/** Whether a session or a command can be started in a worktree: nothing may lie there that runs by itself. */

import type { Dirent } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { RepositoryPlace } from "../../paths.ts";
import type { GitOperation, GitOutcome } from "../../protocol.ts";
import { isConfiguration, judge } from "./configuration.ts";
import { commitId, type Git, LONG_MS, splitNul } from "./run.ts";
import { commonOf, openSlot, slotName, slots, withIndex } from "./slot.ts";
import { changesOf, isPlaced, type WorkChange } from "./snapshot.ts";

type Examine = Extract<GitOperation, { type: "examine" }>;

/** What OpenCode installs for itself: thousands of files, and none of the agent's doing. */
const HOST_PACKAGES = /(^|\/)\.opencode\/node_modules\/$/;

/**
 * Compares configuration and links of a worktree with a commit. Ignored files count: OpenCode runs them
 * just as well. What an agent wrote otherwise does not: it was asked to.
 */
export async function examine(
  place: RepositoryPlace,
  operation: Examine,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const at = commitId(operation.at);
  return slots.run(`${commonOf(place)} ${slotName(operation.slot)}`, async () => {
    const slot = await openSlot(place, operation.slot, [], signal);
    if ("tampered" in slot) return { type: "tampered", names: slot.tampered };
    const { git, index, record, admin } = slot;
    const names = await withIndex(git, index, at, async (indexed) => {
      const offending = await offendingChanges(indexed, at, record.directory, record.placed);
      return offending.map(({ path }) => path);
    });
    if (!(await pointsTo(record.directory, admin))) names.push(".git");
    if (names.length === 0) return { type: "clean" };
    return { type: "tampered", names: [...new Set(names)].sort() };
  });
}

/** The changes since a commit that the host or git would act on, of the paths that are meant. */
export async function offendingChanges(
  git: Git,
  at: string,
  directory: string,
  placed: readonly string[],
  isMeant: (path: string) => boolean = () => true,
): Promise<WorkChange[]> {
  const changes = [
    ...(await changesOf(git, { placed, kept: [] })),
    ...(await ignoredConfiguration(git, directory, placed)),
  ];
  const offending: WorkChange[] = [];
  for (const change of changes) {
    if (!isMeant(change.path)) continue;
    // Nobody opens a repository within the worktree, unless it lies where the host looks.
    if (change.kind === "nested_repository" && !isConfiguration(change.path)) continue;
    const judgement = await judge(git, at, directory, change);
    if (judgement === "leave_out" || judgement === "outside") offending.push(change);
  }
  return offending;
}

/**
 * Ignored files that the host or git would act on. A directory that is ignored as a whole is looked into
 * only where it is the host's: no session is opened below, and git takes nothing from there.
 */
async function ignoredConfiguration(
  git: Git,
  directory: string,
  placed: readonly string[],
): Promise<WorkChange[]> {
  const words = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
  const listed = await git(words, { timeout_ms: LONG_MS });
  const found: WorkChange[] = [];
  for (const raw of splitNul(listed.stdout)) {
    const path = raw.toString("utf8");
    if (!isConfiguration(path.replace(/\/$/, "")) || isPlaced(placed, path)) continue;
    if (path.endsWith("/")) found.push(...(await filesBelow(directory, path)));
    else found.push({ path, raw, kind: "untracked" });
  }
  return found;
}

/** The files of a directory whose path ends with `/`. */
export async function filesBelow(root: string, directory: string): Promise<WorkChange[]> {
  const files: WorkChange[] = [];
  const open = [directory];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (HOST_PACKAGES.test(next)) continue;
    for (const entry of await readdir(join(root, next), { withFileTypes: true }).catch(
      goneIsEmpty,
    )) {
      const path = `${next}${entry.name}`;
      if (entry.isDirectory()) open.push(`${path}/`);
      else files.push({ path, raw: Buffer.from(path), kind: "untracked" });
    }
  }
  return files;
}

/** What vanished since it was listed holds nothing; what cannot be read may. */
function goneIsEmpty(error: unknown): Dirent[] {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return [];
  throw error;
}

/** Whether the worktree's `.git` file leads to git's directory for it. */
async function pointsTo(directory: string, admin: string): Promise<boolean> {
  const text = await readFile(join(directory, ".git"), "utf8").catch(() => "");
  const [, target] = /^gitdir: (.*?)\s*$/.exec(text) ?? [];
  return target !== undefined && resolve(directory, target) === admin;
}
