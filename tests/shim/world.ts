/** A real repository in a directory of its own, with git isolated from the machine's configuration. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { performGit } from "../../js-shim/src/effects/git.ts";
import { locate, type RepositoryPlace } from "../../js-shim/src/paths.ts";
import type { GitOperation, GitOutcome } from "../../js-shim/src/protocol.ts";

export const never = new AbortController().signal;

/** Sets an environment variable until the test ends. */
export function setVariable(name: string, value: string | undefined): void {
  const before = process.env[name];
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "mac-shim-")));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}

export function write(directory: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

/** A repository with one commit, and the outcomes of operations on it. */
export class World {
  readonly root: string;
  readonly place: RepositoryPlace;

  private constructor(root: string, place: RepositoryPlace) {
    this.root = root;
    this.place = place;
  }

  static async make(files: Record<string, string> = { "a.txt": "one\n" }): Promise<World> {
    const directory = temporaryDirectory();
    const home = join(directory, "home");
    mkdirSync(home);
    writeFileSync(join(home, "gitconfig"), "[user]\n name = Ada\n email = ada@example.org\n");
    setVariable("GIT_CONFIG_GLOBAL", join(home, "gitconfig"));
    setVariable("GIT_CONFIG_SYSTEM", "/dev/null");
    setVariable("XDG_DATA_HOME", join(home, "data"));
    const root = join(directory, "shop");
    mkdirSync(root);
    git(root, "init", "--quiet", "--initial-branch=main");
    write(root, files);
    git(root, "add", "--all");
    git(root, "commit", "--quiet", "--message=first");
    return new World(root, await locate(root));
  }

  git(...words: string[]): string {
    return git(this.root, ...words);
  }

  perform(operation: GitOperation): Promise<GitOutcome> {
    return performGit(this.place, operation, never);
  }

  head(): string {
    return this.git("rev-parse", "HEAD");
  }

  async prepare(
    at: string,
    more: Partial<Extract<GitOperation, { type: "prepare" }>> = {},
  ): Promise<string> {
    const outcome = await this.perform({
      type: "prepare",
      guard: [],
      slot: 1,
      at,
      worktrees_dir: null,
      link: [],
      copy: [],
      keep: [],
      ...more,
    });
    if (outcome.type !== "prepared") throw new Error(JSON.stringify(outcome));
    return outcome.directory;
  }

  async collect(
    base: string,
    more: Partial<Extract<GitOperation, { type: "collect" }>> = {},
  ): Promise<Extract<GitOutcome, { type: "collected" }>> {
    const outcome = await this.perform({
      type: "collect",
      guard: [],
      slot: 1,
      base,
      reference: "refs/mac/login/T01/1",
      message: "T01: work",
      diff_bytes_max: 100_000,
      ...more,
    });
    if (outcome.type !== "collected") throw new Error(JSON.stringify(outcome));
    return outcome;
  }

  /** Refs of rescued work. */
  rescued(): string[] {
    return lines(this.git("for-each-ref", "--format=%(refname)", "refs/mac/rescued/"));
  }

  /** Paths of a commit. */
  files(commit: string): string[] {
    return lines(this.git("ls-tree", "-r", "--name-only", commit));
  }

  show(commit: string, path: string): string {
    return `${this.git("show", `${commit}:${path}`)}\n`;
  }
}

export function git(directory: string, ...words: string[]): string {
  const output = execFileSync("git", words, {
    cwd: directory,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return output.trimEnd();
}

export function lines(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

export function read(...path: string[]): string {
  return readFileSync(join(...path), "utf8");
}
