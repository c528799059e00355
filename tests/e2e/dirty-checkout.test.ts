/** A person goes on working while the agents do: their files are theirs. */
import { expect, test } from "vitest";
import { JOINED, linksScript } from "./links.ts";
import { planned, printed } from "./outcome.ts";
import { inWorld } from "./shared.ts";

const TASK = {
  ...JOINED,
  depends_on: [],
  solution: {
    "src/limits.js": "export const LINKS_MAX = 10_000;\n",
    "src/slug.js": 'export const slugOf = (n) => n.toString(36).padStart(4, "0");\n',
  },
};
const script = linksScript({}, [TASK]);

test("changes that collide with the work stay byte for byte, and the work waits on its branch", () =>
  inWorld({ script }, async (world) => {
    planned(world, [TASK]);
    world.repository.write(
      "src/slug.js",
      `${world.repository.read("src/slug.js")}\n// half a thought\n`,
    );
    world.repository.write("README.md", "# shortlinks, staged\n");
    world.repository.git("add", "README.md");
    world.repository.write("draft.txt", "not known to git\n");
    const before = world.repository.fingerprint(["tasks"]);
    const end = await world.run("implement");

    expect(world.repository.fingerprint(["tasks"])).toEqual(before);
    expect(world.repository.merges("mac/links")).toHaveLength(1);
    expect(printed(end)).toContain("mac/links");
    expect(printed(end)).toMatch(/src\/slug\.js/);
  }));

test("a worker sees what is committed, not what the person is changing", () =>
  inWorld({ script }, async (world) => {
    planned(world, [TASK]);
    world.repository.write("src/store.js", "this is no JavaScript\n");
    await world.run("implement");
    expect(world.repository.read("src/store.js")).toBe("this is no JavaScript\n");
    expect(world.repository.show("src/store.js", "mac/links")).toBe(
      world.repository.show("src/store.js", "HEAD"),
    );
    expect(world.repository.merges("mac/links")).toHaveLength(1);
  }));
