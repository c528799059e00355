// The one stream of events of all directories. The SDK's own `subscribe` does not work in-process,
// and a plugin's `event` hook hears its own directory only.
import { setTimeout as sleep } from "node:timers/promises";
import type { Ask, SessionEvent } from "./host.ts";
import { clipped, eventStream, record, troubleOf, type V1Client } from "./v1-client.ts";
import { endedCall, finishOf, usageOf } from "./v1-messages.ts";

/** How long to wait before the stream is opened again. */
const RECONNECT_MS = 500;
/** How long to wait for the first connection; work goes on without it, and takes longer. */
const CONNECT_MS = 5_000;

/** What counts when it happens below a watched session; all else is a sign of life. */
const COUNTED_BELOW = new Set<SessionEvent["type"]>(["asked", "retrying", "called"]);

type Listener = (event: SessionEvent) => void;

export class EventStream {
  #listeners = new Map<string, Set<Listener>>();
  /** By session: the session above it, for the sessions that were opened while this stream ran. */
  #parents = new Map<string, string>();

  #connected: Promise<void>;
  #isConnected: () => void = () => undefined;

  constructor(client: V1Client) {
    this.#connected = new Promise((resolve) => {
      this.#isConnected = resolve;
    });
    void this.#run(client);
  }

  /** Resolves when events come in for the first time, or will not for a while. */
  async connected(): Promise<void> {
    await Promise.race([this.#connected, sleep(CONNECT_MS, undefined, { ref: false })]);
  }

  /** Calls `listener` for the events of a session and of those below it. Returns the way to stop. */
  watch(session: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(session) ?? new Set();
    this.#listeners.set(session, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(session);
    };
  }

  async #run(client: V1Client): Promise<never> {
    // As long as the process: other chats may start commands at any time.
    for (;;) {
      try {
        for await (const event of frames(await eventStream(client))) {
          // The first frame is the greeting.
          this.#isConnected();
          this.#dispatch(event);
        }
      } catch {
        // Whoever waits for a session also looks at it from time to time: a gap costs time only.
      }
      await sleep(RECONNECT_MS, undefined, { ref: false });
    }
  }

  #dispatch(payload: Record<string, unknown>): void {
    const type = String(payload["type"]);
    const properties = record(payload["properties"]);
    const info = record(properties["info"]);
    const part = record(properties["part"]);
    const session = String(properties["sessionID"] ?? info["sessionID"] ?? part["sessionID"] ?? "");
    if (type === "session.created" && typeof info["parentID"] === "string") {
      this.#parents.set(String(info["id"]), info["parentID"]);
    }
    if (type === "session.deleted") this.#parents.delete(String(info["id"]));
    const own = this.#listeners.get(session);
    if (own) return send(own, read(type, properties, session));
    // A session below one of ours: its asks, calls and signs of life count, its turns do not.
    const above = this.#watchedAbove(session);
    if (!above) return;
    const event = read(type, properties, session);
    send(above, COUNTED_BELOW.has(event.type) ? event : { type: "sign" });
  }

  #watchedAbove(session: string): Set<Listener> | undefined {
    let parent = this.#parents.get(session);
    // Deeper nests than this do not exist.
    for (let depth = 0; parent !== undefined && depth < 8; depth += 1) {
      const listeners = this.#listeners.get(parent);
      if (listeners) return listeners;
      parent = this.#parents.get(parent);
    }
    return undefined;
  }
}

function send(listeners: Set<Listener>, event: SessionEvent): void {
  for (const listener of [...listeners]) listener(event);
}

function read(type: string, properties: Record<string, unknown>, session: string): SessionEvent {
  switch (type) {
    case "session.idle":
      return { type: "idle" };
    case "session.error":
      return { type: "trouble", trouble: troubleOf(properties["error"]) };
    case "session.status":
      return readStatus(record(properties["status"]));
    case "message.updated":
      return readMessage(record(properties["info"]));
    case "message.part.updated":
      return readPart(record(properties["part"]));
    case "permission.asked":
      return { type: "asked", session, ask: readAsk("permission", properties) };
    case "question.asked":
      return { type: "asked", session, ask: readAsk("question", properties) };
    default:
      return { type: "sign" };
  }
}

/** An open permission or question, in its event and in its list. */
export function readAsk(kind: Ask["kind"], properties: Record<string, unknown>): Ask {
  const id = String(properties["id"]);
  if (kind === "permission") {
    const patterns = properties["patterns"];
    const words = [properties["permission"], ...(Array.isArray(patterns) ? patterns : [])];
    return { id, kind, what: clipped(words.join(" ")) };
  }
  const questions = properties["questions"];
  const first = record(Array.isArray(questions) ? questions[0] : undefined);
  return { id, kind, what: `question: ${String(first["question"] ?? "")}`.slice(0, 200) };
}

function readStatus(status: Record<string, unknown>): SessionEvent {
  if (status["type"] !== "retry") return { type: "sign" };
  return {
    type: "retrying",
    attempt: wholeOr(status["attempt"], 1),
    next_ms: wholeOr(status["next"], Date.now()),
    message: clipped(String(status["message"] ?? "")),
  };
}

/** A count or a time; the core takes no other numbers. */
function wholeOr(value: unknown, other: number): number {
  const number = Math.round(Number(value ?? other));
  return Number.isSafeInteger(number) && number >= 0 ? number : other;
}

function readMessage(info: Record<string, unknown>): SessionEvent {
  const isDone = info["role"] === "assistant" && record(info["time"])["completed"] !== undefined;
  if (!isDone) return { type: "sign" };
  return { type: "turn", id: String(info["id"]), finish: finishOf(info), usage: usageOf(info) };
}

function readPart(part: Record<string, unknown>): SessionEvent {
  const call = endedCall(part);
  return call === undefined ? { type: "sign" } : { type: "called", call };
}

/** The payloads of a stream of server-sent events. */
async function* frames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Record<string, unknown>> {
  const decoder = new TextDecoder();
  let buffer = "";
  for await (const chunk of chunks) {
    buffer += decoder.decode(chunk, { stream: true });
    const blocks = buffer.split("\n\n");
    buffer = blocks.pop() ?? "";
    for (const block of blocks) {
      const line = block.split("\n").find((candidate) => candidate.startsWith("data: "));
      const frame = parse(line?.slice("data: ".length));
      yield record(frame["payload"] ?? frame);
    }
  }
}

function parse(text: string | undefined): Record<string, unknown> {
  try {
    return record(JSON.parse(text ?? "{}"));
  } catch {
    return {};
  }
}
