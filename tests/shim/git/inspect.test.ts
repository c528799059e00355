import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { guardOf } from "../../../js-shim/src/effects/git/guard.ts";
import { performGit } from "../../../js-shim/src/effects/git.ts";
import { locate } from "../../../js-shim/src/paths.ts";
import type { GitOutcome, Repository } from "../../../js-shim/src/protocol.ts";
import { git, never, setVariable, temporaryDirectory, World, write } from "../world.ts";

async function inspect(world: World, reference: string | null = null): Promise<Repository> {
  const outcome = await world.perform({ type: "inspect", reference });
  if (outcome.type !== "inspected") throw new Error(JSON.stringify(outcome));
  return outcome.repository;
}

describe("inspecting", () => {
  test("a clean checkout", async () => {
    const world = await World.make();
    expect(await inspect(world)).toEqual({
      is_repository: true,
      name: "shop",
      head: world.head(),
      tree: world.git("rev-parse", "HEAD^{tree}"),
      branch: "main",
      dirty_files: 0,
      dirty_paths: [],
      has_mac_branch: false,
      reference: null,
      guard: await guardOf(world.place),
    });
  });

  test("counts tracked files that differ, staged or not, and no others", async () => {
    const world = await World.make({
      "a.txt": "a\n",
      "b.txt": "b\n",
      "c.txt": "c\n",
      "d d.txt": "",
    });
    write(world.root, { "a.txt": "changed\n", "new.txt": "", "d d.txt": "x" });
    world.git("mv", "b.txt", "e.txt");
    world.git("add", "a.txt");
    // a.txt, b.txt gone, e.txt added, "d d.txt".
    expect((await inspect(world)).dirty_files).toBe(4);
  });

  test("finds a branch in the way, and the reference asked for", async () => {
    const world = await World.make();
    world.git("update-ref", "refs/mac/login/T01/1", "HEAD");
    expect(await inspect(world, "refs/mac/login/T01/1")).toMatchObject({
      has_mac_branch: false,
      reference: world.head(),
    });
    expect((await inspect(world, "refs/heads/mac/login")).reference).toBeNull();
    world.git("branch", "mac");
    expect((await inspect(world)).has_mac_branch).toBe(true);
  });

  test("a detached HEAD has no branch", async () => {
    const world = await World.make();
    world.git("checkout", "--quiet", "--detach");
    expect(await inspect(world)).toMatchObject({ branch: null, head: world.head() });
  });

  test("a branch with slashes keeps its name", async () => {
    const world = await World.make();
    world.git("checkout", "--quiet", "-b", "team/ada/login");
    expect((await inspect(world)).branch).toBe("team/ada/login");
  });

  test("a repository without commits", async () => {
    const root = temporaryDirectory();
    git(root, "init", "--quiet", "--initial-branch=main");
    const place = await locate(root);
    const outcome = await performGit(place, { type: "inspect", reference: null }, never);
    expect(outcome).toMatchObject({
      type: "inspected",
      repository: { is_repository: true, head: null, tree: null, branch: "main", dirty_files: 0 },
    });
  });

  test("a directory outside a repository", async () => {
    const root = temporaryDirectory();
    setVariable("GIT_CEILING_DIRECTORIES", root);
    setVariable("XDG_DATA_HOME", join(root, "data"));
    const place = await locate(root);
    expect(place).toMatchObject({ root, person_directory: root, common: null });
    expect(place.state.startsWith(join(root, "data", "multi-agent-coder"))).toBe(true);
    const outcome = await performGit(place, { type: "inspect", reference: null }, never);
    expect(outcome).toMatchObject({ type: "inspected", repository: { is_repository: false } });
  });

  test("does not fail when git's environment points elsewhere", async () => {
    const world = await World.make();
    const other = temporaryDirectory();
    setVariable("GIT_DIR", join(other, ".git"));
    setVariable("GIT_INDEX_FILE", join(other, "index"));
    setVariable("GIT_WORK_TREE", other);
    expect(await inspect(world)).toMatchObject({ branch: "main", dirty_files: 0 });
    expect((await locate(world.root)).common).toBe(join(world.root, ".git"));
  });
});

