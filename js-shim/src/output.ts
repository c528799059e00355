/** Bounded buffers for what a child process prints. */

const CONTINUATION_MASK = 0b1100_0000;
const CONTINUATION = 0b1000_0000;

/** A character is at most four bytes, so a cut is at most three bytes off its border. */
const BYTES_OFF_BORDER_MAX = 3;

/** Keeps the first bytes and counts them all. */
export class Head {
  #chunks: Buffer[] = [];
  #kept = 0;
  #seen = 0;
  readonly #bytesMax: number;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** How many bytes were printed, kept or not. */
  get seen(): number {
    return this.#seen;
  }

  /** Takes the next bytes. */
  push(chunk: Buffer): void {
    this.#seen += chunk.length;
    const part = chunk.subarray(0, this.#bytesMax - this.#kept);
    if (part.length === 0) return;
    this.#chunks.push(part);
    this.#kept += part.length;
  }

  /** What was kept. */
  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

/** Keeps the last bytes. */
export class Tail {
  #chunks: Buffer[] = [];
  #kept = 0;
  #isCut = false;
  readonly #bytesMax: number;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Takes the next bytes. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#kept += chunk.length;
    // Twice the limit before trimming, so that every byte is copied a constant number of times.
    if (this.#kept > 2 * this.#bytesMax) this.#trim();
  }

  /** The end of the output as text; a character that the limit cut through is left out. */
  text(): string {
    this.#trim();
    const bytes = Buffer.concat(this.#chunks);
    return (this.#isCut ? withoutTornStart(bytes) : bytes).toString("utf8");
  }

  #trim(): void {
    if (this.#kept <= this.#bytesMax) return;
    const all = Buffer.concat(this.#chunks);
    const end = Buffer.from(all.subarray(all.length - this.#bytesMax));
    this.#chunks = [end];
    this.#kept = end.length;
    this.#isCut = true;
  }
}

function withoutTornStart(bytes: Buffer): Buffer {
  let start = 0;
  while (start < BYTES_OFF_BORDER_MAX && isContinuation(bytes[start])) start += 1;
  return bytes.subarray(start);
}

/** The start of a text, at most so many UTF-8 bytes, cut between two characters. */
export function clip(text: string, bytesMax: number): string {
  // No character of UTF-16 is shorter than a byte, so what is longer need not be encoded.
  const bytes = Buffer.from(text.slice(0, bytesMax));
  if (bytes.length <= bytesMax) return text.slice(0, bytesMax);
  return withoutTornEnd(bytes.subarray(0, bytesMax)).toString("utf8");
}

/** The first bytes of a text without the character that the cut went through. */
export function withoutTornEnd(bytes: Buffer): Buffer {
  let lead = bytes.length - 1;
  while (bytes.length - lead <= BYTES_OFF_BORDER_MAX && isContinuation(bytes[lead])) lead -= 1;
  const first = bytes[lead];
  if (first === undefined || lead + characterBytes(first) <= bytes.length) return bytes;
  return bytes.subarray(0, lead);
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & CONTINUATION_MASK) === CONTINUATION;
}

function characterBytes(first: number): number {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}
