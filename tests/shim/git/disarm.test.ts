import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { disarm } from "../../../js-shim/src/effects/git/disarm.ts";
import { guardOf } from "../../../js-shim/src/effects/git/guard.ts";
import { git, read, World, write } from "../world.ts";

const FILES = {
  "a.txt": "a\n",
  "opencode.json": "{}\n",
  ".opencode/agent/x.md": "x\n",
  ".gitignore": "*.local.js\n",
};

async function planted(): Promise<{ world: World; directory: string }> {
  const world = await World.make(FILES);
  const guard = await guardOf(world.place);
  const directory = await world.prepare(world.head(), { guard });
  write(directory, {
    "a.txt": "work\n",
    "opencode.json": '{ "plugin": ["./x.js"] }\n',
    ".opencode/plugin/x.js": "evil\n",
    ".opencode/plugin/y.local.js": "evil\n",
    ".opencode/node_modules/zod/index.js": "",
  });
  rmSync(join(directory, ".opencode/agent/x.md"));
  return { world, directory };
}

test("what was planted is put away and kept, and the work stays", async () => {
  const { world, directory } = await planted();
  expect(await disarm(world.place)).toEqual(["w1"]);
  expect(existsSync(join(directory, ".opencode/plugin/x.js"))).toBe(false);
  expect(existsSync(join(directory, ".opencode/plugin/y.local.js"))).toBe(false);
  expect(existsSync(join(directory, ".opencode/node_modules/zod/index.js"))).toBe(true);
  expect(read(directory, "opencode.json")).toBe("{}\n");
  expect(read(directory, ".opencode/agent/x.md")).toBe("x\n");
  expect(read(directory, "a.txt")).toBe("work\n");
  const [kept = "", ...more] = world.rescued();
  expect(more).toEqual([]);
  expect(world.show(kept, ".opencode/plugin/y.local.js")).toBe("evil\n");
  expect(await disarm(world.place)).toEqual([]);
  const { changes, left_out } = await world.collect(world.head());
  expect([changes.map(({ path }) => path), left_out]).toEqual([["a.txt"], []]);
});

test("a repository in place of the host's directory is put aside", async () => {
  const world = await World.make({ "a.txt": "a\n" });
  const directory = await world.prepare(world.head());
  write(directory, { ".opencode/plugin/x.js": "evil\n" });
  git(join(directory, ".opencode"), "init", "--quiet");
  expect(await disarm(world.place)).toEqual(["w1"]);
  expect(existsSync(join(directory, ".opencode"))).toBe(false);
});

test("where git cannot be trusted, the host's files get other names", async () => {
  const { world, directory } = await planted();
  git(directory, "config", "core.fsmonitor", "evil");
  expect(await disarm(world.place)).toEqual(["w1"]);
  const names = readdirSync(directory).filter((name) => /opencode/i.test(name));
  expect(names.every((name) => name.startsWith("put-aside-"))).toBe(true);
  expect(names).toHaveLength(2);
});

test("what got another name is no work of the agent's", async () => {
  const { world, directory } = await planted();
  git(directory, "config", "alias.st", "status");
  expect(await disarm(world.place)).toEqual(["w1"]);
  const { changes } = await world.collect(world.head(), { guard: await guardOf(world.place) });
  expect(changes.map(({ path }) => path)).toEqual(["a.txt"]);
  expect(read(directory, "opencode.json")).toBe("{}\n");
  const [kept = "", ...more] = world.rescued();
  expect(more).toEqual([]);
  expect(world.files(kept).filter((path) => path.endsWith("plugin/x.js"))).toHaveLength(1);
  expect(readdirSync(directory).filter((name) => /^put-aside-.*json/.test(name))).toEqual([]);
});

test("a record that cannot be read keeps nobody from working", async () => {
  const { world, directory } = await planted();
  writeFileSync(join(world.place.state, "worktrees/w1.json"), "");
  expect(await disarm(world.place)).toEqual([]);
  expect(await world.prepare(world.head())).toBe(directory);
  expect(world.rescued()).toHaveLength(1);
});

test("nothing happens where nothing is known, and nothing fails", async () => {
  const world = await World.make();
  expect(await disarm(world.place)).toEqual([]);
  const directory = await world.prepare(world.head());
  expect(await disarm(world.place)).toEqual([]);
  rmSync(directory, { recursive: true });
  writeFileSync(join(world.root, ".git/worktrees/w1/commondir"), "");
  expect(await disarm(world.place)).toEqual([]);
  expect(await disarm({ ...world.place, common: null })).toEqual([]);
});
