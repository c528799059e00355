import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { differing, guardOf } from "../../../js-shim/src/effects/git/guard.ts";
import { locate } from "../../../js-shim/src/paths.ts";
import type { GitOperation, Guarded } from "../../../js-shim/src/protocol.ts";
import { git, lines, read, setVariable, temporaryDirectory, World, write } from "../world.ts";

/** The names of what a change makes different. */
async function noticed(world: World, change: () => void): Promise<string[]> {
  const before = await guardOf(world.place);
  change();
  return differing(before, await guardOf(world.place));
}

describe("the guard", () => {
  test("is part of an inspection, with hashes for values", async () => {
    const world = await World.make();
    world.git("config", "remote.origin.url", "https://ada:secret@example.org/shop");
    world.git("config", "url.https://ada:secret@example.org/.insteadOf", "shop:");
    const outcome = await world.perform({ type: "inspect", reference: null });
    if (outcome.type !== "inspected") throw new Error(JSON.stringify(outcome));
    const { guard } = outcome.repository;
    expect(guard).toEqual(await guardOf(world.place));
    expect(guard.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        ".git/config",
        "remote.origin.url in .git/config",
        "url.https://…@example.org/.insteadof in .git/config",
      ]),
    );
    expect(JSON.stringify(guard)).not.toContain("secret");
    expect(guard.every(({ hash }) => /^[0-9a-f]{16}$/.test(hash))).toBe(true);
  });

  const DANGEROUS = [
    "core.fsmonitor",
    "core.hooksPath",
    "core.sshCommand",
    "core.worktree",
    "core.attributesFile",
    "core.editor",
    "core.pager",
    "alias.st",
    "filter.x.clean",
    "filter.x.process",
    "diff.x.command",
    "diff.x.textconv",
    "diff.external",
    "merge.x.driver",
    "credential.helper",
    "credential.https://example.org.helper",
    "user.name",
    "user.email",
    "author.email",
    "url.ext::evil.insteadOf",
    "remote.origin.url",
    "remote.origin.pushurl",
    "remote.origin.uploadpack",
    "remote.origin.proxy",
    "branch.main.remote",
    "branch.main.mergeOptions",
    "gpg.program",
    "gpg.ssh.program",
    "extensions.worktreeConfig",
    "submodule.x.update",
    "http.proxy",
    "protocol.ext.allow",
    "pager.log",
    "sequence.editor",
    "trailer.x.command",
    "gc.recentObjectsHook",
    "uploadpack.packObjectsHook",
    "difftool.x.cmd",
    "guitool.x.cmd",
    "lfs.customtransfer.x.path",
    "unheard.of",
  ];

  test.each(DANGEROUS)("notices %s: added, changed and gone", async (key) => {
    const world = await World.make();
    const name = [`${key.replace(/[^.]*$/, (last) => last.toLowerCase())} in .git/config`];
    // From elsewhere: with some of these values git does nothing here any more.
    const set = (...words: string[]) => noticed(world, () => void git("/", ...file, ...words));
    const file = ["config", "--file", join(world.root, ".git/config")];
    expect(await set(key, "one")).toEqual(name);
    expect(await set(key, "two")).toEqual(name);
    expect(await set("--add", key, "two")).toEqual(name);
    expect(await set("--unset-all", key)).toEqual(name);
  });

  test("lets pass what git, editors and people write all the time", async () => {
    const world = await World.make();
    world.git("config", "remote.origin.url", "https://example.org/shop");
    const keys: [string, string][] = [
      ["branch.topic/x.remote", "origin"],
      ["branch.topic/x.pushRemote", "origin"],
      ["branch.local.remote", "."],
      ["branch.topic/x.merge", "refs/heads/topic/x"],
      ["branch.topic/x.rebase", "true"],
      ["branch.topic/x.vscode-merge-base", "origin/main"],
      ["branch.topic/x.description", "A description"],
      ["gui.recentRepo", "/x"],
      ["remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"],
      ["remote.origin.tagOpt", "--no-tags"],
      ["remote.origin.prune", "true"],
      ["remote.origin.gh-resolved", "base"],
      ["pull.rebase", "true"],
      ["push.autoSetupRemote", "true"],
      ["color.ui", "always"],
      ["lfs.repositoryformatversion", "0"],
      ["lfs.https://example.org/shop.git/info/lfs.access", "basic"],
    ];
    const all = (): void => keys.forEach(([key, value]) => void world.git("config", key, value));
    expect(await noticed(world, all)).toEqual([]);
    const daily = (): void => {
      world.git("checkout", "--quiet", "-b", "feature");
      world.git("branch", "--quiet", "--track", "more", "main");
      world.git("stash", "list");
      world.git("tag", "v1");
      appendFileSync(join(world.root, ".git/info/exclude"), "*.tmp\n");
    };
    expect(await noticed(world, daily)).toEqual([]);
  });

  test("is the same however the file is written", async () => {
    const world = await World.make();
    world.git("config", "alias.st", "status");
    const path = join(world.root, ".git/config");
    const rewrite = (): void => {
      writeFileSync(path, `# a comment\n${read(path).replace("[alias]", "[ALIAS]")}\n`);
    };
    expect(await noticed(world, rewrite)).toEqual([]);
  });

  test("notices a file that git cannot read, or that is none", async () => {
    const world = await World.make();
    const path = join(world.root, ".git/config");
    const names = await noticed(world, () => appendFileSync(path, "[core\n"));
    expect(names).toContain("core.bare in .git/config");
    expect(await noticed(world, () => appendFileSync(path, "more"))).toEqual([".git/config"]);
    rmSync(path);
    expect(await noticed(world, () => mkdirSync(path))).toContain(".git/config");
  });

  test("notices hooks: new ones, their text, their mode, where they lead; samples do not count", async () => {
    const world = await World.make();
    const hook = join(world.root, ".git/hooks/pre-commit");
    const name = [".git/hooks/pre-commit"];
    mkdirSync(dirname(hook), { recursive: true });
    expect(await noticed(world, () => writeFileSync(hook, "#!/bin/sh\n"))).toEqual(name);
    expect(await noticed(world, () => chmodSync(hook, 0o755))).toEqual(name);
    expect(await noticed(world, () => writeFileSync(hook, "#!/bin/sh\nx\n"))).toEqual(name);
    const script = join(world.root, "hook.sh");
    expect(
      await noticed(world, () => {
        rmSync(hook);
        symlinkSync(script, hook);
      }),
    ).toEqual(name);
    expect(await noticed(world, () => writeFileSync(script, "x"))).toEqual(name);
    const below = () => write(world.root, { ".git/hooks/pre-push.d/x": "" });
    expect(await noticed(world, below)).toEqual([".git/hooks/pre-push.d/x"]);
    const sample = () => write(world.root, { ".git/hooks/pre-push.sample": "x" });
    expect(await noticed(world, sample)).toEqual([]);
  });

  test("looks at so many entries of a directory of hooks, and at the same ones each time", async () => {
    const world = await World.make();
    const many = Array.from({ length: 600 }, (_, nth) => [`many/d${1000 + nth}/hook`, ""] as const);
    write(world.root, Object.fromEntries(many));
    write(world.root, { "many/a": "", "many/b.sample": "" });
    world.git("config", "core.hooksPath", "many");
    const hooks = async () =>
      (await guardOf(world.place)).filter(({ name }) => name.startsWith("many/"));
    expect((await hooks()).map(({ name }) => name)).toEqual(["many/a"]);
    expect(await hooks()).toEqual(await hooks());
  });

  test("follows the directory of hooks that the repository names", async () => {
    const world = await World.make();
    write(world.root, { ".husky/_/pre-commit": "#!/bin/sh\n" });
    world.git("config", "core.hooksPath", ".husky/_");
    const change = () => write(world.root, { ".husky/_/pre-commit": "evil\n" });
    expect(await noticed(world, change)).toEqual([".husky/_/pre-commit"]);
  });

  test("follows included files", async () => {
    const world = await World.make();
    const home = temporaryDirectory();
    write(world.root, { ".gitconfig": "[include]\n path = deeper\n" });
    world.git("config", "include.path", "../.gitconfig");
    world.git("config", "includeIf.gitdir:/nowhere/.path", join(home, "other"));
    const deeper = () => write(world.root, { deeper: '[alias]\n x = "!evil"\n' });
    expect(await noticed(world, deeper)).toEqual(["alias.x in deeper"]);
    const other = () => write(home, { other: "[core]\n editor = evil\n" });
    expect(await noticed(world, other)).toEqual([`core.editor in ${home}/other`]);
    const circle = () => write(world.root, { deeper: "[include]\n path = .gitconfig\n" });
    expect(await noticed(world, circle)).toEqual(["alias.x in deeper", "include.path in deeper"]);
  });

  test("notices attributes, grafts and alternates", async () => {
    const world = await World.make();
    for (const name of ["info/attributes", "info/grafts", "objects/info/alternates"]) {
      const change = () => write(world.root, { [`.git/${name}`]: "x\n" });
      expect(await noticed(world, change)).toEqual([`.git/${name}`]);
    }
  });

  test("covers the person's own worktree: its pointer and its configuration", async () => {
    const world = await World.make();
    const root = join(temporaryDirectory(), "mine");
    world.git("config", "extensions.worktreeConfig", "true");
    world.git("worktree", "add", "--quiet", root);
    const place = await locate(root);
    const before = await guardOf(place);
    git(root, "config", "--worktree", "core.fsmonitor", "evil");
    expect(differing(before, await guardOf(place))).toEqual([
      "core.fsmonitor in .git/worktrees/mine/config.worktree",
    ]);
    writeFileSync(join(root, ".git"), "gitdir: /nowhere\n");
    expect(differing(before, await guardOf(place))).toContain(".git");
  });

  test("is empty outside a repository, and compares nothing with an older journal", async () => {
    const root = temporaryDirectory();
    setVariable("GIT_CEILING_DIRECTORIES", root);
    expect(await guardOf(await locate(root))).toEqual([]);
    expect(differing([], [{ name: "a", hash: "b" }])).toEqual([]);
  });

  test("does not change by what we do ourselves, whatever the person prefers", async () => {
    const world = await World.make();
    appendFileSync(
      process.env.GIT_CONFIG_GLOBAL ?? "",
      "[worktree]\n useRelativePaths = true\n[branch]\n autoSetupMerge = always\n",
    );
    const guard = await guardOf(world.place);
    const directory = await world.prepare(world.head(), { guard });
    write(directory, { "b.txt": "" });
    const { commit } = await world.collect(world.head(), { guard });
    const reference = "refs/heads/mac/login";
    await world.perform({ type: "move", reference, to: commit ?? "", from: null });
    await world.prepare(world.head(), { guard, slot: 2 });
    expect(await guardOf(world.place)).toEqual(guard);
  });
});

