// What is told of a session: its last word, and what it cost.
import type { HostTrouble, Turn } from "../../host/host.ts";
import { clip } from "../../output.ts";
import type { SessionOutcome, StoredText, Usage } from "../../protocol.ts";

/** The longest answer that is handed on, in UTF-8 bytes; the protocol says so. */
const TEXT_BYTES_MAX = 1024 * 1024;

export const NO_USAGE: Usage = {
  input_tokens: 0,
  output_tokens: 0,
  cached_tokens: 0,
  cost_usd: 0,
  steps: 0,
};

/** How a session ended whose last turn is this, and which texts it holds. */
export function ended(last: Turn, usage: Usage, stored: StoredText[]): SessionOutcome {
  if (last.error !== null) return failed(last.error, usage);
  return {
    type: "answered",
    text: clip(last.text, TEXT_BYTES_MAX),
    text_bytes: Buffer.byteLength(last.text),
    finish: last.finish,
    usage,
    stored,
  };
}

export function failed(
  { name, status, message }: HostTrouble,
  usage: Usage = NO_USAGE,
): SessionOutcome {
  return { type: "failed", trouble: { type: "error", name, status, message }, usage };
}

/** What turns cost together. */
export function sum(turns: Turn[]): Usage {
  return turns.reduce(
    (total, { usage }) => ({
      input_tokens: total.input_tokens + usage.input_tokens,
      output_tokens: total.output_tokens + usage.output_tokens,
      cached_tokens: total.cached_tokens + usage.cached_tokens,
      cost_usd: total.cost_usd + usage.cost_usd,
      steps: total.steps + usage.steps,
    }),
    NO_USAGE,
  );
}
