/** The journal on disk: appended, synced, cut back when a write came out short. Its head record lies beside it. */

import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { syncDirectory, writeAll } from "./atomic.ts";
import { reach } from "./fault.ts";

/** The person's own: it holds what their agents said. */
const MODE = 0o600;
const OPEN_OR_CREATE = constants.O_RDWR | constants.O_CREAT;
/** What the system says when there is no room: on the disk, in a quota, or for a file of this size. */
const NO_ROOM = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** A journal as it was found. */
export interface Found {
  journal: JournalFile;
  text: string;
  /** Its head record; `null` when there is none. */
  head: string | null;
  /** Where the head record of a journal that is gone was put; `null` when there was none. */
  keptHead: string | null;
}

/** An open journal. Its owner appends one thing at a time and is the only writer. */
export class JournalFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #head: FileHandle;
  #size: number;
  #failure: Error | null = null;

  private constructor(path: string, file: FileHandle, head: FileHandle, size: number) {
    this.#path = path;
    this.#file = file;
    this.#head = head;
    this.#size = size;
  }

  /** Opens the journal, creating it and its directory when needed, and reads all of it. */
  static async open(path: string): Promise<Found> {
    await mkdir(dirname(path), { recursive: true });
    const { file, keptHead } = await openOrCreate(path);
    let head: FileHandle | undefined;
    try {
      const bytes = await file.readFile();
      head = await open(headOf(path), OPEN_OR_CREATE, MODE);
      const journal = new JournalFile(path, file, head, bytes.length);
      const record = await head.readFile("utf8");
      const text = bytes.toString("utf8");
      return { journal, text, head: record === "" ? null : record, keptHead };
    } catch (error) {
      await head?.close();
      await file.close();
      throw error;
    }
  }

  /** Cuts a torn end off: `valid_bytes` stay. */
  async truncate(valid_bytes: number): Promise<void> {
    if (valid_bytes > this.#size) {
      throw new Error(`${this.#path} has ${this.#size} bytes, not ${valid_bytes}`);
    }
    if (valid_bytes === this.#size) return;
    await this.#file.truncate(valid_bytes);
    await this.#file.datasync();
    this.#size = valid_bytes;
  }

  /** Appends and makes durable, then notes the head. After a failure every further append is refused. */
  async append(lines: string, head: string): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    try {
      reach("before:journal");
      await this.#write(Buffer.from(lines, "utf8"));
    } catch (error) {
      this.#failure = new Error(`the journal ${this.#path} cannot be written: ${reasonOf(error)}`);
      throw this.#failure;
    }
    // A head that lags behind is none the worse for the journal, which has all of it.
    await writeAll(this.#head, Buffer.from(head, "utf8"), 0).catch(() => undefined);
    reach("after:journal");
  }

  /** Closes the file; nothing can be appended any more. */
  async close(): Promise<void> {
    this.#failure ??= new Error(`the journal ${this.#path} is closed`);
    try {
      await this.#head.close();
    } finally {
      await this.#file.close();
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    const { size } = await this.#file.stat();
    if (size !== this.#size) {
      throw new Error(`it has ${size} bytes instead of ${this.#size}: somebody else wrote to it`);
    }
    try {
      await writeAll(this.#file, bytes, this.#size);
      await this.#file.datasync();
    } catch (error) {
      await this.#file.truncate(this.#size);
      throw error;
    }
    this.#size += bytes.length;
  }
}

/** The text of a journal that somebody else may be writing; empty when there is none. */
export function readJournal(path: string): Promise<string> {
  return textOf(path);
}

/** The head record beside a journal; `null` when there is none. */
export async function readHead(path: string): Promise<string | null> {
  const record = await textOf(headOf(path));
  return record === "" ? null : record;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

function headOf(path: string): string {
  return path.replace(/\.jsonl$/, ".head");
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!NO_ROOM.has(code ?? "")) return message;
  return `there is no room for it (${code}). Everything that was finished is kept. Make room, then give the command again to go on.`;
}

async function openOrCreate(path: string): Promise<{ file: FileHandle; keptHead: string | null }> {
  try {
    return { file: await open(path, "r+"), keptHead: null };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const keptHead = await putAside(headOf(path));
    const file = await open(path, "wx+", MODE);
    await syncDirectory(dirname(path));
    return { file, keptHead };
  }
}

/** The head of a journal that is gone says nothing about the one that begins here, and is proof that it was. */
async function putAside(head: string): Promise<string | null> {
  const aside = `${head}.${Date.now()}`;
  try {
    await rename(head, aside);
    return aside;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
