/** Keeping work that no ref of ours holds yet, before a worktree is reset or a file in it restored. */

import type { RepositoryPlace } from "../../paths.ts";
import { commitTree } from "./commit.ts";
import { judge } from "./configuration.ts";
import { freeReference } from "./half-made.ts";
import { type Git, line } from "./run.ts";
import { withIndex } from "./slot.ts";
import {
  type Apart,
  changesOf,
  stage,
  unfoldNested,
  type WorkChange,
  writeTree,
} from "./snapshot.ts";

/** Enough digits of a commit id to tell apart what one worktree ever held. */
const SHORT_ID = 12;

/** What it takes to keep a commit that was found in a worktree. */
export interface Keeper {
  readonly place: RepositoryPlace;
  readonly git: Git;
  /** The worktree's name. */
  readonly name: string;
  readonly signal: AbortSignal;
}

/** A directory with work in it; `git` is for its files. */
export interface Work extends Keeper, Apart {
  readonly directory: string;
  /** An index to start from. */
  readonly index: string;
  /** The commit it shows; `null` when that is unknown. */
  readonly head: string | null;
  /** The commit it was prepared at, which somebody else takes care of. */
  readonly at: string | null;
  /** A tree that is in a ref already. */
  readonly collected: string | null;
}

/** Keeps what lies in a worktree under `refs/mac/rescued/`; nothing when a ref holds it already. */
export async function keepWork(work: Work): Promise<void> {
  const { git, head } = work;
  const tree = await treeOfWork(work);
  if (tree === null || tree === work.collected) {
    if (head !== null) await keepHead(work, head, work.at);
    return;
  }
  const parents = head === null ? [] : [head];
  const message = `Work found in worktree ${work.name} before it was cleaned`;
  await keepCommit(work, await commitTree(git, tree, parents, message));
}

/** The files of a worktree as a tree; `null` when they are those of the commit it shows. */
async function treeOfWork(work: Work): Promise<string | null> {
  const { head, directory } = work;
  return withIndex(work.git, work.index, head, async (git) => {
    const changes: WorkChange[] = [];
    for (const change of await changesOf(git, work)) {
      const judgement = await judge(git, head, directory, change);
      if (judgement !== "drop" && judgement !== "outside") changes.push(change);
    }
    if (changes.length === 0) return null;
    await stage(git, await unfoldNested(directory, changes));
    const tree = await writeTree(git);
    return head !== null && tree === (await treeOf(git, head)) ? null : tree;
  });
}

/** Keeps the commit a worktree shows, unless it is the one it was prepared at or a ref leads to it. */
export async function keepHead(keeper: Keeper, head: string, at: string | null): Promise<void> {
  if (head === at) return;
  const words = ["for-each-ref", "--count=1", "--format=%(refname)", "--contains", head];
  if (line(await keeper.git(words)) === "") await keepCommit(keeper, head);
}

/** Points a ref for rescued work at a commit. */
export async function keepCommit(keeper: Keeper, commit: string): Promise<void> {
  const reference = `refs/mac/rescued/${keeper.name}-${commit.slice(0, SHORT_ID)}`;
  await freeReference(keeper.place, reference, keeper.signal);
  await keeper.git(["update-ref", "--no-deref", reference, commit]);
}

/** The tree of a commit. */
export async function treeOf(git: Git, commit: string): Promise<string> {
  return line(await git(["rev-parse", "--verify", `${commit}^{tree}`]));
}
