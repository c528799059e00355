import { existsSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesBelow } from "../../../js-shim/src/effects/git/examine.ts";
import { guardOf } from "../../../js-shim/src/effects/git/guard.ts";
import { git, World, write } from "../world.ts";

const FILES = {
  "a.txt": "a\n",
  "opencode.json": '{\n  "model": "x/y"\n}\n',
  ".gitattributes": "*.txt text\n",
  ".opencode/agent/x.md": "x\n",
  ".gitignore": "*.log\nbuild/\n",
};

async function prepared(): Promise<{ world: World; base: string; directory: string }> {
  const world = await World.make(FILES);
  const base = world.head();
  return { world, base, directory: await world.prepare(base) };
}

/** The offending paths; none when the worktree is clean. */
async function examined(world: World, at: string): Promise<string[]> {
  const outcome = await world.perform({ type: "examine", slot: 1, at });
  if (outcome.type === "clean") return [];
  if (outcome.type !== "tampered") throw new Error(JSON.stringify(outcome));
  return outcome.names;
}

describe("examining a worktree", () => {
  test("meets what vanished meanwhile as empty, and what cannot be read not", async () => {
    const { directory } = await prepared();
    expect(await filesBelow(directory, "gone/")).toEqual([]);
    expect(await filesBelow(directory, "a.txt/")).toEqual([]);
    await expect(filesBelow(directory, `${"x".repeat(300)}/`)).rejects.toThrow("ENAMETOOLONG");
  });

  test("finds nothing in a new one, nor in what an agent is asked to write", async () => {
    const { world, base, directory } = await prepared();
    expect(await examined(world, base)).toEqual([]);
    write(directory, {
      "a.txt": "b\n",
      "src/new.ts": "",
      "x.log": "",
      "build/opencode.json": "{}",
    });
    symlinkSync("../a.txt", join(directory, "src/within"));
    mkdirSync(join(directory, "nested"));
    git(join(directory, "nested"), "init", "--quiet");
    expect(await examined(world, base)).toEqual([]);
  });

  test("finds what OpenCode or git would act on, and nothing twice", async () => {
    const { world, base, directory } = await prepared();
    write(directory, {
      ".opencode/plugin/x.js": "evil\n",
      ".OpenCode/tool/y.ts": "evil\n",
      "opencode.json": '{ "plugin": ["./x.js"] }\n',
      "sub/.gitattributes": "* filter=evil\n",
    });
    rmSync(join(directory, ".opencode/agent/x.md"));
    symlinkSync("/etc/passwd", join(directory, "out"));
    expect(await examined(world, base)).toEqual([
      ".OpenCode/tool/y.ts",
      ".opencode/agent/x.md",
      ".opencode/plugin/x.js",
      "opencode.json",
      "out",
      "sub/.gitattributes",
    ]);
  });

  test.each([".opencode/", ".opencode/plugin/", "*.js", "*"])(
    "finds a plugin that is ignored by %j",
    async (pattern) => {
      const { world, base, directory } = await prepared();
      write(world.root, { ".git/info/exclude": `${pattern}\n` });
      write(directory, { ".opencode/plugin/x.js": "evil\n", ".opencode/plugin/deep/y.js": "" });
      expect(await examined(world, base)).toEqual([
        ".opencode/plugin/deep/y.js",
        ".opencode/plugin/x.js",
      ]);
      // It is examined only: what to do about it is decided elsewhere.
      expect(existsSync(join(directory, ".opencode/plugin/x.js"))).toBe(true);
    },
  );

  test("finds an ignored link in place of the host's directory, and a repository there", async () => {
    const world = await World.make({ "a.txt": "a\n", ".gitignore": "/.opencode\n" });
    const directory = await world.prepare(world.head());
    symlinkSync("/tmp", join(directory, ".opencode"));
    expect(await examined(world, world.head())).toEqual([".opencode"]);
    rmSync(join(directory, ".opencode"));
    write(directory, { "sub/.opencode/plugin/x.js": "evil\n" });
    git(join(directory, "sub/.opencode"), "init", "--quiet");
    expect(await examined(world, world.head())).toEqual(["sub/.opencode/"]);
  });

  test("lets pass what OpenCode installs and what was linked or copied", async () => {
    const { world, base } = await prepared();
    write(world.root, { ".opencode/secret.json": "{}", ".opencode/modules/x.js": "" });
    const more = { copy: [".opencode/secret.json"], link: [".opencode/modules"] };
    const directory = await world.prepare(base, more);
    const own = '{"dependencies":{"@opencode-ai/plugin":"1.18.33"}}';
    write(directory, {
      ".opencode/.gitignore": "node_modules\npackage.json\nbun.lock\n.gitignore\n",
      ".opencode/package.json": own,
      ".opencode/bun.lock": "",
      ".opencode/node_modules/zod/index.js": "",
      "opencode.json": FILES["opencode.json"].replace("{", '{ "$schema": "x",'),
    });
    expect(await examined(world, base)).toEqual([]);
    const dependency = '{"dependencies":{"@opencode-ai/plugin":"1.18.33","evil":"1"}}';
    write(directory, { ".opencode/package.json": dependency });
    expect(await examined(world, base)).toEqual([".opencode/package.json"]);
  });

  test("is not misled by files that were only written again", async () => {
    const { world, base, directory } = await prepared();
    write(directory, { ".opencode/plugin/x.js": "evil\n", "sub/new.txt": "" });
    writeFileSync(join(directory, ".gitattributes"), "* filter=evil\n");
    const { left_out } = await world.collect(base);
    expect(left_out).toEqual([".gitattributes", ".opencode/plugin/x.js"]);
    expect(await examined(world, base)).toEqual([]);
    utimesSync(join(directory, ".gitattributes"), 1, 1);
    expect(await examined(world, base)).toEqual([]);
    expect(await world.collect(base)).toMatchObject({ left_out: [] });
  });

  test("finds a `.git` that leads elsewhere, and hides nothing behind a flag", async () => {
    const { world, base, directory } = await prepared();
    git(directory, "update-index", "--assume-unchanged", "opencode.json");
    write(directory, { "opencode.json": "{}\n" });
    writeFileSync(join(directory, ".git"), "gitdir: /nowhere\n");
    expect(await examined(world, base)).toEqual([".git", "opencode.json"]);
  });

  test("compares with the commit it is told", async () => {
    const { world, base, directory } = await prepared();
    write(world.root, { "opencode.json": "{}\n" });
    world.git("commit", "--quiet", "--all", "--message=second");
    write(directory, { "opencode.json": "{}\n" });
    expect(await examined(world, world.head())).toEqual([]);
    expect(await examined(world, base)).toEqual(["opencode.json"]);
  });

  test("looks at git's configuration first", async () => {
    const world = await World.make(FILES);
    const guard = await guardOf(world.place);
    const directory = await world.prepare(world.head(), { guard });
    git(directory, "config", "core.fsmonitor", "evil");
    expect(await examined(world, world.head())).toEqual(["core.fsmonitor in .git/config"]);
  });
});
