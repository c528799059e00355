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

interface Given {
  command: GivenCommand;
  /** What its message shows. */
  shown: string;
}

export class V1Runs {
  /** By chat: given, and without a message yet. */
  #given = new Map<string, Given[]>();
  /** By message. */
  #bound = new Map<string, Run>();

  /** A person gave a command, and its message will show this text. */
  given(command: GivenCommand, shown: string): void {
    const earlier = this.#given.get(command.chat) ?? [];
    this.#given.set(command.chat, [...earlier, { command, shown }].slice(-REMEMBERED_MAX));
  }

  /**
   * A message for our agent was written: it belongs to the oldest command that shows its text. Not every
   * command gets a message: another plugin may fail on it after us.
   */
  bind(chat: string, message: string, text: string): void {
    const waiting = this.#given.get(chat) ?? [];
    const found = waiting.find(({ shown }) => shown === text) ?? waiting[0];
    if (!found || this.#bound.has(message)) return;
    waiting.splice(waiting.indexOf(found), 1);
    this.#bound.set(message, { command: found.command, result: undefined });
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
