/** Answers of a provider in trouble, in the words that providers use. */
import type { Raw } from "./front.ts";

type Delta = Record<string, unknown>;

/** One event of a stream of answers. */
export function chunk(delta: Delta, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  const event = { id: "c-1", object: "chat.completion.chunk", created: 1, model: "m", choices };
  return `data: ${JSON.stringify(event)}\n\n`;
}

const DONE = "data: [DONE]\n\n";

function stream(pieces: string[], ending: Raw["ending"] = "end"): { raw: Raw } {
  return { raw: { pieces, ending } };
}

function refusal(status: number, error: object, headers: Record<string, string> = {}) {
  const pieces = [JSON.stringify({ error })];
  const all = { "content-type": "application/json", ...headers };
  return { raw: { status, headers: all, pieces, ending: "end" } satisfies Raw };
}

/** Too many requests. `retryAfter_s` is what the answer asks to wait. */
export function rateLimited(retryAfter_s?: number) {
  const message =
    "Rate limit reached for strong in organization org-1 on tokens per min (TPM): Limit 30000, Used 29500, Requested 1200.";
  const error = { message, type: "tokens", param: null, code: "rate_limit_exceeded" };
  return refusal(
    429,
    error,
    retryAfter_s === undefined ? {} : { "retry-after": String(retryAfter_s) },
  );
}

export const quotaExhausted = refusal(429, {
  message:
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs.",
  type: "insufficient_quota",
  param: null,
  code: "insufficient_quota",
});

export const serverError = refusal(500, {
  message: "The server had an error while processing your request. Sorry about that!",
  type: "server_error",
  param: null,
  code: null,
});

export const overloaded = refusal(529, {
  message: "Overloaded",
  type: "overloaded_error",
});

export const wrongKey = refusal(401, {
  message: "Incorrect API key provided: sk-none. You can find your API key in your account.",
  type: "invalid_request_error",
  param: null,
  code: "invalid_api_key",
});

export const noSuchModel = refusal(404, {
  message: "The model `strong` does not exist or you do not have access to it.",
  type: "invalid_request_error",
  param: null,
  code: "model_not_found",
});

export const contextOverflow = refusal(400, {
  message:
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 tokens. Please reduce the length of the messages.",
  type: "invalid_request_error",
  param: "messages",
  code: "context_length_exceeded",
});

const begun = [chunk({ role: "assistant", content: "" }), chunk({ content: "I begin to " })];

/** The stream says a few words and then nothing, for ever. */
export const silentStream = stream(begun, "hang");

/** The connection is lost in the middle of a stream. */
export const cutStream = stream(begun, "cut");

/** The stream ends as it should and gives no reason. */
export const unfinishedStream = stream([...begun, DONE]);

/** The stream holds what is no JSON. */
export const garbledStream = stream([...begun, "data: {nonsense\n\n", chunk({}, "stop"), DONE]);

export const contentFilter = stream([...begun, chunk({}, "content_filter"), DONE]);

export const cutOff = stream([...begun, chunk({}, "length"), DONE]);

/** An answer of so many bytes. */
export function longAnswer(bytes: number) {
  const piece = chunk({ content: "x".repeat(65_536) });
  const pieces = Array.from({ length: Math.ceil(bytes / 65_536) }, () => piece);
  return stream([...begun, ...pieces, chunk({}, "stop"), DONE]);
}

/** A call of a tool whose arguments may be nonsense. */
export function toolCall(name: string, text: string) {
  const call = { index: 0, id: "call-1", type: "function", function: { name, arguments: text } };
  return stream([chunk({ role: "assistant", tool_calls: [call] }), chunk({}, "tool_calls"), DONE]);
}
