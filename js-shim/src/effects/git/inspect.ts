/** Looking at the repository: its state, the files of a commit, how two commits lie. */

import { basename } from "node:path";
import type { RepositoryPlace } from "../../paths.ts";
import type {
  GitOperation,
  GitOutcome,
  ListedFile,
  MeasuredFile,
  Relation,
  Repository,
} from "../../protocol.ts";
import { guardOf } from "./guard.ts";
import { commitId, type Git, gitIn, line, splitNul } from "./run.ts";

type Inspect = Extract<GitOperation, { type: "inspect" }>;
type List = Extract<GitOperation, { type: "list" }>;
type Show = Extract<GitOperation, { type: "show" }>;
type Measure = Extract<GitOperation, { type: "measure" }>;
type Relate = Extract<GitOperation, { type: "relate" }>;

/** The first git with `merge-tree --write-tree`, of October 2022. */
const GIT_MAJOR_MIN = 2;
const GIT_MINOR_MIN = 38;
/** The protocol's sizes are 32 bits wide. */
const U32_MAX = 0xffff_ffff;
/** More of a listing is not read; at about 100 bytes a path this is over half a million files. */
const LISTING_BYTES_MAX = 64 * 1024 * 1024;
/** The protocol's limit on the names of changed files. */
const DIRTY_PATHS_MAX = 50;

const NO_REPOSITORY: Repository = {
  is_repository: false,
  name: "",
  head: null,
  tree: null,
  branch: null,
  dirty_files: 0,
  dirty_paths: [],
  has_mac_branch: false,
  reference: null,
  guard: [],
};

