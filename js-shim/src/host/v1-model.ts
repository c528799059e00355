// The in-process model: an AI SDK language model whose answer is a command of ours at work. OpenCode
// loads this as a bundle of its own; everything that knows something is on the other side of the hub.
import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3StreamPart,
} from "@ai-sdk/provider";
import { hub } from "../hub.ts";
import { CHAT_HEADER, MESSAGE_HEADER, PLUGIN } from "./names.ts";
import { unretryable } from "./v1-retry.ts";

const USAGE = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
};
/** Anything but `stop` makes OpenCode call the model again. */
const FINISH = {
  type: "finish",
  finishReason: { unified: "stop", raw: "stop" },
  usage: USAGE,
} as const;
const NOT_A_CHAT =
  "This model only runs the commands of multi-agent-coder, such as /plan and /implement. Choose another model to chat.";

export function conductorModel(modelId: string): LanguageModelV3 {
  return {
    specificationVersion: "v3",
    provider: PLUGIN,
    modelId,
    supportedUrls: {},
    doGenerate: async () => ({
      content: [{ type: "text", text: NOT_A_CHAT }],
      finishReason: FINISH.finishReason,
      usage: USAGE,
      warnings: [],
    }),
    doStream: async (options) => ({
      stream: new ReadableStream({ start: (controller) => answer(options, controller) }),
    }),
  };
}

async function answer(
  { headers, abortSignal }: LanguageModelV3CallOptions,
  controller: ReadableStreamDefaultController<LanguageModelV3StreamPart>,
): Promise<void> {
  const emit = (part: LanguageModelV3StreamPart) => {
    try {
      controller.enqueue(part);
    } catch {
      // The reader went away: the turn was aborted.
    }
  };
  emit({ type: "stream-start", warnings: [] });
  const error = await serve(headers, emit, abortSignal);
  if (error === null) emit(FINISH);
  else emit({ type: "error", error: new Error(unretryable(error)) });
  try {
    controller.close();
  } catch {
    // As above.
  }
}

async function serve(
  headers: LanguageModelV3CallOptions["headers"],
  emit: (part: LanguageModelV3StreamPart) => void,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const chat = headers?.[CHAT_HEADER];
  const message = headers?.[MESSAGE_HEADER];
  const turn = chat === undefined ? undefined : hub.turns.get(chat);
  if (chat !== undefined && message !== undefined && turn) {
    return turn({ chat, message }, (part) => emit(part as LanguageModelV3StreamPart), signal);
  }
  emit({ type: "text-start", id: "0" });
  emit({ type: "text-delta", id: "0", delta: NOT_A_CHAT });
  emit({ type: "text-end", id: "0" });
  return null;
}
