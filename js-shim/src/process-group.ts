/** Process groups by their leader's id; on Windows, process trees by their root's id. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Whether a process of the group still runs. A zombie does not. */
export function isGroupAlive(leader: number): boolean {
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
export function signalGroup(leader: number, signal: "SIGTERM" | "SIGKILL"): void {
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
