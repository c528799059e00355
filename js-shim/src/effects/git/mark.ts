/** Marks that tell the states of a file apart. */

import { createHash } from "node:crypto";
import { lstat, readFile, readlink, stat } from "node:fs/promises";

/** A larger file is marked by its size and time: reading it again and again costs more than it tells. */
const HASHED_BYTES_MAX = 256 * 1024;
/** Enough digits of a hash to tell apart what one file ever held. */
const DIGITS = 16;

/** A short hash of texts and bytes, each set off from the next. */
export function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}\0`).update(part);
  return hash.digest("hex").slice(0, DIGITS);
}

/** What is at a path now: kind, whether it can be executed, and content, or size and time of a large file. */
export async function markOf(file: string | Buffer): Promise<string> {
  const found = await lstat(file).catch(() => null);
  if (found === null) return "gone";
  if (found.isSymbolicLink()) return `link ${await readlink(file).catch(() => "")}`;
  if (!found.isFile()) return found.isDirectory() ? "directory" : "special";
  const kind = (found.mode & 0o111) === 0 ? "file" : "executable";
  const bytes = found.size > HASHED_BYTES_MAX ? null : await readFile(file).catch(() => null);
  if (bytes === null) return `${kind} ${found.size} ${found.mtimeMs}`;
  return `${kind} ${digestOf(bytes)}`;
}

/** The bytes of a regular file, or of one that a link leads to. Never waits, as reading a pipe would. */
export async function bytesOf(path: string): Promise<Buffer | "absent" | "special"> {
  const found = await stat(path).catch(() => null);
  if (found === null) return "absent";
  if (!found.isFile()) return "special";
  return readFile(path).catch(() => "special" as const);
}
