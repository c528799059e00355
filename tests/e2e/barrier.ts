/** Proof of parallel work: nobody is answered before everybody has come. */

/** A function that resolves with `true` once it was called `count` times, with `false` for everybody
 * who waited longer than `timeout_ms`. */
export function barrier(count: number, timeout_ms = 20_000): () => Promise<boolean> {
  let waiting: ((isMet: boolean) => void)[] = [];
  let arrived = 0;
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      arrived += 1;
      setTimeout(() => resolve(false), timeout_ms).unref();
      if (arrived < count) return;
      for (const release of waiting) release(true);
      waiting = [];
    });
}
