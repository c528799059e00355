/** What the refs and the integration branch still hold of a track, whatever was forgotten. */

import type { RepositoryPlace } from "../../paths.ts";
import type { GitOperation, GitOutcome, HeldAttempt, HeldMerge } from "../../protocol.ts";
import { isTaskId, trackId } from "./ids.ts";
import { commitId, type Git, gitIn } from "./run.ts";

type Hold = Extract<GitOperation, { type: "hold" }>;

/** The walk along the integration branch ends here: more tasks than any backlog has. */
const COMMITS_MAX = 5_000;
/** Between the values of a trailer that was given more than once. */
const SEPARATOR = "\x1e";

/** Finds the attempts and the merges of a track. Merges without a `Track:` trailer are not looked at. */
export async function hold(
  place: RepositoryPlace,
  operation: Hold,
  signal: AbortSignal,
): Promise<GitOutcome> {
  const git = gitIn(place.root, signal);
  const track = trackId(operation.track);
  const tip = operation.tip === null ? null : commitId(operation.tip);
  const [attempts, merges] = await Promise.all([
    heldAttempts(git, track),
    tip === null ? [] : heldMerges(git, track, tip),
  ]);
  return { type: "held", attempts, merges };
}

/** The refs `refs/mac/<track>/<task>/<number>`. */
async function heldAttempts(git: Git, track: string): Promise<HeldAttempt[]> {
  const prefix = `refs/mac/${track}/`;
  const listed = await git([
    "for-each-ref",
    "--format=%(objecttype) %(objectname) %(refname)",
    prefix,
  ]);
  const attempts: HeldAttempt[] = [];
  for (const record of listed.stdout.toString("utf8").split("\n")) {
    const [kind, commit = "", name = ""] = record.split(" ");
    const [task = "", number = "", ...more] = name.slice(prefix.length).split("/");
    const isAttempt = isTaskId(task) && /^[1-9][0-9]{0,8}$/.test(number) && more.length === 0;
    if (kind === "commit" && isAttempt) attempts.push({ task, number: Number(number), commit });
  }
  return attempts.sort((a, b) =>
    a.task === b.task ? a.number - b.number : a.task < b.task ? -1 : 1,
  );
}

/** The merges on a branch, or in a range of its commits, by the trailers that `merge` wrote; newest first. */
export async function heldMerges(git: Git, track: string, tip: string): Promise<HeldMerge[]> {
  const trailer = (key: string): string => `%(trailers:key=${key},valueonly,separator=%x1e)`;
  // `rev-list`, since `log` may be configured to run a program that checks signatures.
  const walked = await git([
    "rev-list",
    "--first-parent",
    `--max-count=${COMMITS_MAX}`,
    "--no-commit-header",
    `--format=%H%x1f%P%x1f${trailer("Task")}%x1f${trailer("Track")}`,
    tip,
  ]);
  const merges: HeldMerge[] = [];
  for (const record of walked.stdout.toString("utf8").split("\n")) {
    const [commit = "", parents = "", tasks = "", tracks = ""] = record.split("\x1f");
    const isMerge = parents.includes(" ") && tracks.split(SEPARATOR).includes(track);
    if (isMerge && isTaskId(tasks)) merges.push({ task: tasks, commit });
  }
  return merges;
}
