/** The schedule behind the WebAssembly boundary, against plain JavaScript. */
import { type BenchSchedule, type FlatGraph, flatten, loadSchedules } from "./core.ts";
import { type Graph, layered, readGraphs } from "./graphs.ts";
import { measureMakespans } from "./makespan.ts";
import { longestPaths, readySet, tasksOf } from "./naive.ts";
import { timed, times } from "./samples.ts";
import { heading, note, printRows, type Row } from "./table.ts";

const SEED = 7;
/** Tasks, how often the schedule is built and emptied, and how often the naive one looks. */
const SIZES = [
  { count: 100, rounds: 200, looks: 100 },
  { count: 10_000, rounds: 10, looks: 500 },
  { count: 100_000, rounds: 4, looks: 100 },
];
/** A single call is faster than the clock is fine: so many tasks share a sample. */
const TASKS_A_SAMPLE = 100;
/** Tasks that are with workers at any time. */
const WORKERS = 8;

export async function measureScheduler(dags: string | undefined): Promise<void> {
  const schedule = await loadSchedules();
  heading("Scheduler: through the WebAssembly boundary");
  const rows: Row[] = [];
  for (const { count, rounds, looks } of SIZES) {
    const graph = layered(SEED, count);
    const flat = flatten(graph);
    empty(schedule(flat), []);
    rows.push(...compare(graph, rounds, looks, schedule, flat));
  }
  printRows(rows);
  note(`A layered random graph (seed ${SEED}); ${WORKERS} tasks are with workers at any time.`);
  note(
    "filter + Set: all tasks are looked at each time one starts. Only so many calls are timed, spread",
  );
  note("over a whole run, which for 100,000 tasks would take minutes.");
  if (dags !== undefined) measureMakespans(schedule, readGraphs(dags));
}

function compare(
  graph: Graph,
  rounds: number,
  looks: number,
  schedule: (flat: FlatGraph) => BenchSchedule,
  flat: FlatGraph,
): Row[] {
  const tasks = tasksOf(graph);
  const builds: number[] = [];
  const naiveBuilds: number[] = [];
  const steps: number[] = [];
  for (let round = 0; round < rounds; round++) {
    let built: BenchSchedule | undefined;
    builds.push(
      timed(() => {
        built = schedule(flat);
      }),
    );
    if (built !== undefined) empty(built, steps);
    naiveBuilds.push(timed(() => longestPaths(tasks, graph.hours)));
  }
  const size = `${graph.hours.length.toLocaleString("en")} tasks`;
  return [
    {
      what: `${size}: build`,
      ...times(builds),
      baseline: { name: "Kahn with Maps in JavaScript", ...times(naiveBuilds) },
    },
    {
      what: `${size}: ready + next + complete, a task`,
      ...times(steps),
      baseline: { name: `filter + Set, ${looks} calls`, ...times(look(graph, looks)) },
    },
  ];
}

/** Takes every task out of a schedule and completes it. Samples are milliseconds a task. */
function empty(schedule: BenchSchedule, samples: number[]): void {
  const working: number[] = [];
  let position = 0;
  let startedAt = performance.now();
  for (let done = 0; ; done++) {
    while (working.length - position < WORKERS && schedule.ready() > 0) {
      const task = schedule.next();
      if (task === undefined) break;
      working.push(task);
    }
    if (done > 0 && done % TASKS_A_SAMPLE === 0) {
      const now = performance.now();
      samples.push((now - startedAt) / TASKS_A_SAMPLE);
      startedAt = now;
    }
    const finished = working[position++];
    if (finished === undefined) break;
    schedule.complete(finished);
  }
  schedule.free();
}

/** Times the naive ready set at places spread over a run in index order. */
function look(graph: Graph, looks: number): number[] {
  const tasks = tasksOf(graph);
  const completed = new Set<string>();
  const samples: number[] = [];
  const stride = tasks.length / looks;
  for (let nth = 0; nth < looks; nth++) {
    const at = Math.floor(nth * stride);
    for (const { id } of tasks.slice(completed.size, at)) completed.add(id);
    samples.push(
      timed(() => {
        const [first] = readySet(tasks, completed);
        completed.add(first?.id ?? "");
      }),
    );
    // The first that is ready is the one at `at`: dependencies have smaller indexes.
  }
  return samples;
}
