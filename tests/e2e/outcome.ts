/** What a person is left with after a command. */
import { stripVTControlCharacters } from "node:util";
import { expect } from "vitest";
import type { Finished } from "./host.ts";
import { backlogFile, type ScriptedTask } from "./links.ts";
import { type Message, textOf } from "./serve.ts";
import type { World } from "./world.ts";

/** All output as a person reads it. */
export function printed(end: Finished): string {
  return readable(`${end.stdout}\n${end.stderr}`);
}

/** Without colors, and without what only keeps OpenCode from taking a text for trouble of its own. */
function readable(text: string): string {
  return stripVTControlCharacters(text).replaceAll("\u2060", "");
}

/** The reason of a failure: the last thing printed, which `opencode run` puts on standard error. */
export function reason(end: Finished): string {
  const errors = readable(end.stderr);
  return errors.slice(Math.max(0, errors.lastIndexOf("Error:"))).trim();
}

export function expectSuccess(end: Finished): void {
  expect(end.code, printed(end)).toBe(0);
}

/** The text of a turn that went well. */
export function expectAnswered(message: Message): string {
  expect(message.info.error).toBeUndefined();
  return textOf(message);
}

/** The reason of a turn that failed. */
export function expectFailed(message: Message): string {
  expect(message.info.error, textOf(message)).toBeDefined();
  return message.info.error?.data?.message ?? "";
}

/** Writes the backlog that `/plan` would have left, so that a test of `/implement` need not plan. */
export function planned(world: World, tasks: ScriptedTask[], track = "links"): void {
  world.repository.write("tasks/BACKLOG.yaml", backlogFile(tasks, track));
}

/** What `T01.status.json` says. */
export function statusOf(world: World, task: string): Record<string, unknown> {
  return JSON.parse(world.repository.read(`tasks/${task}.status.json`));
}

/** Sessions that belong to no person's chat: after a command there should be none. */
export function orphans(world: World): Promise<string[]> {
  return world.agents();
}

/** The tasks whose merge commits a branch holds, oldest first. */
export function mergedTasks(world: World, branch: string, tasks: ScriptedTask[]): string[] {
  const merges = world.repository.merges(branch).reverse();
  return merges.map(
    (message) => tasks.find(({ id }) => new RegExp(`\\b${id}\\b`).test(message))?.id ?? message,
  );
}

/** The one integration branch. */
export function integrationBranch(world: World): string {
  const branches = [...world.repository.refs("refs/heads/mac/").keys()];
  expect(branches).toHaveLength(1);
  return branches[0] ?? "";
}
