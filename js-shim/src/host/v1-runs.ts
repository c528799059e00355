// Which command answers which turn. `command.execute.before` knows the command but not its message,
// `chat.message` knows the message, and the in-process model is told the message by a header.
import type { GivenCommand } from "./host.ts";

/** More than this are never waiting; the oldest are forgotten. */
const REMEMBERED_MAX = 200;

export interface Run {
  command: GivenCommand;
  /** How it ended; `undefined` while nobody has started it. */
  result: Promise<string | null> | undefined;
}

export class V1Runs {
  /** By chat: given, and without a message yet. */
  #given = new Map<string, GivenCommand[]>();
  /** By message. */
  #bound = new Map<string, Run>();

  /** A person gave a command. */
  given(command: GivenCommand): void {
    this.#given.set(command.chat, [...(this.#given.get(command.chat) ?? []), command]);
  }

  /** A message for our agent was written: it belongs to the oldest command that has none. */
  bind(chat: string, message: string): void {
    const command = this.#given.get(chat)?.shift();
    if (!command || this.#bound.has(message)) return;
    this.#bound.set(message, { command, result: undefined });
    for (const oldest of this.#bound.keys()) {
      if (this.#bound.size <= REMEMBERED_MAX) break;
      this.#bound.delete(oldest);
    }
  }

  /** The commands of a chat that nobody will start: OpenCode answers only the last of several messages. */
  takePassedOver(chat: string): GivenCommand[] {
    const passed = [...this.#bound].filter(
      ([, run]) => run.command.chat === chat && run.result === undefined,
    );
    for (const [message] of passed) this.#bound.delete(message);
    return passed.map(([, { command }]) => command);
  }

  /** The command of a message. The same message always has the same one: it must not run twice. */
  find(message: string): Run | undefined {
    return this.#bound.get(message);
  }
}
