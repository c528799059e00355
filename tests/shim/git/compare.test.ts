import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { GitOperation, GitOutcome } from "../../../js-shim/src/protocol.ts";
import { read, World, write } from "../world.ts";

type Compared = Extract<GitOutcome, { type: "compared" }>;

async function compare(world: World, name: string | null, without: string[] = []) {
  const operation: GitOperation = { type: "compare", name, without, diff_bytes_max: 100_000 };
  const outcome = await world.perform(operation);
  if (outcome.type !== "compared") throw new Error(JSON.stringify(outcome));
  return outcome;
}

const paths = (compared: Compared) => compared.changes.map(({ path }) => path).sort();

function objects(world: World): string[] {
  return world.git("count-objects", "-v").split("\n").slice(0, 1);
}

describe("what is not committed", () => {
  test("is everything that differs from HEAD, staged or not, known to git or not", async () => {
    const world = await World.make({
      "a.txt": "one\n",
      "b.txt": "b\n",
      "c.txt": "c\n",
      ".gitignore": "*.log\n",
    });
    expect(await compare(world, null)).toEqual({
      type: "compared",
      comparison: { type: "uncommitted" },
      changes: [],
      diff: "",
      diff_bytes: 0,
    });
    write(world.root, { "a.txt": "two\n", "new/ü.txt": "new\n", "x.log": "", "tasks/PLAN.md": "" });
    rmSync(join(world.root, "b.txt"));
    write(world.root, { "c.txt": "staged\n" });
    world.git("add", "c.txt");
    write(world.root, { "c.txt": "staged and changed\n" });
    const compared = await compare(world, null, ["tasks"]);
    expect(paths(compared)).toEqual(["a.txt", "b.txt", "c.txt", "new/ü.txt"]);
    expect(compared.diff).toContain("+staged and changed\n");
    expect(compared.diff).not.toContain("+staged\n");
    expect(compared.changes.find(({ path }) => path === "a.txt")).toEqual({
      path: "a.txt",
      added: 1,
      removed: 1,
    });
  });

  test("is looked at without a trace in the index, among the objects or in the state", async () => {
    const world = await World.make();
    write(world.root, { "a.txt": "two\n", "b.txt": "staged\n", "c.txt": "neither\n" });
    world.git("add", "b.txt");
    const before = [
      read(world.root, ".git/index"),
      world.git("status", "--porcelain"),
      objects(world),
    ];
    writeFileSync(join(world.root, ".git/index.lock"), "");
    expect(paths(await compare(world, null))).toEqual(["a.txt", "b.txt", "c.txt"]);
    rmSync(join(world.root, ".git/index.lock"));
    const after = [
      read(world.root, ".git/index"),
      world.git("status", "--porcelain"),
      objects(world),
    ];
    expect(after).toEqual(before);
    expect(readdirSync(world.place.state).filter((name) => name.startsWith("compare-"))).toEqual(
      [],
    );
  });

  test("runs no program that the repository names", async () => {
    const world = await World.make();
    const trace = join(world.root, "..", "trace");
    world.git("config", "filter.evil.clean", `touch ${trace}; cat`);
    world.git("config", "diff.evil.textconv", `touch ${trace}; cat`);
    world.git("config", "core.fsmonitor", `touch ${trace}; false`);
    write(world.root, { ".gitattributes": "* filter=evil diff=evil\n", "a.txt": "two\n" });
    expect(paths(await compare(world, null))).toContain("a.txt");
    expect(existsSync(trace)).toBe(false);
  });
});

describe("a branch or a commit", () => {
  test("is compared as a person would", async () => {
    const world = await World.make();
    const first = world.head();
    world.git("switch", "--quiet", "--create", "topic/x");
    write(world.root, { "topic.txt": "topic\n" });
    world.git("add", "--all");
    world.git("commit", "--quiet", "--message=topic");
    const topic = world.head();

    // From the branch itself: what its commit changes.
    expect((await compare(world, "topic/x")).comparison).toEqual({ type: "commit", commit: topic });
    expect(paths(await compare(world, "main"))).toEqual(["topic.txt"]);
    expect((await compare(world, "main")).comparison).toEqual({ type: "since", name: "main" });

    world.git("switch", "--quiet", "main");
    const ahead = await compare(world, "topic/x");
    expect([ahead.comparison, paths(ahead)]).toEqual([
      { type: "ahead", name: "topic/x" },
      ["topic.txt"],
    ]);

    write(world.root, { "mine.txt": "mine\n" });
    world.git("add", "--all");
    world.git("commit", "--quiet", "--message=mine");
    const since = await compare(world, "topic/x");
    expect([since.comparison, paths(since)]).toEqual([
      { type: "since", name: "topic/x" },
      ["mine.txt"],
    ]);

    expect(paths(await compare(world, "HEAD"))).toEqual(["mine.txt"]);
    expect(paths(await compare(world, topic.slice(0, 9)))).toEqual(["topic.txt"]);
    expect(paths(await compare(world, first))).toEqual(["a.txt"]);
    for (const name of ["nowhere", "", "--help", "a\nb", "HEAD:a.txt"]) {
      const operation: GitOperation = { type: "compare", name, without: [], diff_bytes_max: 10 };
      expect(await world.perform(operation), name).toEqual({ type: "unknown" });
    }
  });
});
