import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { performFile } from "../../js-shim/src/effects/file.ts";
import type { RepositoryPlace } from "../../js-shim/src/paths.ts";
import type { Expected, FileOutcome, Place } from "../../js-shim/src/protocol.ts";
import { never, temporaryDirectory } from "./world.ts";

let base: string;
let place: RepositoryPlace;

beforeEach(() => {
  base = temporaryDirectory();
  const [root, person_directory, state] = ["root", "person", "state"].map((name) =>
    join(base, name),
  );
  if (!root || !person_directory || !state) throw new Error("three paths");
  for (const directory of [root, person_directory, state]) mkdirSync(directory);
  place = { root, person_directory, state, common: null };
});

function read(path: string, from: Place = "repository", bytes_max = 1_000): Promise<FileOutcome> {
  const operation = { type: "read", file: { place: from, path }, bytes_max } as const;
  return performFile(place, operation, never);
}

function write(
  path: string,
  text: string,
  expected: Expected = { type: "anything" },
  to: Place = "repository",
): Promise<FileOutcome> {
  return performFile(place, { type: "write", file: { place: to, path }, text, expected }, never);
}

function contentsOf(directory: string): [string, string][] {
  return readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), "utf8")]);
}

function hashOf(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("hex");
}

describe("reading", () => {
  test("gives the text, byte order mark included, and its hash", async () => {
    const text = "\uFEFFgrüße\r\n";
    writeFileSync(join(place.root, "a.txt"), text);
    expect(await read("a.txt")).toEqual({ type: "read", text, hash: hashOf(text) });
  });

  test("tells what is missing, too large or no text", async () => {
    writeFileSync(join(place.root, "large"), "x".repeat(1_001));
    writeFileSync(join(place.root, "exact"), "x".repeat(1_000));
    writeFileSync(join(place.root, "latin"), Buffer.from([0x67, 0xfc, 0x0a]));
    mkdirSync(join(place.root, "directory"));
    expect(await read("nothing")).toEqual({ type: "missing" });
    expect(await read("nothing/below")).toEqual({ type: "missing" });
    expect(await read("large/below")).toEqual({ type: "missing" });
    expect(await read("large")).toEqual({ type: "too_large", bytes: 1_001 });
    expect(await read("exact")).toMatchObject({ type: "read" });
    expect(await read("latin")).toEqual({ type: "not_text" });
    expect(await read("directory")).toEqual({ type: "not_text" });
  });

  test("takes any path of the person, and a feature request for a file that is missing", async () => {
    writeFileSync(join(base, "feature.md"), "x");
    expect(await read("../feature.md", "person")).toMatchObject({ type: "read", text: "x" });
    expect(await read(join(base, "feature.md"), "person")).toMatchObject({ type: "read" });
    expect(await read("Add a login. ".repeat(500), "person")).toEqual({ type: "missing" });
    expect(await read("odd\0name", "person")).toEqual({ type: "missing" });
  });

  test.skipIf(process.platform === "win32")("does not wait for a pipe's writer", async () => {
    execFileSync("mkfifo", [join(place.root, "pipe")]);
    expect((await read("pipe")).type).toBe("failed");
  });
});

describe("listing", () => {
  function list(path: string, depth_max: number, files_max = 100): Promise<FileOutcome> {
    const directory = { place: "repository", path } as const;
    const operation = { type: "list", directory, depth_max, files_max, bytes_max: 10 } as const;
    return performFile(place, operation, never);
  }

  test("gives paths in order with their hashes, and leaves links out", async () => {
    for (const path of ["specs/b", "specs/a/deep"]) {
      mkdirSync(join(place.root, path), { recursive: true });
    }
    writeFileSync(join(place.root, "specs/b/two.md"), "2");
    writeFileSync(join(place.root, "specs/a/one.md"), "1");
    writeFileSync(join(place.root, "specs/a/deep/no.md"), "0");
    writeFileSync(join(place.root, "specs/large.md"), "x".repeat(11));
    symlinkSync(join(place.root, "specs/b"), join(place.root, "specs/link"));
    const all = [
      { path: "a/one.md", hash: hashOf("1") },
      { path: "b/two.md", hash: hashOf("2") },
      { path: "large.md", hash: null },
    ];
    expect(await list("specs", 2)).toEqual({ type: "listed", files: all, is_cut: false });
    const first = { type: "listed", files: all.slice(0, 1), is_cut: true };
    expect(await list("specs", 2, 1)).toEqual(first);
    const top = { type: "listed", files: all.slice(2), is_cut: false };
    expect(await list("specs", 1)).toEqual(top);
  });

  test("tells a directory that is not there from one outside", async () => {
    expect(await list("specs", 2)).toEqual({ type: "missing" });
    writeFileSync(join(place.root, "file"), "no directory");
    expect(await list("file", 2)).toEqual({ type: "missing" });
    symlinkSync(base, join(place.root, "out"));
    expect(await list("out", 2)).toMatchObject({ type: "failed" });
    expect(await list("../state", 2)).toMatchObject({ type: "failed" });
  });
});

