/** Process groups by their leader's id; on Windows, process trees by their root's id. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { pause } from "./within.ts";

/** Between the polite and the hard signal. */
export const GRACE_MS = 2_000;
/** After the hard signal the kernel ends a group at once, unless it hangs in a system call. */
const KILLED_WAIT_MS = 5_000;
const POLL_MS = 20;

/** The groups of children that run now. */
const running = new Set<number>();

/** Remembers a group of ours while it runs; returns what forgets it. */
export function rememberGroup(leader: number): () => void {
  running.add(leader);
  return () => running.delete(leader);
}

/** Ends every group of ours at once, without waiting: this process is about to end. */
export function killGroups(): void {
  for (const leader of running) signalGroup(leader, "SIGKILL");
}

/** Ends what lives in the group: politely, then hard, then waits until it is gone. */
export async function endGroup(leader: number): Promise<void> {
  if (!isGroupAlive(leader)) return;
  signalGroup(leader, "SIGTERM");
  const isGone = (): boolean => !isGroupAlive(leader);
  if (await waitUntil(isGone, GRACE_MS)) return;
  signalGroup(leader, "SIGKILL");
  await waitUntil(isGone, KILLED_WAIT_MS);
}

/** Whether a process of the group still runs. A zombie does not. */
function isGroupAlive(leader: number): boolean {
  try {
    process.kill(process.platform === "win32" ? leader : -leader, 0);
  } catch {
    // ESRCH: nobody is left. EPERM: macOS says so for a group of zombies.
    return false;
  }
  // In a container whose first process reaps nobody, zombies of the group stay for ever.
  return process.platform !== "linux" || hasRunningMember(leader);
}

/** Sends a signal to every process of the group; without effect when it is gone. */
function signalGroup(leader: number, signal: "SIGTERM" | "SIGKILL"): void {
  if (process.platform === "win32") {
    const force = signal === "SIGKILL" ? ["/F"] : [];
    spawnSync("taskkill", ["/PID", String(leader), "/T", ...force], { windowsHide: true });
    return;
  }
  try {
    process.kill(-leader, signal);
  } catch {
    // It ended by itself.
  }
}

function hasRunningMember(leader: number): boolean {
  try {
    return readdirSync("/proc").some((name) => /^\d+$/.test(name) && isRunningMember(name, leader));
  } catch {
    // Without a readable /proc the signal's answer has to do.
    return true;
  }
}

function isRunningMember(pid: string, leader: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // "pid (name) state parent group …"; the name may hold spaces and parentheses.
    const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(group) === leader && state !== "Z" && state !== "X";
  } catch {
    return false;
  }
}

/** Asks again and again whether something is so. Returns whether it was within the time. */
export async function waitUntil(condition: () => boolean, wait_ms: number): Promise<boolean> {
  const deadline = performance.now() + wait_ms;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await pause(POLL_MS);
  }
  return true;
}
