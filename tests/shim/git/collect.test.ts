import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { git, read, setVariable, World, write } from "../world.ts";

const OPENCODE = '{\n  "model": "x/y"\n}\n';

async function prepared(files: Record<string, string> = { "a.txt": "one\ntwo\n" }): Promise<{
  world: World;
  base: string;
  directory: string;
}> {
  const world = await World.make(files);
  const base = world.head();
  return { world, base, directory: await world.prepare(base) };
}

describe("collecting", () => {
  test("makes one commit of all changes, on the base, in the person's name", async () => {
    const { world, base, directory } = await prepared({ "a.txt": "one\ntwo\n", "b.txt": "b\n" });
    write(directory, { "a.txt": "one\n2\n3\n", "new/c.txt": "c\n" });
    rmSync(join(directory, "b.txt"));
    const collected = await world.collect(base, { message: "T01: a title\n\nMore.\n" });
    expect(collected.changes).toEqual([
      { path: "a.txt", added: 2, removed: 1 },
      { path: "b.txt", added: 0, removed: 1 },
      { path: "new/c.txt", added: 1, removed: 0 },
    ]);
    expect(collected.left_out).toEqual([]);
    expect(collected.commit).toBe(world.git("rev-parse", "refs/mac/login/T01/1"));
    const commit = collected.commit ?? "";
    expect(world.git("rev-parse", `${commit}^`)).toBe(base);
    expect(world.git("log", "-1", "--format=%an <%ae> %cn%n%B", commit)).toBe(
      "Ada <ada@example.org> Ada\nT01: a title\n\nMore.",
    );
    expect(collected.diff).toBe(`${world.git("diff", base, commit)}\n`);
    expect(collected.diff_bytes).toBe(Buffer.byteLength(collected.diff));
  });

  test("sees a change of the same length within the second of the preparing", async () => {
    const { world, base, directory } = await prepared();
    write(directory, { "a.txt": "one\n222\n" });
    // Git compares whole seconds: seen a second later, the file looks as old as the index.
    await sleep(1_100);
    expect((await world.collect(base)).changes).toHaveLength(1);
    await world.prepare(base);
    expect(read(directory, "a.txt")).toBe("one\ntwo\n");
    write(directory, { "a.txt": "one\n333\n" });
    await sleep(1_100);
    await world.prepare(base);
    expect(read(directory, "a.txt")).toBe("one\ntwo\n");
    expect(world.rescued()).toHaveLength(1);
  });

  test("of nothing makes no commit and no ref", async () => {
    const { world, base } = await prepared();
    expect(await world.collect(base)).toEqual({
      type: "collected",
      commit: null,
      changes: [],
      diff: "",
      diff_bytes: 0,
      left_out: [],
    });
    expect(world.git("for-each-ref", "refs/mac/")).toBe("");
  });

  test("signs with our name for somebody who has not told git theirs", async () => {
    const { world, base, directory } = await prepared();
    writeFileSync(process.env.GIT_CONFIG_GLOBAL ?? "", "[user]\n name = Ada\n");
    for (const name of ["AUTHOR", "COMMITTER"]) {
      setVariable(`GIT_${name}_NAME`, undefined);
      setVariable(`GIT_${name}_EMAIL`, undefined);
    }
    write(directory, { "b.txt": "" });
    const { commit } = await world.collect(base);
    expect(world.git("log", "-1", "--format=%an <%ae> %cn <%ce>", commit ?? "")).toBe(
      "multi-agent-coder <noreply@localhost> multi-agent-coder <noreply@localhost>",
    );
  });

  test("squashes the agent's own commits, whatever branch it is on and whatever it staged", async () => {
    const { world, base, directory } = await prepared({ "a.txt": "a\n", "b.txt": "b\n" });
    git(directory, "checkout", "--quiet", "-b", "agent");
    write(directory, { "c.txt": "c\n" });
    git(directory, "add", "--all");
    git(directory, "commit", "--quiet", "--message=c");
    git(directory, "rm", "--quiet", "--cached", "a.txt");
    write(directory, { "d.txt": "d\n", "b.txt": "hidden\n" });
    git(directory, "update-index", "--assume-unchanged", "b.txt");
    writeFileSync(join(directory, ".git"), "gitdir: /nowhere\n");
    const { commit, changes } = await world.collect(base);
    expect(changes.map((change) => change.path)).toEqual(["b.txt", "c.txt", "d.txt"]);
    expect(world.git("rev-parse", `${commit}^`)).toBe(base);
    expect(world.files(commit ?? "")).toEqual(["a.txt", "b.txt", "c.txt", "d.txt"]);
  });

  test("takes modes, links within, odd names, and files that became directories or the reverse", async () => {
    const odd = 'sp ace\n"q"\tü.txt';
    const { world, base, directory } = await prepared({
      a: "",
      "d/x": "",
      "d/y": "",
      "run.sh": "",
    });
    rmSync(join(directory, "a"));
    rmSync(join(directory, "d"), { recursive: true });
    write(directory, { "a/below.txt": "1\n", d: "a file now\n", [odd]: "odd\n" });
    chmodSync(join(directory, "run.sh"), 0o755);
    symlinkSync("a/below.txt", join(directory, "link"));
    const { commit, changes, left_out } = await world.collect(base);
    expect(left_out).toEqual([]);
    expect(changes.map((change) => change.path).sort()).toEqual(
      ["a", "a/below.txt", "d", "d/x", "d/y", "link", "run.sh", odd].sort(),
    );
    expect(world.git("ls-tree", commit ?? "", "run.sh", "link")).toMatch(/^120000 .*\n100755 /);
  });

  test.skipIf(process.platform !== "linux")("takes a name that is no UTF-8", async () => {
    const { world, base, directory } = await prepared();
    const name = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x66, 0xfc])]);
    writeFileSync(name, "x\n");
    const { commit } = await world.collect(base);
    expect(world.git("ls-tree", "--name-only", commit ?? "")).toContain('"f\\374"');
  });

  test("leaves ignored files alone", async () => {
    const { world, base, directory } = await prepared({ ".gitignore": "*.log\n", "kept.txt": "" });
    write(directory, { "x.log": "", "src/y.log": "" });
    expect(await world.collect(base)).toMatchObject({ commit: null });
    expect(existsSync(join(directory, "x.log"))).toBe(true);
  });

  test("calls binary files changed by no lines", async () => {
    const { world, base, directory } = await prepared();
    writeFileSync(join(directory, "logo.png"), Buffer.from([0, 1, 2, 0]));
    const { changes } = await world.collect(base);
    expect(changes).toEqual([{ path: "logo.png", added: 0, removed: 0 }]);
  });

  test("shows a rename as what it is: one file gone, one new", async () => {
    const { world, base, directory } = await prepared();
    git(directory, "mv", "a.txt", "b.txt");
    const { changes } = await world.collect(base);
    expect(changes).toEqual([
      { path: "a.txt", added: 0, removed: 2 },
      { path: "b.txt", added: 2, removed: 0 },
    ]);
  });

  test("cuts the diff at the border of a character and tells its full size", async () => {
    const { world, base, directory } = await prepared();
    write(directory, { "b.txt": "€€€€€€€€€€\n".repeat(50) });
    const whole = await world.collect(base);
    for (const diff_bytes_max of [300, 301, 302, 303]) {
      const { diff, diff_bytes } = await world.collect(base, { diff_bytes_max });
      expect(diff_bytes).toBe(whole.diff_bytes);
      expect(whole.diff.startsWith(diff)).toBe(true);
      expect(Buffer.byteLength(diff)).toBeGreaterThan(diff_bytes_max - 4);
      expect(Buffer.byteLength(diff)).toBeLessThanOrEqual(diff_bytes_max);
    }
  });

  test("again gives the same tree, and what came since", async () => {
    const { world, base, directory } = await prepared();
    write(directory, { "b.txt": "b\n" });
    const first = await world.collect(base);
    const second = await world.collect(base);
    expect(world.git("rev-parse", `${second.commit}^{tree}`)).toBe(
      world.git("rev-parse", `${first.commit}^{tree}`),
    );
    write(directory, { "c.txt": "c\n" });
    const third = await world.collect(base);
    expect(third.changes.map((change) => change.path)).toEqual(["b.txt", "c.txt"]);
  });

  test("refuses a ref that is not ours and a worktree that was never prepared", async () => {
    const { world, base } = await prepared();
    for (const reference of ["refs/heads/main", "refs/mac", "HEAD", "refs/macaroni/x", "--help"]) {
      await expect(world.collect(base, { reference })).rejects.toThrow("not one of ours");
    }
    await expect(world.collect(base, { slot: 2 })).rejects.toThrow("never made ready");
    await expect(world.collect(base, { slot: 0 })).rejects.toThrow("no worktree 0");
  });
});

