import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findAdmin } from "../../../js-shim/src/effects/git/slot.ts";
import type { GitOperation } from "../../../js-shim/src/protocol.ts";
import { git, lines, read, temporaryDirectory, World, write } from "../world.ts";

async function adminOf(world: World, directory: string): Promise<string> {
  const admin = await findAdmin(join(world.root, ".git"), directory);
  if (admin === null) throw new Error("git does not know the worktree");
  return admin;
}

/** What git says about a worktree, ignored files included. */
function statusOf(directory: string): string[] {
  return lines(git(directory, "status", "--porcelain", "--ignored", "--untracked-files=all"));
}

describe("a new worktree", () => {
  test("is a detached checkout outside the repository", async () => {
    const world = await World.make({ "a.txt": "one\n", "src/b.txt": "two\n" });
    const directory = await world.prepare(world.head());
    expect(directory).toMatch(/\/multi-agent-coder\/worktrees\/shop-[0-9a-f]{8}\/w1$/);
    expect(read(directory, "src/b.txt")).toBe("two\n");
    expect(statusOf(directory)).toEqual([]);
    expect(git(directory, "rev-parse", "--abbrev-ref", "HEAD")).toBe("HEAD");
    expect(world.rescued()).toEqual([]);
  });

  test("lies where the person wants it", async () => {
    const world = await World.make();
    const pool = join(temporaryDirectory(), "pool with space");
    expect(await world.prepare(world.head(), { worktrees_dir: pool, slot: 2 })).toBe(
      join(pool, "w2"),
    );
    const inside = await world.prepare(world.head(), { worktrees_dir: ".trees", slot: 3 });
    expect(inside).toBe(join(world.root, ".trees", "w3"));
  });

  test("does not take over what is not ours", async () => {
    const world = await World.make();
    const pool = temporaryDirectory();
    const operation: GitOperation = {
      type: "prepare",
      guard: [],
      slot: 1,
      at: world.head(),
      worktrees_dir: pool,
      link: [],
      copy: [],
      keep: [],
    };
    write(pool, { "w1/thesis.txt": "years of work\n" });
    expect(await world.perform(operation)).toMatchObject({ type: "failed" });
    world.git("worktree", "add", "--quiet", "-b", "mine", join(pool, "w2"));
    const outcome = await world.perform({ ...operation, slot: 2 });
    expect(outcome).toMatchObject({
      type: "failed",
      message: expect.stringContaining("not a worktree of ours"),
    });
    expect(read(pool, "w1/thesis.txt")).toBe("years of work\n");
    expect(git(join(pool, "w2"), "rev-parse", "--abbrev-ref", "HEAD")).toBe("mine");
  });

  test("of many at once: all are there", async () => {
    const world = await World.make();
    const slots = [1, 2, 3, 4, 5, 6];
    const made = await Promise.all(slots.map((slot) => world.prepare(world.head(), { slot })));
    expect(made.map((directory) => directory.slice(-2))).toEqual(slots.map((slot) => `w${slot}`));
    for (const directory of made) expect(read(directory, "a.txt")).toBe("one\n");
  });
});

