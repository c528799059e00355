import { chmodSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { GitOperation, GitOutcome } from "../../../js-shim/src/protocol.ts";
import { read, World, write } from "../world.ts";

type Compose = Extract<GitOperation, { type: "compose" }>;
type Revert = Extract<GitOperation, { type: "revert" }>;

const REFERENCE = "refs/mac/login-r1/start/1";

function commit(world: World, message: string, files: Record<string, string | null>): string {
  for (const [path, text] of Object.entries(files)) {
    if (text === null) rmSync(join(world.root, path), { recursive: true });
    else write(world.root, { [path]: text });
  }
  world.git("add", "--all");
  world.git("commit", "--quiet", `--message=${message}`);
  return world.head();
}

function compose(world: World, more: Partial<Compose>): Promise<GitOutcome> {
  const at = world.head();
  return world.perform({
    type: "compose",
    base: at,
    from: at,
    paths: [],
    parents: [at],
    reference: REFERENCE,
    message: "Composed",
    guard: [],
    ...more,
  });
}

function revert(
  world: World,
  more: Pick<Revert, "tip" | "since" | "until"> & Partial<Revert>,
): Promise<GitOutcome> {
  return world.perform({
    type: "revert",
    track: "login",
    reference: REFERENCE,
    message: "Without login",
    guard: [],
    ...more,
  });
}

async function made(outcome: Promise<GitOutcome>): Promise<string> {
  const known = await outcome;
  if (known.type !== "made") throw new Error(JSON.stringify(known));
  return known.commit;
}

/** Merges work on a file into HEAD as a task of a track. */
async function task(world: World, id: string, files: Record<string, string>): Promise<string> {
  const onto = world.head();
  const work = commit(world, `work of ${id}`, files);
  const merged = await world.perform({
    type: "merge",
    onto,
    // A commit beside the branch, so that a merge commit is made.
    commit: world.git("commit-tree", `${work}^{tree}`, "-p", onto, "-m", "side"),
    message: `Merge ${id}`,
    task: id,
    track: "login",
    guard: [],
  });
  if (merged.type !== "merged") throw new Error(JSON.stringify(merged));
  world.git("reset", "--quiet", "--hard", merged.commit);
  return merged.commit;
}

describe("a commit of two commits' files", () => {
  test("has the paths as the other has them, gone ones included, and touches no file", async () => {
    const world = await World.make({
      "src/a.js": "old\n",
      "test/a.js": "old\n",
      "test/b.js": "b\n",
    });
    const old = world.head();
    chmodSync(join(world.root, "test/a.js"), 0o755);
    const mode = commit(world, "mode", {});
    const now = commit(world, "new", {
      "src/a.js": "new\n",
      "test/a.js": null,
      "test/b.js": null,
      "test/b.js/deep.js": "deep\n",
      "test/ü c.js": "c\n",
    });
    write(world.root, { "src/a.js": "edited\n" });
    const index = read(world.root, ".git/index");
    const paths = ["test/a.js", "test/b.js", "test/b.js/deep.js", "test/ü c.js"];

    const crossed = await made(
      compose(world, { base: now, from: mode, paths, parents: [now, old] }),
    );

    expect(world.git("ls-tree", "-r", "--name-only", crossed).split("\n")).toEqual([
      "src/a.js",
      "test/a.js",
      "test/b.js",
    ]);
    expect(world.show(crossed, "src/a.js")).toBe("new\n");
    expect(world.show(crossed, "test/a.js")).toBe("old\n");
    expect(world.git("ls-tree", crossed, "test/a.js")).toMatch(/^100755/);
    expect(world.git("rev-parse", REFERENCE, `${crossed}^1`, `${crossed}^2`).split("\n")).toEqual([
      crossed,
      now,
      old,
    ]);
    expect(read(world.root, ".git/index")).toBe(index);
    expect(read(world.root, "src/a.js")).toBe("edited\n");
    expect(existsSync(join(world.place.state, "compose.index"))).toBe(false);
  });

  test("without paths has the files of the one, with parents of its own", async () => {
    const world = await World.make();
    const first = world.head();
    const second = commit(world, "second", { "b.txt": "b\n" });
    const composed = await made(compose(world, { base: first, parents: [first, second] }));
    expect(world.git("rev-parse", `${composed}^{tree}`)).toBe(
      world.git("rev-parse", `${first}^{tree}`),
    );
  });

  test("goes to refs of ours only, and not past a changed configuration", async () => {
    const world = await World.make();
    expect(await compose(world, { reference: "refs/heads/main" })).toMatchObject({
      type: "failed",
    });
    const guard = [{ name: "core.fsmonitor in .git/config", hash: "x" }];
    expect(await compose(world, { guard })).toMatchObject({ type: "tampered" });
    const gone = await compose(world, { base: "1".repeat(40) });
    expect(gone).toMatchObject({ type: "failed" });
  });
});

describe("work taken back", () => {
  test("is what the track merged, and not what others did between and after", async () => {
    const world = await World.make({ "a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n" });
    const since = world.head();
    await task(world, "T01", { "a.txt": "one\n2\n3\n4\n5\n6\n7\n8\n9\n", "new.txt": "n\n" });
    commit(world, "between", { "between.txt": "kept\n" });
    const until = await task(world, "T02", { "new.txt": "n\nmore\n" });
    const tip = commit(world, "after", { "a.txt": "one\n2\n3\n4\n5\n6\n7\n8\nnine\n" });
    const status = world.git("status", "--porcelain");

    const start = await made(revert(world, { tip, since, until }));

    expect(world.files(start)).toEqual(["a.txt", "between.txt"]);
    expect(world.show(start, "a.txt")).toBe("1\n2\n3\n4\n5\n6\n7\n8\nnine\n");
    expect(world.git("rev-parse", `${start}^`, REFERENCE).split("\n")).toEqual([tip, start]);
    expect(world.git("status", "--porcelain")).toBe(status);
    expect(world.head()).toBe(tip);
  });

  test("is all between two commits when the track left no trace there", async () => {
    const world = await World.make();
    const since = world.head();
    commit(world, "by hand", { "b.txt": "b\n" });
    const until = commit(world, "by hand too", { "a.txt": "two\n" });
    const tip = commit(world, "after", { "c.txt": "c\n" });
    const start = await made(revert(world, { tip, since, until }));
    expect(world.files(start)).toEqual(["a.txt", "c.txt"]);
    expect(world.show(start, "a.txt")).toBe("one\n");
  });

  test("names what later work stands on", async () => {
    const world = await World.make();
    const since = world.head();
    const until = await task(world, "T01", { "a.txt": "two\n" });
    const tip = commit(world, "after", { "a.txt": "three\n" });
    expect(await revert(world, { tip, since, until })).toEqual({
      type: "conflicted",
      paths: ["a.txt"],
    });
    expect(world.git("for-each-ref", REFERENCE)).toBe("");
  });

  test("does not go past a changed configuration", async () => {
    const world = await World.make();
    const at = world.head();
    const guard = [{ name: "core.fsmonitor in .git/config", hash: "x" }];
    expect(await revert(world, { tip: at, since: at, until: at, guard })).toMatchObject({
      type: "tampered",
    });
  });
});
