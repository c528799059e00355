/** What people and killed programs do to the repository between two commands. */
import { existsSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { EXPIRY, HITS, linksScript } from "./links.ts";
import { expectSuccess, mergedTasks, planned, printed } from "./outcome.ts";
import { inWorld } from "./shared.ts";
import type { World } from "./world.ts";

const TASKS = [EXPIRY, HITS];

/** Two runs of one task each, and something that happens between them. */
function betweenRuns(fault: (world: World, worktree: string) => void): Promise<void> {
  return inWorld({ script: linksScript({}, TASKS) }, async (world) => {
    planned(world, TASKS);
    expectSuccess(await world.run("implement", ["T01"]));
    const [first = ""] = worktrees(world);
    fault(world, first);
    expectSuccess(await world.run("implement", ["T02"]));
    expect(mergedTasks(world, "mac/links", TASKS)).toEqual(["T01", "T02"]);
    expect(world.repository.git("worktree", "list")).not.toContain("prunable");
  });
}

/** The directories of the pool. */
function worktrees(world: World): string[] {
  const listed = world.repository.git("worktree", "list", "--porcelain").split("\n");
  return listed
    .filter((line) => line.startsWith("worktree "))
    .map((line) => line.slice("worktree ".length))
    .slice(1);
}

const adminOf = (world: World, worktree: string): string =>
  join(world.repository.directory, ".git/worktrees", worktree.slice(dirname(worktree).length + 1));

test("worktrees that were deleted by hand are made again", () =>
  betweenRuns((world) => {
    for (const directory of worktrees(world)) rmSync(directory, { recursive: true });
  }));

test("a worktree that git has forgotten is made again", () =>
  betweenRuns((world, worktree) => {
    rmSync(adminOf(world, worktree), { recursive: true });
  }));

test("a worktree that a killed git left half made, with its locks, is made again", () =>
  betweenRuns((world, worktree) => {
    const admin = adminOf(world, worktree);
    truncateSync(join(admin, "commondir"));
    rmSync(join(admin, "HEAD"));
    writeFileSync(join(admin, "index.lock"), "");
    writeFileSync(join(world.repository.directory, ".git/refs/heads/mac/links.lock"), "");
  }));

test("a lock on the person's index stays: the work waits on its branch, and they are told", () =>
  inWorld({ script: linksScript({}, [EXPIRY]) }, async (world) => {
    planned(world, [EXPIRY]);
    const lock = join(world.repository.directory, ".git/index.lock");
    writeFileSync(lock, "");
    const before = world.repository.fingerprint(["tasks"]);
    const end = await world.run("implement");
    expect(printed(end)).toContain("index.lock");
    expect(existsSync(lock)).toBe(true);
    expect(world.repository.fingerprint(["tasks"])).toEqual(before);
    expect(mergedTasks(world, "mac/links", [EXPIRY])).toEqual(["T01"]);
  }));
