// Sessions of the host: create, ask, remove.
import type { HostTrouble, SessionPlace, Turn } from "../host/host.ts";
import { type Host, troubleFrom } from "../host/host.ts";
import type {
  SessionId,
  SessionOperation,
  SessionOutcome,
  SessionSignal,
  Usage,
} from "../protocol.ts";

type Create = Extract<SessionOperation, { type: "create" }>;
type Ask = Extract<SessionOperation, { type: "ask" }>;
type Remove = Extract<SessionOperation, { type: "remove" }>;
type Signal = (session: SessionId, signal: SessionSignal) => void;

export const NO_USAGE: Usage = {
  input_tokens: 0,
  output_tokens: 0,
  cached_tokens: 0,
  cost_usd: 0,
  steps: 0,
};

/** How often a working session is looked at, besides listening to its events. */
const LOOK_MS = 10_000;
/** The same, after something happened that may be its end. */
const LOOK_SOON_MS = 150;
/** How many of the quick looks: the last message can be final 1.5 s after the host says `idle`. */
const LOOKS_SOON = 40;
/** How long a session that was sent a text may do nothing at all before that counts as an error. */
const START_MS = 30_000;
/** How long a stopped session gets to settle, so that its usage is known. */
const STOP_MS = 5_000;

const DENIAL =
  "Nobody is here to allow this, and it is not part of your task. Go on without it, inside your working directory. " +
  "If the task is impossible without it, say so in your last message.";

export async function performSession(
  host: Host,
  operation: SessionOperation,
  cancel: AbortSignal,
  signal: Signal,
): Promise<SessionOutcome> {
  switch (operation.type) {
    case "create":
      return create(host, operation, cancel);
    case "ask":
      return ask(host, operation, cancel, signal);
    case "remove":
      return remove(host, operation);
    case "nudge":
    case "recall":
    case "find":
      throw new Error("not yet");
  }
}

async function create(host: Host, operation: Create, cancel: AbortSignal): Promise<SessionOutcome> {
  if (cancel.aborted) return { type: "aborted", usage: NO_USAGE };
  try {
    return { type: "created", session: await host.sessions.create(operation) };
  } catch (error) {
    return failed(troubleFrom(error), NO_USAGE);
  }
}

async function remove(host: Host, operation: Remove): Promise<SessionOutcome> {
  try {
    const result = await host.sessions.remove(operation);
    return result.type === "gone" ? { type: "removed" } : result;
  } catch (error) {
    return { type: "kept", reason: troubleFrom(error).message };
  }
}

async function ask(
  host: Host,
  operation: Ask,
  cancel: AbortSignal,
  signal: Signal,
): Promise<SessionOutcome> {
  if (cancel.aborted) return { type: "aborted", usage: NO_USAGE };
  const watched = new Watched(host, operation, signal);
  try {
    const earlier = new Set((await host.sessions.turns(operation)).map(({ id }) => id));
    const news = async () =>
      (await host.sessions.turns(operation)).filter(({ id }) => !earlier.has(id));
    await watched.begin(earlier);
    if (cancel.aborted) return { type: "aborted", usage: NO_USAGE };
    await host.sessions.send(operation);
    const end = await watched.end(cancel, news);
    if (end === "settled") return outcomeOf(operation, await news(), watched.trouble);
    const usage = await stop(host, operation, news);
    if (end === "cancelled") return { type: "aborted", usage };
    return { type: "failed", trouble: { type: end }, usage };
  } catch (error) {
    await host.sessions.abort(operation).catch(() => undefined);
    return failed(troubleFrom(error), NO_USAGE);
  } finally {
    watched.close();
  }
}

/** Stops a session and waits a little until it has stopped. Gives what was spent. */
async function stop(host: Host, place: SessionPlace, news: () => Promise<Turn[]>): Promise<Usage> {
  const until = Date.now() + STOP_MS;
  await host.sessions
    .abort(place)
    .catch((error) => host.log("warn", `abort: ${troubleFrom(error).message}`));
  let turns: Turn[] = [];
  do {
    turns = await news().catch(() => turns);
    const isBusy = await host.sessions.isBusy(place).catch(() => false);
    if (!isBusy && turns.at(-1)?.isCompleted !== false) break;
    await pause(LOOK_SOON_MS);
  } while (Date.now() < until);
  return sum(turns);
}

function outcomeOf(
  { agent, model }: Ask,
  turns: Turn[],
  trouble: HostTrouble | null,
): SessionOutcome {
  const usage = sum(turns);
  const last = turns.at(-1);
  if (last === undefined) {
    const using = model === null ? agent : `${agent} with ${model.provider}/${model.model}`;
    const message = `OpenCode accepted a text for ${using} and never began to work on it; its log says why`;
    return failed(trouble ?? { name: "NoAnswer", status: null, message }, usage);
  }
  if (last.error !== null) return failed(last.error, usage);
  const text_bytes = Buffer.byteLength(last.text);
  return { type: "answered", text: last.text, text_bytes, finish: last.finish, usage };
}

