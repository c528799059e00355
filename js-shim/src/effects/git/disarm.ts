/**
 * What a process that was killed left lying in worktrees. OpenCode opens the directory of a session as
 * soon as it is asked about the session, and runs what it finds there: so nobody asks before this.
 */

import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { RepositoryPlace } from "../../paths.ts";
import { putBack } from "./collect.ts";
import { commitTree } from "./commit.ts";
import { asideName, isConfiguration } from "./configuration.ts";
import { offendingChanges } from "./examine.ts";
import { keepCommit } from "./rescue.ts";
import { commonOf, openSlot, records, type SlotRecord, slots, withIndex } from "./slot.ts";
import { stage, unfoldNested, writeTree } from "./snapshot.ts";

/**
 * Puts away configuration of the host that does not belong into the worktrees of the pool; it is kept
 * under `refs/mac/rescued/`. For the holder of the repository's lock, before any session is looked at.
 * Returns the names of the worktrees where there was some. Rejects only when what we know of the
 * worktrees cannot be read.
 */
export async function disarm(place: RepositoryPlace): Promise<string[]> {
  if (place.common === null) return [];
  const found = await Promise.all(
    (await records(place)).map(({ name, ...record }) =>
      slots.run(`${commonOf(place)} ${name}`, () =>
        disarmOne(place, name, record)
          // What cannot be compared with anything is put aside as it is.
          .catch(() => putAside(record.directory).catch(() => false))
          .then((isFound) => (isFound ? [name] : [])),
      ),
    ),
  );
  return found.flat();
}

async function disarmOne(
  place: RepositoryPlace,
  name: string,
  record: SlotRecord,
): Promise<boolean> {
  const { signal } = new AbortController();
  const slot = await openSlot(place, Number(name.slice(1)), [], signal);
  if ("tampered" in slot) return putAside(record.directory);
  const { git, index } = slot;
  const { at, directory, placed } = record;
  return withIndex(git, index, at, async (indexed) => {
    const changes = await offendingChanges(indexed, at, directory, placed, isConfiguration);
    if (changes.length === 0) return false;
    await stage(indexed, await unfoldNested(directory, changes));
    const message = `Configuration found in worktree ${name} after everything was ended`;
    const commit = await commitTree(git, await writeTree(indexed), [at], message);
    await keepCommit({ place, git, name, signal }, commit);
    await indexed(["read-tree", "--reset", at]);
    await putBack(indexed, directory, changes);
    if (changes.some(({ kind }) => kind === "nested_repository")) await putAside(directory);
    return true;
  });
}

/** Gives what the host would act on names that it does not look for. */
async function putAside(directory: string): Promise<boolean> {
  const names = await readdir(directory).catch(() => []);
  const acting = names.filter((name) => isConfiguration(name) && /opencode/i.test(name));
  for (const name of acting) {
    await rename(join(directory, name), join(directory, asideName(name)));
  }
  return acting.length > 0;
}
