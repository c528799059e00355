// A chat's turn as OpenCode 1.18 shows it: text parts, and a `task` line for every agent at work.
import type { StreamPart } from "../hub.ts";
import { pause, within } from "../within.ts";
import type { ChatTurn, Entry, Host } from "./host.ts";
import { troubleFrom } from "./host.ts";
import { record, request, type V1Client } from "./v1-client.ts";

/** The part of a line is written a moment after we emitted it. */
const FIND_TRIES = 40;
const FIND_MS = 50;
/** A line is not held open for longer than this only to link it. */
const LINK_MS = 3_000;

interface Line {
  callId: string;
  entry: Entry;
  /** Settles when the line is linked, or cannot be. */
  linked: Promise<void>;
}

interface ToolPart {
  id: string;
  messageID: string;
  callID?: string;
  state: Record<string, unknown>;
}

export class V1Turn implements ChatTurn {
  /** Resolves at the end, with the reason when the command failed. */
  readonly ended: Promise<string | null>;
  #host: Host;
  #client: V1Client;
  #chat: string;
  #emit: (part: StreamPart) => void;
  #end: (error: string | null) => void = () => undefined;
  #isOver = false;
  #count = 0;
  #lines = new Map<number, Line>();
  /** Lines that wait for their link before they close. */
  #closing = new Set<Promise<void>>();

  constructor(host: Host, client: V1Client, chat: string, emit: (part: StreamPart) => void) {
    this.#host = host;
    this.#client = client;
    this.#chat = chat;
    this.#emit = emit;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  say(text: string): void {
    if (this.#isOver || text === "") return;
    // A part of its own each time: `opencode run` prints a part when it ends.
    const id = `text-${this.#next()}`;
    this.#emit({ type: "text-start", id });
    this.#emit({ type: "text-delta", id, delta: text });
    this.#emit({ type: "text-end", id });
  }

  open(entry: Entry): void {
    if (this.#isOver || this.#lines.has(entry.id)) return;
    const callId = `${this.#chat}-${entry.id}-${this.#next()}`;
    // The prompt names the session, so that no two lines are equal: three would look like a doom loop.
    const input = {
      description: entry.title,
      subagent_type: entry.agent,
      prompt: `session ${entry.session}`,
    };
    this.#emit({
      type: "tool-call",
      toolCallId: callId,
      toolName: "task",
      input: JSON.stringify(input),
      providerExecuted: true,
      dynamic: true,
    });
    this.#lines.set(entry.id, { callId, entry, linked: this.#link(callId, entry) });
  }

  close(entry: number, isOk: boolean, text: string): void {
    const line = this.#lines.get(entry);
    if (!line || this.#isOver) return;
    this.#lines.delete(entry);
    // The link writes the whole part: it must not undo the result.
    const closed = line.linked.then(() => this.#result(line, isOk, text));
    this.#closing.add(closed);
    void closed.then(() => this.#closing.delete(closed));
  }

  end(error: string | null): void {
    if (this.#isOver) return;
    for (const entry of [...this.#lines.keys()]) this.close(entry, false, "stopped");
    this.#isOver = true;
    void Promise.all(this.#closing).then(() => this.#end(error));
  }

  #result({ callId, entry }: Line, isOk: boolean, text: string): void {
    const output = {
      title: entry.title,
      output: text,
      metadata: { sessionId: entry.session, parentSessionId: this.#chat },
    };
    this.#emit({
      type: "tool-result",
      toolCallId: callId,
      toolName: "task",
      result: isOk ? output : text,
      isError: !isOk,
      providerExecuted: true,
      dynamic: true,
    });
  }

  /** Adds the session to the line, so that it shows the session live and leads there. */
  async #link(callId: string, entry: Entry): Promise<void> {
    let isLate = false;
    const work = this.#find(callId).then(async (part) => {
      // Late, the line may be closed: the whole part would be written over its result.
      if (!part || isLate) return;
      const metadata = { sessionId: entry.session, parentSessionId: this.#chat };
      const body = { ...part, state: { ...part.state, title: entry.title, metadata } };
      const path = { id: this.#chat, message: part.messageID, part: part.id };
      await request(this.#client, "PATCH", "/session/{id}/message/{message}/part/{part}", {
        path,
        body,
      });
    });
    try {
      isLate = !(await within(LINK_MS, work));
    } catch (error) {
      this.#host.log("debug", `link: ${troubleFrom(error).message}`);
    }
  }

  async #find(callId: string): Promise<ToolPart | undefined> {
    for (let count = 0; count < FIND_TRIES && !this.#isOver; count += 1) {
      const path = { id: this.#chat };
      const query = { limit: "1" };
      const messages = await request<{ parts: ToolPart[] }[]>(
        this.#client,
        "GET",
        "/session/{id}/message",
        { path, query },
      );
      const part = messages.flatMap(({ parts }) => parts).find(({ callID }) => callID === callId);
      if (record(part?.state)["status"] === "running") return part;
      await pause(FIND_MS);
    }
    return undefined;
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }
}
