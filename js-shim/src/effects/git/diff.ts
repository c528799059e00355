/** What a commit changes: the lines of each path, and the diff. */

import { withoutTornEnd } from "../../output.ts";
import type { RepositoryPlace } from "../../paths.ts";
import type { Change, GitOperation, GitOutcome } from "../../protocol.ts";
import { commitId, type Git, gitIn, LONG_MS, splitNul } from "./run.ts";

type Recall = Extract<GitOperation, { type: "recall" }>;

/** Two commits compared without any program that the repository names. */
const COMPARE = ["diff-tree", "-r", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color"];

/** Tells again what a kept commit changes. */
export async function recall(
  place: RepositoryPlace,
  operation: Recall,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const git = gitIn(place.root, signal);
  const base = commitId(operation.base);
  const commit = commitId(operation.commit);
  const changed = await changeOf(git, base, commit, operation.diff_bytes_max);
  return { type: "collected", commit, ...changed, left_out: [] };
}

/** The changed paths and the diff between two commits, cut after so many bytes. */
export async function changeOf(
  git: Git,
  base: string,
  commit: string,
  diff_bytes_max: number,
): Promise<{ changes: Change[]; diff: string; diff_bytes: number }> {
  const [changes, shown] = await Promise.all([
    changedLines(git, base, commit),
    diffOf(git, base, commit, diff_bytes_max),
  ]);
  return { changes, ...shown };
}

async function changedLines(git: Git, base: string, commit: string): Promise<Change[]> {
  const words = [...COMPARE, "-z", "--numstat", base, commit];
  const answer = await git(words, { timeout_ms: LONG_MS });
  return splitNul(answer.stdout).map((record) => {
    const [added = "", removed = "", ...path] = record.toString("utf8").split("\t");
    // Binary files have a dash for both.
    return { path: path.join("\t"), added: Number(added) || 0, removed: Number(removed) || 0 };
  });
}

async function diffOf(
  git: Git,
  base: string,
  commit: string,
  diff_bytes_max: number,
): Promise<{ diff: string; diff_bytes: number }> {
  const answer = await git([...COMPARE, "-p", base, commit], {
    stdout_bytes_max: diff_bytes_max,
    timeout_ms: LONG_MS,
  });
  const is_cut = answer.stdout_bytes > answer.stdout.length;
  const kept = is_cut ? withoutTornEnd(answer.stdout) : answer.stdout;
  return { diff: kept.toString("utf8"), diff_bytes: answer.stdout_bytes };
}
