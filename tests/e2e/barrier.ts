/** Proof of parallel work: nobody is answered before everybody has come. Where work is not parallel nobody
 * ever is, until the time of the command is over. */

/** A function that resolves once it was called `count` times. */
export function barrier(count: number): () => Promise<void> {
  let waiting: (() => void)[] = [];
  let arrived = 0;
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      arrived += 1;
      if (arrived < count) return;
      for (const release of waiting) release();
      waiting = [];
    });
}
