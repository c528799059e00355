/** Merging without a checkout, moving our refs, and landing on the person's branch. */

import { messageOf } from "../../errors.ts";
import type { RepositoryPlace } from "../../paths.ts";
import type { GitOperation, GitOutcome } from "../../protocol.ts";
import { pause } from "../../within.ts";
import { commitTree } from "./commit.ts";
import { tamperedWith } from "./guard.ts";
import { freeReference, removeHalfMade } from "./half-made.ts";
import { ownReference, taskId, trackId } from "./ids.ts";
import { isAncestor, resolveObjects } from "./inspect.ts";
import { commitId, type Git, GitError, gitIn, LONG_MS, line, splitNul } from "./run.ts";
import { commonOf, findAdmin, isMarkedAsOurs, worktreeLists } from "./slot.ts";

type Merge = Extract<GitOperation, { type: "merge" }>;
type Move = Extract<GitOperation, { type: "move" }>;
type Land = Extract<GitOperation, { type: "land" }>;

/** An editor's `git status` may hold the index for a moment. */
const LAND_TRIES_MAX = 10;
const LAND_WAIT_MS = 300;

/** Merges a commit onto another in the object store only. What is merged already stays as it is. */
export async function merge(
  place: RepositoryPlace,
  operation: Merge,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const names = await tamperedWith(place, operation.guard);
  if (names.length > 0) return { type: "tampered", names };
  const git = gitIn(place.root, signal);
  const onto = commitId(operation.onto);
  const commit = commitId(operation.commit);
  const trailers = `Task: ${taskId(operation.task)}\nTrack: ${trackId(operation.track)}`;
  if (await isAncestor(git, commit, onto)) return { type: "merged", commit: onto };
  const merged = await git(
    ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", onto, commit],
    { accepts: [0, 1] },
  );
  const [tree, ...paths] = splitNul(merged.stdout).map((field) => field.toString("utf8"));
  if (tree === undefined) throw new GitError(["merge-tree"], "it named no tree", merged.stderr);
  if (merged.code === 1) return { type: "conflicted", paths };
  const message = `${operation.message.trimEnd()}\n\n${trailers}\n`;
  return { type: "merged", commit: await commitTree(git, commitId(tree), [onto, commit], message) };
}

/** Moves a ref of ours by compare-and-swap. */
export async function move(
  place: RepositoryPlace,
  operation: Move,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const git = gitIn(place.root, signal);
  const reference = ownReference(operation.reference);
  const to = commitId(operation.to);
  const from = operation.from === null ? null : commitId(operation.from);
  const checkout = await checkoutOf(place, git, reference);
  if (checkout !== null) {
    const branch = reference.replace(/^refs\/heads\//, "");
    throw new Error(
      `the branch ${branch} is checked out in ${checkout} and cannot move under it; switch that checkout to another branch`,
    );
  }
  await freeReference(place, reference, signal);
  try {
    await git(["update-ref", "--no-deref", reference, to, from ?? noCommit(to)]);
    return { type: "moved" };
  } catch (error) {
    const [actual = null] = await resolveObjects(git, [reference]);
    if (actual === from) throw error;
    return { type: "stale", actual };
  }
}

/** Fast-forwards the person's branch and files. */
export async function land(
  place: RepositoryPlace,
  operation: Land,
  signal: AbortSignal,
): Promise<GitOutcome> {
  if (signal.aborted) return { type: "refused", reason: "it was cancelled" };
  const names = await tamperedWith(place, operation.guard);
  if (names.length > 0) return { type: "tampered", names };
  // Once begun it is not cancelled, nor noted to be ended after a kill: half of the person's files at
  // the new commit help nobody.
  const git = gitIn(place.root, new AbortController().signal);
  const to = commitId(operation.to);
  const elsewhere = await elsewhereThan(git, operation.branch);
  if (elsewhere !== null) return { type: "refused", reason: elsewhere };
  return fastForward(git, operation.branch, to);
}

/** Why the checkout is not on a branch; `null` when it is. */
async function elsewhereThan(git: Git, branch: string): Promise<string | null> {
  const head = await git(["symbolic-ref", "--quiet", "HEAD"], { accepts: [0, 1] });
  const found = head.code === 0 ? line(head) : null;
  if (found === `refs/heads/${branch}`) return null;
  const now = found === null ? "no branch" : `\`${found.replace(/^refs\/heads\//, "")}\``;
  return `the checkout is on ${now} now, not on \`${branch}\``;
}

async function fastForward(git: Git, branch: string, to: string): Promise<GitOutcome> {
  // Ignored files of the person count as theirs: without the option git replaces them.
  const words = ["--ff-only", "--no-autostash", "--no-overwrite-ignore", "--no-stat", "--quiet"];
  for (let tries = 1; ; tries += 1) {
    try {
      await git(["merge", ...words, "--no-verify-signatures", to], { timeout_ms: LONG_MS });
      return { type: "landed" };
    } catch (error) {
      const said = error instanceof GitError ? error.stderr : "";
      if (!/index\.lock/.test(said) || tries === LAND_TRIES_MAX) {
        return { type: "refused", reason: refusal(branch, error) };
      }
      await pause(LAND_WAIT_MS);
    }
  }
}

/** What git calls the value of a ref that is not there, in ids as long as this one. */
function noCommit(like: string): string {
  return "0".repeat(like.length);
}

/** The person's checkout that has a branch checked out, or `null`. */
async function checkoutOf(
  place: RepositoryPlace,
  git: Git,
  reference: string,
): Promise<string | null> {
  if (!reference.startsWith("refs/heads/")) return null;
  const common = commonOf(place);
  const listed = await worktreeLists.run(common, async () => {
    await removeHalfMade(place);
    return git(["worktree", "list", "--porcelain", "-z"]);
  });
  let directory = "";
  for (const field of splitNul(listed.stdout)) {
    const text = field.toString("utf8");
    if (text.startsWith("worktree ")) directory = text.slice("worktree ".length);
    if (text !== `branch ${reference}`) continue;
    // An agent may check out what it likes: nobody relies on the HEAD of a worktree of ours.
    const admin = await findAdmin(common, directory);
    if (admin === null || !(await isMarkedAsOurs(admin))) return directory;
  }
  return null;
}

/** Git's refusal to fast-forward in one short line. */
function refusal(branch: string, error: unknown): string {
  const said = error instanceof GitError ? error.stderr : "";
  const files = said
    .split("\n")
    .filter((text) => text.startsWith("\t"))
    .map((text) => text.trim())
    .join(", ");
  if (/untracked working tree files/.test(said)) {
    return `files that git does not track are in the way: ${files}; move them away`;
  }
  if (/local changes to the following files|not uptodate/.test(said) && files !== "") {
    return `uncommitted changes are in the way: ${files}; stash them to land by fast-forward`;
  }
  if (/Not possible to fast-forward|not possible to fast-forward|Diverging/.test(said)) {
    return `\`${branch}\` has moved on and no longer fast-forwards`;
  }
  const [, lock] = /Unable to create '(.+?\.lock)': File exists/.exec(said) ?? [];
  if (lock !== undefined) {
    return `another git is at work in the checkout, or was ended in the middle of it: ${lock} is there; when no git runs, remove that file`;
  }
  return messageOf(error);
}
