// Runs commands: one engine for a repository, open while a command is at work in it.
import { isLook } from "./core.ts";
import { show } from "./effects/chat.ts";
import { describeHolder } from "./holder.ts";
import { type ChatTurn, type GivenCommand, type Host, troubleFrom } from "./host/host.ts";
import { HeldError } from "./lock.ts";
import { OpenEngine, type Stage } from "./open-engine.ts";
import type { RepositoryPlace } from "./paths.ts";
import type { ChatOperation, Event, Setting } from "./protocol.ts";
import { within } from "./within.ts";

/** How long a command may wait for the one before it, which is being stopped. */
const STOP_MS = 20_000;

/** How long a command waits for another process that only looks, or is about to close the journal. */
const PATIENCE_MS = 2_000;
/** How long each step of an end in a hurry may take. */
const STEP_MS = 5_000;

/** A command that a person gave, and what its instance of the plugin knows. */
export interface Request {
  command: GivenCommand;
  setting: Setting;
  /** Where it was typed. */
  directory: string;
}

/** A command at work. */
interface Run {
  turn: ChatTurn;
  directory: string;
  /** It changes nothing. */
  isLook: boolean;
  /** The person does not want it any more. */
  isCancelled: boolean;
  ended: Promise<void>;
  end: () => void;
}

export class Conductor {
  readonly #host: Host;
  readonly #place: RepositoryPlace;
  /** By chat. */
  readonly #runs = new Map<string, Run>();
  #open: OpenEngine | null = null;
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
  async run(request: Request, turn: ChatTurn, cancel: AbortSignal | undefined): Promise<void> {
    const { chat, name } = request.command;
    const endings = this.#endings(request.command);
    if (endings.length > 0 && !(await within(STOP_MS, Promise.all(endings)))) {
      return turn.end("The command before this one is still being stopped. Try again in a moment.");
    }
    const run = startRun(request, turn, cancel?.aborted ?? false);
    this.#runs.set(chat, run);
    const onCancel = () => this.cancel(chat);
    cancel?.addEventListener("abort", onCancel, { once: true });
    try {
      await this.#work(run, request);
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

  /** The ends that a command waits for: its chat shows it as stopped a moment before it is. */
  #endings({ chat, name, arguments: words }: GivenCommand): Promise<void>[] {
    const changes = !isLook(name, words);
    const earlier = [...this.#runs].filter(
      ([of, run]) => of === chat || (changes && !run.isLook && run.isCancelled),
    );
    return earlier.map(([, { ended }]) => ended);
  }

  async #work(run: Run, { command, setting }: Request): Promise<void> {
    const { chat, name, arguments: words } = command;
    const given = { type: "command", chat, name, arguments: words, setting } as const;
    let engine: OpenEngine;
    try {
      engine = await this.#opened(name, run.isLook ? 0 : PATIENCE_MS);
    } catch (error) {
      if (error instanceof HeldError && run.isLook) return this.#lookAside(run, given, error);
      throw error;
    }
    if (this.#working() === run) await engine.announce(name);
    engine.dispatch(given);
    // It may have come before there was an engine to tell.
    if (run.isCancelled) engine.tell({ type: "cancelled", chat });
    await run.ended;
  }

  /** Answers from the journal of another process, which is at work. */
  async #lookAside(run: Run, given: Event, { holder }: HeldError): Promise<void> {
    run.turn.say(`${describeHolder(holder)}\n\n`);
    const engine = await OpenEngine.look(this.#host, this.#place, this.#stage());
    try {
      engine.dispatch(given);
      await run.ended;
      await engine.settled();
    } finally {
      await engine.close();
    }
  }

  /** Asks the command of a chat to stop. */
  cancel(chat: string): void {
    const run = this.#runs.get(chat);
    if (run) run.isCancelled = true;
    this.#open?.tell({ type: "cancelled", chat });
  }

  /**
   * Ends the commands of some chats because the process or their instance ends, the most important things
   * first: no more models are asked and no child runs, then what is known is written, then others may
   * have the journal. What takes too long is left: the next start puts it right.
   */
  async stop(chats: readonly string[]): Promise<void> {
    const runs = chats.flatMap((chat) => this.#runs.get(chat) ?? []);
    for (const chat of chats) this.cancel(chat);
    const isOver = await within(STEP_MS, Promise.all(runs.map(({ ended }) => ended)));
    // What else is at work here was given elsewhere and goes on.
    if ([...this.#runs.values()].some((run) => !runs.includes(run))) return;
    if (isOver && (await within(STEP_MS, this.quiet()))) return;
    await this.#abandon();
  }

  /** Resolves when nothing is under way any more and the journal is closed. */
  async quiet(): Promise<void> {
    await Promise.all([...this.#runs.values()].map(({ ended }) => ended));
    await this.#closeWhenQuiet();
  }

  async #opened(command: string, patience_ms: number): Promise<OpenEngine> {
    if (this.#open?.isBroken) await this.#closeWhenQuiet();
    const open = () =>
      OpenEngine.open(this.#host, this.#place, this.#stage(), command, patience_ms);
    const opening = this.#door.then(async () => (this.#open ??= await open()));
    this.#door = opening.catch(() => undefined);
    return opening;
  }

  #stage(): Stage {
    return {
      show: (operation) => this.#show(operation),
      isWaiting: () => this.#runs.size > 0,
      directory: () => this.#working()?.directory ?? this.#place.person_directory,
      failed: (message) => this.#fail(message),
    };
  }

  /** The command that changes something: of several, the engine has taken the first. */
  #working(): Run | undefined {
    return [...this.#runs.values()].find(({ isLook }) => !isLook);
  }

  #show(operation: ChatOperation): void {
    const run = this.#runs.get(operation.chat);
    show(run?.turn, operation);
    if (operation.type === "end") run?.end();
  }

  /** Ends every command with an error: the engine cannot go on. */
  #fail(message: string): void {
    this.#host.log("error", message);
    for (const { turn, end } of this.#runs.values()) {
      turn.end(message);
      end();
    }
  }

  /** Stops what is under way without waiting for its results, and gives the journal up. */
  async #abandon(): Promise<void> {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    open.abandon();
    // Nobody else ends them any more, and one without an end would keep its chat and the next journal.
    this.#fail("This command was stopped in a hurry. Give it again to go on from what was kept.");
    await within(STEP_MS, open.settled());
    await within(STEP_MS, open.close());
  }

  /** Closes the journal for others when no command is left and nothing is under way. */
  async #closeWhenQuiet(): Promise<void> {
    const open = this.#open;
    if (open === null) return;
    await open.settled();
    const closing = this.#door.then(async () => {
      const isInUse = this.#runs.size > 0 || open.isWorking;
      if (this.#open !== open || (isInUse && !open.isBroken)) return;
      this.#open = null;
      await open.close();
    });
    this.#door = closing.catch((error) =>
      this.#host.log("error", `closing: ${troubleFrom(error).message}`),
    );
    await this.#door;
  }
}

function startRun({ command, directory }: Request, turn: ChatTurn, isCancelled: boolean): Run {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const looks = isLook(command.name, command.arguments);
  return { turn, directory, isLook: looks, isCancelled, ended, end };
}
