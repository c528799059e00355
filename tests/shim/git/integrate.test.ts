import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { GitOutcome } from "../../../js-shim/src/protocol.ts";
import { git, read, temporaryDirectory, World, write } from "../world.ts";

/** Commits files on top of a commit, without the checkout. */
function commit(world: World, onto: string, files: Record<string, string | null>): string {
  const directory = join(temporaryDirectory(), "w");
  world.git("worktree", "add", "--quiet", "--detach", directory, onto);
  for (const [path, text] of Object.entries(files)) {
    if (text === null) rmSync(join(directory, path));
    else write(directory, { [path]: text });
  }
  git(directory, "add", "--all", "--force");
  git(directory, "commit", "--quiet", "--message=work");
  const made = git(directory, "rev-parse", "HEAD");
  world.git("worktree", "remove", directory);
  return made;
}

function merge(world: World, onto: string, theirs: string): Promise<GitOutcome> {
  return world.perform({
    type: "merge",
    guard: [],
    track: "links",
    onto,
    commit: theirs,
    message: "Merge T01",
    task: "T01",
  });
}

describe("merging", () => {
  test("joins two commits without a checkout", async () => {
    const world = await World.make({ "a.txt": "a\n", "b.txt": "b\n" });
    const base = world.head();
    const onto = commit(world, base, { "a.txt": "A\n" });
    const theirs = commit(world, base, { "b.txt": "B\n" });
    const outcome = await merge(world, onto, theirs);
    if (outcome.type !== "merged") throw new Error(JSON.stringify(outcome));
    expect(world.git("rev-list", "--parents", "-1", outcome.commit)).toBe(
      `${outcome.commit} ${onto} ${theirs}`,
    );
    expect(world.show(outcome.commit, "a.txt") + world.show(outcome.commit, "b.txt")).toBe(
      "A\nB\n",
    );
    expect(
      world.git("log", "-1", "--format=%(trailers:key=Task,valueonly)", outcome.commit).trim(),
    ).toBe("T01");
    expect(world.git("log", "-1", "--format=%s|%an", outcome.commit)).toBe("Merge T01|Ada");
    expect(world.git("for-each-ref", "refs/mac", "refs/heads/mac")).toBe("");
  });

  test("makes a merge commit even where it could fast-forward, and none of what is merged", async () => {
    const world = await World.make();
    const base = world.head();
    const theirs = commit(world, base, { "b.txt": "" });
    const outcome = await merge(world, base, theirs);
    if (outcome.type !== "merged") throw new Error(JSON.stringify(outcome));
    expect(outcome.commit).not.toBe(theirs);
    expect(await merge(world, outcome.commit, theirs)).toEqual(outcome);
  });

  test("names the paths in conflict, once each", async () => {
    const world = await World.make({ "a ü.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n" });
    const base = world.head();
    const onto = commit(world, base, { "a ü.txt": "ours\n", "b.txt": null, "c.txt": "C\n" });
    const theirs = commit(world, base, { "a ü.txt": "theirs\n", "b.txt": "changed\n" });
    expect(await merge(world, onto, theirs)).toEqual({
      type: "conflicted",
      paths: ["a ü.txt", "b.txt"],
    });
  });

  test("of commits that are not there, or without a common base, fails", async () => {
    const world = await World.make();
    const other = await World.make({ "x.txt": "" });
    expect((await merge(world, world.head(), other.head())).type).toBe("failed");
    world.git("fetch", "--quiet", other.root, "main");
    const outcome = await merge(world, world.head(), other.head());
    expect(outcome).toMatchObject({
      type: "failed",
      message: expect.stringContaining("unrelated histories"),
    });
  });
});

