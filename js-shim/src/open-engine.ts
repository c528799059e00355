// The engine of a repository while its journal is open: what it is fed, what it asks for, how it ends.
import { setTimeout as sleep } from "node:timers/promises";
import { type CoreHost, createEngine, type Engine } from "./core.ts";
import { type Host, troubleFrom } from "./host/host.ts";
import { type Journal, lookAtJournal, openJournal } from "./open-journal.ts";
import { onPanic } from "./panic.ts";
import type { RepositoryPlace } from "./paths.ts";
import { perform } from "./perform.ts";
import type { ChatOperation, Effect, Event, Outcome } from "./protocol.ts";
import { within } from "./within.ts";

/** A working engine always has something under way. One that has not for so long is broken. */
const STUCK_MS = 15_000;
const STUCK_LOOK_MS = 1_000;
/** How long a broken engine's effects get to end. */
const SETTLE_MS = 20_000;
const SETTLE_LOOK_MS = 100;

/** Where an engine shows what it does. */
export interface Stage {
  show(operation: ChatOperation): void;
  /** Whether somebody waits for the engine. */
  isWaiting(): boolean;
  /** Where the command at work was typed. */
  directory(): string;
  /** The engine cannot go on. Told once. */
  failed(message: string): void;
}

export class OpenEngine {
  readonly #host: Host;
  readonly #place: RepositoryPlace;
  readonly #stage: Stage;
  readonly #journal: Journal;
  readonly #engine: Engine;
  readonly #cancels = new Map<number, AbortController>();
  /** Settles when the journal may be appended to. */
  #ready: Promise<void> = Promise.resolve();
  /** Effects and writes that are under way. */
  #workCount = 0;
  #idleSince_ms = performance.now();
  #isBroken = false;
  /** Ends what watches over it. */
  #rest: () => void = () => undefined;

  private constructor(host: Host, place: RepositoryPlace, stage: Stage, journal: Journal) {
    this.#host = host;
    this.#place = place;
    this.#stage = stage;
    this.#journal = journal;
    this.#engine = createEngine(this.#coreHost());
  }

  /** Opens the journal for this process alone and replays it, for a command. Rejects with a reason for the
   * person, with a `HeldError` when another process has the journal for longer than `patience_ms`. */
  static async open(
    host: Host,
    place: RepositoryPlace,
    stage: Stage,
    command: string,
    patience_ms: number,
  ): Promise<OpenEngine> {
    const journal = await openJournal(place, command, patience_ms);
    if (journal.keptHead !== null) {
      const text = `the journal is gone and was begun anew; the name of its last record is in ${journal.keptHead}`;
      host.log("warn", text);
    }
    return OpenEngine.#on(journal, host, place, stage);
  }

  /** Replays the journal that another process is writing, for commands that only look. Rejects with a
   * reason for the person. */
  static async look(host: Host, place: RepositoryPlace, stage: Stage): Promise<OpenEngine> {
    return OpenEngine.#on(await lookAtJournal(place), host, place, stage);
  }

  static async #on(
    journal: Journal,
    host: Host,
    place: RepositoryPlace,
    stage: Stage,
  ): Promise<OpenEngine> {
    try {
      const open = new OpenEngine(host, place, stage, journal);
      await open.#replay();
      return open;
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /** It failed and must not be used again. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  get isWorking(): boolean {
    return this.#workCount > 0;
  }

  /** Takes an event in. Throws when it is none. */
  dispatch(event: Event): void {
    // After a panic the core's memory is gone: no call may reach it.
    if (this.#isBroken) return;
    this.#idleSince_ms = performance.now();
    this.#engine.dispatch(event);
  }

  /** Takes an event in that cannot be refused. */
  tell(event: Event): void {
    try {
      this.dispatch(event);
    } catch (error) {
      this.#fail(troubleFrom(error).message);
    }
  }

  /** Says which command is at work, for those who are refused. */
  async announce(command: string): Promise<void> {
    await this.#journal.tell(command);
  }

  /** Resolves when nothing is under way. A broken engine does not tell: it gets a while. */
  async settled(): Promise<void> {
    if (!this.#isBroken) {
      const quiet = this.#engine.quiet();
      while (!this.#isBroken) if (await within(STUCK_LOOK_MS, quiet)) return;
    }
    const until_ms = performance.now() + SETTLE_MS;
    while (this.isWorking && performance.now() < until_ms) await sleep(SETTLE_LOOK_MS);
  }

  /** Stops everything, without a word to anybody. */
  abandon(): void {
    this.#isBroken = true;
    this.#rest();
    for (const cancel of this.#cancels.values()) cancel.abort();
  }

  /** Lets others have the journal. */
  async close(): Promise<void> {
    this.#rest();
    await this.#journal.close();
    if (!this.#isBroken) this.#engine.free();
  }

  async #replay(): Promise<void> {
    const unwatch = onPanic((text) => this.#fail(`a bug in multi-agent-coder: ${text}`));
    const watch = setInterval(() => this.#look(), STUCK_LOOK_MS);
    watch.unref();
    this.#rest = () => {
      clearInterval(watch);
      unwatch();
    };
    try {
      const { text, head, processes, isWritten } = this.#journal;
      if (isWritten) {
        const valid_bytes = this.#engine.open(text, head ?? undefined, processes);
        this.#ready = this.#journal.truncate(valid_bytes);
      } else this.#engine.look(text);
      await this.#ready;
    } catch (error) {
      this.#rest();
      this.#isBroken = true;
      throw error;
    }
  }

  #coreHost(): CoreHost {
    return {
      now: () => Date.now(),
      persist: (lines, head) =>
        this.#counted(async () => {
          await this.#ready;
          if (!this.#isBroken) await this.#journal.append(lines, head);
        }),
      perform: (effect) => this.#counted(() => this.#perform(effect)),
      cancel: (id) => this.#cancels.get(id)?.abort(),
      show: (operation) => {
        if (!this.#isBroken) this.#stage.show(operation);
      },
      halted: (reason) => this.#fail(reason),
    };
  }

  async #counted<T>(task: () => Promise<T>): Promise<T> {
    this.#workCount += 1;
    try {
      return await task();
    } finally {
      this.#workCount -= 1;
      this.#idleSince_ms = performance.now();
      // A core without an answer does nothing more, and after a panic it must not get one.
      if (this.#isBroken) await new Promise(() => undefined);
    }
  }

  async #perform(effect: Effect): Promise<Outcome> {
    const cancel = new AbortController();
    if (this.#isBroken) cancel.abort();
    this.#cancels.set(effect.id, cancel);
    const dispatch = (event: Event) => this.tell(event);
    const place = { ...this.#place, person_directory: this.#stage.directory() };
    const context = { host: this.#host, place, dispatch };
    const outcome = await perform(context, effect, cancel.signal);
    this.#cancels.delete(effect.id);
    return outcome;
  }

  #fail(message: string): void {
    if (this.#isBroken) return;
    this.abandon();
    this.#stage.failed(message);
  }

  #look(): void {
    const isIdle = !this.isWorking && performance.now() - this.#idleSince_ms >= STUCK_MS;
    if (!isIdle || !this.#stage.isWaiting()) return;
    this.#fail(
      "multi-agent-coder stopped without a result, which is a bug in it. Give the command again to go on.",
    );
  }
}
