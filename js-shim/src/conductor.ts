// Runs commands: one engine for a repository, open while a command is at work in it.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { VERSION } from "./built.ts";
import { type CoreHost, createEngine, type Engine } from "./core.ts";
import { show } from "./effects/chat.ts";
import type { ChatTurn, GivenCommand, Host } from "./host/host.ts";
import { troubleFrom } from "./host/host.ts";
import { JournalFile } from "./journal-file.ts";
import { acquireLock, type Release } from "./lock.ts";
import { endOrphans } from "./orphans.ts";
import { onPanic } from "./panic.ts";
import { childNotes, type RepositoryPlace } from "./paths.ts";
import { perform } from "./perform.ts";
import type { ChatOperation, Effect, Outcome, Setting } from "./protocol.ts";

/** How long a command may wait for the one before it in the same chat, which is being stopped. */
const STOP_MS = 20_000;
/** A working engine always has something under way. One that has not for so long is broken. */
const STUCK_MS = 15_000;
const STUCK_LOOK_MS = 1_000;
const SETTLE_LOOK_MS = 100;

/** A command at work. */
interface Run {
  turn: ChatTurn;
  ended: Promise<void>;
  end: () => void;
}

/** Where the engine's lines go. */
interface Journal {
  /** All of it, as it was when it was opened. */
  text: string;
  truncate(bytes: number): Promise<void>;
  append(lines: string): Promise<void>;
  close(): Promise<void>;
}

/** The engine of a repository while it is open. */
interface Open {
  engine: Engine;
  journal: Journal;
  /** Effects and writes that are under way. */
  work: { count: number; idleSince_ms: number };
  cancels: Map<number, AbortController>;
  /** Ends what watches over it. */
  rest: () => void;
  /** It failed and must not be used again. */
  isBroken: boolean;
}

export class Conductor {
  readonly #host: Host;
  readonly #place: RepositoryPlace;
  /** By chat. */
  readonly #runs = new Map<string, Run>();
  #open: Open | null = null;
  /** Opening and closing, one after the other. */
  #door: Promise<unknown> = Promise.resolve();

  constructor(host: Host, place: RepositoryPlace) {
    this.#host = host;
    this.#place = place;
  }

