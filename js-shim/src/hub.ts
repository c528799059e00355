// What all instances of the plugin in this process share. OpenCode starts the plugin once for every
// directory it opens, and loads `provider.js` as a module of its own: only `globalThis` joins them.
import type { Conductor } from "./conductor.ts";
import type { EventStream } from "./host/v1-events.ts";

/** One part of the in-process model's answer, as the AI SDK wants it. */
export type StreamPart = Record<string, unknown> & { type: string };

/** Answers a chat's turn. Resolves when it is over, with the reason when it failed; never rejects. */
export type ServeTurn = (
  request: { chat: string; message: string },
  emit: (part: StreamPart) => void,
  signal: AbortSignal | undefined,
) => Promise<string | null>;

export interface Hub {
  /** By the repository's state and the checkout: instances in one checkout share theirs. */
  conductors: Map<string, Conductor>;
  /** By directory: the plugin instance that acts there. The last one started wins. */
  instances: Map<string, symbol>;
  /** By chat: who answers its turns. */
  turns: Map<string, ServeTurn>;
  /** Directories that sessions of ours work in; no instance conducts there. */
  worktrees: Set<string>;
  /** Sessions of ours: their requests are made small. */
  sessions: Set<string>;
  /** The one stream of the host's events. */
  events: EventStream | null;
  /** By the checkout's top level: what its worktrees' instances need of the configuration, as JSON. */
  worktreeConfigs: Map<string, string>;
  /** Agents of ours as they were put into a configuration: nothing that the person set. */
  installed: WeakSet<object>;
  /** By session: what OpenCode's own agent is to read when it sums that session up. */
  kept: Map<string, string>;
  /** One opening of a worktree's instance at a time. */
  opening: Promise<unknown>;
}

// Two versions of the package in one process must not share objects: the number counts changes of `Hub`.
const KEY = Symbol.for("multi-agent-coder/hub/5");

function create(): Hub {
  return {
    conductors: new Map(),
    instances: new Map(),
    turns: new Map(),
    worktrees: new Set(),
    sessions: new Set(),
    events: null,
    worktreeConfigs: new Map(),
    installed: new WeakSet(),
    kept: new Map(),
    opening: Promise.resolve(),
  };
}

const shared = globalThis as { [KEY]?: Hub };

shared[KEY] ??= create();
/** The hub of this process. */
export const hub: Hub = shared[KEY];
