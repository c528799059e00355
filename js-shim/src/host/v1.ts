// OpenCode 1.18.x as a `Host`.
import { redacted } from "../core.ts";
import { hub } from "../hub.ts";
import type { CatalogueModel, Host, LogLevel, SessionEvent } from "./host.ts";
import { PLUGIN } from "./names.ts";
import { record, request, type V1Client } from "./v1-client.ts";
import { EventStream } from "./v1-events.ts";
import { V1Sessions } from "./v1-sessions.ts";

/** Entries kept until the instance can be talked to. */
const LOG_BACKLOG_MAX = 50;

export class V1Host implements Host {
  readonly kind = "v1";
  readonly directory: string;
  readonly sessions: V1Sessions;
  #client: V1Client;
  /** Entries from the time when the instance could not be talked to yet; `null` since it can. */
  #early: [LogLevel, string, Record<string, unknown> | undefined][] | null = [];

  /** `root` is the top level of the checkout that `directory` lies in. */
  constructor(client: V1Client, directory: string, root = directory) {
    this.#client = client;
    this.directory = directory;
    this.sessions = new V1Sessions(client, root);
  }

  async models(): Promise<CatalogueModel[]> {
    const { providers } = await request<{ providers: ProviderRecord[] }>(
      this.#client,
      "GET",
      "/config/providers",
    );
    return providers
      .filter(({ id }) => id !== PLUGIN)
      .flatMap(({ id, models }) =>
        Object.entries(models).map(([name, model]) => readModel(id, name, model)),
      );
  }

  async watch(session: string, listener: (event: SessionEvent) => void): Promise<() => void> {
    hub.events ??= new EventStream(this.#client);
    await hub.events.connected();
    return hub.events.watch(session, listener);
  }

  log(level: LogLevel, message: string, details?: Record<string, unknown>): void {
    if (this.#early !== null) {
      if (this.#early.length < LOG_BACKLOG_MAX) this.#early.push([level, message, details]);
      return;
    }
    const body = { service: PLUGIN, level, message: redacted(message), extra: details };
    // A log entry that is lost is nothing to trouble anyone with.
    request(this.#client, "POST", "/log", { body }).catch(() => undefined);
  }

  /** The instance is up: requests get answers from now on. */
  started(): void {
    const entries = this.#early ?? [];
    this.#early = null;
    for (const entry of entries) this.log(...entry);
  }
}

interface ProviderRecord {
  id: string;
  models: Record<string, unknown>;
}

function readModel(provider: string, name: string, model: unknown): CatalogueModel {
  const { cost, limit } = record(model);
  return {
    ref: { provider, model: name },
    input_usd: number(record(cost)["input"]),
    output_usd: number(record(cost)["output"]),
    context_tokens: Math.round(number(record(limit)["context"])),
  };
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
}
