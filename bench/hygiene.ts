/** How well the rules for contexts tell clean ones from contaminated ones, and how fast they read. */
import { mkdirSync, writeFileSync } from "node:fs";
import { type BenchCorpus, loadBench, ROOT } from "./core.ts";
import { checkByKeywords, type Place } from "./keyword-rules.ts";
import { quantile, timed } from "./samples.ts";
import { heading, note, printTable } from "./table.ts";

interface Case {
  name: string;
  part: "tuned" | "held";
  origin: "spliced" | "adversarial";
  family: string;
  text: string;
  /** What was put in, in bytes. */
  spans: [number, number][];
  foreign: { kind: string; text: string }[];
}

/** A case with what one checker found in it, in bytes. */
interface Judged {
  given: Case;
  found: Place[];
}

const LONG_TEXT_BYTES = 10_000_000;
const ROUNDS = 15;

export async function measureHygiene(): Promise<void> {
  const bench = await loadBench();
  const corpus = new bench.BenchCorpus();
  const cases = readCases(corpus);
  writeCases(cases);
  const judged = (find: (index: number) => string) =>
    cases.map((given, index) => ({ given, found: JSON.parse(find(index)) as Place[] }));
  const ours = judged((index) => corpus.findings(index));
  const kept = judged((index) => corpus.findings_by_kept(index));
  const keywords = cases.map((given) => ({ given, found: inBytes(given.text) }));
  showQuality([
    ["the rules", ours],
    ["by what is kept", kept],
    ["keyword list", keywords],
  ]);
  showFamilies(ours, keywords);
  showSpeed(cases, bench);
}

function readCases(corpus: BenchCorpus): Case[] {
  const all: Case[] = [];
  for (let index = 0; index < corpus.count(); index += 1) {
    all.push(JSON.parse(corpus.case(index)) as Case);
  }
  return all;
}

/** For people who want to look at a case. */
function writeCases(cases: Case[]): void {
  const directory = new URL("target/hygiene/", ROOT);
  mkdirSync(directory, { recursive: true });
  const lines = cases.map((given) => JSON.stringify(given));
  writeFileSync(new URL("corpus.jsonl", directory), `${lines.join("\n")}\n`);
}

function inBytes(text: string): Place[] {
  const bytes = (units: number) => Buffer.byteLength(text.slice(0, units));
  return checkByKeywords(text).map(({ from, to }) => ({ from: bytes(from), to: bytes(to) }));
}

function showQuality(checkers: [string, Judged[]][]): void {
  heading(`Hygiene: ${checkers[0]?.[1].length ?? 0} labelled contexts`);
  const rows: string[][] = [];
  for (const part of ["tuned", "held"] as const) {
    for (const origin of ["spliced", "adversarial"] as const) {
      const some = ({ given }: Judged) => given.part === part && given.origin === origin;
      const what = `${part === "tuned" ? "tuned on" : "held out"}, ${origin}`;
      for (const [at, [checker, judged]] of checkers.entries()) {
        rows.push([at === 0 ? what : "", checker, ...figures(judged.filter(some))]);
      }
    }
  }
  printTable(["", "", "n", "precision", "recall", "span F1", "false positives"], rows);
  note("A contaminated context is found when a finding touches what was put in. Precision: of the");
  note("contexts with findings, those that were found. Span F1: bytes, without cases about size.");
  note(
    "By what is kept: the same rules when of sessions only the fingerprints are known that are kept",
  );
  note("of them, as in a run; the first row knows each foreign text in full.");
  note("Held out: other templates, domains, kinds of talk and tools than those used for tuning.");
  note("All cases are in target/hygiene/corpus.jsonl.");
}

function figures(judged: Judged[]): string[] {
  const dirty = judged.filter(({ given }) => given.spans.length > 0);
  const clean = judged.filter(({ given }) => given.spans.length === 0);
  const hits = dirty.filter(isFound).length;
  const alarms = clean.filter(({ found }) => found.length > 0).length;
  return [
    String(judged.length),
    ratio(hits, hits + alarms),
    ratio(hits, dirty.length),
    spanF1(judged.filter(({ given }) => given.family !== "size")).toFixed(3),
    percent(alarms, clean.length),
  ];
}

