/** Turning the files of a worktree into one commit on its base, and telling what changed. */

import { rm } from "node:fs/promises";
import type { RepositoryPlace } from "../../paths.ts";
import type { GitOperation, GitOutcome } from "../../protocol.ts";
import { commitTree } from "./commit.ts";
import { isAside, judge, liesInside } from "./configuration.ts";
import { changeOf } from "./diff.ts";
import { freeReference } from "./half-made.ts";
import { ownReference } from "./ids.ts";
import { keepCommit, treeOf } from "./rescue.ts";
import { commitId, type Git } from "./run.ts";
import { commonOf, openSlot, slotName, slots, withIndex, writeRecord } from "./slot.ts";
import { changesOf, fileOf, stage, type WorkChange, writeTree } from "./snapshot.ts";

type Collect = Extract<GitOperation, { type: "collect" }>;

/** Commits everything in a worktree but configuration, whatever the agent did to its HEAD and index. */
export async function collect(
  place: RepositoryPlace,
  operation: Collect,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const common = commonOf(place);
  const name = slotName(operation.slot);
  const base = commitId(operation.base);
  const reference = ownReference(operation.reference);
  return slots.run(`${common} ${name}`, async () => {
    const slot = await openSlot(place, operation.slot, operation.guard, signal);
    if ("tampered" in slot) return { type: "tampered", names: slot.tampered };
    const { record, git, index } = slot;

    const sorted = await withIndex(git, index, base, async (indexed) =>
      sort(indexed, base, record.directory, await changesOf(indexed, record)),
    );
    if (sorted.leave_out.length > 0) {
      // What is put back below is the agent's work too: kept, but not on the attempt's ref.
      await withIndex(git, index, base, async (indexed) => {
        await stage(indexed, [...sorted.take, ...sorted.leave_out]);
        const message = `Work of worktree ${name} with the configuration that was left out`;
        await keepCommit(
          { place, git, name, signal },
          await commitTree(git, await writeTree(indexed), [base], message),
        );
      });
    }
    const tree = await withIndex(git, index, base, async (indexed) => {
      const restored = sorted.drop.filter(({ kind }) => kind !== "untracked");
      await putBack(indexed, record.directory, [...sorted.leave_out, ...restored]);
      await stage(indexed, sorted.take);
      return writeTree(indexed);
    });

    // What was put aside is kept with the rest, and is no doing of the agent.
    const left_out = [...sorted.leave_out, ...sorted.outside]
      .map(({ path }) => path)
      .filter((path) => !isAside(path))
      .sort();
    if (tree === (await treeOf(git, base))) {
      return { type: "collected", commit: null, changes: [], diff: "", diff_bytes: 0, left_out };
    }
    const commit = await commitTree(git, tree, [base], operation.message);
    await freeReference(place, reference, signal);
    await git(["update-ref", "--no-deref", reference, commit]);
    await writeRecord(place, name, { ...record, collected: tree });
    const changed = await changeOf(git, base, commit, operation.diff_bytes_max);
    return { type: "collected", commit, ...changed, left_out };
  });
}

interface Sorted {
  readonly take: WorkChange[];
  readonly drop: WorkChange[];
  readonly leave_out: WorkChange[];
  readonly outside: WorkChange[];
}

async function sort(
  git: Git,
  base: string,
  directory: string,
  changes: readonly WorkChange[],
): Promise<Sorted> {
  const sorted: Sorted = { take: [], drop: [], leave_out: [], outside: [] };
  for (const change of changes) sorted[await judge(git, base, directory, change)].push(change);
  return sorted;
}

/**
 * Puts left-out paths back as the base has them, so that neither a gate nor the host acts on them.
 * A nested repository stays: nobody opens it. So do OpenCode's own untracked files.
 */
export async function putBack(
  git: Git,
  directory: string,
  changes: readonly WorkChange[],
): Promise<void> {
  for (const change of changes) {
    if (change.kind !== "untracked" || !(await liesInside(directory, change))) continue;
    await rm(fileOf(directory, change), { force: true });
  }
  const tracked = changes.filter(
    (change) => change.kind === "changed" || change.kind === "deleted",
  );
  if (tracked.length === 0) return;
  const zero = Buffer.of(0);
  const input = Buffer.concat(tracked.flatMap((change) => [change.raw, zero]));
  await git(["checkout-index", "--force", "-z", "--stdin"], { input });
}
