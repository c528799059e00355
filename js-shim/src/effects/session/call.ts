// A tool call as one short word, so that a call that is made again and again can be told, and what it
// brought into its session.
import { createHash } from "node:crypto";
import { isAbsolute, relative, resolve } from "node:path";
import type { EndedCall } from "../../host/host.ts";
import type { Touched } from "../../protocol.ts";

/** Hex digits kept of the hash. */
const DIGITS = 16;

/** A hash of a tool and its input: equal for equal calls, whatever the order of the input's keys. */
export function callHash(tool: string, input: unknown): string {
  const text = JSON.stringify([tool, sorted(input)]);
  return createHash("sha256").update(text).digest("hex").slice(0, DIGITS);
}

/** So many paths of a call are told; the protocol says so. */
const PATHS_MAX = 20;
/** Where tools take a path from. */
const PATH_KEYS = ["filePath", "path"];
/** A patch names its files in lines of its own. */
const PATCHED = /^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+)$/gm;
const WORD = /[A-Za-z0-9][A-Za-z0-9_-]*/g;

/** What a call brought into a session of a directory, in which these words are looked for. */
export function touchedBy(
  { input, output }: EndedCall,
  directory: string | null,
  words: ReadonlySet<string>,
): Touched {
  return {
    paths: pathsOf(input).map((path) => shown(path, directory)),
    input_bytes: Buffer.byteLength(JSON.stringify(input) ?? ""),
    output_bytes: Buffer.byteLength(output),
    words: wordsIn(output, words),
  };
}

function pathsOf(input: unknown): string[] {
  if (typeof input !== "object" || input === null) return [];
  const fields = new Map(Object.entries(input));
  const named = PATH_KEYS.map((key) => fields.get(key));
  const patch = fields.get("patchText");
  const patched = typeof patch === "string" ? [...patch.matchAll(PATCHED)] : [];
  const all = [...named, ...patched.map(([, path]) => path?.trim())];
  const paths = all.filter((path): path is string => typeof path === "string" && path !== "");
  return [...new Set(paths)].slice(0, PATHS_MAX);
}

/** A path as people read it: from the directory on when it lies there. */
function shown(path: string, directory: string | null): string {
  if (directory === null) return path;
  const whole = resolve(directory, path);
  const inside = relative(directory, whole);
  return inside === ".." || inside.startsWith("../") || isAbsolute(inside) ? whole : inside || ".";
}

function wordsIn(text: string, words: ReadonlySet<string>): string[] {
  if (words.size === 0) return [];
  const found = new Set<string>();
  for (const [word] of text.matchAll(WORD)) if (words.has(word)) found.add(word);
  return [...found].sort();
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
