/** What the person's own changes are, for a review: their index, HEAD and objects stay as they are. */

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { RepositoryPlace } from "../../paths.ts";
import type { Comparison, GitOperation, GitOutcome } from "../../protocol.ts";
import { changeOf } from "./diff.ts";
import { withoutFilters } from "./glance.ts";
import { isAncestor, resolveObjects } from "./inspect.ts";
import { type Git, gitIn, LONG_MS, line } from "./run.ts";
import { commonOf, copyIndex } from "./slot.ts";
import { changesOf, isPlaced, stage, writeTree } from "./snapshot.ts";

type Compare = Extract<GitOperation, { type: "compare" }>;

/** The changes that are not committed, those of a commit, or those of a branch. */
export async function compare(
  place: RepositoryPlace,
  operation: Compare,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const git = gitIn(place.root, signal, { GIT_NO_LAZY_FETCH: "1" });
  if (operation.name === null) return uncommitted(place, git, operation);
  const named = await sidesOf(git, operation.name);
  if (named === null) return { type: "unknown" };
  const changed = await changeOf(git, named.from, named.to, operation.diff_bytes_max);
  return { type: "compared", comparison: named.comparison, ...changed };
}

interface Sides {
  readonly comparison: Comparison;
  readonly from: string;
  readonly to: string;
}

/** A branch is compared with HEAD where the two parted, anything else is a commit and its first parent. */
async function sidesOf(git: Git, name: string): Promise<Sides | null> {
  if (/[\0\n]/.test(name)) return null;
  const names = ["heads", "remotes"].map((kind) => `refs/${kind}/${name}^{commit}`);
  const found = await resolveObjects(git, [...names, "HEAD^{commit}", `${name}^{commit}`]);
  const [local = null, remote = null, head = null, commit = null] = found;
  const branch = local ?? remote;
  if (branch !== null && head !== null && branch !== head) {
    // A branch that holds HEAD and more is one to be looked at; from any other HEAD has gone its own way.
    if (await isAncestor(git, head, branch)) {
      return { comparison: { type: "ahead", name }, from: head, to: branch };
    }
    const base = await git(["merge-base", branch, head], { accepts: [0, 1] });
    if (base.code === 0) return { comparison: { type: "since", name }, from: line(base), to: head };
  }
  const at = branch ?? commit;
  if (at === null) return null;
  const [parent = null] = await resolveObjects(git, [`${at}^1^{commit}`]);
  const from = parent ?? line(await git(["hash-object", "-t", "tree", "--stdin"], { input: "" }));
  return { comparison: { type: "commit", commit: at }, from, to: at };
}

let copies = 0;

/** Every file of the checkout as it is, untracked ones included, against HEAD. */
async function uncommitted(
  place: RepositoryPlace,
  git: Git,
  operation: Compare,
): Promise<GitOutcome> {
  await mkdir(place.state, { recursive: true });
  const scratch = await mkdtemp(join(place.state, `compare-${process.pid}-${copies++}-`));
  try {
    const index = join(scratch, "index");
    const objects = join(scratch, "objects");
    await mkdir(objects);
    const own = line(await git(["rev-parse", "--git-path", "index"]));
    await copyIndex(resolve(place.root, own), index).catch(() => {});
    const quiet = await withoutFilters(git);
    const environment = {
      GIT_INDEX_FILE: index,
      GIT_OBJECT_DIRECTORY: objects,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: join(commonOf(place), "objects"),
    };
    const aside: Git = (words, options = {}) =>
      git([...quiet, ...words], {
        timeout_ms: LONG_MS,
        ...options,
        environment: { ...options.environment, ...environment },
      });
    await aside(["read-tree", "--reset", "HEAD"]);
    const changes = await changesOf(aside, { placed: [], kept: [] });
    await stage(
      aside,
      changes.filter(({ path }) => !isPlaced(operation.without, path)),
    );
    const tree = await writeTree(aside);
    const head = line(await aside(["rev-parse", "HEAD^{tree}"]));
    const changed = await changeOf(aside, head, tree, operation.diff_bytes_max);
    return { type: "compared", comparison: { type: "uncommitted" }, ...changed };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
