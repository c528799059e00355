/** The WebAssembly modules that are measured: the published core, and the one built for measuring. */
import { readFileSync } from "node:fs";
import { Core, type CoreHost, initSync } from "../js-shim/pkg/core.js";
import type { Graph } from "./graphs.ts";

/** `src/wasm/bench.rs` as JavaScript sees it. */
export interface BenchSchedule {
  ready(): number;
  next(): number | undefined;
  complete(index: number): void;
  free(): void;
}

/** `src/wasm/bench/hygiene.rs`: the labelled corpus, and a long text. */
export interface BenchCorpus {
  count(): number;
  case(index: number): string;
  findings(index: number): string;
  findings_by_kept(index: number): string;
}

export interface BenchText {
  verify(): number;
}

/** Compression as `src/wasm/bench.rs` gives it. */
export interface BenchCompression {
  /** The shorter text, or nothing when it is refused. */
  benchCompress(
    text: string,
    bytesMax: number,
    paths: string[],
    lines: Uint32Array,
  ): string | undefined;
  benchAtomsLost(original: string, shorter: string): number;
}

interface BenchModule extends BenchCompression {
  initSync(options: { module: Uint8Array }): void;
  BenchSchedule: new (
    hours: Float64Array,
    starts: Uint32Array,
    dependencies: Uint32Array,
  ) => BenchSchedule;
  BenchCorpus: new () => BenchCorpus;
  BenchText: new (text: string, foreign: string) => BenchText;
}

export const ROOT = new URL("../", import.meta.url);

/** The published core with a host. */
export function createCore(host: CoreHost): Core {
  initSync({ module: readFileSync(new URL("js-shim/pkg/core_bg.wasm", ROOT)) });
  return new Core(host, {});
}

/** Loads the module built for measuring. */
export async function loadCompression(): Promise<BenchCompression> {
  return await loadBench();
}

/** Loads the module built for measuring. */
export async function loadBench(): Promise<BenchModule> {
  const pkg = new URL("target/bench/pkg/", ROOT);
  const module = (await import(new URL("core.js", pkg).href)) as BenchModule;
  module.initSync({ module: readFileSync(new URL("core_bg.wasm", pkg)) });
  return module;
}

/** A maker of schedules. */
export async function loadSchedules(): Promise<(flat: FlatGraph) => BenchSchedule> {
  const module = await loadBench();
  return ({ hours, starts, dependencies }) => new module.BenchSchedule(hours, starts, dependencies);
}

/** A graph in typed arrays, as it crosses the boundary. */
export interface FlatGraph {
  hours: Float64Array;
  starts: Uint32Array;
  dependencies: Uint32Array;
}

export function flatten({ hours, dependencies }: Graph): FlatGraph {
  const starts = [0];
  for (const own of dependencies) starts.push((starts.at(-1) ?? 0) + own.length);
  return {
    hours: Float64Array.from(hours),
    starts: Uint32Array.from(starts),
    dependencies: Uint32Array.from(dependencies.flat()),
  };
}
