/** Compression of bloated texts to a fifth, against cutting them off at the same size. What was
 * planted is looked for in the results by plain search, not by the compressor's own reading. */
import { type Bloated, bloat, SHAPES, type Shape } from "./bloat.ts";
import { type BenchCompression, loadCompression } from "./core.ts";
import { quantile } from "./samples.ts";
import { heading, note, printTable } from "./table.ts";

/** Texts of each shape. */
const TEXTS = 200;
/** A fifth is left. */
const SHARE = 0.2;

interface Result {
  bytes: number;
  left: number;
  ms: number;
  planted: number;
  kept: number;
  keptByCut: number;
  isRefused: boolean;
}

export async function measureCompression(): Promise<void> {
  const core = await loadCompression();
  heading(`Compression to ${SHARE * 100}% with everything that must be kept`);
  const results = SHAPES.map((shape) => ({
    shape,
    results: Array.from({ length: TEXTS }, (_, seed) => measure(core, bloat(seed, shape))),
  }));
  printTable(
    [
      "text",
      "n",
      "KB p50",
      "smaller p50",
      "least",
      "refused",
      "kept",
      "kept by a cut",
      "MB/s p50",
      "",
    ],
    results.map(({ shape, results }) => row(shape, results)),
  );
  note("smaller, kept: of the texts that were not refused; a refusal says what does not fit.");
  note("a cut: the first bytes of the text, as many as the compressed one takes.");
}

function measure(core: BenchCompression, { text, planted, files }: Bloated): Result {
  const bytes = Buffer.byteLength(text);
  const room = Math.floor(bytes * SHARE);
  const paths = [...files.keys()];
  const startedAt = performance.now();
  const short = core.benchCompress(text, room, paths, Uint32Array.from(files.values()));
  const ms = performance.now() - startedAt;
  const left = short === undefined ? room : Buffer.byteLength(short);
  const cut = Buffer.from(text).subarray(0, left).toString();
  return {
    bytes,
    left,
    ms,
    planted: planted.length,
    kept: short === undefined ? 0 : count(planted, short),
    keptByCut: count(planted, cut),
    isRefused: short === undefined,
  };
}

/** How many of the planted texts are in another one; line breaks count as spaces. */
function count(planted: string[], text: string): number {
  const flat = text.replace(/\s+/g, " ");
  return planted.filter((atom) => flat.includes(atom)).length;
}

function row(shape: Shape, results: Result[]): string[] {
  const done = results.filter((result) => !result.isRefused);
  const sum = (of: Result[], value: (result: Result) => number) =>
    of.reduce((total, result) => total + value(result), 0);
  const smaller = done.map(({ bytes, left }) => 1 - left / bytes);
  const share = (of: Result[], value: (result: Result) => number) =>
    of.length === 0 ? "–" : percent(sum(of, value) / sum(of, ({ planted }) => planted));
  return [
    shape,
    String(results.length),
    (
      quantile(
        results.map(({ bytes }) => bytes),
        0.5,
      ) / 1000
    ).toFixed(1),
    done.length === 0 ? "–" : percent(quantile(smaller, 0.5)),
    done.length === 0 ? "–" : percent(Math.min(...smaller)),
    String(results.length - done.length),
    share(done, ({ kept }) => kept),
    share(results, ({ keptByCut }) => keptByCut),
    quantile(
      results.map(({ bytes, ms }) => bytes / 1000 / ms),
      0.5,
    ).toFixed(1),
    "",
  ];
}

function percent(value: number): string {
  // 99.96% must not be shown as 100%.
  return `${(Math.floor(value * 1000) / 10).toFixed(1)}%`;
}
