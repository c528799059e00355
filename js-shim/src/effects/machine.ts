// The machine: how much memory a program can still get.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { freemem, totalmem } from "node:os";
import { promisify } from "node:util";
import type { MachineOperation, MachineOutcome } from "../protocol.ts";

/** The texts that Linux tells its memory with; `null` for a file that is not there. */
export interface LinuxTexts {
  meminfo: string | null;
  /** `/proc/self/cgroup`: which groups this process is in. */
  cgroup: string | null;
  /** A file of a group, by its path below `/sys/fs/cgroup`. */
  group(path: string): string | null;
}

/** `vm_stat` answers at once, or never. */
const VM_STAT_MS = 2_000;
/** A group's files with its limit, its use and its statistics, by the version of cgroup. */
const GROUP_FILES = {
  v2: { limit: "memory.max", used: "memory.current", reclaimable: "inactive_file" },
  v1: {
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    reclaimable: "total_inactive_file",
  },
} as const;
const GROUPS = "/sys/fs/cgroup";

export async function performMachine({ type }: MachineOperation): Promise<MachineOutcome> {
  switch (type) {
    case "look":
      return look();
  }
}

async function look(): Promise<MachineOutcome> {
  switch (process.platform) {
    case "linux":
      return readLinux(await linuxTexts());
    case "darwin":
      return readMac(await vmStat(), totalmem());
    case "win32":
      // Windows counts its caches as free, so this is what a program can get.
      return seen(totalmem(), freemem());
    default:
      return { type: "unknown" };
  }
}

/** The tighter of what the machine has and what the groups that hold this process may use. */
export function readLinux(texts: LinuxTexts): MachineOutcome {
  const total = kilobytes(texts.meminfo, "MemTotal");
  const available = kilobytes(texts.meminfo, "MemAvailable");
  if (total === null || available === null) return { type: "unknown" };
  const groups = groupsOf(texts.cgroup ?? "").flatMap(
    ({ version, path }) => readGroup(texts, version, path) ?? [],
  );
  // A group without a real limit says more than the machine has.
  const limited = groups.filter(({ memory_bytes }) => memory_bytes < total);
  const all = [{ memory_bytes: total, free_bytes: available }, ...limited];
  return seen(
    Math.min(...all.map(({ memory_bytes }) => memory_bytes)),
    Math.min(...all.map(({ free_bytes }) => free_bytes)),
  );
}

/** `vm_stat` counts pages. macOS gives a program the free, the inactive and the purgeable ones. */
export function readMac(text: string | null, total: number): MachineOutcome {
  const page = Number(/page size of (\d+) bytes/.exec(text ?? "")?.[1]);
  const pages = (name: string) =>
    Number(new RegExp(`^Pages ${name}:\\s+(\\d+)\\.`, "m").exec(text ?? "")?.[1]);
  const free =
    (pages("free") + pages("inactive") + pages("purgeable") + pages("speculative")) * page;
  return Number.isFinite(free) ? seen(total, free) : { type: "unknown" };
}

type Version = keyof typeof GROUP_FILES;

/** The groups of this process that hold memory, and all above them: each may have a limit. */
function groupsOf(text: string): { version: Version; path: string }[] {
  return text.split("\n").flatMap((line) => {
    const [, number, controllers, path = "/"] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    if (number === "0" && controllers === "") return withParents("v2", "", path);
    if (controllers?.split(",").includes("memory")) return withParents("v1", "memory/", path);
    return [];
  });
}

function withParents(
  version: Version,
  root: string,
  path: string,
): { version: Version; path: string }[] {
  const names = path.split("/").filter((name) => name !== "" && name !== "..");
  return [...names.keys(), names.length].map((count) => ({
    version,
    path: `${root}${names
      .slice(0, count)
      .map((name) => `${name}/`)
      .join("")}`,
  }));
}

function readGroup(
  texts: LinuxTexts,
  version: Version,
  path: string,
): { memory_bytes: number; free_bytes: number } | null {
  const files = GROUP_FILES[version];
  const limit = number(texts.group(`${path}${files.limit}`));
  const used = number(texts.group(`${path}${files.used}`));
  if (limit === null || used === null) return null;
  // What was read from files and not used lately is given up when a program needs room.
  const statistics = texts.group(`${path}memory.stat`) ?? "";
  const reclaimable = Number(
    new RegExp(`^${files.reclaimable} (\\d+)$`, "m").exec(statistics)?.[1] ?? 0,
  );
  return { memory_bytes: limit, free_bytes: limit - used + reclaimable };
}

function kilobytes(text: string | null, name: string): number | null {
  const [, value] = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text ?? "") ?? [];
  return value === undefined ? null : Number(value) * 1024;
}

function number(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text.trim()) ? Number(text) : null;
}

function seen(memory_bytes: number, free_bytes: number): MachineOutcome {
  const free = Math.min(Math.max(0, Math.round(free_bytes)), memory_bytes);
  return { type: "seen", memory_bytes, free_bytes: free };
}

async function linuxTexts(): Promise<LinuxTexts> {
  const [meminfo, cgroup] = await Promise.all([
    readText("/proc/meminfo"),
    readText("/proc/self/cgroup"),
  ]);
  const paths = groupsOf(cgroup ?? "").flatMap(({ version, path }) => {
    const { limit, used } = GROUP_FILES[version];
    return [limit, used, "memory.stat"].map((name) => `${path}${name}`);
  });
  const contents = await Promise.all(
    paths.map(async (path) => [path, await readText(`${GROUPS}/${path}`)] as const),
  );
  const files = new Map(contents);
  return { meminfo, cgroup, group: (path) => files.get(path) ?? null };
}

function readText(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch(() => null);
}

async function vmStat(): Promise<string | null> {
  try {
    return (await promisify(execFile)("/usr/bin/vm_stat", [], { timeout: VM_STAT_MS })).stdout;
  } catch {
    return null;
  }
}
