/** What a git that was killed leaves behind: directories for worktrees half made, and locks on our refs. */

import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isInside, type RepositoryPlace } from "../../paths.ts";
import { runsIn } from "../../process-list.ts";
import { pause } from "../../within.ts";
import { commonOf, records } from "./slot.ts";

/** Git holds the lock of a ref for milliseconds; nobody holds one as long as this. */
const STALE_LOCK_MS = 30_000;
/** So young a lock may be one of a git that we do not see. */
const FRESH_LOCK_MS = 1_000;
const POLL_MS = 100;

/**
 * Removes git's directories for worktrees of ours that it did not finish: with some of them it makes and
 * lists no worktrees at all. For somebody who alone changes the list of worktrees.
 */
export async function removeHalfMade(place: RepositoryPlace): Promise<void> {
  const list = join(commonOf(place), "worktrees");
  const known = await records(place);
  const pointers = new Set(known.map(({ directory }) => join(directory, ".git")));
  // Git adds digits to a name that is taken.
  const isOurName = (name: string): boolean =>
    /^w\d+$/.test(name) && known.some((record) => name.startsWith(record.name));
  for (const name of await readdir(list).catch(() => [])) {
    const admin = join(list, name);
    const [pointer, common, head] = await Promise.all([
      textOf(join(admin, "gitdir")),
      textOf(join(admin, "commondir")),
      textOf(join(admin, "HEAD")),
    ]);
    const isOurs = pointer === "" ? isOurName(name) : pointers.has(resolve(admin, pointer));
    const isWhole = pointer !== "" && common !== "" && head !== "";
    if (isOurs && !isWhole) await rm(admin, { recursive: true, force: true });
  }
}

/**
 * Waits until nobody holds the lock of a ref of ours, and removes it when who made it is gone. The
 * repository's lock is ours, so a git that holds it is one of this process, or a person's command.
 */
export async function freeReference(
  place: RepositoryPlace,
  reference: string,
  signal: AbortSignal,
): Promise<void> {
  const common = commonOf(place);
  const lock = join(common, `${reference}.lock`);
  // Our own git works in the worktrees, which lie elsewhere.
  const worktrees = (await records(place)).map(({ directory }) => directory);
  const isHere = (directory: string): boolean =>
    [place.root, common, ...worktrees].some((own) => isInside(own, directory));
  const started_ms = performance.now();
  for (;;) {
    const found = await stat(lock).catch(() => null);
    if (found === null || signal.aborted) return;
    // By a clock that was set back, the lock of a killed git may be from the future.
    const age_ms = Math.max(Date.now() - found.mtimeMs, performance.now() - started_ms);
    const isLost = age_ms > FRESH_LOCK_MS && runsIn("git", isHere) === false;
    if (isLost || age_ms > STALE_LOCK_MS) return rm(lock, { force: true });
    await pause(POLL_MS);
  }
}

async function textOf(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.trim();
}
