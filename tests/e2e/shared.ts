/** Worlds whose commands are given in one OpenCode for a whole test file, as a person has several projects
 * open in one: to start OpenCode takes longer than most commands. One world after the other: while one
 * opens a worktree, OpenCode would read its configuration for the project of another, too. What needs a
 * process of its own, such as an exit code, a signal or a kill, is tested in worlds of `world.ts`. */
import { afterAll } from "vitest";
import { removeScratch } from "./scratch.ts";
import { type Host, inWorld as inOwnWorld, World, type WorldOptions } from "./world.ts";

/** Ends by itself when a test file forgets to; no file takes so long. */
const LIFE_MS = 900_000;

/** The fixture's tests without npm around them, which takes longer than they do. */
const GATES = { gates: { test: "node --test", lint: false, typecheck: false } };
/** Options of a world whose gates the plugin finds by itself. */
export const DETECTED = { gates: undefined };

let home: World | undefined;
let host: Host | undefined;
const directories: string[] = [];

afterAll(async () => {
  await home?.close();
  for (const directory of directories) removeScratch(directory);
});

/** The server, in a world of its own without any project of interest. */
async function opencode(): Promise<Host> {
  home ??= await World.create({ hasPlugin: false });
  host ??= {
    running: home.opencode(["serve", "--port", "0"], { timeout_ms: LIFE_MS }),
    remove: (directory) => void directories.push(directory),
  };
  return host;
}

/** Makes a world in the file's OpenCode, runs the body in it and cleans up. */
export async function inWorld(
  options: WorldOptions,
  body: (world: World) => Promise<void>,
): Promise<void> {
  const all = { ...GATES, ...options.options };
  await inOwnWorld({ ...options, options: all, within: await opencode() }, body);
}
