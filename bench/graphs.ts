/** Task graphs: generated from a seed, or read from a file. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Random } from "./random.ts";

export interface Graph {
  name: string;
  /** How long each task takes. */
  hours: number[];
  /** The tasks that each one waits for. */
  dependencies: number[][];
}

/** Layers about as wide as they are many; a task waits for one to three tasks of the layer before, and
 * one in four also for some task further back. Dependencies have smaller indexes. */
export function layered(seed: number, count: number): Graph {
  const random = new Random(seed);
  const hours: number[] = [];
  const dependencies: number[][] = [];
  let before: readonly [number, number] = [0, 0];
  while (hours.length < count) {
    const from = hours.length;
    const width = random.whole(1, 2 * Math.ceil(Math.sqrt(count)));
    const to = Math.min(count, from + width);
    for (let index = from; index < to; index++) {
      const own = new Set<number>();
      if (from > 0) {
        const some = random.whole(1, 3);
        for (let nth = 0; nth < some; nth++) own.add(random.whole(before[0], before[1] - 1));
        if (random.next() < 0.25) own.add(random.whole(0, before[1] - 1));
      }
      dependencies.push([...own]);
      hours.push(Math.exp(random.normal() * 0.7));
    }
    before = [from, to];
  }
  return { name: `layered, seed ${seed}`, hours, dependencies };
}

/** Graphs from a file: one a line, `{name, dur, preds}`, gzipped or not. */
export function readGraphs(path: string): Graph[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { name, dur, preds } = JSON.parse(line);
      return { name, hours: dur, dependencies: preds };
    });
}
