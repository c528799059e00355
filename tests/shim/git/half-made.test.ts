import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { endOrphans } from "../../../js-shim/src/orphans.ts";
import { childNotes } from "../../../js-shim/src/paths.ts";
import { parentOf, processIds } from "../../../js-shim/src/process-list.ts";
import { until } from "../fake-host.ts";
import { git, lines, read, temporaryDirectory, World, write } from "../world.ts";

/** A worktree that was being made when everything ended: remembered, and not ready. */
async function begun(): Promise<{ world: World; directory: string; admin: string }> {
  const world = await World.make();
  const directory = await world.prepare(world.head());
  const admin = git(directory, "rev-parse", "--absolute-git-dir");
  const record = join(world.place.state, "worktrees/w1.json");
  const state = JSON.parse(read(record));
  writeFileSync(
    record,
    JSON.stringify({ ...state, is_ready: false, admin: null, seal: [], guard: [] }),
  );
  return { world, directory, admin };
}

async function expectRepaired(world: World, directory: string): Promise<void> {
  expect(await world.prepare(world.head())).toBe(directory);
  expect(read(directory, "a.txt")).toBe("one\n");
  expect(git(directory, "status", "--porcelain", "--ignored")).toBe("");
  expect(readdirSync(join(world.root, ".git/worktrees"))).toHaveLength(1);
  expect(world.rescued()).toEqual([]);
}

