/** The two ways of installation that the README shows, with `opencode plugin`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { linksScript } from "./links.ts";
import { expectSuccess, printed } from "./outcome.ts";
import { inWorld, type World } from "./world.ts";

const directory = process.env.MAC_PACKAGE ?? "";

async function expectWorking(world: World): Promise<void> {
  const end = await world.run("plan", ["feature.md"]);
  expectSuccess(end);
  expect(world.repository.has("tasks/BACKLOG.yaml")).toBe(true);
  expect(printed(end)).toContain("/implement");
}

function written(world: World): string {
  return readFileSync(join(world.repository.directory, ".opencode/opencode.json"), "utf8");
}

test("opencode plugin file:///directory", () =>
  inWorld({ script: linksScript(), hasPlugin: false }, async (world) => {
    const { href } = pathToFileURL(directory);
    expectSuccess(await world.opencode(["plugin", href]).finished);
    expect(written(world)).toContain(href);
    await expectWorking(world);
  }));

test("opencode plugin multi-agent-coder, from a registry", () => {
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const published = [{ archive: process.env.MAC_ARCHIVE ?? "", manifest }];
  return inWorld({ script: linksScript(), hasPlugin: false, published }, async (world) => {
    expectSuccess(await world.opencode(["plugin", "multi-agent-coder"]).finished);
    expect(written(world)).toContain('"multi-agent-coder');
    expect(world.registry.asked).toContain("/multi-agent-coder");
    await expectWorking(world);
  });
});
