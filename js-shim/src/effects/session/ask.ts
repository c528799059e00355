// Asking a session and waiting for its last word, and speaking to it meanwhile.
import { fingerprints } from "../../core.ts";
import { type Host, type SessionPlace, type Turn, troubleFrom } from "../../host/host.ts";
import type {
  SessionId,
  SessionOperation,
  SessionOutcome,
  StoredText,
  Usage,
} from "../../protocol.ts";
import { pause, within } from "../../within.ts";
import { ended, failed, NO_USAGE, sum } from "./outcome.ts";
import { type Ask, LOOK_SOON_MS, type Signal, Watched } from "./watched.ts";

type Nudge = Extract<SessionOperation, { type: "nudge" }>;

/** How long a stopped session gets to settle, so that its usage is known. */
const STOP_MS = 5_000;

/** How long is waited for what a session holds: its end is told in any case. */
const LISTEN_MS = 5_000;

/** Sessions that are being nudged, and how often at once: none of them counts as settled. */
const nudging = new Map<SessionId, number>();

/** Sends a text and waits until the session has nothing more to do. */
export async function ask(
  host: Host,
  operation: Ask,
  cancel: AbortSignal,
  signal: Signal,
): Promise<SessionOutcome> {
  if (cancel.aborted) return { type: "aborted", usage: NO_USAGE };
  const watched = new Watched(host, operation, signal);
  try {
    const earlier = await host.sessions.turns(operation);
    const known = new Set(earlier.map(({ id }) => id));
    const news = async () =>
      (await host.sessions.turns(operation)).filter(({ id }) => !known.has(id));
    await watched.begin(earlier);
    if (cancel.aborted) return { type: "aborted", usage: NO_USAGE };
    await host.sessions.send(operation);
    const end = await watched.end(cancel, news, () => nudging.has(operation.session));
    if (end === "settled") {
      await listen(host, operation, signal);
      const turns = await news();
      const stored = await host.sessions.texts(operation, operation.text);
      return outcomeOf(operation, turns, stored, watched);
    }
    const usage = await stop(host, operation, news);
    await listen(host, operation, signal);
    if (end === "cancelled") return { type: "aborted", usage };
    return { type: "failed", trouble: { type: end }, usage };
  } catch (error) {
    await host.sessions.abort(operation).catch(() => undefined);
    return failed(troubleFrom(error));
  } finally {
    watched.close();
  }
}

async function listen(host: Host, operation: Ask, signal: Signal): Promise<void> {
  if (operation.hearing === "fingerprints") await overhear(host, operation, signal);
}

/** Tells what a session holds, as fingerprints. An end is an end without them, too. */
export async function overhear(host: Host, place: SessionPlace, signal: Signal): Promise<void> {
  await within(LISTEN_MS, tell(host, place, signal));
}

async function tell(host: Host, place: SessionPlace, signal: Signal): Promise<void> {
  try {
    const heard = fingerprints(await host.sessions.speech(place));
    if (heard !== undefined) signal(place.session, { type: "overheard", heard });
  } catch (error) {
    host.log("warn", `a session could not be listened to: ${troubleFrom(error).message}`);
  }
}

/** Says something to a session at work. One that is idle is left alone: it would begin again. */
export async function nudge(host: Host, operation: Nudge): Promise<SessionOutcome> {
  const { session } = operation;
  nudging.set(session, (nudging.get(session) ?? 0) + 1);
  try {
    // Looked up after it is marked: whoever finds it idle later finds the mark too, or our text.
    if (!(await host.sessions.isBusy(operation))) {
      const message = "the session is not at work, so it was told nothing";
      return failed({ name: "NotAtWork", status: null, message });
    }
    await host.sessions.nudge(operation);
    return { type: "nudged" };
  } catch (error) {
    return failed(troubleFrom(error));
  } finally {
    const left = (nudging.get(session) ?? 1) - 1;
    if (left > 0) nudging.set(session, left);
    else nudging.delete(session);
  }
}

/** Stops a session and waits a little until it has stopped. Gives what was spent. */
async function stop(host: Host, place: SessionPlace, news: () => Promise<Turn[]>): Promise<Usage> {
  let turns: Turn[] = [];
  let isInTime = true;
  const settle = async () => {
    await host.sessions
      .abort(place)
      .catch((error) => host.log("warn", `abort: ${troubleFrom(error).message}`));
    while (isInTime) {
      turns = await news().catch(() => turns);
      const isBusy = await host.sessions.isBusy(place).catch(() => false);
      if (!isBusy && turns.at(-1)?.isCompleted !== false) return;
      await pause(LOOK_SOON_MS);
    }
  };
  // A host that does not answer has a minute for each request; nobody waits for that here.
  isInTime = await within(STOP_MS, settle());
  return sum(turns);
}

function outcomeOf(
  { agent, model }: Ask,
  turns: Turn[],
  stored: StoredText[],
  { trouble }: Watched,
): SessionOutcome {
  const usage = sum(turns);
  const last = turns.at(-1);
  if (last !== undefined) return ended(last, usage, stored);
  const using = model === null ? agent : `${agent} with ${model.provider}/${model.model}`;
  const message = `OpenCode accepted a text for ${using} and never began to work on it; its log says why`;
  return failed(trouble ?? { name: "NoAnswer", status: null, message }, usage);
}