describe("a worktree that was half made is made", () => {
  const FILES = ["gitdir", "commondir", "HEAD"];
  const SUBSETS = [0, 1, 2, 3, 4, 5, 6].map((bits) => FILES.filter((_, at) => bits & (1 << at)));
  const DIRECTORIES = ["absent", "empty", "with its pointer"];

  const states = SUBSETS.flatMap((files) => DIRECTORIES.map((kind) => [files, kind] as const));

  test.each(states)("from git's files %j, the directory %s", async (files, kind) => {
    const { world, directory, admin } = await begun();
    for (const name of readdirSync(admin)) {
      if (!files.includes(name)) rmSync(join(admin, name), { recursive: true });
    }
    writeFileSync(join(admin, "locked"), "initializing");
    const pointer = read(directory, ".git");
    rmSync(directory, { recursive: true });
    if (kind !== "absent") mkdirSync(directory);
    if (kind === "with its pointer") writeFileSync(join(directory, ".git"), pointer);
    await expectRepaired(world, directory);
  });

  test.each(FILES)("from an empty %s", async (name) => {
    const { world, directory, admin } = await begun();
    writeFileSync(join(admin, name), "");
    await expectRepaired(world, directory);
  });

  test("however far git had come when it was killed", { timeout: 60_000 }, async () => {
    const { world, directory, admin } = await begun();
    const moments = [
      () => existsSync(admin),
      ...["locked", "gitdir", "HEAD", "commondir", "index"].map(
        (name) => () => existsSync(join(admin, name)),
      ),
      () => existsSync(directory),
      () => existsSync(join(directory, ".git")),
      ...Array.from({ length: 25 }, (_, at) => {
        const until = at * 0.4;
        return (since_ms: number) => since_ms > until;
      }),
    ];
    for (const isMoment of moments) {
      rmSync(directory, { recursive: true, force: true });
      rmSync(admin, { recursive: true, force: true });
      const words = ["worktree", "add", "--quiet", "--detach", "--no-checkout", directory];
      const child = spawn("git", [...words, world.head()], {
        cwd: world.root,
        detached: true,
        stdio: "ignore",
      });
      const ended = once(child, "exit");
      const started = performance.now();
      while (!isMoment(performance.now() - started) && child.exitCode === null) {
        // Letting the loop turn only now and then keeps the moment sharp.
        if (performance.now() - started > 50) await sleep(1);
      }
      try {
        process.kill(-(child.pid ?? 0), "SIGKILL");
      } catch {
        // It was quicker.
      }
      await ended;
      await expectRepaired(world, directory);
      const record = join(world.place.state, "worktrees/w1.json");
      const state = JSON.parse(read(record));
      writeFileSync(record, JSON.stringify({ ...state, is_ready: false, admin: null, seal: [] }));
    }
  });

  test.each([0, 40, 100])("when our copy of its index ends after %i bytes", async (bytes) => {
    const world = await World.make();
    const directory = await world.prepare(world.head());
    const cut = () => truncateSync(join(world.place.state, "worktrees/w1.index"), bytes);
    cut();
    write(directory, { "b.txt": "work\n" });
    const { commit } = await world.collect(world.head());
    expect(world.files(commit ?? "")).toEqual(["a.txt", "b.txt"]);
    cut();
    await world.prepare(world.head());
    expect(git(directory, "status", "--porcelain", "--ignored")).toBe("");
    expect(world.rescued()).toEqual([]);
  });

  test("from a real preparing that was killed with its git", { timeout: 60_000 }, async () => {
    const { world, directory } = await begun();
    const main = join(temporaryDirectory(), "main.ts");
    const source = new URL("../../../js-shim/src/effects/git.ts", import.meta.url).pathname;
    const operation = {
      type: "prepare",
      guard: [],
      slot: 1,
      at: world.head(),
      worktrees_dir: null,
      link: [],
      copy: [],
      keep: [],
    };
    writeFileSync(
      main,
      `import { performGit } from ${JSON.stringify(source)};
       process.stdout.write("ready\\n");
       for (;;) {
         await performGit(${JSON.stringify(world.place)}, ${JSON.stringify(operation)}, new AbortController().signal);
       }`,
    );
    const typescript = new URL("../../typescript.mjs", import.meta.url).pathname;
    for (let round = 1; round <= 8; round += 1) {
      const child = spawn(process.execPath, ["--import", typescript, main], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      await once(child.stdout, "data");
      await sleep(10 + round * 17);
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      await endOrphans(childNotes(world.place));
      expect(await world.prepare(world.head())).toBe(directory);
      expect(git(directory, "status", "--porcelain")).toBe("");
      rmSync(directory, { recursive: true });
    }
    expect(world.rescued()).toEqual([]);
  });
});

describe("what is half made elsewhere", () => {
  test("of ours stops no other worktree and no branch of ours", async () => {
    const { world, admin } = await begun();
    const tip = world.head();
    writeFileSync(join(admin, "commondir"), "");
    expect(() => world.git("worktree", "list")).toThrow();
    const move = { type: "move", reference: "refs/heads/mac/login", to: tip, from: null } as const;
    expect(await world.perform(move)).toEqual({ type: "moved" });
    mkdirSync(admin);
    writeFileSync(join(admin, "commondir"), "");
    await world.prepare(tip, { slot: 2 });
    expect(existsSync(admin)).toBe(false);
  });

  test("of the person stays as it is", async () => {
    const world = await World.make();
    await world.prepare(world.head());
    const mine = join(temporaryDirectory(), "w1");
    world.git("worktree", "add", "--quiet", mine);
    const admin = git(mine, "rev-parse", "--absolute-git-dir");
    writeFileSync(join(admin, "HEAD"), "");
    mkdirSync(join(world.root, ".git/worktrees/thesis"));
    await world.prepare(world.head(), { slot: 2 });
    expect(read(admin, "gitdir").trim()).toBe(join(mine, ".git"));
    expect(existsSync(join(world.root, ".git/worktrees/thesis"))).toBe(true);
  });
});

describe("the lock of a ref of ours", () => {
  const reference = "refs/heads/mac/login";

  function lock(world: World, name = reference, age_s = 5): string {
    const path = join(world.root, ".git", `${name}.lock`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
    const time = Date.now() / 1000 - age_s;
    utimesSync(path, time, time);
    return path;
  }

  /** Names of the children of a process that have ended and were not reaped. */
  function endedChildrenOf(parent: number | undefined): string[] {
    const children = processIds().filter((pid) => parentOf(pid) === parent);
    const stats = children.map((pid) => readFileSync(`/proc/${pid}/stat`, "utf8"));
    return stats.flatMap((stat) => /\((.*)\) Z/.exec(stat)?.[1] ?? []);
  }

  const move = (world: World) =>
    world.perform({ type: "move", reference, to: world.head(), from: null });

  test.skipIf(process.platform !== "linux")(
    "is removed when no git lives that made it",
    async () => {
      const world = await World.make();
      const path = lock(world);
      expect(await move(world)).toEqual({ type: "moved" });
      expect(existsSync(path)).toBe(false);
    },
  );

  test.skipIf(process.platform !== "linux")(
    "is removed when the git that made it has ended and nobody took note",
    async () => {
      const world = await World.make();
      const path = lock(world);
      // The shell becomes a program that never asks what became of its git.
      const parent = spawn("sh", ["-c", "git --version & exec sleep 60"], { cwd: world.root });
      try {
        await until(() => endedChildrenOf(parent.pid).join() === "git");
        expect(await move(world)).toEqual({ type: "moved" });
        expect(existsSync(path)).toBe(false);
      } finally {
        parent.kill();
      }
    },
  );

  test("is removed when it is older than any git takes", async () => {
    const world = await World.make();
    const path = lock(world, reference, 60);
    expect(await move(world)).toEqual({ type: "moved" });
    expect(existsSync(path)).toBe(false);
  });

  test.skipIf(process.platform !== "linux")("is removed when it is from the future", async () => {
    const world = await World.make();
    const path = lock(world, reference, -86_400);
    expect(await move(world)).toEqual({ type: "moved" });
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ["the repository", false],
    ["a worktree of the pool", true],
  ])("is waited for while a git works in %s", async (_, isInWorktree) => {
    const world = await World.make();
    const cwd = isInWorktree ? await world.prepare(world.head()) : world.root;
    const path = lock(world);
    const other = spawn("git", ["cat-file", "--batch"], { cwd });
    onTestFinished(() => {
      other.kill("SIGKILL");
    });
    await once(other, "spawn");
    const moved = move(world);
    expect(await Promise.race([moved, sleep(1_500, "waiting")])).toBe("waiting");
    expect(existsSync(path)).toBe(true);
    rmSync(path);
    expect(await moved).toEqual({ type: "moved" });
  });

  test("does not hold up collecting or rescuing either", async () => {
    const world = await World.make();
    const directory = await world.prepare(world.head());
    write(directory, { "b.txt": "" });
    lock(world, "refs/mac/login/T01/1", 60);
    expect((await world.collect(world.head())).commit).not.toBeNull();
    git(directory, "commit", "--quiet", "--allow-empty", "--message=mine");
    const commit = git(directory, "rev-parse", "HEAD");
    git(directory, "clean", "--quiet", "--force");
    lock(world, `refs/mac/rescued/w1-${commit.slice(0, 12)}`, 60);
    await world.prepare(world.head());
    expect(world.rescued()).toHaveLength(1);
  });
});

test("a lock of the person's is never removed: landing is refused and says why", async () => {
  const world = await World.make();
  const tree = world.git("write-tree");
  const to = world.git("commit-tree", tree, "-p", world.head(), "-m", "next");
  for (const name of ["index", "refs/heads/main"]) {
    const lock = join(world.root, `.git/${name}.lock`);
    writeFileSync(lock, "");
    utimesSync(lock, 1, 1);
    const before = world.head();
    const outcome = await world.perform({ type: "land", guard: [], branch: "main", to });
    expect(outcome).toMatchObject({ type: "refused", reason: expect.stringContaining(lock) });
    expect(world.head()).toBe(before);
    expect(readFileSync(lock, "utf8")).toBe("");
    rmSync(lock);
  }
  expect(lines(world.git("status", "--porcelain"))).toEqual([]);
});