describe("a worktree that was used", () => {
  test("shows the next commit, without what was left in it", async () => {
    const world = await World.make({ "a.txt": "one\n", "b.txt": "b\n", ".gitignore": "*.log\n" });
    const first = world.head();
    write(world.root, { "a.txt": "two\n", "c.txt": "c\n" });
    world.git("add", "--all");
    world.git("commit", "--quiet", "--message=second");
    const directory = await world.prepare(first);
    write(directory, { "a.log": "", "deep/er/b.log": "" });
    expect(await world.prepare(world.head())).toBe(directory);
    expect(read(directory, "a.txt")).toBe("two\n");
    expect(read(directory, "c.txt")).toBe("c\n");
    expect(statusOf(directory)).toEqual([]);
    // Ignored files are nobody's work.
    expect(world.rescued()).toEqual([]);
  });

  test("keeps the ignored paths it was told to keep", async () => {
    const world = await World.make({ ".gitignore": "target\n[odd]!\ncache\n*.log\n" });
    const keep = ["target", "[odd]!", "packages/a/cache", "./trailing/"];
    const directory = await world.prepare(world.head(), { keep });
    write(directory, {
      "target/debug/app": "",
      "[odd]!/x": "",
      "packages/a/cache/y": "",
      "packages/a/z.log": "",
      "trailing/t.log": "",
      "o/x.log": "",
      "sub/target/x": "",
    });
    await world.prepare(world.head(), { keep });
    // What git does not ignore there, as `[odd]!/x`, is nobody's work all the same.
    expect(world.rescued()).toEqual([]);
    expect(await world.collect(world.head())).toMatchObject({ commit: null });
    const left = ["target/debug/app", "[odd]!/x", "packages/a/cache/y", "trailing/t.log"];
    const gone = ["packages/a/z.log", "o/x.log", "sub/target/x"];
    expect(left.filter((path) => !existsSync(join(directory, path)))).toEqual([]);
    expect(gone.filter((path) => existsSync(join(directory, path)))).toEqual([]);
  });

  test("does not move the branch that the agent switched to", async () => {
    const world = await World.make();
    const first = world.head();
    world.git("branch", "develop");
    world.git("commit", "--quiet", "--allow-empty", "--message=second");
    const directory = await world.prepare(first);
    git(directory, "checkout", "--quiet", "develop");
    await world.prepare(world.head());
    expect(world.git("rev-parse", "develop")).toBe(first);
    expect(git(directory, "rev-parse", "HEAD")).toBe(world.head());
    expect(git(directory, "rev-parse", "--abbrev-ref", "HEAD")).toBe("HEAD");
  });

  test("is not fooled by flags that hide files from git", async () => {
    const world = await World.make({ "a.txt": "one\n", "b.txt": "b\n" });
    const directory = await world.prepare(world.head());
    git(directory, "update-index", "--assume-unchanged", "a.txt");
    git(directory, "update-index", "--skip-worktree", "b.txt");
    write(directory, { "a.txt": "hidden\n", "b.txt": "hidden\n" });
    await world.prepare(world.head());
    expect([read(directory, "a.txt"), read(directory, "b.txt")]).toEqual(["one\n", "b\n"]);
    const [rescued = ""] = world.rescued();
    expect(world.show(rescued, "a.txt") + world.show(rescued, "b.txt")).toBe("hidden\nhidden\n");
  });

  test("is freed from an unfinished merge", async () => {
    const world = await World.make();
    const first = world.head();
    world.git("checkout", "--quiet", "-b", "other");
    write(world.root, { "a.txt": "theirs\n" });
    world.git("commit", "--quiet", "--all", "--message=theirs");
    world.git("checkout", "--quiet", "main");
    const directory = await world.prepare(first);
    write(directory, { "a.txt": "ours\n" });
    git(directory, "commit", "--quiet", "--all", "--message=ours");
    expect(() => git(directory, "rebase", "other")).toThrow();
    await world.prepare(first);
    expect(statusOf(directory)).toEqual([]);
    expect(git(directory, "status")).not.toContain("rebase");
  });

  test("a tracked directory that was replaced by a link out of it is a directory again", async () => {
    const world = await World.make({ "src/a.txt": "a\n" });
    const outside = temporaryDirectory();
    write(outside, { "a.txt": "outside\n", "keep.txt": "keep\n" });
    const directory = await world.prepare(world.head());
    rmSync(join(directory, "src"), { recursive: true });
    symlinkSync(outside, join(directory, "src"));
    await world.prepare(world.head());
    expect(lstatSync(join(directory, "src")).isDirectory()).toBe(true);
    expect(read(directory, "src/a.txt")).toBe("a\n");
    expect(readdirSync(outside).sort()).toEqual(["a.txt", "keep.txt"]);
    expect(read(outside, "a.txt")).toBe("outside\n");
  });
});

