/** A host without an OpenCode, and the turns that its chats show. */

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
import type { CommandName, Setting } from "../../js-shim/src/protocol.ts";

export const SETTING: Setting = {
  options: null,
  model: { provider: "acme", model: "large" },
  small_model: null,
  agents: {},
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
  isBusy = false;
  #sessions = 0;

  readonly sessions: Sessions = {
    create: async () => {
      this.#sessions += 1;
      return `session-${this.#sessions}`;
    },
    send: async ({ text }) => void this.sent.push(text),
    nudge: async ({ text }) => void this.sent.push(text),
    exists: async () => true,
    below: async () => [],
    turns: async () => this.turns,
    isBusy: async () => this.isBusy,
    abort: async () => undefined,
    asks: async () => [],
    deny: async () => undefined,
    remove: async ({ session }: SessionPlace) => {
      this.removed.push(session);
      return { type: "gone" };
    },
  };

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
