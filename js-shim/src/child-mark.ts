/**
 * The mark that our children carry in their environment. A child that leaves its process group, as
 * `setsid` does, is still known by it, and so are its own children. Only Linux lets us look: elsewhere
 * such a process stays unnoticed, as does one that clears its environment.
 */

import { createHash } from "node:crypto";
import { GRACE_MS, waitUntil } from "./process-group.ts";
import { parentOf, processIds, variableOf } from "./process-list.ts";

/** The variable that holds the mark. Commands of the project can tell by it that we run them. */
export const MARK_VARIABLE = "MULTI_AGENT_CODER_CHILD";

/** A process may start another one while we look; who does so again and again is left alone. */
const ROUNDS_MAX = 5;
/** Enough digits to tell the repositories of one person apart. */
const DIGITS = 12;

let children = 0;

/** What the marks of a repository's children begin with: those of another's are none of ours. */
export function markPrefix(notes: string): string {
  return `${createHash("sha256").update(notes).digest("hex").slice(0, DIGITS)}.`;
}

/** A mark for one child and what it starts. */
export function childMark(notes: string): string {
  children += 1;
  return `${markPrefix(notes)}${process.pid}.${children}`;
}

/** The mark of the shells in which agents run their commands. */
export function shellMark(notes: string): string {
  return `${markPrefix(notes)}shell`;
}

/** Ends every process whose mark is accepted, politely, then hard. Returns how many there were. */
export async function endMarked(accepts: (mark: string) => boolean): Promise<number> {
  const ended = new Set<number>();
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const found = marked(accepts);
    if (found.length === 0) break;
    for (const pid of found) ended.add(pid);
    const left = (): number[] => found.filter((pid) => isMarked(pid, accepts));
    signalAll(found, "SIGTERM");
    await waitUntil(() => left().length === 0, GRACE_MS);
    signalAll(left(), "SIGKILL");
  }
  return ended.size;
}

/** Processes that carry a mark, without ourselves, those we descend from, and what shares our own mark. */
function marked(accepts: (mark: string) => boolean): number[] {
  const own = ancestors();
  return processIds().filter((pid) => !own.has(pid) && isMarked(pid, accepts));
}

function isMarked(pid: number, accepts: (mark: string) => boolean): boolean {
  const mark = variableOf(pid, MARK_VARIABLE);
  return mark !== null && mark !== process.env[MARK_VARIABLE] && accepts(mark);
}

/** We may have been started by an agent's shell ourselves. */
function ancestors(): Set<number> {
  const found = new Set<number>();
  for (let pid = process.pid; pid > 0 && !found.has(pid); pid = parentOf(pid)) found.add(pid);
  return found;
}

function signalAll(pids: readonly number[], signal: "SIGTERM" | "SIGKILL"): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself.
    }
  }
}
