/**
 * Changes that do not belong into a commit of an agent: configuration that OpenCode or git would act
 * on, links that lead out of the worktree, and what OpenCode itself drops there.
 */

import { lstat, readFile, readlink, realpath } from "node:fs/promises";
import { isAbsolute, posix } from "node:path";
import { isInside } from "../../paths.ts";
import type { Git } from "./run.ts";
import { fileOf, type WorkChange } from "./snapshot.ts";

/**
 * `take`: the agent's work. `drop`: OpenCode's doing, not worth a word. `leave_out`: to be reported.
 * `outside`: to be reported and not to be touched, since it lies elsewhere.
 */
export type Judgement = "take" | "drop" | "leave_out" | "outside";

const SLASH = 0x2f;

/** Names that `asideName` gave. */
const ASIDE = /^put-aside-\d+-/;

const CONFIGURATION_FILES = new Set([
  "opencode.json",
  "opencode.jsonc",
  ".gitattributes",
  ".gitmodules",
  ".lfsconfig",
]);
/** OpenCode installs its plugin package into every `.opencode` directory it meets. */
const HOST_FILES = new Set(["bun.lock", "bun.lockb", "package-lock.json", ".gitignore"]);
const HOST_PACKAGE = "@opencode-ai/plugin";

/** Judges a change by the commit it is based on. */
export async function judge(
  git: Git,
  base: string | null,
  directory: string,
  change: WorkChange,
): Promise<Judgement> {
  if (!(await liesInside(directory, change))) return "outside";
  if (change.kind === "nested_repository" || isAside(change.path)) return "leave_out";
  if (isConfiguration(change.path)) {
    return (await isHosts(git, base, directory, change)) ? "drop" : "leave_out";
  }
  if (change.kind === "deleted") return "take";
  return (await leadsOutside(directory, change)) ? "leave_out" : "take";
}

/** Whether OpenCode or git acts on a file of this name. Case counts for nothing on some file systems. */
export function isConfiguration(path: string): boolean {
  const parts = path.toLowerCase().split("/");
  return parts.includes(".opencode") || CONFIGURATION_FILES.has(parts.at(-1) ?? "");
}

/** The name under which configuration is put aside: nobody acts on it, and it is no part of the work. */
export function asideName(name: string): string {
  return `put-aside-${Date.now()}-${name.replace(/^\./, "")}`;
}

/** Whether a path was named by `asideName`. */
export function isAside(path: string): boolean {
  return ASIDE.test(path);
}

/** Whether a path's directory is really below the worktree, however it is written. */
export async function liesInside(directory: string, change: WorkChange): Promise<boolean> {
  const file = fileOf(directory, change);
  const parent = file.subarray(0, file.lastIndexOf(SLASH, file.length - 2));
  const [root, real] = await Promise.all([realpath(directory), realpath(parent).catch(() => null)]);
  // Where there is no directory, there is nothing to follow.
  return real === null || isInside(root, real);
}

/** Whether OpenCode, and no agent, made this change to its configuration. */
async function isHosts(
  git: Git,
  base: string | null,
  directory: string,
  change: WorkChange,
): Promise<boolean> {
  const parts = change.path.split("/");
  const name = parts.at(-1) ?? "";
  if (name === "opencode.json" || name === "opencode.jsonc") {
    const texts = await bothTexts(git, base, directory, change);
    return texts !== null && withoutSchema(texts.before) === withoutSchema(texts.after);
  }
  const below = parts.slice(parts.indexOf(".opencode") + 1);
  if (!parts.includes(".opencode") || change.kind === "deleted") return false;
  if (change.kind === "untracked" && below[0] === "node_modules") return true;
  if (below.length !== 1) return false;
  if (change.kind === "untracked" && HOST_FILES.has(name)) return true;
  // Dependencies are installed, and their scripts run, when a session opens: only the host's own.
  if (name !== "package.json") return false;
  const texts = await bothTexts(git, base, directory, change);
  return texts !== null && withoutHostPackage(texts.before) === withoutHostPackage(texts.after);
}

/** The text in the commit, empty when it is not there, and the text now; `null` when there is none now. */
async function bothTexts(
  git: Git,
  base: string | null,
  directory: string,
  change: WorkChange,
): Promise<{ before: string; after: string } | null> {
  const file = fileOf(directory, change);
  const found = await lstat(file).catch(() => null);
  if (found === null || !found.isFile()) return null;
  const blob = await git(["cat-file", "blob", `${base}:${change.path}`], { accepts: [0, 128] });
  const before = base !== null && blob.code === 0 ? blob.stdout.toString("utf8") : "";
  return { before, after: await readFile(file, "utf8") };
}

/** Without the line that OpenCode adds, and without white space, which a restored file gets back. */
function withoutSchema(text: string): string {
  return text.replace(/"\$schema"\s*:\s*"[^"]*"\s*,?/, "").replace(/\s+/g, "");
}

function withoutHostPackage(text: string): string {
  try {
    const value = JSON.parse(text === "" ? "{}" : text) as Record<string, unknown>;
    const { [HOST_PACKAGE]: _, ...dependencies } = (value.dependencies ?? {}) as Record<
      string,
      unknown
    >;
    return JSON.stringify({ ...value, dependencies });
  } catch {
    return text;
  }
}

/** Whether a path is a symbolic link whose target, as written, lies outside the worktree or in `.git`. */
async function leadsOutside(directory: string, change: WorkChange): Promise<boolean> {
  const file = fileOf(directory, change);
  const found = await lstat(file).catch(() => null);
  if (found === null || !found.isSymbolicLink()) return false;
  const target = (await readlink(file)).replaceAll("\\", "/");
  // An absolute target means another place in every other checkout.
  if (isAbsolute(target)) return true;
  const first = posix.normalize(posix.join(posix.dirname(change.path), target)).split("/")[0] ?? "";
  return first === ".." || first.toLowerCase() === ".git";
}
