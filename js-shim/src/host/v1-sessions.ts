// Sessions of OpenCode 1.18.x.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { hub } from "../hub.ts";
import type { FoundSession, SessionId, Speech, StoredText } from "../protocol.ts";
import type { Ask, CreateRequest, SendRequest, SessionPlace, Sessions, Turn } from "./host.ts";
import { HostError, troubleFrom } from "./host.ts";
import { PLUGIN } from "./names.ts";
import { record, request, type V1Client } from "./v1-client.ts";
import { readAsk } from "./v1-events.ts";
import {
  type Kind,
  type MessageRecord,
  markOf,
  readSpeech,
  readTexts,
  readTurns,
  textPart,
} from "./v1-messages.ts";
import { openWorktree } from "./v1-worktree.ts";

/** A nudge is stored a moment after OpenCode took it: how often and how long to look for it. */
const STORED_LOOKS = 40;
const STORED_MS = 50;
/** The messages among which a nudge is looked for: the session goes on answering meanwhile. */
const STORED_AMONG = "8";

export class V1Sessions implements Sessions {
  #client: V1Client;
  /** The top level of the checkout, whose configuration holds in its worktrees. */
  #root: string;

  constructor(client: V1Client, root: string) {
    this.#client = client;
    this.#root = root;
  }

  async create({ directory, parent, title, rules, purpose }: CreateRequest): Promise<SessionId> {
    if (directory !== null) await openWorktree(this.#client, directory, this.#root);
    // The directory too: OpenCode has one for every session, the person's checkout included.
    const metadata = { [PLUGIN]: { ...purpose, directory } };
    const body = { parentID: parent, title, permission: rules, metadata };
    const created = await request<{ id: string }>(this.#client, "POST", "/session", {
      directory,
      body,
    });
    hub.sessions.add(created.id);
    return created.id;
  }

  async send(message: SendRequest): Promise<void> {
    const { session, agent, directory, focus } = message;
    // The instance may have been restarted since, and would then have forgotten our agents.
    if (directory !== null) await openWorktree(this.#client, directory, this.#root);
    // OpenCode takes a text for an agent that it does not have, and then nothing ever happens.
    const agents = await request<{ name: string }[]>(this.#client, "GET", "/agent", { directory });
    if (!agents.some(({ name }) => name === agent)) {
      const where = directory ?? "this project";
      throw new HostError({
        name: "NoAgent",
        status: null,
        message: `OpenCode has no agent ${agent} in ${where}`,
      });
    }
    if (focus) hub.kept.set(session, focus.keep);
    await this.#prompt(message, { kind: "ask" });
  }

  async nudge(message: SendRequest): Promise<void> {
    const mark = { kind: "nudge" as const, id: randomUUID() };
    await this.#prompt(message, mark);
    // Until it is stored the session could end without it, and would begin again for it.
    for (let look = 0; look < STORED_LOOKS; look += 1) {
      const latest = await this.#messages(message, { limit: STORED_AMONG });
      if (latest.map(markOf).some((found) => found?.kind === "nudge" && found.id === mark.id))
        return;
      await sleep(STORED_MS);
    }
    throw new HostError({
      name: "NotStored",
      status: null,
      message: "OpenCode accepted a text for a session at work and did not store it",
    });
  }

  async #prompt(
    { session, directory, agent, model, text }: SendRequest,
    kind: Kind,
  ): Promise<void> {
    await request(this.#client, "POST", "/session/{id}/prompt_async", {
      path: { id: session },
      directory,
      body: {
        agent,
        ...(model === null ? {} : { model: { providerID: model.provider, modelID: model.model } }),
        parts: [textPart(text, kind)],
      },
    });
  }

