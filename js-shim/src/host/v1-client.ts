// Requests to OpenCode 1.18.x, through the client that it hands to the plugin. The typed methods of
// the SDK lack half of the routes and have no time-outs, so this goes one level below them.
import type { PluginInput } from "@opencode-ai/plugin";
import { clip } from "../output.ts";
import { HostError, type HostTrouble } from "./host.ts";

export type V1Client = PluginInput["client"];

interface RawResult {
  data?: unknown;
  error?: unknown;
  response?: { status: number };
}

/** What `client._client` can do. */
interface RawClient {
  request(options: Record<string, unknown>): Promise<RawResult>;
}

export interface RequestOptions {
  /** Replaces `{name}` in the path. */
  path?: Record<string, string>;
  /** The directory whose instance answers; none for the one that the plugin was started in. */
  directory?: string | null;
  query?: Record<string, string>;
  body?: unknown;
  timeout_ms?: number;
}

/** Opening a directory can take seconds on a loaded machine; a livelock is longer. */
const TIMEOUT_MS = 60_000;

/** A provider can answer with a page of any size; a reason needs less than this, in UTF-8 bytes. */
const MESSAGE_BYTES_MAX = 8 * 1024;

/** Sends a request and gives the answer's data. Rejects with a `HostError`. */
export async function request<T>(
  client: V1Client,
  method: "GET" | "POST" | "PATCH" | "DELETE",
  url: string,
  { path, directory, query, body, timeout_ms = TIMEOUT_MS }: RequestOptions = {},
): Promise<T> {
  const result = await limit(
    raw(client).request({
      method,
      url,
      path,
      query: { ...query, ...(directory ? { directory } : {}) },
      ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
    }),
    timeout_ms,
    `${method} ${url}`,
  );
  const status = result.response?.status ?? null;
  if (result.error !== undefined || (status !== null && status >= 400)) {
    throw new HostError({ ...troubleOf(result.error), status });
  }
  return result.data as T;
}

/** The host's events of all directories, as they come over the wire. */
export async function eventStream(client: V1Client): Promise<AsyncIterable<Uint8Array>> {
  const result = await limit(
    raw(client).request({ method: "GET", url: "/global/event", parseAs: "stream" }),
    TIMEOUT_MS,
    "GET /global/event",
  );
  if (!result.data) throw new HostError(troubleOf(result.error));
  return result.data as AsyncIterable<Uint8Array>;
}

/** Reads an error of the host, whatever its shape. */
export function troubleOf(error: unknown): HostTrouble {
  const { name, data, message } = record(error);
  const details = record(data);
  const status = details["statusCode"];
  const said = details["message"] ?? message;
  const text = typeof said === "string" && said !== "" ? said : describe(error);
  const code = codeOf(details["responseBody"]);
  return {
    name: typeof name === "string" && name !== "" ? name : "Error",
    status: typeof status === "number" ? status : null,
    message: clipped(code === null || text.includes(code) ? text : `${text} (${code})`),
  };
}

/** The provider's own word for an error, which tells a used-up quota from a moment of too much. */
function codeOf(body: unknown): string | null {
  try {
    const { code } = record(record(JSON.parse(String(body)))["error"]);
    return typeof code === "string" && code !== "" ? code : null;
  } catch {
    return null;
  }
}

/** As much of a message as anybody needs. */
export function clipped(message: string): string {
  return clip(message, MESSAGE_BYTES_MAX);
}

/** The value as an object to look into; empty when it is none. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function describe(error: unknown): string {
  if (typeof error === "string" && error !== "") return error;
  const text = JSON.stringify(error);
  return text === undefined || text === "{}" ? "OpenCode gave no reason" : text.slice(0, 500);
}

function raw(client: V1Client): RawClient {
  return (client as unknown as { _client: RawClient })._client;
}

async function limit<T>(work: Promise<T>, timeout_ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `OpenCode did not answer ${what} within ${timeout_ms / 1000} s`;
    timer = setTimeout(
      () => reject(new HostError({ name: "HostTimeout", status: null, message })),
      timeout_ms,
    );
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    if (error instanceof HostError) throw error;
    throw new HostError(troubleOf(error));
  } finally {
    clearTimeout(timer);
  }
}
