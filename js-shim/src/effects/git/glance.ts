/** Fingerprints: of what an agent has changed in its worktree, and of the person's checkout. */

import type { RepositoryPlace } from "../../paths.ts";
import type { GitOperation, GitOutcome, Guarded } from "../../protocol.ts";
import { resolveObjects } from "./inspect.ts";
import { digestOf, markOf } from "./mark.ts";
import { type Git, gitIn, LONG_MS, line, splitNul } from "./run.ts";
import { openSlot, withIndex } from "./slot.ts";
import { changesOf, fileOf } from "./snapshot.ts";

type Glance = Extract<GitOperation, { type: "glance" }>;

/** The protocol's limit on the files of a checkout. */
const FILES_MAX = 500;
/** A longer list of changed files is cut: its first part tells enough. */
const STATUS_BYTES_MAX = 4 * 1024 * 1024;

/**
 * A digest of the changed and the untracked files, ignored ones aside. It works on a copy of the index:
 * the agent's own index is neither read nor locked.
 */
export async function glance(
  place: RepositoryPlace,
  operation: Glance,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const slot = await openSlot(place, operation.slot, [], signal);
  if ("tampered" in slot) throw new Error(`git was told otherwise by ${slot.tampered.join(", ")}`);
  const { record, git, index } = slot;
  return withIndex(git, index, record.at, async (indexed) => {
    const parts: (string | Buffer)[] = [];
    for (const change of await changesOf(indexed, record)) {
      parts.push(change.kind, change.raw, await markOf(fileOf(record.directory, change)));
    }
    return { type: "glanced", digest: digestOf(...parts) };
  });
}

/** HEAD and the changed files of the person's checkout, without any lock and without any program of theirs. */
export async function look(place: RepositoryPlace, signal: AbortSignal): Promise<GitOutcome> {
  const git = gitIn(place.root, signal, { GIT_NO_LAZY_FETCH: "1" });
  const [[head = null], branch, files] = await Promise.all([
    resolveObjects(git, ["HEAD^{commit}"]),
    git(["symbolic-ref", "--quiet", "HEAD"], { accepts: [0, 1] }),
    changedFiles(git, place.root),
  ]);
  const name = branch.code === 0 ? line(branch).replace(/^refs\/heads\//, "") : null;
  return { type: "seen", checkout: { head, branch: name, files } };
}

async function changedFiles(git: Git, root: string): Promise<Guarded[]> {
  const words = [
    ...(await withoutFilters(git)),
    "status",
    "--porcelain=v2",
    "-z",
    "--untracked-files=all",
    "--ignore-submodules=all",
    "--no-renames",
    // Else a line about the stash, which is no file.
    "--no-show-stash",
  ];
  const status = await git(words, { stdout_bytes_max: STATUS_BYTES_MAX, timeout_ms: LONG_MS });
  const records = splitNul(status.stdout);
  if (status.stdout_bytes > status.stdout.length) records.pop();
  const files: Guarded[] = [];
  for (const record of records.slice(0, FILES_MAX)) {
    const { state, path } = readStatus(record);
    const file = Buffer.concat([Buffer.from(`${root}/`), path]);
    files.push({ name: path.toString("utf8"), hash: digestOf(state, await markOf(file)) });
  }
  return files;
}

/** A line of `git status --porcelain=v2`: the fields before the path, which tell what is staged, and it. */
function readStatus(record: Buffer): { state: string; path: Buffer } {
  // `? path`, `1 XY sub mH mI mW hH hI path`, `u XY sub m1 m2 m3 mW h1 h2 h3 path`.
  const fields = { "?": 1, "1": 8, u: 10 }[record.toString("latin1", 0, 1)] ?? 1;
  let start = 0;
  for (let field = 0; field < fields; field += 1) start = record.indexOf(0x20, start) + 1;
  return { state: record.toString("latin1", 0, start), path: record.subarray(start) };
}

/**
 * Options that turn off the filters which the repository's own configuration names: looking at a file
 * would run them, and an agent may have put them there. A file that a filter changes may then count as
 * changed, before and after alike.
 */
export async function withoutFilters(git: Git): Promise<string[]> {
  const found = await git(
    ["config", "--null", "--show-scope", "--name-only", "--get-regexp", "^filter\\."],
    { accepts: [0, 1] },
  );
  const fields = splitNul(found.stdout).map((field) => field.toString("utf8"));
  const drivers = new Set<string>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const driver = fields[at + 1]?.replace(/\.[^.]*$/, "") ?? "";
    if (driver.includes("=")) throw new Error(`a filter is called \`${driver}\`; rename it`);
    if (fields[at] === "local" || fields[at] === "worktree") drivers.add(driver);
  }
  return [...drivers].flatMap((driver) =>
    ["clean=", "smudge=", "process=", "required=false"].flatMap((set) => [
      "-c",
      `${driver}.${set}`,
    ]),
  );
}
