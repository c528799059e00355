/** What the numbers were measured on. */
import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { opencodeVersion } from "../tests/e2e/host.ts";

export function describeMachine(): string {
  const [cpu] = cpus();
  const load = loadavg()[0] ?? 0;
  const memory_gib = Math.round(totalmem() / 2 ** 30);
  return [
    `${cpus().length} cores (${cpu?.model.trim() ?? "unknown"}), ${memory_gib} GiB, load ${load.toFixed(1)} at the start`,
    `${type()} ${release()}, Node ${process.versions.node}, ${version("rustc")}, ${version("git")}, OpenCode ${opencodeVersion()}`,
  ].join("\n");
}

function version(command: string): string {
  return execFileSync(command, ["--version"], { encoding: "utf8" }).trim();
}
