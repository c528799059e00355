/** Scratch directories that are taken away again, also after a run that was killed. */
import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processesIn } from "./host.ts";

/** Makes a directory that is named after this process. With KEEP=1 no sweep will touch it. */
export function scratch(what: "package" | "world"): string {
  const owner = process.env.KEEP === "1" ? "kept" : process.pid;
  return realpathSync(mkdtempSync(join(tmpdir(), `mac-${what}-${owner}-`)));
}

export function removeScratch(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Removes what processes that live no more left behind, and ends what still works in there. */
export function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = /^mac-(?:package|world)-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const directory = join(realpathSync(tmpdir()), name);
    for (const pid of processesIn(directory)) endQuietly(pid);
    removeScratch(directory);
  }
}

/** Ends a process that may have ended by itself. */
export function endQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
