/** Worlds whose commands are given in one OpenCode for a whole test file, as a person has several projects
 * open in one: to start OpenCode takes longer than most commands. One world after the other: while one
 * opens a worktree, OpenCode would read its configuration for the project of another, too. What needs a
 * process of its own, such as an exit code, a signal or a kill, is tested in worlds of `world.ts`. */
import { afterAll } from "vitest";
import type { Running } from "./host.ts";
import { inWorld as inOwnWorld, World, type WorldOptions } from "./world.ts";

/** Ends by itself when a test file forgets to; no file takes so long. */
const LIFE_MS = 900_000;

let home: Promise<World> | undefined;
let running: Running | undefined;

afterAll(async () => {
  await (await home)?.close();
});

/** The server, in a world of its own without any project of interest. */
async function opencode(): Promise<Running> {
  home ??= World.create({ hasPlugin: false });
  const world = await home;
  running ??= world.opencode(["serve", "--port", "0"], { timeout_ms: LIFE_MS });
  return running;
}

/** Makes a world in the file's OpenCode, runs the body in it and cleans up. */
export async function inWorld(
  options: WorldOptions,
  body: (world: World) => Promise<void>,
): Promise<void> {
  await inOwnWorld({ ...options, within: await opencode() }, body);
}
