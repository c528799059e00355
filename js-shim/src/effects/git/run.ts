/** Runs the git command line, hardened: no hook, no prompt, no background work, a limit on everything. */

import { runChild } from "../../child.ts";
import { Head, Tail } from "../../output.ts";

/** For commands that only read or move refs. */
export const SHORT_MS = 60_000;
/** For commands that write a whole checkout. */
export const LONG_MS = 600_000;

const STDOUT_BYTES_MAX = 256 * 1024 * 1024;
const STDERR_BYTES_MAX = 64 * 1024;
const MESSAGE_LINES_MAX = 6;

/** A repository's configuration may name programs and habits; none of these are for us. */
const HARDENING = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.untrackedCache=false",
  "core.splitIndex=false",
  "core.quotePath=false",
  "core.safecrlf=false",
  "commit.gpgSign=false",
  "tag.gpgSign=false",
  "gc.auto=0",
  "maintenance.auto=false",
  // Else a new worktree would change the repository's configuration.
  "worktree.useRelativePaths=false",
  "submodule.recurse=false",
  "diff.ignoreSubmodules=all",
  "i18n.commitEncoding=utf-8",
  "i18n.logOutputEncoding=utf-8",
  // Locks are held for milliseconds; wait for them instead of failing at once.
  "core.filesRefLockTimeout=2000",
  "core.packedRefsTimeout=5000",
].flatMap((setting) => ["-c", setting]);

/** Variables that say who the person is and where their configuration lies; all other GIT_* go. */
const KEPT_VARIABLES =
  /^GIT_(EXEC_PATH|SSL_.*|CEILING_DIRECTORIES|(AUTHOR|COMMITTER)_(NAME|EMAIL)|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+))$/;

/** How to run one git command. */
export interface GitOptions {
  /** Written to its standard input. */
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: `SHORT_MS`. */
  readonly timeout_ms?: number;
  /** More is counted, not kept. Without it, more is an error. */
  readonly stdout_bytes_max?: number;
  /** Exit codes that are answers. Default: only 0. */
  readonly accepts?: readonly number[];
}

/** What a git command answered. */
export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  /** All that it printed, kept or not. */
  readonly stdout_bytes: number;
  readonly stderr: string;
}

/** Runs one git command. Throws a `GitError` when it fails, is cancelled or takes too long. */
export type Git = (words: readonly string[], options?: GitOptions) => Promise<GitResult>;

/** A git command that did not do what it was asked; the message names it and what it said. */
export class GitError extends Error {
  readonly stderr: string;

  constructor(words: readonly string[], what: string, stderr = "") {
    super(`git ${words.slice(0, 2).join(" ")}: ${what}`);
    this.name = "GitError";
    this.stderr = stderr;
  }
}

/** Git in a directory. The environment, and the notes of running children, hold for all its commands. */
export function gitIn(
  directory: string,
  signal: AbortSignal,
  environment: Readonly<Record<string, string>> = {},
  notes?: string,
): Git {
  return async (words, options = {}) => {
    const timeout_ms = options.timeout_ms ?? SHORT_MS;
    const stdout_bytes_max = options.stdout_bytes_max ?? STDOUT_BYTES_MAX;
    const stdout = new Head(stdout_bytes_max);
    const errors = new Tail(STDERR_BYTES_MAX);
    const end = await runChild({
      command: "git",
      arguments: [...HARDENING, ...words],
      directory,
      environment: gitEnvironment(process.env, { ...environment, ...options.environment }),
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(notes === undefined ? {} : { notes }),
      timeout_ms,
      signal,
      onStdout: (chunk) => stdout.push(chunk),
      onStderr: (chunk) => errors.push(chunk),
    });
    switch (end.type) {
      case "aborted":
        throw new GitError(words, "it was cancelled");
      case "timed_out":
        throw new GitError(words, `it took longer than ${timeout_ms / 1000} s and was ended`);
      case "failed":
        throw new GitError(words, `git did not start in ${directory}: ${end.message}`);
    }
    const stderr = errors.text();
    if (!(options.accepts ?? [0]).includes(end.code)) {
      throw new GitError(words, failureText(end.code, stderr), stderr);
    }
    const bytes = stdout.bytes();
    if (options.stdout_bytes_max === undefined && stdout.seen > bytes.length) {
      throw new GitError(words, `it printed more than ${stdout_bytes_max} bytes`);
    }
    return { code: end.code, stdout: bytes, stdout_bytes: stdout.seen, stderr };
  };
}

/** The fields of a NUL-separated answer, as bytes: a path need not be UTF-8. */
export function splitNul(bytes: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, start)) {
    fields.push(bytes.subarray(start, end));
    start = end + 1;
  }
  if (start < bytes.length) fields.push(bytes.subarray(start));
  return fields;
}

/** The text of a one-line answer. */
export function line(result: GitResult): string {
  return result.stdout.toString("utf8").trimEnd();
}

/** Returns a commit id that is one; throws otherwise, so that no other text becomes an argument. */
export function commitId(text: string): string {
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) return text;
  throw new Error(`\`${text}\` is not a full commit id`);
}

function gitEnvironment(
  environment: NodeJS.ProcessEnv,
  own: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(
    ([name]) => !name.startsWith("GIT_") || KEPT_VARIABLES.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    GIT_OPTIONAL_LOCKS: "0",
    // A ref below `refs/replace/` would show us other commits than those we name.
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_PAGER: "cat",
    GIT_EDITOR: "true",
    LC_ALL: "C",
    ...own,
  };
}

function failureText(code: number, stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((text) => text.trimEnd())
    .filter((text) => text !== "" && !text.startsWith("hint:"));
  const said = lines.slice(-MESSAGE_LINES_MAX).join("\n");
  return said === "" ? `exit code ${code}` : `${said} (exit code ${code})`;
}
