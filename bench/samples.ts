/** Samples of one thing, and how they are written. */

/** What was measured: the samples, and how one of them is written. */
export interface Measured {
  samples: number[];
  write: (value: number) => string;
}

/** The value that a share of the samples does not exceed (nearest rank). */
export function quantile(samples: number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function mean(samples: number[]): number {
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}

/** Durations in milliseconds. */
export const times = (samples: number[]): Measured => ({ samples, write: duration });

/** Sizes in bytes. */
export const sizes = (...samples: number[]): Measured => ({
  samples,
  write: (value) => `${Math.round(value).toLocaleString("en")} bytes`,
});

/** Plain numbers. */
export const ratios = (samples: number[]): Measured => ({
  samples,
  write: (value) => value.toFixed(2),
});

function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toPrecision(3)} s`;
  if (ms >= 1) return `${ms.toPrecision(3)} ms`;
  if (ms >= 0.001) return `${(ms * 1000).toPrecision(3)} µs`;
  return `${(ms * 1e6).toPrecision(3)} ns`;
}

/** Milliseconds that `work` took. */
export function timed(work: () => void): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}