/** Looks at the repository of the person's checkout. */
export async function inspect(
  place: RepositoryPlace,
  operation: Inspect,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const git = gitIn(place.root, signal);
  await requireVersion(git);
  const top = await git(["rev-parse", "--show-toplevel"], { accepts: [0, 128] });
  if (top.code !== 0) {
    // Other refusals, for example of a directory that somebody else owns, have their own remedy.
    if (!/not a git repository/.test(top.stderr)) throw new Error(top.stderr.trim());
    return { type: "inspected", repository: NO_REPOSITORY };
  }
  const [objects, branch, dirty] = await Promise.all([
    resolveObjects(git, ["HEAD^{commit}", "HEAD^{tree}", "refs/heads/mac", operation.reference]),
    git(["symbolic-ref", "--quiet", "HEAD"], { accepts: [0, 1] }),
    dirtyFiles(git),
  ]);
  const [head = null, tree = null, mac = null, reference = null] = objects;
  const repository: Repository = {
    is_repository: true,
    name: basename(place.root),
    head,
    tree,
    branch: branch.code === 0 ? line(branch).replace(/^refs\/heads\//, "") : null,
    dirty_files: dirty.length,
    dirty_paths: dirty.slice(0, DIRTY_PATHS_MAX),
    has_mac_branch: mac !== null,
    reference,
    guard: await guardOf(place),
  };
  return { type: "inspected", repository };
}

/** Lists the files of a commit; submodules have none of their own. */
export async function list(
  place: RepositoryPlace,
  operation: List,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const git = gitIn(place.root, signal);
  const listing = await git(
    ["ls-tree", "-r", "-l", "-z", "--full-tree", commitId(operation.commit)],
    {
      stdout_bytes_max: LISTING_BYTES_MAX,
      // In a partial clone, sizes of absent files would be fetched one by one.
      environment: { GIT_NO_LAZY_FETCH: "1" },
    },
  );
  const is_torn = listing.stdout_bytes > listing.stdout.length;
  const records = splitNul(listing.stdout);
  if (is_torn) records.pop();
  const files = records.flatMap(readListed);
  return {
    type: "listed",
    files: files.slice(0, operation.files_max),
    is_cut: is_torn || files.length > operation.files_max,
  };
}

/** Gives the text of a file of a commit. */
export async function showFile(
  place: RepositoryPlace,
  operation: Show,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const git = gitIn(place.root, signal);
  const commit = commitId(operation.commit);
  const blob = await git(["cat-file", "blob", `${commit}:${operation.path}`], {
    accepts: [0, 128],
    stdout_bytes_max: operation.bytes_max,
  });
  if (blob.code !== 0) {
    // Git answers the same for a file and for a commit that is not there.
    await git(["cat-file", "-e", `${commit}^{commit}`]);
    return { type: "shown", text: null };
  }
  const is_cut = blob.stdout_bytes > blob.stdout.length;
  return { type: "shown", text: is_cut ? null : textOf(blob.stdout) };
}

/** Says how files of a commit are. What is no file there is left out. */
export async function measure(
  place: RepositoryPlace,
  operation: Measure,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const git = gitIn(place.root, signal);
  const commit = commitId(operation.commit);
  // What is not there, git answers with the name it was asked for; that of a commit proves the question.
  const names = [commit, ...operation.paths.map((path) => `${commit}:${path}`)];
  const checked = await git(["cat-file", "--batch-check", "-z"], {
    input: names.map((name) => `${name}\0`).join(""),
  });
  const [first, ...found] = checked.stdout.toString("utf8").split("\n");
  if (first?.split(" ")[1] !== "commit") throw new Error(`there is no commit ${commit}`);
  const files: MeasuredFile[] = [];
  for (const [index, path] of operation.paths.entries()) {
    const [, blob, size] = /^([0-9a-f]{40,64}) blob (\d+)$/.exec(found[index] ?? "") ?? [];
    if (blob === undefined) continue;
    const is_small = Number(size) <= operation.bytes_max;
    files.push({ path, blob, lines: is_small ? await linesOf(git, blob) : null });
  }
  return { type: "measured", files };
}

async function linesOf(git: Git, blob: string): Promise<number> {
  const { stdout } = await git(["cat-file", "blob", blob]);
  let lines = 0;
  for (const byte of stdout) if (byte === 0x0a) lines += 1;
  // A last line need not end.
  return stdout.length > 0 && stdout.at(-1) !== 0x0a ? lines + 1 : lines;
}

/** Says how two commits lie to each other. */
export async function relate(
  place: RepositoryPlace,
  operation: Relate,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const git = gitIn(place.root, signal);
  const ours = commitId(operation.ours);
  const theirs = commitId(operation.theirs);
  return { type: "related", relation: await relationOf(git, ours, theirs) };
}

/** Whether `ancestor` is `commit` or one of those it descends from. */
export async function isAncestor(git: Git, ancestor: string, commit: string): Promise<boolean> {
  const answer = await git(["merge-base", "--is-ancestor", ancestor, commit], { accepts: [0, 1] });
  return answer.code === 0;
}

/** The ids of objects by their names; `null` for what does not exist, in the order asked. */
export async function resolveObjects(
  git: Git,
  names: readonly (string | null)[],
): Promise<(string | null)[]> {
  const asked = names.filter((name) => name !== null);
  for (const name of asked) {
    if (/[\0\n]/.test(name)) throw new Error(`\`${name}\` is not a name of an object`);
  }
  const answer = await git(["cat-file", "--batch-check=%(objectname)"], {
    input: asked.map((name) => `${name}\n`).join(""),
  });
  const answers = answer.stdout.toString("utf8").split("\n").values();
  return names.map((name) => {
    if (name === null) return null;
    const found = answers.next().value ?? "";
    return /^[0-9a-f]{40,64}$/.test(found) ? found : null;
  });
}

function textOf(bytes: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

async function relationOf(git: Git, ours: string, theirs: string): Promise<Relation> {
  if (ours === theirs) return "same";
  if (await isAncestor(git, theirs, ours)) return "ahead";
  if (await isAncestor(git, ours, theirs)) return "behind";
  return "diverged";
}

/** Throws when git is too old. */
async function requireVersion(git: Git): Promise<void> {
  const version = line(await git(["version"]));
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (major > GIT_MAJOR_MIN || (major === GIT_MAJOR_MIN && minor >= GIT_MINOR_MIN)) return;
  throw new Error(`git ${GIT_MAJOR_MIN}.${GIT_MINOR_MIN} or newer is needed; this is ${version}`);
}

/** Tracked files that differ from HEAD. */
async function dirtyFiles(git: Git): Promise<string[]> {
  const status = await git([
    "status",
    "--porcelain=v1",
    "-z",
    "--untracked-files=no",
    "--ignore-submodules=all",
    "--no-renames",
  ]);
  // A record is the state in two letters, a space and the path.
  return splitNul(status.stdout).map((record) => record.toString("utf8").slice(3));
}

function readListed(record: Buffer): ListedFile[] {
  const text = record.toString("utf8");
  const tab = text.indexOf("\t");
  const [, kind, , size] = text.slice(0, tab).split(/ +/);
  if (kind !== "blob") return [];
  // Git prints `BAD` for a file whose content is not there.
  const bytes = Number(size);
  return [
    { path: text.slice(tab + 1), bytes: Number.isFinite(bytes) ? Math.min(bytes, U32_MAX) : 0 },
  ];
}
