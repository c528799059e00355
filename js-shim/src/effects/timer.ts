/** Performs `src/effect/timer.rs`: waiting. */

import type { RepositoryPlace } from "../paths.ts";
import type { TimerOperation, TimerOutcome } from "../protocol.ts";

/** The longest wait that `setTimeout` can do: 2^31 - 1 ms, about 24 days. */
const WAIT_MS_MAX = 2_147_483_647;

/** Waits, unless it is aborted first. Never rejects. */
export async function performTimer(
  _place: RepositoryPlace,
  operation: TimerOperation,
  signal: AbortSignal,
): Promise<TimerOutcome> {
  let left_ms = Math.max(0, operation.duration_ms);
  do {
    const wait_ms = Math.min(left_ms, WAIT_MS_MAX);
    if (!(await hasWaited(wait_ms, signal))) return { type: "aborted" };
    left_ms -= wait_ms;
  } while (left_ms > 0);
  return { type: "elapsed" };
}

function hasWaited(wait_ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve(true);
    }, wait_ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
