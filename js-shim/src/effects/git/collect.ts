/** Turning the files of a worktree into one commit on its base, and telling what changed. */

import { rm } from "node:fs/promises";
import { withoutTornEnd } from "../../output.ts";
import type { RepositoryPlace } from "../../paths.ts";
import type { Change, GitOperation, GitOutcome } from "../../protocol.ts";
import { commitTree } from "./commit.ts";
import { judge } from "./configuration.ts";
import { ownReference } from "./integrate.ts";
import { keepCommit, treeOf } from "./rescue.ts";
import { commitId, type Git, LONG_MS, splitNul } from "./run.ts";
import {
  commonOf,
  findAdmin,
  gitFor,
  indexPath,
  readRecord,
  slotName,
  slots,
  withIndex,
  writeRecord,
} from "./slot.ts";
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
    const record = await readRecord(place, name);
    if (record === null || !record.is_ready) throw new Error("the worktree was never made ready");
    const admin = await findAdmin(common, record.directory);
    if (admin === null) throw new Error(`git no longer knows the worktree ${record.directory}`);
    const git = gitFor(place, admin, record.directory, signal);
    const index = indexPath(place, name);

    const sorted = await withIndex(git, index, base, async (indexed) =>
      sort(indexed, base, record.directory, await changesOf(indexed, record.placed)),
    );
    if (sorted.leave_out.length > 0) {
      // What is put back below is the agent's work too: kept, but not on the attempt's ref.
      await withIndex(git, index, base, async (indexed) => {
        await stage(indexed, [...sorted.take, ...sorted.leave_out]);
        const message = `Work of worktree ${name} with the configuration that was left out`;
        await keepCommit(
          git,
          name,
          await commitTree(git, await writeTree(indexed), [base], message),
        );
      });
    }
    const tree = await withIndex(git, index, base, async (indexed) => {
      await putBack(indexed, record.directory, sorted);
      await stage(indexed, sorted.take);
      return writeTree(indexed);
    });

    const left_out = sorted.leave_out.map((change) => change.path).sort();
    if (tree === (await treeOf(git, base))) {
      return { type: "collected", commit: null, changes: [], diff: "", diff_bytes: 0, left_out };
    }
    const commit = await commitTree(git, tree, [base], operation.message);
    await git(["update-ref", "--no-deref", reference, commit]);
    await writeRecord(place, name, { ...record, collected: tree });
    const changes = await changedLines(git, base, commit);
    return {
      type: "collected",
      commit,
      changes,
      ...(await diffOf(git, operation, commit)),
      left_out,
    };
  });
}

interface Sorted {
  readonly take: WorkChange[];
  readonly drop: WorkChange[];
  readonly leave_out: WorkChange[];
}

async function sort(
  git: Git,
  base: string,
  directory: string,
  changes: readonly WorkChange[],
): Promise<Sorted> {
  const sorted: Sorted = { take: [], drop: [], leave_out: [] };
  for (const change of changes) sorted[await judge(git, base, directory, change)].push(change);
  return sorted;
}

/**
 * Puts left-out paths back as the base has them, so that neither a gate nor the host acts on them.
 * A nested repository stays: nobody opens it. So do OpenCode's own untracked files.
 */
async function putBack(git: Git, directory: string, sorted: Sorted): Promise<void> {
  for (const change of sorted.leave_out) {
    if (change.kind === "untracked") await rm(fileOf(directory, change), { force: true });
  }
  const tracked = [...sorted.leave_out, ...sorted.drop].filter(
    (change) => change.kind === "changed" || change.kind === "deleted",
  );
  if (tracked.length === 0) return;
  const zero = Buffer.of(0);
  const input = Buffer.concat(tracked.flatMap((change) => [change.raw, zero]));
  await git(["checkout-index", "--force", "-z", "--stdin"], { input });
}

async function changedLines(git: Git, base: string, commit: string): Promise<Change[]> {
  const words = [
    "diff-tree",
    "-r",
    "-z",
    "--numstat",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
  ];
  const answer = await git([...words, base, commit], { timeout_ms: LONG_MS });
  return splitNul(answer.stdout).map((record) => {
    const [added = "", removed = "", ...path] = record.toString("utf8").split("\t");
    // Binary files have a dash for both.
    return { path: path.join("\t"), added: Number(added) || 0, removed: Number(removed) || 0 };
  });
}

async function diffOf(
  git: Git,
  operation: Collect,
  commit: string,
): Promise<{ diff: string; diff_bytes: number }> {
  const words = [
    "diff-tree",
    "-r",
    "-p",
    "--no-renames",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
  ];
  const answer = await git([...words, operation.base, commit], {
    stdout_bytes_max: operation.diff_bytes_max,
    timeout_ms: LONG_MS,
  });
  const is_cut = answer.stdout_bytes > answer.stdout.length;
  const kept = is_cut ? withoutTornEnd(answer.stdout) : answer.stdout;
  return { diff: kept.toString("utf8"), diff_bytes: answer.stdout_bytes };
}
