// Sessions of OpenCode 1.18.x.
import type { SessionId } from "../protocol.ts";
import type { Ask, CreateRequest, SendRequest, SessionPlace, Sessions, Turn } from "./host.ts";
import { HostError, troubleFrom } from "./host.ts";
import { PLUGIN } from "./names.ts";
import { record, request, troubleOf, type V1Client } from "./v1-client.ts";
import { finishOf, readAsk } from "./v1-events.ts";
import { openWorktree } from "./v1-worktree.ts";

interface MessageRecord {
  info: Record<string, unknown>;
  parts: Record<string, unknown>[];
}

export class V1Sessions implements Sessions {
  #client: V1Client;

  constructor(client: V1Client) {
    this.#client = client;
  }

  async create({ directory, parent, title, rules, purpose }: CreateRequest): Promise<SessionId> {
    if (directory !== null) await openWorktree(this.#client, directory);
    const body = { parentID: parent, title, permission: rules, metadata: { [PLUGIN]: purpose } };
    const created = await request<{ id: string }>(this.#client, "POST", "/session", {
      directory,
      body,
    });
    return created.id;
  }

  async send({ session, directory, agent, model, text }: SendRequest): Promise<void> {
    // The instance may have been restarted since, and would then have forgotten our agents.
    if (directory !== null) await openWorktree(this.#client, directory);
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
    await request(this.#client, "POST", "/session/{id}/prompt_async", {
      path: { id: session },
      directory,
      body: {
        agent,
        ...(model === null ? {} : { model: { providerID: model.provider, modelID: model.model } }),
        parts: [{ type: "text", text }],
      },
    });
  }

  async turns({ session, directory }: SessionPlace): Promise<Turn[]> {
    const path = { id: session };
    const messages = await request<MessageRecord[]>(this.#client, "GET", "/session/{id}/message", {
      path,
      directory,
    });
    return messages.filter(({ info }) => info["role"] === "assistant").map(readTurn);
  }

  async isBusy({ session, directory }: SessionPlace): Promise<boolean> {
    const all = await request<Record<string, unknown>>(this.#client, "GET", "/session/status", {
      directory,
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
    try {
      if (await this.isBusy(place)) await this.abort(place);
      await request(this.#client, "DELETE", "/session/{id}", { path: { id: session }, directory });
    } catch (error) {
      if (isMissing(error)) return { type: "gone" };
      // Whether it is gone all the same is looked up below.
    }
    try {
      await request(this.#client, "GET", "/session/{id}", { path: { id: session }, directory });
      return { type: "kept", reason: "OpenCode still has it after the deletion" };
    } catch (error) {
      return isMissing(error)
        ? { type: "gone" }
        : { type: "kept", reason: troubleFrom(error).message };
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

function isMissing(error: unknown): boolean {
  return error instanceof HostError && error.trouble.status === 404;
}

function readTurn({ info, parts }: MessageRecord): Turn {
  const tokens = record(info["tokens"]);
  const cache = record(tokens["cache"]);
  const text = parts.filter((part) => part["type"] === "text" && part["synthetic"] !== true);
  return {
    id: String(info["id"]),
    isCompleted: record(info["time"])["completed"] !== undefined,
    finish: finishOf(info),
    text: text.map((part) => String(part["text"] ?? "")).join("\n"),
    error: info["error"] === undefined || info["error"] === null ? null : troubleOf(info["error"]),
    usage: {
      input_tokens: count(tokens["input"]) + count(cache["write"]),
      output_tokens: count(tokens["output"]) + count(tokens["reasoning"]),
      cached_tokens: count(cache["read"]),
      cost_usd: amount(info["cost"]),
      steps: 1,
    },
  };
}

/** The core wants whole numbers; some providers send none, or nonsense. */
function count(value: unknown): number {
  return Math.max(0, Math.round(amount(value)));
}

function amount(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
