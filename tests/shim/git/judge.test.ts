import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judge } from "../../../js-shim/src/effects/git/configuration.ts";
import { gitIn } from "../../../js-shim/src/effects/git/run.ts";
import type { WorkChange } from "../../../js-shim/src/effects/git/snapshot.ts";
import { git, never, temporaryDirectory, World, write } from "../world.ts";

test("a changed path whose directory really lies elsewhere is no work of this worktree", async () => {
  const world = await World.make();
  const directory = await world.prepare(world.head());
  const outside = temporaryDirectory();
  write(outside, { "deep/secret.txt": "secret\n", ".opencode/x": "" });
  write(directory, { "src/a.txt": "" });
  symlinkSync(outside, join(directory, "out"));
  symlinkSync("src", join(directory, "within"));
  const judged = (path: string, kind: WorkChange["kind"] = "untracked") =>
    judge(gitIn(directory, never), world.head(), directory, { path, raw: Buffer.from(path), kind });
  expect(await judged("out/deep/secret.txt")).toBe("outside");
  expect(await judged("out/deep/secret.txt", "changed")).toBe("outside");
  expect(await judged("out/.opencode/x")).toBe("outside");
  expect(await judged("out/deep/", "nested_repository")).toBe("outside");
  expect(await judged("within/a.txt")).toBe("take");
  expect(await judged("gone/a.txt", "deleted")).toBe("take");
});

test("a directory that was replaced by a link out of the worktree: nothing beyond it is taken or touched", async () => {
  const world = await World.make({ "src/a.txt": "a\n", "b.txt": "b\n" });
  const directory = await world.prepare(world.head());
  const outside = temporaryDirectory();
  write(outside, {
    "a.txt": "theirs\n",
    "new.txt": "theirs\n",
    ".opencode/plugin/x.js": "theirs\n",
  });
  git(directory, "rm", "--quiet", "-r", "src");
  symlinkSync(outside, join(directory, "src"));
  mkdirSync(join(directory, "own"));
  symlinkSync(join(outside, ".opencode"), join(directory, "own/.opencode"));
  const { commit, left_out } = await world.collect(world.head());
  expect([commit, left_out]).toEqual([null, ["own/.opencode", "src", "src/a.txt"]]);
  for (const name of ["a.txt", "new.txt", ".opencode/plugin/x.js"]) {
    expect(existsSync(join(outside, name))).toBe(true);
  }
  await world.prepare(world.head());
  expect(existsSync(join(outside, "new.txt"))).toBe(true);
});

test.each([
  "refs/mac/../heads/main",
  "refs/mac/login/T01/1/../../../../x",
  "refs/mac/login/../T01/1",
  "refs/mac/login/T01/1.lock",
  "refs/mac/Login/T01/1",
  "refs/mac/login/-f/1",
  "refs/mac/login/T01/x",
  "refs/heads/mac/login/deeper",
  "refs/heads/mac/$(id)",
])("the ref %s is none of ours", async (reference) => {
  const world = await World.make();
  const to = world.head();
  const outcome = await world.perform({ type: "move", reference, to, from: null });
  expect(outcome).toMatchObject({ type: "failed" });
});

test.each(["", "T 1", "../x", "T01\nTrack: other", "CON.txt"])(
  "a merge is not signed with the task %j",
  async (task) => {
    const world = await World.make();
    const commit = world.git("commit-tree", world.git("write-tree"), "-p", "HEAD", "-m", "x");
    const outcome = await world.perform({
      type: "merge",
      guard: [],
      onto: world.head(),
      commit,
      message: "Merge",
      task,
      track: "login",
    });
    expect(outcome).toMatchObject({ type: "failed" });
  },
);
