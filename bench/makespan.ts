/** How long a set of workers needs for whole task graphs, by policy. */
import { type BenchSchedule, type FlatGraph, flatten } from "./core.ts";
import type { Graph } from "./graphs.ts";
import { Random } from "./random.ts";
import { mean, quantile } from "./samples.ts";
import { heading, note, printTable } from "./table.ts";

const WORKERS = [3, 8, 16];
/** Estimates are off by a factor of e to a normal number with this deviation. */
const SIGMA = 1;
const SEED = 11;

/** Hands out tasks one by one, `undefined` when none is ready. */
interface Policy {
  next(): number | undefined;
  complete(task: number): void;
}

export function measureMakespans(
  schedule: (flat: FlatGraph) => BenchSchedule,
  graphs: Graph[],
): void {
  heading(`Makespan over the lower bound, ${graphs.length} graphs (mean; p90)`);
  const random = new Random(SEED);
  const cases = graphs.map((graph) => ({ graph, guessed: misjudged(graph, random) }));
  const ours = (graph: Graph) => schedule(flatten(graph));
  const policies: [string, (graph: Graph, guessed: Graph, workers: number) => number][] = [
    ["batches, first in first out", (graph, _guessed, m) => inBatches(graph, m)],
    ["continuous, first in first out", (graph, _guessed, m) => run(graph, fifo(graph), m)],
    ["the schedule, exact estimates", (graph, _guessed, m) => run(graph, ours(graph), m)],
    [
      `the schedule, estimates off by lognormal σ=${SIGMA}`,
      (graph, guessed, m) => run(graph, ours(guessed), m),
    ],
  ];
  const rows = policies.map(([name, makespan]) => [
    name,
    ...WORKERS.map((m) =>
      figures(cases.map(({ graph, guessed }) => makespan(graph, guessed, m) / bound(graph, m))),
    ),
  ]);
  const regret = WORKERS.map((m) =>
    figures(
      cases.map(
        ({ graph, guessed }) => run(graph, ours(guessed), m) / run(graph, longestFirst(graph), m),
      ),
    ),
  );
  rows.push([`regret at σ=${SIGMA} against longest path first that knows all`, ...regret]);
  printTable(["", ...WORKERS.map((m) => `m = ${m}`)], rows);
  note(
    "Lower bound: the largest of the longest path, work / m, and head + work / m + tail of any part.",
  );
}

function figures(values: number[]): string {
  return `${mean(values).toFixed(2)}; ${quantile(values, 0.9).toFixed(2)}`;
}

function misjudged(graph: Graph, random: Random): Graph {
  const hours = graph.hours.map((value) => value * Math.exp(SIGMA * random.normal()));
  return { ...graph, hours };
}

/** Keeps every worker busy for as long as something is ready; gives the time at the end. */
function run({ hours }: Graph, policy: Policy, workers: number): number {
  const working: { task: number; until: number }[] = [];
  let now = 0;
  for (;;) {
    while (working.length < workers) {
      const task = policy.next();
      if (task === undefined) break;
      working.push({ task, until: now + (hours[task] ?? 0) });
    }
    working.sort((a, b) => b.until - a.until);
    const first = working.pop();
    if (first === undefined) return now;
    now = first.until;
    policy.complete(first.task);
  }
}

/** Takes up to `workers` ready tasks and waits for all of them, again and again. */
function inBatches(graph: Graph, workers: number): number {
  const policy = fifo(graph);
  let now = 0;
  for (;;) {
    const batch: number[] = [];
    while (batch.length < workers) {
      const task = policy.next();
      if (task === undefined) break;
      batch.push(task);
    }
    if (batch.length === 0) return now;
    now += Math.max(...batch.map((task) => graph.hours[task] ?? 0));
    for (const task of batch) policy.complete(task);
  }
}

/** The task that became ready first comes first. */
function fifo(graph: Graph): Policy {
  const queue: number[] = [];
  const complete = release(graph, (task) => queue.push(task));
  return { next: () => queue.shift(), complete };
}

/** The longest way to the end comes first, by the real durations. */
function longestFirst(graph: Graph): Policy {
  const ways = tails(graph).map((tail, task) => tail + (graph.hours[task] ?? 0));
  const ready: number[] = [];
  const complete = release(graph, (task) => ready.push(task));
  const next = () => {
    ready.sort((a, b) => (ways[a] ?? 0) - (ways[b] ?? 0) || b - a);
    return ready.pop();
  };
  return { next, complete };
}

/** Calls `ready` for each task whose dependencies are complete, now and after each completion. */
function release({ dependencies }: Graph, ready: (task: number) => void): (task: number) => void {
  const open = dependencies.map((own) => own.length);
  const dependents = dependentsOf(dependencies);
  for (const [task, count] of open.entries()) if (count === 0) ready(task);
  return (done) => {
    for (const task of dependents[done] ?? []) {
      const left = (open[task] ?? 0) - 1;
      open[task] = left;
      if (left === 0) ready(task);
    }
  };
}

/** No schedule is shorter: longest path, work shared by all workers, and both together for those parts
 * of the graph that begin late and end early. */
function bound(graph: Graph, workers: number): number {
  const after = tails(graph);
  const before = tails(reversed(graph));
  const path = Math.max(
    ...graph.hours.map((own, task) => own + (after[task] ?? 0) + (before[task] ?? 0)),
  );
  const late = graph.hours
    .map((_, task) => task)
    .sort((a, b) => (before[b] ?? 0) - (before[a] ?? 0));
  let best = path;
  let work = 0;
  let tail = Number.POSITIVE_INFINITY;
  // All tasks with a head of at least this one's: they begin after it, and after the last of them comes
  // the shortest of their tails.
  for (const task of late) {
    work += graph.hours[task] ?? 0;
    tail = Math.min(tail, after[task] ?? 0);
    best = Math.max(best, (before[task] ?? 0) + work / workers + tail);
  }
  return best;
}

/** What comes after each task on the longest way to the end, without its own time. */
function tails({ hours, dependencies }: Graph): number[] {
  const after = hours.map(() => 0);
  for (const task of topological(dependencies).reverse()) {
    const way = (after[task] ?? 0) + (hours[task] ?? 0);
    for (const other of dependencies[task] ?? []) after[other] = Math.max(after[other] ?? 0, way);
  }
  return after;
}

function reversed(graph: Graph): Graph {
  return { ...graph, dependencies: dependentsOf(graph.dependencies) };
}

function dependentsOf(dependencies: number[][]): number[][] {
  const dependents: number[][] = dependencies.map(() => []);
  for (const [task, own] of dependencies.entries()) {
    for (const other of own) dependents[other]?.push(task);
  }
  return dependents;
}

function topological(dependencies: number[][]): number[] {
  const order: number[] = [];
  const complete = release({ name: "", hours: [], dependencies }, (task) => order.push(task));
  // The list grows while it is walked.
  for (const task of order) complete(task);
  return order;
}