describe("work that no ref holds is kept before a worktree is cleaned", () => {
  test("changed, new and deleted files", async () => {
    const world = await World.make({ "a.txt": "one\n", "b.txt": "b\n" });
    const directory = await world.prepare(world.head());
    write(directory, { "a.txt": "half done\n", "new/c.txt": "new\n" });
    rmSync(join(directory, "b.txt"));
    await world.prepare(world.head());
    expect(statusOf(directory)).toEqual([]);
    const [rescued = "", ...others] = world.rescued();
    expect(others).toEqual([]);
    expect(rescued).toMatch(/^refs\/mac\/rescued\/w1-[0-9a-f]{12}$/);
    expect(world.files(rescued)).toEqual(["a.txt", "new/c.txt"]);
    expect(world.show(rescued, "a.txt")).toBe("half done\n");
  });

  test("commits of the agent", async () => {
    const world = await World.make();
    const directory = await world.prepare(world.head());
    write(directory, { "a.txt": "committed\n" });
    git(directory, "commit", "--quiet", "--all", "--message=mine");
    const commit = git(directory, "rev-parse", "HEAD");
    await world.prepare(world.head());
    expect(world.rescued().map((ref) => world.git("rev-parse", ref))).toEqual([commit]);
  });

  test("commits on a branch of the agent's are kept by it", async () => {
    const world = await World.make();
    const directory = await world.prepare(world.head());
    git(directory, "checkout", "--quiet", "-b", "agent");
    git(directory, "commit", "--quiet", "--allow-empty", "--message=mine");
    await world.prepare(world.head());
    expect(world.rescued()).toEqual([]);
  });

  test("the files of a repository within the worktree", async () => {
    const world = await World.make();
    const directory = await world.prepare(world.head());
    write(directory, { "app/main.rs": "fn main() {}\n", "app/src/lib.rs": "" });
    git(join(directory, "app"), "init", "--quiet");
    await world.prepare(world.head());
    expect(existsSync(join(directory, "app"))).toBe(false);
    expect(world.files(world.rescued()[0] ?? "")).toEqual([
      "a.txt",
      "app/main.rs",
      "app/src/lib.rs",
    ]);
  });

  test("but not what was collected already, nor OpenCode's own files", async () => {
    const world = await World.make();
    const directory = await world.prepare(world.head());
    write(directory, {
      "b.txt": "b\n",
      ".opencode/package.json": '{"dependencies":{"@opencode-ai/plugin":"1.18.33"}}',
      ".opencode/bun.lock": "",
      ".opencode/.gitignore": "x\n",
      ".opencode/node_modules/@opencode-ai/plugin/index.js": "",
    });
    await world.collect(world.head());
    await world.prepare(world.head());
    expect(statusOf(directory)).toEqual([]);
    expect(world.rescued()).toEqual([]);
  });

  test("and work done after the collecting is kept", async () => {
    const world = await World.make();
    const directory = await world.prepare(world.head());
    write(directory, { "b.txt": "b\n" });
    await world.collect(world.head());
    write(directory, { "late.txt": "late\n" });
    await world.prepare(world.head());
    expect(world.files(world.rescued()[0] ?? "")).toEqual(["a.txt", "b.txt", "late.txt"]);
  });
});

describe("a damaged worktree is repaired", () => {
  async function used(): Promise<{ world: World; directory: string; admin: string }> {
    const world = await World.make();
    const directory = await world.prepare(world.head());
    return { world, directory, admin: await adminOf(world, directory) };
  }

  async function expectRepaired(world: World, directory: string): Promise<void> {
    expect(await world.prepare(world.head())).toBe(directory);
    expect(read(directory, "a.txt")).toBe("one\n");
    expect(statusOf(directory)).toEqual([]);
    expect(lines(world.git("worktree", "list"))).toHaveLength(2);
    expect(world.git("worktree", "list")).not.toContain("prunable");
  }

  test("deleted by hand, with a commit in it", async () => {
    const { world, directory } = await used();
    git(directory, "commit", "--quiet", "--allow-empty", "--message=mine");
    const commit = git(directory, "rev-parse", "HEAD");
    rmSync(directory, { recursive: true });
    await expectRepaired(world, directory);
    expect(world.rescued().map((ref) => world.git("rev-parse", ref))).toEqual([commit]);
  });

  test("forgotten by git, with work in it", async () => {
    const { world, directory, admin } = await used();
    write(directory, { "b.txt": "work\n" });
    rmSync(admin, { recursive: true });
    await expectRepaired(world, directory);
    expect(world.files(world.rescued()[0] ?? "")).toEqual(["a.txt", "b.txt"]);
  });

  test("both gone", async () => {
    const { world, directory, admin } = await used();
    rmSync(admin, { recursive: true });
    rmSync(directory, { recursive: true });
    await expectRepaired(world, directory);
    expect(world.rescued()).toEqual([]);
  });

  test("git's directory for it half made", async () => {
    const { world, directory, admin } = await used();
    rmSync(join(admin, "HEAD"));
    rmSync(join(admin, "commondir"));
    writeFileSync(join(admin, "locked"), "initializing");
    await expectRepaired(world, directory);
  });

  test("its `.git` deleted, turned into a repository, or pointed elsewhere", async () => {
    const { world, directory } = await used();
    rmSync(join(directory, ".git"));
    await expectRepaired(world, directory);
    rmSync(join(directory, ".git"));
    git(directory, "init", "--quiet");
    await expectRepaired(world, directory);
    writeFileSync(join(directory, ".git"), "gitdir: /nowhere\n");
    write(directory, { "b.txt": "work\n" });
    await expectRepaired(world, directory);
    expect(world.files(world.rescued()[0] ?? "")).toEqual(["a.txt", "b.txt"]);
  });

  test("locks of a killed git", async () => {
    const { world, directory, admin } = await used();
    for (const lock of ["index.lock", "HEAD.lock"]) writeFileSync(join(admin, lock), "");
    writeFileSync(join(admin, "index"), "torn");
    await expectRepaired(world, directory);
  });

  test("killed in the middle of being prepared", async () => {
    const { world, directory } = await used();
    const record = join(world.place.state, "worktrees/w1.json");
    const text = read(record).replace('"is_ready":true', '"is_ready":false');
    writeFileSync(record, text);
    rmSync(join(directory, "a.txt"));
    expect(text).toContain('"is_ready":false');
    const outcome = await world.perform({
      type: "collect",
      guard: [],
      slot: 1,
      base: world.head(),
      reference: "refs/mac/login/T01/1",
      message: "x",
      diff_bytes_max: 10,
    });
    expect(outcome).toMatchObject({ type: "failed" });
    await expectRepaired(world, directory);
    expect(world.rescued()).toEqual([]);
  });
});