function failed({ name, status, message }: HostTrouble, usage: Usage): SessionOutcome {
  return { type: "failed", trouble: { type: "error", name, status, message }, usage };
}

function sum(turns: Turn[]): Usage {
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

/** A working session: what its events say, and the clock. */
class Watched {
  /** The last error that was reported; the session may have got over it. */
  trouble: HostTrouble | null = null;
  #host: Host;
  #operation: Ask;
  #signal: Signal;
  #unwatch: () => void = () => undefined;
  #reported = new Set<string>();
  #denied = new Set<string>();
  #heard_ms = Date.now();
  #looksSoon = 0;
  #wake: () => void = () => undefined;

  constructor(host: Host, operation: Ask, signal: Signal) {
    this.#host = host;
    this.#operation = operation;
    this.#signal = signal;
  }

  /** Starts to listen. `earlier` are the answers that were there before. */
  async begin(earlier: Set<string>): Promise<void> {
    this.#reported = new Set(earlier);
    this.#unwatch = await this.#host.watch(this.#operation.session, (event) => {
      this.#heard_ms = Date.now();
      if (event.type === "turn") this.#turn(event.id, event.finish);
      if (event.type === "retrying") {
        const { attempt, next_ms, message } = event;
        this.#signal(this.#operation.session, { type: "retrying", attempt, next_ms, message });
      }
      if (event.type === "asked") this.#deny(event);
      if (event.type === "trouble") this.trouble = event.trouble;
      if (event.type === "idle" || event.type === "trouble") this.#lookSoon();
    });
  }

  close(): void {
    this.#unwatch();
  }

  /** Waits for the end, whichever it is. */
  async end(
    cancel: AbortSignal,
    news: () => Promise<Turn[]>,
  ): Promise<"settled" | "cancelled" | "deadline" | "silent"> {
    const started_ms = Date.now();
    const { timeout_ms, silent_ms } = this.#operation;
    const onCancel = () => this.#wake();
    cancel.addEventListener("abort", onCancel);
    try {
      for (;;) {
        if (cancel.aborted) return "cancelled";
        const left_ms = started_ms + timeout_ms - Date.now();
        if (left_ms <= 0) return "deadline";
        const quiet_ms = this.#heard_ms + silent_ms - Date.now();
        if (quiet_ms <= 0) return "silent";
        await this.#sleep(
          Math.min(left_ms, quiet_ms, this.#looksSoon > 0 ? LOOK_SOON_MS : LOOK_MS),
        );
        if (cancel.aborted) continue;
        if (await this.#isSettled(news, Date.now() - started_ms)) return "settled";
      }
    } finally {
      cancel.removeEventListener("abort", onCancel);
    }
  }

  async #isSettled(news: () => Promise<Turn[]>, waited_ms: number): Promise<boolean> {
    this.#looksSoon = Math.max(0, this.#looksSoon - 1);
    // A look that fails decides nothing: the deadline stands.
    const isBusy = await this.#host.sessions.isBusy(this.#operation).catch(() => true);
    if (isBusy) {
      await this.#denyMissed();
      return false;
    }
    const turns = await news().catch(() => null);
    if (turns === null) return false;
    for (const { id, isCompleted, finish } of turns) if (isCompleted) this.#turn(id, finish);
    const last = turns.at(-1);
    if (last !== undefined) return last.isCompleted;
    // Nothing at all: an error before the first answer, or a start that takes its time.
    return (this.trouble !== null && this.#looksSoon === 0) || waited_ms > START_MS;
  }

  #turn(id: string, finish: string | null): void {
    if (this.#reported.has(id)) return;
    this.#reported.add(id);
    this.#signal(this.#operation.session, { type: "stepped", finish, usage: NO_USAGE });
  }

  /** An ask whose event got lost would wait for ever. */
  async #denyMissed(): Promise<void> {
    // The quick looks come in dozens, and what they look for has no open ask.
    if (this.#looksSoon > 0) return;
    const asks = await this.#host.sessions.asks(this.#operation).catch(() => []);
    for (const ask of asks) this.#deny({ session: this.#operation.session, ask });
  }

  #deny({
    session: asking,
    ask: asked,
  }: {
    session: SessionId;
    ask: Parameters<Host["sessions"]["deny"]>[1];
  }): void {
    if (this.#denied.has(asked.id)) return;
    this.#denied.add(asked.id);
    const { session: own, directory } = this.#operation;
    this.#signal(own, { type: "denied", what: asked.what });
    this.#host.sessions.deny({ session: asking, directory }, asked, DENIAL).catch((error) => {
      this.#denied.delete(asked.id);
      this.#host.log("warn", `an ask could not be denied: ${troubleFrom(error).message}`);
    });
  }

  #lookSoon(): void {
    this.#looksSoon = LOOKS_SOON;
    this.#wake();
  }

  /** Resolves after `ms`, or when something happens that is worth a look. */
  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
