/** Performs `src/effect/file.rs`: reading with a limit, listing, writing atomically. */

import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, lstat, mkdir, open, readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join, parse, posix, resolve } from "node:path";
import { replaceFile } from "../atomic.ts";
import { codeOf, messageOf } from "../errors.ts";
import { expandHome, isInside, problemOfRelativePath, type RepositoryPlace } from "../paths.ts";
import type { Expected, FileOperation, FileOutcome, FileRef, FileSum } from "../protocol.ts";
import { Queue } from "../queue.ts";

type Read = Extract<FileOperation, { type: "read" }>;
type List = Extract<FileOperation, { type: "list" }>;
type Write = Extract<FileOperation, { type: "write" }>;

/** What a person names may be a feature request and no path at all; then no such file is there. */
const MISSING_CODES = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ERR_INVALID_ARG_VALUE"]);

/** So many edits of one file are kept. */
const KEPT_MAX = 1_000;

const writes = new Queue();

/** Reads, lists or writes files. Never rejects. A write that has begun is not aborted: it is over at once. */
export async function performFile(
  place: RepositoryPlace,
  operation: FileOperation,
  _signal: AbortSignal,
): Promise<FileOutcome> {
  try {
    switch (operation.type) {
      case "read":
        return await read(place, operation);
      case "list":
        return await list(place, operation);
      case "write":
        return await write(place, operation);
    }
  } catch (error) {
    const verb = operation.type === "write" ? "writing" : "reading";
    const { path } = operation.type === "list" ? operation.directory : operation.file;
    return { type: "failed", message: `${verb} ${path}: ${messageOf(error)}` };
  }
}

async function read(place: RepositoryPlace, operation: Read): Promise<FileOutcome> {
  try {
    const path = await pathToRead(place, operation.file);
    const file = await open(path, "r");
    try {
      const found = await file.stat();
      if (!found.isFile()) return { type: "not_text" };
      if (found.size > operation.bytes_max) return { type: "too_large", bytes: found.size };
      return textOf(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    if (MISSING_CODES.has(codeOf(error))) return { type: "missing" };
    throw error;
  }
}

async function list(place: RepositoryPlace, operation: List): Promise<FileOutcome> {
  const { directory, depth_max, files_max, bytes_max } = operation;
  const base = await pathWithin(directoryOf(place, directory), directory.path);
  const paths: string[] = [];
  try {
    await collectFiles(base, "", depth_max, files_max, paths);
  } catch (error) {
    if (MISSING_CODES.has(codeOf(error))) return { type: "missing" };
    throw error;
  }
  const kept = paths.slice(0, files_max);
  const files: FileSum[] = [];
  for (const path of kept) {
    const { size } = await lstat(join(base, path));
    files.push({ path, hash: size > bytes_max ? null : await hashAt(join(base, path)) });
  }
  return { type: "listed", files, is_cut: paths.length > files_max };
}

/** The paths of the files below a directory, in an order that does not depend on the file system. */
async function collectFiles(
  base: string,
  inside: string,
  depth: number,
  files_max: number,
  paths: string[],
): Promise<void> {
  const entries = await readdir(join(base, inside), { withFileTypes: true });
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of entries) {
    if (paths.length > files_max) return;
    const path = posix.join(inside, entry.name);
    if (entry.isFile()) paths.push(path);
    else if (entry.isDirectory() && depth > 1) {
      await collectFiles(base, path, depth - 1, files_max, paths);
    }
  }
}

function textOf(bytes: Buffer): FileOutcome {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { type: "read", text, hash: hashOf(bytes) };
  } catch {
    return { type: "not_text" };
  }
}

function write(place: RepositoryPlace, operation: Write): Promise<FileOutcome> {
  // Looking the path up takes a while that differs: the place in the queue is taken before that.
  return writes.run(join(directoryOf(place, operation.file), operation.file.path), async () => {
    const path = await pathToWrite(place, operation.file);
    const bytes = Buffer.from(operation.text, "utf8");
    const hash = hashOf(bytes);
    // The same write done again, after a crash, finds the file as it should be.
    if ((await hashAt(path)) === hash) return { type: "written", hash, kept: null };
    await mkdir(dirname(path), { recursive: true });
    let kept: string | null = null;
    const isWritten = await replaceFile(path, bytes, async () => {
      const actual = await hashAt(path);
      if (operation.expected.type !== "ours") return isExpected(operation.expected, actual);
      if (actual !== null && !operation.expected.hashes.includes(actual)) {
        kept = posix.join(posix.dirname(operation.file.path), await keepBeside(path, actual));
      }
      return true;
    });
    return isWritten ? { type: "written", hash, kept } : { type: "changed" };
  });
}

function isExpected(expected: Exclude<Expected, { type: "ours" }>, actual: string | null): boolean {
  switch (expected.type) {
    case "anything":
      return true;
    case "missing":
      return actual === null;
    case "hash":
      return actual === expected.hash;
  }
}

/**
 * Gives somebody's edit of a file another name beside it, `notes.edited.md`, and tells that name. The file
 * stays where it is as well, until it is replaced. Nothing is overwritten.
 */
async function keepBeside(path: string, hash: string): Promise<string> {
  const { dir, name, ext } = parse(path);
  for (let count = 1; count <= KEPT_MAX; count += 1) {
    const kept = `${name}.edited${count === 1 ? "" : `-${count}`}${ext}`;
    const other = join(dir, kept);
    if (await isNamed(path, other)) return kept;
    // We may have died between this and the replacing.
    if ((await hashAt(other).catch(() => null)) === hash) return kept;
  }
  throw new Error(`there are ${KEPT_MAX} edits of it beside it; move some of them away`);
}

/** Gives a file a second name, which is not taken yet. */
async function isNamed(path: string, other: string): Promise<boolean> {
  try {
    await link(path, other).catch((error) => {
      if (codeOf(error) === "EEXIST") throw error;
      // Not every file system has links.
      return copyFile(path, other, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function pathToRead(place: RepositoryPlace, file: FileRef): Promise<string> {
  const path =
    file.place === "person"
      ? resolve(place.person_directory, expandHome(file.path))
      : await pathWithin(directoryOf(place, file), file.path);
  // Opening a pipe would wait for a writer.
  const found = await lstat(await realpath(path));
  if (found.isFile() || found.isDirectory()) return path;
  throw new Error("it is neither a file nor a directory");
}

async function pathToWrite(place: RepositoryPlace, file: FileRef): Promise<string> {
  if (file.place === "person") throw new Error("files that the person names are only read");
  return pathWithin(directoryOf(place, file), file.path);
}

function directoryOf(place: RepositoryPlace, file: FileRef): string {
  return file.place === "state" ? place.state : place.root;
}

/** The real path of a file that may not exist yet, when it lies within a directory; throws otherwise. */
async function pathWithin(directory: string, path: string): Promise<string> {
  const problem = problemOfRelativePath(path);
  if (problem !== null) throw new Error(problem);
  const base = await realPath(directory);
  const real = await realPath(join(directory, path));
  if (real !== base && isInside(base, real)) return real;
  throw new Error(`the path leads out of ${directory} through a symbolic link, to ${real}`);
}

/** Resolves links in the part of a path that exists. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || path === dirname(path)) throw error;
    const found = await lstat(path).catch(() => null);
    if (found?.isSymbolicLink()) throw new Error(`${path} is a symbolic link to nothing`);
    // Another write made the directory in between.
    if (found !== null) return realPath(path);
    return join(await realPath(dirname(path)), path.slice(dirname(path).length));
  }
}

async function hashAt(path: string): Promise<string | null> {
  try {
    return hashOf(await readFile(path));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
