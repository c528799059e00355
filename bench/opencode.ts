/** The real OpenCode with a model that answers at once: how long a worker's place stays empty between
 * two tasks, and how large the first requests are. */
import { join } from "node:path";
import type { Stamped } from "../js-shim/src/protocol.ts";
import { linksScript, type ScriptedTask } from "../tests/e2e/links.ts";
import type { Call } from "../tests/e2e/model.ts";
import { pack } from "../tests/e2e/pack.ts";
import type { Role } from "../tests/e2e/roles.ts";
import { FRAME_MAX, frameOf } from "../tests/e2e/sizes.ts";
import { World } from "../tests/e2e/world.ts";
import { sizes, timed, times } from "./samples.ts";
import { heading, note, printRows, printTable, type Row } from "./table.ts";

const TASKS = 7;
/** How often a baseline is measured. */
const BASELINE_ROUNDS = 3;
const SESSION_ROUNDS = 6;

export async function measureOpencode(): Promise<void> {
  heading(
    `OpenCode: ${TASKS} tasks one after the other, a model that answers at once, gates "true"`,
  );
  const packed = pack();
  process.env.MAC_PACKAGE = packed.directory;
  const tasks = Array.from({ length: TASKS }, (_, nth) => taskOf(nth + 1));
  const options = { maxWorkers: 1, gates: { test: "true", lint: "true", typecheck: false } };
  const script = linksScript({ other: "Hello." }, tasks);
  const world = await World.create({ script, options });
  try {
    await command(world, "plan", ["feature.md"]);
    await command(world, "implement");
    const starts = await startsOfOpencode(world);
    const worktrees = newWorktrees(world);
    const sessions = await plainSessions(world);
    printRows(handoverRows(world, { starts, worktrees, ...sessions }));
    note("One worker, so that each piece can be told from the journal; review included.");
    printSizes(world);
  } finally {
    await world.close();
    packed.remove();
  }
}

async function command(world: World, name: string, args: string[] = []): Promise<void> {
  const end = await world.run(name, args);
  if (end.code === 0) return;
  throw new Error(`/${name} ended with exit code ${end.code}:\n${world.report()}`);
}

function taskOf(number: number): ScriptedTask {
  const path = `src/kind${number}.js`;
  return {
    id: `T${String(number).padStart(2, "0")}`,
    title: `Name links of kind ${number}`,
    description: `Add kind${number}() to ${path}, which gives the name of this kind.`,
    depends_on: [],
    acceptance: [`kind${number}() is "kind ${number}"`],
    scope: { files_hint: [path], estimated_hours: 1 },
    context: {
      constraints: ["No dependencies"],
      patterns: ["One function a module, as in src/slug.js"],
      gotchas: [],
    },
    solution: { [path]: `export const kind${number} = () => "kind ${number}";\n` },
  };
}

/** Milliseconds from the start of a plain `opencode run` to its first request. */
async function startsOfOpencode(world: World): Promise<number[]> {
  const samples: number[] = [];
  for (let round = 0; round < BASELINE_ROUNDS; round++) {
    const startedAt = Date.now();
    const end = await world.opencode(["run", "Say hello"]).finished;
    const first = world.model.callsOf("other").find(({ at_ms }) => at_ms >= startedAt);
    if (first === undefined) throw new Error(`opencode run asked nothing:\n${end.stderr}`);
    samples.push(first.at_ms - startedAt);
  }
  return samples;
}

/** Milliseconds of `git worktree add` for a new directory. */
function newWorktrees(world: World): number[] {
  return Array.from({ length: BASELINE_ROUNDS }, (_, round) => {
    const path = join(world.root, `worktree${round}`);
    return timed(() => void world.repository.git("worktree", "add", "--detach", path));
  });
}

/** Milliseconds that a server of OpenCode takes for a session in the person's checkout, and from a text
 * to its first request. */
async function plainSessions(world: World): Promise<{ creates: number[]; asks: number[] }> {
  const server = await world.serve();
  const creates: number[] = [];
  const asks: number[] = [];
  for (let round = 0; round < SESSION_ROUNDS; round++) {
    const startedAt = Date.now();
    const chat = await server.open();
    const openedAt = Date.now();
    await server.say(chat, "Say hello");
    const first = world.model.callsOf("other").find(({ at_ms }) => at_ms >= openedAt);
    creates.push(openedAt - startedAt);
    asks.push((first?.at_ms ?? Number.NaN) - openedAt);
  }
  await server.stop();
  return { creates, asks };
}

/** When something was answered, by what it was. */
interface Moment {
  kind: string;
  at_ms: number;
}

/** Times of one attempt, in the order in which they come. */
const MOMENTS = [
  "prepared",
  "created",
  "asked",
  "responded",
  "answered",
  "collected",
  "gated",
  "reviewed",
  "merged",
  "moved",
] as const;
type Times = Record<(typeof MOMENTS)[number], number>;

/** Milliseconds of what a run could do instead. */
interface Baselines {
  starts: number[];
  worktrees: number[];
  creates: number[];
  asks: number[];
}

