// Sessions of the host: create, ask, nudge, recall, find, remove.
import { type Host, SUMMARY, troubleFrom } from "../host/host.ts";
import type { SessionOperation, SessionOutcome } from "../protocol.ts";
import { ask, nudge, overhear } from "./session/ask.ts";
import { ended, failed, NO_USAGE, sum } from "./session/outcome.ts";
import type { Signal } from "./session/watched.ts";

type Create = Extract<SessionOperation, { type: "create" }>;
type Recall = Extract<SessionOperation, { type: "recall" }>;
type Find = Extract<SessionOperation, { type: "find" }>;
type Remove = Extract<SessionOperation, { type: "remove" }>;

/** Reasons to stop after which there is more to come. */
const MORE_TO_COME = new Set(["tool-calls", SUMMARY]);
/** The host's name for the error of an answer that somebody stopped. */
const STOPPED = "MessageAbortedError";

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
    case "nudge":
      return nudge(host, operation);
    case "recall":
      return recall(host, operation, signal);
    case "find":
      return find(host, operation);
    case "remove":
      return remove(host, operation);
  }
}

async function create(host: Host, operation: Create, cancel: AbortSignal): Promise<SessionOutcome> {
  if (cancel.aborted) return { type: "aborted", usage: NO_USAGE };
  try {
    return { type: "created", session: await host.sessions.create(operation) };
  } catch (error) {
    return failed(troubleFrom(error));
  }
}

async function recall(host: Host, operation: Recall, signal: Signal): Promise<SessionOutcome> {
  try {
    if (!(await host.sessions.exists(operation))) return { type: "removed" };
    await overhear(host, operation, signal);
    // First whether it works: what is read after that is not overtaken by its end.
    const isBusy = await host.sessions.isBusy(operation);
    const turns = await host.sessions.turns(operation);
    const usage = sum(turns.filter(({ isEarlier }) => !isEarlier));
    const last = turns.at(-1);
    const isOver = !isBusy && last?.isCompleted && !last.isEarlier && !last.isFollowed;
    if (!isOver || last.error?.name === STOPPED) return { type: "unfinished", usage };
    const hasLastWord = last.finish !== null && !MORE_TO_COME.has(last.finish);
    if (!hasLastWord && last.error === null) return { type: "unfinished", usage };
    return ended(last, usage, await host.sessions.texts(operation, null));
  } catch (error) {
    return failed(troubleFrom(error));
  }
}

async function find(host: Host, { parents }: Find): Promise<SessionOutcome> {
  try {
    const found = await Promise.all(parents.map((parent) => host.sessions.below(parent)));
    return { type: "found", sessions: found.flat() };
  } catch (error) {
    return failed(troubleFrom(error));
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
