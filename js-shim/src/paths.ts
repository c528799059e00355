/** Where things are: the person's checkout, our state, the pool of worktrees. */

import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { gitIn } from "./effects/git/run.ts";

/** Our directory's name under the git common directory and under the person's data directory. */
const OWN_NAME = "multi-agent-coder";

/** Which repository the effects work on. */
export interface RepositoryPlace {
  /** The top level of the person's checkout; outside a repository, the directory itself. */
  readonly root: string;
  /** Where the person types their commands. */
  readonly person_directory: string;
  /** Our directory for the journal, the lock and the records of the pool. */
  readonly state: string;
  /** The git directory that all checkouts of the repository share; `null` outside a repository. */
  readonly common: string | null;
}

/** Finds the repository around a directory. Rejects when git cannot be started. */
export async function locate(directory: string): Promise<RepositoryPlace> {
  const person_directory = await realpath(directory);
  const git = gitIn(person_directory, new AbortController().signal);
  const found = await git(
    ["rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir"],
    { accepts: [0, 128] },
  );
  const [root, common] = found.stdout.toString("utf8").split("\n");
  if (found.code !== 0 || root === undefined || common === undefined) {
    const state = join(dataDirectory(process.env, process.platform), OWN_NAME, "elsewhere");
    return {
      root: person_directory,
      person_directory,
      state: join(state, shortHash(person_directory)),
      common: null,
    };
  }
  const shared = await realpath(common);
  return { root: resolve(root), person_directory, state: join(shared, OWN_NAME), common: shared };
}

/** The pool's parent directory: what the person set, else one of ours outside the repository. */
export function worktreesDirectory(place: RepositoryPlace, setting: string | null): string {
  if (setting !== null) return resolve(place.root, expandHome(setting));
  const common = place.common ?? place.root;
  const name = `${repositoryName(common)}-${shortHash(common)}`;
  return join(dataDirectory(process.env, process.platform), OWN_NAME, "worktrees", name);
}

/** Where running children are noted, so that the next start can end those that were left behind. */
export function childNotes(place: RepositoryPlace): string {
  return join(place.state, "children");
}

/** Where the platform keeps a program's data of one person. */
export function dataDirectory(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const xdg = environment.XDG_DATA_HOME;
  if (xdg !== undefined && isAbsolute(xdg)) return xdg;
  if (platform === "win32") {
    return environment.LOCALAPPDATA ?? join(homedir(), "AppData", "Local");
  }
  // On macOS too, as OpenCode does: `Application Support` has a space, which breaks many Makefiles.
  return join(homedir(), ".local", "share");
}

/** `~/x` as a path of the person's home directory; anything else as it is. */
export function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/** Whether `path` is `directory` or lies below it. Both are absolute. */
export function isInside(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * Checks a path that may not leave the directory it starts from.
 * Returns what is wrong with it, or `null`.
 */
export function problemOfRelativePath(path: string): string | null {
  if (path === "") return "the path is empty";
  if (path.includes("\0")) return "the path holds a NUL character";
  if (isAbsolute(path) || path.startsWith("/") || path.startsWith("\\"))
    return "the path is absolute";
  const parts = path.split(process.platform === "win32" ? /[\\/]/ : "/");
  if (parts.includes("..")) return "the path goes up with `..`";
  if (parts.some((part) => part.toLowerCase() === ".git")) return "the path goes into `.git`";
  return null;
}

function repositoryName(common: string): string {
  const name = basename(common);
  return name === ".git" ? basename(dirname(common)) : name.replace(/\.git$/, "");
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
