/**
 * Children that outlive us. After a kill nobody ends them: a gate may go on writing to a worktree that
 * the next attempt works in. So each is noted on disk while it runs, and ended at the next start.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import { endMarked, markPrefix } from "./child-mark.ts";
import { endGroup } from "./process-group.ts";

/** `ps` gives whole seconds, and the clock may have been set a little meanwhile. */
const START_SLACK_MS = 3_000;
/** Some 100,000 processes. */
const OUTPUT_BYTES_MAX = 8 * 1024 * 1024;

interface Process {
  readonly pid: number;
  readonly group: number;
  readonly started_ms: number;
}

/** Notes a child by its group's leader; returns what removes the note. */
export function noteChild(notes: string, leader: number): () => void {
  const path = join(notes, String(leader));
  try {
    mkdirSync(notes, { recursive: true });
    writeFileSync(path, String(Date.now()));
  } catch {
    // Without its note the child runs as well; only a kill would leave it unnoticed.
  }
  return () => {
    try {
      rmSync(path, { force: true });
    } catch {
      // A note too many: at the next start it names no process of ours.
    }
  };
}

/**
 * Ends the children that an earlier process left running, those that left their group and the shells of
 * agents included. Returns how many processes that were. For the holder of the repository's lock, before
 * it starts any child: those of a living process would be ended too.
 */
export async function endOrphans(notes: string): Promise<number> {
  const prefix = markPrefix(notes);
  return (await endNoted(notes)) + (await endMarked((mark) => mark.startsWith(prefix)));
}

async function endNoted(notes: string): Promise<number> {
  const names = listOf(notes);
  const processes = names.length === 0 ? [] : runningProcesses();
  if (processes === null) return 0;
  let ended = 0;
  for (const name of names) {
    const leader = Number(name);
    const noted_ms = Number(readFileSync(join(notes, name), "utf8"));
    if (isOrphan(processes, leader, noted_ms)) {
      await endGroup(leader);
      ended += processes.filter((one) => one.group === leader).length;
    }
    rmSync(join(notes, name), { force: true });
  }
  return ended;
}

/** Whether the group is still the one that was noted: ids are used again. */
function isOrphan(processes: readonly Process[], leader: number, noted_ms: number): boolean {
  const booted_ms = Date.now() - uptime() * 1000;
  if (!Number.isInteger(leader) || noted_ms < booted_ms) return false;
  const first = processes.find((one) => one.pid === leader);
  // While a group lives, no new process gets its leader's id.
  if (first === undefined) return processes.some((one) => one.group === leader);
  return first.group === leader && Math.abs(first.started_ms - noted_ms) < START_SLACK_MS;
}

/**
 * Empty on Windows, where a process id says nothing about its past; `null` where they cannot be listed:
 * a small container may have no `ps`, and that must not keep anybody from working.
 */
function runningProcesses(): Process[] | null {
  if (process.platform === "win32") return [];
  const { stdout, status } = spawnSync("ps", ["-A", "-o", "pid=,pgid=,lstart="], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
    // Everything that ps could say on stderr would be on OpenCode's screen.
    stdio: ["ignore", "pipe", "ignore"],
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (status !== 0) return null;
  return stdout.split("\n").flatMap((line) => {
    const [pid, group, ...started] = line.trim().split(/\s+/);
    const started_ms = Date.parse(started.join(" "));
    return Number.isNaN(started_ms) ? [] : [{ pid: Number(pid), group: Number(group), started_ms }];
  });
}

function listOf(notes: string): string[] {
  try {
    return readdirSync(notes);
  } catch {
    return [];
  }
}