test("the state lies with the repository, also for a checkout of its own and a directory below", async () => {
  const world = await World.make({ "src/a.txt": "" });
  const other = join(temporaryDirectory(), "other");
  world.git("worktree", "add", "--quiet", "--detach", other);
  const below = await locate(join(world.root, "src"));
  expect(below).toEqual({ ...world.place, person_directory: join(world.root, "src") });
  const linked = await locate(other);
  expect(linked).toMatchObject({
    root: other,
    state: world.place.state,
    common: world.place.common,
  });
  expect(world.place.state).toBe(join(world.root, ".git", "multi-agent-coder"));
});

describe("listing", () => {
  async function list(world: World, files_max: number): Promise<GitOutcome> {
    return world.perform({ type: "list", commit: world.head(), files_max });
  }

  test("gives paths and sizes in git's order, any character in them", async () => {
    const odd = 'odd "name"\twith\ttabs ü.txt';
    const world = await World.make({ "b/c.txt": "12345", "a.txt": "", [odd]: "12" });
    expect(await list(world, 10)).toEqual({
      type: "listed",
      is_cut: false,
      files: [
        { path: "a.txt", bytes: 0 },
        { path: "b/c.txt", bytes: 5 },
        { path: odd, bytes: 2 },
      ],
    });
  });

  test("is cut at the limit", async () => {
    const world = await World.make({ "a.txt": "", "b.txt": "", "c.txt": "" });
    expect(await list(world, 2)).toMatchObject({ is_cut: true, files: [{}, {}] });
    expect(await list(world, 3)).toMatchObject({ is_cut: false, files: [{}, {}, {}] });
  });

  test("passes over submodules", async () => {
    const world = await World.make();
    world.git("update-index", "--add", "--cacheinfo", `160000,${world.head()},lib`);
    world.git("commit", "--quiet", "--message=submodule");
    expect(await list(world, 10)).toMatchObject({ files: [{ path: "a.txt" }] });
  });

  test("of something that is no commit fails, and nothing becomes an option of git", async () => {
    const world = await World.make();
    for (const commit of ["--output=x", "HEAD", "0".repeat(40)]) {
      const outcome = await world.perform({ type: "list", commit, files_max: 1 });
      expect([commit, outcome.type]).toEqual([commit, "failed"]);
    }
  });
});

test("the text of a file as a commit has it", async () => {
  const world = await World.make({ "src/a ü.txt": "\uFEFFgrüße\n", "big.txt": "12345" });
  writeFileSync(join(world.root, "latin.txt"), Buffer.from([0xfc]));
  world.git("add", "--all");
  world.git("commit", "--quiet", "--message=second");
  const commit = world.head();
  write(world.root, { "src/a ü.txt": "changed\n" });
  const text = async (path: string, bytes_max = 100): Promise<unknown> => {
    const outcome = await world.perform({ type: "show", commit, path, bytes_max });
    return outcome.type === "shown" ? outcome.text : outcome.type;
  };
  expect(await text("src/a ü.txt")).toBe("\uFEFFgrüße\n");
  expect([await text("big.txt", 5), await text("big.txt", 4)]).toEqual(["12345", null]);
  expect([await text("latin.txt"), await text("src"), await text("nothing")]).toEqual([
    null,
    null,
    null,
  ]);
  const operation = { type: "show", commit: "0".repeat(40), path: "a", bytes_max: 1 } as const;
  expect((await world.perform(operation)).type).toBe("failed");
});

