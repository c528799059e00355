/** Replacing a file so that a reader, or a crash, meets the old text or the new one and nothing between. */

import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pause } from "./within.ts";

/** Windows refuses to replace a file that another program has open; virus scanners do for a moment. */
const RENAME_TRIES_MAX = 10;
const RENAME_WAIT_MS = 50;
const MODE_DEFAULT = 0o666;
const NAME_BYTES_MAX = 200;

/**
 * Writes beside `path`, syncs, and renames. `isExpected` is asked right before the rename; when it
 * says no, nothing changes and the answer is `false`. The directory must exist, and a path is written by one
 * at a time.
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  isExpected: () => Promise<boolean> = async () => true,
): Promise<boolean> {
  const name = Buffer.from(basename(path)).subarray(0, NAME_BYTES_MAX).toString("utf8");
  const temporary = join(dirname(path), `.${name}.multi-agent-coder.tmp`);
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => MODE_DEFAULT,
  );
  try {
    // One that was killed may have left its own.
    await rm(temporary, { force: true });
    const file = await open(temporary, "wx", mode);
    try {
      await writeAll(file, bytes, 0);
    } finally {
      await file.close();
    }
    if (!(await isExpected())) return false;
    await putInPlace(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  return true;
}

/** Makes a file that was written beside `path` durable, and then the one at `path`. */
export async function putInPlace(temporary: string, path: string): Promise<void> {
  const file = await open(temporary, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await renameOver(temporary, path);
  await syncDirectory(dirname(path));
}

/**
 * Writes all bytes from a position on, or rejects. A full disk takes a part of them and reports no error
 * until it is asked to take the rest.
 */
export async function writeAll(
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten <= 0) {
      const what = `only ${done} of ${bytes.length} bytes were taken`;
      throw Object.assign(new Error(what), { code: "ENOSPC" });
    }
    done += bytesWritten;
  }
}

/** Makes the names in a directory durable, where the platform can. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function renameOver(from: string, to: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (process.platform !== "win32" || tries === RENAME_TRIES_MAX) throw error;
      await pause(RENAME_WAIT_MS);
    }
  }
}
