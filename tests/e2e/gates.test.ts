/** The project's own commands decide, and their health is looked at before anybody works. */
import { expect, test } from "vitest";
import { EXPIRY, linksScript } from "./links.ts";
import { expectSuccess, planned, printed, reason } from "./outcome.ts";
import { DETECTED, inWorld } from "./shared.ts";
import type { World } from "./world.ts";

const script = linksScript({}, [EXPIRY]);

function setScript(world: World, name: string, command: string): void {
  const file = JSON.parse(world.repository.read("package.json"));
  file.scripts[name] = command;
  world.repository.write("package.json", `${JSON.stringify(file, null, 2)}\n`);
  world.repository.commit(`Change the ${name} script`);
}

test("a red base stops the run with the end of the log and a way on", () =>
  inWorld({ script, options: DETECTED }, async (world) => {
    setScript(world, "test", "echo 'the database is not there' && exit 3");
    planned(world, [EXPIRY]);
    const end = await world.run("implement");
    expect(end.code).toBeGreaterThan(0);
    expect(printed(end)).toContain("the database is not there");
    expect(reason(end)).toContain("--allow-red");
    expect(world.model.calls).toEqual([]);
  }));

test("a test command that runs no test is reported, not taken for green", () =>
  inWorld({ script, options: DETECTED }, async (world) => {
    world.repository.git("rm", "-q", "test/slug.test.js", "test/shortener.test.js");
    world.repository.write("test/README.md", "There will be tests.\n");
    world.repository.commit("Remove the tests");
    planned(world, [EXPIRY]);
    const end = await world.run("implement");
    expect(printed(end)).toMatch(/no tests?\b|zero tests/i);
  }));

test("the lint gate is the project's, and a gate can be switched off", () =>
  inWorld({ script, options: { gates: { lint: false } } }, async (world) => {
    setScript(world, "lint", "exit 9");
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    expect(world.repository.merges("mac/links")).toHaveLength(1);
  }));

test("a gate command of the person's own is run in the worktree", () =>
  inWorld(
    { script, options: { gates: { test: "test -f .git && test -d src" } } },
    async (world) => {
      planned(world, [EXPIRY]);
      expectSuccess(await world.run("implement"));
      expect(world.model.opened("reviewer")[0]?.text).toContain("test -f .git");
    },
  ));