function isFound({ given, found }: Judged): boolean {
  return given.spans.some(([from, to]) =>
    found.some((place) => place.from < to && from < place.to),
  );
}

/** Over all bytes of all cases. */
function spanF1(judged: Judged[]): number {
  let both = 0;
  let labelled = 0;
  let marked = 0;
  for (const { given, found } of judged) {
    const size = Buffer.byteLength(given.text);
    const label = marks(
      size,
      given.spans.map(([from, to]) => ({ from, to })),
    );
    const mark = marks(size, found);
    for (let at = 0; at < size; at += 1) {
      both += (label[at] ?? 0) & (mark[at] ?? 0);
      labelled += label[at] ?? 0;
      marked += mark[at] ?? 0;
    }
  }
  return labelled + marked === 0 ? 1 : (2 * both) / (labelled + marked);
}

function marks(size: number, places: Place[]): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const { from, to } of places) bytes.fill(1, from, to);
  return bytes;
}

function showFamilies(ours: Judged[], keywords: Judged[]): void {
  heading("Hygiene: recall by what was put in, held out");
  const isDirty = ({ given }: Judged) => given.part === "held" && given.spans.length > 0;
  const families = new Set(ours.filter(isDirty).map(({ given }) => given.family));
  const rows = [...families].sort().map((family) => {
    const some = (judged: Judged) => isDirty(judged) && judged.given.family === family;
    const recall = (all: Judged[]) => ratio(all.filter(isFound).length, all.length);
    const own = ours.filter(some);
    return [family, String(own.length), recall(own), recall(keywords.filter(some))];
  });
  printTable(["", "n", "the rules", "keyword list"], rows);
  note(
    "Talk: of agents, from nowhere known; known talk and copy: the source is known to the rules.",
  );
}

function showSpeed(cases: Case[], bench: Awaited<ReturnType<typeof loadBench>>): void {
  heading("Hygiene: speed on 10 MB, through the WebAssembly boundary");
  const clean = cases.filter(({ spans, family }) => spans.length === 0 && family === "clean");
  // Nothing of it is in the clean texts, so that no rule fires.
  const attempts = cases.flatMap(({ foreign }) => foreign.filter(({ kind }) => kind === "attempt"));
  const foreign = attempts.slice(0, 40).map(({ text }) => text);
  const contexts = clean.map(({ text }) => text);
  // Sentences of contexts in which no rule needs a closer look: what a scan alone costs.
  const quiet = contexts.flatMap((text) => text.split("\n").filter(isQuiet));
  const rows = [
    ["contexts with traps", contexts],
    ["plain lines of contexts", quiet],
  ].map(([what, texts]) => {
    const text = repeated(texts as string[]);
    const held = new bench.BenchText(text, foreign.join("\n\n"));
    const own = times(() => held.verify());
    const plain = times(() => checkByKeywords(text).length);
    return [what as string, speed(own), speed(plain)];
  });
  printTable(["", "the rules, MB/s", "keyword list, MB/s"], rows);
}

/** A line of at least five words without first persons, quotes, marks or words of the past. */
function isQuiet(line: string): boolean {
  return (
    /^- [A-Z][\w ,]+$/.test(line) && line.length > 30 && !/\b(we|I|was|ed|attempt)\b/.test(line)
  );
}

function repeated(texts: string[]): string {
  const all = texts.join("\n");
  return all.repeat(Math.ceil(LONG_TEXT_BYTES / Buffer.byteLength(all)));
}

function times(run: () => number): number[] {
  run();
  return Array.from({ length: ROUNDS }, () => timed(run));
}

function speed(milliseconds: number[]): string {
  return Math.round(LONG_TEXT_BYTES / 1e3 / quantile(milliseconds, 0.5)).toLocaleString("en");
}

function ratio(part: number, all: number): string {
  return all === 0 ? "-" : (part / all).toFixed(3);
}

function percent(part: number, all: number): string {
  return `${((100 * part) / Math.max(all, 1)).toFixed(1)}%`;
}
