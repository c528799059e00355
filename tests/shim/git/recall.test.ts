import {
  chmodSync,
  existsSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Checkout, GitOutcome } from "../../../js-shim/src/protocol.ts";
import { git, read, World, write } from "../world.ts";

const HOUR_S = 3_600;

async function digest(world: World): Promise<string> {
  const outcome = await world.perform({ type: "glance", slot: 1 });
  if (outcome.type !== "glanced") throw new Error(JSON.stringify(outcome));
  return outcome.digest;
}

async function look(world: World): Promise<Checkout> {
  const outcome = await world.perform({ type: "look" });
  if (outcome.type !== "seen") throw new Error(JSON.stringify(outcome));
  return outcome.checkout;
}

/** Puts a program that would leave a trace where looking at a file makes git run it. */
function plantFilter(world: World, directory: string): string {
  const trace = join(world.root, "..", "trace");
  world.git("config", "filter.evil.clean", `touch ${trace}; cat`);
  world.git("config", "filter.evil.required", "true");
  world.git("config", "core.fsmonitor", `touch ${trace}; false`);
  write(world.root, { ".git/info/attributes": "* filter=evil\n" });
  write(directory, { ".gitattributes": "* filter=evil\n" });
  return trace;
}

describe("work that was kept", () => {
  test("is recalled as it was collected", async () => {
    const world = await World.make({ "a.txt": "one\n", "b.txt": "b\n" });
    const base = world.head();
    const directory = await world.prepare(base);
    write(directory, { "a.txt": "€ two\n".repeat(9), "new/c.txt": "c\n" });
    rmSync(join(directory, "b.txt"));
    for (const diff_bytes_max of [100_000, 101, 102, 103]) {
      const collected = await world.collect(base, { diff_bytes_max });
      const commit = collected.commit ?? "";
      const recalled = await world.perform({ type: "recall", base, commit, diff_bytes_max });
      expect(recalled).toEqual(collected);
    }
  });

  test("cannot be recalled when it is gone", async () => {
    const world = await World.make();
    const outcome = await world.perform({
      type: "recall",
      base: world.head(),
      commit: "0".repeat(40),
      diff_bytes_max: 10,
    });
    expect(outcome).toMatchObject({ type: "failed" });
  });
});

describe("a glance at a worktree", () => {
  test("tells every change of files, modes and links, and nothing else", async () => {
    const world = await World.make({ "a.txt": "one\n", "b.txt": "b\n", ".gitignore": "*.log\n" });
    const directory = await world.prepare(world.head());
    const changes: (() => void)[] = [
      () => write(directory, { "a.txt": "two\n" }),
      () => write(directory, { "a.txt": "2wo\n" }),
      () => write(directory, { "c.txt": "new\n" }),
      () => chmodSync(join(directory, "c.txt"), 0o755),
      () => rmSync(join(directory, "b.txt")),
      () => symlinkSync("a.txt", join(directory, "link")),
      () => write(directory, { "large.bin": "x".repeat(300_000) }),
    ];
    const digests = [await digest(world)];
    for (const change of changes) {
      change();
      digests.push(await digest(world));
      expect(await digest(world)).toBe(digests.at(-1));
    }
    expect(new Set(digests).size).toBe(changes.length + 1);

    const last = digests.at(-1);
    write(directory, { "a.txt": "2wo\n", "x.log": "ignored\n" });
    utimesSync(join(directory, "c.txt"), HOUR_S, HOUR_S);
    git(directory, "add", "--all");
    git(directory, "commit", "--quiet", "--message=mine");
    expect(await digest(world)).toBe(last);
    git(directory, "reset", "--quiet", "--hard", world.head());
    expect(await digest(world)).toBe(digests[0]);
  });

  test("does not touch the agent's index, and does not wait for its lock", async () => {
    const world = await World.make();
    const directory = await world.prepare(world.head());
    const admin = git(directory, "rev-parse", "--absolute-git-dir");
    writeFileSync(join(admin, "index.lock"), "");
    writeFileSync(join(admin, "index"), "torn");
    write(directory, { "b.txt": "" });
    await digest(world);
    expect(read(admin, "index")).toBe("torn");
    expect(existsSync(join(admin, "index.lock"))).toBe(true);
  });

  test("fails where nothing was prepared", async () => {
    const world = await World.make();
    expect(await world.perform({ type: "glance", slot: 1 })).toMatchObject({ type: "failed" });
  });
});