describe("configuration is left out, put back and reported", () => {
  test("of OpenCode and of git, new, changed and deleted, anywhere", async () => {
    const { world, base, directory } = await prepared({
      "a.txt": "a\n",
      "opencode.json": OPENCODE,
      ".gitattributes": "*.txt text\n",
      ".opencode/agent/x.md": "x\n",
    });
    write(directory, {
      "a.txt": "changed\n",
      "opencode.json": '{ "plugin": ["./evil.js"] }\n',
      "packages/a/opencode.jsonc": "{}\n",
      ".opencode/plugin/evil.js": "evil\n",
      ".OpenCode/plugin/evil.js": "evil\n",
      "sub/.gitattributes": "* filter=evil\n",
      ".gitmodules": '[submodule "x"]\n',
    });
    rmSync(join(directory, ".gitattributes"));
    rmSync(join(directory, ".opencode/agent/x.md"));
    const { commit, changes, left_out } = await world.collect(base);
    expect(changes).toEqual([{ path: "a.txt", added: 1, removed: 1 }]);
    expect(left_out).toEqual([
      ".OpenCode/plugin/evil.js",
      ".gitattributes",
      ".gitmodules",
      ".opencode/agent/x.md",
      ".opencode/plugin/evil.js",
      "opencode.json",
      "packages/a/opencode.jsonc",
      "sub/.gitattributes",
    ]);
    expect(world.files(commit ?? "")).toEqual(world.files(base));
    expect(read(directory, "opencode.json")).toBe(OPENCODE);
    expect(read(directory, ".gitattributes")).toBe("*.txt text\n");
    expect(read(directory, ".opencode/agent/x.md")).toBe("x\n");
    expect(existsSync(join(directory, ".opencode/plugin/evil.js"))).toBe(false);
    expect(existsSync(join(directory, "sub/.gitattributes"))).toBe(false);
    // It is not lost.
    const [rescued = ""] = world.rescued();
    expect(world.show(rescued, ".opencode/plugin/evil.js")).toBe("evil\n");
    expect(world.show(rescued, "a.txt")).toBe("changed\n");
  });

  test("but for the schema that OpenCode adds to its file", async () => {
    const { world, base, directory } = await prepared({ "opencode.json": OPENCODE });
    const schema = '{\n  "$schema": "https://opencode.ai/config.json",';
    writeFileSync(join(directory, "opencode.json"), OPENCODE.replace("{", schema));
    expect(await world.collect(base)).toMatchObject({ commit: null, left_out: [] });
    expect(read(directory, "opencode.json")).toBe(OPENCODE);
    writeFileSync(
      join(directory, "opencode.json"),
      OPENCODE.replace("{", schema).replace("y", "z"),
    );
    expect(await world.collect(base)).toMatchObject({ commit: null, left_out: ["opencode.json"] });
  });

  test("but for what OpenCode installs into its directory, unless it installs more", async () => {
    const { world, base, directory } = await prepared({ ".opencode/agent/x.md": "x\n" });
    const own = '{"dependencies":{"@opencode-ai/plugin":"1.18.33"}}';
    const files = {
      ".opencode/package.json": own,
      ".opencode/package-lock.json": "{}",
      ".opencode/bun.lock": "",
      ".opencode/.gitignore": "node_modules\n",
      ".opencode/node_modules/zod/index.js": "",
    };
    write(directory, files);
    expect(await world.collect(base)).toMatchObject({ commit: null, left_out: [] });
    expect(existsSync(join(directory, ".opencode/node_modules/zod/index.js"))).toBe(true);
    const more = '{"dependencies":{"@opencode-ai/plugin":"1.18.33","evil":"1"}}';
    write(directory, { ".opencode/package.json": more, ".opencode/sub/.gitignore": "" });
    const { left_out } = await world.collect(base);
    expect(left_out).toEqual([".opencode/package.json", ".opencode/sub/.gitignore"]);
  });

  test("links that lead out of the worktree too", async () => {
    const { world, base, directory } = await prepared({ "a.txt": "a\n", "src/b.txt": "b\n" });
    rmSync(join(directory, "a.txt"));
    const links: Record<string, string> = {
      "a.txt": "/etc/passwd",
      "src/up": "../../x",
      "src/.hidden": "../src/../..",
      "src/git": "../.git/config",
      "src/within": "../src/b.txt",
      "src/nowhere": "./nothing",
    };
    for (const [path, target] of Object.entries(links)) symlinkSync(target, join(directory, path));
    const { changes, left_out } = await world.collect(base);
    expect(left_out).toEqual(["a.txt", "src/.hidden", "src/git", "src/up"]);
    expect(changes.map((change) => change.path)).toEqual(["src/nowhere", "src/within"]);
    expect(read(directory, "a.txt")).toBe("a\n");
  });

  test.skipIf(process.platform !== "linux")("whatever bytes their names have", async () => {
    const { world, base, directory } = await prepared();
    const name = (text: string): Buffer =>
      Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xfc]), Buffer.from(text)]);
    mkdirSync(name(""));
    symlinkSync("/etc/passwd", name("/link"));
    writeFileSync(name("/opencode.json"), "{}");
    const { commit, left_out } = await world.collect(base);
    expect([commit, left_out]).toEqual([null, ["\uFFFD/link", "\uFFFD/opencode.json"]]);
    expect(existsSync(name("/opencode.json"))).toBe(false);
  });

  test("a repository within the worktree is left out with its files, and stays", async () => {
    const { world, base, directory } = await prepared();
    for (const name of ["empty", "full"]) {
      mkdirSync(join(directory, name));
      write(directory, { [`${name}/main.rs`]: "" });
      git(join(directory, name), "init", "--quiet");
    }
    git(join(directory, "full"), "add", "--all");
    git(join(directory, "full"), "commit", "--quiet", "--message=x");
    write(directory, { "b.txt": "b\n" });
    const { changes, left_out } = await world.collect(base);
    expect(changes.map((change) => change.path)).toEqual(["b.txt"]);
    expect(left_out).toEqual(["empty/", "full/"]);
    expect(existsSync(join(directory, "full/main.rs"))).toBe(true);
  });
});
