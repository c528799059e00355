/**
 * The mark that our children carry in their environment. A child that leaves its process group, as
 * `setsid` does, is still known by it, and so are its own children. Only Linux lets us look: elsewhere
 * such a process stays unnoticed, as does one that clears its environment.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { GRACE_MS, waitUntil } from "./process-group.ts";

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
  if (process.platform !== "linux") return [];
  const own = ancestors();
  return numbersIn("/proc").filter((pid) => !own.has(pid) && isMarked(pid, accepts));
}

function isMarked(pid: number, accepts: (mark: string) => boolean): boolean {
  const mark = markOf(pid);
  return mark !== null && mark !== process.env[MARK_VARIABLE] && accepts(mark);
}

function markOf(pid: number): string | null {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
    const found = environment.find((entry) => entry.startsWith(`${MARK_VARIABLE}=`));
    return found?.slice(MARK_VARIABLE.length + 1) ?? null;
  } catch {
    // It has ended, or belongs to somebody else.
    return null;
  }
}

/** We may have been started by an agent's shell ourselves. */
function ancestors(): Set<number> {
  const found = new Set<number>();
  for (let pid = process.pid; pid > 0 && !found.has(pid); pid = parentOf(pid)) found.add(pid);
  return found;
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // "pid (name) state parent …"; the name may hold spaces and parentheses.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}

function numbersIn(directory: string): number[] {
  try {
    return readdirSync(directory)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
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
