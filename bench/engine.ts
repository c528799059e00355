/** The engine behind the WebAssembly boundary: what an event costs, and what the journal costs. */

import { createHash } from "node:crypto";
import { NO_USAGE } from "../js-shim/src/effects/session/outcome.ts";
import type { Event } from "../js-shim/src/protocol.ts";
import { backlogFile, type ScriptedTask } from "../tests/e2e/links.ts";
import { createCore } from "./core.ts";
import { layered } from "./graphs.ts";
import { quantile, sizes, timed, times } from "./samples.ts";
import { CHAT, ScriptedHost, TEST, type Write } from "./scripted-host.ts";
import { heading, note, printRows, printTable, type Row } from "./table.ts";

const SEED = 7;
/** How many tasks a run has, and how often it is done. */
const RUNS = [
  { count: 100, rounds: 5 },
  { count: 1_000, rounds: 1 },
];
const JOURNAL_EVENTS = 100_000;
const JOURNAL_ROUNDS = 3;
/** Kinds of events that are listed by themselves. */
const KINDS_SHOWN = 8;
const FIRST_PREV = "0".repeat(16);

export async function measureEngine(): Promise<void> {
  heading("Engine: /implement with answers at once, through the WebAssembly boundary, an event");
  const rows: Row[] = [];
  const live: Live[] = [];
  for (const { count, rounds } of RUNS) {
    const runs: Live[] = [];
    for (let round = 0; round < rounds; round++) runs.push(await implement(count));
    live.push(...runs.slice(-1));
    rows.push(...rowsOf(count, runs));
  }
  printRows(rows);
  note(
    "An event: its value crosses into the core, is journalled and stepped, its effects cross out.",
  );
  note(
    "The baseline is the text alone that a program would write which saves all its tasks at each event.",
  );
  for (const run of live) printKinds(run);
  await measureJournal();
}

/** A run that was done. */
interface Live {
  tasks: ScriptedTask[];
  writes: Write[];
  duration_ms: number;
  effects: number;
}

/** `/implement` from its first event to its last. */
async function implement(count: number): Promise<Live> {
  const tasks = scriptedTasks(count);
  const host = new ScriptedHost(backlogFile(tasks, "bench"));
  const core = createCore(host);
  host.serve(core);
  core.open("", undefined, 0);
  const options = { gates: { test: TEST, lint: "npm run lint", typecheck: false } };
  const model = { provider: "scripted", model: "strong" };
  const prompts = { hashes: {}, problems: [], notes: [] };
  const setting = {
    options,
    model,
    small_model: null,
    agents: {},
    tool_rules: {},
    prompts,
    seed: 1,
  };
  const startedAt = performance.now();
  core.dispatch({ type: "command", chat: CHAT, name: "implement", arguments: "", setting });
  const error = await host.ended;
  await core.quiet();
  const duration_ms = performance.now() - startedAt;
  core.free();
  if (error !== null) throw new Error(`the scripted run failed: ${error.slice(0, 500)}`);
  return { tasks, writes: host.writes, duration_ms, effects: host.effects };
}

function rowsOf(count: number, runs: Live[]): Row[] {
  const [run] = runs;
  if (run === undefined) return [];
  const size = `${count.toLocaleString("en")} tasks`;
  const events = run.writes.reduce((sum, { lines }) => sum + eventsIn(lines), 0);
  const journal = run.writes.map(({ lines }) => lines).join("");
  const saves = Array.from({ length: 20 }, () => timed(() => JSON.stringify(run.tasks)));
  const replays = Array.from({ length: 3 }, () => replay(journal) / events);
  return [
    {
      what: `${size}: live, by writes of the journal`,
      ...times(runs.flatMap(({ writes }) => costs(writes).map(({ each_ms }) => each_ms))),
      baseline: { name: "JSON.stringify of all tasks", ...times(saves) },
    },
    {
      what: `${size}: live, mean of ${events.toLocaleString("en")} events, ${run.effects.toLocaleString("en")} effects`,
      ...times(runs.map(({ duration_ms }) => duration_ms / events)),
    },
    { what: `${size}: replay of the journal`, ...times(replays) },
    { what: `${size}: journal, an event`, ...sizes(journal.length / events) },
  ];
}

/** What each write of the journal and the steps after it took, up to the next one. */
function costs(writes: Write[]): { lines: string; each_ms: number; all_ms: number }[] {
  return writes.slice(0, -1).map(({ at_ms, lines }, nth) => {
    const all_ms = (writes[nth + 1]?.at_ms ?? at_ms) - at_ms;
    return { lines, all_ms, each_ms: all_ms / eventsIn(lines) };
  });
}

/** Which kinds of events the time goes to. Events that shared a write share its time. */
function printKinds({ tasks, writes, duration_ms }: Live): void {
  const kinds = new Map<string, number[]>();
  for (const { lines, each_ms } of costs(writes)) {
    for (const line of lines.trimEnd().split("\n")) {
      const kind = kindOf(JSON.parse(line).event);
      kinds.set(kind, [...(kinds.get(kind) ?? []), each_ms]);
    }
  }
  const total = (samples: number[]) => samples.reduce((sum, sample) => sum + sample, 0);
  const dearest = [...kinds].sort((a, b) => total(b[1]) - total(a[1])).slice(0, KINDS_SHOWN);
  const { write } = times([]);
  console.log(
    `\n   Where the time of ${tasks.length.toLocaleString("en")} tasks goes (${write(duration_ms)}):\n`,
  );
  printTable(
    ["event", "n", "p50", "p95", "share", ""],
    dearest.map(([kind, samples]) => [
      kind,
      String(samples.length),
      write(quantile(samples, 0.5)),
      write(quantile(samples, 0.95)),
      `${Math.round((100 * total(samples)) / duration_ms)} %`,
      "",
    ]),
  );
}