describe("an operation", () => {
  async function guarded(): Promise<{ world: World; guard: Guarded[]; trace: string }> {
    const world = await World.make({ "a.txt": "a\n" });
    const trace = join(temporaryDirectory(), "trace");
    return { world, guard: await guardOf(world.place), trace };
  }

  /** Everything of a repository that could tell that something was done. */
  function stateOf(world: World): string[] {
    return [...lines(world.git("for-each-ref")), ...lines(world.git("worktree", "list"))];
  }

  test("that meets another configuration does nothing and names what differs", async () => {
    const { world, guard, trace } = await guarded();
    const head = world.head();
    const directory = await world.prepare(head, { guard });
    write(directory, { "a.txt": "work\n", ".gitattributes": "* filter=evil\n" });
    const before = stateOf(world);
    world.git("config", "filter.evil.clean", `touch ${trace}; cat`);
    write(world.root, { ".git/hooks/post-merge": `#!/bin/sh\ntouch ${trace}\n` });
    chmodSync(join(world.root, ".git/hooks/post-merge"), 0o755);
    const names = [".git/hooks/post-merge", "filter.evil.clean in .git/config"];

    const place = { worktrees_dir: null, link: [], copy: [], keep: [] };
    const work = { base: head, reference: "refs/mac/login/T01/1", message: "x", diff_bytes_max: 9 };
    const task = { task: "T01", track: "login", message: "x" };
    const operations: GitOperation[] = [
      { type: "prepare", guard, slot: 1, at: head, ...place },
      { type: "prepare", guard, slot: 2, at: head, ...place },
      { type: "collect", guard, slot: 1, ...work },
      { type: "merge", guard, onto: head, commit: head, ...task },
      { type: "land", guard, branch: "main", to: head },
    ];
    for (const operation of operations) {
      expect(await world.perform(operation)).toEqual({ type: "tampered", names });
    }
    expect(await world.perform({ type: "glance", slot: 1 })).toMatchObject({ type: "failed" });
    expect(stateOf(world)).toEqual(before);
    expect(read(directory, "a.txt")).toBe("work\n");
    expect(existsSync(trace)).toBe(false);

    world.git("config", "--remove-section", "filter.evil");
    rmSync(join(world.root, ".git/hooks/post-merge"));
    expect(await world.collect(head, { guard })).toMatchObject({ left_out: [".gitattributes"] });
  });

  test.each([
    ["commondir", "/elsewhere\n"],
    ["gitdir", "/elsewhere/.git\n"],
    ["config.worktree", "[core]\n fsmonitor = evil\n"],
  ])(
    "of a worktree notices a changed %s, and the next preparing repairs it",
    async (name, text) => {
      const { world, guard } = await guarded();
      const head = world.head();
      const directory = await world.prepare(head, { guard });
      const admin = git(directory, "rev-parse", "--absolute-git-dir");
      write(directory, { "a.txt": "work\n" });
      writeFileSync(join(admin, name), text);
      const outcome = await world.perform({
        type: "collect",
        guard,
        slot: 1,
        base: head,
        reference: "refs/mac/login/T01/1",
        message: "x",
        diff_bytes_max: 10,
      });
      expect(outcome).toEqual({ type: "tampered", names: [`.git/worktrees/w1/${name}`] });
      expect(await world.prepare(head, { guard })).toBe(directory);
      expect(read(directory, "a.txt")).toBe("a\n");
      expect(world.show(world.rescued()[0] ?? "", "a.txt")).toBe("work\n");
      expect(lines(world.git("worktree", "list"))).toHaveLength(2);
      expect(existsSync(join(admin, "config.worktree"))).toBe(false);
      expect(await world.collect(head, { guard })).toMatchObject({ commit: null });
    },
  );
});