describe("what git does not carry", () => {
  async function shop(): Promise<World> {
    const world = await World.make({
      "a.txt": "one\n",
      ".gitignore": "node_modules/\n",
      "lib/x": "",
    });
    write(world.root, {
      "node_modules/left-pad/index.js": "pad\n",
      "packages/a/node_modules/b/index.js": "b\n",
      ".env": "KEY=1\n",
      "certs/dev.pem": "pem\n",
    });
    return world;
  }

  const more = {
    link: ["node_modules", "packages/a/node_modules", "lib", "absent"],
    copy: [".env", "certs"],
  };

  test("is linked and copied when it is there and the commit has it not", async () => {
    const world = await shop();
    const directory = await world.prepare(world.head(), more);
    expect(readlinkSync(join(directory, "node_modules"))).toBe(join(world.root, "node_modules"));
    expect(read(directory, "packages/a/node_modules/b/index.js")).toBe("b\n");
    expect(lstatSync(join(directory, "lib")).isSymbolicLink()).toBe(false);
    expect(existsSync(join(directory, "absent"))).toBe(false);
    expect(lstatSync(join(directory, ".env")).isFile()).toBe(true);
    expect(read(directory, "certs/dev.pem")).toBe("pem\n");
  });

  test("is neither work nor followed when the worktree is cleaned", async () => {
    const world = await shop();
    const directory = await world.prepare(world.head(), more);
    expect(await world.collect(world.head())).toMatchObject({
      commit: null,
      changes: [],
      left_out: [],
    });
    writeFileSync(join(directory, ".env"), "KEY=2\n");
    write(directory, { "work.txt": "work\n" });
    const { changes } = await world.collect(world.head());
    expect(changes.map((change) => change.path)).toEqual(["work.txt"]);
    await world.prepare(world.head(), more);
    expect(world.rescued()).toEqual([]);
    expect(read(directory, ".env")).toBe("KEY=1\n");
    expect(read(world.root, ".env")).toBe("KEY=1\n");
    await world.prepare(world.head());
    expect(readdirSync(directory).sort()).toEqual([".git", ".gitignore", "a.txt", "lib"]);
    expect(read(world.root, "node_modules/left-pad/index.js")).toBe("pad\n");
    expect(read(world.root, "packages/a/node_modules/b/index.js")).toBe("b\n");
  });

  test("is replaced by the agent's own directory without harm", async () => {
    const world = await shop();
    const directory = await world.prepare(world.head(), more);
    rmSync(join(directory, "node_modules"));
    write(directory, { "node_modules/own/index.js": "own\n", "packages/a/index.js": "" });
    const { changes } = await world.collect(world.head());
    expect(changes.map((change) => change.path)).toEqual(["packages/a/index.js"]);
    await world.prepare(world.head(), more);
    expect(read(directory, "node_modules/left-pad/index.js")).toBe("pad\n");
  });

  test("may not be outside of the checkout", async () => {
    const world = await shop();
    for (const path of ["../secret", "/etc", ".git", "a/../../b", ""]) {
      await expect(world.prepare(world.head(), { link: [path] })).rejects.toThrow(
        "cannot be linked",
      );
    }
    mkdirSync(join(world.root, "..", "outside"));
    const directory = await world.prepare(world.head());
    expect(existsSync(join(directory, "..", "secret"))).toBe(false);
  });
});
