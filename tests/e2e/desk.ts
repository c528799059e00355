/** Sessions of the real OpenCode, worked on by the shim's own handlers over the server's address. */
import { createOpencodeClient } from "@opencode-ai/sdk";
import { performSession } from "../../js-shim/src/effects/session.ts";
import { V1Host } from "../../js-shim/src/host/v1.ts";
import { hub } from "../../js-shim/src/hub.ts";
import type {
  Purpose,
  Rule,
  SessionOperation,
  SessionOutcome,
  SessionSignal,
} from "../../js-shim/src/protocol.ts";
import type { Running } from "./host.ts";
import { type Server, serve } from "./serve.ts";
import type { World } from "./world.ts";

export const PURPOSE: Purpose = { agent: "implementer", task: "T01", attempt: 2 };
const ALL: Rule[] = [{ permission: "*", pattern: "*", action: "allow" }];

/** A server of OpenCode, and what the shim does with its sessions. */
export class Desk {
  /** By session: what was told of it while it was asked. */
  readonly signals = new Map<string, SessionSignal[]>();

  private constructor(
    readonly server: Server,
    private readonly host: V1Host,
    readonly running: Running,
  ) {}

  static async open(world: World): Promise<Desk> {
    const running = world.opencode(["serve", "--port", "0"], { timeout_ms: 170_000 });
    const { directory } = world.repository;
    const [, baseUrl = ""] = await running.printed(/listening on (http:\S+)/);
    const server = await serve(running, directory);
    const client = createOpencodeClient({ baseUrl, directory });
    // The stream of a server that was there before leads nowhere.
    hub.events = null;
    hub.worktrees.clear();
    return new Desk(server, new V1Host(client as never, directory), running);
  }

  perform(operation: SessionOperation): Promise<SessionOutcome> {
    return performSession(this.host, operation, new AbortController().signal, (session, signal) =>
      this.signals.set(session, [...(this.signals.get(session) ?? []), signal]),
    );
  }

  async create(parent: string, rules = ALL, directory: string | null = null): Promise<string> {
    const title = "T01: work";
    const created = await this.perform({
      type: "create",
      directory,
      parent,
      title,
      rules,
      purpose: PURPOSE,
    });
    if (created.type !== "created") throw new Error(JSON.stringify(created));
    return created.session;
  }

  ask(
    session: string,
    text: string,
    limits = { timeout_ms: 60_000, silent_ms: 60_000 },
    directory: string | null = null,
  ): Promise<SessionOutcome> {
    const hearing = "answer_only";
    return this.perform({ type: "ask", session, directory, ...AGENT, text, hearing, ...limits });
  }
}

export const AGENT = { agent: "implementer", model: null };

export function place(session: string) {
  return { session, directory: null };
}
