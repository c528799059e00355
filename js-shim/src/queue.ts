/** Runs jobs of the same key one after another, in the order they came. */
export class Queue {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `job` when all earlier jobs of `key` have ended, however they ended. */
  async run<T>(key: string, job: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(job);
    const tail = result.then(ignore, ignore);
    this.#tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}

function ignore(): void {}
