// Interrupts. `opencode run` and `opencode serve` end on them without telling their plugins.
import { killGroups } from "../process-group.ts";

/** What to run before the process ends, while there is something to put away. */
const cleanups = new Set<() => Promise<void>>();
let isEnding = false;

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof SIGNALS;

/** Runs `cleanup` when the process is told to end, until the result is called. */
export function onInterrupt(cleanup: () => Promise<void>): () => void {
  if (cleanups.size === 0) for (const name of Object.keys(SIGNALS)) process.on(name as Signal, end);
  const own = () => cleanup();
  cleanups.add(own);
  return () => {
    cleanups.delete(own);
    if (cleanups.size > 0 || isEnding) return;
    for (const name of Object.keys(SIGNALS)) process.off(name as Signal, end);
  };
}

function end(signal: Signal): void {
  // The second one is meant: go at once.
  if (isEnding) exit(signal);
  isEnding = true;
  void Promise.allSettled([...cleanups].map((cleanup) => cleanup())).then(() => exit(signal));
}

/** Leaves nothing running behind, however much was put away. */
function exit(signal: Signal): never {
  killGroups();
  process.exit(SIGNALS[signal]);
}