function handoverRows(world: World, baselines: Baselines): Row[] {
  const attempts = attemptsOf(world);
  const pairs = attempts
    .slice(1)
    .map((next, nth) => [attempts[nth], next] as const)
    .filter((pair): pair is readonly [Times, Times] => pair[0] !== undefined);
  const within = (from: keyof Times, to: keyof Times) =>
    times(pairs.map(([earlier]) => earlier[to] - earlier[from]));
  const across = (from: keyof Times, to: keyof Times) =>
    times(pairs.map(([earlier, next]) => next[to] - earlier[from]));
  const following = (from: keyof Times, to: keyof Times) =>
    times(pairs.map(([, next]) => next[to] - next[from]));
  const git = { name: "git worktree add", ...times(baselines.worktrees) };
  const opencode = {
    name: "a new opencode run, up to its first request",
    ...times(baselines.starts),
  };
  return [
    {
      what: "last request of a task → first of the next",
      ...across("responded", "asked"),
      baseline: opencode,
    },
    { what: "  last request → the core knows it is idle", ...within("responded", "answered") },
    { what: "  collect: diff and commit in a ref", ...within("answered", "collected") },
    { what: "  gates: two times `true`", ...within("collected", "gated") },
    { what: "  review: a session with one request", ...within("gated", "reviewed") },
    { what: "  merge commit", ...within("reviewed", "merged") },
    { what: "  move of the branch", ...within("merged", "moved") },
    {
      what: "  prepare: the worktree at the new tip",
      ...across("moved", "prepared"),
      baseline: git,
    },
    {
      what: "  context file and session",
      ...following("prepared", "created"),
      baseline: { name: "a session in a plain server", ...times(baselines.creates) },
    },
    {
      what: "  session → its first request",
      ...following("created", "asked"),
      baseline: { name: "text → first request in a plain server", ...times(baselines.asks) },
    },
    {
      what: "  without review and gates, from idle",
      ...times(pairs.map(([a, b]) => b.asked - a.answered - (a.reviewed - a.collected))),
      baseline: opencode,
    },
  ];
}

/** The times of each attempt, from the journal and from the requests that reached the model. */
function attemptsOf(world: World): Times[] {
  const journal = world.repository.read(".git/multi-agent-coder/journal.jsonl");
  const moments = journal
    .trimEnd()
    .split("\n")
    .map((line) => momentOf(JSON.parse(line)));
  const begins = moments.flatMap(({ kind }, index) => (kind === "prepared" ? [index] : []));
  return begins.flatMap((begin, nth) => {
    const own = moments.slice(begin, begins[nth + 1]);
    const requests = world.model.calls.filter(
      ({ role, at_ms }) =>
        role === "implementer" &&
        at_ms >= (own[0]?.at_ms ?? 0) &&
        at_ms <= (own.at(-1)?.at_ms ?? 0),
    );
    // The health check prepares a worktree too, and asks nobody.
    return requests.length === 0 ? [] : [timesOf(own, requests)];
  });
}

function momentOf({ at_ms, event }: Stamped): Moment {
  const kind = event.type === "resolved" ? event.outcome.outcome.type : event.type;
  return { kind, at_ms };
}

function timesOf(moments: Moment[], requests: Call[]): Times {
  const nth = (kind: string, which: number) =>
    moments.filter((moment) => moment.kind === kind).at(which)?.at_ms ?? Number.NaN;
  return {
    prepared: nth("prepared", 0),
    created: nth("created", 0),
    asked: requests[0]?.at_ms ?? Number.NaN,
    responded: requests.at(-1)?.at_ms ?? Number.NaN,
    answered: nth("answered", 0),
    collected: nth("collected", 0),
    gated: nth("exited", -1),
    reviewed: nth("answered", 1),
    merged: nth("merged", 0),
    moved: nth("moved", 0),
  };
}

function printSizes(world: World): void {
  const goal = `beside the text each should take at most ${FRAME_MAX.toLocaleString("en")}`;
  console.log(`\n   First requests, bytes (p50 of n); ${goal}:\n`);
  const other = world.model.opened("other");
  const roles: [string, Role][] = [
    ["worker", "implementer"],
    ["planner (spec)", "planner-spec"],
    ["planner (arch)", "planner-arch"],
    ["planner (qa)", "planner-qa"],
    ["backlog", "backlog"],
    ["reviewer", "reviewer"],
    ["OpenCode's own build agent", "other"],
  ];
  const rows = roles.map(([name, role]) => {
    const calls = world.model.opened(role);
    const cell = (of: (call: Call) => number) => sizes(...calls.map(of));
    const middle = (of: (call: Call) => number) => {
      const { samples, write } = cell(of);
      const sorted = samples.sort((a, b) => a - b);
      return write(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN);
    };
    return [
      name,
      String(calls.length),
      middle(({ bytes }) => bytes),
      middle(({ system }) => Buffer.byteLength(system)),
      middle(({ request }) => Buffer.byteLength(JSON.stringify(request.tools ?? []))),
      middle(({ text }) => Buffer.byteLength(text)),
      middle(frameOf),
      calls[0]?.tools.join(", ") ?? "",
    ];
  });
  const columns = [
    "",
    "n",
    "total",
    "system",
    "tools",
    "text",
    "beside the text",
    "tools on offer",
  ];
  printTable(columns, rows);
  if (other.length === 0) note("OpenCode's own agent was not asked.");
}
