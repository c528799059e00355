import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { git, lines, World, write } from "../world.ts";

/** Every file, directory and link of a checkout with its bytes, mode and time, HEAD and index included. */
function fingerprint(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const open = [""];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const name of readdirSync(join(root, next))) {
      const path = join(next, name);
      if (path === ".git") continue;
      const seen = lstatSync(join(root, path), { bigint: true });
      found[path] = `${seen.mode} ${seen.mtimeNs} ${contentOf(join(root, path))}`;
      if (seen.isDirectory()) open.push(path);
    }
  }
  for (const name of ["HEAD", "index", "config", "info/exclude"]) {
    found[`.git/${name}`] = contentOf(join(root, ".git", name));
  }
  found.refs = git(
    root,
    "for-each-ref",
    "refs/heads/main",
    "refs/heads/topic",
    "refs/tags",
    "refs/stash",
  );
  found.reflog = git(root, "reflog", "--format=%H %gs");
  return found;
}

function contentOf(path: string): string {
  const seen = lstatSync(path);
  if (seen.isSymbolicLink()) return readlinkSync(path);
  if (seen.isDirectory()) return "directory";
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

test("a dirty checkout is byte for byte the same after work was prepared, collected and merged", async () => {
  const world = await World.make({
    "a.txt": "a\n",
    "b.txt": "b\n",
    "gone.txt": "gone\n",
    "src/c.txt": "c\n",
    "opencode.json": "{}\n",
    ".gitignore": "node_modules/\n*.log\n",
  });
  world.git("branch", "topic");
  world.git("tag", "v1");
  const base = world.head();
  write(world.root, { "stashed.txt": "stashed\n" });
  world.git("stash", "push", "--quiet", "--include-untracked");
  write(world.root, {
    "a.txt": "unstaged\n",
    "b.txt": "staged\n",
    "new.txt": "untracked\n",
    "build.log": "ignored\n",
    "node_modules/pad/index.js": "pad\n",
    ".env": "KEY=1\n",
  });
  world.git("add", "b.txt");
  write(world.root, { "b.txt": "staged, then changed\n" });
  rmSync(join(world.root, "gone.txt"));
  symlinkSync("a.txt", join(world.root, "link"));
  mkdirSync(join(world.root, "empty"));
  const before = fingerprint(world.root);
  expect(Object.keys(before)).toEqual(expect.arrayContaining([".git/index", "new.txt", "link"]));

  const reference = "refs/heads/mac/login";
  await world.perform({ type: "inspect", reference });
  expect(await world.perform({ type: "move", reference, to: base, from: null })).toEqual({
    type: "moved",
  });
  let tip = base;
  const placed = { link: ["node_modules"], copy: [".env"] };
  for (let round = 1; round <= 3; round += 1) {
    const directory = await world.prepare(tip, placed);
    write(directory, {
      [`work-${round}.txt`]: `${round}\n`,
      "a.txt": `agent ${round}\n`,
      "opencode.json": '{"plugin":["./x.js"]}\n',
    });
    git(directory, "checkout", "--quiet", "-b", `agent-${round}`);
    git(directory, "add", "work-1.txt", "a.txt");
    git(directory, "commit", "--quiet", "--message=agent");
    write(directory, { "late.txt": `late ${round}\n` });
    const { commit } = await world.collect(tip, { reference: `refs/mac/login/T0${round}/1` });
    if (commit === null) throw new Error("nothing was collected");
    const merged = await world.perform({
      type: "merge",
      guard: [],
      track: "links",
      onto: tip,
      commit,
      message: `Merge T0${round}`,
      task: `T0${round}`,
    });
    if (merged.type !== "merged") throw new Error(JSON.stringify(merged));
    const moved = await world.perform({ type: "move", reference, to: merged.commit, from: tip });
    expect(moved).toEqual({ type: "moved" });
    tip = merged.commit;
    // Work that nobody collects, then a worktree that somebody deletes.
    write(directory, { "lost.txt": `${round}\n` });
    if (round === 2) rmSync(directory, { recursive: true });
  }
  await world.prepare(base, placed);
  await world.perform({ type: "list", commit: tip, files_max: 100 });
  await world.perform({ type: "relate", ours: tip, theirs: base });

  expect(fingerprint(world.root)).toEqual(before);
  expect(lines(world.git("ls-tree", "-r", "--name-only", tip))).toContain("work-3.txt");
  expect(world.rescued().length).toBeGreaterThan(0);
});
