import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { JournalFile, readHead, readJournal } from "../../js-shim/src/journal-file.ts";
import { temporaryDirectory } from "./world.ts";

const HEAD = "head\n";

test("what was appended is there when it is opened again", async () => {
  const path = join(temporaryDirectory(), "state/journal.jsonl");
  const first = await JournalFile.open(path);
  expect(first.text).toBe("");
  await first.journal.append('{"a":1}\n', HEAD);
  await first.journal.append('{"b":"ü"}\n{"c":3}\n', HEAD);
  await first.journal.close();
  const second = await JournalFile.open(path);
  expect(second.text).toBe('{"a":1}\n{"b":"ü"}\n{"c":3}\n');
  await second.journal.append('{"d":4}\n', HEAD);
  await second.journal.close();
  expect(readFileSync(path, "utf8")).toBe('{"a":1}\n{"b":"ü"}\n{"c":3}\n{"d":4}\n');
});

test("its head record is overwritten in place, and there again when it is opened again", async () => {
  const path = join(temporaryDirectory(), "journal.jsonl");
  const first = await JournalFile.open(path);
  expect(first.head).toBeNull();
  await first.journal.append("one\n", "head 1\n");
  await first.journal.append("two\n", "head 2\n");
  await first.journal.close();
  const second = await JournalFile.open(path);
  expect(second.head).toBe("head 2\n");
  await second.journal.close();
});

test("a journal that was moved away takes its head's word with it", async () => {
  const path = join(temporaryDirectory(), "journal.jsonl");
  const first = await JournalFile.open(path);
  await first.journal.append("one\n", HEAD);
  await first.journal.close();
  rmSync(path);
  const second = await JournalFile.open(path);
  expect(second).toMatchObject({ text: "", head: null });
  await second.journal.close();
  // It is the proof that there was one.
  expect(first.keptHead).toBeNull();
  expect(readFileSync(second.keptHead ?? "", "utf8")).toBe(HEAD);
  const third = await JournalFile.open(path);
  expect(third.keptHead).toBeNull();
  await third.journal.close();
});

test("somebody who looks leaves the head of a journal that is gone where it is", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "journal.jsonl");
  writeFileSync(join(directory, "journal.head"), HEAD);
  expect(await readJournal(path)).toBe("");
  expect(await readHead(path)).toBe(HEAD);
  expect(readdirSync(directory)).toEqual(["journal.head"]);
});

test.skipIf(process.platform !== "linux")(
  "a journal whose head cannot be read keeps no file open",
  async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "journal.jsonl");
    mkdirSync(join(directory, "journal.head"));
    writeFileSync(path, "");
    await expect(JournalFile.open(path)).rejects.toThrow();
    const open = readdirSync("/proc/self/fd").map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return "";
      }
    });
    expect(open.filter((file) => file.startsWith(directory))).toEqual([]);
  },
);

test("somebody who looks meets what was appended so far, or nothing", async () => {
  const path = join(temporaryDirectory(), "journal.jsonl");
  expect(await readJournal(path)).toBe("");
  const { journal } = await JournalFile.open(path);
  await journal.append("one\n", HEAD);
  expect(await readJournal(path)).toBe("one\n");
  await journal.close();
});

test.skipIf(process.platform === "win32")("only its owner can read it", async () => {
  const path = join(temporaryDirectory(), "journal.jsonl");
  const { journal } = await JournalFile.open(path);
  await journal.close();
  expect(statSync(path).mode & 0o077).toBe(0);
});

test("a torn end is cut off, and the next line follows the last whole one", async () => {
  const path = join(temporaryDirectory(), "journal.jsonl");
  writeFileSync(path, '{"a":1}\n{"b"');
  const { journal, text } = await JournalFile.open(path);
  expect(text).toBe('{"a":1}\n{"b"');
  await journal.truncate(8);
  await journal.append('{"c":3}\n', HEAD);
  await journal.close();
  expect(readFileSync(path, "utf8")).toBe('{"a":1}\n{"c":3}\n');
});

test("it cannot be cut to more than it holds", async () => {
  const path = join(temporaryDirectory(), "journal.jsonl");
  const { journal } = await JournalFile.open(path);
  await expect(journal.truncate(1)).rejects.toThrow("has 0 bytes, not 1");
  await journal.close();
});

test("a second writer is noticed before anything is overwritten", async () => {
  const path = join(temporaryDirectory(), "journal.jsonl");
  const { journal } = await JournalFile.open(path);
  await journal.append("one\n", HEAD);
  appendFileSync(path, "theirs\n");
  await expect(journal.append("two\n", HEAD)).rejects.toThrow("somebody else wrote");
  await expect(journal.append("three\n", HEAD)).rejects.toThrow("cannot be written");
  await journal.close();
  expect(readFileSync(path, "utf8")).toContain("one\n");
});

test("after it is closed nothing is appended", async () => {
  const path = join(temporaryDirectory(), "journal.jsonl");
  const { journal } = await JournalFile.open(path);
  await journal.close();
  await expect(journal.append("one\n", HEAD)).rejects.toThrow("closed");
});

/** A file size limit does what a full disk does: a part of the bytes is taken, with no error. */
test.skipIf(process.platform === "win32" || !existsSync("/bin/sh"))(
  "a write that comes out short is taken back, reported, and the last",
  () => {
    const directory = temporaryDirectory();
    const path = join(directory, "journal.jsonl");
    const root = new URL("../../", import.meta.url).pathname;
    writeFileSync(
      join(directory, "main.ts"),
      `import { JournalFile, readJournal } from ${JSON.stringify(join(root, "js-shim/src/journal-file.ts"))};
       const { journal } = await JournalFile.open(${JSON.stringify(path)});
       await journal.append("x".repeat(99) + "\\n", "h");
       for (const length of [2000, 10]) {
         await journal.append("y".repeat(length), "h").catch((error) => console.log(error.message));
       }`,
    );
    // The limit is 512 or 1024 bytes, by the shell.
    const output = execFileSync(
      "/bin/sh",
      [
        "-c",
        'trap "" XFSZ; ulimit -f 1; exec "$@"',
        "sh",
        process.execPath,
        "--import",
        join(root, "tests/typescript.mjs"),
        join(directory, "main.ts"),
      ],
      { encoding: "utf8" },
    );
    const said = output.trimEnd().split("\n");
    expect(said).toHaveLength(2);
    expect(said[0]).toContain("there is no room for it (EFBIG)");
    expect(said[1]).toBe(said[0]);
    expect(readFileSync(path, "utf8")).toBe(`${"x".repeat(99)}\n`);
  },
);
