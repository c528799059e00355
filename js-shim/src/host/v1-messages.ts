// Messages of OpenCode 1.18.x: what its model answered, called and spent.
import { createHash } from "node:crypto";
import { clip } from "../output.ts";
import type { Speech, StoredPart, StoredText, Usage } from "../protocol.ts";
import { type EndedCall, SUMMARY, type Turn } from "./host.ts";

import { PLUGIN } from "./names.ts";
import { record, troubleOf } from "./v1-client.ts";

/** So much of a part is shown, in UTF-8 bytes; the protocol says so. */
const EXCERPT_BYTES_MAX = 120;

/** A message and its parts, as OpenCode lists them. */
export interface MessageRecord {
  info: Record<string, unknown>;
  parts: Record<string, unknown>[];
}

/**
 * What a text of ours is; kept with the text, so that a later process can tell them apart, and with its
 * hash, so that a text can be told from what others made of it.
 */
export type Mark = Kind & { sha256: string };
/** A text that waits for its answer, or one for an agent at work. */
export type Kind = { kind: "ask" } | { kind: "nudge"; id: string };

/** A part with a text of ours. */
export function textPart(text: string, kind: Kind): Record<string, unknown> {
  const mark: Mark = { ...kind, sha256: sha256(text) };
  return { type: "text", text, metadata: { [PLUGIN]: mark } };
}

/** The mark of a text of ours; `undefined` when the message has none. */
export function markOf({ parts }: MessageRecord): Mark | undefined {
  const marks = parts.map((part) => record(part["metadata"])[PLUGIN]);
  return marks.find((mark) => mark !== undefined) as Mark | undefined;
}

/** The texts that a session was sent, oldest first. */
export function readTexts(messages: MessageRecord[], asked: string | null): StoredText[] {
  return messages.filter(({ info }) => info["role"] === "user").map((one) => readText(one, asked));
}

function readText(message: MessageRecord, asked: string | null): StoredText {
  const { info, parts } = message;
  // A hook can give a message a system prompt of its own.
  const { system } = info;
  const more =
    typeof system === "string" && system !== "" ? [{ type: "system", text: system }] : [];
  return {
    origin: originOf(message),
    parts: [...parts, ...more].map((part) => readStoredPart(part, asked)),
  };
}

function originOf(message: MessageRecord): StoredText["origin"] {
  const sha256 = markOf(message)?.sha256;
  if (sha256 !== undefined) return { type: "ours", sha256 };
  const isHosts = (part: Record<string, unknown>) =>
    part["type"] === "compaction" || record(part["metadata"])["compaction_continue"] === true;
  const isAllHosts = message.parts.length > 0 && message.parts.every(isHosts);
  return { type: isAllHosts ? "host" : "foreign" };
}

function readStoredPart(part: Record<string, unknown>, asked: string | null): StoredPart {
  const text = typeof part["text"] === "string" ? part["text"] : JSON.stringify(part);
  const mark = record(record(part["metadata"])[PLUGIN]);
  const same = asked !== null && mark["sha256"] === sha256(asked) ? sameLength(text, asked) : 0;
  return {
    kind: String(part["type"]),
    sha256: sha256(text),
    bytes: Buffer.byteLength(text),
    differs_at: Buffer.byteLength(text.slice(0, same)),
    excerpt: clip(text.slice(same), EXCERPT_BYTES_MAX),
  };
}

/** How many characters two texts begin with alike. */
function sameLength(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  // Not between the halves of a character.
  return /^[\udc00-\udfff]/.test(one.slice(at, at + 1)) ? at - 1 : at;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What a session holds, by whose words they are. What it thought is what it said. */
export function readSpeech(messages: MessageRecord[]): Speech {
  const texts = ({ parts }: MessageRecord, kinds: string[]) =>
    parts.flatMap(({ type, text }) =>
      kinds.includes(String(type)) && typeof text === "string" ? [text] : [],
    );
  const sent = messages.filter(({ info }) => info["role"] === "user");
  const answers = messages.filter(({ info }) => info["role"] === "assistant");
  const last = answers.at(-1);
  return {
    sent: sent.flatMap((message) => texts(message, ["text"])),
    said: answers.flatMap((message) =>
      texts(message, message === last ? ["reasoning"] : ["text", "reasoning"]),
    ),
    last: last === undefined ? "" : texts(last, ["text"]).join("\n"),
    outputs: answers.flatMap(({ parts }) => parts.flatMap((part) => endedCall(part)?.output ?? [])),
  };
}

/** The answers of the model, oldest first. */
export function readTurns(messages: MessageRecord[]): Turn[] {
  const texts = messages.filter(({ info }) => info["role"] === "user");
  const latestText = texts.at(-1)?.info["id"];
  const latestAsk = messages.findLastIndex((message) => markOf(message)?.kind === "ask");
  return messages.flatMap((message, at) =>
    message.info["role"] === "assistant"
      ? [
          {
            ...readTurn(message),
            isEarlier: at < latestAsk,
            // OpenCode itself stops when its last answer belongs to the last text.
            isFollowed: message.info["parentID"] !== latestText,
          },
        ]
      : [],
  );
}

function readTurn({ info, parts }: MessageRecord): Omit<Turn, "isEarlier" | "isFollowed"> {
  const text = parts.filter((part) => part["type"] === "text" && part["synthetic"] !== true);
  return {
    id: String(info["id"]),
    isCompleted: record(info["time"])["completed"] !== undefined,
    finish: finishOf(info),
    text: text.map((part) => String(part["text"] ?? "")).join("\n"),
    error: info["error"] === undefined || info["error"] === null ? null : troubleOf(info["error"]),
    usage: usageOf(info),
    calls: parts.flatMap((part) => endedCall(part) ?? []),
  };
}

/**
 * A message's reason to stop. OpenCode says `unknown` when the provider's stream just ended. A summary is
 * no step of the work: a session that does not fit even after it is summed up again and again, for ever.
 */
export function finishOf(info: Record<string, unknown>): string | null {
  if (info["summary"] === true) return SUMMARY;
  const finish = info["finish"];
  return typeof finish === "string" && finish !== "unknown" ? finish : null;
}

/** What a message cost. */
export function usageOf(info: Record<string, unknown>): Usage {
  const tokens = record(info["tokens"]);
  const cache = record(tokens["cache"]);
  return {
    input_tokens: count(tokens["input"]) + count(cache["write"]),
    output_tokens: count(tokens["output"]) + count(tokens["reasoning"]),
    cached_tokens: count(cache["read"]),
    cost_usd: amount(info["cost"]),
    steps: 1,
  };
}

/** The tool call of a part; `undefined` when it is none, or has not ended. */
export function endedCall(part: Record<string, unknown>): EndedCall | undefined {
  const { status, input, output, error } = record(part["state"]);
  if (part["type"] !== "tool" || (status !== "completed" && status !== "error")) return undefined;
  const tool = String(part["tool"]);
  // A call that the model got wrong is handed to a tool of this name, which always succeeds.
  const isError = status === "error" || tool === "invalid";
  const said = status === "error" ? error : output;
  const text = typeof said === "string" ? said : "";
  return { id: String(part["id"]), tool, input: input ?? {}, output: text, isError };
}

/** The core wants whole numbers; some providers send none, or nonsense. */
function count(value: unknown): number {
  return Math.max(0, Math.round(amount(value)));
}

function amount(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
