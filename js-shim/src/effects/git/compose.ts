/** Commits made without a checkout: files of two commits put together, and work taken back. */

import { join } from "node:path";
import type { RepositoryPlace } from "../../paths.ts";
import type { GitOperation, GitOutcome } from "../../protocol.ts";
import { commitTree } from "./commit.ts";
import { tamperedWith } from "./guard.ts";
import { freeReference } from "./half-made.ts";
import { heldMerges } from "./hold.ts";
import { ownReference, trackId } from "./ids.ts";
import { treeOf } from "./rescue.ts";
import { commitId, type Git, GitError, gitIn, LONG_MS, splitNul } from "./run.ts";
import { withIndex } from "./slot.ts";
import { writeTree } from "./snapshot.ts";

type Compose = Extract<GitOperation, { type: "compose" }>;
type Revert = Extract<GitOperation, { type: "revert" }>;

/** Commits the files of one commit with some of another's in their place. */
export async function compose(
  place: RepositoryPlace,
  operation: Compose,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const names = await tamperedWith(place, operation.guard);
  if (names.length > 0) return { type: "tampered", names };
  const git = gitIn(place.root, signal);
  const base = commitId(operation.base);
  const from = commitId(operation.from);
  const parents = operation.parents.map(commitId);
  const reference = ownReference(operation.reference);
  const tree = await withIndex(git, scratch(place), base, async (indexed) => {
    await takeOver(indexed, from, operation.paths);
    return writeTree(indexed);
  });
  const commit = await commitTree(git, tree, parents, operation.message);
  await setReference(place, git, reference, commit, signal);
  return { type: "made", commit };
}

/** Commits a tip without what a track brought to it. */
export async function revert(
  place: RepositoryPlace,
  operation: Revert,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const names = await tamperedWith(place, operation.guard);
  if (names.length > 0) return { type: "tampered", names };
  const git = gitIn(place.root, signal);
  const tip = commitId(operation.tip);
  const since = commitId(operation.since);
  const until = commitId(operation.until);
  const reference = ownReference(operation.reference);
  const own = await heldMerges(git, trackId(operation.track), `${since}..${until}`);
  const steps = own.map(({ commit }) => ({ commit, before: `${commit}^1` }));
  if (steps.length === 0) steps.push({ commit: until, before: since });

  // Newest first, each as a merge with a commit that takes only this step back.
  let reached = tip;
  for (const step of steps) {
    const undone = await commitTree(git, await treeOf(git, step.before), [step.commit], "Undone");
    const merged = await git(
      ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", reached, undone],
      { accepts: [0, 1] },
    );
    const [tree, ...paths] = splitNul(merged.stdout).map((field) => field.toString("utf8"));
    if (tree === undefined) throw new GitError(["merge-tree"], "it named no tree", merged.stderr);
    if (merged.code === 1) return { type: "conflicted", paths };
    reached = await commitTree(git, commitId(tree), [reached], "Undone");
  }
  const tree = await treeOf(git, reached);
  const commit = await commitTree(git, tree, [tip], operation.message);
  await setReference(place, git, reference, commit, signal);
  return { type: "made", commit };
}

/** Puts paths into the index as a commit has them; takes out those that it does not have. */
async function takeOver(git: Git, from: string, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const listed = await git(["ls-tree", "-r", "-z", "--full-tree", from], { timeout_ms: LONG_MS });
  const wanted = new Set(paths);
  const gone = new Set(paths);
  const there: string[] = [];
  for (const record of splitNul(listed.stdout)) {
    const text = record.toString("utf8");
    const path = text.slice(text.indexOf("\t") + 1);
    if (!wanted.has(path)) continue;
    gone.delete(path);
    const [mode = "", , object = ""] = text.slice(0, text.indexOf("\t")).split(" ");
    there.push(`${mode} ${object}\t${path}\0`);
  }
  const none = "0".repeat(from.length);
  const removed = [...gone].map((path) => `0 ${none}\t${path}\0`);
  // Removals first: the name of a file that goes may be a directory's now.
  await git(["update-index", "-z", "--index-info"], { input: [...removed, ...there].join("") });
}

async function setReference(
  place: RepositoryPlace,
  git: Git,
  reference: string,
  commit: string,
  signal: AbortSignal,
): Promise<void> {
  await freeReference(place, reference, signal);
  await git(["update-ref", "--no-deref", reference, commit]);
}

function scratch(place: RepositoryPlace): string {
  return join(place.state, "compose.index");
}
