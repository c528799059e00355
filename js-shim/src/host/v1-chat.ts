// What a chat needs around a command: a title, tool parts that other models can bear, a model.
import type { ModelRef } from "../protocol.ts";
import { pause } from "../within.ts";
import { PLUGIN } from "./names.ts";
import { record, request, type V1Client } from "./v1-client.ts";

const TITLE_CHARACTERS_MAX = 60;
/** OpenCode's title for a chat that has none yet; a title of any other kind is the person's. */
const NO_TITLE = /^New session - \d{4}-\d{2}-\d{2}T/;
/** A chat's message is final a moment after the chat is idle. */
const FINAL_TRIES = 20;
const FINAL_MS = 150;

interface MessageRecord {
  info: Record<string, unknown>;
  parts: Record<string, unknown>[];
}

/** Names a chat after its first command, which also saves a request to the person's small model. */
export async function giveTitle(client: V1Client, chat: string, title: string): Promise<void> {
  const path = { id: chat };
  const timeout_ms = 5_000;
  const current = await request<{ title: string }>(client, "GET", "/session/{id}", {
    path,
    timeout_ms,
  });
  if (!NO_TITLE.test(current.title)) return;
  const line = title.replace(/\s+/g, " ").slice(0, TITLE_CHARACTERS_MAX);
  await request(client, "PATCH", "/session/{id}", { path, body: { title: line }, timeout_ms });
}

/** Unmarks our tool parts: marked ones are sent to other providers as calls without a result. */
export async function releaseToolParts(client: V1Client, chat: string): Promise<void> {
  for (let count = 0; count < FINAL_TRIES; count += 1) {
    const messages = await messagesOf(client, chat);
    const ours = messages.filter(({ info }) => info["providerID"] === PLUGIN);
    for (const { info, parts } of ours.filter(isFinal)) {
      for (const part of parts.filter(isMarked))
        await release(client, chat, String(info["id"]), part);
    }
    if (ours.every(isFinal)) return;
    await pause(FINAL_MS);
  }
}

/** The model that a chat used before, or else the one that OpenCode would choose. */
export async function usualModel(client: V1Client, chat: string): Promise<ModelRef | null> {
  const messages = await messagesOf(client, chat);
  for (const { info } of messages.toReversed()) {
    const { providerID, modelID } = record(info["model"] ?? info);
    if (typeof providerID === "string" && typeof modelID === "string" && providerID !== PLUGIN) {
      return { provider: providerID, model: modelID };
    }
  }
  const { providers, default: defaults } = await request<{
    providers: { id: string }[];
    default: Record<string, string>;
  }>(client, "GET", "/config/providers");
  const provider = providers.find(({ id }) => id !== PLUGIN && defaults[id] !== undefined)?.id;
  const model = defaults[provider ?? ""];
  return provider && model ? { provider, model } : null;
}

function messagesOf(client: V1Client, chat: string): Promise<MessageRecord[]> {
  return request(client, "GET", "/session/{id}/message", { path: { id: chat } });
}

function isFinal({ info }: MessageRecord): boolean {
  return record(info["time"])["completed"] !== undefined;
}

function isMarked(part: Record<string, unknown>): boolean {
  return part["type"] === "tool" && record(part["metadata"])["providerExecuted"] === true;
}

async function release(
  client: V1Client,
  chat: string,
  message: string,
  part: Record<string, unknown>,
): Promise<void> {
  const { providerExecuted: _, ...metadata } = record(part["metadata"]);
  const path = { id: chat, message, part: String(part["id"]) };
  await request(client, "PATCH", "/session/{id}/message/{message}/part/{part}", {
    path,
    body: { ...part, metadata },
  });
}
