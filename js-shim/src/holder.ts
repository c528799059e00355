// Who holds a lock, in words for a person, and whether they still live.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** A process that holds a lock. */
export interface Holder {
  pid: number;
  /** When that process started, see `birthOf`: ids are used again. `null` where nobody can tell. */
  born: string | null;
  /** The machine's name: the repository may lie on a shared file system. */
  host: string;
  /** The directory that its OpenCode was opened in. */
  directory: string;
  /** The command it runs, without the slash. */
  command: string;
  since_ms: number;
}

/** This process as a holder. */
export function ourselves(directory: string, command: string): Holder {
  const { pid } = process;
  return { pid, born: birthOf(pid), host: hostname(), directory, command, since_ms: Date.now() };
}

/** Reads a holder's file; `null` when there is none, or none that lives. */
export function readHolder(path: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(path, "utf8")) as Holder;
    return holder.host !== hostname() || isAlive(holder.pid, holder.born) ? holder : null;
  } catch {
    return null;
  }
}

/** What the holder does, as the beginning of a sentence. */
export function describeHolder(holder: Holder | null): string {
  if (holder === null) {
    return "Another OpenCode is running a command of multi-agent-coder in this repository.";
  }
  const { pid, host, directory, command, since_ms } = holder;
  const where = host === hostname() ? `in ${directory}` : `on ${host} in ${directory}`;
  return `OpenCode (process ${pid}, ${where}, since ${timeOf(since_ms)}) is running /${command} in this repository.`;
}

/**
 * What tells a process from an earlier one with the same id: when it started, counted from a boot that
 * is named too. `null` where the system does not say.
 */
export function birthOf(pid: number): string | null {
  if (process.platform === "win32") return null;
  try {
    return process.platform === "linux" ? linuxBirthOf(pid) : psBirthOf(pid);
  } catch {
    return null;
  }
}

/** Whether a process lives and is the one that was born then. A suspended one lives. */
export function isAlive(pid: number, born: string | null): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = born === null ? null : birthOf(pid);
  return now === null || now === born;
}

function linuxBirthOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // "pid (name) state parent …"; the name may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const isOver = fields[0] === "Z" || fields[0] === "X";
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return isOver ? "over" : `${boot} ${fields[19]}`;
}

function psBirthOf(pid: number): string | null {
  const { stdout, status } = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], {
    encoding: "utf8",
    // It tells local time, and ours may be another than that of who asks later.
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  return status === 0 ? stdout.trim() : null;
}

/** The time of day, with the date when it is not today's. */
function timeOf(at_ms: number): string {
  const at = new Date(at_ms);
  const time = at.toTimeString().slice(0, 5);
  return at.toDateString() === new Date().toDateString()
    ? time
    : `${at.toISOString().slice(0, 10)} ${time}`;
}