describe("a look at the checkout", () => {
  test("names its commit, its branch and every file that differs", async () => {
    const world = await World.make({ "a.txt": "a\n", "b b.txt": "b\n", ".gitignore": "*.log\n" });
    expect(await look(world)).toEqual({ head: world.head(), branch: "main", files: [] });
    write(world.root, { "a.txt": "A\n", "ü/new.txt": "", "x.log": "", "staged.txt": "" });
    rmSync(join(world.root, "b b.txt"));
    world.git("add", "staged.txt");
    world.git("checkout", "--quiet", "--detach");
    const seen = await look(world);
    expect(seen.branch).toBeNull();
    expect(seen.files.map((file) => file.name).sort()).toEqual(
      ["a.txt", "b b.txt", "staged.txt", "ü/new.txt"].sort(),
    );
    expect(await look(world)).toEqual(seen);
    write(world.root, { "ü/new.txt": "x" });
    world.git("add", "a.txt");
    const changed = (await look(world)).files.filter(
      (file) => !seen.files.some((before) => before.hash === file.hash),
    );
    expect(changed.map((file) => file.name)).toEqual(["a.txt", "ü/new.txt"]);
  });

  test("takes the stash for no file", async () => {
    const world = await World.make({ "a.txt": "a\n" });
    world.git("config", "status.showStash", "true");
    write(world.root, { "a.txt": "b\n" });
    world.git("stash", "--quiet");
    expect((await look(world)).files).toEqual([]);
  });

  test("names no more than 500 files, and runs in a repository without commits", async () => {
    const world = await World.make();
    for (let at = 0; at < 510; at += 1) write(world.root, { [`new/${at}.txt`]: "" });
    expect((await look(world)).files).toHaveLength(500);
    world.git("checkout", "--quiet", "--orphan", "fresh");
    expect(await look(world)).toMatchObject({ head: null, branch: "fresh" });
  });

  test("does not write the index, wait for its lock, or run what the repository names", async () => {
    const world = await World.make({ "a.txt": "a\n" });
    const trace = plantFilter(world, world.root);
    write(world.root, { "a.txt": "b\n", ".git/index.lock": "" });
    const before = read(world.root, ".git/index");
    const { files } = await look(world);
    expect(files.map((file) => file.name)).toEqual(["a.txt", ".gitattributes"]);
    expect(read(world.root, ".git/index")).toBe(before);
    expect(existsSync(trace)).toBe(false);
  });
});

describe("what the refs hold of a track", () => {
  async function merged(world: World, onto: string, task: string, track: string): Promise<string> {
    const tree = world.git("write-tree");
    const commit = world.git("commit-tree", tree, "-p", onto, "-m", `work of ${task} ${track}`);
    const outcome = await world.perform({
      type: "merge",
      guard: [],
      onto,
      commit,
      message: `Merge ${task}: a title\n`,
      task,
      track,
    });
    if (outcome.type !== "merged") throw new Error(JSON.stringify(outcome));
    return outcome.commit;
  }

  function hold(world: World, tip: string | null, track = "login"): Promise<GitOutcome> {
    return world.perform({ type: "hold", track, tip });
  }

  test("is nothing at first", async () => {
    const world = await World.make();
    const nothing = { type: "held", attempts: [], merges: [] };
    expect(await hold(world, null)).toEqual(nothing);
    expect(await hold(world, world.head())).toEqual(nothing);
  });

  test("is its attempts, in order, and no other refs", async () => {
    const world = await World.make();
    const commit = world.head();
    const names = ["login/T02/1", "login/T01/10", "login/T01/9", "login-2/T01/1", "rescued/w1-abc"];
    const odd = ["login/T01/x", "login/T01/07", "login/T03/1/deep", "login/-f/1"];
    for (const name of [...names, ...odd]) world.git("update-ref", `refs/mac/${name}`, commit);
    world.git("update-ref", "refs/mac/login/T04/1", world.git("rev-parse", "HEAD^{tree}"));
    expect(await hold(world, null)).toEqual({
      type: "held",
      attempts: [
        { task: "T01", number: 9, commit },
        { task: "T01", number: 10, commit },
        { task: "T02", number: 1, commit },
      ],
      merges: [],
    });
  });

  test("is its merges, newest first, by the trailers that merging wrote", async () => {
    const world = await World.make();
    const first = await merged(world, world.head(), "T01", "login");
    const other = await merged(world, first, "T01", "search");
    // What an agent writes into its own commits counts for nothing, nor does what was merged before
    // there was a trailer for the track.
    const tree = world.git("write-tree");
    const forged = "work\n\nTask: T09\nTrack: login";
    const plain = world.git("commit-tree", tree, "-p", other, "-m", forged);
    const old = ["-p", plain, "-p", first, "-m", "Merge T08\n\nTask: T08"];
    const older = world.git("commit-tree", tree, ...old);
    const second = await merged(world, older, "T02", "login");
    expect(await hold(world, second)).toEqual({
      type: "held",
      attempts: [],
      merges: [
        { task: "T02", commit: second },
        { task: "T01", commit: first },
      ],
    });
    expect(await hold(world, second, "search")).toMatchObject({ merges: [{ commit: other }] });
    expect(world.git("log", "-1", "--format=%B", second).trimEnd()).toBe(
      "Merge T02: a title\n\nTask: T02\nTrack: login",
    );
  });

  test.each(["../heads", "a/b", "", "Login", "-x", "x\n"])(
    "takes no track called %j",
    async (track) => {
      const world = await World.make();
      expect(await hold(world, null, track)).toMatchObject({ type: "failed" });
    },
  );

  test("does not follow refs that would replace commits", async () => {
    const world = await World.make();
    const first = await merged(world, world.head(), "T01", "login");
    const bare = world.git("commit-tree", world.git("write-tree"), "-m", "nothing");
    world.git("replace", first, bare);
    expect(await hold(world, first)).toMatchObject({ merges: [{ task: "T01" }] });
  });
});

test("a nested repository in the checkout is looked at from outside", async () => {
  const world = await World.make();
  mkdirSync(join(world.root, "nested"));
  git(join(world.root, "nested"), "init", "--quiet");
  write(world.root, { "nested/x.txt": "" });
  const { files } = await look(world);
  expect(files.map((file) => file.name)).toEqual(["nested/"]);
  write(world.root, { "nested/y.txt": "" });
  expect((await look(world)).files).toEqual(files);
});
