/** A host without an OpenCode, and the turns that its chats show. */

import { createHash } from "node:crypto";
import type {
  CatalogueModel,
  ChatTurn,
  Entry,
  GivenCommand,
  Host,
  SessionEvent,
  SessionPlace,
  Sessions,
  Turn,
} from "../../js-shim/src/host/host.ts";
import type { CommandName, Setting, Speech, StoredText } from "../../js-shim/src/protocol.ts";

export const SETTING: Setting = {
  options: null,
  model: { provider: "acme", model: "large" },
  small_model: null,
  agents: {},
  tool_rules: {},
  prompts: { hashes: {}, problems: [], notes: [] },
  seed: 1,
};

/** A host whose answers a test can replace. */
export class FakeHost implements Host {
  readonly kind = "v1";
  readonly directory = "/";
  readonly logged: string[] = [];
  readonly sent: string[] = [];
  readonly removed: string[] = [];
  listener: (event: SessionEvent) => void = () => undefined;
  turns: Turn[] = [];
  /** By session, what it was sent as the host has stored it. */
  readonly texts = new Map<string, StoredText[]>();
  speech: Speech = { sent: [], said: [], last: "", outputs: [] };
  isBusy = false;
  #sessions = 0;

  readonly sessions: Sessions = {
    create: async () => {
      this.#sessions += 1;
      return `session-${this.#sessions}`;
    },
    send: async (request) => this.#take(request),
    nudge: async (request) => this.#take(request),
    exists: async () => true,
    below: async () => [],
    turns: async () => this.turns,
    texts: async ({ session }) => this.texts.get(session) ?? [],
    speech: async () => this.speech,
    isBusy: async () => this.isBusy,
    abort: async () => undefined,
    asks: async () => [],
    deny: async () => undefined,
    remove: async ({ session }: SessionPlace) => {
      this.removed.push(session);
      return { type: "gone" };
    },
  };

  #take({ session, text }: { session: string; text: string }): void {
    this.sent.push(text);
    this.texts.set(session, [...(this.texts.get(session) ?? []), asSent(text)]);
  }

  async models(): Promise<CatalogueModel[]> {
    return [];
  }

  async watch(_: string, listener: (event: SessionEvent) => void): Promise<() => void> {
    this.listener = listener;
    return () => undefined;
  }

  log(level: string, message: string): void {
    this.logged.push(`${level}: ${message}`);
  }
}

/** A text of ours as a host has stored it with which nobody meddled. */
export function asSent(text: string): StoredText {
  const sha256 = createHash("sha256").update(text).digest("hex");
  const bytes = Buffer.byteLength(text);
  const part = { kind: "text", sha256, bytes, differs_at: bytes, excerpt: "" };
  return { origin: { type: "ours", sha256 }, parts: [part] };
}

/** What a chat showed. */
export class FakeTurn implements ChatTurn {
  readonly said: string[] = [];
  readonly ends: (string | null)[] = [];
  say(text: string): void {
    this.said.push(text);
  }
  open(_: Entry): void {}
  close(): void {}
  end(error: string | null): void {
    this.ends.push(error);
  }
}

export function given(name: CommandName, words = "", chat = "chat"): GivenCommand {
  return { chat, name, arguments: words };
}

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
