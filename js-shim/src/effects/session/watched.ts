// A working session: what its events say, what a look at it says, and the clock. The events are hints;
// whatever they missed, a look makes up for.
import {
  type Ask as Asked,
  type EndedCall,
  type Host,
  type HostTrouble,
  type SessionEvent,
  type Turn,
  troubleFrom,
} from "../../host/host.ts";
import type { SessionId, SessionOperation, SessionSignal, Usage } from "../../protocol.ts";
import { callHash, touchedBy } from "./call.ts";

export type Ask = Extract<SessionOperation, { type: "ask" }>;
export type Signal = (session: SessionId, signal: SessionSignal) => void;

/** How often a working session is looked at, besides listening to its events. */
const LOOK_MS = 10_000;
/** The same, after something happened that may be its end. */
export const LOOK_SOON_MS = 150;
/** How many of the quick looks: the last message can be final 1.5 s after the host says `idle`. */
const LOOKS_SOON = 40;
/** How long an idle session may leave a text without an answer before that counts as its end. */
const START_MS = 30_000;

const DENIAL =
  "Nobody is here to allow this, and it is not part of your task. Go on without it, inside your working directory. " +
  "If the task is impossible without it, say so in your last message.";

export class Watched {
  /** The last error that was reported; the session may have got over it. */
  trouble: HostTrouble | null = null;
  #host: Host;
  #operation: Ask;
  #signal: Signal;
  /** What is looked for in what tools answer. */
  #words: ReadonlySet<string>;
  #unwatch: () => void = () => undefined;
  /** Answers and calls that were told already, by their ids. */
  #told = new Set<string>();
  #isReadBack = false;
  #isClosed = false;
  #denied = new Set<string>();
  #heard_ms = performance.now();
  #looksSoon = 0;
  #wake: () => void = () => undefined;

  constructor(host: Host, operation: Ask, signal: Signal) {
    this.#host = host;
    this.#operation = operation;
    this.#words = new Set(operation.focus?.words);
    this.#signal = signal;
  }

  /** Starts to listen. `earlier` are the answers that were there before. */
  async begin(earlier: Turn[]): Promise<void> {
    for (const { id, calls } of earlier)
      for (const known of [id, ...calls.map((call) => call.id)]) this.#told.add(known);
    this.#unwatch = await this.#host.watch(this.#operation.session, (event) => this.#hear(event));
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch();
  }

  /** Waits for the end, whichever it is. While `isNudged` the session has not settled. */
  async end(
    cancel: AbortSignal,
    news: () => Promise<Turn[]>,
    isNudged: () => boolean,
  ): Promise<"settled" | "cancelled" | "deadline" | "silent"> {
    const started_ms = performance.now();
    const { timeout_ms, silent_ms } = this.#operation;
    const onCancel = () => this.#wake();
    cancel.addEventListener("abort", onCancel);
    try {
      for (;;) {
        if (cancel.aborted) return "cancelled";
        const left_ms = started_ms + timeout_ms - performance.now();
        if (left_ms <= 0) return "deadline";
        const quiet_ms = this.#heard_ms + silent_ms - performance.now();
        if (quiet_ms <= 0) return "silent";
        await this.#sleep(
          Math.min(left_ms, quiet_ms, this.#looksSoon > 0 ? LOOK_SOON_MS : LOOK_MS),
        );
        if (cancel.aborted) continue;
        if ((await this.#isSettled(news)) && !isNudged()) return "settled";
      }
    } finally {
      cancel.removeEventListener("abort", onCancel);
    }
  }

  #hear(event: SessionEvent): void {
    this.#heard_ms = performance.now();
    switch (event.type) {
      case "turn":
        return this.#tellTurn(event.id, event.finish, event.usage);
      case "called":
        return this.#tellCall(event.call);
      case "retrying": {
        const { attempt, next_ms, message } = event;
        // A wait that was announced is no silence.
        this.#heard_ms += Math.max(0, next_ms - Date.now());
        return this.#signal(this.#operation.session, {
          type: "retrying",
          attempt,
          next_ms,
          message,
        });
      }
      case "asked":
        return this.#deny(event.session, event.ask);
      case "trouble":
        this.trouble = event.trouble;
        return this.#lookSoon();
      case "idle":
        return this.#lookSoon();
      case "sign":
        return;
    }
  }

  async #isSettled(news: () => Promise<Turn[]>): Promise<boolean> {
    // The quick looks come in dozens, and what they look for is only the end.
    const isQuick = this.#looksSoon > 0;
    this.#looksSoon = Math.max(0, this.#looksSoon - 1);
    // A look that fails decides nothing: the deadline stands.
    const isBusy = await this.#host.sessions.isBusy(this.#operation).catch(() => true);
    if (isBusy && isQuick) return false;
    if (isBusy) await this.#denyMissed();
    const turns = await news().catch(lookFailed);
    if (turns === null) return false;
    this.#tellMissed(turns);
    if (isBusy) return false;
    const last = turns.at(-1);
    if (last !== undefined && !last.isFollowed) return last.isCompleted;
    // A text without an answer: an error came first, the host drops it, or a start takes its time.
    const isOver = this.trouble !== null && this.#looksSoon === 0;
    return isOver || performance.now() - this.#heard_ms > START_MS;
  }

  #tellMissed(turns: Turn[]): void {
    for (const { id, isCompleted, finish, usage, calls } of turns) {
      for (const call of calls) this.#tellCall(call);
      if (isCompleted) this.#tellTurn(id, finish, usage);
    }
  }

  #tellTurn(id: string, finish: string | null, usage: Usage): void {
    this.#tellOnce(id, () => ({ type: "stepped", finish, usage }));
  }

  #tellCall(call: EndedCall): void {
    const { id, tool, input, isError } = call;
    this.#tellOnce(id, () => ({
      type: "called",
      tool,
      call: callHash(tool, input),
      is_error: isError,
      touched: touchedBy(call, this.#operation.directory, this.#words),
    }));
  }

  /** Once its agent is at work, the session shows what that was given to read. */
  async #readBack(): Promise<void> {
    if (this.#isReadBack) return;
    this.#isReadBack = true;
    const { session, text } = this.#operation;
    // What is missed here is read with the answer.
    const texts = await this.#host.sessions.texts(this.#operation, text).catch(() => null);
    if (texts !== null && !this.#isClosed) this.#signal(session, { type: "stored", texts });
  }

  #tellOnce(id: string, signal: () => SessionSignal): void {
    if (this.#told.has(id)) return;
    this.#told.add(id);
    this.#signal(this.#operation.session, signal());
    void this.#readBack();
  }

  /** An ask whose event got lost would wait for ever. */
  async #denyMissed(): Promise<void> {
    const asks = await this.#host.sessions.asks(this.#operation).catch(() => []);
    for (const ask of asks) this.#deny(this.#operation.session, ask);
  }

  #deny(asking: SessionId, asked: Asked): void {
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

/** A look that fails decides nothing, unless the person has deleted the session: no answer can come then. */
function lookFailed(error: unknown): null {
  if (troubleFrom(error).status === 404) throw error;
  return null;
}
