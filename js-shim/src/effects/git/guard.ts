/**
 * What in a repository can make git run a program or act elsewhere, so that a change of it while agents
 * work is noticed before we run git again.
 *
 * The system's and the person's own git configuration are not part of it: they belong to no repository,
 * lie outside everything an agent may write to, and change in the ordinary course of a person's day.
 */

import { lstat, readdir, readFile, readlink, stat } from "node:fs/promises";
import { basename, isAbsolute, join, resolve } from "node:path";
import { expandHome, type RepositoryPlace } from "../../paths.ts";
import type { Guarded } from "../../protocol.ts";
import { type ConfigFile, readConfig } from "./guard-config.ts";
import { bytesOf, digestOf } from "./mark.ts";

/** Files of hooks; a repository has a handful. More are not looked at one by one. */
const HOOKS_MAX = 500;
/** A larger hook is told by its size and time. */
const HOOK_BYTES_MAX = 1024 * 1024;

/** Files of the common directory that redirect git or attach filters to paths. */
const COMMON_FILES = ["info/attributes", "info/grafts", "objects/info/alternates"];
/** Files of git's directory for a worktree that say where everything else is, or configure it. */
const ADMIN_FILES = ["commondir", "gitdir", "config.worktree"];

/** Everything guarded in a repository, by name. Runs nothing that the repository names. */
export async function guardOf(place: RepositoryPlace): Promise<Guarded[]> {
  const { common } = place;
  if (common === null) return [];
  const own = await checkoutDirectory(place, common);
  const shown = (path: string): string => showPath(place, common, path);
  const configs = await configsOf([join(common, "config"), join(own, "config.worktree")], shown);
  const hooks = configs.flatMap((file) => file.hooks_paths);
  const hook_directories = [
    join(common, "hooks"),
    ...hooks.map((path) => resolve(place.root, expandHome(path))),
  ];
  const config = await lstat(join(common, "config")).catch(() => null);
  const kind = config?.isFile() ? "file" : config === null ? "absent" : "odd";
  const files = [
    ...COMMON_FILES.map((name) => join(common, name)),
    ...(own === common ? [] : [join(place.root, ".git"), join(own, "commondir")]),
  ];
  const found = await Promise.all([
    ...files.map((path) => guardedFile(path, shown(path))),
    ...hook_directories.map((path) => guardedHooks(path, shown(path))),
  ]);
  // The first entry is always there: an empty guard would mean that nothing is compared.
  const always = { name: ".git/config", hash: digestOf(kind) };
  return byName([always, ...configs.flatMap((file) => file.guarded), ...found.flat()]);
}

/** The files of git's directory for a worktree of ours which could lead git astray. */
export async function sealOf(admin: string): Promise<Guarded[]> {
  const shown = (name: string): string => `.git/worktrees/${basename(admin)}/${name}`;
  const found = ADMIN_FILES.map((name) => guardedFile(join(admin, name), shown(name)));
  return byName((await Promise.all(found)).flat());
}

/** The names of what was changed, added or removed; none when nothing is known to compare with. */
export function differing(expected: readonly Guarded[], actual: readonly Guarded[]): string[] {
  if (expected.length === 0) return [];
  const before = new Map(expected.map(({ name, hash }) => [name, hash]));
  const after = new Map(actual.map(({ name, hash }) => [name, hash]));
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

/** Names what is no longer as an operation expects it. For the moment before git is run. */
export async function tamperedWith(
  place: RepositoryPlace,
  expected: readonly Guarded[],
): Promise<string[]> {
  return expected.length === 0 ? [] : differing(expected, await guardOf(place));
}

/** Git's directory for the person's checkout, which may be a linked worktree of theirs. */
async function checkoutDirectory(place: RepositoryPlace, common: string): Promise<string> {
  const [, pointed] =
    /^gitdir: (.+?)\s*$/.exec((await bytesOf(join(place.root, ".git"))).toString()) ?? [];
  return pointed === undefined ? common : resolve(place.root, pointed);
}

/** Reads configuration files and what they include, each once. */
async function configsOf(
  paths: readonly string[],
  shown: (path: string) => string,
): Promise<ConfigFile[]> {
  const open = [...paths];
  const seen = new Set<string>();
  const configs: ConfigFile[] = [];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const config = await readConfig(path, shown(path));
    open.push(...config.includes);
    configs.push(config);
  }
  return configs;
}

async function guardedFile(path: string, name: string): Promise<Guarded[]> {
  const bytes = await bytesOf(path);
  return bytes === "absent" ? [] : [{ name, hash: digestOf(bytes) }];
}

/** The hooks in a directory and below, without git's samples. */
async function guardedHooks(directory: string, name: string): Promise<Guarded[]> {
  const guarded: Guarded[] = [];
  const open = [""];
  let read = 0;
  for (let below = open.pop(); below !== undefined; below = open.pop()) {
    const entries = await readdir(join(directory, below), { withFileTypes: true }).catch(() => []);
    // In the order of names: what lies beyond the limit must be the same each time.
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      read += 1;
      if (read > HOOKS_MAX) return guarded;
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) open.push(path);
      else if (!entry.name.endsWith(".sample")) {
        const hash = await hookHash(join(directory, path));
        guarded.push({ name: `${name}/${path}`, hash });
      }
    }
  }
  return guarded;
}

/** Content and mode of a hook; of a link, also where it leads. */
async function hookHash(path: string): Promise<string> {
  const entry = await lstat(path).catch(() => null);
  const target = entry?.isSymbolicLink() ? await readlink(path).catch(() => "") : "";
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return digestOf("no file", target);
  const mode = (found.mode & 0o777).toString(8);
  if (found.size > HOOK_BYTES_MAX) {
    return digestOf("large", mode, target, `${found.size} ${found.mtimeMs}`);
  }
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  return digestOf("file", mode, target, bytes);
}

/** A path as a person knows it: from their checkout's root where it lies below it. */
function showPath(place: RepositoryPlace, common: string, path: string): string {
  const below = (directory: string): string | null =>
    path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : null;
  const inCommon = below(common);
  if (inCommon !== null) return `.git/${inCommon}`;
  const normal = isAbsolute(path) ? path : resolve(place.root, path);
  return below(place.root) ?? normal;
}

/** In the order of names. What has the same name, as two hook directories may, is one thing. */
function byName(guarded: readonly Guarded[]): Guarded[] {
  const hashes = new Map<string, string[]>();
  for (const { name, hash } of guarded) hashes.set(name, [...(hashes.get(name) ?? []), hash]);
  return [...hashes]
    .map(([name, all]) => ({ name, hash: all.length === 1 ? (all[0] ?? "") : digestOf(...all) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
