/**
 * Where a panic of the core goes. The build points the `console.error` of the generated glue here,
 * because a line on stderr would corrupt OpenCode's screen.
 */

const listeners = new Set<(text: string) => void>();

/** Tells of every panic; returns what ends that. */
export function onPanic(listener: (text: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Called by the core's glue, with the panic's message and stack. */
export function logPanic(text: unknown): void {
  for (const listener of listeners) listener(String(text));
}
