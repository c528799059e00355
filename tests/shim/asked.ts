/** An ask of a session, and what a host without an OpenCode makes of it. */
import { performSession } from "../../js-shim/src/effects/session.ts";
import type { EndedCall, Turn } from "../../js-shim/src/host/host.ts";
import type {
  SessionOperation,
  SessionSignal,
  StoredText,
  Usage,
} from "../../js-shim/src/protocol.ts";
import type { FakeHost } from "./fake-host.ts";
import { never } from "./world.ts";

export const ASK: Extract<SessionOperation, { type: "ask" }> = {
  type: "ask",
  session: "s",
  directory: null,
  agent: "implementer",
  model: null,
  text: "Do it.",
  timeout_ms: 60_000,
  silent_ms: 60_000,
  hearing: "fingerprints",
};

export const CALL: EndedCall = {
  id: "c1",
  tool: "bash",
  input: { command: "ls", x: 1 },
  output: "a\nb\n",
  isError: false,
};
export const PLACE = { session: "s", directory: null };
export const USAGE: Usage = {
  input_tokens: 3,
  output_tokens: 2,
  cached_tokens: 0,
  cost_usd: 0.5,
  steps: 1,
};

export function turn(more: Partial<Turn> = {}): Turn {
  return {
    id: "t1",
    isCompleted: true,
    finish: "stop",
    text: "Done.",
    error: null,
    usage: USAGE,
    calls: [],
    isEarlier: false,
    isFollowed: false,
    ...more,
  };
}

export function perform(host: FakeHost, operation: SessionOperation, cancel = never) {
  const signals: SessionSignal[] = [];
  const readBack: StoredText[][] = [];
  const outcome = performSession(host, operation, cancel, (_, signal) => {
    if (signal.type === "stored") readBack.push(signal.texts);
    else signals.push(signal);
  });
  return { outcome, signals, readBack };
}
