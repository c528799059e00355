/** The journal on disk: appended, synced, cut back when a write came out short. */

import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { syncDirectory } from "./atomic.ts";

/** The person's own: it holds what their agents said. */
const MODE = 0o600;

/** An open journal. Its owner appends one thing at a time and is the only writer. */
export class JournalFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #size: number;
  #failure: Error | null = null;

  private constructor(path: string, file: FileHandle, size: number) {
    this.#path = path;
    this.#file = file;
    this.#size = size;
  }

  /** Opens the journal, creating it and its directory when needed, and reads all of it. */
  static async open(path: string): Promise<{ journal: JournalFile; text: string }> {
    await mkdir(dirname(path), { recursive: true });
    const file = await openOrCreate(path);
    try {
      const bytes = await file.readFile();
      const journal = new JournalFile(path, file, bytes.length);
      return { journal, text: bytes.toString("utf8") };
    } catch (error) {
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

  /** Appends and makes durable. After a failure every further append is refused. */
  async append(lines: string): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    try {
      await this.#write(Buffer.from(lines, "utf8"));
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      this.#failure = new Error(`the journal ${this.#path} cannot be written: ${what}`);
      throw this.#failure;
    }
  }

  /** Closes the file; nothing can be appended any more. */
  async close(): Promise<void> {
    this.#failure ??= new Error(`the journal ${this.#path} is closed`);
    await this.#file.close();
  }

  async #write(bytes: Buffer): Promise<void> {
    const { size } = await this.#file.stat();
    if (size !== this.#size) {
      throw new Error(`it has ${size} bytes instead of ${this.#size}: somebody else wrote to it`);
    }
    try {
      // A full disk takes a part of the bytes and reports no error.
      const { bytesWritten } = await this.#file.write(bytes, 0, bytes.length, this.#size);
      if (bytesWritten !== bytes.length) {
        throw new Error(
          `only ${bytesWritten} of ${bytes.length} bytes were taken; is the disk full?`,
        );
      }
      await this.#file.datasync();
    } catch (error) {
      await this.#file.truncate(this.#size);
      throw error;
    }
    this.#size += bytes.length;
  }
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r+");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    const file = await open(path, "wx+", MODE);
    await syncDirectory(dirname(path));
    return file;
  }
}