  async exists({ session, directory }: SessionPlace): Promise<boolean> {
    try {
      await request(this.#client, "GET", "/session/{id}", {
        path: { id: session },
        directory: opened(directory),
      });
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  async below(chat: SessionId): Promise<FoundSession[]> {
    try {
      const path = { id: chat };
      const url = "/session/{id}/children";
      const all = await request<Record<string, unknown>[]>(this.#client, "GET", url, { path });
      return all.flatMap((session) => readOurs(session) ?? []);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  async turns(place: SessionPlace): Promise<Turn[]> {
    return readTurns(await this.#messages(place));
  }

  async texts(place: SessionPlace, asked: string | null): Promise<StoredText[]> {
    return readTexts(await this.#messages(place), asked);
  }

  async speech(place: SessionPlace): Promise<Speech> {
    return readSpeech(await this.#messages(place));
  }

  #messages(
    { session, directory }: SessionPlace,
    query: Record<string, string> = {},
  ): Promise<MessageRecord[]> {
    const path = { id: session };
    const at = { path, directory: opened(directory), query };
    return request(this.#client, "GET", "/session/{id}/message", at);
  }

  async isBusy({ session, directory }: SessionPlace): Promise<boolean> {
    const all = await request<Record<string, unknown>>(this.#client, "GET", "/session/status", {
      directory: opened(directory),
    });
    const { type } = record(all[session]);
    return type !== undefined && type !== "idle";
  }

  async abort(place: SessionPlace): Promise<void> {
    // Open asks outlive the session, so they are answered first.
    const { session, directory } = place;
    const open = await this.asks(place);
    await Promise.all(open.map(({ id, kind }) => this.#refuse(id, kind, directory)));
    await request(this.#client, "POST", "/session/{id}/abort", {
      path: { id: session },
      directory,
    });
  }

  async asks({ session, directory }: SessionPlace): Promise<Ask[]> {
    const open = await Promise.all(
      (["permission", "question"] as const).map(async (kind) => {
        const all = await request<Record<string, unknown>[]>(this.#client, "GET", `/${kind}`, {
          directory,
        });
        return all.filter((ask) => ask["sessionID"] === session).map((ask) => readAsk(kind, ask));
      }),
    );
    return open.flat();
  }

  async deny({ directory }: SessionPlace, ask: Ask, message: string): Promise<void> {
    if (ask.kind === "question") return this.#rejectQuestion(ask.id, directory);
    // With a message the agent goes on, without one its turn is over.
    const body = { reply: "reject", message };
    await request(this.#client, "POST", "/permission/{id}/reply", {
      path: { id: ask.id },
      directory,
      body,
    });
  }

  async remove(place: SessionPlace): Promise<{ type: "gone" } | { type: "kept"; reason: string }> {
    const { session, directory } = place;
    hub.kept.delete(session);
    try {
      if (await this.isBusy(place)) await this.abort(place);
      await request(this.#client, "DELETE", "/session/{id}", {
        path: { id: session },
        directory: opened(directory),
      });
    } catch (error) {
      if (isMissing(error)) {
        hub.sessions.delete(session);
        return { type: "gone" };
      }
      // Whether it is gone all the same is looked up below.
    }
    try {
      if (!(await this.exists(place))) {
        hub.sessions.delete(session);
        return { type: "gone" };
      }
      return { type: "kept", reason: "OpenCode still has it after the deletion" };
    } catch (error) {
      return { type: "kept", reason: troubleFrom(error).message };
    }
  }

  async #refuse(id: string, kind: Ask["kind"], directory: string | null): Promise<void> {
    if (kind === "question") return this.#rejectQuestion(id, directory);
    const body = { reply: "reject" };
    await request(this.#client, "POST", "/permission/{id}/reply", {
      path: { id },
      directory,
      body,
    });
  }

  async #rejectQuestion(id: string, directory: string | null): Promise<void> {
    await request(this.#client, "POST", "/question/{id}/reject", {
      path: { id },
      directory,
      body: {},
    });
  }
}

/**
 * Where to ask about a session: in its worktree only when that was opened in this process. Elsewhere
 * nobody works on it, its messages are told everywhere, and opening a worktree only to look takes a second
 * and runs what an agent may have left there.
 */
function opened(directory: string | null): string | null {
  return directory !== null && hub.worktrees.has(directory) ? directory : null;
}

function isMissing(error: unknown): boolean {
  return error instanceof HostError && error.trouble.status === 404;
}

/** A session that we made, from what was kept with it; `undefined` for any other. */
function readOurs({ id, metadata }: Record<string, unknown>): FoundSession | undefined {
  const { agent, task, attempt, directory } = record(record(metadata)[PLUGIN]);
  if (typeof id !== "string" || typeof agent !== "string" || !Number.isSafeInteger(attempt)) {
    return undefined;
  }
  return {
    session: id,
    directory: typeof directory === "string" ? directory : null,
    purpose: {
      agent,
      task: typeof task === "string" ? task : null,
      attempt: Math.max(0, Number(attempt)),
    },
  };
}
