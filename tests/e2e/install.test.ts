/** The two ways of installation that the README shows, with `opencode plugin`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { linksScript } from "./links.ts";
import { expectSuccess, printed } from "./outcome.ts";
import { serveRegistry } from "./registry.ts";
import { inWorld, type World } from "./world.ts";

const directory = process.env.MAC_PACKAGE ?? "";

async function expectWorking(world: World, env: Record<string, string> = {}): Promise<void> {
  const end = await world.run("plan", ["feature.md"], { env });
  expectSuccess(end);
  expect(world.repository.has("tasks/BACKLOG.yaml")).toBe(true);
  expect(printed(end)).toContain("/implement");
}

function written(world: World): string {
  return readFileSync(join(world.repository.directory, ".opencode/opencode.json"), "utf8");
}

test(
  "opencode plugin file:///directory",
  () =>
    inWorld({ script: linksScript(), hasPlugin: false }, async (world) => {
      const { href } = pathToFileURL(directory);
      expectSuccess(await world.opencode(["plugin", href]).finished);
      expect(written(world)).toContain(href);
      await expectWorking(world);
    }),
  90_000,
);

test("opencode plugin multi-agent-coder, from a registry", async () => {
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const registry = await serveRegistry(process.env.MAC_ARCHIVE ?? "", manifest);
  const env = { npm_config_registry: `${registry.url}/` };
  try {
    await inWorld({ script: linksScript(), hasPlugin: false }, async (world) => {
      expectSuccess(await world.opencode(["plugin", "multi-agent-coder"], { env }).finished);
      expect(written(world)).toContain('"multi-agent-coder');
      expect(registry.asked).toContain("/multi-agent-coder");
      await expectWorking(world, env);
    });
  } finally {
    registry.stop();
  }
}, 90_000);
