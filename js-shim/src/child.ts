/**
 * A child process in a process group of its own, with a deadline. It has ended when its whole group
 * has: what it left running in the background is ended too, and where that can be seen also what left
 * the group.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { childMark, endMarked, MARK_VARIABLE } from "./child-mark.ts";
import { messageOf } from "./errors.ts";
import { noteChild } from "./orphans.ts";
import { endGroup, rememberGroup } from "./process-group.ts";
import { pause } from "./within.ts";

/** A process that left the group may hold the pipes open; after so long in silence they are let go. */
const DRAIN_MS = 500;
/** And after so many such spans of time, if it goes on printing. */
const DRAINS_MAX = 10;
/** The longest time that a timer takes. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** What to run. */
export interface ChildRequest {
  readonly command: string;
  readonly arguments: readonly string[];
  /** Windows only: `command` is a line for the shell. */
  readonly shell?: boolean;
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Written to its standard input; without it the input is empty. */
  readonly input?: string | Uint8Array;
  /** Where it is noted while it runs, for the case that it outlives us; see `orphans.ts`. It is marked. */
  readonly notes?: string;
  /** Whether it may start anything: then what left its group is looked for and ended by its mark. */
  readonly is_foreign?: boolean;
  readonly timeout_ms: number;
  readonly signal: AbortSignal;
  readonly onStdout: (chunk: Buffer) => void;
  readonly onStderr: (chunk: Buffer) => void;
}

/** How it ended. A signal counts as the code 128 and its number. */
export type ChildEnd =
  | { readonly type: "exited"; readonly code: number; readonly duration_ms: number }
  | { readonly type: "timed_out"; readonly duration_ms: number }
  | { readonly type: "aborted" }
  | { readonly type: "failed"; readonly message: string };

type Exit = { type: "exited"; code: number } | { type: "failed"; message: string };
type Stop = { type: "timed_out" } | { type: "aborted" };

/** Runs a child until its group is gone. Never rejects. */
export async function runChild(request: ChildRequest): Promise<ChildEnd> {
  if (request.signal.aborted) return { type: "aborted" };
  const started = performance.now();
  const mark = request.notes === undefined ? null : childMark(request.notes);
  const child = start(request, mark);
  if ("message" in child) return { type: "failed", message: child.message };

  const forget =
    child.pid === undefined || request.notes === undefined
      ? undefined
      : noteChild(request.notes, child.pid);
  const release = child.pid === undefined ? undefined : rememberGroup(child.pid);
  const exited = exitOf(child);
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let chunks = 0;
  child.stdout?.on("data", (chunk: Buffer) => {
    chunks += 1;
    request.onStdout(chunk);
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    chunks += 1;
    request.onStderr(chunk);
  });
  // A child that ends without reading its input is no failure of ours.
  child.stdin?.on("error", () => {});
  child.stdin?.end(request.input);

  const stop = stopOf(request);
  const end = await Promise.race([exited, stop.promise]);
  stop.clear();
  if (child.pid !== undefined) await endGroup(child.pid);
  if (mark !== null && request.is_foreign) await endMarked((found) => found === mark);
  forget?.();
  release?.();
  await drain(closed, () => chunks);
  child.stdout?.destroy();
  child.stderr?.destroy();

  const duration_ms = Math.round(performance.now() - started);
  switch (end.type) {
    case "exited":
      return { type: "exited", code: end.code, duration_ms };
    case "timed_out":
      return { type: "timed_out", duration_ms };
    case "failed":
      return { type: "failed", message: failureText(request, end.message) };
    case "aborted":
      return end;
  }
}

function start(request: ChildRequest, mark: string | null): ChildProcess | { message: string } {
  try {
    return spawn(request.command, [...request.arguments], {
      cwd: request.directory,
      env: mark === null ? request.environment : { ...request.environment, [MARK_VARIABLE]: mark },
      shell: request.shell ?? false,
      // On Windows `detached` opens a console window; there the tree is found by parent ids.
      detached: process.platform !== "win32",
      windowsHide: true,
      stdio: [request.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
  } catch (error) {
    return { message: failureText(request, messageOf(error)) };
  }
}

/** The system says of a missing directory that the command was not found. */
function failureText(request: ChildRequest, what: string): string {
  return existsSync(request.directory) ? what : `there is no directory ${request.directory}`;
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("error", (error) => {
      resolve({ type: "failed", message: error.message });
    });
    child.once("exit", (code, signal) => {
      resolve({ type: "exited", code: code ?? signalCode(signal) });
    });
  });
}

function signalCode(signal: NodeJS.Signals | null): number {
  return 128 + (signal === null ? 0 : (constants.signals[signal] ?? 0));
}

/** Resolves at the deadline or the abort, whichever comes first, until it is cleared. */
function stopOf(request: ChildRequest): { promise: Promise<Stop>; clear: () => void } {
  const wait_ms = Math.min(request.timeout_ms, TIMER_MS_MAX);
  let clear = (): void => {};
  const promise = new Promise<Stop>((resolve) => {
    const timer = setTimeout(() => resolve({ type: "timed_out" }), wait_ms);
    const onAbort = (): void => resolve({ type: "aborted" });
    request.signal.addEventListener("abort", onAbort, { once: true });
    clear = () => {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", onAbort);
    };
  });
  return { promise, clear };
}

/** Waits until all output was read, or until none came for a while from a pipe that stays open. */
async function drain(closed: Promise<void>, chunks: () => number): Promise<void> {
  const isClosed = closed.then(() => true);
  const isQuiet = async (): Promise<boolean> => {
    await pause(DRAIN_MS);
    // After a long pause of the event loop, timers come before the output that waits to be read.
    await new Promise((resolve) => setImmediate(resolve));
    return false;
  };
  for (let before = -1, drains = 0; before !== chunks() && drains < DRAINS_MAX; drains += 1) {
    before = chunks();
    if (await Promise.race([isClosed, isQuiet()])) return;
  }
}