describe("writing", () => {
  test("makes the directories on the way and leaves nothing else behind", async () => {
    expect(await write("tasks/deep/PLAN.md", "# Plan\n")).toEqual({
      type: "written",
      hash: hashOf("# Plan\n"),
      kept: null,
    });
    expect(readFileSync(join(place.root, "tasks/deep/PLAN.md"), "utf8")).toBe("# Plan\n");
    expect(readdirSync(join(place.root, "tasks/deep"))).toEqual(["PLAN.md"]);
  });

  test("insists on what it replaces", async () => {
    expect(await write("a", "one", { type: "missing" })).toMatchObject({ type: "written" });
    expect(await write("a", "two", { type: "missing" })).toEqual({ type: "changed" });
    const wrong = { type: "hash", hash: hashOf("zero") } as const;
    expect(await write("a", "two", wrong)).toEqual({ type: "changed" });
    expect(await write("b", "two", wrong)).toEqual({ type: "changed" });
    expect(readFileSync(join(place.root, "a"), "utf8")).toBe("one");
    const right = { type: "hash", hash: hashOf("one") } as const;
    expect(await write("a", "two", right)).toMatchObject({ type: "written" });
    expect(await write("a", "two", right)).toMatchObject({ type: "written" });
    expect(readdirSync(place.root)).toEqual(["a"]);
  });

  describe("what is ours", () => {
    const ours = (...texts: string[]): Expected => ({ type: "ours", hashes: texts.map(hashOf) });

    test("is replaced without a trace when nobody changed it", async () => {
      expect(await write("t/a.md", "one", ours())).toMatchObject({ kept: null });
      expect(await write("t/a.md", "two", ours("one"))).toMatchObject({ kept: null });
      expect(await write("t/a.md", "three", ours("one", "two"))).toMatchObject({ kept: null });
      expect(readdirSync(join(place.root, "t"))).toEqual(["a.md"]);
    });

    test("keeps every edit of somebody else beside it", async () => {
      const edited = (text: string) => writeFileSync(join(place.root, "t/T01.notes.md"), text);
      await write("t/T01.notes.md", "one", ours());
      edited("first edit");
      expect(await write("t/T01.notes.md", "two", ours("one"))).toEqual({
        type: "written",
        hash: hashOf("two"),
        kept: "t/T01.notes.edited.md",
      });
      edited("second edit");
      expect(await write("t/T01.notes.md", "three", ours("two"))).toMatchObject({
        kept: "t/T01.notes.edited-2.md",
      });
      expect(Object.fromEntries(contentsOf(join(place.root, "t")))).toEqual({
        "T01.notes.edited-2.md": "second edit",
        "T01.notes.edited.md": "first edit",
        "T01.notes.md": "three",
      });
    });

    test("that lies there before we ever wrote it is somebody's", async () => {
      writeFileSync(join(place.root, "Makefile"), "theirs");
      expect(await write("Makefile", "x", ours())).toMatchObject({ kept: "Makefile.edited" });
      expect(readFileSync(join(place.root, "Makefile.edited"), "utf8")).toBe("theirs");
    });

    test("written again after a crash keeps the same edit once", async () => {
      writeFileSync(join(place.root, "a.md"), "edit");
      linkSync(join(place.root, "a.md"), join(place.root, "a.edited.md"));
      expect(await write("a.md", "two", ours("one"))).toMatchObject({ kept: "a.edited.md" });
      expect(readdirSync(place.root)).toEqual(["a.edited.md", "a.md"]);
    });

    test("and already as it should be is left alone", async () => {
      writeFileSync(join(place.root, "a.md"), "two");
      expect(await write("a.md", "two", ours("one"))).toMatchObject({ kept: null });
    });
  });

  test("keeps the mode of the file it replaces", async () => {
    writeFileSync(join(place.root, "run.sh"), "old");
    chmodSync(join(place.root, "run.sh"), 0o750);
    await write("run.sh", "new");
    expect(statSync(join(place.root, "run.sh")).mode & 0o777).toBe(0o750);
  });

  test("of many to one path: one after the other, the last one stays", async () => {
    const texts = Array.from({ length: 20 }, (_, at) => `text ${at}`);
    const outcomes = await Promise.all(texts.map((text) => write("a", text)));
    expect(outcomes.map((outcome) => outcome.type)).toEqual(texts.map(() => "written"));
    expect(readFileSync(join(place.root, "a"), "utf8")).toBe("text 19");
  });

  test("of several files at once makes the directory they share", async () => {
    for (let round = 0; round < 150; round += 1) {
      const names = ["SPEC.md", "ARCH.md", "QA.md", "PLAN.md"].map(
        (name) => `tasks${round}/a/b/${name}`,
      );
      const outcomes = await Promise.all(names.map((name) => write(name, name)));
      expect(outcomes.map(({ type }) => type)).toEqual(names.map(() => "written"));
    }
  });

  test("never shows a half-written file to a reader", async () => {
    const texts = ["a".repeat(900_000), "b".repeat(900_000)];
    await write("a", texts[0] ?? "");
    let isDone = false;
    const writing = (async () => {
      for (let count = 0; count < 10; count += 1) await write("a", texts[count % 2] ?? "");
      isDone = true;
    })();
    while (!isDone) {
      const outcome = await read("a", "repository", 1_000_000);
      expect(outcome.type === "read" && texts.includes(outcome.text)).toBe(true);
    }
    await writing;
  });

  test("goes to the state directory, and never to the person's", async () => {
    expect(await write("runs/1.json", "{}", { type: "anything" }, "state")).toMatchObject({
      type: "written",
    });
    expect(existsSync(join(place.state, "runs/1.json"))).toBe(true);
    expect((await write("a", "x", { type: "anything" }, "person")).type).toBe("failed");
    expect(readdirSync(place.person_directory)).toEqual([]);
  });
});

