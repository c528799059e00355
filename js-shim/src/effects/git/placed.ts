/** What git does not carry into a worktree: paths of the person's checkout, linked or copied. */

import { cp, lstat, mkdir, realpath, stat, symlink, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isInside } from "../../paths.ts";
import { type Git, splitNul } from "./run.ts";

/** Unlinks what is a link at these paths, so that nothing that cleans can follow it. */
export async function removeLinks(directory: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const found = await lstat(join(directory, path)).catch(() => null);
    if (found?.isSymbolicLink()) await unlink(join(directory, path));
  }
}

/** Links paths of the person's checkout that exist there and that the commit does not have. */
export async function placeLinks(
  git: Git,
  root: string,
  directory: string,
  at: string,
  paths: readonly string[],
): Promise<void> {
  for (const path of await missingPaths(git, root, directory, at, paths)) {
    const source = join(root, path);
    // Windows lets everybody make junctions, but not symbolic links; they are for directories only.
    const kind = (await stat(source)).isDirectory() ? "junction" : "file";
    await symlink(source, join(directory, path), kind);
  }
}

/** Copies paths of the person's checkout that exist there and that the commit does not have. */
export async function placeCopies(
  git: Git,
  root: string,
  directory: string,
  at: string,
  paths: readonly string[],
): Promise<void> {
  for (const path of await missingPaths(git, root, directory, at, paths)) {
    await cp(join(root, path), join(directory, path), { recursive: true, verbatimSymlinks: true });
  }
}

/** The paths to place: there in the checkout, absent from the commit and from the worktree. */
async function missingPaths(
  git: Git,
  root: string,
  directory: string,
  at: string,
  paths: readonly string[],
): Promise<string[]> {
  if (paths.length === 0) return [];
  const answer = await git(["ls-tree", "-z", "--name-only", at, "--", ...paths]);
  const tracked = new Set(splitNul(answer.stdout).map((field) => field.toString("utf8")));
  const missing: string[] = [];
  for (const path of paths) {
    if (tracked.has(path)) continue;
    if ((await stat(join(root, path)).catch(() => null)) === null) continue;
    // Kept from the task before.
    if ((await lstat(join(directory, path)).catch(() => null)) !== null) continue;
    const parent = dirname(join(directory, path));
    await mkdir(parent, { recursive: true });
    if (isInside(directory, await realpath(parent))) missing.push(path);
  }
  return missing;
}
