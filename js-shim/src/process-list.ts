/** Looking at other processes. Only Linux lets us without starting one. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { codeOf } from "./errors.ts";

/** The ids of all processes; none where they cannot be listed. */
export function processIds(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** The process that started another; 0 when that is not known. */
export function parentOf(pid: number): number {
  // "pid (name) state parent …"; the name may hold spaces and parentheses.
  const text = textOf(pid, "stat");
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

/** The value of a variable in the environment that a process was started with; `null` without it. */
export function variableOf(pid: number, name: string): string | null {
  const entries = textOf(pid, "environ").split("\0");
  return entries.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}

/** Whether a program runs in a directory that is asked for; `null` where nobody can tell. */
export function runsIn(program: string, isAsked: (directory: string) => boolean): boolean | null {
  const pids = processIds();
  if (pids.length === 0) return null;
  return pids.some((pid) => {
    if (textOf(pid, "comm").trim() !== program) return false;
    const directory = directoryOf(pid);
    return directory === "unseen" || (directory !== "none" && isAsked(directory.path));
  });
}

/** Where a process works: unseen when it is another person's, none when it has ended, reaped or not. */
function directoryOf(pid: number): { path: string } | "unseen" | "none" {
  try {
    return { path: readlinkSync(`/proc/${pid}/cwd`) };
  } catch (error) {
    const code = codeOf(error);
    return code === "EACCES" || code === "EPERM" ? "unseen" : "none";
  }
}

/** A file of a process's own; empty when it has ended, or belongs to somebody else. */
function textOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return "";
  }
}
