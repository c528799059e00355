// What the rest of the shim needs of an OpenCode, in words of no particular generation of it.
// `v1.ts` speaks to 1.18.x. Another generation is another file like it, and nothing else changes.
import type {
  CommandName,
  Focus,
  FoundSession,
  ModelRef,
  Purpose,
  Rule,
  SessionId,
  Speech,
  StoredText,
  Usage,
} from "../protocol.ts";

/** A running OpenCode, seen from one directory. */
export interface Host {
  /** Which generation this is. */
  readonly kind: "v1";
  /** The directory that OpenCode was opened in. */
  readonly directory: string;
  readonly sessions: Sessions;
  /** Every model that can be used here. Rejects when the host does not answer. */
  models(): Promise<CatalogueModel[]>;
  /**
   * Calls `listener` for what happens in a session and in the sessions below it. Resolves with the way
   * to stop, as soon as nothing is missed any more.
   */
  watch(session: SessionId, listener: (event: SessionEvent) => void): Promise<() => void>;
  /** Writes to the host's log; never throws, never prints. */
  log(level: LogLevel, message: string, details?: Record<string, unknown>): void;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Sessions. Every method has a time-out and rejects with a `HostError`. */
export interface Sessions {
  create(request: CreateRequest): Promise<SessionId>;
  /** Hands a text over; the work goes on after this resolves. */
  send(request: SendRequest): Promise<void>;
  /** Says something to a session at work; resolves when it is sure to be read or the session is idle. */
  nudge(request: SendRequest): Promise<void>;
  /** Whether the host has the session. */
  exists(place: SessionPlace): Promise<boolean>;
  /** The sessions right below a chat that we made; none when there is no such chat. */
  below(chat: SessionId): Promise<FoundSession[]>;
  /** The answers of the model so far, oldest first. */
  turns(place: SessionPlace): Promise<Turn[]>;
  /** The texts it was sent, by whomever, oldest first; `asked` is what we asked last, when that is known. */
  texts(place: SessionPlace, asked: string | null): Promise<StoredText[]>;
  /** All that the session holds, by whose words they are. */
  speech(place: SessionPlace): Promise<Speech>;
  /** Whether the session works, or waits before it calls its provider again. */
  isBusy(place: SessionPlace): Promise<boolean>;
  /** Refuses everything that the session waits for, then stops it. */
  abort(place: SessionPlace): Promise<void>;
  /** What the session waits for that only a person could give. */
  asks(place: SessionPlace): Promise<Ask[]>;
  /** Refuses one ask, so that the session goes on without. */
  deny(place: SessionPlace, ask: Ask, message: string): Promise<void>;
  /** Deletes the session and looks whether it is gone. */
  remove(place: SessionPlace): Promise<{ type: "gone" } | { type: "kept"; reason: string }>;
}

/** A session and where it works; `null` is the person's checkout. */
export interface SessionPlace {
  session: SessionId;
  directory: string | null;
}

export interface CreateRequest {
  directory: string | null;
  parent: SessionId;
  title: string;
  rules: Rule[];
  purpose: Purpose;
}

export interface SendRequest extends SessionPlace {
  agent: string;
  model: ModelRef | null;
  text: string;
  /** What holds the session to its task when it grows long. */
  focus?: Focus | null;
}

/** The reason to stop of an answer that only sums the session up, because it grew too long. */
export const SUMMARY = "summary";

/** One answer of the model. */
export interface Turn {
  id: string;
  isCompleted: boolean;
  /** The provider's reason to stop, or `SUMMARY`; `null` when it gave none. */
  finish: string | null;
  text: string;
  error: HostTrouble | null;
  usage: Usage;
  /** The tool calls in it that ended. */
  calls: EndedCall[];
  /** It came before the latest text that was sent to be answered. */
  isEarlier: boolean;
  /** It does not answer the latest text, a nudge included. */
  isFollowed: boolean;
}

/** A tool call that ended, well or badly. */
export interface EndedCall {
  id: string;
  tool: string;
  input: unknown;
  /** What it answered; its error when it failed. */
  output: string;
  isError: boolean;
}

/** An error as the host tells it. */
export interface HostTrouble {
  name: string;
  status: number | null;
  message: string;
}

/** A request of the host that went wrong. */
export class HostError extends Error {
  readonly trouble: HostTrouble;

  constructor(trouble: HostTrouble) {
    super(trouble.message);
    this.name = trouble.name;
    this.trouble = trouble;
  }
}

/** What went wrong, from whatever was thrown. */
export function troubleFrom(error: unknown): HostTrouble {
  if (error instanceof HostError) return error.trouble;
  if (error instanceof Error) return { name: error.name, status: null, message: error.message };
  return { name: "Error", status: null, message: String(error) };
}

/** Something a session waits for that only a person could give. */
export interface Ask {
  id: string;
  kind: "permission" | "question";
  /** What it is about, in a few words. */
  what: string;
}

/** What happens in a session. Hints only: what counts is what the host says when it is asked. */
export type SessionEvent =
  /** Any sign of life. */
  | { type: "sign" }
  /** An answer ended. Comes more than once for the same answer. */
  | { type: "turn"; id: string; finish: string | null; usage: Usage }
  /** A tool call ended. Comes more than once for the same call. */
  | { type: "called"; call: EndedCall }
  /** The host waits before it calls the provider again. */
  | { type: "retrying"; attempt: number; next_ms: number; message: string }
  /** Something is asked that nobody will answer. */
  | { type: "asked"; session: SessionId; ask: Ask }
  /** An error was reported, which is not always the end. */
  | { type: "trouble"; trouble: HostTrouble }
  /** The host says that it has nothing more to do. */
  | { type: "idle" };

/** A model of the host's catalogue. */
export interface CatalogueModel {
  ref: ModelRef;
  input_usd: number;
  output_usd: number;
  context_tokens: number;
}

/** A command that a person gave, and where its answer goes. */
export interface GivenCommand {
  chat: SessionId;
  name: CommandName;
  /** As typed. */
  arguments: string;
}

/** The chat's turn that answers a command. No method throws, and none does anything after `end`. */
export interface ChatTurn {
  /** Some markdown. */
  say(text: string): void;
  /** A line for an agent at work. */
  open(entry: Entry): void;
  /** That line is done. */
  close(entry: number, isOk: boolean, text: string): void;
  /** The command is over: `error` says why it failed. */
  end(error: string | null): void;
}

/** An agent at work, as the chat shows it. */
export interface Entry {
  id: number;
  title: string;
  agent: string;
  session: SessionId;
}
