/** Performs `src/effect/git.rs`. Nothing here touches the person's HEAD, index or files, except `land`. */

import { messageOf } from "../errors.ts";
import type { RepositoryPlace } from "../paths.ts";
import type { GitOperation, GitOutcome } from "../protocol.ts";
import { collect } from "./git/collect.ts";
import { compare } from "./git/compare.ts";
import { compose, revert } from "./git/compose.ts";
import { recall } from "./git/diff.ts";
import { examine } from "./git/examine.ts";
import { glance, look } from "./git/glance.ts";
import { hold } from "./git/hold.ts";
import { inspect, list, measure, relate, showFile } from "./git/inspect.ts";
import { land, merge, move } from "./git/integrate.ts";
import { prepare } from "./git/worktree.ts";

/** Works on the repository. Never rejects: what git refuses in an unforeseen way is `failed`. */
export async function performGit(
  place: RepositoryPlace,
  operation: GitOperation,
  signal: AbortSignal,
): Promise<GitOutcome> {
  try {
    return await perform(place, operation, signal);
  } catch (error) {
    return { type: "failed", message: `${describe(operation)}: ${messageOf(error)}` };
  }
}

function perform(
  place: RepositoryPlace,
  operation: GitOperation,
  signal: AbortSignal,
): Promise<GitOutcome> {
  switch (operation.type) {
    case "inspect":
      return inspect(place, operation, signal);
    case "list":
      return list(place, operation, signal);
    case "show":
      return showFile(place, operation, signal);
    case "measure":
      return measure(place, operation, signal);
    case "prepare":
      return prepare(place, operation, signal);
    case "collect":
      return collect(place, operation, signal);
    case "merge":
      return merge(place, operation, signal);
    case "compose":
      return compose(place, operation, signal);
    case "revert":
      return revert(place, operation, signal);
    case "move":
      return move(place, operation, signal);
    case "relate":
      return relate(place, operation, signal);
    case "land":
      return land(place, operation, signal);
    case "recall":
      return recall(place, operation, signal);
    case "compare":
      return compare(place, operation, signal);
    case "glance":
      return glance(place, operation, signal);
    case "look":
      return look(place, signal);
    case "hold":
      return hold(place, operation, signal);
    case "examine":
      return examine(place, operation, signal);
  }
}

function describe(operation: GitOperation): string {
  switch (operation.type) {
    case "inspect":
      return "looking at the repository";
    case "list":
      return `listing the files of ${operation.commit}`;
    case "show":
      return `reading ${operation.path} of ${operation.commit}`;
    case "measure":
      return `measuring files of ${operation.commit}`;
    case "prepare":
      return `preparing worktree ${operation.slot} at ${operation.at}`;
    case "collect":
      return `collecting worktree ${operation.slot} into ${operation.reference}`;
    case "merge":
      return `merging ${operation.commit} onto ${operation.onto}`;
    case "compose":
      return `putting files of ${operation.from} into ${operation.base}`;
    case "revert":
      return `taking ${operation.track} out of ${operation.tip}`;
    case "move":
      return `moving ${operation.reference} to ${operation.to}`;
    case "relate":
      return `relating ${operation.ours} to ${operation.theirs}`;
    case "recall":
      return `reading the work in ${operation.commit}`;
    case "compare":
      return `looking up what ${operation.name ?? "the checkout"} changes`;
    case "examine":
      return `examining worktree ${operation.slot}`;
    case "glance":
      return `looking at worktree ${operation.slot}`;
    case "look":
      return "looking at the checkout";
    case "hold":
      return `looking up what is kept of ${operation.track}`;
    case "land":
      return `moving ${operation.branch} to ${operation.to}`;
  }
}