describe("moving a ref", () => {
  const reference = "refs/heads/mac/login";

  test("goes by compare-and-swap", async () => {
    const world = await World.make();
    const one = world.head();
    const two = commit(world, one, { "b.txt": "" });
    const three = commit(world, one, { "c.txt": "" });
    const move = (to: string, from: string | null) =>
      world.perform({ type: "move", reference, to, from });
    expect(await move(one, two)).toEqual({ type: "stale", actual: null });
    expect(await move(one, null)).toEqual({ type: "moved" });
    expect(await move(two, null)).toEqual({ type: "stale", actual: one });
    expect(await move(three, two)).toEqual({ type: "stale", actual: one });
    expect(await move(two, one)).toEqual({ type: "moved" });
    expect(world.git("rev-parse", reference)).toBe(two);
  });

  test("of many at once lets exactly one win", async () => {
    const world = await World.make();
    const one = world.head();
    await world.perform({ type: "move", reference, to: one, from: null });
    const commits = Array.from({ length: 6 }, (_, at) => commit(world, one, { [`${at}.txt`]: "" }));
    const outcomes = await Promise.all(
      commits.map((to) => world.perform({ type: "move", reference, to, from: one })),
    );
    expect(outcomes.filter((outcome) => outcome.type === "moved")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.type === "stale")).toHaveLength(5);
  });

  test("is for refs of ours only", async () => {
    const world = await World.make();
    const to = commit(world, world.head(), { "b.txt": "" });
    const bad = [
      "refs/heads/main",
      "refs/tags/v1",
      "HEAD",
      "refs/heads/mac",
      "refs/heads/macx/y",
      "refs/mac/../heads/main",
    ];
    for (const name of bad) {
      const outcome = await world.perform({ type: "move", reference: name, to, from: null });
      expect([name, outcome.type]).toEqual([name, "failed"]);
    }
    expect(world.git("rev-parse", "main")).not.toBe(to);
  });

  test("says what is in the way: a branch `mac`, or a checkout of the branch", async () => {
    const world = await World.make();
    const one = world.head();
    const two = commit(world, one, { "b.txt": "" });
    world.git("branch", "mac");
    expect(await world.perform({ type: "move", reference, to: one, from: null })).toMatchObject({
      type: "failed",
      message: expect.stringContaining("'refs/heads/mac' exists"),
    });
    world.git("branch", "--delete", "mac");
    world.git("checkout", "--quiet", "-b", "mac/login");
    expect(await world.perform({ type: "move", reference, to: two, from: one })).toMatchObject({
      type: "failed",
      message: expect.stringContaining(`checked out in ${world.root}`),
    });
    expect(world.head()).toBe(one);
  });

  test("is not held up by an agent that checked the branch out", async () => {
    const world = await World.make();
    const one = world.head();
    const two = commit(world, one, { "b.txt": "" });
    await world.perform({ type: "move", reference, to: one, from: null });
    const directory = await world.prepare(one);
    git(directory, "checkout", "--quiet", "mac/login");
    expect(await world.perform({ type: "move", reference, to: two, from: one })).toEqual({
      type: "moved",
    });
    write(directory, { "c.txt": "c\n" });
    const { changes } = await world.collect(one);
    expect(changes.map((change) => change.path)).toEqual(["c.txt"]);
    await world.prepare(one);
    expect(world.git("rev-parse", reference)).toBe(two);
  });
});

describe("landing", () => {
  function land(world: World, to: string, branch = "main"): Promise<GitOutcome> {
    return world.perform({ type: "land", guard: [], branch, to });
  }

  test("moves branch and files, and leaves other changes of the person alone", async () => {
    const world = await World.make({ "a.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n" });
    const to = commit(world, world.head(), { "a.txt": "A\n", "new.txt": "new\n" });
    write(world.root, { "b.txt": "mine\n", "c.txt": "staged\n", "untracked.txt": "mine\n" });
    world.git("add", "c.txt");
    expect(await land(world, to)).toEqual({ type: "landed" });
    expect(world.head()).toBe(to);
    expect(world.git("symbolic-ref", "HEAD")).toBe("refs/heads/main");
    expect(read(world.root, "a.txt") + read(world.root, "new.txt")).toBe("A\nnew\n");
    const status = world.git("status", "--porcelain").split("\n");
    expect(status).toEqual([" M b.txt", "M  c.txt", "?? untracked.txt"]);
    expect(await land(world, to)).toEqual({ type: "landed" });
  });

  const IN_THE_WAY: [string, (world: World) => void, string][] = [
    [
      "a changed file",
      (world) => write(world.root, { "a.txt": "mine\n" }),
      "uncommitted changes are in the way: a.txt",
    ],
    [
      "a staged file",
      (world) => {
        write(world.root, { "a.txt": "mine\n" });
        world.git("add", "a.txt");
      },
      "uncommitted changes are in the way: a.txt",
    ],
    [
      "an untracked file",
      (world) => write(world.root, { "new.txt": "mine\n" }),
      "does not track are in the way: new.txt",
    ],
    [
      "an ignored file",
      (world) => write(world.root, { "x.log": "mine\n" }),
      "does not track are in the way: x.log",
    ],
    [
      "a commit of the person",
      (world) => world.git("commit", "--quiet", "--allow-empty", "--message=mine"),
      "no longer fast-forwards",
    ],
    [
      "another branch",
      (world) => world.git("checkout", "--quiet", "-b", "other"),
      "on `other` now, not on `main`",
    ],
    [
      "a detached HEAD",
      (world) => world.git("checkout", "--quiet", "--detach"),
      "on no branch now",
    ],
  ];

  test.each(IN_THE_WAY)(
    "is refused, and changes nothing, with %s in the way",
    async (_, prepare, reason) => {
      const world = await World.make({ "a.txt": "a\n", ".gitignore": "*.log\n" });
      const to = commit(world, world.head(), {
        "a.txt": "A\n",
        "new.txt": "new\n",
        "x.log": "log\n",
      });
      prepare(world);
      const before = [world.git("status", "--porcelain", "--branch", "--ignored"), world.head()];
      const outcome = await land(world, to);
      expect(outcome).toMatchObject({ type: "refused", reason: expect.stringContaining(reason) });
      expect([world.git("status", "--porcelain", "--branch", "--ignored"), world.head()]).toEqual(
        before,
      );
      for (const name of ["a.txt", "new.txt", "x.log"]) {
        const path = join(world.root, name);
        if (existsSync(path)) expect(["a\n", "mine\n"]).toContain(read(path));
      }
    },
  );

  test("waits for somebody's short look at the index", async () => {
    const world = await World.make();
    const to = commit(world, world.head(), { "a.txt": "A\n" });
    const lock = join(world.root, ".git/index.lock");
    writeFileSync(lock, "");
    setTimeout(() => rmSync(lock), 400);
    expect(await land(world, to)).toEqual({ type: "landed" });
  });
});