test("files of a commit are measured without their texts", async () => {
  const texts = {
    "m/two.txt": "1\n2\n",
    "m/open.txt": "1\n2",
    "m/empty.txt": "",
    "m/a blob 3": "x\n",
  };
  const world = await World.make({ ...texts, "m/big.txt": "x\n".repeat(100) });
  const commit = world.head();
  write(world.root, { "m/two.txt": "changed\n" });
  const paths = [...Object.keys(texts), "m/big.txt", "m", "m/none.txt"];
  const blob = (path: string): string => world.git("rev-parse", `${commit}:${path}`);
  const lines = [2, 2, 0, 1, null];
  const files = lines.map((count, at) => ({
    path: paths[at],
    blob: blob(paths[at] ?? ""),
    lines: count,
  }));
  expect(await world.perform({ type: "measure", commit, paths, bytes_max: 50 })).toEqual({
    type: "measured",
    files,
  });
  expect(await world.perform({ type: "measure", commit, paths: [], bytes_max: 9 })).toEqual({
    type: "measured",
    files: [],
  });
  const nowhere = "0".repeat(40);
  const outcome = await world.perform({ type: "measure", commit: nowhere, paths, bytes_max: 9 });
  expect(outcome.type).toBe("failed");
});

test("relations of commits", async () => {
  const world = await World.make();
  const first = world.head();
  world.git("commit", "--quiet", "--allow-empty", "--message=second");
  const second = world.head();
  world.git("checkout", "--quiet", "-b", "other", first);
  world.git("commit", "--quiet", "--allow-empty", "--message=third");
  const third = world.head();
  const relate = async (ours: string, theirs: string): Promise<unknown> => {
    const outcome = await world.perform({ type: "relate", ours, theirs });
    return outcome.type === "related" ? outcome.relation : outcome;
  };
  expect(await relate(first, first)).toBe("same");
  expect(await relate(second, first)).toBe("ahead");
  expect(await relate(first, second)).toBe("behind");
  expect(await relate(third, second)).toBe("diverged");
});

test("git that is cancelled or missing is a failure in words", async () => {
  const world = await World.make();
  const operation = { type: "inspect", reference: null } as const;
  expect(await performGit(world.place, operation, AbortSignal.abort())).toMatchObject({
    type: "failed",
    message: expect.stringContaining("cancelled"),
  });
  const gone = `${world.root}-gone`;
  renameSync(world.root, gone);
  expect(await world.perform(operation)).toMatchObject({
    type: "failed",
    message: expect.stringContaining(world.root),
  });
  renameSync(gone, world.root);
  setVariable("PATH", temporaryDirectory());
  expect(await world.perform(operation)).toMatchObject({
    type: "failed",
    message: expect.stringContaining("git did not start"),
  });
});

test("a git that is too old is named with what is needed", async () => {
  const world = await World.make();
  const directory = temporaryDirectory();
  const old = "#!/bin/sh\necho git version 2.34.1\n";
  writeFileSync(join(directory, "git"), old, { mode: 0o755 });
  setVariable("PATH", `${directory}:${process.env.PATH}`);
  expect(await world.perform({ type: "inspect", reference: null })).toMatchObject({
    type: "failed",
    message: expect.stringContaining("git 2.38 or newer is needed; this is git version 2.34.1"),
  });
});

test("no hook and no program of the repository's configuration is run", async () => {
  const world = await World.make();
  const trap = join(world.root, "..", "trap.sh");
  const sprung = join(world.root, "..", "sprung");
  writeFileSync(trap, `#!/bin/sh\ntouch '${sprung}'\n`, { mode: 0o755 });
  mkdirSync(join(world.root, ".git/hooks"), { recursive: true });
  for (const hook of [
    "post-checkout",
    "reference-transaction",
    "post-index-change",
    "post-merge",
  ]) {
    writeFileSync(join(world.root, ".git/hooks", hook), `#!/bin/sh\ntouch '${sprung}'\n`, {
      mode: 0o755,
    });
  }
  world.git("config", "core.fsmonitor", trap);
  world.git("config", "gpg.program", trap);
  world.git("config", "commit.gpgSign", "true");
  world.git("config", "diff.external", trap);
  const first = git(
    world.root,
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "rev-parse",
    "HEAD",
  );
  await inspect(world);
  const directory = await world.prepare(first);
  write(directory, { "b.txt": "b\n" });
  const { commit } = await world.collect(first);
  if (commit === null) throw new Error("no commit");
  await world.perform({ type: "move", reference: "refs/heads/mac/login", to: commit, from: null });
  await world.perform({ type: "land", guard: [], branch: "main", to: commit });
  expect(existsSync(sprung)).toBe(false);
});