  /** The chats with a command at work. */
  get chats(): string[] {
    return [...this.#runs.keys()];
  }

  /** Runs a command to its end, which `turn` shows. Never rejects. */
  async run(
    { chat, name, arguments: words }: GivenCommand,
    setting: Setting,
    turn: ChatTurn,
    cancel: AbortSignal | undefined,
  ): Promise<void> {
    const earlier = this.#runs.get(chat);
    if (earlier && !(await within(STOP_MS, earlier.ended))) {
      return turn.end(
        "The command before this one in this chat is still being stopped. Try again in a moment.",
      );
    }
    const run = startRun(turn);
    this.#runs.set(chat, run);
    const onCancel = () => this.cancel(chat);
    try {
      const { engine, work } = await this.#opened();
      cancel?.addEventListener("abort", onCancel, { once: true });
      work.idleSince_ms = Date.now();
      engine.dispatch({ type: "command", chat, name, arguments: words, setting });
      if (cancel?.aborted) onCancel();
      await run.ended;
    } catch (error) {
      this.#host.log("error", `/${name}: ${troubleFrom(error).message}`);
      turn.end(troubleFrom(error).message);
    } finally {
      cancel?.removeEventListener("abort", onCancel);
      run.end();
      if (this.#runs.get(chat) === run) this.#runs.delete(chat);
      void this.#closeWhenQuiet();
    }
  }

  /** Asks the command of a chat to stop. */
  cancel(chat: string): void {
    try {
      this.#open?.engine.dispatch({ type: "cancelled", chat });
    } catch (error) {
      this.#fail(troubleFrom(error).message);
    }
  }

  /** Resolves when nothing is under way any more and the journal is closed. */
  async quiet(): Promise<void> {
    await Promise.all([...this.#runs.values()].map(({ ended }) => ended));
    await this.#closeWhenQuiet();
  }

  async #opened(): Promise<Open> {
    if (this.#open?.isBroken) await this.#closeWhenQuiet();
    const opening = this.#door.then(async () => (this.#open ??= await this.#start()));
    this.#door = opening.catch(() => undefined);
    return opening;
  }

  async #start(): Promise<Open> {
    const journal = await openJournal(this.#place);
    const cancels = new Map<number, AbortController>();
    const work = { count: 0, idleSince_ms: Date.now() };
    let isReady: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => {
      isReady = resolve;
    });
    try {
      const engine = createEngine(this.#coreHost(journal, cancels, work, ready));
      await journal.truncate(engine.open(journal.text, VERSION));
      isReady();
      const watch = setInterval(() => this.#look(work), STUCK_LOOK_MS);
      watch.unref();
      const unwatch = onPanic((text) => this.#fail(`a bug in multi-agent-coder: ${text}`));
      const rest = () => {
        clearInterval(watch);
        unwatch();
      };
      return { engine, journal, work, cancels, rest, isBroken: false };
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  #coreHost(
    journal: Journal,
    cancels: Map<number, AbortController>,
    work: Open["work"],
    ready: Promise<void>,
  ): CoreHost {
    const counted = async <T>(task: () => Promise<T>): Promise<T> => {
      work.count += 1;
      try {
        return await task();
      } finally {
        work.count -= 1;
        work.idleSince_ms = Date.now();
      }
    };
    return {
      now: () => Date.now(),
      persist: (lines) =>
        counted(async () => {
          await ready;
          await journal.append(lines);
        }),
      perform: (effect) => counted(() => this.#perform(effect, cancels)),
      cancel: (id) => cancels.get(id)?.abort(),
      show: (operation) => this.#show(operation),
      halted: (reason) => this.#fail(reason),
    };
  }

  async #perform(effect: Effect, cancels: Map<number, AbortController>): Promise<Outcome> {
    const cancel = new AbortController();
    cancels.set(effect.id, cancel);
    const context = { host: this.#host, place: this.#place, dispatch: this.#dispatch };
    const outcome = await perform(context, effect, cancel.signal);
    cancels.delete(effect.id);
    return outcome;
  }

  #dispatch = (event: Parameters<Engine["dispatch"]>[0]): void => {
    try {
      this.#open?.engine.dispatch(event);
    } catch (error) {
      this.#fail(troubleFrom(error).message);
    }
  };

  #show(operation: ChatOperation): void {
    const run = this.#runs.get(operation.chat);
    show(run?.turn, operation);
    if (operation.type === "end") run?.end();
  }

  /** Ends every command with an error: the engine cannot go on. */
  #fail(message: string): void {
    this.#host.log("error", message);
    if (this.#open) {
      this.#open.isBroken = true;
      this.#open.rest();
    }
    for (const { turn, end } of this.#runs.values()) {
      turn.end(message);
      end();
    }
    for (const cancel of this.#open?.cancels.values() ?? []) cancel.abort();
  }

  #look({ count, idleSince_ms }: Open["work"]): void {
    if (this.#runs.size === 0 || count > 0 || Date.now() - idleSince_ms < STUCK_MS) return;
    this.#fail(
      "multi-agent-coder stopped without a result, which is a bug in it. Give the command again to go on.",
    );
  }

  /** Closes the journal for others when no command is left and nothing is under way. */
  async #closeWhenQuiet(): Promise<void> {
    const open = this.#open;
    if (open === null) return;
    await settled(open);
    const closing = this.#door.then(async () => {
      const isInUse = this.#runs.size > 0 || open.work.count > 0;
      if (this.#open !== open || (isInUse && !open.isBroken)) return;
      this.#open = null;
      open.rest();
      await open.journal.close();
      open.engine.free();
    });
    this.#door = closing.catch((error) =>
      this.#host.log("error", `closing: ${troubleFrom(error).message}`),
    );
    await this.#door;
  }
}

/** Opens the journal for this process alone. Outside a repository nobody reads it again: it is kept nowhere. */
async function openJournal(place: RepositoryPlace): Promise<Journal> {
  const { common, state } = place;
  const nothing = () => Promise.resolve();
  if (common === null) return { text: "", truncate: nothing, append: nothing, close: nothing };
  const release: Release = await acquireLock(join(state, "journal.lock"));
  try {
    // Nobody else holds the lock, so what still runs belongs to a process that is gone.
    await endOrphans(childNotes(place));
    const { journal, text } = await JournalFile.open(join(state, "journal.jsonl"));
    const close = async () => {
      await journal.close();
      await release();
    };
    let last = Promise.resolve();
    const append = (lines: string) => {
      const written = last.then(() => journal.append(lines));
      last = written.catch(() => undefined);
      return written;
    };
    return { text, truncate: (bytes) => journal.truncate(bytes), append, close };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Resolves when an engine has nothing under way. A broken one does not tell: it gets a while. */
async function settled(open: Open): Promise<void> {
  const quiet = open.engine.quiet();
  while (!open.isBroken) if (await within(STUCK_LOOK_MS, quiet)) return;
  const until_ms = Date.now() + STOP_MS;
  while (open.work.count > 0 && Date.now() < until_ms) await sleep(SETTLE_LOOK_MS);
}

function startRun(turn: ChatTurn): Run {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { turn, ended, end };
}

/** Whether `work` is done within a time. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const isDone = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return isDone;
}
