/** What a machine says of its memory. */
import { expect, test } from "vitest";
import { performMachine, readLinux, readMac } from "../../js-shim/src/effects/machine.ts";

const KB = 1024;
const MEMINFO = "MemTotal:        8000 kB\nMemFree:          100 kB\nMemAvailable:    3000 kB\n";

/** A Linux with these files of its groups. */
function linux(
  cgroup: string,
  files: Record<string, string> = {},
  meminfo: string | null = MEMINFO,
) {
  return readLinux({ meminfo, cgroup, group: (path) => files[path] ?? null });
}

test("without groups the machine's own memory counts", () => {
  expect(linux("")).toEqual({ type: "seen", memory_bytes: 8000 * KB, free_bytes: 3000 * KB });
});

test("the limit of a group counts when it is tighter, and caches are given up", () => {
  const files = {
    "a/b/memory.max": `${4000 * KB}\n`,
    "a/b/memory.current": `${3500 * KB}\n`,
    "a/b/memory.stat": `anon 1\ninactive_file ${500 * KB}\n`,
  };
  expect(linux("0::/a/b\n", files)).toEqual({
    type: "seen",
    memory_bytes: 4000 * KB,
    free_bytes: 1000 * KB,
  });
});

test("the limit of a group above counts as well", () => {
  const files = { "a/memory.max": `${2000 * KB}`, "a/memory.current": `${1900 * KB}` };
  expect(linux("0::/a/b\n", { ...files, "a/b/memory.max": "max\n" })).toMatchObject({
    free_bytes: 100 * KB,
  });
});

test("in a container the groups have other names than the process is told", () => {
  const files = { "memory.max": `${2000 * KB}`, "memory.current": `${2100 * KB}` };
  expect(linux("0::/system/docker-1\n", files)).toMatchObject({ free_bytes: 0 });
});

test("the first version of groups has other files, and no limit is a huge one", () => {
  const group = "7:cpu:/x\n4:cpuset,memory:/x\n0::/\n";
  const limit = "memory/x/memory.limit_in_bytes";
  const files = {
    "memory/x/memory.usage_in_bytes": `${900 * KB}`,
    "memory/x/memory.stat": `inactive_file 5\ntotal_inactive_file ${100 * KB}\n`,
  };
  expect(linux(group, { ...files, [limit]: `${1000 * KB}` })).toEqual({
    type: "seen",
    memory_bytes: 1000 * KB,
    free_bytes: 200 * KB,
  });
  expect(linux(group, { ...files, [limit]: "9223372036854771712" })).toMatchObject({
    free_bytes: 3000 * KB,
  });
});

test.each([null, "", "MemTotal: many\n"])("memory told as %j is not known", (meminfo) => {
  expect(linux("", {}, meminfo)).toEqual({ type: "unknown" });
});

test("macOS counts pages", () => {
  const text = [
    "Mach Virtual Memory Statistics: (page size of 16384 bytes)",
    "Pages free:                                3.",
    "Pages active:                            100.",
    "Pages inactive:                           20.",
    "Pages speculative:                         4.",
    "Pages purgeable:                           5.",
  ].join("\n");
  expect(readMac(text, 2 ** 30)).toEqual({
    type: "seen",
    memory_bytes: 2 ** 30,
    free_bytes: 32 * 16384,
  });
  expect(readMac(null, 2 ** 30)).toEqual({ type: "unknown" });
});

test("this machine has some", async () => {
  const outcome = await performMachine({ type: "look" });
  if (outcome.type !== "seen") throw new Error("this machine does not say");
  expect(outcome.free_bytes).toBeGreaterThan(0);
  expect(outcome.free_bytes).toBeLessThanOrEqual(outcome.memory_bytes);
});
