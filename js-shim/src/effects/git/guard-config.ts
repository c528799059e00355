/** Which settings of a git configuration file are guarded. */

import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, resolve } from "node:path";
import { expandHome } from "../../paths.ts";
import type { Guarded } from "../../protocol.ts";
import { bytesOf, digestOf } from "./mark.ts";
import { gitIn, splitNul } from "./run.ts";

/** A configuration file as far as it matters here. */
export interface ConfigFile {
  readonly guarded: readonly Guarded[];
  /** Absolute paths of the files it includes, on whatever condition. */
  readonly includes: readonly string[];
  /** Values of `core.hooksPath`. */
  readonly hooks_paths: readonly string[];
}

/** A setting: its full name in git's spelling, and its value. */
interface Setting {
  readonly key: string;
  readonly value: string;
}

/**
 * Settings that git, editors and people write all the time and that neither run a program nor lead
 * elsewhere. Everything else is guarded, sections that git does not know included: other tools run what
 * they find there.
 */
const HARMLESS = [
  /^(advice|color|column|gui|gitg|gk)\./,
  // What `git checkout -b`, `git push -u` and editors note about a branch.
  /^branch\..*\.(merge|rebase|description|vscode-merge-base|github-pr-.*|gk-.*)$/,
  /^remote\..*\.(fetch|tagopt|prune|prunetags|skipdefaultupdate|skipfetchall|followremotehead|gh-resolved)$/,
  /^(fetch|remote)\.(prune|prunetags|writecommitgraph)$/,
  /^(pull|push)\.(rebase|ff|default|autosetupremote|followtags)$/,
  /^(log|status|diff|blame|rerere|rebase|stash)\.(date|decorate|follow|short|branch|showstash|showuntrackedfiles|algorithm|renames|enabled|autoupdate|autosquash|autostash)$/,
  /^maintenance\.(auto|strategy)$/,
  /^lfs\.(repositoryformatversion|.*\.(access|locksverify))$/,
];
/** Where a branch is fetched from and pushed to: harmless while it names a remote that has an address. */
const BRANCH_REMOTE = /^branch\..*\.(remote|pushremote)$/;

/** The last parses by what was parsed: a run reads the same few files again and again. */
const parsed = new Map<string, readonly Setting[] | null>();
const PARSED_MAX = 64;

/** Reads a configuration file; one that does not exist has nothing in it. `shown` is its name for people. */
export async function readConfig(path: string, shown: string): Promise<ConfigFile> {
  const bytes = await bytesOf(path);
  if (bytes === "absent") return { guarded: [], includes: [], hooks_paths: [] };
  const settings = bytes === "special" ? null : await settingsOf(bytes);
  // With a file that git cannot read, git does nothing at all.
  if (settings === null) {
    return { guarded: [{ name: shown, hash: digestOf(bytes) }], includes: [], hooks_paths: [] };
  }
  const valuesOf = (pattern: RegExp): string[] =>
    settings.filter(({ key }) => pattern.test(key)).map(({ value }) => value);
  return {
    guarded: guardedOf(settings, shown),
    includes: valuesOf(/^include(if\..*)?\.path$/).map((to) =>
      resolve(dirname(path), expandHome(to)),
    ),
    hooks_paths: valuesOf(/^core\.hookspath$/),
  };
}

/** One entry a guarded setting; of one given several times, over all its values in their order. */
function guardedOf(settings: readonly Setting[], shown: string): Guarded[] {
  const remotes = new Set(settings.map(({ key }) => /^remote\.(.*)\.url$/.exec(key)?.[1] ?? "."));
  const values = new Map<string, string[]>();
  for (const { key, value } of settings) {
    const isNamed = BRANCH_REMOTE.test(key) && remotes.has(value);
    if (isNamed || HARMLESS.some((pattern) => pattern.test(key))) continue;
    const name = `${withoutSecrets(key)} in ${shown}`;
    values.set(name, [...(values.get(name) ?? []), key, value]);
  }
  return [...values].map(([name, all]) => ({ name, hash: digestOf(...all) }));
}

/** An address in a setting's name may hold a password, and names are shown. */
function withoutSecrets(key: string): string {
  return key.replace(/\/\/[^/@]*@/g, "//…@");
}

/** The settings in a file's bytes; `null` when git cannot read them. */
async function settingsOf(bytes: Buffer): Promise<readonly Setting[] | null> {
  const id = createHash("sha256").update(bytes).digest("hex");
  const known = parsed.get(id);
  if (known !== undefined) return known;
  const settings = await parse(bytes);
  if (parsed.size >= PARSED_MAX) parsed.clear();
  parsed.set(id, settings);
  return settings;
}

/** Git's own reading, of exactly these bytes, far from any repository. */
async function parse(bytes: Buffer): Promise<readonly Setting[] | null> {
  const git = gitIn(tmpdir(), new AbortController().signal, { GIT_DIR: "/dev/null" });
  const listed = await git(["config", "--file", "-", "--no-includes", "--null", "--list"], {
    input: bytes,
    accepts: [0, 1, 128],
  });
  if (listed.code !== 0) return null;
  return splitNul(listed.stdout).map((field) => {
    const end = field.indexOf("\n");
    // A setting without `=` has no value, which is not the same as an empty one.
    if (end === -1) return { key: field.toString("utf8"), value: "\0" };
    return { key: field.toString("utf8", 0, end), value: field.toString("utf8", end + 1) };
  });
}
