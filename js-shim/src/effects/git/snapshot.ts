/** What changed in a worktree, and how it gets into an index. The agent's own index and HEAD count for nothing. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Git, LONG_MS, line, splitNul } from "./run.ts";

/** More files than this in a nested repository are not kept one by one. */
const NESTED_FILES_MAX = 20_000;

/** A path that differs from the index. */
export interface WorkChange {
  /** For judging and showing. */
  readonly path: string;
  /** As git spelled it: a path need not be UTF-8. */
  readonly raw: Buffer;
  readonly kind: "deleted" | "changed" | "untracked" | "nested_repository";
}

/** Where a change lies in a directory, byte for byte. */
export function fileOf(directory: string, change: WorkChange): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), change.raw]);
}

/** Paths of a worktree that are not the work in it. */
export interface Apart {
  /** Linked or copied into it. */
  readonly placed: readonly string[];
  /** Kept by its resets: what git does not know there is a cache. */
  readonly kept: readonly string[];
}

/**
 * The changed and the untracked paths, ignored ones aside, without those that are apart.
 * `git` works with a throw-away index, which learns here what is as it was.
 */
export async function changesOf(git: Git, { placed, kept }: Apart): Promise<WorkChange[]> {
  // Else a file that was only written anew, as one that was put back, would count as changed.
  await git(["update-index", "-q", "--refresh"], { accepts: [0, 1], timeout_ms: LONG_MS });
  const [tracked, untracked] = await Promise.all([
    git(["diff-files", "--name-status", "-z", "--no-renames", "--ignore-submodules=all"], {
      timeout_ms: LONG_MS,
    }),
    git(["ls-files", "--others", "--exclude-standard", "-z"], { timeout_ms: LONG_MS }),
  ]);
  const changes: WorkChange[] = [];
  const fields = splitNul(tracked.stdout);
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const raw = fields[at + 1] as Buffer;
    const kind = fields[at]?.toString() === "D" ? "deleted" : "changed";
    changes.push({ path: raw.toString("utf8"), raw, kind });
  }
  for (const raw of splitNul(untracked.stdout)) {
    const path = raw.toString("utf8");
    // Git lists a repository within the worktree as one directory.
    changes.push({ path, raw, kind: path.endsWith("/") ? "nested_repository" : "untracked" });
  }
  return changes.filter(({ path, kind }) => {
    const isCache = (kind === "untracked" || kind === "nested_repository") && isPlaced(kept, path);
    return !isCache && !isPlaced(placed, path);
  });
}

/** Whether a path was linked or copied into the worktree, or lies below one that was. */
export function isPlaced(placed: readonly string[], path: string): boolean {
  return placed.some((own) => path === own || path.startsWith(`${own}/`));
}

/** Puts changes into the index; nested repositories are passed over. */
export async function stage(git: Git, changes: readonly WorkChange[]): Promise<void> {
  const gone = changes.filter((change) => change.kind === "deleted");
  const there = changes.filter(
    (change) => change.kind === "changed" || change.kind === "untracked",
  );
  // Removals first: a deleted file's name may be a directory's now, or the other way round.
  if (gone.length > 0) {
    await git(["update-index", "-z", "--force-remove", "--stdin"], { input: joinNul(gone) });
  }
  if (there.length > 0) {
    await git(["update-index", "-z", "--add", "--remove", "--replace", "--stdin"], {
      input: joinNul(there),
      timeout_ms: LONG_MS,
    });
  }
}

/** Writes the index as a tree; returns its id. */
export async function writeTree(git: Git): Promise<string> {
  return line(await git(["write-tree"]));
}

/** The files of nested repositories as changes of their own, without the repositories' `.git`. */
export async function unfoldNested(
  directory: string,
  changes: readonly WorkChange[],
): Promise<WorkChange[]> {
  const unfolded: WorkChange[] = [];
  for (const change of changes) {
    if (change.kind !== "nested_repository") {
      unfolded.push(change);
      continue;
    }
    for (const path of await filesBelow(directory, change.path.slice(0, -1), NESTED_FILES_MAX)) {
      unfolded.push({ path, raw: Buffer.from(path), kind: "untracked" });
    }
  }
  return unfolded;
}

async function filesBelow(root: string, path: string, files_max: number): Promise<string[]> {
  const files: string[] = [];
  const open = [path];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const entry of await readdir(join(root, next), { withFileTypes: true })) {
      if (entry.name === ".git" || files.length === files_max) continue;
      const below = `${next}/${entry.name}`;
      if (entry.isDirectory()) open.push(below);
      else files.push(below);
    }
  }
  return files;
}

function joinNul(changes: readonly WorkChange[]): Buffer {
  const zero = Buffer.of(0);
  return Buffer.concat(changes.flatMap((change) => [change.raw, zero]));
}