describe("a path stays in its directory", () => {
  test("as it is written", async () => {
    const bad = [
      "../a",
      "a/../../a",
      "/etc/passwd",
      "",
      ".git/config",
      "a/.GIT/config",
      "odd\0name",
    ];
    for (const path of bad) {
      expect([path, (await write(path, "x")).type]).toEqual([path, "failed"]);
    }
    expect(readdirSync(base).sort()).toEqual(["person", "root", "state"]);
  });

  test("through links: those that lead out are refused, others are followed", async () => {
    writeFileSync(join(base, "secret"), "secret");
    symlinkSync(base, join(place.root, "out"));
    symlinkSync(join(base, "secret"), join(place.root, "secret"));
    symlinkSync(join(base, "nothing"), join(place.root, "dangling"));
    mkdirSync(join(place.root, "docs"));
    symlinkSync("docs", join(place.root, "tasks"));
    for (const path of ["out/new", "out/secret", "secret", "dangling"]) {
      expect([path, (await write(path, "x")).type]).toEqual([path, "failed"]);
      expect([path, (await read(path)).type]).toEqual([path, "failed"]);
    }
    expect(readFileSync(join(base, "secret"), "utf8")).toBe("secret");
    expect(await write("tasks/PLAN.md", "x")).toMatchObject({ type: "written" });
    expect(readFileSync(join(place.root, "docs/PLAN.md"), "utf8")).toBe("x");
  });
});

/** A file size limit does what a full disk does: a part of the bytes is taken, with no error. */
test.skipIf(process.platform === "win32" || !existsSync("/bin/sh"))(
  "a write that comes out short leaves the old file, and nothing beside it",
  () => {
    writeFileSync(join(place.root, "a.md"), "old");
    const root = new URL("../../", import.meta.url).pathname;
    const main = join(base, "main.ts");
    const operation = {
      type: "write",
      file: { place: "repository", path: "a.md" },
      text: "x".repeat(5_000),
      expected: { type: "anything" },
    };
    writeFileSync(
      main,
      `import { performFile } from ${JSON.stringify(join(root, "js-shim/src/effects/file.ts"))};
       const place = ${JSON.stringify(place)};
       const never = new AbortController().signal;
       console.log((await performFile(place, ${JSON.stringify(operation)}, never)).message);`,
    );
    const limited = ['trap "" XFSZ; ulimit -f 1; exec "$@"', "sh", process.execPath];
    const script = ["--import", join(root, "tests/typescript.mjs"), main];
    const said = execFileSync("/bin/sh", ["-c", ...limited, ...script], { encoding: "utf8" });
    expect(said).toMatch(/^writing a\.md: .*EFBIG/);
    expect(Object.fromEntries(contentsOf(place.root))).toEqual({ "a.md": "old" });
  },
);
