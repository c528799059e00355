// A tool call as one short word, so that a call that is made again and again can be told.
import { createHash } from "node:crypto";

/** Hex digits kept of the hash. */
const DIGITS = 16;

/** A hash of a tool and its input: equal for equal calls, whatever the order of the input's keys. */
export function callHash(tool: string, input: unknown): string {
  const text = JSON.stringify([tool, sorted(input)]);
  return createHash("sha256").update(text).digest("hex").slice(0, DIGITS);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
