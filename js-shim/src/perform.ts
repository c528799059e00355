// Hands an effect to the handler of its room. The rooms are those of `src/effect/`.
import { performAudit } from "./effects/audit.ts";
import { performCatalogue } from "./effects/catalogue.ts";
import { performFile } from "./effects/file.ts";
import { performGit } from "./effects/git.ts";
import { performMachine } from "./effects/machine.ts";
import { performProcess } from "./effects/process.ts";
import { NO_USAGE } from "./effects/session/outcome.ts";
import { performSession } from "./effects/session.ts";
import { performTimer } from "./effects/timer.ts";
import { reach } from "./fault.ts";
import { type Host, troubleFrom } from "./host/host.ts";
import type { RepositoryPlace } from "./paths.ts";
import type { Effect, Event, Outcome } from "./protocol.ts";

/** What the handlers work on. */
export interface Context {
  host: Host;
  place: RepositoryPlace;
  /** Tells the engine what it did not ask for. */
  dispatch(event: Event): void;
}

/** Performs an effect that is answered. Never rejects: what nobody foresaw is an outcome too. */
export async function perform(
  context: Context,
  effect: Effect,
  cancel: AbortSignal,
): Promise<Outcome> {
  try {
    const moment = `${effect.kind}.${typeOf(effect)}`;
    reach(`before:${moment}`);
    const outcome = await performByKind(context, effect, cancel);
    reach(`after:${moment}`);
    return outcome;
  } catch (error) {
    context.host.log("error", `${effect.kind}: ${troubleFrom(error).message}`, {
      effect: effect.id,
    });
    return broken(effect, troubleFrom(error).message);
  }
}

async function performByKind(
  { host, place, dispatch }: Context,
  effect: Effect,
  cancel: AbortSignal,
): Promise<Outcome> {
  const { kind } = effect;
  switch (kind) {
    case "session": {
      const outcome = await performSession(host, effect.operation, cancel, (session, signal) =>
        dispatch({ type: "session", session, signal }),
      );
      return { kind, outcome };
    }
    case "git":
      return { kind, outcome: await performGit(place, effect.operation, cancel) };
    case "file":
      return { kind, outcome: await performFile(place, effect.operation, cancel) };
    case "process":
      return { kind, outcome: await performProcess(place, effect.operation, cancel) };
    case "timer":
      return { kind, outcome: await performTimer(place, effect.operation, cancel) };
    case "catalogue":
      return { kind, outcome: await performCatalogue(host, effect.operation) };
    case "machine":
      return { kind, outcome: await performMachine(effect.operation) };
    case "audit":
      return { kind, outcome: await performAudit(place, effect.operation) };
    case "chat":
    case "cancel":
      throw new Error("this effect has no answer");
  }
}

/** What is asked for, in its room. */
function typeOf(effect: Effect): string {
  return effect.kind === "cancel" ? "" : effect.operation.type;
}

function broken({ kind }: Effect, message: string): Outcome {
  switch (kind) {
    case "session": {
      const trouble = { type: "error", name: "HostError", status: null, message } as const;
      return { kind, outcome: { type: "failed", trouble, usage: NO_USAGE } };
    }
    case "git":
    case "file":
    case "process":
    case "catalogue":
    case "audit":
      return { kind, outcome: { type: "failed", message } };
    case "machine":
      return { kind, outcome: { type: "unknown" } };
    default:
      return { kind: "timer", outcome: { type: "aborted" } };
  }
}
