// Runs commands: one engine for a repository, open while a command is at work in it.
import { show } from "./effects/chat.ts";
import { type ChatTurn, type GivenCommand, type Host, troubleFrom } from "./host/host.ts";
import { OpenEngine } from "./open-engine.ts";
import type { RepositoryPlace } from "./paths.ts";
import type { ChatOperation, Setting } from "./protocol.ts";
import { within } from "./within.ts";

/** How long a command may wait for the one before it in the same chat, which is being stopped. */
const STOP_MS = 20_000;

/** A command at work. */
interface Run {
  turn: ChatTurn;
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

  /** Whether it works at this place: a directory may have become a repository since. */
  isAt({ root, state }: RepositoryPlace): boolean {
    return this.#place.root === root && this.#place.state === state;
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
    const run = startRun(turn, cancel?.aborted ?? false);
    this.#runs.set(chat, run);
    const onCancel = () => this.cancel(chat);
    cancel?.addEventListener("abort", onCancel, { once: true });
    try {
      const engine = await this.#opened();
      engine.dispatch({ type: "command", chat, name, arguments: words, setting });
      // It may have come before there was an engine to tell.
      if (run.isCancelled) engine.tell({ type: "cancelled", chat });
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
    const run = this.#runs.get(chat);
    if (run) run.isCancelled = true;
    this.#open?.tell({ type: "cancelled", chat });
  }

  /** Resolves when nothing is under way any more and the journal is closed. */
  async quiet(): Promise<void> {
    await Promise.all([...this.#runs.values()].map(({ ended }) => ended));
    await this.#closeWhenQuiet();
  }

  async #opened(): Promise<OpenEngine> {
    if (this.#open?.isBroken) await this.#closeWhenQuiet();
    const stage = {
      show: (operation: ChatOperation) => this.#show(operation),
      isWaiting: () => this.#runs.size > 0,
      failed: (message: string) => this.#fail(message),
    };
    const opening = this.#door.then(
      async () => (this.#open ??= await OpenEngine.open(this.#host, this.#place, stage)),
    );
    this.#door = opening.catch(() => undefined);
    return opening;
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

function startRun(turn: ChatTurn, isCancelled: boolean): Run {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { turn, isCancelled, ended, end };
}