function kindOf(event: Event): string {
  if (event.type === "resolved") return `${event.outcome.kind} ${event.outcome.outcome.type}`;
  return event.type === "session" ? `session ${event.signal.type}` : event.type;
}

function eventsIn(lines: string): number {
  let count = 0;
  for (let at = lines.indexOf("\n"); at >= 0; at = lines.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** Milliseconds that a fresh core takes to read a journal and step through it. */
function replay(journal: string): number {
  const core = createCore(new ScriptedHost(""));
  const took = timed(() => core.open(journal, undefined, 0));
  core.free();
  return took;
}

async function measureJournal(): Promise<void> {
  heading(`Journal: ${JOURNAL_EVENTS.toLocaleString("en")} events that change nothing, an event`);
  const event: Event = {
    type: "session",
    session: "ses_0123456789abcdef01234567",
    signal: { type: "stepped", finish: "tool-calls", usage: NO_USAGE },
  };
  const appends: number[] = [];
  const replays: number[] = [];
  const naiveAppends: number[] = [];
  const naiveReplays: number[] = [];
  for (let round = 0; round < JOURNAL_ROUNDS; round++) {
    const host = new ScriptedHost("");
    const core = createCore(host);
    const startedAt = performance.now();
    for (let nth = 0; nth < JOURNAL_EVENTS; nth++) core.dispatch(event);
    await core.quiet();
    appends.push((performance.now() - startedAt) / JOURNAL_EVENTS);
    core.free();
    const journal = host.writes.map(({ lines }) => lines).join("");
    replays.push(replay(journal) / JOURNAL_EVENTS);
    let text = "";
    naiveAppends.push(
      timed(() => {
        text = appendNaively(event);
      }) / JOURNAL_EVENTS,
    );
    naiveReplays.push(timed(() => readNaively(text)) / JOURNAL_EVENTS);
  }
  const name = "JSON and node:crypto in JavaScript";
  printRows([
    {
      what: "dispatch + append + step",
      ...times(appends),
      baseline: { name: `${name}, append only`, ...times(naiveAppends) },
    },
    {
      what: "replay: read + check + step",
      ...times(replays),
      baseline: { name: `${name}, read + check`, ...times(naiveReplays) },
    },
  ]);
}

/** The same chain of lines in plain JavaScript, with Node's native SHA-256. */
function appendNaively(event: Event): string {
  let prev = FIRST_PREV;
  let text = "";
  for (let seq = 0; seq < JOURNAL_EVENTS; seq++) {
    const body = JSON.stringify({ at_ms: seq, event });
    const hash = chain(prev, body);
    text += `${JSON.stringify({ v: 1, seq, prev, hash, body })}\n`;
    prev = hash;
  }
  return text;
}

function readNaively(text: string): unknown[] {
  let prev = FIRST_PREV;
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { body, hash } = JSON.parse(line);
      if (chain(prev, body) !== hash) throw new Error("the chain is broken");
      prev = hash;
      return JSON.parse(body);
    });
}

function chain(prev: string, body: string): string {
  return createHash("sha256").update(prev).update(body).digest("hex").slice(0, 16);
}

/** Tasks as a careful planner would describe them: a context of about 1.5 KB each. */
function scriptedTasks(count: number): ScriptedTask[] {
  const { hours, dependencies } = layered(SEED, count);
  const id = (index: number) => `T${String(index + 1).padStart(2, "0")}`;
  return hours.map((own, index) => {
    const area = `src/area${index % 20}`;
    return {
      id: id(index),
      title: `Keep links of kind ${index} apart from the others`,
      description:
        `Add a class Links${index} to ${area}/links${index}.js that stores links of this kind by their slug. ` +
        "Look-ups of an unknown slug give undefined. Adding a slug twice is an error that names the slug. " +
        "The class is exported by name and documented in one line.",
      depends_on: (dependencies[index] ?? []).map(id),
      acceptance: [
        `Links${index}.find(slug) gives the link that add(slug, link) was given`,
        "find of an unknown slug gives undefined",
        "add of a known slug throws an Error whose message holds the slug",
        "Unit tests cover all three",
      ],
      scope: {
        files_hint: [`${area}/links${index}.js`, `test/area${index % 20}/links${index}.test.js`],
        estimated_hours: Math.max(0.25, Math.round(own * 4) / 4),
      },
      context: {
        constraints: ["No dependencies", "Node 20 or newer", "ES modules only"],
        patterns: [
          "Private fields, as in src/store.js",
          "Tests with node:test, as in test/store.test.js",
        ],
        gotchas: [
          "Slugs are case sensitive",
          "A Map keeps insertion order; a plain object does not always",
        ],
      },
      solution: {},
    };
  });
}
